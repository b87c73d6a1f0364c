package mirror

import (
	"context"
	"slices"
	"time"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/lead"
)

const (
	// checkEvery and checkRounds, in readings of people, are how often it is asked, beyond what notifications tell, whether records of
	// people have gone: no list of changes names those that were deleted, merged or converted.
	checkEvery  = time.Minute
	checkRounds = 6
	// watchedFor is how long the record of a lead that is no open one any more is looked after.
	watchedFor = 30 * 24 * time.Hour
)

// checkPeople asks what has gone of a module since: leads, which may have been converted, by their ids; contacts by the list of
// deletions.
func (r *reader) checkPeople(ctx context.Context, module string, since time.Time) error {
	if module == r.mapping.Module(crm.RoleRelatedRecord) {
		deletions, err := r.provider.Deletions(ctx, module, since)
		if err != nil {
			return err
		}
		var ids []string
		for _, d := range deletions {
			ids = append(ids, d.ID)
		}
		return r.catchPeople(ctx, map[string][]string{module: ids})
	}
	for after := ""; ; {
		ids, err := r.service.Store.WatchedPeople(ctx, r.org, r.config.ID, module, after, r.now.Add(-watchedFor), askAtOnce)
		if err != nil || len(ids) == 0 {
			return err
		}
		after = ids[len(ids)-1]
		if err := r.catchPeople(ctx, map[string][]string{module: ids}); err != nil {
			return err
		}
	}
}

// gone follows persons whose record is not there any more: to the record that it was merged into, to the contact that the lead
// became, and only where there is neither, and the CRM says so itself, to nothing.
func (r *reader) gone(ctx context.Context, module string, persons map[string][]crmsync.Person) error {
	var deletions []crm.Deletion
	asked := false
	for id, list := range persons {
		for _, p := range list {
			found, err := r.survivor(ctx, p)
			if err != nil || found {
				if err != nil {
					return err
				}
				continue
			}
			if !asked {
				read, err := r.service.Store.PeopleRead(ctx, r.org, r.config.ID, module)
				if err != nil {
					return err
				}
				if deletions, err = r.provider.Deletions(ctx, module, r.deletedSince(read.Checked)); err != nil {
					return err
				}
				asked = true
			}
			if !slices.ContainsFunc(deletions, func(d crm.Deletion) bool { return d.ID == id }) {
				continue // it may be hidden from us: it is looked for again
			}
			if err := r.followPerson(ctx, p, crmsync.PersonStanding.Deleted); err != nil {
				return err
			}
		}
	}
	return nil
}

// survivor looks for another record of a person whose own has gone, and follows them there.
func (r *reader) survivor(ctx context.Context, p crmsync.Person) (bool, error) {
	sub, err := r.service.Store.CustomerSubject(ctx, r.org, p.Customer, r.config.ID)
	if err != nil {
		return false, err
	}
	list, err := r.finder().Person(ctx, p.Role, sub.Customer.Contact, p.Subject)
	if err != nil {
		return false, err
	}
	for _, rec := range list {
		if rec.ID == p.Record {
			continue
		}
		if err := r.followPerson(ctx, p, func(st crmsync.PersonStanding) crmsync.PersonChange {
			return st.Replaced(rec, r.finder().Grounds(p.Role, rec, sub.Customer.Contact, p.Subject))
		}); err != nil {
			return false, err
		}
		return true, r.meet(ctx, p.Customer, p.Module, rec)
	}
	if p.Role == crm.RoleRelatedRecord {
		return false, nil
	}
	contact, err := r.contact(ctx, p.Customer)
	if err != nil || contact.ID == "" {
		return false, err
	}
	return true, r.followPerson(ctx, p, crmsync.PersonStanding.Converted)
}

// converted follows a lead that became a contact: the customer's record is the contact, so that the next booking makes no other.
func (r *reader) converted(ctx context.Context, p crmsync.Person) error {
	if _, err := r.contact(ctx, p.Customer); err != nil {
		return err
	}
	return r.followPerson(ctx, p, crmsync.PersonStanding.Converted)
}

// contact gives the customer's contact: the one that we know of, or one that is theirs by what it says, and is met now. Without ID
// there is none.
func (r *reader) contact(ctx context.Context, id lead.CustomerID) (crm.Record, error) {
	module := r.mapping.Module(crm.RoleRelatedRecord)
	sub, err := r.service.Store.CustomerSubject(ctx, r.org, id, r.config.ID)
	if err != nil {
		return crm.Record{}, err
	}
	for _, l := range sub.Links {
		if l.Role == crm.RoleRelatedRecord {
			return crm.Record{Module: l.Module, ID: l.Record}, nil
		}
	}
	list, err := r.finder().Person(ctx, crm.RoleRelatedRecord, sub.Customer.Contact, string(id))
	if err != nil || len(list) == 0 {
		return crm.Record{}, err
	}
	l := crmsync.Link{Role: crm.RoleRelatedRecord, Subject: string(id), Module: module, Record: list[0].ID, Since: r.now, Matched: r.finder().Grounds(crm.RoleRelatedRecord, list[0], sub.Customer.Contact, string(id))}
	if err := r.service.Store.Decide(ctx, r.org, r.config.ID, []crmsync.Link{l}); err != nil {
		return crm.Record{}, err
	}
	return list[0], r.meet(ctx, id, module, list[0])
}

// meet compares a customer with a record that has just become theirs.
func (r *reader) meet(ctx context.Context, id lead.CustomerID, module string, rec crm.Record) error {
	persons, err := r.service.Store.Persons(ctx, r.org, r.config.ID, module, rec.ID)
	if err != nil {
		return err
	}
	for _, p := range persons {
		if p.Customer != id {
			continue
		}
		if err := r.person(ctx, p, rec); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) finder() crmsync.Finder {
	return crmsync.Finder{Provider: r.provider, Mapping: r.mapping, Country: r.country}
}
