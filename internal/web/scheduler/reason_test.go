package scheduler_test

import (
	"net/http"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/store"
)

// TestReasonsForCancelling: a visitor chooses why, in their language, and may add words; it stays with the appointment.
func TestReasonsForCancelling(t *testing.T) {
	t.Parallel()
	c := north()
	c.CancelReasons = map[locale.Lang][]string{locale.English: {angry, "Rain"}}
	h, _, _, list := waitPages(t, c, nil)
	booked := post(t, h, "/book/o/details", "service", "s", "zip", "60601", "start", "2026-12-01T09:00:00Z", "last_name", "Visitor", "email", "v@x.example")
	mine, _, _ := strings.Cut(booked.Header().Get("Location"), "?")
	choices := func(query string) []string {
		var out []string
		for _, n := range document(t, ask(t, h, mine+"/cancel"+query)).Find("input[name=why]").EachIter() {
			out = append(out, n.AttrOr("value", ""))
		}
		return out
	}
	if got := choices("?lang=en"); len(got) != 3 || got[0] != angry || got[2] != "other" {
		t.Errorf("the organization's own: %q", got)
	}
	german := catalog.Catalog{}.ReasonsIn(locale.German)
	if got := choices("?lang=de"); len(got) != len(german)+1 || got[0] != german[0] {
		t.Errorf("ours: %q", got)
	}
	novel := strings.Repeat("é", 1001)
	wrong := post(t, h, mine+"/cancel?lang=de", "why", german[1], "reason", novel)
	doc := document(t, wrong)
	if got := doc.Find("#e-reason").Text(); wrong.Code != http.StatusUnprocessableEntity || !strings.Contains(got, "Zeichen") || !strings.Contains(got, "1000") || doc.Find("#f-reason").AttrOr("aria-describedby", "") != "e-reason" {
		t.Errorf("%d: what is wrong is said as %q", wrong.Code, got)
	}
	if doc.Find("#f-reason").Text() != novel || doc.Find("input[name=why][checked]").AttrOr("value", "") != german[1] {
		t.Error("what was typed or chosen is lost")
	}
	if w := post(t, h, mine+"/cancel", "why", german[0], "reason", "am <b>Abend</b>"); w.Code != 303 {
		t.Fatal(w.Code, w.Body)
	}
	_, a, err := list.Store.(*store.Store).ByToken(t.Context(), id.Hash(strings.TrimPrefix(mine, "/appointments/")))
	if err != nil || a.CancelReason != german[0]+": am <b>Abend</b>" {
		t.Errorf("%q (%v)", a.CancelReason, err)
	}
}
