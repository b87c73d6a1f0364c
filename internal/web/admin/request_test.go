package admin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/mirror"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/store"
)

// TestRequests: what visitors ask of a service that takes requests waits, keeps its time, and is answered in one click.
func TestRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	editor := &catalog.Editor{Store: w.store}
	if _, _, err := editor.Edit(t.Context(), w.ridge.ID, func(c catalog.Catalog) (catalog.Catalog, error) {
		sv, _ := c.Service("inspection")
		sv.Confirmation = catalog.ByRequest
		return c.WithService(sv), nil
	}); err != nil {
		t.Fatal(err)
	}
	first, second := w.book(at(2, 10, 0), jo, nil), w.book(at(2, 13, 0), jo, nil)
	staff := w.book(at(3, 10, 0), jo, func(r *booking.Request) { r.Actor = "Ann Archer" })
	if !first.Waits() || first.Status != booking.Tentative || staff.Status != booking.Confirmed || staff.Request {
		t.Errorf("a visitor's is %+v, one by staff %+v", first, staff)
	}
	b := w.as("member@ridge.example")
	const list = "/admin/orgs/ridge/appointments"
	page := b.get(list)
	page.sound(t, list)
	page.has(t, "#requests", "2 requests wait for your answer")
	page.has(t, ".requests", "waits under a minute")
	page.has(t, "tbody", "Waiting for your answer")
	if n := page.count(".button-primary"); n > 1 || strings.Contains(page.text("tbody"), "Tentative") {
		t.Errorf("%d primary buttons; the list says %s", n, page.text("tbody"))
	}
	page.has(t, "nav", "Appointments (2)")
	if done := b.send(page, ".requests form", "Confirm"); done.location != list {
		t.Errorf("confirming leads to %s", done.location)
	}
	if a := w.state(first.ID); a.Status != booking.Confirmed || a.Revision != 2 || a.Waits() {
		t.Errorf("confirmed: %+v", a)
	}
	b.get(list).has(t, ".notice-success", "Confirmed:")
	own := b.get(list + "/" + string(second.ID))
	own.sound(t, "a request")
	own.has(t, "#request", "A request, not an appointment yet")
	own.has(t, "section[aria-labelledby=request]", "hears of your answer by mail.")
	own.has(t, ".actions", "Waiting for your answer")
	ends := w.clock.Now().Add(20 * time.Hour)
	if err := w.store.PlanMessages(t.Context(), w.ridge.ID, second.ID, second.Revision, []notify.Planned{{Kind: notify.RequestWaits, Due: ends.Add(-time.Hour)}, {Kind: notify.RequestEnds, Due: ends}}); err != nil {
		t.Fatal(err)
	}
	planned := b.get(list + "/" + string(second.ID))
	planned.has(t, "section[aria-labelledby=request]", "declined by itself on Tue, Dec 1, 6:30 PM")
	if coming := planned.text("section[aria-labelledby=coming]"); strings.Contains(coming, "eclined") || !strings.Contains(coming, "Reminder to the staff") {
		t.Errorf("messages to come: %s", coming)
	}
	before := w.remaining(at(2, 13, 0))
	ask := b.declines(t, list, second)
	if no := b.send(ask, "main form", "Decline the request"); no.location != list {
		t.Errorf("declining leads to %d %s", no.code, no.location)
	}
	gone := b.get(list + "/" + string(second.ID))
	gone.has(t, ".timeline", "Declined by")
	gone.has(t, "main", "We are <away>")
	if a := w.state(second.ID); a.Status != booking.Canceled || a.CancelReason != "We are <away>" || !a.Request {
		t.Errorf("declined: %+v", a)
	}
	if n := w.remaining(at(2, 13, 0)); n != before+1 {
		t.Errorf("%d reps are free after it was declined, %d before", n, before)
	}
	again := b.post(list+"/"+string(second.ID)+"/answer", "do", "confirm", "revision", "2")
	b.get(again.location).has(t, ".notice-error", "answered already")
	third := w.book(at(4, 10, 0), jo, nil)
	late := b.post(list+"/"+string(third.ID)+"/answer", "do", "confirm", "revision", "7")
	if b.get(late.location).has(t, ".notice-error", "changed this appointment meanwhile"); !w.state(third.ID).Waits() {
		t.Error("a stale page has confirmed")
	}
	moved, err := w.bookings.Move(t.Context(), w.ridge, staff.ID, booking.Wish{Start: at(3, 13, 0)}, "Ann Archer")
	if err != nil || moved.Waits() {
		t.Errorf("moved by staff: %+v, %v", moved, err)
	}
	if c := booking.Affirm(w.ridge.ID, w.state(third.ID), w.clock.Now(), "checked"); c.Fact != nil || c.Appointment.Status != booking.Tentative {
		t.Error("a look into Zoho has confirmed a request")
	}
	if _, err := w.bookings.Decline(t.Context(), w.ridge.ID, third.ID, strings.Repeat("x", 1001), 1, "Ann"); !fault.Is(err, fault.Invalid) {
		t.Errorf("a reason without end: %v", err)
	}
}

