package mapping

import (
	"fmt"
	"slices"

	"heavyset.tech/platform/internal/crm"
)

// naming is what a field is called, in words.
type naming struct {
	label, api []string
	same       bool // label and API name say the same
}

func (w *wordbook) naming(f crm.Field) naming {
	n := naming{label: w.words(f.Label), api: w.words(f.Name)}
	if f.Label == "" {
		n.label = n.api
	}
	n.same = slices.Equal(n.label, n.api)
	return n
}

// reading is how well words name a HeavySet field.
type reading struct {
	fit      float64 // 0 to 1
	inverted bool
	against  string // the word that makes something else of it
}

// read compares words with the names of a HeavySet field. A phrase must be there whole; words beside it that are not
// known to be harmless make it doubtful, those known to turn the meaning end it.
func (w *wordbook) read(e entry, words []string, module bag) reading {
	out := reading{}
	if !slices.ContainsFunc(words, func(s string) bool { return e.vocabulary[s] }) {
		return out
	}
	have := bag{}
	for _, s := range words {
		have[s] = true
	}
	best := w.cover(e, e.says, have, module, &out)
	opposite := reading{inverted: true}
	if inverse := w.cover(e, e.inverted, have, module, &opposite); inverse > best {
		return opposite
	}
	return out
}

func (w *wordbook) cover(e entry, says []phrase, have, module bag, out *reading) float64 {
	covered, longest := bag{}, 0
	for _, p := range says {
		if have.hasAll(p.words) {
			if len(p.words) > longest { // the phrase that says most decides how good a sign it is
				longest, out.fit = len(p.words), 0
			}
			if len(p.words) == longest {
				out.fit = max(out.fit, p.weight)
			}
			for _, s := range p.words {
				covered[s] = true
			}
		}
	}
	if out.fit == 0 {
		return 0
	}
	harmless, doubtful := 0, 0
	for _, s := range sorted(have) {
		switch {
		case covered[s], w.linking[s]:
		case e.beside[s], module[s], e.place && (w.goodPlaces[s] || w.otherPlaces[s]):
			harmless++
		case e.against[s]:
			out.fit, out.against = 0, s
			return 0
		default:
			doubtful++
		}
	}
	out.fit *= [4]float64{1, 0.62, 0.45, 0.3}[min(doubtful, 3)]
	out.fit -= min(0.01*float64(harmless), 0.02)
	return out.fit
}

// plainName reports whether words say nothing but what kind of record it is, and that it is its name: what the field
// that names the records of a module of one's own is called.
func (w *wordbook) plainName(e entry, words []string, module bag) bool {
	return !slices.ContainsFunc(words, func(s string) bool { return !e.beside[s] && !module[s] && s != "name" })
}

// verdict is what a field's names say about a HeavySet field.
type verdict struct {
	name     float64
	inverted bool
	standard bool // it is the CRM's own field for it, and not called otherwise
	notes    []string
	against  string
}

// other tells whether words name a HeavySet field other than this one well.
type other func(words []string) bool

// judge weighs label against API name. People see and change labels; an API name keeps what a field was made for.
func (w *wordbook) judge(h HeavyField, f crm.Field, n naming, module bag, elsewhere other) verdict {
	e := w.entries[h.Key]
	label := w.read(e, n.label, module)
	own := f.Name == h.Default && h.Default != "" || h.Key == "title" && f.Name == "Name"
	if own && label.fit < 0.9 && h.Key == "title" && label.against == "" && w.plainName(e, n.label, module) {
		label.fit = 0.97
	}
	v := verdict{inverted: label.inverted, against: label.against}
	if label.against != "" {
		v.notes = append(v.notes, fmt.Sprintf("“%s” in the label speaks of something else.", label.against))
		return v
	}
	if n.same && !own {
		v.name = label.fit
		return v.say(h, f, label)
	}
	api := w.read(e, n.api, module)
	if own && !api.inverted {
		api.fit, api.inverted = 1, h.Key == "consent_contact"
	}
	switch {
	case label.fit >= 0.85 && api.fit >= 0.85:
		v.name, v.standard = max(label.fit, (label.fit+api.fit)/2), own
	case label.fit >= 0.85 && !n.same && elsewhere(n.api):
		v.name = 0.88 * label.fit
		v.notes = append(v.notes, "The API name "+f.Name+" was made for something else.")
	case label.fit >= 0.85:
		v.name = 0.99 * label.fit
	case api.fit >= 0.85 && label.fit >= 0.5 && label.inverted == api.inverted:
		v.name, v.standard = (label.fit+api.fit)/2, own
	case api.fit >= 0.85:
		v.name, v.inverted = w.behindLabel(n, own, elsewhere), api.inverted
		v.notes = append(v.notes, "The API name fits, the label “"+f.Label+"” does not say so.")
	default:
		v.name = max(label.fit, 0.6*api.fit)
		if api.fit > label.fit {
			v.inverted = api.inverted
		}
	}
	return v.say(h, f, label)
}

// behindLabel is how much an API name is worth whose label says something else: much, when the label is in words that
// nobody here knows; little, when it is in words that are known and mean other things.
func (w *wordbook) behindLabel(n naming, own bool, elsewhere other) float64 {
	switch {
	case elsewhere(n.label):
		return 0.3
	case slices.ContainsFunc(n.label, func(s string) bool { return w.known[s] }):
		return 0.45
	case own:
		return 0.8
	}
	return 0.6
}

func (v verdict) say(h HeavyField, f crm.Field, label reading) verdict {
	switch {
	case label.fit >= 0.85 && v.inverted:
		v.notes = append(v.notes, fmt.Sprintf("The label “%s” means the opposite of %s.", f.Label, h.Label))
	case label.fit >= 0.85:
		v.notes = append(v.notes, fmt.Sprintf("The label “%s” is a name for %s.", f.Label, h.Label))
	case label.fit > 0:
		v.notes = append(v.notes, fmt.Sprintf("The label “%s” resembles a name for %s.", f.Label, h.Label))
	}
	if v.standard {
		v.notes = append(v.notes, f.Name+" is the CRM's own field for it.")
	}
	return v
}

func sorted(b bag) []string {
	out := make([]string, 0, len(b))
	for s := range b {
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}
