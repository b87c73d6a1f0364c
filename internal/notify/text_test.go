package notify_test

import (
	"context"
	"errors"
	"net/mail"
	"net/url"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/sms"
)

const phone = "+13125550199"

// provider takes text messages as the tests want it.
type provider struct {
	got  []sms.Message
	says error
}

func (p *provider) Send(_ context.Context, m sms.Message) error {
	p.got = append(p.got, m)
	return p.says
}

// texting sets a desk up with a confirmed visit of a customer who has agreed to text messages.
func texting() (*desk, *provider, *notify.Service, booking.Fact) {
	start := time.Date(2026, 12, 3, 15, 0, 0, 0, time.UTC)
	a := booking.Appointment{
		ID: "apt_1", Status: booking.Confirmed, Revision: 1, Service: "SVC", Rep: "ann", Start: start, End: start.Add(time.Hour), Timezone: "America/Chicago",
		Contact: lead.Contact{FirstName: "JO", LastName: "Doe", Phone: phone},
	}
	d, p := &desk{policy: notify.DefaultPolicy(), appointment: a}, &provider{}
	d.policy.Texts = true
	now := start.Add(-48 * time.Hour)
	d.consents = []notify.Consent{notify.Agreed(a, booking.Agreement{Words: "WORDS", At: now.Add(-time.Minute)})}
	s := &notify.Service{
		Store: d, Sender: d, From: mail.Address{Address: "book@o.example"}, BaseURL: "http://o.example", Now: func() time.Time { return now },
		Texter: p, ReportURL: "http://o.example/hooks/sms/x/report",
	}
	return d, p, s, booking.Fact{Org: "o", Appointment: "apt_1", Revision: 1, Service: "SVC", Rep: "ann", Start: start, End: a.End}
}

