package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/mirror"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
)

func readKnown(doc string) (*crmsync.Known, error) {
	if doc == "" {
		return nil, nil
	}
	var k crmsync.Known
	if err := json.Unmarshal([]byte(doc), &k); err != nil {
		return nil, fmt.Errorf("read what is known of a person: %w", err)
	}
	return &k, nil
}

func knownDoc(k *crmsync.Known) string {
	if k == nil {
		return ""
	}
	return toJSON(k)
}

// Persons lists whom a record stands for.
func (s *Store) Persons(ctx context.Context, o org.ID, c connection.ConfigID, module, record string) ([]crmsync.Person, error) {
	rows, err := s.qr.PersonLinks(ctx, db.PersonLinksParams{OrgID: string(o), ConfigID: string(c), Module: module, RecordID: record})
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]crmsync.Person, 0, len(rows))
	for _, r := range rows {
		if r.CustomerID == "" {
			continue
		}
		known, err := readKnown(r.Known)
		if err != nil {
			return nil, err
		}
		out = append(out, crmsync.Person{
			Config: c, Role: crm.Role(r.Role), Subject: r.Subject, Module: r.Module, Record: r.RecordID, Customer: lead.CustomerID(r.CustomerID), Lead: lead.ID(r.LeadID),
			Known: known, Wrote: at(r.WroteAt), Version: r.Sights,
		})
	}
	return out, nil
}

// FollowPerson stores what decide makes of a person by what their record shows.
func (s *Store) FollowPerson(ctx context.Context, o org.ID, p crmsync.Person, decide func(crmsync.PersonStanding) crmsync.PersonChange) error {
	return s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
		return s.followPerson(ctx, tx, q, o, p, decide)
	})
}

// followPerson decides first without the organization's lock, which nobody needs while nothing changes.
func (s *Store) followPerson(ctx context.Context, tx *sql.Tx, q *db.Queries, o org.ID, p crmsync.Person, decide func(crmsync.PersonStanding) crmsync.PersonChange) error {
	st, err := personStanding(ctx, q, o, p)
	if err != nil {
		return err
	}
	change := decide(st)
	if change.Customer != nil || change.Lead != nil { // a booking may be about to fill in the same customer
		if _, err := q.LockSchedule(ctx, string(o)); err != nil {
			return err
		}
		if st, err = personStanding(ctx, q, o, p); err != nil {
			return err
		}
		change = decide(st)
	}
	return s.keepPerson(ctx, tx, q, o, st, change)
}

func personStanding(ctx context.Context, q *db.Queries, o org.ID, p crmsync.Person) (crmsync.PersonStanding, error) {
	st := crmsync.PersonStanding{Person: p}
	rows, err := q.LinksOf(ctx, db.LinksOfParams{OrgID: string(o), Subject: p.Subject})
	if err != nil {
		return st, err
	}
	found := false
	for _, r := range rows {
		if r.ConfigID != string(p.Config) || r.Role != string(p.Role) || r.RecordID != p.Record {
			continue
		}
		if p.Version != crmsync.AnyVersion && r.Sights != p.Version {
			return st, crmsync.ErrMoved
		}
		found, st.Version = true, r.Sights
		if st.Known, err = readKnown(r.Known); err != nil {
			return st, err
		}
	}
	if !found {
		return st, crmsync.ErrMoved
	}
	c, err := q.Customer(ctx, db.CustomerParams{OrgID: string(o), ID: string(p.Customer)})
	if err != nil {
		return st, err
	}
	st.Is = customer(db.CustomersByEmailRow(c))
	if p.Lead != "" {
		row, err := q.Lead(ctx, db.LeadParams{OrgID: string(o), ID: string(p.Lead)})
		if err != nil {
			return st, err
		}
		l, err := leadOf(row)
		if err != nil {
			return st, err
		}
		st.Interest = &l
	}
	d, err := q.OpenDisagreement(ctx, db.OpenDisagreementParams{OrgID: string(o), ConfigID: string(p.Config), Subject: p.Subject, Role: string(p.Role)})
	if err == nil {
		st.Disagreement = crmsync.DisagreementID(d.ID)
	} else if !errors.Is(err, sql.ErrNoRows) {
		return st, err
	}
	return st, nil
}

