package admin_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/lead"
)

const deskPath = "/admin/orgs/ridge/appointments/new"

// ruled changes ridge's one service.
func (w *world) ruled(change func(*catalog.Service)) {
	w.t.Helper()
	_, _, err := (&catalog.Editor{Store: w.store}).Edit(w.t.Context(), w.ridge.ID, func(c catalog.Catalog) (catalog.Catalog, error) {
		sv, _ := c.Service("inspection")
		change(&sv)
		return c.WithService(sv), nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// call fills the form of a time for a caller and presses a button.
func (b *browser) call(start time.Time, kv ...string) answer {
	b.w.t.Helper()
	return b.post(deskPath, append([]string{
		"service", "inspection", "start", start.UTC().Format(time.RFC3339), "last_name", "Caller", "phone", "312 555 0177", "key", "k1",
	}, kv...)...)
}

func TestBookForACaller(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	first := w.book(at(2, 10, 0), lead.Contact{FirstName: "Jo", LastName: "Doe", Email: "jo@example.com", Phone: "312 555 0100", Street: "1 Elm St", PostalCode: "60613"}, func(r *booking.Request) { r.Language = "es" })
	b := w.as("member@ridge.example")
	for _, q := range []string{"doe", "5550100", "JO@exam"} {
		got := b.get(deskPath + "?" + url.Values{"q": {q}}.Encode())
		got.has(t, ".menu-list a b", "Jo Doe")
	}
	b.get(deskPath+"?q=nobody").has(t, "main", "Nobody of that name")
	found := b.get(deskPath + "?q=doe&from=2026-12-03")
	chosen := b.get(found.Find("main .menu-list a").AttrOr("href", ""))
	chosen.has(t, "main", "Jo Doe · +13125550100 · jo@example.com · 1 Elm St")
	if zip := chosen.Find("#zip").AttrOr("value", ""); zip != "60613" {
		t.Errorf("the ZIP code is %q", zip)
	}
	time9 := chosen.Find(".times a").FilterFunction(func(_ int, s *goquery.Selection) bool { return s.Text() == "9:00 AM" }).First()
	form := b.get(time9.AttrOr("href", ""))
	form.sound(t, "the form of a call")
	if form.Find("#f-last_name").AttrOr("value", "") != "Doe" || form.Find("#language option[selected]").AttrOr("value", "") != "es" || form.count("[name=against]") != 0 {
		t.Error("the form is not filled in with what is known")
	}
	done := b.send(form, "main form", "Book")
	if done.code != http.StatusSeeOther {
		t.Fatalf("%d: %s", done.code, done.text("main"))
	}
	page := b.get(done.location)
	page.has(t, ".notice", "Booked: Thu, Dec 3, 9:00 AM with Ben Brooks. The customer hears of it by mail.")
	page.has(t, "#live", "Booked by Mia Member for Thu, Dec 3, 9:00 AM with Ben Brooks")
	a := w.state(booking.AppointmentID(done.location[strings.LastIndex(done.location, "/")+1:]))
	if a.Customer != first.Customer || a.Language != "es" || a.Contact.Street != "1 Elm St" {
		t.Errorf("it is %+v", a)
	}
	w.audited(t, "Booked for a caller", string(a.ID), "Roof inspection, Thu, Dec 3, 9:00 AM with Ben Brooks")
	again := b.get("/admin/orgs/ridge/customers/" + string(a.Customer))
	if to := again.Find(".actions a").AttrOr("href", ""); to != deskPath+"?customer="+string(a.Customer)+"&service=inspection" {
		t.Errorf("to book again leads to %s", to)
	}
}

// audited fails unless an act stands in ridge's audit with a detail.
func (w *world) audited(t *testing.T, act, subject, detail string) {
	t.Helper()
	list, _, err := w.store.AuditEvents(t.Context(), w.ridge.ID, audit.Filter{Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(list, func(e audit.Event) bool {
		return e.Act == act && e.Subject == subject && strings.Contains(e.Detail, detail)
	}) {
		t.Errorf("%q of %s with %q is not in the audit: %+v", act, subject, detail, list)
	}
}

func TestAgainstTheRules(t *testing.T) {
	t.Parallel()
	start := at(2, 10, 0)
	for name, c := range map[string]struct {
		change        func(*catalog.Service)
		busy          bool // both reps have somebody an hour before
		taken         bool // both have somebody at that time
		code          string
		member, admin bool
	}{
		"notice":       {change: func(s *catalog.Service) { s.MinNoticeMinutes = 10_000 }, code: "TOO_SOON", member: true, admin: true},
		"window":       {change: func(s *catalog.Service) { s.BookingWindowDays = 0 }, code: "TOO_FAR", member: true, admin: true},
		"buffer":       {change: func(s *catalog.Service) { s.BufferAfterMinutes = 30 }, busy: true, code: "BUFFER", admin: true},
		"real overlap": {change: func(*catalog.Service) {}, taken: true, code: "BUSY_APPOINTMENT"},
	} {
		for _, who := range []string{"member", "admin"} {
			t.Run(name+" "+who, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, connection.Shared{})
				for range 2 {
					switch {
					case c.busy:
						w.book(start.Add(-time.Hour), jo, nil)
					case c.taken:
						w.book(start.Add(-30*time.Minute), jo, nil)
					}
				}
				w.ruled(c.change)
				b, may := w.as(who+"@ridge.example"), c.member
				if who == "admin" {
					may = c.admin
				}
				shown := b.call(start)
				shown.has(t, "#main", c.code)
				if shown.code != http.StatusUnprocessableEntity || (shown.count("[name=against]") == 1) != may {
					t.Errorf("%d, and it may be booked all the same: %v", shown.code, !may)
				}
				if shown.Find("#f-last_name").AttrOr("value", "") != "Caller" {
					t.Error("what was typed is lost")
				}
				if got := b.call(start, "against", "1", "reason", " "); got.code != http.StatusUnprocessableEntity {
					t.Errorf("without a reason: %d", got.code)
				}
				done := b.call(start, "against", "1", "reason", "Water comes through the ceiling.")
				if !may {
					if done.code != http.StatusUnprocessableEntity {
						t.Fatalf("it was booked: %d", done.code)
					}
					return
				}
				if done.code != http.StatusSeeOther {
					t.Fatalf("%d: %s", done.code, done.text("main"))
				}
				page := b.get(done.location)
				page.has(t, ".timeline", "Against the rules: Water comes through the ceiling. Set aside:")
				w.audited(t, "Booked against the rules", done.location[strings.LastIndex(done.location, "/")+1:], "Reason: Water comes through the ceiling.")
			})
		}
	}
}

// TestAnotherTimeInstead: a time that was taken meanwhile is answered with free ones, which book what was typed.
func TestAnotherTimeInstead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	w.book(at(2, 10, 0), jo, nil)
	w.book(at(2, 10, 0), jo, nil)
	b := w.as("member@ridge.example")
	shown := b.call(at(2, 10, 0))
	shown.has(t, ".notice-error", "Not booked. Ann Archer: The rep has an appointment")
	other := shown.Find("[name=another]").First().AttrOr("value", "")
	done := b.call(at(2, 10, 0), "another", other)
	if done.code != http.StatusSeeOther {
		t.Fatalf("%d: %s", done.code, done.text("main"))
	}
	a := w.state(booking.AppointmentID(done.location[strings.LastIndex(done.location, "/")+1:]))
	if a.Start.Format(time.RFC3339) != other || a.Contact.LastName != "Caller" {
		t.Errorf("booked %v for %s", a.Start, a.Contact.LastName)
	}
	if twice := b.call(at(2, 10, 0), "another", other); twice.location != done.location {
		t.Errorf("sent twice it leads to %s", twice.location)
	}
}

// TestACallerIsBookedTwiceOnPurpose: whoever books a visit that the caller has is warned, and a second press that names it
// books another; one that names another visit does not.
func TestACallerIsBookedTwiceOnPurpose(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	first := w.book(at(2, 10, 0), lead.Contact{FirstName: "Cy", LastName: "CALLER", Phone: "312 555 0177"}, nil)
	b, path := w.as("member@ridge.example"), "/admin/orgs/ridge/appointments/"
	warned := b.call(at(2, 10, 0), "notes", "two roofs")
	warned.has(t, ".notice-warning", "Cy CALLER has this visit already: Roof inspection, Wed, Dec 2, 10:00 AM – 11:00 AM with Ann Archer.")
	if to := warned.Find(".notice-warning a").AttrOr("href", ""); warned.code != http.StatusUnprocessableEntity || to != path+string(first.ID) {
		t.Errorf("%d, the warning leads to %q", warned.code, to)
	}
	if enter := warned.Find("main form button").First(); enter.AttrOr("disabled", "no") == "no" { // browsers press the first button
		t.Errorf("Enter in a field presses %q", enter.Text())
	}
	if got := warned.Find("#f-notes").Text(); got != "two roofs" {
		t.Errorf("what was typed is %q now", got)
	}
	done := b.send(warned, "main form", "Book a second visit")
	if done.code != http.StatusSeeOther {
		t.Fatalf("%d: %s", done.code, done.text("main"))
	}
	page := b.get(done.location)
	page.has(t, ".notice", "Nothing is sent to this customer, who has left no mail address: the caller knows it from you alone.")
	page.has(t, ".timeline", "The customer has this visit twice")

	alone := b.call(at(3, 10, 0))
	if got := b.get(alone.location).text(".timeline"); alone.code != http.StatusSeeOther || strings.Contains(got, "twice") {
		t.Fatalf("%d, another day: %s", alone.code, got)
	}
	if again := b.call(at(3, 10, 0), "notes", "again", "beside", string(first.ID)); again.code != http.StatusUnprocessableEntity {
		t.Errorf("another visit than the one that was warned of: %d", again.code)
	}
}
