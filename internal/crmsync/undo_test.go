package crmsync_test

import (
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/mapping"
)

// known puts a contact with holes and a lead into the CRM, as somebody typed them.
func (w *world) known() {
	w.crm.records["Contacts"] = []crm.Record{{Module: "Contacts", ID: "1", Created: monday, Modified: monday, Values: crm.Values{"Last_Name": "Doe", "Email": "jo@x.example"}}}
	w.crm.records["Leads"] = []crm.Record{{Module: "Leads", ID: "2", Created: monday, Modified: monday, Values: crm.Values{"Last_Name": "Doe", "Email": "jo@x.example", "Description": "Called twice."}}}
}

// value is a field of a record as the CRM has it now.
func (w *world) value(module, record, field string) any {
	w.crm.mu.Lock()
	defer w.crm.mu.Unlock()
	for _, r := range w.crm.records[module] {
		if r.ID == record {
			return r.Values[field]
		}
	}
	return "no such record"
}

// somebody changes a field by hand.
func (w *world) somebody(module, record, field string, v any) {
	w.crm.mu.Lock()
	defer w.crm.mu.Unlock()
	for i, r := range w.crm.records[module] {
		if r.ID == record {
			r.Values[field] = v
			w.crm.records[module][i].Modified, w.crm.records[module][i].ModifiedBy = w.now, crm.Ref{ID: "9", Name: "Pat"}
		}
	}
}

// undo asks for an undo and carries it out.
func (w *world) undo(s crmsync.Scope, deletions bool) crmsync.Undo {
	w.t.Helper()
	u, err := w.sync.Undo(w.t.Context(), w.org.ID, s, deletions, "Rae")
	if err != nil {
		w.t.Fatal(err)
	}
	return w.ran(u)
}

func (w *world) ran(u crmsync.Undo) crmsync.Undo {
	w.t.Helper()
	if err := w.sync.RunUndo(w.t.Context(), crmsync.UndoAsked{Org: w.org.ID, Undo: u.ID}); err != nil {
		w.t.Fatal(err)
	}
	got, err := w.store.Undo(w.t.Context(), w.org.ID, u.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

// attempts gives those of an appointment, newest first.
func (w *world) attempts(b booking.Confirmation) []crmsync.Attempt {
	w.t.Helper()
	list, _, err := w.store.Attempts(w.t.Context(), w.org.ID, crmsync.AttemptFilter{Appointment: b.Appointment.ID, Limit: 50})
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

// attempt gives the newest one of a kind.
func (w *world) attempt(b booking.Confirmation, kind string) crmsync.Attempt {
	w.t.Helper()
	for _, a := range w.attempts(b) {
		if a.Kind == kind {
			return a
		}
	}
	w.t.Fatalf("there is no attempt %q", kind)
	return crmsync.Attempt{}
}

func (w *world) moved(b booking.Confirmation, hour int) booking.Confirmation {
	w.t.Helper()
	m, err := w.book.Reschedule(w.t.Context(), b.Token.Reveal(), monday.Add(time.Duration(hour-8)*time.Hour), lead.IdempotencyKey{}, "visitor")
	if err != nil {
		w.t.Fatal(err)
	}
	b.Managed = m
	return b
}

// TestEveryValueIsKept: what was, what is, why and whose, for records that are made and those that are completed.
func TestEveryValueIsKept(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newWorldOn(t, engine)
			w.known()
			b := w.booked(9, jo)
			w.pushed(b)
			list, err := w.store.ValuesIn(t.Context(), w.org.ID, "", crmsync.Ref{Appointment: b.Appointment.ID}, 100)
			if err != nil {
				t.Fatal(err)
			}
			seen := map[string]crmsync.Value{}
			for _, v := range list {
				seen[v.Module+"."+v.Field] = v
			}
			phone, start, text := seen["Contacts.Phone"], seen["Events.Start_DateTime"], seen["Leads.Description"]
			if phone.Before != nil || phone.After != "+13125550100" || phone.Made || phone.Key != "phone" || phone.Policy != "fill" || phone.Record != "1" {
				t.Errorf("the contact's phone: %+v", phone)
			}
			if at, ok := start.After.(time.Time); !ok || !at.Equal(b.Appointment.Start) || !start.Made || start.Key != "start" || start.Attempt == "" || start.Customer != b.Appointment.Customer {
				t.Errorf("the visit's start: %+v", start)
			}
			if text.Before != "Called twice." || !strings.HasPrefix(text.After.(string), "Called twice.\n\n---") {
				t.Errorf("the lead's text: %+v", text)
			}
			if _, ok := seen["Contacts.Email"]; ok {
				t.Error("what was not written is kept as written")
			}
			one, err := w.store.ValuesIn(t.Context(), w.org.ID, start.Attempt, crmsync.Ref{}, 100)
			if err != nil || len(one) != len(w.crm.records["Events"][0].Values) {
				t.Errorf("the attempt wrote %d values: %v", len(one), err)
			}
		})
	}
}

