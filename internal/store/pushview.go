package store

import (
	"context"
	"database/sql"
	"errors"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
)

// pushRow is what a view is made of.
type pushRow struct {
	pushed, revision, failed int64
	message                  string
	subjects                 []string
}

// AppointmentViews says how far appointments have come in the CRM.
func (s *Store) AppointmentViews(ctx context.Context, o org.ID, ids []booking.AppointmentID) (map[booking.AppointmentID]crmsync.View, error) {
	return views(ctx, s, o, ids, func(id booking.AppointmentID) (pushRow, error) {
		r, err := s.qr.Appointment(ctx, db.AppointmentParams{OrgID: string(o), ID: string(id)})
		return pushRow{r.Pushed, r.Revision, r.PushFailed, r.PushError, []string{r.CustomerID, r.LeadID, r.ID}}, err
	})
}

// LeadViews says how far leads have come in the CRM.
func (s *Store) LeadViews(ctx context.Context, o org.ID, ids []lead.ID) (map[lead.ID]crmsync.View, error) {
	return views(ctx, s, o, ids, func(id lead.ID) (pushRow, error) {
		r, err := s.qr.Lead(ctx, db.LeadParams{OrgID: string(o), ID: string(id)})
		row := pushRow{r.Pushed, r.Revision, r.PushFailed, r.PushError, []string{r.ID}}
		if err != nil || r.AppointmentID == "" {
			return row, err
		}
		a, err := s.qr.Appointment(ctx, db.AppointmentParams{OrgID: string(o), ID: r.AppointmentID}) // pushed with it
		row.failed, row.message = a.PushFailed, a.PushError
		return row, err
	})
}

// CustomerViews says which records stand for customers in the CRM: one that has any is written. Until then, and for one
// who is known only from enquiries and stands in the CRM as a lead, the newest appointment or lead tells how far it is.
func (s *Store) CustomerViews(ctx context.Context, o org.ID, ids []lead.CustomerID) (map[lead.CustomerID]crmsync.View, error) {
	out, err := views(ctx, s, o, ids, func(id lead.CustomerID) (pushRow, error) {
		a, err := s.qr.NewestAppointmentOf(ctx, db.NewestAppointmentOfParams{OrgID: string(o), CustomerID: string(id)})
		row := pushRow{a.Pushed, a.Revision, a.PushFailed, a.PushError, []string{string(id)}}
		if !errors.Is(err, sql.ErrNoRows) {
			return row, err
		}
		leads, err := s.qr.LeadsOfCustomer(ctx, db.LeadsOfCustomerParams{OrgID: string(o), CustomerID: string(id)})
		if err != nil || len(leads) == 0 {
			return row, err
		}
		l := leads[0]
		return pushRow{l.Pushed, l.Revision, l.PushFailed, l.PushError, append(row.subjects, l.ID)}, nil
	})
	for id, v := range out {
		if len(v.Records) > 0 {
			v.State, v.LastError = crmsync.Written, ""
			out[id] = v
		}
	}
	return out, err
}

// views makes the view of each id from its row, its links and whether the organization is connected.
func views[ID ~string](ctx context.Context, s *Store, o org.ID, ids []ID, read func(ID) (pushRow, error)) (map[ID]crmsync.View, error) {
	connected, hinders, err := s.hindrance(ctx, o)
	if err != nil {
		return nil, err
	}
	out := make(map[ID]crmsync.View, len(ids))
	for _, id := range ids {
		row, err := read(id)
		if errors.Is(err, sql.ErrNoRows) {
			return nil, fault.New(fault.NotFound, "There is no such thing here.")
		}
		if err != nil {
			return nil, err
		}
		v := crmsync.View{State: crmsync.Pending, LastError: row.message}
		switch {
		case row.failed != 0:
			v.State = crmsync.Failed
		case row.pushed >= row.revision:
			v.State = crmsync.Written
		case !connected:
			v.State = crmsync.NotConnected
		case hinders != "": // also for what has not been tried since
			v.LastError = hinders
		}
		for _, subject := range row.subjects {
			if subject == "" {
				continue
			}
			links, err := s.qr.LinksOf(ctx, db.LinksOfParams{OrgID: string(o), Subject: subject})
			if err != nil {
				return nil, err
			}
			for _, l := range links {
				if l.RecordID != "" && l.RecordID != crmsync.NoRecord && l.Role != string(crm.RoleCalendar) {
					v.Records = append(v.Records, link(subject, l))
				}
			}
		}
		out[id] = v
	}
	return out, nil
}

// hindrance reads whether an organization's config is or was connected, and what keeps everything from being written.
func (s *Store) hindrance(ctx context.Context, o org.ID) (connected bool, why string, err error) {
	configs, err := s.qr.Configs(ctx, string(o))
	if err != nil {
		return false, "", s.explain(err)
	}
	for _, c := range configs { // the first is the one that is written to
		switch {
		case c.State == string(connection.NotConnected):
			continue
		case c.State == string(connection.NeedsReconnect):
			why = crmsync.Parked
		case c.PauseFailures > 0:
			why = crmsync.Paused
		}
		return true, why, nil
	}
	return false, "", nil
}
