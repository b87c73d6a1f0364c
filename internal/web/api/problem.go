package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/trace"
)

// Problem is every error of the API (RFC 9457).
type Problem struct {
	Title  string         `json:"title"`
	Status int            `json:"status"`
	Detail string         `json:"detail,omitempty"`
	Code   string         `json:"code,omitempty" doc:"a stable word for programs, such as TAKEN"`
	Errors []ProblemField `json:"errors,omitempty"`
	// Request is in our log too, whatever the status.
	Request string `json:"request,omitempty" doc:"id of the request, also in X-Request-Id: name it when you write to us"`
}

// ProblemField is one wrong value.
type ProblemField struct {
	Field   string `json:"field" doc:"path in the body, or name of the parameter"`
	Message string `json:"message"`
}

// Error makes a Problem an error for huma.
func (p *Problem) Error() string { return p.Detail }

// GetStatus tells huma the status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType tells huma the type.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

var errUnauthorized = errors.New("the API key is not valid")

// problemOf gives the status and body that an error becomes. What has no word for people shows none.
func problemOf(err error) *Problem {
	p := &Problem{Status: http.StatusInternalServerError}
	f := fault.As(err)
	switch {
	case errors.Is(err, errUnauthorized):
		p.Status, p.Detail = http.StatusUnauthorized, "This API key is not valid."
	case f == nil:
		p.Detail = "Something went wrong on our side. It has been written down."
	default:
		p.Status, p.Detail, p.Code = statusOf(f.Kind), f.Message, f.Code
		for _, v := range f.Fields {
			p.Errors = append(p.Errors, ProblemField{v.Path, v.Message})
		}
	}
	p.Title = http.StatusText(p.Status)
	return p
}

func statusOf(k fault.Kind) int {
	switch k {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.Denied:
		return http.StatusForbidden
	case fault.Limited:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// renderProblem puts huma's own errors (a body that does not fit its schema) into our form, and the request's id into all.
func renderProblem(ctx huma.Context, _ string, v any) (any, error) {
	if p, ok := v.(*Problem); ok {
		p.Request = trace.RequestID(ctx.Context())
		return p, nil
	}
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := &Problem{Title: m.Title, Status: m.Status, Detail: m.Detail, Request: trace.RequestID(ctx.Context())}
	for _, e := range m.Errors {
		field := e.Location
		for _, where := range []string{"body", "query", "path", "header"} {
			field = strings.TrimPrefix(strings.TrimPrefix(field, where+"."), where)
		}
		p.Errors = append(p.Errors, ProblemField{Field: field, Message: e.Message}) // not the value: it may be a secret
	}
	return p, nil
}

// answerError turns an error of a service into what huma answers, with Retry-After where there is one.
func (a *API) answerError(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	p := problemOf(err)
	if p.Status >= http.StatusInternalServerError {
		a.Failed(ctx, err)
	}
	if f := fault.As(err); f != nil && f.RetryAfter > 0 {
		return huma.ErrorWithHeaders(p, http.Header{"Retry-After": {retryAfter(f.RetryAfter)}})
	}
	return p
}

// refuse answers an error from before the operation.
func (a *API) refuse(ctx huma.Context, err error) {
	p := problemOf(err)
	p.Request = trace.RequestID(ctx.Context())
	if p.Status >= http.StatusInternalServerError {
		a.Failed(ctx.Context(), err)
	}
	if f := fault.As(err); f != nil && f.RetryAfter > 0 {
		ctx.SetHeader("Retry-After", retryAfter(f.RetryAfter))
	}
	if p.Status == http.StatusUnauthorized {
		ctx.SetHeader("WWW-Authenticate", `Bearer realm="heavyset"`)
	}
	ctx.SetHeader("Content-Type", "application/problem+json")
	ctx.SetStatus(p.Status)
	_ = json.NewEncoder(ctx.BodyWriter()).Encode(p)
}

func writeProblem(ctx context.Context, w http.ResponseWriter, status int, detail string) {
	writeWhole(ctx, w, &Problem{Title: http.StatusText(status), Status: status, Detail: detail})
}

func writeWhole(ctx context.Context, w http.ResponseWriter, p *Problem) {
	p.Request = trace.RequestID(ctx)
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}
