package passport

import (
	"context"
	"hash/fnv"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/org"
)

const (
	// nightBegins and nightLasts say when passports are taken, in each organization's own zone. Within that time every
	// organization has a moment of its own, so that they do not all ask their CRM at once.
	nightBegins = 1 // o'clock
	nightLasts  = 4 * time.Hour
	// keepRuns is how long passports are kept.
	keepRuns = 90 * 24 * time.Hour
)

// Run is a passport that was kept.
type Run struct {
	Passport
	ID      string `json:"-"`
	Nightly bool   `json:"-"`
	By      string `json:"-"` // who asked for it, for people; "" at night
}

// Night is a config with when its newest nightly passport was taken; zero when none was.
type Night struct {
	Org            org.ID
	Config         connection.ConfigID
	Zone           *time.Location
	Created, Taken time.Time
}

// Due is the fact that a config's passport of the night is to be taken.
type Due struct {
	Org    org.ID              `json:"org"`
	Config connection.ConfigID `json:"config"`
}

// Slot gives the last moment, now or before, at which an organization's passport of the night is taken.
func Slot(o org.ID, zone *time.Location, now time.Time) time.Time {
	h := fnv.New64a()
	_, _ = h.Write([]byte(o)) // it never fails
	after := time.Duration(h.Sum64() % uint64(nightLasts))
	y, m, d := now.In(zone).Date()
	slot := time.Date(y, m, d, nightBegins, 0, 0, 0, zone).Add(after)
	if slot.After(now) {
		slot = time.Date(y, m, d-1, nightBegins, 0, 0, 0, zone).Add(after)
	}
	return slot.UTC()
}

// NextSlot gives the first such moment after now.
func NextSlot(o org.ID, zone *time.Location, now time.Time) time.Time {
	for ahead := time.Hour; ; ahead += time.Hour {
		if slot := Slot(o, zone, now.Add(ahead)); slot.After(now) {
			return slot
		}
	}
}

// Tonight states Due for each config whose moment has come since its newest nightly passport. Any number of calls in one
// night makes one passport of it.
func (s *Service) Tonight(ctx context.Context) error {
	nights, err := s.Store.Nights(ctx)
	if err != nil {
		return err
	}
	now := s.Now()
	for _, n := range nights {
		if slot := Slot(n.Org, n.Zone, now); n.Created.After(slot) || !n.Taken.Before(slot) {
			continue
		}
		if err := s.Store.PassportDue(ctx, n.Org, Due{n.Org, n.Config}); err != nil {
			return err
		}
	}
	return nil
}

// TakeNightly takes and keeps a config's passport of the night, unless it has been.
func (s *Service) TakeNightly(ctx context.Context, f Due) error {
	o, err := s.Store.Organization(ctx, f.Org)
	if err != nil {
		return err
	}
	last, taken, err := s.Store.LastNight(ctx, f.Org, f.Config)
	if err != nil || taken && !last.At.Before(Slot(o.ID, o.Location(), s.Now())) {
		return err
	}
	_, err = s.keep(ctx, o, f.Config, Run{Nightly: true})
	return err
}

// Keep takes a passport now and keeps it for whoever asks for it.
func (s *Service) Keep(ctx context.Context, o org.Organization, c connection.ConfigID, by string) (Run, error) {
	return s.keep(ctx, o, c, Run{By: by})
}

func (s *Service) keep(ctx context.Context, o org.Organization, c connection.ConfigID, r Run) (Run, error) {
	var err error
	if r.Passport, err = s.Take(ctx, o, c); err != nil {
		return r, err
	}
	r.ID = id.New("pass", r.At)
	return r, s.Store.KeepPassport(ctx, o.ID, r, r.At.Add(-keepRuns))
}

// Change is a line that reads otherwise than before.
type Change struct{ Was, Is Check }

// Changes compares two passports line by line.
func Changes(before, now Passport) []Change {
	var out []Change
	was := map[string]Check{}
	for _, k := range before.Checks {
		was[k.Step] = k
	}
	for _, k := range now.Checks {
		if b, there := was[k.Step]; there && (b.State != k.State || b.Evidence != k.Evidence) {
			out = append(out, Change{b, k})
		}
	}
	return out
}
