package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store"
)

// person is a homeowner of the demo.
type person struct{ first, last, street, city, zip string }

var people = []person{
	{"Maria", "Santos", "1452 W Argyle St", "Chicago", "60640"},
	{"James", "Whitfield", "2210 Sherman Ave", "Evanston", "60201"},
	{"Priya", "Raman", "4821 N Lincoln Ave", "Chicago", "60625"},
	{"Tom", "Kowalski", "3340 S Wallace St", "Chicago", "60616"},
	{"Denise", "Okafor", "915 Forest Ave", "Oak Park", "60301"},
	{"Henry", "Lindqvist", "1807 W Farragut Ave", "Chicago", "60640"},
	{"Grace", "Nakamura", "6100 N Kenmore Ave", "Chicago", "60660"},
	{"Luis", "Herrera", "2733 S Ridgeway Ave", "Chicago", "60623"},
	{"Ellen", "Fitzgerald", "508 Linden Ave", "Wilmette", "60091"},
	{"Omar", "Haddad", "8121 S Kedzie Ave", "Chicago", "60652"},
	{"Nora", "Byrne", "5632 N Glenwood Ave", "Chicago", "60660"},
	{"Victor", "Petrov", "1130 Harlem Ave", "Forest Park", "60130"},
	{"Angela", "Moretti", "2451 W Taylor St", "Chicago", "60612"},
	{"Samuel", "Greene", "7344 S Euclid Ave", "Chicago", "60649"},
	{"Ruth", "Abrams", "9040 Keystone Ave", "Skokie", "60076"},
	{"Kevin", "Doyle", "10432 S Hale Ave", "Chicago", "60643"},
}

func (p person) contact(i int) lead.Contact {
	return lead.Contact{
		FirstName: p.first, LastName: p.last, Email: fmt.Sprintf("%s.%s@example.com", lower(p.first), lower(p.last)),
		Phone: fmt.Sprintf("+1312555%04d", 1000+i), Street: p.street, City: p.city, State: "IL", PostalCode: p.zip, Country: "United States",
	}
}

func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 32
		}
	}
	return string(b)
}

// visit is one appointment of the demo: so many working days from today, at an hour of the afternoon, so that the
// mornings are left to --appointments.
type visit struct {
	days         int
	rep, service string
	hour         int
	status       booking.Status
	who          int
	notes        string
}

var visits = []visit{
	{-14, "ann", "inspection", 14, booking.Completed, 0, "Two shingles came down in the last storm."},
	{-12, "ben", "inspection", 15, booking.Completed, 3, ""},
	{-10, "cora", "estimate", 14, booking.NoShow, 4, "Call when you are near."},
	{-9, "ann", "inspection", 15, booking.Canceled, 8, ""},
	{-7, "ben", "inspection", 14, booking.Completed, 9, ""},
	{-5, "cora", "estimate", 15, booking.Completed, 2, "Flat roof over the garage."},
	{-3, "ann", "estimate", 14, booking.Completed, 1, ""},
	{-1, "cora", "inspection", 14, booking.Completed, 5, "Water stain on the bedroom ceiling."},
	{1, "ann", "inspection", 14, booking.Confirmed, 6, "Gate code 4417."},
	{1, "ben", "inspection", 15, booking.Confirmed, 7, ""},
	{2, "cora", "estimate", 14, booking.Confirmed, 10, "We would like to compare metal and shingle."},
	{3, "ann", "estimate", 15, booking.Confirmed, 14, ""},
	{4, "ben", "inspection", 14, booking.Confirmed, 15, "Friendly dog in the yard."},
	{5, "cora", "inspection", 14, booking.Confirmed, 12, ""},
	{7, "ann", "inspection", 15, booking.Canceled, 11, ""},
	{8, "ben", "inspection", 14, booking.Confirmed, 13, ""},
	{11, "cora", "estimate", 14, booking.Confirmed, 0, "Second opinion after the inspection."},
	{15, "ann", "inspection", 14, booking.Confirmed, 8, ""},
}

// enquiries are leads without an appointment, one of every stage that needs none.
var enquiries = []struct {
	who     int
	kind    lead.Kind
	stage   lead.Stage
	message string
	ago     time.Duration
}{
	{11, lead.ContactUs, lead.New, "Do you also replace gutters? About 40 feet at the front.", 3 * time.Hour},
	{13, lead.Abandoned, lead.New, "", 20 * time.Hour},
	{9, lead.ContactUs, lead.Contacted, "Insurance asks for a report by the end of the month.", 3 * 24 * time.Hour},
	{3, lead.ContactUs, lead.Won, "Ready to go ahead with the offer for the back roof.", 9 * 24 * time.Hour},
	{4, lead.Abandoned, lead.Lost, "", 12 * 24 * time.Hour},
}

