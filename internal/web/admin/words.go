package admin

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/web/page"
)

// pill is a state as a sign and a word. Kind is ok, warn, bad, off (over, no fault) or "" (nothing yet); tag shows no sign.
type pill struct{ Kind, Words, Title string }

// standing says how an appointment stands: what the office has to answer is no mere state.
func standing(a booking.Appointment) pill {
	if a.Waits() {
		return pill{Kind: "warn", Words: "Waiting for your answer"}
	}
	return statusPill(a.Status)
}

func statusPill(s booking.Status) pill {
	switch s {
	case booking.Confirmed:
		return pill{Kind: "tag", Words: "Confirmed"}
	case booking.Tentative:
		return pill{Kind: "warn", Words: "Not confirmed"}
	case booking.Canceled:
		return pill{Kind: "off", Words: "Cancelled"}
	case booking.Completed:
		return pill{Kind: "ok", Words: "Completed"}
	case booking.NoShow:
		return pill{Kind: "warn", Words: "No-show"}
	}
	return pill{Words: string(s)}
}

func syncPill(v crmsync.View) pill {
	p := pill{Words: "Not connected", Title: "No CRM is connected, so nothing is written."}
	switch v.State {
	case crmsync.Written:
		p = pill{Kind: "ok", Words: "Written", Title: "Zoho has the present state."}
	case crmsync.Pending:
		p = pill{Kind: "warn", Words: "Pending", Title: "Waits to be written to Zoho."}
	case crmsync.Failed:
		p = pill{Kind: "bad", Words: "Failed", Title: "Somebody must repair this."}
	}
	if v.LastError != "" && v.State != crmsync.Written {
		p.Title = v.LastError
	}
	return p
}

func kindPill(k lead.Kind) pill {
	words := string(k)
	switch k {
	case lead.FromBooking:
		words = "Booking"
	case lead.ContactUs:
		words = "Enquiry"
	case lead.Abandoned:
		words = "Abandoned"
	}
	return pill{Kind: "tag", Words: words}
}

// kindWords names a lead's kind where there is room to say it.
func kindWords(k lead.Kind) string {
	switch k {
	case lead.FromBooking:
		return "Booking of a new customer"
	case lead.ContactUs:
		return "Enquiry"
	case lead.Abandoned:
		return "Form left without a booking"
	}
	return string(k)
}

func stagePill(s lead.Stage) pill {
	switch s {
	case lead.New:
		return pill{Kind: "warn", Words: "New"}
	case lead.Booked, lead.Won:
		return pill{Kind: "ok", Words: page.Capital(string(s))}
	case lead.Lost:
		return pill{Kind: "off", Words: "Lost"}
	}
	return pill{Words: page.Capital(string(s))}
}

// soonEnough is how long a person may wait for somebody without a warning.
const soonEnough = time.Hour

// speedPill says how long a person waited until somebody was in touch, or how long they have waited so far.
func speedPill(l lead.Lead, now time.Time) pill {
	took, waits := l.Speed(now)
	switch {
	case waits && took > soonEnough:
		return pill{Kind: "warn", Words: "Waits " + waited(took), Title: "Nobody has been in touch yet."}
	case waits:
		return pill{Words: "Waits " + waited(took), Title: "Nobody has been in touch yet."}
	case l.Contacted.IsZero() && l.Appointment != "":
		return pill{Kind: "tag", Words: "Booked", Title: "The customer booked before anybody was in touch."}
	case l.Contacted.IsZero():
		return pill{Kind: "tag", Words: "Not known"}
	}
	return pill{Kind: "ok", Words: waited(took), Title: "From the lead to the first contact."}
}

func statePill(s connection.State) pill {
	h := stateHealth(s)
	return pill{Kind: h.Kind, Words: page.Capital(h.Words)}
}

// roleWords names what a record is to us, in the guide's words.
func roleWords(r crm.Role) string {
	switch r {
	case crm.RoleLead:
		return "Lead"
	case crm.RoleAppointment:
		return "Appointment"
	case crm.RoleRelatedRecord:
		return "Related record"
	case crm.RoleContactUs:
		return "Contact Us"
	}
	return string(r)
}

// policyWords names a write policy.
func policyWords(p mapping.Policy) string {
	switch p {
	case mapping.Create:
		return "Only into new records"
	case mapping.Fill:
		return "Fill if empty"
	case mapping.Overwrite:
		return "Overwrite"
	case mapping.Append:
		return "Append our block"
	case mapping.Forward:
		return "Only forward"
	}
	return string(p)
}

func actorWords(actor string) string {
	switch actor {
	case "visitor":
		return "the customer"
	case "zoho":
		return "somebody in Zoho"
	case "api":
		return "a program (API)"
	case "", "system":
		return "HeavySet"
	}
	return actor
}

// calendar writes instants in the organization's zone. The zone itself is named once on the page.
type calendar struct {
	zone *time.Location
	now  time.Time
}

// day gives "Tue, Dec 1", with the year where it is another one than now's.
func (c calendar) day(t time.Time) string {
	t = t.In(c.zone)
	if t.Year() != c.now.In(c.zone).Year() {
		return t.Format("Mon, Jan 2, 2006")
	}
	return t.Format("Mon, Jan 2")
}

func (c calendar) clock(t time.Time) string { return t.In(c.zone).Format("3:04 PM") }

// stamp gives day and time.
func (c calendar) stamp(t time.Time) string { return c.day(t) + ", " + c.clock(t) }

// exact is stamp to the second, for what happens within one minute.
func (c calendar) exact(t time.Time) string {
	return c.day(t) + ", " + t.In(c.zone).Format("3:04:05 PM")
}

// span gives day and range.
func (c calendar) span(from, to time.Time) string {
	return c.day(from) + ", " + c.clock(from) + " – " + c.clock(to)
}

// elsewhere gives an instant in the visitor's zone; "" when it reads the same there.
func (c calendar) elsewhere(t time.Time, visitor *time.Location) string {
	here, there := t.In(c.zone), t.In(visitor)
	if here.Format(time.DateTime) == there.Format(time.DateTime) {
		return ""
	}
	return calendar{visitor, c.now}.stamp(t) + " for the customer (" + strings.ReplaceAll(visitor.String(), "_", " ") + ")"
}

// waited gives a length of time in the largest unit that fits.
func waited(d time.Duration) string {
	unit := func(n int, noun string) string {
		if n != 1 {
			noun += "s"
		}
		return strconv.Itoa(n) + " " + noun
	}
	switch {
	case d < time.Minute:
		return "under a minute"
	case d < time.Hour:
		return unit(int(d/time.Minute), "minute")
	case d < 48*time.Hour:
		return unit(int(d/time.Hour), "hour")
	}
	return unit(int(d/(24*time.Hour)), "day")
}

// age gives how long ago something was, in the largest unit that fits.
func (c calendar) age(t time.Time) string {
	switch d := c.now.Sub(t); {
	case d < time.Minute:
		return "just now"
	case d < 60*24*time.Hour:
		return waited(d) + " ago"
	}
	return c.day(t)
}

func sortByName(list []org.Organization) {
	slices.SortFunc(list, func(a, b org.Organization) int { return strings.Compare(a.Name, b.Name) })
}
