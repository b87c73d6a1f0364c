package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
)

const (
	// keepDryRuns is how long a comparison is kept: it grows old.
	keepDryRuns = 30 * 24 * time.Hour
	// dryRunTakes is how long one that has not ended is believed to run.
	dryRunTakes = 2 * time.Hour
)

// dryRunDoc is how a comparison is stored.
type dryRunDoc struct {
	Error    string                      `json:"error,omitempty"`
	Contacts int                         `json:"contacts"`
	Leads    int                         `json:"leads"`
	Done     int                         `json:"done"`
	Counts   map[crmsync.FindingKind]int `json:"counts,omitempty"`
	Findings []crmsync.Finding           `json:"findings,omitempty"`
	More     bool                        `json:"more,omitempty"`
}

var errRuns = fault.New(fault.Conflict, "A comparison is under way already.")

// StartDryRun keeps a comparison that is to be made, and states that.
func (s *Store) StartDryRun(ctx context.Context, o org.ID, d crmsync.DryRun) error {
	return s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
		if err := q.LockOrganization(ctx, string(o)); err != nil { // so that of two the second sees the first
			return err
		}
		last, err := q.LastDryRun(ctx, db.LastDryRunParams{OrgID: string(o), ConfigID: string(d.Config)})
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if err == nil && last.EndedAt == 0 && d.At.Sub(at(last.At)) < dryRunTakes {
			return errRuns
		}
		err = q.InsertDryRun(ctx, db.InsertDryRunParams{OrgID: string(o), ID: string(d.ID), ConfigID: string(d.Config), At: ms(d.At), AskedBy: d.By, Document: "{}"})
		if err != nil {
			return err
		}
		return s.follow(ctx, tx, crmsync.DryRunAsked{Org: o, Run: d.ID})
	})
}

// PutDryRun keeps how far a comparison has come.
func (s *Store) PutDryRun(ctx context.Context, o org.ID, d crmsync.DryRun) error {
	doc := toJSON(dryRunDoc{d.Error, d.Contacts, d.Leads, d.Done, d.Counts, d.Findings, d.More})
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.PutDryRun(ctx, db.PutDryRunParams{OrgID: string(o), ID: string(d.ID), EndedAt: ms(d.Ended), Document: doc})
	})
}

// DryRun reads a comparison; fault.NotFound.
func (s *Store) DryRun(ctx context.Context, o org.ID, id crmsync.DryRunID) (crmsync.DryRun, error) {
	r, err := s.qr.DryRun(ctx, db.DryRunParams{OrgID: string(o), ID: string(id)})
	if err != nil {
		return crmsync.DryRun{}, missing(s.explain(err), fault.New(fault.NotFound, "There is no such comparison."))
	}
	return dryRun(r)
}

// LastDryRun reads a config's newest comparison.
func (s *Store) LastDryRun(ctx context.Context, o org.ID, c connection.ConfigID) (crmsync.DryRun, bool, error) {
	r, err := s.qr.LastDryRun(ctx, db.LastDryRunParams{OrgID: string(o), ConfigID: string(c)})
	if errors.Is(err, sql.ErrNoRows) {
		return crmsync.DryRun{}, false, nil
	}
	if err != nil {
		return crmsync.DryRun{}, false, s.explain(err)
	}
	d, err := dryRun(r)
	return d, true, err
}

func dryRun(r db.DryRun) (crmsync.DryRun, error) {
	var d dryRunDoc
	if err := json.Unmarshal([]byte(r.Document), &d); err != nil {
		return crmsync.DryRun{}, fmt.Errorf("read comparison %s: %w", r.ID, err)
	}
	return crmsync.DryRun{
		ID: crmsync.DryRunID(r.ID), Config: connection.ConfigID(r.ConfigID), At: at(r.At), By: r.AskedBy, Ended: at(r.EndedAt),
		Error: d.Error, Contacts: d.Contacts, Leads: d.Leads, Done: d.Done, Counts: d.Counts, Findings: d.Findings, More: d.More,
	}, nil
}
