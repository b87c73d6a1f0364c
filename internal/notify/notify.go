// Package notify decides which message goes to whom, and writes it.
//
// It stands behind the jobs that follow from a booking's facts: Booked, Rescheduled and Cancelled each become one mail
// with an invitation that calendars understand. Nothing here waits for the CRM: the booking is ours to confirm. A
// message keeps its Message-ID through every attempt and is recorded once it went out, so a job that runs twice sends at
// most one copy more, and mail programs see it as the same. What a fact says about time and rep is what its message
// says; one that a later change has overtaken before it could go out is skipped.
//
// Reminders and follow-ups go out at a time of their own (policy.go, plan.go): what is planned follows from the
// appointment and the organization's policy alone, never lies in the customer's quiet hours, and becomes a job once.
//
// Text messages are the short form of the same (text.go), in jobs of their own: only to customers who have agreed, only where
// the organization and the installation have them, never twice after the provider may have taken one.
//
// A lost connection is told once per incident to the people of the config's Token Expiry Alerts, once more each day, and
// again when it is back; throttling and network faults never are (alert.go).
//
// The administrators of an organization hear of a conflict between us and the CRM, each once (conflict.go), and of a
// webhook that takes nothing any more (webhook.go).
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
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"net/mail"
	"strings"
	texttemplate "text/template"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/brand"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/drift"
	"heavyset.tech/platform/internal/email"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/settings"
	"heavyset.tech/platform/internal/webhook"
)

// DeliveryState is what became of a message.
type DeliveryState string

// The states of a delivery.
const (
	Waiting DeliveryState = "waiting" // the mail server could not take it yet: it is tried again
	Sent    DeliveryState = "sent"    // the mail server has taken it
	Refused DeliveryState = "refused" // for good: the address does not take mail
	Bounced DeliveryState = "bounced" // it came back after the mail server had taken it
	Skipped DeliveryState = "skipped" // not to go out: overtaken by a later change, or told by the CRM; Error says why
)

// Delivery is what became of one message.
type Delivery struct {
	MessageID   string
	Appointment booking.AppointmentID
	Kind        string // a Kind, or what staff was told
	State       DeliveryState
	To          string // address of the staff; "" = the customer
	Error       string
	At          time.Time
	Cause       string // the job and the request that led to it, as the log names them; the store knows it
}

// Store reads what messages tell of and keeps what became of them.
type Store interface {
	Organization(ctx context.Context, o org.ID) (org.Organization, error)
	Appointment(ctx context.Context, o org.ID, id booking.AppointmentID) (booking.Appointment, error)
	CatalogAt(ctx context.Context, o org.ID) (catalog.Catalog, int64, error)
	ManageToken(ctx context.Context, o org.ID, id booking.AppointmentID) (secret.String, error)
	// Delivered reports whether a message needs no further attempt.
	Delivered(ctx context.Context, o org.ID, messageID string) (bool, error)
	KeepDelivery(ctx context.Context, o org.ID, d Delivery) error
	// DeliveryBehind finds a message by its Message-ID; fault.NotFound.
	DeliveryBehind(ctx context.Context, messageID string) (org.ID, Delivery, error)
	// KeepBounce keeps that a message that was sent came back, with what the ledger knows from then on, and states MailBounced;
	// nothing when that is known already.
	KeepBounce(ctx context.Context, o org.ID, d Delivery, c Consent) error

	Appointments(ctx context.Context, o org.ID, f booking.Filter) (list []booking.Appointment, next string, err error)
	// MessagePolicy gives what an organization wants sent, or DefaultPolicy; KeepMessagePolicy states PolicyChanged.
	MessagePolicy(ctx context.Context, o org.ID) (Policy, error)
	KeepMessagePolicy(ctx context.Context, o org.ID, p Policy) error
	MessageTemplates(ctx context.Context, o org.ID) ([]Custom, error)
	KeepMessageTemplate(ctx context.Context, o org.ID, c Custom) error
	ResetMessageTemplate(ctx context.Context, o org.ID, k Kind, l locale.Lang) error
	// PlanMessages puts what is to go out for an appointment in the place of what was, unless the appointment is no more at
	// the revision; TakeDueMessages states Due for what has come due and takes it away in the same transaction.
	PlanMessages(ctx context.Context, o org.ID, a booking.AppointmentID, revision int64, list []Planned) error
	PlannedMessages(ctx context.Context, o org.ID, a booking.AppointmentID) ([]Planned, error)
	TakeDueMessages(ctx context.Context, now time.Time) error
	WaitStore
	Texting
	// KeepConsent adds to the ledger; Consents reads what was said by the hash of an address, the newest first.
	KeepConsent(ctx context.Context, o org.ID, c Consent) error
	Consents(ctx context.Context, o org.ID, addressHash string) ([]Consent, error)

	// Config, Settings and WaitingWrites are what an alert tells of; Staff is who may be told.
	Config(ctx context.Context, o org.ID, id connection.ConfigID) (connection.Config, error)
	Settings(ctx context.Context, o org.ID, id connection.ConfigID) (settings.Version, error)
	WaitingWrites(ctx context.Context, o org.ID) (connection.Waiting, error)
	// DriftFindings gives what keeps a field mapping from fitting its CRM.
	DriftFindings(ctx context.Context, o org.ID, id connection.ConfigID) ([]drift.Finding, error)
	// Webhook is what an alert tells of.
	Webhook(ctx context.Context, o org.ID, id webhook.EndpointID) (webhook.Endpoint, error)
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

	Answerer  Answerer
	Texter    Texter // nil: the installation sends no text messages
	ReportURL string // to which the provider reports what became of them; "" for none
}

