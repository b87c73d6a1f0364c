package scheduler_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"

	"heavyset.tech/platform/internal/web/scheduler"
)

// post posts a form and gives the answer.
func post(t *testing.T, h http.Handler, path string, kv ...string) *httptest.ResponseRecorder {
	t.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(kv); i += 2 {
		v.Set(kv[i], kv[i+1])
	}
	r := httptest.NewRequestWithContext(t.Context(), "POST", path, strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func document(t *testing.T, w *httptest.ResponseRecorder) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestLanguageOfThePages(t *testing.T) {
	t.Parallel()
	h := pages(t)
	for _, c := range []struct{ path, accept, lang, heading string }{
		{"/book/o?service=s", "", "en", "Where is the property?"},
		{"/book/o?service=s", "fr-CA,fr;q=0.9", "fr", "Où se trouve le bien ?"},
		{"/book/o?service=s&lang=de-AT", "fr", "de", "Wo ist das Objekt?"},
		{"/book/o?service=s&lang=tlh", "es-MX", "es", "¿Dónde está la propiedad?"},
		{"/book/nowhere?lang=de", "", "de", "Hier ist nichts"},
		{"/no/such/page", "de", "de", "Hier ist nichts"},
	} {
		doc := document(t, ask(t, h, c.path, "Accept-Language", c.accept))
		if got := doc.Find("h1").Text(); got != c.heading {
			t.Errorf("%s, %s: %q", c.path, c.accept, got)
		}
		if got, _ := doc.Find("html").Attr("lang"); got != c.lang {
			t.Errorf("%s, %s: lang %q", c.path, c.accept, got)
		}
	}
	doc := document(t, ask(t, h, "/book/o?service=s&zip=60601&lang=de"))
	if got := doc.Find("#day").Text(); !strings.HasPrefix(got, "Montag, 30. November") {
		t.Errorf("%q", got)
	}
	if got := doc.Find(".times button").First().Text(); got != "09:00" {
		t.Errorf("%q", got)
	}
	if v, _ := doc.Find("#times [name=lang]").Attr("value"); v != "de" {
		t.Error("the language is lost on the way")
	}
	wrong := document(t, post(t, h, "/book/o/enquiry", "lang", "de", "email", "x"))
	if got := wrong.Find("#e-email").Text(); !strings.Contains(got, "Das sieht nicht nach einer E-Mail-Adresse aus") {
		t.Errorf("%q", got)
	}
}

// TestTheLanguageStaysWithTheAppointment: the private link speaks it too, unless the address names another.
func TestTheLanguageStaysWithTheAppointment(t *testing.T) {
	t.Parallel()
	h := pages(t)
	booked := post(t, h, "/book/o/details", "service", "s", "zip", "60601", "start", "2026-12-01T09:00:00Z", "last_name", "Visitor", "email", "v@x.example", "lang", "de")
	mine, _, _ := strings.Cut(booked.Header().Get("Location"), "?")
	for path, want := range map[string]string{"": "Ihr Termin", "?lang=fr": "Votre rendez-vous", "/cancel": "Diesen Termin absagen?", "/reminders": "Erinnerungen per E-Mail", "/reschedule": "Wählen Sie einen neuen Tag und eine neue Zeit"} {
		if got := document(t, ask(t, h, mine+path, "Accept-Language", "es")).Find("h1").Text(); got != want {
			t.Errorf("%s: %q", path, got)
		}
	}
}

// TestNoTextIsLeftUntranslated walks the public pages in a language that marks what is translated: whatever is not marked
// must be a word of the organization, of the visitor, a zone or a brand.
func TestNoTextIsLeftUntranslated(t *testing.T) {
	t.Parallel()
	h, _, o, list := waitPages(t, north(), (*scheduler.Pages).SpeakPseudo)
	const details = "service=s&zip=60601&start=2026-12-01T09:00:00Z"
	booked := post(t, h, "/book/o/details", "service", "s", "zip", "60601", "start", "2026-12-01T09:00:00Z", "first_name", "Visitor", "last_name", "Visitor", "email", "v@x.example", "street", "Visitor", "city", "Visitor")
	mine, _, _ := strings.Cut(booked.Header().Get("Location"), "?")
	if booked.Code != http.StatusSeeOther || mine == "" {
		t.Fatalf("%d %s", booked.Code, booked.Body)
	}
	answers := map[string]*httptest.ResponseRecorder{
		"service, zip": ask(t, h, "/book/o"), "time": ask(t, h, "/book/o?service=s&zip=60601"), "no area": ask(t, h, "/book/o?service=s&zip=99999"), "nothing free": ask(t, h, "/book/o?service=s&zip=60601&day=2027-01-20"),
		"details": ask(t, h, "/book/o/details?"+details), "enquiry": ask(t, h, "/book/o/enquiry"), "thanks": ask(t, h, "/book/o/thanks"),
		"details, wrong": post(t, h, "/book/o/details", "service", "s", "zip", "60601", "start", "2026-12-07T09:00:00Z"),
		"enquiry, wrong": post(t, h, "/book/o/enquiry", "email", "x", "phone", "x", "first_name", strings.Repeat("x", 200)),
		"taken":          post(t, h, "/book/o/details", "service", "s", "zip", "60601", "start", "2026-12-01T09:00:00Z", "last_name", "Visitor", "email", "v@x.example"),
		"hold, taken":    post(t, h, "/book/o/hold", "service", "s", "zip", "60601", "start", "2026-12-01T09:00:00Z"),
		"zip, wrong":     ask(t, h, "/book/o?service=s&zip="+strings.Repeat("6", 30)),
		"missing":        ask(t, h, "/book/nowhere"), "no link": ask(t, h, "/appointments/nothing"),
		"booked": ask(t, h, mine+"?new=1"), "manage, framed": ask(t, h, mine+"?embed=https://www.mine.example"), "moved": ask(t, h, mine+"?moved=1"), "move": ask(t, h, mine+"/reschedule"), "cancel": ask(t, h, mine+"/cancel"), "reminders": ask(t, h, mine+"/reminders"),
	}
	answers["waiting list"], answers["waiting list, thanks"] = ask(t, h, "/book/o/waitlist?service=s&zip=60601"), ask(t, h, "/book/o/thanks?waits=1")
	answers["waiting list, wrong"] = post(t, h, "/book/o/waitlist", "service", "s", "zip", "60601", "first", "x", "last", "2028-01-01", "email", "")
	wait := waits(t, h, o, list, "w@x.example", "weekday", "2", "part", "evening")
	answers["waiting"] = ask(t, h, wait.path)
	wait.offer(t, 8)
	answers["offered"] = ask(t, h, wait.path)
	post(t, h, wait.path+"/leave")
	answers["left"], answers["no place"] = ask(t, h, wait.path), ask(t, h, "/waitlist/nothing")
	post(t, h, mine+"/cancel")
	answers["cancelled"], answers["move, too late"] = ask(t, h, mine), ask(t, h, mine+"/reschedule")
	for name, w := range answers {
		doc := document(t, w)
		if doc.Find("h1").Length() != 1 {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		for _, text := range texts(doc) {
			if !translated(text) {
				t.Errorf("%s: %q", name, text)
			}
		}
	}
}

// texts lists what people read or hear of a page.
func texts(doc *goquery.Document) (out []string) {
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode {
			for _, a := range n.Attr {
				if slices.Contains([]string{"aria-label", "title", "placeholder", "alt", "data-until", "data-after"}, a.Key) || n.Data == "meta" && a.Key == "content" && strings.Contains(a.Val, "⟦") {
					out = append(out, a.Val)
				}
			}
			if n.Data == "script" || n.Data == "style" {
				return
			}
		}
		if n.Type == html.TextNode {
			out = append(out, n.Data)
		}
		for c := range n.ChildNodes() {
			walk(c)
		}
	}
	for _, n := range doc.Nodes {
		walk(n)
	}
	return out
}

// translated reports whether nothing is left of a text when the marked parts and what is nobody's to translate are taken out.
func translated(s string) bool {
	for strings.Contains(s, "⟦") { // the innermost first: a mark may stand in another
		end := strings.Index(s, "⟧")
		begin := strings.LastIndex(s[:max(end, 0)], "⟦")
		if end < 0 || begin < 0 {
			return false
		}
		s = s[:begin] + s[end+len("⟧"):]
	}
	for _, own := range []string{"Google Calendar", "Visitor", "v@x.example", "America/", "Europe/", "Asia/", "Pacific/", "Australia/", "UTC", "AM", "PM"} {
		s = strings.ReplaceAll(s, own, "")
	}
	for _, zone := range []string{"New York", "Chicago", "Denver", "Phoenix", "Los Angeles", "Anchorage", "Honolulu", "Halifax", "Toronto", "Mexico City", "London", "Berlin", "Kolkata", "Sydney"} {
		s = strings.ReplaceAll(s, zone, "")
	}
	switch strings.TrimSpace(s) {
	case "O", "– O", "Service", "Service,", "Ann", "60601", "IL": // organization, service, rep
		return true
	}
	return !strings.ContainsFunc(s, unicode.IsLetter)
}
