package mirror

import (
	"context"
	"slices"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
)

// round compares a module with the copy.
type round struct {
	*reader
	shape  shape
	source Source
	have   map[string]Row
	linked map[string]Linked
	delta  Delta
	seen   map[string]bool
	ask    []string // ids that have to be asked for by themselves
	lost   []Row    // of which a person is told now
	// changes counts what differed from the copy; untold is when the newest change was made that the CRM did not tell of.
	changes int
	untold  time.Time
	agree   []Linked
	back    []Linked // that may have been deleted, and are there
	first   []Linked // whose records the CRM gives back, or tells of, for the first time
	follow  []seen
	// nightly: the first reading of a day, which asks for what lists do not tell once more; corrected counts what it found.
	nightly   bool
	corrected int
}

// module reads the coming records of a module and follows those that stand for appointments.
func (r *reader) module(ctx context.Context, s Source) error {
	rd := &round{reader: r, source: s, shape: shapeOf(s.Name, r.mapping), seen: map[string]bool{}, linked: map[string]Linked{}}
	rd.nightly = !s.AsOf.IsZero() && !sameDay(s.AsOf, r.now)
	from, to := r.horizon()
	var err error
	if rd.have, err = r.service.Store.Rows(ctx, r.org, r.config.ID, s.Name); err != nil {
		return err
	}
	list, err := r.service.Store.Linked(ctx, r.org, r.config.ID, s.Name, from, to)
	if err != nil {
		return err
	}
	for _, l := range list {
		rd.linked[l.Record] = l
	}
	window := rd.shape.window(from, to)
	window.Expect = s.Records
	if rd.repeats() && !s.AsOf.IsZero() {
		window.ModifiedSince = s.AsOf.Add(-peopleOverlap)
	}
	for rec, err := range r.provider.Window(ctx, window) {
		if err != nil {
			return err
		}
		rd.compare(rec)
		if err := rd.store(ctx, batch); err != nil {
			return err
		}
	}
	rd.missing()
	if err := rd.began(ctx, from); err != nil {
		return err
	}
	s.Tag = rd.owners()
	if err := rd.finish(ctx); err != nil {
		return err
	}
	x := s.sample(r.now, rd.changes, false)
	x.Checked, x.Corrected = rd.nightly, rd.corrected
	s.AsOf, s.Tried, s.Records = r.now, r.now, len(rd.seen)
	if err := r.service.Store.ReadSource(ctx, r.org, r.config.ID, s, x); err != nil {
		return err
	}
	return r.unheard(ctx, rd.untold)
}

// finish asks for what the window did not tell, keeps the rest of the difference and follows the appointments.
func (rd *round) finish(ctx context.Context) error {
	if err := rd.asked(ctx); err != nil {
		return err
	}
	if err := rd.store(ctx, 0); err != nil {
		return err
	}
	if err := rd.service.Store.ForgetGone(ctx, rd.org, rd.config.ID, rd.back); err != nil {
		return err
	}
	if err := rd.service.Store.See(ctx, rd.org, rd.config.ID, rd.first, rd.now); err != nil {
		return err
	}
	if err := rd.service.Store.Agree(ctx, rd.org, rd.config.ID, rd.agree); err != nil {
		return err
	}
	for _, rec := range rd.follow {
		if err := rd.carry(ctx, rd.linked[rec.record], rec); err != nil {
			return err
		}
	}
	rd.delta.Put = rd.lost // after what follows from it is kept
	return rd.store(ctx, 0)
}

// compare takes a record of the window in.
func (rd *round) compare(rec crm.Record) {
	row, sight, ok := rd.row(rec)
	if !ok {
		return
	}
	if rd.outside(row) {
		return
	}
	rd.seen[rec.ID] = true
	old, had := rd.have[rec.ID]
	// The CRM's times are whole seconds: what was changed about the time of the last reading may have been again since.
	changed := !had || old.Cancelled >= Missing || !old.Modified.Equal(row.Modified) || row.Modified.Sub(rd.source.AsOf).Abs() <= 2*time.Second
	again := rd.nightly && row.Cancelled == Unasked
	if row.Cancelled == Unasked && !changed { // lists say neither
		row.Cancelled, row.Rule = old.Cancelled, old.Rule
	}
	_, linked := rd.linked[rec.ID]
	asked := row.Cancelled == Unasked && linked && had && changed || (row.Cancelled == Unasked || again) && (linked || rd.ofRep(row)) && len(rd.ask) < askPerRound
	if asked {
		rd.ask = append(rd.ask, rec.ID)
	}
	if !had || old != row {
		rd.delta.Put = append(rd.delta.Put, row)
	}
	if !had || !old.Modified.Equal(row.Modified) {
		rd.changed(row)
	}
	if linked && !asked {
		if row.Cancelled == Cancelled {
			sight.Status = booking.Canceled
		}
		rd.look(rec.ID, sight)
	}
}

