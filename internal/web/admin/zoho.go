package admin

import (
	"context"
	"slices"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/lead"
)

// zohoPart says how far something has come in the CRM, and what to do where it has not.
type zohoPart struct {
	State   pill
	Words   string
	Records []record
	Error   string // what hinders, and what to do about it
	Code    string // Zoho's own word for it
	Fix     string // address where it is mended; "" when nobody has to do anything there
	FixWord string
	Again   string // where "Write again" is posted; "" when it is not offered
	state   crmsync.State
	health  health
}

// record is one record of the CRM that stands for something of ours.
type record struct {
	Role, Module, ID string
	Matched          string // by what the CRM's record was found; "" for one that we have made

	Gone           string // when we saw that it was deleted in Zoho; "" for one that is there
	Do             string // what follows from that, and what to do
	Link, LinkWord string // where it is done; may be ""
}

func recordOf(l crmsync.Link) record {
	r := record{Role: roleWords(l.Role), Module: l.Module, ID: l.Record}
	if words := lead.GroundWords(l.Matched); words != "" {
		r.Matched = "Matched by " + words + "."
	}
	return r
}

// moving reports whether the state will change without anybody doing something.
func (z zohoPart) moving() bool { return z.state == crmsync.Pending && z.health.Kind == "ok" }

// zohoOf makes the part from a view and the attempts, newest first. again is where "Write again" is posted, for those
// who may.
func zohoOf(v *visit, h health, s crmsync.View, attempts []crmsync.Attempt, again string) zohoPart {
	z := zohoPart{State: syncPill(s), Error: s.LastError, state: s.State, health: h}
	for _, l := range s.Records {
		z.Records = append(z.Records, recordOf(l))
	}
	if len(attempts) > 0 && z.Error != "" {
		z.Code = attempts[0].Code
	}
	connect := func(word string) { z.Fix, z.FixWord = v.path("connections"), word }
	switch {
	case s.State == crmsync.Written && len(attempts) > 0 && takenBack(attempts[0]):
		z.State, z.Error = pill{Kind: "off", Words: "Taken back"}, ""
		z.Words = "Somebody took back what HeavySet had written. It is written again only after the next change."
	case s.State == crmsync.Written:
		z.Words, z.Error = "Zoho has the present state.", ""
	case s.State == crmsync.NotConnected:
		z.Words = "No CRM is connected. As soon as one is, HeavySet writes this there by itself."
		connect("Open Connections → CRM")
	case s.State == crmsync.Failed:
		z.Words = "This was not written. It stays here until somebody has repaired it."
		if v.may(auth.Admin) {
			z.Again = again
		}
	case h.Kind == "bad":
		z.Words = "Waits until the connection is authorized again."
		connect("Open Connections → CRM")
	case s.Held():
		z.Words = "Waits until the field mapping fits Zoho again. Nothing is lost: it is written by itself then."
		z.Fix, z.FixWord = v.path("crm-settings"), "Open the Zoho settings"
	case s.LastError != "":
		z.Words = "Not written yet. HeavySet tries again by itself, and this part of the page follows."
	default:
		z.Words = "On its way to Zoho. This part of the page follows by itself."
	}
	return z
}

// gone marks the records of an appointment, or of a lead alone, that were deleted in Zoho, and adds those to which no link leads any
// more.
func (c *Console) gone(ctx context.Context, v *visit, z *zohoPart, l lead.ID, a booking.Appointment) error {
	subjects := slices.DeleteFunc([]string{string(a.ID), string(a.Customer), string(l)}, func(id string) bool { return id == "" })
	list, err := c.Sync.Store.Gone(ctx, v.org.ID, subjects)
	if err != nil {
		return err
	}
	cal, of := calendar{v.org.Location(), c.Now()}, "the appointment's"
	if a.ID == "" {
		of = "the lead's"
	}
	for _, g := range list {
		i := slices.IndexFunc(z.Records, func(r record) bool { return r.Module == g.Module && r.ID == g.Record })
		event := g.Role == crm.RoleAppointment
		if i >= 0 && !event { // restored, and found again
			continue
		}
		if z.state == crmsync.Written && (event && i >= 0 || a.ID == "") {
			z.State, z.Words = pill{Kind: "off", Words: "Deleted in Zoho"}, "Somebody has deleted "+of+" record in Zoho."
		}
		if i < 0 {
			z.Records = append(z.Records, record{Role: roleWords(g.Role), Module: g.Module, ID: g.Record})
			i = len(z.Records) - 1
		}
		z.Records[i].Gone = cal.stamp(g.Seen)
		z.Records[i].follows(v, g.Role, a)
	}
	return nil
}

// follows says what follows from a record's deletion, and what to do.
func (r *record) follows(v *visit, role crm.Role, a booking.Appointment) {
	switch {
	case role == crm.RoleRelatedRecord:
		r.Do = "Nothing has to be done: with the customer's next booking HeavySet finds another contact of theirs, or makes a new one."
	case role != crm.RoleAppointment:
		r.Do = "Nothing has to be done: it is not made again, and the next enquiry gets a lead of its own."
	case a.Status == booking.Canceled:
		r.Do, r.Link, r.LinkWord = "The visit is cancelled here too. If it was deleted by mistake, book it anew: that makes a new record.", address(v.path("appointments", "new"), "customer", string(a.Customer)), "Book for the customer"
	case a.Status.Open():
		r.Do = "The visit still stands here: decide above which of the two holds."
	default:
		r.Do = "Nothing has to be done: the visit is over and stays here as it was."
	}
}
