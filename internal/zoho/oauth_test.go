package zoho_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/zoho"
)

var app = zoho.App{ClientID: "1000.CLIENT", ClientSecret: secret, RedirectURI: "https://book.example/oauth/zoho/callback"}

// newAccounts gives an Accounts whose only data centre is a test server; API is what api_domain must be.
func newAccounts(t *testing.T, a answers) (*zoho.Accounts, zoho.DataCenter, *ledger) {
	t.Helper()
	l := &ledger{}
	s := serve(t, l, a)
	list, err := zoho.ParseDataCenters("us=" + s.URL + "|https://www.zohoapis.com|")
	if err != nil {
		t.Fatal(err)
	}
	return zoho.NewAccounts(nil, list), list.All()[0], l
}

func TestAuthorizeURL(t *testing.T) {
	t.Parallel()
	dc, _ := zoho.ZohoDataCenters().ByLocation("eu")
	u, err := url.Parse(zoho.AuthorizeURL(dc, "1000.CLIENT", "https://book.example/cb?a=1&b=2", []string{"ZohoCRM.org.READ", "ZohoCRM.users.READ"}, "st&te"))
	if err != nil {
		t.Fatal(err)
	}
	if u.Scheme+"://"+u.Host+u.Path != "https://accounts.zoho.eu/oauth/v2/auth" {
		t.Errorf("address %s", u)
	}
	for name, want := range map[string]string{
		"client_id": "1000.CLIENT", "response_type": "code", "access_type": "offline", "prompt": "consent", "state": "st&te",
		"redirect_uri": "https://book.example/cb?a=1&b=2", "scope": "ZohoCRM.org.READ,ZohoCRM.users.READ",
	} {
		if got := u.Query()[name]; len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestParseCallback(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		query string
		want  zoho.Callback
		bad   bool
	}{
		"granted, with the trailing & that Zoho sends": {
			query: "code=" + grant + "&location=in&accounts-server=https%3A%2F%2Faccounts.zoho.in&state=s1&",
			want:  zoho.Callback{Code: grant, Location: "in", AccountsServer: "https://accounts.zoho.in", State: "s1"},
		},
		"granted without location": {query: "code=c&accounts-server=https%3A%2F%2Faccounts.zoho.in", want: zoho.Callback{Code: "c", AccountsServer: "https://accounts.zoho.in"}},
		"denied":                   {query: "error=access_denied&state=s1", want: zoho.Callback{Error: "access_denied", State: "s1"}},
		"unknown parameters":       {query: "code=c&x=1&x=2", want: zoho.Callback{Code: "c"}},
		"nothing":                  {query: "", bad: true},
		"state only":               {query: "state=s1", bad: true},
		"code twice":               {query: "code=a&code=b", bad: true},
		"accounts server twice":    {query: "code=a&accounts-server=https%3A%2F%2Faccounts.zoho.com&accounts-server=https%3A%2F%2Fevil.example", bad: true},
		"line end in state":        {query: "code=a&state=a%0d%0ab", bad: true},
		"absurdly long":            {query: "code=" + strings.Repeat("a", 3000), bad: true},
	} {
		q, err := url.ParseQuery(c.query)
		if err != nil {
			t.Fatal(err)
		}
		got, err := zoho.ParseCallback(q)
		if got != c.want || (err != nil) != c.bad {
			t.Errorf("%s: code %q error %q, %v", name, got.Code, got.Error, err)
		}
		if err != nil && (strings.Contains(err.Error(), "evil") || strings.ContainsAny(err.Error(), "\r\n")) {
			t.Errorf("%s: the error repeats the query: %v", name, err)
		}
	}
}

const tokens = `{"access_token":"` + token1 + `","refresh_token":"` + refresh + `","scope":"ZohoCRM.modules.ALL ZohoCRM.settings.ALL","api_domain":"https://www.zohoapis.com","token_type":"Bearer","expires_in":3600}`

func TestExchangeSendsAForm(t *testing.T) {
	t.Parallel()
	a, dc, l := newAccounts(t, says(200, tokens))
	g, err := a.Exchange(t.Context(), app, dc, grant)
	if err != nil {
		t.Fatal(err)
	}
	if g.AccessToken != token1 || g.RefreshToken != refresh || g.DataCenter != dc || g.ExpiresIn != time.Hour || !slices.Equal(g.Scopes, []string{"ZohoCRM.modules.ALL", "ZohoCRM.settings.ALL"}) {
		t.Errorf("wrong grant: %d scopes, %s", len(g.Scopes), g.ExpiresIn)
	}
	wantForm(t, l.seen[0], "/oauth/v2/token", url.Values{
		"grant_type": {"authorization_code"}, "client_id": {app.ClientID}, "client_secret": {secret}, "redirect_uri": {app.RedirectURI}, "code": {grant},
	})
}

func TestRefreshSendsAForm(t *testing.T) {
	t.Parallel()
	a, dc, l := newAccounts(t, says(200, `{"access_token":"`+token2+`","api_domain":"https://www.zohoapis.com","token_type":"Bearer","expires_in":3600}`))
	g, err := a.Refresh(t.Context(), app, dc, refresh)
	if err != nil || g.AccessToken != token2 || g.RefreshToken != "" || g.Scopes != nil {
		t.Errorf("wrong grant, %v", err)
	}
	wantForm(t, l.seen[0], "/oauth/v2/token", url.Values{
		"grant_type": {"refresh_token"}, "client_id": {app.ClientID}, "client_secret": {secret}, "refresh_token": {refresh},
	})
}

func wantForm(t *testing.T, s seen, path string, want url.Values) {
	t.Helper()
	got, err := url.ParseQuery(s.Body)
	if err != nil || got.Encode() != want.Encode() {
		t.Errorf("form %v, want %v", got, want)
	}
	if s.Method != "POST" || s.Path != path || len(s.Query) != 0 || s.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		t.Errorf("%s %s?%v as %s", s.Method, s.Path, s.Query, s.Header.Get("Content-Type"))
	}
}

