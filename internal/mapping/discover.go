package mapping

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"heavyset.tech/platform/internal/crm"
)

// Level says what a proposal is good for.
type Level string

// The levels. Auto is filled in, Check is filled in and marked, Suggestion is only offered, None is left blank.
const (
	Auto       Level = "auto"
	Check      Level = "check"
	Suggestion Level = "suggestion"
	None       Level = "none"
)

const (
	autoFrom       = 0.90
	checkFrom      = 0.70
	suggestionFrom = 0.40
	alternatesFrom = 0.25
	// margin is how far the best field has to be ahead of the next one that is still free: a wrong mapping costs more
	// than a blank.
	margin = 0.05
	// idle is how much less ahead a field is that nobody fills in, of one that everybody does.
	idle = 0.10
	// alternates is how many other fields are named.
	alternates = 3
)

// Scan is one module in one role, as Auto-Discover looks at it.
type Scan struct {
	Role    crm.Role
	Schema  crm.Schema
	Samples []crm.Record
	Unread  string            // why there are no samples, where they could not be read
	Chosen  map[string]string // what people have mapped: HeavySet key → API name. Neither is touched
}

// Proposal is what Auto-Discover says about one HeavySet field.
type Proposal struct {
	Role         crm.Role
	Key          string
	Field        string // API name; "" = left blank
	FieldID      string
	Inverted     bool    // the CRM field means the opposite: an opt-out for a consent
	Confidence   float64 // 0 to 1; of the best field also where the row is left blank
	Level        Level
	Evidence     []string // for people; never a value of a record
	Alternatives []Alternative
	Choices      []ChoicePair // for a picklist: which of our values goes into which choice
}

// Alternative is another field that might be meant, or one whose name fits and whose type does not.
type Alternative struct {
	Field, FieldID string
	Confidence     float64
	Reason         string
}

// Propose decides for every HeavySet field of the scanned roles that nobody has chosen a field for. Within one role no
// field is proposed twice. The answer depends neither on the order of fields and records nor on anything but its
// arguments.
func Propose(scans []Scan, modules map[crm.Role]string) []Proposal {
	var out []Proposal
	for _, s := range scans {
		s.Chosen = maps.Clone(s.Chosen) // a choice of a field that the module does not have is none
		maps.DeleteFunc(s.Chosen, func(_, field string) bool { _, there := s.Schema.Field(field); return !there })
		sh := newSheet(s, modules)
		sh.pair()
		out = append(out, sh.decide()...)
	}
	return out
}

// SampleFields names the fields of a module whose values are worth reading for some roles: those that a name or type
// brings near a HeavySet field, the nearest first.
func SampleFields(s crm.Schema, modules map[crm.Role]string, roles ...crm.Role) []string {
	near := map[string]float64{}
	for _, r := range roles {
		sh := newSheet(Scan{Role: r, Schema: s}, modules)
		for i := range sh.heavy {
			for j, f := range sh.slots {
				near[f.Name] = max(near[f.Name], sh.grid[i][j].score)
			}
		}
	}
	names := make([]string, 0, len(near))
	for _, f := range s.Fields {
		if score, ok := near[f.Name]; ok && score >= alternatesFrom && readable(f.Type) && !slices.Contains(names, f.Name) {
			names = append(names, f.Name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(near[b], near[a]), cmp.Compare(a, b)) })
	return names[:min(len(names), crm.SampleFields)]
}

// readable reports whether values of a type tell anything.
func readable(t crm.FieldType) bool {
	switch t {
	case crm.BooleanField, crm.UserField, crm.LookupField, crm.ListField, crm.OtherField, crm.PicklistField, crm.MultiPickField:
		return false
	}
	return true
}

// decide matches all fields of the module at once.
func (sh *sheet) decide() []Proposal {
	weights := make([][]float64, len(sh.heavy))
	for i := range sh.heavy {
		weights[i] = make([]float64, len(sh.slots))
		for j, c := range sh.grid[i] {
			if c.score >= suggestionFrom {
				weights[i][j] = math.Pow(c.score, 4) // one good match is worth more than two poor ones
			}
		}
	}
	chosen := assign(weights)
	takenBy := map[int]int{}
	for i, j := range chosen {
		if j >= 0 {
			takenBy[j] = i
		}
	}
	out := make([]Proposal, len(sh.heavy))
	for i := range sh.heavy {
		out[i] = sh.proposal(i, chosen[i], takenBy)
	}
	return out
}