// TestUndoOfABooking: what was filled in is empty again, what we made is gone, the sweeper leaves it alone, and a later
// change writes again.
func TestUndoOfABooking(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newWorldOn(t, engine)
			w.known()
			b := w.booked(13, jo)
			w.pushed(b)
			scope := crmsync.Scope{Appointment: b.Appointment.ID}
			p, err := w.sync.PreviewUndo(t.Context(), w.org.ID, scope)
			if err != nil || len(p.Plans) != 3 || !p.Plans[0].Delete || p.Plans[1].Restores() == 0 || p.Plans[2].Restores() == 0 {
				t.Fatalf("%+v %v", p, err)
			}
			w.expect(1, 1, 1) // a preview writes nothing
			got := w.undo(scope, true)
			for _, r := range got.Records {
				if r.State != crmsync.UndoDone || r.Refused != 0 {
					t.Errorf("%+v", r)
				}
			}
			w.expect(1, 1, 0)
			if v := w.value("Contacts", "1", "Phone"); v != nil {
				t.Errorf("the contact's phone is %v", v)
			}
			if v := w.value("Leads", "2", "Description"); v != "Called twice." {
				t.Errorf("the lead's text is %v", v)
			}
			if v := w.value("Contacts", "1", "Email"); v != "jo@x.example" {
				t.Errorf("what was there before us: %v", v)
			}
			for _, kind := range []string{"delete Events", "undo Leads", "undo Contacts"} {
				w.attempt(b, kind)
			}
			calls, due := len(w.crm.calls), w.due()
			w.wait(time.Hour)
			if err := w.sync.Sweep(t.Context(), time.Minute); err != nil || w.due() != due {
				t.Errorf("the sweeper writes what was undone: %d jobs, %v", w.due()-due, err)
			}
			w.pushed(b)
			if len(w.crm.calls) != calls {
				t.Errorf("written again: %v", w.crm.calls[calls:])
			}
			w.pushed(w.moved(b, 15))
			w.expect(1, 1, 1)
			if v := w.value("Contacts", "1", "Phone"); v != "+13125550100" && v != nil {
				t.Errorf("the contact's phone is %v", v)
			}
		})
	}
}

// TestUndoRefusesWhatPeopleChanged: their value stays, the others go back, and it is said who and when.
func TestUndoRefusesWhatPeopleChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.known()
	b := w.booked(9, jo)
	w.pushed(b)
	w.wait(time.Hour)
	w.somebody("Contacts", "1", "Phone", "+1 777")
	w.somebody("Events", "6001", "Venue", "At the office")
	got := w.undo(crmsync.Scope{Appointment: b.Appointment.ID}, true)
	event, contact := got.Records[0], got.Records[2]
	if event.State != crmsync.UndoRefused || event.Deleted || w.crm.count("Events") != 1 || !strings.Contains(event.Words, "by Pat on 30 Nov 2026, 09:00 UTC") {
		t.Errorf("a visit that somebody changed: %+v", event)
	}
	if contact.State != crmsync.UndoDone || contact.Refused != 1 || contact.Restored == 0 || !strings.Contains(contact.Words, "Phone: It was changed in Zoho since.") {
		t.Errorf("a contact that somebody changed: %+v", contact)
	}
	if v := w.value("Contacts", "1", "Phone"); v != "+1 777" {
		t.Errorf("the phone is %v", v)
	}
	if v := w.value("Contacts", "1", "First_Name"); v != nil {
		t.Errorf("the first name is %v", v)
	}
}

