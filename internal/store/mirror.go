package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/mirror"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
)

// mirrorBlocks reads what in the CRM takes reps' time and is no appointment of ours.
func mirrorBlocks(ctx context.Context, q *db.Queries, o org.ID, from, to time.Time) ([]availability.Block, error) {
	rows, err := q.MirrorBlocks(ctx, db.MirrorBlocksParams{OrgID: string(o), FromMs: ms(from), ToMs: ms(to)})
	if err != nil {
		return nil, err
	}
	again, err := occurrences(ctx, q, o, from, to, rows)
	if err != nil {
		return nil, err
	}
	if rows = append(rows, again...); len(rows) == 0 {
		return nil, nil
	}
	out := make([]availability.Block, 0, len(rows))
	home := ""
	ours, err := ownEntries(ctx, q, o, from, to, rows)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if key := (busyTime{r.RepID, r.StartsAt, r.EndsAt}); mirror.OfBusy(r.Source) && ours[key] > 0 {
			ours[key]--
			continue
		}
		b := availability.Block{
			Kind: availability.Event, ID: r.Source + "/" + r.RecordID, Rep: r.RepID, Start: at(r.StartsAt), End: at(r.EndsAt), Module: r.Source, Record: r.RecordID,
		}
		if mirror.OfCalendar(r.Source) {
			b.Kind, b.Module, b.Record = availability.Calendar, "", ""
		}
		if r.AllDay != 0 {
			if r.Timezone == "" && home == "" {
				row, err := q.OrganizationByID(ctx, string(o))
				if err != nil {
					return nil, err
				}
				home = row.Timezone
			}
			b.AllDay = true
			b.FirstDay, b.LastDay = days(b.Start, b.End, r.Timezone, home)
		}
		out = append(out, b)
	}
	return out, nil
}

// busyTime is a busy time of a rep's, of which Zoho says no more.
type busyTime struct {
	rep        string
	start, end int64
}

// ownEntries counts what of ours stands in reps' calendars, if there are busy times that it may explain.
func ownEntries(ctx context.Context, q *db.Queries, o org.ID, from, to time.Time, rows []db.MirrorBlocksRow) (map[busyTime]int, error) {
	if !slices.ContainsFunc(rows, func(r db.MirrorBlocksRow) bool { return mirror.OfBusy(r.Source) }) {
		return nil, nil
	}
	list, err := q.OwnEntries(ctx, db.OwnEntriesParams{OrgID: string(o), FromMs: ms(from), ToMs: ms(to), Shown: mirror.ShownInCalendars})
	if err != nil {
		return nil, err
	}
	out := map[busyTime]int{}
	for _, r := range list {
		out[busyTime{r.RepID, r.StartsAt, r.EndsAt}]++
	}
	return out, nil
}

// days gives the local days that an all-day range touches, in a rep's zone.
func days(start, end time.Time, zone, home string) (first, last availability.Date) {
	if zone == "" {
		zone = home
	}
	z, ok := org.Zone(zone)
	if !ok {
		z = time.UTC
	}
	first, last = availability.DateOf(start, z), availability.DateOf(start, z)
	if end.After(start) {
		last = availability.DateOf(end.Add(-time.Millisecond), z)
	}
	return first, last
}

// SetSources makes these the sources of a config. One that becomes counted was never read.
func (s *Store) SetSources(ctx context.Context, o org.ID, c connection.ConfigID, wanted []mirror.Source) error {
	have, err := s.Sources(ctx, o, c)
	if err != nil {
		return err
	}
	same := slices.EqualFunc(have, sortedSources(wanted), func(a, b mirror.Source) bool { return a.Name == b.Name && a.Counted == b.Counted })
	if same {
		return nil
	}
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		if _, err := q.LockSchedule(ctx, string(o)); err != nil {
			return err
		}
		for _, w := range wanted {
			if err := q.PutMirrorSource(ctx, db.PutMirrorSourceParams{OrgID: string(o), ConfigID: string(c), Source: w.Name, Counted: bit(w.Counted)}); err != nil {
				return err
			}
		}
		for _, h := range have {
			if slices.ContainsFunc(wanted, func(w mirror.Source) bool { return w.Name == h.Name }) {
				continue
			}
			if err := q.DeleteMirrorSource(ctx, db.DeleteMirrorSourceParams{OrgID: string(o), ConfigID: string(c), Source: h.Name}); err != nil {
				return err
			}
			if err := q.DropMirrorSource(ctx, db.DropMirrorSourceParams{OrgID: string(o), ConfigID: string(c), Source: h.Name}); err != nil {
				return err
			}
		}
		return nil
	})
}

