package crmsync

import (
	"context"
	"strings"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/mapping"
)

// entryText is how long the description of a calendar's entry may be.
const entryText = 10_000

// CalendarModule names a rep's calendar where a module's name stands otherwise: in links and in what is copied.
func CalendarModule(rep, calendar string) string { return CalendarPrefix + rep + ":" + calendar }

// CalendarPrefix begins every CalendarModule.
const CalendarPrefix = "calendar:"

// CalendarOf takes a CalendarModule apart.
func CalendarOf(module string) (rep, calendar string) {
	name := strings.TrimPrefix(module, CalendarPrefix)
	if i := strings.LastIndexByte(name, ':'); i >= 0 { // a calendar's id has none
		return name[:i], name[i+1:]
	}
	return name, ""
}

// behind reports whether something of the subject has to be written.
func (s Subject) behind() bool { return s.Pushed < s.Revision || s.entryBehind() }

// entryBehind reports whether the calendar's entry does not show the appointment as it is. Where there is none, none is
// missed: those that were booked under another availability source have none.
func (s Subject) entryBehind() bool {
	l, ok := s.link(crm.RoleCalendar)
	if !ok {
		return false
	}
	return s.Appointment.Status == booking.Canceled || l.Sight == nil || *l.Sight != s.entrySight()
}

// entrySight is what an entry shows of its appointment; Owner is our rep.
func (s Subject) entrySight() Sight {
	return Sight{Start: s.Appointment.Start, End: s.Appointment.End, Owner: s.Appointment.Rep}
}

// writeEntry keeps the entry of the appointment in the rep's calendar: made, moved and taken out with it. Nobody tells of
// changes in a calendar, so the copy is made anew after one.
func (w *writer) writeEntry(ctx context.Context) error {
	if w.sub.Appointment == nil {
		return nil
	}
	l, have := w.sub.link(crm.RoleCalendar)
	if target := w.entryModule(l); !have && target == "" || have && !w.sub.entryBehind() && l.Module == target {
		return nil
	}
	if err := w.bringEntry(ctx, l, have); err != nil {
		return err
	}
	return w.service.Store.StateDue(ctx, w.org, w.config)
}

// bringEntry makes, moves or takes out the entry.
func (w *writer) bringEntry(ctx context.Context, l Link, have bool) error {
	target := w.entryModule(l)
	if have && l.Record == "" { // begun before: it may be there
		var err error
		if l.Record, err = w.recoverEntry(ctx, l); err != nil {
			return err
		}
		if l.Record == "" {
			if err := w.underWay(l); err != nil {
				return err
			}
		}
	}
	if l.Record != "" && l.Module != target {
		if err := w.removeEntry(ctx, l); err != nil {
			return err
		}
		l = Link{}
	}
	switch {
	case target == "":
		return w.service.Store.Unlink(ctx, w.org, w.config, crm.RoleCalendar, string(w.sub.Appointment.ID))
	case l.Record == "":
		return w.createEntry(ctx, target)
	}
	return w.moveEntry(ctx, l)
}

// entryModule is the calendar in which the entry belongs; "" when it belongs in none. Under another availability source
// no entry is made, but one that is there follows its appointment.
func (w *writer) entryModule(l Link) string {
	a := w.sub.Appointment
	if a.Status == booking.Canceled {
		return ""
	}
	if w.calendars == nil {
		if rep, _ := CalendarOf(l.Module); l.Record != "" && rep == a.Rep {
			return l.Module
		}
		return ""
	}
	if chosen := w.calendars[a.Rep]; len(chosen) > 0 {
		return CalendarModule(a.Rep, chosen[0])
	}
	return ""
}

func (w *writer) entry(id string) crm.CalendarEntry {
	a := w.sub.Appointment
	title := strings.Trim(w.sub.serviceName()+" – "+a.Contact.FullName(), " –")
	return crm.CalendarEntry{ID: id, Title: title, Start: a.Start, End: a.End}
}

// shown is what of an entry stands in an attempt.
func shown(e crm.CalendarEntry) crm.Values {
	return crm.Values{"title": e.Title, "start": e.Start, "end": e.End}
}

