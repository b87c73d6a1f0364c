package insight

import (
	"context"
	"slices"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
)

// maxWishes bounds a replay; the newest are taken.
const maxWishes = 1500

// bookedAhead is how far ahead appointments are read for a replay.
const bookedAhead = 400 * 24 * time.Hour

// Busy is what takes the reps' time beside the appointments, in each of two worlds.
type Busy struct{ Now, Then []availability.Block }

// Replay replays the demand that was recorded since a moment under other rules. busy nil: what is known of the CRM now, in
// both worlds.
func (s *Service) Replay(ctx context.Context, o org.ID, before, after catalog.Catalog, since time.Time, busy *Busy) (Replay, error) {
	zone, ok := org.Zone(before.Timezone)
	if !ok {
		return Replay{}, fault.OfField("timezone", "must be an IANA time zone such as America/Chicago")
	}
	now := s.Now()
	d, err := s.demand(ctx, o, since, now.Add(time.Millisecond)) // what happens now is recorded too
	if err != nil {
		return Replay{}, err
	}
	if busy == nil {
		known, err := s.known(ctx, o, since, now)
		if err != nil {
			return Replay{}, err
		}
		busy = &Busy{known, known}
	}
	busy = &Busy{d.foreign(busy.Now), d.foreign(busy.Then)}
	was, err := WorldOf(before, zone, busy.Now)
	if err != nil {
		return Replay{}, err
	}
	is, err := WorldOf(after, zone, busy.Then)
	if err != nil {
		return Replay{}, err
	}
	return ReplayOf(d, was, is), nil
}

// demand reads what is replayed: the visits that asked for times, with their appointments, and the other appointments.
func (s *Service) demand(ctx context.Context, o org.ID, since, now time.Time) (Demand, error) {
	asked, err := s.Store.AskedVisits(ctx, o, since, now, maxWishes)
	if err != nil {
		return Demand{}, err
	}
	held, err := s.Store.HeldAppointments(ctx, o, since, now.Add(bookedAhead))
	if err != nil {
		return Demand{}, err
	}
	at := map[booking.AppointmentID]*Held{}
	for i := range held {
		at[held[i].ID] = &held[i]
	}
	used := map[booking.AppointmentID]bool{}
	var d Demand
	for _, a := range asked {
		w := Wish{At: a.At, Service: a.Service, PostalCode: a.PostalCode, From: a.From, To: a.To, Booked: at[a.Appointment]}
		if w.Booked == nil && a.Step >= Booked { // the appointment is gone, with the person
			continue
		}
		if b := w.Booked; b != nil {
			w.Service, w.PostalCode = b.Service, b.PostalCode
			used[b.ID] = true
		}
		d.Asks = append(d.Asks, w)
	}
	slices.SortStableFunc(d.Asks, func(a, b Wish) int { return a.At.Compare(b.At) })
	for _, h := range held {
		if !used[h.ID] {
			d.Fixed = append(d.Fixed, h)
		}
	}
	return d, nil
}

// known gives what is known of the CRM.
func (s *Service) known(ctx context.Context, o org.ID, since, now time.Time) ([]availability.Block, error) {
	list, err := s.Store.Blocks(ctx, o, since, now.Add(bookedAhead), now)
	return slices.DeleteFunc(list, func(b availability.Block) bool {
		return b.Kind == availability.Appointment || b.Kind == availability.Hold
	}), err
}

// foreign leaves out busy times that are exactly an appointment of ours, as many as there are of ours: calendars do not say
// whose they are.
func (d Demand) foreign(list []availability.Block) []availability.Block {
	type place struct {
		rep        string
		start, end int64
	}
	ours := map[place]int{}
	count := func(h Held) {
		if h.Status != booking.Canceled {
			ours[place{h.Rep, h.Start.UnixMilli(), h.End.UnixMilli()}]++
		}
	}
	for _, h := range d.Fixed {
		count(h)
	}
	for _, w := range d.Asks {
		if w.Booked != nil {
			count(*w.Booked)
		}
	}
	var out []availability.Block
	for _, b := range list {
		k := place{b.Rep, b.Start.UnixMilli(), b.End.UnixMilli()}
		if !b.AllDay && ours[k] > 0 {
			ours[k]--
			continue
		}
		out = append(out, b)
	}
	return out
}
