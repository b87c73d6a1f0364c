package store_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/job"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
	"heavyset.tech/platform/internal/webhook"
)

// hooked are the jobs of messages to endpoints.
func hooked() *job.Table {
	var jobs job.Table
	job.On(&jobs, "webhook.queued", "deliver", job.Options{}, func(context.Context, webhook.Queued) error { return nil })
	return &jobs
}

// endpoint adds one that hears of some types.
func endpoint(t *testing.T, s *store.Store, o org.ID, id webhook.EndpointID, types ...webhook.Type) {
	t.Helper()
	e := webhook.Endpoint{ID: id, URL: "https://x.example/" + string(id), Types: types, State: webhook.Active, Secret: secret.NewString("whsec_c2VjcmV0"), Created: monday, By: "Rae"}
	if err := s.CreateWebhook(t.Context(), o, e); err != nil {
		t.Fatal(err)
	}
}

// heard lists the types that an endpoint was told of, the oldest first, and fails when a number is missing.
func heard(t *testing.T, s *store.Store, o org.ID, id webhook.EndpointID) (types []string) {
	t.Helper()
	list, next, err := s.Messages(t.Context(), o, id, webhook.Filter{Limit: 200})
	if err != nil || next != 0 {
		t.Fatal(next, err)
	}
	slices.Reverse(list)
	for i, m := range list {
		if m.Sequence != int64(i+1) {
			t.Errorf("%s: message %d has the number %d", id, i+1, m.Sequence)
		}
		types = append(types, string(m.Type)+" "+string(m.State))
	}
	return types
}

func TestMessagesComeWithTheirFacts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, hooked(), func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		o, other := organization(t, s, "ridge"), organization(t, s, "blue")
		endpoint(t, s, o.ID, "all", webhook.Types()...)
		endpoint(t, s, o.ID, "moves", webhook.AppointmentRescheduled, webhook.AppointmentCancelled)
		endpoint(t, s, other.ID, "others", webhook.Types()...)
		b := booking.New(s, clock)
		r := request("ridge", tuesday)
		r.Contact.PostalCode = "" // the enquiry below completes the address
		c, err := b.Book(ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Book(ctx, request("ridge", tuesday.Add(15*time.Minute))); !fault.Is(err, fault.Conflict) {
			t.Fatalf("off the grid: %v", err)
		}
		if _, err := b.Reschedule(ctx, c.Token.Reveal(), tuesday.Add(2*time.Hour), lead.IdempotencyKey{}, "visitor"); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Cancel(ctx, c.Token.Reveal(), "sold", lead.IdempotencyKey{}, "visitor"); err != nil {
			t.Fatal(err)
		}
		moved := lead.Contact{FirstName: "Jo", LastName: "Doe", Email: "jo@example.com", Phone: "312 555 0100", City: "Evanston"}
		if _, err := (&lead.Service{Store: s, Now: clock}).Capture(ctx, o, lead.Request{Kind: lead.ContactUs, Contact: moved, Message: "Hello"}); err != nil {
			t.Fatal(err)
		}
		want := []string{
			"appointment.booked waiting", "lead.created waiting", "appointment.rescheduled waiting", "appointment.cancelled waiting", "lead.created waiting", "customer.updated waiting",
		}
		if got := heard(t, s, o.ID, "all"); !slices.Equal(got, want) {
			t.Errorf("all: %v", got)
		}
		if got := heard(t, s, o.ID, "moves"); !slices.Equal(got, []string{"appointment.rescheduled waiting", "appointment.cancelled waiting"}) {
			t.Errorf("moves: %v", got)
		}
		if got := heard(t, s, other.ID, "others"); got != nil {
			t.Errorf("another organization heard %v", got)
		}
		if n := counted(t, s, "webhook.queued/deliver"); n != 8 {
			t.Errorf("%d jobs for 8 messages", n)
		}
		m, err := s.Message(ctx, o.ID, "moves", 1)
		if err != nil {
			t.Fatal(err)
		}
		e, err := s.Event(ctx, o.ID, m.Event)
		if err != nil || e.Subject != string(c.Appointment.ID) || !e.Snapshot.Start.Equal(tuesday.Add(2*time.Hour)) || !e.Snapshot.Before.Equal(tuesday) || e.Snapshot.Status != "confirmed" || e.Snapshot.Revision != 2 {
			t.Errorf("%+v, %v", e, err)
		}
		if _, err := s.Message(ctx, other.ID, "moves", 1); !fault.Is(err, fault.NotFound) {
			t.Errorf("another organization reads it: %v", err)
		}
	})
}

