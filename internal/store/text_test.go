package store_test

import (
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

// TestTheLedgerOfTextMessages: a tick is kept with its booking, and what the phone said stays beside whatever is ticked later.
func TestTheLedgerOfTextMessages(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		mine, other := organization(t, s, "mine").ID, organization(t, s, "other").ID
		b := booking.New(s, clock)
		start := time.Date(2026, 12, 3, 16, 0, 0, 0, time.UTC)
		book := func(day int, texts *booking.Agreement) notify.Consent {
			t.Helper()
			r := request("mine", start.AddDate(0, 0, day))
			r.Contact.Phone, r.Texts = "+13125550199", texts
			made, err := b.Book(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			return notify.Agreed(made.Appointment, booking.Agreement{At: clock()})
		}
		silent := book(0, nil)
		hash := silent.Address
		ledger := func(o org.ID) (out []notify.Consent) {
			t.Helper()
			out, err := s.TextConsents(t.Context(), o, hash)
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		if l := ledger(mine); len(l) != 0 {
			t.Errorf("without a tick: %+v", l)
		}
		tick := booking.Agreement{Words: "Text me", At: clock().Add(-time.Minute)}
		made := book(1, &tick)
		l := ledger(mine)
		if len(l) != 1 || l[0].Words != "Text me" || !l[0].At.Equal(tick.At) || l[0].Source != notify.FromBooking || l[0].Channel != notify.ByText || l[0].State != notify.Given || l[0].Appointment != made.Appointment {
			t.Errorf("a tick was kept as %+v", l)
		}
		for id, want := range map[booking.AppointmentID]bool{made.Appointment: true, "apt_other": false, "": false} {
			if got, err := s.AgreedToTexts(t.Context(), mine, hash, id); err != nil || got != want {
				t.Errorf("agreed for %q: %v %v", id, got, err)
			}
		}
		told := func(a booking.AppointmentID) *crmsync.TextConsent {
			t.Helper()
			sub, err := s.AppointmentSubject(t.Context(), mine, a, "crm_1")
			if err != nil {
				t.Fatal(err)
			}
			return sub.Texts
		}
		if got := told(made.Appointment); got == nil || !got.Given || got.Words != "Text me" || !got.At.Equal(tick.At) {
			t.Errorf("the CRM is told %+v", got)
		}
		if got := told(silent.Appointment); got != nil {
			t.Errorf("the CRM is told of a visit without a tick %+v", got)
		}
		stop := notify.Consent{ID: "con_stop", At: clock(), Channel: notify.ByText, Address: hash, State: notify.Withdrawn, Source: notify.FromStop}
		if err := s.KeepConsent(t.Context(), mine, stop); err != nil {
			t.Fatal(err)
		}
		if got := told(made.Appointment); got == nil || got.Given {
			t.Errorf("after STOP the CRM is told %+v", got)
		}
		tick.At = clock().Add(time.Hour)
		book(4, &tick)
		if l := ledger(mine); len(l) != 2 || l[0].Source != notify.FromBooking || !l[0].At.Equal(tick.At) || l[1].Source != notify.FromStop {
			t.Errorf("after STOP and another tick: %+v", l)
		}
		if l := ledger(other); len(l) != 0 {
			t.Errorf("another organization knows %+v", l)
		}
		if orgs, err := s.Texted(t.Context(), hash); err != nil || len(orgs) != 1 || orgs[0] != mine {
			t.Errorf("%v, %v", orgs, err)
		}
	})
}

// TestADeliveryIsSettledOnce: what is known already is not overwritten.
func TestADeliveryIsSettledOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		o := organization(t, s, "mine").ID
		d := notify.Delivery{MessageID: "m@x", Appointment: "apt_1", Kind: "text_booked", State: notify.Unsure, At: clock()}
		for _, step := range []struct {
			state  notify.DeliveryState
			settle bool
			want   notify.DeliveryState
		}{
			{notify.Unsure, false, notify.Unsure},
			{notify.Arrived, false, notify.Arrived},
			{notify.Sent, true, notify.Arrived},
			{notify.Unsure, false, notify.Unsure},
			{notify.Sent, true, notify.Sent},
		} {
			keep := s.KeepDelivery
			if step.settle {
				keep = s.SettleDelivery
			}
			d.State = step.state
			if err := keep(t.Context(), o, d); err != nil {
				t.Fatal(err)
			}
			if got, err := s.Deliveries(t.Context(), o, "apt_1"); err != nil || len(got) != 1 || got[0].State != step.want {
				t.Errorf("%+v: %v, %+v", step, err, got)
			}
		}
	})
}
