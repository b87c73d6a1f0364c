package crmsync_test

import (
	"testing"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/settings"
)

// matched says by what each record of a view was found, by role.
func (w *world) matched(id lead.CustomerID) string {
	w.t.Helper()
	v, err := w.store.CustomerViews(w.t.Context(), w.org.ID, []lead.CustomerID{id})
	if err != nil || len(v[id].Records) != 1 {
		w.t.Fatalf("%+v (%v)", v[id], err)
	}
	return lead.GroundWords(v[id].Records[0].Matched)
}

// TestAMatchKeepsItsGrounds: what a record had in common with the person when it was found stays with the link, whatever is written later.
func TestAMatchKeepsItsGrounds(t *testing.T) {
	t.Parallel()
	who := jo
	who.Street, who.PostalCode = "12 Oak St.", "60601"
	for name, c := range map[string]struct {
		there  crm.Values
		people settings.People
		want   string
	}{
		"nobody is there":           {want: ""},
		"e-mail and name":           {there: crm.Values{"First_Name": "Jo", "Last_Name": "Doe", "Email": "jo@x.example"}, want: "e-mail and name"},
		"e-mail and another phone":  {there: crm.Values{"Last_Name": "Miller", "Email": "jo@x.example", "Mobile": "(312) 555-0100"}, want: "e-mail and phone"},
		"phone, name and address":   {there: crm.Values{"First_Name": "Jo", "Last_Name": "Doe", "Phone": "312-555-0100", "Mailing_Street": "12 oak st", "Mailing_Zip": "60601"}, want: "phone, name and address"},
		"a lead that was converted": {people: settings.People{Booked: settings.BookedConvert}, want: ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.keeps(c.people)
			if c.there != nil {
				w.crm.records["Contacts"] = []crm.Record{{Module: "Contacts", ID: "1", Values: c.there}}
			}
			b := w.booked(9, who)
			w.pushed(b)
			w.pushed(w.booked(10, who))
			if got := w.matched(b.Appointment.Customer); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