// keepPerson stores a decision.
func (s *Store) keepPerson(ctx context.Context, tx *sql.Tx, q *db.Queries, o org.ID, st crmsync.PersonStanding, change crmsync.PersonChange) error {
	now := s.now()
	if err := keepPersonLink(ctx, q, o, st, change); err != nil {
		return err
	}
	if change.Gone {
		if err := q.PutGone(ctx, db.PutGoneParams{
			OrgID: string(o), ConfigID: string(st.Config), Subject: st.Subject, Role: string(st.Role), Module: st.Module, RecordID: st.Record, SeenAt: ms(now),
		}); err != nil {
			return err
		}
	}
	if change.Customer != nil {
		if err := putCustomer(ctx, q, o, *change.Customer); err != nil {
			return err
		}
	} else if change.Write {
		if err := q.RaiseCustomer(ctx, db.RaiseCustomerParams{OrgID: string(o), ID: string(st.Customer), UpdatedAt: ms(now)}); err != nil {
			return err
		}
	}
	if l := change.Lead; l != nil {
		if err := q.TellLead(ctx, db.TellLeadParams{
			OrgID: string(o), ID: string(l.ID), Stage: string(l.Stage), Status: l.Status, Owner: l.Owner, ContactedAt: ms(l.Contacted), UpdatedAt: ms(now),
		}); err != nil {
			return err
		}
	}
	if change.Event != "" {
		if err := insertCustomerEvent(ctx, q, o, st.Customer, lead.Event{At: now, Actor: "zoho", Detail: change.Event}); err != nil {
			return err
		}
	}
	if err := s.keepDisagreement(ctx, tx, q, o, st, change); err != nil {
		return err
	}
	var facts []any
	if change.Lead != nil {
		facts = append(facts, lead.Changed{Org: o, Lead: change.Lead.ID})
	}
	if change.Customer != nil && change.Customer.Contact != st.Is.Contact {
		facts = append(facts, lead.CustomerChanged{Org: o, Customer: st.Customer})
	}
	if change.Customer != nil || change.Write {
		facts = append(facts, crmsync.Due{Org: o, Customer: st.Customer})
	}
	return s.follow(ctx, tx, facts...)
}

func keepPersonLink(ctx context.Context, q *db.Queries, o org.ID, st crmsync.PersonStanding, change crmsync.PersonChange) error {
	n, err := int64(1), error(nil)
	switch {
	case change.Record == crmsync.GoneRecord:
		err = q.DeleteLink(ctx, db.DeleteLinkParams{OrgID: string(o), ConfigID: string(st.Config), Role: string(st.Role), Subject: st.Subject})
	case change.Record != "":
		n, err = q.MoveLink(ctx, db.MoveLinkParams{
			OrgID: string(o), ConfigID: string(st.Config), Role: string(st.Role), Subject: st.Subject, Module: change.Module, RecordID: change.Record, Sights: st.Version, Matched: groundsDoc(change.Matched),
		})
	case change.Known != nil:
		n, err = q.PutKnown(ctx, db.PutKnownParams{
			OrgID: string(o), ConfigID: string(st.Config), Role: string(st.Role), Subject: st.Subject, Known: knownDoc(change.Known), Sights: st.Version,
		})
	}
	if err == nil && n == 0 {
		return crmsync.ErrMoved
	}
	return err
}

