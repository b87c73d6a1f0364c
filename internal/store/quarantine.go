package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/quarantine"
	"heavyset.tech/platform/internal/store/db"
)

// Answered says whether a call with this key was answered already.
func (s *Store) Answered(ctx context.Context, o org.ID, call string, k lead.IdempotencyKey) (bool, error) {
	_, err := s.qr.Answer(ctx, db.AnswerParams{OrgID: string(o), Call: call, KeyHash: id.Hash(k.Key), AfterMs: ms(s.now().Add(-keepAnswers))})
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, s.explain(err)
}

// KeepSuspect keeps a request that may be spam, and nothing else.
func (s *Store) KeepSuspect(ctx context.Context, o org.ID, v quarantine.Suspect) error {
	request, err := json.Marshal(v.Request)
	if err != nil {
		return err
	}
	key := string(v.ID)
	if b := v.Request.Booking; b != nil && b.Key.Key != "" {
		key = id.Hash("book:" + b.Key.Key + ":" + b.Key.Body)
	}
	if l := v.Request.Lead; l != nil && l.Key.Key != "" {
		key = id.Hash("lead:" + l.Key.Key + ":" + l.Key.Body)
	}
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		n, err := q.CountSuspects(ctx, string(o))
		if err != nil {
			return err
		}
		if n >= quarantine.MaxWaiting {
			return quarantine.ErrRefused
		}
		return q.InsertSuspect(ctx, db.InsertSuspectParams{
			OrgID: string(o), ID: string(v.ID), KeyHash: key, At: ms(v.At), Score: int64(v.Score), Reasons: toJSON(v.Reasons), Request: string(request),
		})
	})
}

// suspectsShown is how many are listed of those that wait, and of those that were settled.
const suspectsShown = 100

// Suspects lists those that wait, oldest first, and the last that were settled.
func (s *Store) Suspects(ctx context.Context, o org.ID) (waiting, settled []quarantine.Suspect, err error) {
	open, err := s.qr.WaitingSuspects(ctx, db.WaitingSuspectsParams{OrgID: string(o), N: suspectsShown})
	if err != nil {
		return nil, nil, s.explain(err)
	}
	ended, err := s.qr.SettledSuspects(ctx, db.SettledSuspectsParams{OrgID: string(o), N: suspectsShown})
	if err != nil {
		return nil, nil, s.explain(err)
	}
	if waiting, err = suspects(open); err == nil {
		settled, err = suspects(ended)
	}
	return waiting, settled, err
}

// Suspect reads one; fault.NotFound.
func (s *Store) Suspect(ctx context.Context, o org.ID, id quarantine.ID) (quarantine.Suspect, error) {
	r, err := s.qr.Suspect(ctx, db.SuspectParams{OrgID: string(o), ID: string(id)})
	if err != nil {
		return quarantine.Suspect{}, missing(s.explain(err), fault.New(fault.NotFound, "There is no such request."))
	}
	return suspect(r)
}

// CountSuspects counts those that wait.
func (s *Store) CountSuspects(ctx context.Context, o org.ID) (int, error) {
	n, err := s.qr.CountSuspects(ctx, string(o))
	return int(n), s.explain(err)
}

// SettleSuspect ends the waiting; fault.Conflict when somebody has already.
func (s *Store) SettleSuspect(ctx context.Context, o org.ID, id quarantine.ID, how quarantine.Settlement) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		n, err := q.SettleSuspect(ctx, db.SettleSuspectParams{
			OrgID: string(o), ID: string(id), At: ms(how.At), SettledBy: how.By, Choice: string(how.Choice), Made: how.Made,
		})
		if err == nil && n == 0 {
			return quarantine.ErrSettled
		}
		return err
	})
}

func suspects(rows []db.Suspect) ([]quarantine.Suspect, error) {
	out := make([]quarantine.Suspect, len(rows))
	for i, r := range rows {
		var err error
		if out[i], err = suspect(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func suspect(r db.Suspect) (quarantine.Suspect, error) {
	v := quarantine.Suspect{
		ID: quarantine.ID(r.ID), At: at(r.At), Score: int(r.Score), Settled: at(r.SettledAt), By: r.SettledBy, Choice: quarantine.Choice(r.Choice), Made: r.Made,
	}
	err := errors.Join(json.Unmarshal([]byte(r.Reasons), &v.Reasons), json.Unmarshal([]byte(r.Request), &v.Request))
	return v, err
}
