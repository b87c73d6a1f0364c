package store

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"strings"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
)

// AppointmentSubject reads what a push of an appointment must know.
func (s *Store) AppointmentSubject(ctx context.Context, o org.ID, id booking.AppointmentID, c connection.ConfigID) (crmsync.Subject, error) {
	row, err := s.qr.Appointment(ctx, db.AppointmentParams{OrgID: string(o), ID: string(id)})
	if err != nil {
		return crmsync.Subject{}, s.explain(err)
	}
	a, err := appointment(row)
	if err != nil {
		return crmsync.Subject{}, err
	}
	sub := crmsync.Subject{Appointment: &a, Revision: a.Revision, Pushed: row.Pushed}
	if a.Customer == "" { // the person was erased: the CRM has nothing to be told
		sub.Pushed = sub.Revision
		return sub, nil
	}
	if a.Lead != "" {
		l, err := s.Lead(ctx, o, a.Lead)
		if err != nil {
			return crmsync.Subject{}, err
		}
		sub.Lead = &l
	}
	said, err := (&notify.Service{Store: s}).TextedOf(ctx, o, a)
	if err != nil {
		return crmsync.Subject{}, err
	}
	if said.State != "" {
		sub.Texts = &crmsync.TextConsent{Given: said.State == notify.Given, Words: said.Words, At: said.At}
	}
	return sub, s.fillSubject(ctx, o, c, a.Customer, &sub)
}

// LeadSubject reads what a push of a lead must know. A lead that a booking completed is pushed with its appointment.
func (s *Store) LeadSubject(ctx context.Context, o org.ID, id lead.ID, c connection.ConfigID) (crmsync.Subject, error) {
	row, err := s.qr.Lead(ctx, db.LeadParams{OrgID: string(o), ID: string(id)})
	if err != nil {
		return crmsync.Subject{}, s.explain(err)
	}
	l, err := leadOf(row)
	if err != nil {
		return crmsync.Subject{}, err
	}
	sub := crmsync.Subject{Lead: &l, Revision: row.Revision, Pushed: row.Pushed}
	return sub, s.fillSubject(ctx, o, c, l.Customer, &sub)
}

func (s *Store) fillSubject(ctx context.Context, o org.ID, c connection.ConfigID, customer lead.CustomerID, sub *crmsync.Subject) error {
	var err error
	if sub.Organization, err = s.Organization(ctx, o); err != nil {
		return err
	}
	if sub.Catalog, _, err = s.CatalogAt(ctx, o); err != nil {
		return err
	}
	if sub.Customer, err = s.Customer(ctx, o, customer); err != nil {
		return err
	}
	subjects := []string{string(customer)}
	if sub.Appointment != nil {
		subjects = append(subjects, string(sub.Appointment.ID))
	}
	if sub.Lead != nil {
		subjects = append(subjects, string(sub.Lead.ID))
	}
	for _, id := range subjects {
		rows, err := s.qr.LinksOf(ctx, db.LinksOfParams{OrgID: string(o), Subject: id})
		if err != nil {
			return s.explain(err)
		}
		for _, r := range rows {
			if r.ConfigID == string(c) {
				l, err := fullLink(id, r)
				if err != nil {
					return err
				}
				sub.Links = append(sub.Links, l)
			}
		}
	}
	records, err := s.qr.CompletedLeadRecords(ctx, db.CompletedLeadRecordsParams{OrgID: string(o), CustomerID: string(customer)})
	if err != nil {
		return s.explain(err)
	}
	sub.CompletedLeads = records
	return nil
}

// CustomerSubject reads what a push of a customer must know: the person, and every record that stands for them.
func (s *Store) CustomerSubject(ctx context.Context, o org.ID, id lead.CustomerID, c connection.ConfigID) (crmsync.Subject, error) {
	state, err := s.qr.CustomerPushState(ctx, db.CustomerPushStateParams{OrgID: string(o), ID: string(id)})
	if err != nil {
		return crmsync.Subject{}, s.explain(err)
	}
	sub := crmsync.Subject{Revision: state.Revision, Pushed: state.Pushed}
	if sub.Organization, err = s.Organization(ctx, o); err != nil {
		return sub, err
	}
	if sub.Customer, err = s.Customer(ctx, o, id); err != nil {
		return sub, err
	}
	rows, err := s.qr.LinksOfCustomer(ctx, db.LinksOfCustomerParams{OrgID: string(o), ConfigID: string(c), CustomerID: string(id)})
	if err != nil {
		return sub, s.explain(err)
	}
	for _, r := range rows {
		l, err := fullLink(r.Subject, db.LinksOfRow{
			ConfigID: string(c), Role: r.Role, Subject: r.Subject, Module: r.Module, RecordID: r.RecordID, BegunOwner: r.BegunOwner, BegunStart: r.BegunStart,
			BegunAt: r.BegunAt, CreatedAt: r.CreatedAt, Sights: r.Sights, Known: r.Known, WroteAt: r.WroteAt, Matched: r.Matched,
		})
		if err != nil {
			return sub, err
		}
		sub.Links = append(sub.Links, l)
	}
	return sub, nil
}

