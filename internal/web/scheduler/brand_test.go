package scheduler_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"heavyset.tech/platform/internal/brand"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/web/scheduler"
)

const angry = `<script>alert(1)</script>"'`

// TestLookOfThePages: colours, logo and words of an organization reach its pages, escaped and by our own addresses.
func TestLookOfThePages(t *testing.T) {
	t.Parallel()
	var pages *scheduler.Pages
	h, _, o, list := waitPages(t, north(), func(p *scheduler.Pages) { pages = p })
	s := list.Store.(*store.Store)
	file := []byte("\x89PNG any file")
	l := org.Logo{Sum: "0123456789abcdef", Width: 300, Height: 40}
	if err := s.KeepLogo(t.Context(), o.ID, l, file); err != nil {
		t.Fatal(err)
	}
	if _, _, err := (&brand.Service{Store: s}).Save(t.Context(), o.ID, brand.Draft{
		Accent: "#800020", Band: "#101820", Language: locale.English, Texts: org.Texts{Headline: angry, Intro: "one\n" + angry, Note: "park " + angry},
	}); err != nil {
		t.Fatal(err)
	}
	get := func(path string) (*httptest.ResponseRecorder, *goquery.Document) {
		t.Helper()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", path, http.NoBody))
		doc, err := goquery.NewDocumentFromReader(strings.NewReader(w.Body.String()))
		if err != nil {
			t.Fatal(err)
		}
		return w, doc
	}
	w, doc := get("/book/o?lang=en")
	if doc.Find(".welcome").Text() == "" || !strings.Contains(doc.Find(".welcome").Text(), angry) || strings.Contains(w.Body.String(), "<script>alert") {
		t.Errorf("the words: %s", w.Body)
	}
	img := doc.Find("header img")
	if img.AttrOr("src", "") != "/book/o/logo/"+l.Sum+".png" || img.AttrOr("alt", "") != "O" || img.AttrOr("width", "") != "160" || img.AttrOr("height", "") != "21" {
		t.Errorf("the logo: %s", doc.Find("header").Text())
	}
	if doc.Find(`link[href="/static/look/800020-101820.css"]`).Length() != 1 {
		t.Error("the colours are not linked")
	}
	if _, doc := get("/book/o?lang=de"); doc.Find(".welcome").Length() != 0 {
		t.Error("English words on a German page")
	}
	if _, doc := get("/book/o?lang=en&zip=60613&service=s"); doc.Find(".welcome").Length() != 0 {
		t.Error("the words are shown at each step")
	}
	got, _ := get(img.AttrOr("src", ""))
	if got.Code != 200 || got.Body.String() != string(file) || got.Header().Get("Content-Type") != "image/png" || got.Header().Get("X-Content-Type-Options") != "nosniff" ||
		!strings.Contains(got.Header().Get("Cache-Control"), "immutable") || !strings.Contains(got.Header().Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("%d %v", got.Code, got.Header())
	}
	for _, path := range []string{"/book/o/logo/ffffffffffffffff.png", "/book/none/logo/" + l.Sum + ".png", "/book/o/logo/"} {
		if got, _ := get(path); got.Code != 404 {
			t.Errorf("%s: %d", path, got.Code)
		}
	}

	o, err := s.Organization(t.Context(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	for sheet, want := range map[string]string{"": angry, "confirmed": "park " + angry} {
		rec := httptest.NewRecorder()
		if err := pages.Preview(rec, httptest.NewRequestWithContext(t.Context(), "GET", "/", http.NoBody), o, locale.English, sheet); err != nil {
			t.Fatal(err)
		}
		doc, err := goquery.NewDocumentFromReader(strings.NewReader(rec.Body.String()))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(doc.Find("main").Text(), want) || !strings.Contains(rec.Header().Get("Content-Security-Policy"), "frame-ancestors 'self'") {
			t.Errorf("%s: %s", sheet, doc.Find("main").Text())
		}
		if n := doc.Find("form, a:not([href='#main'])").Length(); n > 0 {
			t.Errorf("%s: %d ways out of the preview", sheet, n)
		}
	}
	if err := pages.Preview(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "GET", "/", http.NoBody), org.Organization{Slug: "none"}, locale.English, ""); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
}
