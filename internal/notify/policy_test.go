package notify_test

import (
	"fmt"
	"net/mail"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/notify"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// TestPlan: when a reminder goes out, in the customer's zone.
func TestPlan(t *testing.T) {
	t.Parallel()
	chicago := zone(t, "America/Chicago")
	at := func(month, day, hour, minute int) time.Time {
		return time.Date(2026, time.Month(month), day, hour, minute, 0, 0, chicago)
	}
	night := notify.Quiet{From: 21 * 60, To: 8 * 60}
	for name, c := range map[string]struct {
		start, now time.Time
		leads      []time.Duration
		quiet      notify.Quiet
		want       []time.Time
	}{
		"a day and two hours before":                         {at(12, 3, 14, 0), at(11, 30, 9, 0), []time.Duration{24 * time.Hour, 2 * time.Hour}, night, []time.Time{at(12, 2, 14, 0), at(12, 3, 12, 0)}},
		"booked later than that: only what is still to come": {at(12, 3, 14, 0), at(12, 2, 14, 0), []time.Duration{24 * time.Hour, 2 * time.Hour}, night, []time.Time{at(12, 3, 12, 0)}},
		"in the night: when it is over":                      {at(12, 3, 22, 30), at(11, 30, 9, 0), []time.Duration{24 * time.Hour}, night, []time.Time{at(12, 3, 8, 0)}},
		"the end of the night is too late: before it":        {at(12, 3, 9, 0), at(11, 30, 9, 0), []time.Duration{2 * time.Hour}, night, []time.Time{at(12, 2, 21, 0)}},
		"which is over: none":                                {at(12, 3, 9, 0), at(12, 2, 21, 0), []time.Duration{2 * time.Hour}, night, nil},
		"two that would go out together are one":             {at(12, 3, 9, 0), at(11, 30, 9, 0), []time.Duration{2 * time.Hour, 90 * time.Minute}, night, []time.Time{at(12, 2, 21, 0)}},
		"begins at its first minute":                         {at(12, 3, 21, 0), at(11, 30, 9, 0), []time.Duration{24 * time.Hour}, night, []time.Time{at(12, 3, 8, 0)}},
		"ends at its last":                                   {at(12, 3, 8, 0), at(11, 30, 9, 0), []time.Duration{24 * time.Hour}, night, []time.Time{at(12, 2, 8, 0)}},
		"quiet at noon":                                      {at(12, 3, 12, 30), at(11, 30, 9, 0), []time.Duration{24 * time.Hour}, notify.Quiet{From: 12 * 60, To: 14 * 60}, []time.Time{at(12, 2, 14, 0)}},
		"none are quiet":                                     {at(12, 3, 3, 0), at(11, 30, 9, 0), []time.Duration{24 * time.Hour}, notify.Quiet{}, []time.Time{at(12, 2, 3, 0)}},
		"a day is 24 hours also where the clock changes":     {at(11, 1, 12, 0), at(10, 20, 9, 0), []time.Duration{24 * time.Hour}, night, []time.Time{at(10, 31, 13, 0)}},
		"the night of a clock change ends by the wall":       {at(11, 2, 3, 0), at(10, 20, 9, 0), []time.Duration{24 * time.Hour}, night, []time.Time{at(11, 1, 8, 0)}},
		"no reminders":                                       {at(12, 3, 14, 0), at(11, 30, 9, 0), nil, night, nil},
	} {
		a := booking.Appointment{Status: booking.Confirmed, Start: c.start, Timezone: "America/Chicago", Contact: lead.Contact{Email: "a@b.example"}}
		p := notify.Policy{Reminders: c.leads, Quiet: c.quiet}
		var got []string
		for _, m := range p.Plan(a, c.now) {
			if m.Kind != notify.Reminder || !m.Start.Equal(c.start) {
				t.Errorf("%s: %+v", name, m)
			}
			got = append(got, m.Due.In(chicago).Format(time.DateTime))
		}
		var want []string
		for _, w := range c.want {
			want = append(want, w.Format(time.DateTime))
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestPlanFollowsTheAppointment(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 12, 3, 20, 0, 0, 0, time.UTC)
	p := notify.DefaultPolicy()
	a := booking.Appointment{Status: booking.Confirmed, Start: start, Timezone: "UTC", Updated: start.Add(30 * time.Minute), Contact: lead.Contact{Email: "a@b.example"}}
	for status, want := range map[booking.Status]string{
		booking.Confirmed: "reminder 2026-12-02 20:00:00", booking.Tentative: "", booking.Canceled: "", booking.Completed: "",
		booking.NoShow: "follow_up 2026-12-04 08:00:00", // 21:30 is in the night
	} {
		a.Status = status
		got := ""
		for _, m := range p.Plan(a, start.Add(-48*time.Hour)) {
			got += string(m.Kind) + " " + m.Due.Format(time.DateTime)
		}
		if got != want {
			t.Errorf("%s: %q, want %q", status, got, want)
		}
	}
	p.FollowUp = false
	if a.Status = booking.NoShow; len(p.Plan(a, start)) != 0 {
		t.Error("a follow-up that nobody wants")
	}
	a.Status, a.Contact.Email = booking.Confirmed, ""
	if len(p.Plan(a, start.Add(-48*time.Hour))) != 0 {
		t.Error("a reminder to nobody")
	}
}

// TestNothingIsPlannedInTheQuietHours: whatever the visit, the zone and the hours.
func TestNothingIsPlannedInTheQuietHours(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		z := rapid.SampledFrom([]string{"America/Chicago", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"}).Draw(t, "zone")
		loc, err := time.LoadLocation(z)
		if err != nil {
			t.Fatal(err)
		}
		now := time.Unix(rapid.Int64Range(1_760_000_000, 1_830_000_000).Draw(t, "now"), 0)
		start := now.Add(time.Duration(rapid.IntRange(1, 40*24*60).Draw(t, "in")) * time.Minute)
		from := rapid.IntRange(0, 24*60-1).Draw(t, "from")
		q := notify.Quiet{From: from, To: (from + rapid.IntRange(0, 16*60).Draw(t, "length")) % (24 * 60)}
		lead1 := time.Duration(rapid.IntRange(15, 14*24*60).Draw(t, "lead")) * time.Minute
		a := booking.Appointment{Status: booking.Confirmed, Start: start, Timezone: z, Contact: lead.Contact{Email: "a@b.example"}}
		for _, m := range (notify.Policy{Reminders: []time.Duration{lead1}, Quiet: q}).Plan(a, now) {
			local := m.Due.In(loc)
			minute := local.Hour()*60 + local.Minute()
			inside := q.From != q.To && minute != q.From && // before the night means: as it begins
				(q.From < q.To && minute > q.From && minute < q.To || q.From > q.To && (minute > q.From || minute < q.To))
			if !m.Due.After(now) || !m.Due.Before(start) {
				t.Fatalf("due %s, now %s, visit %s", m.Due, now, start)
			}
			_, before := local.Zone()
			_, after := local.Add(3 * time.Hour).Zone()
			_, earlier := local.Add(-3 * time.Hour).Zone()
			if inside && before == after && before == earlier {
				t.Fatalf("%s is quiet (%v)", local, q)
			}
		}
	})
}

func TestPolicyIsChecked(t *testing.T) {
	t.Parallel()
	s := &notify.Service{Store: &desk{}}
	for path, change := range map[string]func(*notify.Policy){
		"sender":     func(p *notify.Policy) { p.Sender = strings.Repeat("x", 101) },
		"reply_to":   func(p *notify.Policy) { p.ReplyTo = "nobody\r\nBcc: x@y" },
		"reminders":  func(p *notify.Policy) { p.Reminders = []time.Duration{time.Minute} },
		"quiet_from": func(p *notify.Policy) { p.Quiet = notify.Quiet{From: 10 * 60, To: 8 * 60} },
		"staff":      func(p *notify.Policy) { p.Staff = []string{"a@x.example", "nobody"} },
		"follow_at":  func(p *notify.Policy) { p.FollowAt = 8 * 24 * time.Hour },
	} {
		p := notify.DefaultPolicy()
		change(&p)
		_, _, err := s.SetPolicy(t.Context(), "o", p)
		if f := fault.As(err); f == nil || len(f.Fields) != 1 || f.Fields[0].Path != path {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// reminded sets a desk up with a confirmed visit a day from now.
func reminded() (*desk, *notify.Service, notify.Due) {
	start := time.Date(2026, 12, 3, 15, 0, 0, 0, time.UTC)
	d := &desk{policy: notify.DefaultPolicy(), appointment: booking.Appointment{
		ID: "apt_1", Status: booking.Confirmed, Revision: 1, Service: "SVC", Rep: "ann", Start: start, End: start.Add(time.Hour), Timezone: "UTC",
		Contact: lead.Contact{FirstName: "JO", LastName: "Doe", Email: "doe@x.example"},
	}}
	s := &notify.Service{Store: d, Sender: d, From: mail.Address{Address: "book@o.example"}, BaseURL: "http://o.example", Now: func() time.Time { return start.Add(-24 * time.Hour) }}
	return d, s, notify.Due{Org: "o", Appointment: "apt_1", Kind: notify.Reminder, Lead: 1440, Start: start}
}

func TestRemindersGoOutOnceAndOnlyWhileTheyAreTrue(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*desk, *notify.Service, *notify.Due)
		want   notify.DeliveryState
	}{
		"as planned": {func(*desk, *notify.Service, *notify.Due) {}, notify.Sent},
		"moved meanwhile": {func(d *desk, _ *notify.Service, _ *notify.Due) {
			d.appointment.Start = d.appointment.Start.Add(time.Hour)
		}, notify.Skipped},
		"cancelled meanwhile": {func(d *desk, _ *notify.Service, _ *notify.Due) { d.appointment.Status = booking.Canceled }, notify.Skipped},
		"the visit has begun": {func(_ *desk, s *notify.Service, f *notify.Due) { s.Now = func() time.Time { return f.Start } }, notify.Skipped},
		"another rep comes":   {func(d *desk, _ *notify.Service, _ *notify.Due) { d.appointment.Rep, d.appointment.Revision = "ben", 2 }, notify.Sent},
		"nobody was there": {func(d *desk, _ *notify.Service, f *notify.Due) {
			d.appointment.Status, f.Kind = booking.NoShow, notify.FollowUp
		}, notify.Sent},
		"they were there, in the end": {func(d *desk, _ *notify.Service, f *notify.Due) {
			d.appointment.Status, f.Kind = booking.Completed, notify.FollowUp
		}, notify.Skipped},
	} {
		d, s, due := reminded()
		c.change(d, s, &due)
		for range 2 {
			if err := s.Deliver(t.Context(), due); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if len(d.kept) != 1 || d.kept[0].State != c.want || d.kept[0].Kind != string(due.Kind) || len(d.sent) != map[bool]int{true: 1}[c.want == notify.Sent] {
			t.Errorf("%s: sent %q, kept %+v", name, d.sent, d.kept)
		}
	}
}

// TestWaitingIsSeen: a mail server that asks for patience shows, and the message still goes out.
func TestWaitingIsSeen(t *testing.T) {
	t.Parallel()
	d, s, due := reminded()
	d.greylisted = true
	if err := s.Deliver(t.Context(), due); !fault.Is(err, fault.Unavailable) || len(d.kept) != 1 || d.kept[0].State != notify.Waiting || d.kept[0].Error == "" {
		t.Fatalf("%v: %+v", err, d.kept)
	}
	d.greylisted = false
	if err := s.Deliver(t.Context(), due); err != nil || len(d.kept) != 1 || d.kept[0].State != notify.Sent || len(d.sent) != 1 {
		t.Errorf("%v: %+v", err, d.kept)
	}
}
