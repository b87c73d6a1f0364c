package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
)

// known reads the customers who share an e-mail address or a phone number with a contact.
func known(ctx context.Context, q *db.Queries, o org.ID, c lead.Contact) ([]lead.Customer, error) {
	var out []lead.Customer
	seen := map[string]bool{}
	add := func(rows []db.CustomersByEmailRow, err error) error {
		for _, r := range rows {
			if !seen[r.ID] {
				seen[r.ID] = true
				out = append(out, customer(r))
			}
		}
		return err
	}
	if c.Email != "" {
		if err := add(q.CustomersByEmail(ctx, db.CustomersByEmailParams{OrgID: string(o), Email: c.Email})); err != nil {
			return nil, err
		}
	}
	if c.Phone != "" {
		rows, err := q.CustomersByPhone(ctx, db.CustomersByPhoneParams{OrgID: string(o), Phone: c.Phone})
		alike := make([]db.CustomersByEmailRow, len(rows))
		for i, r := range rows {
			alike[i] = db.CustomersByEmailRow(r)
		}
		if err := add(alike, err); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func customer(r db.CustomersByEmailRow) lead.Customer {
	return lead.Customer{
		ID: lead.CustomerID(r.ID), Created: at(r.CreatedAt), Updated: at(r.UpdatedAt),
		Contact: lead.Contact{
			FirstName: r.FirstName, LastName: r.LastName, Email: r.Email, Phone: r.Phone,
			Street: r.Street, City: r.City, State: r.State, PostalCode: r.PostalCode, Country: r.Country,
		},
	}
}

func putCustomer(ctx context.Context, q *db.Queries, o org.ID, c lead.Customer) error {
	return q.PutCustomer(ctx, db.PutCustomerParams{
		OrgID: string(o), ID: string(c.ID), FirstName: c.FirstName, LastName: c.LastName, Email: c.Email, Phone: c.Phone,
		Street: c.Street, City: c.City, State: c.State, PostalCode: c.PostalCode, Country: c.Country,
		CreatedAt: ms(c.Created), UpdatedAt: ms(c.Updated),
	})
}

// putBookedLead stores a lead that a booking made, or completes the one that was there.
func putBookedLead(ctx context.Context, q *db.Queries, o org.ID, l lead.Lead, isNew bool, now time.Time) error {
	if !isNew {
		return q.CompleteLead(ctx, db.CompleteLeadParams{
			OrgID: string(o), ID: string(l.ID), Stage: string(l.Stage), AppointmentID: l.Appointment, UpdatedAt: ms(now),
		})
	}
	return insertLead(ctx, q, o, l)
}

func insertLead(ctx context.Context, q *db.Queries, o org.ID, l lead.Lead) error {
	return q.InsertLead(ctx, db.InsertLeadParams{
		OrgID: string(o), ID: string(l.ID), Kind: string(l.Kind), Stage: string(l.Stage), CustomerID: string(l.Customer),
		AppointmentID: l.Appointment, Contact: toJSON(contactDoc(l.Contact)), Message: l.Message, Utm: toJSON(l.UTM), Language: l.Language, CreatedAt: ms(l.Created),
	})
}

// CaptureLead stores the customer and the lead that decide returns, with the fact lead.Captured.
func (s *Store) CaptureLead(ctx context.Context, o org.ID, c lead.Contact, key lead.IdempotencyKey, decide func([]lead.Customer, []lead.Lead) lead.Capturing) (lead.Lead, error) {
	var out lead.Lead
	err := s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
		if _, err := q.LockSchedule(ctx, string(o)); err != nil { // so that one person is not made twice
			return err
		}
		now := s.now()
		var kept struct{ Lead string }
		if found, err := answer(ctx, q, o, "leads", key, now, &kept); err != nil {
			return err
		} else if found {
			row, err := q.Lead(ctx, db.LeadParams{OrgID: string(o), ID: kept.Lead})
			if err != nil {
				return err
			}
			out, err = leadOf(row)
			return err
		}
		list, err := known(ctx, q, o, c)
		if err != nil {
			return err
		}
		open, err := openLeads(ctx, q, o, list)
		if err != nil {
			return err
		}
		next := decide(list, open)
		out = next.Lead
		if err := putCaptured(ctx, q, o, next, now); err != nil {
			return err
		}
		kept.Lead = string(out.ID)
		if err := keep(ctx, q, o, "leads", key, now, kept); err != nil {
			return err
		}
		facts := []any{lead.Captured{Org: o, Lead: out.ID}, leadFact(o, out.ID, !next.Again)}
		return s.follow(ctx, tx, append(facts, changedCustomer(o, list, next.Customer)...)...)
	})
	return out, err
}

// leadFact gives the fact that there is a new lead, or that one says something else.
func leadFact(o org.ID, l lead.ID, isNew bool) any {
	if isNew {
		return lead.Opened{Org: o, Lead: l}
	}
	return lead.Changed{Org: o, Lead: l}
}

// changedCustomer gives the fact that one of the known customers has another contact; none for a new customer.
func changedCustomer(o org.ID, known []lead.Customer, is lead.Customer) []any {
	for _, k := range known {
		if k.ID == is.ID && k.Contact != is.Contact {
			return []any{lead.CustomerChanged{Org: o, Customer: is.ID}}
		}
	}
	return nil
}

// openLeads reads those of customers, newest first of each.
func openLeads(ctx context.Context, q *db.Queries, o org.ID, of []lead.Customer) ([]lead.Lead, error) {
	var out []lead.Lead
	for _, c := range of {
		list, err := leadsOf(ctx, q, o, c.ID)
		if err != nil {
			return nil, err
		}
		for _, l := range list {
			if l.Stage.Open() {
				out = append(out, l)
			}
		}
	}
	return out, nil
}

