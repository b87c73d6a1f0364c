package crmsync

import (
	"testing"

	"heavyset.tech/platform/internal/booking"
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
