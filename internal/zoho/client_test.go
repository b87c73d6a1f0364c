package zoho_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"heavyset.tech/platform/internal/zoho"
)

const (
	badToken = `{"code":"INVALID_TOKEN","details":{},"message":"invalid oauth token","status":"error"}`
	oneOrg   = `{"org":[{"id":"1","company_name":"Ridgeline"}]}`
)

func TestRequestShape(t *testing.T) {
	t.Parallel()
	client, l := newClient(t, says(200, oneOrg))
	if _, err := client.Org(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := l.seen[0]
	if s.Method != "GET" || s.Path != "/crm/v8/org" || s.Header.Get("Authorization") != "Zoho-oauthtoken "+token1 || s.Body != "" {
		t.Errorf("%+v", s)
	}
	if s.Header.Get("Content-Type") != "" || s.Header.Get("Cookie") != "" || s.Header.Get("User-Agent") != "HeavySet" {
		t.Errorf("header %v", s.Header)
	}
}

func TestRefusedToken(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first, second  answers
		calls, sources int
		kind           zoho.Kind // "" = success
	}{
		"INVALID_TOKEN: one fresh token":          {says(401, badToken), says(200, oneOrg), 2, 2, ""},
		"INVALID_OAUTHTOKEN: one fresh token":     {says(401, strings.Replace(badToken, "INVALID_TOKEN", "INVALID_OAUTHTOKEN", 1)), says(200, oneOrg), 2, 2, ""},
		"AUTHENTICATION_FAILURE: one fresh token": {says(401, strings.Replace(badToken, "INVALID_TOKEN", "AUTHENTICATION_FAILURE", 1)), says(200, oneOrg), 2, 2, ""},
		"in data[]: one fresh token":              {says(401, `{"data":[`+badToken+`]}`), says(200, oneOrg), 2, 2, ""},
		"at 200: one fresh token":                 {says(200, badToken), says(200, oneOrg), 2, 2, ""},
		"refused twice: fails":                    {says(401, badToken), says(401, badToken), 2, 2, zoho.InvalidToken},
		"OAUTH_SCOPE_MISMATCH: no fresh token":    {says(401, strings.Replace(badToken, "INVALID_TOKEN", "OAUTH_SCOPE_MISMATCH", 1)), nil, 1, 1, zoho.ScopeMismatch},
		"401 with HTML: no fresh token":           {says(401, "<html>"), nil, 1, 1, zoho.Unreadable},
		"401 with another code: no fresh token":   {says(401, strings.Replace(badToken, "INVALID_TOKEN", "NEW", 1)), nil, 1, 1, zoho.AuthenticationFailure},
		"NO_PERMISSION: no fresh token":           {says(403, strings.Replace(badToken, "INVALID_TOKEN", "NO_PERMISSION", 1)), nil, 1, 1, zoho.NoPermission},
	} {
		client, l := newClient(t, script(c.first, c.second))
		_, err := client.Org(t.Context())
		if c.kind == "" && err != nil || c.kind != "" && asError(t, err).Kind != c.kind {
			t.Errorf("%s: %v", name, err)
		}
		if len(l.seen) != c.calls || len(l.calls) != c.calls || len(l.stale) != c.sources {
			t.Errorf("%s: %d calls, %d reported, %d tokens", name, len(l.seen), len(l.calls), len(l.stale))
		}
		if c.sources == 2 && (l.stale[0] != "" || l.stale[1] != token1 || l.seen[1].Header.Get("Authorization") != "Zoho-oauthtoken "+token2) {
			t.Errorf("%s: the second call had %q, source asked with %q", name, l.seen[1].Header.Get("Authorization"), l.stale)
		}
	}
}

func TestRefusedTokenRepeatsTheWholeWrite(t *testing.T) {
	t.Parallel()
	client, l := newClient(t, script(says(401, badToken), says(201, `{"data":[{"code":"SUCCESS","details":{"id":"7"},"message":"record added","status":"success"}]}`)))
	got, err := client.Insert(t.Context(), "Leads", []zoho.Record{{"Last_Name": "Boyle & <Söhne>"}}, zoho.WriteOptions{})
	if err != nil || got[0].ID != "7" {
		t.Fatalf("%+v %v", got, err)
	}
	if l.seen[0].Body != l.seen[1].Body || l.seen[1].Body != `{"data":[{"Last_Name":"Boyle & <Söhne>"}]}` || l.seen[1].Header.Get("Content-Type") != "application/json" {
		t.Errorf("bodies %q", []string{l.seen[0].Body, l.seen[1].Body})
	}
}