// Booked confirms an appointment.
func (s *Service) Booked(ctx context.Context, f booking.Booked) error {
	return s.send(ctx, Booked, f.Fact)
}

// Affirmed confirms an appointment that was a request until now.
func (s *Service) Affirmed(ctx context.Context, f booking.Affirmed) error {
	return s.send(ctx, Confirmed, f.Fact)
}

// Doubted tells that a confirmed appointment waits to be confirmed once more, as long as it does and unless the customer has been
// told so from the first.
func (s *Service) Doubted(ctx context.Context, f booking.Doubted) error {
	if a, err := s.Store.Appointment(ctx, f.Org, f.Appointment); err != nil || a.Status != booking.Tentative {
		return err
	}
	if told, err := s.Store.Delivered(ctx, f.Org, s.messageID(Requested, f.Appointment, f.Revision-1)); err != nil || told {
		return err
	}
	return s.send(ctx, Requested, f.Fact)
}

// Rescheduled tells of another time.
func (s *Service) Rescheduled(ctx context.Context, f booking.Rescheduled) error {
	return s.send(ctx, Rescheduled, f.Fact)
}

// Cancelled tells that an appointment was called off.
func (s *Service) Cancelled(ctx context.Context, f booking.Cancelled) error {
	if f.Declined {
		return s.send(ctx, Declined, f.Fact)
	}
	return s.send(ctx, Cancelled, f.Fact)
}

// Reassigned tells that another rep comes than the one whom the customer was told of. What is planned stays: it names the rep
// when it goes out.
func (s *Service) Reassigned(ctx context.Context, f booking.Reassigned) error {
	a, err := s.Store.Appointment(ctx, f.Org, f.Appointment)
	if err != nil {
		return err
	}
	p, err := s.Store.MessagePolicy(ctx, f.Org)
	if err != nil {
		return err
	}
	return s.tell(ctx, Reassigned, f.Fact, a, p)
}

// TellsRep reports whether the customer of an appointment is told of another rep: the answer to a request says who comes, and of
// a visit that has begun or is off nobody has to hear.
func TellsRep(a booking.Appointment, now time.Time) bool {
	return a.Status == booking.Confirmed && a.Start.After(now)
}

// send plans what is to go out later, and tells of the fact at once.
func (s *Service) send(ctx context.Context, kind Kind, f booking.Fact) error {
	a, err := s.Store.Appointment(ctx, f.Org, f.Appointment)
	if err != nil {
		return err
	}
	p, err := s.plan(ctx, f.Org, a)
	if err != nil {
		return err
	}
	return s.tell(ctx, kind, f, a, p)
}

