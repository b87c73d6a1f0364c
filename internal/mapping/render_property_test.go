package mapping_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/mapping"
)

var stages = []string{"New", "Contacted", "Booked", "Won"}

// words are texts as visitors and staff leave them: empty, blank, long, with our markers, looking like something else.
func words() *rapid.Generator[string] {
	return rapid.OneOf(rapid.Just(""), rapid.SampledFrom([]string{" ", "\n", "New", "contacted", "Won", "no", "12", "3.5", "2026-11-30", "2026-11-30T10:00:00+00:00", mapping.BlockStart, mapping.BlockEnd}),
		rapid.StringOfN(rapid.Rune(), 0, 40, -1), rapid.StringMatching(`[a-z ]{0,60}\n{0,2}[a-z]{0,9}`))
}

func instant() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		zone := time.FixedZone("z", rapid.IntRange(-14*4, 14*4).Draw(t, "quarter hours")*15*60)
		return time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")).In(zone)
	})
}

func ref() *rapid.Generator[crm.Ref] {
	return rapid.Custom(func(t *rapid.T) crm.Ref {
		return crm.Ref{ID: rapid.SampledFrom([]string{"", "1", "2"}).Draw(t, "id"), Name: words().Draw(t, "name")}
	})
}

// ours is a value of a HeavySet field.
func ours() *rapid.Generator[any] {
	return rapid.OneOf(rapid.Just[any](nil), words().AsAny(), rapid.Bool().AsAny(), rapid.Int64Range(-999, 999).AsAny(), rapid.Float64Range(-999, 999).AsAny(), instant().AsAny(), ref().AsAny(),
		rapid.SampledFrom([]crm.Date{"", "2026-11-30"}).AsAny())
}

// theirs is a value that a CRM gives back.
func theirs() *rapid.Generator[any] {
	return rapid.OneOf(rapid.Just[any](nil), words().AsAny(), rapid.Bool().AsAny(), rapid.Int64Range(-999, 999).AsAny(), rapid.Float64Range(-999, 999).AsAny(), instant().AsAny(), ref().AsAny(),
		rapid.SliceOfN(rapid.SampledFrom(append([]string{"Theirs"}, stages...)), 0, 3).AsAny())
}

func anyRow() *rapid.Generator[mapping.Row] {
	return rapid.Custom(func(t *rapid.T) mapping.Row {
		r := mapping.Row{
			Role: crm.RoleLead, Key: "k", Field: "F", Policy: rapid.SampledFrom([]mapping.Policy{mapping.Create, mapping.Fill, mapping.Overwrite, mapping.Append, mapping.Forward}).Draw(t, "policy"),
			Type: rapid.SampledFrom([]crm.FieldType{
				"", crm.TextField, crm.LongTextField, crm.EmailField, crm.PhoneField, crm.URLField, crm.IntegerField, crm.BigIntField, crm.DecimalField, crm.CurrencyField, crm.PercentField,
				crm.BooleanField, crm.DateField, crm.DateTimeField, crm.PicklistField, crm.MultiPickField, crm.LookupField, crm.UserField, crm.ListField, crm.OtherField,
			}).Draw(t, "type"),
			Limit: rapid.SampledFrom([]int{0, 0, 5, 30, 80}).Draw(t, "limit"), Inverted: rapid.Bool().Draw(t, "inverted"),
		}
		if r.Type == crm.PicklistField || r.Type == crm.MultiPickField {
			r.Choices = stages
			r.Values = map[string]string{"no": "New", "12": "Nowhere"}
			r.Default = rapid.SampledFrom([]string{"", "New", "Gone"}).Draw(t, "default")
		}
		switch rapid.IntRange(0, 4).Draw(t, "source") {
		case 0:
			r.Constant = words().Draw(t, "constant")
		case 1:
			r.Template = words().Draw(t, "before") + "{k}" + words().Draw(t, "after")
		}
		return r
	})
}

func blank(v any) bool {
	switch x := v.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(x) == ""
	case crm.Date:
		return x == ""
	case []string:
		return len(x) == 0
	case crm.Ref:
		return x.ID == ""
	}
	return false
}