// fullLink is a link with what both sides know of its record.
func fullLink(subject string, r db.LinksOfRow) (l crmsync.Link, err error) {
	l = link(subject, r)
	if l.Sight, err = readSight(r.Sight); err != nil {
		return l, err
	}
	if l.Sending, err = readSight(r.Sending); err != nil {
		return l, err
	}
	l.Known, err = readKnown(r.Known)
	return l, err
}

// groundsDoc is how the grounds of a match are stored: their words with blanks between.
func groundsDoc(list []lead.Ground) string {
	words := make([]string, len(list))
	for i, g := range list {
		words[i] = string(g)
	}
	return strings.Join(words, " ")
}

func readGrounds(doc string) []lead.Ground {
	var out []lead.Ground
	for _, w := range strings.Fields(doc) {
		out = append(out, lead.Ground(w))
	}
	return out
}

func link(subject string, r db.LinksOfRow) crmsync.Link {
	return crmsync.Link{
		Role: crm.Role(r.Role), Subject: subject, Module: r.Module, Record: r.RecordID,
		BegunOwner: r.BegunOwner, BegunStart: at(r.BegunStart), Sent: at(r.BegunAt), Since: at(r.CreatedAt), Version: r.Sights, Wrote: at(r.WroteAt), Matched: readGrounds(r.Matched), Seen: at(r.SeenAt),
	}
}

// clocksApart is by how much the clocks of two nodes may differ. A lease that ends later than one could that is taken now by
// such a clock was taken before the clock was turned back: it is over.
const clocksApart = 5 * time.Minute

// LeaseCustomer makes holder the only one who pushes for a customer.
func (s *Store) LeaseCustomer(ctx context.Context, o org.ID, id lead.CustomerID, holder string, until, now time.Time) (bool, error) {
	won := false
	err := s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		n, err := q.LeaseCustomer(ctx, db.LeaseCustomerParams{OrgID: string(o), ID: string(id), Holder: holder, UntilMs: ms(until), NowMs: ms(now), FarMs: ms(until.Add(clocksApart))})
		won = n == 1
		return err
	})
	return won, err
}

// ReleaseCustomer ends a lease if holder has it.
func (s *Store) ReleaseCustomer(ctx context.Context, o org.ID, id lead.CustomerID, holder string) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.ReleaseCustomer(ctx, db.ReleaseCustomerParams{OrgID: string(o), ID: string(id), Holder: holder})
	})
}

func putLink(ctx context.Context, q *db.Queries, o org.ID, c connection.ConfigID, l crmsync.Link) error {
	return q.PutLink(ctx, db.PutLinkParams{
		OrgID: string(o), ConfigID: string(c), Role: string(l.Role), Subject: l.Subject, Module: l.Module, RecordID: l.Record,
		BegunOwner: l.BegunOwner, BegunStart: ms(l.BegunStart), BegunAt: ms(l.Sent), CreatedAt: ms(l.Since),
		Sight: sightDoc(l.Sight), Sending: sightDoc(l.Sending), Known: knownDoc(l.Known), WroteAt: ms(l.Wrote), Matched: groundsDoc(l.Matched),
	})
}

// Decide keeps which records exist and which are about to be made.
func (s *Store) Decide(ctx context.Context, o org.ID, c connection.ConfigID, links []crmsync.Link) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		for _, l := range links {
			if err := putLink(ctx, q, o, c, l); err != nil {
				return err
			}
		}
		return nil
	})
}

