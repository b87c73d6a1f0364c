package notify

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/email"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
)

// noticeView is what a notice to the staff shows. Every text in it is data: the templates escape it.
type noticeView struct {
	Heading, Organization string
	Service, When, Rep    string
	Before                string // the time before a reschedule
	Customer              lead.Contact
	Notes, Reason         string
	Answers               []catalog.Reply
	Waits                 bool // for somebody to confirm or decline it
	Admins                bool // hear of it where nobody is named
	CRM                   bool // done in Zoho
	URL                   string
}

// tellStaff tells whom the policy names, each once. An address that takes no mail is kept as refused and keeps nobody else
// from theirs.
func (s *Service) tellStaff(ctx context.Context, kind Kind, f booking.Fact, a booking.Appointment, p Policy) error {
	if len(p.Staff) == 0 && !p.StaffRep && !a.Waits() && !f.Unanswered || kind == Requested || overtaken(kind, f, a) {
		return nil
	}
	v, to, err := s.notice(ctx, kind, f, a, p)
	if err != nil {
		return err
	}
	text, html, err := render("notice", v)
	if err != nil {
		return err
	}
	var failed []error
	about := "staff"
	if kind == RequestWaits { // beside the notice of the same revision that it is new
		about = "staff.waits"
	}
	for _, address := range to {
		mid := fmt.Sprintf("%s.%d.%s.%s@%s", f.Appointment, f.Revision, about, id.Hash(address)[:12], domain(s.From.Address))
		done, err := s.Store.Delivered(ctx, f.Org, mid)
		if err == nil && !done {
			err = s.hand(ctx, f.Org, email.Message{
				MessageID: mid, From: s.From, To: mail.Address{Address: address}, Subject: v.Heading + ": " + v.Service + ", " + v.When + " – " + v.Organization, Text: text, HTML: html,
			}, Delivery{MessageID: mid, Appointment: f.Appointment, Kind: "staff_" + string(kind), State: Sent, To: address, At: s.Now()})
		}
		if err != nil && !fault.Is(err, fault.Invalid) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// notice says what staff reads, and who that is.
func (s *Service) notice(ctx context.Context, kind Kind, f booking.Fact, a booking.Appointment, p Policy) (noticeView, []string, error) {
	o, err := s.Store.Organization(ctx, f.Org)
	if err != nil {
		return noticeView{}, nil, err
	}
	cat, _, err := s.Store.CatalogAt(ctx, f.Org)
	if err != nil {
		return noticeView{}, nil, err
	}
	zone := o.Location()
	v := noticeView{
		Organization: o.Name, Service: f.Service, When: stamp(f.Start, zone), Rep: f.Rep, Customer: a.Contact, Notes: a.Notes, CRM: f.CRM,
		URL: s.BaseURL + "/admin/orgs/" + o.Slug + "/appointments/" + string(f.Appointment),
	}
	v.Heading, v.Waits = staffHeading(kind, f, a), a.Waits()
	v.Admins = v.Waits || f.Unanswered
	if kind == RequestWaits {
		v.Reason = "nobody has answered yet. Without an answer it is declined some hours before its time."
	}
	if kind == Cancelled || kind == Declined {
		v.Reason = cat.Told(a.CancelReason, false)
	}
	if !f.Before.IsZero() {
		v.Before = stamp(f.Before, zone)
	}
	if sv, ok := cat.Service(f.Service); ok {
		v.Service = sv.Name
	}
	v.Answers = cat.Replies(a.Service, a.Answers)
	to := slices.Clone(p.Staff)
	if rep, ok := cat.Rep(f.Rep); ok {
		v.Rep = rep.Name
		if address := strings.ToLower(rep.Email); p.StaffRep && address != "" && !slices.Contains(to, address) {
			to = append(to, address)
		}
	}
	if len(to) == 0 && v.Admins { // nobody would hear of what somebody has to answer, or not any more
		if to, err = s.administrators(ctx, f.Org); err != nil {
			return noticeView{}, nil, err
		}
	}
	return v, to, nil
}

// staffHeading says in a few words what has happened.
func staffHeading(kind Kind, f booking.Fact, a booking.Appointment) string {
	switch {
	case kind == Booked && a.Status == booking.Tentative:
		return "New request"
	case kind == Rescheduled && a.Waits():
		return "Request moved"
	case kind == Declined && f.Unanswered:
		return "Request declined, because nobody answered"
	case kind == Cancelled && f.Unanswered:
		return "Request withdrawn"
	}
	return map[Kind]string{
		Booked: "New booking", Confirmed: "Booking confirmed", Declined: "Request declined", Rescheduled: "Booking moved", Cancelled: "Booking cancelled",
		Reassigned: "Booking given to another rep", RequestWaits: "Request still to be answered",
	}[kind]
}

// administrators gives the addresses of an organization's administrators.
func (s *Service) administrators(ctx context.Context, o org.ID) ([]string, error) {
	staff, err := s.Store.Staff(ctx, o)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, p := range staff {
		if p.Role == auth.Admin {
			out = append(out, p.Email)
		}
	}
	return out, nil
}