// TestNoWriteEverHarms: whatever is mapped onto whatever, and whatever was there: no field is blanked, what a policy
// protects stays, a status never goes back, others' text and choices stay, and what was written is not written again.
func TestNoWriteEverHarms(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := anyRow().Draw(t, "row")
		m := mapping.Mapping{Rows: []mapping.Row{r}}
		f := mapping.Fields{"k": ours().Draw(t, "ours")}
		if r.Policy == mapping.Append && rapid.Bool().Draw(t, "a block") {
			f["k"] = mapping.Block([]mapping.Line{{Label: "Notes", Text: words().Draw(t, "notes")}}, "apt_1")
		}
		have := crm.Record{Values: crm.Values{"F": theirs().Draw(t, "theirs"), "Other": "x"}}
		before := maps.Clone(have.Values)
		out := m.RenderChange(crm.RoleLead, f, have)
		old := have.Values["F"]
		v, written := out["F"]
		switch {
		case len(out) > 1 || !written && len(out) > 0:
			t.Fatalf("writes what no row names: %v", out)
		case !written:
			return
		case blank(v):
			t.Fatalf("blanks: %#v", v)
		case r.Policy == mapping.Create:
			t.Fatalf("changes what is for new records only: %#v", v)
		case r.Policy == mapping.Fill && !blank(old):
			t.Fatalf("fills what is not empty: %#v over %#v", v, old)
		}
		if r.Policy == mapping.Forward && !blank(old) {
			was, _ := old.(string)
			is, _ := v.(string)
			if from, to := slices.Index(stages, was), slices.Index(stages, is); from < 0 || to <= from {
				t.Fatalf("a status goes from %#v to %#v", old, v)
			}
		}
		if r.Policy == mapping.Append {
			appended(t, r, old, v)
		}
		if was, ok := old.([]string); ok && r.Type == crm.MultiPickField {
			for _, s := range was {
				if !slices.Contains(v.([]string), s) {
					t.Fatalf("takes the choice %q out of %v", s, v)
				}
			}
		}
		if !maps.EqualFunc(before, have.Values, func(a, b any) bool { return crm.SameValue(a, b) }) {
			t.Fatal("changes the record that it was given")
		}
		if have.Values["F"] = v; r.Type == crm.DateField || r.Type == "" {
			if d, ok := v.(crm.Date); ok {
				have.Values["F"] = string(d) // as a CRM gives it back
			}
		}
		if again := m.RenderChange(crm.RoleLead, f, have); len(again) > 0 {
			t.Fatalf("writes again what is there: %#v over %#v", again["F"], v)
		}
	})
}

// appended fails unless a text that grew holds what others wrote, in order and whole.
func appended(t *rapid.T, r mapping.Row, old, v any) {
	switch x := v.(type) {
	case bool:
		if !blank(old) && (old != false || !x) {
			t.Fatalf("takes %#v back for %#v", old, x)
		}
		return
	case time.Time, crm.Date:
		if !blank(old) {
			t.Fatalf("%#v over %#v", x, old)
		}
		return
	}
	was, isText := old.(string)
	is, ok := v.(string)
	if !ok || !isText && !blank(old) {
		t.Fatalf("appends %#v to %#v", v, old)
	}
	if r.Limit > 0 && utf8.RuneCountInString(is) > r.Limit {
		t.Fatalf("%d characters for %d", utf8.RuneCountInString(is), r.Limit)
	}
	if !strings.Contains(was, mapping.BlockStart) && !strings.HasPrefix(is, strings.TrimRight(was, "\n")) {
		t.Fatalf("what others wrote is gone: %q over %q", is, was)
	}
}

// TestOthersTextStays: staff write around our block, and may take parts of it away; what they wrote is still there after
// each of our writes, and there is one block for each of our records.
func TestOthersTextStays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		mine, other := "Notes: old\nReference: apt_1", "Reference: apt_2"
		whole := func(s string) string { return mapping.BlockStart + "\n" + s + "\n" + mapping.BlockEnd }
		said := rapid.StringMatching(`[a-z ]{0,9}(\n[a-z:]{0,9})?`)
		pre, between, post := said.Draw(t, "before"), said.Draw(t, "between"), said.Draw(t, "after")
		part := func(name string) string {
			return rapid.SampledFrom([]string{"", whole(mine), whole(other), mapping.BlockStart, mapping.BlockEnd, mapping.BlockStart + "\n" + mine, mapping.BlockStart + "\n" + other}).Draw(t, name)
		}
		old := pre + "\n" + part("first") + "\n" + between + "\n" + part("second") + "\n" + post
		m := mapping.Mapping{Rows: []mapping.Row{{Role: crm.RoleLead, Key: "k", Field: "F", Policy: mapping.Append}}}
		f := mapping.Fields{"k": mapping.Block([]mapping.Line{{Label: "Notes", Text: "new"}}, "apt_1")}
		text := m.RenderChange(crm.RoleLead, f, crm.Record{Values: crm.Values{"F": old}})["F"].(string)
		if !strings.HasPrefix(text, strings.TrimRight(pre, "\n")) || !strings.Contains(text, strings.TrimSpace(between)) || !strings.Contains(text, strings.TrimSpace(post)) {
			t.Fatalf("%q became %q", old, text)
		}
		if strings.Count(text, "apt_2") != strings.Count(old, "apt_2") || !strings.Contains(text, "Notes: new\nReference: apt_1") {
			t.Fatalf("blocks: %q became %q", old, text)
		}
		if again := m.RenderChange(crm.RoleLead, f, crm.Record{Values: crm.Values{"F": text}}); len(again) != 0 {
			t.Fatalf("%q is written again as %q", text, again["F"])
		}
	})
}
