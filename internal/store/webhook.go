package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
	"heavyset.tech/platform/internal/trace"
	"heavyset.tech/platform/internal/webhook"
)

var errNoWebhook = fault.New(fault.NotFound, "There is no such webhook.")

// sealWebhook is the place that an endpoint's secrets are sealed for, so that a former one need not be sealed anew.
const sealWebhook = "secret"

// publish gives the endpoints of an organization that listen what facts say, each by the next number of its sequence. It
// gives the facts that their messages wait. An organization without endpoints costs one look.
func (s *Store) publish(ctx context.Context, q *db.Queries, facts []any) ([]any, error) {
	var out []any
	for _, f := range facts {
		o, h, ok := webhook.Of(f)
		if !ok {
			continue
		}
		rows, err := q.WebhookSubscriptions(ctx, string(o))
		if err != nil || len(rows) == 0 {
			return out, err
		}
		if h.OfAppointment() {
			if h, err = ofAppointment(ctx, q, o, h); err != nil {
				return nil, err
			}
		}
		var to []webhook.EndpointID
		for _, r := range rows {
			types, err := webhookTypes(r.Types)
			if err != nil {
				return nil, err
			}
			if (webhook.Endpoint{Types: types}).Hears(h.Type) {
				to = append(to, webhook.EndpointID(r.ID))
			}
		}
		queued, _, err := s.announce(ctx, q, o, h, to)
		if err != nil {
			return nil, err
		}
		out = append(out, queued...)
	}
	return out, nil
}

// ofAppointment completes what a fact says of an appointment by how that stands in the fact's transaction.
func ofAppointment(ctx context.Context, q *db.Queries, o org.ID, h webhook.Happening) (webhook.Happening, error) {
	row, err := q.Appointment(ctx, db.AppointmentParams{OrgID: string(o), ID: h.Subject})
	if err != nil {
		return h, err
	}
	h.Snapshot.Status, h.Snapshot.Reason = row.Status, row.CancelReason
	if h.Type == "" {
		h.Type = webhook.Ended(booking.Status(row.Status))
	}
	return h, nil
}

// announce keeps an event with a message for each endpoint. What is for one that is disabled is held.
func (s *Store) announce(ctx context.Context, q *db.Queries, o org.ID, h webhook.Happening, to []webhook.EndpointID) (queued []any, last webhook.Message, err error) {
	if len(to) == 0 {
		return nil, last, nil
	}
	now := s.now()
	event := id.New("evt", now)
	if err := q.InsertWebhookEvent(ctx, db.InsertWebhookEventParams{
		OrgID: string(o), ID: event, Type: string(h.Type), Subject: h.Subject, Snapshot: toJSON(h.Snapshot), At: ms(now),
	}); err != nil {
		return nil, last, err
	}
	for _, e := range to {
		next, err := q.NextWebhookSequence(ctx, db.NextWebhookSequenceParams{OrgID: string(o), ID: string(e)})
		if err != nil {
			return nil, last, missing(err, errNoWebhook)
		}
		state := webhook.Waiting
		if next.State == string(webhook.Disabled) {
			state = webhook.Held
		} else {
			queued = append(queued, webhook.Queued{Org: o, Endpoint: e, Sequence: next.LastSequence})
		}
		last = webhook.Message{Endpoint: e, Sequence: next.LastSequence, Event: webhook.EventID(event), Type: h.Type, State: state, At: now, Queued: now}
		if err := q.InsertWebhookMessage(ctx, db.InsertWebhookMessageParams{
			OrgID: string(o), EndpointID: string(e), Sequence: last.Sequence, EventID: event, Type: string(h.Type), State: string(state), At: ms(now), QueuedAt: ms(now),
		}); err != nil {
			return nil, last, err
		}
	}
	return queued, last, nil
}

// Announce gives an event to one endpoint.
func (s *Store) Announce(ctx context.Context, o org.ID, e webhook.EndpointID, h webhook.Happening) (webhook.Message, error) {
	var out webhook.Message
	err := s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
		queued, last, err := s.announce(ctx, q, o, h, []webhook.EndpointID{e})
		out = last
		if err != nil {
			return err
		}
		return s.follow(ctx, tx, queued...)
	})
	return out, err
}

func webhookTypes(doc string) (out []webhook.Type, err error) {
	if err := json.Unmarshal([]byte(doc), &out); err != nil {
		return nil, fmt.Errorf("read the types of a webhook: %w", err)
	}
	return out, nil
}