func (w *writer) createEntry(ctx context.Context, module string) error {
	began, sight := w.service.Now(), w.sub.entrySight()
	l := Link{
		Role: crm.RoleCalendar, Subject: string(w.sub.Appointment.ID), Module: module, BegunOwner: w.sub.Appointment.Rep,
		BegunStart: w.sub.Appointment.Start, Sent: began, Since: began, Sending: &sight,
	}
	if err := w.about(ctx, &l); err != nil {
		return err
	}
	_, calendar := CalendarOf(module)
	e := w.entry("")
	made, err := w.provider.PutEntry(ctx, calendar, e, mapping.Marked(w.sub.description(), entryText))
	if err != nil {
		if p := crm.AsProblem(err); p != nil && !p.Unknown { // refused or never sent: nothing is under way
			l.Sent = time.Time{}
			if err := w.service.Store.Decide(context.WithoutCancel(ctx), w.org, w.config, []Link{l}); err != nil {
				return err
			}
		}
		return w.failed(ctx, "create entry", module, "", shown(e), w.service.Now().Sub(began), err)
	}
	l.Record, l.Sight, l.Sending = made.ID, &sight, nil
	return w.record(ctx, "create entry", module, made.ID, shown(e), nil, w.service.Now().Sub(began), &l)
}

// moveEntry brings an entry to the appointment's time. One that somebody took out is made anew.
func (w *writer) moveEntry(ctx context.Context, l Link) error {
	began, sight := w.service.Now(), w.sub.entrySight()
	l.Sending = &sight
	if err := w.about(ctx, &l); err != nil {
		return err
	}
	_, calendar := CalendarOf(l.Module)
	e := w.entry(l.Record)
	_, err := w.provider.PutEntry(ctx, calendar, e, "") // the text may be the rep's by now
	if crm.IsClass(err, crm.Gone) {
		return w.createEntry(ctx, l.Module)
	}
	took := w.service.Now().Sub(began)
	if err != nil {
		return w.failed(ctx, "update entry", l.Module, l.Record, shown(e), took, err)
	}
	l.BegunStart, l.Sight, l.Sending = sight.Start, &sight, nil
	return w.record(ctx, "update entry", l.Module, l.Record, shown(e), nil, took, &l)
}

// removeEntry takes an entry out and forgets it; one that is gone already is no error.
func (w *writer) removeEntry(ctx context.Context, l Link) error {
	began := w.service.Now()
	_, calendar := CalendarOf(l.Module)
	if err := w.provider.DeleteEntry(ctx, calendar, l.Record, ""); err != nil && !crm.IsClass(err, crm.Gone) {
		return w.failed(ctx, "delete entry", l.Module, l.Record, nil, w.service.Now().Sub(began), err)
	}
	if err := w.record(ctx, "delete entry", l.Module, l.Record, nil, nil, w.service.Now().Sub(began), nil); err != nil {
		return err
	}
	return w.service.Store.Unlink(ctx, w.org, w.config, crm.RoleCalendar, l.Subject)
}

// recoverEntry looks for an entry whose insert was begun: by its start, and then by our reference in its text.
func (w *writer) recoverEntry(ctx context.Context, l Link) (string, error) {
	_, calendar := CalendarOf(l.Module)
	list, err := w.provider.Entries(ctx, calendar, l.BegunStart, l.BegunStart.Add(time.Minute))
	if crm.IsClass(err, crm.Gone) { // the calendar itself was deleted
		return "", nil
	}
	if err != nil {
		return "", w.failed(ctx, "find entry", l.Module, "", nil, 0, err)
	}
	for _, e := range list {
		if !e.Start.Equal(l.BegunStart) || e.Instance != "" {
			continue
		}
		_, text, err := w.provider.Entry(ctx, calendar, e.ID)
		if crm.IsClass(err, crm.Gone) {
			continue
		}
		if err != nil {
			return "", w.failed(ctx, "read entry", l.Module, e.ID, nil, 0, err)
		}
		if mapping.HasReference(text, l.Subject) {
			l.Record = e.ID
			return e.ID, w.record(ctx, "found entry", l.Module, e.ID, nil, nil, 0, &l)
		}
	}
	return "", nil
}
