// Package settings has what an administrator sets for one CRM config: the guide's steps 9 to 12.
//
// Settings are the module names, the field mapping, the Slot Availability Source and who hears of a dead connection.
// They are kept in versions: a Save makes a new one with its author, nothing is overwritten, and an earlier one can be
// saved again. On Save each row is anchored on what the live CRM says of its field (permanent id, type, length, choices);
// a row that names no field of the module is refused by its path. An empty mapping means mapping.BuiltIn with the chosen
// modules.
//
// The package decides nothing about when or what is written (crmsync, mapping) and knows no SQL.
package settings

import (
	"context"
	"maps"
	"net/mail"
	"slices"
	"time"

	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/org"
)

// Source says which of the CRM's data block time: the guide's Slot Availability Source.
type Source string

// The sources, as in step 11.
const (
	AppointmentsOnly      Source = "crm_appointments"            // the mapped Appointment Module, whichever it is
	AppointmentsAndEvents Source = "crm_appointments_and_events" // and the Events module
	Calendar              Source = "zoho_calendar"
)

// StalePolicy says what visitors are offered while the copy of the CRM is older than its budget.
type StalePolicy string

// The policies. Never is everything offered as free, nor everything taken.
const (
	StaleTentative StalePolicy = "tentative" // bookings are taken as requests that confirm themselves when the CRM is back
	StaleCopy      StalePolicy = "copy"      // the last copy is taken for the truth
	StaleBlock     StalePolicy = "block"     // nothing can be booked, an enquiry can be sent
)

// Staleness is how old the copy of the CRM may be, and what holds beyond.
type Staleness struct {
	Budget time.Duration // 0: a quarter of an hour, or three rounds of reading where they are rarer
	Policy StalePolicy   // "": StaleTentative
}

// AsZohoDecides stands in Settings.Layouts for a role whose new records name no layout. Zoho takes the user's own then,
// and does not enforce what it makes mandatory (https://www.zoho.com/crm/developer/docs/api/v8/insert-records.html).
const AsZohoDecides = "none"

// Truth says whose side holds where a person was changed here and in the CRM since both last agreed.
type Truth string

// The sources of truth. "" is TruthCRM.
const (
	TruthCRM    Truth = "zoho"
	TruthOurs   Truth = "ours"
	TruthNewest Truth = "newest"
	TruthAsk    Truth = "ask" // a person decides each time
)

// People is how customers are kept in step with the CRM.
type People struct {
	Truth  Truth
	Leads  Leads
	Booked Booked
}

// Booked says what becomes of an open lead when its person books.
type Booked string

// What becomes of the lead. "" is BookedKeep.
const (
	BookedKeep    Booked = "keep"    // it stays beside the contact, completed
	BookedConvert Booked = "convert" // the CRM makes it the contact, or a part of the one that is there
	BookedLink    Booked = "link"    // it stays, and its field for the contact names the contact
)

// Leads says whose booking makes a lead.
type Leads string

// The bookings that make a lead. "" is LeadsOfNew.
const (
	LeadsOfNew Leads = "new"    // those of people whom the CRM does not know; a known contact's completes an open lead, where there is one
	LeadsOfAll Leads = "always" // a known contact's too
)

// Settings are what one CRM config is set to.
type Settings struct {
	Modules map[crm.Role]string // by API name; contact_us may be absent
	Layouts map[crm.Role]string // by id, what a person has chosen for new records; AsZohoDecides: none
	InForce map[crm.Role]string // by id, which new records name: the chosen ones, and those that Save has taken for the others
	Rows    []mapping.Row       // empty: the built-in ones
	Source  Source
	Stale   Staleness
	// Calendars are what the source Calendar reads of each rep besides free and busy times: calendar ids by rep id.
	Calendars map[string][]string
	People    People
	Alerts    []string // addresses that hear of a dead connection
}

// Default is what holds before anything was saved.
func Default() Settings {
	m := mapping.BuiltIn().Modules
	delete(m, crm.RoleContactUs)
	return Settings{Modules: m, Source: AppointmentsOnly}
}

// Chosen gives the rows as they are saved, or the built-in ones, without those that stand for others.
func (s Settings) Chosen() mapping.Mapping {
	m := mapping.Mapping{Modules: maps.Clone(s.Modules), Layouts: maps.Clone(s.InForce), Rows: slices.Clone(s.Rows)}
	if len(m.Rows) == 0 {
		m.Rows = mapping.BuiltIn().Rows
	}
	return m
}

// Mapping gives the rows that decide what is written where. A Contact Us Module without rows of its own takes the lead's.
func (s Settings) Mapping() mapping.Mapping {
	m := s.Chosen()
	own := slices.ContainsFunc(m.Rows, func(r mapping.Row) bool { return r.Role == crm.RoleContactUs })
	if m.Module(crm.RoleContactUs) == "" || own {
		return m
	}
	for _, row := range m.Rows {
		if row.Role == crm.RoleLead {
			row.Role = crm.RoleContactUs
			m.Rows = append(m.Rows, row)
		}
	}
	return m
}

// Version is one saved state. Number is 0 for the default, which nobody saved.
type Version struct {
	Settings
	Number int64
	At     time.Time
	By     string // who saved it, for people
}

