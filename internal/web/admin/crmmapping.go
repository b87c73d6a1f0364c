package admin

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/settings"
	"heavyset.tech/platform/internal/web/page"
)

// mappingView is the field mapping interface: steps 9 and 10.
type mappingView struct {
	frame
	Back     string
	Action   string
	Form     page.Form
	Modules  []moduleField
	Why      []string // what could not be read, and what to do
	Gaps     []gapRow
	Sections []mappingSection
	Found    string // what Auto-Discover did
	Confirm  bool   // its dialogue is open
	Names    []fact
}

type gapRow struct {
	Label, Module, Why string
	Fatal              bool
	Link               string
}

// moduleField is one of the guide's four module names with the modules of the live CRM.
type moduleField struct {
	Role, Label, Hint string
	Optional          bool
	Current           string
	Options           []option
	Layouts           []option // where the module has several
	Findings          []settings.Finding
	Error             string
}

// mappingSection is the field mapping of one module: its rows, and the fields to choose from.
type mappingSection struct {
	Role, Title, Module string
	Rows                []mappingRow
	Fields              []fieldOption
}

// editMapping opens the editor on what is saved, or on what Okay kept.
func (c *Console) editMapping(w http.ResponseWriter, r *http.Request, v *visit) error {
	id := connection.ConfigID(r.PathValue("id"))
	cur, err := c.Settings.Current(r.Context(), v.org.ID, id)
	if err != nil {
		return err
	}
	s := cur.Settings
	if d, ok := c.draft(r, id); ok {
		s.Modules, s.Layouts, s.Rows = d.Modules, d.Layouts, d.Rows
	}
	if len(s.Rows) == 0 {
		s.Rows = mapping.BuiltIn().Rows
	}
	return c.showMapping(w, r, v, http.StatusOK, s, page.Form{}, nil)
}

