package zoho

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Error is a request or a record that Zoho answered with a refusal, or whose answer cannot be used. Its text holds
// Zoho's code, message and API name and nothing of what was sent; Details may hold customer data and is never printed.
type Error struct {
	Status     int // HTTP; 0 when nothing was sent
	Kind       Kind
	Code       string // Zoho's; "" when the answer had none
	Message    string // Zoho's, one line
	APIName    string // the field to blame, if one is
	JSONPath   string // where in the request, e.g. $.data[0].Last_Name; older answers have none
	Param      string // the parameter to blame, if one is
	Details    map[string]any
	Duplicate  *Duplicate    // of DuplicateData, where Zoho names the other record
	Limited    Limited       // of TooManyRequests
	RetryAfter time.Duration // of TooManyRequests; 0 when Zoho does not say
	All        []*Error      // of Multiple: each one, flat
}

// Duplicate names the record that has the value already.
type Duplicate struct {
	ID     string
	Module string // API name; "" in older answers
	Owner  Lookup
	More   bool // there are others beside it
}

// Limited is what a 429 ran into (https://www.zoho.com/crm/developer/docs/api/v8/api-limits.html).
type Limited string

// The limits that a 429 can mean.
const (
	LimitCredits     Limited = "credits"     // of the organization, over a rolling day
	LimitConcurrency Limited = "concurrency" // calls at the same time
	LimitRate        Limited = "rate"        // calls in a short window, which RetryAfter ends
	LimitUnknown     Limited = "unknown"
)

// Error gives status, code, names and Zoho's message.
func (e Error) Error() string {
	var b strings.Builder
	b.WriteString("zoho: ")
	if e.Code != "" {
		b.WriteString(e.Code)
	} else {
		b.WriteString(string(e.Kind))
	}
	if e.Status != 0 {
		fmt.Fprintf(&b, " (HTTP %d)", e.Status)
	}
	for _, name := range []string{e.APIName, e.Param} {
		if name != "" {
			b.WriteString(" " + name)
		}
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	for i, one := range e.All {
		if i == 5 {
			fmt.Fprintf(&b, "; %d more", len(e.All)-i)
			break
		}
		b.WriteString("; " + strings.TrimPrefix(one.Error(), "zoho: "))
	}
	return b.String()
}

// GoString and MarshalText give Error, so that no way of printing looks into Details.
func (e Error) GoString() string             { return e.Error() }
func (e Error) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// Is lets errors.Is compare with a Kind.
func (e Error) Is(target error) bool {
	k, ok := target.(Kind)
	return ok && k == e.Kind
}

// Unwrap gives the errors of a Multiple.
func (e Error) Unwrap() []error {
	out := make([]error, len(e.All))
	for i, one := range e.All {
		out[i] = one
	}
	return out
}

// outcome: what a server or a gateway failed at, or answered in no language of the API, may have been carried out.
func (e Error) outcome() Sent {
	switch {
	case e.Status == 0 && (e.Kind == InvalidArgument || e.Kind == NotSupported):
		return NotSent
	case e.Status >= 500, e.Kind == Unreadable, e.Kind == TooLarge, e.Kind == Redirected:
		return SentUnknown
	}
	return Answered
}

// refreshable reports whether a new access token may help. A 401 without one of these codes is no reason to spend a
// token: Zoho gives ten in ten minutes.
func (e *Error) refreshable() bool {
	switch e.Code {
	case "INVALID_TOKEN", "INVALID_OAUTHTOKEN", "AUTHENTICATION_FAILURE":
		return true
	}
	return false
}

// ofRequest reports whether the error is about the whole request although it came in the place of a record's.
func (e *Error) ofRequest() bool {
	switch e.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests:
		return true
	}
	switch e.Kind {
	case InvalidToken, AuthenticationFailure, ScopeMismatch, AuthorizationFailed, InvalidModule, InvalidURL, InvalidHost,
		InvalidMethod, ParamMissing, TooManyRequests, Internal, Unavailable:
		return e.JSONPath == "" && e.APIName == ""
	}
	return e.Status >= 500
}

// refuse makes the error of an argument that is not sent.
func refuse(format string, a ...any) *Error {
	return &Error{Kind: InvalidArgument, Message: fmt.Sprintf(format, a...)}
}

