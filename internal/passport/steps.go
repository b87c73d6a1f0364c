package passport

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/settings"
)

// steps are the lines of the guide in its order.
var steps = [...]string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "T1", "T2", "T3", "T4", "T5", "T6"}

// titles are the guide's headings, and its troubleshooting lines in short.
var titles = map[string]string{
	"1": "Navigate to CRM Configuration", "2": "Select Zoho as the CRM Type", "3": "Enter Client Credentials", "4": "Initiate the Zoho Connection",
	"5": "Authorize HeavySet Tech in Zoho", "6": "Verify Connection Tokens", "7": "Navigate to Zoho Settings", "8": "Select the CRM Config and Open Field Mapping",
	"9": "Map Zoho Module Names", "10": "Configure Lead and Appointment Field Mappings", "11": "Configure Slot Availability Source",
	"12": "Configure Token Expiry Alerts", "13": "Verify the Integration",
	"T1": "The Zoho authorization page does not appear", "T2": "Refresh Token, API Domain or Accounts Domain are blank", "T3": "The field mapping dropdowns are empty",
	"T4": "Auto-Discover did not populate all fields", "T5": "A token expiry notification came", "T6": "Records are created in the wrong Zoho module",
}

// check looks at one line. What needs a connection waits for step 4.
func (e examiner) check(step string) Check {
	switch step {
	case "1":
		return good("%s has the configuration “%s”.", e.org.Name, e.config.Name)
	case "2":
		if e.config.Type != crm.Zoho {
			return wrong(Dialogue, "Choose Zoho as the CRM Type and save.", "The CRM Type is %s.", e.config.Type)
		}
		return good("The CRM Type is Zoho.")
	case "3", "T1":
		if !e.ready {
			return wrong(Dialogue, "Enter Client ID and Client Secret in the CRM Connection Settings, press Okay, then Save.", "Client ID or Client Secret is missing, so Zoho's page cannot be opened.")
		}
		if step == "T1" {
			return e.opens()
		}
		return good("Client ID and Client Secret are saved.")
	case "7", "8":
		return good("The settings of “%s” are version %d.", e.config.Name, e.set.Number)
	case "11":
		return e.source()
	case "12":
		return e.alerts()
	}
	if c, done := e.tokens(step); done {
		return c
	}
	if !e.connected() {
		return Check{State: Waits, Evidence: "Waits for the connection (steps 4 to 6).", Place: Dialogue}
	}
	return e.live(step)
}

// opens looks whether Zoho's page appeared: whoever presses Connect Zoho comes back, accepted or not.
func (e examiner) opens() Check {
	if len(e.happened) > 0 && e.happened[0].Kind == connection.EventBegun {
		at := e.happened[0].At.In(e.org.Location()).Format("2 Jan 2006, 15:04 MST")
		return look(Dialogue, "Where Zoho's page says “Invalid Client Id”, correct the Client ID (step 3); where no page came, allow pop-ups for this site or leave the pop-up box unticked. Then press Connect Zoho again.",
			"%s pressed Connect Zoho on %s, and Zoho has not led back since: its page did not appear, showed an error, or was left.", e.happened[0].By, at)
	}
	return good("Credentials are saved. Zoho's page opens in the same tab, so no pop-up blocker is in its way.")
}

// ungranted names the permissions that are missing, with what stops.
func (e examiner) ungranted() string {
	var out []string
	for _, p := range e.lacks {
		out = append(out, p.Without+" ("+p.Scope+")")
	}
	return strings.Join(out, " ")
}

