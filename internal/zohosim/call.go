package zohosim

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// call is one request to the CRM API on its way.
type call struct {
	sim      *Sim
	listener *listener
	r        *http.Request
	query    url.Values
	args     map[string]string // parts of the path by their name in the pattern
	route    *endpoint
	sw       *switches
	now      time.Time
	token    *token
	user     *user
	body     []byte
	ready    any    // what the endpoint's prepare made of the body
	pattern  string // of the path
	spent    int    // credits beyond those that were known before
	within   *call  // the composite that a sub-request came in; nil otherwise
	locked   bool   // Sim.mu is held for a whole composite

	// Set while the call holds Sim.mu.
	org    *org
	module *module
}

// crm answers a call under /crm/ and books it.
func (l *listener) crm(r *http.Request, before mishap) answer {
	c := &call{
		sim: l.sim, listener: l, r: r, query: r.URL.Query(), sw: l.sim.switches.Load(), now: l.sim.clock(),
	}
	credits := 0
	a := c.serve(before, &credits)
	index := 0
	if c.user != nil {
		index = c.user.org.index
	}
	l.sim.countCall(statKey(r.Method, r.URL.Path), index, credits)
	if c.user != nil {
		if left, tell := l.sim.remaining(c.user, c.now); tell {
			a = a.with("X-API-CREDITS-REMAINING", strconv.Itoa(left))
		}
	}
	return c.shaped(a)
}

// serve takes the call through the checks in Zoho's order: host, path, method, token, module, scope, limits; then runs it.
func (c *call) serve(before mishap, credits *int) answer {
	if hostProblem(c.r) {
		return refuse("INVALID_HOST", "The host name given seems to be invalid", nil)
	}
	if refused := c.find(); refused != nil {
		return *refused
	}
	if refused := c.authenticate(); refused != nil {
		return *refused
	}
	body, err := io.ReadAll(c.r.Body)
	if err != nil {
		return htmlPage(http.StatusRequestEntityTooLarge, "Request Entity Too Large", "The request is too large.")
	}
	c.body = body
	if c.route.prepare != nil {
		if refused := c.route.prepare(c); refused != nil {
			return *refused
		}
	}
	if refused := c.permitted(); refused != nil {
		return *refused
	}
	cost := 1
	if c.route.cost != nil {
		cost = c.route.cost(c)
	}
	leave, refused := c.sim.enter(c, cost, c.route.narrow != nil && c.route.narrow(c))
	if refused != nil {
		return *refused
	}
	defer leave()
	*credits = cost
	pause(c.r.Context(), before.delay)
	a := c.run()
	*credits += c.spent
	return a
}

// run carries the call out under the lock it needs.
func (c *call) run() answer {
	switch {
	case c.route.unlocked:
		return c.route.run(c)
	case c.locked:
	case c.route.write:
		c.sim.mu.Lock()
		defer c.sim.mu.Unlock()
	default:
		c.sim.mu.RLock()
		defer c.sim.mu.RUnlock()
	}
	if refused := c.resolve(); refused != nil {
		return *refused
	}
	c.now = c.sim.clock()
	return c.route.run(c)
}

func (c *call) authenticate() *answer {
	if !strings.HasPrefix(c.r.Header.Get("Authorization"), "Zoho-oauthtoken ") {
		a := problem{code: "AUTHENTICATION_FAILURE", message: "Authentication failed"}.answer(http.StatusUnauthorized)
		return &a
	}
	if c.token, c.user = c.listener.bearer(c.r); c.token == nil {
		return invalidToken()
	}
	return nil
}

func invalidToken() *answer {
	a := problem{code: "INVALID_TOKEN", message: "invalid oauth token"}.answer(http.StatusUnauthorized)
	return &a
}

// resolve finds organization and module again while Sim.mu is held: both may have been replaced since.
func (c *call) resolve() *answer {
	c.org = c.sim.orgs[c.user.org.index]
	if c.org != c.user.org {
		return invalidToken() // a reset came between
	}
	name := c.args["module"]
	if c.route.moduleName != nil {
		name = c.route.moduleName(c)
	}
	if name == "" {
		return nil
	}
	if c.module = c.moduleNamed(name); c.module == nil {
		return c.invalidModule()
	}
	return nil
}

// moduleNamed finds a module that the API shows; nil if there is none.
func (c *call) moduleNamed(api string) *module {
	m := c.org.byAPI[api]
	if m == nil || !m.apiSupported || c.lacks(m) {
		return nil
	}
	return m
}

