package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
)

// CreateKey stores an API key's hash; one that is there already is no error.
func (s *Store) CreateKey(ctx context.Context, k auth.Key) error {
	err := s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		if _, err := q.Key(ctx, k.Hash); !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		return q.InsertKey(ctx, db.InsertKeyParams{
			KeyHash: k.Hash, OrgID: string(k.Org), ID: string(k.ID), Role: string(k.Role), Name: k.Name, Hint: k.Hint, CreatedAt: ms(k.Created), ExpiresAt: ms(k.Expires),
		})
	})
	if s.engine.unique(err) { // another node was quicker with the same key
		return nil
	}
	return err
}

// Key finds an API key by its hash, whether it has expired or not.
func (s *Store) Key(ctx context.Context, hash string) (auth.Key, error) {
	r, err := s.qr.Key(s.quick(ctx), hash)
	return key(r), s.explain(err)
}

func key(r db.ApiKey) auth.Key {
	return auth.Key{
		ID: auth.KeyID(r.ID), Hash: r.KeyHash, Org: org.ID(r.OrgID), Role: auth.Role(r.Role), Name: r.Name, Hint: r.Hint,
		Created: at(r.CreatedAt), Expires: at(r.ExpiresAt), Used: at(r.UsedAt),
	}
}

// Keys reads an organization's API keys, those of the platform's engineers for none, oldest first.
func (s *Store) Keys(ctx context.Context, o org.ID) ([]auth.Key, error) {
	rows, err := s.qr.Keys(ctx, string(o))
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]auth.Key, len(rows))
	for i, r := range rows {
		out[i] = key(r)
	}
	return out, nil
}

// TouchKey keeps when a key was used.
func (s *Store) TouchKey(ctx context.Context, hash string, now time.Time) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.TouchKey(ctx, db.TouchKeyParams{KeyHash: hash, UsedAt: ms(now)})
	})
}

// RevokeKey takes a key away for ever.
func (s *Store) RevokeKey(ctx context.Context, o org.ID, k auth.KeyID, e audit.Event) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		n, err := q.DeleteKey(ctx, db.DeleteKeyParams{OrgID: string(o), ID: string(k)})
		if err != nil {
			return err
		}
		if n == 0 {
			return errNotFound
		}
		return insertAudit(ctx, q, o, e)
	})
}
