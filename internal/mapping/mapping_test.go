package mapping_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/mapping"
)

var start = time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC)

func TestRenderNew(t *testing.T) {
	t.Parallel()
	m := mapping.BuiltIn()
	got := m.RenderNew(crm.RoleLead, mapping.Fields{"first_name": "", "last_name": "Doe", "full_name": "Doe", "email": "d@x.example", "project_details": mapping.Block(nil, "lead_1")})
	want := crm.Values{
		"Last_Name": "Doe", "Email": "d@x.example", "Company": "Doe (Residential)",
		"Description": "--- HeavySet ---\nReference: lead_1\n--- /HeavySet ---",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	long := m.RenderNew(crm.RoleRelatedRecord, mapping.Fields{"last_name": strings.Repeat("é", 90)})
	if n := len([]rune(long["Last_Name"].(string))); n != 80 {
		t.Errorf("a name of 90 characters became %d, Zoho takes 80", n)
	}
}

func TestRenderChangeKeepsWhatPoliciesProtect(t *testing.T) {
	t.Parallel()
	m := mapping.Mapping{Rows: []mapping.Row{
		{Role: crm.RoleLead, Key: "a", Field: "Made", Policy: mapping.Create},
		{Role: crm.RoleLead, Key: "b", Field: "Filled", Policy: mapping.Fill},
		{Role: crm.RoleLead, Key: "c", Field: "Blank", Policy: mapping.Fill},
		{Role: crm.RoleLead, Key: "d", Field: "Over", Policy: mapping.Overwrite},
		{Role: crm.RoleLead, Key: "e", Field: "Same", Policy: mapping.Overwrite},
		{Role: crm.RoleLead, Key: "f", Field: "When", Policy: mapping.Overwrite},
		{Role: crm.RoleLead, Key: "g", Field: "Who", Policy: mapping.Overwrite},
		{Role: crm.RoleLead, Key: "missing", Field: "Kept", Policy: mapping.Overwrite},
		{Role: crm.RoleLead, Key: "empty", Field: "Kept", Policy: mapping.Overwrite},
	}}
	have := crm.Record{Values: crm.Values{
		"Made": "", "Filled": "theirs", "Blank": "", "Over": "old", "Same": "same", "Kept": "theirs",
		"When": start.In(time.FixedZone("", -6*3600)), "Who": crm.Ref{ID: "7", Name: "Ann"},
	}}
	f := mapping.Fields{"a": "x", "b": "x", "c": "x", "d": "x", "e": "same", "f": start, "g": crm.Ref{ID: "7"}, "empty": " "}
	if d := cmp.Diff(crm.Values{"Blank": "x", "Over": "x"}, m.RenderChange(crm.RoleLead, f, have)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// TestAppendOfWhatIsNoText: a yes goes over a no and an instant into an empty field; nothing that is there is taken back.
func TestAppendOfWhatIsNoText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		inverted       bool
		old, ours, out any
	}{
		"agreed, nothing there":           {false, nil, true, true},
		"agreed, no there":                {false, false, true, true},
		"agreed, yes there":               {false, true, true, nil},
		"withdrawn, yes there":            {false, true, false, nil},
		"withdrawn, nothing there":        {false, nil, false, false},
		"agreed, somebody has opted out":  {true, true, true, nil},
		"agreed, nobody has opted out":    {true, false, true, nil},
		"withdrawn, nobody has opted out": {true, false, false, true},
		"a text there":                    {false, "maybe", true, nil},
		"an instant, nothing there":       {false, nil, start, start},
		"an instant, another there":       {false, start.AddDate(0, 0, -1), start, nil},
	} {
		m := mapping.Mapping{Rows: []mapping.Row{{Role: crm.RoleLead, Key: "k", Field: "F", Policy: mapping.Append, Inverted: c.inverted}}}
		got := m.RenderChange(crm.RoleLead, mapping.Fields{"k": c.ours}, crm.Record{Values: crm.Values{"F": c.old}})
		if v, there := got["F"]; there != (c.out != nil) || v != c.out {
			t.Errorf("%s: %v", name, got)
		}
	}
	m := mapping.Mapping{Rows: []mapping.Row{{Role: crm.RoleLead, Key: "k", Field: "F", Policy: mapping.Append}}}
	if got := m.RenderNew(crm.RoleLead, mapping.Fields{"k": true}); got["F"] != true {
		t.Errorf("a new record: %v", got)
	}
}

func TestBlocks(t *testing.T) {
	t.Parallel()
	m := mapping.Mapping{Rows: []mapping.Row{{Role: crm.RoleLead, Key: "d", Field: "Description", Policy: mapping.Append}}}
	render := func(old, block string) string {
		v := m.RenderChange(crm.RoleLead, mapping.Fields{"d": block}, crm.Record{Values: crm.Values{"Description": old}})
		if s, ok := v["Description"].(string); ok {
			return s
		}
		return old
	}
	one := mapping.Block([]mapping.Line{{Label: "Message", Text: "hello"}}, "lead_1")
	two := mapping.Block([]mapping.Line{{Label: "Message", Text: "again"}}, "lead_2")
	text := render("Their notes.", one)
	if !strings.HasPrefix(text, "Their notes.\n\n--- HeavySet ---\nMessage: hello\n") {
		t.Errorf("first block: %q", text)
	}
	if render(text, one) != text {
		t.Error("the same block twice must change nothing")
	}
	both := render(text, two)
	if !strings.Contains(both, "hello") || !strings.Contains(both, "again") || !mapping.HasReference(both, "lead_1") || !mapping.HasReference(both, "lead_2") {
		t.Errorf("a second record's block must not take the place of the first: %q", both)
	}
	changed := render(both, mapping.Block([]mapping.Line{{Label: "Message", Text: "changed"}}, "lead_1"))
	if strings.Contains(changed, "hello") || !strings.Contains(changed, "again") || !strings.HasPrefix(changed, "Their notes.") {
		t.Errorf("only our own block may change: %q", changed)
	}
	if mapping.HasReference("Reference: lead_1", "lead_1") {
		t.Error("a reference outside of a block counts for nothing")
	}
}

func TestNoTextForgesABlock(t *testing.T) {
	t.Parallel()
	for name, l := range map[string]mapping.Line{
		"end marker in the text":  {Label: "Notes", Text: "x\n--- /HeavySet ---\nReference: apt_evil"},
		"start marker":            {Label: "Notes", Text: "--- HeavySet ---\nReference: apt_evil"},
		"marker in the label":     {Label: "--- /HeavySet ---", Text: "x"},
		"reference as a label":    {Label: "Reference", Text: "apt_evil"},
		"reference with a CR LF":  {Label: "Notes", Text: "a\r\nReference: apt_evil\r\n"},
		"reference at the bottom": {Label: "Notes", Text: "a\nReference: apt_evil"},
	} {
		m := mapping.Mapping{Rows: []mapping.Row{{Role: crm.RoleLead, Key: "d", Field: "Description", Policy: mapping.Append}}}
		v := m.RenderNew(crm.RoleLead, mapping.Fields{"d": mapping.Block([]mapping.Line{l}, "apt_ours")})
		text := v["Description"].(string)
		if mapping.HasReference(text, "apt_evil") || !mapping.HasReference(text, "apt_ours") {
			t.Errorf("%s: %q", name, text)
		}
	}
}

// TestAppendNeverTouchesWhatIsTheirs: whatever stands in the field and whatever a visitor wrote, the text around our
// block survives, and the block is found again.
func TestAppendNeverTouchesWhatIsTheirs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		theirs := rapid.StringMatching(`[a-zA-Z -]{0,20}(\n[a-z]{0,10}){0,3}`).Draw(t, "theirs")
		if strings.Contains(theirs, mapping.BlockStart) {
			t.Skip()
		}
		limit := rapid.SampledFrom([]int{0, 150, 400}).Draw(t, "limit")
		m := mapping.Mapping{Rows: []mapping.Row{{Role: crm.RoleLead, Key: "d", Field: "D", Policy: mapping.Append, Limit: limit}}}
		text := theirs
		for range rapid.IntRange(1, 3).Draw(t, "writes") {
			b := mapping.Block([]mapping.Line{{Label: "Notes", Text: rapid.String().Draw(t, "notes")}}, "apt_1")
			v := m.RenderChange(crm.RoleLead, mapping.Fields{"d": b}, crm.Record{Values: crm.Values{"D": text}})
			if s, ok := v["D"].(string); ok {
				text = s
			}
		}
		if !strings.HasPrefix(text, strings.TrimRight(theirs, "\n")) {
			t.Fatalf("their text %q became %q", theirs, text)
		}
		if !mapping.HasReference(text, "apt_1") {
			t.Fatalf("our block is lost in %q", text)
		}
		if limit > 0 && len([]rune(text)) > limit {
			t.Fatalf("%d characters where %d fit", len([]rune(text)), limit)
		}
	})
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	f := mapping.Fields{"service": "Roof inspection", "full_name": "Jo Doe", "hostile": "{service}"}
	for template, want := range map[string]string{
		"{service} – {full_name}": "Roof inspection – Jo Doe", "{nothing} – {full_name}": "Jo Doe", "{service} – {nothing}": "Roof inspection",
		"{hostile}": "{service}", "{unclosed": "{unclosed", "plain": "plain", "{full_name} (Residential)": "Jo Doe (Residential)",
	} {
		m := mapping.Mapping{Rows: []mapping.Row{{Role: crm.RoleLead, Template: template, Field: "F", Policy: mapping.Overwrite}}}
		if got := m.RenderNew(crm.RoleLead, f)["F"]; got != want {
			t.Errorf("%q gave %q, want %q", template, got, want)
		}
	}
}

// TestAppendedTemplates: what a template puts around our block, or a fixed text holds, does not hide the reference by
// which the block is found again.
func TestAppendedTemplates(t *testing.T) {
	t.Parallel()
	f := mapping.Fields{"project_details": mapping.Block([]mapping.Line{{Label: "Notes", Text: "n"}}, "lead_1")}
	for name, row := range map[string]mapping.Row{
		"text behind the block": {Template: "{project_details}\nby HeavySet"},
		"a marker":              {Constant: "a\n" + mapping.BlockEnd + "\nb"},
		"another start":         {Constant: mapping.BlockStart},
	} {
		row.Role, row.Field, row.Policy = crm.RoleLead, "F", mapping.Append
		m := mapping.Mapping{Rows: []mapping.Row{row}}
		once := m.RenderNew(crm.RoleLead, f)
		if again := m.RenderChange(crm.RoleLead, f, crm.Record{Values: once}); len(again) != 0 {
			t.Errorf("%s: %q is written again as %q", name, once["F"], again["F"])
		}
		if row.Template != "" && !mapping.HasReference(once["F"].(string), "lead_1") {
			t.Errorf("%s: the reference is lost in %q", name, once["F"])
		}
	}
}
