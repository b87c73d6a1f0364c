package mapping_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/mapping"
)

// built is a schema of the corpus, ready to be looked at.
type built struct {
	scans   []mapping.Scan
	modules map[crm.Role]string
}

// draw draws a schema of the corpus; its fields and samples may be changed.
func draw(t *rapid.T, all []built) ([]mapping.Scan, map[crm.Role]string) {
	b := all[rapid.IntRange(0, len(all)-1).Draw(t, "schema")]
	scans := slices.Clone(b.scans)
	for i := range scans {
		scans[i].Schema.Fields = slices.Clone(scans[i].Schema.Fields)
		scans[i].Schema.Layouts = slices.Clone(scans[i].Schema.Layouts)
	}
	return scans, b.modules
}

// drawField draws a field that has nothing to do with any schema: any label, any type, any API name that is new.
func drawField(t *rapid.T, n int) crm.Field {
	kinds := []crm.FieldType{
		crm.TextField, crm.LongTextField, crm.EmailField, crm.PhoneField, crm.URLField, crm.IntegerField, crm.DecimalField, crm.CurrencyField, crm.BooleanField,
		crm.DateField, crm.DateTimeField, crm.PicklistField, crm.LookupField, crm.UserField, crm.ListField, crm.OtherField,
	}
	label := rapid.SampledFrom([]string{
		"Gutter Length", "Spouse Email", "Previous Street", "Warranty End", "Status", "Phone", "Email 2", "Start", "Nombre", "Termin", "Fax", "Color", "Roof Age", "Name", "Kunde", "???", "日本語",
	}).Draw(t, "label")
	f := crm.Field{
		ID: "extra-" + string(rune('a'+n)), Name: "Extra_" + string(rune('A'+n)), Label: label, Type: rapid.SampledFrom(kinds).Draw(t, "type"),
		Length: rapid.SampledFrom([]int{0, 10, 255}).Draw(t, "length"), Creatable: rapid.Bool().Draw(t, "creatable"), Updatable: rapid.Bool().Draw(t, "updatable"),
	}
	if f.Type == crm.LookupField {
		f.Targets = rapid.SampledFrom([][]string{nil, {"Contacts"}, {"Leads"}, {"Vendors"}}).Draw(t, "targets")
	}
	return f
}

// everything builds both parts of the corpus, but for the widest modules, which take their time.
func everything(t *testing.T) []built {
	t.Helper()
	var out []built
	for _, s := range append(corpus(t, "tuned"), corpus(t, "unseen")...) {
		if scans, modules, _ := s.build(t); len(scans[0].Schema.Fields) < 150 {
			out = append(out, built{scans, modules})
		}
	}
	return out
}

// TestNoFieldIsUsedTwice, and no proposal writes what the CRM would refuse.
func TestNoFieldIsUsedTwice(t *testing.T) {
	t.Parallel()
	all := everything(t)
	rapid.Check(t, func(rt *rapid.T) {
		scans, modules := draw(rt, all)
		for i := range scans {
			for n := range rapid.IntRange(0, 8).Draw(rt, "extra") {
				scans[i].Schema.Fields = append(scans[i].Schema.Fields, drawField(rt, n))
			}
		}
		used := map[string]string{}
		for _, p := range mapping.Propose(scans, modules) {
			if p.Field == "" {
				continue
			}
			place := string(p.Role) + "." + p.Field
			if other, taken := used[place]; taken {
				rt.Fatalf("%s is proposed for %s and %s", place, other, p.Key)
			}
			used[place] = p.Key
			scan := scans[slices.IndexFunc(scans, func(s mapping.Scan) bool { return s.Role == p.Role })]
			f, there := scan.Schema.Field(p.Field)
			if !there || f.ID != p.FieldID || !f.Creatable && !f.Updatable || f.Type == crm.OtherField {
				rt.Fatalf("%s.%s got %+v", p.Role, p.Key, f)
			}
			h, _ := mapping.HeavyFieldOf(p.Role, p.Key)
			if h.Policy == mapping.Create && !f.Creatable {
				rt.Fatalf("%s.%s is written when a record is made, but %s cannot be", p.Role, p.Key, p.Field)
			}
			if p.Confidence < 0.4 || p.Confidence > 0.99 || len(p.Evidence) == 0 {
				rt.Fatalf("%+v", p)
			}
		}
	})
}

