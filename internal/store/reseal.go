package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store/db"
)

// sealedColumn is where sealed values stand, and for which place they are sealed.
type sealedColumn struct {
	table, org, id, column string // names, or for org a constant
	place                  string
}

// sealedColumns are all of them but the kept answers; a test holds them against the schema.
func sealedColumns() []sealedColumn {
	return []sealedColumn{
		{"crm_configs", "org_id", "id", "client_secret_sealed", sealClientSecret},
		{"crm_configs", "org_id", "id", "refresh_sealed", sealRefresh},
		{"crm_configs", "org_id", "id", "access_sealed", sealAccess},
		{"watch_channels", "org_id", "channel_id", "path_sealed", "path"},
		{"watch_channels", "org_id", "channel_id", "token_sealed", "token"},
		{"user_factors", "''", "user_id", "secret_sealed", "secret"},
		{"user_factors", "''", "user_id", "pending_sealed", "secret"},
		{"appointments", "org_id", "id", "token_sealed", "token"},
		{"webhook_endpoints", "org_id", "id", "secret_sealed", sealWebhook},
		{"webhook_endpoints", "org_id", "id", "former_sealed", sealWebhook},
		{"api_answers", "org_id", "id", "answer_sealed", sealAnswer},
		{"waitlist_entries", "org_id", "id", "token_sealed", "token"},
		{"crm_values", "org_id", "id", "before_sealed", sealBefore},
		{"crm_values", "org_id", "id", "after_sealed", sealAfter},
		{"erasures", "org_id", "id", "markers_sealed", sealMarkers},
	}
}

// resealBatch is how many values are sealed anew in one transaction.
const resealBatch = 200

// Resealing is how far Reseal has come.
type Resealing struct {
	Done   int // sealed anew
	Closed int // do not open with any key there is
}

// Reseal seals anew, with the first key, what other keys have sealed. It may run beside everything else, several times at
// once too: a value that somebody changes meanwhile stays as they have left it. told hears of each batch.
func (s *Store) Reseal(ctx context.Context, told func(Resealing)) (Resealing, error) {
	var all Resealing
	for _, c := range sealedColumns() {
		if err := s.resealColumn(ctx, c, &all, told); err != nil {
			return all, fmt.Errorf("seal %s.%s anew: %w", c.table, c.column, err)
		}
	}
	if err := s.resealAnswers(ctx, &all, told); err != nil {
		return all, fmt.Errorf("seal the kept answers anew: %w", err)
	}
	return all, nil
}

// sealedValue is one value with what tells its row.
type sealedValue struct{ org, id, was, now string }

func (s *Store) resealColumn(ctx context.Context, c sealedColumn, all *Resealing, told func(Resealing)) error {
	query := fmt.Sprintf(`SELECT %[2]s, %[3]s, %[4]s FROM %[1]s WHERE %[4]s <> '' AND substr(%[4]s, 1, length(CAST($3 AS TEXT))) <> CAST($3 AS TEXT)
		AND (%[2]s, %[3]s) > (CAST($1 AS TEXT), CAST($2 AS TEXT)) ORDER BY %[2]s, %[3]s LIMIT %[5]d`, c.table, c.org, c.id, c.column, resealBatch)
	if c.org == "''" { // PostgreSQL orders by no constant
		query = strings.Replace(query, "ORDER BY '', ", "ORDER BY ", 1)
	}
	update := fmt.Sprintf("UPDATE %[1]s SET %[4]s = $4 WHERE %[2]s = $1 AND %[3]s = $2 AND %[4]s = $3", c.table, c.org, c.id, c.column)
	var last sealedValue
	for {
		batch, err := s.sealedBatch(ctx, query, last.org, last.id, s.keys.IDs()[0]+".")
		if err != nil || len(batch) == 0 {
			return err
		}
		last = batch[len(batch)-1]
		ready := batch[:0]
		for _, v := range batch {
			v.now, err = s.keys.Reseal(v.was, v.org, c.table, c.place, v.id)
			if errors.Is(err, secret.ErrSealed) {
				all.Closed++
				continue
			}
			if err != nil {
				return err
			}
			ready = append(ready, v)
		}
		if err := s.putSealed(ctx, update, ready, all); err != nil {
			return err
		}
		told(*all)
	}
}

func (s *Store) sealedBatch(ctx context.Context, query string, args ...any) ([]sealedValue, error) {
	rows, err := s.r.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, s.explain(err)
	}
	defer func() { _ = rows.Close() }()
	var out []sealedValue
	for rows.Next() {
		var v sealedValue
		if err := rows.Scan(&v.org, &v.id, &v.was); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, s.explain(rows.Err())
}

