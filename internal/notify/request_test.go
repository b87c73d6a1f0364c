package notify_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/org"
)

// decided is what becomes of requests.
type decided struct {
	got []string
	err error
}

func (d *decided) Decline(_ context.Context, _ org.ID, id booking.AppointmentID, reason string, _ int64, actor string) (booking.Appointment, error) {
	d.got = append(d.got, string(id)+" "+actor+" "+reason)
	return booking.Appointment{}, d.err
}

// TestWhenRequestsEnd: some hours before their time, in the middle of what is left where they came late, and not in the night.
func TestWhenRequestsEnd(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 12, 3, 20, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		start       time.Time
		before      time.Duration // of the start, when it is planned
		waits, ends string
	}{
		"days before":               {start, 72 * time.Hour, "12-02 20:00", "12-03 16:00"},
		"the day before":            {start, 24 * time.Hour, "12-03 06:00", "12-03 16:00"},
		"five hours before":         {start, 5 * time.Hour, "12-03 16:15", "12-03 17:30"},
		"an hour before":            {start, time.Hour, "12-03 19:15", "12-03 19:30"},
		"it would end in the night": {start.Add(-10 * time.Hour), 72 * time.Hour, "12-02 10:00", "12-02 21:00"},
		"made in the night":         {start.Add(-10 * time.Hour), 12 * time.Hour, "12-03 02:00", "12-03 06:00"},
	} {
		a := booking.Appointment{Status: booking.Tentative, Request: true, Start: c.start, Timezone: "UTC", Contact: lead.Contact{Phone: phone}}
		list := notify.DefaultPolicy().Plan(a, c.start.Add(-c.before))
		if len(list) != 2 || list[0].Kind != notify.RequestWaits || list[1].Kind != notify.RequestEnds || list[0].Due.Format("01-02 15:04") != c.waits || list[1].Due.Format("01-02 15:04") != c.ends {
			t.Errorf("%s: %+v", name, list)
		}
	}
	a := booking.Appointment{Status: booking.Tentative, Start: start, Timezone: "UTC", Contact: lead.Contact{Phone: phone}}
	if list := notify.DefaultPolicy().Plan(a, start.Add(-72*time.Hour)); len(list) != 0 {
		t.Errorf("tentative for another reason: %+v", list)
	}
}

// TestRequestsThatNobodyAnswers: the staff is reminded once, and they end once, in the visitor's language.
func TestRequestsThatNobodyAnswers(t *testing.T) {
	t.Parallel()
	d, s, due := reminded()
	d.policy.Staff = []string{"office@o.example"}
	d.appointment.Status, d.appointment.Request, d.appointment.Language = booking.Tentative, true, "de"
	if err := s.Booked(t.Context(), booking.Booked{Fact: booking.Fact{Org: "o", Appointment: "apt_1", Revision: 1, Service: "SVC", Rep: "ann", Start: due.Start}}); err != nil {
		t.Fatal(err)
	}
	before := len(d.messages) // to the customer and that it is new
	r := &decided{}
	s.Answerer = r
	for range 2 {
		due.Kind = notify.RequestWaits
		if err := s.Deliver(t.Context(), due); err != nil {
			t.Fatal(err)
		}
	}
	if got := d.messages[before:]; len(got) != 1 || got[0].To.Address != "office@o.example" || !strings.HasPrefix(got[0].Subject, "Request still to be answered: ") || !strings.Contains(got[0].Text, "Without an answer it is declined") {
		t.Errorf("the staff got %+v", got)
	}
	due.Kind = notify.RequestEnds
	r.err = fault.New(fault.Conflict, "answered")
	if err := s.Deliver(t.Context(), due); err != nil || len(r.got) != 1 || r.got[0] != "apt_1 system Wir konnten Ihre Anfrage nicht rechtzeitig ansehen." {
		t.Errorf("%v: %q", err, r.got)
	}
	r.err = fault.New(fault.Unavailable, "away")
	if err := s.Deliver(t.Context(), due); !fault.Is(err, fault.Unavailable) {
		t.Errorf("the database is away: %v", err)
	}
	for name, change := range map[string]func(){
		"moved":     func() { due.Start = due.Start.Add(-time.Hour) },
		"confirmed": func() { d.appointment.Status, d.appointment.Request = booking.Confirmed, false },
		"has begun": func() {
			d.appointment.Status, d.appointment.Request = booking.Tentative, true
			s.Now = func() time.Time { return d.appointment.Start }
		},
		"called off": func() { d.appointment.Status = booking.Canceled },
	} {
		kept, was := len(r.got), *d
		start, now := due.Start, s.Now
		change()
		if err := s.Deliver(t.Context(), due); err != nil || len(r.got) != kept {
			t.Errorf("%s: %v, %q", name, err, r.got)
		}
		*d, due.Start, s.Now = was, start, now
	}
}
