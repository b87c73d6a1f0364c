package notify

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/sms"
)

// ByText is text messages.
const ByText Channel = "sms"

// Sources of what the ledger knows of text messages: a tick at booking; a word that was sent from the phone itself. What was
// said by phone is stronger: anybody may type another's number into a form.
const (
	FromBooking = "booking"
	FromStop    = "stop"
	FromStart   = "start"
)

// Unsure is a text message whose provider's answer is not known: it is not sent again, so that nobody gets it twice.
const Unsure DeliveryState = "unsure"

// Arrived is a text message that the phone has, as its provider reports.
const Arrived DeliveryState = "arrived"

// Texter sends a text message: sms.Sender.
type Texter interface {
	Send(ctx context.Context, m sms.Message) error
}

// Texting is what text messages need besides the mails' Store.
type Texting interface {
	// TextConsents gives the newest that was said of text messages to a number, and the newest that was said by the phone
	// itself; fewer where there is none.
	TextConsents(ctx context.Context, o org.ID, addressHash string) ([]Consent, error)
	// Texted lists the organizations that know something of a number.
	Texted(ctx context.Context, addressHash string) ([]org.ID, error)
	// AgreedToTexts reports whether the owner of a number has agreed to text messages about a visit.
	AgreedToTexts(ctx context.Context, o org.ID, addressHash string, id booking.AppointmentID) (bool, error)
	// SettleDelivery keeps what became of a message that was Unsure; nothing when that is known already.
	SettleDelivery(ctx context.Context, o org.ID, d Delivery) error
}

// Texts reports whether an organization has switched text messages on and the installation can send them.
func (s *Service) Texts(ctx context.Context, o org.ID) (bool, error) {
	if s.Texter == nil {
		return false, nil
	}
	p, err := s.Store.MessagePolicy(ctx, o)
	return p.Texts, err
}

// AskTexts are the words under which a visitor agrees to text messages.
func AskTexts(l locale.Lang, organization string) string {
	return l.T("%s may text me about this visit: a confirmation, reminders and changes. Message and data rates may apply. Reply STOP to end them.", organization)
}

// Agreed is the entry of the ledger for a visitor who has agreed to text messages with a booking.
func Agreed(a booking.Appointment, g booking.Agreement) Consent {
	return Consent{
		ID: id.New("con", g.At), At: g.At, Channel: ByText, Address: addressHash(a.Contact.Phone), State: Given, Source: FromBooking, Words: g.Words, Appointment: a.ID,
	}
}

// TextState is what is known of text messages to a number.
type TextState struct {
	State ConsentState // "" as nothing was said
	At    time.Time
	Words string // that were agreed to
}

// Texted gives what is known of text messages to a number.
func (s *Service) Texted(ctx context.Context, o org.ID, phone string) (TextState, error) {
	if phone == "" {
		return TextState{}, nil
	}
	list, err := s.Store.TextConsents(ctx, o, addressHash(phone))
	return textState(list), err
}

// TextedOf gives what is known of text messages about a visit: nothing unless its customer has agreed to them for this one.
func (s *Service) TextedOf(ctx context.Context, o org.ID, a booking.Appointment) (TextState, error) {
	known, err := s.Texted(ctx, o, a.Contact.Phone)
	if err != nil || known.State == "" {
		return known, err
	}
	if agreed, err := s.Store.AgreedToTexts(ctx, o, addressHash(a.Contact.Phone), a.ID); err != nil || !agreed {
		return TextState{}, err
	}
	return known, nil
}

// textState weighs what was said: a STOP holds until the phone itself sends START.
func textState(list []Consent) TextState {
	var out TextState
	for _, c := range list {
		byPhone := c.Source == FromStop || c.Source == FromStart
		if out.State == "" || byPhone && c.State == Withdrawn {
			out = TextState{c.State, c.At, c.Words}
		}
	}
	return out
}

// TextBooked, TextAffirmed, TextRescheduled and TextCancelled tell the same as their mails by a text message, where the
// organization sends them and the customer has agreed.
func (s *Service) TextBooked(ctx context.Context, f booking.Booked) error {
	return s.text(ctx, Booked, f.Fact)
}

// TextAffirmed confirms what was a request.
func (s *Service) TextAffirmed(ctx context.Context, f booking.Affirmed) error {
	return s.text(ctx, Confirmed, f.Fact)
}

