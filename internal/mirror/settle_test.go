package mirror_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/mirror"
)

// on gives an hour of a day; 0 is eight.
func on(day, hour int) time.Time {
	return eight.AddDate(0, 0, day).Add(time.Duration(hour-8) * time.Hour)
}

// brought is a conflict with the visit that it is about.
type brought struct {
	*visit
	conflict mirror.Conflict
}

// The ways in which conflicts come about. Each leaves exactly one open.
func (w *house) both() brought {
	v := w.visit(1, 9, "Both")
	_, err := w.book.Reschedule(w.t.Context(), v.token, on(1, 13), lead.IdempotencyKey{}, "visitor")
	w.must(err)
	v.change(hour(on(1, 15)))
	w.must(v.push()) // what crossed is no error of the job: it waits for a person
	w.round()
	return brought{v, w.only(mirror.Both)}
}

func (w *house) overlap() brought {
	other := w.visit(1, 11, "Other")
	v := w.visit(1, 9, "Overlap")
	if other.here().Rep != v.here().Rep {
		w.t.Fatal("they are not of one rep")
	}
	v.change(hour(on(1, 11)))
	w.round()
	return brought{v, w.only(mirror.Overlap)}
}

func (w *house) stranger() brought {
	v := w.visit(1, 9, "Stranger")
	v.change(crm.Values{"Owner": crm.Ref{ID: stranger}})
	w.round()
	return brought{v, w.only(mirror.Stranger)}
}

func (w *house) reopened() brought {
	v := w.visit(1, 9, "Reopened")
	_, err := w.book.Cancel(w.t.Context(), v.token, "", lead.IdempotencyKey{}, "visitor")
	w.must(err)
	w.must(v.push())
	w.round()
	v.change(crm.Values{"Event_Title": "On again"})
	w.round()
	return brought{v, w.only(mirror.Reopened)}
}

func (w *house) strange() brought {
	v := w.visit(1, 9, "Strange")
	v.change(crm.Values{"Start_DateTime": on(1, 9), "End_DateTime": on(3, 9)})
	w.round()
	return brought{v, w.only(mirror.Strange)}
}

func (w *house) collision() brought {
	v := w.visit(1, 9, "Collision")
	owner := annUser
	if v.here().Rep == "ben" {
		owner = benUser
	}
	values := hour(on(1, 9))
	values["Event_Title"], values["Owner"] = "Team meeting", crm.Ref{ID: owner}
	_, err := w.zoho.Create(w.t.Context(), "Events", values)
	w.must(err)
	w.wait(5 * time.Second)
	w.round()
	return brought{v, w.only(mirror.Collision)}
}

func (w *house) vanished() brought {
	v := w.visit(1, 9, "Vanished")
	w.must(w.zoho.Delete(w.t.Context(), "Events", v.record))
	w.hide(v.record)
	w.round()
	if n := len(w.open()); n != 0 {
		w.t.Fatalf("%d conflicts after the first round that misses the record: Zoho's list of deletions may lag", n)
	}
	w.round()
	w.round()
	return brought{v, w.only(mirror.Vanished)}
}

func ways() map[mirror.Kind]func(*house) brought {
	return map[mirror.Kind]func(*house) brought{
		mirror.Both: (*house).both, mirror.Overlap: (*house).overlap, mirror.Stranger: (*house).stranger, mirror.Reopened: (*house).reopened,
		mirror.Strange: (*house).strange, mirror.Collision: (*house).collision, mirror.Vanished: (*house).vanished,
	}
}

// each runs a test for each kind of conflict in a house of its own.
func each(t *testing.T, kinds []mirror.Kind, f func(*testing.T, *house, brought)) {
	t.Helper()
	for kind, bring := range ways() {
		if kinds != nil && !slices.Contains(kinds, kind) {
			continue
		}
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := newHouse(t, "sqlite")
			f(t, w, bring(w))
		})
	}
}

