package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/insight"
	"heavyset.tech/platform/internal/job"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/privacy"
	"heavyset.tech/platform/internal/quarantine"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
	"heavyset.tech/platform/internal/waitlist"
	"heavyset.tech/platform/internal/webhook"
)

// TestWhatIsStoredWhere: the table of holdings and docs/PRIVACY.md name every table of the schema, each once and alike.
func TestWhatIsStoredWhere(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "PRIVACY.md"))
	if err != nil {
		t.Fatal(err)
	}
	wanted, known := map[string]bool{}, map[string]bool{}
	for _, h := range store.Holdings() {
		if known[h.Table] {
			t.Errorf("%s is named twice", h.Table)
		}
		known[h.Table] = true
		line := fmt.Sprintf("| `%s` | %s | %s | %s | %s |", h.Table, h.Whose, h.What, h.Kept, h.Erased)
		if wanted[line] = true; !bytes.Contains(page, []byte("\n"+line+"\n")) {
			t.Errorf("docs/PRIVACY.md lacks:\n%s", line)
		}
	}
	for line := range strings.Lines(string(page)) {
		if strings.HasPrefix(line, "| `") && !wanted[strings.TrimSpace(line)] {
			t.Errorf("docs/PRIVACY.md says otherwise:\n%s", line)
		}
	}
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		tables, err := store.Columns(t.Context(), s)
		if err != nil || len(tables) < 40 {
			t.Fatalf("%d tables: %v", len(tables), err)
		}
		for name := range tables {
			if !known[name] {
				t.Errorf("nothing is said of the table %s", name)
			}
		}
	})
}

// The person of these tests, whose words stand nowhere else.
var (
	zoe     = lead.Contact{FirstName: "Zoë", LastName: "Quillfeather", Email: "zoe.quill@marker.example", Phone: "+13125550177", Street: "77 Markerless Way", PostalCode: "60601"}
	markers = privacy.MarkersOf(zoe)
)

