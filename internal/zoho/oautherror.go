package zoho

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// OAuthKind is what a failure at Zoho Accounts asks for.
type OAuthKind string

// What a failure at Zoho Accounts asks for.
const (
	OAuthRestart       OAuthKind = "restart"       // the code is used, too old or of another data centre: consent again
	OAuthBroken        OAuthKind = "broken"        // the refresh token is gone: stop, a person must reconnect
	OAuthConfiguration OAuthKind = "configuration" // client id, secret or redirect address are wrong: a person must repair
	OAuthThrottled     OAuthKind = "throttled"     // too many calls: wait RetryAfter; the connection is fine
	OAuthTransient     OAuthKind = "transient"     // no usable answer: try again later
	OAuthUntrusted     OAuthKind = "untrusted"     // an address outside the allow-list or of another data centre
)

// throttlePause is how long Zoho's throttle lasts (https://www.zoho.com/accounts/protocol/oauth/token-limits.html).
const throttlePause = 10 * time.Minute

// OAuthError is a failed call to Zoho Accounts. The words for people are the caller's.
type OAuthError struct {
	Kind       OAuthKind
	Code       string        // Zoho's, in lower case with underscores; "" when the answer had none
	Status     int           // 0 when there was no answer
	RetryAfter time.Duration // of OAuthThrottled: at least ten minutes
	cause      error
}

// Error gives kind, code and status: never the form, the answer or Zoho's localized text.
func (e *OAuthError) Error() string {
	s := "zoho accounts: " + string(e.Kind)
	if e.Code != "" {
		s += " " + e.Code
	}
	if e.Status != 0 {
		s += fmt.Sprintf(" (HTTP %d)", e.Status)
	}
	if e.cause != nil {
		s += ": " + e.cause.Error()
	}
	return s
}

// Unwrap gives the cause: a *TransportError, ErrDataCenter, or a Kind.
func (e *OAuthError) Unwrap() error { return e.cause }

// MarshalText gives Error.
func (e *OAuthError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

func (e *OAuthError) outcome() Sent {
	var t *TransportError
	switch {
	case errors.As(e.cause, &t):
		return t.Sent
	case e.Kind == OAuthTransient:
		return SentUnknown
	case e.Kind == OAuthUntrusted && e.Status == 0:
		return NotSent
	}
	return Answered
}

// oauthError sorts an answer of the token endpoint that gave no token. Zoho sends errors with status 200 as well as 400;
// the word decides, folded, since the throttle's comes in two spellings and its description in the user's language.
func oauthError(a answer, code string, gone OAuthKind) *OAuthError {
	folded := strings.ToLower(strings.NewReplacer(" ", "_", "-", "_").Replace(strings.TrimSpace(code)))
	e := &OAuthError{Kind: OAuthTransient, Code: tame(folded, 60), Status: a.status}
	switch strings.ReplaceAll(folded, "_", "") {
	case "invalidcode", "invalidgrant":
		e.Kind = gone
	case "invalidclient", "invalidclientsecret", "invalidredirecturi", "unauthorizedclient", "invalidscope",
		"unsupportedgranttype", "invalidrequest":
		e.Kind = OAuthConfiguration
	case "accessdenied", "toomanyrequests":
		return throttled(a, e.Code)
	case "":
		if a.status == http.StatusTooManyRequests {
			return throttled(a, "")
		}
		e.cause = Unreadable
	default:
		if a.status == http.StatusTooManyRequests {
			return throttled(a, e.Code)
		}
	}
	return e
}

// throttled: a Retry-After may lengthen the pause, never shorten it. A date in it is not read: Zoho documents neither.
func throttled(a answer, code string) *OAuthError {
	var wait time.Duration
	if _, err := http.ParseTime(a.header.Get("Retry-After")); err != nil {
		wait = retryAfter(a.header, nil, time.Time{})
	}
	return &OAuthError{Kind: OAuthThrottled, Code: code, Status: a.status, RetryAfter: max(wait, throttlePause)}
}
