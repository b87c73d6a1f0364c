package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
)

// TestQuestions: an administrator writes what a service asks, with plain buttons alone, and staff reads the answers by it.
func TestQuestions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	b := w.as("admin@ridge.example")
	to := rulesPath + "services/inspection"
	one := b.post(to, b.get(to).fields("do", "q-add")...)
	one.sound(t, "one question")
	two := b.post(to, one.fields("do", "q-add", "q.0.label", "What is on the roof?", "q.0.kind", "choice", "q.0.choices", "Shingles\n\n Tiles ", "q.0.required", "1")...)
	two.has(t, "#f-q\\.0\\.choices", "Tiles")
	wrong := b.post(to, two.fields("do", "save", "q.1.label", " ", "q.1.kind", "number")...)
	if wrong.code != http.StatusUnprocessableEntity {
		t.Errorf("a question without words: %d", wrong.code)
	}
	wrong.has(t, "#e-q\\.1\\.label", "Must be 1 to 200 characters")
	up := b.post(to, wrong.fields("do", "q-up:1", "q.1.label", "How old is it?", "q.1.help", "In years")...)
	if got, _ := up.Find("#f-q\\.0\\.label").Attr("value"); got != "How old is it?" {
		t.Errorf("after moving up the first is %q", got)
	}
	if len(w.rules().Services[0].Questions) != 0 {
		t.Error("arranging has saved something")
	}
	if saved := b.post(to, up.fields("do", "save")...); saved.code != http.StatusSeeOther {
		t.Fatalf("saving: %d", saved.code)
	}
	want := []catalog.Question{
		{ID: "how_old_is_it", Label: "How old is it?", Help: "In years", Kind: catalog.AskNumber},
		{ID: "what_is_on_the_roof", Label: "What is on the roof?", Kind: catalog.AskChoice, Required: true, Choices: []string{"Shingles", "Tiles"}},
	}
	got := w.rules().Services[0].Questions
	if len(got) != 2 || got[0].ID != want[0].ID || got[0].Help != want[0].Help || got[1].ID != want[1].ID || !got[1].Required || strings.Join(got[1].Choices, ",") != "Shingles,Tiles" {
		t.Errorf("saved %+v", got)
	}
	again := b.post(to, b.get(to).fields("do", "save", "q.1.label", "The roof is of")...)
	if q := w.rules().Services[0].Questions; again.code != http.StatusSeeOther || q[1].ID != want[1].ID || q[1].Label != "The roof is of" {
		t.Errorf("other words, another id: %+v", q)
	}
	a := w.book(at(2, 10, 0), lead.Contact{LastName: "Doe", Email: "jo@example.com"}, func(r *booking.Request) {
		r.Answers = map[string]string{"what_is_on_the_roof": "tiles", "how_old_is_it": "1,200"}
	})
	page := b.get("/admin/orgs/ridge/appointments/" + string(a.ID))
	page.has(t, "main", "The roof is of")
	page.has(t, "main", "1200")
	gone := b.post(to, b.post(to, b.get(to).fields("do", "q-remove:0")...).fields("do", "save")...)
	if q := w.rules().Services[0].Questions; gone.code != http.StatusSeeOther || len(q) != 1 || q[0].ID != want[1].ID {
		t.Errorf("after removing: %+v", q)
	}
	b.get("/admin/orgs/ridge/appointments/"+string(a.ID)).has(t, "main", "how_old_is_it")
}

// TestDetailsFirstIsASetting of the booking page, for administrators.
func TestDetailsFirstIsASetting(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	b := w.as("admin@ridge.example")
	const to = "/admin/orgs/ridge/scheduler"
	page := b.get(to)
	page.sound(t, to)
	if done := b.post(to, "first", "details"); done.location != to || !w.rules().DetailsFirst {
		t.Errorf("%s %v", done.location, w.rules().DetailsFirst)
	}
	b.post(to, "first", "details", "change_notice", "1 day")
	if n := w.rules().ChangeNoticeMinutes; n != 1440 {
		t.Errorf("changes until %d minutes before", n)
	}
	wrong := b.post(to, "first", "slot", "change_notice", "soon")
	if b.get(wrong.location).has(t, ".notice-error", "Not saved."); !w.rules().DetailsFirst {
		t.Error("half of it is saved")
	}
	late := w.book(at(1, 10, 0), jo, func(r *booking.Request) { r.Actor = "Ann" }) // the clock says the evening before
	token, err := w.store.ManageToken(t.Context(), w.ridge.ID, late.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.bookings.Cancel(t.Context(), token.Reveal(), "", lead.IdempotencyKey{}, "visitor"); !fault.Is(err, fault.Conflict) {
		t.Errorf("cancelled too late: %v", err)
	}
	if _, err := w.bookings.Reschedule(t.Context(), token.Reveal(), at(3, 10, 0), lead.IdempotencyKey{}, "visitor"); !fault.Is(err, fault.Conflict) {
		t.Errorf("moved too late: %v", err)
	}
	if _, err := w.bookings.Cancel(t.Context(), token.Reveal(), "", lead.IdempotencyKey{}, "api"); err != nil {
		t.Errorf("the organization itself: %v", err)
	}
	if on, _ := b.get(to).Find("[name=first][checked]").Attr("value"); on != "details" {
		t.Errorf("the page shows %q", on)
	}
	if n := w.as("member@ridge.example").get(to).Find("main form").Length(); n != 0 {
		t.Error("a member is offered a change")
	}
}
