package crmsync

import (
	"context"
	"errors"
	"net/http"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/settings"
)

// NoRecord stands in a link where it was decided that the CRM needs no record: a known contact's booking makes no lead.
const NoRecord = "-"

// writer carries out one push: it decides once what has to be made, then makes or changes one record after the other,
// keeping a link after each.
type writer struct {
	service  *Service
	org      org.ID
	config   connection.ConfigID
	provider crm.Provider
	mapping  mapping.Mapping
	settings int64 // the version that the mapping is of
	people   settings.People
	sub      Subject
	ref      Ref
	began    time.Time               // this run
	holder   string                  // of the lease on the customer
	fresh    map[crm.Role]bool       // decided in this run: not begun before, so not to be looked for
	found    map[crm.Role]crm.Record // read in this run
	healed   bool
	// Whether the CRM has answered a reading call of this run, a writing one, and whether the last one without answer was a write.
	read, heard, unheard bool
	// unconverted: the CRM has refused to convert the lead.
	unconverted bool
	// calendars are those that appointments are written to besides, by rep; nil unless calendars are the availability source.
	calendars map[string][]string
}

// hear takes in how a call went. A refused token and a throttle are no answers: the next write meets the same.
func (w *writer) hear(c crm.Call) {
	silent := c.Status == 0 || c.Status >= http.StatusInternalServerError || c.Status == http.StatusUnauthorized || c.Status == http.StatusTooManyRequests
	switch {
	case silent:
		w.unheard = c.Writes
	case c.Writes:
		w.heard = true
	default:
		w.read = true
	}
}

// answers reports whether the CRM has answered a call of this run, and a write where it was one that it left without answer.
func (w *writer) answers() bool { return w.heard || w.read && !w.unheard }

func (w *writer) run(ctx context.Context) error {
	w.fresh, w.found = map[crm.Role]bool{}, map[crm.Role]crm.Record{}
	if w.ref.Customer != "" {
		return w.tellAll(ctx)
	}
	if w.sub.Pushed >= w.sub.Revision { // the records are as they shall be, only the calendar is not
		return w.writeEntry(ctx)
	}
	if err := w.decide(ctx); err != nil {
		return err
	}
	if w.sub.Appointment == nil {
		return w.writePerson(ctx, w.leadRole())
	}
	if err := w.convert(ctx); err != nil {
		return err
	}
	if err := w.writePerson(ctx, crm.RoleRelatedRecord); err != nil {
		return err
	}
	if err := w.writePerson(ctx, crm.RoleLead); err != nil {
		return err
	}
	err := w.writeAppointment(ctx)
	if w.contactGone(err) { // someone deleted or merged the contact: find or make it anew, once
		w.healed = true
		if err := w.service.Store.Unlink(ctx, w.org, w.config, crm.RoleRelatedRecord, w.subjectOf(crm.RoleRelatedRecord)); err != nil {
			return err
		}
		if w.sub, err = w.service.subject(ctx, w.org, w.ref, w.config); err != nil {
			return err
		}
		return w.run(ctx)
	}
	if err != nil {
		return err
	}
	return w.writeEntry(ctx)
}

// leadRole is the role of the record that stands for the lead: an enquiry goes to the Contact Us Module where there is one.
func (w *writer) leadRole() crm.Role {
	if w.sub.Appointment == nil && w.sub.Lead != nil && w.sub.Lead.Kind == lead.ContactUs && w.mapping.Module(crm.RoleContactUs) != "" {
		return crm.RoleContactUs
	}
	return crm.RoleLead
}

// contactGone reports whether an appointment was refused because of its link to the related record.
func (w *writer) contactGone(err error) bool {
	p := crm.AsProblem(err)
	return p != nil && !w.healed && p.Class == crm.Rejected && p.Field != "" &&
		p.Field == w.mapping.FieldOf(crm.RoleAppointment, "related_record")
}

// subjectOf names our noun that a role's record stands for.
func (w *writer) subjectOf(r crm.Role) string {
	switch {
	case r == crm.RoleRelatedRecord:
		return string(w.sub.Customer.ID)
	case r != crm.RoleAppointment && w.sub.Lead != nil:
		return string(w.sub.Lead.ID)
	case w.sub.Appointment != nil:
		return string(w.sub.Appointment.ID)
	}
	return ""
}

