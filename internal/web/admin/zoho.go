package admin

import (
	"heavyset.tech/platform/internal/auth"
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
