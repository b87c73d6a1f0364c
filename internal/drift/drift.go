// Package drift watches whether a CRM still is what a field mapping was made for.
//
// Clients change their CRM: fields get other names, become mandatory, are deleted. A look reads the modules of one CRM
// config live (one credit, and two for each module), compares them by permanent id with those that the mapping last
// worked with (mapping.Follow, mapping.Foretell) and keeps what it found. What the mapping can follow it follows: a new
// version of the settings, by HeavySet, and a note in the connection's timeline. What it cannot is foretold before a
// booking fails: while a fatal finding of a role lasts, crmsync writes nothing into that role; the fact Cleared wakes
// what waited.
//
// A look is taken every now and then (Watch), before a test booking and when a write was refused; what a Save has read
// anyway is one too (Saved). While the CRM does not answer nothing is concluded. The package changes nothing in the CRM and
// never reads a record.
package drift

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/settings"
)

// By signs the versions of settings that follow the CRM.
const By = "HeavySet (followed Zoho)"

// lookTakes bounds one look.
const lookTakes = 40 * time.Second

// Finding is a drift that lasts.
type Finding struct {
	mapping.Drift
	Since time.Time
}

// State is what is kept for one config.
type State struct {
	Schemas  map[string]crm.Schema // the modules as the mapping last worked with them
	Findings []Finding             // the fatal ones first
	Looked   time.Time             // when the last look began; zero before the first
}

// Facts that follow from a look.
type (
	// Found: something new keeps the mapping from working, or will.
	Found struct {
		Org    org.ID              `json:"org"`
		Config connection.ConfigID `json:"config"`
		At     time.Time           `json:"at"`
	}
	// Cleared: something that kept writes waiting is over.
	Cleared struct {
		Org    org.ID              `json:"org"`
		Config connection.ConfigID `json:"config"`
	}
)

// Store keeps what looks saw.
type Store interface {
	// Drift gives what is kept for a config; the zero State before the first look.
	Drift(ctx context.Context, o org.ID, c connection.ConfigID) (State, error)
	// DriftFindings gives its findings alone.
	DriftFindings(ctx context.Context, o org.ID, c connection.ConfigID) ([]Finding, error)
	// KeepDrift keeps a State with what happened, and states facts; nothing of it when a later look has been kept.
	KeepDrift(ctx context.Context, o org.ID, c connection.ConfigID, s State, happened []connection.Event, facts []any) error
	// DriftDue lists the connected configs that were last looked at, or connected, before then; those with a fatal finding
	// where that was before hurried.
	DriftDue(ctx context.Context, before, hurried time.Time) ([]connection.Config, error)
}

// Service takes looks. Make it with New.
type Service struct {
	Store    Store
	Settings *settings.Service
	Now      func() time.Time

	mu   sync.Mutex
	busy map[connection.ConfigID]*sync.Mutex
}

// New makes a Service.
func New(store Store, set *settings.Service, now func() time.Time) *Service {
	return &Service{Store: store, Settings: set, Now: now, busy: map[connection.ConfigID]*sync.Mutex{}}
}

// one gives the lock under which this process takes one look at a time at a config.
func (s *Service) one(c connection.ConfigID) *sync.Mutex {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy[c] == nil {
		s.busy[c] = &sync.Mutex{}
	}
	return s.busy[c]
}

// LookSince takes a look unless one has begun since then: many writes that are refused at once share one.
func (s *Service) LookSince(ctx context.Context, o org.ID, c connection.ConfigID, since time.Time) error {
	lock := s.one(c)
	lock.Lock()
	defer lock.Unlock()
	kept, err := s.Store.Drift(ctx, o, c)
	if err != nil || kept.Looked.After(since) {
		return err
	}
	return s.look(ctx, o, c, kept)
}

// Look takes a look. fault.Unavailable: the CRM does not answer, what was found before stands. A config that is not
// connected has nothing to be looked at: nil.
func (s *Service) Look(ctx context.Context, o org.ID, c connection.ConfigID) error {
	lock := s.one(c)
	lock.Lock()
	defer lock.Unlock()
	kept, err := s.Store.Drift(ctx, o, c)
	if err != nil {
		return err
	}
	return s.look(ctx, o, c, kept)
}

// Saved takes what was read when settings were saved for a look: it costs nothing more.
func (s *Service) Saved(ctx context.Context, o org.ID, c connection.ConfigID, v settings.Version, schemas map[string]crm.Schema) error {
	lock := s.one(c)
	lock.Lock()
	defer lock.Unlock()
	kept, err := s.Store.Drift(ctx, o, c)
	if err != nil {
		return err
	}
	return s.keep(ctx, o, c, kept, v.Settings, settings.Look{Schemas: schemas}, s.Now(), nil)
}

// Reconnected looks again when a connection was made anew while something kept bookings waiting: another user may do what
// the one before could not.
func (s *Service) Reconnected(ctx context.Context, f connection.Authorized) error {
	holds, err := s.Holds(ctx, f.Org, f.Config)
	if err != nil || len(holds) == 0 {
		return err
	}
	return s.Look(ctx, f.Org, f.Config)
}