// decide finds out which records are there and which must be made, and keeps that before anything is made, so that a
// run that is cut off goes on with the same decision.
func (w *writer) decide(ctx context.Context) error {
	var links []Link
	known := false
	if related, decided := w.sub.link(crm.RoleRelatedRecord); !decided && w.sub.Appointment != nil {
		l, err := w.look(ctx, crm.RoleRelatedRecord)
		if err != nil {
			return err
		}
		if known = l.Record != ""; !known {
			l.BegunStart = l.Since
		}
		links = append(links, l)
	} else if decided {
		known = related.found()
	}
	if _, decided := w.sub.link(w.leadRole()); !decided {
		l, err := w.look(ctx, w.leadRole())
		if err != nil {
			return err
		}
		if l.Record == "" && !w.needsLead(known) {
			l.Record = NoRecord
		} else if l.Record == "" {
			l.BegunStart = l.Since
		}
		links = append(links, l)
	}
	if _, decided := w.sub.link(crm.RoleAppointment); !decided && w.sub.Appointment != nil {
		links = append(links, w.begunAppointment())
	}
	if len(links) == 0 {
		return nil
	}
	if err := w.service.Store.Decide(ctx, w.org, w.config, links); err != nil {
		return err
	}
	for _, l := range links {
		w.fresh[l.Role] = true
	}
	w.sub.Links = append(w.sub.Links, links...)
	return nil
}

// needsLead: an enquiry is always a lead; a booking makes one for a person whom the CRM does not know yet or, by setting, for everybody.
func (w *writer) needsLead(contactKnown bool) bool {
	if w.people.Leads == settings.LeadsOfAll {
		return true
	}
	if w.sub.Lead == nil {
		return false
	}
	return w.sub.Lead.Kind != lead.FromBooking || !contactKnown
}

// begunAppointment is the link of an event that is about to be made, with what it can be found by again.
func (w *writer) begunAppointment() Link {
	a := w.sub.Appointment
	l := w.newLink(crm.RoleAppointment)
	l.BegunStart = a.Start
	if rep, ok := w.sub.Catalog.Rep(a.Rep); ok {
		l.BegunOwner = rep.CRMUser
	}
	return l
}

func (w *writer) newLink(r crm.Role) Link {
	return Link{Role: r, Subject: w.subjectOf(r), Module: w.mapping.Module(r), Since: w.service.Now()}
}

// writePerson makes or completes the record of a role that stands for a person.
func (w *writer) writePerson(ctx context.Context, r crm.Role) error {
	l, ok := w.sub.link(r)
	if !ok || l.Record == NoRecord {
		return nil
	}
	fields := w.personFields(r)
	l, err := w.refind(ctx, l)
	if err != nil {
		return err
	}
	if l.Record == "" {
		return w.create(ctx, l, fields)
	}
	if r == crm.RoleRelatedRecord {
		have, read := w.found[r]
		if !read && l.Known != nil && !l.Known.Waits(w.sub.Customer.Contact) { // nothing new to tell about this person
			return nil
		}
		if !read || !w.saw(r, have) {
			if have, err = w.get(ctx, l); !read && crm.IsClass(err, crm.Gone) { // the mirror looks for what became of it
				return nil
			} else if err != nil {
				return err
			}
		}
		return w.complete(ctx, l, fields, have)
	}
	have, err := w.get(ctx, l)
	if crm.IsClass(err, crm.Gone) || have.Converted { // the lead was deleted or converted: the appointment stands without it
		l.Record = NoRecord
		return w.record(ctx, "lead gone", l.Module, "", nil, nil, 0, &l)
	}
	if err != nil {
		return err
	}
	return w.complete(ctx, l, fields, have)
}

func (w *writer) personFields(r crm.Role) mapping.Fields {
	if r == crm.RoleRelatedRecord {
		return w.sub.customerFields()
	}
	f := w.sub.leadFields()
	if to := w.refTo(crm.RoleRelatedRecord); w.people.Booked == settings.BookedLink && to.ID != "" {
		f["related_record"] = to
	}
	return f
}

