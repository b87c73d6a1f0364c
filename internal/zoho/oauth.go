package zoho

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// App is the OAuth client that speaks for us. Each data centre may have its own secret; the caller picks it.
type App struct {
	ClientID     string
	ClientSecret string
	RedirectURI  string
}

// Grant is what the token endpoint gave.
type Grant struct {
	DataCenter   DataCenter
	AccessToken  string
	RefreshToken string        // "" when Zoho gave none: on refreshing, and without a new consent
	ExpiresIn    time.Duration // above 0, at most an hour
	Scopes       []string      // nil in older answers
}

// Callback is what the browser brought back. All of it is untrusted: Locate the data centre and check the state first.
type Callback struct {
	Code           string
	Location       string
	AccountsServer string
	State          string
	Error          string // access_denied when the user refused
}

// Format and LogValue keep secrets out of every print.
func (a App) Format(f fmt.State, _ rune)     { show(f, "zoho.App "+tame(a.ClientID, 80)) }
func (a App) LogValue() slog.Value           { return slog.StringValue(fmt.Sprint(a)) }
func (a App) MarshalText() ([]byte, error)   { return []byte(fmt.Sprint(a)), nil }
func (g Grant) Format(f fmt.State, _ rune)   { show(f, "zoho.Grant of "+g.DataCenter.Location) }
func (g Grant) LogValue() slog.Value         { return slog.StringValue(fmt.Sprint(g)) }
func (g Grant) MarshalText() ([]byte, error) { return []byte(fmt.Sprint(g)), nil }

func (c Callback) Format(f fmt.State, _ rune)   { show(f, "zoho.Callback") }
func (c Callback) LogValue() slog.Value         { return slog.StringValue(fmt.Sprint(c)) }
func (c Callback) MarshalText() ([]byte, error) { return []byte(fmt.Sprint(c)), nil }

func show(f fmt.State, text string) { _, _ = io.WriteString(f, text) }

// AuthorizeURL is where the browser goes for consent. It always asks for a refresh token and for the consent page,
// without which Zoho gives no second refresh token. https://www.zoho.com/accounts/protocol/oauth/web-apps/authorization.html
func AuthorizeURL(dc DataCenter, clientID, redirectURI string, scopes []string, state string) string {
	q := url.Values{
		"client_id": {clientID}, "redirect_uri": {redirectURI}, "response_type": {"code"}, "access_type": {"offline"},
		"prompt": {"consent"}, "scope": {strings.Join(scopes, ",")}, "state": {state},
	}
	return dc.Accounts + "/oauth/v2/auth?" + q.Encode()
}

// ParseCallback reads the query of the redirect. It fails when a parameter occurs twice, is absurdly long or holds
// control characters, and when there is neither a code nor an error; its error repeats nothing of the query.
// https://www.zoho.com/accounts/protocol/oauth/multi-dc/client-authorization.html
func ParseCallback(query url.Values) (Callback, error) {
	var c Callback
	for name, to := range map[string]*string{
		"code": &c.Code, "location": &c.Location, "accounts-server": &c.AccountsServer, "state": &c.State, "error": &c.Error,
	} {
		values := query[name]
		if len(values) > 1 {
			return Callback{}, errors.New("zoho: the callback has the parameter " + name + " twice")
		}
		if len(values) == 0 {
			continue
		}
		if v := values[0]; len(v) > 2048 || strings.ContainsFunc(v, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			return Callback{}, errors.New("zoho: the callback's parameter " + name + " is malformed")
		}
		*to = values[0]
	}
	if c.Code == "" && c.Error == "" {
		return Callback{}, errors.New("zoho: the callback has neither a code nor an error")
	}
	return c, nil
}

// Accounts calls Zoho Accounts. It is safe for concurrent use.
//
// It is plain net/http: golang.org/x/oauth2 knows the form body and the error within a 200, but not the bounds on
// answers, the redirects, Zoho's milliseconds, its throttle words or whether a call went out, and its error prints the
// whole answer.
type Accounts struct {
	wire    wire
	centers DataCenters
}

// NewAccounts makes one that speaks to the listed data centres only; nil gives NewHTTPClient. Of a given client the
// transport and timeout are used, never its redirects or cookies.
func NewAccounts(h *http.Client, centers DataCenters) *Accounts {
	return &Accounts{wire: newWire(h), centers: centers}
}

// Exchange turns a grant code into tokens. It fails with *OAuthError; a code works once, so after OAuthTransient too a
// new consent may be needed. https://www.zoho.com/accounts/protocol/oauth/web-apps/access-token.html
func (a *Accounts) Exchange(ctx context.Context, app App, dc DataCenter, code string) (Grant, error) {
	return a.token(ctx, dc, OAuthRestart, url.Values{
		"grant_type": {"authorization_code"}, "client_id": {app.ClientID}, "client_secret": {app.ClientSecret},
		"redirect_uri": {app.RedirectURI}, "code": {code},
	})
}

