package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"heavyset.tech/platform/internal/crm"
)

// The weights of the evidence. A field whose name is plainly right and whose type is made for it reaches certain by
// these two alone, so that an empty module can be mapped; nothing else can.
const (
	nameWeight    = 0.88
	idealType     = 0.06
	secondType    = 0.02
	textForURL    = 0.005 // “Referrer” as a text may well be a person
	ownField      = 0.10  // the CRM's own field for it
	valuesFit     = 0.05  // sampled values or offered choices look right
	valuesUnlike  = -0.35 // they look wrong
	valuesUnclear = -0.05
	wrongSection  = -0.45
	offLayout     = -0.05 // no layout shows it
	tooShort      = -0.15
	uniqueFits    = 0.02
)

// candidate is one CRM field weighed for one HeavySet field.
type candidate struct {
	score    float64 // may exceed 1; what does not fit at all is 0
	inverted bool
	standard bool
	named    float64 // what the names alone say
	notes    []string
	refused  string // why it cannot be, where its name would fit
}

// slot is a CRM field with what is known of it.
type slot struct {
	crm.Field
	naming  naming
	section string
	shown   bool // on an active layout, or there is none
	column  column
}

// sheet is everything about one module in one role: fields in a fixed order, and a candidate for each pair.
type sheet struct {
	role      crm.Role
	modules   map[crm.Role]string
	module    bag // words of the module's name
	heavy     []HeavyField
	slots     []slot
	grid      [][]candidate // [heavy][slot]
	samples   int
	unsampled string // what is said where there are no samples
}