func (c *Console) showMapping(w http.ResponseWriter, r *http.Request, v *visit, status int, s settings.Settings, form page.Form, found []mapping.Proposal) error {
	id := connection.ConfigID(r.PathValue("id"))
	look, err := c.Settings.Look(r.Context(), v.org.ID, id, s.Modules)
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Field Mapping")
	if err != nil {
		return err
	}
	f.Purpose = "Which Zoho module stands for what, and which HeavySet field goes into which Zoho field."
	here := v.path("crm-settings", string(id))
	view := mappingView{frame: f, Back: here, Action: here + "/mapping", Form: form, Confirm: form.Get("do") == "ask", Names: moduleFacts(s)}
	for _, name := range append([]string{""}, moduleNames(s)...) {
		if why := look.Why[name]; why != "" {
			view.Why = append(view.Why, why)
		}
	}
	cat, err := c.Bookings.Catalog(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	samples, err := c.Sync.Sample(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	if form.Get("do") != "" && form.Get("do") != "okay" { // other modules may have been chosen
		var cleared int
		if s.Rows, cleared = within(s, look); cleared > 0 {
			view.Why = append(view.Why, fmt.Sprintf("%d rows named fields that the chosen modules do not have; they are empty now.", cleared))
		}
	}
	drifted, err := c.driftOf(r.Context(), v, id)
	if err != nil {
		return err
	}
	gaps := s.Gaps(look.Schemas)
	filled := 0
	for _, role := range mapping.Roles() {
		view.Modules = append(view.Modules, moduleFieldOf(role, s, look, form))
		if s.Modules[role] == "" {
			continue
		}
		sec := sectionOf(role, s, look.Schemas[s.Modules[role]], form, found, samples[role], cat)
		sec.ask(gaps)
		sec.mark(drifted.Rows)
		sec.values(s, look.Schemas[s.Modules[role]], cat)
		for _, row := range sec.Rows {
			if row.Level.Words != "" && row.Field != "" {
				filled++
			}
		}
		view.Sections = append(view.Sections, sec)
	}
	for _, g := range gaps {
		row := gapRow{Label: g.Label, Module: moduleWords(g.Role), Why: g.Why, Fatal: g.Fatal, Link: rowAnchor(g.Role, g.Key, g.Field)}
		view.Gaps = append(view.Gaps, row)
	}
	if found != nil {
		view.Found = fmt.Sprintf("Auto-Discover has filled in %d fields that were empty. What you had chosen was not touched. Review every field, then press Okay and Save.", filled)
	}
	return c.set.Render(w, status, "mapping", view)
}

// within leaves out rows whose field is none of their module, where that is known.
func within(s settings.Settings, look settings.Look) (rows []mapping.Row, cleared int) {
	for _, row := range s.Rows {
		schema := look.Schemas[s.Modules[row.Role]]
		if _, ok := schema.Field(row.Field); !ok && len(schema.Fields) > 0 {
			cleared++
			continue
		}
		rows = append(rows, row)
	}
	return rows, cleared
}

func moduleNames(s settings.Settings) []string {
	var out []string
	for _, r := range mapping.Roles() {
		if m := s.Modules[r]; m != "" && !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out
}

func moduleFieldOf(r crm.Role, s settings.Settings, look settings.Look, form page.Form) moduleField {
	current := s.Modules[r]
	hints := map[crm.Role]string{
		crm.RoleLead: "Usually Leads.", crm.RoleAppointment: "Usually Events (Zoho calls them Meetings).",
		crm.RoleRelatedRecord: "The record that connects to the appointment, usually Contacts.", crm.RoleContactUs: "Where enquiries go; may be left empty, then they become leads.",
	}
	m := moduleField{
		Role: string(r), Label: moduleWords(r), Hint: hints[r], Optional: r == crm.RoleContactUs, Current: current, Error: form.Errors["modules."+string(r)],
		Findings: look.Suits(r, current, s.Modules[crm.RoleRelatedRecord]),
	}
	m.Layouts = layoutOptions(look.Schemas[current], s.Layouts[r])
	known := false
	for _, k := range look.Modules {
		if !k.Readable {
			continue
		}
		label := k.Plural
		if k.Plural != k.Name {
			label += " – " + k.Name
		}
		m.Options = append(m.Options, option{Value: k.Name, Label: label, Current: k.Name == current})
		known = known || k.Name == current
	}
	if !known && current != "" {
		m.Options = append(m.Options, option{Value: current, Label: current, Current: true})
	}
	return m
}

// layoutOptions lists the layouts of a module that has several.
func layoutOptions(schema crm.Schema, current string) []option {
	out := []option{{Label: "The first one whose demands are filled"}}
	for _, l := range schema.Layouts {
		if l.Active && l.ID != "" {
			out = append(out, option{Value: l.ID, Label: l.Name, Current: l.ID == current})
		}
	}
	if len(out) < 3 {
		return nil
	}
	return append(out, option{Value: settings.AsZohoDecides, Label: "None: as Zoho decides", Current: current == settings.AsZohoDecides})
}

func sectionOf(role crm.Role, s settings.Settings, schema crm.Schema, form page.Form, found []mapping.Proposal, sample mapping.Fields, cat catalog.Catalog) mappingSection {
	sec := mappingSection{Role: string(role), Module: s.Modules[role], Title: strings.TrimSuffix(moduleWords(role), " Module") + " Field Mapping", Fields: fieldOptions(schema)}
	used := map[int]bool{}
	for _, h := range heavyFields(role, s, cat) {
		row := mappingRow{ID: string(role) + "-" + h.Key, Name: string(role) + "." + h.Key, Label: h.Label, Key: h.Key, Need: needPill(h.Need), Policy: string(h.Policy), Fits: fitsOf(h)}
		for i, have := range s.Rows {
			if have.Role == role && have.Key == h.Key && !used[i] {
				used[i] = true
				row.fill(have, schema, sample)
				row.Error = form.Errors[fmt.Sprintf("mapping[%d].crm_field", i)] + form.Errors[fmt.Sprintf("mapping[%d].policy", i)]
				break
			}
		}
		for _, p := range found {
			if p.Role == role && p.Key == h.Key {
				row.discovered(p, schema)
			}
		}
		row.Policies = policyOptions(row.Policy)
		sec.Rows = append(sec.Rows, row)
	}
	for i, have := range s.Rows { // rows that stand for no HeavySet field: constants for what Zoho asks for
		if have.Role == role && !used[i] && have.Key == "" {
			row := mappingRow{ID: string(role) + "-x-" + have.Field, Name: string(role) + ".x-" + have.Field, Label: "Fixed text", Need: pill{Kind: "tag"}, Policy: string(have.Policy)}
			row.fill(have, schema, sample)
			row.Policies = policyOptions(row.Policy)
			sec.Rows = append(sec.Rows, row)
		}
	}
	return sec
}

// heavyFields are the rows of a role: the HeavySet fields, and what visitors are asked. An answer that is mapped keeps its
// row when nobody asks for it any more.
func heavyFields(role crm.Role, s settings.Settings, cat catalog.Catalog) []mapping.HeavyField {
	out := append(slices.Clip(mapping.HeavyFields(role)), mapping.AnswerFields(role, cat.Questions())...)
	for _, have := range s.Rows {
		if h, ok := mapping.HeavyFieldOf(role, have.Key); ok && have.Role == role && !slices.ContainsFunc(out, func(x mapping.HeavyField) bool { return x.Key == h.Key }) {
			if q, asked := cat.Question(mapping.QuestionOf(h.Key)); asked {
				h.Label = q.Label
			}
			out = append(out, h)
		}
	}
	return out
}

// ask adds rows for what Zoho demands and nothing fills: a fixed text may.
func (sec *mappingSection) ask(gaps []settings.Gap) {
	for _, g := range gaps {
		if string(g.Role) != sec.Role || g.Field == "" {
			continue
		}
		sec.Rows = append(sec.Rows, mappingRow{
			ID: sec.Role + "-x-" + g.Field, Name: sec.Role + ".x-" + g.Field, Label: g.Label, Need: pill{Kind: "warn", Words: "Zoho demands it"}, Field: g.Field,
			Policy: string(mapping.Create), Policies: policyOptions(string(mapping.Create)), Open: true,
		})
	}
}

// mark says beside the rows what has changed in Zoho.
func (sec *mappingSection) mark(drifted []driftRow) {
	for i, row := range sec.Rows {
		for _, d := range drifted {
			if d.role == sec.Role && d.key == row.Key && d.zohoField == row.Field {
				sec.Rows[i].Drift = d.Words + " " + d.Fix
			}
		}
	}
}

// changeMapping takes what was typed in the editor: read the fields of other modules, discover, or Okay.
func (c *Console) changeMapping(w http.ResponseWriter, r *http.Request, v *visit) error {
	id := connection.ConfigID(r.PathValue("id"))
	f, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	cur, err := c.Settings.Current(r.Context(), v.org.ID, id)
	if err != nil {
		return err
	}
	typed := typedMapping(f, cur.Settings)
	switch f.Get("do") {
	case "ask", "read":
		return c.showMapping(w, r, v, http.StatusOK, typed, f, nil)
	case "discover":
		if f.Get("names_are_right") == "" {
			f.Notice = "Please confirm with the checkbox that the module names are right."
			f.Values.Set("do", "ask")
			return c.showMapping(w, r, v, http.StatusUnprocessableEntity, typed, f, nil)
		}
		return c.discoverMapping(w, r, v, typed, f)
	}
	err = c.Settings.Check(r.Context(), v.org.ID, id, typed)
	if err == nil {
		c.keepDraft(r, id, &draft{Modules: typed.Modules, Layouts: typed.Layouts, Rows: typed.Rows})
		c.Sessions.Flash(r.Context(), "info", "The field mapping is kept. Press Save to put it in force.")
		http.Redirect(w, r, v.path("crm-settings", string(id)), http.StatusSeeOther)
		return nil
	}
	if err := f.Fail(err, nil); err != nil {
		return err
	}
	if f.Notice == "" {
		f.Notice = "Not kept yet. Please look at the marked fields."
	}
	return c.showMapping(w, r, v, http.StatusUnprocessableEntity, typed, f, nil)
}

func (c *Console) discoverMapping(w http.ResponseWriter, r *http.Request, v *visit, typed settings.Settings, f page.Form) error {
	cat, err := c.Bookings.Catalog(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	proposals, err := c.Settings.Discover(r.Context(), v.org.ID, connection.ConfigID(r.PathValue("id")), typed, cat.Questions())
	if e := fault.As(err); e != nil {
		f.Notice = "Auto-Discover could not look at Zoho. " + e.Message
		return c.showMapping(w, r, v, http.StatusBadGateway, typed, f, nil)
	}
	if err != nil {
		return err
	}
	if proposals == nil {
		proposals = []mapping.Proposal{}
	}
	return c.showMapping(w, r, v, http.StatusOK, typed, f, proposals)
}

// typedMapping reads the editor's form. Rows keep what the editor did not show.
func typedMapping(f page.Form, saved settings.Settings) settings.Settings {
	out := saved
	out.Modules, out.Layouts, out.Rows = map[crm.Role]string{}, maps.Clone(saved.Layouts), nil
	for _, r := range mapping.Roles() {
		if m := strings.TrimSpace(f.Get("module." + string(r))); m != "" {
			out.Modules[r] = m
		}
		if layout, asked := f.Values["layout."+string(r)]; out.Modules[r] != saved.Modules[r] || asked && layout[0] == "" {
			delete(out.Layouts, r)
		} else if asked {
			if out.Layouts == nil {
				out.Layouts = map[crm.Role]string{}
			}
			out.Layouts[r] = layout[0]
		}
	}
	for _, r := range mapping.Roles() {
		if out.Modules[r] == "" {
			continue
		}
		var keys []string
		for _, h := range mapping.HeavyFields(r) {
			keys = append(keys, h.Key)
		}
		for name := range f.Values {
			if rest, ok := strings.CutPrefix(name, "field."+string(r)+"."); ok && (strings.HasPrefix(rest, "x-") || mapping.QuestionOf(rest) != "" && !slices.Contains(keys, rest)) {
				keys = append(keys, rest)
			}
		}
		slices.Sort(keys[len(mapping.HeavyFields(r)):])
		for _, key := range keys {
			name := string(r) + "." + key
			field := strings.TrimSpace(f.Get("field." + name))
			if field == "" {
				continue
			}
			row := mapping.Row{Role: r, Key: key, Field: field, Policy: mapping.Policy(f.Get("policy." + name)), Inverted: f.Get("inverted."+name) != ""}
			if strings.HasPrefix(key, "x-") {
				row.Key = ""
			}
			switch fixed := strings.TrimSpace(f.Get("fixed." + name)); {
			case row.Key == "" && fixed == "": // asked for and not given
				continue
			case strings.Contains(fixed, "{"):
				row.Template = fixed
			default:
				row.Constant = fixed
			}
			for _, old := range saved.Rows {
				if old.Role == r && old.Key == row.Key && old.Field == field {
					row.Values, row.Default, row.Hold = old.Values, old.Default, old.Hold
				}
			}
			if f.Get("on."+name) == field { // the page had the values of this very field
				typedValues(f, name, &row)
			}
			out.Rows = append(out.Rows, row)
		}
	}
	return out
}
