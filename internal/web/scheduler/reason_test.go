package scheduler_test

import (
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
	if w := post(t, h, mine+"/cancel", "why", german[0], "reason", "am <b>Abend</b>"); w.Code != 303 {
		t.Fatal(w.Code, w.Body)
	}
	_, a, err := list.Store.(*store.Store).ByToken(t.Context(), id.Hash(strings.TrimPrefix(mine, "/appointments/")))
	if err != nil || a.CancelReason != german[0]+": am <b>Abend</b>" {
		t.Errorf("%q (%v)", a.CancelReason, err)
	}
}
