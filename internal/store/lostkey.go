package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store/db"
	"heavyset.tech/platform/internal/webhook"
)

// Forgotten counts what ForgetKey has given up.
type Forgotten struct {
	ClientSecrets int64 // of CRM configs: to be entered anew
	Connections   int64 // to be authorized anew
	Webhooks      int64 // endpoints: turned off until their secret is rotated
	Channels      int64 // notifications from the CRM: watched anew after the connection is authorized
	Factors       int64 // second factors: to be set up anew; their owners are signed out
	Values        int64 // what was in the CRM before we wrote: can't be undone any more
	Answers       int64 // of the last day, to repeated calls
	Links         int   // private links of appointments that mails will name anew; those in mails already still work
	Places        int   // on waiting lists, whose link the next mail names anew: an entry has one, so those in mails already end
}

// sealedWith is the condition that the key $1 has sealed a column.
func sealedWith(column string) string {
	return "substr(" + column + ", 1, length(CAST($1 AS TEXT))) = CAST($1 AS TEXT)"
}

// ForgetKey gives up what a lost key has sealed, so that the rest works again: without it every reading of such a value
// fails. It can't be undone. fault.Conflict: the key is not lost.
func (s *Store) ForgetKey(ctx context.Context, key string, now time.Time) (Forgotten, error) {
	if slices.Contains(s.keys.IDs(), key) {
		return Forgotten{}, fault.New(fault.Conflict, "The key "+key+" is there. Take it out of HEAVYSET_SECRET_KEYS first, if it is really lost.")
	}
	var f Forgotten
	err := s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
		f = Forgotten{}
		run := func(n *int64, query string, more ...any) error {
			res, err := tx.ExecContext(ctx, query, append([]any{key + "."}, more...)...)
			if err != nil {
				return err
			}
			*n, err = res.RowsAffected()
			return err
		}
		users := "SELECT user_id FROM user_factors WHERE " + sealedWith("secret_sealed") + " OR " + sealedWith("pending_sealed")
		var n, calls int64
		err := errors.Join(
			run(&f.ClientSecrets, "UPDATE crm_configs SET client_secret_sealed = '', client_secret_at = 0 WHERE "+sealedWith("client_secret_sealed")),
			run(&n, "UPDATE crm_configs SET access_sealed = '', access_expires_at = 0 WHERE "+sealedWith("access_sealed")),
			run(&f.Connections, `UPDATE crm_configs SET state = 'needs_reconnect', refresh_sealed = '', access_sealed = '', access_expires_at = 0, token_version = token_version + 1,
				failure_class = CAST($2 AS TEXT), failure_code = '', failure_message = 'The key that sealed the authorization is lost.', failure_at = CAST($3 AS BIGINT)
				WHERE `+sealedWith("refresh_sealed"), string(crm.Broken), ms(now)),
			run(&n, "UPDATE webhook_endpoints SET former_sealed = '', former_until = 0 WHERE "+sealedWith("former_sealed")),
			run(&f.Webhooks, `UPDATE webhook_endpoints SET secret_sealed = '', state = 'disabled', why = CAST($2 AS TEXT) WHERE `+sealedWith("secret_sealed"), webhook.SecretLost),
			run(&f.Channels, "DELETE FROM watch_channels WHERE "+sealedWith("path_sealed")+" OR "+sealedWith("token_sealed")),
			run(&n, "UPDATE erasures SET markers_sealed = '' WHERE "+sealedWith("markers_sealed")),
			run(&f.Values, "DELETE FROM crm_values WHERE "+sealedWith("before_sealed")+" OR "+sealedWith("after_sealed")),
			run(&f.Answers, `DELETE FROM idempotency WHERE call = 'bookings' AND replace(answer, '"token":"' || CAST($1 AS TEXT), '') <> answer`),
			run(&calls, "DELETE FROM api_answers WHERE "+sealedWith("answer_sealed")),
			run(&n, "DELETE FROM recovery_codes WHERE user_id IN ("+users+")"),
			run(&n, "DELETE FROM user_sessions WHERE user_id IN ("+users+")"),
			run(&f.Factors, "DELETE FROM user_factors WHERE "+sealedWith("secret_sealed")+" OR "+sealedWith("pending_sealed")),
		)
		if err != nil {
			return err
		}
		f.Answers += calls
		e := audit.Event{By: audit.By{Who: "command line"}, Area: audit.Keys, Act: "Lost key forgotten", Subject: key}
		return insertAudit(ctx, q, "", e.Finish(now))
	})
	if err != nil {
		return f, fmt.Errorf("forget the key %s: %w", key, err)
	}
	f.Links, err = s.renewLinks(ctx, key, "appointments", func(ctx context.Context, q *db.Queries, v sealedValue, hash string) error {
		if err := q.InsertManageLink(ctx, db.InsertManageLinkParams{TokenHash: hash, OrgID: v.org, AppointmentID: v.id}); err != nil {
			return err
		}
		return q.SetManageToken(ctx, db.SetManageTokenParams{OrgID: v.org, ID: v.id, TokenSealed: v.now})
	})
	if err != nil {
		return f, err
	}
	f.Places, err = s.renewLinks(ctx, key, "waitlist_entries", func(ctx context.Context, q *db.Queries, v sealedValue, hash string) error {
		return q.SetWaitToken(ctx, db.SetWaitTokenParams{OrgID: v.org, ID: v.id, TokenHash: hash, TokenSealed: v.now})
	})
	return f, err
}

// renewLinks gives the rows of a table whose link can't be opened any more another one, for later mails.
func (s *Store) renewLinks(ctx context.Context, key, table string, put func(ctx context.Context, q *db.Queries, v sealedValue, hash string) error) (int, error) {
	query := "SELECT org_id, id, token_sealed FROM " + table + " WHERE " + sealedWith("token_sealed") + " ORDER BY org_id, id LIMIT 200"
	n := 0
	for {
		batch, err := s.sealedBatch(ctx, query, key+".")
		if err != nil || len(batch) == 0 {
			return n, err
		}
		err = s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
			for _, v := range batch {
				token := id.Token()
				v.now = s.keys.Seal(secret.NewString(token), v.org, table, "token", v.id)
				if err := put(ctx, q, v, id.Hash(token)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return n, fmt.Errorf("give %s new links: %w", table, err)
		}
		n += len(batch)
	}
}
