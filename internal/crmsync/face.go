package crmsync

import (
	"net/mail"
	"slices"
	"strings"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/mapping"
)

// Part is what of a person is decided on as one: an address is never mixed of two.
type Part string

// The parts of a person.
const (
	FirstName Part = "first_name"
	LastName  Part = "last_name"
	Email     Part = "email"
	Phone     Part = "phone"
	Address   Part = "address"
)

// Parts lists them in the order in which people read them.
func Parts() []Part { return []Part{FirstName, LastName, Email, Phone, Address} }

// keys are the HeavySet fields of a part.
func (p Part) keys() []string {
	switch p {
	case Phone:
		return phoneKeys()
	case Address:
		return []string{"street", "city", "state", "zip", "country"}
	}
	return []string{string(p)}
}

// Of gives a contact that has this part of another one and nothing else. An address without street, city and postal code
// is none.
func (p Part) Of(c lead.Contact) lead.Contact {
	switch p {
	case FirstName:
		return lead.Contact{FirstName: c.FirstName}
	case LastName:
		return lead.Contact{LastName: c.LastName}
	case Email:
		return lead.Contact{Email: c.Email}
	case Phone:
		return lead.Contact{Phone: c.Phone}
	}
	if c.Street == "" && c.City == "" && c.PostalCode == "" {
		return lead.Contact{}
	}
	return lead.Contact{Street: c.Street, City: c.City, State: c.State, PostalCode: c.PostalCode, Country: c.Country}
}

// Put gives a contact with this part taken from another one.
func (p Part) Put(to, from lead.Contact) lead.Contact {
	switch p {
	case FirstName:
		to.FirstName = from.FirstName
	case LastName:
		to.LastName = from.LastName
	case Email:
		to.Email = from.Email
	case Phone:
		to.Phone = from.Phone
	case Address:
		to.Street, to.City, to.State, to.PostalCode, to.Country = from.Street, from.City, from.State, from.PostalCode, from.Country
	}
	return to
}

// Text gives a part on one line.
func (p Part) Text(c lead.Contact) string {
	if p == Address {
		return c.Address()
	}
	one := p.Of(c)
	return one.FirstName + one.LastName + one.Email + one.Phone
}

// Words names a part for people.
func (p Part) Words() string {
	return map[Part]string{FirstName: "First name", LastName: "Last name", Email: "E-mail", Phone: "Phone", Address: "Address"}[p]
}

// Face is what a record shows of its person, in our words and our normal form. A blank part says nothing.
type Face struct {
	Contact lead.Contact `json:"contact"`
	Status  string       `json:"status,omitempty"` // of a lead, in the CRM's words
	Owner   crm.Ref      `json:"-"`                // who has the record
}

// Known is what a person's record and our customer were when they last were compared: with it a change on one side is told
// from one on the other, and from a difference that both know of.
type Known struct {
	Ours   lead.Contact `json:"ours"`
	Theirs Face         `json:"theirs"`
	Owner  string       `json:"owner,omitempty"` // the CRM's user who had the record when it last was read
	Owed   []Part       `json:"owed,omitempty"`  // ours that hold, and that the record has to take whatever its policies say
}

// FaceFields lists the fields that a face is read from.
func FaceFields(m mapping.Mapping, r crm.Role) []string {
	keys := []string{"external_id", "lead_status"}
	for _, p := range Parts() {
		keys = append(keys, p.keys()...)
	}
	var out []string
	for _, key := range keys {
		if f := m.FieldOf(r, key); f != "" && !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return append(out, ownerField)
}

// ownerField is what every module calls the user who has a record.
const ownerField = "Owner"

// ReadFace reads a person's record. Of several phone numbers the one that we have already is taken, otherwise the first. What the
// module has no field for is as it is with us; what cannot be an e-mail address or a phone number says nothing.
func ReadFace(rec crm.Record, m mapping.Mapping, r crm.Role, country string, ours lead.Contact) Face {
	text := func(key, otherwise string) string {
		if f := m.FieldOf(r, key); f != "" {
			return strings.TrimSpace(rec.Text(f))
		}
		return otherwise
	}
	f := Face{Status: text("lead_status", "")}
	f.Contact = lead.Contact{
		FirstName: text("first_name", ours.FirstName), LastName: text("last_name", ours.LastName), Email: strings.ToLower(text("email", ours.Email)),
		Street: text("street", ours.Street), City: text("city", ours.City), State: text("state", ours.State), PostalCode: text("zip", ours.PostalCode), Country: text("country", ours.Country),
	}
	if a, err := mail.ParseAddress(f.Contact.Email); err != nil || a.Address != f.Contact.Email {
		f.Contact.Email = ""
	}
	for _, key := range phoneKeys() {
		e164, ok := lead.Phone(text(key, ""), country)
		if ok && (f.Contact.Phone == "" || e164 == ours.Phone) {
			f.Contact.Phone = e164
		}
	}
	f.Owner, _ = rec.Values[ownerField].(crm.Ref)
	return f
}

// mirrored is what a record would show of a contact that was written to it as it is: cut to the lengths of its fields, in
// the words of its picklists.
func mirrored(m mapping.Mapping, r crm.Role, country string, c lead.Contact) lead.Contact {
	return ReadFace(crm.Record{Values: m.RenderNew(r, personFields(c))}, m, r, country, c).Contact
}

// stageOf is the stage that a status of the CRM means; false when it means none of ours.
func stageOf(m mapping.Mapping, r crm.Role, status string) (lead.Stage, bool) {
	if status == "" {
		return "", false
	}
	s := lead.Stage(m.MeaningOf(r, "lead_status", status))
	if !s.Known() {
		s = lead.Stage(mapping.Recognise("lead_status", status))
	}
	return s, s.Known()
}