// TextRescheduled tells of another time.
func (s *Service) TextRescheduled(ctx context.Context, f booking.Rescheduled) error {
	return s.text(ctx, Rescheduled, f.Fact)
}

// TextReassigned tells that another rep comes.
func (s *Service) TextReassigned(ctx context.Context, f booking.Reassigned) error {
	return s.text(ctx, Reassigned, f.Fact)
}

// TextCancelled tells that a visit was called off.
func (s *Service) TextCancelled(ctx context.Context, f booking.Cancelled) error {
	if f.Declined {
		return s.text(ctx, Declined, f.Fact)
	}
	return s.text(ctx, Cancelled, f.Fact)
}

func (s *Service) text(ctx context.Context, kind Kind, f booking.Fact) error {
	a, p, ok, err := s.texted(ctx, f.Org, f.Appointment)
	if err != nil || !ok {
		return err
	}
	if (kind == Booked || kind == Rescheduled) && a.Status == booking.Tentative {
		kind = Requested
	}
	l := letter{kind: kind, id: s.messageID(kind+".text", f.Appointment, f.Revision), fact: f, appointment: a, policy: p}
	switch {
	case overtaken(kind, f, a):
		l.skip = overtakenWords
	case kind == Reassigned && !TellsRep(a, s.Now()):
		return nil
	case f.CRM && p.ByCRM:
		l.skip = "It was changed in Zoho, and Zoho tells the customer itself."
	}
	if wait := p.dawn(a, s.Now()); (f.CRM || kind == Reassigned) && l.skip == "" && wait > 0 { // nobody waits for it, and a phone wakes people
		return fault.Later(wait, "It is told after the customer's quiet hours.")
	}
	return s.deliverText(ctx, l)
}

// dawn is how long it is to the end of the customer's quiet hours, if they are now and the visit begins after them.
func (p Policy) dawn(a booking.Appointment, now time.Time) time.Duration {
	_, to, quiet := p.Quiet.around(now, a.Location())
	if !quiet || !a.Start.After(to) {
		return 0
	}
	return to.Sub(now)
}

// TextDue reminds by a text message.
func (s *Service) TextDue(ctx context.Context, due Due) error {
	a, p, ok, err := s.texted(ctx, due.Org, due.Appointment)
	if err != nil || !ok || due.Kind != Reminder {
		return err
	}
	f := booking.Fact{Org: due.Org, Appointment: a.ID, Revision: a.Revision, Service: a.Service, Rep: a.Rep, Start: a.Start, End: a.End}
	l := letter{kind: due.Kind, id: s.plannedID(due, due.Kind+".text"), fact: f, appointment: a, policy: p}
	l.skip = due.outdated(a, s.Now())
	return s.deliverText(ctx, l)
}

// texted reads an appointment whose customer may have agreed to text messages; ok is false where none go out.
func (s *Service) texted(ctx context.Context, o org.ID, aid booking.AppointmentID) (a booking.Appointment, p Policy, ok bool, err error) {
	if s.Texter == nil {
		return a, p, false, nil
	}
	if p, err = s.Store.MessagePolicy(ctx, o); err != nil || !p.Texts {
		return a, p, false, err
	}
	a, err = s.Store.Appointment(ctx, o, aid)
	return a, p, a.Contact.Phone != "", err
}

// deliverText sends a text message that has not gone out yet. What is about to be sent is kept as Unsure before: an attempt
// whose end nobody has seen is not made again.
func (s *Service) deliverText(ctx context.Context, l letter) error {
	o := l.fact.Org
	done, err := s.Store.Delivered(ctx, o, l.id)
	if err != nil || done {
		return err
	}
	agreed, err := s.TextedOf(ctx, o, l.appointment)
	if err != nil || agreed.State == "" {
		return err
	}
	if agreed.State == Withdrawn {
		l.skip = "The customer has stopped text messages."
	}
	d := Delivery{MessageID: l.id, Appointment: l.fact.Appointment, Kind: TextPrefix + string(l.kind), State: Unsure, Error: unsureWords, At: s.Now()}
	if l.skip != "" {
		d.State, d.Error = Skipped, l.skip
		return s.Store.KeepDelivery(ctx, o, d)
	}
	words, err := s.composeText(ctx, l)
	if err != nil {
		return err
	}
	if err := s.Store.KeepDelivery(ctx, o, d); err != nil {
		return err
	}
	m := sms.Message{To: l.appointment.Contact.Phone, Text: words}
	if s.ReportURL != "" {
		m.Report = s.ReportURL + "?" + url.Values{"message": {l.id}}.Encode()
	}
	return s.settleText(context.WithoutCancel(ctx), l, d, s.Texter.Send(ctx, m))
}

