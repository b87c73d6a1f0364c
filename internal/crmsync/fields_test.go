package crmsync

import (
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/lead"
)

func TestABookingCompletesTheLeadWithWhatThePersonTells(t *testing.T) {
	t.Parallel()
	left := lead.Contact{LastName: "Half", Email: "half@x.example"}
	s := Subject{Lead: &lead.Lead{Kind: lead.Abandoned, Contact: left}, Customer: lead.Customer{Contact: left}}
	if f := s.leadFields(); f["phone"] != "" || f["email"] != "half@x.example" {
		t.Errorf("before: %v", f)
	}
	s.Appointment = &booking.Appointment{Contact: lead.Contact{
		FirstName: "Way", LastName: "Half", Email: "other@x.example", Phone: "+13125550122", Street: "9 Oak", City: "Chicago", PostalCode: "60640",
	}}
	f := s.leadFields()
	for key, want := range map[string]string{"first_name": "Way", "phone": "+13125550122", "street": "9 Oak", "zip": "60640", "email": "half@x.example"} {
		if f[key] != want {
			t.Errorf("%s is %v, want %q", key, f[key], want)
		}
	}
}

// TestAnswers become fields of lead and appointment, and stand in our block by their questions.
func TestAnswers(t *testing.T) {
	t.Parallel()
	s := Subject{
		Catalog: catalog.Catalog{Services: []catalog.Service{{ID: "s", Questions: []catalog.Question{
			{ID: "homeowner", Label: "Do you own it?", Kind: catalog.AskYesNo}, {ID: "age", Label: "How old?", Kind: catalog.AskNumber},
		}}}},
		Lead:        &lead.Lead{Kind: lead.FromBooking},
		Appointment: &booking.Appointment{ID: "apt_1", Service: "s", Notes: "Dog", Answers: map[string]string{"age": "12", "homeowner": "no", "other": "x"}},
	}
	l, a := s.leadFields(), s.appointmentFields(crm.Ref{}, crm.Ref{})
	if l["homeowner"] != false || l["answer_age"] != int64(12) || l["answer_other"] != "x" {
		t.Errorf("lead: %v", l)
	}
	if a["answer_homeowner"] != false || a["answer_age"] != int64(12) {
		t.Errorf("appointment: %v", a)
	}
	if want := "Notes: Dog\nDo you own it?: No\nHow old?: 12\nother: x\nReference: apt_1"; !strings.HasSuffix(a["description"].(string), want) {
		t.Errorf("the block is %q", a["description"])
	}
}

// TestTheLanguageOfALead is the one of the visitor's page, and the newer one of the booking that completes it.
func TestTheLanguageOfALead(t *testing.T) {
	t.Parallel()
	s := Subject{Lead: &lead.Lead{Kind: lead.ContactUs}}
	if v, there := s.leadFields()["language"]; there {
		t.Errorf("none is known: %v", v)
	}
	s.Lead.Language = "es"
	if v := s.leadFields()["language"]; v != "es" {
		t.Errorf("the enquiry's is %v", v)
	}
	s.Appointment = &booking.Appointment{Language: "fr"}
	if v := s.leadFields()["language"]; v != "fr" {
		t.Errorf("the booking's is %v", v)
	}
}

// TestConsentToTexts reaches the CRM as a yes with its words and instant, and a withdrawal as a no; silence is nothing.
func TestConsentToTexts(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	s := Subject{Lead: &lead.Lead{ID: "lead_1", Kind: lead.FromBooking}, Appointment: &booking.Appointment{ID: "apt_1"}}
	if _, there := s.leadFields()["consent_sms"]; there {
		t.Error("nobody has said anything")
	}
	s.Texts = &TextConsent{Given: true, Words: "O may text me.", At: at}
	f := s.leadFields()
	if when, _ := f["consent_at"].(time.Time); f["consent_sms"] != true || !when.Equal(at) || f["consent_text"] != "Text messages: O may text me.\nReference: lead_1" {
		t.Errorf("%v %v %v", f["consent_sms"], f["consent_at"], f["consent_text"])
	}
	s.Texts = &TextConsent{At: at}
	if f = s.leadFields(); f["consent_sms"] != false || f["consent_at"] != nil || f["consent_text"] != nil {
		t.Errorf("withdrawn: %v %v %v", f["consent_sms"], f["consent_at"], f["consent_text"])
	}
}
