package crmsync_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/settings"
)

// trust sets the source of truth.
func (w *world) trust(truth settings.Truth) { w.t.Helper(); w.keeps(settings.People{Truth: truth}) }

// keeps sets how people are kept in step.
func (w *world) keeps(p settings.People) {
	w.t.Helper()
	set := settings.Default()
	set.People = p
	if _, err := w.store.SaveSettings(w.t.Context(), w.org.ID, w.conn, settings.Version{Settings: set, At: w.clock()}); err != nil {
		w.t.Fatal(err)
	}
}

// pull reads the one contact as the mirror does.
func (w *world) pull() {
	w.t.Helper()
	set, err := w.store.Settings(w.t.Context(), w.org.ID, w.conn)
	if err != nil {
		w.t.Fatal(err)
	}
	rec := w.contact()
	persons, err := w.store.Persons(w.t.Context(), w.org.ID, w.conn, "Contacts", rec.ID)
	if err != nil || len(persons) != 1 {
		w.t.Fatal(persons, err)
	}
	rec.Modified = w.clock()
	seen := crmsync.Seen{Record: rec, Mapping: set.Mapping(), Country: "US", Truth: set.People.Truth, At: w.clock()}
	err = w.store.FollowPerson(w.t.Context(), w.org.ID, persons[0], func(st crmsync.PersonStanding) crmsync.PersonChange { return st.Follow(seen) })
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) contact() crm.Record {
	w.t.Helper()
	w.crm.mu.Lock()
	defer w.crm.mu.Unlock()
	if len(w.crm.records["Contacts"]) != 1 {
		w.t.Fatalf("%d contacts", len(w.crm.records["Contacts"]))
	}
	return w.crm.records["Contacts"][0]
}

// typed changes the contact in the CRM.
func (w *world) typed(field, value string) {
	w.t.Helper()
	if err := w.crm.Update(w.t.Context(), "Contacts", w.contact().ID, crm.Values{field: value}); err != nil {
		w.t.Fatal(err)
	}
	w.wait(time.Minute)
}

// is gives the customer of a booking.
func (w *world) is(c lead.CustomerID) lead.Customer {
	w.t.Helper()
	k, err := w.store.Customer(w.t.Context(), w.org.ID, c)
	if err != nil {
		w.t.Fatal(err)
	}
	return k
}

