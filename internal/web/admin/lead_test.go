package admin_test

import (
	"testing"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/lead"
)

// told is what the mirror keeps when a lead's record in Zoho says this of it.
func (w *world) told(l lead.ID, change func(*lead.Lead)) {
	w.t.Helper()
	ctx := w.t.Context()
	is, err := w.store.Lead(ctx, w.ridge.ID, l)
	if err != nil {
		w.t.Fatal(err)
	}
	link := crmsync.Link{Role: crm.RoleLead, Subject: string(l), Module: "Leads", Record: "5725767000000777" + string(l[len(l)-3:]), Since: w.clock.Now()}
	if err := w.store.Decide(ctx, w.ridge.ID, w.config.ID, []crmsync.Link{link}); err != nil {
		w.t.Fatal(err)
	}
	p := crmsync.Person{Config: w.config.ID, Role: link.Role, Subject: link.Subject, Module: link.Module, Record: link.Record, Customer: is.Customer, Lead: l, Version: crmsync.AnyVersion}
	err = w.store.FollowPerson(ctx, w.ridge.ID, p, func(st crmsync.PersonStanding) crmsync.PersonChange {
		next := *st.Interest
		change(&next)
		return crmsync.PersonChange{Lead: &next}
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// TestLeadsSayWhatToDo: stage, Zoho's own status, owner, speed to lead and the next act of each lead.
func TestLeadsSayWhatToDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	w.connected()
	a := w.book(at(2, 10, 0), jo, nil)
	enquiry, err := w.leads.Capture(t.Context(), w.ridge, lead.Request{Kind: lead.ContactUs, Contact: lead.Contact{LastName: "Asks", Email: "asks@example.com"}, Message: "Do you do gutters?"})
	if err != nil {
		t.Fatal(err)
	}
	member := w.as("member@ridge.example")
	list := "/admin/orgs/ridge/leads"
	row := func(name string) string {
		t.Helper()
		got := member.get(list)
		got.sound(t, list)
		return got.text("tbody tr:has(a:contains('" + name + "'))")
	}
	if got := row("Asks"); got != "Asks just now Call or write Do you do gutters? Waits under a minute Not known Enquiry New Pending" {
		t.Errorf("a new enquiry: %q", got)
	}
	if got := row("Doe"); got != "Jo Doe just now Visit Wed, Dec 2, 10:00 AM Booked Not known Booking Booked Pending" {
		t.Errorf("a booking: %q", got)
	}
	w.clock.forward(25 * time.Minute)
	w.told(enquiry.ID, func(l *lead.Lead) {
		l.Stage, l.Status, l.Owner, l.Contacted = lead.Contacted, "Attempted to Contact", "Ann Archer", w.clock.Now()
	})
	w.clock.forward(time.Hour)
	if got := row("Asks"); got != "Asks 1 hour ago Follow up Do you do gutters? 25 minutes Ann Archer Enquiry Contacted Attempted to Contact Pending" {
		t.Errorf("taken up in Zoho: %q", got)
	}
	page := member.get(list + "/" + string(enquiry.ID))
	for _, want := range []string{"Attempted to Contact", "Ann Archer", "25 minutes", "Follow up"} {
		page.has(t, "section[aria-labelledby=facts]", want)
	}
	w.clock.forward(5 * 24 * time.Hour)
	if got := row("Doe"); got != "Jo Doe 5 days ago Record the outcome Booked Not known Booking Booked Pending" {
		t.Errorf("after the visit of %s: %q", a.ID, got)
	}
}
