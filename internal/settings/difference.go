package settings

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"heavyset.tech/platform/internal/mapping"
)

// Differences says in words what changed from one state to the next; nil when nothing did.
func Differences(before, after Settings) []string {
	var out []string
	for _, r := range mapping.Roles() {
		if before.Modules[r] != after.Modules[r] {
			out = append(out, fmt.Sprintf("%s module: %s → %s", r, orNone(before.Modules[r]), orNone(after.Modules[r])))
		}
	}
	for _, r := range mapping.Roles() {
		if a, b := before.InForce[r], after.InForce[r]; a != b {
			out = append(out, fmt.Sprintf("%s layout: %s → %s", r, orNone(a), orNone(b)))
		}
	}
	if before.Source != after.Source {
		out = append(out, fmt.Sprintf("availability source: %s → %s", before.Source, after.Source))
	}
	if before.Stale.Budget != after.Stale.Budget {
		out = append(out, fmt.Sprintf("how old the copy may be: %s → %s", budgetWords(before.Stale.Budget), budgetWords(after.Stale.Budget)))
	}
	if b, a := cmp.Or(before.Stale.Policy, StaleTentative), cmp.Or(after.Stale.Policy, StaleTentative); a != b {
		out = append(out, fmt.Sprintf("what holds beyond: %s → %s", b, a))
	}
	for _, rep := range slices.Sorted(maps.Keys(after.Calendars)) {
		if !slices.Equal(before.Calendars[rep], after.Calendars[rep]) {
			out = append(out, fmt.Sprintf("calendars of %s: %d → %d", rep, len(before.Calendars[rep]), len(after.Calendars[rep])))
		}
	}
	for _, rep := range slices.Sorted(maps.Keys(before.Calendars)) {
		if _, still := after.Calendars[rep]; !still {
			out = append(out, fmt.Sprintf("calendars of %s: none any more", rep))
		}
	}
	if a, b := orTruth(before.People.Truth), orTruth(after.People.Truth); a != b {
		out = append(out, fmt.Sprintf("customers changed on both sides: %s → %s", a, b))
	}
	if a, b := orNew(before.People.Leads), orNew(after.People.Leads); a != b {
		out = append(out, fmt.Sprintf("bookings that make a lead: %s → %s", a, b))
	}
	if a, b := cmp.Or(before.People.Booked, BookedKeep), cmp.Or(after.People.Booked, BookedKeep); a != b {
		out = append(out, fmt.Sprintf("an open lead whose person books: %s → %s", a, b))
	}
	if !slices.Equal(before.Alerts, after.Alerts) {
		out = append(out, "token expiry alerts: "+orNone(strings.Join(after.Alerts, ", ")))
	}
	place := func(r mapping.Row) string { return fmt.Sprintf("%s %s", r.Role, r.Key) }
	old := map[string]mapping.Row{}
	for _, r := range before.Rows {
		old[place(r)] = r
	}
	for _, r := range after.Rows {
		was, had := old[place(r)]
		delete(old, place(r))
		switch {
		case !had:
			out = append(out, fmt.Sprintf("%s: → %s", place(r), r.Field))
		case was.Field != r.Field:
			out = append(out, fmt.Sprintf("%s: %s → %s", place(r), was.Field, r.Field))
		case !reflect.DeepEqual(was, r):
			out = append(out, place(r)+": changed")
		}
	}
	for _, r := range before.Rows {
		if _, gone := old[place(r)]; gone {
			out = append(out, place(r)+": no longer mapped")
		}
	}
	return out
}

func budgetWords(d time.Duration) string {
	if d == 0 {
		return "default"
	}
	return fmt.Sprintf("%d minutes", d/time.Minute)
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func orNew(l Leads) Leads {
	if l == "" {
		return LeadsOfNew
	}
	return l
}

func orTruth(t Truth) Truth {
	if t == "" {
		return TruthCRM
	}
	return t
}
