package notify

import (
	"context"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/email"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
)

// Bounds of a policy.
const (
	MaxReminders = 5
	MinLead      = 15 * time.Minute
	MaxLead      = 14 * 24 * time.Hour
	MaxFollowUp  = 7 * 24 * time.Hour
	MaxStaff     = 20
	maxSender    = 100 // characters
	// enough is how long before a visit a reminder that waited for the end of the quiet hours is still of use.
	enough = 2 * time.Hour
)

// Policy is what an organization wants sent to its customers and staff, and when.
type Policy struct {
	Sender  string // name that mails come from; "" = the organization's
	ReplyTo string // address that answers go to; "" = the one that mails come from

	Reminders []time.Duration // how long before the visit, the longest first; none: no reminders
	Quiet     Quiet
	FollowUp  bool          // write to a customer who was not there
	FollowAt  time.Duration // how long after that is known

	// ByCRM leaves it to the CRM's own invitations to tell a customer of what people changed there.
	ByCRM bool

	Staff    []string // addresses that hear of every new, changed and cancelled booking
	StaffRep bool     // and so does the rep whose visit it is

	Texts bool // customers who have agreed get text messages too
}

// DefaultPolicy is what holds before anything was saved.
func DefaultPolicy() Policy {
	return Policy{Reminders: []time.Duration{24 * time.Hour}, Quiet: Quiet{From: 21 * 60, To: 8 * 60}, FollowUp: true, FollowAt: time.Hour}
}

// Quiet is the time of day, in the customer's zone, in which nothing goes out that nobody waits for. From and To are
// minutes after midnight; where they are the same there is none. From may lie after To: then it is the night.
type Quiet struct{ From, To int }

// around gives the quiet hours that an instant lies in; false when it lies in none.
func (q Quiet) around(t time.Time, zone *time.Location) (from, to time.Time, quiet bool) {
	if q.From == q.To {
		return t, t, false
	}
	local := t.In(zone)
	for _, day := range []int{-1, 0} { // the night of the day before reaches into this one
		at := func(day, minutes int) time.Time {
			return time.Date(local.Year(), local.Month(), local.Day()+day, minutes/60, minutes%60, 0, 0, zone)
		}
		from, to = at(day, q.From), at(day, q.To)
		if q.To < q.From {
			to = at(day+1, q.To)
		}
		if !t.Before(from) && t.Before(to) {
			return from, to, true
		}
	}
	return t, t, false
}

// Planned is a message that is to go out at a time.
type Planned struct {
	Kind  Kind
	Lead  time.Duration // of a reminder: how long before the visit it was asked for
	Start time.Time     // of the visit that it tells of
	Due   time.Time
}

// Due is the fact that the time of a planned message has come.
type Due struct {
	Org         org.ID                `json:"org"`
	Appointment booking.AppointmentID `json:"appointment"`
	Kind        Kind                  `json:"kind"`
	Lead        int                   `json:"lead_minutes,omitempty"`
	Start       time.Time             `json:"start"`
}

// PolicyChanged is the fact that an organization wants other messages, so that coming appointments are planned anew.
type PolicyChanged struct {
	Org org.ID `json:"org"`
}

// Plan gives the messages that are still to come for an appointment as it is. A reminder whose time fell into the quiet
// hours goes out after them, or before them where it would come too late; one whose time is over, because the visit was
// booked later than that, is left out: the confirmation has just told of it.
func (p Policy) Plan(a booking.Appointment, now time.Time) []Planned {
	if a.Waits() {
		return p.planRequest(a, now)
	}
	if a.Contact.Email == "" && (!p.Texts || a.Contact.Phone == "") {
		return nil
	}
	zone := a.Location()
	if a.Status == booking.NoShow && p.FollowUp {
		due := a.Updated.Add(p.FollowAt)
		if _, to, quiet := p.Quiet.around(due, zone); quiet {
			due = to
		}
		return []Planned{{Kind: FollowUp, Start: a.Start, Due: due}}
	}
	if a.Status != booking.Confirmed {
		return nil
	}
	var out []Planned
	for _, lead := range p.Reminders {
		due := a.Start.Add(-lead)
		if from, to, quiet := p.Quiet.around(due, zone); quiet {
			if due = to; to.Add(enough).After(a.Start) {
				due = from
			}
		}
		if !due.After(now) || slices.ContainsFunc(out, func(o Planned) bool { return o.Due.Equal(due) }) {
			continue
		}
		out = append(out, Planned{Kind: Reminder, Lead: lead, Start: a.Start, Due: due})
	}
	return out
}

// check makes a policy fit to be kept, or names the fields that are wrong.
func (p Policy) check() (Policy, error) {
	var wrong []fault.Field
	refuse := func(path, format string, args ...any) {
		wrong = append(wrong, fault.Field{Path: path, Message: fmt.Sprintf(format, args...)})
	}
	p.Sender, p.ReplyTo = strings.Join(strings.Fields(p.Sender), " "), strings.TrimSpace(p.ReplyTo)
	if len([]rune(p.Sender)) > maxSender || strings.ContainsFunc(p.Sender, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		refuse("sender", "must be at most %d characters.", maxSender)
	}
	if p.ReplyTo != "" {
		if problem := email.Problem(mail.Address{Address: p.ReplyTo}); problem != "" {
			refuse("reply_to", "%s", problem+".")
		}
	}
	slices.SortFunc(p.Reminders, func(a, b time.Duration) int { return int(b/time.Minute - a/time.Minute) })
	p.Reminders = slices.Compact(p.Reminders)
	if len(p.Reminders) > MaxReminders {
		refuse("reminders", "must be at most %d times.", MaxReminders)
	}
	for _, d := range p.Reminders {
		if d < MinLead || d > MaxLead || d%time.Minute != 0 {
			refuse("reminders", "must each be from 15 minutes to 14 days before the visit.")
			break
		}
	}
	if p.Quiet.From < 0 || p.Quiet.From >= 24*60 || p.Quiet.To < 0 || p.Quiet.To >= 24*60 {
		refuse("quiet_from", "must be times of day such as 21:00.")
	} else if n := (p.Quiet.To - p.Quiet.From + 24*60) % (24 * 60); n > 16*60 {
		refuse("quiet_from", "must leave eight hours of the day in which messages may go out.")
	}
	if len(p.Staff) > MaxStaff {
		refuse("staff", "must be at most %d addresses.", MaxStaff)
	}
	for i, a := range p.Staff {
		p.Staff[i] = strings.ToLower(a)
		if problem := email.Problem(mail.Address{Address: a}); problem != "" {
			refuse("staff", "has %s, which %s.", a, problem)
			break
		}
	}
	slices.Sort(p.Staff)
	p.Staff = slices.Compact(p.Staff)
	if p.FollowAt < 0 || p.FollowAt > MaxFollowUp {
		refuse("follow_at", "must be at most 7 days.")
	}
	return p, fault.OfFields(wrong)
}

// Policy gives what an organization wants sent.
func (s *Service) Policy(ctx context.Context, o org.ID) (Policy, error) {
	return s.Store.MessagePolicy(ctx, o)
}

// SetPolicy keeps what an organization wants sent; what is planned for coming appointments follows. fault.Invalid names
// the fields.
func (s *Service) SetPolicy(ctx context.Context, o org.ID, p Policy) (was, is Policy, err error) {
	if is, err = p.check(); err != nil {
		return was, is, err
	}
	if was, err = s.Store.MessagePolicy(ctx, o); err != nil {
		return was, is, err
	}
	return was, is, s.Store.KeepMessagePolicy(ctx, o, is)
}
