package scheduler_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/waitlist"
)

// joined is somebody on the list of "o", with their private page.
type joined struct {
	path  string
	entry waitlist.Entry
	org   org.Organization
	list  *waitlist.Service
}

// waits puts a visitor on the list by the form.
func waits(t *testing.T, h http.Handler, o org.Organization, list *waitlist.Service, email string, kv ...string) joined {
	t.Helper()
	sent := post(t, h, "/book/o/waitlist", append([]string{
		"service", "s", "zip", "60601", "first", "2026-11-30", "last", "2026-12-20", "last_name", "Visitor", "email", email, "consent", "1",
	}, kv...)...)
	if to := sent.Header().Get("Location"); sent.Code != http.StatusSeeOther || to != "/book/o/thanks?waits=1" {
		t.Fatalf("%d %s %s", sent.Code, to, sent.Body)
	}
	waiting, _, err := list.Store.WaitEntries(t.Context(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range waiting {
		if e.Contact.Email == email {
			token, err := tokens(list).WaitToken(t.Context(), o.ID, e.ID)
			if err != nil {
				t.Fatal(err)
			}
			return joined{"/waitlist/" + token.Reveal(), e, o, list}
		}
	}
	t.Fatal("nobody waits")
	return joined{}
}

// tokens is where a mail gets the token of a link from.
func tokens(list *waitlist.Service) *store.Store { return list.Store.(*store.Store) }

// offer offers the person a day's time by hand, at nine.
func (j joined) offer(t *testing.T, day int) {
	t.Helper()
	if err := j.list.OfferByHand(t.Context(), j.org, j.entry.ID, time.Date(2026, 12, day, 9, 0, 0, 0, time.UTC), "Rae"); err != nil {
		t.Fatal(err)
	}
}

// TestJoinAndAccept: from the page of times onto the list, and from the private link to a visit.
func TestJoinAndAccept(t *testing.T) {
	t.Parallel()
	h, _, o, list := waitPages(t, north(), nil)
	times := document(t, ask(t, h, "/book/o?service=s&zip=60601&utm_source=ad"))
	to := times.Find("a[href*='/waitlist']").AttrOr("href", "")
	form := document(t, ask(t, h, to))
	if form.Find("[name=zip]").AttrOr("value", "") != "60601" || form.Find("[name=utm_source]").AttrOr("value", "") != "ad" || form.Find("[name=weekday]").Length() != 7 {
		t.Errorf("the form at %q lacks what was chosen", to)
	}
	wrong := post(t, h, "/book/o/waitlist", "service", "s", "first", "2026-12-01", "last", "2026-11-30", "last_name", "Typed", "consent", "1")
	if doc := document(t, wrong); wrong.Code != http.StatusUnprocessableEntity || doc.Find("#e-email").Length() == 0 || doc.Find("#e-last").Length() == 0 || doc.Find("#f-last_name").AttrOr("value", "") != "Typed" {
		t.Errorf("%d: what is wrong is not named", wrong.Code)
	}
	if without := post(t, h, "/book/o/waitlist", "service", "s", "first", "2026-12-01", "last", "2026-12-02", "last_name", "X", "email", "x@x.example"); without.Code != http.StatusUnprocessableEntity {
		t.Errorf("without consent: %d", without.Code)
	}

	first := waits(t, h, o, list, "first@x.example", "weekday", "2", "part", "evening")
	if got := document(t, ask(t, h, first.path)).Find("main").Text(); !strings.Contains(got, "You are the next in line.") || !strings.Contains(got, "Tuesday") || !strings.Contains(got, "Evening") {
		t.Errorf("the first reads %q", got)
	}
	second := waits(t, h, o, list, "second@x.example")
	both := document(t, ask(t, h, first.path)).Find("main").Text() + document(t, ask(t, h, second.path)).Find("main").Text() // the clock stands still
	if strings.Count(both, "You are the next in line.") != 1 || strings.Count(both, "1 person is before you.") != 1 {
		t.Errorf("the two read %q", both)
	}

	first.offer(t, 1)
	page := document(t, ask(t, h, first.path))
	offer := page.Find("[name=offer]").First().AttrOr("value", "")
	if got := page.Find(".chosen").Text(); !strings.Contains(got, "Tuesday, December 1, 2026") || offer == "" {
		t.Fatalf("the offer reads %q", got)
	}
	if strangers := post(t, h, second.path+"/accept", "offer", offer); strangers.Code != http.StatusNotFound {
		t.Errorf("somebody else's offer: %d", strangers.Code)
	}
	done := post(t, h, first.path+"/accept", "offer", offer)
	mine, _, _ := strings.Cut(done.Header().Get("Location"), "?")
	if got := document(t, ask(t, h, mine)).Find("main").Text(); done.Code != http.StatusSeeOther || !strings.Contains(got, "Tuesday, December 1, 2026") {
		t.Errorf("%d leads to %q", done.Code, got)
	}
	if got := document(t, ask(t, h, first.path)).Find("main").Text(); !strings.Contains(got, "Your visit is booked.") {
		t.Errorf("afterwards: %q", got)
	}
	if late := post(t, h, first.path+"/accept", "offer", offer); late.Code != http.StatusConflict {
		t.Errorf("accepted again: %d", late.Code)
	}

	second.offer(t, 7)
	offer = document(t, ask(t, h, second.path)).Find("[name=offer]").First().AttrOr("value", "")
	if declined := post(t, h, second.path+"/decline", "offer", offer); declined.Code != http.StatusSeeOther {
		t.Errorf("declined: %d", declined.Code)
	}
	if got := document(t, ask(t, h, second.path)).Find("h1").Text(); got != "You are on the waiting list" {
		t.Errorf("afterwards: %q", got)
	}
	if left := post(t, h, second.path+"/leave", "List-Unsubscribe", "One-Click"); left.Code != http.StatusOK {
		t.Errorf("a mail program's way to leave: %d", left.Code)
	}
	if got := document(t, ask(t, h, second.path)).Find("main").Text(); !strings.Contains(got, "You are not on the waiting list any more.") {
		t.Errorf("afterwards: %q", got)
	}
}

// TestADoubtfulWaitIsKept: what looks like spam is answered in the same way and is not on the list until a person releases it.
func TestADoubtfulWaitIsKept(t *testing.T) {
	t.Parallel()
	h, _, o, list := waitPages(t, north(), nil)
	sent := post(t, h, "/book/o/waitlist", "service", "s", "zip", "60601", "first", "2026-11-30", "last", "2026-12-20", "last_name", "Bot", "email", "bot@x.example", "consent", "1", "homepage", "x", "opened", "not ours")
	if sent.Code == http.StatusSeeOther {
		t.Fatalf("clear spam was taken: %d", sent.Code)
	}
	sent = post(t, h, "/book/o/waitlist", "service", "s", "zip", "60601", "first", "2026-11-30", "last", "2026-12-20", "last_name", "Bot", "email", "bot@x.example", "consent", "1", "opened", "not ours")
	waiting, _, err := list.Store.WaitEntries(t.Context(), o.ID)
	if sent.Code != http.StatusSeeOther || err != nil || len(waiting) != 0 {
		t.Errorf("%d, and %d wait (%v)", sent.Code, len(waiting), err)
	}
	suspects, _, err := tokens(list).Suspects(t.Context(), o.ID)
	if err != nil || len(suspects) != 1 || suspects[0].Request.Wait == nil || suspects[0].Request.Wait.Contact.Email != "bot@x.example" {
		t.Errorf("the quarantine has %+v (%v)", suspects, err)
	}
}

// TestAnOfferOfAVisitThatIsThere: whoever has booked the time meanwhile is led to that visit instead of being booked twice; a
// visit of another address that has the same number is not opened to them. Either way the offer's time is free again.
func TestAnOfferOfAVisitThatIsThere(t *testing.T) {
	t.Parallel()
	c := north()
	rep := c.Reps[0]
	rep.ID, rep.Name, rep.CRMUser = "bob", "bob", ""
	c.Reps, c.Services[0].Reps = append(c.Reps, rep), append(c.Services[0].Reps, "bob")
	h, _, o, list := waitPages(t, c, nil)
	const phone = "+1 312 555 0177"
	for i, by := range []string{"mine@x.example", "partner@x.example"} {
		day := 1 + 6*i // a Tuesday and a Monday
		waiting := waits(t, h, o, list, "mine@x.example", "phone", phone)
		waiting.offer(t, day)
		offer := document(t, ask(t, h, waiting.path)).Find("[name=offer]").First().AttrOr("value", "")
		booked := post(t, h, "/book/o/details", "service", "s", "zip", "60601", "start", fmt.Sprintf("2026-12-%02dT09:00:00Z", day), "last_name", "Visitor", "email", by, "phone", phone)
		mine, _, _ := strings.Cut(booked.Header().Get("Location"), "?")
		if !strings.HasPrefix(mine, "/appointments/") {
			t.Fatalf("%d %s", booked.Code, booked.Body)
		}
		got := post(t, h, waiting.path+"/accept", "offer", offer)
		if to := got.Header().Get("Location"); by == "mine@x.example" && (got.Code != http.StatusSeeOther || to != mine+"?had=1") {
			t.Errorf("%d leads to %s", got.Code, to)
		}
		if text := document(t, got).Find("main").Text(); by != "mine@x.example" && (got.Code != http.StatusConflict || !strings.Contains(text, "You have booked this time already.") || strings.Contains(got.Body.String(), mine)) {
			t.Errorf("%d: %s", got.Code, text)
		}
		offers, err := list.Store.WaitOffers(t.Context(), o.ID, waiting.entry.ID)
		if err != nil || len(offers) == 0 || offers[0].State != waitlist.Gone {
			t.Errorf("the offers are %+v (%v)", offers, err)
		}
	}
	if n, _, err := tokens(list).Appointments(t.Context(), o.ID, booking.Filter{}); err != nil || len(n) != 2 {
		t.Errorf("%d appointments, want 2 (%v)", len(n), err)
	}
}
