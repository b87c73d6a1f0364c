package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
)

// keepAnswers is how long a repeated key gives the first answer.
const keepAnswers = 24 * time.Hour

// answer reads the kept answer of a key into out; fault.Conflict when the key was used for another request. It runs
// under the organization's lock, so a concurrent duplicate has waited for the first.
func answer(ctx context.Context, q *db.Queries, o org.ID, call string, key lead.IdempotencyKey, now time.Time, out any) (bool, error) {
	if key.Key == "" {
		return false, nil
	}
	row, err := q.Answer(ctx, db.AnswerParams{OrgID: string(o), Call: call, KeyHash: id.Hash(key.Key), AfterMs: ms(now.Add(-keepAnswers))})
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if row.Body != key.Body {
		return false, errKeyUsed
	}
	if err := json.Unmarshal([]byte(row.Answer), out); err != nil {
		return false, fmt.Errorf("read a kept answer: %w", err)
	}
	return true, nil
}

// keep stores the answer of a key.
func keep(ctx context.Context, q *db.Queries, o org.ID, call string, key lead.IdempotencyKey, now time.Time, v any) error {
	if key.Key == "" {
		return nil
	}
	return q.KeepAnswer(ctx, db.KeepAnswerParams{
		OrgID: string(o), Call: call, KeyHash: id.Hash(key.Key), Body: key.Body, Answer: toJSON(v), CreatedAt: ms(now),
	})
}
