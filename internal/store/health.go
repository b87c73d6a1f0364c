package store

import (
	"context"
	"errors"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/mirror"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
)

// addSample adds how one reading went to those of its hour.
func addSample(ctx context.Context, q *db.Queries, o org.ID, c connection.ConfigID, source string, x mirror.Sample) error {
	return q.AddSourceHour(ctx, db.AddSourceHourParams{
		OrgID: string(o), ConfigID: string(c), Source: source, Hour: ms(x.At.Truncate(time.Hour)), Failed: bit(x.Failed), LagMs: x.Lag.Milliseconds(), Changes: int64(x.Changes),
		Checked: bit(x.Checked), Corrected: int64(x.Corrected),
	})
}

// SourceHours lists how the readings of a config's sources went from the hour of since on.
func (s *Store) SourceHours(ctx context.Context, o org.ID, c connection.ConfigID, since time.Time) ([]mirror.SourceHour, error) {
	rows, err := s.qr.SourceHours(ctx, db.SourceHoursParams{OrgID: string(o), ConfigID: string(c), SinceMs: ms(since.Truncate(time.Hour))})
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]mirror.SourceHour, len(rows))
	for i, r := range rows {
		out[i] = mirror.SourceHour{
			Source: r.Source, Hour: at(r.Hour), Readings: int(r.Readings), Failed: int(r.Failed), Lag: time.Duration(r.LagMs) * time.Millisecond, Changes: int(r.Changes),
			Checked: r.Checked != 0, Corrected: int(r.Corrected),
		}
	}
	return out, nil
}

// Queue counts what of an organization is not in step with the CRM.
func (s *Store) Queue(ctx context.Context, o org.ID) (mirror.Queue, error) {
	r, err := s.qr.SyncQueue(ctx, string(o))
	if err != nil {
		return mirror.Queue{}, s.explain(err)
	}
	return mirror.Queue{
		Appointments: int(r.Appointments), FailedAppointments: int(r.FailedAppointments), Leads: int(r.Leads), FailedLeads: int(r.FailedLeads), Changes: int(r.Changes),
	}, nil
}

// WriteFailures counts the failed attempts to write since then by what the CRM said, the most frequent first.
func (s *Store) WriteFailures(ctx context.Context, o org.ID, since time.Time) ([]mirror.FailureKind, error) {
	rows, err := s.qr.WriteFailures(ctx, db.WriteFailuresParams{OrgID: string(o), SinceMs: ms(since)})
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]mirror.FailureKind, len(rows))
	for i, r := range rows {
		out[i] = mirror.FailureKind{Code: r.Code, Words: r.Error, N: int(r.N), Last: at(r.Newest)}
	}
	return out, nil
}

// forgetCopy forgets everything that was copied of a config's CRM: the slots of its organization come from our own data
// alone then.
func forgetCopy(ctx context.Context, q *db.Queries, o org.ID, c connection.ConfigID) error {
	if _, err := q.LockSchedule(ctx, string(o)); err != nil {
		return err
	}
	return errors.Join(
		q.ForgetMirror(ctx, db.ForgetMirrorParams{OrgID: string(o), ConfigID: string(c)}),
		q.ForgetSources(ctx, db.ForgetSourcesParams{OrgID: string(o), ConfigID: string(c)}),
		q.ForgetDirty(ctx, db.ForgetDirtyParams{OrgID: string(o), ConfigID: string(c)}),
		q.ForgetChannels(ctx, db.ForgetChannelsParams{OrgID: string(o), ConfigID: string(c)}),
		q.NoSource(ctx, string(o)))
}