// campaigns are what led the people of the enquiries to the booking page, in turn.
var campaigns = []map[string]string{
	{"utm_source": "google", "utm_campaign": "storm-season"}, {"utm_source": "google", "utm_campaign": "storm-season"}, {"utm_source": "postcard", "utm_campaign": "north-side"}, {}, {"utm_source": "google", "utm_campaign": "storm-season"},
}

// loader fills an organization and the simulator alike.
type loader struct {
	demo     *Demo
	org      org.Organization
	config   connection.ConfigID
	now      time.Time
	zone     *time.Location
	contacts []string // the simulator's ids of people
	batch    []store.Loaded
	events   []map[string]any
}

// seedRecords loads some weeks of visits, leads of every stage, and as many more visits as were asked for.
func (d *Demo) seedRecords(ctx context.Context, o org.Organization, c connection.ConfigID) error {
	l := &loader{demo: d, org: o, config: c, now: d.options.Now(), zone: o.Location()}
	var contacts []map[string]any
	for i, p := range people {
		v := p.contact(i)
		contacts = append(contacts, map[string]any{
			"First_Name": v.FirstName, "Last_Name": v.LastName, "Email": v.Email, "Phone": v.Phone, "Mailing_Street": v.Street,
			"Mailing_City": v.City, "Mailing_State": v.State, "Mailing_Zip": v.PostalCode, "Mailing_Country": v.Country,
		})
	}
	var err error
	if l.contacts, err = d.Sim.Load("Contacts", contacts); err != nil {
		return err
	}
	for _, v := range visits {
		l.visit(v)
	}
	l.more(d.options.Appointments)
	if err := l.leads(); err != nil {
		return err
	}
	made := slices.Clone(l.batch)
	if err := l.store(ctx); err != nil {
		return err
	}
	return l.visitors(ctx, made)
}

// day gives the date that is so many working days from today, at noon in the organization's zone.
func (l *loader) day(n int) time.Time {
	t := l.now.In(l.zone)
	t = time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, l.zone)
	step := 1
	if n < 0 {
		step = -1
	}
	for n != 0 {
		if t = t.AddDate(0, 0, step); works(t) {
			n -= step
		}
	}
	return t
}

// works reports whether ridgeline's reps work on a date.
func works(t time.Time) bool {
	return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday && !slices.Contains(ridgeline().Holidays, t.Format(time.DateOnly))
}

func (l *loader) visit(v visit) {
	d := l.day(v.days)
	start := time.Date(d.Year(), d.Month(), d.Day(), v.hour, 0, 0, 0, l.zone).UTC()
	booked := start.AddDate(0, 0, -6)
	if booked.After(l.now) {
		booked = l.now.Add(-time.Duration(20+v.days) * time.Hour)
	}
	l.add(v.rep, v.service, start, v.status, v.who, v.notes, booked)
}

var repUser = map[string]string{"ann": crmAnn, "ben": crmBen, "cora": crmCora}

// minutes and names of the services.
var (
	lasts = map[string]time.Duration{"inspection": time.Hour, "estimate": 90 * time.Minute}
	named = map[string]string{"inspection": "Roof inspection", "estimate": "Replacement estimate"}
)

// add puts one visit into the platform's batch and its event into the simulator's.
func (l *loader) add(rep, service string, start time.Time, status booking.Status, who int, notes string, booked time.Time) {
	contact := people[who].contact(who)
	a := booking.Appointment{
		ID: booking.AppointmentID(id.New("apt", booked)), Status: status, Revision: 1, Service: service, Rep: rep, Start: start, End: start.Add(lasts[service]),
		Timezone: l.org.Timezone, Customer: customerID(who), Contact: contact, Notes: notes, PostalCode: contact.PostalCode, Created: booked, Updated: booked,
	}
	events := []booking.Event{{At: booked, Kind: "booked", Actor: "visitor", Start: start, Rep: rep}}
	title := named[service] + " – " + contact.FullName()
	if status == booking.Canceled {
		a.Revision, a.CancelReason = 2, "Found somebody in the family to do it"
		a.Updated = booked.Add(20 * time.Hour)
		if a.Updated.After(l.now) {
			a.Updated = l.now
		}
		events = append(events, booking.Event{At: a.Updated, Kind: "cancelled", Actor: "visitor", Start: start, Rep: rep, Detail: a.CancelReason})
		title = crmsync.CancelledPrefix + title
	}
	l.batch = append(l.batch, store.Loaded{
		Customer: lead.Customer{ID: customerID(who), Contact: contact, Created: booked, Updated: booked}, Appointment: &a,
		Token: secret.NewString(id.Token()), Events: events, Config: l.config,
		Links: []crmsync.Link{{Role: crm.RoleRelatedRecord, Subject: string(customerID(who)), Module: "Contacts", Record: l.contacts[who], Since: booked}},
	})
	block := mapping.Block([]mapping.Line{{Label: "Service", Text: named[service]}, {Label: "Phone", Text: contact.Phone}, {Label: "Notes", Text: notes}}, string(a.ID))
	l.events = append(l.events, map[string]any{
		"Event_Title": title, "Start_DateTime": start, "End_DateTime": a.End, "Owner": map[string]any{"id": repUser[rep]},
		"Who_Id": map[string]any{"id": l.contacts[who]}, "Venue": contact.Address(), "Description": mapping.BlockStart + "\n" + block + "\n" + mapping.BlockEnd,
	})
}

