package crmsync_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/settings"
)

// watch is a sentinel in memory: what it holds, and what a look brings to light.
type watch struct {
	holds []mapping.Drift
	look  func() error
	looks int
}

func (w *watch) Look(context.Context, org.ID, connection.ConfigID) error {
	w.looks++
	if w.look == nil {
		return nil
	}
	return w.look()
}

func (w *watch) LookSince(ctx context.Context, o org.ID, c connection.ConfigID, _ time.Time) error {
	return w.Look(ctx, o, c)
}

func (w *watch) Holds(context.Context, org.ID, connection.ConfigID) ([]mapping.Drift, error) {
	return w.holds, nil
}

func (w *watch) Label(_ context.Context, _ org.ID, _ connection.ConfigID, _, field string) (string, error) {
	return "The " + field, nil
}

func hold(r crm.Role, onlyNew bool) []mapping.Drift {
	return []mapping.Drift{{Kind: mapping.Deleted, Role: r, Words: "Roof Age is gone.", Fix: "Choose another.", Fatal: true, OnlyNew: onlyNew}}
}

// TestHeld: while something holds a role, what would be written there waits without a call; what would not goes on.
func TestHeld(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		holds []mapping.Drift
		waits bool
		moves bool // when it is written already, and then moved
	}{
		"nothing":                       {moves: true},
		"the appointment":               {holds: hold(crm.RoleAppointment, false), waits: true},
		"the contact":                   {holds: hold(crm.RoleRelatedRecord, false), waits: true},
		"the lead":                      {holds: hold(crm.RoleLead, false), waits: true},
		"new appointments alone":        {holds: hold(crm.RoleAppointment, true), waits: true, moves: true},
		"enquiries: a booking is none":  {holds: hold(crm.RoleContactUs, false), moves: true},
		"another client's module: none": {holds: hold("", false), moves: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, s := newWorld(t), &watch{holds: c.holds}
			w.sync.Sentinel = s
			b := w.booked(9, jo)
			w.pushed(b)
			v := w.view(b)
			if v.Held() != c.waits || c.waits && (v.State != crmsync.Pending || !strings.Contains(v.LastError, "Roof Age is gone.") || len(w.crm.calls) > 0) {
				t.Errorf("%+v after %v", v, w.crm.calls)
			}
			s.holds = nil
			w.pushed(b)
			w.expect(1, 1, 1)
			s.holds = c.holds
			if _, err := w.book.Reschedule(t.Context(), b.Token.Reveal(), monday.Add(3*time.Hour), lead.IdempotencyKey{}, "visitor"); err != nil {
				t.Fatal(err)
			}
			w.pushed(b)
			if v := w.view(b); (v.State == crmsync.Written) != c.moves {
				t.Errorf("moved: %+v", v)
			}
		})
	}
}

// TestRefusedAndExplained: what a look says of a refused write decides whether it waits, is written again or has failed.
func TestRefusedAndExplained(t *testing.T) {
	t.Parallel()
	refusal := &crm.Problem{Class: crm.Rejected, Code: "INVALID_DATA", Field: "Venue"}
	for name, c := range map[string]struct {
		refusal *crm.Problem
		look    func(w *world, s *watch) error
		state   crmsync.State
		says    string
		looks   int
		again   bool
	}{
		"nothing has changed: failed, with the names of both fields": {refusal: refusal, state: crmsync.Failed, says: "Location, which goes into Zoho's field “The Venue” (Venue)", looks: 1},
		"it has changed: it waits":                                   {refusal: refusal, look: func(_ *world, s *watch) error { s.holds = hold(crm.RoleAppointment, false); return nil }, state: crmsync.Pending, says: crmsync.Held, looks: 1},
		"the mapping has followed": {refusal: refusal, look: func(w *world, _ *watch) error {
			_, err := w.store.SaveSettings(w.t.Context(), w.org.ID, w.conn, settings.Version{Settings: settings.Default(), At: w.clock()})
			return err
		}, state: crmsync.Pending, says: "has followed", looks: 1, again: true},
		"nobody can look":  {refusal: refusal, look: func(*world, *watch) error { return fault.Later(0, "down") }, state: crmsync.Failed, looks: 1},
		"no field's fault": {refusal: &crm.Problem{Class: crm.Duplicate}, state: crmsync.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, s := newWorld(t), &watch{}
			if c.look != nil {
				s.look = func() error { return c.look(w, s) }
			}
			w.sync.Sentinel = s
			w.crm.meet = func(call string, done bool) error {
				if call == "create Events" && !done {
					return c.refusal
				}
				return nil
			}
			b := w.booked(9, jo)
			err := w.push(b)
			if v := w.view(b); v.State != c.state || !strings.Contains(v.LastError, c.says) || s.looks != c.looks {
				t.Errorf("%+v after %d looks: %v", v, s.looks, err)
			}
			if again := fault.Is(err, fault.Unavailable); again != c.again || (err == nil) != (c.state == crmsync.Pending && !c.again) {
				t.Errorf("its job ends with %v", err)
			}
		})
	}
}

// TestWrittenAgainAfterALook: somebody who presses Write again has mended something, so it is looked at first.
func TestWrittenAgainAfterALook(t *testing.T) {
	t.Parallel()
	w, s := newWorld(t), &watch{holds: hold(crm.RoleAppointment, false)}
	w.sync.Sentinel = s
	b := w.booked(9, jo)
	w.pushed(b)
	s.look = func() error { s.holds = nil; return nil }
	if err := w.sync.ReplayAppointment(t.Context(), w.org.ID, b.Appointment.ID); err != nil {
		t.Fatal(err)
	}
	w.pushed(b)
	w.expect(1, 1, 1)
}

// TestForewarnedTestBooking: what would be refused is said instead of tried.
func TestForewarnedTestBooking(t *testing.T) {
	t.Parallel()
	w, s := newWorld(t), &watch{}
	w.sync.Sentinel = s
	s.look = func() error { s.holds = hold(crm.RoleLead, true); return nil }
	r, err := w.sync.Test(t.Context(), w.org.ID, w.conn, crmsync.TestBooking)
	if err != nil || r.OK || !r.Removed || len(r.Checks) != 1 || !strings.Contains(r.Checks[0].Detail, "Roof Age is gone. Choose another.") || len(w.crm.calls) > 0 {
		t.Errorf("%+v, %v after %v", r, err, w.crm.calls)
	}
	if a, found, err := w.store.LastTest(t.Context(), w.org.ID, w.conn, crmsync.TestBooking); err != nil || !found || a.State != crmsync.AttemptFailed {
		t.Errorf("%+v, %v, %v", a, found, err)
	}
}

// TestHeldEnquiry: an enquiry waits for its own module; where that is the lead's, for the lead's.
func TestHeldEnquiry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sync.Sentinel = &watch{holds: hold(crm.RoleLead, false)}
	l, err := (&lead.Service{Store: w.store, Now: w.clock}).Capture(t.Context(), w.org, lead.Request{Kind: lead.ContactUs, Contact: jo})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.sync.PushLead(t.Context(), w.org.ID, l.ID); err != nil {
		t.Fatal(err)
	}
	if len(w.crm.calls) > 0 {
		t.Errorf("called %v", w.crm.calls)
	}
}
