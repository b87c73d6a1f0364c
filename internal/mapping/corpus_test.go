package mapping_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/mapping"
)

// The corpus: schemas with the answers that a careful person would give. See testdata/corpus/README.md for the notation.

type corpusModule struct {
	API     string            `json:"api"`
	Base    string            `json:"base"`
	Drop    []string          `json:"drop"`
	Relabel map[string]string `json:"relabel"`
	Fields  []string          `json:"fields"`
	Filler  int               `json:"filler"`
	Samples map[string]string `json:"samples"`
	Expect  map[string]string `json:"expect"`
}

type corpusSchema struct {
	name    string
	About   string                    `json:"about"`
	Modules map[crm.Role]corpusModule `json:"modules"`
}

// sampled is how many records a module with samples has.
const sampled = 20

func readJSON(t testing.TB, path string, into any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "corpus", path))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// corpus reads one part of the corpus, in order.
func corpus(t testing.TB, part string) []corpusSchema {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", "corpus", part, "*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no corpus in %s: %v", part, err)
	}
	sort.Strings(paths)
	var out []corpusSchema
	for _, p := range paths {
		s := corpusSchema{name: part + "/" + strings.TrimSuffix(filepath.Base(p), ".json")}
		readJSON(t, filepath.Join(part, filepath.Base(p)), &s)
		out = append(out, s)
	}
	return out
}

// builder makes a module of the CRM out of lines.
type builder struct {
	t       testing.TB
	schema  crm.Schema
	samples map[string][]string
	section string
}

func (b *builder) line(line string) {
	if title, ok := strings.CutPrefix(line, "# "); ok {
		b.section = title
		return
	}
	parts := strings.Split(line, " | ")
	api, label, renamed := strings.Cut(parts[0], " = ")
	if !renamed {
		label, api = parts[0], apiName(parts[0])
	}
	if len(parts) < 2 {
		b.t.Fatalf("no type in %q", line)
	}
	native, length, _ := strings.Cut(strings.TrimSpace(parts[1]), " ")
	f := crm.Field{ID: strconv.Itoa(1000 + len(b.schema.Fields)), Name: api, Label: label, Native: native, Type: corpusType(b.t, native), Creatable: true, Updatable: true}
	f.Length, _ = strconv.Atoi(length)
	if f.Type == crm.OtherField {
		f.Creatable, f.Updatable = false, false
	}
	placement, hidden := crm.Placement{Field: api}, false
	for _, flag := range parts[2:] {
		flag = strings.TrimSpace(flag)
		switch {
		case flag == "must":
			f.Required, placement.Required = true, true
		case flag == "req":
			placement.Required = true
		case flag == "ro":
			f.Creatable, f.Updatable = false, false
		case flag == "hidden":
			hidden = true
		case flag == "unique":
			f.Unique = true
		case strings.HasPrefix(flag, "to: "):
			if to := strings.Split(flag[4:], ", "); to[0] != "se_module" {
				f.Targets = to
			}
		case strings.HasPrefix(flag, "pick: "):
			for i, v := range strings.Split(flag[6:], "; ") {
				f.Choices = append(f.Choices, crm.Choice{ID: fmt.Sprintf("%s-%d", f.ID, i), Value: v, Label: v})
			}
		case strings.HasPrefix(flag, "="):
			b.samples[api] = strings.Split(strings.TrimSpace(flag[1:]), ";")
		default:
			b.t.Fatalf("what is %q in %q?", flag, line)
		}
	}
	b.schema.Fields = slices.DeleteFunc(b.schema.Fields, func(o crm.Field) bool { return o.Name == api })
	b.schema.Fields = append(b.schema.Fields, f)
	if !hidden {
		b.place(placement)
	}
}

func (b *builder) place(p crm.Placement) {
	l := &b.schema.Layouts[0]
	for i := range l.Sections {
		l.Sections[i].Fields = slices.DeleteFunc(l.Sections[i].Fields, func(o crm.Placement) bool { return o.Field == p.Field })
	}
	i := slices.IndexFunc(l.Sections, func(s crm.Section) bool { return s.Name == b.section })
	if i < 0 {
		l.Sections = append(l.Sections, crm.Section{Name: b.section})
		i = len(l.Sections) - 1
	}
	l.Sections[i].Fields = append(l.Sections[i].Fields, p)
}

