package crmsync_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
)

func TestNewPersonMakesOneLeadInAnyOrder(t *testing.T) {
	t.Parallel()
	for name, order := range map[string][]int{"as booked": {0, 1}, "the second booking first": {1, 0}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			both := []int{9, 10}
			first, second := w.booked(both[0], jo), w.booked(both[1], jo)
			for _, i := range order {
				if i == 0 {
					w.pushed(first)
				} else {
					w.pushed(second)
				}
			}
			w.expect(1, 1, 2)
		})
	}
}

func TestKnownContactMakesNoLead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.crm.records["Contacts"] = []crm.Record{{Module: "Contacts", ID: "1", Values: crm.Values{"First_Name": "Jo", "Last_Name": "Doe", "Email": "jo@x.example"}}}
	first, second := w.booked(9, jo), w.booked(10, jo)
	w.pushed(second)
	w.pushed(first)
	w.expect(1, 0, 2)
	// an enquiry is always a lead, and a booking completes it instead of making another
	l, err := (&lead.Service{Store: w.store, Now: w.clock}).Capture(t.Context(), w.org, lead.Request{Kind: lead.ContactUs, Contact: jo})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.sync.PushLead(t.Context(), w.org.ID, l.ID); err != nil {
		t.Fatal(err)
	}
	w.pushed(w.booked(11, jo))
	w.expect(1, 1, 3)
}

// TestCutAnywhere loses the answer of each call in turn, before it was carried out and after: the next push makes what
// is missing and nothing twice.
func TestCutAnywhere(t *testing.T) {
	t.Parallel()
	whole := newWorld(t)
	whole.pushed(whole.booked(9, jo))
	if len(whole.crm.calls) < 5 {
		t.Fatalf("only %d calls to cut", len(whole.crm.calls))
	}
	for n := range whole.crm.calls {
		for _, after := range []bool{false, true} {
			w := newWorld(t)
			seen := 0
			w.crm.meet = func(_ string, done bool) error {
				if done != after {
					return nil
				}
				seen++
				if seen == n+1 {
					return &crm.Problem{Class: crm.Down, Unknown: true}
				}
				return nil
			}
			b := w.booked(9, jo)
			err := w.push(b)
			if !fault.Is(err, fault.Unavailable) || fault.As(err).RetryAfter <= 0 {
				t.Fatalf("call %d cut (after: %v): %v, want one that waits", n, after, err)
			}
			if v := w.view(b); v.State != crmsync.Pending || v.LastError == "" {
				t.Errorf("call %d cut: shown as %+v", n, v)
			}
			w.wait(time.Minute)
			w.pushed(b)
			w.expect(1, 1, 1)
			if v := w.view(b); v.State != crmsync.Written || v.LastError != "" || len(v.Records) != 3 {
				t.Errorf("call %d cut, then written: shown as %+v", n, v)
			}
			calls := len(w.crm.calls)
			w.pushed(b) // nothing is left to do
			if len(w.crm.calls) != calls {
				t.Errorf("what is written is not asked for again: %v", w.crm.calls[calls:])
			}
		}
	}
}

// TestInsertWithoutATurn: one that never left, for too many of our own calls were under way, waits no longer than it must.
func TestInsertWithoutATurn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.booked(9, jo)
	w.crm.late = func(crm.Record) error {
		w.crm.late = nil
		return fault.Later(time.Second, "no turn")
	}
	if err := w.push(b); !fault.Is(err, fault.Unavailable) {
		t.Fatal(err)
	}
	w.wait(time.Second)
	w.pushed(b)
	w.expect(1, 1, 1)
}

// TestInsertStillUnderWay: our process dies, or its request is cut, and Zoho carries the insert out after we have looked
// for it. It is not repeated until that can't happen any more, and found where it was begun although the appointment has
// moved since.
func TestInsertStillUnderWay(t *testing.T) {
	t.Parallel()
	for _, module := range []string{"Contacts", "Leads", "Events"} {
		for name, killed := range map[string]bool{"cut": false, "killed": true} {
			t.Run(module+" "+name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				b := w.booked(9, jo)
				var late crm.Record
				w.crm.late = func(r crm.Record) error {
					if r.Module != module {
						return nil
					}
					late, w.crm.late = r, nil
					late.ID = "9" + r.ID // the next one gets its own
					if killed {          // the node that takes over knows nothing of an answer
						return errors.New("killed")
					}
					return &crm.Problem{Class: crm.Down, Unknown: true}
				}
				if err := w.push(b); err == nil || late.ID == "" {
					t.Fatalf("the insert must be cut: %v", err)
				}
				w.wait(3 * time.Second)
				moved, err := w.book.Reschedule(t.Context(), b.Token.Reveal(), monday.Add(4*time.Hour), lead.IdempotencyKey{}, "visitor")
				if err != nil {
					t.Fatal(err)
				}
				err = w.push(b)
				if wait := fault.As(err).RetryAfter; !fault.Is(err, fault.Unavailable) || wait < 15*time.Second || wait > 20*time.Second {
					t.Errorf("the insert may still come: %v", err)
				}
				w.pushed(w.booked(10, lead.Contact{LastName: "Roe", Email: "roe@x.example"})) // nobody else waits
				w.crm.mu.Lock()
				w.crm.records[module] = append(w.crm.records[module], late)
				w.crm.mu.Unlock()
				w.wait(20 * time.Second)
				w.pushed(b)
				w.expect(2, 2, 2)
				for _, r := range w.crm.records["Events"] {
					if start := r.Values["Start_DateTime"].(time.Time); start.Hour() != 10 && !start.Equal(moved.Appointment.Start) {
						t.Errorf("the event begins at %v", start)
					}
				}
			})
		}
	}
}

