package store

import (
	"context"
	"database/sql"
	"time"

	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
	"heavyset.tech/platform/internal/widget"
)

// EmbedSites gives the sites that may show an organization's booking pages, in their order; empty: any.
func (s *Store) EmbedSites(ctx context.Context, o org.ID) ([]string, error) {
	sites, err := s.qr.EmbedSites(s.quick(ctx), string(o))
	return sites, s.explain(err)
}

// ChangeEmbedSites puts a new list in the place of the present one and forgets the refusals of origins that it covers.
func (s *Store) ChangeEmbedSites(ctx context.Context, o org.ID, change func([]string) ([]string, error), covers func([]string, string) bool) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		if err := q.LockOrganization(ctx, string(o)); err != nil { // so that of two changes the second sees the first
			return err
		}
		was, err := q.EmbedSites(ctx, string(o))
		if err != nil {
			return err
		}
		is, err := change(was)
		if err != nil {
			return err
		}
		if err := q.DeleteEmbedSites(ctx, string(o)); err != nil {
			return err
		}
		for i, site := range is {
			if err := q.InsertEmbedSite(ctx, db.InsertEmbedSiteParams{OrgID: string(o), Position: int64(i), Site: site}); err != nil {
				return err
			}
		}
		refused, err := q.EmbedRefusals(ctx, string(o))
		if err != nil {
			return err
		}
		for _, r := range refused {
			if len(is) == 0 || covers(is, r.Origin) {
				if err := q.DeleteEmbedRefusal(ctx, db.DeleteEmbedRefusalParams{OrgID: string(o), Origin: r.Origin}); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// RefuseEmbed counts one refusal and keeps the newest origins alone.
func (s *Store) RefuseEmbed(ctx context.Context, o org.ID, origin string, now time.Time, most int) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		if err := q.CountEmbedRefusal(ctx, db.CountEmbedRefusalParams{OrgID: string(o), Origin: origin, Now: ms(now)}); err != nil {
			return err
		}
		list, err := q.EmbedRefusals(ctx, string(o))
		if err != nil || len(list) <= most {
			return err
		}
		for _, r := range list[most:] {
			if err := q.DeleteEmbedRefusal(ctx, db.DeleteEmbedRefusalParams{OrgID: string(o), Origin: r.Origin}); err != nil {
				return err
			}
		}
		return nil
	})
}

// EmbedRefusals lists the sites that tried and failed, the last first.
func (s *Store) EmbedRefusals(ctx context.Context, o org.ID) ([]widget.Refusal, error) {
	rows, err := s.qr.EmbedRefusals(ctx, string(o))
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]widget.Refusal, len(rows))
	for i, r := range rows {
		out[i] = widget.Refusal{Origin: r.Origin, Times: int(r.Times), First: at(r.FirstAt), Last: at(r.LastAt)}
	}
	return out, nil
}
