package admin_test

import (
	"testing"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/trace"
)

// TestAMailThatCameBackShows with the appointment and with the customer.
func TestAMailThatCameBackShows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	a := w.book(at(2, 10, 0), jo, nil)
	id := string(a.ID) + ".1.booked@hs.example"
	if err := w.store.KeepDelivery(trace.WithJob(t.Context(), 5), w.ridge.ID, notify.Delivery{MessageID: id, Appointment: a.ID, Kind: "booked", State: notify.Sent, At: w.clock.Now()}); err != nil {
		t.Fatal(err)
	}
	b := w.as("member@ridge.example")
	visit, customer := "/admin/orgs/ridge/appointments/"+string(a.ID), "/admin/orgs/ridge/customers/"+string(a.Customer)
	if got := b.get(customer); got.count(".notice-warning") != 0 {
		t.Error("a notice before anything came back")
	}
	err := w.alerts.Bounce(t.Context(), []byte("Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"+
		"Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; jo@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; "+hostile+"\r\n\r\n"+
		"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <"+id+">\r\n\r\n--b--\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	got := b.get(visit)
	got.sound(t, visit)
	got.has(t, "main", "Confirmation came back")
	got.has(t, "main", "In the log: job 5") // who sent it, not who heard of it
	got.has(t, "main", hostile)
	got.has(t, "main", "None: a mail to this address came back")
	got = b.get(customer)
	got.sound(t, customer)
	got.has(t, ".notice-warning", "A mail to this address came back")
}