// TestAConflictWaitsForAPerson: while it is open both times block, nothing is written to Zoho, and people hear of it once.
func TestAConflictWaitsForAPerson(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, w *house, b brought) {
		before := w.writes()
		for range 3 {
			w.round()
			w.must(b.push())
			_, err := w.store.Resume(t.Context(), w.org.ID)
			w.must(err)
		}
		if n := w.jobs("mirror.opened/mail"); n != 1 {
			t.Errorf("people are told %d times", n)
		}
		if got := w.only(b.conflict.Kind); got.ID != b.conflict.ID {
			t.Errorf("the conflict %s has become %s", b.conflict.ID, got.ID)
		}
		if now := w.writes(); now != before {
			t.Errorf("%d writes to Zoho while the conflict is open", now-before)
		}
		for _, side := range []crmsync.Sight{b.conflict.Ours, b.conflict.Theirs} {
			if side.Status == booking.Canceled || side.Start.IsZero() {
				continue
			}
			for _, blocked := range w.blocks(b) {
				if blocked[0].Before(side.End) && side.Start.Before(blocked[1]) {
					side.Start = time.Time{}
					break
				}
			}
			if !side.Start.IsZero() && b.conflict.Kind != mirror.Strange && (b.conflict.Kind != mirror.Stranger || side.Owner == "") {
				t.Errorf("%v does not block", side)
			}
		}
	})
}

// TestOursIsWritten: what is here is written to Zoho.
func TestOursIsWritten(t *testing.T) {
	t.Parallel()
	each(t, []mirror.Kind{mirror.Both, mirror.Overlap, mirror.Stranger, mirror.Reopened, mirror.Strange}, func(t *testing.T, w *house, b brought) {
		mails := w.told()
		w.must(w.mirror.Settle(t.Context(), w.org.ID, b.conflict.ID, mirror.Ours, "Rae"))
		w.settled(mirror.Ours)
		ours := b.here()
		w.wait(2 * time.Second)
		w.must(b.push())
		w.round()
		w.round()
		w.settled(mirror.Ours)
		start, owner, title, _ := b.there()
		want := map[string]string{"ann": annUser, "ben": benUser}[ours.Rep]
		if !start.Equal(ours.Start) || owner != want {
			t.Errorf("Zoho shows %v of %s, ours is %v of %s", start, owner, ours.Start, want)
		}
		if cancelled := strings.HasPrefix(title, crmsync.CancelledPrefix); cancelled != (ours.Status == booking.Canceled) {
			t.Errorf("Zoho's title is %q, ours is %s", title, ours.Status)
		}
		if now := b.here(); now.Revision != ours.Revision || w.told() != mails {
			t.Errorf("ours has changed: %+v; %d mails", now, w.told()-mails)
		}
		refused(t, w.mirror.Settle(t.Context(), w.org.ID, b.conflict.ID, mirror.Ours, "Rae"), fault.Conflict)
	})
}

// TestTheirsIsFollowed: what Zoho shows holds here too, and the visitor is told.
func TestTheirsIsFollowed(t *testing.T) {
	t.Parallel()
	each(t, []mirror.Kind{mirror.Both, mirror.Reopened, mirror.Vanished}, func(t *testing.T, w *house, b brought) {
		before, mails := w.writes(), w.told()
		w.must(w.mirror.Settle(t.Context(), w.org.ID, b.conflict.ID, mirror.Theirs, "Rae"))
		w.settled(mirror.Theirs)
		w.must(b.push())
		w.round()
		w.settled(mirror.Theirs)
		now := b.here()
		if b.conflict.Kind == mirror.Vanished {
			if now.Status != booking.Canceled {
				t.Errorf("the appointment is %s", now.Status)
			}
		} else if start, _, _, _ := b.there(); !now.Start.Equal(start) || now.Status != booking.Confirmed {
			t.Errorf("here %v %s, there %v", now.Start, now.Status, start)
		}
		if w.writes() != before {
			t.Errorf("%d writes to Zoho", w.writes()-before)
		}
		if n := w.told() - mails; n != 1 {
			t.Errorf("the visitor is told %d times", n)
		}
	})
}

// TestAnotherRepInZohoIsToldOnce: whoever owns the visit's record comes, and that is one fact, however often and by whichever way
// we hear of it.
func TestAnotherRepInZohoIsToldOnce(t *testing.T) {
	t.Parallel()
	w := newHouse(t, "sqlite")
	v := w.visit(1, 10, "doe")
	was := v.here()
	v.change(crm.Values{"Owner": crm.Ref{ID: benUser}})
	for range 2 { // the notification comes twice
		w.must(w.store.Notice(t.Context(), w.org.ID, w.config, "", "Events", []string{v.record}, w.clock()))
		w.must(w.mirror.Catch(t.Context(), w.org.ID, w.config))
		w.wait(5 * time.Second)
	}
	w.round()
	w.must(v.push())
	w.round()
	if now := v.here(); now.Rep != "ben" || !now.Start.Equal(was.Start) || now.Revision != was.Revision+1 {
		t.Errorf("the visit is %+v", now)
	}
	if n := w.jobs("booking.reassigned/mail"); n != 1 || w.told() != 0 {
		t.Errorf("the visitor is told %d times of the rep, and %d times of anything else", n, w.told())
	}
}

