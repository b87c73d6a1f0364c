package zohocrm_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/zohocrm"
)

// TestExchangeThatFailsLeavesNoToken: a grant whose organization can't be read is not used, and must not take one of the
// twenty places that an account has for refresh tokens.
func TestExchangeThatFailsLeavesNoToken(t *testing.T) {
	t.Parallel()
	for _, broken := range []string{"/org", "/users"} {
		t.Run(broken, func(t *testing.T) {
			t.Parallel()
			revoked := ""
			answer := func(r *http.Request) (int, string) {
				switch path := r.URL.Path; {
				case strings.HasSuffix(path, "/token"):
					return 200, `{"access_token":"1000.a","refresh_token":"1000.r","expires_in":3600,"api_domain":"http://127.0.0.1:2","token_type":"Bearer","scope":"ZohoCRM.org.READ"}`
				case strings.HasSuffix(path, "/revoke"):
					body, _ := io.ReadAll(r.Body)
					revoked += r.URL.RawQuery + string(body)
					return 200, `{"status":"success"}`
				case strings.HasSuffix(path, broken):
					return 403, `{"code":"NO_PERMISSION","details":{},"message":"permission denied","status":"error"}`
				}
				return 200, `{"org":[{"id":"1","company_name":"Ridgeline"}]}`
			}
			c, err := zohocrm.New("us=http://127.0.0.1:1|http://127.0.0.1:2|", &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				status, body := answer(r)
				h := http.Header{"Content-Type": {"application/json"}}
				return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body)), Header: h, Request: r}, nil
			})}, func() time.Time { return time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC) })
			if err != nil {
				t.Fatal(err)
			}
			app := crm.App{ClientID: "1000.C", ClientSecret: secret.NewString("s"), RedirectURI: "http://127.0.0.1/callback"}
			if _, err := c.Exchange(t.Context(), app, crm.Callback{Code: "1000.c", Location: "us"}); !crm.IsClass(err, crm.Forbidden) {
				t.Errorf("the failure is told: %v", err)
			}
			if !strings.Contains(revoked, "1000.r") {
				t.Errorf("the refresh token lives on (revoked: %q)", revoked)
			}
		})
	}
}
