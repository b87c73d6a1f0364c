package settings

import (
	"context"
	"fmt"
	"slices"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/org"
)

// Look is what the live CRM has, as the editor needs it. What could not be read has its reason in Why, by module; ""
// names the list of modules.
type Look struct {
	Modules []crm.Module
	Schemas map[string]crm.Schema
	Why     map[string]string
	Trouble map[string]*crm.Problem // the CRM's answer behind a Why, where it is one
}

// Look reads the modules and the fields of those that are named: one credit, and two for each module. A module that
// cannot be read does not keep the others from being shown.
func (s *Service) Look(ctx context.Context, o org.ID, id connection.ConfigID, modules map[crm.Role]string) (Look, error) {
	out := Look{Schemas: map[string]crm.Schema{}, Why: map[string]string{}, Trouble: map[string]*crm.Problem{}}
	c, err := s.Connections.Config(ctx, o, id)
	if err != nil {
		return out, err
	}
	reader, err := s.Guardian.Provider(ctx, c, connection.ForMetadata)
	if e := fault.As(err); e != nil {
		out.Why[""] = e.Message
		return out, nil
	}
	if err != nil {
		return out, err
	}
	if out.Modules, err = reader.Modules(ctx); err != nil {
		out.Trouble[""] = crm.AsProblem(err)
		if out.Why[""], err = cause("the list of modules", err); err != nil {
			return out, err
		}
	}
	for _, r := range mapping.Roles() {
		module := modules[r]
		if _, read := out.Schemas[module]; read || module == "" || out.Why[module] != "" {
			continue
		}
		schema, err := reader.Schema(ctx, module)
		if err != nil {
			out.Trouble[module] = crm.AsProblem(err)
			if out.Why[module], err = cause(module, err); err != nil {
				return out, err
			}
			continue
		}
		if len(schema.Fields) == 0 {
			out.Why[module] = "Zoho lists no fields for " + module + ": the layout is empty, or the profile of the Zoho user hides them all."
		}
		out.Schemas[module] = schema
	}
	return out, nil
}

// Calendars lists what calendars reps can be given. The CRM's own, which shows the records of Events once more, is none of
// them. why says in words why they could not be read.
func (s *Service) Calendars(ctx context.Context, o org.ID, id connection.ConfigID) (list []crm.Calendar, why string, err error) {
	c, err := s.Connections.Config(ctx, o, id)
	if err != nil {
		return nil, "", err
	}
	provider, err := s.Guardian.Provider(ctx, c, connection.ForMetadata)
	if e := fault.As(err); e != nil {
		return nil, e.Message, nil
	}
	if err != nil {
		return nil, "", err
	}
	if list, err = provider.Calendars(ctx); err != nil {
		why, err = cause("the list of calendars", err)
		return nil, why, err
	}
	return slices.DeleteFunc(list, func(c crm.Calendar) bool { return c.Category == "app" }), "", nil
}

// cause says why something could not be read; an error that is no answer of the CRM is given back.
func cause(what string, err error) (string, error) {
	if p := crm.AsProblem(err); p != nil {
		words := p.Words()
		if p.Class == crm.Unfit {
			words = "Zoho has no module of this name that we may use: it was renamed, switched off or is not in this edition."
		}
		return fmt.Sprintf("%s could not be read. %s %s", what, words, p.Advice()), nil
	}
	if f := fault.As(err); f != nil {
		return f.Message, nil
	}
	return "", err
}

// Gap is something that is missing from a mapping.
type Gap struct {
	Role  crm.Role
	Key   string // HeavySet field without a row; "" when the CRM asks for something that no row writes
	Field string // CRM field that nothing writes
	Label string
	Why   string
	Fatal bool // nothing can be written while it is open
}

// Gaps lists what is missing, what does the most harm first.
func (s Settings) Gaps(schemas map[string]crm.Schema) []Gap {
	m := s.Mapping()
	var out []Gap
	for _, r := range mapping.Roles() {
		if m.Module(r) == "" {
			continue
		}
		out = append(out, ours(m, r)...)
		out = append(out, theirs(m, r, schemas[m.Module(r)])...)
	}
	slices.SortStableFunc(out, func(a, b Gap) int {
		switch {
		case a.Fatal == b.Fatal:
			return 0
		case a.Fatal:
			return -1
		}
		return 1
	})
	return out
}

