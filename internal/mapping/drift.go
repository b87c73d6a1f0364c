package mapping

import (
	"fmt"
	"maps"
	"slices"

	"heavyset.tech/platform/internal/crm"
)

// DriftKind says what became of something in the CRM that a mapping relies on.
type DriftKind string

// The kinds of drift. Renamed, Followed and LayoutGone mend themselves; a lost choice follows the row's own rule; the
// others keep a role from being written until a person has looked.
const (
	Renamed    DriftKind = "renamed"   // a field has another name
	Followed   DriftKind = "followed"  // another type, length or choices, which the row can live with
	LayoutGone DriftKind = "layout"    // the layout that new records name is gone or inactive
	ChoiceLost DriftKind = "choice"    // a picklist no longer has a value that a row sends
	Deleted    DriftKind = "deleted"   // or hidden from the user who authorized us
	Retyped    DriftKind = "retyped"   // its type takes our values no more
	ReadOnly   DriftKind = "read_only" //
	Mandatory  DriftKind = "mandatory" // and no row writes it
	Shortened  DriftKind = "shortened" // too short for what has to survive to the letter
	ModuleGone DriftKind = "module"
	NoRights   DriftKind = "rights" // the user who authorized us may not write the module
)

// Drift is one difference between what a mapping expects of the CRM and what the CRM has.
type Drift struct {
	Kind    DriftKind
	Role    crm.Role
	Module  string
	Key     string // HeavySet field of the row; "" where it is none's
	Field   string // CRM field, by the API name that the mapping has
	FieldID string
	Words   string // what was found, and what follows from it
	Fix     string // what to do; "" when nothing is to be done
	Fatal   bool   // nothing of the role can be written while it lasts
	OnlyNew bool   // it hinders new records; those that are there can be changed
}

// Same reports whether two drifts are about the same thing.
func (d Drift) Same(e Drift) bool {
	return d.Kind == e.Kind && d.Role == e.Role && d.Module == e.Module && d.Key == e.Key && d.Field == e.Field
}

// On gives the row anchored on what the CRM says of its field.
func (row Row) On(f crm.Field) Row {
	row.Field, row.FieldID, row.Type, row.Limit, row.Choices = f.Name, f.ID, f.Type, f.Length, nil
	for _, c := range f.Choices {
		if !c.Unused {
			row.Choices = append(row.Choices, c.Value)
		}
	}
	return row
}

// comparison is one role: the schema with which the mapping last worked, empty where that is not known, and today's.
type comparison struct {
	mapping  Mapping
	role     crm.Role
	module   string
	was, now crm.Schema
}

// compared gives a comparison for each role whose module could be read.
func compared(m Mapping, was, now map[string]crm.Schema) []comparison {
	var out []comparison
	for _, r := range Roles() {
		module := m.Module(r)
		schema, read := now[module]
		if module == "" || !read || len(schema.Fields) == 0 {
			continue
		}
		out = append(out, comparison{m, r, module, was[module].In(m.Layouts[r]), schema.In(m.Layouts[r])})
	}
	return out
}

// before gives what the CRM said of a row's field when the mapping last worked.
func (c comparison) before(row Row) crm.Field {
	if f, ok := c.was.FieldOf(row.FieldID); ok {
		return f
	}
	f, _ := c.was.Field(row.Field)
	return f
}

// field finds a row's field today: by its permanent id where that is known, otherwise by its name.
func (c comparison) field(row Row) (crm.Field, bool) {
	if f, ok := c.now.FieldOf(row.FieldID); ok {
		return f, true
	}
	if f, ok := c.now.FieldOf(c.before(row).ID); ok {
		return f, true
	}
	return c.now.Field(row.Field)
}

// Follow gives the mapping as it follows the CRM by itself, with what it followed; nil when there was nothing. was has
// the modules as they were when the mapping last worked, now as they are; a module that is in none of the two is left
// alone.
func Follow(m Mapping, was, now map[string]crm.Schema) (Mapping, []Drift) {
	m.Rows, m.Layouts = slices.Clone(m.Rows), maps.Clone(m.Layouts)
	var out []Drift
	for r, id := range m.Layouts {
		schema, read := now[m.Module(r)]
		if _, there := schema.Layout(id); there || !read || len(schema.Layouts) == 0 {
			continue
		}
		delete(m.Layouts, r)
		name := "that new records named"
		if l, ok := was[m.Module(r)].Layout(id); ok {
			name = "“" + l.Name + "”"
		}
		out = append(out, Drift{Kind: LayoutGone, Role: r, Module: m.Module(r), Words: fmt.Sprintf("The layout %s of %s is gone or inactive in Zoho. HeavySet takes another one.", name, m.Module(r))})
	}
	for _, c := range compared(m, was, now) {
		for i, row := range m.Rows {
			if row.Role != c.role {
				continue
			}
			if next, d, changed := c.follow(row); changed {
				m.Rows[i] = next
				out = append(out, d)
			} else if d.Kind != "" {
				out = append(out, d)
			}
		}
	}
	return m, out
}