// TestSeenInZoho: once Zoho has given a visit's record back or told of it, that is kept, with when it was the first time.
func TestSeenInZoho(t *testing.T) {
	t.Parallel()
	for how, look := range map[string]func(*house, *visit){
		"read": func(w *house, _ *visit) { w.round() },
		"told": func(w *house, v *visit) {
			w.must(w.store.NoticeMade(t.Context(), w.org.ID, w.config, "", "Events", []string{v.record}, w.clock()))
			w.must(w.mirror.Catch(t.Context(), w.org.ID, w.config))
		},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			w := newHouse(t, "sqlite")
			v := w.written(1, 10, "doe")
			if seen := v.seen(); !seen.IsZero() {
				t.Fatalf("seen at %v, before anything was read", seen)
			}
			look(w, v)
			first := w.clock()
			w.round()
			v.change(hour(v.here().Start.Add(time.Hour)))
			w.round()
			if seen := v.seen(); !seen.Equal(first) {
				t.Errorf("seen at %v, want %v", seen, first)
			}
		})
	}
}

// TestTheirsNeedsTheRepsTime: an overlap follows Zoho once the other appointment is out of the way, not before.
func TestTheirsNeedsTheRepsTime(t *testing.T) {
	t.Parallel()
	w := newHouse(t, "sqlite")
	b := w.overlap()
	refused(t, w.mirror.Settle(t.Context(), w.org.ID, b.conflict.ID, mirror.Theirs, "Rae"), fault.Conflict)
	w.only(mirror.Overlap)
	list, _, err := w.store.Appointments(t.Context(), w.org.ID, booking.Filter{})
	w.must(err)
	for _, a := range list {
		if a.ID != b.id {
			_, err := w.book.Move(t.Context(), w.org, a.ID, booking.Wish{Start: on(2, 9)}, "Rae")
			w.must(err)
		}
	}
	w.must(w.mirror.Settle(t.Context(), w.org.ID, b.conflict.ID, mirror.Theirs, "Rae"))
	w.settled(mirror.Theirs)
	if now := b.here(); !now.Start.Equal(on(1, 11)) {
		t.Errorf("the appointment is at %v", now.Start)
	}
}

// TestKept: both sides stay as they are, both times stay blocked, and nobody is asked again.
func TestKept(t *testing.T) {
	t.Parallel()
	each(t, []mirror.Kind{mirror.Overlap, mirror.Stranger, mirror.Reopened, mirror.Strange, mirror.Collision, mirror.Vanished}, func(t *testing.T, w *house, b brought) {
		ours, before := b.here(), w.writes()
		w.must(w.mirror.Settle(t.Context(), w.org.ID, b.conflict.ID, mirror.Kept, "Rae"))
		for range 3 {
			w.round()
			w.must(b.push())
		}
		w.settled(mirror.Kept)
		if now := b.here(); now.Revision != ours.Revision || w.writes() != before {
			t.Errorf("something was changed: %+v, %d writes", now, w.writes()-before)
		}
		if b.conflict.Kind == mirror.Reopened && len(w.blocks(b)) == 0 {
			t.Error("the time that is taken in Zoho is on offer")
		}
		if b.conflict.Kind == mirror.Reopened || b.conflict.Kind == mirror.Vanished {
			return
		}
		_, err := w.book.Reschedule(t.Context(), b.token, on(3, 14), lead.IdempotencyKey{}, "visitor")
		w.must(err)
		w.wait(2 * time.Second)
		w.must(b.push()) // the visitor's next change is written over what was let stand
		w.round()
		if start, _, _, _ := b.there(); !start.Equal(on(3, 14)) || len(w.open()) != 0 {
			t.Errorf("Zoho shows %v; open: %+v", start, w.open())
		}
		_, err = w.book.Reschedule(t.Context(), b.token, on(3, 15), lead.IdempotencyKey{}, "visitor")
		w.must(err) // nothing of the old conflict is in the way
	})
}