// TestInsertThatNeverCame is repeated once the time is over, and at once when Zoho was not even reached.
func TestInsertThatNeverCame(t *testing.T) {
	t.Parallel()
	for name, unknown := range map[string]bool{"no answer": true, "not reached": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.crm.meet = func(call string, done bool) error {
				if call == "create Events" && !done {
					return &crm.Problem{Class: crm.Down, Unknown: unknown}
				}
				return nil
			}
			b := w.booked(9, jo)
			if err := w.push(b); !fault.Is(err, fault.Unavailable) {
				t.Fatal(err)
			}
			w.crm.meet = nil
			w.wait(3 * time.Second)
			if err := w.push(b); (err != nil) != unknown {
				t.Errorf("after three seconds: %v", err)
			}
			w.wait(18 * time.Second)
			w.pushed(b)
			w.expect(1, 1, 1)
		})
	}
}

func TestSilentCRMIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	down := true
	w.crm.meet = func(string, bool) error {
		if down {
			return &crm.Problem{Class: crm.Down}
		}
		return nil
	}
	a, b := w.booked(9, jo), w.booked(10, lead.Contact{LastName: "Roe", Email: "roe@x.example"})
	tried := false
	w.crm.meet = func(string, bool) error { tried = true; return &crm.Problem{Class: crm.Down} }
	_ = w.push(a)
	tried = false
	if err := w.push(b); !fault.Is(err, fault.Unavailable) || !tried {
		t.Errorf("one write that hears nothing keeps no other waiting: %v", err)
	}
	tried = false
	if err := w.push(a); !fault.Is(err, fault.Unavailable) || tried {
		t.Errorf("while the connection pauses nothing is tried: %v", err)
	}
	for range 20 { // however long it lasts, somebody tries within half a minute
		w.wait(15 * time.Second)
		tried = false
		if err := w.push(b); !tried || fault.As(err).RetryAfter > 20*time.Second {
			t.Fatalf("after the pause one tries (%v), and the next pause is short: %v", tried, err)
		}
	}
	w.crm.meet = nil
	w.wait(15 * time.Second)
	w.pushed(b)
	w.pushed(a)
	w.expect(2, 2, 2)
}

// TestCutWriteHoldsUpNobodyElse: a write that again and again gets no answer, while the CRM answers its other calls, waits by
// itself: shortly at first, never for long.
func TestCutWriteHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cut := w.booked(9, jo)
	down := func(call string, done bool) error {
		if call == "create Events" && !done {
			return &crm.Problem{Class: crm.Down}
		}
		return nil
	}
	for i := range 6 {
		w.crm.meet = down
		err := w.push(cut)
		if wait := fault.As(err).RetryAfter; !fault.Is(err, fault.Unavailable) || i == 0 && wait > 3*time.Second || wait > 2*time.Minute {
			t.Errorf("waits %v: %v", wait, err)
		}
		w.crm.meet = nil
		w.pushed(w.booked(10+i, lead.Contact{LastName: "Roe", Email: fmt.Sprintf("roe%d@x.example", i)}))
		w.wait(time.Minute)
	}
	w.pushed(cut)
	w.expect(7, 7, 7)
}

// TestNoWritesTaken: a CRM that answers what is read and takes no writes is left alone, or each write that waits would read
// again and again for nothing.
func TestNoWritesTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tried := 0
	w.crm.meet = func(call string, done bool) error {
		if strings.HasPrefix(call, "create") && !done {
			tried++
			return &crm.Problem{Class: crm.Down}
		}
		return nil
	}
	var all []booking.Confirmation
	for i := range 6 {
		b := w.booked(9+i, lead.Contact{LastName: "Roe", Email: fmt.Sprintf("roe%d@x.example", i)})
		_ = w.push(b)
		all = append(all, b)
	}
	if tried != 2 {
		t.Errorf("%d writes of six were tried, two say enough", tried)
	}
	w.crm.meet = nil
	w.wait(time.Minute)
	for _, b := range all {
		w.pushed(b)
	}
	w.expect(6, 6, 6)
}