func (s *Store) endpoint(r db.WebhookEndpoint) (webhook.Endpoint, error) {
	e := webhook.Endpoint{
		ID: webhook.EndpointID(r.ID), URL: r.Url, Description: r.Description, State: webhook.State(r.State), Why: r.Why,
		FormerUntil: at(r.FormerUntil), Sequence: r.LastSequence, Created: at(r.CreatedAt), By: r.CreatedBy,
		Health: webhook.Health{FailingSince: at(r.FailingSince), Failures: int(r.Failures), Quiet: at(r.QuietUntil), Delivered: at(r.DeliveredAt)},
	}
	var err error
	if e.Types, err = webhookTypes(r.Types); err != nil {
		return e, err
	}
	if e.Secret, err = s.keys.Open(r.SecretSealed, r.OrgID, "webhook_endpoints", sealWebhook, r.ID); err == nil {
		e.Former, err = s.keys.Open(r.FormerSealed, r.OrgID, "webhook_endpoints", sealWebhook, r.ID)
	}
	if err != nil {
		return e, fmt.Errorf("open the secret of webhook %s: %w", r.ID, err)
	}
	return e, nil
}

// Webhooks lists an organization's endpoints, the oldest first.
func (s *Store) Webhooks(ctx context.Context, o org.ID) ([]webhook.Endpoint, error) {
	rows, err := s.qr.Webhooks(ctx, string(o))
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]webhook.Endpoint, len(rows))
	for i, r := range rows {
		if out[i], err = s.endpoint(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Webhook reads one.
func (s *Store) Webhook(ctx context.Context, o org.ID, e webhook.EndpointID) (webhook.Endpoint, error) {
	r, err := s.qr.Webhook(ctx, db.WebhookParams{OrgID: string(o), ID: string(e)})
	if err != nil {
		return webhook.Endpoint{}, missing(s.explain(err), errNoWebhook)
	}
	return s.endpoint(r)
}

// CreateWebhook adds an endpoint.
func (s *Store) CreateWebhook(ctx context.Context, o org.ID, e webhook.Endpoint) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		n, err := q.CountWebhooks(ctx, string(o))
		if err != nil {
			return err
		}
		if n >= webhook.MaxEndpoints {
			return fault.New(fault.Conflict, "There are 20 webhooks already. Remove one that is not needed any more.")
		}
		if err := q.InsertWebhook(ctx, db.InsertWebhookParams{
			OrgID: string(o), ID: string(e.ID), Url: e.URL, Description: e.Description, Types: toJSON(e.Types), State: string(e.State),
			SecretSealed: s.keys.Seal(e.Secret, string(o), "webhook_endpoints", sealWebhook, string(e.ID)), CreatedAt: ms(e.Created), CreatedBy: e.By,
		}); err != nil {
			return err
		}
		return setWebhookHealth(ctx, q, o, e)
	})
}

func setWebhookHealth(ctx context.Context, q *db.Queries, o org.ID, e webhook.Endpoint) error {
	return q.SetWebhookHealth(ctx, db.SetWebhookHealthParams{
		OrgID: string(o), ID: string(e.ID), State: string(e.State), Why: e.Why, FailingSince: ms(e.FailingSince), Failures: int64(e.Failures),
		QuietUntil: ms(e.Quiet), DeliveredAt: ms(e.Delivered),
	})
}

// lockWebhook reads an endpoint that nobody else changes before the transaction ends.
func (s *Store) lockWebhook(ctx context.Context, q *db.Queries, o org.ID, e webhook.EndpointID) (webhook.Endpoint, error) {
	r, err := q.LockWebhook(ctx, db.LockWebhookParams{OrgID: string(o), ID: string(e)})
	if errors.Is(err, sql.ErrNoRows) {
		err = errNoWebhook
	}
	if err != nil {
		return webhook.Endpoint{}, err
	}
	return s.endpoint(r)
}

// ChangeWebhook stores what change makes of an endpoint.
func (s *Store) ChangeWebhook(ctx context.Context, o org.ID, id webhook.EndpointID, change func(webhook.Endpoint) (webhook.Endpoint, error)) (webhook.Endpoint, error) {
	var out webhook.Endpoint
	err := s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		was, err := s.lockWebhook(ctx, q, o, id)
		if err != nil {
			return err
		}
		if out, err = change(was); err != nil {
			return err
		}
		seal := func() (string, string) {
			return s.keys.Seal(out.Secret, string(o), "webhook_endpoints", sealWebhook, string(id)), s.keys.Seal(out.Former, string(o), "webhook_endpoints", sealWebhook, string(id))
		}
		if out.Secret.Reveal() != was.Secret.Reveal() {
			now, before := seal()
			if err := q.SetWebhookSecret(ctx, db.SetWebhookSecretParams{
				OrgID: string(o), ID: string(id), SecretSealed: now, FormerSealed: before, FormerUntil: ms(out.FormerUntil),
			}); err != nil {
				return err
			}
		}
		if err := q.SetWebhook(ctx, db.SetWebhookParams{OrgID: string(o), ID: string(id), Url: out.URL, Description: out.Description, Types: toJSON(out.Types)}); err != nil {
			return err
		}
		return setWebhookHealth(ctx, q, o, out)
	})
	return out, err
}