// TestAnotherFieldTakesNothingAway: a field more may make a row doubtful, but never moves a row that was certain to
// another field than the new one, nor to one of another type.
func TestAnotherFieldTakesNothingAway(t *testing.T) {
	t.Parallel()
	all := everything(t)
	rapid.Check(t, func(rt *rapid.T) {
		scans, modules := draw(rt, all)
		before := mapping.Propose(scans, modules)
		i := rapid.IntRange(0, len(scans)-1).Draw(rt, "module")
		extra := drawField(rt, 0)
		scans[i].Schema.Fields = append(scans[i].Schema.Fields, extra)
		after := mapping.Propose(scans, modules)
		for k, was := range before {
			is := after[k]
			if was.Level != mapping.Auto || is.Field == was.Field || is.Field == "" || is.Level == mapping.Suggestion {
				continue
			}
			old, _ := scans[i].Schema.Field(was.Field)
			if is.Field != extra.Name || is.Role != scans[i].Role {
				rt.Fatalf("%s.%s went from %s to %s because of %+v", was.Role, was.Key, was.Field, is.Field, extra)
			}
			if extra.Type != old.Type && is.Level == mapping.Auto {
				rt.Fatalf("%s.%s went from %s (%s) to %+v", was.Role, was.Key, was.Field, old.Type, extra)
			}
		}
	})
}

// TestOrderDoesNotMatter: neither that of fields, layouts and records, nor asking again.
func TestOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	all := everything(t)
	rapid.Check(t, func(rt *rapid.T) {
		scans, modules := draw(rt, all)
		want := mapping.Propose(scans, modules)
		for i := range scans {
			s := &scans[i]
			s.Schema.Fields = rapid.Permutation(s.Schema.Fields).Draw(rt, "fields")
			s.Samples = rapid.Permutation(s.Samples).Draw(rt, "samples")
			s.Schema.Layouts[0].Sections = rapid.Permutation(s.Schema.Layouts[0].Sections).Draw(rt, "sections")
		}
		if d := cmp.Diff(want, mapping.Propose(scans, modules)); d != "" {
			rt.Fatal(d)
		}
	})
}

// TestChosenFieldsAreLeftAlone: what people have mapped is neither proposed again nor given away.
func TestChosenFieldsAreLeftAlone(t *testing.T) {
	t.Parallel()
	all := everything(t)
	rapid.Check(t, func(rt *rapid.T) {
		scans, modules := draw(rt, all)
		s := &scans[0]
		s.Chosen = map[string]string{}
		for _, h := range mapping.HeavyFields(s.Role) {
			if rapid.IntRange(0, 3).Draw(rt, "choose") == 0 {
				s.Chosen[h.Key] = s.Schema.Fields[rapid.IntRange(0, len(s.Schema.Fields)-1).Draw(rt, "field")].Name
			}
		}
		for _, p := range mapping.Propose(scans[:1], modules) {
			if _, chosen := s.Chosen[p.Key]; chosen {
				rt.Fatalf("%s was chosen and is proposed again", p.Key)
			}
			for key, field := range s.Chosen {
				if p.Field == field {
					rt.Fatalf("%s was chosen for %s and is proposed for %s", field, key, p.Key)
				}
			}
		}
	})
}

// module builds a lead module of lines, as the corpus writes them.
func module(t *testing.T, role crm.Role, base string, lines ...string) mapping.Scan {
	t.Helper()
	s, _ := corpusModule{API: "Visits", Base: base, Fields: lines}.scan(t, role)
	return s
}

func propose(t *testing.T, s mapping.Scan, key string) mapping.Proposal {
	t.Helper()
	for _, p := range mapping.Propose([]mapping.Scan{s}, map[crm.Role]string{crm.RoleLead: "Leads", crm.RoleRelatedRecord: "Contacts", s.Role: "Visits"}) {
		if p.Key == key {
			return p
		}
	}
	t.Fatalf("no proposal for %s", key)
	return mapping.Proposal{}
}

