package crmsync

import (
	"sort"
	"strings"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
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

// channel is how a record came about, where the CRM has a place for that.
const channel = "Web Scheduler"

// leadFields are the HeavySet fields of a lead: the person, and in one block everything that may have no field of its own.
func (s Subject) leadFields() mapping.Fields {
	contact, kind, ref, message, utm := s.Customer.Contact, lead.FromBooking, "", "", map[string]string(nil)
	if s.Lead != nil {
		contact, kind, ref, message, utm = s.Lead.Contact, s.Lead.Kind, string(s.Lead.ID), s.Lead.Message, s.Lead.UTM
		if s.Appointment != nil { // the booking tells more than the form that was left
			contact = contact.FillFrom(s.Appointment.Contact)
		}
	} else { // a lead that the CRM had of its own, completed by a known customer's booking
		ref, message, utm = string(s.Appointment.ID), s.Appointment.Notes, s.Appointment.UTM
	}
	f := personFields(contact)
	f["lead_source"], f["external_id"] = channel, ref
	if s.Lead != nil {
		f["lead_status"] = string(s.Lead.Stage)
	}
	if language := s.language(); language != "" {
		f["language"] = language
	}
	s.consent(f, ref)
	attribution(f, utm)
	lines := []mapping.Line{{Label: "Source", Text: channel + ", " + kindWords(kind)}}
	if s.Appointment != nil {
		f["service"] = s.serviceName()
		s.answers(crm.RoleLead, f)
		lines = append(lines, mapping.Line{Label: "Booked", Text: s.serviceName() + ", " + s.Appointment.Start.In(s.Organization.Location()).Format("Mon 2 Jan 2006, 15:04 MST")})
	}
	lines = append(lines, mapping.Line{Label: "Message", Text: message})
	lines = append(lines, pairs(utm)...)
	f["project_details"] = mapping.Block(lines, ref)
	return f
}

// consent fills in what was said of text messages.
func (s Subject) consent(f mapping.Fields, ref string) {
	if s.Texts == nil {
		return
	}
	if f["consent_sms"] = s.Texts.Given; !s.Texts.Given {
		return
	}
	f["consent_at"] = s.Texts.At.In(s.Organization.Location())
	if s.Texts.Words != "" {
		f["consent_text"] = mapping.Block([]mapping.Line{{Label: "Text messages", Text: s.Texts.Words}}, ref)
	}
}

// language is the one that the person was spoken to in last; "" as none is known.
func (s Subject) language() string {
	if s.Appointment != nil && s.Appointment.Language != "" {
		return s.Appointment.Language
	}
	if s.Lead != nil {
		return s.Lead.Language
	}
	return ""
}

// customerFields are the HeavySet fields of the related record.
func (s Subject) customerFields() mapping.Fields {
	f := personFields(s.Customer.Contact)
	f["lead_source"], f["external_id"] = channel, string(s.Customer.ID)
	return f
}

// attribution gives campaign parameters their keys, whether they came with the prefix utm_ or without.
func attribution(f mapping.Fields, utm map[string]string) {
	for k, v := range utm {
		switch k {
		case "source", "medium", "campaign", "term", "content":
			f["utm_"+k] = v
		case "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "gclid", "gbraid", "wbraid", "fbclid", "msclkid", "landing_page", "referrer":
			f[k] = v
		}
	}
	if v, ok := f["utm_campaign"]; ok {
		f["campaign"] = v
	}
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
func (s Subject) appointmentFields(related, interest crm.Ref) mapping.Fields {
	a, zone := *s.Appointment, s.Organization.Location()
	f := personFields(a.Contact)
	attribution(f, a.UTM)
	title := strings.Trim(s.serviceName()+" – "+a.Contact.FullName(), " –")
	changes := a.Revision - 1
	if a.Status == booking.Canceled {
		title, changes = CancelledPrefix+title, changes-1
		f["cancel_reason"] = reasonOr(a.CancelReason)
	} else if !a.Status.Open() {
		changes--
	}
	start, end := a.Start.In(zone), a.End.In(zone)
	f["title"], f["service"], f["appointment_type"], f["status"] = title, s.serviceName(), s.serviceName(), string(a.Status)
	f["start"], f["end"] = start, end
	f["date"], f["time"] = crm.Date(start.Format(time.DateOnly)), start.Format("3:04 PM")
	f["arrival_window"] = start.Format("3:04 PM") + " – " + end.Format("3:04 PM")
	f["duration"], f["all_day"], f["time_zone"] = int64(a.End.Sub(a.Start)/time.Minute), false, s.Organization.Timezone
	if rep, ok := s.Catalog.Rep(a.Rep); ok && rep.CRMUser != "" {
		f["rep"] = crm.Ref{ID: rep.CRMUser, Name: rep.Name}
	}
	f["related_record"], f["related_lead"] = related, interest
	f["location"] = a.Contact.Address()
	f["customer_phone"], f["customer_email"] = a.Contact.Phone, a.Contact.Email
	f["booked_at"], f["booked_via"], f["reschedule_count"] = a.Created.In(zone), "Web", max(changes, 0)
	f["external_id"] = string(a.ID)
	s.answers(crm.RoleAppointment, f)
	f["description"] = s.description()
	return f
}

// description is the block that is ours in the appointment's long text.
func (s Subject) description() string {
	a := *s.Appointment
	lines := []mapping.Line{
		{Label: "Service", Text: s.serviceName()},
		{Label: "Phone", Text: a.Contact.Phone},
		{Label: "E-mail", Text: a.Contact.Email},
		{Label: "Notes", Text: a.Notes},
	}
	if a.Waits() {
		lines = append(lines, mapping.Line{Label: "Waits", Text: "a request that nobody has confirmed yet"})
	}
	lines = append(lines, s.answered()...)
	lines = append(lines, pairs(a.UTM)...)
	if a.Status == booking.Canceled {
		lines = append(lines, mapping.Line{Label: "Cancelled", Text: reasonOr(a.CancelReason)})
	}
	return mapping.Block(lines, string(a.ID))
}

// answers puts what the visitor has answered into the fields of a role.
func (s Subject) answers(r crm.Role, f mapping.Fields) {
	for id, kept := range s.Appointment.Answers {
		q, asked := s.question(id)
		if !asked {
			q = catalog.Question{ID: id, Kind: catalog.AskText}
		}
		f[mapping.AnswerKey(r, id)] = mapping.AnswerValue(q, kept)
	}
}

// question finds what an answer of the appointment was given to.
func (s Subject) question(id string) (catalog.Question, bool) {
	if sv, ok := s.Catalog.Service(s.Appointment.Service); ok {
		if q, ok := sv.Question(id); ok {
			return q, true
		}
	}
	return s.Catalog.Question(id)
}

// answered lists the answers by their questions.
func (s Subject) answered() []mapping.Line {
	var out []mapping.Line
	for _, r := range s.Catalog.Replies(s.Appointment.Service, s.Appointment.Answers) {
		out = append(out, mapping.Line{Label: r.Question, Text: r.Answer})
	}
	return out
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
