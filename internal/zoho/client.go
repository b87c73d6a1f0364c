package zoho

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"
)

// Config says where a Client calls, and with what.
type Config struct {
	DataCenter DataCenter   // an entry of the allow-list; its API address is called
	HTTP       *http.Client // nil: NewHTTPClient. Of a given one the transport and timeout are used
	// Token gives the access token. stale is the one that Zoho has just refused, "" at first: the source then reads the
	// shared token again, or refreshes. Its error reaches the caller wrapped, with Outcome NotSent.
	Token  func(ctx context.Context, stale string) (string, error)
	OnCall func(context.Context, Call) // told of every HTTP call before its method returns; may be nil
	Now    func() time.Time
}

// Call is one HTTP call for the ledger. It holds no customer data.
type Call struct {
	Method    string
	Path      string  // {id} for record ids, no query: /crm/v8/Leads/{id}
	Module    string  // whose records the call is about; "" when it is about none's
	Status    int     // 0: no answer
	Code      string  // Zoho's, if it refused the request as a whole
	Limited   Limited // of a 429; "" otherwise
	Sent      Sent
	Credits   int // by Zoho's price list; 0 when the call did not arrive or was refused with 401 or 429
	Remaining int // of the organization's day, as Zoho says; -1 when it does not
	Duration  time.Duration
}

// Client calls the CRM of one connection, and Zoho Calendar beside it. It is safe for concurrent use.
type Client struct {
	cfg      Config
	base     *url.URL
	calendar *url.URL // nil: the data centre has none
	wire     wire
}