// tokens looks at what connecting left behind.
func (e examiner) tokens(step string) (Check, bool) {
	k := e.config.Connection
	reconnect := "Press Connect Zoho in the CRM Connection Settings and accept all permissions (steps 4 to 6)."
	switch step {
	case "4", "5":
		switch k.State {
		case connection.Connected:
			if len(e.lacks) > 0 && step == "5" {
				return wrong(Dialogue, reconnect, "Not every permission was granted. %s", e.ungranted()), true
			}
			return good("Authorized by %s for the Zoho organization “%s” in the data centre %s.", k.UserName, k.ZohoOrgName, strings.ToUpper(k.Site.Location)), true
		case connection.NeedsReconnect:
			return wrong(Dialogue, reconnect, "Zoho no longer accepts the authorization: %s", k.Failure.Message), true
		}
		return wrong(Dialogue, reconnect, "Nobody has authorized HeavySet in Zoho yet."), true
	case "6", "T2":
		if missing := e.present(); len(missing) > 0 {
			slices.Sort(missing)
			return wrong(Dialogue, reconnect, "Blank: %s.", strings.Join(missing, ", ")), true
		}
		if len(e.lacks) > 0 && step == "T2" {
			return look(Dialogue, reconnect, "The three fields are populated, and not all permissions were accepted. %s", e.ungranted()), true
		}
		return good("Refresh Token, API Domain (%s) and Accounts Domain (%s) are populated.", k.Site.APIDomain, k.Site.AccountsDomain), true
	case "T5":
		if k.State == connection.NeedsReconnect {
			return wrong(Dialogue, reconnect+" Nothing else has to be changed.", "The connection was lost: %s", k.Failure.Message), true
		}
		return good("No notification is due: the connection has not been lost."), true
	}
	return Check{}, false
}

// live looks at the CRM itself.
func (e examiner) live(step string) Check {
	if role, why := e.unreadable(); why != "" && !((step == "10" || step == "T4") && e.drifted()) {
		c := wrong(Modules, "Check the module names in step 9 and the permissions of the Zoho user.", "%s", why)
		c.Role = role
		return c
	}
	switch step {
	case "9", "T6":
		return e.modules()
	case "T3":
		n := 0
		for _, s := range e.look.Schemas {
			n += len(s.Fields)
		}
		return good("Zoho lists %d fields for the chosen modules.", n)
	case "10", "T4":
		return e.mapped()
	}
	return e.verified()
}

// modules looks at what the four names stand for.
func (e examiner) modules() Check {
	m := e.set.Modules
	for _, pair := range [][2]crm.Role{{crm.RoleLead, crm.RoleRelatedRecord}, {crm.RoleLead, crm.RoleAppointment}, {crm.RoleRelatedRecord, crm.RoleAppointment}} {
		if m[pair[0]] == m[pair[1]] && m[pair[0]] != "" {
			c := wrong(Modules, "Choose the module that is meant in step 9.", "Two of the module names are %s: what should be a %s of its own is made in the wrong module.", m[pair[0]], words(pair[0]))
			c.Role = pair[0]
			return c
		}
	}
	for _, r := range mapping.Roles() {
		for _, f := range e.look.Suits(r, m[r], m[crm.RoleRelatedRecord]) {
			if !f.OK {
				c := look(Modules, "Check the module names in step 9.", "%s may not fit as the module for the %s. Against it speaks what is marked there: %s.", m[r], words(r), f.Words)
				c.Role = r
				return c
			}
		}
	}
	return good("Zoho has all of them: %s.", modules(e.set.Settings))
}

// words names what a record of a role is.
func words(r crm.Role) string { return strings.ReplaceAll(string(r), "_", " ") }

// verified looks for a test booking that was made under the present settings, and for a test lead where enquiries have a
// module of their own, which no booking writes to.
func (e examiner) verified() Check {
	booking := e.tested(crmsync.TestBooking, true)
	lead := e.tested(crmsync.TestLead, e.set.Modules[crm.RoleContactUs] != "")
	switch {
	case booking.State == Wrong:
		return booking
	case lead.State == Wrong, booking.State == OK && lead.State == Look:
		return lead
	case booking.State == OK && lead.State == OK && lead.Evidence != "":
		booking.Evidence += " " + lead.Evidence
	}
	return booking
}

