package mapping

import (
	"slices"

	"heavyset.tech/platform/internal/crm"
)

// Need says how much a HeavySet field has to be mapped.
type Need string

// The needs.
const (
	Required    Need = "required"
	Either      Need = "either"      // one of e-mail and phone
	Conditional Need = "conditional" // required when we ask visitors for it
	Recommended Need = "recommended" // without it a marker in the description serves
	IfLayout    Need = "if_layout"   // only where the CRM demands its field
	Optional    Need = "optional"
)

// Kind is what the value of a HeavySet field is, and so which types of CRM fields take it.
type Kind string

// The kinds of values.
const (
	KindText         Kind = "text"
	KindCode         Kind = "code" // a text that must survive to the letter
	KindChoice       Kind = "choice"
	KindChoiceOrText Kind = "choice_or_text"
	KindLong         Kind = "long"
	KindEmail        Kind = "email"
	KindPhone        Kind = "phone"
	KindURL          Kind = "url"
	KindBoolean      Kind = "boolean"
	KindInstant      Kind = "instant"
	KindMoment       Kind = "moment" // an instant of which the date alone still helps
	KindDate         Kind = "date"
	KindNumber       Kind = "number"
	KindMoney        Kind = "money"
	KindQuantity     Kind = "quantity" // a number that may have a fraction
	KindAnswer       Kind = "answer"   // of a visitor, to a question that nobody has at hand
	KindUser         Kind = "user"
	KindRelated      Kind = "related" // a reference to the related record
	KindLead         Kind = "lead"    // a reference to the lead
	KindPeople       Kind = "people"
)

// HeavyField is a HeavySet field in one role. Default is the API name it has in an untouched CRM; "" where there is none.
type HeavyField struct {
	Key, Label string
	Kind       Kind
	Need       Need
	Policy     Policy
	Default    string
}

// HeavyFields lists the HeavySet fields of a role, in the order in which people are asked for them. It is the one table
// of them: the editor, Auto-Discover and the checks of a mapping read it.
func HeavyFields(r crm.Role) []HeavyField {
	switch r {
	case crm.RoleLead:
		return leadFields()
	case crm.RoleRelatedRecord:
		return relatedFields()
	case crm.RoleContactUs:
		return contactUsFields()
	case crm.RoleAppointment:
		return appointmentFields()
	}
	return nil
}

// HeavyFieldOf finds a HeavySet field by its key. Of an answer it knows that it is one.
func HeavyFieldOf(r crm.Role, key string) (HeavyField, bool) {
	all := HeavyFields(r)
	i := slices.IndexFunc(all, func(h HeavyField) bool { return h.Key == key })
	if i < 0 {
		return answerFieldOf(r, key)
	}
	return all[i], true
}