// Watch looks at every connected config that was not looked at for so long; at one that keeps bookings waiting sooner.
func (s *Service) Watch(ctx context.Context, every, hurried time.Duration) error {
	now := s.Now()
	due, err := s.Store.DriftDue(ctx, now.Add(-every), now.Add(-hurried))
	if err != nil {
		return err
	}
	var failed []error
	for _, c := range due {
		if err := s.Look(ctx, c.Org, c.ID); err != nil && fault.As(err) == nil { // one that does not answer is looked at the next time
			failed = append(failed, fmt.Errorf("look at %s: %w", c.ID, err))
		}
	}
	return errors.Join(failed...)
}

// Findings gives what was found and lasts, the fatal ones first.
func (s *Service) Findings(ctx context.Context, o org.ID, c connection.ConfigID) ([]Finding, error) {
	return s.Store.DriftFindings(ctx, o, c)
}

// Holds gives the findings that keep roles from being written.
func (s *Service) Holds(ctx context.Context, o org.ID, c connection.ConfigID) ([]mapping.Drift, error) {
	list, err := s.Store.DriftFindings(ctx, o, c)
	var out []mapping.Drift
	for _, f := range list {
		if f.Fatal {
			out = append(out, f.Drift)
		}
	}
	return out, err
}

// Label gives what people call a field in the CRM, as it was last seen; "" when it is not known.
func (s *Service) Label(ctx context.Context, o org.ID, c connection.ConfigID, module, field string) (string, error) {
	kept, err := s.Store.Drift(ctx, o, c)
	f, _ := kept.Schemas[module].Field(field)
	return f.Label, err
}

func (s *Service) look(ctx context.Context, o org.ID, c connection.ConfigID, kept State) error {
	ctx, cancel := context.WithTimeout(ctx, lookTakes)
	defer cancel()
	began := s.Now()
	config, err := s.Settings.Connections.Config(ctx, o, c)
	if err != nil || config.Connection.State != connection.Connected {
		return err
	}
	pause, err := s.Settings.Connections.Store.Pause(ctx, o, c)
	if err != nil {
		return err
	}
	if wait := pause.Until.Sub(began); wait > 0 {
		return fault.Later(wait, "Zoho does not answer at the moment.")
	}
	set, err := s.Settings.Current(ctx, o, c)
	if err != nil {
		return err
	}
	seen, err := s.Settings.Look(ctx, o, c, set.Modules)
	if err != nil {
		return err
	}
	for _, p := range seen.Trouble {
		if p != nil && (p.Class.Passing() || p.Class.NeedsReconnect()) {
			return p.Fault()
		}
	}
	if why := seen.Why[""]; why != "" && seen.Trouble[""] == nil { // parked while we asked
		return fault.Later(0, why)
	}
	set, happened, err := s.follow(ctx, o, c, set, kept, seen)
	if err != nil {
		return err
	}
	return s.keep(ctx, o, c, kept, set.Settings, seen, began, happened)
}

// keep compares what a look saw with the last one and keeps what comes of it.
func (s *Service) keep(ctx context.Context, o org.ID, c connection.ConfigID, kept State, set settings.Settings, seen settings.Look, began time.Time, happened []connection.Event) error {
	next, news, found, cleared := compare(kept, set, seen, began)
	var facts []any
	if found {
		facts = append(facts, Found{o, c, began})
	}
	if cleared {
		facts = append(facts, Cleared{o, c})
	}
	return s.Store.KeepDrift(ctx, o, c, next, append(happened, news...), facts)
}

// compare says what a look means after the last one: the findings that last, what happened, whether something was found, and whether something that
// kept writes waiting is over.
func compare(kept State, set settings.Settings, seen settings.Look, began time.Time) (next State, happened []connection.Event, found, cleared bool) {
	drifts := append(gone(set, seen, kept), mapping.Foretell(set.Mapping(), kept.Schemas, seen.Schemas)...)
	for _, old := range kept.Findings {
		if unsaid(old.Drift, set, seen) && !slices.ContainsFunc(drifts, old.Same) {
			drifts = append(drifts, old.Drift)
		}
	}
	slices.SortStableFunc(drifts, func(a, b mapping.Drift) int {
		switch {
		case a.Fatal == b.Fatal:
			return 0
		case a.Fatal:
			return -1
		}
		return 1
	})
	next = State{Schemas: mapping.Remember(kept.Schemas, seen.Schemas, drifts), Looked: began}
	used := slices.Collect(maps.Values(set.Modules))
	maps.DeleteFunc(next.Schemas, func(module string, _ crm.Schema) bool { return !slices.Contains(used, module) })
	for _, d := range drifts {
		f := Finding{Drift: d, Since: began}
		if i := slices.IndexFunc(kept.Findings, func(old Finding) bool { return old.Same(d) }); i >= 0 {
			f.Since = kept.Findings[i].Since
		} else {
			happened = append(happened, connection.NewEvent(connection.EventDrifted, began, "", d.Words, ""))
			// what is open from the start is said on the page
			found = found || len(kept.Schemas) > 0 && (d.Fatal || d.Kind == mapping.ChoiceLost)
		}
		next.Findings = append(next.Findings, f)
	}
	for _, old := range kept.Findings {
		if slices.ContainsFunc(drifts, func(d mapping.Drift) bool { return d.Same(old.Drift) && (d.Fatal || !old.Fatal) }) {
			continue
		}
		cleared = cleared || old.Fatal
		happened = append(happened, connection.NewEvent(connection.EventMended, began, "", "This is over: "+old.Words, ""))
	}
	return next, happened, found, cleared
}

