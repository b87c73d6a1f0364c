package admin_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/store"
)

// table reads an exported list as a spreadsheet would.
func (a answer) table(t *testing.T) [][]string {
	t.Helper()
	body, marked := strings.CutPrefix(a.body, "\uFEFF")
	if a.code != http.StatusOK || !marked {
		t.Fatalf("%d, marked as UTF-8: %v", a.code, marked)
	}
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestExportIsSafeForSpreadsheets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	w.book(at(2, 10, 0), lead.Contact{FirstName: "=HYPERLINK(\"http://evil\")", LastName: "Ärmel;=1+1", Email: "jo@example.com", Phone: "312 555 0100", Street: "@SUM(A1)"}, func(r *booking.Request) {
		r.Notes, r.Answers = "-1\nline, with \"=quote\"", map[string]string{"=a": "+b"}
	})
	b := w.as("admin@ridge.example")
	got := b.get("/admin/orgs/ridge/appointments/export")
	rows := got.table(t)
	if len(rows) != 2 {
		t.Fatal(rows)
	}
	row := map[string]string{}
	for i, name := range rows[0] {
		row[name] = rows[1][i]
	}
	for name, want := range map[string]string{
		"Start (America/Chicago)": "2026-12-02 10:00", "End (America/Chicago)": "2026-12-02 11:00", "Start (UTC)": "2026-12-02T16:00:00Z",
		"First name": `'=HYPERLINK("http://evil")`, "Last name": "Ärmel;'=1+1", "Phone": "'+13125550100", "Street": "'@SUM(A1)",
		"Notes": "'-1\nline, with \"'=quote\"", "Answers": "'=a: +b", "Status": "Confirmed", "Service": "Roof inspection", "Rep": "Ann Archer", "Zoho": "Not connected",
	} {
		if row[name] != want {
			t.Errorf("%s: %q, want %q", name, row[name], want)
		}
	}
	if to := got.header.Get("Content-Disposition"); to != `attachment; filename="appointments-ridge-2026-11-30.csv"` || !strings.HasPrefix(got.header.Get("Content-Type"), "text/csv") {
		t.Errorf("%q, %q", to, got.header.Get("Content-Type"))
	}
	for _, cell := range slices.Concat(rows...) {
		if strings.ContainsAny(cell[:min(len(cell), 1)], "=+-@") {
			t.Errorf("%q reads as a formula", cell)
		}
	}
	if events := w.events(w.ridge.ID); len(events) != 1 || !strings.Contains(events[0], "Appointments exported") {
		t.Errorf("the audit has %v", events)
	}
	if w.as("member@ridge.example").get("/admin/orgs/ridge/appointments").count("a[download]") != 0 {
		t.Error("a member is offered what is refused")
	}
}

// TestTheWholeListIsExported: more than is read at once, each once, and what is not asked for is not there.
func TestTheWholeListIsExported(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	var load []store.Loaded
	for i := range 450 {
		load = append(load, loaded(fmt.Sprintf("apt_%03d", i), []string{"ann", "ben"}[i%2], at(-8, 0, 0).Add(time.Duration(i)*time.Hour), booking.Confirmed))
	}
	if err := w.store.Load(t.Context(), w.ridge.ID, load); err != nil {
		t.Fatal(err)
	}
	b := w.as("admin@ridge.example")
	for query, want := range map[string]int{
		"when=all": 450, "when=all&rep=ben": 225, "when=all&q=apt_007": 1, "when=all&status=completed": 0, "when=past": 192, "": 258,
		"from=2026-12-02&to=2026-12-02": 24, "to=2026-11-22": 24, "when=all&service=inspection": 450,
	} {
		rows := b.get("/admin/orgs/ridge/appointments/export?" + query).table(t)
		seen := map[string]bool{}
		for _, r := range rows[1:] {
			seen[r[len(r)-1]] = true
		}
		if len(rows)-1 != want || len(seen) != want {
			t.Errorf("%s: %d rows, %d of them different, want %d", query, len(rows)-1, len(seen), want)
		}
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if links := b.walk(t, values.Encode()); len(links) != min(want, len(links)) || want > 0 && len(links) == 0 || want < 450 && len(links) != want {
			t.Errorf("%s: the list has %d, the file %d", query, len(links), want)
		}
	}
}

func TestFiltersOfTheList(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	w.book(at(2, 10, 0), jo, nil)
	w.book(at(3, 10, 0), lead.Contact{LastName: "Poe", Email: "poe@example.com"}, nil)
	b := w.as("member@ridge.example")
	names := func(query string) string {
		var out []string
		for _, n := range b.get("/admin/orgs/ridge/appointments?" + query).Find("tbody tr .c-strong").EachIter() {
			out = append(out, strings.TrimSpace(n.Text()))
		}
		return strings.Join(out, ", ")
	}
	for query, want := range map[string]string{
		"": "Jo Doe, Poe", "q=poe%40example.com": "Poe", "q=312+555+0100": "Jo Doe", "q=nobody": "", "rep=ann&q=jo": "Jo Doe", "rep=nobody": "Jo Doe, Poe",
		"from=2026-12-03": "Poe", "to=2026-12-02": "Jo Doe", "from=nonsense": "Jo Doe, Poe", "from=2026-12-04": "", "when=past&to=2026-12-02": "Jo Doe", "service=inspection&status=confirmed": "Jo Doe, Poe",
	} {
		if got := names(query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	got := b.get("/admin/orgs/ridge/appointments?q=jo&rep=ann&from=2026-12-01")
	got.sound(t, "the filtered list")
	if got.count("details.filter[open]") != 1 || got.Find("input[name=q]").AttrOr("value", "") != "jo" || got.Find("#rep [selected]").AttrOr("value", "") != "ann" || got.Find("#from").AttrOr("value", "") != "2026-12-01" {
		t.Error("the filters do not stay as they were chosen")
	}
	b.get("/admin/orgs/ridge/appointments?q=nobody").has(t, ".empty", "Nothing matches")
}
