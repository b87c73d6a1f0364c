package zohocrm_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/mapping"
)

// kinds is a custom module with a field of every type that we write.
const kinds = `{"module":{"api_name":"Kinds","generated_type":"custom"},"records":[],"fields":[
{"api_name":"Name","data_type":"text","length":120,"system_mandatory":true},
{"api_name":"F_text","data_type":"text","length":60},{"api_name":"F_textarea","data_type":"textarea","length":2000},{"api_name":"F_email","data_type":"email"},
{"api_name":"F_phone","data_type":"phone"},{"api_name":"F_website","data_type":"website"},{"api_name":"F_integer","data_type":"integer"},{"api_name":"F_bigint","data_type":"bigint"},
{"api_name":"F_double","data_type":"double"},{"api_name":"F_currency","data_type":"currency"},{"api_name":"F_percent","data_type":"percent"},{"api_name":"F_boolean","data_type":"boolean"},
{"api_name":"F_date","data_type":"date"},{"api_name":"F_datetime","data_type":"datetime"},
{"api_name":"F_picklist","data_type":"picklist","pick_list_values":[{"actual_value":"New","display_value":"Neu"},{"actual_value":"Won","display_value":"Gewonnen"}]},
{"api_name":"F_multiselectpicklist","data_type":"multiselectpicklist","pick_list_values":[{"actual_value":"A","display_value":"A"},{"actual_value":"B","display_value":"B"}]},
{"api_name":"F_lookup","data_type":"lookup","lookup":{"module":{"api_name":"Contacts"}}},{"api_name":"F_userlookup","data_type":"userlookup"}]}`

// anything are texts as people leave them, some of which read like something else.
func anything(limit int) *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"x", " x ", "2026-11-30", "2026-11-30T10:00:00+00:00", "2026-11-30T10:00:00-06:00", "true", "12", "1e3", "null", `{"id":"1"}`, "<b>x</b>", "a\nb", `\`, `"`, "Ünï – 日本"}),
		rapid.StringOfN(rapid.Rune().Filter(func(r rune) bool { return r >= ' ' && r != 0x7f && r != 0xFFFD }), 1, limit, -1),
	).Filter(func(s string) bool { return strings.TrimSpace(s) != "" }) // which is nothing to send
}

func anyInstant() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		zone := time.FixedZone("z", rapid.IntRange(-12*4, 14*4).Draw(t, "quarter hours")*15*60)
		return time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")).In(zone)
	})
}

// values draws a HeavySet value for each field of the module.
func values(t *rapid.T, contact crm.Ref) mapping.Fields {
	digits := rapid.StringMatching(`\+1[0-9]{10}`).Draw(t, "digits")
	users := []string{"5725767000000411001", "5725767000000411002"}
	f := mapping.Fields{
		"Name": "n" + digits, "F_text": anything(80).Draw(t, "text"), "F_textarea": anything(300).Draw(t, "textarea"),
		"F_email": rapid.StringMatching(`[a-z0-9.+_-]{1,12}@[a-z]{2,9}\.example`).Draw(t, "email"), "F_phone": digits,
		"F_website": rapid.StringMatching(`https://[a-z]{1,12}\.example/[a-z?=&%0-9]{0,20}`).Draw(t, "website"),
		"F_integer": rapid.Int64Range(-99_999_999, 99_999_999).Draw(t, "integer"), "F_bigint": rapid.Int64Range(-9_007_199_254_740_991, 9_007_199_254_740_991).Draw(t, "bigint"),
		"F_double": rapid.Float64Range(-1e9, 1e9).Draw(t, "double"), "F_currency": float64(rapid.Int64Range(0, 1e9).Draw(t, "cents")) / 100, "F_percent": float64(rapid.IntRange(0, 100).Draw(t, "percent")),
		"F_boolean": rapid.Bool().Draw(t, "boolean"), "F_datetime": anyInstant().Draw(t, "datetime"),
		"F_picklist": rapid.SampledFrom([]string{"New", "won"}).Draw(t, "picklist"), "F_multiselectpicklist": rapid.SampledFrom([]string{"A", "b"}).Draw(t, "multiselectpicklist"),
		"F_lookup": contact, "F_userlookup": crm.Ref{ID: rapid.SampledFrom(users).Draw(t, "user")}, "Owner": crm.Ref{ID: rapid.SampledFrom(users).Draw(t, "owner")},
	}
	f["F_date"] = rapid.SampledFrom([]any{crm.Date("2026-02-28"), crm.Date("2028-02-29"), anyInstant().Draw(t, "day")}).Draw(t, "date")
	return f
}

