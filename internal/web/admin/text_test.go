package admin_test

import (
	"strings"
	"testing"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/trace"
)

// TestTextMessagesShow with the appointment, and what the customer has said about them there and with the customer.
func TestTextMessagesShow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	contact := jo
	contact.Phone = "+13125550199"
	a := w.book(at(2, 10, 0), contact, nil)
	b := w.as("member@ridge.example")
	visit, customer := "/admin/orgs/ridge/appointments/"+string(a.ID), "/admin/orgs/ridge/customers/"+string(a.Customer)
	if got := b.get(visit); strings.Contains(got.text("main"), "Text messages") {
		t.Error("text messages show before anybody agreed")
	}
	if err := w.store.KeepConsent(t.Context(), w.ridge.ID, notify.Agreed(a, booking.Agreement{Words: "Text me " + hostile, At: w.clock.Now()})); err != nil {
		t.Fatal(err)
	}
	for kind, state := range map[string]notify.DeliveryState{"booked": notify.Sent, "reminder": notify.Unsure, "rescheduled": notify.Waiting, "cancelled": notify.Bounced, "confirmed": notify.Arrived, "declined": notify.Skipped} {
		d := notify.Delivery{MessageID: kind + "@hs.example", Appointment: a.ID, Kind: notify.TextPrefix + kind, State: state, At: w.clock.Now(), Error: "words of " + kind}
		if err := w.store.KeepDelivery(trace.WithJob(t.Context(), int64(len(kind))), w.ridge.ID, d); err != nil {
			t.Fatal(err)
		}
	}
	got := b.get(visit)
	got.sound(t, visit)
	for _, want := range []string{
		"Confirmation sent to the customer by text message", "Reminder may have been sent by text message", "Message with the new time waits for the provider", "Message of the cancellation could not be delivered by text message",
		"Confirmation arrived on the customer's phone", "Message that the request was declined not sent by text message", "words of cancelled", "In the log: job 11", "Agreed", "“Text me " + hostile,
	} {
		got.has(t, "main", want)
	}
	if err := w.alerts.Report(t.Context(), "booked@hs.example", "delivered", ""); err != nil {
		t.Fatal(err)
	}
	b.get(visit).has(t, "main", "In the log: job 6") // who sent it, not who reports of it
	if _, err := w.alerts.Answered(t.Context(), "+13125550199", "STOP"); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{visit, customer} {
		got := b.get(path)
		got.sound(t, path)
		got.has(t, "main", "Stopped from the phone")
	}
}
