package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
)

// leftPolicyDoc is how a policy of forms that were left is stored.
type leftPolicyDoc struct {
	Pursue lead.Pursue `json:"pursue"`
	After  int         `json:"after_minutes"`
}

// LeftPolicy reads what becomes of an organization's forms that were left, or the default.
func (s *Store) LeftPolicy(ctx context.Context, o org.ID) (lead.LeftPolicy, error) {
	return leftPolicy(s.quick(ctx), s.qr, o)
}

func leftPolicy(ctx context.Context, q *db.Queries, o org.ID) (lead.LeftPolicy, error) {
	raw, err := q.LeftPolicy(ctx, string(o))
	if errors.Is(err, sql.ErrNoRows) {
		return lead.DefaultLeftPolicy(), nil
	}
	if err != nil {
		return lead.LeftPolicy{}, err
	}
	var d leftPolicyDoc
	if err := json.Unmarshal([]byte(raw), &d); err != nil {
		return lead.LeftPolicy{}, fmt.Errorf("policy of left forms of %s: %w", o, err)
	}
	return lead.LeftPolicy{Pursue: d.Pursue, After: time.Duration(d.After) * time.Minute}, nil
}

// PutLeftPolicy keeps what becomes of an organization's forms that were left.
func (s *Store) PutLeftPolicy(ctx context.Context, o org.ID, p lead.LeftPolicy) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.PutLeftPolicy(ctx, db.PutLeftPolicyParams{OrgID: string(o), Document: toJSON(leftPolicyDoc{p.Pursue, int(p.After / time.Minute)})})
	})
}

// leftDoc is how a form that was left is stored.
type leftDoc struct {
	Contact  contactDoc        `json:"contact"`
	Choice   string            `json:"choice,omitempty"`
	Notes    string            `json:"notes,omitempty"`
	UTM      map[string]string `json:"utm,omitempty"`
	Agreed   bool              `json:"agreed,omitempty"`
	Address  string            `json:"address,omitempty"`
	Score    int               `json:"score,omitempty"`
	Reasons  []string          `json:"reasons,omitempty"`
	Language string            `json:"language,omitempty"`
}

// PutLeft keeps a form in the place of what was typed into it before.
func (s *Store) PutLeft(ctx context.Context, o org.ID, l lead.Left) error {
	d := leftDoc{contactDoc(l.Contact), l.Choice, l.Notes, l.UTM, l.Agreed, l.Address, l.Score, l.Reasons, l.Language}
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		if n, err := q.CountLeftForms(ctx, string(o)); err != nil || n >= lead.MaxLeft {
			return err
		}
		return q.PutLeftForm(ctx, db.PutLeftFormParams{OrgID: string(o), ID: string(l.ID), Form: l.Form, Document: toJSON(d), OpenedAt: ms(l.Opened), DueAt: ms(l.Due)})
	})
}

// ForgetLeft takes a form away, if there is one.
func (s *Store) ForgetLeft(ctx context.Context, o org.ID, form string) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.ForgetLeftForm(ctx, db.ForgetLeftFormParams{OrgID: string(o), Form: form})
	})
}

// CountLeft counts the forms that are kept.
func (s *Store) CountLeft(ctx context.Context, o org.ID) (int, error) {
	n, err := s.qr.CountLeftForms(ctx, string(o))
	return int(n), s.explain(err)
}

// TakeDueLeft states for every form whose quiet time is over that it is. On however many nodes this runs, it is stated once.
func (s *Store) TakeDueLeft(ctx context.Context, now time.Time) error {
	orgs, err := s.qr.OrganizationsWithLeftForms(ctx, ms(now))
	if err != nil {
		return s.explain(err)
	}
	return takeAll(ctx, orgs, now, s.takeDueLeft)
}

func (s *Store) takeDueLeft(ctx context.Context, o org.ID, now time.Time) (n int, err error) {
	err = s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
		ids, err := q.DueLeftForms(ctx, db.DueLeftFormsParams{OrgID: string(o), NowMs: ms(now), N: dueAtOnce})
		if err != nil {
			return err
		}
		n = len(ids)
		var facts []any
		for _, id := range ids {
			mine, err := q.StateLeftForm(ctx, db.StateLeftFormParams{OrgID: string(o), ID: id, NowMs: ms(now)})
			if err != nil {
				return err
			}
			if mine == 1 { // another node may have been quicker, or the visitor has typed on
				facts = append(facts, lead.LeftDue{Org: o, Left: lead.LeftID(id)})
			}
		}
		return s.follow(ctx, tx, facts...)
	})
	return n, err
}

// DueLeft lists the forms whose quiet time is over and which have no job yet, the longest waiting first.
func (s *Store) DueLeft(ctx context.Context, o org.ID, now time.Time) ([]lead.LeftID, error) {
	rows, err := s.qr.DueLeftForms(ctx, db.DueLeftFormsParams{OrgID: string(o), NowMs: ms(now), N: dueAtOnce})
	out := make([]lead.LeftID, len(rows))
	for i, r := range rows {
		out[i] = lead.LeftID(r)
	}
	return out, s.explain(err)
}

var errNoLeft = fault.New(fault.NotFound, "This form is not kept any more.")

// Left reads a form, and whether its person has booked or asked since they opened it.
func (s *Store) Left(ctx context.Context, o org.ID, id lead.LeftID) (lead.Left, bool, error) {
	l, came, err := left(ctx, s.qr, o, id)
	return l, came, missing(s.explain(err), errNoLeft)
}

func left(ctx context.Context, q *db.Queries, o org.ID, id lead.LeftID) (l lead.Left, came bool, err error) {
	r, err := q.LeftForm(ctx, db.LeftFormParams{OrgID: string(o), ID: string(id)})
	if err != nil {
		return l, false, err
	}
	var d leftDoc
	if err := json.Unmarshal([]byte(r.Document), &d); err != nil {
		return l, false, fmt.Errorf("read left form %s: %w", id, err)
	}
	l = lead.Left{
		ID: id, Form: r.Form, Contact: lead.Contact(d.Contact), Choice: d.Choice, Notes: d.Notes, UTM: d.UTM, Agreed: d.Agreed, Opened: at(r.OpenedAt), Due: at(r.DueAt),
		Address: d.Address, Score: d.Score, Reasons: d.Reasons, Language: d.Language,
	}
	n, err := q.CameSince(ctx, db.CameSinceParams{OrgID: string(o), Email: l.Contact.Email, Phone: l.Contact.Phone, SinceMs: r.OpenedAt})
	return l, n > 0, err
}

// EndLeft makes a lead of a form and takes the form away.
func (s *Store) EndLeft(ctx context.Context, o org.ID, id lead.LeftID, decide func(lead.Left, []lead.Customer, []lead.Lead) lead.Capturing) error {
	return s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
		if _, err := q.LockSchedule(ctx, string(o)); err != nil { // so that no booking of theirs comes in between
			return err
		}
		l, came, err := left(ctx, q, o, id)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := q.DeleteLeftForm(ctx, db.DeleteLeftFormParams{OrgID: string(o), ID: string(id)}); err != nil || came {
			return err
		}
		list, err := known(ctx, q, o, l.Contact)
		if err != nil {
			return err
		}
		open, err := openLeads(ctx, q, o, list)
		if err != nil {
			return err
		}
		next := decide(l, list, open)
		if err := putCaptured(ctx, q, o, next, s.now()); err != nil {
			return err
		}
		return s.follow(ctx, tx, lead.Captured{Org: o, Lead: next.Lead.ID})
	})
}
