package crmsync_test

import (
	"testing"
	"time"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
)

// TestSweepsDoNotPileUp: while a CRM is down for hours each sweep finds the same appointments waiting; their jobs must
// not multiply.
func TestSweepsDoNotPileUp(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			sweeps(t, newWorldOn(t, engine))
		})
	}
}

func sweeps(t *testing.T, w *world) {
	t.Helper()
	w.booked(9, jo)
	w.booked(10, lead.Contact{LastName: "Roe", Email: "roe@x.example"})
	if err := w.sync.Sweep(t.Context(), time.Minute); err != nil || w.due() != 0 {
		t.Errorf("what was booked just now is not left behind: %d jobs, %v", w.due(), err)
	}
	for range 5 {
		w.wait(2 * time.Minute)
		if err := w.sync.Sweep(t.Context(), time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.due(); n != 2 {
		t.Errorf("five sweeps over two waiting appointments left %d jobs", n)
	}
}

// TestReconnectWakesEverything: what waits for the authorization, and what failed for want of a permission, is written
// after a reconnect with no other act.
func TestReconnectWakesEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	waits, failed := w.booked(9, jo), w.booked(10, lead.Contact{LastName: "Roe", Email: "roe@x.example"})
	w.crm.meet = func(string, bool) error { return &crm.Problem{Class: crm.ScopeMissing} }
	if err := w.push(failed); !fault.Is(err, fault.Denied) {
		t.Fatal(err)
	}
	if v := w.view(failed); v.State != crmsync.Failed {
		t.Errorf("shown as %+v", v)
	}
	w.crm.meet = nil
	if err := w.store.MarkLost(t.Context(), w.org.ID, w.conn, 1, lost(w)); err != nil {
		t.Fatal(err)
	}
	calls := len(w.crm.calls)
	if err := w.push(waits); err != nil || len(w.crm.calls) != calls {
		t.Errorf("a parked connection is not called and its jobs end: %v, %v", err, w.crm.calls[calls:])
	}
	if v := w.view(waits); v.State != crmsync.Pending {
		t.Errorf("shown as %+v", v)
	}
	w.connect()
	if err := w.sync.Resume(t.Context(), w.org.ID); err != nil || w.due() != 2 {
		t.Fatalf("%d jobs after the reconnect, want one for each of two: %v", w.due(), err)
	}
	w.pushed(waits)
	w.pushed(failed)
	w.expect(2, 2, 2)
}

// TestWhatHindersIsShown: also where nothing was tried since the connection was lost or Zoho fell silent.
func TestWhatHindersIsShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.booked(9, jo)
	if v := w.view(b); v.State != crmsync.Pending || v.LastError != "" {
		t.Errorf("nothing hinders: %+v", v)
	}
	w.crm.meet = func(string, bool) error { return &crm.Problem{Class: crm.Down} }
	_ = w.push(b)
	other := w.booked(10, lead.Contact{LastName: "Roe", Email: "roe@x.example"})
	if v := w.view(other); v.State != crmsync.Pending || v.LastError != crmsync.Paused {
		t.Errorf("while Zoho is silent: %+v", v)
	}
	w.crm.meet = nil
	w.wait(time.Minute)
	w.pushed(b)
	if v := w.view(other); v.LastError != "" {
		t.Errorf("Zoho answers again: %+v", v)
	}
	c, err := w.store.Config(t.Context(), w.org.ID, w.conn)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.store.MarkLost(t.Context(), w.org.ID, w.conn, c.Connection.TokenVersion, lost(w)); err != nil {
		t.Fatal(err)
	}
	if v := w.view(other); v.State != crmsync.Pending || v.LastError != crmsync.Parked {
		t.Errorf("the authorization is lost: %+v", v)
	}
	if v := w.view(b); v.State != crmsync.Written || v.LastError != "" {
		t.Errorf("what is written is not hindered: %+v", v)
	}
	w.connect()
	w.pushed(other)
	if v := w.view(other); v.State != crmsync.Written || v.LastError != "" {
		t.Errorf("authorized again: %+v", v)
	}
}

// TestCustomerOfAnEnquiry stands in the CRM as a lead and has no record of their own.
func TestCustomerOfAnEnquiry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l, err := (&lead.Service{Store: w.store, Now: w.clock}).Capture(t.Context(), w.org, lead.Request{Kind: lead.ContactUs, Contact: jo})
	if err != nil {
		t.Fatal(err)
	}
	view := func() crmsync.View {
		t.Helper()
		v, err := w.store.CustomerViews(t.Context(), w.org.ID, []lead.CustomerID{l.Customer})
		if err != nil {
			t.Fatal(err)
		}
		return v[l.Customer]
	}
	if v := view(); v.State != crmsync.Pending {
		t.Errorf("before the push: %+v", v)
	}
	w.crm.meet = func(string, bool) error { return &crm.Problem{Class: crm.Rejected} }
	_ = w.sync.PushLead(t.Context(), w.org.ID, l.ID)
	if v := view(); v.State != crmsync.Failed || v.LastError == "" {
		t.Errorf("refused: %+v", v)
	}
	w.crm.meet = nil
	if err := w.sync.PushLead(t.Context(), w.org.ID, l.ID); err != nil {
		t.Fatal(err)
	}
	if v := view(); v.State != crmsync.Written || len(v.Records) != 1 || v.Records[0].Module != "Leads" || v.LastError != "" {
		t.Errorf("after the push: %+v", v)
	}
	w.pushed(w.booked(9, jo))
	if v := view(); v.State != crmsync.Written || len(v.Records) != 1 || v.Records[0].Module != "Contacts" {
		t.Errorf("after a booking: %+v", v)
	}
}
