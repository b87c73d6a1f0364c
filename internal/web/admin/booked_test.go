package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/settings"
)

// TestWhatBecomesOfAnOpenLead: it is kept until somebody chooses otherwise; what the mapping does not allow is refused.
func TestWhatBecomesOfAnOpenLead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	b := w.as("admin@ridge.example")
	path := "/admin/orgs/ridge/crm-settings/" + string(w.config.ID)
	if got, _ := b.get(path).Find("input[name=booked][checked]").Attr("value"); got != "keep" {
		t.Errorf("at first %q holds", got)
	}
	for _, wrong := range []string{"link", "merge"} {
		got := b.post(path, "source", "crm_appointments", "booked", wrong)
		if got.code != http.StatusUnprocessableEntity || got.count(".error") != 1 {
			t.Errorf("%s: %d with %d errors", wrong, got.code, got.count(".error"))
		}
	}
	if got := b.post(path, "source", "crm_appointments", "booked", "convert"); got.code != http.StatusSeeOther {
		t.Fatalf("convert: %d", got.code)
	}
	v, err := w.store.Settings(t.Context(), w.ridge.ID, w.config.ID)
	if err != nil || v.People.Booked != settings.BookedConvert {
		t.Errorf("kept: %+v (%v)", v.People, err)
	}
	if all := strings.Join(w.events(w.ridge.ID), "\n"); !strings.Contains(all, "an open lead whose person books: keep → convert") {
		t.Errorf("the audit says %s", all)
	}
	if b.post(path, "source", "crm_appointments"); b.get(path).Find("input[name=booked][checked]").AttrOr("value", "") != "convert" {
		t.Error("a save without the choice changes it")
	}
}