func (s *Service) tell(ctx context.Context, kind Kind, f booking.Fact, a booking.Appointment, p Policy) error {
	told := s.tellStaff(ctx, kind, f, a, p)
	if (kind == Booked || kind == Rescheduled) && a.Status == booking.Tentative {
		kind = Requested
	}
	if a.Contact.Email == "" || kind == Reassigned && !overtaken(kind, f, a) && !TellsRep(a, s.Now()) {
		return told // the visitor left only a phone number, or hears of it otherwise
	}
	// Staff who are still to be told keep the job; what the customer's mail server has said is kept and not asked again.
	if err := s.sendCustomer(ctx, kind, f, a, p); told == nil {
		return err
	}
	return told
}

func (s *Service) sendCustomer(ctx context.Context, kind Kind, f booking.Fact, a booking.Appointment, p Policy) error {
	l := letter{kind: kind, id: s.messageID(kind, f.Appointment, f.Revision), fact: f, appointment: a, policy: p}
	switch {
	case overtaken(kind, f, a):
		l.skip = overtakenWords
	case f.CRM && p.ByCRM:
		l.skip = "It was changed in Zoho, and Zoho tells the customer itself."
	}
	return s.deliver(ctx, l)
}

// messageID names the message of a kind about an appointment's revision.
func (s *Service) messageID(k Kind, a booking.AppointmentID, revision int64) string {
	return fmt.Sprintf("%s.%d.%s@%s", a, revision, k, domain(s.From.Address))
}

// overtakenWords is why a message is skipped that would mislead by now.
const overtakenWords = "The appointment had changed by then."

// letter is one message to a customer. What it says of the visit is the fact's.
type letter struct {
	kind        Kind
	id          string // the Message-ID, the same for each attempt
	fact        booking.Fact
	appointment booking.Appointment
	policy      Policy
	skip        string // why it is not to go out; "" = it is
}

// deliver sends a message that has not gone out yet, and keeps what became of it.
func (s *Service) deliver(ctx context.Context, l letter) error {
	done, err := s.Store.Delivered(ctx, l.fact.Org, l.id)
	if err != nil || done {
		return err
	}
	d := Delivery{MessageID: l.id, Appointment: l.fact.Appointment, Kind: string(l.kind), State: Sent, At: s.Now()}
	if l.skip != "" {
		d.State, d.Error = Skipped, l.skip
		return s.Store.KeepDelivery(ctx, l.fact.Org, d)
	}
	m, err := s.compose(ctx, l)
	if err != nil {
		return err
	}
	return s.hand(ctx, l.fact.Org, m, d)
}

// hand gives a message to the mail server and keeps what it said: that it took it, that it never will (staff must see
// that; trying again is no use), or that it is to be tried again.
func (s *Service) hand(ctx context.Context, o org.ID, m email.Message, d Delivery) error {
	err := s.Sender.Send(ctx, m)
	if f := fault.As(err); f != nil {
		switch f.Kind {
		case fault.Invalid:
			d.State, d.Error = Refused, f.Message
		case fault.Unavailable:
			d.State, d.Error = Waiting, f.Message
		default:
			return err
		}
		return errors.Join(err, s.Store.KeepDelivery(ctx, o, d))
	}
	if err != nil {
		return err
	}
	return s.Store.KeepDelivery(ctx, o, d)
}

// overtaken reports whether a later message tells of the appointment already: after it, this one would mislead.
func overtaken(kind Kind, f booking.Fact, a booking.Appointment) bool {
	if kind == Cancelled || kind == Declined || a.Revision <= f.Revision {
		return false
	}
	return a.Status == booking.Canceled || !a.Start.Equal(f.Start) || !a.End.Equal(f.End) || a.Rep != f.Rep
}

// view is what the templates show. Every text in it is data: the templates escape it.
type view struct {
	Lang         locale.Lang
	Kind         Kind
	Organization string
	Accent       string // colour of buttons and lines
	Heading      string
	Note         [][]string // of the organization to whoever has booked
	Body         [][]string // paragraphs of lines
	Closing      [][]string
	Service      string
	Rep          string
	When         string // "Tuesday, 1 December 2026"
	Time         string // "9:00 AM – 10:00 AM CST"
	Zone         string
	Arrival      string // "between 9:00 AM and 11:00 AM CST"; "" for an exact time
	window       time.Duration
	Before       string // the time before a reschedule
	Where        string
	ManageURL    string
	BookURL      string
	StopURL      string // of a message that comes unasked
}