// here changes the customer's phone number on our side.
func (w *world) here(c lead.CustomerID, phone string) {
	w.t.Helper()
	w.wait(time.Minute)
	rec := w.contact()
	persons, err := w.store.Persons(w.t.Context(), w.org.ID, w.conn, "Contacts", rec.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	err = w.store.FollowPerson(w.t.Context(), w.org.ID, persons[0], func(st crmsync.PersonStanding) crmsync.PersonChange {
		st.Is.Phone, st.Is.Updated = phone, w.clock()
		return crmsync.PersonChange{Customer: &st.Is}
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.wait(time.Minute)
}

func (w *world) tell(c lead.CustomerID) {
	w.t.Helper()
	if err := w.sync.PushCustomer(w.t.Context(), w.org.ID, c); err != nil {
		w.t.Fatal(err)
	}
}

const (
	first, second, third = "+13125550100", "+17735550111", "+17735550122"
)

// TestSourceOfTruth: what was changed on one side holds; what was changed on both holds as the organization has it.
func TestSourceOfTruth(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		truth        settings.Truth
		ours, theirs string // typed since both last agreed; "" nothing
		oursLater    bool
		here, there  string
		asks         bool
	}{
		"theirs alone":                     {theirs: third, here: third, there: third},
		"theirs alone, though ours is law": {truth: settings.TruthOurs, theirs: third, here: third, there: third},
		"ours alone: a fill policy":        {ours: second, here: second, there: first},
		"both, Zoho by default":            {ours: second, theirs: third, here: third, there: third},
		"both, ours":                       {truth: settings.TruthOurs, ours: second, theirs: third, here: second, there: second},
		"both, newest is theirs":           {truth: settings.TruthNewest, ours: second, theirs: third, here: third, there: third},
		"both, newest is ours":             {truth: settings.TruthNewest, ours: second, theirs: third, oursLater: true, here: second, there: second},
		"both, ask":                        {truth: settings.TruthAsk, ours: second, theirs: third, here: second, there: third, asks: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.trust(c.truth)
			b := w.booked(10, jo)
			w.pushed(b)
			id := b.Appointment.Customer
			if c.theirs != "" {
				w.typed("Phone", c.theirs)
			}
			rec := w.clock()
			if c.ours != "" {
				w.here(id, c.ours)
			}
			if c.oursLater {
				w.mu.Lock()
				w.now = rec // the record was read as it was then
				w.mu.Unlock()
			}
			for range 2 { // the second time changes nothing
				w.pull()
				w.tell(id)
			}
			if got := w.is(id).Phone; got != c.here {
				t.Errorf("here it is %s, want %s", got, c.here)
			}
			if got := w.contact().Text("Phone"); got != c.there {
				t.Errorf("in the CRM it is %s, want %s", got, c.there)
			}
			open, err := w.store.Disagreements(t.Context(), w.org.ID, id)
			if err != nil || (len(open) == 1) != c.asks {
				t.Fatalf("asked %d times: %v", len(open), err)
			}
			events, err := w.store.CustomerEvents(t.Context(), w.org.ID, id)
			if took := c.theirs != "" && c.here == c.theirs; err != nil || (len(events) == 1) != took {
				t.Errorf("told %+v, %v", events, err)
			}
		})
	}
}

// jobs counts those of a kind.
func (w *world) jobs(kind string) (n int64) {
	w.t.Helper()
	counts, err := w.store.JobCounts(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range counts {
		if c.Kind == kind {
			n += c.N
		}
	}
	return n
}

// TestDisagreementIsSettled: a person decides, and both sides become what was chosen.
func TestDisagreementIsSettled(t *testing.T) {
	t.Parallel()
	for side, want := range map[crmsync.Side]string{crmsync.SideOurs: second, crmsync.SideTheirs: third} {
		t.Run(string(side), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.trust(settings.TruthAsk)
			b := w.booked(10, jo)
			w.pushed(b)
			id := b.Appointment.Customer
			w.typed("Phone", third)
			w.here(id, second)
			w.pull()
			open, err := w.store.Disagreements(t.Context(), w.org.ID, "")
			if err != nil || len(open) != 1 || !slices.Equal(open[0].Parts, []crmsync.Part{crmsync.Phone}) || open[0].Ours.Phone != second || open[0].Theirs.Phone != third {
				t.Fatalf("%+v %v", open, err)
			}
			w.typed("Phone", third) // read again, nobody is told again
			w.pull()
			if n := w.jobs("crmsync.disagreed/mail"); n != 1 {
				t.Errorf("%d mails", n)
			}
			if _, err := w.sync.SettlePerson(t.Context(), w.org.ID, open[0].ID, "nobody", "Rae"); !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
			if _, err := w.sync.SettlePerson(t.Context(), w.org.ID, open[0].ID, side, "Rae"); err != nil {
				t.Fatal(err)
			}
			if _, err := w.sync.SettlePerson(t.Context(), w.org.ID, open[0].ID, side, "Rae"); !fault.Is(err, fault.Conflict) {
				t.Error("settled twice:", err)
			}
			w.tell(id)
			w.pull()
			w.tell(id)
			if here, there := w.is(id).Phone, w.contact().Text("Phone"); here != want || there != want {
				t.Errorf("here %s, there %s, want %s", here, there, want)
			}
			if open, err := w.store.Disagreements(t.Context(), w.org.ID, ""); err != nil || len(open) != 0 {
				t.Errorf("asked again: %+v %v", open, err)
			}
			events, err := w.store.CustomerEvents(t.Context(), w.org.ID, id)
			if err != nil || len(events) != 1 || !strings.Contains(events[0].Detail, "says Rae: Phone") {
				t.Errorf("%+v %v", events, err)
			}
		})
	}
}

// TestChangeThereIsNotOverwritten: a write of ours that comes before the change was read leaves it alone and has it read.
func TestChangeThereIsNotOverwritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	set := settings.Default()
	set.Rows = set.Mapping().Overwriting(crm.RoleRelatedRecord, "phone", "city").Rows
	if _, err := w.store.SaveSettings(t.Context(), w.org.ID, w.conn, settings.Version{Settings: set, At: w.clock()}); err != nil {
		t.Fatal(err)
	}
	b := w.booked(10, jo)
	w.pushed(b)
	id := b.Appointment.Customer
	w.typed("Phone", third)
	w.here(id, second)
	w.tell(id)
	if got := w.contact().Text("Phone"); got != third {
		t.Errorf("the CRM's %s became %s", third, got)
	}
	w.pull()
	if got := w.is(id).Phone; got != third {
		t.Errorf("here it is %s", got)
	}
	w.here(id, first)
	w.tell(id)
	if got := w.contact().Text("Phone"); got != first {
		t.Errorf("overwrite: the CRM has %s", got)
	}
}

