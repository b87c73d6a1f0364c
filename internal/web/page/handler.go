package page

import (
	"context"
	"errors"
	"net/http"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/locale"
)

// Handler handles a request or says why not.
type Handler func(w http.ResponseWriter, r *http.Request) error

// ErrorView is what the error page shows.
type ErrorView struct {
	Head
	Status  int
	Heading string
	Message string
	Request string // id to tell support; the log has it too
	Back    string // where to go on; "": nowhere
	BackTo  string // what is there
}

// Errors turns errors into pages. Make it with NewErrors.
type Errors struct {
	sets   map[locale.Lang]*Set
	failed func(ctx context.Context, err error)
	id     func(ctx context.Context) string
}

// NewErrors makes the error pages. failed is told of every error that is ours; id gives a request's id.
func NewErrors(failed func(ctx context.Context, err error), id func(ctx context.Context) string) (*Errors, error) {
	sets := map[locale.Lang]*Set{}
	for _, l := range append(locale.All(), locale.Pseudo) {
		set, err := ParseIn(shared, nil, l)
		if err != nil {
			return nil, err
		}
		sets[l] = set
	}
	return &Errors{sets: sets, failed: failed, id: id}, nil
}

// Wrap makes an http.Handler of a Handler.
func (e *Errors) Wrap(h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			e.Show(w, r, err)
		}
	})
}

// WrapIn is Wrap for pages in the language of the visitor. What went wrong leads them nowhere: the start is where staff sign in.
func (e *Errors) WrapIn(h Handler, speaks func(*http.Request) locale.Lang) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			e.show(w, r, err, speaks(r), "")
		}
	})
}

// Status gives the status of an error.
func Status(err error) int {
	switch fault.KindOf(err) {
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

// Abort breaks off an answer of which a part has left already, so that whoever reads it sees that it is not whole.
func (e *Errors) Abort(r *http.Request, err error) {
	if r.Context().Err() == nil {
		e.failed(r.Context(), err)
	}
	panic(http.ErrAbortHandler) // net/http's own way to cut an answer off
}

// Show writes the page of an error, in English.
func (e *Errors) Show(w http.ResponseWriter, r *http.Request, err error) {
	e.show(w, r, err, locale.English, "/")
}

func (e *Errors) show(w http.ResponseWriter, r *http.Request, err error, l locale.Lang, back string) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // nobody is there to read it
	}
	v := ErrorView{Status: Status(err), Request: e.id(r.Context()), Back: back, BackTo: "Start"}
	v.NoIndex = true
	f := fault.As(err)
	switch {
	case v.Status == http.StatusInternalServerError || f == nil:
		v.Heading, v.Message = "Something went wrong", "This is our fault. Please try again in a moment."
		e.failed(r.Context(), err)
	case v.Status == http.StatusNotFound:
		v.Heading, v.Message = "Nothing here", f.Message
	case v.Status == http.StatusForbidden:
		v.Heading, v.Message = "Not allowed", f.Message
	case v.Status == http.StatusTooManyRequests, v.Status == http.StatusServiceUnavailable:
		v.Heading, v.Message = "Please wait a moment", f.Message
		if f.RetryAfter > 0 {
			w.Header().Set("Retry-After", seconds(f.RetryAfter))
		}
		if v.Status == http.StatusServiceUnavailable {
			e.failed(r.Context(), err)
		}
	default:
		v.Heading, v.Message = "That did not work", f.Message
	}
	v.Heading, v.Message, v.BackTo = l.T(v.Heading), l.Said(v.Message), l.T(v.BackTo)
	v.Title = v.Heading
	if err := e.sets[l].Render(w, v.Status, "error", v); err != nil {
		e.failed(r.Context(), err)
		http.Error(w, "Something went wrong.", http.StatusInternalServerError)
	}
}