func TestRules(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		role  crm.Role
		lines []string
		key   string
		field string
		level mapping.Level
		says  string // in the evidence or an alternative's reason
	}{
		"a number cannot hold a postal code":        {crm.RoleLead, []string{"Zip Code | integer"}, "zip", "", mapping.None, "cannot hold"},
		"a lookup to another module is no link":     {crm.RoleAppointment, []string{"Customer | lookup | to: Vendors"}, "related_record", "", mapping.None, "not to Contacts"},
		"the only lookup to the module is the link": {crm.RoleAppointment, []string{"Party | lookup | to: Contacts"}, "related_record", "Party", mapping.Check, "points to Contacts"},
		"twins stay blank":                          {crm.RoleLead, []string{"Mail_A = Email | email 100", "Mail_B = Email | email 100"}, "email", "", mapping.None, "equally well"},
		"a read-only field is none":                 {crm.RoleLead, []string{"Email | email 100 | ro"}, "email", "", mapping.None, "No field"},
		"too short for an address":                  {crm.RoleLead, []string{"Email | email 20"}, "email", "Email", mapping.Check, "only 20 characters"},
		"another person's section":                  {crm.RoleLead, []string{"# Spouse", "First Name | text 40"}, "first_name", "First_Name", mapping.Suggestion, "something else"},
		"an opt-out is the opposite":                {crm.RoleLead, []string{"Do Not Contact | boolean"}, "consent_contact", "Do_Not_Contact", mapping.Auto, "opposite"},
		"samples say no":                            {crm.RoleLead, []string{"Line_1 = Phone | text 40 | = see notes;call office;ask Ann"}, "phone", "Line_1", mapping.Suggestion, "Only 0 of 20"},
		"samples say yes":                           {crm.RoleLead, []string{"Phone | text 40 | = 312-555-0100;(773) 555-0101"}, "phone", "Phone", mapping.Auto, "20 of 20"},
		"start after end":                           {crm.RoleAppointment, []string{"Start | datetime | = 2026-10-02T10:00:00Z", "End | datetime | = 2026-10-01T10:00:00Z"}, "start", "Start", mapping.Suggestion, "before the end"},
		"date and time apart":                       {crm.RoleAppointment, []string{"Visit Date | date", "Visit Time | text 20"}, "time", "Visit_Time", mapping.Auto, ""},
		"date beside an instant":                    {crm.RoleAppointment, []string{"Visit Start | datetime", "Visit Date | date"}, "date", "Visit_Date", mapping.Suggestion, "together"},
		"hours are no minutes":                      {crm.RoleAppointment, []string{"Duration (hours) | integer"}, "duration", "", mapping.None, ""},
		"a status that is a state":                  {crm.RoleAppointment, []string{"State | picklist | pick: Booked; Completed; Cancelled"}, "status", "State", mapping.Check, "3 of 3"},
		"a state that is a place":                   {crm.RoleLead, []string{"State | picklist | pick: Illinois; Wisconsin; Iowa"}, "state", "State", mapping.Auto, ""},
		"billing is not where a visit goes":         {crm.RoleLead, []string{"Billing Street | text 250"}, "street", "Billing_Street", mapping.Suggestion, "not where a visit goes"},
		"two addresses would do":                    {crm.RoleLead, []string{"Home Street | text 250", "Jobsite Street | text 250"}, "street", "", mapping.None, "equally well"},
		"nobody fills the CRM's own":                {crm.RoleLead, []string{"Email | email 100 | = ", "Mail_2 = E-mail Address | email 100 | = a@b.example;c@d.example"}, "email", "", mapping.None, "equally well"},
		"both are filled":                           {crm.RoleLead, []string{"Email | email 100 | = x@y.example", "Mail_2 = E-mail Address | email 100 | = a@b.example;c@d.example"}, "email", "Email", mapping.Auto, ""},
		"nothing known":                             {crm.RoleLead, []string{"Zzyzx | text 40"}, "first_name", "", mapping.None, "No field"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := propose(t, module(t, c.role, "Custom", c.lines...), c.key)
			said := strings.Join(p.Evidence, " ")
			for _, a := range p.Alternatives {
				said += " " + a.Reason
			}
			if p.Field != c.field || p.Level != c.level || !strings.Contains(said, c.says) {
				t.Errorf("got %q (%s, %.2f): %s", p.Field, p.Level, p.Confidence, said)
			}
		})
	}
}

func TestOptOutIsMarkedInverted(t *testing.T) {
	t.Parallel()
	if p := propose(t, module(t, crm.RoleLead, "Leads"), "consent_contact"); p.Field != "Email_Opt_Out" || !p.Inverted {
		t.Errorf("%+v", p)
	}
	p := propose(t, module(t, crm.RoleLead, "Leads", "Marketing Consent | boolean"), "consent_contact")
	if p.Field != "Marketing_Consent" || p.Inverted {
		t.Errorf("a consent of its own comes first: %+v", p)
	}
}