// writeAppointment makes the appointment's record or brings it to the present state.
func (w *writer) writeAppointment(ctx context.Context) error {
	l, _ := w.sub.link(crm.RoleAppointment)
	if l.Record == "" && !w.fresh[crm.RoleAppointment] {
		rec, err := w.recover(ctx, l)
		if err != nil {
			return err
		}
		if rec.ID != "" {
			l.Record = rec.ID
			made := w.wrote(l, nil, w.mapped(l.Role, rec), true) // by the insert whose answer was lost: it has our reference
			if err := w.record(ctx, "found "+l.Module, l.Module, l.Record, nil, nil, 0, &l, made...); err != nil {
				return err
			}
		} else if err := w.underWay(l); err != nil { // and until then it is found where it was begun
			return err
		}
	}
	if l.Record == "" { // a new attempt may stand elsewhere than the one before
		if err := w.glance(ctx, Sight{}); err != nil {
			return err
		}
		l.BegunStart, l.BegunOwner = w.begunAppointment().BegunStart, w.begunAppointment().BegunOwner
		return w.create(ctx, l, w.sub.appointmentFields(w.refTo(crm.RoleRelatedRecord), w.refTo(crm.RoleLead)))
	}
	have, err := w.get(ctx, l)
	if crm.IsClass(err, crm.Gone) {
		if w.sub.Appointment.Status == booking.Canceled {
			return nil // nothing is left to be cancelled
		}
		if err := w.service.Store.Unlink(ctx, w.org, w.config, l.Role, l.Subject); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	if w.crossed(l, have) {
		f := Crossed{Org: w.org, Config: w.config, Module: l.Module, Record: l.Record}
		return errors.Join(errCrossed, w.service.Store.Cross(ctx, w.org, f))
	}
	if err := w.glance(ctx, ReadSight(have, w.mapping, w.sub.Organization.Location())); err != nil {
		return err
	}
	return w.update(ctx, l, have, w.sub.appointmentFields(w.refTo(crm.RoleRelatedRecord), w.refTo(crm.RoleLead)))
}

var errCrossed = fault.New(fault.Conflict, "It was changed in Zoho while a change of ours waited. Nothing was written: settle it under Conflicts.")

// crossed reports whether a record was changed in the CRM since both sides last knew of it, to something else than what we
// are about to write.
func (w *writer) crossed(l Link, have crm.Record) bool {
	theirs := ReadSight(have, w.mapping, w.sub.Organization.Location())
	return l.Sight != nil && !theirs.Agrees(*l.Sight) && !theirs.Agrees(w.target()) && (l.Sending == nil || !theirs.Agrees(*l.Sending))
}

// target is what the appointment's record shows once it is written.
func (w *writer) target() Sight {
	rep, _ := w.sub.Catalog.Rep(w.sub.Appointment.Rep)
	return SightOf(*w.sub.Appointment, rep.CRMUser)
}

// about keeps what of a link is about to be sent; it fails when the lease is lost or the CRM's side has moved on.
func (w *writer) about(ctx context.Context, l *Link) error {
	if l.Role == crm.RoleAppointment {
		target := w.target()
		l.Sending = &target
	}
	l.Wrote = w.service.Now()
	mine, err := w.service.Store.Begin(ctx, w.org, w.config, *l, w.sub.Customer.ID, w.holder)
	if err == nil && !mine {
		err = errTakenOver
	}
	l.Version++
	return err
}

// done gives a link whose write has been answered.
func (w *writer) done(l Link) *Link {
	if l.Role == crm.RoleAppointment {
		target := w.target()
		l.Sight, l.Sending = &target, nil
	}
	return &l
}

// refTo points to the record of a role; empty when there is none.
func (w *writer) refTo(r crm.Role) crm.Ref {
	l, _ := w.sub.link(r)
	if l.Record == NoRecord {
		l.Record = ""
	}
	return crm.Ref{ID: l.Record, Module: l.Module}
}

// recover looks for an appointment's record whose insert was begun: by our id where a field holds it, otherwise by owner
// and start, or by whom it is for, and then by our id in the record's long text.
func (w *writer) recover(ctx context.Context, l Link) (crm.Record, error) {
	field := func(key string) string { return w.mapping.FieldOf(crm.RoleAppointment, key) }
	own, start := field("external_id"), l.BegunStart.In(w.sub.Organization.Location())
	known := mapping.Fields{"external_id": l.Subject, "start": start, "date": crm.Date(start.Format(time.DateOnly))}
	var matches []crm.Match
	for _, key := range []string{"external_id", "start", "date"} {
		if f, v := w.mapping.ValueOf(crm.RoleAppointment, key, known); f != "" && v != nil {
			matches = append(matches, crm.Match{Field: f, Op: crm.Equal, Value: v})
			break
		}
	}
	if own == "" && l.BegunOwner != "" && field("rep") != "" {
		matches = append(matches, crm.Match{Field: field("rep"), Op: crm.Equal, Value: crm.Ref{ID: l.BegunOwner}})
	}
	if len(matches) == 0 {
		return crm.Record{}, nil
	}
	ways := [][]crm.Match{matches}
	if related := w.refTo(crm.RoleRelatedRecord); own == "" && related.ID != "" && field("related_record") != "" { // somebody may have moved it by now
		ways = append(ways, []crm.Match{{Field: field("related_record"), Op: crm.Equal, Value: related}})
	}
	list, err := w.provider.Find(ctx, crm.Query{Module: l.Module, Fields: []string{"id"}, Any: ways, Limit: 200})
	if err != nil {
		return crm.Record{}, w.failed(ctx, "find "+l.Module, l.Module, "", nil, 0, err)
	}
	for _, r := range list {
		full, err := w.provider.Get(ctx, l.Module, r.ID)
		if crm.IsClass(err, crm.Gone) {
			continue
		}
		if err != nil {
			return crm.Record{}, w.failed(ctx, "read "+l.Module, l.Module, r.ID, nil, 0, err)
		}
		if full.Text(own) == l.Subject || mapping.HasReference(full.Text(field("description")), l.Subject) {
			return full, nil
		}
	}
	return crm.Record{}, nil
}

var errTakenOver = fault.Later(time.Second, "Another node has taken this write over.")