// TestLockedRecordHoldsUpNobodyElse: one record that the CRM keeps locked waits by itself.
func TestLockedRecordHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	locked, other := w.booked(9, jo), w.booked(10, lead.Contact{LastName: "Roe", Email: "roe@x.example"})
	w.crm.meet = func(call string, done bool) error {
		if call == "create Events" && !done {
			return &crm.Problem{Class: crm.Busy, Code: "RECORD_LOCKED"}
		}
		return nil
	}
	if err := w.push(locked); !fault.Is(err, fault.Unavailable) || fault.As(err).RetryAfter < time.Minute {
		t.Errorf("the locked record waits: %v", err)
	}
	if v := w.view(locked); v.State != crmsync.Pending || v.LastError == "" || strings.Contains(v.LastError, "not answer") {
		t.Errorf("shown as %+v", v)
	}
	w.crm.meet = nil
	w.pushed(other)
	w.wait(3 * time.Minute)
	w.pushed(locked)
	w.expect(2, 2, 2)
}

func TestRefusedRecordIsForAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.crm.meet = func(call string, _ bool) error {
		if call == "create Events" {
			return &crm.Problem{Class: crm.Rejected, Code: "MANDATORY_NOT_FOUND", Field: "Meeting_Venue__s"}
		}
		return nil
	}
	b := w.booked(9, jo)
	if err := w.push(b); !fault.Is(err, fault.Invalid) {
		t.Fatalf("a refusal ends the job: %v", err)
	}
	v := w.view(b)
	if v.State != crmsync.Failed || !strings.Contains(v.LastError, "Meeting_Venue__s") {
		t.Errorf("shown as %+v", v)
	}
	w.crm.meet = nil
	if err := w.sync.ReplayAppointment(t.Context(), w.org.ID, b.Appointment.ID); err != nil {
		t.Fatal(err)
	}
	if w.due() != 1 {
		t.Error("Write again must push")
	}
	w.pushed(b)
	w.expect(1, 1, 1)
}

func TestOnePushOfACustomerAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.booked(9, jo), w.booked(10, jo)
	met := 0
	w.crm.meet = func(call string, done bool) error {
		if call == "find Contacts" && !done {
			if met++; met > 1 {
				return nil
			}
			if err := w.push(second); !fault.Is(err, fault.Unavailable) {
				t.Errorf("a second push of the same person has to wait: %v", err)
			}
		}
		return nil
	}
	w.pushed(first)
	w.pushed(second)
	if met != 1 { // the second has the contact by then
		t.Errorf("the contact was looked for %d times", met)
	}
	w.expect(1, 1, 2)
}

// TestFrozenNodeWritesNothing: a node that stood still for so long that another one has taken its work over must not
// carry on where it stopped.
func TestFrozenNodeWritesNothing(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"find Contacts", "find Leads", "create Contacts", "create Leads"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			other := *w.sync
			other.Node = "node_b"
			b := w.booked(9, jo)
			w.crm.meet = func(call string, done bool) error {
				if call != where || !done {
					return nil
				}
				w.crm.meet = nil
				if err := w.store.Beat(t.Context(), "node_a", w.clock()); err != nil {
					t.Fatal(err)
				}
				if _, err := w.store.Bury(t.Context(), "node_a", w.clock()); err != nil {
					t.Fatal(err)
				}
				if err := other.PushAppointment(t.Context(), w.org.ID, b.Appointment.ID); err != nil {
					t.Fatal(err)
				}
				return nil
			}
			if err := w.push(b); !fault.Is(err, fault.Unavailable) {
				t.Errorf("the node that was taken for dead must stop: %v", err)
			}
			w.expect(1, 1, 1)
			w.pushed(b)
			w.expect(1, 1, 1)
		})
	}
}

// TestCutWriteKeepsPause: a write that began before the CRM asked for a pause, and then gets no answer, does not end the pause.
func TestCutWriteKeepsPause(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.booked(9, jo), w.booked(10, lead.Contact{LastName: "Roe", Email: "roe@x.example"})
	w.crm.meet = func(string, bool) error {
		w.crm.meet = func(string, bool) error {
			return &crm.Problem{Class: crm.Throttled, Limit: crm.LimitCredits, RetryAfter: 5 * time.Minute}
		}
		_ = w.push(b)
		return &crm.Problem{Class: crm.Down}
	}
	_ = w.push(a)
	p, err := w.store.Pause(t.Context(), w.org.ID, w.conn)
	if err != nil || p.Until.Sub(w.clock()) < 4*time.Minute {
		t.Errorf("the CRM asked for five minutes; it is left alone until %v (now %v), %v", p.Until, w.clock(), err)
	}
}

// TestALostLeadThatAnotherBookingCompleted: the answer to a lead's insert is lost, another booking of the person finds the
// lead and completes it, and only then is the insert looked for: there is one lead.
func TestALostLeadThatAnotherBookingCompleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.booked(9, jo)
	w.crm.meet = func(call string, done bool) error {
		if call == "create Leads" && done {
			return &crm.Problem{Class: crm.Down}
		}
		return nil
	}
	if err := w.push(first); err == nil {
		t.Fatal("an answer that was lost is no failure")
	}
	w.crm.meet = nil
	w.wait(2 * time.Minute)
	w.pushed(w.booked(10, jo))
	w.pushed(first)
	w.expect(1, 1, 2)
}
