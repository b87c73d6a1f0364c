package crmsync_test

import (
	"strings"
	"testing"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/mapping"
)

// TestAValueWithoutACounterpart: it is left out, replaced, or keeps the record from being written until somebody has
// chosen what stands for it.
func TestAValueWithoutACounterpart(t *testing.T) {
	t.Parallel()
	row := mapping.Row{Role: crm.RoleAppointment, Key: "service", Field: "Kind", Policy: mapping.Overwrite, Type: crm.PicklistField, Choices: []string{"Roof", "Other"}}
	for name, c := range map[string]struct {
		change func(*mapping.Row)
		want   any
	}{
		"left out": {func(*mapping.Row) {}, nil},
		"default":  {func(r *mapping.Row) { r.Default = "Other" }, "Other"},
		"mapped":   {func(r *mapping.Row) { r.Values, r.Hold = map[string]string{"Service": "Roof"}, true }, "Roof"},
		"held":     {func(r *mapping.Row) { r.Values, r.Hold = map[string]string{"Service": ""}, true }, "held"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			set, err := w.store.Settings(t.Context(), w.org.ID, w.conn)
			if err != nil {
				t.Fatal(err)
			}
			save := func(r mapping.Row) {
				set.Rows = append(mapping.BuiltIn().Rows, r)
				if _, err := w.store.SaveSettings(t.Context(), w.org.ID, w.conn, set); err != nil {
					t.Fatal(err)
				}
			}
			r := row
			c.change(&r)
			save(r)
			b := w.booked(9, jo)
			err = w.push(b)
			if c.want == "held" {
				v := w.view(b)
				if !fault.Is(err, fault.Invalid) || v.State != crmsync.Failed || !strings.Contains(v.LastError, "No Zoho value is chosen for what this has as “Service”") || w.crm.count("Events") != 0 {
					t.Fatalf("%v, shown as %+v, %d events", err, v, w.crm.count("Events"))
				}
				r.Values = map[string]string{"Service": "Other"}
				save(r) // wakes it
				w.pushed(b)
				c.want = "Other"
			} else if err != nil {
				t.Fatal(err)
			}
			w.expect(1, 1, 1)
			if got := w.value("Events", "6001", "Kind"); got != c.want {
				t.Errorf("the field has %v, want %v", got, c.want)
			}
		})
	}
}
