package store

import (
	"context"
	"database/sql"
	"errors"

	"heavyset.tech/platform/internal/feed"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
)

// PutFeed keeps that a rep has a feed behind a token, in the place of an earlier one.
func (s *Store) PutFeed(ctx context.Context, o org.ID, rep, tokenHash string, f feed.Feed) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.PutFeed(ctx, db.PutFeedParams{OrgID: string(o), RepID: rep, TokenHash: tokenHash, MadeAt: ms(f.Made), MadeBy: f.By})
	})
}

// RemoveFeed takes a rep's feed away; fault.NotFound when there is none.
func (s *Store) RemoveFeed(ctx context.Context, o org.ID, rep string) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		n, err := q.DeleteFeed(ctx, db.DeleteFeedParams{OrgID: string(o), RepID: rep})
		if err == nil && n == 0 {
			return sql.ErrNoRows
		}
		return err
	})
}

// RepFeed reads whether a rep has a feed.
func (s *Store) RepFeed(ctx context.Context, o org.ID, rep string) (feed.Feed, bool, error) {
	r, err := s.qr.Feed(ctx, db.FeedParams{OrgID: string(o), RepID: rep})
	if errors.Is(err, sql.ErrNoRows) {
		return feed.Feed{}, false, nil
	}
	return feed.Feed{Made: at(r.MadeAt), By: r.MadeBy}, err == nil, s.explain(err)
}

// FeedBehind finds whose feed a token opens.
func (s *Store) FeedBehind(ctx context.Context, tokenHash string) (org.ID, string, error) {
	r, err := s.qr.FeedByHash(ctx, tokenHash)
	return org.ID(r.OrgID), r.RepID, s.explain(err)
}