// proposal words what is said about one HeavySet field; j is the field it got, -1 for none.
func (sh *sheet) proposal(i, j int, takenBy map[int]int) Proposal {
	h := sh.heavy[i]
	p := Proposal{Role: sh.role, Key: h.Key, Level: None, Evidence: []string{}}
	if j < 0 {
		p.Alternatives = sh.alternatives(i, -1, takenBy)
		if len(p.Alternatives) == 0 {
			p.Evidence = append(p.Evidence, "No field of the module fits.")
		}
		return p
	}
	c, f := sh.grid[i][j], sh.slots[j]
	p.Confidence, p.Level = round(c.score), levelOf(c.score)
	if rival := sh.rival(i, j, takenBy); rival >= 0 && p.Level != Suggestion {
		p.Level = None
		p.Evidence = append(p.Evidence, fmt.Sprintf("“%s” and “%s” fit about equally well: please choose.", f.Label, sh.slots[rival].Label))
		p.Alternatives = sh.alternatives(i, -1, takenBy)
		return p
	}
	p.Field, p.FieldID, p.Inverted, p.Evidence = f.Name, f.ID, c.inverted, slices.Clone(c.notes)
	if sh.samples == 0 {
		p.Evidence = append(p.Evidence, sh.unsampled)
	}
	if other := sh.alsoMeant(i, j, takenBy); other != "" && p.Level == Auto {
		p.Level, p.Confidence = Check, min(p.Confidence, autoFrom-0.01)
		p.Evidence = append(p.Evidence, "It might as well be "+other+".")
	}
	if f.Type == crm.PicklistField || f.Type == crm.MultiPickField {
		p.Choices = PairChoices(h.Key, f.Choices)
	}
	p.Alternatives = sh.alternatives(i, j, takenBy)
	return p
}

// rival gives the best other field that is not better used elsewhere, when it comes too near.
func (sh *sheet) rival(i, j int, takenBy map[int]int) int {
	near, at := 0.0, -1
	for k, c := range sh.grid[i] {
		if k == j || c.score <= near {
			continue
		}
		if user, taken := takenBy[k]; taken && sh.grid[user][k].score >= c.score {
			continue
		}
		near, at = c.score, k
	}
	if at < 0 || near < suggestionFrom {
		return -1
	}
	ahead := sh.grid[i][j].score - near
	if sh.slots[j].column.unused() && sh.slots[at].column.used() {
		ahead -= idle
	}
	if ahead < margin {
		return at
	}
	return -1
}

// alsoMeant names another HeavySet field for which this field is as good and which has got nothing better.
func (sh *sheet) alsoMeant(i, j int, takenBy map[int]int) string {
	got := map[int]int{}
	for col, row := range takenBy {
		got[row] = col
	}
	for k := range sh.heavy {
		if k == i || sh.grid[k][j].score < sh.grid[i][j].score-0.03 {
			continue
		}
		if col, has := got[k]; !has || sh.grid[k][col].score < sh.grid[k][j].score {
			return sh.heavy[k].Label
		}
	}
	return ""
}

// alternatives lists the next best fields, then those whose name fits and whose type does not.
func (sh *sheet) alternatives(i, except int, takenBy map[int]int) []Alternative {
	out := []Alternative{}
	for j, c := range sh.grid[i] {
		if j == except || c.score < alternatesFrom && c.refused == "" {
			continue
		}
		a := Alternative{Field: sh.slots[j].Name, FieldID: sh.slots[j].ID, Confidence: round(c.score), Reason: c.refused}
		if user, taken := takenBy[j]; taken && user != i && c.refused == "" {
			a.Reason = "Proposed for " + sh.heavy[user].Label + "."
		} else if c.refused == "" && len(c.notes) > 0 {
			a.Reason = c.notes[len(c.notes)-1]
		}
		out = append(out, a)
	}
	slices.SortStableFunc(out, func(a, b Alternative) int { return cmp.Compare(b.Confidence, a.Confidence) })
	return out[:min(len(out), alternates)]
}

func levelOf(score float64) Level {
	switch score = round(score); {
	case score >= autoFrom:
		return Auto
	case score >= checkFrom:
		return Check
	case score >= suggestionFrom:
		return Suggestion
	}
	return None
}

// round gives a confidence with two digits; certainty is for people.
func round(score float64) float64 { return math.Round(min(max(score, 0), 0.99)*100) / 100 }
