// Package passport checks whether an organization's connection to its CRM is set up as the guide says.
//
// A passport has the guide's 13 steps and its 6 troubleshooting lines as live checks, each with what was seen and where
// it is mended. The console shows and prints it, `heavyset doctor` says the same on a terminal, and a nightly run keeps
// it true. Taking one costs the CRM at most eight credits and changes nothing there.
//
// The package decides nothing about the setup itself: it asks connection, settings and crmsync, and puts their answers
// beside the guide's lines.
package passport

import (
	"context"
	"fmt"
	"strings"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/drift"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/mirror"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/settings"
)

// State says how a check ended.
type State string

// The ends of a check. Waits: an earlier step has to be done first.
const (
	OK    State = "ok"
	Look  State = "look" // works, and somebody should look
	Wrong State = "wrong"
	Waits State = "waits"
)

// Place is where a check is mended, in the console.
type Place string

// The places.
const (
	Connections Place = "connections"
	Dialogue    Place = "dialogue" // CRM Connection Settings
	Source      Place = "source"   // in the Zoho Settings, as are Alerts and Verify
	Alerts      Place = "alerts"
	Verify      Place = "verify"
	Modules     Place = "modules" // module names, in the field mapping
	Mapping     Place = "mapping" // what is still open there
)

// Check is one line of the guide, looked at.
type Check struct {
	Step     string // "1" to "13", or "T1" to "T6" for the troubleshooting lines
	Title    string
	State    State
	Evidence string // what was seen
	Fix      string // what to do; "" when nothing is to be done
	Place    Place
	Role     crm.Role // at Modules: which of the four names it is about; "" for none
}

// Passport is all checks of one config at one time. Config is "" when there is none.
type Passport struct {
	Config connection.ConfigID
	Name   string
	At     time.Time
	Checks []Check
}

// Open counts what has to be mended.
func (p Passport) Open() int {
	n := 0
	for _, c := range p.Checks {
		if c.State == Wrong || c.State == Waits {
			n++
		}
	}
	return n
}

// Service takes passports.
type Service struct {
	Connections *connection.Service
	Settings    *settings.Service
	Drift       Drift // nil: nobody watches
	Copy        Copy
	Store       Store
	Now         func() time.Time
}

// Drift knows what has become of the CRM's schema.
type Drift interface {
	Findings(ctx context.Context, o org.ID, c connection.ConfigID) ([]drift.Finding, error)
}

// Copy tells of what is read for the Slot Availability Source.
type Copy interface {
	Sources(ctx context.Context, o org.ID, c connection.ConfigID) ([]mirror.Source, error)
	Budget(set settings.Staleness) time.Duration
}

// Store remembers test leads and test bookings, and keeps passports.
type Store interface {
	Organization(ctx context.Context, o org.ID) (org.Organization, error)
	LastTest(ctx context.Context, o org.ID, c connection.ConfigID, kind crmsync.Test) (crmsync.Attempt, bool, error)

	// KeepPassport keeps one and forgets the config's that are older than before.
	KeepPassport(ctx context.Context, o org.ID, r Run, before time.Time) error
	Passport(ctx context.Context, o org.ID, c connection.ConfigID, id string) (Run, error)
	// Passports lists the newest, the newest first.
	Passports(ctx context.Context, o org.ID, c connection.ConfigID, limit int) ([]Run, error)
	LastNight(ctx context.Context, o org.ID, c connection.ConfigID) (Run, bool, error)
	// Nights lists the configs of all organizations.
	Nights(ctx context.Context) ([]Night, error)
	// PassportDue states the fact Due.
	PassportDue(ctx context.Context, o org.ID, f Due) error
}