// Begin keeps what is about to be sent, if holder still has the lease and the sights have not moved on.
func (s *Store) Begin(ctx context.Context, o org.ID, c connection.ConfigID, l crmsync.Link, customer lead.CustomerID, holder string) (bool, error) {
	mine := false
	err := s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		v, err := q.LeaseHolder(ctx, db.LeaseHolderParams{OrgID: string(o), ID: string(customer)})
		if mine = err == nil && v == holder; !mine {
			return err
		}
		if l.Role == crm.RoleCalendar { // nobody else writes what is known of an entry
			return putLink(ctx, q, o, c, l)
		}
		version, err := q.LinkVersion(ctx, db.LinkVersionParams{OrgID: string(o), ConfigID: string(c), Subject: l.Subject, Role: string(l.Role)})
		if err == nil && version != l.Version {
			mine = false
			return nil
		}
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		return putLink(ctx, q, o, c, l)
	})
	return mine, err
}

// Record keeps an attempt, what it wrote and the link that came of it.
func (s *Store) Record(ctx context.Context, o org.ID, a crmsync.Attempt, l *crmsync.Link) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		if l != nil {
			if err := putLink(ctx, q, o, a.Config, *l); err != nil {
				return err
			}
			if l.Role == crm.RoleAppointment { // it shows our present state now
				if err := undispute(ctx, q, o, a.Config, l.Module, l.Record); err != nil {
					return err
				}
			}
		}
		return s.insertAttempt(ctx, q, o, a)
	})
}

// Unlink forgets a link.
func (s *Store) Unlink(ctx context.Context, o org.ID, c connection.ConfigID, role crm.Role, subject string) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.DeleteLink(ctx, db.DeleteLinkParams{OrgID: string(o), ConfigID: string(c), Role: string(role), Subject: subject})
	})
}

// Settle keeps how a push ended: a success raises what the CRM has, a failure only says why.
func (s *Store) Settle(ctx context.Context, o org.ID, r crmsync.Ref, out crmsync.Outcome, _ time.Time) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		done := out.Error == ""
		switch {
		case r.Appointment != "" && done:
			err := q.SettleAppointment(ctx, db.SettleAppointmentParams{OrgID: string(o), ID: string(r.Appointment), Pushed: out.Revision})
			if err != nil {
				return err
			}
			return q.SettleLeadsOf(ctx, db.SettleLeadsOfParams{OrgID: string(o), AppointmentID: string(r.Appointment)})
		case r.Appointment != "":
			return q.NoteAppointment(ctx, db.NoteAppointmentParams{OrgID: string(o), ID: string(r.Appointment), Failed: bit(out.Failed), Error: out.Error})
		case r.Customer != "" && done:
			return q.SettleCustomer(ctx, db.SettleCustomerParams{OrgID: string(o), ID: string(r.Customer), Pushed: out.Revision})
		case r.Customer != "":
			return q.NoteCustomer(ctx, db.NoteCustomerParams{OrgID: string(o), ID: string(r.Customer), Failed: bit(out.Failed), Error: out.Error})
		case done:
			return q.SettleLead(ctx, db.SettleLeadParams{OrgID: string(o), ID: string(r.Lead), Pushed: out.Revision})
		default:
			return q.NoteLead(ctx, db.NoteLeadParams{OrgID: string(o), ID: string(r.Lead), Failed: bit(out.Failed), Error: out.Error})
		}
	})
}

// Cross states Crossed.
func (s *Store) Cross(ctx context.Context, o org.ID, f crmsync.Crossed) error {
	f.Org = o
	return s.tx(ctx, func(ctx context.Context, tx *sql.Tx, _ *db.Queries) error { return s.follow(ctx, tx, f) })
}

// Requeue states LeftBehind for everything that waits and was last touched before then.
func (s *Store) Requeue(ctx context.Context, o org.ID, before time.Time) (int, error) {
	return s.requeue(ctx, o, ms(before), 0, func(d crmsync.Due) any { return crmsync.LeftBehind(d) })
}

// Resume states Due for everything that is behind.
func (s *Store) Resume(ctx context.Context, o org.ID) (int, error) {
	return s.requeue(ctx, o, math.MaxInt64, 1, func(d crmsync.Due) any { return d })
}

