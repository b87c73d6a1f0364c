package availability_test

import (
	"strings"
	"testing"

	. "heavyset.tech/platform/internal/availability"
)

func TestPostalCodesRestrictTheReps(t *testing.T) {
	t.Parallel()
	north := Territory{"north", []string{"60640", "606*"}}
	canada := Territory{"canada", []string{"k1a 0*", " M5V 3L9 "}}
	for _, c := range []struct {
		name        string
		territories []Territory
		code        string
		want        string // reps, or the reason
	}{
		{"exact", []Territory{{"north", []string{"60640"}}}, "60640", "ann"},
		{"exact is not a prefix", []Territory{{"north", []string{"6064"}}}, "60640", "TERRITORY"},
		{"prefix", []Territory{{"north", []string{"606*"}}}, "60699", "ann"},
		{"prefix of the code itself", []Territory{{"north", []string{"60640*"}}}, "60640", "ann"},
		{"prefix longer than the code", []Territory{{"north", []string{"606401*"}}}, "60640", "TERRITORY"},
		{"prefix is no part of it", []Territory{{"north", []string{"0640*"}}}, "60640", "TERRITORY"},
		{"star alone is everywhere", []Territory{{"north", []string{"*"}}}, "x", "ann"},
		{"case and blanks of the code are ignored", []Territory{north, canada}, "k1A\t 0b1", "bob"},
		{"case and blanks of the pattern are ignored", []Territory{north, canada}, "m5v3l9", "bob"},
		{"a hyphen is not a blank", []Territory{north}, "606-40x", "ann"},
		{"a pattern is no regular expression", []Territory{{"north", []string{"6.6*", "[0-9]*", "(", `\d*`, ".*"}}}, "60640", "TERRITORY"},
		{"a star inside means itself", []Territory{{"north", []string{"6*6*"}}}, "60640", "TERRITORY"},
		{"a star of the code means itself", []Territory{{"north", []string{"60640"}}}, "606*", "TERRITORY"},
		{"a blank pattern matches nothing", []Territory{{"north", []string{"", " "}}}, "60640", "TERRITORY"},
		{"several territories", []Territory{north, {"canada", []string{"60*"}}}, "60640", "ann bob"},
		{"no match", []Territory{north, canada}, "99999", "TERRITORY"},
		{"a territory that nobody serves", []Territory{north, {"south", []string{"70*"}}}, "70000", "TERRITORY"},
		{"a territory without codes", []Territory{{"north", nil}}, "60640", "TERRITORY"},
		{"no code: all reps, those without territories too", []Territory{north, canada}, "", "ann bob cyd"},
		{"blank code: all reps", []Territory{north, canada}, " \t ", "ann bob cyd"},
		{"no territories in the catalog: the code is ignored", nil, "60640", "ann bob cyd"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			def := dayDefinition(t, "America/Chicago", "09:00-10:00")
			def.Territories = c.territories
			hours := def.Reps[0].Hours
			def.Reps = []Rep{
				{ID: "ann", Hours: hours, Territories: []string{"north"}},
				{ID: "bob", Hours: hours, Territories: []string{"canada", "deleted"}},
				{ID: "cyd", Hours: hours},
			}
			def.Services[0].Reps = []string{"cyd", "bob", "ann"}
			rules, now := made(t, def), instant(t, "2026-12-01T00:00:00Z")
			plan := rules.Plan(Query{Service: "visit", From: date(t, "2026-12-01"), To: date(t, "2026-12-01"), PostalCode: c.code}, nil, now)
			slots, _ := plan.At(now)
			free, why := rules.Free(Ask{Service: "visit", PostalCode: c.code, Start: instant(t, "2026-12-01T09:00:00-06:00")}, nil, now)
			got := strings.Join(free, " ")
			if !why.Offered {
				got = string(why.Reasons[0].Code)
			}
			if got != c.want || len(why.Reasons) != 0 && len(why.Reasons) != 3 {
				t.Errorf("got %s (%+v), want %s", got, why, c.want)
			}
			if wrong := len(slots) != min(1, len(free)) || len(slots) > 0 && slots[0].Remaining != len(free); wrong {
				t.Errorf("slots %v, but free %v", slots, free)
			}
			// of a territory that none of the service's reps serves no slot is offered, but the code is in one
			if out := c.want == "TERRITORY" && c.name != "a territory that nobody serves"; out != (plan.Reason() == OutOfTerritory) || !out && plan.Reason() != "" {
				t.Errorf("reason %q", plan.Reason())
			}
		})
	}
}
