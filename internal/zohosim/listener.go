package zohosim

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
)

// listener is one data centre's face.
type listener struct {
	sim      *Sim
	location string
	base     atomic.Pointer[string]
	control  http.Handler
	routes   []route // below /crm/v8
	bulk     []route // below /crm/bulk/v8

	calendarRoutes []calendarRoute
}

// locations are Zoho's data centres. Source: Zoho CRM v8, "Multi-DC Support".
var locations = []string{"us", "eu", "in", "au", "jp", "ca", "cn", "sa", "uk", "ae"}

func (s *Sim) addListener(dc DC) error {
	if !slices.Contains(locations, dc.Location) {
		return fmt.Errorf("zohosim: Zoho has no data centre %q", dc.Location)
	}
	if s.listener(dc.Location) != nil {
		return fmt.Errorf("zohosim: data centre %q is there twice", dc.Location)
	}
	l := &listener{sim: s, location: dc.Location, routes: routes(), bulk: bulkRoutes(), calendarRoutes: calendarRoutes()}
	base := strings.TrimSuffix(dc.BaseURL, "/")
	l.base.Store(&base)
	l.control = l.controlHandler()
	s.listeners = append(s.listeners, l)
	return nil
}

// baseURL is the address of this data centre as answers give it.
func (l *listener) baseURL(r *http.Request) string {
	if base := *l.base.Load(); base != "" {
		return base
	}
	return "http://" + r.Host
}

const maxBody = 16 << 20

// ServeHTTP takes a call: control interface, or Zoho with faults and counting.
func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/_sim" || strings.HasPrefix(r.URL.Path, "/_sim/") {
		l.control.ServeHTTP(w, r)
		return
	}
	if r.URL.Path == "/" {
		http.Redirect(w, r, "/_sim/", http.StatusSeeOther)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	before := l.sim.strike(r, "before")
	if before.fatal() {
		l.sim.countCall(statKey(r.Method, r.URL.Path), 0, 0)
		pause(r.Context(), before.delay)
		before.send(w)
		return
	}
	a := l.zoho(r, before)
	after := l.sim.strike(r, "after")
	pause(r.Context(), after.delay)
	if after.fatal() {
		after.send(w)
		return
	}
	a.write(w)
}

// send gives what the faults left instead of an answer; a cut breaks the connection.
func (m mishap) send(w http.ResponseWriter) {
	if m.cut {
		panic(http.ErrAbortHandler)
	}
	m.instead.write(w)
}

// zoho answers a call to one of Zoho's own paths.
func (l *listener) zoho(r *http.Request, before mishap) answer {
	path := r.URL.Path
	if strings.HasPrefix(path, "/crm/") {
		return l.crm(r, before)
	}
	l.sim.countCall(statKey(r.Method, path), 0, 0)
	pause(r.Context(), before.delay)
	switch path {
	case "/oauth/v2/auth":
		return l.authorize(r)
	case "/oauth/v2/token":
		return l.issueToken(r)
	case "/oauth/v2/token/revoke":
		return l.revokeToken(r)
	case "/oauth/user/info":
		return l.userInfo(r)
	case "/oauth/serverinfo":
		return l.serverInfo(r)
	}
	if strings.HasPrefix(path, calendarPath) {
		return l.calendar(r)
	}
	return invalidURL()
}

func invalidURL() answer {
	return problem{
		code: "INVALID_URL_PATTERN", message: "Please check if the URL trying to access is a correct one",
	}.answer(http.StatusNotFound)
}

// hostProblem refuses host names of Zoho's that are not the API's: www.zohoapis.<tld> is the only one that is. Other names,
// such as localhost, can't be judged. Source: Zoho CRM v3, "Change Log" (INVALID_HOST since v2.1).
func hostProblem(r *http.Request) bool {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.ToLower(host)
	for _, tld := range []string{"com", "eu", "in", "com.au", "jp", "ca", "com.cn", "sa", "uk", "ae"} {
		if host == "www.zohoapis."+tld {
			return false
		}
		for _, name := range []string{"zohoapis.", "zoho.", "zohocloud."} {
			if host == name+tld || strings.HasSuffix(host, "."+name+tld) {
				return true
			}
		}
	}
	return false
}

// bearer finds the access token of a call and its user; nil where there is none, or it no longer works, or belongs to another
// data centre.
func (l *listener) bearer(r *http.Request) (*token, *user) {
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Zoho-oauthtoken ")
	if !ok {
		return nil, nil
	}
	return l.holder(given)
}

// holder is bearer for the text of an access token.
func (l *listener) holder(given string) (*token, *user) {
	a := l.sim.accounts
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.tokens[strings.TrimSpace(given)]
	if t == nil || t.Expires <= l.sim.clock().UnixMilli() || t.Location != l.location {
		return nil, nil
	}
	copied := *t
	return &copied, a.people[t.User]
}
