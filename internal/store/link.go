package store

import (
	"context"
	"database/sql"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store/db"
)

// RenewLinks ends every private link of a customer's appointments and places on waiting lists and gives each another one, for
// later messages; renewed is of how many. The ended ones still find the appointment for Unsubscribing.
func (s *Store) RenewLinks(ctx context.Context, o org.ID, c lead.CustomerID) (renewed int, err error) {
	err = s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		list, err := q.LinkedAppointments(ctx, db.LinkedAppointmentsParams{OrgID: string(o), CustomerID: string(c)})
		if err != nil {
			return err
		}
		for _, a := range list {
			if err := q.RevokeManageLinks(ctx, db.RevokeManageLinksParams{OrgID: string(o), AppointmentID: a}); err != nil {
				return err
			}
			token := id.Token()
			if err := q.InsertManageLink(ctx, db.InsertManageLinkParams{TokenHash: id.Hash(token), OrgID: string(o), AppointmentID: a}); err != nil {
				return err
			}
			sealed := s.keys.Seal(secret.NewString(token), string(o), "appointments", "token", a)
			if err := q.SetManageToken(ctx, db.SetManageTokenParams{OrgID: string(o), ID: a, TokenSealed: sealed}); err != nil {
				return err
			}
		}
		waits, err := q.LinkedWaits(ctx, db.LinkedWaitsParams{OrgID: string(o), CustomerID: string(c)})
		if err != nil {
			return err
		}
		for _, e := range waits {
			token := id.Token()
			sealed := s.keys.Seal(secret.NewString(token), string(o), "waitlist_entries", "token", e)
			if err := q.SetWaitToken(ctx, db.SetWaitTokenParams{OrgID: string(o), ID: e, TokenHash: id.Hash(token), TokenSealed: sealed}); err != nil {
				return err
			}
		}
		renewed = len(list) + len(waits)
		return nil
	})
	return renewed, err
}

// Unsubscribing finds the appointment behind a link as ByToken does, also behind one that was revoked.
func (s *Store) Unsubscribing(ctx context.Context, tokenHash string) (org.Organization, booking.Appointment, error) {
	link, err := s.qr.LinkEver(ctx, tokenHash)
	if err != nil {
		return org.Organization{}, booking.Appointment{}, s.explain(err)
	}
	o, err := s.Organization(ctx, org.ID(link.OrgID))
	if err != nil {
		return org.Organization{}, booking.Appointment{}, err
	}
	a, err := s.Appointment(ctx, o.ID, booking.AppointmentID(link.AppointmentID))
	return o, a, err
}
