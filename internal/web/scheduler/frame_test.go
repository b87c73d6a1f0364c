package scheduler_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

func ask(t *testing.T, h http.Handler, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), "GET", path, http.NoBody)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func ancestors(w *httptest.ResponseRecorder) string {
	_, after, _ := strings.Cut(w.Header().Get("Content-Security-Policy"), "frame-ancestors ")
	return after
}

func TestWhoMayFrameThePages(t *testing.T) {
	t.Parallel()
	h, sites, o := publicPages(t, nil)
	if got := ancestors(ask(t, h, "/book/o")); got != "*" {
		t.Errorf("without a list: %q", got)
	}
	if got := ancestors(ask(t, h, "/book/nowhere")); got != "" {
		t.Errorf("nobody's page is opened: %q", got)
	}
	if _, _, err := sites.SetSites(t.Context(), o, "www.mine.example"); err != nil {
		t.Fatal(err)
	}
	refused := func() string {
		t.Helper()
		list, err := sites.Refusals(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, r := range list {
			out = append(out, r.Origin)
		}
		return strings.Join(out, " ")
	}
	for _, c := range []struct {
		name, path string
		headers    []string
		refused    string // beyond the ones before
	}{
		{"a page of its own", "/book/o", []string{"Sec-Fetch-Dest", "document", "Referer", "https://evil0.example/"}, ""},
		{"a visitor without a browser", "/book/o", nil, ""},
		{"the listed site", "/book/o?embed=https://www.mine.example", []string{"Sec-Fetch-Dest", "iframe", "Referer", "https://www.mine.example/x"}, ""},
		{"our own preview", "/book/o?embed=" + own, []string{"Sec-Fetch-Dest", "iframe", "Referer", own + "/admin"}, ""},
		{"another site, by our script", "/book/o?embed=https://evil1.example", []string{"Sec-Fetch-Dest", "iframe", "Referer", "https://evil1.example/"}, "https://evil1.example"},
		{"another site, by its own frame", "/book/o/enquiry", []string{"Sec-Fetch-Dest", "iframe", "Referer", "https://evil2.example/page"}, "https://evil2.example"},
		{"another site with the word of a listed one", "/book/o?embed=https://www.mine.example", []string{"Sec-Fetch-Dest", "iframe", "Referer", "https://evil3.example/"}, "https://evil3.example"},
		{"no origin at all", "/book/o?embed=null", []string{"Sec-Fetch-Dest", "iframe"}, ""},
		{"words that would leave their place", "/book/o?embed=" + url.QueryEscape("https://x.example; script-src *"), []string{"Sec-Fetch-Dest", "iframe"}, ""},
	} {
		before := refused()
		w := ask(t, h, c.path, c.headers...)
		if got := ancestors(w); got != "'self' https://www.mine.example" {
			t.Errorf("%s: frame-ancestors %q", c.name, got)
		}
		if got, want := refused(), strings.TrimSpace(c.refused+" "+before); len(got) != len(want) {
			t.Errorf("%s: refused %q, before %q", c.name, got, before)
		}
	}
	for range 40 {
		ask(t, h, "/book/o?embed=https://again.example")
	}
	list, err := sites.Refusals(t.Context(), o)
	if err != nil || list[0].Origin == "https://again.example" && list[0].Times > 10 {
		t.Errorf("one address writes without end: %+v (%v)", list, err)
	}
}

// TestTheFrameGoesAlong: every way on from a page in a frame stays in it and keeps the campaign.
func TestTheFrameGoesAlong(t *testing.T) {
	t.Parallel()
	h := pages(t)
	const host = "https://www.mine.example"
	q := "?embed=" + url.QueryEscape(host) + "&gclid=G1&utm_source=radio&landing_page=https%3A%2F%2Fwww.mine.example%2F"
	for _, path := range []string{"/book/o" + q, "/book/o" + q + "&service=s&zip=60601", "/book/o/enquiry" + q, "/book/o/details" + q + "&service=s&zip=60601&start=2026-12-01T09:00:00Z", "/book/o/thanks" + q} {
		w := ask(t, h, path)
		doc, err := goquery.NewDocumentFromReader(w.Body)
		if err != nil || w.Code != http.StatusOK {
			t.Fatalf("%s: %d (%v)", path, w.Code, err)
		}
		if got, _ := doc.Find("body").Attr("data-host"); got != host {
			t.Errorf("%s: speaks to %q", path, got)
		}
		if doc.Find(`script[src$="frame.js"]`).Length() != 1 || doc.Find("header").Length() != 0 {
			t.Errorf("%s: is not made for a frame", path)
		}
		for _, a := range doc.Find("main a[href^='/']").EachIter() {
			to, _ := a.Attr("href")
			u, err := url.Parse(to)
			if err != nil || u.Query().Get("embed") != host || u.Query().Get("gclid") != "G1" || u.Query().Get("landing_page") == "" {
				t.Errorf("%s: %s leads out", path, to)
			}
		}
		for _, f := range doc.Find("main form").EachIter() {
			if v, _ := f.Find("[name=embed]").Attr("value"); v != host {
				t.Errorf("%s: a form leads out", path)
			}
		}
	}
	w := ask(t, h, "/book/o?embed=javascript:alert(1)")
	if strings.Contains(w.Body.String(), "alert(1)") || strings.Contains(w.Body.String(), "frame.js") {
		t.Error("what is no origin is taken for one")
	}
}

// TestTheLoaderIsSmall: under 5 kB compressed, and it asks for nothing else.
func TestTheLoaderIsSmall(t *testing.T) {
	t.Parallel()
	w := ask(t, pages(t), "/embed.js")
	file, err := os.ReadFile("embed.js")
	if err != nil || !bytes.Equal(w.Body.Bytes(), file) {
		t.Fatalf("something else is served (%v)", err)
	}
	if got := w.Header().Get("Content-Type"); got != "text/javascript; charset=utf-8" {
		t.Error(got)
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(file); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes, %d compressed", len(file), b.Len())
	if b.Len() >= 5000 {
		t.Errorf("%d bytes compressed", b.Len())
	}
	for _, never := range []string{"fetch(", "XMLHttpRequest", "import ", "eval(", "innerHTML", "cssText", "setAttribute", "Storage", "cookie"} {
		if bytes.Contains(file, []byte(never)) {
			t.Errorf("the loader uses %s", never)
		}
	}
}