// RemoveWebhook removes an endpoint with its messages.
func (s *Store) RemoveWebhook(ctx context.Context, o org.ID, e webhook.EndpointID) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		n, err := q.DeleteWebhook(ctx, db.DeleteWebhookParams{OrgID: string(o), ID: string(e)})
		if err == nil && n == 0 {
			return errNoWebhook
		}
		return errors.Join(err, q.DeleteWebhookAttempts(ctx, db.DeleteWebhookAttemptsParams{OrgID: string(o), EndpointID: string(e)}),
			q.DeleteWebhookMessages(ctx, db.DeleteWebhookMessagesParams{OrgID: string(o), EndpointID: string(e)}))
	})
}

func message(r db.WebhookMessage) webhook.Message {
	return webhook.Message{
		Endpoint: webhook.EndpointID(r.EndpointID), Sequence: r.Sequence, Event: webhook.EventID(r.EventID), Type: webhook.Type(r.Type), State: webhook.MessageState(r.State),
		Attempts: int(r.Attempts), At: at(r.At), Queued: at(r.QueuedAt), Next: at(r.NextAt), Settled: at(r.SettledAt),
	}
}

// Message reads one by its number.
func (s *Store) Message(ctx context.Context, o org.ID, e webhook.EndpointID, sequence int64) (webhook.Message, error) {
	r, err := s.qr.WebhookMessage(ctx, db.WebhookMessageParams{OrgID: string(o), EndpointID: string(e), Sequence: sequence})
	if err != nil {
		return webhook.Message{}, missing(s.explain(err), fault.New(fault.NotFound, "There is no such message."))
	}
	return message(r), nil
}

// Event reads what a message tells of.
func (s *Store) Event(ctx context.Context, o org.ID, event webhook.EventID) (webhook.Event, error) {
	r, err := s.qr.WebhookEvent(ctx, db.WebhookEventParams{OrgID: string(o), ID: string(event)})
	if err != nil {
		return webhook.Event{}, s.explain(err)
	}
	e := webhook.Event{ID: event, At: at(r.At), Happening: webhook.Happening{Type: webhook.Type(r.Type), Subject: r.Subject}}
	if r.Body != "" {
		e.Body = json.RawMessage(r.Body)
	}
	if err := json.Unmarshal([]byte(r.Snapshot), &e.Snapshot); err != nil {
		return e, fmt.Errorf("read event %s: %w", event, err)
	}
	return e, nil
}

// KeepBody keeps what an event says, unless something is kept already.
func (s *Store) KeepBody(ctx context.Context, o org.ID, event webhook.EventID, body json.RawMessage) (json.RawMessage, error) {
	var out string
	err := s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) (err error) {
		out, err = q.KeepWebhookBody(ctx, db.KeepWebhookBodyParams{OrgID: string(o), ID: string(event), Body: string(body)})
		return err
	})
	return json.RawMessage(out), err
}

// SettleWebhook keeps an attempt with what follows from it for message and endpoint.
func (s *Store) SettleWebhook(ctx context.Context, o org.ID, m webhook.Message, a *webhook.Attempt, decide func(webhook.Endpoint, webhook.Message) webhook.Outcome) (webhook.Outcome, error) {
	var out webhook.Outcome
	err := s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
		e, err := s.lockWebhook(ctx, q, o, m.Endpoint)
		if err != nil {
			return err
		}
		now := m
		if m.Sequence > 0 {
			r, err := q.WebhookMessage(ctx, db.WebhookMessageParams{OrgID: string(o), EndpointID: string(m.Endpoint), Sequence: m.Sequence})
			if err != nil {
				return err
			}
			now = message(r)
		}
		out = decide(e, now)
		if a != nil {
			if err := q.InsertWebhookAttempt(ctx, db.InsertWebhookAttemptParams{
				OrgID: string(o), ID: a.ID, EndpointID: string(m.Endpoint), Sequence: m.Sequence, EventID: string(m.Event), At: ms(a.At), Status: int64(a.Status),
				Took: a.Took.Milliseconds(), Head: a.Head, Error: a.Error, Cause: trace.Words(ctx),
			}); err != nil {
				return err
			}
		}
		if m.Sequence > 0 {
			if err := setWebhookMessage(ctx, q, o, out.Message); err != nil {
				return err
			}
		}
		if err := setWebhookHealth(ctx, q, o, out.Endpoint); err != nil || out.Fact == nil {
			return err
		}
		return s.follow(ctx, tx, out.Fact)
	})
	return out, err
}

