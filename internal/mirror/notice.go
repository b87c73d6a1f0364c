package mirror

import (
	"context"
	"crypto/subtle"
	"slices"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/settings"
)

// ErrUnknown says that a notification came to an address or with a token that no channel has.
var ErrUnknown = fault.New(fault.NotFound, "There is nothing here.")

// Hear takes a notification in: path is the secret end of the address that it came to. What it says of a record is not
// believed, only that the record is worth reading. fault.NotFound for an unknown address or token, fault.Invalid for what
// is no notification.
func (s *Service) Hear(ctx context.Context, path string, body []byte) error {
	if path == "" || len(path) > 100 {
		return ErrUnknown
	}
	o, c, ch, err := s.Store.ChannelByPath(ctx, id.Hash(path))
	if fault.Is(err, fault.NotFound) {
		return ErrUnknown
	}
	if err != nil {
		return err
	}
	config, err := s.Connections.Config(ctx, o, c)
	if err != nil {
		return err
	}
	n, err := s.Connections.Connectors[config.Type].ParseNotice(body)
	if err != nil {
		return fault.Wrap(fault.Invalid, "This is no notification.", err)
	}
	if subtle.ConstantTimeCompare([]byte(n.Token.Reveal()), []byte(ch.Token.Reveal())) != 1 || n.Channel != ch.ID {
		return ErrUnknown
	}
	if !slices.Contains(ch.Modules, n.Module) {
		return nil
	}
	ids, err := s.worth(ctx, o, c, n)
	if err != nil {
		return err
	}
	if n.Made {
		return s.Store.NoticeMade(ctx, o, c, ch.ID, n.Module, ids, s.Now())
	}
	return s.Store.Notice(ctx, o, c, ch.ID, n.Module, ids, s.Now())
}

// Catch reads the records that are marked as changed and follows them, until none is left. Where one does so already on
// this node, it goes on for both: each record is read once however many notifications come together.
func (s *Service) Catch(ctx context.Context, o org.ID, c connection.ConfigID) error {
	t := s.turns.of(string(o) + "/" + string(c))
	for t.take() {
		err := s.catchAll(ctx, o, c)
		if again := t.leave(); err != nil || !again {
			return err
		}
	}
	return nil
}

// catchAll follows what is marked, module by module. One that may not be read says why, and its marks are forgotten: polling reads
// it once it may. Where the CRM is silent, the marks stay.
func (s *Service) catchAll(ctx context.Context, o org.ID, c connection.ConfigID) error {
	r, err := s.open(ctx, o, c, connection.ForNotices)
	if r == nil || err != nil {
		return err
	}
	for {
		marked, err := s.Store.Dirty(ctx, o, c, askAtOnce)
		if err != nil || len(marked) == 0 {
			return err
		}
		failed := r.catch(ctx, marked)
		if failed != nil && crm.AsProblem(failed) == nil && fault.As(failed) == nil {
			return failed
		}
		if err := s.Store.Collisions(ctx, o, c, r.now.Add(-collisionsReach), r.now); err != nil {
			return err
		}
		if p := crm.AsProblem(failed); p != nil {
			return p.Fault()
		}
		if failed != nil {
			return failed
		}
	}
}

// catch reads marked records, those of appointments first. What stops it concerns all modules, so that the rest would fare no better.
func (r *reader) catch(ctx context.Context, marked []Dirty) error {
	byModule := map[string][]Dirty{}
	for _, d := range marked {
		byModule[d.Module] = append(byModule[d.Module], d)
	}
	for _, module := range r.watched() {
		marks := byModule[module]
		if len(marks) == 0 {
			continue
		}
		if err := r.catchModule(ctx, module, marks); err != nil {
			p := crm.AsProblem(err)
			if p == nil || p.Class.Passing() || p.Class.NeedsReconnect() {
				return err
			}
			if err := r.unreadable(ctx, module, err); err != nil {
				return err
			}
		}
		if err := r.service.Store.Clean(ctx, r.org, r.config.ID, marks); err != nil {
			return err
		}
		delete(byModule, module)
	}
	for _, marks := range byModule { // of what is not read any more
		if err := r.service.Store.Clean(ctx, r.org, r.config.ID, marks); err != nil {
			return err
		}
	}
	return nil
}

// catchModule reads the marked records of one module.
func (r *reader) catchModule(ctx context.Context, module string, marks []Dirty) error {
	var ids []string
	for _, d := range marks {
		ids = append(ids, d.Record)
	}
	known, err := r.service.Store.Sources(ctx, r.org, r.config.ID)
	if err != nil {
		return err
	}
	for _, src := range r.sources() {
		if src.Name != module {
			continue
		}
		for _, k := range known {
			if k.Name == module {
				src.AsOf = k.AsOf
			}
		}
		rd := &round{reader: r, source: src, shape: shapeOf(src.Name, r.mapping), seen: map[string]bool{}, linked: map[string]Linked{}}
		for _, d := range marks {
			l, found, err := r.service.Store.LinkedRecord(ctx, r.org, r.config.ID, src.Name, d.Record)
			if err != nil {
				return err
			}
			if found && l.Sight != nil && d.Made && r.settings.Source != settings.Calendar { // by us, just now, and nobody has changed it since
				if !l.Seen {
					rd.first = append(rd.first, l)
				}
				continue
			}
			rd.ask = append(rd.ask, d.Record)
			if found {
				rd.linked[d.Record] = l
			}
		}
		if len(rd.ask) == 0 {
			if err := r.service.Store.See(ctx, r.org, r.config.ID, rd.first, r.now); err != nil {
				return err
			}
			continue
		}
		if err := rd.finish(ctx); err != nil {
			return err
		}
	}
	return r.catchPeople(ctx, map[string][]string{module: ids})
}

// unreadable says of a module why it could not be read, where a reading of it as a whole says so.
func (r *reader) unreadable(ctx context.Context, module string, why error) error {
	s := r.service.Store
	list, err := s.Sources(ctx, r.org, r.config.ID)
	if err != nil {
		return err
	}
	for _, src := range list {
		if src.Name == module {
			return s.FailSource(ctx, r.org, r.config.ID, module, words(why), src.sample(r.now, 0, true))
		}
	}
	have, err := s.PeopleRead(ctx, r.org, r.config.ID, module)
	if err != nil {
		return err
	}
	return s.SetPeopleRead(ctx, r.org, r.config.ID, module, have.trouble(why))
}