// follow gives a row as it follows its field. A new label alone is told and changes nothing.
func (c comparison) follow(row Row) (next Row, d Drift, changed bool) {
	f, ok := c.field(row)
	if !ok || c.unfit(row, f) != "" {
		return row, Drift{}, false
	}
	d = Drift{Role: c.role, Module: c.module, Key: row.Key, Field: row.Field, FieldID: f.ID}
	was := c.before(row)
	next = row.On(f).renamedChoices(was, f)
	switch {
	case f.Name != row.Field:
		d.Kind = Renamed
		d.Words = fmt.Sprintf("Zoho's field %s of %s is now %s. %s goes on into it; nothing has to be done.", row.Field, c.module, named(f), c.heavy(row))
		return next, d, true
	case row.FieldID != "" && (row.Type != f.Type || row.Limit != f.Length || !slices.Equal(row.Choices, next.Choices)),
		row.FieldID == "" && was.ID != "" && was.Type != f.Type:
		d.Kind = Followed
		d.Words = fmt.Sprintf("Zoho's field %s of %s has another type, length or choice than before. %s goes on into it.", named(f), c.module, c.heavy(row))
		return next, d, true
	case was.ID != "" && was.Label != f.Label:
		d.Kind = Renamed
		d.Words = fmt.Sprintf("Zoho's field “%s” of %s is called “%s” now. Nothing has to be done.", was.Label, c.module, f.Label)
	}
	return row, d, false
}

// renamedChoices carries what a row sends over to choices that have another name than before.
func (row Row) renamedChoices(was, now crm.Field) Row {
	value := func(old string) string {
		for _, c := range was.Choices {
			if c.Value != old || c.ID == "" {
				continue
			}
			if i := slices.IndexFunc(now.Choices, func(n crm.Choice) bool { return n.ID == c.ID }); i >= 0 {
				return now.Choices[i].Value
			}
		}
		return old
	}
	if len(was.Choices) == 0 || len(now.Choices) == 0 {
		return row
	}
	row.Constant, row.Default, row.Values = value(row.Constant), value(row.Default), maps.Clone(row.Values)
	for k, v := range row.Values {
		row.Values[k] = value(v)
	}
	return row
}

// unfit says why a field can't take what a row sends; "" when it can, or when it never could and a person chose it.
func (c comparison) unfit(row Row, f crm.Field) DriftKind {
	was := c.before(row)
	if !f.Creatable && (!f.Updatable || was.Creatable) {
		return ReadOnly
	}
	if old := row.Type; old != f.Type && (old != "" || was.Type != "" && was.Type != f.Type) && !takes(row, f) {
		return Retyped
	}
	if target := map[string]crm.Role{"related_record": crm.RoleRelatedRecord, "related_lead": crm.RoleLead}[row.Key]; target != "" && len(f.Targets) > 0 {
		module := c.mapping.Module(target)
		if !slices.Contains(f.Targets, module) && (len(was.Targets) == 0 && was.ID != "" || slices.Contains(was.Targets, module)) {
			return Retyped
		}
	}
	h, _ := HeavyFieldOf(row.Role, row.Key)
	if least := leastLength(row.Key); h.Kind == KindCode && f.Length > 0 && f.Length < least && (row.Limit >= least || was.Length >= least) {
		return Shortened
	}
	return ""
}

// takes reports whether the type of a field is made for what a row sends.
func takes(row Row, f crm.Field) bool {
	if row.Constant != "" {
		return row.On(f).convert(row.Constant) != nil
	}
	if h, ok := HeavyFieldOf(row.Role, row.Key); ok && row.Template == "" {
		ideal, second := h.Kind.takes()
		return slices.Contains(ideal, f.Type) || slices.Contains(second, f.Type)
	}
	return f.Type == crm.TextField || f.Type == crm.LongTextField
}

// Foretell lists what keeps a mapping from working with the modules as they are now, the fatal ones first. was only
// serves to say what has changed.
func Foretell(m Mapping, was, now map[string]crm.Schema) []Drift {
	var out []Drift
	for _, c := range compared(m, was, now) {
		if c.role == crm.RoleContactUs && c.module == m.Module(crm.RoleLead) && sameRows(m) {
			continue // said of the lead already
		}
		for _, row := range m.Rows {
			if row.Role != c.role {
				continue
			}
			if d, bad := c.broken(row); bad {
				out = append(out, d)
			}
		}
		for _, f := range Unwritten(m, c.role, c.now) {
			out = append(out, c.mandatory(f))
		}
	}
	slices.SortStableFunc(out, func(a, b Drift) int { return rank(a) - rank(b) })
	return out
}

