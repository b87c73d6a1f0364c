package mirror_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/mirror"
)

var nine = time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC)

func at(hour int) crmsync.Sight {
	start := nine.Add(time.Duration(hour) * time.Hour)
	return crmsync.Sight{Start: start, End: start.Add(time.Hour), Owner: "1", Status: booking.Confirmed, Outcomes: true}
}

func with(s crmsync.Sight, change func(*crmsync.Sight)) crmsync.Sight {
	change(&s)
	return s
}

// TestDecide: what a record shows, against what we have and what both sides last knew of.
func TestDecide(t *testing.T) {
	t.Parallel()
	ref := func(s crmsync.Sight) *crmsync.Sight { return &s }
	cancelled := with(at(0), func(s *crmsync.Sight) { s.Status = booking.Canceled })
	plain := with(at(0), func(s *crmsync.Sight) { s.Outcomes = false })
	for name, c := range map[string]struct {
		link         mirror.Linked
		ours, theirs crmsync.Sight
		want         mirror.Verdict
	}{
		"as both know it":                              {mirror.Linked{Sight: ref(at(0))}, at(0), at(0), mirror.Same},
		"read for the first time":                      {mirror.Linked{}, at(0), at(0), mirror.Agreed},
		"moved there":                                  {mirror.Linked{Sight: ref(at(0))}, at(0), at(2), mirror.Told},
		"moved there, never read before":               {mirror.Linked{}, at(0), at(2), mirror.Told},
		"cancelled there":                              {mirror.Linked{Sight: ref(at(0))}, at(0), cancelled, mirror.Told},
		"given to another":                             {mirror.Linked{Sight: ref(at(0))}, at(0), with(at(0), func(s *crmsync.Sight) { s.Owner = "2" }), mirror.Told},
		"moved here, not written yet":                  {mirror.Linked{Sight: ref(at(0)), Pending: true}, at(2), at(0), mirror.Same},
		"moved here, not written yet, never read":      {mirror.Linked{Pending: true}, at(2), at(0), mirror.Same},
		"moved here, written, the answer lost":         {mirror.Linked{Sight: ref(at(0)), Pending: true}, at(2), at(2), mirror.Agreed},
		"an older write, moved again since":            {mirror.Linked{Sight: ref(at(0)), Sending: ref(at(1)), Pending: true}, at(2), at(1), mirror.Agreed},
		"moved on both sides":                          {mirror.Linked{Sight: ref(at(0)), Pending: true}, at(2), at(3), mirror.Crossed},
		"moved on both sides to the same":              {mirror.Linked{Sight: ref(at(0)), Pending: true}, at(2), at(2), mirror.Agreed},
		"moved here, cancelled there":                  {mirror.Linked{Sight: ref(at(0)), Pending: true}, at(2), cancelled, mirror.Crossed},
		"completed here, where Zoho has no word on it": {mirror.Linked{Sight: ref(plain)}, with(at(0), func(s *crmsync.Sight) { s.Status = booking.Completed }), plain, mirror.Same},
		"completed there":                              {mirror.Linked{Sight: ref(at(0))}, at(0), with(at(0), func(s *crmsync.Sight) { s.Status = booking.Completed }), mirror.Told},
		"requested here, confirmed there: both open":   {mirror.Linked{Sight: ref(at(0))}, with(at(0), func(s *crmsync.Sight) { s.Status = booking.Tentative }), at(0), mirror.Same},
		"cancelled here, the title lets it be seen":    {mirror.Linked{Sight: ref(at(0)), Pending: true}, cancelled, cancelled, mirror.Agreed},
		"cancelled here, open again there":             {mirror.Linked{Sight: ref(cancelled)}, cancelled, at(0), mirror.Told},
		"seconds are not everybody's":                  {mirror.Linked{Sight: ref(at(0))}, at(0), with(at(0), func(s *crmsync.Sight) { s.Start = s.Start.Add(30 * time.Second) }), mirror.Agreed},
		"a module without end, owner and status":       {mirror.Linked{Sight: ref(at(0))}, at(0), crmsync.Sight{Start: nine.Add(time.Hour)}, mirror.Told},
	} {
		if got := mirror.Decide(c.link, c.ours, c.theirs); got != c.want {
			t.Errorf("%s: verdict %d, want %d", name, got, c.want)
		}
	}
}

// TestDecideLosesNothing: whatever was known, a record that differs from what we have is never taken for agreed unless we
// sent it, and one that differs from what both knew is never overlooked unless it is ours or on its way.
func TestDecideLosesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sight := rapid.Custom(func(t *rapid.T) crmsync.Sight {
			s := at(rapid.IntRange(0, 3).Draw(t, "hour"))
			s.Owner = rapid.SampledFrom([]string{"1", "2"}).Draw(t, "owner")
			s.Status = rapid.SampledFrom([]booking.Status{booking.Confirmed, booking.Canceled, booking.Completed}).Draw(t, "status")
			return s
		})
		l := mirror.Linked{Pending: rapid.Bool().Draw(t, "pending"), Sight: rapid.Ptr(sight, true).Draw(t, "sight"), Sending: rapid.Ptr(sight, true).Draw(t, "sending")}
		ours, theirs := sight.Draw(t, "ours"), sight.Draw(t, "theirs")
		sent := l.Sending != nil && theirs.Agrees(*l.Sending)
		known := l.Sight != nil && theirs.Agrees(*l.Sight)
		switch got := mirror.Decide(l, ours, theirs); {
		case got == mirror.Agreed && !theirs.Agrees(ours) && !sent:
			t.Fatalf("agreed, but neither ours nor sent")
		case got == mirror.Same && !known && !theirs.Agrees(ours) && l.Sight != nil:
			t.Fatalf("overlooked")
		case got == mirror.Told && (l.Pending || known || sent):
			t.Fatalf("followed, although ours waits, it is known or our own")
		case got == mirror.Crossed && (!l.Pending || known || sent):
			t.Fatalf("crossed without two changes")
		}
	})
}
