package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/drift"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
)

// Drift reads what looks at a config's CRM saw.
func (s *Store) Drift(ctx context.Context, o org.ID, c connection.ConfigID) (drift.State, error) {
	r, err := s.qr.Drift(ctx, db.DriftParams{OrgID: string(o), ConfigID: string(c)})
	if errors.Is(err, sql.ErrNoRows) {
		return drift.State{}, nil
	}
	if err != nil {
		return drift.State{}, s.explain(err)
	}
	out := drift.State{Looked: at(r.LookedAt)}
	if err := json.Unmarshal([]byte(r.Schemas), &out.Schemas); err != nil {
		return out, fmt.Errorf("schemas of %s: %w", c, err)
	}
	out.Findings, err = findingsOf(r.Findings)
	return out, err
}

// DriftFindings reads what was found and lasts.
func (s *Store) DriftFindings(ctx context.Context, o org.ID, c connection.ConfigID) ([]drift.Finding, error) {
	doc, err := s.qr.DriftFindings(ctx, db.DriftFindingsParams{OrgID: string(o), ConfigID: string(c)})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, s.explain(err)
	}
	return findingsOf(doc)
}

func findingsOf(doc string) ([]drift.Finding, error) {
	var out []drift.Finding
	if err := json.Unmarshal([]byte(doc), &out); err != nil {
		return nil, fmt.Errorf("findings: %w", err)
	}
	return out, nil
}

// KeepDrift keeps what a look saw, with what happened, unless a later look was faster.
func (s *Store) KeepDrift(ctx context.Context, o org.ID, c connection.ConfigID, v drift.State, happened []connection.Event, facts []any) error {
	schemas, err := json.Marshal(v.Schemas)
	if err != nil {
		return err
	}
	findings, err := json.Marshal(v.Findings)
	if err != nil {
		return err
	}
	held := bit(slices.ContainsFunc(v.Findings, func(f drift.Finding) bool { return f.Fatal }))
	return s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
		n, err := q.PutDrift(ctx, db.PutDriftParams{
			OrgID: string(o), ConfigID: string(c), Schemas: string(schemas), Findings: string(findings), Held: held, LookedAt: ms(v.Looked),
		})
		if err != nil || n == 0 {
			return err
		}
		if err := keepEvents(ctx, q, o, c, happened); err != nil {
			return err
		}
		return s.follow(ctx, tx, facts...)
	})
}

// DriftDue reads the connected configs that are due for a look.
func (s *Store) DriftDue(ctx context.Context, before, hurried time.Time) ([]connection.Config, error) {
	rows, err := s.qr.DriftDue(ctx, db.DriftDueParams{BeforeMs: ms(before), HurriedMs: ms(hurried)})
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]connection.Config, 0, len(rows))
	for _, r := range rows {
		c, err := s.Config(ctx, org.ID(r.OrgID), connection.ConfigID(r.ID))
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}
