// Package fault says what kind of thing went wrong and what a person should read about it.
//
// Every layer returns ordinary errors. Where a person should read something particular, the error carries a
// *Error from here: a Kind, a sentence without customer data or secrets and, for bad input, the fields. Three places
// turn it into an outcome: web/page (a page), web/api (problem+json) and job (retry, wait or give up).
// An error without a *Error is Internal: its text is for the log, never for a visitor.
//
// The package imports nothing of ours and knows neither HTTP nor SQL.
package fault

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind is what sort of failure it is; it decides the status of an answer and the fate of a job.
type Kind int

const (
	// Internal is our own mistake or an unknown one: shown only as a request id.
	Internal Kind = iota
	// Invalid is input that can't be accepted; Fields name what.
	Invalid
	// NotFound is something that does not exist, or not for this caller.
	NotFound
	// Conflict is a clash with what is there already: a taken time, a reused idempotency key.
	Conflict
	// Denied is a caller who may not do this.
	Denied
	// Limited is a caller who did this too often; RetryAfter says when again.
	Limited
	// Unavailable is something outside that does not answer now; RetryAfter says when to ask again.
	Unavailable
)

// String names the kind for logs.
func (k Kind) String() string {
	return [...]string{"internal", "invalid", "not_found", "conflict", "denied", "limited", "unavailable"}[k]
}

// Field is one wrong input: its path as the caller wrote it (`customer.email`, `reps[2].hours[0].end`) and why.
type Field struct {
	Path    string
	Message string
}

// Error is a failure with a sentence for people. Build one with New, Fields, Later or Wrap.
type Error struct {
	Kind       Kind
	Message    string        // whole sentence, plain words, no customer data
	Code       string        // optional stable word for programs, e.g. a reason code of the glossary
	Fields     []Field       // only for Invalid
	RetryAfter time.Duration // only for Limited and Unavailable; 0 = unknown
	cause      error
}

// Error gives the text for logs: message, fields by path and the cause.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Message)
	separator := ": "
	for _, f := range e.Fields {
		b.WriteString(separator + f.Path + " " + f.Message)
		separator = " "
	}
	if e.cause != nil {
		fmt.Fprintf(&b, ": %v", e.cause)
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.cause }

// New makes an error of a kind with a sentence for people.
func New(kind Kind, message string) *Error { return &Error{Kind: kind, Message: message} }

// Coded is New with a stable word for programs.
func Coded(kind Kind, code, message string) *Error {
	return &Error{Kind: kind, Code: code, Message: message}
}

// Later makes an Unavailable error that asks for another attempt after d.
func Later(d time.Duration, message string) *Error {
	return &Error{Kind: Unavailable, Message: message, RetryAfter: d}
}

// TooMany makes a Limited error that allows another attempt after d.
func TooMany(d time.Duration, message string) *Error {
	return &Error{Kind: Limited, Message: message, RetryAfter: d}
}

// Wrap makes an error of a kind with a sentence for people and keeps the cause for the log.
func Wrap(kind Kind, message string, cause error) *Error {
	return &Error{Kind: kind, Message: message, cause: cause}
}

// Because gives a copy of e that keeps cause for the log.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// OfFields makes one Invalid error of all wrong fields, or nil when there are none, so that a validation can end with
// `return fault.OfFields(wrong)`.
func OfFields(wrong []Field) error {
	if len(wrong) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Message: "Some of the values can't be accepted", Fields: wrong}
}

// OfField is OfFields for a single one.
func OfField(path, message string) *Error {
	return &Error{Kind: Invalid, Message: "Some of the values can't be accepted", Fields: []Field{{path, message}}}
}

// As finds the *Error in an error chain; nil when there is none.
func As(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// KindOf gives the kind of an error; Internal when it carries none.
func KindOf(err error) Kind {
	if e := As(err); e != nil {
		return e.Kind
	}
	return Internal
}

// Is reports whether err is of a kind. A nil error is of none.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }

// Excerpt gives the beginning of a text on one line, of n characters at most, to quote it.
func Excerpt(s string, n int) string {
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) <= n {
		return string(r)
	}
	return strings.TrimSpace(string(r[:n-1])) + "…"
}