func setWebhookMessage(ctx context.Context, q *db.Queries, o org.ID, m webhook.Message) error {
	return q.SetWebhookMessage(ctx, db.SetWebhookMessageParams{
		OrgID: string(o), EndpointID: string(m.Endpoint), Sequence: m.Sequence, State: string(m.State), Attempts: int64(m.Attempts),
		QueuedAt: ms(m.Queued), NextAt: ms(m.Next), SettledAt: ms(m.Settled),
	})
}

// requeueAtOnce bounds how many messages one transaction makes wait again.
const requeueAtOnce = 200

// RequeueWebhook makes messages wait again, each with a job of its own.
func (s *Store) RequeueWebhook(ctx context.Context, o org.ID, e webhook.EndpointID, sequence int64, since time.Time) (n int, err error) {
	for after := int64(0); ; {
		var batch []db.WebhookMessage
		err := s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
			if since.IsZero() {
				r, err := q.WebhookMessage(ctx, db.WebhookMessageParams{OrgID: string(o), EndpointID: string(e), Sequence: sequence})
				if err != nil {
					return err
				}
				batch = []db.WebhookMessage{r}
			} else if batch, err = q.WebhookMessagesSince(ctx, db.WebhookMessagesSinceParams{
				OrgID: string(o), EndpointID: string(e), SinceMs: ms(since), AfterSequence: after, N: requeueAtOnce,
			}); err != nil {
				return err
			}
			var facts []any
			for _, r := range batch {
				m := message(r)
				if m.State == webhook.Gone {
					continue
				}
				m.State, m.Queued, m.Next, m.Settled = webhook.Waiting, s.now(), time.Time{}, time.Time{}
				if err := setWebhookMessage(ctx, q, o, m); err != nil {
					return err
				}
				facts = append(facts, webhook.Queued{Org: o, Endpoint: e, Sequence: m.Sequence})
			}
			return s.follow(ctx, tx, facts...)
		})
		if err != nil {
			return n, err
		}
		n += len(batch)
		if since.IsZero() || len(batch) < requeueAtOnce {
			return n, nil
		}
		after = batch[len(batch)-1].Sequence
	}
}

// Messages reads a page, the newest first; next is the sequence before which the following page begins, 0 at the end.
func (s *Store) Messages(ctx context.Context, o org.ID, e webhook.EndpointID, f webhook.Filter) (list []webhook.Message, next int64, err error) {
	before := f.Before
	if before <= 0 {
		before = math.MaxInt64
	}
	limit := pageSize(f.Limit)
	rows, err := s.qr.WebhookMessages(ctx, db.WebhookMessagesParams{
		OrgID: string(o), EndpointID: string(e), BeforeSequence: before, State: string(f.State), N: int32(limit + 1),
	})
	if err != nil {
		return nil, 0, s.explain(err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		next = rows[limit-1].Sequence
	}
	for _, r := range rows {
		list = append(list, message(r))
	}
	return list, next, nil
}

// WebhookAttempts reads how a message was tried, the newest first.
func (s *Store) WebhookAttempts(ctx context.Context, o org.ID, e webhook.EndpointID, sequence int64) ([]webhook.Attempt, error) {
	rows, err := s.qr.WebhookAttempts(ctx, db.WebhookAttemptsParams{OrgID: string(o), EndpointID: string(e), Sequence: sequence})
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]webhook.Attempt, len(rows))
	for i, r := range rows {
		out[i] = webhook.Attempt{ID: r.ID, At: at(r.At), Status: int(r.Status), Took: time.Duration(r.Took) * time.Millisecond, Head: r.Head, Error: r.Error, Cause: r.Cause}
	}
	return out, nil
}

// FailingWebhooks names endpoints that have taken nothing since before an instant and are not disabled.
func (s *Store) FailingWebhooks(ctx context.Context, before time.Time) ([]webhook.Ailing, error) {
	rows, err := s.qr.FailingWebhooks(ctx, ms(before))
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]webhook.Ailing, len(rows))
	for i, r := range rows {
		out[i] = webhook.Ailing{Org: org.ID(r.OrgID), Endpoint: webhook.EndpointID(r.ID)}
	}
	return out, nil
}
