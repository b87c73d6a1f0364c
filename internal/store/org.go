package store

import (
	"context"
	"database/sql"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
)

var (
	errNoOrg       = fault.New(fault.NotFound, "There is no such organization.")
	errNoScheduler = fault.New(fault.NotFound, "There is no scheduler at this address.")
)

// CreateOrganization stores an organization, the scheduler of its slug and an empty catalog.
func (s *Store) CreateOrganization(ctx context.Context, o org.Organization) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		err := q.InsertOrganization(ctx, db.InsertOrganizationParams{
			ID: string(o.ID), Slug: o.Slug, Name: o.Name, Timezone: o.Timezone, Country: o.Country, Accent: o.Accent, Phone: o.Phone, CreatedAt: ms(o.Created),
		})
		if s.engine.unique(err) {
			return fault.Wrap(fault.Conflict, "There is an organization with this slug already.", err)
		}
		if err != nil {
			return err
		}
		if err := q.InsertScheduler(ctx, db.InsertSchedulerParams{ID: o.Slug, OrgID: string(o.ID), Name: o.Name}); err != nil {
			return err
		}
		return q.InsertSchedule(ctx, db.InsertScheduleParams{OrgID: string(o.ID), Document: "{}"})
	})
}

// OrganizationBySlug finds the organization of an address.
func (s *Store) OrganizationBySlug(ctx context.Context, slug string) (org.Organization, error) {
	row, err := s.qr.OrganizationBySlug(ctx, slug)
	if err != nil {
		return org.Organization{}, missing(s.explain(err), errNoOrg)
	}
	return organization(db.Organization(row)), nil
}

// Organization reads an organization.
func (s *Store) Organization(ctx context.Context, o org.ID) (org.Organization, error) {
	row, err := s.qr.OrganizationByID(ctx, string(o))
	if err != nil {
		return org.Organization{}, missing(s.explain(err), errNoOrg)
	}
	return organization(db.Organization(row)), nil
}

// Organizations lists all, by name: for platform engineers.
func (s *Store) Organizations(ctx context.Context) ([]org.Organization, error) {
	rows, err := s.qr.Organizations(ctx)
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]org.Organization, len(rows))
	for i, r := range rows {
		out[i] = organization(db.Organization(r))
	}
	return out, nil
}

// Offering gives what a scheduler's address leads to. It reads one short row each time and the rest only when the
// revision has moved: whatever changes an organization raises it.
func (s *Store) Offering(ctx context.Context, scheduler string) (booking.Offering, error) {
	r, err := s.qr.Offering(s.quick(ctx), scheduler)
	if err != nil {
		return booking.Offering{}, missing(s.explain(err), errNoScheduler)
	}
	if v, ok := s.offerings.Load(scheduler); ok {
		if of := v.(booking.Offering); of.Revision == r.Revision && of.CatalogRevision == r.CatalogRevision {
			of.Copy = copyOf(r)
			return of, nil
		}
	}
	o, err := s.Organization(ctx, org.ID(r.OrgID))
	if err != nil {
		return booking.Offering{}, err
	}
	name, err := s.qr.SchedulerName(ctx, scheduler)
	if err != nil {
		return booking.Offering{}, s.explain(err)
	}
	of := booking.Offering{Scheduler: scheduler, Name: name, Organization: o, Revision: r.Revision, CatalogRevision: r.CatalogRevision}
	s.offerings.Store(scheduler, of) // bounded by the schedulers there are
	of.Copy = copyOf(r)
	return of, nil
}

// copyOf gives how old the copy of the CRM is.
func copyOf(r db.OfferingRow) booking.Copy {
	return booking.Copy{Kept: r.SourceAsOf >= 0, AsOf: at(max(r.SourceAsOf, 0)), Budget: time.Duration(r.SourceBudget) * time.Millisecond, Policy: booking.StalePolicy(r.SourcePolicy)}
}

func organization(r db.Organization) org.Organization {
	return org.Organization{
		ID: org.ID(r.ID), Slug: r.Slug, Name: r.Name, Timezone: r.Timezone, Country: r.Country, Accent: r.Accent, Phone: r.Phone, Look: lookOf(r.Look), Created: at(r.CreatedAt),
	}
}

// missing puts a better sentence in the place of the general "not found".
func missing(err error, better *fault.Error) error {
	if fault.Is(err, fault.NotFound) {
		return better
	}
	return err
}