func customerID(who int) lead.CustomerID { return lead.CustomerID(fmt.Sprintf("cus_demo%04d", who)) }

// more adds n visits in the mornings of the coming working days: three a day for each rep, 9:00, 10:30 and 12:00, which
// with their buffers is no more than half of the rep's day; two where the rep has a visit of the samples that day.
func (l *loader) more(n int) {
	type repDay struct{ rep, date string }
	busy := map[repDay]bool{}
	for _, v := range l.batch {
		if a := v.Appointment; a != nil {
			busy[repDay{a.Rep, a.Start.In(l.zone).Format(time.DateOnly)}] = true
		}
	}
	mornings := []time.Duration{9 * time.Hour, 10*time.Hour + 30*time.Minute, 12 * time.Hour}
	d := l.day(1)
	for n > 0 {
		if works(d) {
			for i, at := range mornings {
				for _, rep := range []string{"ann", "ben", "cora"} {
					if n == 0 {
						return
					}
					if i == 2 && busy[repDay{rep, d.Format(time.DateOnly)}] {
						continue
					}
					start := time.Date(d.Year(), d.Month(), d.Day(), int(at.Hours()), int(at.Minutes())%60, 0, 0, l.zone).UTC()
					l.add(rep, "inspection", start, booking.Confirmed, n%len(people), "", l.now.Add(-time.Hour))
					n--
				}
			}
		}
		d = d.AddDate(0, 0, 1)
	}
}

// leads loads the enquiries into the simulator and the batch.
func (l *loader) leads() error {
	var records []map[string]any
	for _, e := range enquiries {
		c := people[e.who].contact(e.who)
		records = append(records, map[string]any{
			"First_Name": c.FirstName, "Last_Name": c.LastName, "Email": c.Email, "Phone": c.Phone, "Company": c.FullName() + " (Residential)",
			"Street": c.Street, "City": c.City, "State": c.State, "Zip_Code": c.PostalCode, "Description": e.message,
		})
	}
	ids, err := l.demo.Sim.Load("Leads", records)
	if err != nil {
		return err
	}
	for i, e := range enquiries {
		c := people[e.who].contact(e.who)
		created := l.now.Add(-e.ago)
		v := lead.Lead{
			ID: lead.ID(id.New("lead", created)), Kind: e.kind, Stage: e.stage, Customer: customerID(e.who), Contact: c, Message: e.message,
			UTM: campaigns[i%len(campaigns)], Created: created,
		}
		if e.stage != lead.New {
			v.Contacted = created.Add(time.Duration(i*i) * 11 * time.Minute)
		}
		l.batch = append(l.batch, store.Loaded{
			Customer: lead.Customer{ID: customerID(e.who), Contact: c, Created: created, Updated: created}, Lead: &v, Config: l.config,
			Links: []crmsync.Link{{Role: crm.RoleLead, Subject: string(v.ID), Module: "Leads", Record: ids[i], Since: created}},
		})
	}
	return nil
}

// store loads events and batch, so many at a time.
func (l *loader) store(ctx context.Context) error {
	ids, err := l.demo.Sim.Load("Events", l.events)
	if err != nil {
		return err
	}
	for i, eventID := range ids { // visits come first in the batch, in the order of the events
		b := &l.batch[i]
		b.Links = append(b.Links, crmsync.Link{Role: crm.RoleAppointment, Subject: string(b.Appointment.ID), Module: "Events", Record: eventID, Since: b.Appointment.Created})
	}
	const atOnce = 1000
	for len(l.batch) > 0 {
		n := min(atOnce, len(l.batch))
		if err := l.demo.App.Store.Load(ctx, l.org.ID, l.batch[:n]); err != nil {
			return err
		}
		l.batch = l.batch[n:]
	}
	return nil
}