// putCaptured stores a captured lead, or what a known one has been told since.
func putCaptured(ctx context.Context, q *db.Queries, o org.ID, c lead.Capturing, now time.Time) error {
	if err := putCustomer(ctx, q, o, c.Customer); err != nil {
		return err
	}
	if !c.Again {
		return insertLead(ctx, q, o, c.Lead)
	}
	return q.RenewLead(ctx, db.RenewLeadParams{
		OrgID: string(o), ID: string(c.Lead.ID), Contact: toJSON(contactDoc(c.Lead.Contact)), Message: c.Lead.Message, Utm: toJSON(c.Lead.UTM), Language: c.Lead.Language, UpdatedAt: ms(now),
	})
}

// Lead reads one.
func (s *Store) Lead(ctx context.Context, o org.ID, id lead.ID) (lead.Lead, error) {
	row, err := s.qr.Lead(ctx, db.LeadParams{OrgID: string(o), ID: string(id)})
	if err != nil {
		return lead.Lead{}, s.explain(err)
	}
	return leadOf(row)
}

// Leads reads a page, newest first.
func (s *Store) Leads(ctx context.Context, o org.ID, f lead.Filter) ([]lead.Lead, string, error) {
	before, err := readNewest(f.After, "lead")
	if err != nil {
		return nil, "", err
	}
	limit := pageSize(f.Limit)
	rows, err := s.qr.LeadsPage(ctx, db.LeadsPageParams{
		OrgID: string(o), Stage: string(f.Stage), BeforeAt: before.at, BeforeID: before.id, N: int32(limit + 1),
	})
	if err != nil {
		return nil, "", s.explain(err)
	}
	next := ""
	if len(rows) > limit {
		rows = rows[:limit]
		next = cursor{rows[limit-1].CreatedAt, rows[limit-1].ID}.String()
	}
	out := make([]lead.Lead, len(rows))
	for i, r := range rows {
		if out[i], err = leadOf(r); err != nil {
			return nil, "", err
		}
	}
	return out, next, nil
}

// Customer reads one.
func (s *Store) Customer(ctx context.Context, o org.ID, id lead.CustomerID) (lead.Customer, error) {
	r, err := s.qr.Customer(ctx, db.CustomerParams{OrgID: string(o), ID: string(id)})
	if err != nil {
		return lead.Customer{}, s.explain(err)
	}
	return customer(db.CustomersByEmailRow(r)), nil
}

// Customers reads a page, newest first.
func (s *Store) Customers(ctx context.Context, o org.ID, f lead.Filter) ([]lead.Customer, string, error) {
	before, err := readNewest(f.After, "cus")
	if err != nil {
		return nil, "", err
	}
	limit := pageSize(f.Limit)
	var out []lead.Customer
	for {
		rows, err := s.qr.CustomersPage(ctx, db.CustomersPageParams{
			OrgID: string(o), Holds: "%" + f.Person.Longest() + "%", BeforeAt: before.at, BeforeID: before.id, N: int32(limit + 1),
		})
		if err != nil {
			return nil, "", s.explain(err)
		}
		for _, r := range rows {
			k := customer(db.CustomersByEmailRow(r))
			if !f.Person.Finds(k.Contact) { // the query only leaves out what cannot be found
				continue
			}
			if len(out) == limit {
				last := out[limit-1]
				return out, cursor{ms(last.Created), string(last.ID)}.String(), nil
			}
			out = append(out, k)
		}
		if len(rows) <= limit {
			return out, "", nil
		}
		before = cursor{rows[limit].CreatedAt, rows[limit].ID}
	}
}

// readNewest reads the cursor of a list that begins with the newest.
func readNewest(s, kind string) (cursor, error) {
	if s == "" {
		return cursor{at: math.MaxInt64}, nil
	}
	return readCursor(s, kind)
}

// LeadsOf reads those of a customer, newest first.
func (s *Store) LeadsOf(ctx context.Context, o org.ID, c lead.CustomerID) ([]lead.Lead, error) {
	list, err := leadsOf(ctx, s.qr, o, c)
	return list, s.explain(err)
}

func leadsOf(ctx context.Context, q *db.Queries, o org.ID, c lead.CustomerID) ([]lead.Lead, error) {
	rows, err := q.LeadsOfCustomer(ctx, db.LeadsOfCustomerParams{OrgID: string(o), CustomerID: string(c)})
	if err != nil {
		return nil, err
	}
	out := make([]lead.Lead, len(rows))
	for i, r := range rows {
		if out[i], err = leadOf(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func leadOf(r db.Lead) (lead.Lead, error) {
	var contact contactDoc
	l := lead.Lead{
		ID: lead.ID(r.ID), Kind: lead.Kind(r.Kind), Stage: lead.Stage(r.Stage), Customer: lead.CustomerID(r.CustomerID),
		Appointment: r.AppointmentID, Message: r.Message, Language: r.Language, Created: at(r.CreatedAt), Status: r.Status, Owner: r.Owner, Contacted: at(r.ContactedAt),
	}
	if err := errors.Join(json.Unmarshal([]byte(r.Contact), &contact), json.Unmarshal([]byte(r.Utm), &l.UTM)); err != nil {
		return l, fmt.Errorf("read lead %s: %w", r.ID, err)
	}
	l.Contact = lead.Contact(contact)
	return l, nil
}
