package admin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/lead"
)

func TestVisitorsWhoDontFinish(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	b := w.as("admin@ridge.example")
	const path = "/admin/orgs/ridge/leads/unfinished"
	page := b.get(path)
	page.sound(t, path)
	if got, _ := page.Find("input[name=pursue][checked]").Attr("value"); got != "asked" {
		t.Errorf("at first %q holds", got)
	}
	if got, _ := b.get("/admin/orgs/ridge/leads").Find("a[href='" + path + "']").Attr("href"); got != path {
		t.Error("the list of leads does not lead there")
	}
	for _, wrong := range [][]string{{"pursue", "everybody", "after", "30"}, {"pursue", "all", "after", "9"}, {"pursue", "all", "after", "1441"}, {"pursue", "all", "after", "soon"}} {
		got := b.post(path, wrong...)
		if got.code != http.StatusUnprocessableEntity || got.count(".error") != 1 {
			t.Errorf("%v: %d with %d errors", wrong, got.code, got.count(".error"))
		}
	}
	if got := b.post(path, "pursue", "none", "after", "45"); got.code != http.StatusSeeOther {
		t.Errorf("saved: %d", got.code)
	}
	p, err := w.store.LeftPolicy(t.Context(), w.ridge.ID)
	if err != nil || p != (lead.LeftPolicy{Pursue: lead.PursueNone, After: 45 * time.Minute}) {
		t.Errorf("kept: %+v (%v)", p, err)
	}
	if got := w.as("member@ridge.example").get(path); got.count("button.button-primary") != 0 || !strings.Contains(got.Text(), "Only an administrator") {
		t.Error("a member is offered to save")
	}
}