// Take checks a config; "" takes the organization's first.
func (s *Service) Take(ctx context.Context, o org.Organization, id connection.ConfigID) (Passport, error) {
	p := Passport{Config: id, At: s.Now()}
	configs, err := s.Connections.Configs(ctx, o.ID)
	if err != nil {
		return p, err
	}
	var config *connection.Config
	for i := range configs {
		if id == "" || configs[i].ID == id {
			config = &configs[i]
			break
		}
	}
	if config == nil && id != "" {
		return p, fault.New(fault.NotFound, "There is no such CRM configuration.")
	}
	if config == nil {
		p.Checks = bare(o)
		return p, nil
	}
	p.Config, p.Name = config.ID, config.Name
	set, err := s.Settings.Current(ctx, o.ID, config.ID)
	if err != nil {
		return p, err
	}
	e := examiner{org: o, config: *config, set: set, ready: s.Connections.Ready(*config), now: p.At}
	for _, kind := range []crmsync.Test{crmsync.TestBooking, crmsync.TestLead} {
		a, made, err := s.Store.LastTest(ctx, o.ID, config.ID, kind)
		if err != nil {
			return p, err
		}
		if made {
			e.tests = append(e.tests, a)
		}
	}
	if s.Drift != nil {
		if e.drift, err = s.Drift.Findings(ctx, o.ID, config.ID); err != nil {
			return p, err
		}
	}
	if e.lacks, err = s.Connections.Lacks(ctx, *config); err != nil {
		return p, err
	}
	if e.happened, err = s.Connections.Store.Events(ctx, o.ID, config.ID, 1); err != nil {
		return p, err
	}
	if config.Connection.State == connection.Connected {
		e.budget = s.Copy.Budget(set.Stale)
		if e.sources, err = s.Copy.Sources(ctx, o.ID, config.ID); err != nil {
			return p, err
		}
		if e.look, err = s.Settings.Look(ctx, o.ID, config.ID, set.Modules); err != nil {
			return p, err
		}
	}
	p.Checks = e.all()
	return p, nil
}

// bare is the passport of an organization without any config.
func bare(o org.Organization) []Check {
	out := []Check{{Step: "1", Title: titles["1"], State: Wrong, Evidence: o.Name + " has no CRM configuration yet.", Fix: "Add one under Connections → CRM.", Place: Connections}}
	for _, step := range steps[1:] {
		out = append(out, Check{Step: step, Title: titles[step], State: Waits, Evidence: "Waits for step 1.", Place: Connections})
	}
	return out
}

// examiner has what the checks look at.
type examiner struct {
	org    org.Organization
	config connection.Config
	ready  bool
	set    settings.Version
	look   settings.Look
	lacks  []crm.Permission
	// happened is the newest event of the connection.
	happened []connection.Event
	drift    []drift.Finding   // of the last look
	tests    []crmsync.Attempt // the newest of each kind

	now     time.Time
	sources []mirror.Source // what is read of the CRM
	budget  time.Duration   // how old that may be
}

func (e examiner) connected() bool { return e.config.Connection.State == connection.Connected }

func (e examiner) all() []Check {
	var out []Check
	for _, step := range steps {
		c := e.check(step)
		c.Step, c.Title = step, titles[step]
		out = append(out, c)
	}
	return out
}

// unreadable gives why the live CRM could not be read, in one sentence, and the role of the module; "" when it could.
func (e examiner) unreadable() (crm.Role, string) {
	if why := e.look.Why[""]; why != "" {
		return "", why
	}
	for _, r := range mapping.Roles() {
		if why := e.look.Why[e.set.Modules[r]]; why != "" && e.set.Modules[r] != "" {
			return r, why
		}
	}
	return "", ""
}

func good(format string, args ...any) Check {
	return Check{State: OK, Evidence: fmt.Sprintf(format, args...)}
}

func wrong(place Place, fix, format string, args ...any) Check {
	return Check{State: Wrong, Evidence: fmt.Sprintf(format, args...), Fix: fix, Place: place}
}

func look(place Place, fix, format string, args ...any) Check {
	return Check{State: Look, Evidence: fmt.Sprintf(format, args...), Fix: fix, Place: place}
}

// present names which of the three tokens of step 6 are there.
func (e examiner) present() (missing []string) {
	k := e.config.Connection
	for name, there := range map[string]bool{"Refresh Token": !k.RefreshToken.Empty(), "API Domain": k.Site.APIDomain != "", "Accounts Domain": k.Site.AccountsDomain != ""} {
		if !there {
			missing = append(missing, name)
		}
	}
	return missing
}

// gaps gives the open fields, the fatal ones apart.
func (e examiner) gaps() (fatal, other []string) {
	for _, g := range e.set.Gaps(e.look.Schemas) {
		words := g.Label + " (" + string(g.Role) + ")"
		if g.Fatal {
			fatal = append(fatal, words)
		} else {
			other = append(other, words)
		}
	}
	return fatal, other
}

// modules names what the guide's four module names stand for.
func modules(s settings.Settings) string {
	labels := map[crm.Role]string{crm.RoleLead: "Lead Module", crm.RoleAppointment: "Appointment Module", crm.RoleRelatedRecord: "Related Record Module", crm.RoleContactUs: "Contact Us Module"}
	var out []string
	for _, r := range mapping.Roles() {
		if m := s.Modules[r]; m != "" {
			out = append(out, labels[r]+" = "+m)
		}
	}
	return strings.Join(out, ", ")
}