// keepDisagreement opens or ends what a person has to decide. Of one that is open already nobody is told again.
func (s *Store) keepDisagreement(ctx context.Context, tx *sql.Tx, q *db.Queries, o org.ID, st crmsync.PersonStanding, change crmsync.PersonChange) error {
	now := s.now()
	if change.Settle && st.Disagreement != "" {
		_, err := q.SettleDisagreement(ctx, db.SettleDisagreementParams{
			OrgID: string(o), ID: string(st.Disagreement), SettledAt: ms(now), SettledBy: "HeavySet", Choice: string(crmsync.SideAgreed),
		})
		return err
	}
	d := change.Open
	if d == nil {
		return nil
	}
	fresh := id.New("dis", now)
	open, err := q.PutDisagreement(ctx, db.PutDisagreementParams{
		OrgID: string(o), ID: fresh, ConfigID: string(st.Config), CustomerID: string(st.Customer), Role: string(st.Role), Subject: st.Subject,
		Module: st.Module, RecordID: st.Record, Parts: toJSON(d.Parts), Ours: toJSON(contactDoc(d.Ours)), Theirs: toJSON(contactDoc(d.Theirs)), OpenedAt: ms(d.Opened),
	})
	if err != nil || open != fresh {
		return err
	}
	return s.follow(ctx, tx, crmsync.Disagreed{Org: o, Disagreement: crmsync.DisagreementID(fresh)})
}

func insertCustomerEvent(ctx context.Context, q *db.Queries, o org.ID, c lead.CustomerID, e lead.Event) error {
	return q.InsertCustomerEvent(ctx, db.InsertCustomerEventParams{
		OrgID: string(o), ID: id.New("cev", e.At), CustomerID: string(c), At: ms(e.At), Actor: e.Actor, Detail: e.Detail,
	})
}

// eventsShown is how many events of a customer are listed.
const eventsShown = 100

// CustomerEvents lists what happened to a customer, newest first.
func (s *Store) CustomerEvents(ctx context.Context, o org.ID, c lead.CustomerID) ([]lead.Event, error) {
	rows, err := s.qr.CustomerEvents(ctx, db.CustomerEventsParams{OrgID: string(o), CustomerID: string(c), N: eventsShown})
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]lead.Event, len(rows))
	for i, r := range rows {
		out[i] = lead.Event{At: at(r.At), Actor: r.Actor, Detail: r.Detail}
	}
	return out, nil
}

// Disagreements lists the open ones.
func (s *Store) Disagreements(ctx context.Context, o org.ID, of lead.CustomerID) ([]crmsync.Disagreement, error) {
	var rows []db.Disagreement
	var err error
	if of == "" {
		rows, err = s.qr.OpenDisagreements(ctx, string(o))
	} else {
		rows, err = s.qr.DisagreementsOfCustomer(ctx, db.DisagreementsOfCustomerParams{OrgID: string(o), CustomerID: string(of)})
	}
	if err != nil {
		return nil, s.explain(err)
	}
	return disagreements(rows)
}

// SettledDisagreements lists the last that were settled.
func (s *Store) SettledDisagreements(ctx context.Context, o org.ID) ([]crmsync.Disagreement, error) {
	rows, err := s.qr.SettledDisagreements(ctx, db.SettledDisagreementsParams{OrgID: string(o), N: settledShown})
	if err != nil {
		return nil, s.explain(err)
	}
	return disagreements(rows)
}

