package zohosim

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"heavyset.tech/platform/internal/zohosim/journal"
)

// controlHandler serves /_sim: the control interface in JSON and the page for people. Nothing here costs credits, is hit by
// faults or is counted. Browsers may change something only from our own pages.
func (l *listener) controlHandler() http.Handler {
	mux := http.NewServeMux()
	api := func(pattern string, h func(*http.Request) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, 256<<20)
			v, err := h(r)
			if err != nil {
				controlProblem(err).write(w)
				return
			}
			jsonAnswer(http.StatusOK, v).write(w)
		})
	}
	api("GET /_sim/stats", func(*http.Request) (any, error) { return l.sim.stats(), nil })
	api("POST /_sim/reset", l.controlReset)
	api("POST /_sim/apps", l.controlApp)
	api("POST /_sim/grant", l.controlGrant)
	api("GET /_sim/faults", l.controlFaults)
	api("POST /_sim/faults", l.controlAddFault)
	api("DELETE /_sim/faults", l.controlDropFaults)
	api("PUT /_sim/modules/{module}", l.controlModule)
	api("POST /_sim/tokens", l.controlTokens)
	api("GET /_sim/clock", l.controlClock)
	api("POST /_sim/clock", l.controlAdvance)
	api("GET /_sim/channels", l.controlChannels)
	api("POST /_sim/channels", l.controlBreakChannels)
	api("GET /_sim/calendars/{user}", l.controlCalendars)
	api("PUT /_sim/calendars/{user}", l.controlSetCalendars)
	api("GET /_sim/switches", func(*http.Request) (any, error) { return l.sim.switches.Load(), nil })
	api("PATCH /_sim/switches", l.controlSwitches)
	mux.HandleFunc("GET /_sim/records/{module}", l.controlRecords)
	l.pageRoutes(mux)
	return http.NewCrossOriginProtection().Handler(mux)
}

// controlError is a refusal of the control interface with its status.
type controlError struct {
	status int
	err    error
}

func (e controlError) Error() string { return e.err.Error() }

func badControl(err error) error { return controlError{http.StatusBadRequest, err} }

func noSuch(what string) error {
	return controlError{http.StatusNotFound, errors.New("there is no such " + what)}
}

// controlProblem is problem+json (RFC 9457): the control interface is ours, not Zoho's.
func controlProblem(err error) answer {
	status := http.StatusInternalServerError
	var ce controlError
	if errors.As(err, &ce) {
		status = ce.status
	}
	a := jsonAnswer(status, map[string]any{"title": http.StatusText(status), "status": status, "detail": err.Error()})
	a.kind = "application/problem+json"
	return a
}

// readControl decodes the body, which may be empty. strictly refuses members it doesn't know: a misspelt one would make a fault
// hit everything or leave a module without fields.
func readControl(r *http.Request, into any, strictly bool) error {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return badControl(err)
	}
	if len(bytes.TrimSpace(b)) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if strictly {
		d.DisallowUnknownFields()
	}
	if err := d.Decode(into); err != nil {
		return badControl(err)
	}
	return nil
}

func (l *listener) controlReset(r *http.Request) (any, error) {
	var body struct {
		Seed string `json:"seed"`
	}
	if err := readControl(r, &body, false); err != nil {
		return nil, err
	}
	if body.Seed != "" {
		if err := checkSeed(body.Seed); err != nil {
			return nil, badControl(err)
		}
	}
	if err := l.sim.Reset(body.Seed); err != nil {
		return nil, err
	}
	return map[string]any{"seed": l.sim.seededAs()}, nil
}

func (s *Sim) seededAs() string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.seededWith
}