// TestUndoDeletesOnlyWhatIsOursAlone: a record goes only if it was asked for, nobody has touched it and nothing points to it.
func TestUndoDeletesOnlyWhatIsOursAlone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before    func(w *world)
		deletions bool
		contacts  int
		events    int
		why       string
	}{
		"untouched":         {func(*world) {}, true, 0, 0, ""},
		"not asked for":     {func(*world) {}, false, 1, 1, "deleting it was not asked for"},
		"a field not ours":  {func(w *world) { w.somebody("Events", "6001", "Outcome", "Sold") }, true, 1, 0, "changed in Zoho since"},
		"a field of ours":   {func(w *world) { w.somebody("Events", "6001", "Venue", "x") }, true, 1, 0, "changed in Zoho since"},
		"no word of when":   {func(w *world) { w.crm.records["Events"][0].Modified = time.Time{} }, true, 1, 0, "does not say whether"},
		"of another visit":  {func(w *world) { w.pushed(w.booked(10, jo)) }, true, 1, 1, "Appointments in Zoho belong to this record"},
		"written again too": {func(*world) {}, true, 0, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			b := w.booked(13, jo)
			w.pushed(b)
			if name == "written again too" {
				w.wait(time.Hour)
				w.pushed(w.moved(b, 15))
			}
			w.wait(time.Minute)
			c.before(w)
			got := w.undo(crmsync.Scope{Appointment: b.Appointment.ID}, c.deletions)
			all := ""
			for _, r := range got.Records {
				all += r.Words
			}
			if name == "a field not ours" || name == "a field of ours" || name == "no word of when" {
				c.events = 1 // the visit stays, and so does the contact that it points to
			}
			if w.crm.count("Contacts") != c.contacts || w.crm.count("Events") != c.events || !strings.Contains(all, c.why) {
				t.Errorf("%d contacts, %d events: %+v", w.crm.count("Contacts"), w.crm.count("Events"), got.Records)
			}
		})
	}
}

// TestUndoOfOneWrite goes back one step only, can itself be undone, and refuses what was written again since.
func TestUndoOfOneWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.booked(9, jo)
	w.pushed(first)
	nine := w.value("Events", "6001", "Start_DateTime")
	w.wait(time.Minute)
	moved := w.moved(first, 11)
	w.pushed(moved)
	w.wait(time.Minute)
	eleven := w.value("Events", "6001", "Start_DateTime")
	created, updated := w.attempt(moved, "create Events"), w.attempt(moved, "update Events")
	if got := w.undo(crmsync.Scope{Attempt: created.ID}, true); got.Records[0].State != crmsync.UndoRefused || w.crm.count("Events") != 1 {
		t.Errorf("made, then changed by us: %+v", got.Records)
	}
	if got := w.undo(crmsync.Scope{Attempt: updated.ID}, false); got.Records[0].State != crmsync.UndoDone || w.value("Events", "6001", "Start_DateTime") != nine {
		t.Errorf("one step back: %+v", got.Records)
	}
	back := w.attempt(moved, "undo Events")
	if got := w.undo(crmsync.Scope{Attempt: w.attempt(moved, "create Leads").ID}, true); got.Records[0].State != crmsync.UndoRefused {
		t.Errorf("a lead that we completed since: %+v", got.Records)
	}
	w.wait(time.Minute)
	if got := w.undo(crmsync.Scope{Attempt: updated.ID}, false); got.Records[0].State != crmsync.UndoRefused || !strings.Contains(got.Records[0].Words, "undone before") {
		t.Errorf("twice: %+v", got.Records)
	}
	if got := w.undo(crmsync.Scope{Attempt: back.ID}, false); got.Records[0].State != crmsync.UndoDone || w.value("Events", "6001", "Start_DateTime") != eleven {
		t.Errorf("the undo undone: %+v, %v", got.Records, w.value("Events", "6001", "Start_DateTime"))
	}
}

// TestUndoOfASpan takes a bad hour back and leaves the hours around it.
func TestUndoOfASpan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pushed(w.booked(9, jo))
	w.wait(time.Hour)
	from := w.clock()
	other := jo
	other.FirstName, other.LastName, other.Email, other.Phone = "Al", "Roe", "al@x.example", "312 555 0199"
	w.pushed(w.booked(10, other))
	w.wait(time.Hour)
	to := w.clock()
	third := other
	third.LastName, third.Email, third.Phone = "Poe", "poe@x.example", "312 555 0177"
	w.pushed(w.booked(11, third))
	w.expect(3, 3, 3)
	w.wait(time.Minute)
	w.undo(crmsync.Scope{From: from, To: to}, true)
	w.expect(2, 2, 2)
	for _, r := range w.crm.records["Contacts"] {
		if r.Text("Last_Name") == "Roe" {
			t.Error("the wrong one is left")
		}
	}
	if _, err := w.sync.Undo(t.Context(), w.org.ID, crmsync.Scope{From: to, To: from}, false, ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("backwards: %v", err)
	}
	if _, err := w.sync.Undo(t.Context(), w.org.ID, crmsync.Scope{From: from.Add(-9 * time.Hour), To: from.Add(-8 * time.Hour)}, false, ""); !fault.Is(err, fault.Conflict) {
		t.Errorf("nothing there: %v", err)
	}
}

