package mirror

import (
	"context"
	"errors"
	"slices"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/org"
)

const (
	// peopleRounds is in how many rounds the changes of people are asked for once: nobody waits for them at a counter. Where each
	// round costs more than one credit, and the CRM tells of changes by itself, in peopleRarely rounds.
	peopleRounds, peopleRarely = 5, 60
	// peopleOverlap is how much of the time before the last reading is read again: clocks differ, and what a push of ours was writing
	// then is left to the next reading.
	peopleOverlap = 2 * time.Minute
	// echoFor is how long after a write of ours a notification of the record is taken for its echo. What else was changed in
	// that time is found by the next reading, which does not wait for peopleRarely rounds then.
	echoFor = 10 * time.Second
	// pushing is how long after its beginning a push may still be under way.
	pushing = 70 * time.Second
)

// PeopleRead is how far the changes of a module of people have been read.
type PeopleRead struct {
	AsOf    time.Time // when the last reading began; zero: never
	Checked time.Time // when it was last asked what has gone
	Heard   time.Time // when the CRM last told of a change that was taken for an echo of ours
	Error   string    // why it could not be read, with what to do; "" when it could
	Class   crm.Class // of that trouble, where the CRM has told it
}

// People is a module of people with how far it has been read.
type People struct {
	Module string
	PeopleRead
}

// People lists the modules of people that are followed, with how far each has been read.
func (s *Service) People(ctx context.Context, o org.ID, c connection.ConfigID) ([]People, error) {
	set, err := s.Settings.Settings(ctx, o, c)
	if err != nil {
		return nil, err
	}
	var out []People
	for _, module := range peopleModules(set.Mapping()) {
		read, err := s.Store.PeopleRead(ctx, o, c, module)
		if err != nil {
			return nil, err
		}
		out = append(out, People{module, read})
	}
	return out, nil
}

// trouble takes in why a module could not be read; nil: it could.
func (p PeopleRead) trouble(why error) PeopleRead {
	p.Error, p.Class = "", ""
	if why != nil {
		p.Error = words(why)
	}
	if problem := crm.AsProblem(why); problem != nil {
		p.Class = problem.Class
	}
	return p
}

// PeopleStore keeps customers in step with their records.
type PeopleStore interface {
	Persons(ctx context.Context, o org.ID, c connection.ConfigID, module, record string) ([]crmsync.Person, error)
	FollowPerson(ctx context.Context, o org.ID, p crmsync.Person, decide func(crmsync.PersonStanding) crmsync.PersonChange) error
	// CustomerSubject has a customer and all their records.
	CustomerSubject(ctx context.Context, o org.ID, id lead.CustomerID, c connection.ConfigID) (crmsync.Subject, error)
	// Decide keeps links.
	Decide(ctx context.Context, o org.ID, c connection.ConfigID, links []crmsync.Link) error
	// WatchedPeople lists records of a module of whose person something may still come, in order after one.
	WatchedPeople(ctx context.Context, o org.ID, c connection.ConfigID, module, after string, since time.Time, limit int) ([]string, error)
	PeopleRead(ctx context.Context, o org.ID, c connection.ConfigID, module string) (PeopleRead, error)
	// SetPeopleRead keeps all but Heard, which HearPeople does.
	SetPeopleRead(ctx context.Context, o org.ID, c connection.ConfigID, module string, p PeopleRead) error
	HearPeople(ctx context.Context, o org.ID, c connection.ConfigID, module string, now time.Time) error
}

// peopleRoles are the roles whose records stand for people.
func peopleRoles() []crm.Role {
	return []crm.Role{crm.RoleLead, crm.RoleRelatedRecord, crm.RoleContactUs}
}

// peopleModules lists the modules whose records stand for people, each once.
func peopleModules(m mapping.Mapping) []string {
	var out []string
	for _, role := range peopleRoles() {
		if module := m.Module(role); module != "" && !slices.Contains(out, module) {
			out = append(out, module)
		}
	}
	return out
}

// peopleFields lists what is read of a module of people.
func (r *reader) peopleFields(module string) []string {
	var out []string
	for _, role := range peopleRoles() {
		if r.mapping.Module(role) != module {
			continue
		}
		for _, f := range crmsync.FaceFields(r.mapping, role) {
			if !slices.Contains(out, f) {
				out = append(out, f)
			}
		}
	}
	return out
}

// people reads what has changed in the modules of people since they were last read. One that cannot be read says why and is
// read again next time.
func (r *reader) people(ctx context.Context, sources []Source) error {
	rounds, err := r.peopleEvery(ctx, sources)
	if err != nil {
		return err
	}
	for _, module := range peopleModules(r.mapping) {
		have, err := r.service.Store.PeopleRead(ctx, r.org, r.config.ID, module)
		if err != nil {
			return err
		}
		every := rounds * r.service.Every
		if have.Heard.After(have.AsOf) {
			every = peopleRounds * r.service.Every
		}
		if r.now.Sub(have.AsOf) < every {
			continue
		}
		next := have.trouble(nil)
		next.AsOf = r.now
		check := r.now.Sub(have.Checked) >= max(checkEvery, checkRounds*rounds*r.service.Every)
		if check {
			next.Checked = r.now
		}
		if !have.AsOf.IsZero() { // at first there is nobody yet whose record could have changed
			err = r.changedPeople(ctx, module, have.AsOf.Add(-peopleOverlap))
		}
		if err == nil && check && !have.Checked.IsZero() {
			err = r.checkPeople(ctx, module, have.Checked.Add(-peopleOverlap))
		}
		if crm.AsProblem(err) != nil || fault.As(err) != nil {
			next = have.trouble(err)
		} else if err != nil {
			return err
		}
		if err := r.service.Store.SetPeopleRead(ctx, r.org, r.config.ID, module, next); err != nil {
			return err
		}
	}
	return nil
}