func TestTokenSource(t *testing.T) {
	t.Parallel()
	parked := errors.New("the connection waits for a person")
	for name, c := range map[string]struct {
		token func(stale string) (string, error)
		calls int
		want  error
	}{
		"no token at first: nothing is sent":             {func(string) (string, error) { return "", parked }, 0, parked},
		"no second token":                                {func(s string) (string, error) { return token1, map[bool]error{true: parked}[s != ""] }, 1, parked},
		"the same token again: no second call":           {func(string) (string, error) { return token1, nil }, 1, zoho.InvalidToken},
		"a token with a line end: nothing is sent twice": {func(string) (string, error) { return "a\r\nX: y", nil }, 0, nil},
	} {
		l := &ledger{}
		s := serve(t, l, says(401, badToken))
		client, err := zoho.New(zoho.Config{DataCenter: site(s.URL), Now: atNoon, Token: func(_ context.Context, stale string) (string, error) { return c.token(stale) }})
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Insert(t.Context(), "Leads", []zoho.Record{{}}, zoho.WriteOptions{})
		if err == nil || c.want != nil && !errors.Is(err, c.want) || len(l.seen) != c.calls {
			t.Errorf("%s: %v after %d calls", name, err, len(l.seen))
		}
		if errors.Is(err, parked) && zoho.Outcome(err) != zoho.NotSent {
			t.Errorf("%s: outcome %s", name, zoho.Outcome(err))
		}
	}
}

// cut and cutInBody break a connection before and within the answer.
func cut(w http.ResponseWriter, _ seen) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		conn.Close()
	}
}

func cutInBody(w http.ResponseWriter, _ seen) {
	w.Header().Set("Content-Length", "1000")
	_, _ = io.WriteString(w, `{"data":[`)
	cutFlushed(w)
}

