package mirror

import (
	"errors"
	"slices"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/org"
)

// Verdict is what a record's present sight means for its appointment.
type Verdict int

// The verdicts.
const (
	Same    Verdict = iota // nothing happened in the CRM since both sides last agreed
	Agreed                 // the record shows our present state: the echo of a write, or the same change made on both sides
	Told                   // somebody changed it in the CRM
	Crossed                // somebody changed it there while a change of ours was not written yet
)

// ErrMoved says that the sights of a link have changed since they were read: read the record again.
var ErrMoved = errors.New("mirror: the link has been written meanwhile")

// Decide compares what a record shows with what we have and with what both sides last knew of.
func Decide(l Linked, ours, theirs crmsync.Sight) Verdict {
	switch {
	case theirs.Agrees(ours):
		if l.Sight != nil && *l.Sight == theirs {
			return Same
		}
		return Agreed
	case l.Sight != nil && theirs.Agrees(*l.Sight):
		return Same
	case l.Sending != nil && theirs.Agrees(*l.Sending):
		return Agreed
	case !l.Pending:
		return Told
	case l.Sight == nil: // never read before: our change is on its way
		return Same
	}
	return Crossed
}

// seen is a record as it was read now. Gone: the CRM says that it was deleted.
type seen struct {
	module, record string
	sight          crmsync.Sight
	gone           bool
	vanished       bool // neither there nor deleted
}

// follow decides what becomes of an appointment by what its record shows, in the situation of a lock.
func follow(o org.ID, s Standing, cat catalog.Catalog, rec seen, now time.Time) Following {
	ours := crmsync.SightOf(s.Appointment, crmUser(cat, s.Appointment.Rep))
	theirs := rec.sight
	if rec.vanished {
		if !s.Appointment.Status.Open() {
			return Following{}
		}
		return Following{Open: dispute(s, rec, theirs, Vanished, Vanished.Words())}
	}
	if rec.gone {
		theirs = ours
		theirs.Status = booking.Canceled
	}
	switch verdict := Decide(s.Linked, ours, theirs); verdict {
	case Same, Agreed:
		f := Following{}
		if verdict == Agreed {
			f.Sight = &theirs
		}
		if theirs.Agrees(ours) {
			f.Settle = moot(s)
			f.Write = f.Settle.Choice != "" && s.Pending // what the record does not show may still be to be written
		}
		return f
	case Crossed:
		return Following{Open: dispute(s, rec, theirs, Both, Both.Words())}
	}
	return tell(o, s, cat, rec, theirs, now)
}

// moot ends open conflicts that the two sides have ended by themselves.
func moot(s Standing) Settlement {
	if !slices.ContainsFunc(s.Conflicts, func(c Conflict) bool { return c.Kind != Collision }) {
		return Settlement{}
	}
	return Settlement{Choice: Agreement, By: "HeavySet"}
}

// tell carries over what somebody did in the CRM, or says why only a person can.
func tell(o org.ID, s Standing, cat catalog.Catalog, rec seen, theirs crmsync.Sight, now time.Time) Following {
	a := s.Appointment
	t := booking.Told{Start: theirs.Start, End: theirs.End, Actor: "zoho", Detail: "changed in Zoho"}
	switch {
	case theirs.Status == booking.Canceled:
		t.Status, t.Reason, t.Detail = booking.Canceled, "Cancelled in Zoho", "cancelled in Zoho"
		if rec.gone {
			t.Reason, t.Detail = "Deleted in Zoho", "deleted in Zoho"
		}
		if !a.Status.Open() { // it has taken place, or was cancelled
			return Following{Sight: &theirs}
		}
	case a.Status == booking.Canceled && theirs.Status == "": // moved over there, and nothing says that it is on again
		return Following{Sight: &theirs}
	case a.Status == booking.Canceled:
		return Following{Open: dispute(s, rec, theirs, Reopened, Reopened.Words())}
	case theirs.Outcomes && (theirs.Status == booking.Completed || theirs.Status == booking.NoShow):
		t.Status, t.Detail = theirs.Status, "result set in Zoho"
	}
	if theirs.Owner != "" && theirs.Owner != crmUser(cat, a.Rep) {
		i := slices.IndexFunc(cat.Reps, func(r catalog.Rep) bool { return r.CRMUser == theirs.Owner && !r.Archived })
		if i < 0 && t.Status != booking.Canceled {
			return Following{Open: dispute(s, rec, theirs, Stranger, Stranger.Words())}
		}
		if i >= 0 {
			t.Rep = cat.Reps[i].ID
		}
	}
	if length := theirs.End.Sub(theirs.Start); !theirs.Start.IsZero() && !theirs.End.IsZero() && (length <= 0 || length > longest) {
		return Following{Open: dispute(s, rec, theirs, Strange, Strange.Words())}
	}
	f := Following{Sight: &theirs, Change: booking.Follow(o, a, t, now)}
	if len(s.Conflicts) > 0 && f.Change.Fact != nil {
		f.Settle = Settlement{Choice: Theirs, By: "HeavySet"}
	}
	return f
}

// longest is how long an appointment may take.
const longest = 24 * time.Hour

// crmUser is the CRM user of a rep; "" when the catalog knows none.
func crmUser(cat catalog.Catalog, rep string) string {
	r, _ := cat.Rep(rep)
	return r.CRMUser
}

// dispute makes the conflict between what an appointment is and what its record shows.
func dispute(s Standing, rec seen, theirs crmsync.Sight, k Kind, why string) *Conflict {
	return &Conflict{
		Kind: k, Appointment: s.Appointment.ID, Module: rec.module, Record: rec.record,
		Ours: crmsync.SightOf(s.Appointment, ""), Theirs: theirs, Detail: why,
	}
}

// overlaps makes the conflict of a move that the rep has no time for.
func overlaps(s Standing, rec seen) *Conflict {
	return dispute(s, rec, rec.sight, Overlap, Overlap.Words())
}