func leadFields() []HeavyField {
	return []HeavyField{
		{"first_name", "First Name", KindText, Optional, Fill, "First_Name"},
		{"last_name", "Last Name", KindText, Required, Fill, "Last_Name"},
		{"full_name", "Full Name", KindText, Optional, Create, ""},
		{"company", "Company", KindText, IfLayout, Create, "Company"},
		{"email", "Email", KindEmail, Either, Fill, "Email"},
		{"phone", "Phone (primary)", KindPhone, Either, Fill, "Phone"},
		{"mobile", "Mobile", KindPhone, Optional, Fill, "Mobile"},
		{"phone_alt", "Alternate Phone", KindPhone, Optional, Fill, ""},
		{"preferred_contact", "Preferred Contact Method", KindChoice, Optional, Overwrite, ""},
		{"street", "Street", KindText, Conditional, Fill, "Street"},
		{"street2", "Unit / Address 2", KindText, Optional, Fill, ""},
		{"city", "City", KindText, Optional, Fill, "City"},
		{"state", "State", KindChoiceOrText, Optional, Fill, "State"},
		{"zip", "ZIP / Postal Code", KindCode, Conditional, Fill, "Zip_Code"},
		{"country", "Country", KindChoiceOrText, Optional, Fill, "Country"},
		{"service", "Service / Project Type", KindChoiceOrText, Conditional, Overwrite, ""},
		{"project_details", "Project Details", KindLong, Optional, Append, "Description"},
		{"property_type", "Property Type", KindChoice, Optional, Fill, ""},
		{"homeowner", "Is Homeowner", KindBoolean, Optional, Fill, ""},
		{"timeframe", "Project Timeframe", KindChoice, Optional, Overwrite, ""},
		{"budget", "Budget", KindMoney, Optional, Overwrite, ""},
		{"lead_source", "Lead Source", KindChoice, Required, Create, "Lead_Source"},
		{"sub_source", "Sub-Source", KindChoiceOrText, Optional, Create, ""},
		{"lead_status", "Lead Status", KindChoice, Optional, Forward, "Lead_Status"},
		{"campaign", "Campaign", KindText, Optional, Create, ""},
		{"utm_source", "UTM Source", KindText, Optional, Create, ""},
		{"utm_medium", "UTM Medium", KindText, Optional, Create, ""},
		{"utm_campaign", "UTM Campaign", KindText, Optional, Create, ""},
		{"utm_term", "UTM Term", KindText, Optional, Create, ""},
		{"utm_content", "UTM Content", KindText, Optional, Create, ""},
		{"gclid", "Google Click ID", KindCode, Optional, Create, "GCLID"},
		{"gbraid", "Google GBRAID", KindCode, Optional, Create, ""},
		{"wbraid", "Google WBRAID", KindCode, Optional, Create, ""},
		{"fbclid", "Facebook Click ID", KindCode, Optional, Create, ""},
		{"msclkid", "Microsoft Click ID", KindCode, Optional, Create, ""},
		{"landing_page", "Landing Page", KindURL, Optional, Create, ""},
		{"referrer", "Referrer", KindURL, Optional, Create, ""},
		{"owner", "Lead Owner / Rep", KindUser, Optional, Create, "Owner"},
		{"consent_contact", "Consent to be contacted", KindBoolean, Optional, Append, "Email_Opt_Out"},
		{"consent_sms", "Consent to text messages", KindBoolean, Optional, Append, ""},
		{"consent_text", "Consent wording", KindLong, Optional, Append, ""},
		{"consent_at", "Consent given at", KindMoment, Optional, Append, ""},
		{"language", "Language", KindChoiceOrText, Optional, Fill, ""},
		{"related_record", "Contact", KindRelated, Optional, Fill, ""},
		{"external_id", "HeavySet Lead ID", KindCode, Recommended, Create, ""},
		{"scheduler_url", "Link to HeavySet record", KindURL, Optional, Overwrite, ""},
	}
}

// relatedFields are the person and the address with the names that contacts have.
func relatedFields() []HeavyField {
	names := map[string]string{
		"street": "Mailing_Street", "city": "Mailing_City", "state": "Mailing_State", "zip": "Mailing_Zip", "country": "Mailing_Country",
	}
	out := withKeys(leadFields(), "first_name", "last_name", "full_name", "email", "phone", "mobile", "phone_alt", "street", "street2", "city", "state", "zip",
		"country", "lead_source", "owner", "external_id")
	for i, h := range out {
		if name, ok := names[h.Key]; ok {
			out[i].Default = name
		}
		switch h.Key {
		case "lead_source":
			out[i].Need = Optional
		case "owner":
			out[i].Label = "Owner"
		case "external_id":
			out[i].Label = "HeavySet Customer ID"
		}
	}
	return out
}

// contactUsFields are those of an enquiry: a message, and no date.
func contactUsFields() []HeavyField {
	out := withKeys(leadFields(), "first_name", "last_name", "full_name", "email", "phone", "project_details", "lead_source", "sub_source", "campaign",
		"utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "gclid", "gbraid", "wbraid", "fbclid", "msclkid", "landing_page", "referrer",
		"owner", "external_id")
	for i, h := range out {
		switch h.Key {
		case "lead_source":
			out[i].Need = Optional
		case "project_details":
			out[i].Label = "Message"
		case "external_id":
			out[i].Label = "HeavySet Enquiry ID"
		}
	}
	return out
}