// putSealed stores values that nobody has changed since they were read.
func (s *Store) putSealed(ctx context.Context, update string, batch []sealedValue, all *Resealing) error {
	var n int64
	err := s.tx(ctx, func(ctx context.Context, tx *sql.Tx, _ *db.Queries) error {
		n = 0
		for _, v := range batch {
			res, err := tx.ExecContext(ctx, update, v.org, v.id, v.was, v.now)
			if err != nil {
				return err
			}
			changed, err := res.RowsAffected()
			if err != nil {
				return err
			}
			n += changed
		}
		return nil
	})
	all.Done += int(n)
	return err
}

// answersWithLinks are the kept answers that hold the sealed token of a private link, from a key on.
const answersWithLinks = `SELECT org_id, key_hash, answer FROM idempotency WHERE call = 'bookings'
	AND (org_id, key_hash) > (CAST($1 AS TEXT), CAST($2 AS TEXT)) ORDER BY org_id, key_hash LIMIT 200`

// resealAnswers does so with the tokens within kept answers.
func (s *Store) resealAnswers(ctx context.Context, all *Resealing, told func(Resealing)) error {
	const update = "UPDATE idempotency SET answer = $4 WHERE call = 'bookings' AND org_id = $1 AND key_hash = $2 AND answer = $3"
	return s.eachAnswers(ctx, func(batch []sealedValue) error {
		ready := batch[:0]
		for _, v := range batch {
			var doc receiptDoc
			if err := json.Unmarshal([]byte(v.was), &doc); err != nil {
				return fmt.Errorf("read a kept answer: %w", err)
			}
			again, err := s.keys.Reseal(doc.Token, v.org, "appointments", "token", doc.Appointment)
			if errors.Is(err, secret.ErrSealed) {
				all.Closed++
				continue
			}
			if err != nil {
				return err
			}
			if again != doc.Token {
				doc.Token = again
				v.now = toJSON(doc)
				ready = append(ready, v)
			}
		}
		if err := s.putSealed(ctx, update, ready, all); err != nil {
			return err
		}
		told(*all)
		return nil
	})
}

func (s *Store) eachAnswers(ctx context.Context, f func([]sealedValue) error) error {
	var last sealedValue
	for {
		batch, err := s.sealedBatch(ctx, answersWithLinks, last.org, last.id)
		if err != nil || len(batch) == 0 {
			return err
		}
		last = batch[len(batch)-1]
		if err := f(batch); err != nil {
			return err
		}
	}
}

// SealedBy counts values by the key that has sealed them.
func (s *Store) SealedBy(ctx context.Context) (map[string]int, error) {
	out := map[string]int{}
	for _, c := range sealedColumns() {
		if err := s.countSealed(ctx, c, out); err != nil {
			return nil, fmt.Errorf("count in %s.%s: %w", c.table, c.column, s.explain(err))
		}
	}
	err := s.eachAnswers(ctx, func(batch []sealedValue) error {
		for _, v := range batch {
			var doc receiptDoc
			if err := json.Unmarshal([]byte(v.was), &doc); err != nil {
				return fmt.Errorf("read a kept answer: %w", err)
			}
			if doc.Token != "" {
				out[secret.KeyOf(doc.Token)]++
			}
		}
		return nil
	})
	return out, err
}

// countSealed finds one key after the other, and counts what each has sealed.
func (s *Store) countSealed(ctx context.Context, c sealedColumn, out map[string]int) error {
	var known []any
	others := c.column + " <> ''"
	for {
		var sealed string
		err := s.r.QueryRowContext(ctx, fmt.Sprintf("SELECT %s FROM %s WHERE %s LIMIT 1", c.column, c.table, others), known...).Scan(&sealed)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		key := secret.KeyOf(sealed)
		var n int
		count := fmt.Sprintf("SELECT count(*) FROM %[1]s WHERE substr(%[2]s, 1, length(CAST($1 AS TEXT))) = CAST($1 AS TEXT)", c.table, c.column)
		if err := s.r.QueryRowContext(ctx, count, key+".").Scan(&n); err != nil {
			return err
		}
		out[key] += n
		known = append(known, key+".")
		others += fmt.Sprintf(" AND substr(%[1]s, 1, length(CAST($%[2]d AS TEXT))) <> CAST($%[2]d AS TEXT)", c.column, len(known))
	}
}

// SealingKeys names the keys there are, the first seals, and those that have sealed something and are not there.
func (s *Store) SealingKeys(by map[string]int) (there, lost []string) {
	there = s.keys.IDs()
	for k := range by {
		if !slices.Contains(there, k) {
			lost = append(lost, k)
		}
	}
	slices.Sort(lost)
	return there, lost
}
