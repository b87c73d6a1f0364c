package lead

import "heavyset.tech/platform/internal/org"

// Opened is the fact that there is a new lead, by whatever it came.
type Opened struct {
	Org  org.ID `json:"org"`
	Lead ID     `json:"lead"`
}

// Changed is the fact that a lead says something else than before: an enquiry told more, a booking completed it, or
// people moved it on in the CRM.
type Changed struct {
	Org  org.ID `json:"org"`
	Lead ID     `json:"lead"`
}

// CustomerChanged is the fact that a known customer's contact was changed or completed.
type CustomerChanged struct {
	Org      org.ID     `json:"org"`
	Customer CustomerID `json:"customer"`
}