func TestTokenLifetime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		members string
		want    time.Duration
	}{
		"seconds":                             {`"expires_in":3600`, time.Hour},
		"fewer seconds":                       {`"expires_in":1800`, 30 * time.Minute},
		"legacy: milliseconds":                {`"expires_in":3600000`, time.Hour},
		"legacy: fewer milliseconds":          {`"expires_in":1800000`, 30 * time.Minute},
		"expires_in_sec before milliseconds":  {`"expires_in":3600000,"expires_in_sec":900`, 15 * time.Minute},
		"as text":                             {`"expires_in":"1800"`, 30 * time.Minute},
		"longer than an hour: an hour":        {`"expires_in":86400`, time.Hour},
		"absurd: an hour":                     {`"expires_in":1e300`, time.Hour},
		"missing: an hour":                    {`"x":1`, time.Hour},
		"zero, negative or no number: a hour": {`"expires_in":-5,"expires_in_sec":"soon"`, time.Hour},
	} {
		a, dc, _ := newAccounts(t, says(200, `{"access_token":"a",`+c.members+`}`))
		if g, err := a.Refresh(t.Context(), app, dc, refresh); err != nil || g.ExpiresIn != c.want {
			t.Errorf("%s: %s %v", name, g.ExpiresIn, err)
		}
	}
}