// apiName derives an API name from a label as Zoho does: everything but plain letters and digits becomes a line.
func apiName(label string) string {
	var out strings.Builder
	for _, r := range label {
		switch {
		case r < 128 && (r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'):
			out.WriteRune(r)
		case !strings.HasSuffix(out.String(), "_"):
			out.WriteByte('_')
		}
	}
	return strings.Trim(out.String(), "_")
}

func corpusType(t testing.TB, native string) crm.FieldType {
	known := map[string]crm.FieldType{
		"text": crm.TextField, "textarea": crm.LongTextField, "email": crm.EmailField, "phone": crm.PhoneField, "website": crm.URLField, "integer": crm.IntegerField,
		"double": crm.DecimalField, "currency": crm.CurrencyField, "percent": crm.PercentField, "boolean": crm.BooleanField, "date": crm.DateField,
		"datetime": crm.DateTimeField, "picklist": crm.PicklistField, "lookup": crm.LookupField, "ownerlookup": crm.UserField, "userlookup": crm.UserField,
		"list": crm.ListField, "other": crm.OtherField, "formula": crm.OtherField,
	}
	v, ok := known[native]
	if !ok {
		t.Fatalf("unknown type %q", native)
	}
	return v
}

// filler adds n fields that are none of ours.
func (b *builder) filler(n int) {
	var words struct{ Things, Aspects []string }
	readJSON(b.t, "filler.json", &words)
	b.section = "Details"
	for i := range n {
		thing := words.Things[i%len(words.Things)]
		aspect := words.Aspects[(i/len(words.Things)+i)%len(words.Aspects)]
		b.line(thing + " " + aspect)
	}
}

// scan builds a module and gives it with its expected answers.
func (m corpusModule) scan(t testing.TB, role crm.Role) (mapping.Scan, map[string]string) {
	t.Helper()
	var base struct {
		Fields []string
		Expect map[string]string
	}
	readJSON(t, filepath.Join("base", m.Base+".json"), &base)
	b := &builder{t: t, schema: crm.Schema{Module: m.API, Layouts: []crm.Layout{{ID: "1", Name: "Standard", Active: true}}}, samples: map[string][]string{}}
	b.section = m.API + " Information"
	for _, list := range [][]string{base.Fields, m.Fields} {
		for _, line := range list {
			b.line(line)
		}
	}
	b.filler(m.Filler)
	b.schema.Fields = slices.DeleteFunc(b.schema.Fields, func(f crm.Field) bool { return slices.Contains(m.Drop, f.Name) })
	for i, f := range b.schema.Fields {
		if label, ok := m.Relabel[f.Name]; ok {
			b.schema.Fields[i].Label = label
		}
	}
	for field, list := range m.Samples {
		b.samples[field] = strings.Split(list, ";")
	}
	expect := map[string]string{}
	for _, list := range []map[string]string{base.Expect, m.Expect} {
		for k, v := range list {
			expect[k] = v
		}
	}
	for _, name := range m.Drop {
		for k, v := range expect {
			if strings.TrimLeft(v, "?!") == name {
				delete(expect, k)
			}
		}
	}
	return mapping.Scan{Role: role, Schema: b.schema, Samples: b.records(role)}, expect
}

// records makes the samples of the columns: as many records as are looked at, values repeated.
func (b *builder) records(role crm.Role) []crm.Record {
	if len(b.samples) == 0 {
		return nil
	}
	var out []crm.Record
	for i := range sampled {
		r := crm.Record{Module: b.schema.Module, ID: strconv.Itoa(i), Values: crm.Values{}}
		for name, column := range b.samples {
			f, ok := b.schema.Field(name)
			if !ok {
				b.t.Fatalf("%s: samples for %q, which is no field", role, name)
			}
			r.Values[name] = corpusValue(b.t, f, strings.TrimSpace(column[i%len(column)]))
		}
		out = append(out, r)
	}
	return out
}

func corpusValue(t testing.TB, f crm.Field, s string) any {
	if s == "" {
		return nil
	}
	switch f.Type {
	case crm.DateTimeField:
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	case crm.IntegerField:
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	case crm.BooleanField:
		return s == "true"
	case crm.DateField:
		return crm.Date(s)
	}
	return s
}

// changed reports whether a HeavySet field's answer is not that of an untouched module: the easy half of any corpus.
func (m corpusModule) changed(key, answer string) bool {
	if _, own := m.Expect[key]; own || m.Base == "Custom" {
		return true
	}
	for name := range strings.SplitSeq(strings.TrimLeft(answer, "?!"), "/") {
		if _, renamed := m.Relabel[name]; renamed {
			return true
		}
	}
	return false
}

// build gives the scans of a schema in the order of the roles, with what is expected of each.
func (s corpusSchema) build(t testing.TB) (scans []mapping.Scan, modules map[crm.Role]string, expect map[crm.Role]map[string]string) {
	t.Helper()
	modules, expect = map[crm.Role]string{}, map[crm.Role]map[string]string{}
	for _, role := range []crm.Role{crm.RoleLead, crm.RoleAppointment, crm.RoleRelatedRecord, crm.RoleContactUs} {
		m, ok := s.Modules[role]
		if !ok {
			continue
		}
		scan, want := m.scan(t, role)
		for key, v := range want {
			if _, known := mapping.HeavyFieldOf(role, key); !known {
				if _, own := m.Expect[key]; own {
					t.Fatalf("%s: %s has no field %q", s.name, role, key)
				}
				delete(want, key)
			}
			for name := range strings.SplitSeq(strings.TrimLeft(v, "?!"), "/") {
				if _, there := scan.Schema.Field(name); name != "" && !there {
					t.Fatalf("%s: %s.%s expects %q, which is no field", s.name, role, key, name)
				}
			}
		}
		scans, modules[role], expect[role] = append(scans, scan), m.API, want
	}
	return scans, modules, expect
}