func appointmentFields() []HeavyField {
	return []HeavyField{
		{"title", "Title", KindText, Required, Overwrite, "Event_Title"},
		{"start", "Start", KindInstant, Required, Overwrite, "Start_DateTime"},
		{"end", "End", KindInstant, Required, Overwrite, "End_DateTime"},
		{"date", "Date", KindDate, IfLayout, Overwrite, ""},
		{"time", "Time", KindChoiceOrText, IfLayout, Overwrite, ""},
		{"duration", "Duration (minutes)", KindNumber, Optional, Overwrite, ""},
		{"arrival_window", "Arrival Window", KindChoiceOrText, Optional, Overwrite, ""},
		{"all_day", "All day", KindBoolean, Optional, Overwrite, "All_day"},
		{"time_zone", "Time Zone", KindChoiceOrText, Optional, Overwrite, ""},
		{"appointment_type", "Type", KindChoice, Optional, Overwrite, ""},
		{"status", "Status", KindChoice, Optional, Forward, ""},
		{"disposition", "Result", KindChoice, Optional, Overwrite, ""},
		{"rep", "Rep / Host", KindUser, Optional, Overwrite, "Owner"},
		{"related_record", "Related record", KindRelated, Required, Create, "Who_Id"},
		{"related_lead", "Lead", KindLead, Optional, Create, ""},
		{"participants", "Participants", KindPeople, Optional, Overwrite, "Participants"},
		{"location", "Location", KindText, Optional, Overwrite, "Venue"},
		{"street", "Street", KindText, Optional, Overwrite, ""},
		{"city", "City", KindText, Optional, Overwrite, ""},
		{"state", "State", KindChoiceOrText, Optional, Overwrite, ""},
		{"zip", "ZIP / Postal Code", KindCode, Optional, Overwrite, ""},
		{"description", "Notes", KindLong, Optional, Append, "Description"},
		{"service", "Service", KindChoiceOrText, Optional, Overwrite, ""},
		{"customer_phone", "Customer's phone", KindPhone, Optional, Overwrite, ""},
		{"customer_email", "Customer's e-mail", KindEmail, Optional, Overwrite, ""},
		{"confirmation_code", "Confirmation Code", KindCode, Optional, Create, ""},
		{"manage_url", "Manage link", KindURL, Optional, Overwrite, ""},
		{"booked_at", "Booked at", KindMoment, Optional, Create, ""},
		{"booked_via", "Booked via", KindChoice, Optional, Create, ""},
		{"reschedule_count", "Times rescheduled", KindNumber, Optional, Overwrite, ""},
		{"cancel_reason", "Reason of the cancellation", KindChoiceOrText, Optional, Overwrite, ""},
		{"external_id", "HeavySet Appointment ID", KindCode, Recommended, Create, ""},
	}
}

// withKeys keeps the fields with these keys, in the order of the table.
func withKeys(all []HeavyField, keys ...string) []HeavyField {
	var out []HeavyField
	for _, h := range all {
		if slices.Contains(keys, h.Key) {
			out = append(out, h)
		}
	}
	return out
}

// Fits lists the types of CRM fields that a person may choose for a HeavySet field: what Auto-Discover would take, and
// texts, into which everything goes in words but people and records.
func (h HeavyField) Fits() []crm.FieldType {
	ideal, second := h.Kind.takes()
	out := slices.Concat(ideal, second)
	for _, t := range []crm.FieldType{crm.TextField, crm.LongTextField} {
		if h.Kind != KindUser && h.Kind != KindRelated && h.Kind != KindLead && h.Kind != KindPeople && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

// takes gives the types of CRM fields that a kind goes into: those made for it, and those that do as well.
func (k Kind) takes() (ideal, second []crm.FieldType) {
	type types = []crm.FieldType
	switch k {
	case KindText:
		return types{crm.TextField}, types{crm.LongTextField}
	case KindCode:
		return types{crm.TextField}, nil
	case KindChoice:
		return types{crm.PicklistField}, types{crm.TextField, crm.MultiPickField}
	case KindChoiceOrText:
		return types{crm.PicklistField, crm.TextField}, types{crm.MultiPickField}
	case KindLong:
		return types{crm.LongTextField}, types{crm.TextField}
	case KindEmail:
		return types{crm.EmailField}, types{crm.TextField}
	case KindPhone:
		return types{crm.PhoneField}, types{crm.TextField}
	case KindURL:
		return types{crm.URLField}, types{crm.TextField, crm.LongTextField}
	case KindBoolean:
		return types{crm.BooleanField}, types{crm.PicklistField}
	case KindInstant:
		return types{crm.DateTimeField}, nil
	case KindMoment:
		return types{crm.DateTimeField}, types{crm.DateField}
	case KindDate:
		return types{crm.DateField}, nil
	case KindNumber:
		return types{crm.IntegerField}, types{crm.BigIntField, crm.DecimalField}
	case KindMoney:
		return types{crm.CurrencyField}, types{crm.DecimalField, crm.IntegerField}
	case KindQuantity:
		return types{crm.DecimalField, crm.IntegerField}, types{crm.BigIntField, crm.CurrencyField, crm.PercentField}
	case KindAnswer:
		return types{crm.TextField, crm.LongTextField, crm.PicklistField, crm.DecimalField, crm.IntegerField, crm.BooleanField}, types{crm.BigIntField, crm.CurrencyField, crm.PercentField, crm.MultiPickField}
	case KindUser:
		return types{crm.UserField}, nil
	case KindRelated, KindLead:
		return types{crm.LookupField}, nil
	case KindPeople:
		return types{crm.ListField}, nil
	}
	return nil, nil
}
