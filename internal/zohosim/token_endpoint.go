package zohosim

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// oauthError is how Zoho's token endpoint refuses: status 200 and a word.
// Source: zoho.com/accounts/protocol/oauth/web-apps/access-token.html.
func oauthError(word string) answer {
	return jsonAnswer(http.StatusOK, map[string]string{"error": word})
}

// formParams gives the parameters of a token request: those of the query, of a form and of a multipart body. A JSON body is
// not read.
func formParams(r *http.Request) url.Values {
	if err := r.ParseMultipartForm(1 << 20); err != nil && r.Form == nil {
		return url.Values{}
	}
	return r.Form
}

// issueToken answers POST /oauth/v2/token.
func (l *listener) issueToken(r *http.Request) answer {
	if r.Method != http.MethodPost {
		return htmlPage(http.StatusBadRequest, "Error", "The request method is not supported here.")
	}
	p := formParams(r)
	a := l.sim.accounts
	a.mu.Lock()
	defer a.mu.Unlock()
	app, known := a.apps[p.Get("client_id")]
	if !known || !app.enabled(l.location) {
		return oauthError("invalid_client")
	}
	if word := app.checkSecret(p.Get("client_secret"), l.location); word != "" {
		return oauthError(word)
	}
	switch p.Get("grant_type") {
	case "authorization_code":
		return l.exchangeCode(r, p)
	case "refresh_token":
		return l.refreshAccess(r, p)
	}
	return oauthError("unsupported_grant_type")
}

func (a app) enabled(location string) bool {
	return len(a.Locations) == 0 || slices.Contains(a.Locations, location)
}

// secret is the client secret that counts in a data centre.
func (a app) secret(location string) string {
	if s := a.Secrets[location]; s != "" {
		return s
	}
	return a.Secret
}

// checkSecret gives "" for the right secret, otherwise the word that Zoho answers: the secret of another data centre makes an
// unknown client of the caller.
func (a app) checkSecret(given, location string) string {
	if sameSecret(given, a.secret(location)) {
		return ""
	}
	word := "invalid_client_secret"
	if given == "" || sameSecret(given, a.Secret) {
		word = "invalid_client"
	}
	for _, other := range a.Secrets {
		if sameSecret(given, other) {
			word = "invalid_client"
		}
	}
	return word
}