func (l *listener) controlApp(r *http.Request) (any, error) {
	var a app
	if err := readControl(r, &a, false); err != nil {
		return nil, err
	}
	if a.ClientID == "" || a.Secret == "" {
		return nil, badControl(errors.New("client_id and client_secret are required"))
	}
	for _, redirect := range a.RedirectURIs {
		if u, err := url.Parse(redirect); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return nil, badControl(errors.New("redirect_uris must be absolute http addresses"))
		}
	}
	if a.Name == "" {
		a.Name = defaultAppName
	}
	l.sim.accounts.mu.Lock()
	defer l.sim.accounts.mu.Unlock()
	if err := l.sim.changeAccounts(accountsChange{Apps: []app{a}}); err != nil {
		return nil, err
	}
	return map[string]any{"client_id": a.ClientID, "name": a.Name, "redirect_uris": a.RedirectURIs}, nil
}

func (l *listener) controlGrant(r *http.Request) (any, error) {
	var body struct {
		ClientID    string `json:"client_id"`
		RedirectURI string `json:"redirect_uri"`
		Scope       string `json:"scope"`
		User        string `json:"user"`
	}
	if err := readControl(r, &body, false); err != nil {
		return nil, err
	}
	a := l.sim.accounts
	a.mu.Lock()
	registered, known := a.apps[body.ClientID]
	u := a.person(body.User)
	a.mu.Unlock()
	switch {
	case !known:
		return nil, noSuch("client_id")
	case u == nil:
		return nil, noSuch("user")
	case body.RedirectURI != "" && !registered.allows(body.RedirectURI):
		return nil, badControl(errors.New("the redirect_uri is not registered for the client"))
	}
	scopes, err := parseScopes(body.Scope, l.sim.switches.Load().ScopeCase == "any")
	if err != nil {
		return nil, badControl(err)
	}
	ask := asking{app: registered, redirect: body.RedirectURI, scopes: scopes, offline: true, force: true}
	code, err := l.sim.grant(ask, u, l.location, true)
	if err != nil {
		return nil, err
	}
	return map[string]any{"code": code, "location": l.location, "accounts_server": l.baseURL(r)}, nil
}

func (l *listener) controlFaults(*http.Request) (any, error) {
	f := l.sim.faults
	f.mu.Lock()
	defer f.mu.Unlock()
	list := make([]fault, 0, len(f.list))
	for _, x := range f.list {
		list = append(list, *x)
	}
	return map[string]any{"faults": list}, nil
}

func (l *listener) controlAddFault(r *http.Request) (any, error) {
	var f fault
	if err := readControl(r, &f, true); err != nil {
		return nil, err
	}
	if err := f.check(); err != nil {
		return nil, badControl(err)
	}
	shown := f // what came; f's count goes down from now on
	if f.Times != nil {
		times := *f.Times
		shown.Times = &times
	}
	return shown, l.sim.setFaults(func(list []*fault) []*fault { return append(list, &f) })
}

func (l *listener) controlDropFaults(*http.Request) (any, error) {
	err := l.sim.setFaults(func([]*fault) []*fault { return nil })
	return map[string]any{"faults": []any{}}, err
}

// setFaults changes the list of faults.
func (s *Sim) setFaults(change func([]*fault) []*fault) error {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	next := change(s.faults.list)
	if err := s.write(addJSON(journal.Batch(nil), opFaults, next)); err != nil {
		return err
	}
	s.faults.list = next
	return nil
}

// orgParam is the organization that ?org= names, the first one by default.
func (s *Sim) orgParam(name string) *org {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, o := range s.orgs {
		if name == "" || o.zgid == name || o.name == name {
			return o
		}
	}
	return nil
}

func (l *listener) controlModule(r *http.Request) (any, error) {
	var body redefinition
	if err := readControl(r, &body, true); err != nil {
		return nil, err
	}
	o := l.sim.orgParam(r.URL.Query().Get("org"))
	if o == nil {
		return nil, noSuch("org")
	}
	api := r.PathValue("module")
	if err := l.sim.define(o, api, body); err != nil {
		return nil, badControl(err)
	}
	l.sim.mu.RLock()
	defer l.sim.mu.RUnlock()
	m := o.byAPI[api]
	return map[string]any{"api_name": m.api, "id": m.id, "fields": len(m.fields), "records": len(m.table.rows)}, nil
}