func sortedSources(list []mirror.Source) []mirror.Source {
	out := slices.Clone(list)
	slices.SortFunc(out, func(a, b mirror.Source) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Sources lists the sources of a config by name.
func (s *Store) Sources(ctx context.Context, o org.ID, c connection.ConfigID) ([]mirror.Source, error) {
	rows, err := s.qr.MirrorSources(ctx, db.MirrorSourcesParams{OrgID: string(o), ConfigID: string(c)})
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]mirror.Source, len(rows))
	for i, r := range rows {
		out[i] = mirror.Source{
			Name: r.Source, Counted: r.Counted != 0, AsOf: at(r.AsOf), Tried: at(r.TriedAt), Error: r.Error, Noticed: at(r.NoticedAt), Records: int(r.Records), Tag: r.Tag,
		}
	}
	return sortedSources(out), nil
}

// Rows reads the copy of a source.
func (s *Store) Rows(ctx context.Context, o org.ID, c connection.ConfigID, source string) (map[string]mirror.Row, error) {
	rows, err := s.qr.MirrorRows(ctx, db.MirrorRowsParams{OrgID: string(o), ConfigID: string(c), Source: source})
	if err != nil {
		return nil, s.explain(err)
	}
	out := make(map[string]mirror.Row, len(rows))
	for _, r := range rows {
		out[r.RecordID] = mirrorRow(r)
	}
	return out, nil
}

// OwnersAhead counts what in the copy is not over by its owner.
func (s *Store) OwnersAhead(ctx context.Context, o org.ID, c connection.ConfigID, now time.Time) (map[string]int, error) {
	rows, err := s.qr.OwnersAhead(ctx, db.OwnersAheadParams{OrgID: string(o), ConfigID: string(c), NowMs: ms(now)})
	if err != nil {
		return nil, s.explain(err)
	}
	out := make(map[string]int, len(rows))
	for _, r := range rows {
		out[r.Owner] = int(r.Records)
	}
	return out, nil
}

func mirrorRow(r db.MirrorRowsRow) mirror.Row {
	return mirror.Row{
		ID: r.RecordID, Owner: r.Owner, Rep: r.RepID, Start: at(r.StartsAt), End: at(r.EndsAt), AllDay: r.AllDay != 0,
		Cancelled: mirror.Cancellation(r.Cancelled), Modified: at(r.ModifiedAt), Rule: mirror.Rule(r.Rule),
	}
}

// Apply keeps the difference of a source and raises the revision.
func (s *Store) Apply(ctx context.Context, o org.ID, c connection.ConfigID, source string, d mirror.Delta) error {
	if len(d.Put)+len(d.Drop) == 0 {
		return nil
	}
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		if _, err := q.LockSchedule(ctx, string(o)); err != nil {
			return err
		}
		for _, r := range d.Put {
			if err := putMirror(ctx, q, o, c, source, r); err != nil {
				return err
			}
		}
		for _, id := range d.Drop {
			if err := q.DeleteMirror(ctx, db.DeleteMirrorParams{OrgID: string(o), ConfigID: string(c), Source: source, RecordID: id}); err != nil {
				return err
			}
		}
		return nil
	})
}

func putMirror(ctx context.Context, q *db.Queries, o org.ID, c connection.ConfigID, source string, r mirror.Row) error {
	long := r.AllDay || r.End.Sub(r.Start) > 24*time.Hour
	return q.PutMirror(ctx, db.PutMirrorParams{
		OrgID: string(o), ConfigID: string(c), Source: source, RecordID: r.ID, Owner: r.Owner, RepID: r.Rep, StartsAt: ms(r.Start), EndsAt: ms(r.End),
		AllDay: bit(r.AllDay), Days: bit(long), Cancelled: int64(r.Cancelled), ModifiedAt: ms(r.Modified), Rule: string(r.Rule),
	})
}

// ReadSource keeps that a source was read completely.
func (s *Store) ReadSource(ctx context.Context, o org.ID, c connection.ConfigID, src mirror.Source, x mirror.Sample) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		err := q.ReadMirrorSource(ctx, db.ReadMirrorSourceParams{
			OrgID: string(o), ConfigID: string(c), Source: src.Name, AsOf: ms(src.AsOf), TriedAt: ms(src.Tried), Records: int64(src.Records), Tag: src.Tag,
		})
		return errors.Join(err, addSample(ctx, q, o, c, src.Name, x))
	})
}

