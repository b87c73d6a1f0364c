package settings

import (
	"context"
	"fmt"
	"maps"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/mapping"
)

// Bounds of what may be saved.
const (
	maxRows   = 500
	maxAlerts = 50
	maxText   = 2_000

	maxCalendars  = 20 // of a rep
	longestBudget = 24 * time.Hour
)

// roles in the order in which people are asked for them; the last one is optional.
var roles = [...]crm.Role{crm.RoleLead, crm.RoleAppointment, crm.RoleRelatedRecord, crm.RoleContactUs}

// check names what can never work, whatever the CRM has.
func (s Settings) check() error {
	var wrong []fault.Field
	add := func(path, format string, args ...any) {
		wrong = append(wrong, fault.Field{Path: path, Message: fmt.Sprintf(format, args...)})
	}
	for _, r := range roles {
		switch name := s.Modules[r]; {
		case name == "" && r != crm.RoleContactUs:
			add("modules."+string(r), "Please choose a module.")
		case len(name) > 100 || strings.ContainsFunc(name, notAPIName):
			add("modules."+string(r), "must be the API name of a module.")
		}
	}
	switch s.Source {
	case AppointmentsOnly, AppointmentsAndEvents, Calendar:
	default:
		add("slot_availability_source", "must be crm_appointments, crm_appointments_and_events or zoho_calendar.")
	}
	switch s.Stale.Policy {
	case "", StaleTentative, StaleCopy, StaleBlock:
	default:
		add("staleness.policy", "must be tentative, copy or block.")
	}
	if b := s.Stale.Budget; b != 0 && (b < time.Minute || b > longestBudget || b%time.Minute != 0) {
		add("staleness.budget_minutes", "must be between 1 and %d minutes, or 0 for the default.", longestBudget/time.Minute)
	}
	for rep, ids := range s.Calendars {
		for i, id := range ids {
			switch {
			case id == "" || len(id) > 200 || strings.ContainsFunc(id, notCalendarID) || len(rep) > 200:
				add(fmt.Sprintf("calendars.%s[%d]", rep, i), "must be the id of a calendar.")
			case slices.Contains(ids[:i], id):
				add(fmt.Sprintf("calendars.%s[%d]", rep, i), "This calendar is chosen already.")
			case i >= maxCalendars:
				add("calendars."+rep, "must be at most %d calendars.", maxCalendars)
			}
		}
	}
	switch s.People.Truth {
	case "", TruthCRM, TruthOurs, TruthNewest, TruthAsk:
	default:
		add("people.truth", "must be zoho, ours, newest or ask.")
	}
	switch s.People.Leads {
	case "", LeadsOfNew, LeadsOfAll:
	default:
		add("people.leads", "must be new or always.")
	}
	switch s.People.Booked {
	case "", BookedKeep, BookedConvert, BookedLink:
	default:
		add("people.booked", "must be keep, convert or link.")
	}
	if s.People.Booked == BookedLink && s.Mapping().FieldOf(crm.RoleLead, "related_record") == "" {
		add("people.booked", "needs a field of the lead for the contact: map “Contact” in the Lead Module first.")
	}
	if s.People.Booked == BookedConvert && s.Modules[crm.RoleLead] != "Leads" {
		add("people.booked", "needs Leads as the Lead Module: Zoho converts no other records.")
	}
	if len(s.Alerts) > maxAlerts {
		add("token_expiry_alerts", "must be at most %d addresses.", maxAlerts)
	}
	for i, a := range s.Alerts {
		if p, err := mail.ParseAddress(a); err != nil || p.Address != a || len(a) > 254 {
			add(fmt.Sprintf("token_expiry_alerts[%d]", i), "This does not look like an e-mail address.")
		} else if slices.Contains(s.Alerts[:i], a) {
			add(fmt.Sprintf("token_expiry_alerts[%d]", i), "This address is in the list already.")
		}
	}
	if len(s.Rows) > maxRows {
		add("mapping", "must be at most %d rows.", maxRows)
		return fault.OfFields(wrong)
	}
	taken := map[string]int{}
	for i, row := range s.Rows {
		wrong = append(wrong, s.checkRow(i, row, taken)...)
	}
	return fault.OfFields(wrong)
}

// checkRow names what is wrong with one row. taken has the fields of the rows before it.
func (s Settings) checkRow(i int, row mapping.Row, taken map[string]int) []fault.Field {
	var wrong []fault.Field
	add := func(member, format string, args ...any) {
		wrong = append(wrong, fault.Field{Path: fmt.Sprintf("mapping[%d].%s", i, member), Message: fmt.Sprintf(format, args...)})
	}
	if !slices.Contains(roles[:], row.Role) {
		add("module", "must be lead, appointment, related_record or contact_us.")
	} else if s.Modules[row.Role] == "" {
		add("module", "has no module: choose one first.")
	}
	if row.Key == "" && row.Constant == "" && row.Template == "" {
		add("key", "Please name a HeavySet field.")
	}
	if row.Constant != "" && row.Template != "" {
		add("template", "must be empty where there is a constant.")
	}
	if row.Hold && row.Default != "" {
		add("hold", "must be off where there is a default.")
	}
	for member, v := range map[string]string{"constant": row.Constant, "template": row.Template} {
		if utf8.RuneCountInString(v) > maxText {
			add(member, "must be at most %d characters.", maxText)
		}
	}
	switch row.Policy {
	case mapping.Create, mapping.Fill, mapping.Overwrite, mapping.Append, mapping.Forward:
	default:
		add("policy", "must be create, fill, overwrite, append or forward.")
	}
	switch {
	case row.Field == "" || len(row.Field) > 100 || strings.ContainsFunc(row.Field, notAPIName):
		add("crm_field", "must be the API name of a field.")
	default:
		place := string(row.Role) + " " + row.Field
		if j, twice := taken[place]; twice {
			add("crm_field", "is written by row %d already.", j)
		}
		taken[place] = i
	}
	return wrong
}

