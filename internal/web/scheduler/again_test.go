package scheduler_test

import (
	"net/url"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/store"
)

// TestBookAgain: the private link of a visit books another with the same details, which no address and no page tells; both
// belong to one customer.
func TestBookAgain(t *testing.T) {
	t.Parallel()
	h, _, _, list := waitPages(t, north(), nil)
	s := list.Store.(*store.Store)
	secrets := []string{"Winifred", "Visitorson", "winnie@", "5550177", "Elm Street"}
	quiet := func(what, text string) {
		t.Helper()
		for _, w := range secrets {
			if strings.Contains(text, w) {
				t.Errorf("%s tells %q", what, w)
			}
		}
	}
	booked := post(t, h, "/book/o/details", "service", "s", "zip", "60601", "start", "2026-12-01T09:00:00Z", "first_name", "Winifred", "last_name", "Visitorson", "email", "winnie@x.example", "phone", "312 555 0177", "street", "5 Elm Street", "city", "Springfield")
	mine, _, _ := strings.Cut(booked.Header().Get("Location"), "?")
	post(t, h, mine+"/cancel")
	if got := document(t, ask(t, h, mine)).Find("a.button-primary").AttrOr("href", ""); got != mine+"/again" {
		t.Errorf("the page of a cancelled visit leads to %q", got)
	}
	to := ask(t, h, mine+"/again").Header().Get("Location")
	u, err := url.Parse(to)
	if err != nil || u.Path != "/book/o" || u.Query().Get("service") != "s" || u.Query().Get("zip") != "60601" || u.Query().Get("who") == "" {
		t.Fatalf("it leads to %s (%v)", to, err)
	}
	quiet("the address", to)
	if token := strings.TrimPrefix(mine, "/appointments/"); strings.Contains(to, token) {
		t.Error("the address has the private link")
	}
	quiet("the page of times", ask(t, h, to).Body.String())
	at := "/book/o/details?start=2026-12-01T11:00:00Z&" + u.RawQuery
	page := ask(t, h, at)
	quiet("the page of details", page.Body.String())
	doc := document(t, page)
	if doc.Find("input[name=last_name], input[name=email]").Length() > 0 || !strings.Contains(doc.Find("main ul").Text(), "W••• V•••") {
		t.Errorf("%d %s", page.Code, doc.Find("main").Text())
	}
	q := u.Query()
	again := post(t, h, "/book/o/details", "service", "s", "zip", "60601", "start", "2026-12-01T11:00:00Z", "who", q.Get("who"))
	next, _, _ := strings.Cut(again.Header().Get("Location"), "?")
	if again.Code != 303 || !strings.HasPrefix(next, "/appointments/") || next == mine {
		t.Fatalf("%d %s %s", again.Code, next, again.Body)
	}
	_, first, err := s.ByToken(t.Context(), id.Hash(strings.TrimPrefix(mine, "/appointments/")))
	if err != nil {
		t.Fatal(err)
	}
	_, second, err := s.ByToken(t.Context(), id.Hash(strings.TrimPrefix(next, "/appointments/")))
	if err != nil || second.Customer != first.Customer || second.Contact != first.Contact {
		t.Errorf("%+v and %+v (%v)", first, second, err)
	}
	if other := ask(t, h, strings.Replace(at, "zip=60601", "zip=60602", 1)); document(t, other).Find("input[name=last_name]").AttrOr("value", "none") != "" {
		t.Error("another property is booked with the old address, or its page tells it")
	}
	if w := ask(t, h, "/appointments/nothing/again"); w.Code != 404 {
		t.Errorf("no link: %d", w.Code)
	}
}