// controlRecords gives all records of a module, oldest first.
func (l *listener) controlRecords(w http.ResponseWriter, r *http.Request) {
	o := l.sim.orgParam(r.URL.Query().Get("org"))
	if o == nil {
		controlProblem(noSuch("org")).write(w)
		return
	}
	l.sim.mu.RLock()
	m := o.byAPI[r.PathValue("module")]
	if m == nil {
		l.sim.mu.RUnlock()
		controlProblem(noSuch("module")).write(w)
		return
	}
	v := view{org: o, place: o.place}
	b := []byte(`{"data":[`)
	for e := range m.table.byID.between(firstEntry, lastEntry, false) {
		if b[len(b)-1] != '[' {
			b = append(b, ',')
		}
		b = v.appendWhole(b, m, e.rec)
		if m.cancelled != nil {
			b = append(v.appendSpecial(b[:len(b)-1], m, e.rec, cancelledField), '}')
		}
	}
	l.sim.mu.RUnlock()
	rawAnswer(http.StatusOK, append(b, "]}"...)).write(w)
}

func (l *listener) controlTokens(r *http.Request) (any, error) {
	var body struct {
		Action string `json:"action"`
		User   string `json:"user"`
	}
	if err := readControl(r, &body, false); err != nil {
		return nil, err
	}
	n, err := l.sim.breakTokens(body.Action, body.User)
	return map[string]any{"affected": n}, err
}

// breakTokens ends access tokens, or refresh tokens with theirs, of a user or of all; it gives how many it was asked to end.
func (s *Sim) breakTokens(action, who string) (int, error) {
	a := s.accounts
	a.mu.Lock()
	defer a.mu.Unlock()
	var u *user
	if who != "" {
		if u = a.person(who); u == nil {
			return 0, noSuch("user")
		}
	}
	var gone []string
	n := 0
	for _, t := range map[string][]*token{"expire_access": a.access, "revoke_refresh": a.refresh}[action] {
		if u != nil && t.User != u.id {
			continue
		}
		n++
		if t.Expires == 0 {
			gone = append(gone, a.withAccess(t.Token)...)
		} else {
			gone = append(gone, t.Token)
		}
	}
	if action != "expire_access" && action != "revoke_refresh" {
		return 0, badControl(errors.New("action is neither expire_access nor revoke_refresh"))
	}
	return n, s.changeAccounts(accountsChange{Gone: gone})
}

func (l *listener) controlClock(*http.Request) (any, error) {
	return map[string]any{"now": l.sim.clock().UTC().Format(time.RFC3339Nano)}, nil
}

func (l *listener) controlAdvance(r *http.Request) (any, error) {
	var body struct {
		AdvanceSeconds float64 `json:"advance_seconds"`
	}
	if err := readControl(r, &body, false); err != nil {
		return nil, err
	}
	if err := l.sim.advance(time.Duration(body.AdvanceSeconds * float64(time.Second))); err != nil {
		return nil, err
	}
	return l.controlClock(r)
}

// advance moves the simulator's clock.
func (s *Sim) advance(by time.Duration) error {
	return s.locked(func() error {
		next := s.offset.Load() + by.Milliseconds()
		if err := s.write(addJSON(journal.Batch(nil), opClock, next)); err != nil {
			return err
		}
		s.offset.Store(next)
		s.wakeBulk()
		return nil
	})
}

func (l *listener) controlSwitches(r *http.Request) (any, error) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, badControl(err)
	}
	return l.sim.flip(b)
}

// flip changes the switches that a JSON object names; nothing changes if one name or value is wrong.
func (s *Sim) flip(patch []byte) (next *switches, err error) {
	err = s.locked(func() error {
		if next, err = s.switches.Load().patched(patch); err != nil {
			return badControl(err)
		}
		if err := s.write(addJSON(journal.Batch(nil), opSwitches, next)); err != nil {
			return err
		}
		s.switches.Store(next)
		return nil
	})
	return next, err
}
