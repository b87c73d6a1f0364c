package passport_test

import (
	"context"
	"maps"
	"path/filepath"
	"testing"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/mirror"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/passport"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/settings"
	"heavyset.tech/platform/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// client is a CRM whose schema a test may break.
type client struct {
	crm.Connector
	missing string // module that is not there
}

func (c *client) Provider(crm.Site, crm.Tokens, crm.Meter) crm.Provider {
	return provider{missing: c.missing}
}

type provider struct {
	crm.Provider
	missing string
}

func (p provider) Modules(context.Context) ([]crm.Module, error) {
	var out []crm.Module
	for _, name := range []string{"Leads", "Events", "Contacts"} {
		if name != p.missing {
			out = append(out, crm.Module{ID: name, Name: name, Plural: name, Readable: true, Writable: true, Watchable: true})
		}
	}
	return out, nil
}

func (p provider) Schema(_ context.Context, module string) (crm.Schema, error) {
	if module == p.missing {
		return crm.Schema{}, &crm.Problem{Class: crm.Unfit, Code: "INVALID_MODULE"}
	}
	s := crm.Schema{Module: module}
	for _, row := range mapping.BuiltIn().Rows {
		f := crm.Field{ID: row.Field, Name: row.Field, Label: row.Field, Type: crm.TextField, Creatable: true, Updatable: true}
		switch row.Key {
		case "start", "end":
			f.Type = crm.DateTimeField
		case "related_record":
			f.Type = crm.LookupField
		}
		s.Fields = append(s.Fields, f)
	}
	return s, nil
}

// TestEachLineNamesItsCause brings about what each line of the guide is about, and sees exactly that named.
func TestEachLineNamesItsCause(t *testing.T) {
	t.Parallel()
	connected := connection.Connection{
		State: connection.Connected, Site: crm.Site{Location: "us", AccountsDomain: "https://a", APIDomain: "https://b"}, ZohoOrgID: "1", ZohoOrgName: "Ridge",
		UserID: "2", UserName: "Rae", RefreshToken: secret.NewString("r"), Access: crm.Access{Token: secret.NewString("t"), Expires: noon.Add(time.Hour)}, ConnectedAt: noon,
	}
	full := settings.Default()
	full.Alerts = []string{"a@x.example", "b@x.example"}
	cases := map[string]struct {
		secret string
		conn   *connection.Connection
		lost   bool
		denied bool // a call, for want of a permission
		begun  bool // somebody has gone to Zoho and not come back
		set    func(*settings.Settings)
		gone   string
		tested crmsync.AttemptState      // by a booking; "" never
		lead   crmsync.AttemptState      // by a lead
		copy   mirror.Source             // of Events; zero: read at noon
		want   map[string]passport.State // the lines that are not done
	}{
		"all done":               {secret: "s", conn: &connected, tested: crmsync.AttemptWritten, want: map[string]passport.State{}},
		"not verified":           {secret: "s", conn: &connected, want: states(passport.Wrong, "13")},
		"not passed":             {secret: "s", conn: &connected, tested: crmsync.AttemptFailed, want: states(passport.Wrong, "13")},
		"no credentials":         {want: states(passport.Wrong, "3", "4", "5", "6", "T1", "T2"), set: nil},
		"not connected":          {secret: "s", want: states(passport.Wrong, "4", "5", "6", "T2")},
		"lost":                   {secret: "s", conn: &connected, lost: true, want: states(passport.Wrong, "4", "5", "T5")},
		"lead not passed":        {secret: "s", conn: &connected, tested: crmsync.AttemptWritten, lead: crmsync.AttemptFailed, want: states(passport.Wrong, "13")},
		"enquiries not verified": {secret: "s", conn: &connected, tested: crmsync.AttemptWritten, set: func(s *settings.Settings) { s.Modules[crm.RoleContactUs] = "Leads" }, want: states(passport.Wrong, "13")},
		"enquiries verified":     {secret: "s", conn: &connected, tested: crmsync.AttemptWritten, lead: crmsync.AttemptWritten, set: func(s *settings.Settings) { s.Modules[crm.RoleContactUs] = "Leads" }, want: map[string]passport.State{}},
		"wrong module":           {secret: "s", conn: &connected, tested: crmsync.AttemptWritten, set: func(s *settings.Settings) { s.Modules[crm.RoleLead] = "Contacts" }, want: states(passport.Wrong, "9", "T6")},
		"permission missing":     {secret: "s", conn: &connected, tested: crmsync.AttemptWritten, denied: true, want: map[string]passport.State{"5": passport.Wrong, "T2": passport.Look}},
		"nobody came back":       {secret: "s", conn: &connected, tested: crmsync.AttemptWritten, begun: true, want: states(passport.Look, "T1")},
		"module renamed":         {secret: "s", conn: &connected, tested: crmsync.AttemptWritten, gone: "Events", want: states(passport.Wrong, "9", "10", "13", "T3", "T4", "T6")},
		"required open": {secret: "s", conn: &connected, tested: crmsync.AttemptWritten, set: func(s *settings.Settings) {
			s.Rows = []mapping.Row{{Role: crm.RoleLead, Key: "email", Field: "Email", Policy: mapping.Fill}}
		}, want: states(passport.Wrong, "10", "T4")},
		"nobody hears":    {secret: "s", conn: &connected, tested: crmsync.AttemptWritten, set: func(s *settings.Settings) { s.Alerts = nil }, want: states(passport.Wrong, "12")},
		"source fails":    {secret: "s", conn: &connected, tested: crmsync.AttemptWritten, copy: mirror.Source{AsOf: noon, Error: "Zoho refuses it."}, want: states(passport.Wrong, "11")},
		"source not read": {secret: "s", conn: &connected, tested: crmsync.AttemptWritten, copy: mirror.Source{Records: -1}, want: states(passport.Look, "11")},
		"source too old":  {secret: "s", conn: &connected, tested: crmsync.AttemptWritten, copy: mirror.Source{AsOf: noon.Add(-16 * time.Minute)}, want: states(passport.Wrong, "11")},
		"one hears":       {secret: "s", conn: &connected, tested: crmsync.AttemptWritten, set: func(s *settings.Settings) { s.Alerts = s.Alerts[:1] }, want: states(passport.Look, "12")},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := func() time.Time { return noon }
			s := storetest.Open(t, storetest.SQLite(t, filepath.Join(t.TempDir(), "test.db")), now, nil)
			o, err := (&org.Service{Store: s, Now: now}).Create(t.Context(), org.Draft{Slug: "ridge", Name: "Ridge", Timezone: "America/Chicago"})
			if err != nil {
				t.Fatal(err)
			}
			connections := &connection.Service{Store: s, Connectors: map[crm.Type]crm.Connector{crm.Zoho: &client{missing: c.gone}}, Now: now}
			config := connection.Config{Org: o.ID, ID: "crm_1", Name: "Zoho", Type: crm.Zoho, ClientID: "1000.X", ClientSecret: secret.NewString(c.secret), Connection: connection.Connection{State: connection.NotConnected}, Created: noon}
			if err := s.CreateConfig(t.Context(), config); err != nil {
				t.Fatal(err)
			}
			set := full
			set.Modules = maps.Clone(full.Modules)
			if c.set != nil {
				c.set(&set)
			}
			if _, err := s.SaveSettings(t.Context(), o.ID, config.ID, settings.Version{Settings: set, At: noon, By: "test"}); err != nil {
				t.Fatal(err)
			}
			if c.conn != nil {
				if err := s.SaveConnection(t.Context(), o.ID, config.ID, *c.conn, nil, connection.Authorized{Org: o.ID, Config: config.ID}); err != nil {
					t.Fatal(err)
				}
			}
			if c.lost {
				if err := s.MarkLost(t.Context(), o.ID, config.ID, 1, connection.Failure{Class: crm.Broken, Code: "invalid_code", Message: "revoked", Since: noon}); err != nil {
					t.Fatal(err)
				}
			}
			if c.denied {
				d := connection.Denial{Permission: crm.Permission{Scope: "ZohoCRM.coql.READ", Without: "Writing stops."}, Since: noon}
				if err := s.KeepDenial(t.Context(), o.ID, config.ID, d, connection.NewEvent(connection.EventDenied, noon, "", "", "")); err != nil {
					t.Fatal(err)
				}
			}
			if c.begun {
				if err := s.KeepEvent(t.Context(), o.ID, config.ID, connection.NewEvent(connection.EventBegun, noon, "Rae", "", ""), 0); err != nil {
					t.Fatal(err)
				}
			}
			for kind, state := range map[crmsync.Test]crmsync.AttemptState{crmsync.TestBooking: c.tested, crmsync.TestLead: c.lead} {
				if state == "" {
					continue
				}
				a := crmsync.Attempt{ID: crmsync.AttemptID("try_" + kind), Config: config.ID, At: noon, State: state, Kind: string(kind), Request: "{}", Answer: "{}"}
				if err := s.Record(t.Context(), o.ID, a, nil); err != nil {
					t.Fatal(err)
				}
			}
			if c.copy == (mirror.Source{}) {
				c.copy = mirror.Source{AsOf: noon}
			}
			c.copy.Name = "Events"
			if err := s.SetSources(t.Context(), o.ID, config.ID, []mirror.Source{{Name: "Events", Counted: true}}); err != nil {
				t.Fatal(err)
			}
			if err := s.ReadSource(t.Context(), o.ID, config.ID, c.copy, mirror.Sample{At: noon}); err != nil {
				t.Fatal(err)
			}
			if c.copy.Error != "" {
				if err := s.FailSource(t.Context(), o.ID, config.ID, "Events", c.copy.Error, mirror.Sample{At: noon, Failed: true}); err != nil {
					t.Fatal(err)
				}
			}
			service := &passport.Service{Copy: &mirror.Service{Store: s}, Store: s, Connections: connections, Settings: &settings.Service{Store: s, Connections: connections, Guardian: connection.NewGuardian(connections), Now: now}, Now: now}
			p, err := service.Take(t.Context(), o, "")
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Checks) != 19 {
				t.Errorf("%d lines, want 13 steps and 6 of trouble", len(p.Checks))
			}
			for _, k := range p.Checks {
				want, listed := c.want[k.Step]
				waits := k.State == passport.Waits && (c.conn == nil || c.lost)
				switch {
				case listed && k.State != want:
					t.Errorf("%s is %s (%s), want %s", k.Step, k.State, k.Evidence, want)
				case !listed && k.State != passport.OK && !waits:
					t.Errorf("%s is %s: %s", k.Step, k.State, k.Evidence)
				case (k.State == passport.Wrong || k.State == passport.Look) && (k.Fix == "" || k.Place == ""):
					t.Errorf("%s leads to no fix", k.Step)
				case k.Evidence == "" || k.Title == "":
					t.Errorf("%s says nothing", k.Step)
				}
			}
		})
	}
}

func states(s passport.State, steps ...string) map[string]passport.State {
	out := map[string]passport.State{}
	for _, step := range steps {
		out[step] = s
	}
	return out
}
