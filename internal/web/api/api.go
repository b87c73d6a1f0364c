// Package api is the public JSON API under /api/v1, and its OpenAPI description at /api/openapi.json.
//
// It parses a request into a domain type, calls one method and renders a typed answer; it has no rules of its own. Every
// operation states who may call it (Access), all of them on the one page routes.go. Bodies are application/json of at
// most 1 MiB with one value and nothing after it; every error is problem+json (RFC 9457) that names wrong fields by their
// path. Without a key a caller is bounded per address; with one, roles apply and another organization's data does not
// exist. The API takes no cookies.
package api

import (
	"context"
	"mime"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/quarantine"
	"heavyset.tech/platform/internal/settings"
	"heavyset.tech/platform/internal/web/limit"
	"heavyset.tech/platform/internal/webhook"
)

// maxBody is the largest body that is read.
const maxBody = 1 << 20

const tooMany = "Too many requests from this address. Please wait a moment."

// Directory finds organizations by the slug of an address.
type Directory interface {
	OrganizationBySlug(ctx context.Context, slug string) (org.Organization, error)
}

// Services are what the API leads to.
type Services struct {
	Directory   Directory
	Orgs        *org.Service
	Auth        *auth.Service
	Audit       *audit.Log
	Bookings    *booking.Service
	Book        booking.Store // lists and single appointments
	Leads       *lead.Service
	Gate        *quarantine.Service
	Catalogs    *catalog.Editor
	Connections *connection.Service
	Settings    *settings.Service
	Sync        *crmsync.Service
	Hooks       *webhook.Service
	Answers     Answers
	BaseURL     string // of the visitor's pages, without a slash at its end
	Version     string
	Now         func() time.Time
	Failed      func(ctx context.Context, err error) // told of every error that is ours
}

// API answers. Make it with New.
type API struct {
	Services
	huma  huma.API
	mux   *http.ServeMux
	posts *limit.Limiter
	gets  *limit.Limiter
	// ownKeys are the operations that keep the answers to their Idempotency-Keys themselves, by method and path.
	ownKeys map[string]bool
}

// New makes the handler of /api/.
func New(s Services) *API {
	a := &API{Services: s, mux: http.NewServeMux(), posts: limit.New(60, 100, s.Now), gets: limit.New(60*200, 600, s.Now)}
	c := huma.DefaultConfig("HeavySet", s.Version)
	c.Info.Description = "Of a query parameter that is given several times the first value counts."
	c.OpenAPIPath, c.DocsPath, c.SchemasPath, c.CreateHooks = "/api/openapi", "", "", nil
	c.Formats = map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat}
	c.AllowAdditionalPropertiesByDefault, c.FieldsOptionalByDefault = true, true
	c.Transformers = []huma.Transformer{renderProblem}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"key": {Type: "http", Scheme: "bearer"}}
	a.huma = humago.New(a.mux, c)
	a.huma.UseMiddleware(a.admit)
	a.routes()
	a.describe()
	a.mux.HandleFunc("/", a.unrouted)
	return a
}

// OpenAPI gives the description of every operation.
func (a *API) OpenAPI() *huma.OpenAPI { return a.huma.OpenAPI() }

// ServeHTTP answers one request under /api/.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cache-Control", "no-store")
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE")
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key")
		h.Set("Access-Control-Max-Age", "86400")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	h.Set("Access-Control-Expose-Headers", "Retry-After, X-Request-Id")
	if r.ContentLength != 0 && (r.Method == http.MethodPost || r.Method == http.MethodPut) {
		if !isJSON(r) {
			a.refuseType(w, r)
			return
		}
		r.Header.Set("Content-Type", "application/json") // types have no case; huma compares letters
	}
	a.once(w, r)
}

// refuseType answers a body of another type. It counts like every call.
func (a *API) refuseType(w http.ResponseWriter, r *http.Request) {
	if _, keyed, _ := a.caller(r.Context(), r.Header.Get("Authorization")); !keyed {
		if ok, wait := a.posts.Take(r.RemoteAddr); !ok {
			w.Header().Set("Retry-After", retryAfter(wait))
			writeProblem(r.Context(), w, http.StatusTooManyRequests, tooMany)
			return
		}
	}
	writeProblem(r.Context(), w, http.StatusUnsupportedMediaType, "The body must be application/json.")
}

func isJSON(r *http.Request) bool {
	t, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || t != "application/json" {
		return false
	}
	charset, ok := params["charset"]
	return !ok || strings.EqualFold(charset, "utf-8")
}