// unsaid reports whether a look says nothing about an earlier finding, which stands then. A module that may not be read any
// more is no reason to keep bookings waiting.
func unsaid(old mapping.Drift, set settings.Settings, seen settings.Look) bool {
	if set.Modules[old.Role] != old.Module {
		return false
	}
	p, read := seen.Trouble[old.Module], len(seen.Schemas[old.Module].Fields) > 0
	switch old.Kind {
	case mapping.NoRights:
		return len(seen.Modules) == 0 && p == nil
	case mapping.ModuleGone:
		return !read && p == nil
	}
	return !read && (p == nil || p.Class == crm.Unfit)
}

// follow saves what the mapping follows by itself. It gives the settings in force then, and what to tell of fields that
// only have another label.
func (s *Service) follow(ctx context.Context, o org.ID, c connection.ConfigID, set settings.Version, kept State, seen settings.Look) (settings.Version, []connection.Event, error) {
	next, drifts := mapping.Follow(set.Chosen(), kept.Schemas, seen.Schemas)
	if len(drifts) == 0 {
		return set, nil, nil
	}
	var happened []connection.Event
	for _, d := range drifts {
		happened = append(happened, connection.NewEvent(connection.EventFollowed, s.Now(), "", d.Words, ""))
	}
	healed := set
	if !sameRows(next.Rows, set.Chosen().Rows) {
		healed.Rows = next.Rows
	}
	for _, d := range drifts {
		if d.Kind == mapping.LayoutGone {
			healed.Layouts = without(set.Layouts, set.InForce, d.Role)
			healed.InForce = healed.Layout(seen.Schemas)
		}
	}
	if len(settings.Differences(set.Settings, healed.Settings)) == 0 {
		return set, happened, nil
	}
	healed.At, healed.By = s.Now(), By
	saved, err := s.Settings.Store.HealSettings(ctx, o, c, healed, happened)
	if fault.Is(err, fault.Conflict) { // somebody saved meanwhile: Changed brings another look
		return set, nil, nil
	}
	return saved, nil, err
}

// without forgets that a person has chosen the layout that is in force for a role.
func without(chosen, inForce map[crm.Role]string, r crm.Role) map[crm.Role]string {
	out := map[crm.Role]string{}
	for role, id := range chosen {
		if role != r || id != inForce[r] {
			out[role] = id
		}
	}
	return out
}

func sameRows(a, b []mapping.Row) bool {
	return len(settings.Differences(settings.Settings{Rows: a}, settings.Settings{Rows: b})) == 0
}

// gone finds the modules that are there no more, or that the user who authorized us may not write.
func gone(set settings.Settings, seen settings.Look, kept State) []mapping.Drift {
	var out []mapping.Drift
	for _, r := range mapping.Roles() {
		module := set.Modules[r]
		p := seen.Trouble[module]
		i := slices.IndexFunc(seen.Modules, func(m crm.Module) bool { return m.Name == module })
		d := mapping.Drift{Role: r, Module: module, Fatal: true}
		what := "booking"
		if r == crm.RoleContactUs {
			what = "enquiry"
		}
		switch {
		case module == "", r == crm.RoleContactUs && module == set.Modules[crm.RoleLead]:
			continue
		case p != nil && p.Class == crm.Unfit:
			d.Kind = mapping.ModuleGone
			_, known := kept.Schemas[module]
			d.Fatal = known
			d.Words = fmt.Sprintf("The next %s will fail because Zoho has no module %s any more that we may use: it was renamed, switched off or hidden.", what, module)
			d.Fix = "Choose the module in step 9, or switch it on in Zoho again."
		case p == nil && i >= 0 && !seen.Modules[i].Writable:
			d.Kind = mapping.NoRights
			d.Words = fmt.Sprintf("The next %s will fail because the Zoho user who authorized HeavySet may not make or change records of %s.", what, module)
			d.Fix = "Give that user's profile the permission in Zoho, or connect as another user."
		case p != nil:
			d.Kind, d.Fatal = mapping.NoRights, false
			d.Words = fmt.Sprintf("The fields of %s cannot be read, so HeavySet cannot foresee whether it still fits. %s", module, p.Words())
			d.Fix = p.Advice()
		default:
			continue
		}
		out = append(out, d)
	}
	return out
}