// Refresh makes a new access token; Zoho gives ten in ten minutes and keeps the refresh token. It fails with
// *OAuthError. https://www.zoho.com/crm/developer/docs/api/v8/access-refresh.html
func (a *Accounts) Refresh(ctx context.Context, app App, dc DataCenter, refreshToken string) (Grant, error) {
	return a.token(ctx, dc, OAuthBroken, url.Values{
		"grant_type": {"refresh_token"}, "client_id": {app.ClientID}, "client_secret": {app.ClientSecret},
		"refresh_token": {refreshToken},
	})
}

// Revoke ends a refresh or access token. The status decides, as the body is on no page; a 4xx means that the token is
// gone already and is no error. It fails with *OAuthError. https://www.zoho.com/crm/developer/docs/api/v8/revoke-tokens.html
func (a *Accounts) Revoke(ctx context.Context, dc DataCenter, token string) error {
	got, err := a.post(ctx, dc, "/oauth/v2/token/revoke", url.Values{"token": {token}})
	if err != nil {
		return err
	}
	switch {
	case got.status >= 200 && got.status < 300:
		return nil
	case got.status == http.StatusTooManyRequests:
		return throttled(got, "")
	case got.status >= 400 && got.status < 500 && got.status != http.StatusRequestTimeout:
		return nil
	}
	return &OAuthError{Kind: OAuthTransient, Status: got.status}
}

// post sends a form to the data centre's entry of our own list.
func (a *Accounts) post(ctx context.Context, dc DataCenter, path string, form url.Values) (answer, error) {
	ours, ok := a.centers.ByAccounts(dc.Accounts)
	if !ok || ours.Location != dc.Location {
		return answer{}, &OAuthError{Kind: OAuthUntrusted, cause: ErrDataCenter}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, ours.Accounts+path, strings.NewReader(form.Encode()))
	if err != nil {
		return answer{}, &OAuthError{Kind: OAuthUntrusted, cause: ErrDataCenter}
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	got, err := a.wire.send(ctx, r, nil)
	if err != nil {
		return answer{}, &OAuthError{Kind: OAuthTransient, Status: got.status, cause: err}
	}
	if got.status >= 300 && got.status < 400 {
		return answer{}, &OAuthError{Kind: OAuthTransient, Status: got.status, cause: Redirected}
	}
	return got, nil
}

// token posts to the token endpoint and reads its answer; gone is what a dead code or refresh token means here.
func (a *Accounts) token(ctx context.Context, dc DataCenter, gone OAuthKind, form url.Values) (Grant, error) {
	got, err := a.post(ctx, dc, "/oauth/v2/token", form)
	if err != nil {
		return Grant{}, err
	}
	var m map[string]any
	if err := decode(got.body, &m); err != nil {
		if got.status == http.StatusTooManyRequests {
			return Grant{}, throttled(got, "")
		}
		return Grant{}, &OAuthError{Kind: OAuthTransient, Status: got.status, cause: Unreadable}
	}
	r := Record(m)
	access := r.Text("access_token")
	if m["error"] != nil || access == "" || got.status >= 300 {
		return Grant{}, oauthError(got, r.Text("error"), gone)
	}
	ours, _ := a.centers.ByAccounts(dc.Accounts)
	if api := r.Text("api_domain"); api != "" && api != ours.API {
		return Grant{}, &OAuthError{Kind: OAuthUntrusted, Status: got.status, cause: ErrDataCenter}
	}
	return Grant{
		DataCenter: ours, AccessToken: access, RefreshToken: r.Text("refresh_token"), ExpiresIn: lifetime(r),
		Scopes: splitScopes(r.Text("scope")),
	}, nil
}

// lifetime reads expires_in_sec (seconds) before expires_in, which is in seconds today and was in milliseconds where it
// is above a day, and keeps it within the hour that a token lives. What cannot be read counts as that hour: a token that
// ends earlier shows as a refused call.
func lifetime(r Record) time.Duration {
	seconds := func(field string) float64 {
		n, err := strconv.ParseFloat(r.Text(field), 64)
		if err != nil || !(n > 0) {
			return 0
		}
		return n
	}
	n := seconds("expires_in_sec")
	if n == 0 {
		if n = seconds("expires_in"); n > 86400 {
			n /= 1000
		}
	}
	if n == 0 {
		n = 3600
	}
	return time.Duration(min(n, 3600) * float64(time.Second))
}

// splitScopes reads the granted scopes; Zoho separates them by blanks or commas.
func splitScopes(s string) []string {
	if s == "" {
		return nil
	}
	return strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' })
}
