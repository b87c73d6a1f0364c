// Package notify decides which message goes to whom, and writes it.
//
// It stands behind the jobs that follow from a booking's facts: Booked, Rescheduled and Cancelled each become one mail
// with an invitation that calendars understand. Nothing here waits for the CRM: the booking is ours to confirm. A
// message keeps its Message-ID through every attempt and is recorded once it went out, so a job that runs twice sends at
// most one copy more, and mail programs see it as the same. What a fact says about time and rep is what its message
// says; one that a later change has overtaken before it could go out is skipped.
//
// A lost connection is told once per incident to the people of the config's Token Expiry Alerts, once more each day, and
// again when it is back; throttling and network faults never are (alert.go).
//
// The administrators of an organization hear of a conflict between us and the CRM, each once (conflict.go).
//
// It also writes the two mails of auth's facts: an invitation, and the link to set a new password. Their tokens are made
// when the mail is written, so that only their hashes are stored anywhere; a mail that is tried again holds another link,
// and both are good.
//
// The package sends to nobody but the customer of the appointment, those people, an organization's administrators and
// whoever is invited or asked. Of what
// a visitor typed only their name reaches a header, as the encoded display name of their own address.
package notify

import (
	"context"
	"embed"
	"fmt"
	htmltemplate "html/template"
	"net/mail"
	"strings"
	texttemplate "text/template"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/drift"
	"heavyset.tech/platform/internal/email"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/settings"
)

// DeliveryState is what became of a message.
type DeliveryState string

// The ends of a delivery.
const (
	Sent    DeliveryState = "sent"
	Refused DeliveryState = "refused" // for good: the address does not take mail
	Skipped DeliveryState = "skipped" // overtaken by a later change before it could be sent
)

// Delivery is what became of one message.
type Delivery struct {
	MessageID   string
	Appointment booking.AppointmentID
	Kind        string // booked, rescheduled, cancelled
	State       DeliveryState
	Error       string
	At          time.Time
}

// Store reads what messages tell of and keeps what became of them.
type Store interface {
	Organization(ctx context.Context, o org.ID) (org.Organization, error)
	Appointment(ctx context.Context, o org.ID, id booking.AppointmentID) (booking.Appointment, error)
	CatalogAt(ctx context.Context, o org.ID) (catalog.Catalog, int64, error)
	ManageToken(ctx context.Context, o org.ID, id booking.AppointmentID) (secret.String, error)
	Delivered(ctx context.Context, o org.ID, messageID string) (bool, error)
	KeepDelivery(ctx context.Context, o org.ID, d Delivery) error

	// Config, Settings and WaitingWrites are what an alert tells of; Staff is who may be told.
	Config(ctx context.Context, o org.ID, id connection.ConfigID) (connection.Config, error)
	Settings(ctx context.Context, o org.ID, id connection.ConfigID) (settings.Version, error)
	WaitingWrites(ctx context.Context, o org.ID) (connection.Waiting, error)
	// DriftFindings gives what keeps a field mapping from fitting its CRM.
	DriftFindings(ctx context.Context, o org.ID, id connection.ConfigID) ([]drift.Finding, error)
	// Staff lists the users of an organization and the platform's engineers.
	Staff(ctx context.Context, o org.ID) ([]Staff, error)
	// LostConfigs lists the configs that wait for a person to reconnect them.
	LostConfigs(ctx context.Context) ([]connection.Config, error)
}

// Sender sends a message: email.Sender.
type Sender interface {
	Send(ctx context.Context, m email.Message) error
}

// Service writes and sends messages.
type Service struct {
	Store   Store
	People  People
	Sender  Sender
	From    mail.Address
	BaseURL string // of the visitor's pages, without a slash at its end
	Now     func() time.Time
}

// Booked confirms an appointment.
func (s *Service) Booked(ctx context.Context, f booking.Booked) error {
	return s.send(ctx, "booked", f.Fact)
}

// Affirmed confirms an appointment that was a request until now.
func (s *Service) Affirmed(ctx context.Context, f booking.Affirmed) error {
	return s.send(ctx, "confirmed", f.Fact)
}

// Rescheduled tells of another time.
func (s *Service) Rescheduled(ctx context.Context, f booking.Rescheduled) error {
	return s.send(ctx, "rescheduled", f.Fact)
}

// Cancelled tells that an appointment was called off.
func (s *Service) Cancelled(ctx context.Context, f booking.Cancelled) error {
	return s.send(ctx, "cancelled", f.Fact)
}

