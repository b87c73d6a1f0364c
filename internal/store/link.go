package store

import (
	"context"
	"database/sql"

	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store/db"
)

// RenewLinks ends every private link of a customer's appointments and gives each another one, for later messages; renewed is of
// how many.
func (s *Store) RenewLinks(ctx context.Context, o org.ID, c lead.CustomerID) (renewed int, err error) {
	err = s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		list, err := q.LinkedAppointments(ctx, db.LinkedAppointmentsParams{OrgID: string(o), CustomerID: string(c)})
		if err != nil {
			return err
		}
		for _, a := range list {
			if err := q.DeleteManageLinks(ctx, db.DeleteManageLinksParams{OrgID: string(o), AppointmentID: a}); err != nil {
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
		renewed = len(list)
		return nil
	})
	return renewed, err
}
