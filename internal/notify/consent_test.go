package notify_test

import (
	"strings"
	"testing"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/org"
)

// TestWhoWantsNoRemindersGetsNone: but hears of every change of what they booked, and can have them back.
func TestWhoWantsNoRemindersGetsNone(t *testing.T) {
	t.Parallel()
	d, s, due := reminded()
	s.BaseURL = "https://o.example"
	m := booking.Managed{Organization: org.Organization{ID: "o"}, Appointment: d.appointment}
	m.Appointment.Contact.Email = "DOE@x.example" // however it is written
	say := func(state notify.ConsentState) {
		t.Helper()
		for range 2 {
			if err := s.Say(t.Context(), m, state, "page"); err != nil {
				t.Fatal(err)
			}
		}
	}
	deliver := func(lead int, want notify.DeliveryState) {
		t.Helper()
		due.Lead = lead
		if err := s.Deliver(t.Context(), due); err != nil {
			t.Fatal(err)
		}
		if last := d.kept[len(d.kept)-1]; last.State != want {
			t.Errorf("%+v, want %s", last, want)
		}
	}
	deliver(1, notify.Sent)
	first := d.messages[0]
	if first.Unsubscribe != "https://o.example/appointments/t/reminders" || !first.OneClick || !strings.Contains(first.Text, first.Unsubscribe) || !strings.Contains(first.HTML, first.Unsubscribe) {
		t.Errorf("%+v", first)
	}
	say(notify.Withdrawn)
	deliver(2, notify.Skipped)
	f := booking.Fact{Org: "o", Appointment: "apt_1", Revision: 2, Service: "SVC", Rep: "ann", Start: due.Start, End: d.appointment.End}
	if err := s.Rescheduled(t.Context(), booking.Rescheduled{Fact: f}); err != nil || len(d.messages) != 2 || d.messages[1].Unsubscribe != "" || d.messages[1].OneClick {
		t.Errorf("a change is told, and nothing is to be unsubscribed from: %v %+v", err, d.messages)
	}
	say(notify.Given)
	deliver(3, notify.Sent)
	if len(d.consents) != 2 || d.consents[1].State != notify.Withdrawn || d.consents[0].State != notify.Given || strings.Contains(d.consents[0].Address, "doe") {
		t.Errorf("the ledger: %+v", d.consents)
	}
}