// requeue states a fact for what is behind, leads before appointments; mostFailed 1: also for what has failed.
func (s *Store) requeue(ctx context.Context, o org.ID, before, mostFailed int64, state func(crmsync.Due) any) (int, error) {
	n := 0
	err := s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
		leads, err := q.LeadsBehind(ctx, db.LeadsBehindParams{OrgID: string(o), MostFailed: mostFailed, BeforeMs: before})
		if err != nil {
			return err
		}
		appointments, err := q.AppointmentsBehind(ctx, db.AppointmentsBehindParams{OrgID: string(o), MostFailed: mostFailed, BeforeMs: before})
		if err != nil {
			return err
		}
		customers, err := q.CustomersBehind(ctx, db.CustomersBehindParams{OrgID: string(o), MostFailed: mostFailed, BeforeMs: before})
		if err != nil {
			return err
		}
		var facts []any
		for _, id := range leads {
			facts = append(facts, state(crmsync.Due{Org: o, Lead: lead.ID(id)}))
		}
		for _, id := range appointments {
			facts = append(facts, state(crmsync.Due{Org: o, Appointment: booking.AppointmentID(id)}))
		}
		for _, id := range customers { // last: what their bookings write need not be written again
			facts = append(facts, state(crmsync.Due{Org: o, Customer: lead.CustomerID(id)}))
		}
		n = len(facts)
		return s.follow(ctx, tx, facts...)
	})
	return n, err
}

// Replay clears a failure and states Due.
func (s *Store) Replay(ctx context.Context, o org.ID, r crmsync.Ref) error {
	return s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
		var err error
		switch {
		case r.Appointment != "":
			err = q.NoteAppointment(ctx, db.NoteAppointmentParams{OrgID: string(o), ID: string(r.Appointment)})
		case r.Customer != "":
			err = q.NoteCustomer(ctx, db.NoteCustomerParams{OrgID: string(o), ID: string(r.Customer)})
		default:
			err = q.NoteLead(ctx, db.NoteLeadParams{OrgID: string(o), ID: string(r.Lead)})
		}
		if err != nil {
			return err
		}
		return s.follow(ctx, tx, crmsync.Due{Org: o, Appointment: r.Appointment, Lead: r.Lead, Customer: r.Customer})
	})
}

// Attempt reads one attempt.
func (s *Store) Attempt(ctx context.Context, o org.ID, id crmsync.AttemptID) (crmsync.Attempt, error) {
	r, err := s.qr.SyncAttempt(ctx, db.SyncAttemptParams{OrgID: string(o), ID: string(id)})
	if err != nil {
		return crmsync.Attempt{}, s.explain(err)
	}
	return attempt(r), nil
}

// LastTest reads the newest test of a kind of a config; false when there was none.
func (s *Store) LastTest(ctx context.Context, o org.ID, c connection.ConfigID, kind crmsync.Test) (crmsync.Attempt, bool, error) {
	r, err := s.qr.LastAttemptOfKind(ctx, db.LastAttemptOfKindParams{OrgID: string(o), ConfigID: string(c), Kind: string(kind)})
	if errors.Is(err, sql.ErrNoRows) {
		return crmsync.Attempt{}, false, nil
	}
	return attempt(r), err == nil, s.explain(err)
}

// Attempts reads a page, newest first.
func (s *Store) Attempts(ctx context.Context, o org.ID, f crmsync.AttemptFilter) ([]crmsync.Attempt, string, error) {
	before := cursor{id: "try_~"} // after every id
	if f.After != "" {
		var err error
		if before, err = readCursor(f.After, "try"); err != nil {
			return nil, "", err
		}
	}
	limit := pageSize(f.Limit)
	rows, err := s.qr.SyncAttemptsPage(ctx, db.SyncAttemptsPageParams{
		OrgID: string(o), BeforeID: before.id, State: string(f.State), AppointmentID: string(f.Appointment), LeadID: string(f.Lead), N: int32(limit + 1),
	})
	if err != nil {
		return nil, "", s.explain(err)
	}
	next := ""
	if len(rows) > limit {
		rows = rows[:limit]
		next = cursor{id: rows[limit-1].ID}.String()
	}
	out := make([]crmsync.Attempt, len(rows))
	for i, r := range rows {
		out[i] = attempt(r)
	}
	return out, next, nil
}

func attempt(r db.SyncAttempt) crmsync.Attempt {
	return crmsync.Attempt{
		ID: crmsync.AttemptID(r.ID), Config: connection.ConfigID(r.ConfigID), At: at(r.At), State: crmsync.AttemptState(r.State), Kind: r.Kind,
		Appointment: booking.AppointmentID(r.AppointmentID), Lead: lead.ID(r.LeadID), Customer: lead.CustomerID(r.CustomerID), Module: r.Module, Record: r.RecordID,
		Request: r.Request, Answer: r.Answer, Error: r.Error, Code: r.Code, Cause: r.Cause, Took: time.Duration(min(r.TookMs, math.MaxInt64/int64(time.Millisecond))) * time.Millisecond,
	}
}