func TestTextsTellOfEachChangeOnce(t *testing.T) {
	t.Parallel()
	d, p, s, f := texting()
	moved := f
	moved.Before = f.Start.Add(-time.Hour)
	for range 2 {
		for _, err := range []error{
			s.TextBooked(t.Context(), booking.Booked{Fact: f}),
			s.TextAffirmed(t.Context(), booking.Affirmed{Fact: f}),
			s.TextRescheduled(t.Context(), booking.Rescheduled{Fact: moved}),
			s.TextDue(t.Context(), notify.Due{Org: "o", Appointment: "apt_1", Kind: notify.Reminder, Lead: 1440, Start: f.Start}),
			s.TextDue(t.Context(), notify.Due{Org: "o", Appointment: "apt_1", Kind: notify.FollowUp, Start: f.Start}),
			s.TextCancelled(t.Context(), booking.Cancelled{Fact: f}),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	want := []string{
		"O: confirmed for Thu, Dec 3, 9:00 AM. Change: http://o.example/a/t STOP to end",
		"O: confirmed for Thu, Dec 3, 9:00 AM. Change: http://o.example/a/t STOP to end",
		"O: your new time is Thu, Dec 3, 9:00 AM. Change: http://o.example/a/t",
		"O: see you on Thu, Dec 3, 9:00 AM. Change: http://o.example/a/t",
		"O: your visit on Thu, Dec 3, 9:00 AM is cancelled. Book again: http://o.example/a/t",
	}
	if len(p.got) != len(want) || len(d.kept) != len(want) {
		t.Fatalf("%d sent, %d kept: %+v", len(p.got), len(d.kept), p.got)
	}
	for i, m := range p.got {
		k := d.kept[i]
		if m.Text != want[i] || m.To != phone || k.State != notify.Sent || k.Error != "" || !strings.HasPrefix(k.Kind, "text_") {
			t.Errorf("%q to %s, kept %+v", m.Text, m.To, k)
		}
		if u, err := url.Parse(m.Report); err != nil || u.Path != "/hooks/sms/x/report" || u.Query().Get("message") != k.MessageID {
			t.Errorf("reported to %s", m.Report)
		}
	}
}

// TestWhoGetsNoTexts: nothing goes out without consent, switch, provider and number, and a request is told as one.
func TestWhoGetsNoTexts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*desk, *notify.Service)
		sent   string // begins so after the name; "" = nothing
		kept   notify.DeliveryState
	}{
		"agreed":                     {func(*desk, *notify.Service) {}, "confirmed", notify.Sent},
		"a request":                  {func(d *desk, _ *notify.Service) { d.appointment.Status = booking.Tentative }, "request received", notify.Sent},
		"has not agreed":             {func(d *desk, _ *notify.Service) { d.consents = nil }, "", ""},
		"agreed with another number": {func(d *desk, _ *notify.Service) { d.appointment.Contact.Phone = "+13125550198" }, "", ""},
		"agreed for another visit":   {func(d *desk, _ *notify.Service) { d.consents[0].Appointment = "apt_0" }, "", ""},
		"no number":                  {func(d *desk, _ *notify.Service) { d.appointment.Contact.Phone = "" }, "", ""},
		"switched off":               {func(d *desk, _ *notify.Service) { d.policy.Texts = false }, "", ""},
		"the installation has none":  {func(_ *desk, s *notify.Service) { s.Texter = nil }, "", ""},
		"cancelled meanwhile":        {func(d *desk, _ *notify.Service) { d.appointment.Revision, d.appointment.Status = 2, booking.Canceled }, "", notify.Skipped},
		"has stopped them":           {func(d *desk, _ *notify.Service) { d.say(notify.FromStop, notify.Withdrawn) }, "", notify.Skipped},
		"ticked again after that": {func(d *desk, _ *notify.Service) {
			d.say(notify.FromStop, notify.Withdrawn)
			d.say(notify.FromBooking, notify.Given)
		}, "", notify.Skipped},
		"has started them again": {func(d *desk, _ *notify.Service) {
			d.say(notify.FromStop, notify.Withdrawn)
			d.say(notify.FromStart, notify.Given)
		}, "confirmed", notify.Sent},
		"and ticked again after START": {func(d *desk, _ *notify.Service) {
			d.say(notify.FromStart, notify.Given)
			d.say(notify.FromBooking, notify.Given)
		}, "confirmed", notify.Sent},
	} {
		d, p, s, f := texting()
		c.change(d, s)
		if err := s.TextBooked(t.Context(), booking.Booked{Fact: f}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if (len(p.got) == 1) != (c.sent != "") || len(p.got) == 1 && !strings.HasPrefix(p.got[0].Text, "O: "+c.sent) {
			t.Errorf("%s: sent %+v", name, p.got)
		}
		if (len(d.kept) == 1) != (c.kept != "") || len(d.kept) == 1 && d.kept[0].State != c.kept {
			t.Errorf("%s: kept %+v", name, d.kept)
		}
	}
}

// say puts something newer into the ledger.
func (d *desk) say(source string, state notify.ConsentState) {
	c := d.consents[0]
	c.Source, c.State, c.At = source, state, c.At.Add(time.Second)
	d.consents = append([]notify.Consent{c}, d.consents...)
}

// TestTextsAreNeverSentTwice: what the provider may have taken is not repeated, what it surely has not is.
func TestTextsAreNeverSentTwice(t *testing.T) {
	t.Parallel()
	unknown := fault.Later(time.Minute, "The answer was lost.")
	unknown.Code = sms.Unknown
	stopped := fault.New(fault.Invalid, "The owner of this number has stopped text messages.")
	stopped.Code = sms.Stopped
	for name, c := range map[string]struct {
		says  error
		keeps bool // the job, to try again
		state notify.DeliveryState
		again int // messages after the provider has recovered
	}{
		"taken":               {nil, false, notify.Sent, 1},
		"busy":                {fault.TooMany(time.Minute, "Later."), true, notify.Waiting, 2},
		"away":                {fault.Later(time.Minute, "Later."), true, notify.Waiting, 2},
		"our own mistake":     {errors.New("x"), true, notify.Waiting, 2},
		"no such number":      {fault.New(fault.Invalid, "No such number."), false, notify.Refused, 1},
		"the answer was lost": {unknown, false, notify.Unsure, 1},
		"stopped there":       {stopped, false, notify.Refused, 1},
	} {
		d, p, s, f := texting()
		p.says = c.says
		if err := s.TextBooked(t.Context(), booking.Booked{Fact: f}); (err != nil) != c.keeps {
			t.Fatalf("%s: %v", name, err)
		}
		if len(d.kept) != 1 || d.kept[0].State != c.state || (d.kept[0].Error == "") != (c.state == notify.Sent) {
			t.Errorf("%s: kept %+v", name, d.kept)
		}
		p.says = nil
		if err := s.TextBooked(t.Context(), booking.Booked{Fact: f}); err != nil || len(p.got) != c.again {
			t.Errorf("%s: %v, %d sent", name, err, len(p.got))
		}
		if st, _ := s.Texted(t.Context(), "o", phone); (st.State == notify.Withdrawn) != (name == "stopped there") {
			t.Errorf("%s: %+v", name, st)
		}
	}
}

