package notify_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/email"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/notify"
)

// office is a mail server that has no mailbox gone@x.example.
type office struct {
	to       []string
	messages []email.Message
	down     bool
}

func (o *office) Send(_ context.Context, m email.Message) error {
	if m.To.Address == "gone@x.example" {
		return fault.OfField("to", "This mailbox does not exist.")
	}
	if o.down {
		return fault.Later(time.Minute, "The mail server does not answer.")
	}
	o.to, o.messages = append(o.to, m.To.Address), append(o.messages, m)
	return nil
}

func TestStaffHearsOfBookings(t *testing.T) {
	t.Parallel()
	d, s, due := reminded()
	out := &office{}
	s.Sender = out
	f := booking.Fact{Org: "o", Appointment: "apt_1", Revision: 1, Service: "SVC", Rep: "ann", Start: due.Start, End: d.appointment.End}
	if err := s.Booked(t.Context(), booking.Booked{Fact: f}); err != nil || !slices.Equal(out.to, []string{"doe@x.example"}) {
		t.Fatalf("nobody of the staff has asked for it: %v %q", err, out.to)
	}
	d.policy.Staff, d.policy.StaffRep = []string{"desk@x.example", "gone@x.example"}, true
	d.appointment.Contact.Email, d.appointment.Notes = "", "Beware of <b>dog</b>"
	tell := func(what string, want []string, subject string, do func() error) {
		t.Helper()
		out.to, out.messages = nil, nil
		for range 2 {
			if err := do(); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
		}
		if !slices.Equal(out.to, want) {
			t.Errorf("%s: told %q, want %q", what, out.to, want)
		}
		for _, m := range out.messages {
			if !strings.HasPrefix(m.Subject, subject) || strings.Contains(m.Subject, "JO") || m.Invitation != nil || !strings.Contains(m.Text, "JO Doe") || strings.Contains(m.HTML, "<b>dog") {
				t.Errorf("%s: %q\n%s", what, m.Subject, m.Text)
			}
		}
	}
	f.Revision, d.appointment.Revision = 2, 2
	tell("by phone", []string{"desk@x.example", "ann@x.example"}, "New booking: SVC, Thursday, December 3, 2026, 3:00 PM UTC", func() error { return s.Booked(t.Context(), booking.Booked{Fact: f}) })
	f.Revision, f.Rep, d.appointment.Revision, d.appointment.Rep = 3, "ben", 3, "ben"
	tell("given to another rep", []string{"desk@x.example", "ben@x.example"}, "Booking given to another rep", func() error { return s.Reassigned(t.Context(), booking.Reassigned{Fact: f}) })
	old := f
	f.Revision, f.Before, f.Start, d.appointment.Revision = 4, f.Start, f.Start.Add(time.Hour), 4
	d.appointment.Start = f.Start
	tell("overtaken", nil, "", func() error { return s.Reassigned(t.Context(), booking.Reassigned{Fact: old}) })
	tell("moved", []string{"desk@x.example", "ben@x.example"}, "Booking moved", func() error { return s.Rescheduled(t.Context(), booking.Rescheduled{Fact: f}) })
	f.Revision, d.appointment.Revision, d.appointment.Status = 5, 5, booking.Canceled
	out.down = true
	if err := s.Cancelled(t.Context(), booking.Cancelled{Fact: f}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("the mail server is away: %v", err)
	}
	out.down = false
	tell("cancelled", []string{"desk@x.example", "ben@x.example"}, "Booking cancelled", func() error { return s.Cancelled(t.Context(), booking.Cancelled{Fact: f}) })
	refused := 0
	for _, k := range d.kept {
		if k.To == "gone@x.example" && k.State == notify.Refused {
			refused++
		}
	}
	if refused != 4 {
		t.Errorf("%d refusals are kept: %+v", refused, d.kept)
	}
}

// TestRequestsAreTold: somebody hears of a request even where nobody has asked for notices, and the customer hears of each
// answer.
func TestRequestsAreTold(t *testing.T) {
	t.Parallel()
	d, s, due := reminded()
	out := &office{}
	s.Sender = out
	d.staff = []notify.Staff{{Email: "boss@x.example", Role: auth.Admin}, {Email: "rep@x.example", Role: auth.Member}}
	d.appointment.Status, d.appointment.Request = booking.Tentative, true
	d.appointment.Answers = map[string]string{"gate": "4711"}
	f := booking.Fact{Org: "o", Appointment: "apt_1", Revision: 1, Service: "SVC", Rep: "ann", Start: due.Start, End: d.appointment.End}
	if err := s.Booked(t.Context(), booking.Booked{Fact: f}); err != nil || !slices.Equal(out.to, []string{"boss@x.example", "doe@x.example"}) {
		t.Fatalf("told %q: %v", out.to, err)
	}
	if m := out.messages[0]; !strings.HasPrefix(m.Subject, "New request: ") || !strings.Contains(m.Text, "Confirm or decline: http") || !strings.Contains(m.Text, "gate: 4711") || !strings.Contains(m.HTML, "4711") {
		t.Errorf("%q\n%s", m.Subject, m.Text)
	}
	if m := out.messages[1]; !strings.HasPrefix(m.Subject, "Requested: ") {
		t.Errorf("%q", m.Subject)
	}
	out.to, out.messages = nil, nil
	d.appointment.Status, d.appointment.CancelReason, d.appointment.Revision = booking.Canceled, "We are away", 2
	f.Revision, f.Declined = 2, true
	if err := s.Cancelled(t.Context(), booking.Cancelled{Fact: f}); err != nil || !slices.Equal(out.to, []string{"doe@x.example"}) {
		t.Fatalf("told %q: %v", out.to, err)
	}
	defer func() { // a request that ends without an answer, and each answer where somebody is named
		for _, c := range []struct {
			declined, unanswered, named bool
			want                        string
		}{{false, true, false, "boss@x.example Request withdrawn"}, {true, true, false, "boss@x.example Request declined, because nobody answered"}, {true, false, true, "desk@x.example Request declined"}, {false, false, true, "desk@x.example Booking cancelled"}} {
			f.Revision++
			f.Declined, f.Unanswered, d.appointment.Revision, d.policy.Staff = c.declined, c.unanswered, f.Revision, nil
			if c.named {
				d.policy.Staff = []string{"desk@x.example"}
			}
			out.to, out.messages = nil, nil
			if err := s.Cancelled(t.Context(), booking.Cancelled{Fact: f}); err != nil || len(out.to) != 2 || !strings.HasPrefix(out.to[0]+" "+out.messages[0].Subject, c.want+": ") {
				t.Errorf("%+v: told %q, %v", c, out.to, err)
			}
		}
		f.Revision++
		d.appointment.Status, d.appointment.Request, d.appointment.Revision = booking.Confirmed, false, f.Revision
		out.to, out.messages = nil, nil
		if err := s.Affirmed(t.Context(), booking.Affirmed{Fact: f}); err != nil || len(out.to) != 2 || !strings.HasPrefix(out.messages[0].Subject, "Booking confirmed: ") {
			t.Errorf("confirmed: told %q, %v", out.to, err)
		}
	}()
	if m := out.messages[0]; !strings.HasPrefix(m.Subject, "Not possible: ") || !strings.Contains(m.Text, "The reason: We are away") || m.Invitation == nil || m.Invitation.Method != email.Cancel {
		t.Errorf("%q %+v\n%s", m.Subject, m.Invitation, m.Text)
	}
}