// lacks tells whether the organization does without a module: those of the Services feature go with switch services_feature.
func (c *call) lacks(m *module) bool {
	return c.sw.ServicesFeature == "off" && (m.api == appointmentsModule || m.api == servicesModule || m.api == historyModule)
}

func (c *call) invalidModule() *answer {
	a := refuse("INVALID_MODULE", "the module name given seems to be invalid", details{"resource_path_index": 0})
	if c.route.moduleName != nil {
		a = refuse("INVALID_MODULE", "the given module is not supported in api", details{})
	}
	return &a
}

// permitted checks module and scope.
func (c *call) permitted() *answer {
	if !c.locked {
		c.sim.mu.RLock()
		defer c.sim.mu.RUnlock()
	}
	if refused := c.resolve(); refused != nil {
		return refused
	}
	if satisfied(c.token.scopes, c.route.needs(c)) {
		return nil
	}
	return c.scopeMismatch()
}

func (c *call) scopeMismatch() *answer {
	message := "invalid oauth scope to access this URL"
	if c.sw.ScopeMismatchMessage == "Unauthorized" {
		message = "Unauthorized"
	}
	a := problem{code: "OAUTH_SCOPE_MISMATCH", message: message}.answer(http.StatusUnauthorized)
	return &a
}

// shaped gives errors the form that switches ask for.
func (c *call) shaped(a answer) answer {
	if a.status < http.StatusBadRequest && a.status != http.StatusMultiStatus && a.status != http.StatusAccepted {
		return a
	}
	if a.kind == "" && c.route != nil && c.route.write && (c.args["module"] != "" || c.route.wrap != "") && a.status == http.StatusBadRequest &&
		c.sw.WriteErrorWrapping == "data" && bytes.HasPrefix(a.body, []byte(`{"code"`)) {
		wrap := c.route.wrap
		if wrap == "" {
			wrap = "data"
		}
		a.body = append(append([]byte(`{"`+wrap+`":[`), a.body...), "]}"...)
	}
	if !c.sw.ErrorJSONPath && a.kind == "" {
		a.body = withoutJSONPath(a.body)
	}
	return a
}

// withoutJSONPath takes json_path out of every object of a JSON text.
func withoutJSONPath(body []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return body
	}
	dropMember(v, "json_path")
	out, err := json.Marshal(v)
	if err != nil {
		return body
	}
	return out
}

func dropMember(v any, name string) {
	switch v := v.(type) {
	case map[string]any:
		delete(v, name)
		for _, child := range v {
			dropMember(child, name)
		}
	case []any:
		for _, child := range v {
			dropMember(child, name)
		}
	}
}

// integer reads a number from the query; missing is its default. Anything but a number from low to high is refused.
func (c *call) integer(name string, missing, low, high int) (int, *answer) {
	given := c.query.Get(name)
	if given == "" {
		return missing, nil
	}
	n, err := strconv.Atoi(given)
	if err != nil {
		a := refuse("INVALID_DATA", "the value given seems to be invalid", details{
			"param_name": name, "expected_data_type": "integer",
		})
		return 0, &a
	}
	if n < low || n > high {
		a := refuse("INVALID_DATA", "the value given seems to be invalid", details{
			"param_name": name, "range": details{"from": low, "to": high},
		})
		return 0, &a
	}
	return n, nil
}

// oneOf reads a word from the query; missing is its default.
func (c *call) oneOf(name, missing string, supported ...string) (string, *answer) {
	given := c.query.Get(name)
	if given == "" {
		return missing, nil
	}
	for _, s := range supported {
		if s == given {
			return s, nil
		}
	}
	a := refuse("INVALID_DATA", "the value given seems to be invalid", details{
		"param_name": name, "supported_values": supported,
	})
	return "", &a
}

func missingParam(name string) answer {
	return refuse("REQUIRED_PARAM_MISSING", "required param is missing", details{"param_name": name})
}

// since reads If-Modified-Since and its like: seconds since 1970, 0 without the header.
func (c *call) since(header string) (int64, *answer) {
	given := c.r.Header.Get(header)
	if given == "" {
		return 0, nil
	}
	at, ok := parseStamp(given, true)
	if !ok {
		a := refuse("INVALID_DATA", "the value given seems to be invalid", details{
			"header": header, "expected_data_type": "datetime",
		})
		return 0, &a
	}
	return at, nil
}
