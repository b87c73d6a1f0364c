package mirror_test

import (
	"fmt"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/lead"
)

// TestPeopleAreReadRarelyWhereARoundIsDear: where each round costs more than one credit, people wait for what the CRM tells of
// them. What it told right after a write of ours, and was taken for its echo, is read within five rounds.
func TestPeopleAreReadRarelyWhereARoundIsDear(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		told   bool
		rounds int // after which it is here
	}{"told": {true, 5}, "not told": {false, 60}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newHouse(t, "sqlite")
			for i := range 201 {
				values := hour(on(30, 8).Add(time.Duration(i) * time.Hour))
				values["Event_Title"], values["Owner"] = "Meeting", crm.Ref{ID: annUser}
				_, err := w.zoho.Create(t.Context(), "Events", values)
				w.must(err)
			}
			w.must(w.mirror.Watch(t.Context(), w.org.ID, w.config))
			w.round()
			b, err := w.book.Book(t.Context(), booking.Request{Scheduler: "o", Service: "s", Start: on(1, 9), Contact: lead.Contact{FirstName: "Jo", LastName: "Doe", Email: "jo@x.example"}})
			w.must(err)
			w.must(w.sync.PushAppointment(t.Context(), w.org.ID, b.Appointment.ID))
			views, err := w.store.CustomerViews(t.Context(), w.org.ID, []lead.CustomerID{b.Appointment.Customer})
			w.must(err)
			contact := views[b.Appointment.Customer].Records[0].Record
			w.wait(5 * time.Second)
			w.must(w.zoho.Update(t.Context(), "Contacts", contact, crm.Values{"Phone": "+13125550123"}))
			if c.told {
				channels, err := w.store.Channels(t.Context(), w.org.ID, w.config)
				w.must(err)
				ch := channels[0]
				w.must(w.mirror.Hear(t.Context(), ch.Path.Reveal(), fmt.Appendf(nil, `{"module":"Contacts","ids":[%q],"operation":"update","channel_id":%q,"token":%q}`, contact, ch.ID, ch.Token.Reveal())))
			}
			here := func() bool {
				k, err := w.store.Customer(t.Context(), w.org.ID, b.Appointment.Customer)
				w.must(err)
				return k.Phone == "+13125550123"
			}
			n := 0
			for ; n < 70 && !here(); n++ {
				w.round()
			}
			if n > c.rounds || n < c.rounds-2 {
				t.Errorf("it is here after %d rounds, want %d", n, c.rounds)
			}
		})
	}
}
