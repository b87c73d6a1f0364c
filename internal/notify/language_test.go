package notify_test

import (
	"net/mail"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/email"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/notify"
)

// letters sends the mails of a booking, of its move and of its cancellation to somebody of a language.
func letters(t *testing.T, l locale.Lang, services ...catalog.Service) []email.Message {
	t.Helper()
	nine := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	d := &desk{services: services, appointment: booking.Appointment{
		ID: "apt_1", Status: booking.Confirmed, Revision: 1, Service: "SVC", Rep: "ann", Start: nine, End: nine.Add(time.Hour), Timezone: "UTC", Language: string(l),
		Contact: lead.Contact{FirstName: "JO", LastName: "DOE", Email: "doe@x.example", Street: "ROAD"},
	}}
	s := &notify.Service{Store: d, Sender: d, From: mail.Address{Address: "book@o.example"}, BaseURL: "http://o.example", Now: func() time.Time { return nine }}
	f := booking.Fact{Appointment: "apt_1", Revision: 1, Service: "SVC", Rep: "ann", Start: nine, End: nine.Add(time.Hour)}
	if err := s.Booked(t.Context(), booking.Booked{Fact: f}); err != nil {
		t.Fatal(err)
	}
	d.appointment.Status = booking.Tentative // another one: that of a request
	if err := s.Booked(t.Context(), booking.Booked{Fact: f}); err != nil {
		t.Fatal(err)
	}
	d.appointment.Status = booking.Confirmed
	f.Revision, f.Before, d.appointment.Revision = 2, nine.Add(-24*time.Hour), 2
	if err := s.Rescheduled(t.Context(), booking.Rescheduled{Fact: f}); err != nil {
		t.Fatal(err)
	}
	f.Revision, d.appointment.Revision, d.appointment.Status = 3, 3, booking.Canceled
	if err := s.Cancelled(t.Context(), booking.Cancelled{Fact: f}); err != nil {
		t.Fatal(err)
	}
	return d.messages
}

func TestMailsInTheVisitorsLanguage(t *testing.T) {
	t.Parallel()
	for l, want := range map[locale.Lang][]string{
		"":             {"Confirmed: SVC on Tuesday, December 1, 2026 – O", "New time:", "Cancelled:", "Hello JO,", "9:00 AM – 10:00 AM UTC", "Change or cancel: http"},
		locale.Spanish: {"Confirmada: SVC el martes, 1 de diciembre de 2026 – O", "Nueva hora:", "Cancelada:", "Hola, JO:", "9:00 a. m. – 10:00 a. m. UTC", "Cambiar o cancelar: http"},
		locale.French:  {"Confirmé : SVC le mardi 1er décembre 2026 – O", "Nouvel horaire :", "Annulé :", "Bonjour JO,", "09:00 – 10:00 UTC", "Modifier ou annuler : http"},
		locale.German:  {"Bestätigt: SVC am Dienstag, 1. Dezember 2026 – O", "Neue Zeit:", "Abgesagt:", "Guten Tag JO,", "09:00 – 10:00 UTC", "Ändern oder absagen: http"},
	} {
		m := letters(t, l)
		if len(m) != 4 {
			t.Fatalf("%s: %d mails", l, len(m))
		}
		if m[0].Subject != want[0] || !strings.HasPrefix(m[2].Subject, want[1]) || !strings.HasPrefix(m[3].Subject, want[2]) {
			t.Errorf("%s: %q %q %q", l, m[0].Subject, m[2].Subject, m[3].Subject)
		}
		for _, text := range want[3:5] {
			if !strings.Contains(m[0].Text, text) || !strings.Contains(m[0].HTML, text) {
				t.Errorf("%s: %q is missing in\n%s", l, text, m[0].Text)
			}
		}
		if !strings.HasPrefix(m[0].Invitation.Description, want[5]) {
			t.Errorf("%s: the invitation says %q", l, m[0].Invitation.Description)
		}
		if again := "http://o.example/appointments/t/again"; !strings.Contains(m[3].Text, ": "+again+"\n") && !strings.Contains(m[3].Text, " : "+again+"\n") || !strings.Contains(m[3].HTML, `href="`+again+`"`) || strings.Contains(m[3].Text+m[0].Text, "/book/") {
			t.Errorf("%s: whoever is cancelled does not book again with the same details:\n%s", l, m[3].Text)
		}
		code := string(l)
		if code == "" {
			code = "en"
		}
		if !strings.Contains(m[0].HTML, `<html lang="`+code+`">`) {
			t.Errorf("%s: the mail does not name its language", l)
		}
	}
}

// TestNoMailIsLeftUntranslated: in a language that marks what is translated, nothing else is left but data.
func TestNoMailIsLeftUntranslated(t *testing.T) {
	t.Parallel()
	marked, tag := regexp.MustCompile(`⟦[^⟦⟧]*⟧`), regexp.MustCompile(`(?s)<style.*?</style>|<[^>]*>`)
	for _, m := range letters(t, locale.Pseudo) {
		for _, text := range []string{m.Subject, m.Text, tag.ReplaceAllString(m.HTML, " "), m.Invitation.Description} {
			for marked.MatchString(text) {
				text = marked.ReplaceAllString(text, "")
			}
			for _, own := range []string{"SVC", "JO", "ROAD", "UTC", "O"} {
				text = strings.ReplaceAll(text, own, "")
			}
			if strings.ContainsFunc(text, unicode.IsLetter) {
				t.Errorf("left: %q", text)
			}
		}
	}
}

// TestArrivalWindowsAreSaid: message and calendar entry tell between when somebody arrives; the entry itself keeps the
// exact time, as does the CRM. Of a visit that is off, the entry does not say that somebody comes.
func TestArrivalWindowsAreSaid(t *testing.T) {
	t.Parallel()
	for l, want := range map[locale.Lang][]string{
		locale.English: {"between 9:00 AM and 11:00 AM UTC", "We come between 9:00 AM and 11:00 AM UTC."},
		locale.Spanish: {"entre las 9:00 a. m. y las 11:00 a. m. UTC", "Llegamos entre las"},
		locale.French:  {"entre 09:00 et 11:00 UTC", "Nous arrivons entre"},
		locale.German:  {"zwischen 09:00 und 11:00 UTC", "Wir kommen zwischen"},
	} {
		for i, m := range letters(t, l, catalog.Service{ID: "SVC", Name: "SVC", ArrivalWindowMinutes: 120}) {
			if !strings.Contains(m.Text, "  "+want[0]) || !strings.Contains(m.HTML, want[0]) || strings.Contains(m.Text, "10:00") {
				t.Errorf("%s, message %d: %s", l, i, m.Text)
			}
			if inv := m.Invitation; inv.Summary != "SVC – O ("+want[0]+")" || inv.Method != "CANCEL" && !strings.HasPrefix(inv.Description, want[1]) || inv.Method == "CANCEL" && inv.Description != "" || inv.Start.Hour() != 9 || inv.End.Hour() != 10 {
				t.Errorf("%s, invitation %d: %+v", l, i, inv)
			}
		}
	}
}
