package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/insight"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
)

const dayMs = 24 * 60 * 60 * 1000

// KeepVisits puts what is told of visits over what is kept of them.
func (s *Store) KeepVisits(ctx context.Context, o org.ID, list []insight.Visit) error {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b insight.Visit) int { // two nodes take the rows' locks in the same order
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return inParts(ctx, s, list, func(ctx context.Context, q *db.Queries, v insight.Visit) error {
		return q.KeepVisit(ctx, db.KeepVisitParams{
			OrgID: string(o), ID: string(v.ID), StartedAt: ms(v.Started), SeenAt: ms(v.Seen), Step: int64(v.Step), Enquiry: bit(v.Enquiry), Spam: bit(v.Spam),
			AnsweredAt: ms(v.At), ServiceID: v.Service, PostalCode: v.PostalCode, FromDay: dayText(v.From), ToDay: dayText(v.To),
			Lost: string(v.Lost.Rule), Also: v.Lost.AlsoText(), AppointmentID: string(v.Appointment),
		})
	})
}

func dayText(d availability.Date) string {
	if d == (availability.Date{}) {
		return ""
	}
	return d.String()
}

// CountVisits counts the visits that began in [from, to), and those of whole UTC days that are only kept as counts.
func (s *Store) CountVisits(ctx context.Context, o org.ID, from, to time.Time) ([]insight.Count, error) {
	rows, err := s.qr.CountVisits(ctx, db.CountVisitsParams{OrgID: string(o), FromMs: ms(from), ToMs: ms(to)})
	if err != nil {
		return nil, s.explain(err)
	}
	var out []insight.Count
	for _, r := range rows {
		out = append(out, insight.Count{Service: r.ServiceID, Step: insight.Step(r.Reached), Enquiry: r.Enquiry != 0, Lost: insight.ParseLoss(r.Lost, r.Also), Visits: int(r.N)})
	}
	days, err := s.qr.CountVisitDays(ctx, db.CountVisitDaysParams{OrgID: string(o), FromDay: ms(from) / dayMs, ToDay: ms(to) / dayMs})
	if err != nil {
		return nil, s.explain(err)
	}
	for _, r := range days {
		out = append(out, insight.Count{Service: r.ServiceID, Step: insight.Step(r.Step), Enquiry: r.Enquiry != 0, Lost: insight.ParseLoss(r.Lost, r.Also), Visits: int(r.N)})
	}
	return out, nil
}

// AskedVisits lists the visits that asked for times, oldest first, the newest so many.
func (s *Store) AskedVisits(ctx context.Context, o org.ID, from, to time.Time, most int) ([]insight.Asked, error) {
	rows, err := s.qr.AskedVisits(ctx, db.AskedVisitsParams{OrgID: string(o), FromMs: ms(from), ToMs: ms(to), N: int32(most)})
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]insight.Asked, len(rows))
	for i, r := range rows {
		a := insight.Asked{Visit: insight.VisitID(r.ID), Started: at(r.StartedAt), Step: insight.Step(r.Step), Appointment: booking.AppointmentID(r.AppointmentID)}
		a.Answer = insight.Answer{At: at(r.AnsweredAt), Service: r.ServiceID, PostalCode: r.PostalCode, Lost: insight.ParseLoss(r.Lost, "")}
		a.From, _ = availability.ParseDate(r.FromDay)
		a.To, _ = availability.ParseDate(r.ToDay)
		out[len(rows)-1-i] = a
	}
	return out, nil
}

// HeldAppointments lists the appointments that start in [from, to), cancelled ones too, in order.
func (s *Store) HeldAppointments(ctx context.Context, o org.ID, from, to time.Time) ([]insight.Held, error) {
	rows, err := s.qr.HeldAppointments(ctx, db.HeldAppointmentsParams{OrgID: string(o), FromMs: ms(from), ToMs: ms(to)})
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]insight.Held, len(rows))
	for i, r := range rows {
		out[i] = insight.Held{
			ID: booking.AppointmentID(r.ID), Status: booking.Status(r.Status), Service: r.ServiceID, Rep: r.RepID, Start: at(r.StartsAt), End: at(r.EndsAt),
			PostalCode: r.PostalCode, Created: at(r.CreatedAt), Updated: at(r.UpdatedAt),
		}
	}
	return out, nil
}

// LeadsMade lists the leads that were made in [from, to), oldest first.
func (s *Store) LeadsMade(ctx context.Context, o org.ID, from, to time.Time) ([]insight.Made, error) {
	rows, err := s.qr.LeadsMade(ctx, db.LeadsMadeParams{OrgID: string(o), FromMs: ms(from), ToMs: ms(to)})
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]insight.Made, len(rows))
	for i, r := range rows {
		utm := map[string]string{}
		if err := json.Unmarshal([]byte(r.Utm), &utm); err != nil {
			return nil, fmt.Errorf("read the campaign of a lead of %s: %w", o, err)
		}
		stage := lead.Stage(r.Stage)
		out[i] = insight.Made{
			Enquiry: lead.Kind(r.Kind) != lead.FromBooking, Booked: stage == lead.Booked || stage == lead.Won, Source: utm["utm_source"], Campaign: utm["utm_campaign"],
			Created: at(r.CreatedAt), Contacted: at(r.ContactedAt), Open: stage.Open(),
		}
	}
	return out, nil
}

// sweepVisits counts what is old by day and forgets it.
func sweepVisits(ctx context.Context, q *db.Queries, now time.Time) (int64, error) {
	before := now.Add(-insight.KeepVisits).Truncate(24 * time.Hour)
	if _, err := q.RollUpVisits(ctx, ms(before)); err != nil {
		return 0, err
	}
	if _, err := q.DeleteVisits(ctx, ms(before)); err != nil {
		return 0, err
	}
	return q.DeleteVisitDays(ctx, ms(now.Add(-insight.KeepDays))/dayMs)
}
