package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
)

const (
	// giveUpAfter is how long a message is tried.
	giveUpAfter = 3 * 24 * time.Hour
	// disableAfter is for how long an endpoint may take nothing before nothing is sent to it any more.
	disableAfter = 5 * 24 * time.Hour
	// longestQuiet bounds how long an endpoint that fails is left alone by all messages.
	longestQuiet = 10 * time.Minute
	// headBytes is how much of an answer is kept.
	headBytes = 1 << 10
)

// delays are how long a message waits after its first, second … attempt; after the last of them it is always that long.
func delays() []time.Duration {
	return []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 12 * time.Hour}
}

// Envelope is the body of a message.
type Envelope struct {
	Type         Type            `json:"type"`
	Timestamp    time.Time       `json:"timestamp"`
	Organization string          `json:"organization"`
	Sequence     int64           `json:"sequence"`
	Data         json.RawMessage `json:"data"`
}

// Deliver tries to deliver a message once. What is to be tried again is fault.Unavailable with the time until then; each
// outcome is kept before.
func (s *Service) Deliver(ctx context.Context, f Queued) error {
	m, err := s.Store.Message(ctx, f.Org, f.Endpoint, f.Sequence)
	if fault.Is(err, fault.NotFound) || err == nil && m.State != Waiting {
		return nil // removed, or delivered by another job
	}
	if err != nil {
		return err
	}
	e, err := s.Store.Webhook(ctx, f.Org, f.Endpoint)
	if err != nil {
		return err
	}
	if e.State == Disabled {
		return s.end(ctx, f.Org, m, Held)
	}
	until := m.Next
	if e.Quiet.After(until) {
		until = e.Quiet
	}
	if wait := until.Sub(s.Now()); wait > 0 {
		return fault.Later(wait, "It is not time yet.")
	}
	body, err := s.body(ctx, f.Org, m)
	if fault.Is(err, fault.NotFound) {
		return s.end(ctx, f.Org, m, Gone)
	}
	if err != nil {
		return err
	}
	a, hint := s.attempt(ctx, e, m, body)
	if ctx.Err() != nil { // we are stopping: it says nothing of the endpoint
		return ctx.Err()
	}
	now := s.Now()
	out, err := s.Store.SettleWebhook(ctx, f.Org, m, &a, func(e Endpoint, m Message) Outcome { return judge(f.Org, e, m, a, hint, now) })
	if err != nil {
		return err
	}
	if out.Message.State == Waiting {
		return fault.Later(max(out.Message.Next.Sub(now), time.Second), "The endpoint did not take it: "+a.Error)
	}
	return nil
}

// end settles a message that is not sent.
func (s *Service) end(ctx context.Context, o org.ID, m Message, as MessageState) error {
	_, err := s.Store.SettleWebhook(ctx, o, m, nil, func(e Endpoint, m Message) Outcome {
		m.State, m.Settled = as, s.Now()
		return Outcome{Endpoint: e, Message: m}
	})
	return err
}

// body gives the bytes of a message, the same at each attempt.
func (s *Service) body(ctx context.Context, o org.ID, m Message) ([]byte, error) {
	organization, err := s.Orgs.Organization(ctx, o)
	if err != nil {
		return nil, err
	}
	ev, err := s.Store.Event(ctx, o, m.Event)
	if err != nil {
		return nil, err
	}
	if ev.Body == nil {
		data := json.RawMessage(`{"message":"This is a test."}`)
		if ev.Type != Test {
			if data, err = s.Render.WebhookData(ctx, organization, ev); err != nil {
				return nil, err
			}
		}
		if ev.Body, err = s.Store.KeepBody(ctx, o, ev.ID, data); err != nil {
			return nil, err
		}
	}
	return json.Marshal(Envelope{Type: m.Type, Timestamp: ev.At, Organization: organization.Slug, Sequence: m.Sequence, Data: ev.Body})
}

// Payload gives the body of a message as it goes out, for people; nil when it has not gone out yet or is gone.
func (s *Service) Payload(ctx context.Context, o org.ID, m Message) ([]byte, error) {
	ev, err := s.Store.Event(ctx, o, m.Event)
	if fault.Is(err, fault.NotFound) || err == nil && ev.Body == nil {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return s.body(ctx, o, m)
}

// attempt sends a message. hint is how long the endpoint asks to be left alone.
func (s *Service) attempt(ctx context.Context, e Endpoint, m Message, body []byte) (a Attempt, hint time.Duration) {
	began := s.Now()
	a = Attempt{ID: id.New("hat", began), At: began}
	ctx, cancel := context.WithTimeout(ctx, attemptTakes)
	defer cancel()
	r, err := s.request(ctx, e, m, body, began)
	if err == nil {
		var res *http.Response
		if res, err = s.Client.Do(r); err == nil {
			a.Status, a.Head = res.StatusCode, head(res)
			hint = retryAfter(res.Header.Get("Retry-After"))
		}
	}
	a.Took = s.Now().Sub(began)
	a.Error = words(a.Status, err)
	return a, hint
}

// request makes a signed request (Standard Webhooks, "Webhook metadata").
func (s *Service) request(ctx context.Context, e Endpoint, m Message, body []byte, at time.Time) (*http.Request, error) {
	if why := checkURL(e.URL, s.Loopback); why != "" {
		return nil, errPrivate
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	signature, err := sign(e.secrets(at), string(m.Event), at, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "HeavySet-Webhooks/1")
	r.Header.Set(standardwebhooks.HeaderWebhookID, string(m.Event))
	r.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	r.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	return r, nil
}

// secrets are those that sign at an instant, the present one first.
func (e Endpoint) secrets(at time.Time) []secret.String {
	out := []secret.String{e.Secret}
	if !e.Former.Empty() && at.Before(e.FormerUntil) {
		out = append(out, e.Former)
	}
	return out
}

// sign gives a signature by each secret, parted by blanks.
func sign(by []secret.String, msg string, at time.Time, body []byte) (string, error) {
	var all []string
	for _, k := range by {
		w, err := standardwebhooks.NewWebhook(k.Reveal())
		if err != nil || k.Empty() {
			return "", errors.New("the secret is not one of ours") // the library's words could show it
		}
		one, err := w.Sign(msg, at, body)
		if err != nil {
			return "", fmt.Errorf("sign a message: %w", err)
		}
		all = append(all, one)
	}
	return strings.Join(all, " "), nil
}

// head gives the beginning of an answer, masked, and closes it.
func head(res *http.Response) string {
	b, _ := io.ReadAll(io.LimitReader(res.Body, headBytes)) // what came is enough
	_ = res.Body.Close()
	return mask(string(b))
}

var (
	addresses = regexp.MustCompile(`[^\s@<>"'=:,;]+@[^\s@<>"'=:,;]+`)
	digits    = regexp.MustCompile(`\+?\d[\d \-.()]{5,}\d`)
	tokens    = regexp.MustCompile(`[A-Za-z0-9+/_=\-]{24,}`)
)

// mask takes out of a text what looks like a person's address or number, or like a secret, and what does not print.
func mask(s string) string {
	s = strings.ToValidUTF8(s, "")
	s = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			return r
		}
		return -1
	}, s)
	for _, re := range []*regexp.Regexp{addresses, tokens, digits} {
		s = re.ReplaceAllString(s, "•••")
	}
	return s
}

