package demo

import (
	"context"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/insight"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/store"
)

// passing is what visitors do who book nothing, in turn: how far they come, and with which ZIP code.
var passing = []struct {
	step insight.Step
	zip  string
}{
	{insight.Viewed, ""},
	{insight.Area, "60640"},
	{insight.Viewed, ""},
	{insight.Area, "60091"},
	{insight.Slot, "60625"},
	{insight.Viewed, ""},
	{insight.Area, "60660"},
	{insight.Area, "53202"},
	{insight.Details, "60605"},
	{insight.Area, "60301"},
}

// visitors records the visits of the booking page behind the appointments and enquiries of the demo, and those of people who
// passed by, as the pages would have: by the recorder, on its own clock.
func (l *loader) visitors(ctx context.Context, made []store.Loaded) error {
	now := l.now
	r := insight.NewRecorder(l.demo.App.Store, l.demo.App.Bookings, func() time.Time { return now })
	tell := func(at time.Time, steps insight.Step, service, zip string, last insight.Visit) {
		now = at
		v := insight.Visit{ID: r.Visit("")}
		for step := insight.Viewed; step <= steps; step++ {
			now = now.Add(40 * time.Second)
			v.Step = step
			var q *insight.Question
			if step == insight.Area {
				q = l.question(now, service, zip)
			}
			r.Tell(l.org.ID, v, q)
		}
		last.ID = v.ID
		r.Tell(l.org.ID, last, nil)
	}
	for _, b := range made {
		switch a := b.Appointment; {
		case a != nil && a.Created.Before(l.now):
			tell(a.Created.Add(-5*time.Minute), insight.Booked, a.Service, a.PostalCode, insight.Visit{Appointment: a.ID})
		case b.Lead != nil && b.Lead.Kind == lead.ContactUs:
			tell(b.Lead.Created.Add(-5*time.Minute), insight.Area, "inspection", b.Lead.Contact.PostalCode, insight.Visit{Enquiry: true})
		case b.Lead != nil:
			tell(b.Lead.Created.Add(-5*time.Minute), insight.Details, "inspection", b.Lead.Contact.PostalCode, insight.Visit{})
		}
	}
	now = l.now
	if err := r.Flush(ctx); err != nil {
		return err
	}
	for i := range 80 {
		p := passing[i%len(passing)]
		service := []string{"inspection", "estimate"}[i/7%2]
		tell(l.now.Add(-time.Duration(i)*8*time.Hour-time.Duration(i%5)*37*time.Minute-time.Hour), p.step, service, p.zip, insight.Visit{})
	}
	now = l.now
	return r.Flush(ctx)
}

// question asks for the times of two weeks, and whether there are any is what the rules say.
func (l *loader) question(now time.Time, service, zip string) *insight.Question {
	day := availability.DateOf(now, l.zone)
	c := ridgeline()
	rules, err := c.Rules()
	if err != nil {
		return nil
	}
	q := availability.Query{Service: service, From: day, To: day.AddDays(13), Zone: l.zone, PostalCode: zip}
	slots, _ := rules.Plan(q, nil, now).At(now)
	return &insight.Question{
		Ask: booking.Ask{Scheduler: l.org.Slug, Service: service, From: q.From.String(), To: q.To.String(), Timezone: l.org.Timezone, PostalCode: zip}, None: len(slots) == 0,
	}
}