// dying ends the process, as far as the ledger is concerned, while the provider is being called.
type dying struct{ *provider }

func (p dying) Send(ctx context.Context, m sms.Message) error {
	_ = p.provider.Send(ctx, m)
	panic("killed")
}

func TestAProcessThatDiesWhileSendingSendsNotAgain(t *testing.T) {
	t.Parallel()
	d, p, s, f := texting()
	s.Texter = dying{p}
	func() {
		defer func() { _ = recover() }()
		_ = s.TextBooked(t.Context(), booking.Booked{Fact: f})
	}()
	s.Texter = p
	if err := s.TextBooked(t.Context(), booking.Booked{Fact: f}); err != nil || len(p.got) != 1 || d.kept[0].State != notify.Unsure {
		t.Errorf("%v, %d sent, kept %+v", err, len(p.got), d.kept)
	}
}

func TestWhatPhonesAnswer(t *testing.T) {
	t.Parallel()
	d, p, s, f := texting()
	answer := func(from, text string) string {
		t.Helper()
		said, err := s.Answered(t.Context(), from, text)
		if err != nil {
			t.Fatal(err)
		}
		return said
	}
	if said := answer(phone, "help"); !strings.HasPrefix(said, "O, 555: ") || sms.Parts(said) != 1 {
		t.Errorf("help says %q", said)
	}
	if answer(phone, "START") != "" || answer(phone, "thank you") != "" || answer("+13125550198", "STOP") != "" || len(d.consents) != 1 {
		t.Errorf("the ledger has %+v", d.consents)
	}
	if answer(phone, "Stop!") != "" || answer(phone, "STOP") != "" || len(d.consents) != 2 || d.consents[0].Source != notify.FromStop || d.consents[0].State != notify.Withdrawn {
		t.Errorf("after STOP the ledger has %+v", d.consents)
	}
	if err := s.TextCancelled(t.Context(), booking.Cancelled{Fact: f}); err != nil || len(p.got) != 0 {
		t.Errorf("%v: %+v was sent after STOP", err, p.got)
	}
	answer(phone, "start")
	if st, err := s.Texted(t.Context(), "o", phone); err != nil || st.State != notify.Given || len(d.consents) != 3 || !d.consents[0].At.After(d.consents[1].At) {
		t.Errorf("after START: %+v, %v", st, err)
	}
}

func TestReportsOfTheProvider(t *testing.T) {
	t.Parallel()
	d, _, s, f := texting()
	if err := s.TextBooked(t.Context(), booking.Booked{Fact: f}); err != nil {
		t.Fatal(err)
	}
	mid := d.kept[0].MessageID
	for _, c := range []struct {
		id, status, code string
		state            notify.DeliveryState
		words            string
	}{
		{mid, "queued", "", notify.Sent, ""},
		{"other", "failed", "1", notify.Sent, ""},
		{mid, "delivered", "", notify.Arrived, ""},
		{mid, "undelivered", "30003", notify.Bounced, "The phone company did not deliver it (30003)."},
		{mid, "failed", "<b>", notify.Bounced, "The phone company did not deliver it."},
	} {
		if err := s.Report(t.Context(), c.id, c.status, c.code); err != nil || d.kept[0].State != c.state || d.kept[0].Error != c.words {
			t.Errorf("%s: %v, %+v", c.status, err, d.kept[0])
		}
	}
	d.kept[0].Kind = "booked" // a mail's is nothing that a provider of text messages may touch
	if err := s.Report(t.Context(), mid, "delivered", ""); err != nil || d.kept[0].State != notify.Bounced {
		t.Errorf("%v: %+v", err, d.kept[0])
	}
}