// errorOf makes the error of an answer that is none of 200–207 and 304, in whichever place the envelope stands.
func errorOf(a answer, now time.Time) *Error {
	envelopes, isJSON := findEnvelopes(a.body)
	var e *Error
	switch {
	case a.status >= 300 && a.status < 400:
		return &Error{Status: a.status, Kind: Redirected, Message: "the answer leads elsewhere, which is not followed"}
	case len(envelopes) > 0:
		e = errorFrom(a.status, envelopes[0])
	case isJSON:
		e = &Error{Status: a.status, Kind: kindOf(a.status, ""), Message: "the answer names no error"}
	default:
		e = &Error{Status: a.status, Kind: Unreadable, Message: "the answer is not JSON"}
		switch {
		case a.status == http.StatusTooManyRequests:
			e.Kind = TooManyRequests
		case a.status >= 500:
			e.Kind = Unavailable
		case a.over:
			e.Kind, e.Message = TooLarge, "the answer is longer than 32 MiB"
		}
	}
	if e.Kind == TooManyRequests {
		e.RetryAfter = retryAfter(a.header, e.Details, now)
		e.Limited = limitOf(a, e)
	}
	return e
}

// errorFrom makes an Error of one envelope.
func errorFrom(status int, v envelope) *Error {
	e := &Error{
		Status: status, Kind: kindOf(status, v.code), Code: tame(v.code, 80), Message: tame(v.message, 300), Details: v.details,
	}
	d := Record(v.details)
	e.APIName, e.JSONPath = tame(cmp.Or(d.Text("api_name"), d.Text("column_name")), 100), tame(d.Text("json_path"), 200)
	e.Param = tame(cmp.Or(d.Text("param_name"), strings.Join(d.Texts("param_names"), " ")), 100)
	switch e.Kind {
	case DuplicateData:
		e.Duplicate = duplicateOf(d)
	case Multiple:
		e.All = flatten(status, d)
	}
	return e
}

// flatten gives the errors inside a MULTIPLE_OR_MULTI_ERRORS, which may be nested.
func flatten(status int, d Record) []*Error {
	var out []*Error
	items, _ := d["errors"].([]any)
	for _, item := range items {
		v, ok := envelopeOf(item)
		switch {
		case ok && kindOfCode(v.code) == Multiple:
			out = append(out, flatten(status, v.details)...)
		case ok:
			out = append(out, errorFrom(status, v))
		}
	}
	return out
}

func duplicateOf(d Record) *Duplicate {
	other := d
	if m, ok := d["duplicate_record"].(map[string]any); ok {
		other = m
	}
	out := Duplicate{ID: other.ID(), More: d.Bool("more_records")}
	if out.ID == "" {
		out.ID = d.ID()
	}
	if m, ok := other["module"].(map[string]any); ok {
		out.Module = Record(m).Text("api_name")
	} else {
		out.Module = other.Text("module")
	}
	out.Owner, _ = other.Lookup("Owner")
	if out.ID == "" {
		return nil
	}
	return &out
}

// creditsLeft is shown only from half of the day's credits used up.
const creditsLeft = "X-Api-Credits-Remaining"

func remaining(h http.Header) int {
	if n, err := strconv.Atoi(strings.TrimSpace(h.Get(creditsLeft))); err == nil && n >= 0 {
		return n
	}
	return -1
}

const (
	// longWindow is longer than any limit but that of credits lasts.
	longWindow = time.Hour
	// shortWindow is what a limit of calls at the same time has for a window, if it has one.
	shortWindow = time.Second
)

// limitOf tells what a 429 ran into by what its answer says of it, the plainest word first. Zoho documents one body for all of them.
func limitOf(a answer, e *Error) Limited {
	left, message, window := remaining(a.header), strings.ToLower(e.Message), windowOf(e.Details)
	switch {
	case left == 0, window >= longWindow:
		return LimitCredits
	case strings.Contains(message, "concurren"), window > 0 && window <= shortWindow:
		return LimitConcurrency
	case strings.Contains(message, "credit"):
		return LimitCredits
	case window > 0, e.Code == "RATE_LIMIT_EXCEEDED", e.RetryAfter > 0 && e.RetryAfter < longWindow:
		return LimitRate
	case left > 50: // more than the dearest call costs: credits cannot be the reason
		return LimitConcurrency
	}
	return LimitUnknown
}

// windowOf reads how long the window of a limit is, as a number of seconds or like 60s; 0: it does not say.
func windowOf(details map[string]any) time.Duration {
	text := Record(details).Text("window")
	if n, err := strconv.ParseFloat(text, 64); err == nil && n > 0 && n < 1e6 {
		return time.Duration(n * float64(time.Second))
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0
	}
	return d
}

// retryAfter reads the header (RFC 9110 §10.2.3: seconds or a date), else the details; at most a day.
func retryAfter(h http.Header, details map[string]any, now time.Time) time.Duration {
	var d time.Duration
	text := strings.TrimSpace(h.Get("Retry-After"))
	if text == "" {
		text = Record(details).Text("retry_after")
	}
	if n, err := strconv.ParseFloat(text, 64); err == nil && n > 0 {
		d = time.Duration(min(n, 86400) * float64(time.Second))
	} else if at, err := http.ParseTime(text); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), 24*time.Hour)
}
