package drift

import (
	"slices"
	"testing"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/settings"
)

func leads(fields ...string) map[string]crm.Schema {
	s := crm.Schema{Module: "Leads"}
	for _, f := range fields {
		s.Fields = append(s.Fields, crm.Field{ID: f, Name: f, Label: f, Type: crm.TextField, Creatable: true, Updatable: true})
	}
	return map[string]crm.Schema{"Leads": s}
}

// TestCompare: what one look after another states, and which findings stand when nothing could be seen.
func TestCompare(t *testing.T) {
	t.Parallel()
	set := settings.Settings{
		Modules: map[crm.Role]string{crm.RoleLead: "Leads"},
		Rows:    []mapping.Row{{Role: crm.RoleLead, Key: "city", Field: "City"}, {Role: crm.RoleLead, Key: "state", Field: "State"}},
	}
	open := []crm.Module{{Name: "Leads", Writable: true}}
	earlier, now := time.Unix(1, 0), time.Unix(2, 0)
	deleted := mapping.Drift{Kind: mapping.Deleted, Role: crm.RoleLead, Module: "Leads", Key: "city", Field: "City", Fatal: true}
	lost := Finding{mapping.Drift{Kind: mapping.ChoiceLost, Role: crm.RoleLead, Module: "Leads", Key: "state", Field: "State"}, earlier}
	closed := mapping.Drift{Kind: mapping.NoRights, Role: crm.RoleLead, Module: "Leads", Fatal: true}
	unfit := map[string]*crm.Problem{"Leads": {Class: crm.Unfit}}
	whole := State{Schemas: leads("City", "State")}
	with := func(list ...Finding) State { return State{Schemas: leads("City", "State"), Findings: list} }
	for name, c := range map[string]struct {
		kept           State
		seen           settings.Look
		kinds          []mapping.DriftKind
		since          time.Time
		found, cleared bool
		events         []connection.EventKind
	}{
		"nothing": {kept: whole, seen: settings.Look{Modules: open, Schemas: leads("City", "State")}},
		"something new": {
			kept: whole, seen: settings.Look{Modules: open, Schemas: leads("State")}, kinds: []mapping.DriftKind{mapping.Deleted}, since: now, found: true,
			events: []connection.EventKind{connection.EventDrifted},
		},
		"the first look mails nobody": {
			seen: settings.Look{Schemas: leads("City", "State"), Modules: []crm.Module{{Name: "Leads"}}}, kinds: []mapping.DriftKind{mapping.NoRights}, since: now,
			events: []connection.EventKind{connection.EventDrifted},
		},
		"it lasts":          {kept: with(Finding{deleted, earlier}), seen: settings.Look{Modules: open, Schemas: leads("State")}, kinds: []mapping.DriftKind{mapping.Deleted}, since: earlier},
		"it is over":        {kept: with(Finding{deleted, earlier}), seen: settings.Look{Modules: open, Schemas: leads("City", "State")}, cleared: true, events: []connection.EventKind{connection.EventMended}},
		"a warning is over": {kept: with(lost), seen: settings.Look{Modules: open, Schemas: leads("City", "State")}, events: []connection.EventKind{connection.EventMended}},
		"the module is gone: what was found in it stands": {
			kept: with(Finding{deleted, now}), seen: settings.Look{Modules: open, Trouble: unfit}, kinds: []mapping.DriftKind{mapping.ModuleGone, mapping.Deleted}, since: now, found: true,
			events: []connection.EventKind{connection.EventDrifted},
		},
		"the module was not read: all stands": {kept: with(Finding{deleted, earlier}, Finding{closed, earlier}), kinds: []mapping.DriftKind{mapping.Deleted, mapping.NoRights}, since: earlier},
		"read with a Save: rights are not seen": {
			kept: with(Finding{deleted, earlier}, Finding{closed, earlier}), seen: settings.Look{Schemas: leads("City", "State")}, kinds: []mapping.DriftKind{mapping.NoRights}, since: earlier, cleared: true,
			events: []connection.EventKind{connection.EventMended},
		},
		"may not be read any more: nothing waits for that": {
			kept: with(Finding{deleted, earlier}), seen: settings.Look{Modules: open, Trouble: map[string]*crm.Problem{"Leads": {Class: crm.Forbidden}}}, kinds: []mapping.DriftKind{mapping.NoRights}, since: now, cleared: true,
			events: []connection.EventKind{connection.EventDrifted, connection.EventMended},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			next, happened, found, cleared := compare(c.kept, set, c.seen, now)
			var kinds []mapping.DriftKind
			for _, f := range next.Findings {
				kinds = append(kinds, f.Kind)
				if !f.Since.Equal(c.since) {
					t.Errorf("%s since %v", f.Kind, f.Since)
				}
			}
			var events []connection.EventKind
			for _, e := range happened {
				events = append(events, e.Kind)
			}
			if !slices.Equal(kinds, c.kinds) || found != c.found || cleared != c.cleared || !slices.Equal(events, c.events) || !next.Looked.Equal(now) {
				t.Errorf("found %v (new: %v, over: %v), happened %v", kinds, found, cleared, events)
			}
		})
	}
}
