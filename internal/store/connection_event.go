package store

import (
	"context"
	"database/sql"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store/db"
)

// keepEvents stores what happened to a connection.
func keepEvents(ctx context.Context, q *db.Queries, o org.ID, c connection.ConfigID, happened []connection.Event) error {
	for _, e := range happened {
		err := q.InsertConnectionEvent(ctx, db.InsertConnectionEventParams{
			OrgID: string(o), ConfigID: string(c), ID: e.ID, At: ms(e.At), Kind: string(e.Kind), Actor: e.By, Detail: e.Detail, Code: e.Code,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// KeepEvent stores one, unless the newest is of the same kind and code and less than quiet older.
func (s *Store) KeepEvent(ctx context.Context, o org.ID, c connection.ConfigID, e connection.Event, quiet time.Duration) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		if quiet > 0 {
			last, err := q.ConnectionEvents(ctx, db.ConnectionEventsParams{OrgID: string(o), ConfigID: string(c), N: 1})
			if err != nil {
				return err
			}
			if len(last) > 0 && last[0].Kind == string(e.Kind) && last[0].Code == e.Code && e.At.Sub(at(last[0].At)) < quiet {
				return nil
			}
		}
		return keepEvents(ctx, q, o, c, []connection.Event{e})
	})
}

// renewed counts a renewed access token in the event of its day.
func (s *Store) renewed(ctx context.Context, q *db.Queries, o org.ID, c connection.ConfigID, now time.Time) error {
	r, err := q.OrganizationByID(ctx, string(o))
	if err != nil {
		return err
	}
	zone := org.Organization{Timezone: r.Timezone}.Location()
	return q.CountConnectionEvent(ctx, db.CountConnectionEventParams{
		OrgID: string(o), ConfigID: string(c), ID: "cev_00" + now.In(zone).Format("20060102"), At: ms(now), Kind: string(connection.EventRenewed),
	})
}

// keepRenewed is how long the days of regular renewals are kept.
const keepRenewed = 60 * 24 * time.Hour

// Events reads what happened to a connection, newest first.
func (s *Store) Events(ctx context.Context, o org.ID, c connection.ConfigID, limit int) ([]connection.Event, error) {
	rows, err := s.qr.ConnectionEvents(ctx, db.ConnectionEventsParams{OrgID: string(o), ConfigID: string(c), N: int32(pageSize(limit))})
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]connection.Event, len(rows))
	for i, r := range rows {
		out[i] = connection.Event{ID: r.ID, At: at(r.At), Kind: connection.EventKind(r.Kind), By: r.Actor, Detail: r.Detail, Code: r.Code, Times: int(r.Times)}
	}
	return out, nil
}

// Disconnect forgets the tokens of a connection, with what happened.
func (s *Store) Disconnect(ctx context.Context, o org.ID, c connection.ConfigID, e connection.Event) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		n, err := q.Disconnect(ctx, db.DisconnectParams{OrgID: string(o), ID: string(c)})
		if err != nil || n == 0 {
			return err
		}
		if err := q.DeleteDenials(ctx, db.DeleteDenialsParams{OrgID: string(o), ConfigID: string(c)}); err != nil {
			return err
		}
		if err := forgetCopy(ctx, q, o, c); err != nil {
			return err
		}
		return keepEvents(ctx, q, o, c, []connection.Event{e})
	})
}

// MarkChecked stores who and where the CRM says that a connection is.
func (s *Store) MarkChecked(ctx context.Context, o org.ID, c connection.ConfigID, who crm.Identity, now time.Time) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.MarkChecked(ctx, db.MarkCheckedParams{OrgID: string(o), ID: string(c), CheckedAt: ms(now), CrmUserName: who.UserName})
	})
}

func countToken(ctx context.Context, q *db.Queries, o org.ID, c connection.ConfigID, account string, t secret.String, now time.Time) error {
	if t.Empty() {
		return nil
	}
	return q.PutRefreshToken(ctx, db.PutRefreshTokenParams{
		OrgID: string(o), ConfigID: string(c), TokenHash: id.Hash(t.Reveal()), AccountID: account, MintedAt: ms(now),
	})
}

// forgetSealed takes the refresh token of a config out of the count.
func (s *Store) forgetSealed(ctx context.Context, q *db.Queries, r db.CrmConfig) error {
	t, err := s.keys.Open(r.RefreshSealed, r.OrgID, "crm_configs", sealRefresh, r.ID)
	if err != nil || t.Empty() {
		return err
	}
	return q.DeleteRefreshToken(ctx, db.DeleteRefreshTokenParams{OrgID: r.OrgID, ConfigID: r.ID, TokenHash: id.Hash(t.Reveal())})
}

// CountToken keeps that a refresh token lives.
func (s *Store) CountToken(ctx context.Context, o org.ID, c connection.ConfigID, account string, t secret.String, now time.Time) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return countToken(ctx, q, o, c, account, t, now)
	})
}

// ForgetToken keeps that a refresh token does not live any more.
func (s *Store) ForgetToken(ctx context.Context, o org.ID, c connection.ConfigID, t secret.String) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.DeleteRefreshToken(ctx, db.DeleteRefreshTokenParams{OrgID: string(o), ConfigID: string(c), TokenHash: id.Hash(t.Reveal())})
	})
}

// LiveTokens counts an account's refresh tokens over all organizations: one person may have authorized several. It tells
// the asking organization nothing but the number.
func (s *Store) LiveTokens(ctx context.Context, _ org.ID, account string) (int, error) {
	n, err := s.qr.CountRefreshTokens(ctx, account)
	return int(n), s.explain(err)
}

// WaitingWrites counts what waits to be written.
func (s *Store) WaitingWrites(ctx context.Context, o org.ID) (connection.Waiting, error) {
	r, err := s.qr.CountWaiting(ctx, string(o))
	return connection.Waiting{Appointments: int(r.Appointments), Leads: int(r.Leads)}, s.explain(err)
}

// IdleConfigs reads the connected configs that nothing has proved alive since then.
func (s *Store) IdleConfigs(ctx context.Context, before time.Time) ([]connection.Config, error) {
	rows, err := s.qr.IdleConfigs(ctx, ms(before))
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

// LostConfigs reads the configs that wait for a person to reconnect them.
func (s *Store) LostConfigs(ctx context.Context) ([]connection.Config, error) {
	rows, err := s.qr.LostConfigs(ctx)
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
