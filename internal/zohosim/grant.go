package zohosim

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// asking is a valid request for consent.
type asking struct {
	app      app
	redirect string
	scopes   []scope
	state    string
	hasState bool
	offline  bool
	force    bool // prompt=consent
}

// userCookie remembers who was signed in to Zoho last, as Zoho's own session would.
const userCookie = "zohosim_user"

// authorize answers /oauth/v2/auth: the consent page, and what a person decided on it.
// Source: zoho.com/accounts/protocol/oauth/web-apps/authorization.html.
func (l *listener) authorize(r *http.Request) answer {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return consentError("The request method is not supported here.")
	}
	if err := r.ParseForm(); err != nil {
		return consentError("The request could not be read.")
	}
	ask, wrong := l.readAsking(r.Form)
	if wrong != "" {
		return consentError(wrong)
	}
	if r.Method == http.MethodPost {
		if err := http.NewCrossOriginProtection().Check(r); err != nil {
			return htmlPage(http.StatusForbidden, "Forbidden", "This form was sent from another site.")
		}
		return l.decide(r, ask)
	}
	if u := l.signedIn(r); !ask.force && l.sim.accounts.consented(ask, u) {
		return l.grantAndReturn(r, ask, u, l)
	}
	return l.consentPage(r, ask, "")
}

func consentError(text string) answer { return htmlPage(http.StatusBadRequest, "Error", text) }

// readAsking checks client, redirect address and scopes. What is wrong with them is shown on a page here and never sent to the
// redirect address. wrong is "" or a sentence that goes into HTML as it is.
func (l *listener) readAsking(p url.Values) (ask asking, wrong string) {
	a := l.sim.accounts
	a.mu.Lock()
	registered, known := a.apps[p.Get("client_id")]
	a.mu.Unlock()
	ask = asking{
		app: registered, redirect: p.Get("redirect_uri"), state: p.Get("state"), hasState: p.Has("state"),
		offline: p.Get("access_type") == "offline", force: strings.Contains(p.Get("prompt"), "consent"),
	}
	access := p.Get("access_type")
	switch {
	case !known || !registered.enabled(l.location):
		return ask, "Invalid Client Id: the client id passed does not exist in this data centre."
	case p.Get("response_type") != "code":
		return ask, "Invalid Response Type: the response type must be code."
	case !registered.allows(ask.redirect):
		return ask, "Invalid Redirect Uri: the redirect URI passed does not match the ones configured."
	case access != "" && access != "online" && access != "offline":
		return ask, "Invalid Access Type: the access type must be online or offline."
	}
	scopes, err := parseScopes(p.Get("scope"), l.sim.switches.Load().ScopeCase == "any")
	if err != nil {
		return ask, "Invalid OAuth Scope: a scope passed does not exist."
	}
	ask.scopes = scopes
	return ask, ""
}

// allows tells whether a redirect address is registered.
func (a app) allows(redirect string) bool {
	return redirect != "" && (slices.Contains(a.RedirectURIs, redirect) || a.AnyLoopback && loopback(redirect))
}

// loopback tells whether an address leads to the machine it is used on.
func loopback(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.Fragment != "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// signedIn is the user of the browser's last visit, otherwise the first organization's administrator.
func (l *listener) signedIn(r *http.Request) *user {
	a := l.sim.accounts
	a.mu.Lock()
	defer a.mu.Unlock()
	if c, err := r.Cookie(userCookie); err == nil {
		if u := a.person(c.Value); u != nil {
			return u
		}
	}
	return a.person("")
}

// consented tells whether a user has allowed an application all of the scopes before.
func (a *accounts) consented(ask asking, u *user) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, c := range a.consents {
		if c.ClientID != ask.app.ClientID || c.User != u.id {
			continue
		}
		if granted, err := parseScopes(c.Scope, true); err == nil && satisfied(granted, ask.scopes) {
			return true
		}
	}
	return false
}

// decide carries out what the consent page was answered.
func (l *listener) decide(r *http.Request, ask asking) answer {
	home := l.sim.listener(r.Form.Get("location"))
	if home == nil {
		home = l
	}
	a := l.sim.accounts
	a.mu.Lock()
	u := a.person(r.Form.Get("user"))
	a.mu.Unlock()
	switch {
	case r.Form.Get("decision") == "reject":
		return redirectTo(ask.redirect, [][2]string{{"error", "access_denied"}}, ask, false)
	case u == nil || !ask.app.enabled(home.location):
		return consentError("This account cannot be used here.")
	case r.Form.Get("allow") == "":
		return l.consentPage(r, ask, "Tick the box to accept.")
	case home != l && *home.base.Load() == "":
		return consentError("The address of that data centre is not known.")
	}
	cookie := http.Cookie{Name: userCookie, Value: formatID(u.id), Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}
	return l.grantAndReturn(r, ask, u, home).with("Set-Cookie", cookie.String())
}