// TextPrefix begins the kind of a delivery that was a text message.
const TextPrefix = "text_"

const unsureWords = "It is not known whether the provider has taken it, so it is not sent again."

// settleText keeps what the provider has said, and gives what keeps the job.
func (s *Service) settleText(ctx context.Context, l letter, d Delivery, said error) error {
	o, f := l.fact.Org, fault.As(said)
	d.At = s.Now()
	switch {
	case said == nil:
		d.State, d.Error = Sent, ""
	case f == nil:
		d.State, d.Error = Waiting, "HeavySet could not send it."
	case f.Code == sms.Unknown:
		d.Error, said = f.Message, nil
	case f.Kind == fault.Invalid:
		d.State, d.Error, said = Refused, f.Message, nil
	default:
		d.State, d.Error = Waiting, f.Message
	}
	if err := s.Store.SettleDelivery(ctx, o, d); err != nil {
		return err // it stays Unsure
	}
	if f != nil && f.Code == sms.Stopped {
		return s.sayByPhone(ctx, o, l.appointment.Contact.Phone, Withdrawn)
	}
	return said
}

// Report takes in what a provider tells of a message that it took. Words that are not known mean nothing.
func (s *Service) Report(ctx context.Context, messageID, status, code string) error {
	o, d, err := s.Store.DeliveryBehind(ctx, messageID)
	if fault.Is(err, fault.NotFound) || err == nil && !strings.HasPrefix(d.Kind, TextPrefix) {
		return nil
	}
	if err != nil {
		return err
	}
	d.At = s.Now()
	switch status {
	case "delivered", "read":
		d.State, d.Error = Arrived, ""
	case "failed", "undelivered":
		d.State, d.Error = Bounced, "The phone company did not deliver it."
		if len(code) <= 10 && strings.Trim(code, "0123456789") == "" && code != "" {
			d.Error = "The phone company did not deliver it (" + code + ")."
		}
	default:
		return nil
	}
	return s.Store.KeepDelivery(ctx, o, d)
}

// Answered takes in what somebody wrote back, and gives what is said to that; "" for nothing. Organizations share the
// number that messages come from, so STOP ends them for each that has written to the phone.
func (s *Service) Answered(ctx context.Context, phone, text string) (string, error) {
	word := sms.Heard(text)
	if word == sms.Other || phone == "" {
		return "", nil
	}
	orgs, err := s.Store.Texted(ctx, addressHash(phone))
	if err != nil {
		return "", err
	}
	for _, o := range orgs {
		switch word {
		case sms.Stop:
			err = s.sayByPhone(ctx, o, phone, Withdrawn)
		case sms.Start:
			err = s.sayByPhone(ctx, o, phone, Given)
		}
		if err != nil {
			return "", err
		}
	}
	if word != sms.Help {
		return "", nil // the provider confirms STOP and START by itself
	}
	return s.help(ctx, orgs, addressHash(phone))
}

// sayByPhone keeps what the phone itself has said. START gives back only what a STOP has taken.
func (s *Service) sayByPhone(ctx context.Context, o org.ID, phone string, state ConsentState) error {
	list, err := s.Store.TextConsents(ctx, o, addressHash(phone))
	if err != nil {
		return err
	}
	if known := textState(list); known.State == state || known.State == "" {
		return nil
	}
	at, source := s.Now(), FromStop
	for _, c := range list {
		if !at.After(c.At) { // clocks of nodes differ: the newest holds
			at = c.At.Add(time.Millisecond)
		}
	}
	if state == Given {
		source = FromStart
	}
	return s.Store.KeepConsent(ctx, o, Consent{ID: id.New("con", at), At: at, Channel: ByText, Address: addressHash(phone), State: state, Source: source})
}