func disagreements(rows []db.Disagreement) ([]crmsync.Disagreement, error) {
	out := make([]crmsync.Disagreement, len(rows))
	for i, r := range rows {
		var err error
		if out[i], err = disagreement(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Disagreement reads one.
func (s *Store) Disagreement(ctx context.Context, o org.ID, id crmsync.DisagreementID) (crmsync.Disagreement, error) {
	r, err := s.qr.Disagreement(ctx, db.DisagreementParams{OrgID: string(o), ID: string(id)})
	if err != nil {
		return crmsync.Disagreement{}, missing(s.explain(err), fault.New(fault.NotFound, "There is no such conflict."))
	}
	return disagreement(r)
}

func disagreement(r db.Disagreement) (crmsync.Disagreement, error) {
	d := crmsync.Disagreement{ID: crmsync.DisagreementID(r.ID), Opened: at(r.OpenedAt), Settled: at(r.SettledAt), Choice: crmsync.Side(r.Choice), By: r.SettledBy, Person: crmsync.Person{
		Config: connection.ConfigID(r.ConfigID), Role: crm.Role(r.Role), Subject: r.Subject, Module: r.Module, Record: r.RecordID, Customer: lead.CustomerID(r.CustomerID),
	}}
	var ours, theirs contactDoc
	err := errors.Join(json.Unmarshal([]byte(r.Parts), &d.Parts), json.Unmarshal([]byte(r.Ours), &ours), json.Unmarshal([]byte(r.Theirs), &theirs))
	if err != nil {
		return d, fmt.Errorf("read disagreement %s: %w", r.ID, err)
	}
	d.Ours, d.Theirs = lead.Contact(ours), lead.Contact(theirs)
	return d, nil
}

// SettleDisagreement ends a disagreement and follows the person.
func (s *Store) SettleDisagreement(ctx context.Context, o org.ID, d crmsync.Disagreement, side crmsync.Side, by string, decide func(crmsync.PersonStanding) crmsync.PersonChange) error {
	return s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
		n, err := q.SettleDisagreement(ctx, db.SettleDisagreementParams{
			OrgID: string(o), ID: string(d.ID), SettledAt: ms(s.now()), SettledBy: by, Choice: string(side),
		})
		if err != nil {
			return err
		}
		if n == 0 {
			return errSettled
		}
		err = s.followPerson(ctx, tx, q, o, d.Person, decide)
		if errors.Is(err, crmsync.ErrMoved) { // the record has gone: there is nothing left to disagree with
			return nil
		}
		return err
	})
}

// PeopleRead says how far the changes of a module of people have been read; zero times for one that never was.
func (s *Store) PeopleRead(ctx context.Context, o org.ID, c connection.ConfigID, module string) (mirror.PeopleRead, error) {
	r, err := s.qr.PeopleRead(ctx, db.PeopleReadParams{OrgID: string(o), ConfigID: string(c), Module: module})
	if errors.Is(err, sql.ErrNoRows) {
		return mirror.PeopleRead{}, nil
	}
	return mirror.PeopleRead{AsOf: at(r.AsOf), Checked: at(r.CheckedAt), Heard: at(r.HeardAt), Error: r.Error, Class: crm.Class(r.Class)}, s.explain(err)
}

// SetPeopleRead keeps how far the changes of a module of people have been read.
func (s *Store) SetPeopleRead(ctx context.Context, o org.ID, c connection.ConfigID, module string, p mirror.PeopleRead) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.PutPeopleRead(ctx, db.PutPeopleReadParams{OrgID: string(o), ConfigID: string(c), Module: module, AsOf: ms(p.AsOf), CheckedAt: ms(p.Checked), Error: p.Error, Class: string(p.Class)})
	})
}

// HearPeople keeps that the CRM told of a change in a module of people that has not been read.
func (s *Store) HearPeople(ctx context.Context, o org.ID, c connection.ConfigID, module string, now time.Time) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.HearPeople(ctx, db.HearPeopleParams{OrgID: string(o), ConfigID: string(c), Module: module, HeardAt: ms(now)})
	})
}

// WatchedPeople lists records of a module that stand for somebody of whom something may still come, in order after one.
func (s *Store) WatchedPeople(ctx context.Context, o org.ID, c connection.ConfigID, module, after string, since time.Time, limit int) ([]string, error) {
	ids, err := s.qr.WatchedPeople(ctx, db.WatchedPeopleParams{
		OrgID: string(o), ConfigID: string(c), Module: module, AfterID: after, SinceMs: ms(since), N: int32(limit),
	})
	return ids, s.explain(err)
}
