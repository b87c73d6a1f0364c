package mirror

import (
	"cmp"
	"context"
	"slices"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/settings"
)

// Preview is what each Slot Availability Source would have blocked in a range of time, read live.
type Preview struct {
	From, To       time.Time
	Calls, Credits int // what the reading has cost
	Options        []Option
	Outsiders      []Outsider
}

// Option is one source.
type Option struct {
	Source settings.Source
	Places []Place
	Reps   []Blocked
}

// Place is a module or a calendar that an option reads.
type Place struct {
	Name    string
	Module  bool // Name is a module's API name
	Records int
	Error   string // why it could not be read; "" when it was
}

// Blocked is what an option takes of a rep's working time.
type Blocked struct {
	Rep, Name string
	Time      time.Duration
	Records   int
}

// Outsider is an owner of records who is no rep: these are not counted.
type Outsider struct {
	User, Name, Email string // Name and Email as the CRM knows them; "" where it does not say
	Records           int    // in the range
	Ahead             int    // in the copy, not over yet
}

// previewed is how far back a preview looks.
const previewed = 7 * 24 * time.Hour

// place is what was read of one place.
type place struct {
	Place
	blocks []availability.Block
}

// previewer reads for a preview.
type previewer struct {
	*reader
	from, to  time.Time
	outsiders map[string]*Outsider
}

// Preview reads what each of the sources would have blocked in the last seven days, with the modules, fields and calendars
// of set, which need not be saved. fault.Denied: not connected; a place that cannot be read says why.
func (s *Service) Preview(ctx context.Context, o org.ID, id connection.ConfigID, set settings.Settings) (Preview, error) {
	out := Preview{To: s.Now()}
	out.From = out.To.Add(-previewed)
	p, err := s.previewer(ctx, o, id, set, out.From, out.To, func(c crm.Call) { out.Calls++; out.Credits += c.Credits })
	if err != nil {
		return out, err
	}
	r := p.reader
	rules, err := r.catalog.Rules()
	if err != nil {
		return out, err
	}
	own, events := r.mapping.Module(crm.RoleAppointment), mapping.BuiltIn().Module(crm.RoleAppointment)
	first, err := p.module(ctx, own)
	if err != nil {
		return out, err
	}
	both := []place{first}
	if own != events {
		second, err := p.module(ctx, events)
		if err != nil {
			return out, err
		}
		both = append(both, second)
	}
	calendars, err := p.calendars(ctx)
	if err != nil {
		return out, err
	}
	out.Options = []Option{
		p.option(rules, settings.AppointmentsOnly, []place{first}), p.option(rules, settings.AppointmentsAndEvents, both), p.option(rules, settings.Calendar, calendars),
	}
	ahead, err := s.Store.OwnersAhead(ctx, o, id, out.To)
	if err != nil {
		return out, err
	}
	for user, n := range ahead {
		if p.rep(user) == "" {
			p.outsider(crm.Ref{ID: user}).Ahead = n
		}
	}
	if err := p.introduce(ctx); err != nil {
		return out, err
	}
	for _, v := range p.outsiders {
		out.Outsiders = append(out.Outsiders, *v)
	}
	slices.SortFunc(out.Outsiders, func(a, b Outsider) int {
		return cmp.Or(b.Ahead-a.Ahead, b.Records-a.Records, cmp.Compare(a.User, b.User))
	})
	return out, nil
}

// previewer opens a reader for settings that need not be saved. also is told of each call.
func (s *Service) previewer(ctx context.Context, o org.ID, id connection.ConfigID, set settings.Settings, from, to time.Time, also func(crm.Call)) (*previewer, error) {
	r, err := s.open(ctx, o, id, connection.ForMetadata)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, fault.New(fault.Denied, "Zoho is not connected, or bookings are written to another configuration: connect this one first (steps 4 to 6).")
	}
	r.settings.Settings, r.mapping = set, set.Mapping()
	if r.provider, err = s.Guardian.Provider(ctx, r.config, connection.ForMetadata, also); err != nil {
		return nil, err
	}
	return &previewer{reader: r, from: from, to: to, outsiders: map[string]*Outsider{}}, nil
}

// BusyTimes reads live what the source of some settings, which need not be saved, blocks in a range, our own appointments
// among it. fault.Denied: not connected; fault.Conflict: a place of it can't be read.
func (s *Service) BusyTimes(ctx context.Context, o org.ID, id connection.ConfigID, set settings.Settings, from, to time.Time) ([]availability.Block, error) {
	p, err := s.previewer(ctx, o, id, set, from, to, func(crm.Call) {})
	if err != nil {
		return nil, err
	}
	var places []place
	if set.Source == settings.Calendar {
		if places, err = p.calendars(ctx); err != nil {
			return nil, err
		}
	} else {
		names := []string{p.mapping.Module(crm.RoleAppointment)}
		if events := mapping.BuiltIn().Module(crm.RoleAppointment); set.Source == settings.AppointmentsAndEvents && events != names[0] {
			names = append(names, events)
		}
		for _, name := range names {
			v, err := p.module(ctx, name)
			if err != nil {
				return nil, err
			}
			places = append(places, v)
		}
	}
	var out []availability.Block
	for _, v := range places {
		if v.Error != "" {
			return nil, fault.New(fault.Conflict, "Zoho could not be read: "+v.Name+". "+v.Error)
		}
		for _, b := range v.blocks {
			if set.Source == settings.Calendar {
				b.Kind = availability.Calendar
			}
			out = append(out, b)
		}
	}
	return out, nil
}

