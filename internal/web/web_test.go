package web_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"heavyset.tech/platform/internal/web"
)

// handler is everything around a face of four routes, with its log.
func handler(t *testing.T, change func(*web.Config)) (http.Handler, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	c := web.Config{
		API: http.NotFoundHandler(), Ready: func(context.Context) error {
			return errors.New("dial tcp db.internal:5432: password authentication failed for user hs")
		},
		Log: slog.New(slog.NewTextHandler(&log, nil)), Now: time.Now, Registry: prometheus.NewRegistry(),
		Mount: []func(*http.ServeMux){func(m *http.ServeMux) {
			m.HandleFunc("GET /who", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.RemoteAddr)) })
			m.HandleFunc("POST /appointments/{token}/cancel", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusSeeOther) })
			m.HandleFunc("GET /appointments/{token}", func(http.ResponseWriter, *http.Request) { panic("secret-in-a-panic") })
		}},
	}
	if change != nil {
		change(&c)
	}
	h, err := web.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return h, &log
}

// TestWhatFailedIsInTheLog: by the id that the answer names, also where it only read.
func TestWhatFailedIsInTheLog(t *testing.T) {
	t.Parallel()
	h, log := handler(t, nil)
	for path, status := range map[string]int{"/nothing": 404, "/api/v1/nothing": 404, "/appointments/secret-token": 500, "/readyz": 503} {
		a := send(h, "GET", path)
		if rid := a.Header().Get("X-Request-Id"); a.Code != status || rid == "" || !strings.Contains(log.String(), "request="+rid) {
			t.Errorf("%s: %d, %q is not in the log: %s", path, a.Code, rid, log)
		}
	}
	log.Reset()
	if send(h, "GET", "/who"); log.Len() > 0 {
		t.Errorf("a page that was shown is in the log: %s", log)
	}
}

func send(h http.Handler, method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	a := httptest.NewRecorder()
	h.ServeHTTP(a, r)
	return a
}

func TestEveryAnswerCarriesTheHeaders(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		h, _ := handler(t, func(c *web.Config) { c.Secure = secure })
		for _, path := range []string{"/who", "/nothing", "/healthz", "/static/nothing", "/api/v1/nothing"} {
			got := send(h, "GET", path).Header()
			csp := got.Get("Content-Security-Policy")
			for _, want := range []string{"base-uri 'none'", "object-src 'none'", "frame-ancestors 'none'"} {
				if !strings.Contains(csp, want) || strings.Contains(csp, "unsafe") {
					t.Errorf("%s: the policy lacks %s: %s", path, want, csp)
				}
			}
			if got.Get("X-Content-Type-Options") != "nosniff" || got.Get("Referrer-Policy") != "same-origin" || got.Get("X-Request-Id") == "" {
				t.Errorf("%s: %v", path, got)
			}
			if hsts := got.Get("Strict-Transport-Security"); (hsts == "max-age=31536000; includeSubDomains") != secure {
				t.Errorf("%s, secure %v: %q", path, secure, hsts)
			}
		}
	}
}

func TestForwardedAddressesAreBelievedOfProxiesAlone(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.7/32")} // httptest calls from 192.0.2.1
	for name, c := range map[string]struct {
		proxies []netip.Prefix
		forward []string
		want    string
	}{
		"nobody is trusted":               {nil, []string{"203.0.113.5"}, "192.0.2.1:1234"},
		"another one is trusted":          {proxies[1:], []string{"203.0.113.5"}, "192.0.2.1:1234"},
		"the proxy's word":                {proxies, []string{"203.0.113.5"}, "203.0.113.5:0"},
		"what the visitor wrote before":   {proxies, []string{"10.0.0.1, 203.0.113.5"}, "203.0.113.5:0"},
		"in a header of its own":          {proxies, []string{"10.0.0.1", "203.0.113.5"}, "203.0.113.5:0"},
		"two proxies in a row":            {proxies, []string{"10.0.0.1, 203.0.113.5, 198.51.100.7"}, "203.0.113.5:0"},
		"script in its place":             {proxies, []string{"<script>"}, "192.0.2.1:1234"},
		"script before the proxy's word":  {proxies, []string{"<script>, 203.0.113.5"}, "203.0.113.5:0"},
		"no forwarded address":            {proxies, nil, "192.0.2.1:1234"},
		"Forwarded and X-Real-IP are not": {proxies, nil, "192.0.2.1:1234"},
	} {
		h, _ := handler(t, func(v *web.Config) { v.Proxies = c.proxies })
		headers := []string{"Forwarded", "for=10.0.0.9", "X-Real-IP", "10.0.0.9"}
		for _, f := range c.forward {
			headers = append(headers, "X-Forwarded-For", f)
		}
		if got := send(h, "GET", "/who", headers...).Body.String(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestMethodsThatShowWhatWasSentAreRefused(t *testing.T) {
	t.Parallel()
	h, _ := handler(t, nil)
	for _, method := range []string{http.MethodTrace, http.MethodConnect} {
		if got := send(h, method, "/who", "Cookie", "session=x"); got.Code != http.StatusMethodNotAllowed || strings.Contains(got.Body.String(), "session") {
			t.Errorf("%s: %d %s", method, got.Code, got.Body)
		}
	}
}

// TestTheLogHoldsNoSecretsAndNoForgedLines: a private link is in the address, and what is in it is never logged.
func TestTheLogHoldsNoSecretsAndNoForgedLines(t *testing.T) {
	t.Parallel()
	h, log := handler(t, nil)
	send(h, "POST", "/appointments/secret-link/cancel?a=b%0aforged%3dline", "User-Agent", "x\nlevel=ERROR forged")
	send(h, "GET", "/appointments/secret-link")
	text := log.String()
	if !strings.Contains(text, "/appointments/{token}/cancel") || !strings.Contains(text, "request=req_") {
		t.Fatalf("nothing to look through: %s", text)
	}
	for _, never := range []string{"secret-link", "\nforged", "forged=line", "\nlevel"} {
		if strings.Contains(text, never) {
			t.Errorf("the log holds %q: %s", never, text)
		}
	}
}

// TestFailuresSayNothingOfTheInside: a stranger gets a number, the log what was wrong.
func TestFailuresSayNothingOfTheInside(t *testing.T) {
	t.Parallel()
	h, log := handler(t, nil)
	for path, inside := range map[string]string{"/appointments/x": "secret-in-a-panic", "/readyz": "db.internal"} {
		got := send(h, "GET", path)
		if got.Code < 500 || strings.Contains(got.Body.String(), inside) || strings.Contains(got.Body.String(), "goroutine") {
			t.Errorf("%s: %d %s", path, got.Code, got.Body)
		}
		if !strings.Contains(log.String(), inside) {
			t.Errorf("%s: the log does not say why", path)
		}
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	h, _ := handler(t, nil)
	for name, c := range map[string]struct {
		headers []string
		want    int
	}{
		"our own page":            {[]string{"Sec-Fetch-Site", "same-origin"}, http.StatusSeeOther},
		"another site":            {[]string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		"a sister site":           {[]string{"Sec-Fetch-Site", "same-site"}, http.StatusForbidden},
		"an older browser's word": {[]string{"Origin", "https://evil.example"}, http.StatusForbidden},
	} {
		if got := send(h, "POST", "/appointments/x/cancel", c.headers...); got.Code != c.want {
			t.Errorf("%s: %d, want %d", name, got.Code, c.want)
		}
	}
}
