package crm

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"heavyset.tech/platform/internal/fault"
)

// Class says what a failure means for the work that met it.
type Class string

// The classes of failure.
const (
	// Down: no answer, or one that says nothing about our request. Try again later.
	Down Class = "down"
	// Throttled: too many calls. Try again after RetryAfter; the connection is fine.
	Throttled Class = "throttled"
	// Busy: the CRM can't take this record now, others it can. Try this one again after RetryAfter.
	Busy Class = "busy"
	// Broken: the authorization is gone. Only a person can reconnect.
	Broken Class = "broken"
	// Misconfigured: client id, secret or redirect address are wrong. Only a person can repair.
	Misconfigured Class = "misconfigured"
	// ScopeMissing: the authorization does not cover this call. Reconnect with all permissions.
	ScopeMissing Class = "scope_missing"
	// Forbidden: the authorizing user may not do this in the CRM.
	Forbidden Class = "forbidden"
	// Rejected: the CRM read our record and refused it; Field and Code say why.
	Rejected Class = "rejected"
	// Duplicate: a record with this unique value is there already; Existing names it.
	Duplicate Class = "duplicate"
	// Gone: the record does not exist (any more).
	Gone Class = "gone"
	// Held: we have not sent the record, because a value of ours means nothing in it; Field says where.
	Held Class = "held"
	// Unfit: the module or field is not there, or not as we need it.
	Unfit Class = "unfit"
)

// Limit is what a call ran into that the CRM refused for there being too many.
type Limit string

// The limits of a CRM.
const (
	LimitCredits     Limit = "credits"     // of the organization's day
	LimitConcurrency Limit = "concurrency" // calls at the same time
	LimitRate        Limit = "rate"        // calls in a minute or so
	LimitTokens      Limit = "tokens"      // access tokens asked for
	LimitUnknown     Limit = ""
)

// Problem is a failed call to a CRM in our words, with the CRM's own code and message beside.
type Problem struct {
	Class      Class
	Code       string // the CRM's own, e.g. MANDATORY_NOT_FOUND
	Message    string // the CRM's own; shown small, never with tokens or request bodies
	Field      string // API name, where one is to blame
	Label      string // what people call that field, where we know it
	Existing   Record // Duplicate: what is there already
	RetryAfter time.Duration
	Limit      Limit // Throttled: what was run into
	Unknown    bool  // the request may have been carried out although no answer came
	cause      error
}

// Error gives class, code and message.
func (p *Problem) Error() string {
	s := fmt.Sprintf("crm: %s", p.Class)
	if p.Code != "" {
		s += " " + p.Code
	}
	if p.Field != "" {
		s += " (" + p.Field + ")"
	}
	if p.Message != "" {
		s += ": " + p.Message
	}
	if p.cause != nil {
		s += ": " + p.cause.Error()
	}
	return s
}

// Unwrap gives the cause.
func (p *Problem) Unwrap() error { return p.cause }

// Because gives a copy of p that keeps cause for the log.
func (p *Problem) Because(cause error) *Problem {
	c := *p
	c.cause = cause
	return &c
}

// Named gives a copy of p that calls the field to blame as people do.
func (p *Problem) Named(label string) *Problem {
	c := *p
	c.Label = label
	return &c
}

// AsProblem finds the *Problem in an error chain; nil when there is none.
func AsProblem(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	return nil
}

// IsClass reports whether err is a problem of this class.
func IsClass(err error, c Class) bool {
	p := AsProblem(err)
	return p != nil && p.Class == c
}

// Passing reports whether waiting helps.
func (c Class) Passing() bool { return c.Silent() || c == Busy }

// Silent reports whether the CRM takes nothing at the moment, whatever the record.
func (c Class) Silent() bool { return c == Down || c == Throttled }

// NeedsReconnect reports whether only a new consent helps.
func (c Class) NeedsReconnect() bool { return c == Broken || c == Misconfigured }

// Words says in a sentence what happened.
func (p *Problem) Words() string {
	switch p.Class {
	case Down:
		return "Zoho does not answer at the moment."
	case Throttled:
		return p.Limit.words()
	case Busy:
		return "Zoho is not done with this record yet."
	case Broken:
		return "Zoho no longer accepts our authorization."
	case Misconfigured:
		return "Zoho does not accept the client credentials."
	case ScopeMissing:
		return "A permission is missing from the authorization."
	case Forbidden:
		return "The Zoho user who authorized HeavySet may not do this."
	case Duplicate:
		return "Zoho has a record with this value already."
	case Gone:
		return "The record does not exist in Zoho any more."
	case Unfit:
		return "The Zoho module or field is not there, or not as we need it."
	case Held:
		return "No Zoho value is chosen for what this has as " + p.Message + ", which goes into the field " + p.Field + "."
	}
	if p.Field != "" {
		return "Zoho refused the record because of " + cmp.Or(p.Label, "the field "+p.Field) + "."
	}
	return "Zoho refused the record."
}

func (l Limit) words() string {
	switch l {
	case LimitCredits:
		return "The API credits of this Zoho organization's day are used up."
	case LimitConcurrency:
		return "Zoho takes no more calls at the same time and asks us to slow down."
	case LimitRate:
		return "Zoho takes no more calls for a moment, because too many were made in a short time."
	case LimitTokens:
		return "Zoho gives no new access token at the moment, because too many were asked for."
	}
	return "Zoho asks us to slow down."
}

// Advice says what to do about it.
func (p *Problem) Advice() string {
	switch p.Class {
	case Down:
		return "Nothing: we try again by ourselves until Zoho answers."
	case Throttled:
		if p.Limit == LimitCredits {
			return "They come back over a day, and we go on by ourselves. See under Sync what used them; another application of this Zoho organization may have."
		}
		return "Nothing: we wait and go on by ourselves."
	case Busy:
		return "Nothing: we try this record again by ourselves. If it is locked in Zoho, it can be unlocked there."
	case Broken:
		return "Reconnect under Connections → CRM → Edit Config (steps 4 to 6). Everything that waits is written then."
	case Misconfigured:
		return "Check Client ID and Client Secret under Connections → CRM → Edit Config, then connect again."
	case ScopeMissing:
		return "Connect again and accept all permissions that Zoho lists."
	case Forbidden:
		return "Give that user's profile the permission in Zoho, or connect again as another user; then press Write again."
	case Gone:
		return "Press Write again if the record should be made anew."
	case Held:
		return "Choose one in the field mapping: what waits is written then by itself."
	case Unfit:
		return "Check the module and the fields in Zoho; then press Write again."
	}
	return "Correct the field in Zoho or in the mapping; then press Write again."
}

// Fault turns a problem into the kind of outcome that a job or a page makes of it.
func (p *Problem) Fault() *fault.Error {
	switch {
	case p.Class.Passing():
		return fault.Later(p.RetryAfter, p.Words()).Because(p)
	case p.Class == Gone:
		return fault.Wrap(fault.NotFound, p.Words(), p)
	case p.Class.NeedsReconnect(), p.Class == ScopeMissing, p.Class == Forbidden:
		return fault.Wrap(fault.Denied, p.Words()+" "+p.Advice(), p)
	}
	return fault.Wrap(fault.Invalid, p.Words()+" "+p.Advice(), p)
}
