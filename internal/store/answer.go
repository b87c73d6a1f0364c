package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store/db"
)

const sealAnswer = "answer"

// callTakes is how long the first request of a key may be under way; after it another may try, because its process has
// died. It is longer than any request may take.
const callTakes = 5 * time.Minute

// BeginCall makes the caller the one who answers a call, named by a digest of everything that makes it the same. Otherwise
// it gives the answer of the first, with status 0 while that is under way. fault.Conflict: the request was another one. o is
// "" for calls of the platform.
func (s *Store) BeginCall(ctx context.Context, o org.ID, call, body string) (status int, answer []byte, mine bool, err error) {
	err = s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		status, answer, mine = 0, nil, false
		now := s.now()
		n, err := q.ClaimCall(ctx, db.ClaimCallParams{
			OrgID: string(o), ID: call, Body: body, At: ms(now), ExpiredMs: ms(now.Add(-keepAnswers)), StaleMs: ms(now.Add(-callTakes)),
		})
		if err != nil || n == 1 {
			mine = n == 1
			return err
		}
		r, err := q.Call(ctx, db.CallParams{OrgID: string(o), ID: call})
		if errors.Is(err, sql.ErrNoRows) {
			return nil // the first has failed just now: whoever asks again is the next
		}
		if err != nil {
			return err
		}
		if r.Body != body {
			return errKeyUsed
		}
		kept, err := s.keys.Open(r.AnswerSealed, string(o), "api_answers", sealAnswer, call)
		status, answer = int(r.Status), []byte(kept.Reveal())
		return err
	})
	return status, answer, mine, err
}

// KeepCall keeps the answer of a call.
func (s *Store) KeepCall(ctx context.Context, o org.ID, call string, status int, answer []byte) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.KeepCall(ctx, db.KeepCallParams{
			OrgID: string(o), ID: call, Status: int64(status), AnswerSealed: s.keys.Seal(secret.NewString(string(answer)), string(o), "api_answers", sealAnswer, call),
		})
	})
}

// DropCall lets the next request of a call be the first: this one has changed nothing.
func (s *Store) DropCall(ctx context.Context, o org.ID, call string) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.DropCall(ctx, db.DropCallParams{OrgID: string(o), ID: call})
	})
}