// notCalendarID: a calendar's id stands in addresses and names.
func notCalendarID(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(":/?#%", r) }

func notAPIName(r rune) bool {
	return r != '_' && r != '$' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

// anchor looks up each row's field in the live CRM, and chooses layouts. Where the CRM does not answer, rows stay as they
// are. It also gives the modules that it has read.
func (s *Service) anchor(ctx context.Context, c connection.Config, next Settings) (Settings, map[string]crm.Schema, error) {
	reader, err := s.Guardian.Provider(ctx, c, connection.ForMetadata)
	if err != nil {
		return next, nil, err
	}
	schemas := map[string]crm.Schema{}
	var wrong []fault.Field
	next.Rows = slices.Clone(next.Rows)
	for _, r := range roles {
		module := next.Modules[r]
		if module == "" {
			continue
		}
		if _, read := schemas[module]; read {
			continue
		}
		schema, err := reader.Schema(ctx, module)
		switch {
		case crm.IsClass(err, crm.Unfit):
			wrong = append(wrong, fault.Field{Path: "modules." + string(r), Message: fmt.Sprintf("Zoho has no module %s that we may use.", module)})
		case err != nil: // no answer, or no right to look: the next write will tell
			continue
		}
		schemas[module] = schema
	}
	for _, r := range roles {
		module := next.Modules[r]
		id, schema := next.Layouts[r], schemas[module]
		if _, there := schema.Layout(id); id != "" && id != AsZohoDecides && len(schema.Layouts) > 0 && !there {
			wrong = append(wrong, fault.Field{Path: "layouts." + string(r), Message: fmt.Sprintf("%s has no active layout with this id.", module)})
		}
	}
	next.InForce = next.Layout(schemas)
	for i := range next.Rows {
		row := &next.Rows[i]
		schema, read := schemas[next.Modules[row.Role]]
		if !read || len(schema.Fields) == 0 {
			continue
		}
		if why := Anchor(row, schema.In(next.InForce[row.Role])); why != "" {
			wrong = append(wrong, fault.Field{Path: fmt.Sprintf("mapping[%d].crm_field", i), Message: why})
		}
	}
	return next, schemas, fault.OfFields(wrong)
}

// Layout gives the layouts that new records name: the chosen ones and, for roles that have none, the module's first active
// one, where the mapping fills all that it demands. A booking must not fail for a layout that nobody has chosen.
func (s Settings) Layout(schemas map[string]crm.Schema) map[crm.Role]string {
	out := map[crm.Role]string{}
	m := s.Mapping()
	for _, r := range roles {
		schema := schemas[s.Modules[r]]
		if id := s.Layouts[r]; id != "" {
			if _, there := schema.Layout(id); id != AsZohoDecides && (there || len(schema.Layouts) == 0) {
				out[r] = id
			}
			continue
		}
		i := slices.IndexFunc(schema.Layouts, func(l crm.Layout) bool { return l.Active && l.ID != "" })
		if i >= 0 && mapping.Fills(m, r, schema.In(schema.Layouts[i].ID)) {
			out[r] = schema.Layouts[i].ID
		}
	}
	return out
}

// Anchor fills in what the CRM says of a row's field; the answer says why the row cannot be, "" when it can.
func Anchor(row *mapping.Row, schema crm.Schema) string {
	f, ok := schema.Field(row.Field)
	if !ok {
		return fmt.Sprintf("%s has no field %s.", schema.Module, row.Field)
	}
	if !f.Creatable && !f.Updatable {
		return fmt.Sprintf("%s cannot be written: Zoho fills it by itself.", f.Label)
	}
	*row = row.On(f)
	text := row.Type == crm.TextField || row.Type == crm.LongTextField
	if h, ok := mapping.HeavyFieldOf(row.Role, row.Key); row.Policy == mapping.Append && !text && ok && h.Kind != mapping.KindLong {
		row.Policy = mapping.Fill // consent is appended to a text, but a tick or a date takes it alone
	}
	if row.Policy == mapping.Append && !text {
		return fmt.Sprintf("Our block can only be appended to a text, and %s is none.", f.Label)
	}
	for _, v := range append(slices.Sorted(maps.Values(row.Values)), row.Default) {
		if v != "" && len(row.Choices) > 0 && !slices.Contains(row.Choices, v) {
			return fmt.Sprintf("%s has no value “%s”: choose another one.", f.Label, v)
		}
	}
	if len(row.Values) > 0 || len(row.Choices) == 0 {
		return ""
	}
	row.Values = map[string]string{} // nobody has said which value means which: those that are plain are taken
	for _, p := range mapping.PairChoices(row.Key, f.Choices) {
		row.Values[p.Value] = p.Choice
	}
	return ""
}
