package webhook

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"time"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
)

// formerFor is how long the secret before signs too.
const formerFor = 24 * time.Hour

// newSecret makes one of 256 bits, in the specification's writing.
func newSecret() secret.String {
	var b [32]byte
	_, _ = rand.Read(b[:])
	return secret.NewString("whsec_" + base64.StdEncoding.EncodeToString(b[:]))
}

// Create adds an endpoint. Its secret is to be shown to the person now and never again.
func (s *Service) Create(ctx context.Context, o org.ID, d Draft, by string) (Endpoint, error) {
	d, err := s.check(d)
	if err != nil {
		return Endpoint{}, err
	}
	now := s.Now()
	e := Endpoint{
		ID: EndpointID(id.New("hook", now)), URL: d.URL, Description: d.Description, Types: d.Types, State: Active, Secret: newSecret(), Created: now, By: by,
	}
	if d.Disabled {
		e.State, e.Why = Disabled, byHand
	}
	return e, s.Store.CreateWebhook(ctx, o, e)
}

// byHand is why an endpoint is disabled that a person has turned off.
const byHand = "It was turned off."

// SecretLost is why an endpoint is disabled whose secret can't be read any more.
const SecretLost = "The key that sealed its secret is lost. Rotate the secret, give the new one to your program and turn the webhook on."

// Change puts what a person says in the place of what was. One that is turned on again begins anew: what it was sent in
// vain is forgotten, and what it missed can be replayed.
func (s *Service) Change(ctx context.Context, o org.ID, e EndpointID, d Draft) (was, is Endpoint, err error) {
	if d, err = s.check(d); err != nil {
		return was, is, err
	}
	is, err = s.Store.ChangeWebhook(ctx, o, e, func(e Endpoint) (Endpoint, error) {
		was = e
		moved := e.URL != d.URL
		e.URL, e.Description, e.Types = d.URL, d.Description, d.Types
		switch {
		case d.Disabled && e.State != Disabled:
			e.State, e.Why = Disabled, byHand
		case !d.Disabled && e.Secret.Empty():
			return e, fault.New(fault.Conflict, SecretLost)
		case !d.Disabled && (e.State == Disabled || moved):
			e.State, e.Why, e.Health = Active, "", Health{Delivered: e.Delivered}
		}
		return e, nil
	})
	return was, is, err
}

// Rotate gives an endpoint another secret. The one before signs too for a day, so that no message is refused meanwhile.
func (s *Service) Rotate(ctx context.Context, o org.ID, e EndpointID) (Endpoint, error) {
	return s.Store.ChangeWebhook(ctx, o, e, func(e Endpoint) (Endpoint, error) {
		e.Former, e.FormerUntil, e.Secret = e.Secret, s.Now().Add(formerFor), newSecret()
		if e.Former.Empty() {
			e.FormerUntil = time.Time{}
		}
		return e, nil
	})
}

// Ping sends an endpoint a message of the type Test.
func (s *Service) Ping(ctx context.Context, o org.ID, e EndpointID) (Message, error) {
	if err := s.on(ctx, o, e); err != nil {
		return Message{}, err
	}
	return s.Store.Announce(ctx, o, e, Happening{Type: Test})
}

// on refuses what needs an endpoint that something is sent to.
func (s *Service) on(ctx context.Context, o org.ID, e EndpointID) error {
	is, err := s.Store.Webhook(ctx, o, e)
	if err == nil && is.State == Disabled {
		err = fault.New(fault.Conflict, "This endpoint is turned off. Turn it on first.")
	}
	return err
}

// Redeliver sends a message once more, whatever became of it.
func (s *Service) Redeliver(ctx context.Context, o org.ID, e EndpointID, sequence int64) (Message, error) {
	if err := s.on(ctx, o, e); err != nil {
		return Message{}, err
	}
	m, err := s.Store.Message(ctx, o, e, sequence)
	if err != nil {
		return m, err
	}
	if m.State == Gone {
		return m, fault.New(fault.Conflict, "What this message told of has been erased.")
	}
	if _, err := s.Store.RequeueWebhook(ctx, o, e, sequence, time.Time{}); err != nil {
		return m, err
	}
	return s.Store.Message(ctx, o, e, sequence)
}

// Replay sends again all messages from an instant on, those too that were held while the endpoint was off. It gives their
// number.
func (s *Service) Replay(ctx context.Context, o org.ID, e EndpointID, since time.Time) (int, error) {
	now := s.Now()
	if since.IsZero() || since.After(now) {
		return 0, fault.OfField("since", "must be a time in the past.")
	}
	if now.Sub(since) > KeepFor {
		return 0, fault.OfField("since", "must be within the last 30 days: that is how long messages are kept.")
	}
	if err := s.on(ctx, o, e); err != nil {
		return 0, err
	}
	return s.Store.RequeueWebhook(ctx, o, e, 0, since)
}

// Words say what an endpoint is, for the audit.
func (e Endpoint) Words() []string {
	out := []string{"Events: " + strings.Join(typeWords(e.Types), ", ")}
	if e.Description != "" {
		out = append(out, "For: "+e.Description)
	}
	return out
}

func typeWords(types []Type) []string {
	out := make([]string, len(types))
	for i, t := range types {
		out[i] = string(t)
	}
	return out
}

// Differences say what of an endpoint was changed, a line each.
func Differences(was, is Endpoint) []string {
	var out []string
	add := func(name, before, now string) {
		if before != now {
			out = append(out, name+": "+before+" → "+now)
		}
	}
	add("address", was.URL, is.URL)
	add("for", was.Description, is.Description)
	add("events", strings.Join(typeWords(was.Types), ", "), strings.Join(typeWords(is.Types), ", "))
	add("state", string(was.State), string(is.State))
	return out
}