// ours are HeavySet fields that have to be somewhere.
func ours(m mapping.Mapping, r crm.Role) []Gap {
	has := func(keys ...string) bool {
		return slices.ContainsFunc(keys, func(k string) bool { return m.FieldOf(r, k) != "" })
	}
	var out []Gap
	need := func(fatal bool, key, label, why string, alternatives ...string) {
		if !has(append(alternatives, key)...) {
			out = append(out, Gap{Role: r, Key: key, Label: label, Why: why, Fatal: fatal})
		}
	}
	if r != crm.RoleAppointment {
		need(true, "last_name", "Last Name", "Without a name the record says nobody.", "full_name")
		need(false, "email", "Email", "Without e-mail or phone a returning customer is not recognised.", "phone", "mobile")
		return out
	}
	need(true, "start", "Start", "The visit needs its time.", "date")
	need(false, "title", "Title", "The record would have no title.")
	need(false, "end", "End", "Zoho would not know how long the visit takes.", "duration", "date")
	need(false, "rep", "Rep / Host", "The visit would belong to whoever authorized HeavySet.")
	need(false, "related_record", "Related record", "The visit would not be linked to the customer.")
	need(true, "external_id", "HeavySet Appointment ID", "Without it, and without a text for our reference, an appointment could not be found again and might be written twice.", "description")
	return out
}

// theirs are fields that the CRM asks for and no row writes.
func theirs(m mapping.Mapping, r crm.Role, schema crm.Schema) []Gap {
	var out []Gap
	written := func(field string) bool {
		return slices.ContainsFunc(m.Rows, func(row mapping.Row) bool { return row.Role == r && row.Field == field })
	}
	seen := map[string]bool{}
	add := func(name, why string, fatal bool) {
		f, ok := schema.Field(name)
		if !ok || seen[name] || written(name) || !f.Creatable || f.Type == crm.OtherField {
			return
		}
		seen[name] = true
		out = append(out, Gap{Role: r, Field: name, Label: f.Label, Why: why, Fatal: fatal})
	}
	for _, f := range mapping.Unwritten(m, r, schema.In(m.Layouts[r])) {
		why := "Zoho refuses every record without it."
		if l, ok := schema.Layout(m.Layouts[r]); ok {
			why = "Zoho refuses every new record of the layout " + l.Name + " without it."
		}
		add(f.Name, why, true)
	}
	for _, l := range schema.Layouts {
		for _, section := range l.Sections {
			for _, p := range section.Fields {
				if l.Active && p.Required {
					add(p.Field, "The layout "+l.Name+" demands it.", false)
				}
			}
		}
	}
	return out
}

// Finding is one thing that speaks for or against a module in a role.
type Finding struct {
	OK    bool
	Words string
}

// Suits says how a module suits a role: what a person should see before choosing it.
func (l Look) Suits(r crm.Role, module, related string) []Finding {
	i := slices.IndexFunc(l.Modules, func(m crm.Module) bool { return m.Name == module })
	if i < 0 {
		return nil
	}
	m, schema := l.Modules[i], l.Schemas[module]
	found := func(ok bool, yes, no string) Finding {
		if ok {
			return Finding{true, yes}
		}
		return Finding{false, no}
	}
	out := []Finding{
		found(m.Writable, "records can be made and changed", "records cannot be made and changed by the Zoho user"),
		found(m.Watchable, "Zoho tells of changes of its records", "Zoho does not tell of changes of its records"),
	}
	if r != crm.RoleAppointment {
		return out
	}
	if m.Name == "Appointments__s" {
		out = append(out, Finding{false, "this is Zoho's own Appointments of its Services feature, which checks times by itself; the Appointment Module is usually Events (Meetings)"})
	}
	instants, links := 0, false
	for _, f := range schema.Fields {
		if f.Type == crm.DateTimeField && f.Creatable {
			instants++
		}
		links = links || f.Type == crm.LookupField && f.Creatable && (len(f.Targets) == 0 || slices.Contains(f.Targets, related))
	}
	if len(schema.Fields) > 0 {
		times := fmt.Sprintf("%d date-time fields of its own for start and end", instants)
		out = append(out, Finding{instants >= 2, times}, found(links, "a lookup to "+related, "no lookup to "+related))
	}
	return out
}