// grantAndReturn makes a grant code in the user's data centre and sends the browser back with it.
func (l *listener) grantAndReturn(r *http.Request, ask asking, u *user, home *listener) answer {
	code, err := l.sim.grant(ask, u, home.location, false)
	if err != nil {
		return htmlPage(http.StatusInternalServerError, "Error", "Something went wrong.")
	}
	server := *home.base.Load()
	if home == l {
		server = l.baseURL(r)
	}
	return redirectTo(ask.redirect, [][2]string{
		{"code", code}, {"location", home.location}, {"accounts-server", server},
	}, ask, l.sim.switches.Load().CallbackTrailingAmpersand)
}

// grant makes a code and notes the consent. A refresh token comes with it if access is offline and this is the first consent or
// a forced one. free codes are those of the control interface: no limit counts them.
func (s *Sim) grant(ask asking, u *user, location string, free bool) (string, error) {
	seenBefore := s.accounts.consented(ask, u)
	now := s.clock().UnixMilli()
	a := s.accounts
	a.mu.Lock()
	defer a.mu.Unlock()
	recent := 0
	for _, c := range a.codes {
		if c.ClientID == ask.app.ClientID && !c.Free && now-c.At < throttleWindow.Milliseconds() {
			recent++
		}
	}
	scopes := scopeText(ask.scopes, " ")
	code := grantCode{
		Code: newToken(), ClientID: ask.app.ClientID, Redirect: ask.redirect, User: u.id, Scope: scopes, Location: location,
		Refresh: ask.offline && (ask.force || !seenBefore), At: now, Free: free, Excess: !free && recent >= codesPerWindow,
	}
	change := accountsChange{Codes: []grantCode{code}}
	if !seenBefore {
		change.Consents = []consent{{ask.app.ClientID, u.id, scopes}}
	}
	return code.Code, s.changeAccounts(change)
}

// redirectTo sends the browser to the application with parameters in their order, state last.
func redirectTo(redirect string, params [][2]string, ask asking, trailing bool) answer {
	var b strings.Builder
	b.WriteString(redirect)
	if strings.Contains(redirect, "?") {
		b.WriteByte('&')
	} else {
		b.WriteByte('?')
	}
	if ask.hasState {
		params = append(params, [2]string{"state", ask.state})
	}
	for i, p := range params {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(p[0] + "=" + url.QueryEscape(p[1]))
	}
	if trailing {
		b.WriteByte('&')
	}
	return answer{status: http.StatusFound}.with("Location", b.String()).with("Cache-Control", "no-store")
}

// consentView is what the consent page shows.
type consentView struct {
	App       string
	Scopes    []string
	Accounts  []consentAccount
	Locations []string
	Location  string
	Hidden    [][2]string
	Problem   string
}

// consentAccount is one of the Zoho accounts a person may use.
type consentAccount struct {
	ID, Name, Email, Org string
	Chosen               bool
}

// consentPage asks a person.
func (l *listener) consentPage(r *http.Request, ask asking, trouble string) answer {
	v := consentView{App: ask.app.Name, Problem: trouble, Location: l.location}
	for _, s := range ask.scopes {
		v.Scopes = append(v.Scopes, s.words())
	}
	if given := r.Form.Get("location"); given != "" {
		v.Location = given
	}
	for _, other := range l.sim.listeners {
		v.Locations = append(v.Locations, other.location)
	}
	for _, name := range []string{"client_id", "redirect_uri", "scope", "response_type", "access_type", "prompt", "state"} {
		if r.Form.Has(name) {
			v.Hidden = append(v.Hidden, [2]string{name, r.Form.Get(name)})
		}
	}
	chosen := formatID(l.signedIn(r).id)
	if given := r.Form.Get("user"); given != "" {
		chosen = given
	}
	l.sim.mu.RLock()
	for _, o := range l.sim.orgs {
		for _, u := range o.users {
			id := formatID(u.id)
			v.Accounts = append(v.Accounts, consentAccount{id, u.name(), u.email, o.name, id == chosen})
		}
	}
	l.sim.mu.RUnlock()
	status := http.StatusOK
	if trouble != "" {
		status = http.StatusUnprocessableEntity
	}
	// A browser holds form-action also against the redirect that follows the form.
	target, err := url.Parse(ask.redirect)
	if err != nil {
		return consentError("Invalid Redirect Uri.")
	}
	return l.page(status, "consent.html", v).
		with("Content-Security-Policy", pagePolicy+" "+target.Scheme+"://"+target.Host)
}

// pagePolicy keeps pages to our own stylesheet and forms; it ends with form-action so that a page may add an address.
const pagePolicy = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
