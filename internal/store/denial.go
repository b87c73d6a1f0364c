package store

import (
	"context"
	"database/sql"
	"errors"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
)

// KeepDenial keeps a permission that a connected config lacks, with what happened; nothing when it is known already.
func (s *Store) KeepDenial(ctx context.Context, o org.ID, c connection.ConfigID, d connection.Denial, e connection.Event) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		n, err := q.InsertDenial(ctx, db.InsertDenialParams{OrgID: string(o), ConfigID: string(c), Scope: d.Scope, Without: d.Without, At: ms(d.Since)})
		if err != nil || n == 0 {
			return err
		}
		return keepEvents(ctx, q, o, c, []connection.Event{e})
	})
}

// Denials reads the permissions that a config was found to lack, the first first.
func (s *Store) Denials(ctx context.Context, o org.ID, c connection.ConfigID) ([]connection.Denial, error) {
	rows, err := s.qr.Denials(ctx, db.DenialsParams{OrgID: string(o), ConfigID: string(c)})
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]connection.Denial, len(rows))
	for i, r := range rows {
		out[i] = connection.Denial{Permission: crm.Permission{Scope: r.Scope, Without: r.Without}, Since: at(r.At)}
	}
	return out, nil
}

// Health reads how the connection is that an organization's records are written to; secrets stay closed.
func (s *Store) Health(ctx context.Context, o org.ID) (connection.Health, error) {
	r, err := s.qr.ActiveConfig(ctx, string(o))
	if errors.Is(err, sql.ErrNoRows) {
		return connection.Health{}, nil
	}
	if err != nil {
		return connection.Health{}, s.explain(err)
	}
	h := connection.Health{Config: plainConfig(r), Pause: connection.Pause{Until: at(r.PausedUntil), Failures: int(r.PauseFailures)}}
	h.Denials, err = s.Denials(ctx, o, h.Config.ID)
	return h, err
}
