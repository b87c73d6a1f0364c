package admin_test

import (
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/mirror"
)

// TestDeletedRecordsShow: what was deleted in Zoho does not look as if it were there; when we saw it and what follows is said.
func TestDeletedRecordsShow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	w.connected()
	ctx, o, c := t.Context(), w.ridge.ID, w.config.ID
	a := w.book(at(2, 10, 0), jo, nil)
	contact := crmsync.Link{Role: crm.RoleRelatedRecord, Subject: string(a.Customer), Module: "Contacts", Record: "5725767000000524001", Since: w.clock.Now()}
	lead := crmsync.Link{Role: crm.RoleLead, Subject: string(a.Lead), Module: "Leads", Record: "5725767000000524002", Since: w.clock.Now()}
	event := crmsync.Link{Role: crm.RoleAppointment, Subject: string(a.ID), Module: "Events", Record: "5725767000000524003", Since: w.clock.Now()}
	if err := w.store.Decide(ctx, o, c, []crmsync.Link{contact, lead, event}); err != nil {
		t.Fatal(err)
	}
	if err := w.store.Settle(ctx, o, crmsync.Ref{Appointment: a.ID}, crmsync.Outcome{Revision: a.Revision}, w.clock.Now()); err != nil {
		t.Fatal(err)
	}
	b, page := w.as("member@ridge.example"), "/admin/orgs/ridge/appointments/"+string(a.ID)
	if got := b.get(page); strings.Contains(got.text("main"), "Deleted in Zoho") || !strings.Contains(got.text("#live"), "Zoho has the present state.") {
		t.Error("nothing is deleted yet")
	}
	w.clock.forward(time.Hour)
	for _, l := range []crmsync.Link{contact, lead} {
		p := crmsync.Person{Config: c, Role: l.Role, Subject: l.Subject, Module: l.Module, Record: l.Record, Customer: a.Customer, Version: crmsync.AnyVersion}
		if l.Role == crm.RoleLead {
			p.Lead = a.Lead
		}
		if err := w.store.FollowPerson(ctx, o, p, crmsync.PersonStanding.Deleted); err != nil {
			t.Fatal(err)
		}
	}
	deleted := []mirror.Linked{{Appointment: a.ID, Module: "Events", Record: event.Record}}
	if err := w.store.KeepGone(ctx, o, c, deleted, w.clock.Now()); err != nil {
		t.Fatal(err)
	}
	q := booking.Question{CatalogRevision: -1, Now: w.clock.Now()}
	if _, err := w.store.Change(ctx, o, a.ID, q, func(is booking.Appointment, _ booking.Situation) (booking.Change, error) {
		return booking.Follow(o, is, booking.Told{Status: booking.Canceled, Reason: "Deleted in Zoho", Actor: "zoho"}, w.clock.Now()), nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := w.store.Settle(ctx, o, crmsync.Ref{Appointment: a.ID}, crmsync.Outcome{Revision: a.Revision + 1}, w.clock.Now()); err != nil {
		t.Fatal(err)
	}
	got := b.get(page)
	got.sound(t, page)
	for _, want := range []string{contact.Record, lead.Record, event.Record, "Somebody has deleted the appointment's record in Zoho.", "another contact of theirs, or makes a new one", "gets a lead of its own", "The visit is cancelled here too."} {
		got.has(t, "[aria-labelledby=zoho]", want)
	}
	if n := strings.Count(got.text("[aria-labelledby=zoho] table"), "Deleted in Zoho. We saw it "); n != 3 {
		t.Errorf("%d of 3 records are said to be deleted", n)
	}
	if link := got.Find("[aria-labelledby=zoho] table a").AttrOr("href", ""); link != "/admin/orgs/ridge/appointments/new?customer="+string(a.Customer) {
		t.Errorf("it leads to %q", link)
	}
	for _, want := range []string{"Somebody has deleted the lead's record in Zoho.", "Deleted in Zoho. We saw it "} {
		b.get("/admin/orgs/ridge/leads/"+string(a.Lead)).has(t, "[aria-labelledby=zoho]", want)
	}

	if err := w.store.ForgetGone(ctx, o, c, deleted); err != nil { // restored from the recycle bin
		t.Fatal(err)
	}
	if err := w.store.Decide(ctx, o, c, []crmsync.Link{contact}); err != nil { // found again
		t.Fatal(err)
	}
	if n := strings.Count(b.get(page).text("[aria-labelledby=zoho] table"), "Deleted in Zoho."); n != 1 {
		t.Errorf("%d records are said to be deleted, once two are back", n)
	}
}