// FailSource keeps why a source could not be read.
func (s *Store) FailSource(ctx context.Context, o org.ID, c connection.ConfigID, source, why string, x mirror.Sample) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		err := q.FailMirrorSource(ctx, db.FailMirrorSourceParams{OrgID: string(o), ConfigID: string(c), Source: source, Error: why, TriedAt: ms(x.At)})
		return errors.Join(err, addSample(ctx, q, o, c, source, x))
	})
}

// SetStaleness keeps how old an organization's copy is.
func (s *Store) SetStaleness(ctx context.Context, o org.ID, v mirror.Staleness) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.SetSource(ctx, db.SetSourceParams{OrgID: string(o), AsOf: ms(v.AsOf), Budget: v.Budget.Milliseconds(), Policy: string(v.Policy)})
	})
}

// Notice marks records as changed and states Noticed.
func (s *Store) Notice(ctx context.Context, o org.ID, c connection.ConfigID, channel, module string, records []string, now time.Time) error {
	return s.notice(ctx, o, c, channel, module, records, false, now)
}

// NoticeMade is Notice of records of which nothing is told but that they were made.
func (s *Store) NoticeMade(ctx context.Context, o org.ID, c connection.ConfigID, channel, module string, records []string, now time.Time) error {
	return s.notice(ctx, o, c, channel, module, records, true, now)
}

func (s *Store) notice(ctx context.Context, o org.ID, c connection.ConfigID, channel, module string, records []string, made bool, now time.Time) error {
	return s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
		if channel != "" {
			if err := q.HeardChannel(ctx, db.HeardChannelParams{OrgID: string(o), ConfigID: string(c), ChannelID: channel, HeardAt: ms(now)}); err != nil {
				return err
			}
			if err := q.NoticeMirrorSource(ctx, db.NoticeMirrorSourceParams{OrgID: string(o), ConfigID: string(c), Source: module, At: ms(now)}); err != nil {
				return err
			}
		}
		for _, id := range records {
			if err := q.MarkDirty(ctx, db.MarkDirtyParams{OrgID: string(o), ConfigID: string(c), Module: module, RecordID: id, NoticedAt: ms(now), Made: bit(made)}); err != nil {
				return err
			}
		}
		if len(records) == 0 {
			return nil
		}
		return s.follow(ctx, tx, mirror.Noticed{Org: o, Config: c})
	})
}

// Dirty lists records that are marked as changed, at most so many of each module, the oldest mark first.
func (s *Store) Dirty(ctx context.Context, o org.ID, c connection.ConfigID, limit int) ([]mirror.Dirty, error) {
	rows, err := s.qr.DirtyRows(ctx, db.DirtyRowsParams{OrgID: string(o), ConfigID: string(c), N: int64(limit)})
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]mirror.Dirty, len(rows))
	for i, r := range rows {
		out[i] = mirror.Dirty{Module: r.Module, Record: r.RecordID, Version: r.Version, Noticed: at(r.NoticedAt), Made: r.Made != 0}
	}
	return out, nil
}

// Clean forgets marks that have not been renewed.
func (s *Store) Clean(ctx context.Context, o org.ID, c connection.ConfigID, done []mirror.Dirty) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		for _, d := range done {
			if _, err := q.CleanDirty(ctx, db.CleanDirtyParams{OrgID: string(o), ConfigID: string(c), Module: d.Module, RecordID: d.Record, Version: d.Version}); err != nil {
				return err
			}
		}
		return nil
	})
}

// StateDue states Due for a config.
func (s *Store) StateDue(ctx context.Context, o org.ID, c connection.ConfigID) error {
	return s.tx(ctx, func(ctx context.Context, tx *sql.Tx, _ *db.Queries) error {
		return s.follow(ctx, tx, mirror.Due{Org: o, Config: c})
	})
}

// StateDueAnew states Due because of what has just changed. fault.Unavailable while another round waits or runs: it may have
// begun before the change, and a second one beside it is not stated. Try again.
func (s *Store) StateDueAnew(ctx context.Context, o org.ID, c connection.ConfigID) error {
	return s.tx(ctx, func(ctx context.Context, tx *sql.Tx, _ *db.Queries) error {
		jobs, err := s.jobs.Jobs(ctx, mirror.Due{Org: o, Config: c})
		if err != nil {
			return err
		}
		inserted, err := s.inserts.InsertManyTx(ctx, tx, jobs)
		if err != nil {
			return fmt.Errorf("insert jobs: %w", err)
		}
		for _, j := range inserted {
			if j.UniqueSkippedAsDuplicate {
				return fault.Later(500*time.Millisecond, "The CRM is being read at the moment.")
			}
		}
		return nil
	})
}