// newSheet prepares a module: fields that cannot be written and those a person has already used are left out, the rest
// is put in a fixed order.
func newSheet(s Scan, modules map[crm.Role]string) *sheet {
	w := book()
	sh := &sheet{role: s.Role, modules: modules, module: bag{}, samples: len(s.Samples)}
	sh.unsampled = "There are no records to compare with: judged by names and types alone."
	if s.Unread != "" {
		sh.unsampled = "Records could not be read, judged by names and types alone: " + s.Unread
	}
	initials := ""
	for _, word := range w.words(s.Schema.Module) {
		sh.module[word] = true
		initials += string([]rune(word)[:1])
	}
	if len(initials) > 1 { // “WO Status” in Work_Orders
		sh.module[initials] = true
	}
	used := map[string]bool{}
	for _, field := range s.Chosen {
		used[field] = true
	}
	for _, h := range HeavyFields(s.Role) {
		if _, chosen := s.Chosen[h.Key]; !chosen {
			sh.heavy = append(sh.heavy, h)
		}
	}
	sections, layouts := sectionsOf(s.Schema)
	for _, f := range s.Schema.Fields {
		if used[f.Name] || !f.Creatable && !f.Updatable {
			continue
		}
		title, shown := sections[f.Name]
		sh.slots = append(sh.slots, slot{
			Field: f, naming: w.naming(f), section: title, shown: shown || !layouts, column: columnOf(s.Samples, f.Name),
		})
	}
	slices.SortFunc(sh.slots, func(a, b slot) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	sh.slots = slices.CompactFunc(sh.slots, func(a, b slot) bool { return a.Name == b.Name })
	sh.weigh()
	return sh
}

// sectionsOf gives the section in which each field stands, in the first active layout that shows it.
func sectionsOf(s crm.Schema) (sections map[string]string, some bool) {
	sections = map[string]string{}
	for _, l := range s.Layouts {
		if !l.Active {
			continue
		}
		for _, section := range l.Sections {
			for _, p := range section.Fields {
				some = true
				if _, there := sections[p.Field]; !there {
					sections[p.Field] = section.Name
				}
			}
		}
	}
	return sections, some
}

func (sh *sheet) weigh() {
	sh.grid = make([][]candidate, len(sh.heavy))
	names := sh.bestNames()
	for i, h := range sh.heavy {
		sh.grid[i] = make([]candidate, len(sh.slots))
		for j := range sh.slots {
			sh.grid[i][j] = sh.candidate(h, &sh.slots[j], names)
		}
	}
}

// bestNames gives a lookup: which HeavySet field of this role, if any, some words name without doubt.
func (sh *sheet) bestNames() func(words []string) string {
	w, known := book(), map[string]string{}
	return func(words []string) string {
		text := strings.Join(words, " ")
		if key, done := known[text]; done {
			return key
		}
		best, bestKey := 0.94, ""
		for _, h := range sh.heavy {
			if r := w.read(w.entries[h.Key], words, sh.module); r.fit > best {
				best, bestKey = r.fit, h.Key
			}
		}
		known[text] = bestKey
		return bestKey
	}
}

// candidate weighs one pair.
func (sh *sheet) candidate(h HeavyField, f *slot, names func([]string) string) candidate {
	w := book()
	elsewhere := func(words []string) bool {
		key := names(words)
		return key != "" && key != h.Key
	}
	v := w.judge(h, f.Field, f.naming, sh.module, elsewhere)
	c := candidate{named: v.name, inverted: v.inverted, standard: v.standard, notes: v.notes}
	if v.name == 0 && h.Kind != KindRelated {
		return c
	}
	kindFit, why := sh.kindFit(h, f.Field)
	if h.Kind == KindRelated && kindFit == idealType && v.against == "" {
		v.name = sh.onlyLookup(f, v.name)
	}
	if kindFit == 0 {
		if v.name >= 0.85 {
			c.refused = why
		}
		c.notes = nil
		return c
	}
	if v.name == 0 {
		return c
	}
	c.score = nameWeight*v.name + kindFit
	c.notes = append(c.notes, why)
	if v.standard && !v.inverted {
		c.score += ownField
	}
	sh.circumstances(h, f, &c)
	sh.values(h, f, &c)
	return c
}

// onlyLookup: a lookup to the module that records are linked to is it, whatever its name, when there is no second.
func (sh *sheet) onlyLookup(f *slot, name float64) float64 {
	for i := range sh.slots {
		o := &sh.slots[i]
		if o.Name != f.Name && o.Type == crm.LookupField && slices.Contains(o.Targets, sh.modules[crm.RoleRelatedRecord]) {
			return name
		}
	}
	return max(name, 0.88)
}

// kindFit says whether a field's type takes the values of a HeavySet field; 0 when it does not, with the reason.
func (sh *sheet) kindFit(h HeavyField, f crm.Field) (fit float64, why string) {
	ideal, second := h.Kind.takes()
	switch {
	case slices.Contains(ideal, f.Type):
		fit, why = idealType, "Its type, "+typeWords(f.Type)+", is right."
	case slices.Contains(second, f.Type):
		fit, why = secondType, "Its type, "+typeWords(f.Type)+", can hold it."
		if h.Kind == KindURL {
			fit = textForURL
		}
	default:
		return 0, fmt.Sprintf("A field of the type %s cannot hold %s.", typeWords(f.Type), h.Label)
	}
	if h.Policy == Create && !f.Creatable || h.Policy != Create && !f.Updatable {
		return 0, "The CRM does not let us write it when we need to."
	}
	target := map[Kind]crm.Role{KindRelated: crm.RoleRelatedRecord, KindLead: crm.RoleLead}[h.Kind]
	if target == "" {
		return fit, why
	}
	return sh.lookupFit(f, sh.modules[target])
}

// lookupFit: a lookup has to point to the right module.
func (sh *sheet) lookupFit(f crm.Field, module string) (fit float64, why string) {
	switch {
	case len(f.Targets) == 0:
		return secondType, "It can point to any module."
	case module != "" && slices.Contains(f.Targets, module):
		return idealType, "It points to " + module + "."
	}
	return 0, "It points to " + strings.Join(f.Targets, ", ") + ", not to " + module + "."
}

func typeWords(t crm.FieldType) string { return strings.ReplaceAll(string(t), "_", " ") }

// circumstances weighs where a field stands and what it can hold.
func (sh *sheet) circumstances(h HeavyField, f *slot, c *candidate) {
	if least := leastLength(h.Key); f.Length > 0 && f.Length < least && (f.Type == crm.TextField || f.Type == crm.LongTextField || f.Type == crm.EmailField) {
		c.score += tooShort
		c.notes = append(c.notes, fmt.Sprintf("It holds only %d characters.", f.Length))
	}
	if !f.shown {
		c.score += offLayout
		c.notes = append(c.notes, "No layout shows it.")
	}
	if f.Unique && (h.Key == "external_id" || h.Key == "confirmation_code") {
		c.score += uniqueFits
		c.notes = append(c.notes, "Its values are unique.")
	}
	w := book()
	if e := w.entries[h.Key]; e.about != person && e.about != place {
		return
	}
	for _, word := range w.words(f.section) {
		if w.otherSections[word] && !sh.module[word] {
			c.score += wrongSection
			c.notes = append(c.notes, "It stands in the section “"+f.section+"”, which is about something else.")
			return
		}
	}
}

// values weighs the sampled values, or the choices of a picklist.
func (sh *sheet) values(h HeavyField, f *slot, c *candidate) {
	if f.Type == crm.PicklistField || f.Type == crm.MultiPickField {
		sh.choices(h, f, c)
		return
	}
	shape := shapeOf(h.Key)
	if shape == nil || f.Type == crm.IntegerField && h.Key != "duration" {
		return
	}
	hits, of, enough := f.column.share(shape)
	if !enough {
		return
	}
	switch share := float64(hits) / float64(of); {
	case share >= 0.8:
		c.score += valuesFit
		c.notes = append(c.notes, fmt.Sprintf("%d of %d sampled values look like it.", hits, of))
	case share < 0.3:
		c.score += valuesUnlike
		if c.standard { // filled with something else, but what else should it be for
			c.score -= valuesUnlike / 2
		}
		c.notes = append(c.notes, fmt.Sprintf("Only %d of %d sampled values look like it.", hits, of))
	default:
		c.score += valuesUnclear
		c.notes = append(c.notes, fmt.Sprintf("%d of %d sampled values look like it.", hits, of))
	}
}

// choices weighs a picklist by what it offers.
func (sh *sheet) choices(h HeavyField, f *slot, c *candidate) {
	list := offered(f.Choices)
	if len(list) < 2 {
		return
	}
	if h.Kind == KindBoolean && len(list) > 3 {
		c.score += valuesUnlike
		c.notes = append(c.notes, "It offers more than yes and no.")
		return
	}
	if vocabularyOf(h.Key) == nil {
		shape := shapeOf(h.Key)
		if shape == nil {
			return
		}
		hits := 0
		for _, s := range list {
			if shape(s) {
				hits++
			}
		}
		if hits*10 < len(list)*3 || sh.statusLike(list)*10 >= len(list)*3 {
			c.score += valuesUnlike
			c.notes = append(c.notes, "What it offers does not look like it.")
		} else if hits*10 >= len(list)*8 {
			c.score += valuesFit / 2
		}
		return
	}
	hits := recognised(h.Key, list)
	switch {
	case hits*10 >= len(list)*4:
		c.score += valuesFit
		c.notes = append(c.notes, fmt.Sprintf("%d of %d choices are values that we know.", hits, len(list)))
	case hits == 0 && len(list) >= 3 && strictChoice(h.Key):
		c.score -= 0.14
		c.notes = append(c.notes, "None of its choices is a value that we know.")
	}
}

// statusLike counts choices that are states of something: a picklist “State” or “Estado” may be either.
func (sh *sheet) statusLike(list []string) int {
	return recognised("status", list) + recognised("lead_status", list)
}

// strictChoice names the fields whose values people call alike everywhere.
func strictChoice(key string) bool {
	return key == "status" || key == "lead_status" || key == "disposition" || key == "preferred_contact" || key == "homeowner"
}
