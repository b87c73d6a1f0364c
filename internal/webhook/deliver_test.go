package webhook

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"pgregory.net/rapid"

	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
)

var start = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)

// headers are those of a message that was signed at an instant.
func headers(t *testing.T, by []secret.String, at time.Time, body string) http.Header {
	t.Helper()
	signature, err := sign(by, "evt_1", at, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	h.Set("webhook-id", "evt_1")
	h.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
	h.Set("webhook-signature", signature)
	return h
}

// TestBothSecretsOpenForADay: a receiver with the old secret and one with the new both accept a message, until the day is over.
func TestBothSecretsOpenForADay(t *testing.T) {
	t.Parallel()
	e := Endpoint{Secret: newSecret(), Former: newSecret(), FormerUntil: start.Add(formerFor)}
	accepted := func(at time.Time, by secret.String) bool {
		w, err := standardwebhooks.NewWebhook(by.Reveal())
		if err != nil {
			t.Fatal(err)
		}
		return w.VerifyIgnoringTimestamp([]byte("{}"), headers(t, e.secrets(at), at, "{}")) == nil
	}
	for _, c := range []struct {
		after         time.Duration
		now, was, any bool
	}{{0, true, true, false}, {23 * time.Hour, true, true, false}, {24 * time.Hour, true, false, false}} {
		at := start.Add(c.after)
		if accepted(at, e.Secret) != c.now || accepted(at, e.Former) != c.was || accepted(at, newSecret()) != c.any {
			t.Errorf("%v after the rotation: not as wanted", c.after)
		}
	}
	w, _ := standardwebhooks.NewWebhook(e.Secret.Reveal())
	if w.VerifyIgnoringTimestamp([]byte("{} "), headers(t, e.secrets(start), start, "{}")) == nil {
		t.Error("another body was accepted")
	}
}

// TestTheSpecificationsExample: the signature that the specification's own libraries test with.
func TestTheSpecificationsExample(t *testing.T) {
	t.Parallel()
	got, err := sign([]secret.String{secret.NewString("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")}, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
}

// TestThreeDaysThenFive plays an endpoint that never answers, with messages that come in between: each is tried for three
// days with growing delay, the administrators hear once that it fails and once that it is off.
func TestThreeDaysThenFive(t *testing.T) {
	t.Parallel()
	e, m := Endpoint{ID: "hook_1", State: Active}, Message{State: Waiting, Queued: start}
	now, last := start, time.Duration(0)
	var facts []Ailing
	tried := 0
	try := func() {
		out := judge(org.ID("org_1"), e, m, Attempt{At: now, Status: 500, Error: "The server answered 500."}, 0, now)
		e, m = out.Endpoint, out.Message
		if out.Fact != nil {
			facts = append(facts, out.Fact.(Ailing))
		}
		tried++
	}
	for try(); m.State == Waiting; try() {
		if wait := m.Next.Sub(now); wait < last && !m.Next.Equal(start.Add(giveUpAfter)) || wait > 12*time.Hour {
			t.Errorf("attempt %d: waits %v after %v", tried, wait, last)
		} else {
			last = wait
		}
		now = m.Next
	}
	if m.State != Failed || !now.Equal(start.Add(giveUpAfter)) || tried < 12 || tried > 25 {
		t.Errorf("%s after %v and %d attempts", m.State, now.Sub(start), tried)
	}
	if e.State != Failing || len(facts) != 1 || facts[0].Disabled || !facts[0].Since.Equal(start) {
		t.Fatalf("%s %+v", e.State, facts)
	}
	m = Message{State: Waiting, Queued: start.Add(100 * time.Hour)}
	now = m.Queued
	try()
	if m.State != Waiting || e.State != Failing || len(facts) != 1 {
		t.Errorf("%s %s %d", m.State, e.State, len(facts))
	}
	now = start.Add(disableAfter)
	try()
	if m.State != Held || e.State != Disabled || len(facts) != 2 || !facts[1].Disabled || e.Why == "" {
		t.Errorf("%s %s %+v", m.State, e.State, facts)
	}
}

func TestWhatAnAnswerMeans(t *testing.T) {
	t.Parallel()
	at := Attempt{At: start}
	failing := Endpoint{State: Failing, Health: Health{FailingSince: start.Add(-80 * time.Hour), Failures: 9, Quiet: start}}
	out := judge("o", failing, Message{State: Waiting, Queued: start}, at, 0, start)
	if out.Message.State != Delivered || out.Endpoint.State != Active || out.Endpoint.Health != (Health{Delivered: start}) || out.Fact != nil {
		t.Errorf("taken: %+v", out)
	}
	at.Status, at.Error = http.StatusGone, "gone"
	out = judge("o", Endpoint{State: Active}, Message{State: Waiting, Queued: start}, at, 0, start)
	if out.Message.State != Held || out.Endpoint.State != Disabled || out.Fact != any(Ailing{Org: "o", Since: start, Disabled: true}) {
		t.Errorf("410: %+v", out)
	}
	at.Status = http.StatusTooManyRequests
	out = judge("o", Endpoint{State: Active}, Message{State: Waiting, Queued: start}, at, 40*time.Minute, start)
	if !out.Message.Next.Equal(start.Add(40*time.Minute)) || !out.Endpoint.Quiet.Equal(out.Message.Next) {
		t.Errorf("Retry-After: %+v", out)
	}
	for v, want := range map[string]time.Duration{"": 0, "7": 7 * time.Second, "-1": 0, "x": 0, "999999999999": time.Hour, "99999999999999999999999": 0, " 60 ": time.Minute} {
		if got := retryAfter(v); got != want {
			t.Errorf("Retry-After %q: %v", v, got)
		}
	}
	for status, want := range map[int]string{200: "", 204: "", 299: "", 301: "redirect", 410: "no more", 404: "404", 500: "500", 101: "101"} {
		if got := words(status, nil); !strings.Contains(got, want) || (want == "") != (got == "") {
			t.Errorf("%d: %q", status, got)
		}
	}
}

func TestAnswersAreMasked(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"ok":true,"n":12}`:                   `{"ok":true,"n":12}`,
		"no such user jo.doe+x@example.com!":   "no such user •••",
		"call +1 (312) 555-0100 now":           "call ••• now",
		"secret whsec_MfKQ9r8GKYqrTwjUPD8ILPZ": "secret •••",
		"a\x00b\x1b[31mc\xff\nd":               "ab[31mc\nd",
	} {
		if got := mask(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		before, after := rapid.String().Draw(t, "before"), rapid.String().Draw(t, "after")
		got := mask(before + " jo@example.com " + after)
		if strings.Contains(got, "jo@example.com") || strings.ContainsAny(got, "\x00\x1b\r") {
			t.Fatalf("%q", got)
		}
	})
}

func TestATypeIsOneOfAList(t *testing.T) {
	t.Parallel()
	s := &Service{Now: func() time.Time { return start }}
	for _, d := range []Draft{
		{URL: "https://example.com", Types: nil},
		{URL: "https://example.com", Types: []Type{"appointment.exploded"}},
		{URL: "https://example.com", Types: []Type{Test}},
		{URL: "https://example.com", Types: Types(), Description: "a\nb"},
		{URL: "https://10.0.0.1", Types: Types()},
	} {
		if _, err := s.check(d); err == nil {
			t.Errorf("%+v was accepted", d)
		}
	}
	d, err := s.check(Draft{URL: " https://example.com/x ", Types: []Type{LeadCreated, AppointmentBooked, LeadCreated}})
	if err != nil || d.URL != "https://example.com/x" || len(d.Types) != 2 || d.Types[0] != AppointmentBooked {
		t.Errorf("%+v, %v", d, err)
	}
}
