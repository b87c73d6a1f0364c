package store

import (
	"context"
	"database/sql"

	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/quarantine"
	"heavyset.tech/platform/internal/store/db"
)

// UseProof keeps by which request the proof of work of a form was used; fresh is false when another one has before.
func (s *Store) UseProof(ctx context.Context, o org.ID, p quarantine.Proof) (fresh bool, err error) {
	err = s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		if err := q.UseProof(ctx, db.UseProofParams{OrgID: string(o), FormHash: p.Form, RequestHash: p.Request, ExpiresAt: ms(p.Until)}); err != nil {
			return err
		}
		by, err := q.ProofUsedBy(ctx, db.ProofUsedByParams{OrgID: string(o), FormHash: p.Form})
		fresh = by == p.Request
		return err
	})
	return fresh, err
}

// FreeProof takes back what a request has used without anything coming of it.
func (s *Store) FreeProof(ctx context.Context, o org.ID, p quarantine.Proof) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.FreeProof(ctx, db.FreeProofParams{OrgID: string(o), FormHash: p.Form, RequestHash: p.Request})
	})
}
