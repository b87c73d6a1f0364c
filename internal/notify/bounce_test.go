package notify_test

import (
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/secret"
)

// cameBack is a notification that a message could not be delivered.
func cameBack(message string) []byte {
	return []byte("From: MAILER-DAEMON@mx.example\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n" +
		"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; jo@x.example\r\nAction: failed\r\nStatus: 5.1.1\r\n" +
		"Diagnostic-Code: smtp; 550 no <b>such</b> user\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <" + message + ">\r\n\r\n--b--\r\n")
}

// TestAMailThatCameBack: the message is marked, reminders stop, the administrators hear of it once; what is not ours changes
// nothing; the customer can ask for reminders again.
func TestAMailThatCameBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "alert@ridge.example")
	ctx := t.Context()
	people, err := auth.New(w.store, func() time.Time { return w.now })
	w.must(err)
	_, _, err = people.CreateUser(ctx, auth.NewUser{Email: "boss@ridge.example", Name: "Boss", Role: auth.Admin, Org: w.org.ID, Password: secret.NewString("correct horse battery")})
	w.must(err)
	_, err = (&catalog.Editor{Store: w.store}).Replace(ctx, w.org.ID, catalog.Catalog{
		Timezone: "America/Chicago",
		Services: []catalog.Service{{ID: "s", Name: "Roof inspection", DurationMinutes: 60, SlotIntervalMinutes: 60, BookingWindowDays: 60, Reps: []string{"ann"}}},
		Reps:     []catalog.Rep{{ID: "ann", Name: "Ann", Hours: []catalog.Hours{{Days: []string{"wed"}, Start: "09:00", End: "17:00"}}}},
	})
	w.must(err)
	b, err := booking.New(w.store, func() time.Time { return w.now }).Book(ctx, booking.Request{
		Scheduler: "ridge", Service: "s", Start: time.Date(2026, 12, 2, 16, 0, 0, 0, time.UTC), Contact: lead.Contact{LastName: "Doe", Email: "Jo@x.example"},
	})
	w.must(err)
	id := string(b.Appointment.ID) + ".1.booked@hs.example"
	w.must(w.store.KeepDelivery(ctx, w.org.ID, notify.Delivery{MessageID: id, Appointment: b.Appointment.ID, Kind: "booked", State: notify.Sent, At: w.now}))
	unwanted := func() bool {
		t.Helper()
		u, err := w.notify.Unwanted(ctx, w.org.ID, "jo@x.example")
		w.must(err)
		return u
	}
	for _, raw := range [][]byte{nil, []byte("hello"), cameBack("apt_other.1.booked@hs.example"), cameBack(strings.Replace(id, "hs.example", "evil.example", 1))} {
		if err := w.notify.Bounce(ctx, raw); !fault.Is(err, fault.Invalid) || unwanted() {
			t.Errorf("%q: %v", raw, err)
		}
	}
	w.must(w.notify.Bounce(ctx, cameBack(id)))
	w.must(w.notify.Bounce(ctx, cameBack(id))) // the provider posts it twice
	list, err := w.store.Deliveries(ctx, w.org.ID, b.Appointment.ID)
	w.must(err)
	if len(list) != 1 || list[0].State != notify.Bounced || list[0].Error != "550 no <b>such</b> user" || !unwanted() {
		t.Errorf("%+v", list)
	}
	said, err := w.notify.Consents(ctx, w.org.ID, "jo@x.example")
	if err != nil || len(said) != 1 || said[0].Source != notify.FromBounce {
		t.Errorf("%+v %v", said, err)
	}
	if done, err := w.store.Delivered(ctx, w.org.ID, id); err != nil || !done {
		t.Errorf("the message is sent again: %v %v", done, err)
	}
	f := notify.MailBounced{Org: w.org.ID, Appointment: b.Appointment.ID, MessageID: id}
	w.must(w.notify.BounceNoticed(ctx, f))
	m := w.out.sent[len(w.out.sent)-1]
	for _, body := range []string{m.Text, m.HTML} {
		if !strings.Contains(body, "/admin/orgs/ridge/appointments/"+string(b.Appointment.ID)) || !strings.Contains(body, "Roof inspection") || strings.Contains(body, "jo@x") || strings.Contains(body, "Doe") {
			t.Error(body)
		}
	}
	w.must(w.notify.BounceNoticed(ctx, f)) // the job runs twice
	w.heard("boss@ridge.example")
	a, err := w.store.Appointment(ctx, w.org.ID, b.Appointment.ID)
	w.must(err)
	w.must(w.notify.Say(ctx, booking.Managed{Organization: w.org, Appointment: a}, notify.Given, "page"))
	if unwanted() {
		t.Error("the customer can't have reminders again")
	}
}

// TestAMailToStaffThatCameBack shows, and asks nobody to call a customer.
func TestAMailToStaffThatCameBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "alert@ridge.example")
	const id = "cfl_1.abc@hs.example"
	w.must(w.store.KeepDelivery(t.Context(), w.org.ID, notify.Delivery{MessageID: id, Kind: "conflict", State: notify.Sent, To: "boss@ridge.example", At: w.now}))
	w.must(w.notify.Bounce(t.Context(), cameBack(id)))
	_, d, err := w.store.DeliveryBehind(t.Context(), id)
	if err != nil || d.State != notify.Bounced {
		t.Errorf("%+v %v", d, err)
	}
}
