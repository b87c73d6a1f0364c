package scheduler_test

import (
	"net/http"
	"testing"
	"time"

	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/web/scheduler"
)

// TestAFormThatIsNotSent: it is kept where the visitor has ticked that they may be contacted, also when it could not be taken as it was, and
// forgotten when it is sent or the tick is taken back.
func TestAFormThatIsNotSent(t *testing.T) {
	t.Parallel()
	h, s, o := pagesOver(t)
	kept := func(want int, after string) {
		t.Helper()
		if n, err := s.CountLeft(t.Context(), o); n != want || err != nil {
			t.Errorf("%s: %d forms are kept, want %d (%v)", after, n, want, err)
		}
	}
	const details = "/book/o/details?service=s&zip=60601&start=2026-12-01T09%3A00%3A00Z"
	box := document(t, ask(t, h, details)).Find("input[name=contact_me]")
	if _, ticked := box.Attr("checked"); box.Length() != 1 || ticked {
		t.Errorf("%d boxes, ticked: %v", box.Length(), ticked)
	}
	form := []string{"key", "k", "service", "s", "zip", "60601", "start", "2026-12-01T09:00:00Z", "last_name", "Visitor", "email", "v@x.example"}
	with := func(kv ...string) []string { return append(append([]string{}, form...), kv...) }
	if got := post(t, h, "/book/o/left", form...); got.Code != http.StatusNoContent {
		t.Errorf("without the tick: %d", got.Code)
	}
	kept(0, "without the tick")
	for range 2 {
		post(t, h, "/book/o/left", with("contact_me", "1")...)
	}
	kept(1, "with the tick, twice")
	post(t, h, "/book/o/left", form...)
	kept(0, "the tick taken back")
	wrong := post(t, h, "/book/o/details", with("contact_me", "1", "phone", "12")...)
	if _, ticked := document(t, wrong).Find("input[name=contact_me]").Attr("checked"); wrong.Code != http.StatusUnprocessableEntity || !ticked {
		t.Errorf("a form with a mistake: %d, still ticked: %v", wrong.Code, ticked)
	}
	kept(1, "a form with a mistake")
	if got := post(t, h, "/book/o/details", with("contact_me", "1")...); got.Code != http.StatusSeeOther {
		t.Errorf("the booking: %d", got.Code)
	}
	kept(0, "the booking")
	taken := document(t, post(t, h, "/book/o/details", "key", "l", "service", "s", "zip", "60601", "start", "2026-12-01T09:00:00Z", "last_name", "Late", "email", "l@x.example", "contact_me", "1"))
	if v, _ := taken.Find("input[type=hidden][name=contact_me]").Attr("value"); v != "1" || taken.Find("button[name=start]").Length() == 0 {
		t.Errorf("a time that was taken: the tick is lost")
	}
	kept(1, "a time that was taken")
}

func TestWhatThePageSaysAboutNotFinishing(t *testing.T) {
	t.Parallel()
	h, s, o := pagesOver(t)
	for p, want := range map[lead.Pursue]struct{ boxes, told int }{lead.PursueAsked: {1, 0}, lead.PursueAll: {0, 1}, lead.PursueNone: {0, 0}} {
		if err := s.PutLeftPolicy(t.Context(), o, lead.LeftPolicy{Pursue: p, After: time.Hour}); err != nil {
			t.Fatal(err)
		}
		doc := document(t, ask(t, h, "/book/o/details?service=s&zip=60601&start=2026-12-01T09%3A00%3A00Z&lang=de"))
		if boxes, told := doc.Find("input[name=contact_me]").Length(), doc.Find("p:contains('Wenn Sie nicht abschließen')").Length(); boxes != want.boxes || told != want.told {
			t.Errorf("%s: %d boxes, told %d times", p, boxes, told)
		}
		if posts := doc.Find("form[data-left]").Length(); (posts == 1) != (p != lead.PursueNone) {
			t.Errorf("%s: %d forms are posted in the background", p, posts)
		}
	}
}

// pagesOver gives the pages with what is beneath them.
func pagesOver(t *testing.T) (http.Handler, *store.Store, org.ID) {
	t.Helper()
	h, sites, o := publicPages(t, func(*scheduler.Pages) {})
	s, ok := sites.Store.(*store.Store)
	if !ok {
		t.Fatal("no store")
	}
	return h, s, o
}