// TestUndoSurvivesLostAnswers: cut at any call, before or after it was carried out, and run again.
func TestUndoSurvivesLostAnswers(t *testing.T) {
	t.Parallel()
	for n := range 12 {
		for _, after := range []bool{false, true} {
			w := newWorld(t)
			w.known()
			b := w.booked(9, jo)
			w.pushed(b)
			w.wait(time.Minute)
			u, err := w.sync.Undo(t.Context(), w.org.ID, crmsync.Scope{Appointment: b.Appointment.ID}, true, "")
			if err != nil {
				t.Fatal(err)
			}
			seen, cut := 0, false
			w.crm.meet = func(_ string, done bool) error {
				if done != after {
					return nil
				}
				if seen++; seen == n+1 {
					cut = true
					return &crm.Problem{Class: crm.Down, Unknown: true}
				}
				return nil
			}
			err = w.sync.RunUndo(t.Context(), crmsync.UndoAsked{Org: w.org.ID, Undo: u.ID})
			if cut && !fault.Is(err, fault.Unavailable) {
				t.Fatalf("call %d cut: %v", n, err)
			}
			got := w.ran(u)
			w.expect(1, 1, 0)
			for i, r := range got.Records {
				if r.State != crmsync.UndoDone || (i == 0) != r.Deleted || (i > 0 && r.Restored == 0) {
					t.Errorf("call %d cut (after: %v): %+v", n, after, r)
				}
			}
			if v := w.value("Leads", "2", "Description"); v != "Called twice." {
				t.Errorf("call %d cut: %v", n, v)
			}
		}
	}
}

// TestAWriteWhoseAnswerWasLost is undone if it was carried out, and no obstacle if it was not.
func TestAWriteWhoseAnswerWasLost(t *testing.T) {
	t.Parallel()
	for name, carriedOut := range map[string]bool{"carried out": true, "not carried out": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.known()
			b := w.booked(9, jo)
			w.crm.meet = func(call string, done bool) error {
				if call == "update Contacts" && done == carriedOut {
					w.crm.meet = nil
					return &crm.Problem{Class: crm.Down, Unknown: true}
				}
				return nil
			}
			if err := w.push(b); !fault.Is(err, fault.Unavailable) {
				t.Fatal(err)
			}
			w.wait(time.Minute)
			w.pushed(b)
			w.wait(time.Minute)
			got := w.undo(crmsync.Scope{Appointment: b.Appointment.ID}, true)
			if r := got.Records[2]; r.Refused != 0 || w.value("Contacts", "1", "Phone") != nil {
				t.Errorf("%+v, the phone is %v", r, w.value("Contacts", "1", "Phone"))
			}
		})
	}
}

// TestUndoLeavesWhatWeWroteSince: of two changes only the newer one can be taken back first.
func TestUndoLeavesWhatWeWroteSince(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.booked(9, jo)
	w.pushed(b)
	w.wait(time.Minute)
	b = w.moved(b, 11)
	w.pushed(b)
	older := w.attempt(b, "update Events")
	w.wait(time.Minute)
	b = w.moved(b, 15)
	w.pushed(b)
	want := w.value("Events", "6001", "Start_DateTime")
	got := w.undo(crmsync.Scope{Attempt: older.ID}, false)
	if r := got.Records[0]; r.State != crmsync.UndoRefused || !strings.Contains(r.Words, "written this field again since") || w.value("Events", "6001", "Start_DateTime") != want {
		t.Errorf("%+v", r)
	}
}

// TestAFieldThatWasNotReadIsNotFilled: the search for a person reads few fields; what it does not read may be full.
func TestAFieldThatWasNotReadIsNotFilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.known()
	w.crm.records["Contacts"][0].Values["Lead_Source"], w.crm.records["Contacts"][0].Values["Home"] = "Referral", "Villa"
	w.crm.search = []string{"id", "Last_Name", "Email", "Phone"}
	set, err := w.store.Settings(t.Context(), w.org.ID, w.conn)
	if err != nil {
		t.Fatal(err)
	}
	set.Rows = append(mapping.BuiltIn().Rows,
		mapping.Row{Role: crm.RoleRelatedRecord, Key: "lead_source", Field: "Lead_Source", Policy: mapping.Fill},
		mapping.Row{Role: crm.RoleRelatedRecord, Key: "property_type", Field: "Home", Constant: "House", Policy: mapping.Fill})
	if _, err := w.store.SaveSettings(t.Context(), w.org.ID, w.conn, set); err != nil {
		t.Fatal(err)
	}
	w.pushed(w.booked(9, jo))
	for field, want := range map[string]string{"Lead_Source": "Referral", "Home": "Villa"} {
		if v := w.value("Contacts", "1", field); v != want {
			t.Errorf("%s was %s and is %v", field, want, v)
		}
	}
}
