package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/web/limit"
)

// idempotencyKey is the header by which a repeated write changes nothing again.
const idempotencyKey = "Idempotency-Key"

// Answers keeps what was answered to writes. BeginCall makes the caller the one who answers (mine), or gives the first
// answer, with status 0 while that is under way; fault.Conflict when the request was another one.
type Answers interface {
	BeginCall(ctx context.Context, o org.ID, call, body string) (status int, answer []byte, mine bool, err error)
	KeepCall(ctx context.Context, o org.ID, call string, status int, answer []byte) error
	DropCall(ctx context.Context, o org.ID, call string) error
}

const (
	// askAgain is how long a duplicate waits before it looks again whether the first has been answered, and waitAtMost how
	// long in all.
	askAgain   = 50 * time.Millisecond
	waitAtMost = 20 * time.Second
)

// describeKeys says of every write that it takes an Idempotency-Key, and remembers which have their own way with it: those
// of visitors, whose answers are kept in the booking's transaction.
func (a *API) describeKeys() {
	a.ownKeys = map[string]bool{}
	limit := 255
	for path, item := range a.OpenAPI().Paths {
		for method, o := range map[string]*huma.Operation{http.MethodPost: item.Post, http.MethodPut: item.Put, http.MethodDelete: item.Delete} {
			if o == nil {
				continue
			}
			own := false
			for _, p := range o.Parameters {
				own = own || p.In == "header" && p.Name == idempotencyKey
			}
			if own {
				a.ownKeys[method+" "+path] = true
				continue
			}
			o.Parameters = append(o.Parameters, &huma.Param{
				Name: idempotencyKey, In: "header", Description: "The same key and body give the first answer again for 24 hours; with another body it is 409.",
				Schema: &huma.Schema{Type: huma.TypeString, MaxLength: &limit},
			})
		}
	}
}

// once serves a write. With an Idempotency-Key a repetition gives the answer of the first, if that was 2xx; one that comes
// while the first is under way waits for it. A key is its caller's own: nobody else's requests meet it.
func (a *API) once(w http.ResponseWriter, r *http.Request) {
	key := r.Header.Get(idempotencyKey)
	if key == "" || r.Method == http.MethodGet || r.Method == http.MethodHead {
		a.mux.ServeHTTP(w, r)
		return
	}
	if _, pattern := a.mux.Handler(r); a.ownKeys[pattern] || !strings.HasPrefix(pattern, r.Method+" ") {
		a.mux.ServeHTTP(w, r)
		return
	}
	ctx := r.Context()
	who, err := a.keeper(ctx, r)
	if err != nil {
		a.refuseCall(ctx, w, err)
		return
	}
	if who == "" { // the operation says what is missing
		a.mux.ServeHTTP(w, r)
		return
	}
	if len(key) > 255 {
		a.refuseCall(ctx, w, fault.OfField(idempotencyKey, "must be at most 255 characters."))
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), r.Body))
	if err != nil || len(body) > maxBody {
		a.mux.ServeHTTP(w, r)
		return
	}
	o := a.orgOf(ctx, r.URL.Path)
	call := id.Hash(strings.Join([]string{who, r.Method, r.URL.Path, key}, "\x00"))
	status, kept, mine, err := a.begin(ctx, o, call, id.Hash(string(body)))
	switch {
	case err != nil:
		a.refuseCall(ctx, w, err)
	case mine:
		a.answerFirst(w, r, o, call)
	default:
		if len(kept) > 0 {
			w.Header().Set("Content-Type", "application/json")
		}
		w.WriteHeader(status)
		_, _ = w.Write(kept)
	}
}

// keeper says whose key it is: of an API key, or without one of an address, which is counted. "" for a caller whom the
// operation refuses.
func (a *API) keeper(ctx context.Context, r *http.Request) (string, error) {
	header := r.Header.Get("Authorization")
	_, keyed, err := a.caller(ctx, header)
	if keyed {
		return "key " + id.Hash(header), nil
	}
	if err != nil {
		return "", nil
	}
	if ok, wait := a.posts.Take(r.RemoteAddr); !ok {
		return "", fault.TooMany(wait, tooMany)
	}
	return "address " + limit.Key(r.RemoteAddr), nil
}

// orgOf gives the organization of an address; "" where it names none that there is.
func (a *API) orgOf(ctx context.Context, path string) org.ID {
	rest, ok := strings.CutPrefix(path, "/api/v1/orgs/")
	slug, _, more := strings.Cut(rest, "/")
	if !ok || !more || !plain(slug) {
		return ""
	}
	o, err := a.Directory.OrganizationBySlug(ctx, slug)
	if err != nil {
		return ""
	}
	return o.ID
}

// begin waits until a call is the caller's to answer, or has been answered.
func (a *API) begin(ctx context.Context, o org.ID, call, body string) (status int, kept []byte, mine bool, err error) {
	ctx, stop := context.WithTimeout(ctx, waitAtMost)
	defer stop()
	for {
		status, kept, mine, err = a.Answers.BeginCall(ctx, o, call, body)
		if err != nil || mine || status > 0 {
			return status, kept, mine, err
		}
		again := time.NewTimer(askAgain)
		select {
		case <-ctx.Done():
			again.Stop()
			return 0, nil, false, fault.Coded(fault.Conflict, "IDEMPOTENCY_KEY", "The first request with this Idempotency-Key is still under way. Please ask again in a moment.")
		case <-again.C:
		}
	}
}

// answerFirst serves the first request of a key. A good answer is kept before it is given.
func (a *API) answerFirst(w http.ResponseWriter, r *http.Request, o org.ID, call string) {
	rec := &recorder{header: w.Header(), status: http.StatusOK}
	ctx := context.WithoutCancel(r.Context()) // whatever becomes of the caller, the key must not stay taken
	kept := false
	defer func() {
		if !kept {
			if err := a.Answers.DropCall(ctx, o, call); err != nil {
				a.Failed(ctx, err)
			}
		}
	}()
	a.mux.ServeHTTP(rec, r)
	if rec.status >= 200 && rec.status <= 299 {
		err := a.Answers.KeepCall(ctx, o, call, rec.status, rec.body.Bytes())
		if kept = err == nil; !kept { // it is done all the same, and the caller must hear of it
			a.Failed(ctx, errors.Join(errors.New("keep an answer"), err))
		}
	}
	w.WriteHeader(rec.status)
	_, _ = w.Write(rec.body.Bytes())
}

// recorder holds an answer back.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header gives the headers that will be sent.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader remembers the status.
func (r *recorder) WriteHeader(status int) { r.status = status }

// Write remembers the body.
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

// refuseCall answers an error from before the operation.
func (a *API) refuseCall(ctx context.Context, w http.ResponseWriter, err error) {
	p := problemOf(err)
	if p.Status >= http.StatusInternalServerError {
		a.Failed(ctx, err)
	}
	if f := fault.As(err); f != nil && f.RetryAfter > 0 {
		w.Header().Set("Retry-After", retryAfter(f.RetryAfter))
	}
	writeWhole(ctx, w, p)
}
