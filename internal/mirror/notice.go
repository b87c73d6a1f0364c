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
		if err := r.catch(ctx, marked); err != nil {
			if p := crm.AsProblem(err); p != nil {
				return p.Fault()
			}
			return err
		}
		if err := s.Store.Clean(ctx, o, c, marked); err != nil {
			return err
		}
		if err := s.Store.Collisions(ctx, o, c, r.now.Add(-collisionsReach), r.now); err != nil {
			return err
		}
	}
}

// catch reads marked records, module by module.
func (r *reader) catch(ctx context.Context, marked []Dirty) error {
	byModule := map[string][]string{}
	for _, d := range marked {
		byModule[d.Module] = append(byModule[d.Module], d.Record)
	}
	made := map[string]bool{}
	for _, d := range marked {
		made[d.Module+"/"+d.Record] = d.Made && r.settings.Source != settings.Calendar
	}
	for _, src := range r.sources() {
		rd := &round{reader: r, source: src, shape: shapeOf(src.Name, r.mapping), seen: map[string]bool{}, linked: map[string]Linked{}}
		for _, id := range byModule[src.Name] {
			l, found, err := r.service.Store.LinkedRecord(ctx, r.org, r.config.ID, src.Name, id)
			if err != nil {
				return err
			}
			if found && l.Sight != nil && made[src.Name+"/"+id] { // by us, just now, and nobody has changed it since
				continue
			}
			rd.ask = append(rd.ask, id)
			if found {
				rd.linked[id] = l
			}
		}
		if len(rd.ask) == 0 {
			continue
		}
		if err := rd.finish(ctx); err != nil {
			return err
		}
	}
	return r.catchPeople(ctx, byModule)
}
