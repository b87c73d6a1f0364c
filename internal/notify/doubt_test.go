package notify_test

import (
	"net/mail"
	"slices"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/notify"
)

// TestADoubtIsToldOnce: the customer hears that the time is being checked, whichever message comes first, the staff hears nothing
// here, and nobody who has been told meanwhile that it is confirmed.
func TestADoubtIsToldOnce(t *testing.T) {
	t.Parallel()
	nine := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		first bool // the confirmation went out before the doubt
		again bool // and it was confirmed once more before the message about the doubt
		want  []string
	}{
		"after the confirmation": {true, false, []string{"Confirmed: s on Tuesday, December 1, 2026 – O", "Requested: s on Tuesday, December 1, 2026 – O"}},
		"before it":              {false, false, []string{"Requested: s on Tuesday, December 1, 2026 – O"}},
		"settled meanwhile":      {true, true, []string{"Confirmed: s on Tuesday, December 1, 2026 – O"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := booking.Appointment{
				ID: "apt_1", Status: booking.Confirmed, Revision: 1, Service: "s", Rep: "ann", Start: nine, End: nine.Add(time.Hour), Timezone: "UTC",
				Contact: lead.Contact{LastName: "Doe", Email: "doe@x.example"},
			}
			d := &desk{appointment: a}
			s := &notify.Service{Store: d, Sender: d, From: mail.Address{Address: "book@o.example"}, BaseURL: "http://o.example", Now: func() time.Time { return nine }}
			booked := booking.Booked{Fact: booking.Fact{Appointment: "apt_1", Revision: 1, Service: "s", Rep: "ann", Start: nine, End: nine.Add(time.Hour)}}
			if c.first {
				if err := s.Booked(t.Context(), booked); err != nil {
					t.Fatal(err)
				}
			}
			d.policy.StaffRep = true
			change := booking.Doubt("o", a, nine, "")
			d.appointment = change.Appointment
			if c.again {
				d.appointment = booking.Affirm("o", d.appointment, nine, "").Appointment
			}
			if !c.first {
				d.policy.StaffRep = false
				if err := s.Booked(t.Context(), booked); err != nil {
					t.Fatal(err)
				}
			}
			for range 2 {
				if err := s.Doubted(t.Context(), change.Fact.(booking.Doubted)); err != nil {
					t.Fatal(err)
				}
			}
			if !slices.Equal(d.sent, c.want) {
				t.Errorf("sent %q", d.sent)
			}
		})
	}
}
