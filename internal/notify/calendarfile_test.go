package notify_test

import (
	"strings"
	"testing"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/org"
)

// TestTheCalendarFileSaysHowItStands: a request is tentative, what is off is cancelled (RFC 5545 §3.8.1.11) and has no link to
// change it, each with the number of the messages.
func TestTheCalendarFileSaysHowItStands(t *testing.T) {
	t.Parallel()
	d, _, s, _ := texting()
	for _, c := range []struct {
		status   booking.Status
		request  bool
		revision int64
		want     []string
		change   bool
	}{
		{booking.Confirmed, false, 1, []string{"STATUS:CONFIRMED", "SEQUENCE:0"}, true},
		{booking.Tentative, true, 1, []string{"STATUS:TENTATIVE", "SEQUENCE:0"}, true},
		{booking.Tentative, false, 1, []string{"STATUS:TENTATIVE"}, true},
		{booking.Canceled, true, 2, []string{"STATUS:CANCELLED", "SEQUENCE:1", "TRANSP:TRANSPARENT"}, false},
		{booking.Canceled, false, 3, []string{"STATUS:CANCELLED", "SEQUENCE:2"}, false},
		{booking.Completed, false, 1, []string{"STATUS:CONFIRMED"}, true},
	} {
		a := d.appointment
		a.Status, a.Request, a.Revision = c.status, c.request, c.revision
		ics, err := s.CalendarFile(t.Context(), booking.Managed{Organization: org.Organization{ID: "o", Name: "O"}, Appointment: a, Catalog: catalog.Catalog{}})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range append(c.want, "METHOD:PUBLISH") {
			if !strings.Contains(string(ics), want+"\r\n") {
				t.Errorf("%s, request %v: no %s in\n%s", c.status, c.request, want, ics)
			}
		}
		if got := strings.Contains(string(ics), "Change or cancel"); got != c.change {
			t.Errorf("%s: a link to change it: %v", c.status, got)
		}
	}
}

// TestHelpSpeaksTheLanguageOfTheVisit for which the phone's owner agreed.
func TestHelpSpeaksTheLanguageOfTheVisit(t *testing.T) {
	t.Parallel()
	d, _, s, _ := texting()
	d.appointment.Language = "de"
	if said, err := s.Answered(t.Context(), phone, "HELP"); err != nil || !strings.Contains(said, "SMS zu Terminen") || !strings.Contains(said, "STOP") {
		t.Errorf("%q, %v", said, err)
	}
}