func (s *Service) send(ctx context.Context, kind string, f booking.Fact) error {
	a, err := s.Store.Appointment(ctx, f.Org, f.Appointment)
	if err != nil {
		return err
	}
	if (kind == "booked" || kind == "rescheduled") && a.Status == booking.Tentative {
		kind = "requested"
	}
	if a.Contact.Email == "" {
		return nil // the visitor left only a phone number
	}
	id := fmt.Sprintf("%s.%d.%s@%s", f.Appointment, f.Revision, kind, domain(s.From.Address))
	done, err := s.Store.Delivered(ctx, f.Org, id)
	if err != nil || done {
		return err
	}
	if overtaken(kind, f, a) {
		return s.Store.KeepDelivery(ctx, f.Org, Delivery{MessageID: id, Appointment: f.Appointment, Kind: kind, State: Skipped, At: s.Now()})
	}
	m, err := s.compose(ctx, kind, f, a)
	if err != nil {
		return err
	}
	m.MessageID = id
	err = s.Sender.Send(ctx, m)
	d := Delivery{MessageID: id, Appointment: f.Appointment, Kind: kind, State: Sent, At: s.Now()}
	if fault.Is(err, fault.Invalid) { // the address does not take mail: staff must see it, trying again is no use
		d.State, d.Error = Refused, fault.As(err).Message
		if err2 := s.Store.KeepDelivery(ctx, f.Org, d); err2 != nil {
			return err2
		}
		return err
	}
	if err != nil {
		return err
	}
	return s.Store.KeepDelivery(ctx, f.Org, d)
}

// overtaken reports whether a later message tells of the appointment already: after it, this one would mislead.
func overtaken(kind string, f booking.Fact, a booking.Appointment) bool {
	if kind == "cancelled" || a.Revision <= f.Revision {
		return false
	}
	return a.Status == booking.Canceled || !a.Start.Equal(f.Start) || !a.End.Equal(f.End) || a.Rep != f.Rep
}

// view is what the templates show. Every text in it is data: the templates escape it.
type view struct {
	Lang         locale.Lang
	Kind         string
	Organization string
	Phone        string
	Accent       string
	FirstName    string
	Service      string
	Rep          string
	When         string // "Tuesday, 1 December 2026"
	Time         string // "9:00 AM – 10:00 AM CST"
	Zone         string
	Before       string // the time before a reschedule
	Where        string
	ManageURL    string
	BookURL      string
	Reason       string
}

func (s *Service) compose(ctx context.Context, kind string, f booking.Fact, a booking.Appointment) (email.Message, error) {
	o, err := s.Store.Organization(ctx, f.Org)
	if err != nil {
		return email.Message{}, err
	}
	cat, _, err := s.Store.CatalogAt(ctx, f.Org)
	if err != nil {
		return email.Message{}, err
	}
	token, err := s.Store.ManageToken(ctx, f.Org, f.Appointment)
	if err != nil {
		return email.Message{}, err
	}
	zone, l := a.Location(), locale.Of(a.Language)
	v := view{
		Lang: l, Kind: kind, Organization: o.Name, Phone: o.Phone, FirstName: a.Contact.FirstName, Service: f.Service, When: l.Date(f.Start.In(zone)),
		Time: l.Span(f.Start.In(zone), f.End.In(zone)), Zone: zone.String(), Where: where(a),
		ManageURL: s.BaseURL + "/appointments/" + token.Reveal(), BookURL: s.BaseURL + "/book/" + o.Slug, Reason: a.CancelReason,
	}
	if sv, ok := cat.Service(f.Service); ok {
		v.Service = sv.Name
	}
	if rep, ok := cat.Rep(f.Rep); ok {
		v.Rep = rep.Name
	}
	if !f.Before.IsZero() {
		v.Before = l.Date(f.Before.In(zone)) + ", " + l.ClockZone(f.Before.In(zone))
	}
	text, html, err := renderIn(l, "appointment", v)
	if err != nil {
		return email.Message{}, err
	}
	from := mail.Address{Name: o.Name, Address: s.From.Address}
	to := mail.Address{Name: a.Contact.FullName(), Address: a.Contact.Email}
	return email.Message{
		From: from, To: to, Subject: subject(v), Text: text, HTML: html, Invitation: s.invitation(v, f, a, from, to),
	}, nil
}

