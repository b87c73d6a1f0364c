package scheduler_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/insight"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/storetest"
	"heavyset.tech/platform/internal/web/scheduler"
)

// kept is a store that remembers the visits it is given.
type kept struct {
	insight.Store
	mu     sync.Mutex
	visits map[insight.VisitID]insight.Visit
}

func (k *kept) KeepVisits(_ context.Context, _ org.ID, list []insight.Visit) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, v := range list {
		k.visits[v.ID] = v
	}
	return nil
}

// counted gives the pages with a recorder, and what it has stored when asked.
func counted(t *testing.T) (http.Handler, func() map[insight.VisitID]insight.Visit) {
	t.Helper()
	k := &kept{visits: map[insight.VisitID]insight.Visit{}}
	r := insight.NewRecorder(k, nil, clock)
	h, _, _ := publicPages(t, func(p *scheduler.Pages) { p.CountBy(r) })
	return h, func() map[insight.VisitID]insight.Visit {
		t.Helper()
		if err := r.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		return k.visits
	}
}

// TestWhoSeesNoTimeIsAsked: a page without a time to choose asks why, for the days it has looked at; one with times does not.
func TestWhoSeesNoTimeIsAsked(t *testing.T) {
	t.Parallel()
	k := &kept{visits: map[insight.VisitID]insight.Visit{}}
	elsewhere := booking.New(storetest.Open(t, storetest.URLs(t, "sqlite"), clock, nil), clock) // knows no scheduler, so the reason stays unknown
	r := insight.NewRecorder(k, elsewhere, clock)
	h, _, _ := publicPages(t, func(p *scheduler.Pages) { p.CountBy(r) })
	for zip, lost := range map[string]availability.Code{"60601": "", "99999": insight.Unknown} {
		clear(k.visits)
		if w := ask(t, h, "/book/o?service=s&zip="+zip, "User-Agent", browser); w.Code != http.StatusOK {
			t.Fatal(w.Code)
		}
		if err := r.Flush(t.Context()); (err != nil) != (lost != "") {
			t.Errorf("%s: asked for a reason: %v", zip, err)
		}
		if len(k.visits) != 1 {
			t.Fatalf("%s: %d visits", zip, len(k.visits))
		}
		for _, v := range k.visits {
			if v.Lost.Rule != lost || v.PostalCode != zip || v.From != availability.DateOf(clock(), time.UTC) || v.From.DaysUntil(v.To) < 13 || v.From.DaysUntil(v.To) >= booking.MaxDays {
				t.Errorf("%s: %+v", zip, v)
			}
		}
	}
}

const browser = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"

// TestAVisitIsCountedOnce: from page to page, by links and forms alone, in a frame too, it is one visit that comes farther.
func TestAVisitIsCountedOnce(t *testing.T) {
	t.Parallel()
	h, stored := counted(t)
	open := func(path string) *goquery.Document {
		t.Helper()
		w := ask(t, h, path, "User-Agent", browser, "Sec-Fetch-Mode", "navigate")
		if len(w.Result().Cookies()) != 0 {
			t.Errorf("%s sets a cookie", path)
		}
		doc, err := goquery.NewDocumentFromReader(w.Body)
		if err != nil || w.Code != http.StatusOK {
			t.Fatalf("%s: %d (%v)", path, w.Code, err)
		}
		return doc
	}
	form := func(doc *goquery.Document, more url.Values) url.Values {
		v := url.Values{}
		for _, in := range doc.Find("main form input[name]").EachIter() {
			name, _ := in.Attr("name")
			value, _ := in.Attr("value")
			v.Set(name, value)
		}
		for k, l := range more {
			v[k] = l
		}
		return v
	}
	post := func(path string, v url.Values) string {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), "POST", path, strings.NewReader(v.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("User-Agent", browser)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusSeeOther {
			t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
		return w.Header().Get("Location")
	}
	only := func(step insight.Step) insight.Visit {
		t.Helper()
		all := stored()
		if len(all) != 1 {
			t.Fatalf("%d visits", len(all))
		}
		for _, v := range all {
			if v.Step != step {
				t.Fatalf("%+v, want step %d", v, step)
			}
			return v
		}
		return insight.Visit{}
	}
	doc := open("/book/o?utm_source=radio&embed=https%3A%2F%2Fwww.mine.example")
	first := only(insight.Viewed)
	v := form(doc, url.Values{"zip": {"60601"}})
	doc = open("/book/o?" + v.Encode())
	if got := only(insight.Area); got.PostalCode != "60601" || got.ID != first.ID || got.Lost.Rule != "" || got.Answer.Service != "s" {
		t.Errorf("%+v", got)
	}
	start, _ := doc.Find("button[name=start]").First().Attr("value")
	next := post("/book/o/hold", form(doc, url.Values{"start": {start}}))
	only(insight.Slot)
	doc = open(next)
	to := post("/book/o/details", form(doc, url.Values{"last_name": {"Doe"}, "email": {"doe@x.example"}}))
	if got := only(insight.Booked); got.Appointment == "" {
		t.Errorf("%+v", got)
	}
	if strings.Contains(to, "visit=") {
		t.Errorf("the private link carries the visit: %s", to)
	}
}

// TestOnlyPeopleAreCounted: what names itself a program, fetches ahead or asks for no page counts for nothing and is given
// no number.
func TestOnlyPeopleAreCounted(t *testing.T) {
	t.Parallel()
	h, stored := counted(t)
	for name, headers := range map[string][]string{
		"a crawler": {"User-Agent", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}, "nobody": nil, "a library": {"User-Agent", "curl/8.5.0"},
		"fetched ahead": {"User-Agent", browser, "Sec-Purpose", "prefetch;prerender"}, "a script": {"User-Agent", browser, "Sec-Fetch-Mode", "cors"},
	} {
		w := ask(t, h, "/book/o", headers...)
		if w.Code != http.StatusOK || strings.Contains(w.Body.String(), "visit") && strings.Contains(w.Body.String(), "v_") {
			t.Errorf("%s: %d has a number", name, w.Code)
		}
	}
	ask(t, h, "/book/o?embed="+own, "User-Agent", browser) // our own preview
	if got := stored(); len(got) != 0 {
		t.Errorf("%d visits: %+v", len(got), got)
	}
	for range 300 {
		ask(t, h, "/book/o", "User-Agent", browser)
	}
	if got := len(stored()); got == 0 || got > 150 {
		t.Errorf("one address makes %d visits at once", got)
	}
}