// life leaves rows of a person in every table that may hold any, as the platform does, and gives their customer.
func life(t *testing.T, s *store.Store, o org.Organization) (lead.CustomerID, booking.Confirmation) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	r := request(o.Slug, time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC))
	r.Contact, r.Notes, r.UTM = zoe, "Zoë Quillfeather has a dog", map[string]string{"utm_source": zoe.Email}
	r.Answers, r.Key = map[string]string{"gate": "call " + zoe.Phone}, lead.IdempotencyKey{Key: "k", Body: "d"}
	must(s.CreateWebhook(ctx, o.ID, webhook.Endpoint{ID: "hook_1", URL: "https://x.example", Types: webhook.Types(), State: webhook.Active, Secret: secret.NewString("s"), Created: monday}))
	c, err := booking.New(s, clock).Book(ctx, r)
	must(err)
	m, err := s.Message(ctx, o.ID, "hook_1", 1)
	must(err)
	_, err = s.KeepBody(ctx, o.ID, m.Event, []byte(`{"email":"`+zoe.Email+`"}`))
	must(err)
	_, err = s.SettleWebhook(ctx, o.ID, m, &webhook.Attempt{ID: "hat_1", At: monday, Head: "unknown: " + zoe.Email}, func(e webhook.Endpoint, m webhook.Message) webhook.Outcome {
		return webhook.Outcome{Endpoint: e, Message: m}
	})
	must(err)
	a, err := s.Appointment(ctx, o.ID, c.Appointment.ID)
	must(err)
	must(s.KeepDelivery(ctx, o.ID, notify.Delivery{MessageID: "m1", Appointment: a.ID, Kind: "booked", State: notify.Refused, Error: "550 no such user " + zoe.Email, At: monday}))
	must(s.Decide(ctx, o.ID, "cfg", []crmsync.Link{
		{Role: crm.RoleRelatedRecord, Subject: string(a.Customer), Module: "Contacts", Record: "7", Since: monday, Known: &crmsync.Known{}},
		{Role: crm.RoleAppointment, Subject: string(a.ID), Module: "Events", Record: "8", Since: monday},
		{Role: crm.RoleLead, Subject: string(c.Lead), Module: "Leads", Record: "9", Since: monday},
	}))
	v := crmsync.Value{ID: "val_1", Config: "cfg", At: monday, Turn: 1, Role: crm.RoleRelatedRecord, Module: "Contacts", Record: "7", Field: "Email", Sure: true, Before: nil, After: zoe.Email, Customer: a.Customer}
	must(s.Record(ctx, o.ID, crmsync.Attempt{
		ID: "try_1", Config: "cfg", At: monday, State: crmsync.AttemptWritten, Kind: "create Contacts", Appointment: a.ID, Module: "Contacts", Record: "7",
		Request: `{"Last_Name":"Q…"}`, Answer: `{"message":"duplicate of ` + zoe.Email + `"}`, Wrote: []crmsync.Value{v},
	}, nil))
	person := crmsync.Person{Config: "cfg", Role: crm.RoleRelatedRecord, Subject: string(a.Customer), Module: "Contacts", Record: "7", Customer: a.Customer, Version: crmsync.AnyVersion}
	must(s.FollowPerson(ctx, o.ID, person, func(crmsync.PersonStanding) crmsync.PersonChange {
		return crmsync.PersonChange{Event: "Phone was " + zoe.Phone, Open: &crmsync.Disagreement{Person: person, Ours: zoe, Theirs: zoe, Opened: monday}}
	}))
	must(s.KeepVisits(ctx, o.ID, []insight.Visit{{ID: "v_1", Started: monday, Seen: monday, Step: insight.Booked, Appointment: a.ID, Answer: insight.Answer{At: monday, Service: a.Service, PostalCode: "60601"}}}))
	must(s.AddAudit(ctx, o.ID, audit.Event{ID: "aud_1", At: monday, By: audit.By{Who: "Ada"}, Area: audit.Appointments, Act: "Exported", Subject: zoe.FullName(), Detail: "for " + zoe.Email}))
	must(s.AddAudit(ctx, o.ID, audit.Event{ID: "aud_2", At: monday, By: audit.By{Who: "Ada"}, Area: audit.Settings, Act: "Saved", Subject: "Version 2", Detail: "of somebody else"}))
	day := availability.DateOf(monday, time.UTC)
	wait := waitlist.Entry{ID: "wait_1", Service: r.Service, Contact: zoe, Notes: "Zoë Quillfeather has a dog", Timezone: "UTC", Wish: waitlist.Wish{From: day, To: day}, Created: monday}
	must(s.JoinWaitlist(ctx, o.ID, wait, secret.NewString("token of "+string(o.ID))))
	_, err = s.OfferSlot(ctx, o.ID, booking.Question{CatalogRevision: -1, Now: monday}, wait.ID, func(booking.Situation) (booking.Hold, waitlist.Offer, error) {
		h := booking.Hold{ID: "hold_1", Service: r.Service, Rep: a.Rep, Start: a.End, End: a.End.Add(time.Hour), Expires: monday, Created: monday}
		return h, waitlist.Offer{ID: "off_1", Hold: h.ID, Service: h.Service, Rep: h.Rep, Start: h.Start, End: h.End, Made: monday, Expires: monday}, nil
	})
	must(err)
	return a.Customer, c
}

func facts() *job.Table {
	var jobs job.Table
	job.On(&jobs, "booking.booked", "mail", job.Options{}, func(context.Context, booking.Booked) error { return nil })
	job.On(&jobs, "crmsync.due", "crm", job.Options{}, func(context.Context, crmsync.Due) error { return nil })
	job.On(&jobs, "privacy.records_chosen", "crm", job.Options{}, func(context.Context, privacy.RecordsChosen) error { return nil })
	return &jobs
}

