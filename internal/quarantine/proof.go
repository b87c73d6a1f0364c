package quarantine

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/org"
)

// Proof is a form for which a browser has worked, and the request that was sent with it: digests of both.
type Proof struct {
	Form, Request string
	Until         time.Time // when the form counts as old anyway
}

// proofOf gives the proof of work that a request came with; ok is false where there is none that counts.
func (s *Service) proofOf(o org.ID, r Request, g Signs) (p Proof, ok bool) {
	if !g.Form || g.Trusted {
		return p, false
	}
	at, opened := s.opened(o, g.Opened)
	if age := s.now().Sub(at); !opened || age < tooFast || age > formLife || !proven(g.Opened, g.Proof) {
		return p, false
	}
	_, k := r.key()
	c := r.Contact()
	who, _ := json.Marshal(c) // strings alone
	// Of the form, what the work was done for: nothing else of it may tell two uses apart.
	return Proof{Form: id.Hash(worked(g.Opened)), Request: id.Hash(cmp.Or(k.Key, string(who))), Until: at.Add(formLife)}, true
}

// reused reports whether the proof of a request was used by another one before, on whichever node, and keeps that it is used
// now. Whoever sends a form twice sends the same request: that is no other one.
func (s *Service) reused(ctx context.Context, o org.ID, r Request, g Signs) (bool, error) {
	p, ok := s.proofOf(o, r, g)
	if !ok {
		return false, nil
	}
	fresh, err := s.Store.UseProof(ctx, o, p)
	return !fresh, err
}

// free gives the proof back of which nothing has come: the visitor is asked once more with the same form.
func (s *Service) free(ctx context.Context, o org.ID, r Request, g Signs) error {
	if p, ok := s.proofOf(o, r, g); ok {
		return s.Store.FreeProof(ctx, o, p)
	}
	return nil
}