// declines follows the way from the list to the page that asks before a request is declined, which itself changes nothing and
// shows what the customer will be told, in their language.
func (b *browser) declines(t *testing.T, list string, a booking.Appointment) answer {
	t.Helper()
	w, page := b.w, b.get(list)
	if n := page.count(".requests [name=do][value=decline]") + b.get(list+"/"+string(a.ID)).count("[name=do][value=decline]"); n > 0 {
		t.Errorf("%d buttons decline without asking", n)
	}
	link := page.Find(".requests a[href*='"+string(a.ID)+"/decline']").AttrOr("href", "")
	ask := b.get(link)
	ask.sound(t, link)
	ask.has(t, "main", "Mail to "+a.Contact.Email)
	ask.has(t, "pre", "We can't confirm your request")
	again := b.get(link + "&reason=" + url.QueryEscape("We are <away>"))
	again.has(t, "pre", "We are <away>")
	again.has(t, "#f-reason[value='We are <away>'] + *, main", "can't be taken back")
	if first := ask.Find("main form button").First(); first.AttrOr("disabled", "no") == "no" { // browsers press the first button
		t.Errorf("Enter in the reason presses %q", first.Text())
	}
	if !w.state(a.ID).Waits() {
		t.Error("asking has declined it")
	}
	return again
}

// TestDecliningSaysWhatIsTold: by text message to who has agreed to them, and by nothing to who has left only a number.
func TestDecliningSaysWhatIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	w.alerts.Texter = silent{}
	editor := &catalog.Editor{Store: w.store}
	if _, _, err := editor.Edit(t.Context(), w.ridge.ID, func(c catalog.Catalog) (catalog.Catalog, error) {
		sv, _ := c.Service("inspection")
		sv.Confirmation = catalog.ByRequest
		return c.WithService(sv), nil
	}); err != nil {
		t.Fatal(err)
	}
	p := notify.DefaultPolicy()
	p.Texts = true
	if _, _, err := w.alerts.SetPolicy(t.Context(), w.ridge.ID, p); err != nil {
		t.Fatal(err)
	}
	onlyPhone := lead.Contact{LastName: "Phone", Phone: "(312) 555-0100"}
	silent := w.book(at(2, 10, 0), onlyPhone, nil)
	agreed := w.book(at(2, 13, 0), lead.Contact{LastName: "Texts", Phone: "(312) 555-0101"}, func(r *booking.Request) {
		r.Language, r.Texts = "de", &booking.Agreement{Words: "yes", At: w.clock.Now()}
	})
	b := w.as("member@ridge.example")
	const list = "/admin/orgs/ridge/appointments/"
	b.get(list+string(silent.ID)).has(t, "section[aria-labelledby=request]", "Nothing is sent to this customer")
	b.get(list+string(agreed.ID)).has(t, "section[aria-labelledby=request]", "hears of your answer by text message")
	novel := strings.Repeat("x", 1001)
	for what, wrong := range map[string]answer{
		"shown": b.get(list + string(silent.ID) + "/decline?reason=" + novel),
		"sent":  b.post(list+string(silent.ID)+"/answer", "do", "decline", "revision", "1", "reason", novel),
	} {
		wrong.has(t, "#e-reason", "longer than 1000 characters")
		if wrong.Find("#f-reason").AttrOr("value", "") != novel {
			t.Errorf("%s: what was typed is lost", what)
		}
	}
	none := b.get(list + string(silent.ID) + "/decline")
	none.has(t, "#h-reason", "on the page that the customer's private link opens")
	none.has(t, "main", "Nothing is sent to this customer, who has left no mail address and has not agreed to text messages: please call.")
	text := b.get(list + string(agreed.ID) + "/decline")
	text.has(t, "main", "The customer gets the text message below")
	text.has(t, "section[aria-labelledby=text]", "leider")
	if none.count("pre, section[aria-labelledby=text]")+text.count("pre") > 0 {
		t.Error("a message is shown that nobody gets")
	}
	if _, err := w.bookings.Confirm(t.Context(), w.ridge.ID, agreed.ID, 1, "Ann"); err != nil {
		t.Fatal(err)
	}
	if late := b.get(list + string(agreed.ID) + "/decline"); late.location != list+string(agreed.ID) {
		t.Errorf("one that was answered is asked about: %d %s", late.code, late.location)
	}
}