func TestAPersonIsExported(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, facts(), func(t *testing.T, s *store.Store) {
		o, other := organization(t, s, "ridge"), organization(t, s, "other")
		life(t, s, o)
		e, err := s.ExportPerson(t.Context(), o.ID, privacy.Who{Email: zoe.Email})
		if err != nil {
			t.Fatal(err)
		}
		doc, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{
			"customers", "customer_events", "leads", "appointments", "timeline", "deliveries", "idempotency", "audit_events", "river_job", "crm_links", "crm_values", "sync_attempts", "disagreements", "manage_links", "visits",
		} {
			if len(e.Tables[table]) == 0 {
				t.Errorf("nothing of %s", table)
			}
		}
		for _, has := range []string{`"after":`, zoe.Email, zoe.Phone, "has a dog", "550 no such user", "2026-12-01T15:00:00Z"} {
			if !bytes.Contains(doc, []byte(has)) {
				t.Errorf("the export lacks %q", has)
			}
		}
		for _, no := range []string{"sealed", "token_hash", "of somebody else", "other"} {
			if bytes.Contains(doc, []byte(no)) {
				t.Errorf("the export holds %q", no)
			}
		}
		if _, err := s.ExportPerson(t.Context(), other.ID, privacy.Who{Email: zoe.Email}); !fault.Is(err, fault.NotFound) {
			t.Errorf("another organization's person: %v", err)
		}
	})
}

func TestAPersonIsErased(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, facts(), func(t *testing.T, s *store.Store) {
		o, other := organization(t, s, "ridge"), organization(t, s, "other")
		customer, c := life(t, s, o)
		theirs, _ := life2(t, s, other)
		p := &privacy.Service{Store: s, Now: clock}
		before, err := s.Search(t.Context(), o.ID, markers)
		if err != nil || len(before) < 8 {
			t.Fatalf("the search finds too little before: %v %v", before, err)
		}
		held, err := s.Held(t.Context(), o.ID, privacy.Who{Customer: customer})
		if err != nil || held.Coming != 1 || len(held.Records) != 3 {
			t.Fatalf("%+v %v", held, err)
		}
		r, err := p.Erase(t.Context(), o.ID, privacy.Who{Customer: customer}, true, "Ada")
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(r.Counts) != fmt.Sprint(held.Counts) {
			t.Errorf("foretold %v, done %v", held.Counts, r.Counts)
		}
		if len(r.Found) != 0 {
			t.Errorf("found afterwards: %v", r.Found)
		}
		if kept, err := s.Erasure(t.Context(), o.ID, r.ID); err != nil || len(kept.Records) != 3 || kept.Records[0].State != privacy.Waits || kept.File == "" || kept.By != "Ada" {
			t.Errorf("%+v %v", kept, err)
		}
		a, err := s.Appointment(t.Context(), o.ID, c.Appointment.ID)
		if err != nil || a.Rep != c.Appointment.Rep || !a.Start.Equal(c.Appointment.Start) || a.Status != booking.Confirmed || a.Customer != "" || a.Contact.FullName() != "(erased)" {
			t.Errorf("the fact of the visit: %+v %v", a, err)
		}
		if blocks, err := s.Blocks(t.Context(), o.ID, monday, monday.AddDate(0, 0, 7), monday); err != nil || len(blocks) != 1 {
			t.Errorf("the visit's time: %v %v", blocks, err)
		}
		if sub, err := s.AppointmentSubject(t.Context(), o.ID, a.ID, "cfg"); err != nil || sub.Pushed != sub.Revision {
			t.Errorf("it is to be written again: %v", err)
		}
		if list, err := s.Persons(t.Context(), o.ID, "cfg", "Contacts", "7"); err != nil || len(list) != 0 {
			t.Errorf("a record still stands for the person: %v %v", list, err)
		}
		if _, err := booking.New(s, clock).ByToken(t.Context(), c.Token.Reveal()); !fault.Is(err, fault.NotFound) {
			t.Errorf("the private link: %v", err)
		}
		if events, _, _ := s.AuditEvents(t.Context(), o.ID, audit.Filter{}); len(events) != 2 || events[0].Detail != "of somebody else" || events[1].Subject != "[erased]" || events[1].Detail != "" {
			t.Errorf("the audit: %+v", events)
		}
		if v, err := s.AskedVisits(t.Context(), o.ID, monday, monday.Add(time.Second), 9); err != nil || len(v) != 1 || v[0].Appointment != "" || v[0].PostalCode != "" || v[0].Step != insight.Booked {
			t.Errorf("the visit of the booking page: %+v %v", v, err)
		}
		if _, err := s.Customer(t.Context(), other.ID, theirs); err != nil {
			t.Errorf("another organization's customer of the same name: %v", err)
		}
		if _, err := p.Erase(t.Context(), o.ID, privacy.Who{Customer: customer}, false, "Ada"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a second time: %v", err)
		}
	})
}

