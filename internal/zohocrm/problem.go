package zohocrm

import (
	"cmp"
	"errors"
	"time"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/zoho"
)

// creditsPause is how long a connection rests whose day's credits are used up: they come back over a rolling day.
const creditsPause = 5 * time.Minute

// ratePause is how long a connection rests that made too many calls in a short time, where Zoho does not say how long.
const ratePause = time.Minute

// limit says in our words what a 429 ran into.
func limit(l zoho.Limited) crm.Limit {
	switch l {
	case zoho.LimitCredits:
		return crm.LimitCredits
	case zoho.LimitConcurrency:
		return crm.LimitConcurrency
	case zoho.LimitRate:
		return crm.LimitRate
	}
	return crm.LimitUnknown
}

// problem turns an error of zoho into a *crm.Problem. An error of our own that travelled through zoho (the token source
// says that the connection is parked, the gate that a call had no turn) is given back as it is.
func problem(err error) error {
	if err == nil {
		return nil
	}
	if p := crm.AsProblem(err); p != nil {
		return p
	}
	if f := fault.As(err); f != nil {
		return f
	}
	var oauth *zoho.OAuthError
	if errors.As(err, &oauth) {
		return oauthProblem(oauth)
	}
	var z *zoho.Error
	if errors.As(err, &z) {
		return answerProblem(z)
	}
	var t *zoho.TransportError
	if errors.As(err, &t) {
		return (&crm.Problem{Class: crm.Down, Message: "no answer", Unknown: t.Sent == zoho.SentUnknown}).Because(err)
	}
	return err
}

func oauthProblem(e *zoho.OAuthError) error {
	p := &crm.Problem{Code: e.Code, RetryAfter: e.RetryAfter}
	switch e.Kind {
	case zoho.OAuthRestart, zoho.OAuthBroken:
		p.Class = crm.Broken
	case zoho.OAuthConfiguration, zoho.OAuthUntrusted:
		p.Class = crm.Misconfigured
	case zoho.OAuthThrottled:
		p.Class, p.Limit = crm.Throttled, crm.LimitTokens
	default:
		p.Class = crm.Down
	}
	return p.Because(e)
}

func answerProblem(e *zoho.Error) error {
	p := &crm.Problem{Code: e.Code, Message: e.Message, Field: e.APIName, RetryAfter: e.RetryAfter, Unknown: zoho.Outcome(e) == zoho.SentUnknown}
	switch e.Kind {
	case zoho.InvalidToken, zoho.AuthenticationFailure, zoho.Internal, zoho.Unavailable, zoho.Unreadable, zoho.TooLarge,
		zoho.Redirected:
		p.Class = crm.Down // a token that was refused twice in a row is Zoho's trouble: a revoked one fails at the refresh
	case zoho.DependentServiceError, zoho.RecordLocked, zoho.AlreadyModified:
		p.Class = crm.Busy
	case zoho.TooManyRequests:
		p.Class, p.Limit = crm.Throttled, limit(e.Limited)
		switch p.Limit {
		case crm.LimitCredits:
			p.RetryAfter = max(p.RetryAfter, creditsPause)
		case crm.LimitRate:
			p.RetryAfter = cmp.Or(p.RetryAfter, ratePause)
		}
	case zoho.ScopeMismatch:
		p.Class = crm.ScopeMissing
	case zoho.NoPermission, zoho.AuthorizationFailed, zoho.NotShared:
		p.Class = crm.Forbidden
	case zoho.NotFound, zoho.NotSubscribed, zoho.AlreadyConverted:
		p.Class = crm.Gone
	case zoho.InvalidModule, zoho.InvalidQuery, zoho.SyntaxError, zoho.NotSupported, zoho.InvalidURL, zoho.InvalidMethod, zoho.InvalidHost:
		p.Class = crm.Unfit
	case zoho.DuplicateData:
		p.Class = crm.Duplicate
		if e.Duplicate != nil {
			p.Existing = crm.Record{Module: e.Duplicate.Module, ID: e.Duplicate.ID}
		}
	case zoho.Multiple:
		if len(e.All) > 0 {
			first := answerProblem(e.All[0])
			return crm.AsProblem(first).Because(e)
		}
		p.Class = crm.Rejected
	default:
		p.Class = crm.Rejected
	}
	return p.Because(e)
}