// unrouted answers for addresses and methods that no operation has.
func (a *API) unrouted(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
		probe := r.Clone(r.Context())
		probe.Method = m
		if _, p := a.mux.Handler(probe); p != "/" {
			allowed = append(allowed, m)
		}
	}
	if len(allowed) > 0 {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		writeProblem(r.Context(), w, http.StatusMethodNotAllowed, "This address does not take "+r.Method+" requests.")
		return
	}
	writeProblem(r.Context(), w, http.StatusNotFound, "There is nothing at this address.")
}

// callerKey is where admit leaves the caller for the operation.
type callerKey struct{}

// admit lets a request through to its operation if its access allows it.
func (a *API) admit(ctx huma.Context, next func(huma.Context)) {
	access := accessOf(ctx.Operation())
	caller, keyed, err := a.caller(ctx.Context(), ctx.Header("Authorization"))
	if !keyed && !fault.Is(err, fault.Unavailable) { // a wrong key counts as none, one that nobody can look up now does not
		if limited := a.within(ctx); limited != nil {
			err = limited
		}
	}
	if err == nil && access != Public && !keyed {
		ctx.SetHeader("WWW-Authenticate", `Bearer realm="heavyset"`)
		_ = huma.WriteErr(a.huma, ctx, http.StatusUnauthorized, "This call needs an API key: Authorization: Bearer KEY.")
		return
	}
	if err == nil && access == Platform && !caller.Engineer {
		err = fault.New(fault.Denied, "Only a platform engineer may do this.")
	}
	if err != nil {
		a.refuse(ctx, err)
		return
	}
	next(huma.WithValue(huma.WithValue(ctx, callerKey{}, caller), addressKey{}, ctx.RemoteAddr()))
}

// addressKey is where admit leaves the caller's address.
type addressKey struct{}

// did keeps in the audit what a call has changed, in words: what was and what is, a line each, and never a secret.
func (a *API) did(ctx context.Context, o org.ID, area audit.Area, act, subject string, detail ...string) error {
	c, _ := ctx.Value(callerKey{}).(auth.Caller)
	address, _ := ctx.Value(addressKey{}).(string)
	if host, _, err := net.SplitHostPort(address); err == nil {
		address = host
	}
	return a.Audit.Record(ctx, o, audit.Event{
		By: audit.By{Who: c.Name, WhoID: string(c.User), Address: address}, Area: area, Act: act, Subject: subject, Detail: strings.Join(detail, "\n"),
	})
}

// caller reads the API key of an Authorization header. keyed is false without a valid one.
func (a *API) caller(ctx context.Context, header string) (c auth.Caller, keyed bool, err error) {
	if header == "" {
		return auth.Caller{}, false, nil
	}
	scheme, key, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return auth.Caller{}, false, errUnauthorized
	}
	c, err = a.Auth.CallerByKey(ctx, strings.TrimSpace(key))
	if fault.Is(err, fault.Denied) {
		return c, false, errUnauthorized
	}
	return c, err == nil, err
}

// within bounds a caller without a key by address.
func (a *API) within(ctx huma.Context) error {
	l := a.gets
	if ctx.Method() != http.MethodGet {
		l = a.posts
	}
	if ok, wait := l.Take(ctx.RemoteAddr()); !ok {
		return fault.TooMany(wait, tooMany)
	}
	return nil
}

// holder names the address of a caller without a key, as a digest; "" for one with a key.
func holder(ctx context.Context, r remote) string {
	if c, ok := ctx.Value(callerKey{}).(auth.Caller); ok && c.Name != "" {
		return ""
	}
	return id.Hash("holder:" + limit.Key(r.address))[:32]
}

// organization finds the organization of an address for a caller who has at least this role in it. For others it does
// not exist.
func (a *API) organization(ctx context.Context, slug string, need auth.Role) (org.Organization, error) {
	missing := fault.New(fault.NotFound, "There is no such organization.")
	if !plain(slug) {
		return org.Organization{}, missing
	}
	o, err := a.Directory.OrganizationBySlug(ctx, slug)
	if err != nil {
		return o, err
	}
	c, _ := ctx.Value(callerKey{}).(auth.Caller)
	role := c.RoleIn(o.ID)
	if role == "" {
		return org.Organization{}, missing
	}
	if !role.Covers(need) {
		return org.Organization{}, fault.New(fault.Denied, "Your role in this organization does not allow this.")
	}
	return o, nil
}

// plain keeps what the database could not even look up (NUL, broken UTF-8) from being looked up.
func plain(s string) bool {
	return len(s) <= 200 && !strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f || r == '\uFFFD' })
}

// remote is the caller's address, taken from the connection (a trusted proxy's word has been put there before).
type remote struct{ address string }

// Resolve reads the address for an operation.
func (r *remote) Resolve(ctx huma.Context) []error {
	r.address = ctx.RemoteAddr()
	return nil
}

func retryAfter(d time.Duration) string {
	return strconv.Itoa(max(1, int((d+time.Second-1)/time.Second)))
}
