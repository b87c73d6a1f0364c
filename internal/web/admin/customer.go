package admin

import (
	"context"
	"net/http"
	"time"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/notify"
)

type customerRow struct {
	Link, Name   string
	Email, Phone string
	Age, At      string
	Created      time.Time
	Sync         pill
}

type customersView struct {
	frame
	Rows  []customerRow
	First string
	Next  string
	Book  string
	Erase string // where persons are exported and erased; "" for whoever may not
}

// customers lists the known persons, newest first.
func (c *Console) customers(w http.ResponseWriter, r *http.Request, v *visit) error {
	q := r.URL.Query()
	list, next, err := c.Leads.Store.Customers(r.Context(), v.org.ID, lead.Filter{After: q.Get("after"), Limit: listSize})
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Customers")
	if err != nil {
		return err
	}
	f.Purpose = "Everybody who has booked or asked, once each, newest first."
	base := v.path("customers")
	view := customersView{frame: f, Book: "/book/" + v.org.Slug}
	if v.may(auth.Admin) {
		view.Erase = v.path("erasures")
	}
	if q.Get("after") != "" {
		view.First = base
	}
	if next != "" {
		view.Next = address(base, "after", next)
	}
	ids := make([]lead.CustomerID, len(list))
	for i, k := range list {
		ids[i] = k.ID
	}
	views, err := c.Sync.Store.CustomerViews(r.Context(), v.org.ID, ids)
	if err != nil {
		return err
	}
	cal := calendar{v.org.Location(), c.Now()}
	for _, k := range list {
		view.Rows = append(view.Rows, customerRow{
			Link: v.path("customers", string(k.ID)), Name: k.FullName(), Email: k.Email, Phone: k.Phone, Age: cal.age(k.Created), At: cal.stamp(k.Created),
			Created: k.Created, Sync: syncPill(views[k.ID]),
		})
	}
	return c.set.Render(w, http.StatusOK, "customers", view)
}

type customerView struct {
	frame
	Back         string
	Again        string // where somebody books for them
	Booked       bool   // they have a private link
	Private      string // it, to book again; "" where it can't be shown
	Revoke       string // "" for whoever may not
	Export       string // "" for whoever may not
	Erase        string
	State        pill
	Bounced      string // when a mail to their address came back; "" for never
	Facts        []fact
	Appointments []appointmentLine
	MoreDates    bool // there are more appointments than are shown
	Leads        []leadRow
	Records      []record
	Waits        []warning // what a person has to decide
	Timeline     []entry
}

// appointmentLine is an appointment in a customer's list.
type appointmentLine struct {
	Link, When, Service string
	Status              pill
}

// customer shows one with everything that belongs to them.
func (c *Console) customer(w http.ResponseWriter, r *http.Request, v *visit) error {
	ctx := r.Context()
	k, err := c.Leads.Store.Customer(ctx, v.org.ID, lead.CustomerID(r.PathValue("id")))
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, k.FullName())
	if err != nil {
		return err
	}
	cal := calendar{v.org.Location(), c.Now()}
	f.Purpose = "Customer since " + cal.stamp(k.Created)
	views, err := c.Sync.Store.CustomerViews(ctx, v.org.ID, []lead.CustomerID{k.ID})
	if err != nil {
		return err
	}
	view := customerView{frame: f, Back: v.path("customers"), Again: address(v.path("appointments", "new"), "customer", string(k.ID)), State: syncPill(views[k.ID]), Facts: append(contactFacts(k.Contact), fact{Label: "Customer ID", Small: string(k.ID)})}
	view.Records = recordsOf(views[k.ID])
	if v.may(auth.Admin) {
		view.Export, view.Erase = v.path("customers", string(k.ID), "export"), v.path("erase", string(k.ID))
	}
	if err := c.customerDates(ctx, v, cal, k.ID, &view); err != nil {
		return err
	}
	if said, err := c.Alerts.Consents(ctx, v.org.ID, k.Email); err != nil {
		return err
	} else if len(said) > 0 && said[0].Source == notify.FromBounce {
		view.Bounced = cal.stamp(said[0].At)
	}
	said, err := c.Alerts.Texted(ctx, v.org.ID, k.Phone)
	if err != nil {
		return err
	}
	view.Facts = c.withTexts(v, said, view.Facts)
	list, err := c.Leads.Store.LeadsOf(ctx, v.org.ID, k.ID)
	if err != nil {
		return err
	}
	if view.Leads, err = c.leadRows(ctx, v, list); err != nil {
		return err
	}
	if err := c.customerStory(ctx, v, cal, k, &view); err != nil {
		return err
	}
	return c.set.Render(w, http.StatusOK, "customer", view)
}

// customerStory reads what happened to a customer and what waits for a person.
func (c *Console) customerStory(ctx context.Context, v *visit, cal calendar, k lead.Customer, view *customerView) error {
	events, err := c.Leads.Store.CustomerEvents(ctx, v.org.ID, k.ID)
	if err != nil {
		return err
	}
	t := timeline{cal: cal}
	t.add(entry{at: k.Created, Source: "Web", Kind: "ok", Title: "First came here"})
	for _, e := range events {
		t.add(entry{at: e.At, Source: "Zoho", Title: e.Detail})
	}
	view.Timeline = t.sorted()
	list, err := c.Sync.Store.Disagreements(ctx, v.org.ID, k.ID)
	if err != nil {
		return err
	}
	for _, d := range list {
		view.Waits = append(view.Waits, warning{d.Words() + " Until somebody decides, both sides stay as they are.", v.path("conflicts", "people", string(d.ID)), "See both sides and decide"})
	}
	return nil
}

func recordsOf(s crmsync.View) []record {
	var out []record
	for _, l := range s.Records {
		out = append(out, recordOf(l))
	}
	return out
}

// customerDates reads a customer's appointments.
func (c *Console) customerDates(ctx context.Context, v *visit, cal calendar, k lead.CustomerID, view *customerView) error {
	cat, err := c.Bookings.Catalog(ctx, v.org.ID)
	if err != nil {
		return err
	}
	list, next, err := c.Book.Appointments(ctx, v.org.ID, booking.Filter{Customer: k, Limit: listSize})
	if err != nil {
		return err
	}
	view.MoreDates = next != ""
	for _, a := range list {
		service, _ := namesOf(cat, a)
		view.Appointments = append(view.Appointments, appointmentLine{
			Link: v.path("appointments", string(a.ID)), When: cal.span(a.Start, a.End), Service: service, Status: standing(a),
		})
		view.Again = address(v.path("appointments", "new"), "customer", string(k), "service", a.Service) // the newest stands last
	}
	if view.Booked = len(list) > 0; !view.Booked {
		return nil
	}
	if v.may(auth.Admin) {
		view.Revoke = v.path("customers", string(k), "links")
	}
	for next != "" { // the newest stands last
		if list, next, err = c.Book.Appointments(ctx, v.org.ID, booking.Filter{Customer: k, Limit: listSize, After: next}); err != nil || len(list) == 0 {
			return err
		}
		view.Again = address(v.path("appointments", "new"), "customer", string(k), "service", list[len(list)-1].Service)
	}
	view.Private, err = c.againLink(ctx, v, list[len(list)-1].ID)
	return err
}