// TestNumbersHaveNoGap: facts at once, some of them rolled back, give each endpoint 1, 2, 3 …
func TestNumbersHaveNoGap(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, hooked(), func(t *testing.T, s *store.Store) {
		o := organization(t, s, "ridge")
		endpoint(t, s, o.ID, "a", webhook.LeadCreated)
		endpoint(t, s, o.ID, "b", webhook.LeadCreated)
		leads := &lead.Service{Store: s, Now: clock}
		var group sync.WaitGroup
		for i := range 20 {
			group.Go(func() {
				ctx, cancel := context.WithCancel(t.Context())
				if i%5 == 0 {
					cancel() // leaves nothing
				}
				defer cancel()
				_, err := leads.Capture(ctx, o, lead.Request{Kind: lead.ContactUs, Contact: lead.Contact{LastName: "Doe", Email: fmt.Sprintf("p%d@example.com", i)}, Message: "Hello"})
				if err != nil && i%5 != 0 {
					t.Error(err)
				}
			})
		}
		group.Wait()
		list, _, err := s.Leads(t.Context(), o.ID, lead.Filter{Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []webhook.EndpointID{"a", "b"} {
			if got := heard(t, s, o.ID, id); len(got) != len(list) || len(list) < 16 {
				t.Errorf("%s heard of %d of %d leads", id, len(got), len(list))
			}
		}
	})
}

// TestWhatADisabledEndpointMissesIsKept: it is held, counted, and waits after a replay.
func TestWhatADisabledEndpointMissesIsKept(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, hooked(), func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		o := organization(t, s, "ridge")
		endpoint(t, s, o.ID, "a", webhook.LeadCreated)
		state := func(to webhook.State) {
			t.Helper()
			_, err := s.ChangeWebhook(ctx, o.ID, "a", func(e webhook.Endpoint) (webhook.Endpoint, error) {
				e.State = to
				return e, nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		state(webhook.Disabled)
		if _, err := (&lead.Service{Store: s, Now: clock}).Capture(ctx, o, lead.Request{Kind: lead.ContactUs, Contact: lead.Contact{LastName: "Doe", Email: "p@example.com"}, Message: "Hello"}); err != nil {
			t.Fatal(err)
		}
		if got := heard(t, s, o.ID, "a"); !slices.Equal(got, []string{"lead.created held"}) || counted(t, s, "webhook.queued/deliver") != 0 {
			t.Errorf("while it is off: %v", got)
		}
		state(webhook.Active)
		if n, err := s.RequeueWebhook(ctx, o.ID, "a", 0, monday.Add(time.Millisecond)); n != 0 || err != nil {
			t.Errorf("nothing is so new: %d %v", n, err)
		}
		if n, err := s.RequeueWebhook(ctx, o.ID, "a", 0, monday); n != 1 || err != nil {
			t.Errorf("replayed %d %v", n, err)
		}
		if got := heard(t, s, o.ID, "a"); !slices.Equal(got, []string{"lead.created waiting"}) || counted(t, s, "webhook.queued/deliver") != 1 {
			t.Errorf("after the replay: %v", got)
		}
		if err := s.Sweep(ctx, monday.Add(webhook.KeepFor)); err != nil || heard(t, s, o.ID, "a") == nil {
			t.Errorf("what waits is swept away: %v", err)
		}
		if err := s.RemoveWebhook(ctx, o.ID, "a"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Message(ctx, o.ID, "a", 1); !fault.Is(err, fault.NotFound) {
			t.Errorf("its messages are left: %v", err)
		}
		if err := s.RemoveWebhook(ctx, o.ID, "a"); !fault.Is(err, fault.NotFound) {
			t.Errorf("removed twice: %v", err)
		}
	})
}

func TestTwentyEndpointsAreEnough(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		o := organization(t, s, "ridge")
		for i := range webhook.MaxEndpoints {
			endpoint(t, s, o.ID, webhook.EndpointID(fmt.Sprint("hook_", i)), webhook.Types()...)
		}
		if err := s.CreateWebhook(t.Context(), o.ID, webhook.Endpoint{ID: "more", Created: monday}); !fault.Is(err, fault.Conflict) {
			t.Errorf("one more: %v", err)
		}
	})
}