func TestPairChoices(t *testing.T) {
	t.Parallel()
	choices := []crm.Choice{
		{ID: "1", Value: "No-show"}, {ID: "2", Value: "sched", Label: "Scheduled"}, {ID: "3", Value: "Canceled"}, {ID: "4", Value: "Done", Unused: true}, {ID: "5", Value: "Rained out"},
	}
	want := []mapping.ChoicePair{
		{Value: "confirmed", Choice: "sched", ChoiceID: "2"}, {Value: "cancelled", Choice: "Canceled", ChoiceID: "3"}, {Value: "no_show", Choice: "No-show", ChoiceID: "1"},
	}
	if d := cmp.Diff(want, mapping.PairChoices("status", choices)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if got := mapping.PairChoices("budget", choices); got != nil {
		t.Errorf("a field without values of ours: %v", got)
	}
}

func TestSampleFields(t *testing.T) {
	t.Parallel()
	s, _ := corpusModule{API: "Leads", Base: "Leads", Filler: 250}.scan(t, crm.RoleLead)
	got := mapping.SampleFields(s.Schema, map[crm.Role]string{crm.RoleLead: "Leads"}, crm.RoleLead)
	if len(got) == 0 || len(got) > crm.SampleFields {
		t.Fatalf("%d fields", len(got))
	}
	for _, name := range []string{"Last_Name", "Email", "Phone", "Zip_Code", "Street"} {
		if !slices.Contains(got, name) {
			t.Errorf("%s is not sampled: %v", name, got)
		}
	}
	if slices.Contains(got, "Full_Name") || slices.Contains(got, "Owner") {
		t.Errorf("what tells nothing is sampled: %v", got)
	}
}

// reader is a CRM with some modules.
type reader struct {
	schemas map[string]crm.Schema
	newest  error
	reads   []string
}

func (r *reader) Modules(context.Context) ([]crm.Module, error) { return nil, nil }

func (r *reader) Schema(_ context.Context, module string) (crm.Schema, error) {
	r.reads = append(r.reads, "schema "+module)
	s, ok := r.schemas[module]
	if !ok {
		return s, &crm.Problem{Class: crm.Unfit}
	}
	return s, nil
}

func (r *reader) Newest(_ context.Context, module string, _ []string) ([]crm.Record, error) {
	r.reads = append(r.reads, "newest "+module)
	return nil, r.newest
}

func TestDiscoverReadsEachModuleOnce(t *testing.T) {
	t.Parallel()
	lead, _ := corpusModule{API: "Leads", Base: "Leads"}.scan(t, crm.RoleLead)
	visit, _ := corpusModule{API: "Events", Base: "Events"}.scan(t, crm.RoleAppointment)
	r := &reader{schemas: map[string]crm.Schema{"Leads": lead.Schema, "Events": visit.Schema}}
	modules := map[crm.Role]string{crm.RoleLead: "Leads", crm.RoleAppointment: "Events", crm.RoleRelatedRecord: "Leads", crm.RoleContactUs: "Leads"}
	got, err := mapping.Discover(t.Context(), r, modules, map[crm.Role]map[string]string{crm.RoleLead: {"email": "Email"}})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"schema Leads", "newest Leads", "schema Events", "newest Events"}, r.reads); d != "" {
		t.Error(d)
	}
	roles := map[crm.Role]int{}
	for _, p := range got {
		roles[p.Role]++
		if p.Role == crm.RoleLead && p.Key == "email" {
			t.Error("a chosen field is proposed")
		}
	}
	if len(roles) != 4 || roles[crm.RoleLead] != len(mapping.HeavyFields(crm.RoleLead))-1 {
		t.Errorf("%v", roles)
	}
}

func TestDiscoverFails(t *testing.T) {
	t.Parallel()
	visit, _ := corpusModule{API: "Events", Base: "Events"}.scan(t, crm.RoleAppointment)
	schemas := map[string]crm.Schema{"Events": visit.Schema}
	all := map[crm.Role]string{crm.RoleLead: "Events", crm.RoleAppointment: "Events", crm.RoleRelatedRecord: "Events"}
	if _, err := mapping.Discover(t.Context(), &reader{schemas: schemas}, map[crm.Role]string{crm.RoleLead: "Events"}, nil); !fault.Is(err, fault.Invalid) || len(fault.As(err).Fields) != 2 {
		t.Errorf("modules missing: %v", err)
	}
	gone := map[crm.Role]string{crm.RoleLead: "Events", crm.RoleAppointment: "Gone", crm.RoleRelatedRecord: "Events"}
	if _, err := mapping.Discover(t.Context(), &reader{schemas: schemas}, gone, nil); !fault.Is(err, fault.Invalid) || fault.As(err).Fields[0].Path != "modules.appointment" {
		t.Errorf("a module that is not there: %v", err)
	}
	if got, err := mapping.Discover(t.Context(), &reader{schemas: schemas, newest: &crm.Problem{Class: crm.ScopeMissing}}, all, nil); err != nil || len(got) == 0 {
		t.Errorf("samples that may not be read: %v", err)
	}
	if _, err := mapping.Discover(t.Context(), &reader{schemas: schemas, newest: &crm.Problem{Class: crm.Throttled}}, all, nil); !crm.IsClass(err, crm.Throttled) {
		t.Errorf("throttled: %v", err)
	}
	if _, err := mapping.Discover(t.Context(), &reader{schemas: schemas, newest: errors.New("odd")}, all, nil); err == nil {
		t.Error("an unknown error is lost")
	}
}