// peopleEvery gives in how many rounds people are read once.
func (r *reader) peopleEvery(ctx context.Context, sources []Source) (time.Duration, error) {
	if !slices.ContainsFunc(sources, func(s Source) bool { return s.Records > cheapRows }) {
		return peopleRounds, nil
	}
	channels, err := r.service.Store.Channels(ctx, r.org, r.config.ID)
	if err != nil || !slices.ContainsFunc(channels, func(ch Channel) bool { return ch.Error == "" && ch.Expires.After(r.now) }) {
		return peopleRounds, err
	}
	return peopleRarely, nil
}

// changedPeople follows the records that were changed since, as far as they stand for somebody here.
func (r *reader) changedPeople(ctx context.Context, module string, since time.Time) error {
	w := crm.Window{Module: module, Fields: r.peopleFields(module), ModifiedSince: since}
	for rec, err := range r.provider.Window(ctx, w) {
		if err != nil {
			return err
		}
		persons, err := r.service.Store.Persons(ctx, r.org, r.config.ID, module, rec.ID)
		if err != nil {
			return err
		}
		for _, p := range persons {
			if p.Wrote.After(r.now.Add(-pushing)) { // this may have been read before it was written
				continue
			}
			if err := r.person(ctx, p, rec); err != nil {
				return err
			}
		}
	}
	return nil
}

// person follows one person by what their record shows.
func (r *reader) person(ctx context.Context, p crmsync.Person, rec crm.Record) error {
	seen := crmsync.Seen{Record: rec, Mapping: r.mapping, Country: r.country, Truth: r.settings.People.Truth, At: r.service.Now()}
	return r.followPerson(ctx, p, func(st crmsync.PersonStanding) crmsync.PersonChange { return st.Follow(seen) })
}

// followPerson keeps a decision. Where a write of ours came between, the record is read again.
func (r *reader) followPerson(ctx context.Context, p crmsync.Person, decide func(crmsync.PersonStanding) crmsync.PersonChange) error {
	err := r.service.Store.FollowPerson(ctx, r.org, p, decide)
	if errors.Is(err, crmsync.ErrMoved) {
		return r.service.Store.Notice(ctx, r.org, r.config.ID, "", p.Module, []string{p.Record}, r.now)
	}
	return err
}

// catchPeople reads marked records of people. Who they stand for is read first: what is written meanwhile is noticed by its version.
func (r *reader) catchPeople(ctx context.Context, byModule map[string][]string) error {
	for _, module := range peopleModules(r.mapping) {
		persons := map[string][]crmsync.Person{}
		for _, id := range byModule[module] {
			list, err := r.service.Store.Persons(ctx, r.org, r.config.ID, module, id)
			if err != nil {
				return err
			}
			if len(list) > 0 {
				persons[id] = list
			}
		}
		if err := r.readPeople(ctx, module, persons); err != nil {
			return err
		}
	}
	return nil
}

// readPeople reads the records of persons by id and follows them.
func (r *reader) readPeople(ctx context.Context, module string, persons map[string][]crmsync.Person) error {
	if len(persons) == 0 {
		return nil
	}
	ids := make([]string, 0, len(persons))
	for id := range persons {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	found, err := r.provider.Records(ctx, module, ids, r.peopleFields(module))
	if err != nil {
		return err
	}
	for _, rec := range found {
		for _, p := range persons[rec.ID] {
			if rec.Converted {
				err = r.converted(ctx, p)
			} else {
				err = r.person(ctx, p, rec)
			}
			if err != nil {
				return err
			}
		}
		delete(persons, rec.ID)
	}
	return r.gone(ctx, module, persons)
}

// worth leaves out of a notification what need not be read: records of people who are nobody here, and echoes of what we
// have just written ourselves.
func (s *Service) worth(ctx context.Context, o org.ID, c connection.ConfigID, n crm.Notice) ([]string, error) {
	set, err := s.Settings.Settings(ctx, o, c)
	if err != nil {
		return nil, err
	}
	m := set.Mapping()
	if n.Module == m.Module(crm.RoleAppointment) || !slices.Contains(peopleModules(m), n.Module) {
		return n.IDs, nil
	}
	now := s.Now()
	var out []string
	echo := false
	for _, id := range n.IDs {
		persons, err := s.Store.Persons(ctx, o, c, n.Module, id)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(persons, func(p crmsync.Person) bool { return n.Deleted || now.Sub(p.Wrote) > echoFor }) {
			out = append(out, id)
		} else {
			echo = echo || len(persons) > 0
		}
	}
	if echo { // perhaps it was not
		return out, s.Store.HearPeople(ctx, o, c, n.Module, now)
	}
	return out, nil
}