// introduce gives the outsiders their names. Without an answer they stay without.
func (p *previewer) introduce(ctx context.Context) error {
	if len(p.outsiders) == 0 {
		return nil
	}
	people, err := p.provider.People(ctx)
	if err != nil && crm.AsProblem(err) == nil {
		return err
	}
	for _, who := range people {
		if v := p.outsiders[who.ID]; v != nil {
			v.Name, v.Email = who.Name, who.Email
		}
	}
	return nil
}

// failed keeps why a place could not be read; an error that is no answer of the CRM is given back.
func (p *place) failed(err error) error {
	if crm.AsProblem(err) == nil && fault.As(err) == nil {
		return err
	}
	p.Error = words(err)
	return nil
}

// module reads a module's records of the range, those of reps asked for by themselves where the list does not say whether
// they are cancelled.
func (p *previewer) module(ctx context.Context, name string) (place, error) {
	out := place{Place: Place{Name: name, Module: true}}
	rd := &round{reader: p.reader, shape: shapeOf(name, p.mapping)}
	var rows []Row
	var ask []string
	for rec, err := range p.provider.Window(ctx, rd.shape.window(p.from, p.to)) {
		if err != nil {
			return out, out.failed(err)
		}
		row, _, ok := rd.row(rec)
		if !ok || !row.AllDay && !row.End.After(p.from) {
			continue
		}
		if p.rep(row.Owner) == "" {
			if row.Cancelled == Stands || row.Cancelled == Unasked {
				owner, _ := rec.Values[rd.shape.owner].(crm.Ref)
				if owner.ID != "" {
					p.outsider(owner).Records++
				}
			}
			continue
		}
		if row.Cancelled == Unasked && len(ask) < askPerRound {
			ask = append(ask, rec.ID)
			continue
		}
		rows = append(rows, row)
	}
	for some := range slices.Chunk(ask, askAtOnce) {
		list, err := p.provider.Records(ctx, name, some, rd.shape.fields)
		if err != nil {
			return out, out.failed(err)
		}
		for _, rec := range list {
			if row, _, ok := rd.row(rec); ok {
				rows = append(rows, row)
			}
		}
	}
	for _, row := range rows {
		if row.Cancelled == Stands || row.Cancelled == Unasked {
			out.blocks = append(out.blocks, p.block(row, p.rep(row.Owner)))
		}
	}
	out.Records = len(out.blocks)
	return out, nil
}

func (p *previewer) outsider(owner crm.Ref) *Outsider {
	if p.outsiders[owner.ID] == nil {
		p.outsiders[owner.ID] = &Outsider{User: owner.ID, Name: owner.Name}
	}
	return p.outsiders[owner.ID]
}

func (p *previewer) block(row Row, rep string) availability.Block {
	b := availability.Block{Kind: availability.Event, Rep: rep, Start: row.Start, End: row.End, AllDay: row.AllDay}
	if row.AllDay {
		b.FirstDay, b.LastDay = availability.DateOf(row.Start, p.repZone(rep)), availability.DateOf(row.End.Add(-time.Millisecond), p.repZone(rep))
	}
	return b
}

// calendars reads free and busy times and the chosen calendars of each rep.
func (p *previewer) calendars(ctx context.Context) ([]place, error) {
	names := map[string]string{}
	if len(p.settings.Calendars) > 0 {
		list, err := p.provider.Calendars(ctx)
		if crm.AsProblem(err) == nil && err != nil {
			return nil, err
		}
		for _, c := range list {
			names[c.ID] = c.Name
		}
	}
	var out []place
	for _, s := range p.reader.calendars() {
		v, err := p.calendar(ctx, s.Name, names)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// calendar reads one calendar, or a rep's free and busy times.
func (p *previewer) calendar(ctx context.Context, source string, names map[string]string) (place, error) {
	rep, list, err := p.readSpan(ctx, source, p.from, p.to)
	person, _ := p.catalog.Rep(rep)
	v := place{Place: Place{Name: "free and busy times of " + cmp.Or(person.Name, rep)}}
	if !OfBusy(source) {
		_, id := crmsync.CalendarOf(source)
		v.Name = "calendar “" + cmp.Or(names[id], id) + "” for " + cmp.Or(person.Name, rep)
	}
	if err != nil {
		return v, v.failed(err)
	}
	for _, e := range list {
		if row := entryRow(e, rep, p.repZone(rep)); row.Cancelled == Stands {
			v.blocks = append(v.blocks, p.block(row, rep))
		}
	}
	v.Records = len(v.blocks)
	return v, nil
}

// option puts places together: what of a rep's working time they take.
func (p *previewer) option(rules *availability.Rules, source settings.Source, places []place) Option {
	out := Option{Source: source}
	var blocks []availability.Block
	for _, v := range places {
		out.Places = append(out.Places, v.Place)
		blocks = append(blocks, v.blocks...)
	}
	for _, rep := range p.catalog.Reps {
		if rep.Archived {
			continue
		}
		b := Blocked{Rep: rep.ID, Name: cmp.Or(rep.Name, rep.ID), Time: rules.Taken(rep.ID, blocks, p.from, p.to)}
		for _, v := range blocks {
			if v.Rep == rep.ID {
				b.Records++
			}
		}
		out.Reps = append(out.Reps, b)
	}
	return out
}
