package crmsync_test

import (
	"context"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
)

// Window gives all records of a module.
func (b *books) Window(_ context.Context, w crm.Window) iter.Seq2[crm.Record, error] {
	return func(yield func(crm.Record, error) bool) {
		var all []crm.Record
		if err := b.call("window "+w.Module, func() error { all = slices.Clone(b.records[w.Module]); return nil }); err != nil {
			yield(crm.Record{}, err)
			return
		}
		for _, r := range all {
			if !r.Converted && !yield(seen(r), nil) {
				return
			}
		}
	}
}

// compared runs a comparison to its end.
func (w *world) compared() crmsync.DryRun {
	w.t.Helper()
	d, err := w.sync.StartDryRun(w.t.Context(), w.org.ID, w.conn, "Rae")
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.sync.StartDryRun(w.t.Context(), w.org.ID, w.conn, "Rae"); !fault.Is(err, fault.Conflict) {
		w.t.Errorf("a second one at the same time: %v", err)
	}
	if err := w.sync.RunDryRun(w.t.Context(), crmsync.DryRunAsked{Org: w.org.ID, Run: d.ID}); err != nil {
		w.t.Fatal(err)
	}
	d, known, err := w.store.LastDryRun(w.t.Context(), w.org.ID, w.conn)
	if err != nil || !known || d.Ended.IsZero() {
		w.t.Fatalf("%+v (%v)", d, err)
	}
	return d
}

// TestADryRunSaysWhatWouldHappen: it finds whom Zoho knows and what is there twice, and writes nothing.
func TestADryRunSaysWhatWouldHappen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	contact := func(id, first, last, email, phone string) crm.Record {
		return crm.Record{Module: "Contacts", ID: id, Values: crm.Values{"First_Name": first, "Last_Name": last, "Email": email, "Phone": phone}}
	}
	w.crm.records["Contacts"] = []crm.Record{
		contact("11", "Jo", "Doe", "JO@x.example", ""), contact("12", "Al", "Two", "al@x.example", ""), contact("13", "Al", "Two", "al@x.example", ""),
		contact("14", "Sam", "Else", "kim@x.example", ""), contact("15", "A", "B", "", "312 555 0177"), contact("16", "C", "D", "", "+1 (312) 555-0177"),
	}
	w.crm.records["Leads"] = []crm.Record{{Module: "Leads", ID: "21", Values: crm.Values{"First_Name": "Jo", "Last_Name": "Doe", "Email": "jo@x.example"}}, {Module: "Leads", ID: "22", Converted: true, Values: crm.Values{"Last_Name": "Doe", "Email": "jo@x.example"}}}
	who := map[string]lead.CustomerID{}
	for i, c := range []lead.Contact{jo, {FirstName: "Al", LastName: "Two", Email: "al@x.example"}, {FirstName: "Kim", LastName: "Own", Email: "kim@x.example"}, {LastName: "New", Email: "new@x.example"}} {
		who[c.LastName] = w.booked(9+i, c).Appointment.Customer
	}
	d := w.compared()
	for kind, want := range map[crmsync.FindingKind]int{crmsync.FoundMatch: 2, crmsync.FoundSeveral: 1, crmsync.FoundConflict: 1, crmsync.FoundNew: 1, crmsync.FoundDuplicate: 2, crmsync.FoundLinked: 0} {
		if d.Counts[kind] != want {
			t.Errorf("%s: %d, want %d", kind, d.Counts[kind], want)
		}
	}
	if d.Contacts != 6 || d.Leads != 1 || d.Done != 4 || d.Error != "" {
		t.Errorf("read %d contacts and %d leads for %d customers (%s)", d.Contacts, d.Leads, d.Done, d.Error)
	}
	var got []string
	for _, f := range d.Findings {
		name := ""
		for n, id := range who {
			if id == f.Customer {
				name = n
			}
		}
		got = append(got, strings.Join([]string{string(f.Kind), name, f.Module, strings.Join(f.Records, "+"), lead.GroundWords(f.Grounds)}, "|"))
	}
	slices.Sort(got)
	want := []string{
		"conflict|Own|Contacts|14|e-mail", "duplicate||Contacts|12+13|e-mail", "duplicate||Contacts|15+16|phone", "match|Doe|Contacts|11|e-mail and name",
		"match|Doe|Leads|21|e-mail and name", "new|New|Contacts||", "several|Two|Contacts|12+13|e-mail and name",
	}
	if !slices.Equal(got, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if slices.ContainsFunc(w.crm.calls, func(c string) bool { return !strings.HasPrefix(c, "window ") }) {
		t.Errorf("it only reads: %v", w.crm.calls)
	}
	if err := w.push(w.booked(14, jo)); err != nil {
		t.Fatal(err)
	}
	w.wait(time.Minute)
	if d := w.compared(); d.Counts[crmsync.FoundLinked] != 2 { // contact and lead
		t.Errorf("after a write %d are linked", d.Counts[crmsync.FoundLinked])
	}
}

// TestADryRunThatZohoRefuses ends with the reason; one that gets no answer waits.
func TestADryRunThatZohoRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.crm.meet = func(string, bool) error { return &crm.Problem{Class: crm.Forbidden} }
	if d := w.compared(); !strings.Contains(d.Error, "may not do this") {
		t.Errorf("it says %q", d.Error)
	}
	w.wait(time.Minute)
	w.crm.meet = func(string, bool) error { return &crm.Problem{Class: crm.Down} }
	d, err := w.sync.StartDryRun(t.Context(), w.org.ID, w.conn, "Rae")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.sync.RunDryRun(t.Context(), crmsync.DryRunAsked{Org: w.org.ID, Run: d.ID}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("without an answer: %v", err)
	}
}
