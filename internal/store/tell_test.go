package store_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/mail"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/email"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/sms"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
	"heavyset.tech/platform/internal/webhook"
)

// outside is what has left a process for good, whichever of its lives sent it.
type outside struct {
	mails    map[string]int // by Message-ID
	texts    map[string]int // by the message that the provider is to report of
	posts    []post
	written  int // bodies of webhooks, whether they went out or not
	refusals int // how many webhooks are still answered with 503
}

// post is a webhook that an endpoint has taken.
type post struct{ id, body string }

// telling is one life that tells of visits by mail, text message and webhook.
type telling struct {
	*store.Store
	t     *testing.T
	life  *storetest.Life
	out   *outside
	now   time.Time
	hands storetest.Hands
	tells *notify.Service
}

func (w *telling) Now() time.Time { return w.now }

func tellingOf(t *testing.T, url string, l *storetest.Life, out *outside, now time.Time) *telling {
	t.Helper()
	w := &telling{t: t, life: l, out: out, now: now}
	w.tells = &notify.Service{
		From: mail.Address{Address: "book@o.example"}, BaseURL: "http://o.example", Now: w.Now, ReportURL: "http://o.example/report",
		Sender: mailer{w}, Texter: texter{w},
	}
	hooks := &webhook.Service{Render: w, Client: &http.Client{Transport: w}, Loopback: true, Now: w.Now}
	storetest.On(&w.hands, "booking.booked", "mail", w.tells.Booked)
	storetest.On(&w.hands, "booking.booked", "sms", w.tells.TextBooked)
	storetest.On(&w.hands, "notify.due", "mail", w.tells.Deliver)
	storetest.On(&w.hands, "notify.due", "sms", w.tells.TextDue)
	storetest.On(&w.hands, "webhook.queued", "deliver", hooks.Deliver)
	w.Store = opened(t, store.Options{URL: url, Keys: storetest.Keys(t), Now: w.Now, Jobs: &w.hands.Table, Between: l.Between})
	w.tells.Store, hooks.Store, hooks.Orgs = w.Store, w.Store, w.Store
	return w
}

// mailer and texter are a mail server and a provider, seen from one life.
type (
	mailer struct{ w *telling }
	texter struct{ w *telling }
)

func (m mailer) Send(_ context.Context, x email.Message) error {
	return m.w.life.Around(func() error { m.w.out.mails[x.MessageID]++; return nil })
}

func (p texter) Send(_ context.Context, x sms.Message) error {
	return p.w.life.Around(func() error { p.w.out.texts[x.Report]++; return nil })
}

// WebhookData is the body of a message: another one each time it is asked for.
func (w *telling) WebhookData(context.Context, org.Organization, webhook.Event) (json.RawMessage, error) {
	w.out.written++
	return json.RawMessage(fmt.Sprintf(`{"written":%d}`, w.out.written)), nil
}

const hookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// RoundTrip is an organization's program: it refuses what is not signed, and is away for a while.
func (w *telling) RoundTrip(r *http.Request) (res *http.Response, err error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	check, err := standardwebhooks.NewWebhook(hookSecret)
	if err != nil {
		return nil, err
	}
	status := http.StatusNoContent
	err = w.life.Around(func() error {
		switch {
		case check.VerifyIgnoringTimestamp(body, r.Header) != nil:
			status = http.StatusUnauthorized
		case w.out.refusals > 0:
			w.out.refusals--
			status = http.StatusServiceUnavailable
		default:
			w.out.posts = append(w.out.posts, post{r.Header.Get("webhook-id"), string(body)})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(nil)), Request: r}, nil
}

// booked books a visit in two days, or hears again that it is booked.
func (w *telling) booked() (booking.AppointmentID, error) {
	r := request("ridge", tuesday.AddDate(0, 0, 1))
	r.Key = lead.IdempotencyKey{Key: "k1", Body: "b1"}
	r.Texts = &booking.Agreement{Words: "W", At: monday}
	c, err := booking.New(w.Store, w.Now).Book(w.t.Context(), r)
	return c.Appointment.ID, err
}

func (w *telling) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// play goes from wherever the trip is to its end; the next life goes on where one has died.
func play(t *testing.T, url string, l *storetest.Life, first *telling, trip func(w *telling) error) *telling {
	t.Helper()
	l.Begin()
	err := trip(first)
	if err == nil && !l.Dead() {
		return first
	}
	if err != nil && !errors.Is(err, storetest.ErrDead) {
		t.Fatal(err)
	}
	next := tellingOf(t, storetest.Left(t, url), &storetest.Life{}, first.out, first.now)
	next.must(trip(next))
	return next
}

// TestKilledWhileTexting books a visit, whose customer gets a mail and a text message, and reminds of it by both. Wherever the
// process ends, each mail goes out, twice at most and then as the same message, and each text message once or, where the end
// has come between it and the provider's answer, perhaps not at all; then it says so.
func TestKilledWhileTexting(t *testing.T) {
	t.Parallel()
	unsure := 0 // on SQLite, where no end is left out
	t.Cleanup(func() {
		if unsure < 4 { // after it was kept, and after the call: of two messages
			t.Errorf("a text message stayed unsure only %d times", unsure)
		}
	})
	storetest.EveryEnd(t, soak, func(t *testing.T, url string, l *storetest.Life) {
		w := tellingOf(t, url, l, &outside{mails: map[string]int{}, texts: map[string]int{}}, monday)
		o := organization(t, w.Store, "ridge").ID
		p := notify.DefaultPolicy()
		p.Texts, p.FollowUp = true, false
		w.must(w.KeepMessagePolicy(t.Context(), o, p))
		var visit booking.AppointmentID
		w = play(t, url, l, w, func(w *telling) (err error) {
			w.now = monday
			if visit, err = w.booked(); err != nil {
				return err
			}
			if err := w.hands.Work(t.Context(), w.Store); err != nil {
				return err
			}
			w.now = tuesday
			if err := w.tells.Tick(t.Context()); err != nil {
				return err
			}
			return w.hands.Work(t.Context(), w.Store)
		})
		list, err := w.Deliveries(t.Context(), o, visit)
		w.must(err)
		kinds := map[string]notify.Delivery{}
		for _, d := range list {
			kinds[d.Kind] = d
		}
		if len(kinds) != 4 || len(list) != 4 {
			t.Errorf("kept: %+v", list)
		}
		for _, kind := range []string{"booked", "reminder"} {
			d := kinds[kind]
			if n := w.out.mails[d.MessageID]; d.State != notify.Sent || n != 1 && n != 2 {
				t.Errorf("the mail %s is %s and went out %d times", kind, d.State, n)
			}
			d = kinds[notify.TextPrefix+kind]
			n := 0
			for report, sent := range w.out.texts {
				if strings.Contains(report, strings.Split(d.MessageID, "@")[0]) {
					n += sent
				}
			}
			switch {
			case d.State == notify.Sent && n == 1:
			case d.State == notify.Unsure && n <= 1 && d.Error != "":
				if w.Alone() {
					unsure++
				}
			default:
				t.Errorf("the text message %s is %s and went out %d times: %s", kind, d.State, n, d.Error)
			}
		}
		if len(w.out.mails) != 2 || len(w.out.texts) > 2 {
			t.Errorf("other messages went out: %v, %v", w.out.mails, w.out.texts)
		}
		if n := w.hands.Waiting(t, w.Store); n > 0 || len(w.hands.Ended) > 0 {
			t.Errorf("%d jobs are left, ended: %v", n, w.hands.Ended)
		}
	})
}

// TestKilledWhileCallingAProgram books a visit of which an endpoint hears, which is away at first. Wherever the process ends,
// the endpoint takes the message, twice at most, always the same one under the same id.
func TestKilledWhileCallingAProgram(t *testing.T) {
	t.Parallel()
	storetest.EveryEnd(t, soak, func(t *testing.T, url string, l *storetest.Life) {
		w := tellingOf(t, url, l, &outside{mails: map[string]int{}, texts: map[string]int{}, refusals: 1}, monday)
		o := organization(t, w.Store, "ridge").ID
		w.must(w.CreateWebhook(t.Context(), o, webhook.Endpoint{
			ID: "hook_1", URL: "http://127.0.0.1:9/x", Types: []webhook.Type{webhook.AppointmentBooked}, State: webhook.Active, Secret: secret.NewString(hookSecret), Created: monday,
		}))
		w = play(t, url, l, w, func(w *telling) error {
			w.now = monday
			if _, err := w.booked(); err != nil {
				return err
			}
			for range 3 {
				if err := w.hands.Work(t.Context(), w.Store); err != nil {
					return err
				}
				w.now = w.now.Add(time.Minute)
			}
			return nil
		})
		list, _, err := w.Messages(t.Context(), o, "hook_1", webhook.Filter{})
		if err != nil || len(list) != 1 || list[0].State != webhook.Delivered || list[0].Sequence != 1 {
			t.Fatalf("%+v (%v)", list, err)
		}
		if n := len(w.out.posts); n != 1 && n != 2 {
			t.Errorf("it was taken %d times", n)
		}
		for _, p := range w.out.posts {
			if p.id != string(list[0].Event) || p.body != w.out.posts[0].body {
				t.Errorf("%+v is another message than %+v", p, w.out.posts[0])
			}
		}
		e, err := w.Webhook(t.Context(), o, "hook_1")
		if err != nil || e.State != webhook.Active || !e.FailingSince.IsZero() || e.Sequence != 1 {
			t.Errorf("the endpoint: %+v (%v)", e, err)
		}
		if n := w.hands.Waiting(t, w.Store); n > 0 || len(w.hands.Ended) > 0 {
			t.Errorf("%d jobs are left, ended: %v", n, w.hands.Ended)
		}
	})
}
