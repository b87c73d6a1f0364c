package notify

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/drift"
	"heavyset.tech/platform/internal/email"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/org"
)

// remindEvery is how often people are told again of a connection that is still lost.
const remindEvery = 24 * time.Hour

// Staff is somebody who works with the console.
type Staff struct {
	Email    string // in lower case
	Engineer bool
	Role     auth.Role // in the organization; "" for an engineer who is no member
}

// ConnectionLost tells the people of the Token Expiry Alerts that a connection is gone. One that has come back meanwhile
// is not told of.
func (s *Service) ConnectionLost(ctx context.Context, f connection.Lost) error {
	c, err := s.Store.Config(ctx, f.Org, f.Config)
	if err != nil {
		return err
	}
	if c.Connection.State != connection.NeedsReconnect || !same(c.Connection.Failure.Since, f.At) {
		return nil
	}
	return s.alert(ctx, c, 0)
}

// Remind tells again, once for each day that a connection has been lost.
func (s *Service) Remind(ctx context.Context) error {
	lost, err := s.Store.LostConfigs(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, c := range lost {
		if day := int(s.Now().Sub(c.Connection.Failure.Since) / remindEvery); day > 0 {
			failed = append(failed, s.alert(ctx, c, day))
		}
	}
	return errors.Join(failed...)
}

// ConnectionBack tells those who heard of the loss that the connection works again.
func (s *Service) ConnectionBack(ctx context.Context, f connection.Authorized) error {
	if f.Lost.IsZero() {
		return nil
	}
	c, err := s.Store.Config(ctx, f.Org, f.Config)
	if err != nil {
		return err
	}
	v, err := s.alertView(ctx, c, "back", f.Lost)
	if err != nil {
		return err
	}
	v.By, v.At = f.By, stamp(f.At, v.zone)
	days := int(f.At.Sub(f.Lost) / remindEvery)
	return s.toAlerts(ctx, c, func(to string) (alertView, string, error) {
		for day := range days + 1 {
			heard, err := s.Store.Delivered(ctx, c.Org, s.alertID(c.ID, f.Lost, fmt.Sprintf("lost%d", day), to))
			if err != nil {
				return v, "", err
			}
			if heard {
				return v, s.alertID(c.ID, f.Lost, "back", to), nil
			}
		}
		return v, "", nil
	})
}

// alert sends the message of a day of an incident; day 0 is its beginning.
func (s *Service) alert(ctx context.Context, c connection.Config, day int) error {
	since := c.Connection.Failure.Since
	v, err := s.alertView(ctx, c, "lost", since)
	if err != nil {
		return err
	}
	v.Day = day
	return s.toAlerts(ctx, c, func(to string) (alertView, string, error) {
		return v, s.alertID(c.ID, since, fmt.Sprintf("lost%d", day), to), nil
	})
}

// toAlerts sends a message to each recipient of a config who has not had it; a Message-ID of "" sends none. An address
// that takes no mail is kept as refused and does not keep the others from theirs.
func (s *Service) toAlerts(ctx context.Context, c connection.Config, message func(to string) (alertView, string, error)) error {
	set, err := s.Store.Settings(ctx, c.Org, c.ID)
	if err != nil {
		return err
	}
	var failed []error
	for _, to := range set.Alerts {
		v, mid, err := message(to)
		if err == nil && mid != "" {
			err = s.sendAlert(ctx, c.Org, v, mid, to)
		}
		if err != nil && !fault.Is(err, fault.Invalid) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// TestAlert sends each recipient of a config's Token Expiry Alerts a message that says that it is a test. It gives back
// what became of each, in their order.
func (s *Service) TestAlert(ctx context.Context, o org.ID, cid connection.ConfigID, by string) ([]AlertResult, error) {
	c, err := s.Store.Config(ctx, o, cid)
	if err != nil {
		return nil, err
	}
	set, err := s.Store.Settings(ctx, o, cid)
	if err != nil {
		return nil, err
	}
	if len(set.Alerts) == 0 {
		return nil, fault.New(fault.Conflict, "There is nobody in the list yet. Add an address and press Save first.")
	}
	now := s.Now()
	v, err := s.alertView(ctx, c, "test", now)
	if err != nil {
		return nil, err
	}
	v.By = by
	out := make([]AlertResult, len(set.Alerts))
	for i, to := range set.Alerts {
		out[i].To = to
		err := s.sendAlert(ctx, o, v, s.alertID(cid, now, "test", to), to)
		switch e := fault.As(err); {
		case err == nil:
		case e != nil:
			out[i].Error = e.Message
		default:
			return out, err
		}
	}
	return out, nil
}

// AlertResult is what became of one test message; Error is "" for one that went out.
type AlertResult struct{ To, Error string }

func (s *Service) sendAlert(ctx context.Context, o org.ID, v alertView, mid, to string) error {
	done, err := s.Store.Delivered(ctx, o, mid)
	if err != nil || done {
		return err
	}
	text, html, err := render("alert", v)
	if err != nil {
		return err
	}
	return s.sendStaff(ctx, o, "connection_"+v.Kind, email.Message{
		MessageID: mid, From: s.From, To: mail.Address{Address: to}, Subject: v.Subject(), Text: text, HTML: html,
	})
}

// sendStaff sends a message to somebody of an organization and keeps what became of it.
func (s *Service) sendStaff(ctx context.Context, o org.ID, kind string, m email.Message) error {
	err := s.Sender.Send(ctx, m)
	d := Delivery{MessageID: m.MessageID, Kind: kind, State: Sent, At: s.Now()}
	if fault.Is(err, fault.Invalid) {
		d.State, d.Error = Refused, fault.As(err).Message
		return errors.Join(err, s.Store.KeepDelivery(ctx, o, d))
	}
	if err != nil {
		return err
	}
	return s.Store.KeepDelivery(ctx, o, d)
}

// alertID is the same for every attempt at one message to one person about one incident.
func (s *Service) alertID(c connection.ConfigID, since time.Time, kind, to string) string {
	return fmt.Sprintf("%s.%d.%s.%s@%s", c, since.UnixMilli(), kind, id.Hash(strings.ToLower(to))[:12], domain(s.From.Address))
}

func same(a, b time.Time) bool { return a.UnixMilli() == b.UnixMilli() }

// alertView is what the templates show.
type alertView struct {
	Kind         string // lost, back, drift, test
	Day          int    // of a reminder; 0 for the first message
	Organization string
	Config       string
	Zoho         string // the organization there
	Since        string
	At, By       string // of the reconnect; By also of a test
	Reason       string // what happened, in plain words
	Fix          string
	Waiting      connection.Waiting
	Code         string
	URL          string // leads to Connect Zoho, or to the settings
	Findings     []drift.Finding
	Held         bool // they keep bookings waiting
	zone         *time.Location
}

// Subject names organization and state only.
func (v alertView) Subject() string {
	switch {
	case v.Kind == "back":
		return "Zoho is connected again – " + v.Organization
	case v.Kind == "test":
		return "Test of the Token Expiry Alerts – " + v.Organization
	case v.Kind == "drift" && v.Held:
		return "Action needed: a change in Zoho keeps bookings from being written – " + v.Organization
	case v.Kind == "drift":
		return "A change in Zoho touches the field mapping – " + v.Organization
	case v.Day > 0:
		return "Still waiting: Zoho needs to be reconnected – " + v.Organization
	}
	return "Action needed: Zoho needs to be reconnected – " + v.Organization
}

// Queue says how much waits.
func (v alertView) Queue() string { return Queue(v.Waiting) }

// Queue says how much waits to be written.
func Queue(w connection.Waiting) string {
	count := func(n int, one, many string) string {
		if n == 1 {
			return "1 " + one
		}
		return fmt.Sprintf("%d %s", n, many)
	}
	a, l := count(w.Appointments, "appointment", "appointments"), count(w.Leads, "lead", "leads")
	switch {
	case w == (connection.Waiting{}):
		return "nothing yet"
	case w.Appointments > 0 && w.Leads > 0:
		return a + " and " + l
	case w.Leads > 0:
		return l
	}
	return a
}

func (s *Service) alertView(ctx context.Context, c connection.Config, kind string, since time.Time) (alertView, error) {
	o, err := s.Store.Organization(ctx, c.Org)
	if err != nil {
		return alertView{}, err
	}
	waiting, err := s.Store.WaitingWrites(ctx, c.Org)
	if err != nil {
		return alertView{}, err
	}
	f := c.Connection.Failure
	p := &crm.Problem{Class: f.Class}
	v := alertView{
		Kind: kind, Organization: o.Name, Config: c.Name, Zoho: c.Connection.ZohoOrgName, zone: o.Location(), Since: stamp(since, o.Location()),
		Waiting: waiting, Code: f.Code, URL: s.BaseURL + "/admin/orgs/" + o.Slug + "/crm-configs/" + string(c.ID) + "?dialog=connection",
	}
	if kind == "lost" {
		v.Reason, v.Fix = p.Words(), "Press Connect Zoho and accept the permissions (steps 4 to 6). No other setting has to be changed."
		if f.Class == crm.Misconfigured {
			v.Fix = "Check Client ID and Client Secret (step 3), then press Connect Zoho and accept the permissions (steps 4 to 6)."
		}
	}
	return v, nil
}

func stamp(t time.Time, zone *time.Location) string { return Day(t, zone) + ", " + Clock(t, zone) }

// Recipients gives who hears when a config's connection is lost.
func (s *Service) Recipients(ctx context.Context, o org.ID, cid connection.ConfigID) ([]string, error) {
	set, err := s.Store.Settings(ctx, o, cid)
	return set.Alerts, err
}

// AlertGaps says who is missing from a list of Token Expiry Alerts, after the guide's tip: at least one client
// administrator and one HeavySet contact.
type AlertGaps struct{ NoClientAdministrator, NoHeavySetContact bool }

// Warnings says it in sentences; nil when nobody is missing.
func (g AlertGaps) Warnings() []string {
	var out []string
	if g.NoClientAdministrator {
		out = append(out, "No administrator of this organization is in the list. Add at least one: they can reconnect Zoho themselves.")
	}
	if g.NoHeavySetContact {
		out = append(out, "No HeavySet contact is in the list. Add at least one, so that somebody helps when nobody of the organization is there.")
	}
	return out
}

// Gaps compares a list of addresses with who works with the console. A HeavySet contact is a platform engineer, or an
// address of the domain that our own mails come from.
func (s *Service) Gaps(ctx context.Context, o org.ID, alerts []string) (AlertGaps, error) {
	staff, err := s.Store.Staff(ctx, o)
	if err != nil {
		return AlertGaps{}, err
	}
	g := AlertGaps{NoClientAdministrator: true, NoHeavySetContact: true}
	for _, a := range alerts {
		a = strings.ToLower(strings.TrimSpace(a))
		is := func(what func(Staff) bool) bool {
			return slices.ContainsFunc(staff, func(p Staff) bool { return p.Email == a && what(p) })
		}
		if is(func(p Staff) bool { return p.Role == auth.Admin }) {
			g.NoClientAdministrator = false
		}
		if is(func(p Staff) bool { return p.Engineer }) || domain(a) == strings.ToLower(domain(s.From.Address)) {
			g.NoHeavySetContact = false
		}
	}
	return g, nil
}
