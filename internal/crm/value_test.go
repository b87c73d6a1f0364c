package crm_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"heavyset.tech/platform/internal/crm"
)

// anyValue draws a value of any kind that a record can hold.
func anyValue() *rapid.Generator[any] {
	return rapid.OneOf(
		rapid.Just[any](nil), rapid.String().AsAny(), rapid.Bool().AsAny(), rapid.Int64().AsAny(), rapid.Float64().AsAny(), rapid.SliceOf(rapid.String()).AsAny(),
		rapid.Custom(func(t *rapid.T) any {
			zone := time.FixedZone("z", rapid.IntRange(-14*60, 14*60).Draw(t, "offset")*60)
			return time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(t, "instant"), 0).In(zone)
		}),
		rapid.Custom(func(t *rapid.T) any { return crm.Date(rapid.StringMatching(`20[0-9]{2}-[01][0-9]`).Draw(t, "date")) }),
		rapid.Custom(func(t *rapid.T) any {
			return crm.Ref{ID: rapid.StringMatching(`[0-9]{1,18}`).Draw(t, "id"), Name: rapid.String().Draw(t, "name")}
		}),
		rapid.Custom(func(t *rapid.T) any { return []any{map[string]any{"x": rapid.String().Draw(t, "x")}} }),
	)
}

// TestPackedValuesComeBack: whatever a field held is what an undo can put back.
func TestPackedValuesComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := anyValue().Draw(t, "value")
		b, err := crm.PackValue(v)
		if err != nil {
			t.Fatal(err)
		}
		got, err := crm.UnpackValue(b)
		if err != nil || !crm.SameValue(got, v) || !crm.SameValue(v, got) {
			t.Errorf("%#v came back as %#v (%v)", v, got, err)
		}
		switch v.(type) {
		case string, bool, int64, float64, crm.Date, crm.Ref:
			if got != v {
				t.Errorf("%#v came back as %#v", v, got)
			}
		}
	})
}

func TestSameValue(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		a, b any
		want bool
	}{
		"an empty text is nothing":            {"", nil, true},
		"a space more is not a change":        {"Jo ", "Jo", true},
		"another line end is not a change":    {"a\r\nb", "a\nb", true},
		"a letter is":                         {"Jo", "JO", false},
		"nothing and a text":                  {nil, "x", false},
		"one instant in two zones":            {noon, noon.In(time.FixedZone("", 3600)), true},
		"a second later":                      {noon, noon.Add(time.Second), false},
		"a text that reads like an instant":   {"2026-11-30T12:00:00+00:00", noon, true},
		"a date is its text":                  {crm.Date("2026-11-30"), "2026-11-30", true},
		"a whole number":                      {int64(3), 3.0, true},
		"false is not nothing":                {false, nil, false},
		"references go by id":                 {crm.Ref{ID: "1", Name: "a"}, crm.Ref{ID: "1"}, true},
		"another reference":                   {crm.Ref{ID: "1"}, crm.Ref{ID: "2"}, false},
		"choices in another order":            {[]string{"a", "b"}, []string{"b", "a"}, true},
		"one choice more":                     {[]string{"a"}, []string{"b", "a"}, false},
		"a list and its only text":            {[]string{"a"}, "a", false},
		"objects are compared whole":          {[]any{map[string]any{"a": 1.0}}, crm.Opaque(`[{"a":1}]`), true},
		"objects that differ in one property": {[]any{map[string]any{"a": 2.0}}, crm.Opaque(`[{"a":1}]`), false},
	} {
		if got := crm.SameValue(c.a, c.b); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
		if got := crm.SameValue(c.b, c.a); got != c.want {
			t.Errorf("%s, the other way round: %v", name, got)
		}
	}
}