// New makes a client. It fails when Token or Now is missing or the API address is not an https origin (or plain http to
// loopback).
func New(cfg Config) (*Client, error) {
	if cfg.Token == nil || cfg.Now == nil {
		return nil, errors.New("zoho: a client needs Token and Now")
	}
	if cfg.OnCall == nil {
		cfg.OnCall = func(context.Context, Call) {}
	}
	c := &Client{cfg: cfg, wire: newWire(cfg.HTTP)}
	var err error
	if c.base, err = baseOf("API", cfg.DataCenter.API); err == nil && cfg.DataCenter.Calendar != "" {
		c.calendar, err = baseOf("calendar", cfg.DataCenter.Calendar)
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

func baseOf(what, address string) (*url.URL, error) {
	origin, err := parseOrigin(address)
	if err != nil || origin != address {
		return nil, errors.New("zoho: the " + what + " address is not an origin")
	}
	base, err := url.Parse(origin)
	if err != nil {
		return nil, errors.New("zoho: the " + what + " address is not an origin")
	}
	return base, nil
}

// request is one call of the API.
type request struct {
	api     api
	method  string
	path    string   // below the API's root, with {id} where ids go
	from    string   // the module that a query names; of others the path does
	ids     []string // in their order
	query   url.Values
	since   time.Time // If-Modified-Since; zero: none
	etag    string    // as a header; "": none
	large   bool      // of Calendar: with descriptions
	file    *os.File  // where the answer goes, if it is a file
	in      any       // JSON body; nil: none
	safe    bool      // may be sent twice
	counted bool      // its pages go by number alone: page_token is no parameter of it
	endless bool      // of a counted one: the numbers go on beyond 2,000 rows
	write   bool      // a 400 is read like a success: it may carry an answer for each record
	credits int
}

// get makes the request of a plain GET.
func get(path string, query url.Values) request {
	return request{method: http.MethodGet, path: path, query: query, safe: true, credits: 1}
}

// module gives the module that the request is about.
func (r request) module() string {
	first, _, _ := strings.Cut(strings.TrimPrefix(r.path, "/"), "/")
	switch {
	case r.from != "":
		return r.from
	case r.api != crmAPI, first == "settings", first == "actions", first == "users", first == "org", first == "coql":
		return ""
	}
	return first
}

// api is one of the APIs that take the same token; its text is where its paths begin.
type api string

const (
	crmAPI      api = "" // the zero value, see root
	bulkAPI     api = "/crm/bulk/v8"
	calendarAPI api = "/api/v1"
)

func (a api) root() string {
	if a == crmAPI {
		return "/crm/v8"
	}
	return string(a)
}

// do makes one call: with a second token if the first is refused, and once more at once if a safe call's connection
// broke. Errors are *Error, *TransportError or the Token source's.
func (c *Client) do(ctx context.Context, r request) (reply, error) {
	body, err := encode(r.in)
	if err != nil {
		return reply{}, refuse("a value cannot be written as JSON")
	}
	if r.api == calendarAPI && c.calendar == nil {
		return reply{}, &Error{Kind: NotSupported, Message: "Zoho names no calendar address in this data centre"}
	}
	token, err := c.cfg.Token(ctx, "")
	if err != nil {
		return reply{}, &tokenError{err}
	}
	got, err := c.try(ctx, r, token, body)
	var e *Error
	if !errors.As(err, &e) || !e.refreshable() {
		return got, err
	}
	fresh, tokenErr := c.cfg.Token(ctx, token)
	if tokenErr != nil {
		return reply{}, &tokenError{tokenErr}
	}
	if fresh == token {
		return reply{}, err
	}
	return c.try(ctx, r, fresh, body)
}

// try makes the call with one token.
func (c *Client) try(ctx context.Context, r request, token string, body []byte) (reply, error) {
	got, err := c.once(ctx, r, token, body)
	var t *TransportError
	if r.safe && errors.As(err, &t) && t.broken() && ctx.Err() == nil {
		return c.once(ctx, r, token, body)
	}
	return got, err
}

// once makes one HTTP call and reports it.
func (c *Client) once(ctx context.Context, r request, token string, body []byte) (out reply, err error) {
	start := c.cfg.Now()
	got, err := c.wire.send(ctx, c.httpRequest(r, token, body), r.file)
	now := c.cfg.Now()
	if err == nil {
		out, err = read(r, got, now)
	}
	call := Call{
		Method: r.method, Path: r.api.root() + r.path, Module: r.module(), Status: got.status, Sent: Outcome(err), Credits: r.credits,
		Remaining: remaining(got.header), Duration: now.Sub(start),
	}
	var e *Error
	if errors.As(err, &e) {
		call.Code, call.Limited = e.Code, e.Limited
	}
	if call.Sent == NotSent || call.Status == http.StatusUnauthorized || call.Status == http.StatusTooManyRequests {
		call.Credits = 0
	}
	c.cfg.OnCall(ctx, call)
	return out, err
}

// httpRequest builds the request without parsing an address again: the host is always the data centre's.
func (c *Client) httpRequest(r request, token string, body []byte) *http.Request {
	u := *c.base
	if r.api == calendarAPI {
		u = *c.calendar
	}
	u.Path = r.api.root() + r.path
	for _, id := range r.ids {
		u.Path = strings.Replace(u.Path, "{id}", id, 1)
	}
	u.RawQuery = r.query.Encode()
	h := &http.Request{Method: r.method, URL: &u, Host: u.Host, Header: http.Header{}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	h.Header.Set("Authorization", "Zoho-oauthtoken "+token)
	h.Header.Set("Accept", "application/json")
	if r.large {
		h.Header.Set("Accept", "application/json+large")
	}
	if r.etag != "" {
		h.Header.Set("Etag", r.etag)
	}
	if !r.since.IsZero() {
		h.Header.Set("If-Modified-Since", DateTime(r.since, time.UTC))
	}
	if body != nil {
		h.Header.Set("Content-Type", "application/json")
		h.ContentLength = int64(len(body))
		h.Body = io.NopCloser(bytes.NewReader(body))
		h.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	}
	return h
}

// encode writes JSON, nothing for nil, without escaping <, > and &, which Zoho would take but people read.
func encode(v any) ([]byte, error) {
	if v == nil {
		return nil, nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

var (
	apiName    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,99}$`)
	fieldNamed = regexp.MustCompile(`^\$?[A-Za-z_][A-Za-z0-9_]{0,99}(\.[A-Za-z][A-Za-z0-9_]{0,99}){0,2}$`)
)

// checkName guards what becomes a part of a path: names come from an organization's settings.
func checkName(what, name string) error {
	if !apiName.MatchString(name) {
		return refuse("%s is not an API name", what)
	}
	return nil
}

func checkID(id string) error {
	if !isID(id) {
		return refuse("an id is not a number of Zoho's")
	}
	return nil
}

// checkFields guards a list of fields: at least one, at most fifty, as lists and queries take.
func checkFields(fields []string) error {
	if len(fields) == 0 || len(fields) > 50 {
		return refuse("1 to 50 fields may be named, not %d", len(fields))
	}
	for _, f := range fields {
		if !fieldNamed.MatchString(f) {
			return refuse("a field is not an API name")
		}
	}
	return nil
}
