package crmsync

import (
	"sort"
	"strings"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/mapping"
)

// CancelledPrefix marks the title of a record whose appointment was called off.
const CancelledPrefix = "Cancelled: "

// personFields are the HeavySet fields of a person, for leads and related records.
func personFields(c lead.Contact) mapping.Fields {
	last := c.LastName
	if last == "" {
		last = "Unknown"
	}
	return mapping.Fields{
		"first_name": c.FirstName, "last_name": last, "full_name": c.FullName(), "email": c.Email, "phone": c.Phone,
		"street": c.Street, "city": c.City, "state": c.State, "zip": c.PostalCode, "country": c.Country,
	}
}

// leadFields are the HeavySet fields of a lead: the person, and in one block everything that has no field of its own.
func (s Subject) leadFields() mapping.Fields {
	contact, kind, ref, message, utm := s.Customer.Contact, lead.FromBooking, "", "", map[string]string(nil)
	if s.Lead != nil {
		contact, kind, ref, message, utm = s.Lead.Contact, s.Lead.Kind, string(s.Lead.ID), s.Lead.Message, s.Lead.UTM
	} else { // a lead that the CRM had of its own, completed by a known customer's booking
		ref, message, utm = string(s.Appointment.ID), s.Appointment.Notes, s.Appointment.UTM
	}
	f := personFields(contact)
	lines := []mapping.Line{{Label: "Source", Text: "Web Scheduler, " + kindWords(kind)}}
	if s.Appointment != nil {
		lines = append(lines, mapping.Line{Label: "Booked", Text: s.serviceName() + ", " + s.Appointment.Start.In(s.Organization.Location()).Format("Mon 2 Jan 2006, 15:04 MST")})
	}
	lines = append(lines, mapping.Line{Label: "Message", Text: message})
	lines = append(lines, pairs(utm)...)
	f["project_details"] = mapping.Block(lines, ref)
	return f
}

func kindWords(k lead.Kind) string {
	switch k {
	case lead.ContactUs:
		return "enquiry"
	case lead.Abandoned:
		return "form left without a booking"
	default:
		return "booking"
	}
}

// appointmentFields are the HeavySet fields of an appointment.
func (s Subject) appointmentFields(related crm.Ref) mapping.Fields {
	a := *s.Appointment
	f := personFields(a.Contact)
	f["service"] = s.serviceName()
	title := strings.Trim(s.serviceName()+" – "+a.Contact.FullName(), " –")
	if a.Status == booking.Canceled {
		title = CancelledPrefix + title
	}
	f["title"] = title
	f["start"], f["end"] = a.Start, a.End
	if rep, ok := s.Catalog.Rep(a.Rep); ok && rep.CRMUser != "" {
		f["rep"] = crm.Ref{ID: rep.CRMUser}
	}
	f["related_record"] = related
	f["location"] = a.Contact.Address()
	lines := []mapping.Line{
		{Label: "Service", Text: s.serviceName()},
		{Label: "Phone", Text: a.Contact.Phone},
		{Label: "E-mail", Text: a.Contact.Email},
		{Label: "Notes", Text: a.Notes},
	}
	lines = append(lines, pairs(a.Answers)...)
	lines = append(lines, pairs(a.UTM)...)
	if a.Status == booking.Canceled {
		lines = append(lines, mapping.Line{Label: "Cancelled", Text: reasonOr(a.CancelReason)})
	}
	f["description"] = mapping.Block(lines, string(a.ID))
	return f
}

func reasonOr(reason string) string {
	if reason == "" {
		return "no reason given"
	}
	return reason
}

// serviceName is the service as people call it; its id when the catalog has forgotten it.
func (s Subject) serviceName() string {
	if sv, ok := s.Catalog.Service(s.Appointment.Service); ok {
		return sv.Name
	}
	return s.Appointment.Service
}

// pairs lists a small map in the order of its keys.
func pairs(m map[string]string) []mapping.Line {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	var out []mapping.Line
	for _, k := range keys {
		out = append(out, mapping.Line{Label: k, Text: m[k]})
	}
	return out
}