// row reads a record. The days of an all-day one are laid on noon, as those of a calendar's.
func (rd *round) row(rec crm.Record) (Row, crmsync.Sight, bool) {
	row, sight, ok := rd.shape.row(rec, rd.zone)
	if row.AllDay {
		zone := rd.repZone(rd.rep(row.Owner))
		first, last := daysOf(row.Start, row.End, zone, rd.zone)
		row.Start, row.End = noon(first, zone), noon(last, zone).Add(time.Hour)
	}
	return row, sight, ok
}

// changed counts a change and sees whether the CRM should have told of it by now.
func (rd *round) changed(row Row) {
	rd.changes++
	told := rd.source.Noticed.After(row.Modified.Add(-2 * time.Second))
	if !told && !rd.source.AsOf.IsZero() && rd.now.Sub(row.Modified) > tellsWithin && row.Modified.After(rd.untold) {
		rd.untold = row.Modified
	}
}

// ofRep reports whether a row takes the time of somebody whom visitors can book.
func (rd *round) ofRep(row Row) bool {
	return slices.ContainsFunc(rd.catalog.Reps, func(rep catalog.Rep) bool { return !rep.Archived && rep.CRMUser != "" && rep.CRMUser == row.Owner })
}

// look sees what a linked record means for its appointment.
func (r *round) look(record string, sight crmsync.Sight) {
	l := r.linked[record]
	if !l.Seen {
		r.first = append(r.first, l)
	}
	if _, had := r.have[record]; !had && (!l.Status.Open() || l.Disputed) {
		r.back = append(r.back, l)
	}
	ours := l.ours(r.catalog)
	switch verdict := Decide(l, ours, sight); {
	case verdict == Told, verdict == Crossed, l.Disputed && sight.Agrees(ours): // what they disagreed on is over
		r.follow = append(r.follow, seen{module: r.source.Name, record: record, sight: sight})
	case verdict == Agreed:
		l.Sight, l.Sending = &sight, nil
		r.agree = append(r.agree, l)
	}
}

// missing asks for what the copy has and the window has not, and for linked records that neither has.
func (rd *round) missing() {
	for id, row := range rd.have {
		if !rd.seen[id] && !(row.Rule != "" && rd.keepSeries(row)) {
			rd.ask = append(rd.ask, id)
		}
	}
	for id := range rd.linked {
		if _, had := rd.have[id]; !rd.seen[id] && !had {
			rd.ask = append(rd.ask, id)
		}
	}
}

// asked reads records by their ids.
func (rd *round) asked(ctx context.Context) error {
	slices.Sort(rd.ask) // for one order of calls
	var absent []string
	for ids := range slices.Chunk(slices.Compact(rd.ask), askAtOnce) {
		gone, err := rd.fetch(ctx, ids)
		if err != nil {
			return err
		}
		absent = append(absent, gone...)
	}
	return rd.absent(ctx, absent)
}

// fetch reads records by id, takes in what there is and gives the ids that there are not.
func (rd *round) fetch(ctx context.Context, ids []string) (absent []string, err error) {
	found, err := rd.provider.Records(ctx, rd.shape.module, ids, rd.shape.fields)
	if err != nil {
		return nil, err
	}
	there := map[string]bool{}
	from, to := rd.horizon()
	for _, rec := range found {
		there[rec.ID] = true
		row, sight, ok := rd.row(rec)
		if _, linked := rd.linked[rec.ID]; linked {
			rd.look(rec.ID, sight)
		}
		past := row.over(from) && !row.goes(from, rd.repZone(rd.rep(row.Owner)))
		if !ok || past || !row.Start.Before(to) { // moved out of what is copied
			rd.delta.Drop = append(rd.delta.Drop, rec.ID)
			continue
		}
		rd.seen[rec.ID] = true
		if old, had := rd.have[rec.ID]; rd.nightly && had && old.Cancelled != Unasked && old.Cancelled < Missing && old.Modified.Equal(row.Modified) && old != row {
			rd.corrected++
		}
		rd.delta.Put = append(rd.delta.Put, row)
	}
	for _, id := range ids {
		if !there[id] {
			absent = append(absent, id)
		}
	}
	return absent, nil
}

// store keeps the difference so far once it is large enough.
func (rd *round) store(ctx context.Context, atLeast int) error {
	if n := len(rd.delta.Put) + len(rd.delta.Drop); n == 0 || n < atLeast {
		return nil
	}
	d := rd.delta
	rd.delta = Delta{}
	return rd.service.Store.Apply(ctx, rd.org, rd.config.ID, rd.source.Name, d)
}