// TestKnownContactIsMet: a contact that the CRM had before fills in what we do not know, and what differs is as the CRM has it.
func TestKnownContactIsMet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.crm.records["Contacts"] = []crm.Record{{Module: "Contacts", ID: "1", Values: crm.Values{
		"First_Name": "Jo", "Last_Name": "Doe", "Email": "jo@x.example", "Phone": third, "Mobile": first, "Mailing_Street": "1 Old St", "Mailing_City": "Evanston",
	}}}
	b := w.booked(10, jo)
	w.pushed(b)
	k := w.is(b.Appointment.Customer)
	if k.City != "Evanston" || k.Phone != first {
		t.Errorf("the customer is %+v", k.Contact)
	}
	calls := len(w.crm.calls)
	w.tell(k.ID)
	if got := w.crm.calls[calls:]; len(got) > 0 {
		t.Errorf("there was nothing to tell: %v", got)
	}
}

// TestFirstMeetingAsks: with the setting "ask" also what differs at the first meeting is left to a person.
func TestFirstMeetingAsks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.trust(settings.TruthAsk)
	w.crm.records["Contacts"] = []crm.Record{{Module: "Contacts", ID: "1", Values: crm.Values{"First_Name": "Jo", "Last_Name": "Doe", "Email": "jo@x.example", "Phone": third}}}
	b := w.booked(10, jo)
	w.pushed(b)
	open, err := w.store.Disagreements(t.Context(), w.org.ID, b.Appointment.Customer)
	if err != nil || len(open) != 1 || !slices.Equal(open[0].Parts, []crmsync.Part{crmsync.Phone}) {
		t.Fatalf("%+v %v", open, err)
	}
	if here, there := w.is(b.Appointment.Customer).Phone, w.contact().Text("Phone"); here != first || there != third {
		t.Errorf("here %s, there %s", here, there)
	}
}

// TestWhoseBookingMakesALead: a new person's makes one; a known contact's only where the setting says so, and never two.
func TestWhoseBookingMakesALead(t *testing.T) {
	t.Parallel()
	for leads, want := range map[settings.Leads][3]int{"": {0, 0, 1}, settings.LeadsOfNew: {0, 0, 1}, settings.LeadsOfAll: {1, 2, 3}} {
		t.Run(string(leads), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.keeps(settings.People{Leads: leads})
			w.crm.records["Contacts"] = []crm.Record{{Module: "Contacts", ID: "1", Values: crm.Values{"First_Name": "Jo", "Last_Name": "Doe", "Email": "jo@x.example"}}}
			for i, who := range []lead.Contact{jo, jo, {FirstName: "Al", LastName: "New", Email: "al@x.example"}} {
				b := w.booked(10+i, who)
				w.pushed(b)
				if err := w.push(b); err != nil { // a push that runs twice makes no other
					t.Fatal(err)
				}
				if n := w.crm.count("Leads"); n != want[i] {
					t.Errorf("after %d bookings there are %d leads, want %d", i+1, n, want[i])
				}
			}
			if n := w.crm.count("Contacts"); n != 2 {
				t.Errorf("%d contacts", n)
			}
		})
	}
}

