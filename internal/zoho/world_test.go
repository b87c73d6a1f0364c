package zoho_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"heavyset.tech/platform/internal/zoho"
	"heavyset.tech/platform/internal/zohooas"
)

// contract holds every request that a client of these tests sends against Zoho's OpenAPI files. The answers are the
// tests' own, cut down to what each is about, and are not judged.
var contract = zohooas.Open("zoho")

func TestMain(m *testing.M) { os.Exit(contract.End(m.Run())) }

// checking is h with every request judged before it is sent.
func checking(t *testing.T, h *http.Client) *http.Client {
	t.Helper()
	own := *h
	own.Transport = zohooas.Transport{Base: h.Transport, Suite: contract, To: t, Requests: true}
	return &own
}

// Secrets in Zoho's shape; none may ever be printed.
const (
	token1  = "1000.00000000000000000000000000000001.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1"
	token2  = "1000.00000000000000000000000000000002.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2"
	refresh = "1000.00000000000000000000000000000003.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa3"
	grant   = "1000.00000000000000000000000000000004.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa4"
	secret  = "5ecre75ecre75ecre75ecre75ecre7"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func atNoon() time.Time { return noon }

// seen is one request as the server got it.
type seen struct {
	Method, Path string
	Query        url.Values
	Header       http.Header
	Body         string
}

// ledger keeps what a client reports and what a server sees.
type ledger struct {
	mu    sync.Mutex
	calls []zoho.Call
	seen  []seen
	stale []string // how the token source was asked
}

func (l *ledger) add(_ context.Context, c zoho.Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = append(l.calls, c)
}

func (l *ledger) see(r *http.Request) seen {
	body, _ := io.ReadAll(r.Body)
	s := seen{r.Method, r.URL.Path, r.URL.Query(), r.Header, string(body)}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen = append(l.seen, s)
	return s
}

// token gives token1 first, token2 once token1 is stale.
func (l *ledger) token(_ context.Context, stale string) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stale = append(l.stale, stale)
	if stale == token1 {
		return token2, nil
	}
	return token1, nil
}

type answers func(w http.ResponseWriter, s seen)

// script answers the n-th request with the n-th step, and the last one from then on.
func script(steps ...answers) answers {
	n := 0
	return func(w http.ResponseWriter, s seen) {
		step := steps[min(n, len(steps)-1)]
		n++
		step(w, s)
	}
}

func says(status int, body string, header ...string) answers {
	return func(w http.ResponseWriter, _ seen) {
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func serve(t *testing.T, l *ledger, a answers) *httptest.Server {
	t.Helper()
	var mu sync.Mutex
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		a(w, l.see(r))
	}))
	t.Cleanup(s.Close)
	return s
}

func site(origin string) zoho.DataCenter {
	return zoho.DataCenter{Location: "us", Accounts: origin, API: origin, Calendar: origin}
}

func newClient(t *testing.T, a answers) (*zoho.Client, *ledger) {
	t.Helper()
	l := &ledger{}
	s := serve(t, l, a)
	return clientTo(t, l, site(s.URL), nil), l
}

func clientTo(t *testing.T, l *ledger, dc zoho.DataCenter, h *http.Client) *zoho.Client {
	t.Helper()
	if h == nil {
		h = zoho.NewHTTPClient()
	}
	c, err := zoho.New(zoho.Config{DataCenter: dc, HTTP: checking(t, h), Token: l.token, OnCall: l.add, Now: atNoon})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestCallsNameTheirModule: of a query too, whose address names none.
func TestCallsNameTheirModule(t *testing.T) {
	t.Parallel()
	client, l := newClient(t, says(204, ""))
	_, _ = client.COQL(t.Context(), `select id from Contacts where Last_Name = 'from Leads' limit 5`)
	_, _ = client.COQL(t.Context(), `select id, What_Id->Leads.Last_Name from  Events where id is not null`)
	_, _ = client.CurrentUser(t.Context())
	_, _ = client.Modules(t.Context())
	_, _ = client.Calendars(t.Context(), zoho.CalendarOwn)
	_, _ = client.GetRecord(t.Context(), "Leads", "5725767000000524157")
	var got []string
	for _, c := range l.calls {
		got = append(got, c.Module)
	}
	if want := []string{"Contacts", "Events", "", "", "", "Leads"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func collect[T any](seq iter.Seq2[T, error]) (out []T, err error) {
	for v, err := range seq {
		if err != nil {
			return out, err
		}
		out = append(out, v)
	}
	return out, nil
}

func asError(t *testing.T, err error) *zoho.Error {
	t.Helper()
	var e *zoho.Error
	if !errors.As(err, &e) {
		t.Fatalf("want *zoho.Error, got %T %v", err, err)
	}
	return e
}

func wantKind(t *testing.T, err error, k zoho.Kind) {
	t.Helper()
	if !errors.Is(err, k) {
		t.Errorf("want %s, got %v", k, err)
	}
}

func hasSecret(s string) bool {
	for _, bad := range []string{token1, token2, refresh, grant, secret} {
		if strings.Contains(s, bad) {
			return true
		}
	}
	return false
}