// TestOneWordForWhatIsNotConfirmed: the filter and the file say what the pages say, and no page says the API's word.
func TestOneWordForWhatIsNotConfirmed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	w.connected()
	if err := w.store.Load(t.Context(), w.ridge.ID, []store.Loaded{loaded("apt_trust", "ann", at(2, 10, 0), booking.Tentative)}); err != nil {
		t.Fatal(err)
	}
	w.ruled(func(s *catalog.Service) { s.Confirmation = catalog.ByRequest })
	request := w.book(at(2, 13, 0), jo, nil)
	b := w.as("admin@ridge.example")
	const list, trust = "/admin/orgs/ridge/appointments", "/admin/orgs/ridge/appointments/apt_trust"
	b.get(list).has(t, "#status option[value=tentative]", "Not confirmed")
	b.get(trust).has(t, ".actions", "Not confirmed")
	words := map[string]string{}
	for _, row := range b.get(list + "/export").table(t)[1:] {
		words[row[len(row)-1]] = row[3]
	}
	if words["apt_trust"] != "Not confirmed" || words[string(request.ID)] != "Waiting for your answer" {
		t.Errorf("the file says %q", words)
	}
	conflict := "/admin/orgs/ridge/conflicts/" + string(w.disputed(w.state("apt_trust"), mirror.Overlap, crmsync.Sight{Start: at(2, 12, 0), End: at(2, 13, 0), Status: booking.Tentative}))
	b.post(list+"/"+string(request.ID)+"/answer", "do", "confirm", "revision", "1")
	for _, path := range []string{list, trust, conflict, "/admin/orgs/ridge/appointments/calendar?day=2026-12-02", "/admin/orgs/ridge/audit", "/admin/orgs/ridge/crm-settings/" + string(w.config.ID) + "/mapping"} {
		if got := b.get(path); got.code != http.StatusOK || strings.Contains(strings.ToLower(got.text("main")), "tentative") {
			t.Errorf("%s: %d, %s", path, got.code, got.text("main"))
		}
	}
	b.get(conflict).has(t, "main tbody", "Not confirmed (Roof inspection)")
}

// remaining counts the reps that a visitor finds free at a start.
func (w *world) remaining(start time.Time) int {
	w.t.Helper()
	day := start.Format(time.DateOnly)
	of, err := w.bookings.Slots(w.t.Context(), booking.Ask{Scheduler: "ridge", Service: "inspection", From: day, To: day})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, s := range of.Slots() {
		if s.Start.Equal(start) {
			return s.Remaining
		}
	}
	return 0
}
