package api

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/settings"
)

type modulesBody struct {
	Lead          string `json:"lead"`
	Appointment   string `json:"appointment"`
	RelatedRecord string `json:"related_record"`
	ContactUs     string `json:"contact_us"`
}

type rowBody struct {
	Module   string            `json:"module" doc:"role: lead, appointment, related_record or contact_us"`
	Key      string            `json:"key"`
	CRMField string            `json:"crm_field"`
	Constant string            `json:"constant,omitempty"`
	Template string            `json:"template,omitempty"`
	Policy   string            `json:"policy,omitempty"`
	Inverted bool              `json:"inverted,omitempty" doc:"the CRM field means the opposite"`
	Values   map[string]string `json:"values,omitempty" doc:"of a picklist: our value to the CRM's"`
	Default  string            `json:"default,omitempty" doc:"of a picklist: for a value that it does not have"`
	Hold     bool              `json:"hold,omitempty" doc:"of a picklist: a value that it does not have keeps the record from being written"`
}

type layoutsBody struct {
	Lead          string `json:"lead,omitempty"`
	Appointment   string `json:"appointment,omitempty"`
	RelatedRecord string `json:"related_record,omitempty"`
	ContactUs     string `json:"contact_us,omitempty"`
}

type settingsBody struct {
	Modules modulesBody  `json:"modules"`
	Layouts *layoutsBody `json:"layouts,omitempty" required:"false" doc:"id of the layout that new records of a role name, or none; what is left out is chosen: the module's first active layout, where the mapping fills all that it demands"`
	Mapping []rowBody    `json:"mapping" doc:"empty: the built-in mapping"`
	Source  string       `json:"slot_availability_source"`
	Alerts  []string     `json:"token_expiry_alerts"`

	Booked    string              `json:"booked_leads,omitempty" required:"false" doc:"what becomes of an open lead when its person books: keep (the default), convert or link; absent: unchanged"`
	Staleness *stalenessBody      `json:"staleness,omitempty" required:"false" doc:"how old the copy of Zoho may be and what holds beyond; absent: unchanged"`
	Calendars map[string][]string `json:"calendars,omitempty" required:"false" doc:"ids of the calendars that zoho_calendar reads besides free and busy times, by rep; absent: unchanged"`
}

type stalenessBody struct {
	Budget int    `json:"budget_minutes,omitempty" required:"false" doc:"0: the default"`
	Policy string `json:"policy,omitempty" required:"false" doc:"tentative (the default), copy or block"`
}

type settingsOut struct{ Body settingsBody }

type replaceSettingsIn struct {
	Org  string `path:"org"`
	ID   string `path:"id"`
	Body settingsBody
}

func settingsOf(s settings.Settings) settingsBody {
	b := settingsBody{
		Modules: modulesBody{s.Modules[crm.RoleLead], s.Modules[crm.RoleAppointment], s.Modules[crm.RoleRelatedRecord], s.Modules[crm.RoleContactUs]},
		Mapping: []rowBody{}, Source: string(s.Source), Alerts: append([]string{}, s.Alerts...),
		Staleness: &stalenessBody{int(s.Stale.Budget / time.Minute), string(cmp.Or(s.Stale.Policy, settings.StaleTentative))}, Calendars: s.Calendars, Booked: string(cmp.Or(s.People.Booked, settings.BookedKeep)),
	}
	if len(s.Layouts) > 0 {
		b.Layouts = &layoutsBody{s.Layouts[crm.RoleLead], s.Layouts[crm.RoleAppointment], s.Layouts[crm.RoleRelatedRecord], s.Layouts[crm.RoleContactUs]}
	}
	for _, r := range s.Rows {
		b.Mapping = append(b.Mapping, rowBody{
			Module: string(r.Role), Key: r.Key, CRMField: r.Field, Constant: r.Constant, Template: r.Template, Policy: string(r.Policy),
			Inverted: r.Inverted, Values: r.Values, Default: r.Default, Hold: r.Hold,
		})
	}
	return b
}

