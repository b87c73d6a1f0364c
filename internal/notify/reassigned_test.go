package notify_test

import (
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/notify"
)

// TestAnotherRepIsTold: whoever was told who comes hears of another rep, by mail and by text message, once however often the
// job runs, whether the office has changed it or Zoho.
func TestAnotherRepIsTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change       func(*desk, *booking.Fact)
		now          time.Time // zero: two days before the visit
		mail, text   notify.DeliveryState
		subject, sms string
	}{
		"by the office": {func(*desk, *booking.Fact) {}, time.Time{}, notify.Sent, notify.Sent, "Now with BEN: SVC on Thursday, December 3, 2026 – O", "O: BEN comes on Thu, Dec 3, 9:00 AM now. Change: http://o.example/a/t"},
		"in Zoho":       {func(_ *desk, f *booking.Fact) { f.CRM = true }, time.Time{}, notify.Sent, notify.Sent, "Now with BEN: SVC on Thursday, December 3, 2026 – O", "O: BEN comes"},
		"in their language": {
			func(d *desk, _ *booking.Fact) { d.appointment.Language = "de" },
			time.Time{},
			notify.Sent, notify.Sent,
			"Jetzt mit BEN: SVC am Donnerstag, 3. Dezember 2026 – O", "O: jetzt kommt BEN am",
		},
		"where Zoho tells":         {func(d *desk, f *booking.Fact) { f.CRM, d.policy.ByCRM = true, true }, time.Time{}, notify.Skipped, notify.Skipped, "", ""},
		"changed once more":        {func(d *desk, _ *booking.Fact) { d.appointment.Rep, d.appointment.Revision = "ann", 3 }, time.Time{}, notify.Skipped, notify.Skipped, "", ""},
		"a request":                {func(d *desk, _ *booking.Fact) { d.appointment.Status = booking.Tentative }, time.Time{}, "", "", "", ""},
		"after the visit":          {func(d *desk, _ *booking.Fact) { d.appointment.Status = booking.Completed }, time.Time{}, "", "", "", ""},
		"while it is":              {func(*desk, *booking.Fact) {}, time.Date(2026, 12, 3, 15, 0, 0, 0, time.UTC), "", "", "", ""},
		"without a mail address":   {func(d *desk, _ *booking.Fact) { d.appointment.Contact.Email = "" }, time.Time{}, "", notify.Sent, "", "O: BEN comes"},
		"without consent to texts": {func(d *desk, _ *booking.Fact) { d.consents = nil }, time.Time{}, notify.Sent, "", "Now with BEN", ""},
	} {
		d, p, s, f := texting()
		d.appointment.Contact.Email, d.appointment.Rep, d.appointment.Revision = "doe@x.example", "ben", 2
		f.Rep, f.Revision = "ben", 2
		if c.change(d, &f); !c.now.IsZero() {
			s.Now = func() time.Time { return c.now }
		}
		planned := []notify.Planned{{Kind: notify.Reminder}}
		d.planned = planned
		for range 2 {
			if err := s.Reassigned(t.Context(), booking.Reassigned{Fact: f}); err != nil {
				t.Fatal(err)
			}
			if err := s.TextReassigned(t.Context(), booking.Reassigned{Fact: f}); err != nil {
				t.Fatal(err)
			}
		}
		var mail, text notify.DeliveryState
		for _, k := range d.kept {
			switch k.Kind {
			case "reassigned":
				mail = k.State
			case "text_reassigned":
				text = k.State
			default:
				t.Errorf("%s: kept %+v", name, k)
			}
		}
		if mail != c.mail || text != c.text {
			t.Errorf("%s: the mail is %q, the text message %q", name, mail, text)
		}
		if (c.subject == "") != (len(d.messages) == 0) || len(d.messages) > 1 || (c.sms == "") != (len(p.got) == 0) || len(p.got) > 1 {
			t.Fatalf("%s: mails %q, text messages %+v", name, d.sent, p.got)
		}
		if c.subject != "" {
			m := d.messages[0]
			if !strings.HasPrefix(m.Subject, c.subject) || m.Invitation == nil || m.Invitation.Sequence != 1 || !strings.Contains(m.Text, "BEN") || strings.Contains(m.Text, "ANN") {
				t.Errorf("%s: %q\n%s", name, m.Subject, m.Text)
			}
		}
		if c.sms != "" && !strings.HasPrefix(p.got[0].Text, c.sms) {
			t.Errorf("%s: %q", name, p.got[0].Text)
		}
		if len(d.planned) != 1 {
			t.Errorf("%s: the reminder is planned anew", name)
		}
	}
}

// TestAnotherRepIsNotTextedAtNight: nobody waits for it, whoever has changed it.
func TestAnotherRepIsNotTextedAtNight(t *testing.T) {
	t.Parallel()
	for _, crm := range []bool{true, false} {
		d, p, s, f := texting()
		s.Now = func() time.Time { return time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC) } // three in Chicago
		d.appointment.Rep, f.Rep, f.CRM = "ben", "ben", crm
		if err := s.TextReassigned(t.Context(), booking.Reassigned{Fact: f}); !fault.Is(err, fault.Unavailable) || fault.As(err).RetryAfter != 5*time.Hour || len(p.got) != 0 {
			t.Errorf("in Zoho: %v: %v, %+v", crm, err, p.got)
		}
		s.Now = func() time.Time { return time.Date(2026, 12, 1, 14, 0, 0, 0, time.UTC) }
		if err := s.TextReassigned(t.Context(), booking.Reassigned{Fact: f}); err != nil || len(p.got) != 1 {
			t.Errorf("in Zoho: %v: in the morning %v, %+v", crm, err, p.got)
		}
	}
}