// Store keeps versions.
type Store interface {
	// Settings gives the newest version, or Default under number 0.
	Settings(ctx context.Context, o org.ID, c connection.ConfigID) (Version, error)
	// SaveSettings keeps a version under the number after the newest one, and states Changed.
	SaveSettings(ctx context.Context, o org.ID, c connection.ConfigID, v Version) (Version, error)
	// HealSettings is SaveSettings for a version that follows a change in the CRM: it keeps what happened to the
	// connection's timeline as well. fault.Conflict when v.Number, on which the new one is built, is the newest no more.
	HealSettings(ctx context.Context, o org.ID, c connection.ConfigID, v Version, happened []connection.Event) (Version, error)
	// SettingsVersions lists all, newest first.
	SettingsVersions(ctx context.Context, o org.ID, c connection.ConfigID) ([]Version, error)
}

// Changed is the fact that a config has new settings: what waits because of the old ones is tried again.
type Changed struct {
	Org    org.ID              `json:"org"`
	Config connection.ConfigID `json:"config"`
}

// Watch hears of settings that were saved, with the modules as the CRM had them then.
type Watch interface {
	Saved(ctx context.Context, o org.ID, c connection.ConfigID, v Version, schemas map[string]crm.Schema) error
}

// Service reads and saves settings.
type Service struct {
	Store       Store
	Watch       Watch // nil: nobody wants to hear
	Connections *connection.Service
	Guardian    *connection.Guardian
	Now         func() time.Time
}

// Current gives the settings in force; fault.NotFound when there is no such config.
func (s *Service) Current(ctx context.Context, o org.ID, c connection.ConfigID) (Version, error) {
	if _, err := s.Connections.Config(ctx, o, c); err != nil {
		return Version{}, err
	}
	return s.Store.Settings(ctx, o, c)
}

// Save checks settings, anchors their rows on the live CRM and keeps them as the newest version. fault.Invalid names
// each wrong part by its path. While the CRM cannot be asked, fields are taken as they are named.
func (s *Service) Save(ctx context.Context, o org.ID, id connection.ConfigID, next Settings, by string) (Version, error) {
	next, schemas, err := s.checked(ctx, o, id, next)
	if err != nil {
		return Version{}, err
	}
	v, err := s.Store.SaveSettings(ctx, o, id, Version{Settings: next, At: s.Now(), By: by})
	if err != nil || s.Watch == nil || len(schemas) == 0 {
		return v, err
	}
	return v, s.Watch.Saved(ctx, o, id, v, schemas)
}

// Check says what Save would say of settings, without saving them.
func (s *Service) Check(ctx context.Context, o org.ID, id connection.ConfigID, next Settings) error {
	_, _, err := s.checked(ctx, o, id, next)
	return err
}

// checked gives settings as they can be saved, and the modules that were read for that.
func (s *Service) checked(ctx context.Context, o org.ID, id connection.ConfigID, next Settings) (Settings, map[string]crm.Schema, error) {
	c, err := s.Connections.Config(ctx, o, id)
	if err != nil {
		return next, nil, err
	}
	next.Alerts = slices.Clone(next.Alerts)
	for i, a := range next.Alerts {
		if parsed, err := mail.ParseAddress(a); err == nil && parsed.Name == "" {
			next.Alerts[i] = parsed.Address
		}
	}
	next.Rows = slices.Clone(next.Rows)
	for i, row := range next.Rows {
		if row.Policy == "" {
			next.Rows[i].Policy = usual(row)
		}
	}
	if err := next.check(); err != nil {
		return next, nil, err
	}
	cur, err := s.Store.Settings(ctx, o, id)
	if err != nil {
		return next, nil, err
	}
	next.Layouts, next.InForce = maps.Clone(next.Layouts), nil
	maps.DeleteFunc(next.Layouts, func(r crm.Role, layout string) bool { // it went with its module
		return next.Modules[r] != cur.Modules[r] && layout == cur.Layouts[r]
	})
	if c.Connection.State == connection.Connected {
		return s.anchor(ctx, c, next)
	}
	return next, nil, nil
}

// Discover proposes CRM fields for the HeavySet fields that have none yet: mapping.Discover on the live CRM. fault.Denied
// or Unavailable say why the CRM could not be looked at.
func (s *Service) Discover(ctx context.Context, o org.ID, id connection.ConfigID, next Settings, questions []catalog.Question) ([]mapping.Proposal, error) {
	c, err := s.Connections.Config(ctx, o, id)
	if err != nil {
		return nil, err
	}
	reader, err := s.Guardian.Provider(ctx, c, connection.ForMetadata)
	if err != nil {
		return nil, err
	}
	chosen := map[crm.Role]map[string]string{}
	for _, r := range next.Rows {
		if chosen[r.Role] == nil {
			chosen[r.Role] = map[string]string{}
		}
		chosen[r.Role][r.Key] = r.Field
	}
	out, err := mapping.Discover(ctx, reader, next.Modules, chosen, questions...)
	if p := crm.AsProblem(err); p != nil && fault.As(err) == nil {
		return nil, p.Fault()
	}
	return out, err
}

// usual is the write policy of a row that names none.
func usual(row mapping.Row) mapping.Policy {
	if h, ok := mapping.HeavyFieldOf(row.Role, row.Key); ok {
		return h.Policy
	}
	return mapping.Create // a fixed text
}

// Versions lists what was saved, newest first.
func (s *Service) Versions(ctx context.Context, o org.ID, c connection.ConfigID) ([]Version, error) {
	return s.Store.SettingsVersions(ctx, o, c)
}
