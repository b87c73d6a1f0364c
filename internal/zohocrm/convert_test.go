package zohocrm_test

import (
	"testing"

	"heavyset.tech/platform/internal/crm"
)

// TestConvert: a lead becomes a contact, or a part of one, once; under both readings of what the pages leave open.
func TestConvert(t *testing.T) {
	t.Parallel()
	for _, reading := range []string{`{}`, `{"convert_scopes":"leads"}`, `{"convert_duplicates":"same_name"}`, `{"convert_events":"keep"}`, `{"all_failed_status":202}`, `{"converted_lead_writes":"accept"}`} {
		t.Run(reading, func(t *testing.T) {
			t.Parallel()
			w := connected(t)
			w.control("PATCH", "/_sim/switches", reading, nil)
			ctx := t.Context()
			lead := func(email string) crm.Ref {
				id, err := w.provider.Create(ctx, "Leads", crm.Values{"First_Name": "Jo", "Last_Name": "Quiet", "Email": email})
				if err != nil {
					t.Fatal(err)
				}
				return crm.Ref{ID: id, Module: "Leads"}
			}
			first := lead("first@quiet.example")
			made, err := w.provider.Convert(ctx, first, crm.Ref{})
			if err != nil {
				t.Fatal(err)
			}
			contact, err := w.provider.Get(ctx, "Contacts", made)
			if err != nil || contact.Text("Email") != "first@quiet.example" || contact.Text("Last_Name") != "Quiet" {
				t.Errorf("the contact is %+v (%v)", contact, err)
			}
			if _, err := w.provider.Convert(ctx, first, crm.Ref{}); !crm.IsClass(err, crm.Gone) {
				t.Errorf("a second time: %v", err)
			}
			if got, err := w.provider.Get(ctx, "Leads", first.ID); !crm.IsClass(err, crm.Gone) && (err != nil || !got.Converted) {
				t.Errorf("the lead reads as %+v (%v)", got, err)
			}
			into, err := w.provider.Convert(ctx, lead("second@quiet.example"), crm.Ref{ID: made, Module: "Contacts"})
			if err != nil || into != made {
				t.Errorf("into a contact: %s (%v)", into, err)
			}
			if contact, err := w.provider.Get(ctx, "Contacts", made); err != nil || contact.Text("Email") != "first@quiet.example" {
				t.Errorf("the contact's own values are gone: %q (%v)", contact.Text("Email"), err)
			}
			if _, err := w.provider.Convert(ctx, crm.Ref{ID: "5725767000000999999", Module: "Leads"}, crm.Ref{}); !crm.IsClass(err, crm.Gone) {
				t.Errorf("no such lead: %v", err)
			}
			if _, err := w.provider.Convert(ctx, crm.Ref{ID: made, Module: "Contacts"}, crm.Ref{}); !crm.IsClass(err, crm.Unfit) {
				t.Errorf("another module: %v", err)
			}
		})
	}
}
