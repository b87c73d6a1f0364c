// Package sms is a text message to a phone and how it gets to a provider.
//
// It knows no appointment and no organization: notify decides what is written to whom and keeps what became of it. Sender
// speaks the form POST with basic authentication that Twilio introduced and several providers copy; another shape is one
// more type with the same method. What comes in (answers, reports) is read by Read and Heard.
//
// A provider has no idempotency key, so an attempt whose answer is lost can't be repeated without risk: Send tells it apart
// from one that was surely not taken. A number never stands in an error, and a message shows nothing in a log.
package sms

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/secret"
)

// Codes of the faults that mean something to whoever sends.
const (
	// Unknown: the provider may have taken the message; it must not be sent again.
	Unknown = "DELIVERY_UNKNOWN"
	// Stopped: the owner of the number has told the provider that they want no messages.
	Stopped = "STOPPED"
)

const (
	takes      = 20 * time.Second // one call
	retrySoon  = 30 * time.Second // after a broken connection
	retryLater = time.Minute      // when the provider asks for patience
	retryFixed = 5 * time.Minute  // when somebody has to change a setting first
	maxAnswer  = 64 << 10
)

// Message is one text message.
type Message struct {
	To     string // E.164
	Text   string
	Report string // address to which the provider tells what became of it; "" for none
}

// LogValue keeps number and words out of logs.
func (Message) LogValue() slog.Value { return slog.StringValue("[text message]") }

// Sender gives messages to a provider. Make it with New; its methods may be called at the same time.
type Sender struct {
	address        string
	user, password string
	from           string
	client         *http.Client
}

var number = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// ErrFrom says that messages cannot come from what should be their number.
var ErrFrom = errors.New("must be a number such as +13125550100")

// New makes the sender of an address such as https://ACCOUNT:TOKEN@api.twilio.com/2010-04-01/Accounts/ACCOUNT/Messages.json;
// from is the number that messages come from. client may be nil.
func New(address secret.String, from string, client *http.Client) (*Sender, error) {
	u, err := url.Parse(address.Reveal())
	if err != nil || u.Hostname() == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return nil, errors.New("must be an https:// address with user and password; special characters in them are written as %XX")
	}
	if !number.MatchString(from) {
		return nil, ErrFrom
	}
	s := &Sender{user: u.User.Username(), from: from, client: client}
	s.password, _ = u.User.Password()
	if s.user == "" || s.password == "" {
		return nil, errors.New("must have a user and a password: https://ACCOUNT:TOKEN@…")
	}
	u.User = nil
	s.address = u.String()
	if s.client == nil {
		s.client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	return s, nil
}

// From is the number that messages come from.
func (s *Sender) From() string { return s.from }

// Format keeps the password out of what is printed.
func (s *Sender) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.address) }

// answer is what providers of this shape say.
type answer struct {
	Code int `json:"code"`
}

// Send gives a message to the provider and returns nil once it has taken it. Faults: Invalid when it refuses the number or
// the message for good (Stopped where its owner wants none); Unavailable and Limited when it was surely not taken and is to
// be tried again; Unavailable with the code Unknown when it may have been.
func (s *Sender) Send(ctx context.Context, m Message) error {
	ctx, stop := context.WithTimeout(ctx, takes)
	defer stop()
	form := url.Values{"To": {m.To}, "From": {s.from}, "Body": {m.Text}}
	if m.Report != "" {
		form.Set("StatusCallback", m.Report)
	}
	var written atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { written.Store(true) }})
	r, err := http.NewRequestWithContext(traced, http.MethodPost, s.address, strings.NewReader(form.Encode()))
	if err != nil {
		return fmt.Errorf("write the request: %w", err)
	}
	r.GetBody, r.Close = nil, true // the transport must not send it again by itself, nor lose it on a connection that has gone stale
	r.SetBasicAuth(s.user, s.password)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	resp, err := s.client.Do(r)
	if err != nil {
		if written.Load() {
			return unknown(plain(err))
		}
		return fault.Later(retrySoon, "The provider of text messages does not answer.").Because(plain(err))
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if resp.StatusCode/100 == 2 {
		return nil // it has said so; what its body would add is of no use
	}
	var a answer
	if err == nil {
		_ = json.Unmarshal(raw, &a) // not every provider writes a code
	}
	return refusal(resp, a.Code)
}

func unknown(cause error) error {
	f := fault.Later(retryLater, "The connection to the provider broke before it answered, so the message may have gone out. It is not sent again.").Because(cause)
	f.Code = Unknown
	return f
}

// refusal says what an answer other than success means.
func refusal(resp *http.Response, code int) error {
	said := fmt.Errorf("answer %d, code %d", resp.StatusCode, code)
	switch {
	case resp.StatusCode == http.StatusTooManyRequests:
		return fault.TooMany(patience(resp), "The provider of text messages asks to wait.").Because(said)
	case resp.StatusCode == http.StatusGatewayTimeout, resp.StatusCode == http.StatusBadGateway: // somebody between has lost the answer
		return unknown(said)
	case resp.StatusCode >= 500:
		return fault.Later(patience(resp), "The provider of text messages has a fault of its own.").Because(said)
	case resp.StatusCode == http.StatusUnauthorized, resp.StatusCode == http.StatusForbidden, resp.StatusCode == http.StatusNotFound, resp.StatusCode/100 == 3:
		return fault.Later(retryFixed, "The provider of text messages does not let us send.").Because(said)
	}
	f := fault.New(fault.Invalid, "The provider refuses this number or message"+in(code)+".").Because(said)
	switch code { // https://www.twilio.com/docs/api/errors
	case 21610:
		f.Code, f.Message = Stopped, "The owner of this number has stopped text messages."
	case 21211, 21214, 21217, 21614:
		f.Message = "This number takes no text messages" + in(code) + "."
	}
	return f
}

func in(code int) string {
	if code == 0 {
		return ""
	}
	return " (" + strconv.Itoa(code) + ")"
}

func patience(resp *http.Response) time.Duration {
	if n, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && n > 0 && n <= 3600 {
		return time.Duration(n) * time.Second
	}
	return retryLater
}

// plain takes the address out of an error of net/http: only what happened counts.
func plain(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