// TestEveryTypeComesBack: a HeavySet value of any kind goes through the mapping and the wire into a Zoho field of each
// type and reads back as what was sent, so that the next push finds nothing to change; then another value, by an update.
func TestEveryTypeComesBack(t *testing.T) {
	t.Parallel()
	w := connected(t)
	w.control("PUT", "/_sim/modules/Kinds", kinds, nil)
	ctx := t.Context()
	contact, err := w.provider.Create(ctx, "Contacts", crm.Values{"Last_Name": "Doe"})
	if err != nil {
		t.Fatal(err)
	}
	schema, err := w.provider.Schema(ctx, "Kinds")
	if err != nil {
		t.Fatal(err)
	}
	m := mapping.Mapping{Modules: map[crm.Role]string{crm.RoleLead: "Kinds"}}
	for _, f := range schema.Fields {
		if !strings.HasPrefix(f.Name, "F_") && f.Name != "Name" && f.Name != "Owner" {
			continue
		}
		row := mapping.Row{Role: crm.RoleLead, Key: f.Name, Field: f.Name, Policy: mapping.Overwrite, Type: f.Type, Limit: f.Length}
		for _, c := range f.Choices {
			row.Choices = append(row.Choices, c.Value)
		}
		m.Rows = append(m.Rows, row)
	}
	if len(m.Rows) != 19 {
		t.Fatalf("%d rows", len(m.Rows))
	}
	rapid.Check(t, func(t *rapid.T) {
		first, second := values(t, crm.Ref{ID: contact, Module: "Contacts"}), values(t, crm.Ref{ID: contact, Module: "Contacts"})
		sent := m.RenderNew(crm.RoleLead, first)
		if len(sent) != len(m.Rows) {
			t.Fatalf("%d of %d fields are sent: %v", len(sent), len(m.Rows), sent)
		}
		id, err := w.provider.Create(ctx, "Kinds", sent)
		if err != nil {
			t.Fatalf("%v of %#v", err, sent)
		}
		back(t, w, m, id, sent, first)
		got, err := w.provider.Get(ctx, "Kinds", id)
		if err != nil {
			t.Fatal(err)
		}
		changes := m.RenderChange(crm.RoleLead, second, got)
		if err := w.provider.Update(ctx, "Kinds", id, changes); err != nil {
			t.Fatalf("%v of %#v", err, changes)
		}
		back(t, w, m, id, changes, second)
	})
}

// back reads a record and compares it with what was sent.
func back(t *rapid.T, w *world, m mapping.Mapping, id string, sent crm.Values, f mapping.Fields) {
	got, err := w.provider.Get(w.t.Context(), "Kinds", id)
	if err != nil {
		t.Fatal(err)
	}
	for field, v := range sent {
		if !mapping.Equal(got.Values[field], v) || !crm.SameValue(got.Values[field], v) && field != "F_multiselectpicklist" {
			t.Errorf("%s: sent %s, read %s", field, fmt.Sprintf("%#v", v), fmt.Sprintf("%#v", got.Values[field]))
		}
	}
	if again := m.RenderChange(crm.RoleLead, f, got); len(again) > 0 {
		t.Errorf("the next push would write again: %#v", again)
	}
}
