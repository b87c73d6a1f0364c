package zohosim

import (
	"net/http"
	"slices"
	"strings"

	"heavyset.tech/platform/internal/zohosim/query"
)

// conversionOptions answers GET /Leads/{id}/__conversion_options: the contacts and accounts that may be the lead's already.
// Without any there is nothing to choose, and no content. Source: Zoho CRM v8, "Lead Conversion Options".
func (c *call) conversionOptions() answer {
	if c.module.api != "Leads" {
		return invalidURL()
	}
	lead := c.find1(nil, c.args["id"])
	if lead == nil {
		return refuse("INVALID_DATA", "the id given seems to be invalid", details{"resource_path_index": 1})
	}
	options := map[string]any{"module_preference": nil, "Deals": nil, "modules_with_multiple_layouts": c.manyLayouts()}
	matched := map[string]any{"Deals": nil}
	found := false
	for api, by := range map[string]string{"Contacts": "Email", "Accounts": "Account_Name"} {
		options[api], matched[api] = nil, nil
		rows, field, value := c.likeLead(lead, api, by)
		if len(rows) == 0 {
			continue
		}
		found = true
		options[api] = rows
		matched[api] = []any{map[string]any{
			"field":              map[string]any{"api_name": field.api, "id": field.id, "field_label": field.label, "unique": field.unique},
			"matched_lead_value": value,
		}}
	}
	if !found {
		return noContent
	}
	options["preference_field_matched_value"] = matched
	return jsonAnswer(http.StatusOK, map[string]any{"__conversion_options": options})
}

// likeLead finds the records of a module whose field has the value that the lead would bring along.
func (c *call) likeLead(lead *record, api, by string) (rows []any, f *field, value string) {
	m := c.org.byAPI[api]
	if m == nil || !m.apiSupported || m.byAPI[by] == nil {
		return nil, nil, ""
	}
	f = m.byAPI[by]
	for _, source := range c.module.fields {
		if source.converts[api] == by {
			v, _ := lead.get(source.key)
			value = v.str
		}
	}
	if value == "" {
		return nil, nil, ""
	}
	for e := range m.table.byID.between(firstEntry, lastEntry, true) {
		if have, ok := e.rec.get(f.key); ok && strings.EqualFold(have.str, value) && len(rows) < 100 {
			rows = append(rows, c.option(m, e.rec))
		}
	}
	return rows, f, value
}

// option is a record as the options show it.
func (c *call) option(m *module, r *record) map[string]any {
	out := map[string]any{
		"id": formatID(r.id), "$editable": true, "$approval_state": "approved", "Locked__s": isTrue(m, r, "Locked__s"),
	}
	names := []string{"Account_Name", "Phone", "Website", "Account_Type"}
	if m.api == "Contacts" {
		names = []string{"Full_Name", "Email", "Account_Name"}
		out["Data_Processing_Basis"] = nil
	}
	v := view{org: c.org, place: c.user.place}
	for _, name := range names {
		if f := m.byAPI[name]; f != nil {
			out[name] = rawJSON(v.appendField(nil, m, r, f))
		}
	}
	if l := m.layout(formatID(r.layout)); l != nil && m.api == "Contacts" {
		out["Layout"] = map[string]any{"id": l.id, "name": l.name}
	}
	return out
}

// manyLayouts lists the modules that leave a choice of layouts; null without any.
func (c *call) manyLayouts() any {
	var out []any
	for _, api := range []string{"Contacts", "Accounts", "Deals"} {
		if m := c.org.byAPI[api]; m != nil && len(m.layouts) > 1 {
			out = append(out, map[string]any{"api_name": m.api, "id": m.id})
		}
	}
	if out == nil {
		return nil
	}
	return out
}

// withoutConverted keeps converted leads out of COQL, unless the query asks about Converted__s or switch
// coql_converted_leads says that they are always there.
func (c *call) withoutConverted(s *query.Select, match func(*record) bool) func(*record) bool {
	asked := slices.ContainsFunc(query.Conditions(s.Where), func(cond *query.Cond) bool {
		return len(cond.Column.Path) == 1 && cond.Column.Path[0] == convertedField
	})
	if c.module.converted == nil || asked || c.sw.CoqlConvertedLeads == "always" {
		return match
	}
	return func(r *record) bool { return !isTrue(c.module, r, convertedField) && match(r) }
}