// Over reports whether the visit is not to come, so that the message leads to another booking.
func (v view) Over() bool { return v.Kind == Cancelled || v.Kind == Declined || v.Kind == FollowUp }

func (s *Service) compose(ctx context.Context, l letter) (email.Message, error) {
	f, a := l.fact, l.appointment
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
	lang := locale.Of(a.Language)
	t, err := s.template(ctx, f.Org, l.kind, lang)
	if err != nil {
		return email.Message{}, err
	}
	link := s.BaseURL + "/appointments/" + token.Reveal()
	return s.write(l, lang, t, place{o, cat, link, link + "/again"})
}

// place is what a message shows around the visit.
type place struct {
	organization org.Organization
	catalog      catalog.Catalog
	manage       string // address of the customer's page
	again        string // where they book another visit with the same details
}

// write makes the message of a letter. It depends on nothing but its arguments.
func (s *Service) write(l letter, lang locale.Lang, t Template, at place) (email.Message, error) {
	f, a, o := l.fact, l.appointment, at.organization
	zone := a.Location()
	v := view{
		Lang: lang, Kind: l.kind, Organization: o.Name, Service: f.Service, When: lang.Date(f.Start.In(zone)), Time: lang.Span(f.Start.In(zone), f.End.In(zone)),
		Accent: cmp.Or(brand.Readable(o.Accent), "#1f6f54"), Zone: zone.String(), Where: where(a), ManageURL: at.manage, BookURL: s.BaseURL + "/book/" + o.Slug,
	}
	v.serves(at.catalog, f, zone)
	if rep, ok := at.catalog.Rep(f.Rep); ok {
		v.Rep = rep.Name
	}
	if !f.Before.IsZero() {
		v.Before = lang.Date(f.Before.In(zone)) + ", " + lang.ClockZone(f.Before.In(zone))
		if v.window > 0 {
			v.Before = lang.Date(f.Before.In(zone)) + ", " + lang.Visit(f.Before.In(zone), f.Before.In(zone), v.window)
		}
	}
	values := v.values(a.Contact.FirstName, o.Phone, a.CancelReason)
	if l.kind == Booked || l.kind == Confirmed {
		v.Note = paragraphs(o.Look.Texts[lang].Note)
	}
	v.Heading, v.Body, v.Closing = fill(t.Heading, values), paragraphs(fill(t.Body, values)), paragraphs(fill(t.Closing, values))
	if v.Over() { // a {book_link} in the organization's words stays the booking page
		v.BookURL = at.again
	}
	if l.kind.planned() {
		v.StopURL = at.manage + "/reminders"
	}
	text, html, err := renderIn(lang, "appointment", v)
	if err != nil {
		return email.Message{}, err
	}
	m := email.Message{
		MessageID: l.id, From: mail.Address{Name: cmp.Or(l.policy.Sender, o.Name), Address: s.From.Address},
		To: mail.Address{Name: a.Contact.FullName(), Address: a.Contact.Email}, ReplyTo: mail.Address{Address: l.policy.ReplyTo},
		Subject: fill(t.Subject, values), Text: text, HTML: html, Unsubscribe: v.StopURL, OneClick: v.StopURL != "",
	}
	if !l.kind.planned() { // the calendar has it already
		m.Invitation = s.invitation(v, f, a, m.From, m.To)
	}
	return m, nil
}

// serves takes over what the catalog says of the service: its name, and between when somebody arrives.
func (v *view) serves(cat catalog.Catalog, f booking.Fact, zone *time.Location) {
	sv, ok := cat.Service(f.Service)
	if !ok {
		return
	}
	v.Service, v.window = sv.Name, sv.Window()
	if v.window > 0 {
		v.Arrival = v.Lang.Visit(f.Start.In(zone), f.End.In(zone), v.window)
		v.Time = v.Arrival
	}
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