// help says who writes and how to end it, in the language of the visit for which the phone's owner last agreed.
func (s *Service) help(ctx context.Context, orgs []org.ID, address string) (string, error) {
	lang, newest := locale.English, time.Time{}
	for _, o := range orgs {
		list, err := s.Store.TextConsents(ctx, o, address)
		if err != nil {
			return "", err
		}
		for _, c := range list {
			if c.Appointment == "" || !c.At.After(newest) {
				continue
			}
			a, err := s.Store.Appointment(ctx, o, c.Appointment)
			if fault.Is(err, fault.NotFound) { // erased
				continue
			}
			if err != nil {
				return "", err
			}
			lang, newest = locale.Of(a.Language), c.At
		}
	}
	who := lang.T("Appointments")
	if len(orgs) == 1 {
		o, err := s.Store.Organization(ctx, orgs[0])
		if err != nil {
			return "", err
		}
		if who = o.Name; o.Phone != "" {
			who += ", " + o.Phone
		}
	}
	return sms.Fold(who + ": " + lang.T("text messages about visits that you booked. Nobody reads answers here. Reply STOP to end them, START to get them again.")), nil
}

func (s *Service) composeText(ctx context.Context, l letter) (string, error) {
	o, err := s.Store.Organization(ctx, l.fact.Org)
	if err != nil {
		return "", err
	}
	cat, _, err := s.Store.CatalogAt(ctx, l.fact.Org)
	if err != nil {
		return "", err
	}
	token, err := s.Store.ManageToken(ctx, l.fact.Org, l.fact.Appointment)
	if err != nil {
		return "", err
	}
	return s.writeText(l, locale.Of(l.appointment.Language), place{organization: o, catalog: cat, manage: s.BaseURL + "/a/" + token.Reveal()}), nil
}

// writeText makes the words of a text message: in one message of the phones' alphabet where they fit, with the name of the
// organization cut if need be. The link is never cut.
func (s *Service) writeText(l letter, lang locale.Lang, at place) string {
	start := l.fact.Start.In(l.appointment.Location())
	clock := func(t time.Time) string {
		return strings.NewReplacer("a. m.", "am", "p. m.", "pm").Replace(lang.Clock(t))
	}
	when := lang.ShortDay(start) + ", " + clock(start)
	if sv, ok := at.catalog.Service(l.fact.Service); ok && sv.Window() > 0 {
		when += " - " + clock(start.Add(sv.Window()))
	}
	said := []any{when}
	if l.kind == Reassigned {
		rep, _ := at.catalog.Rep(l.fact.Rep)
		said = []any{cmp.Or(rep.Name, l.fact.Rep), when}
	}
	write := func(name string) string {
		text := fmt.Sprintf("%s: %s %s", name, lang.T(textWords(l.kind), said...), at.manage) // the page of a visit that is off leads to another
		if l.kind == Booked || l.kind == Requested || l.kind == Confirmed {
			text += " " + lang.T("STOP to end")
		}
		return sms.Fold(text)
	}
	name := at.organization.Name
	text := write(name)
	for cut := []rune(name); sms.Parts(text) > 1 && len(cut) > 12; {
		cut = cut[:len(cut)-1]
		if short := write(strings.TrimSpace(string(cut)) + "."); sms.Parts(short) == 1 {
			return short
		}
	}
	return text
}

// textWords is what a text message says of a time; behind it stands the link.
func textWords(k Kind) string {
	switch k {
	case Booked, Confirmed:
		return "confirmed for %s. Change:"
	case Requested:
		return "request received for %s."
	case Declined:
		return "sorry, we can't come on %s. Other times:"
	case Rescheduled:
		return "your new time is %s. Change:"
	case Reassigned:
		return "%s comes on %s now. Change:"
	case Cancelled:
		return "your visit on %s is cancelled. Book again:"
	}
	return "see you on %s. Change:"
}

// TextSample is what a text message of a kind looks like, for an invented visit.
func (s *Service) TextSample(o org.Organization, k Kind, l locale.Lang) string {
	start := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	f := booking.Fact{Rep: "Robin Sample", Start: start, End: start.Add(time.Hour)}
	return s.writeText(letter{kind: k, fact: f, appointment: booking.Appointment{Timezone: "UTC"}}, l, place{organization: o, manage: s.BaseURL + "/a/" + strings.Repeat("x", 43)})
}