// life2 is the same person elsewhere.
func life2(t *testing.T, s *store.Store, o org.Organization) (lead.CustomerID, booking.Confirmation) {
	t.Helper()
	r := request(o.Slug, time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC))
	r.Contact = zoe
	c, err := booking.New(s, clock).Book(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.Appointment(t.Context(), o.ID, c.Appointment.ID)
	if err != nil {
		t.Fatal(err)
	}
	return a.Customer, c
}

// TestNobodyIsErasedWhileTheCRMIsWritten: what a push keeps afterwards would bring the person back.
func TestNobodyIsErasedWhileTheCRMIsWritten(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, facts(), func(t *testing.T, s *store.Store) {
		o := organization(t, s, "ridge")
		customer, _ := life(t, s, o)
		p := &privacy.Service{Store: s, Now: clock}
		if won, err := s.LeaseCustomer(t.Context(), o.ID, customer, "node/x", monday.Add(time.Minute), monday); err != nil || !won {
			t.Fatal(won, err)
		}
		if _, err := p.Erase(t.Context(), o.ID, privacy.Who{Customer: customer}, false, "Ada"); !fault.Is(err, fault.Conflict) {
			t.Fatalf("erased under a lease: %v", err)
		}
		if _, err := s.Customer(t.Context(), o.ID, customer); err != nil {
			t.Errorf("half erased: %v", err)
		}
		if err := s.ReleaseCustomer(t.Context(), o.ID, customer, "node/x"); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Erase(t.Context(), o.ID, privacy.Who{Customer: customer}, false, "Ada"); err != nil {
			t.Error(err)
		}
	})
}