func rank(d Drift) int {
	if d.Fatal {
		return 0
	}
	return 1
}

// sameRows reports whether enquiries are written like leads.
func sameRows(m Mapping) bool {
	fields := func(r crm.Role) (out []string) {
		for _, row := range m.Rows {
			if row.Role == r {
				out = append(out, row.Key+" "+row.Field)
			}
		}
		return out
	}
	return slices.Equal(fields(crm.RoleLead), fields(crm.RoleContactUs))
}

// broken says what is wrong with a row today.
func (c comparison) broken(row Row) (Drift, bool) {
	d := Drift{Role: c.role, Module: c.module, Key: row.Key, Field: row.Field, FieldID: row.FieldID, Fatal: true}
	fails := "The next " + noun(c.role) + " will fail"
	f, there := c.field(row)
	if !there {
		d.Kind, d.Fix = Deleted, "Choose another Zoho field for it, or leave it empty."
		was := c.before(row)
		if d.Fatal = was.ID != "" || row.FieldID != ""; !d.Fatal {
			d.Words = fmt.Sprintf("Zoho lists no field %s in %s, into which %s goes. Zoho may refuse it.", row.Field, c.module, c.heavy(row))
			return d, true
		}
		was.Name = row.Field
		d.Words = fmt.Sprintf("%s because Zoho's field %s of %s, into which %s goes, was deleted or is hidden from the Zoho user who authorized HeavySet.", fails, named(was), c.module, c.heavy(row))
		return d, true
	}
	switch d.Kind = c.unfit(row, f); d.Kind {
	case ReadOnly:
		d.OnlyNew = f.Updatable
		d.Fix = "Let HeavySet's Zoho user write the field, choose another one, or leave it empty."
		d.Words = fmt.Sprintf("%s because Zoho's field %s of %s, into which %s goes, became read-only.", fails, named(f), c.module, c.heavy(row))
	case Retyped:
		d.Fix = "Choose a Zoho field that takes it, or leave it empty."
		d.Words = fmt.Sprintf("%s because Zoho's field %s of %s is of the type %s now, which cannot hold %s.", fails, named(f), c.module, typeWords(f.Type), c.heavy(row))
		if f.Type == crm.LookupField && c.before(row).Type == f.Type {
			d.Words = fmt.Sprintf("%s because Zoho's field %s of %s points to other records now than %s.", fails, named(f), c.module, c.heavy(row))
		}
	case Shortened:
		d.Fix = "Make the field longer in Zoho, or choose another one."
		d.Words = fmt.Sprintf("%s because Zoho's field %s of %s holds only %d characters now, too few for %s.", fails, named(f), c.module, f.Length, c.heavy(row))
	default:
		return c.lostChoice(row, f)
	}
	return d, true
}

// lostChoice looks whether a row sends something that a picklist does not have. What is sent in its place is the row's
// default; without one nothing is, which only a required field does not bear.
func (c comparison) lostChoice(row Row, f crm.Field) (Drift, bool) {
	if f.Type != crm.PicklistField && f.Type != crm.MultiPickField || row.Type == "" && len(row.Values) == 0 {
		return Drift{}, false
	}
	has := func(v string) bool {
		return slices.ContainsFunc(f.Choices, func(c crm.Choice) bool { return c.Value == v && !c.Unused })
	}
	var lost []string
	for _, v := range append(slices.Sorted(maps.Values(row.Values)), row.Constant, row.Default) {
		if v != "" && !has(v) && !slices.Contains(lost, v) {
			lost = append(lost, v)
		}
	}
	if len(lost) == 0 {
		return Drift{}, false
	}
	d := Drift{
		Kind: ChoiceLost, Role: c.role, Module: c.module, Key: row.Key, Field: row.Field, FieldID: f.ID,
		Fix: "Pair its values with choices that are there, or say what is sent in their place.",
	}
	instead := "nothing is sent in its place"
	if row.Default != "" && has(row.Default) {
		instead = "“" + row.Default + "” is sent in its place"
	} else if f.Required {
		instead, d.Fatal = "the field is mandatory, so the next "+noun(c.role)+" with it will fail", true
	}
	d.Words = fmt.Sprintf("Zoho's picklist %s of %s no longer has %s, which %s sends: %s.", named(f), c.module, list(lost), c.heavy(row), instead)
	return d, true
}