// settings gives what a body sets; what it has no word for stays as it was.
func (b settingsBody) settings(was settings.Settings) settings.Settings {
	s := settings.Settings{Modules: b.Modules.modules(), Source: settings.Source(b.Source), Stale: was.Stale, Calendars: was.Calendars, People: was.People, Alerts: b.Alerts}
	if l := b.Layouts; l != nil {
		s.Layouts = map[crm.Role]string{}
		for r, id := range map[crm.Role]string{crm.RoleLead: l.Lead, crm.RoleAppointment: l.Appointment, crm.RoleRelatedRecord: l.RelatedRecord, crm.RoleContactUs: l.ContactUs} {
			if id != "" {
				s.Layouts[r] = id
			}
		}
	}
	if b.Staleness != nil {
		s.Stale = settings.Staleness{Budget: time.Duration(min(max(b.Staleness.Budget, -1), 1_000_000)) * time.Minute, Policy: settings.StalePolicy(b.Staleness.Policy)}
	}
	if b.Booked != "" {
		s.People.Booked = settings.Booked(b.Booked)
	}
	if b.Calendars != nil {
		s.Calendars = b.Calendars
	}
	for _, r := range b.Mapping {
		s.Rows = append(s.Rows, mapping.Row{
			Role: crm.Role(r.Module), Key: r.Key, Field: r.CRMField, Constant: r.Constant, Template: r.Template, Policy: mapping.Policy(r.Policy),
			Inverted: r.Inverted, Values: r.Values, Default: r.Default, Hold: r.Hold,
		})
	}
	return s
}

func (a *API) settings(ctx context.Context, in *itemIn) (*settingsOut, error) {
	o, err := a.item(ctx, in, Members)
	if err != nil {
		return nil, err
	}
	v, err := a.Settings.Current(ctx, o.ID, connection.ConfigID(in.ID))
	if err != nil {
		return nil, err
	}
	return &settingsOut{settingsOf(v.Settings)}, nil
}

func (a *API) replaceSettings(ctx context.Context, in *replaceSettingsIn) (*settingsOut, error) {
	o, err := a.item(ctx, &itemIn{in.Org, in.ID}, Admins)
	if err != nil {
		return nil, err
	}
	before, err := a.Settings.Current(ctx, o.ID, connection.ConfigID(in.ID))
	if err != nil {
		return nil, err
	}
	v, err := a.Settings.Save(ctx, o.ID, connection.ConfigID(in.ID), in.Body.settings(before.Settings), "API")
	if err != nil {
		return nil, err
	}
	if err := a.did(ctx, o.ID, audit.Settings, "Settings saved", fmt.Sprintf("Version %d", v.Number), settings.Differences(before.Settings, v.Settings)...); err != nil {
		return nil, err
	}
	return &settingsOut{settingsOf(v.Settings)}, nil
}

type checkBody struct {
	Module   string `json:"module"`
	Key      string `json:"key"`
	CRMField string `json:"crm_field"`
	Sent     string `json:"sent"`
	Read     string `json:"read"`
	OK       bool   `json:"ok"`
	Detail   string `json:"detail"`
}

type testOut struct {
	Body struct {
		OK      bool        `json:"ok"`
		Checks  []checkBody `json:"checks"`
		Removed bool        `json:"removed"`
	}
}

func (a *API) testLead(ctx context.Context, in *itemIn) (*testOut, error) {
	return a.test(ctx, in, crmsync.TestLead, "Test lead")
}

func (a *API) testBooking(ctx context.Context, in *itemIn) (*testOut, error) {
	return a.test(ctx, in, crmsync.TestBooking, "Test booking")
}

func (a *API) test(ctx context.Context, in *itemIn, kind crmsync.Test, act string) (*testOut, error) {
	o, err := a.item(ctx, in, Admins)
	if err != nil {
		return nil, err
	}
	r, err := a.Sync.Test(ctx, o.ID, connection.ConfigID(in.ID), kind)
	if err != nil {
		return nil, err
	}
	if err := a.did(ctx, o.ID, audit.Sync, act, in.ID, fmt.Sprintf("All as it was sent: %t. Test records removed: %t.", r.OK, r.Removed)); err != nil {
		return nil, err
	}
	out := &testOut{}
	out.Body.OK, out.Body.Removed, out.Body.Checks = r.OK, r.Removed, []checkBody{}
	for _, c := range r.Checks {
		out.Body.Checks = append(out.Body.Checks, checkBody{string(c.Role), c.Key, c.Field, c.Sent, c.Read, c.OK, c.Detail})
	}
	return out, nil
}