func cutFlushed(w http.ResponseWriter) {
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func TestCutConnections(t *testing.T) {
	t.Parallel()
	added := says(201, `{"data":[{"code":"SUCCESS","details":{"id":"7"},"message":"record added","status":"success"}]}`)
	insert := func(c *zoho.Client) error {
		return errOf(c.Insert(t.Context(), "Events", []zoho.Record{{}}, zoho.WriteOptions{}))
	}
	update := func(c *zoho.Client) error {
		return errOf(c.Update(t.Context(), "Events", []zoho.Record{{"id": "7"}}, zoho.WriteOptions{}))
	}
	remove := func(c *zoho.Client) error {
		return errOf(c.Delete(t.Context(), "Events", []string{"7"}, zoho.WriteOptions{}))
	}
	read := func(c *zoho.Client) error { return errOf(c.GetRecord(t.Context(), "Events", "7")) }
	coql := func(c *zoho.Client) error { return errOf(c.COQL(t.Context(), "select id from Events")) }
	for name, c := range map[string]struct {
		do     func(*zoho.Client) error
		steps  answers
		calls  int
		broken bool
	}{
		"insert cut: not repeated":                   {insert, script(cut, added), 1, true},
		"insert cut within the answer: not repeated": {insert, script(cutInBody, added), 1, true},
		"update cut: not repeated":                   {update, script(cut, added), 1, true},
		"delete cut: not repeated":                   {remove, script(cut, added), 1, true},
		"read cut once: repeated at once":            {read, script(cut, says(200, `{"data":[{"id":"7"}]}`)), 2, false},
		"read cut in the answer: repeated at once":   {read, script(cutInBody, says(200, `{"data":[{"id":"7"}]}`)), 2, false},
		"read cut twice: fails":                      {read, script(cut), 2, true},
		"COQL cut once: repeated at once":            {coql, script(cut, says(200, `{"data":[],"info":{}}`)), 2, false},
	} {
		client, l := newClient(t, c.steps)
		err := c.do(client)
		var e *zoho.TransportError
		if errors.As(err, &e) != c.broken || c.broken && zoho.Outcome(err) != zoho.SentUnknown {
			t.Errorf("%s: %v, %s", name, err, zoho.Outcome(err))
		}
		if len(l.seen) != c.calls || len(l.calls) != c.calls {
			t.Errorf("%s: %d calls, %d reported", name, len(l.seen), len(l.calls))
		}
		if l.calls[0].Sent != zoho.SentUnknown || l.calls[0].Credits != 1 {
			t.Errorf("%s: reported %+v", name, l.calls[0])
		}
	}
}

func TestCutBeforeTheRequestIsRead(t *testing.T) {
	t.Parallel()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lis.Close() })
	go func() {
		for {
			conn, err := lis.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	client := clientTo(t, &ledger{}, site("http://"+lis.Addr().String()), nil)
	_, err = client.Insert(t.Context(), "Events", []zoho.Record{{}}, zoho.WriteOptions{})
	if err == nil || zoho.Outcome(err) != zoho.SentUnknown {
		t.Errorf("%v, %s", err, zoho.Outcome(err))
	}
}

func TestNotSent(t *testing.T) {
	t.Parallel()
	tls := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("an unknown certificate was accepted") }))
	tls.Config.ErrorLog = log.New(io.Discard, "", 0)
	tls.StartTLS()
	t.Cleanup(tls.Close)
	noDNS := zoho.NewHTTPClient()
	noDNS.Transport.(*http.Transport).DialContext = func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.DNSError{Err: "no such host", Name: "www.zohoapis.com", IsNotFound: true}
	}
	for name, c := range map[string]struct {
		origin string
		http   *http.Client
	}{
		"port closed":                                    {"http://127.0.0.1:1", nil},
		"certificate not trusted":                        {tls.URL, nil},
		"name does not resolve":                          {"https://www.zohoapis.com", noDNS},
		"name does not resolve, transport without hooks": {"https://www.zohoapis.com", &http.Client{Transport: fails{&net.DNSError{Err: "no such host"}}}},
		"dial fails, transport without hooks":            {"https://www.zohoapis.com", &http.Client{Transport: fails{&net.OpError{Op: "dial", Err: errors.New("refused")}}}},
	} {
		l := &ledger{}
		client := clientTo(t, l, site(c.origin), c.http)
		for verb, err := range map[string]error{
			"write": errOf(client.Insert(t.Context(), "Leads", []zoho.Record{{}}, zoho.WriteOptions{})),
			"read":  errOf(client.GetRecord(t.Context(), "Leads", "1")),
		} {
			var e *zoho.TransportError
			if !errors.As(err, &e) || zoho.Outcome(err) != zoho.NotSent {
				t.Errorf("%s, %s: %v, %s", name, verb, err, zoho.Outcome(err))
			}
		}
		if len(l.calls) != 2 || l.calls[0].Credits != 0 || l.calls[0].Status != 0 || l.calls[0].Sent != zoho.NotSent {
			t.Errorf("%s: reported %+v", name, l.calls)
		}
	}
	_, err := clientTo(t, &ledger{}, site("https://www.zohoapis.com"), &http.Client{Transport: fails{io.EOF}}).
		Insert(t.Context(), "Leads", []zoho.Record{{}}, zoho.WriteOptions{})
	if zoho.Outcome(err) != zoho.SentUnknown {
		t.Errorf("a transport without hooks that breaks off: %s", zoho.Outcome(err))
	}
}

// fails is a transport that reports no steps.
type fails struct{ err error }

func (f fails) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

// pipes is a transport within one process, for tests on a false clock.
func pipes(t *testing.T, h http.Handler) *http.Client {
	t.Helper()
	c := zoho.NewHTTPClient()
	conns := make(chan net.Conn)
	c.Transport.(*http.Transport).DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		here, there := net.Pipe()
		select {
		case conns <- there:
			return here, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	s := &http.Server{Handler: h}
	lis := pipeListener{conns, make(chan struct{})}
	go func() { _ = s.Serve(lis) }()
	t.Cleanup(func() {
		c.CloseIdleConnections()
		_ = s.Close()
	})
	return c
}

type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p pipeListener) Close() error   { close(p.done); return nil }
func (p pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

func TestTimeouts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		limit time.Duration // of the caller; 0: none
		want  time.Duration
	}{
		"the caller's time ends":               {5 * time.Second, 5 * time.Second},
		"nobody's: two minutes without a word": {0, 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				reads := 0
				h := pipes(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					reads++
					<-r.Context().Done()
				}))
				ctx := t.Context()
				if c.limit > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, c.limit)
					defer cancel()
				}
				l := &ledger{}
				client, err := zoho.New(zoho.Config{DataCenter: site("http://127.0.0.1"), HTTP: checking(t, h), Token: l.token, OnCall: l.add, Now: time.Now})
				if err != nil {
					t.Fatal(err)
				}
				_, err = client.GetRecord(ctx, "Leads", "1")
				var e *zoho.TransportError
				if !errors.As(err, &e) || !e.Timeout() || zoho.Outcome(err) != zoho.SentUnknown {
					t.Errorf("%v, %s", err, zoho.Outcome(err))
				}
				if c.limit > 0 && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("the deadline is not visible: %v", err)
				}
				if len(l.calls) != 1 || l.calls[0].Duration != c.want {
					t.Errorf("reported %+v", l.calls)
				}
			})
		})
	}
}