// retryAfter reads how many seconds an answer asks for, at most an hour.
func retryAfter(v string) time.Duration {
	n, err := strconv.Atoi(strings.TrimSpace(v))
	if err != nil || n < 0 {
		return 0
	}
	return min(time.Duration(min(n, 3600))*time.Second, time.Hour)
}

// words says why a message was not taken; "" when it was.
func words(status int, err error) string {
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, errPrivate):
		return "The address does not lead to a public server, so nothing was sent."
	case errors.As(err, &dns):
		return "The name of the server was not found."
	case errors.As(err, &certificate):
		return "The server's certificate is not valid for this name."
	case errors.Is(err, context.DeadlineExceeded), timeout(err):
		return "There was no answer within 10 seconds."
	case err != nil:
		return "The connection failed."
	case status >= 200 && status < 300:
		return ""
	case status >= 300 && status < 400:
		return fmt.Sprintf("The server answered %d, a redirect, which is not followed.", status)
	case status == http.StatusGone:
		return "The server answered 410: it wants no more messages."
	}
	return fmt.Sprintf("The server answered %d.", status)
}

func timeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}

// judge says what an attempt makes of endpoint and message. It is pure.
func judge(o org.ID, e Endpoint, m Message, a Attempt, hint time.Duration, now time.Time) Outcome {
	m.Attempts++
	if a.Error == "" {
		e.Health = Health{Delivered: now}
		if e.State == Failing {
			e.State = Active
		}
		m.State, m.Settled = Delivered, now
		return Outcome{Endpoint: e, Message: m}
	}
	if e.FailingSince.IsZero() {
		e.FailingSince = a.At
	}
	e.Failures++
	e.Quiet = now.Add(max(hint, min(5*time.Second<<min(e.Failures-1, 10), longestQuiet)))
	m.Next = now.Add(max(hint, delays()[min(m.Attempts, len(delays()))-1]))
	if now.Sub(m.Queued) >= giveUpAfter {
		m.State, m.Settled = Failed, now
	} else if left := m.Queued.Add(giveUpAfter); m.Next.After(left) {
		m.Next = left // the last attempt is at the end of the three days
	}
	gone := a.Status == http.StatusGone
	e, fact := ail(o, e, now, gone)
	if e.State == Disabled {
		m.State, m.Settled = Held, now
	}
	return Outcome{Endpoint: e, Message: m, Fact: fact}
}

// ail moves an endpoint that takes nothing on to failing and to disabled, each once.
func ail(o org.ID, e Endpoint, now time.Time, gone bool) (Endpoint, any) {
	fact := Ailing{Org: o, Endpoint: e.ID, Since: e.FailingSince}
	switch lasts := now.Sub(e.FailingSince); {
	case e.State == Disabled || e.FailingSince.IsZero():
		return e, nil
	case gone:
		e.State, e.Why = Disabled, "Its server answered that it wants no more messages (410)."
	case lasts >= disableAfter:
		e.State, e.Why = Disabled, "It took nothing for five days."
	case lasts >= giveUpAfter && e.State == Active:
		e.State = Failing
	default:
		return e, nil
	}
	fact.Disabled = e.State == Disabled
	return e, fact
}

// Tick looks for endpoints that have taken nothing for so long that people must know, also while nothing happens that
// could be sent to them.
func (s *Service) Tick(ctx context.Context) error {
	list, err := s.Store.FailingWebhooks(ctx, s.Now().Add(-giveUpAfter))
	if err != nil {
		return err
	}
	var failed []error
	for _, f := range list {
		_, err := s.Store.SettleWebhook(ctx, f.Org, Message{Endpoint: f.Endpoint}, nil, func(e Endpoint, m Message) Outcome {
			e, fact := ail(f.Org, e, s.Now(), false)
			return Outcome{Endpoint: e, Message: m, Fact: fact}
		})
		if err != nil && !fault.Is(err, fault.NotFound) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}