// TestAFormLeftTwiceIsOneLead: what the same person leaves again completes the lead of the first time, and the booking does too.
func TestAFormLeftTwiceIsOneLead(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newWorldOn(t, engine)
			leads := &lead.Service{Store: w.store, Now: w.clock}
			left := func(kind lead.Kind, c lead.Contact, message string, utm map[string]string) lead.Lead {
				t.Helper()
				l, err := leads.Capture(t.Context(), w.org, lead.Request{Kind: kind, Contact: c, Message: message, UTM: utm})
				if err != nil {
					t.Fatal(err)
				}
				if err := w.sync.PushLead(t.Context(), w.org.ID, l.ID); err != nil {
					t.Fatal(err)
				}
				return l
			}
			first := left(lead.Abandoned, lead.Contact{LastName: "Doe", FirstName: "Jo", Email: "jo@x.example"}, "Gutters", map[string]string{"utm_source": "news"})
			again := left(lead.Abandoned, lead.Contact{LastName: "Doe", FirstName: "Jo", Email: "jo@x.example", Phone: "312 555 0100"}, "", map[string]string{"utm_source": "other"})
			if again.ID != first.ID || again.Contact.Phone != "+13125550100" || again.Message != "Gutters" || again.UTM["utm_source"] != "news" {
				t.Errorf("again %+v, first %+v", again, first)
			}
			if other := left(lead.Abandoned, lead.Contact{LastName: "Roe", Email: "roe@x.example"}, "", nil); other.ID == first.ID {
				t.Error("another person's is the same lead")
			}
			if n := w.crm.count("Leads"); n != 2 {
				t.Fatalf("%d leads in the CRM", n)
			}
			w.crm.mu.Lock()
			if got := w.crm.records["Leads"][0].Text("Phone"); got != "+13125550100" {
				t.Errorf("the phone number that came later: %q", got)
			}
			w.crm.mu.Unlock()
			b := w.booked(10, jo)
			w.pushed(b)
			l, err := w.store.Lead(t.Context(), w.org.ID, first.ID)
			if err != nil || l.Stage != lead.Booked || l.Appointment != string(b.Appointment.ID) || w.crm.count("Leads") != 2 {
				t.Errorf("%+v %v", l, err)
			}
			if after := left(lead.Abandoned, jo, "", nil); after.ID == first.ID {
				t.Error("a lead that was booked is opened again")
			}
		})
	}
}

// TestOwnerIsKept: whoever has the record in the CRM is known with it, and stays so when the CRM does not say.
func TestOwnerIsKept(t *testing.T) {
	t.Parallel()
	st := crmsync.PersonStanding{Person: crmsync.Person{Role: crm.RoleRelatedRecord}}
	seen := crmsync.Seen{Record: crm.Record{Values: crm.Values{"Last_Name": "Doe", "Owner": crm.Ref{ID: "77", Name: "Ann"}}}, Mapping: mapping.BuiltIn(), Country: "US"}
	first := st.Follow(seen)
	if first.Known == nil || first.Known.Owner != "77" {
		t.Fatalf("%+v", first.Known)
	}
	st.Known = first.Known
	st.Is.Contact = first.Known.Ours
	seen.Record.Values["Owner"] = crm.Ref{ID: "88"}
	if next := st.Follow(seen); next.Known == nil || next.Known.Owner != "88" {
		t.Errorf("another owner: %+v", next.Known)
	}
	delete(seen.Record.Values, "Owner")
	if next := st.Follow(seen); next.Known != nil && next.Known.Owner != "77" {
		t.Errorf("no owner said: %+v", next.Known)
	}
}

// TestEveryLeadOfACustomerIsTold: a customer may have several leads, each with a record of its own; all learn what is new.
func TestEveryLeadOfACustomerIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var id lead.CustomerID
	for i := range 2 {
		l, err := (&lead.Service{Store: w.store, Now: w.clock}).Capture(t.Context(), w.org, lead.Request{
			Kind: lead.ContactUs, Contact: lead.Contact{FirstName: "Jo", LastName: "Doe", Email: "jo@x.example"},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.sync.PushLead(t.Context(), w.org.ID, l.ID); err != nil {
			t.Fatal(err)
		}
		id = l.Customer
		if i == 0 { // somebody closes it, so that the next enquiry makes a lead of its own
			if err := w.crm.Update(t.Context(), "Leads", w.crm.records["Leads"][0].ID, crm.Values{"Lead_Status": "Junk Lead"}); err != nil {
				t.Fatal(err)
			}
		}
		w.wait(time.Minute)
	}
	w.expect(0, 2, 0)
	persons, err := w.store.Persons(t.Context(), w.org.ID, w.conn, "Leads", w.crm.records["Leads"][1].ID)
	if err != nil || len(persons) != 1 {
		t.Fatal(persons, err)
	}
	err = w.store.FollowPerson(t.Context(), w.org.ID, persons[0], func(st crmsync.PersonStanding) crmsync.PersonChange {
		st.Is.Phone, st.Is.Updated = second, w.clock()
		return crmsync.PersonChange{Customer: &st.Is}
	})
	if err != nil {
		t.Fatal(err)
	}
	w.wait(time.Minute)
	w.tell(id)
	for _, rec := range w.crm.records["Leads"] {
		if got := rec.Text("Phone"); got != second {
			t.Errorf("lead %s has the phone %q, want %s", rec.ID, got, second)
		}
	}
}