func TestCancelledBeforeSending(t *testing.T) {
	t.Parallel()
	client, l := newClient(t, says(200, oneOrg))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := client.Org(ctx)
	if !errors.Is(err, context.Canceled) || zoho.Outcome(err) != zoho.NotSent || len(l.seen) != 0 {
		t.Errorf("%v, %s, %d calls", err, zoho.Outcome(err), len(l.seen))
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	stranger := &ledger{}
	elsewhere := serve(t, stranger, says(200, oneOrg))
	for _, status := range []int{301, 302, 303, 307, 308} {
		follower := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}
		l := &ledger{}
		s := serve(t, l, says(status, "", "Location", elsewhere.URL+"/crm/v8/org?email=ann@example.org&access_token="+token1))
		client := clientTo(t, l, site(s.URL), follower)
		_, err := client.Org(t.Context())
		wantKind(t, err, zoho.Redirected)
		if hasSecret(err.Error()) || strings.Contains(err.Error(), "ann@") || strings.Contains(err.Error(), "http:") {
			t.Errorf("%d: %v", status, err)
		}
		_, err = client.Insert(t.Context(), "Leads", []zoho.Record{{}}, zoho.WriteOptions{})
		wantKind(t, err, zoho.Redirected)
		if zoho.Outcome(err) != zoho.SentUnknown {
			t.Errorf("%d: %s", status, zoho.Outcome(err))
		}
	}
	if len(stranger.seen) != 0 {
		t.Errorf("%d calls were led elsewhere", len(stranger.seen))
	}
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 400, 500} {
		endless := func(w http.ResponseWriter, _ seen) {
			w.WriteHeader(status)
			chunk := []byte(strings.Repeat(" ", 1<<20))
			for range 40 {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		}
		client, _ := newClient(t, endless)
		_, err := client.Org(t.Context())
		if e := asError(t, err); (e.Kind == zoho.TooLarge) != (status < 500) || zoho.Outcome(err) != zoho.SentUnknown {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func TestCalls(t *testing.T) {
	t.Parallel()
	ok := `{"code":"SUCCESS","details":{"id":"7"},"status":"success"}`
	written := func(n int) string { return `{"data":[` + strings.Repeat(ok+",", n-1) + ok + `]}` }
	records := func(n int) []zoho.Record { return slices.Repeat([]zoho.Record{{"id": "7"}}, n) }
	ctx := t.Context()
	query := func(q string) func(*zoho.Client) error {
		return func(c *zoho.Client) error { return errOf(c.COQL(ctx, q)) }
	}
	insert := func(n int) func(*zoho.Client) error {
		return func(c *zoho.Client) error { return errOf(c.Insert(ctx, "Leads", records(n), zoho.WriteOptions{})) }
	}
	for name, c := range map[string]struct {
		do      func(*zoho.Client) error
		status  int
		body    string
		method  string
		path    string
		credits int
	}{
		"a record": {func(c *zoho.Client) error { return errOf(c.GetRecord(ctx, "Leads", "5725767000000524157")) }, 200, `{"data":[{"id":"5725767000000524157"}]}`, "GET", "/crm/v8/Leads/{id}", 1},
		"related records": {func(c *zoho.Client) error {
			return errOf(collect(c.RelatedRecords(ctx, "Leads", "57", "Notes", []string{"id"})))
		}, 204, "", "GET", "/crm/v8/Leads/{id}/Notes", 1},
		"a list": {func(c *zoho.Client) error {
			return errOf(collect(c.ListRecords(ctx, "Leads", zoho.List{Fields: []string{"id"}})))
		}, 204, "", "GET", "/crm/v8/Leads", 1},
		"a list by view": {func(c *zoho.Client) error {
			return errOf(collect(c.ListRecords(ctx, "Leads", zoho.List{Fields: []string{"id"}, CustomView: "9"})))
		}, 204, "", "GET", "/crm/v8/Leads", 3},
		"a search": {func(c *zoho.Client) error {
			return errOf(collect(c.Search(ctx, "Leads", zoho.Search{Email: "ann@example.org"})))
		}, 204, "", "GET", "/crm/v8/Leads/search", 1},
		"a count":             {func(c *zoho.Client) error { return errOf(c.CountRecords(ctx, "Leads", zoho.Search{})) }, 200, `{"count":"3"}`, "GET", "/crm/v8/Leads/actions/count", 1},
		"fields":              {func(c *zoho.Client) error { return errOf(c.Fields(ctx, "Leads")) }, 204, "", "GET", "/crm/v8/settings/fields", 1},
		"insert of 1":         {insert(1), 201, written(1), "POST", "/crm/v8/Leads", 1},
		"insert of 10":        {insert(10), 201, written(10), "POST", "/crm/v8/Leads", 1},
		"insert of 11":        {insert(11), 201, written(11), "POST", "/crm/v8/Leads", 2},
		"insert of 100":       {insert(100), 201, written(100), "POST", "/crm/v8/Leads", 10},
		"upsert of 25":        {func(c *zoho.Client) error { return errOf(c.Upsert(ctx, "Leads", records(25), zoho.WriteOptions{})) }, 200, written(25), "POST", "/crm/v8/Leads/upsert", 3},
		"update of 100":       {func(c *zoho.Client) error { return errOf(c.Update(ctx, "Leads", records(100), zoho.WriteOptions{})) }, 200, written(100), "PUT", "/crm/v8/Leads", 10},
		"delete":              {func(c *zoho.Client) error { return errOf(c.Delete(ctx, "Leads", []string{"7"}, zoho.WriteOptions{})) }, 200, written(1), "DELETE", "/crm/v8/Leads", 1},
		"COQL, no limit":      {query("select id from Leads where id is not null"), 204, "", "POST", "/crm/v8/coql", 1},
		"COQL of 200":         {query("select id from Leads limit 200"), 204, "", "POST", "/crm/v8/coql", 1},
		"COQL of 201":         {query("select id from Leads LIMIT 201 offset 5"), 204, "", "POST", "/crm/v8/coql", 2},
		"COQL of 1000":        {query("select id from Leads limit 1000"), 204, "", "POST", "/crm/v8/coql", 2},
		"COQL of 2000":        {query("select id from Leads limit 0, 2000"), 204, "", "POST", "/crm/v8/coql", 3},
		"COQL, limit in text": {query(`select id from Leads where Last_Name = 'no \' limit 2000' limit 10`), 204, "", "POST", "/crm/v8/coql", 1},
		"a refused token":     {func(c *zoho.Client) error { _, _ = c.Org(ctx); return nil }, 401, strings.Replace(badToken, "INVALID_TOKEN", "OAUTH_SCOPE_MISMATCH", 1), "GET", "/crm/v8/org", 0},
		"a refused write":     {func(c *zoho.Client) error { _, _ = c.Insert(ctx, "Leads", records(1), zoho.WriteOptions{}); return nil }, 500, "{}", "POST", "/crm/v8/Leads", 1},
	} {
		client, l := newClient(t, says(c.status, c.body, "X-API-CREDITS-REMAINING", "4321"))
		if err := c.do(client); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if len(l.calls) != 1 {
			t.Errorf("%s: %d calls", name, len(l.calls))
			continue
		}
		got := l.calls[0]
		if got.Method != c.method || got.Path != c.path || got.Credits != c.credits || got.Status != c.status || got.Remaining != 4321 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestRemainingCredits(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]int{"": -1, "12": 12, "0": 0, "-3": -1, "many": -1} {
		client, l := newClient(t, says(200, oneOrg, "X-API-CREDITS-REMAINING", header))
		if _, err := client.Org(t.Context()); err != nil || l.calls[0].Remaining != want {
			t.Errorf("%q: %d, %v", header, l.calls[0].Remaining, err)
		}
	}
}

func TestDefaultClientIgnoresTheEnvironmentsProxy(t *testing.T) {
	t.Parallel()
	h := zoho.NewHTTPClient()
	tr := h.Transport.(*http.Transport)
	if tr.Proxy != nil || h.Jar != nil || tr.TLSClientConfig.InsecureSkipVerify || tr.TLSClientConfig.MinVersion < 0x0303 {
		t.Errorf("%+v", fmt.Sprint(tr.Proxy != nil, tr.TLSClientConfig.MinVersion))
	}
}