// tested looks at the newest test of a kind.
func (e examiner) tested(kind crmsync.Test, needed bool) Check {
	again := "Press " + strings.ToUpper(string(kind[:1])) + string(kind[1:]) + " in the Zoho Settings."
	i := slices.IndexFunc(e.tests, func(a crmsync.Attempt) bool { return a.Kind == string(kind) })
	switch {
	case i < 0 && needed:
		return wrong(Verify, again, "No %s has been made yet.", kind)
	case i < 0:
		return Check{State: OK}
	}
	a := e.tests[i]
	when := a.At.In(e.org.Location()).Format("2 Jan 2006, 15:04 MST")
	switch {
	case a.State != crmsync.AttemptWritten:
		return wrong(Verify, again, "The %s of %s did not pass: %s", kind, when, a.Error)
	case a.At.Before(e.set.At):
		return look(Verify, again, "The settings were changed after the %s of %s.", kind, when)
	}
	fields := ""
	if r, ok := crmsync.ReportOf(a); ok {
		fields = fmt.Sprintf(" (fields: %d, records: %d, all removed again)", len(r.Checks), len(r.Records))
	}
	return good("The %s of %s passed, field by field%s.", kind, when, fields)
}

// drifted reports whether what has changed in the CRM keeps bookings from being written.
func (e examiner) drifted() bool { return len(e.drift) > 0 && e.drift[0].Fatal }

// mapped looks at what the mapping leaves open.
func (e examiner) mapped() Check {
	fatal, other := e.gaps()
	switch {
	case e.drifted():
		return wrong(Mapping, e.drift[0].Fix+" What is booked meanwhile waits, and is written after that.", "%s", e.drift[0].Words)
	case len(fatal) > 0:
		return wrong(Mapping, "Map them by hand in the field mapping, or press Auto-Discover, then Okay and Save.", "Nothing can be written while these are open: %s.", strings.Join(fatal, ", "))
	case len(e.drift) > 0:
		return look(Mapping, e.drift[0].Fix, "%s", e.drift[0].Words)
	case len(other) > 0:
		return look(Mapping, "Look at them in the field mapping.", "Open, without stopping anything: %s.", strings.Join(other, ", "))
	}
	return good("%d fields are mapped, none that must be is open.", len(e.set.Mapping().Rows))
}

// source looks at what is chosen to block time, and whether it is read.
func (e examiner) source() Check {
	chosen := map[settings.Source]string{
		settings.AppointmentsOnly:      fmt.Sprintf("Chosen: CRM Appointments only (%s).", e.set.Modules[crm.RoleAppointment]),
		settings.AppointmentsAndEvents: fmt.Sprintf("Chosen: CRM Appointments + Events (%s and Events).", e.set.Modules[crm.RoleAppointment]),
		settings.Calendar:              "Chosen: Zoho Calendar (the calendars of each rep).",
	}[e.set.Source]
	if !e.connected() {
		return good("%s Until Zoho is connected, only HeavySet's own appointments and holds block time.", chosen)
	}
	when := func(t time.Time) string { return t.In(e.org.Location()).Format("2 Jan 2006, 15:04 MST") }
	var failing, waiting, read []string
	records, oldest := 0, e.now
	for _, s := range e.sources {
		switch name := s.Label(catalog.Catalog{}); {
		case !s.Counted:
			continue
		case s.Error != "":
			failing = append(failing, name+": "+s.Error)
		case s.AsOf.IsZero():
			waiting = append(waiting, name)
		default:
			read, records = append(read, name), records+s.Records
			if s.AsOf.Before(oldest) {
				oldest = s.AsOf
			}
		}
	}
	again := "Look at the Slot Availability Source in the Zoho Settings."
	switch {
	case len(failing) > 0:
		return wrong(Source, again, "%s Cannot be read: %s", chosen, strings.Join(failing, " "))
	case len(waiting) > 0 || len(read) == 0:
		return look(Source, "Wait for the first reading and look again.", "%s Not read yet: %s.", chosen, cmp.Or(strings.Join(waiting, ", "), "anything"))
	case e.now.Sub(oldest) > e.budget:
		return wrong(Source, again, "%s Last read completely at %s, which is too long ago.", chosen, when(oldest))
	}
	return good("%s Read at %s: %d records of %s.", chosen, when(oldest), records, strings.Join(read, ", "))
}

func (e examiner) alerts() Check {
	fix := "Add at least one client administrator and one HeavySet contact."
	switch n := len(e.set.Alerts); n {
	case 0:
		return wrong(Alerts, fix, "Nobody hears of it when the connection is lost.")
	case 1:
		return look(Alerts, fix, "Only %s hears of it.", e.set.Alerts[0])
	default:
		return good("%d people hear of it when the connection is lost.", n)
	}
}