// TestWhoIsErasedAndWhoIsNot: what a person typed in another form and what waits for a decision goes with them; whoever lives
// in the same street, has an address that only looks alike or one that ends with theirs stays whole.
func TestWhoIsErasedAndWhoIsNot(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		o := organization(t, s, "ridge")
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		leads := &lead.Service{Store: s, Now: clock}
		ask := func(c lead.Contact) lead.CustomerID {
			t.Helper()
			l, err := leads.Capture(t.Context(), o, lead.Request{Kind: lead.ContactUs, Contact: c, Message: "?"})
			must(err)
			return l.Customer
		}
		me := lead.Contact{FirstName: "Zoë", LastName: "Quillfeather", Email: "zoe_quill@marker.example", Phone: "+13125550177", Street: "77 Shared Street"}
		ask(me)
		alike := ask(lead.Contact{LastName: "Alike", Email: "zoeXquill@marker.example", Street: me.Street})
		suspect := func(id string, c lead.Contact, text string) {
			must(s.KeepSuspect(t.Context(), o.ID, quarantine.Suspect{ID: quarantine.ID(id), At: monday, Request: quarantine.Request{Address: "192.0.2.1", Lead: &lead.Request{Kind: lead.ContactUs, Contact: c, Message: text}}}))
		}
		day := availability.DateOf(monday, time.UTC)
		wait := func(id string, c lead.Contact) {
			must(s.JoinWaitlist(t.Context(), o.ID, waitlist.Entry{ID: waitlist.EntryID(id), Service: "inspection", Contact: c, Timezone: "UTC", Wish: waitlist.Wish{From: day, To: day}, Created: monday}, secret.NewString("token of "+id)))
		}
		left := func(id string, c lead.Contact) {
			must(s.PutLeft(t.Context(), o.ID, lead.Left{ID: lead.LeftID(id), Form: id, Contact: c, Opened: monday, Due: monday.Add(time.Hour)}))
		}
		neighbour := lead.Contact{LastName: "Neighbour", Email: "next." + me.Email, Phone: "+13125550178", Street: me.Street}
		suspect("sus_phone", lead.Contact{LastName: "Quillfeather", Phone: "(312) 555-0177"}, "call me")
		suspect("sus_mail", lead.Contact{LastName: "Q", Email: "ZOE_Quill@Marker.example"}, "write me")
		suspect("sus_text", lead.Contact{LastName: "Friend", Email: "friend@x.example"}, "ask Zoë Quillfeather, she knows")
		suspect("sus_next", neighbour, "I live in the same house")
		wait("wait_me", me)
		wait("wait_next", neighbour)
		left("left_me", me)
		left("left_next", neighbour)
		lone := lead.Contact{FirstName: "Lona", LastName: "Lonequill", Email: "lona@marker.example", Phone: "+13125550199"} // no customer
		suspect("sus_lone", lone, "call me")
		wait("wait_lone", lone)
		left("left_lone", lone)
		p := &privacy.Service{Store: s, Now: clock}
		if _, err := p.Erase(t.Context(), o.ID, privacy.Who{Email: me.Email}, false, "Ada"); err != nil {
			t.Fatal(err)
		}
		var gone, stays []string
		look := func(id string, err error) {
			if fault.Is(err, fault.NotFound) {
				gone = append(gone, id)
			} else {
				must(err)
				stays = append(stays, id)
			}
		}
		for _, id := range []string{"sus_phone", "sus_mail", "sus_text", "sus_next"} {
			_, err := s.Suspect(t.Context(), o.ID, quarantine.ID(id))
			look(id, err)
		}
		for _, id := range []string{"wait_me", "wait_next"} {
			_, err := s.WaitEntry(t.Context(), o.ID, waitlist.EntryID(id))
			look(id, err)
		}
		for _, id := range []string{"left_me", "left_next"} {
			_, _, err := s.Left(t.Context(), o.ID, lead.LeftID(id))
			look(id, err)
		}
		_, err := s.Customer(t.Context(), o.ID, alike)
		look("alike", err)
		if got, want := fmt.Sprint(gone, stays), "[sus_phone sus_mail sus_text wait_me left_me] [sus_next wait_next left_next alike]"; got != want {
			t.Errorf("gone and here: %s\nwant           %s", got, want)
		}
		if e, err := s.ExportPerson(t.Context(), o.ID, privacy.Who{Phone: lone.Phone}); err != nil || len(e.Customers) != 0 || len(e.Tables["suspects"]) != 1 || len(e.Tables["waitlist_entries"]) != 1 || len(e.Tables["left_forms"]) != 1 {
			t.Errorf("the export of who only waits: %v %v", e.Tables, err)
		}
		r, err := p.Erase(t.Context(), o.ID, privacy.Who{Email: lone.Email}, false, "Ada")
		if err != nil || len(r.Counts) != 3 || len(r.Found) != 0 {
			t.Errorf("who only waits: %+v %v", r, err)
		}
		if found, err := s.Search(t.Context(), o.ID, privacy.MarkersOf(lone)); err != nil || len(found) != 0 {
			t.Errorf("found afterwards: %v %v", found, err)
		}
		if _, err := p.Erase(t.Context(), o.ID, privacy.Who{Email: lone.Email}, false, "Ada"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a second time: %v", err)
		}
	})
}

