package zoho

import (
	"context"
	"errors"
	"fmt"
	"net"
)

// Sent says how far a failed request came; it decides whether a write may be repeated.
type Sent string

// How far a request came.
const (
	NotSent     Sent = "not_sent"     // Zoho has not seen it: repeating is safe
	SentUnknown Sent = "sent_unknown" // it may have been carried out: look before repeating
	Answered    Sent = "answered"     // Zoho's answer says what happened
)

// Outcome tells from an error of this package how far the request came. nil is Answered; an error of another origin is
// SentUnknown.
func Outcome(err error) Sent {
	if err == nil {
		return Answered
	}
	var o interface{ outcome() Sent }
	if errors.As(err, &o) {
		return o.outcome()
	}
	return SentUnknown
}

// TransportError is a request without a complete answer.
type TransportError struct {
	Sent   Sent
	Status int // 0 unless the answer broke off after its header
	cause  error
}

// Error names neither address nor token.
func (e *TransportError) Error() string {
	said := "no answer from Zoho"
	switch {
	case e.Sent == NotSent:
		said = "Zoho not reached"
	case e.Status != 0:
		said = fmt.Sprintf("Zoho's answer (HTTP %d) broke off", e.Status)
	}
	if e.cause != nil {
		said += ": " + tame(e.cause.Error(), 200)
	}
	return "zoho: " + said
}

// Unwrap gives the cause, so that errors.Is finds context.Canceled and the like.
func (e *TransportError) Unwrap() error { return e.cause }

// Timeout reports whether time ran out, the caller's included.
func (e *TransportError) Timeout() bool {
	var n net.Error
	return errors.As(e.cause, &n) && n.Timeout()
}

func (e *TransportError) outcome() Sent { return e.Sent }

// broken reports whether a connection that had been made was lost, so that a second attempt at once makes sense.
func (e *TransportError) broken() bool {
	return e.Sent == SentUnknown && !e.Timeout() && !errors.Is(e.cause, context.Canceled)
}

// tokenError is a call that had no token to go out with.
type tokenError struct{ cause error }

func (e *tokenError) Error() string { return "zoho: no access token: " + tame(e.cause.Error(), 300) }
func (e *tokenError) Unwrap() error { return e.cause }
func (e *tokenError) outcome() Sent { return NotSent }

// MarshalText gives Error, so that an encoder does not look inside.
func (e *TransportError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }
