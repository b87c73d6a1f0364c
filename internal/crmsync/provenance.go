package crmsync

import (
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/mapping"
)

// ValueID names a value that was written.
type ValueID string

// Value is one value that was written to the CRM: what the field held before, what we put there, when and why. It is
// kept with the attempt that wrote it, and is what an undo goes by.
type Value struct {
	ID      ValueID
	Config  connection.ConfigID
	Attempt AttemptID
	At      time.Time
	Turn    int64 // counts the attempts that wrote to the record

	Role                  crm.Role
	Module, Record, Field string
	Made                  bool // the record was made with it
	Sure                  bool // false: the answer was lost, so it may not have been written
	Before, After         any

	Key      string         // why: the HeavySet field, "" for a fixed text,
	Policy   mapping.Policy // the write policy of its row,
	Settings int64          // and the version of the settings that had the row
	Undo     UndoID         // or the undo that put it back

	// Whose it is: values are personal data, and go when these go.
	Customer    lead.CustomerID
	Appointment booking.AppointmentID
	Lead        lead.ID
}

// wrote gives what is kept of values that were sent to a record. have is the record as it was; nil: it was made with them.
func (w *writer) wrote(l Link, have *crm.Record, v crm.Values, sure bool) []Value {
	var out []Value
	for field, after := range v {
		if field == crm.InLayout { // says where the record is made, and is none of its values
			continue
		}
		x := Value{
			ID: ValueID(id.New("val", w.service.Now())), Config: w.config, At: w.service.Now(), Role: l.Role, Module: l.Module, Record: l.Record, Field: field,
			Made: have == nil, Sure: sure, After: after, Settings: w.settings, Customer: w.sub.Customer.ID, Appointment: w.ref.Appointment, Lead: w.ref.Lead,
		}
		if have != nil {
			x.Before = have.Values[field]
		}
		for _, row := range w.mapping.Rows {
			if row.Role == l.Role && row.Field == field {
				x.Key, x.Policy = row.Key, row.Policy
			}
		}
		out = append(out, x)
	}
	return out
}

// mapped gives the values of a record in the fields that we write.
func (w *writer) mapped(r crm.Role, have crm.Record) crm.Values {
	out := crm.Values{}
	for _, row := range w.mapping.Rows {
		if v, ok := have.Values[row.Field]; ok && v != nil && row.Role == r {
			out[row.Field] = v
		}
	}
	return out
}