// Unwritten lists the fields without which the CRM refuses a new record and which no row writes. Users and check boxes
// are never empty.
func Unwritten(m Mapping, r crm.Role, schema crm.Schema) []crm.Field {
	var out []crm.Field
	for _, f := range schema.Fields {
		if !f.Required || !f.Creatable || f.Type == crm.OtherField || f.Type == crm.BooleanField || f.Type == crm.UserField {
			continue
		}
		if !slices.ContainsFunc(m.Rows, func(row Row) bool { return row.Role == r && row.Field == f.Name }) {
			out = append(out, f)
		}
	}
	return out
}

// Fills reports whether a mapping puts something into every field without which the CRM refuses a new record, whoever
// books.
func Fills(m Mapping, r crm.Role, schema crm.Schema) bool {
	if len(Unwritten(m, r, schema)) > 0 {
		return false
	}
	for _, row := range m.Rows {
		f, ok := schema.Field(row.Field)
		if row.Role == r && ok && f.Required && f.Type != crm.BooleanField && f.Type != crm.UserField && !certain(row, f) {
			return false
		}
	}
	return true
}

// certain reports whether a row never comes to nothing.
func certain(row Row, f crm.Field) bool {
	switch {
	case row.Constant != "":
		return row.On(f).convert(row.Constant) != nil
	case f.Type == crm.PicklistField || f.Type == crm.MultiPickField:
		return row.Default != "" && row.On(f).choose(row.Default) != nil
	case row.Template != "":
		return expand(row.Template, Fields{"last_name": "x", "full_name": "x", "title": "x", "external_id": "x"}) != ""
	}
	switch row.Key {
	case "last_name", "full_name", "external_id", "project_details", "title", "start", "end", "date", "time", "arrival_window", "duration", "time_zone",
		"related_record", "description", "booked_at", "reschedule_count":
		return true
	}
	return false
}

// mandatory says that nothing fills a field that has to be filled.
func (c comparison) mandatory(f crm.Field) Drift {
	old, had := c.was.FieldOf(f.ID)
	verb := "is"
	switch {
	case len(c.was.Fields) > 0 && !had:
		verb = "was added and is"
	case had && !old.Required:
		verb = "became"
	}
	where := "in " + c.module
	if l, named := c.now.Layout(c.mapping.Layouts[c.role]); named && demands(l, f.Name) {
		where = "in layout " + l.Name + " of " + c.module
	}
	return Drift{
		Kind: Mandatory, Role: c.role, Module: c.module, Field: f.Name, FieldID: f.ID, Fatal: true, OnlyNew: true,
		Words: fmt.Sprintf("The next %s will fail because %s %s mandatory %s and nothing fills it.", noun(c.role), f.Label, verb, where),
		Fix:   "Choose what goes into it, or give it a fixed text.",
	}
}

func demands(l crm.Layout, field string) bool {
	return slices.ContainsFunc(l.Sections, func(s crm.Section) bool {
		return slices.ContainsFunc(s.Fields, func(p crm.Placement) bool { return p.Field == field && p.Required })
	})
}

// Remember gives the modules to compare with the next time: today's, except for what the findings still tell of, which
// stays as it was when the mapping worked.
func Remember(was, now map[string]crm.Schema, findings []Drift) map[string]crm.Schema {
	out := maps.Clone(was)
	if out == nil {
		out = map[string]crm.Schema{}
	}
	for module, schema := range now {
		old, known := was[module]
		for _, d := range findings {
			if !known || d.Module != module || !d.Fatal {
				continue
			}
			schema.Layouts = old.Layouts
			schema.Fields = slices.DeleteFunc(slices.Clone(schema.Fields), func(f crm.Field) bool { return f.Name == d.Field || f.ID == d.FieldID })
			f, had := old.FieldOf(d.FieldID)
			if !had {
				f, had = old.Field(d.Field)
			}
			if had {
				schema.Fields = append(schema.Fields, f)
			}
		}
		out[module] = schema
	}
	return out
}

// heavy names what a row sends.
func (c comparison) heavy(row Row) string {
	if h, ok := HeavyFieldOf(row.Role, row.Key); ok {
		return h.Label
	}
	return "a fixed text"
}

// named calls a field as people and programs do.
func named(f crm.Field) string {
	if f.Label == "" || f.Label == f.Name {
		return f.Name
	}
	return "“" + f.Label + "” (" + f.Name + ")"
}

// noun is what people would make next into a role's module.
func noun(r crm.Role) string {
	if r == crm.RoleContactUs {
		return "enquiry"
	}
	return "booking"
}

// list joins names for people.
func list(names []string) string {
	out := ""
	for i, n := range names {
		switch {
		case i > 0 && i == len(names)-1:
			out += " and "
		case i > 0:
			out += ", "
		}
		out += "“" + n + "”"
	}
	return out
}