// where is the address of the visit; a ZIP code alone is none.
func where(a booking.Appointment) string {
	if a.Contact.Street == "" {
		return ""
	}
	return a.Contact.Address()
}

// subject names service and organization only: they are staff's texts.
func subject(v view) string {
	switch v.Kind {
	case "rescheduled":
		return v.Lang.T("New time: %s on %s – %s", v.Service, v.When, v.Organization)
	case "requested":
		return v.Lang.T("Requested: %s on %s – %s", v.Service, v.When, v.Organization)
	case "cancelled":
		return v.Lang.T("Cancelled: %s on %s – %s", v.Service, v.When, v.Organization)
	}
	return v.Lang.T("Confirmed: %s on %s – %s", v.Service, v.When, v.Organization)
}

// invitation keeps one UID through all changes; SEQUENCE is the number of changes (RFC 5546 §2.1.4).
func (s *Service) invitation(v view, f booking.Fact, a booking.Appointment, from, to mail.Address) *email.Invitation {
	inv := &email.Invitation{
		UID: string(f.Appointment) + "@" + domain(s.From.Address), Sequence: int(f.Revision - 1), Method: email.Request,
		Start: f.Start, End: f.End, Summary: v.Service + " – " + v.Organization, Location: v.Where, URL: v.ManageURL,
		Description: v.Lang.T("Change or cancel: %s", v.ManageURL), Organizer: from, Attendee: to, Stamp: s.Now(), Created: a.Created,
	}
	if v.Kind == "cancelled" {
		inv.Method = email.Cancel
	}
	return inv
}

// CalendarFile writes an appointment's present state as a file for any calendar, with the UID of its invitations.
func (s *Service) CalendarFile(ctx context.Context, m booking.Managed) ([]byte, error) {
	a := m.Appointment
	token, err := s.Store.ManageToken(ctx, m.Organization.ID, a.ID)
	if err != nil {
		return nil, err
	}
	v := view{
		Lang: locale.Of(a.Language), Kind: "booked", Organization: m.Organization.Name, Service: a.Service, Where: where(a),
		ManageURL: s.BaseURL + "/appointments/" + token.Reveal(),
	}
	if sv, ok := m.Catalog.Service(a.Service); ok {
		v.Service = sv.Name
	}
	f := booking.Fact{Appointment: a.ID, Revision: a.Revision, Start: a.Start, End: a.End}
	inv := s.invitation(v, f, a, mail.Address{Name: m.Organization.Name, Address: s.From.Address}, mail.Address{})
	inv.Method = email.Publish
	return inv.ICS()
}

func domain(address string) string {
	_, d, _ := strings.Cut(address, "@")
	return d
}

// Day writes the date of an instant in words.
func Day(t time.Time, zone *time.Location) string {
	return t.In(zone).Format("Monday, January 2, 2006")
}

// Clock writes the time of day of an instant, with the zone's abbreviation.
func Clock(t time.Time, zone *time.Location) string { return t.In(zone).Format("3:04 PM MST") }

//go:embed templates
var templates embed.FS

// mails are the templates in one language.
type mails struct {
	text *texttemplate.Template
	html *htmltemplate.Template
}

var spoken = mailsOf(append(locale.All(), locale.Pseudo))

func mailsOf(languages []locale.Lang) map[locale.Lang]mails {
	out := map[locale.Lang]mails{}
	for _, l := range languages {
		words := map[string]any{"t": l.T, "lang": func() string { return string(l) }, "heading": locale.Heading}
		out[l] = mails{
			texttemplate.Must(texttemplate.New("").Funcs(words).ParseFS(templates, "templates/*.txt")),
			htmltemplate.Must(htmltemplate.New("").Funcs(words).ParseFS(templates, "templates/*.html")),
		}
	}
	return out
}

// render writes a mail by the two templates of a name, in English.
func render(name string, v any) (text, html string, err error) {
	return renderIn(locale.English, name, v)
}

func renderIn(l locale.Lang, name string, v any) (text, html string, err error) {
	var t, h strings.Builder
	if err := spoken[l].text.ExecuteTemplate(&t, name+".txt", v); err != nil {
		return "", "", fmt.Errorf("write the mail's text: %w", err)
	}
	if err := spoken[l].html.ExecuteTemplate(&h, name+".html", v); err != nil {
		return "", "", fmt.Errorf("write the mail's page: %w", err)
	}
	return strings.TrimSpace(t.String()) + "\n", h.String(), nil
}