// sameSecret compares without telling by its duration where the two differ.
func sameSecret(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// exchangeCode turns a grant code into tokens. The caller holds accounts.mu.
func (l *listener) exchangeCode(r *http.Request, p url.Values) answer {
	s, a := l.sim, l.sim.accounts
	sw := s.switches.Load()
	now := s.clock().UnixMilli()
	c, ok := a.codes[p.Get("code")]
	lifetime := time.Duration(sw.CodeLifetimeSeconds) * time.Second
	switch {
	case !ok || c.Used || c.ClientID != p.Get("client_id") || c.Location != l.location || now-c.At >= lifetime.Milliseconds():
		return oauthError("invalid_code")
	case c.Redirect != "" && c.Redirect != p.Get("redirect_uri"):
		return oauthError("invalid_redirect_uri")
	case c.Excess || c.Refresh && a.refreshTooFast(sw.RefreshTokenRate, c, now):
		return oauthError("access_denied")
	}
	c.Used = true
	change := accountsChange{Codes: []grantCode{c}, Gone: a.stale(now, lifetime), Minted: 1}
	access := token{
		Token: newToken(), ClientID: c.ClientID, User: c.User, Scope: c.Scope, Location: c.Location, At: now,
		Expires: now + accessLifetime.Milliseconds(),
	}
	var refresh string
	if c.Refresh {
		refresh = newToken()
		access.Refresh = refresh
		change.Refresh = []token{{
			Token: refresh, ClientID: c.ClientID, User: c.User, Scope: c.Scope, Location: c.Location, At: now,
		}}
		change.Gone = append(change.Gone, a.evicted(c.User, c.ClientID)...)
	}
	change.Access = []token{access}
	if err := s.changeAccounts(change); err != nil {
		return htmlPage(http.StatusInternalServerError, "Error", "Something went wrong.")
	}
	return l.tokenAnswer(r, access, refresh)
}

// refreshTooFast tells whether another refresh token for the code's user and client would exceed switch refresh_token_rate.
func (a *accounts) refreshTooFast(rate string, c grantCode, now int64) bool {
	window, limit := throttleWindow, 10
	switch rate {
	case "none":
		return false
	case "5_per_minute":
		window, limit = time.Minute, 5
	}
	n := 0
	for _, t := range a.refresh {
		if t.User == c.User && t.ClientID == c.ClientID && now-t.At < window.Milliseconds() {
			n++
		}
	}
	return n >= limit
}

// evicted lists what a new refresh token of a user and client pushes out: the oldest refresh tokens over the limit, with their
// access tokens.
func (a *accounts) evicted(user int64, client string) []string {
	var own []*token
	for _, t := range a.refresh {
		if t.User == user && t.ClientID == client {
			own = append(own, t)
		}
	}
	var gone []string
	for len(own) >= refreshTokensLimit {
		gone = append(gone, a.withAccess(own[0].Token)...)
		own = own[1:]
	}
	return gone
}

// refreshAccess makes an access token of a refresh token. The caller holds accounts.mu.
func (l *listener) refreshAccess(r *http.Request, p url.Values) answer {
	s, a := l.sim, l.sim.accounts
	sw := s.switches.Load()
	now := s.clock().UnixMilli()
	old := a.tokens[p.Get("refresh_token")]
	if old == nil || old.Expires != 0 || old.ClientID != p.Get("client_id") || old.Location != l.location {
		return oauthError("invalid_code")
	}
	refresh := *old
	refresh.Minted = nil
	for _, at := range old.Minted {
		if now-at < throttleWindow.Milliseconds() {
			refresh.Minted = append(refresh.Minted, at)
		}
	}
	if len(refresh.Minted) >= mintsPerWindow {
		return throttled(sw)
	}
	refresh.Minted = append(refresh.Minted, now)
	access := token{
		Token: newToken(), Refresh: refresh.Token, ClientID: refresh.ClientID, User: refresh.User, Scope: refresh.Scope,
		Location: refresh.Location, At: now, Expires: now + accessLifetime.Milliseconds(),
	}
	change := accountsChange{
		Refresh: []token{refresh}, Access: []token{access}, Minted: 1,
		Gone: a.stale(now, time.Duration(sw.CodeLifetimeSeconds)*time.Second),
	}
	var live []string
	for _, t := range a.madeWith(refresh.Token) {
		if t.Expires > now {
			live = append(live, t.Token)
		}
	}
	if over := len(live) + 1 - sw.LiveAccessTokens; over > 0 {
		change.Gone = append(change.Gone, live[:over]...)
	}
	if err := s.changeAccounts(change); err != nil {
		return htmlPage(http.StatusInternalServerError, "Error", "Something went wrong.")
	}
	return l.tokenAnswer(r, access, "")
}

func throttled(sw *switches) answer {
	return jsonAnswer(sw.ThrottleStatus, map[string]string{
		"error_description": "You have made too many requests continuously. Please try again after some time.",
		"error":             sw.ThrottleError, "status": "failure",
	})
}

// tokenAnswer tells the tokens; refresh may be "".
func (l *listener) tokenAnswer(r *http.Request, access token, refresh string) answer {
	sw := l.sim.switches.Load()
	out := map[string]any{
		"access_token": access.Token, "api_domain": l.baseURL(r), "token_type": "Bearer",
		"expires_in": int(accessLifetime / time.Second),
	}
	if sw.TokenExpiryShape == "legacy" {
		out["expires_in_sec"] = out["expires_in"]
		out["expires_in"] = accessLifetime.Milliseconds()
	}
	if refresh != "" {
		out["refresh_token"] = refresh
	}
	if sw.TokenScopeInAnswer {
		out["scope"] = access.Scope
	}
	return jsonAnswer(http.StatusOK, out).with("Cache-Control", "no-store")
}

// revokeToken answers POST /oauth/v2/token/revoke. Revoking a refresh token also ends its access tokens.
func (l *listener) revokeToken(r *http.Request) answer {
	if r.Method != http.MethodPost {
		return htmlPage(http.StatusBadRequest, "Error", "The request method is not supported here.")
	}
	a := l.sim.accounts
	given := formParams(r).Get("token")
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.tokens[given]
	if t == nil || t.Location != l.location {
		return htmlPage(http.StatusBadRequest, "Error", "The token is invalid.")
	}
	gone := []string{given}
	if t.Expires == 0 {
		gone = a.withAccess(given)
	}
	if err := l.sim.changeAccounts(accountsChange{Gone: gone}); err != nil {
		return htmlPage(http.StatusInternalServerError, "Error", "Something went wrong.")
	}
	if l.sim.switches.Load().RevokeBody == "empty" {
		return answer{status: http.StatusOK}
	}
	return jsonAnswer(http.StatusOK, map[string]string{"status": "success"})
}

// userInfo answers GET /oauth/user/info for the user of the access token.
func (l *listener) userInfo(r *http.Request) answer {
	t, u := l.bearer(r)
	if t == nil {
		return jsonAnswer(http.StatusUnauthorized, map[string]string{"response": "error", "cause": "INVALID_OAUTHTOKEN"})
	}
	if !satisfied(t.scopes, []scope{need("AaaServer.profile.READ")}) {
		return jsonAnswer(http.StatusUnauthorized, map[string]string{"response": "error", "cause": "INVALID_OAUTHSCOPE"})
	}
	return jsonAnswer(http.StatusOK, map[string]string{
		"First_Name": u.first, "Last_Name": u.last, "Display_Name": u.name(), "Email": u.email, "ZUID": u.zuid,
	})
}

// serverInfo answers GET /oauth/serverinfo: the accounts hosts of all data centres.
func (l *listener) serverInfo(r *http.Request) answer {
	hosts := map[string]string{}
	for _, other := range l.sim.listeners {
		if other == l {
			hosts[other.location] = l.baseURL(r)
		} else if base := *other.base.Load(); base != "" {
			hosts[other.location] = base
		}
	}
	return jsonAnswer(http.StatusOK, map[string]any{"result": "success", "locations": hosts})
}
