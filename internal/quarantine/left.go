package quarantine

import (
	"context"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
)

// Leave keeps a booking form that is not sent yet, with what its signs say. It counts apart from requests: whoever is slow
// to finish is no suspect.
func (s *Service) Leave(ctx context.Context, o org.Organization, l lead.Left, g Signs) error {
	r := l.Request()
	l.Score, l.Reasons = s.judge(s.left, o.ID, Request{Address: g.Address, Lead: &r}, g)
	l.Address = g.Address
	if at, ok := s.opened(o.ID, g.Opened); ok {
		l.Opened = at
	}
	return s.leads.Leave(ctx, o, l)
}

// Sent forgets a form that has been sent.
func (s *Service) Sent(ctx context.Context, o org.ID, form string) error {
	return s.leads.Store.ForgetLeft(ctx, o, form)
}

// Follow makes of a form that was left what its signs allow: an abandoned lead, or something that waits for a person. A person
// who has come, or who may not be contacted any more, is left alone.
func (s *Service) Follow(ctx context.Context, f lead.LeftDue) error {
	l, came, err := s.leads.Store.Left(ctx, f.Org, f.Left)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	p, err := s.leads.Store.LeftPolicy(ctx, f.Org)
	if err != nil {
		return err
	}
	switch {
	case l.Due.After(s.now()): // they have typed on: it is due again later
		return nil
	case came, !p.Allows(l.Agreed), l.Score >= Clear:
		return s.leads.Store.ForgetLeft(ctx, f.Org, l.Form)
	case l.Score < Doubtful:
		return s.leads.EndLeft(ctx, f.Org, l.ID)
	}
	r := l.Request()
	v := Suspect{ID: ID(id.New("sus", s.now())), At: s.now(), Score: l.Score, Reasons: l.Reasons, Request: Request{Address: l.Address, Lead: &r}}
	if err := s.Store.KeepSuspect(ctx, f.Org, v); err != nil && !fault.Is(err, fault.Invalid) { // too many wait: then nothing comes of it
		return err
	}
	return s.leads.Store.ForgetLeft(ctx, f.Org, l.Form)
}

// Pursues says what an organization wants to become of forms that are left.
func (s *Service) Pursues(ctx context.Context, o org.ID) (lead.LeftPolicy, error) {
	return s.leads.Store.LeftPolicy(ctx, o)
}