// TestARecordOfTwoIsLeft: what stands for somebody else too is neither listed nor touched.
func TestARecordOfTwoIsLeft(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, facts(), func(t *testing.T, s *store.Store) {
		o := organization(t, s, "ridge")
		customer, _ := life(t, s, o)
		if err := s.Decide(t.Context(), o.ID, "cfg", []crmsync.Link{{Role: crm.RoleRelatedRecord, Subject: "cus_partner", Module: "Contacts", Record: "7", Since: monday}}); err != nil {
			t.Fatal(err)
		}
		held, err := s.Held(t.Context(), o.ID, privacy.Who{Customer: customer})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range held.Records {
			if r.ID == "7" {
				t.Errorf("a record that two share is to be erased: %+v", held.Records)
			}
		}
	})
}

// TestDeletedContentLeavesTheFile: the bytes of the file and of its log hold the person before and not after.
func TestDeletedContentLeavesTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	s := storetest.Open(t, "sqlite:"+path, clock, facts())
	o := organization(t, s, "ridge")
	customer, _ := life(t, s, o)
	inFile := func() string {
		t.Helper()
		for _, p := range []string{path, path + "-wal"} {
			b, err := os.ReadFile(p)
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			if found := storetest.Traces(b, append(slices.Clone(markers), "Quillfeather", "Markerless", "has a dog")...); found != "" {
				return filepath.Base(p) + ": " + found
			}
		}
		return ""
	}
	if inFile() == "" {
		t.Fatal("the person is not in the file before: this test looks at the wrong place")
	}
	r, err := (&privacy.Service{Store: s, Now: clock}).Erase(t.Context(), o.ID, privacy.Who{Customer: customer}, false, "Ada")
	if err != nil {
		t.Fatal(err)
	}
	if found := inFile(); found != "" {
		t.Errorf("still in the file: %s (%s)", found, r.File)
	}
}

// TestAFileWithRemainsIsWrittenAnew: content that was deleted without being overwritten goes too.
func TestAFileWithRemainsIsWrittenAnew(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	s := storetest.Open(t, "sqlite:"+path, clock, nil)
	raw, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{"PRAGMA secure_delete = 0", "CREATE TABLE remains (x TEXT)", "INSERT INTO remains VALUES ('" + zoe.Email + "')", "DELETE FROM remains", "DROP TABLE remains"} {
		if _, err := raw.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if err := raw.Close(); err != nil {
		t.Fatal(err)
	}
	if state, err := s.Scrub(t.Context(), markers); err != nil || state != privacy.FileCompacted {
		t.Fatalf("%s %v", state, err)
	}
	if state, err := s.Scrub(t.Context(), markers); err != nil || state != privacy.FileClean {
		t.Errorf("%s %v", state, err)
	}
	if b, err := os.ReadFile(path); err != nil || bytes.Contains(b, []byte(zoe.Email)) {
		t.Errorf("still there: %v", err)
	}
}

// TestAFileThatIsReadHindersNoErasure: a backup that runs meanwhile keeps the log from being emptied, which the report
// says until it was emptied after all.
func TestAFileThatIsReadHindersNoErasure(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	s := storetest.Open(t, "sqlite:"+path, clock, nil)
	raw, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	reads, err := raw.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := reads.QueryRowContext(t.Context(), "SELECT count(*) FROM customers").Scan(&n); err != nil {
		t.Fatal(err)
	}
	o := organization(t, s, "ridge")
	customer, _ := life2(t, s, o)
	p := &privacy.Service{Store: s, Now: clock}
	if r, err := p.Erase(t.Context(), o.ID, privacy.Who{Customer: customer}, false, "Ada"); err != nil || r.File != privacy.FileBusy {
		t.Errorf("while it is read: %q %v", r.File, err)
	}
	if err := reads.Rollback(); err != nil {
		t.Fatal(err)
	}
	p.Now = func() time.Time { return monday.Add(time.Hour) }
	if err := p.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if list, err := s.Erasures(t.Context(), o.ID); err != nil || len(list) != 1 || list[0].File != privacy.FileClean {
		t.Errorf("afterwards: %+v %v", list, err)
	}
	if left, err := s.Unproved(t.Context(), monday.AddDate(1, 0, 0)); err != nil || len(left) > 0 {
		t.Errorf("%d still wait for their proof (%v)", len(left), err)
	}
}
