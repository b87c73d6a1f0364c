package admin_test

import (
	"testing"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/lead"
)

// TestByWhatARecordWasMatched: customer and appointment say it in words; of a record that we have made there is nothing to say.
func TestByWhatARecordWasMatched(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	w.connected()
	a := w.book(at(2, 10, 0), jo, nil)
	err := w.store.Decide(t.Context(), w.ridge.ID, w.config.ID, []crmsync.Link{
		{Role: crm.RoleRelatedRecord, Subject: string(a.Customer), Module: "Contacts", Record: "5725767000000524007", Since: w.clock.Now(), Matched: []lead.Ground{lead.ByPhone, lead.ByEmail}},
		{Role: crm.RoleAppointment, Subject: string(a.ID), Module: "Events", Record: "5725767000000524008", Since: w.clock.Now()},
	})
	if err != nil {
		t.Fatal(err)
	}
	b := w.as("member@ridge.example")
	for _, path := range []string{"customers/" + string(a.Customer), "appointments/" + string(a.ID)} {
		b.get("/admin/orgs/ridge/"+path).has(t, "td", "Matched by e-mail and phone.")
	}
	if n := b.get("/admin/orgs/ridge/appointments/" + string(a.ID)).Find("td:contains('Matched by')").Length(); n != 1 {
		t.Errorf("%d records were matched", n)
	}
}
