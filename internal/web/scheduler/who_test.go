package scheduler_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// TestDetailsFirst: who wants it so asks who visitors are before the time; nothing of that stands in an address to be read.
func TestDetailsFirst(t *testing.T) {
	t.Parallel()
	c := north()
	c.DetailsFirst, c.Services[0].Questions = true, roof
	h, _, _ := pagesOf(t, c, nil)
	first := ask(t, h, "/book/o?service=s&utm_source=ad&lang=es")
	for _, want := range []string{"¿Quién es usted y adónde vamos?", `name="last_name"`, `name="answers.roof"`, `name="utm_source" value="ad"`} {
		if !strings.Contains(first.Body.String(), want) {
			t.Errorf("the first page lacks %s", want)
		}
	}
	v := url.Values{
		"service": {"s"}, "utm_source": {"ad"}, "lang": {"es"}, "last_name": {"Doe"}, "email": {"doe@x.example"}, "street": {"5 Elm St"},
		"answers.roof": {"Tiles"}, "answers.leak": {"no"}, "answers.age": {"12"},
	}
	wrong := postForm(t, h, "/book/o/who", with(v, "email", "nobody", "answers.leak", ""))
	for _, want := range []string{"Indique el código postal", `id="e-email"`, `id="e-answers.leak"`, `value="5 Elm St"`} {
		if wrong.Code != http.StatusUnprocessableEntity || !strings.Contains(wrong.Body.String(), want) {
			t.Errorf("%d, what is wrong lacks %s", wrong.Code, want)
		}
	}
	right := postForm(t, h, "/book/o/who", with(v, "postal_code", "60640"))
	to := right.Header().Get("Location")
	if right.Code != http.StatusSeeOther || strings.Contains(to, "Doe") || strings.Contains(to, "Elm") || strings.Contains(to, "Tiles") || !strings.Contains(to, "utm_source=ad") {
		t.Fatalf("%d %s", right.Code, to)
	}
	times := ask(t, h, to)
	if !strings.Contains(times.Body.String(), `name="start" value="2026-11-30T1`) || strings.Contains(times.Body.String(), "Doe") {
		t.Errorf("the times: %s", times.Body)
	}
	q, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	held := postForm(t, h, "/book/o/hold", with(q.Query(), "start", "2026-12-01T09:00:00Z"))
	last := ask(t, h, held.Header().Get("Location")).Body.String()
	for _, want := range []string{`value="Doe"`, `value="5 Elm St"`, `value="60640"`, `<option value="Tiles" selected>`, `value="no" checked`, `value="12"`, "Ya casi está"} {
		if !strings.Contains(last, want) {
			t.Errorf("the last page lacks %s", want)
		}
	}
	elsewhere := httptest.NewRequestWithContext(t.Context(), "GET", held.Header().Get("Location"), http.NoBody)
	elsewhere.RemoteAddr = "203.0.113.9:1"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, elsewhere)
	if strings.Contains(w.Body.String(), `value="Doe"`) || w.Code != http.StatusOK {
		t.Errorf("from another address the link tells who it is: %d", w.Code)
	}
	if again := ask(t, h, strings.Replace(to, "/book/o?", "/book/o/who?", 1)).Body.String(); !strings.Contains(again, `value="Doe"`) {
		t.Error("on the way back what was typed is lost")
	}
	if broken := ask(t, h, "/book/o?service=s&who=abc").Body.String(); !strings.Contains(broken, `name="last_name"`) {
		t.Error("a broken token opens the times")
	}
}