// TestSidesThatAgreeByThemselves: a conflict that both sides have ended is closed without a person.
func TestSidesThatAgreeByThemselves(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, w *house, b brought) {
		ours := b.here()
		back := hour(ours.Start)
		back["Owner"] = crm.Ref{ID: map[string]string{"ann": annUser, "ben": benUser}[ours.Rep]}
		switch b.conflict.Kind {
		case mirror.Collision:
			w.must(w.zoho.Delete(t.Context(), "Events", b.conflict.Record))
		case mirror.Vanished:
			w.unhide()
			w.round()
			w.settled(mirror.Theirs) // the list of deletions names it after all
			return
		case mirror.Reopened:
			back["Event_Title"] = crmsync.CancelledPrefix + "again"
			b.change(back)
		default:
			b.change(back)
		}
		w.round()
		w.settled(mirror.Agreement)
		if now := b.here(); now.Revision != ours.Revision {
			t.Errorf("ours has changed: %+v", now)
		}
		w.must(b.push())
		views, err := w.store.AppointmentViews(t.Context(), w.org.ID, []booking.AppointmentID{b.id})
		w.must(err)
		if views[b.id].State != crmsync.Written {
			t.Errorf("the appointment is %+v", views[b.id])
		}
	})
}

// TestVanishedIsWrittenAnew: ours holds, in a new record.
func TestVanishedIsWrittenAnew(t *testing.T) {
	t.Parallel()
	w := newHouse(t, "sqlite")
	b := w.vanished()
	w.must(w.mirror.Settle(t.Context(), w.org.ID, b.conflict.ID, mirror.Ours, "Rae"))
	w.must(b.push())
	views, err := w.store.AppointmentViews(t.Context(), w.org.ID, []booking.AppointmentID{b.id})
	w.must(err)
	fresh := ""
	for _, l := range views[b.id].Records {
		if l.Role == crm.RoleAppointment {
			fresh = l.Record
		}
	}
	if fresh == "" || fresh == b.record || views[b.id].State != crmsync.Written {
		t.Errorf("%+v", views[b.id])
	}
	w.round()
	w.settled(mirror.Ours)
}

// TestACollisionIsMoved: the visit gets another time, of which the visitor is told, and nothing collides any more.
func TestACollisionIsMoved(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newHouse(t, engine)
			b := w.collision()
			near, err := w.book.Nearest(t.Context(), "o", b.here(), 2)
			w.must(err)
			if len(near) != 2 || !near[0].Start.Equal(on(1, 8)) || !near[1].Start.Equal(on(1, 10)) {
				t.Fatalf("the nearest are %v", near)
			}
			w.must(w.mirror.Move(t.Context(), w.org.ID, b.conflict.ID, near[1].Start, "Rae"))
			w.settled(mirror.Moved)
			w.must(b.push())
			w.round()
			w.settled(mirror.Moved)
			if start, _, _, _ := b.there(); !start.Equal(on(1, 10)) || w.told() != 1 {
				t.Errorf("Zoho shows %v; the visitor is told %d times", start, w.told())
			}
			refused(t, w.mirror.Move(t.Context(), w.org.ID, b.conflict.ID, near[0].Start, "Rae"), fault.Conflict)
		})
	}
}

// TestOnlyTheChoicesOfAKind: what makes no sense for a kind is refused and changes nothing.
func TestOnlyTheChoicesOfAKind(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, w *house, b brought) {
		for _, c := range []mirror.Choice{mirror.Theirs, mirror.Ours, mirror.Kept, mirror.Agreement, mirror.Moved, ""} {
			if !slices.Contains(b.conflict.Kind.Choices(), c) {
				refused(t, w.mirror.Settle(t.Context(), w.org.ID, b.conflict.ID, c, "Rae"), fault.Invalid)
			}
		}
		w.only(b.conflict.Kind)
		refused(t, w.mirror.Settle(t.Context(), "org_other", b.conflict.ID, mirror.Kept, "Rae"), fault.NotFound)
		who, err := w.mirror.Author(t.Context(), w.org.ID, b.conflict.Config, b.conflict.Module, b.conflict.Record)
		if b.conflict.Kind == mirror.Vanished {
			refused(t, err, fault.NotFound)
		} else if w.must(err); who.ChangedBy == "" || who.Changed.IsZero() || who.Owner.Name == "" {
			t.Errorf("%+v", who)
		}
	})
}