// Every row of the token endpoint's errors, at each status at which it has been seen.
func TestTokenEndpointErrors(t *testing.T) {
	t.Parallel()
	const throttle = `{"error_description":"You have made too many requests continuously. Please try again after some time.","error":"Access Denied","status":"failure"}`
	for name, c := range map[string]struct {
		status            int
		body              string
		code              string
		exchange, refresh zoho.OAuthKind
	}{
		"invalid_code":                      {200, `{"error":"invalid_code"}`, "invalid_code", zoho.OAuthRestart, zoho.OAuthBroken},
		"invalid_code, status 400":          {400, `{"error":"invalid_code"}`, "invalid_code", zoho.OAuthRestart, zoho.OAuthBroken},
		"invalid_grant, not Zoho's word":    {400, `{"error":"invalid_grant"}`, "invalid_grant", zoho.OAuthRestart, zoho.OAuthBroken},
		"invalid_client":                    {200, `{"error":"invalid_client"}`, "invalid_client", zoho.OAuthConfiguration, zoho.OAuthConfiguration},
		"invalid_client, status 401":        {401, `{"error":"invalid_client"}`, "invalid_client", zoho.OAuthConfiguration, zoho.OAuthConfiguration},
		"invalid_client_secret":             {200, `{"error":"invalid_client_secret"}`, "invalid_client_secret", zoho.OAuthConfiguration, zoho.OAuthConfiguration},
		"invalid_redirect_uri":              {200, `{"error":"invalid_redirect_uri"}`, "invalid_redirect_uri", zoho.OAuthConfiguration, zoho.OAuthConfiguration},
		"unauthorized_client":               {400, `{"error":"unauthorized_client"}`, "unauthorized_client", zoho.OAuthConfiguration, zoho.OAuthConfiguration},
		"access_denied: too many codes":     {200, `{"error":"access_denied"}`, "access_denied", zoho.OAuthThrottled, zoho.OAuthThrottled},
		"Access Denied at 200":              {200, throttle, "access_denied", zoho.OAuthThrottled, zoho.OAuthThrottled},
		"Access Denied at 400":              {400, throttle, "access_denied", zoho.OAuthThrottled, zoho.OAuthThrottled},
		"ACCESS  denied, localized text":    {400, `{"error":"ACCESS_DENIED","error_description":"Zu viele Anfragen"}`, "access_denied", zoho.OAuthThrottled, zoho.OAuthThrottled},
		"429 with JSON":                     {429, `{"error":"slow_down"}`, "slow_down", zoho.OAuthThrottled, zoho.OAuthThrottled},
		"429 with HTML":                     {429, `<html>`, "", zoho.OAuthThrottled, zoho.OAuthThrottled},
		"429 with an empty object":          {429, `{}`, "", zoho.OAuthThrottled, zoho.OAuthThrottled},
		"HTML at 200":                       {200, "<!DOCTYPE html><html></html>", "", zoho.OAuthTransient, zoho.OAuthTransient},
		"HTML at 400":                       {400, "<html>", "", zoho.OAuthTransient, zoho.OAuthTransient},
		"HTML at 502":                       {502, "<html>", "", zoho.OAuthTransient, zoho.OAuthTransient},
		"empty at 200":                      {200, "", "", zoho.OAuthTransient, zoho.OAuthTransient},
		"empty at 500":                      {500, "", "", zoho.OAuthTransient, zoho.OAuthTransient},
		"an object without a token":         {200, `{"token_type":"Bearer"}`, "", zoho.OAuthTransient, zoho.OAuthTransient},
		"an error that is no text":          {200, `{"error":{"x":1},"access_token":"a"}`, "", zoho.OAuthTransient, zoho.OAuthTransient},
		"error beside a token":              {200, `{"error":"invalid_code","access_token":"a"}`, "invalid_code", zoho.OAuthRestart, zoho.OAuthBroken},
		"a token at 500":                    {500, `{"access_token":"a"}`, "", zoho.OAuthTransient, zoho.OAuthTransient},
		"a word on no page":                 {200, `{"error":"general_error"}`, "general_error", zoho.OAuthTransient, zoho.OAuthTransient},
		"api_domain of another data centre": {200, `{"access_token":"a","api_domain":"https://www.zohoapis.eu"}`, "", zoho.OAuthUntrusted, zoho.OAuthUntrusted},
		"api_domain of an attacker":         {200, `{"access_token":"a","api_domain":"https://www.zohoapis.com.evil.example"}`, "", zoho.OAuthUntrusted, zoho.OAuthUntrusted},
		"api_domain with plain http":        {200, `{"access_token":"a","api_domain":"http://www.zohoapis.com"}`, "", zoho.OAuthUntrusted, zoho.OAuthUntrusted},
		"a redirect, not followed":          {302, ``, "", zoho.OAuthTransient, zoho.OAuthTransient},
		"trailing text behind the JSON":     {200, `{"access_token":"a"}{"error":"x"}`, "", zoho.OAuthTransient, zoho.OAuthTransient},
		"an array":                          {200, `[]`, "", zoho.OAuthTransient, zoho.OAuthTransient},
		"null":                              {200, `null`, "", zoho.OAuthTransient, zoho.OAuthTransient},
	} {
		a, dc, l := newAccounts(t, says(c.status, c.body, "Location", "/elsewhere"))
		for verb, want := range map[string]zoho.OAuthKind{"exchange": c.exchange, "refresh": c.refresh} {
			call := map[string]func(context.Context, zoho.App, zoho.DataCenter, string) (zoho.Grant, error){"exchange": a.Exchange, "refresh": a.Refresh}[verb]
			g, err := call(t.Context(), app, dc, grant)
			var e *zoho.OAuthError
			if !errors.As(err, &e) || e.Kind != want || e.Code != c.code || e.Status != c.status || g.AccessToken != "" {
				t.Errorf("%s, %s: %v (%+v)", name, verb, err, e)
				continue
			}
			if e.Kind == zoho.OAuthThrottled != (e.RetryAfter >= 10*time.Minute) {
				t.Errorf("%s: wait %s", name, e.RetryAfter)
			}
			if hasSecret(err.Error()) || strings.Contains(err.Error(), "Anfragen") || strings.Contains(err.Error(), "evil") {
				t.Errorf("%s: the error says too much: %v", name, err)
			}
		}
		if len(l.seen) != 2 {
			t.Errorf("%s: %d calls for two", name, len(l.seen))
		}
	}
}