// TestTextsFitIntoOneMessage: with an ordinary address and the longest words, in every language.
func TestTextsFitIntoOneMessage(t *testing.T) {
	t.Parallel()
	s := &notify.Service{BaseURL: "https://book.ridgelineroofing.example"}
	for _, l := range locale.All() {
		for _, k := range []notify.Kind{notify.Booked, notify.Requested, notify.Confirmed, notify.Declined, notify.Rescheduled, notify.Reassigned, notify.Cancelled, notify.Reminder} {
			text := s.TextSample(org.Organization{Name: "Ridgeline Roofing and Windows of Illinois"}, k, l)
			if n, own := sms.Length(text); sms.Parts(text) != 1 || !own {
				t.Errorf("%s %s: %d places, %v: %s", l, k, n, own, text)
			}
			if !strings.HasPrefix(text, "Ridgeline Ro") || !strings.Contains(text, "/a/"+strings.Repeat("x", 43)) {
				t.Errorf("%s %s: %s", l, k, text)
			}
		}
	}
	if text := s.TextSample(org.Organization{Name: "Крыша и окна"}, notify.Booked, locale.English); !strings.HasPrefix(text, "Крыша и окна: ") {
		t.Errorf("another script: %s", text)
	}
}

// TestRemindersArePlannedForWhoHasOnlyAPhone: their text is planned as a mail is, out of the quiet hours.
func TestRemindersArePlannedForWhoHasOnlyAPhone(t *testing.T) {
	t.Parallel()
	d, _, s, _ := texting()
	if list := d.policy.Plan(d.appointment, s.Now()); len(list) != 1 || list[0].Kind != notify.Reminder {
		t.Errorf("planned %+v", list)
	}
	d.policy.Texts = false
	if list := d.policy.Plan(d.appointment, s.Now()); len(list) != 0 {
		t.Errorf("planned %+v without text messages", list)
	}
}

// TestNoTextsAtNight: what people change in Zoho at night is told in the morning, unless the visit begins before that.
func TestNoTextsAtNight(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		now  time.Time
		crm  bool
		wait time.Duration
	}{
		"in Zoho at three in the morning":        {time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC), true, 5 * time.Hour},
		"in Zoho by day":                         {time.Date(2026, 12, 1, 18, 0, 0, 0, time.UTC), true, 0},
		"by the customer at three":               {time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC), false, 0},
		"in Zoho in the night of an early visit": {time.Date(2026, 12, 3, 12, 0, 0, 0, time.UTC), true, 0},
	} {
		d, p, s, f := texting()
		f.Before, f.CRM, s.Now = f.Start.Add(-time.Hour), c.crm, func() time.Time { return c.now }
		if c.wait == 0 && c.now.Day() == 3 {
			d.appointment.Start, d.appointment.End = c.now.Add(time.Hour), c.now.Add(2*time.Hour)
			f.Start, f.End = d.appointment.Start, d.appointment.End
		}
		err := s.TextRescheduled(t.Context(), booking.Rescheduled{Fact: f})
		if c.wait > 0 && (!fault.Is(err, fault.Unavailable) || fault.As(err).RetryAfter != c.wait) || c.wait == 0 && err != nil || (len(p.got) == 1) != (c.wait == 0) {
			t.Errorf("%s: %v, %d sent", name, err, len(p.got))
		}
	}
}

// TestArrivalWindowsAreTexted: who comes between two times says both.
func TestArrivalWindowsAreTexted(t *testing.T) {
	t.Parallel()
	d, p, s, f := texting()
	d.services = []catalog.Service{{ID: "SVC", Name: "Inspection", DurationMinutes: 60, ArrivalWindowMinutes: 120}}
	if err := s.TextBooked(t.Context(), booking.Booked{Fact: f}); err != nil || len(p.got) != 1 || !strings.Contains(p.got[0].Text, "Thu, Dec 3, 9:00 AM - 11:00 AM") {
		t.Errorf("%v: %+v", err, p.got)
	}
}
