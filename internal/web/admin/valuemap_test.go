package admin_test

import (
	"net/http"
	"testing"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/mapping"
)

// leadStatus gives the saved row of the lead's status.
func (w *world) leadStatus(t *testing.T) mapping.Row {
	t.Helper()
	v, err := w.store.Settings(t.Context(), w.ridge.ID, w.config.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range v.Rows {
		if r.Key == "lead_status" {
			return r
		}
	}
	t.Fatal("the lead's status is not mapped")
	return mapping.Row{}
}

// TestValueMaps: picklist rows show which Zoho value stands for which of ours, as HeavySet proposes it, and keep what is
// chosen, with what happens to every other value.
func TestValueMaps(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	w.connected()
	b := w.as("admin@ridge.example")
	settings := "/admin/orgs/ridge/crm-settings/" + string(w.config.ID)
	page := b.get(settings + "/mapping")
	page.sound(t, "the editor")
	if n := page.count(".value-map"); n != 1 {
		t.Fatalf("%d value maps, want that of the one pick list", n)
	}
	chosen := func(a answer, value string) string {
		row := a.Find(`.value-map tr:has(input[value="` + value + `"])`)
		return row.Find("option[selected]").AttrOr("value", "")
	}
	if chosen(page, "new") != "Fresh" || chosen(page, "booked") != "Set" || chosen(page, "lost") != "" {
		t.Errorf("proposed: new %q, booked %q, lost %q", chosen(page, "new"), chosen(page, "booked"), chosen(page, "lost"))
	}
	if page.count(`.value-map option[value="Old"]`) != 0 || page.count(".value-map[open]") != 1 {
		t.Error("a value that is not offered any more is, or a map with gaps is closed")
	}
	form := func(kv ...string) []string {
		out := []string{
			"do", "okay", "module.lead", "Leads", "module.appointment", "Events", "module.related_record", "Contacts",
			"field.lead.last_name", "Last_Name", "policy.lead.last_name", "fill", "field.lead.lead_status", "Lead_Status", "policy.lead.lead_status", "create",
			"on.lead.lead_status", "Lead_Status", "values.lead.lead_status", "2", "value.lead.lead_status.0", "new", "choice.lead.lead_status.0", "Set", "value.lead.lead_status.1", "booked", "choice.lead.lead_status.1", "",
		}
		return append(out, kv...)
	}
	save := func(kv ...string) {
		t.Helper()
		if got := b.post(settings+"/mapping", form(kv...)...); got.code != http.StatusSeeOther {
			t.Fatalf("%d: %s", got.code, got.text("main"))
		}
		if got := b.post(settings, "source", "crm_appointments"); got.code != http.StatusSeeOther {
			t.Fatal(got.code)
		}
	}
	save("else.lead.lead_status", "hold")
	r := w.leadStatus(t)
	if r.Values["new"] != "Set" || r.Values["booked"] != "" || len(r.Values) != 2 || !r.Hold || r.Default != "" {
		t.Errorf("saved: %+v", r)
	}
	again := b.get(settings + "/mapping")
	if chosen(again, "new") != "Set" || chosen(again, "booked") != "" || again.Find(`[name="else.lead.lead_status"] option[selected]`).AttrOr("value", "") != "hold" {
		t.Error("what was saved does not come back")
	}
	save("else.lead.lead_status", "choice:Fresh")
	if r = w.leadStatus(t); r.Hold || r.Default != "Fresh" {
		t.Errorf("saved: %+v", r)
	}
	save("else.lead.lead_status", "")
	if r = w.leadStatus(t); r.Hold || r.Default != "" {
		t.Errorf("saved: %+v", r)
	}
	wrong := b.post(settings+"/mapping", form("else.lead.lead_status", "choice:Nowhere")...)
	if wrong.code != http.StatusUnprocessableEntity {
		t.Errorf("a value that Zoho does not have: %d", wrong.code)
	}
	wrong.has(t, "#n-lead-lead_status", "has no value “Nowhere”")
}