func TestThrottleHonoursALongerRetryAfter(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]time.Duration{
		"1800": 30 * time.Minute, "5": 10 * time.Minute, "Mon, 23 Nov 2099 12:00:00 GMT": 10 * time.Minute, "never": 10 * time.Minute,
	} {
		a, dc, _ := newAccounts(t, says(400, `{"error":"Access Denied"}`, "Retry-After", header))
		_, err := a.Refresh(t.Context(), app, dc, refresh)
		var e *zoho.OAuthError
		if !errors.As(err, &e) || e.RetryAfter != want {
			t.Errorf("%s: %v %+v", header, err, e)
		}
	}
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		want   zoho.OAuthKind
	}{
		"revoked":                  {200, `{"status":"success"}`, ""},
		"revoked, unknown body":    {200, `<html>`, ""},
		"gone already: HTML 400":   {400, `<html>`, ""},
		"gone already: 401":        {401, ``, ""},
		"throttled":                {429, ``, zoho.OAuthThrottled},
		"server took too long":     {408, ``, zoho.OAuthTransient},
		"server error":             {503, `<html>`, zoho.OAuthTransient},
		"a redirect, not followed": {302, ``, zoho.OAuthTransient},
	} {
		a, dc, l := newAccounts(t, says(c.status, c.body, "Location", "/elsewhere"))
		err := a.Revoke(t.Context(), dc, refresh)
		var e *zoho.OAuthError
		if errors.As(err, &e); (err == nil) != (c.want == "") || e != nil && e.Kind != c.want {
			t.Errorf("%s: %v", name, err)
		}
		if len(l.seen) != 1 {
			t.Fatalf("%s: %d calls", name, len(l.seen))
		}
		wantForm(t, l.seen[0], "/oauth/v2/token/revoke", url.Values{"token": {refresh}})
	}
}

func TestNothingLeavesForAForeignDataCenter(t *testing.T) {
	t.Parallel()
	l := &ledger{}
	evil := serve(t, l, says(200, tokens))
	a := zoho.NewAccounts(nil, zoho.ZohoDataCenters())
	us, _ := zoho.ZohoDataCenters().ByLocation("us")
	foreign := us
	foreign.Accounts = evil.URL
	swapped := us
	swapped.Location = "eu"
	for name, dc := range map[string]zoho.DataCenter{"foreign host": foreign, "location of another": swapped, "empty": {}} {
		_, err1 := a.Exchange(t.Context(), app, dc, grant)
		_, err2 := a.Refresh(t.Context(), app, dc, refresh)
		for _, err := range []error{err1, err2, a.Revoke(t.Context(), dc, refresh)} {
			var e *zoho.OAuthError
			if !errors.As(err, &e) || e.Kind != zoho.OAuthUntrusted || zoho.Outcome(err) != zoho.NotSent || !errors.Is(err, zoho.ErrDataCenter) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if len(l.seen) != 0 {
		t.Errorf("%d calls reached the foreign host", len(l.seen))
	}
}

func TestAccountsWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	list, err := zoho.ParseDataCenters("us=http://" + closed.Addr().String() + "|https://www.zohoapis.com|")
	if err != nil {
		t.Fatal(err)
	}
	_, err = zoho.NewAccounts(nil, list).Refresh(t.Context(), app, list.All()[0], refresh)
	wantTransient(t, "refused", err, zoho.NotSent)

	a, dc, _ := newAccounts(t, func(http.ResponseWriter, seen) { panic(http.ErrAbortHandler) })
	_, err = a.Refresh(t.Context(), app, dc, refresh)
	wantTransient(t, "cut", err, zoho.SentUnknown)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = a.Refresh(ctx, app, dc, refresh)
	wantTransient(t, "cancelled before", err, zoho.NotSent)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancellation is not visible: %v", err)
	}
}

func wantTransient(t *testing.T, name string, err error, sent zoho.Sent) {
	t.Helper()
	var e *zoho.OAuthError
	if !errors.As(err, &e) || e.Kind != zoho.OAuthTransient || zoho.Outcome(err) != sent {
		t.Errorf("%s: %v, %s", name, err, zoho.Outcome(err))
	}
}
