package store

import (
	"context"
	"database/sql"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store/db"
)

// Loaded is one appointment or lead with everything around it, as it stands after all its jobs are done.
type Loaded struct {
	Customer    lead.Customer
	Lead        *lead.Lead
	Appointment *booking.Appointment
	Token       secret.String
	Events      []booking.Event
	Config      connection.ConfigID // whose records Links are
	Links       []crmsync.Link
}

// Load stores finished appointments and leads in one transaction without stating any fact: for the demo's history and
// for benchmarks. The database refuses overlaps here too.
func (s *Store) Load(ctx context.Context, o org.ID, list []Loaded) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		if _, err := q.LockSchedule(ctx, string(o)); err != nil {
			return err
		}
		for _, l := range list {
			if err := s.load(ctx, q, o, l); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) load(ctx context.Context, q *db.Queries, o org.ID, l Loaded) error {
	if err := putCustomer(ctx, q, o, l.Customer); err != nil {
		return err
	}
	for _, k := range l.Links {
		if err := putLink(ctx, q, o, l.Config, k); err != nil {
			return err
		}
	}
	pushed := len(l.Links) > 0
	if pushed { // the record is of this person as they are
		state, err := q.CustomerPushState(ctx, db.CustomerPushStateParams{OrgID: string(o), ID: string(l.Customer.ID)})
		if err != nil {
			return err
		}
		if err := q.SettleCustomer(ctx, db.SettleCustomerParams{OrgID: string(o), ID: string(l.Customer.ID), Pushed: state.Revision}); err != nil {
			return err
		}
	}
	if l.Lead != nil {
		if err := insertLead(ctx, q, o, *l.Lead); err != nil {
			return err
		}
		if told := *l.Lead; !told.Contacted.IsZero() {
			if err := q.TellLead(ctx, db.TellLeadParams{
				OrgID: string(o), ID: string(told.ID), Stage: string(told.Stage), Status: told.Status, Owner: told.Owner, ContactedAt: ms(told.Contacted), UpdatedAt: ms(told.Contacted),
			}); err != nil {
				return err
			}
		}
		if pushed {
			if err := q.SettleLead(ctx, db.SettleLeadParams{OrgID: string(o), ID: string(l.Lead.ID), Pushed: 1}); err != nil {
				return err
			}
		}
	}
	if l.Appointment == nil {
		return nil
	}
	a := *l.Appointment
	sealed := s.keys.Seal(l.Token, string(o), "appointments", "token", string(a.ID))
	if err := insertAppointment(ctx, q, o, a, sealed); err != nil {
		return err
	}
	if pushed {
		if err := q.SettleAppointment(ctx, db.SettleAppointmentParams{OrgID: string(o), ID: string(a.ID), Pushed: a.Revision}); err != nil {
			return err
		}
	}
	for i, e := range l.Events {
		was := a
		was.Revision = int64(i + 1)
		if err := insertEvent(ctx, q, o, was, e); err != nil {
			return err
		}
	}
	return q.InsertManageLink(ctx, db.InsertManageLinkParams{TokenHash: id.Hash(l.Token.Reveal()), OrgID: string(o), AppointmentID: string(a.ID)})
}
