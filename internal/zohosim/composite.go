package zohosim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Limits of a composite request. Source: Zoho CRM v8, "Composite API".
const (
	maxSubRequests   = 5
	compositeRecords = 25 // of a sub-request that reads
	compositeVersion = 8
	compositeKey     = "__composite_requests"
)

var (
	subIDForm   = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_]*$`)
	subURIForm  = regexp.MustCompile(`^/crm(/.*)?/v([0-9]+)([.][0-9]+)?/.*$`)
	subMethods  = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch}
	barredHeads = []string{"authorization", "x-crm-org"}
)

// compositeServices are the patterns of paths that sub-requests may have.
var compositeServices = []string{
	"org", "users", "users/{name}", "coql", "settings/modules", "settings/modules/{name}", "settings/fields", "settings/fields/{name}",
	"settings/layouts", "settings/layouts/{name}", "settings/related_lists", "settings/roles", "settings/roles/{name}",
	"settings/profiles", "settings/profiles/{name}", "{module}", "{module}/{id}", "{module}/upsert", "{module}/deleted",
	"{module}/search", "{module}/actions/count", "{module}/{id}/actions/convert", "{module}/{id}/{list}",
}

// composite is the body of a composite request.
type composite struct {
	rollback, parallel bool
	subs               []*subRequest
}

// subRequest is one of its requests, and what became of it.
type subRequest struct {
	index                 int
	id, method, uri       string
	params, headers, body any
	refers                []string // ids of others whose answers it uses
	wrong                 *problem // why it was not carried out
	answer                *answer
	failed                bool // its answer is an error
}

func (s *subRequest) path(name string) string {
	return fmt.Sprintf("$.%s[%d].%s", compositeKey, s.index, name)
}

func (s *subRequest) refuse(code, message, name string, more details) {
	if s.wrong == nil {
		d := details{"api_name": name, "json_path": s.path(name)}
		maps.Copy(d, more)
		s.wrong = &problem{code, message, d}
	}
}

// compositeRoutes lists the call that holds others.
func compositeRoutes() []route {
	return []route{{compositeKey, map[string]*endpoint{http.MethodPost: {
		needs: always("ZohoCRM.composite_requests.CUSTOM"), prepare: (*call).parseComposite, unlocked: true, run: (*call).runComposite,
	}}}}
}

// parseComposite reads the body. What is wrong with a single sub-request only keeps that one from being carried out.
func (c *call) parseComposite() *answer {
	dec := json.NewDecoder(bytes.NewReader(c.body))
	dec.UseNumber()
	var top map[string]any
	err := dec.Decode(&top)
	if _, rest := dec.Token(); err != nil || rest != io.EOF {
		a := refuse("INVALID_DATA", "body", details{"expected_data_type": "jsonobject"})
		return &a
	}
	s := &shape{path: "$", item: top}
	body := &composite{rollback: s.flag("rollback_on_fail", false)}
	key := c.sw.CompositeParallelKey
	body.parallel = !body.rollback
	if s.has(key, false) {
		body.parallel = s.flag(key, false)
	}
	list := s.list(compositeKey, true)
	if len(list) > maxSubRequests {
		s.invalid(compositeKey, details{"maximum_length": maxSubRequests})
	}
	if s.wrong == nil && body.rollback && body.parallel {
		s.wrong = &problem{"AMBIGUITY_DURING_PROCESSING", "rollback_on_fail and " + key + " cannot both be true", details{
			"ambiguity_due_to": []details{
				{"api_name": "rollback_on_fail", "json_path": "$.rollback_on_fail"}, {"api_name": key, "json_path": "$." + key},
			},
		}}
	}
	if s.wrong != nil {
		a := s.wrong.answer(http.StatusBadRequest)
		return &a
	}
	for i, v := range list {
		body.subs = append(body.subs, readSubRequest(i, v, body.subs))
	}
	if c.sw.CompositeReferences == "resolve" {
		for _, sub := range body.subs {
			sub.refers = references(sub.uri, sub.params, sub.headers, sub.body)
		}
	}
	c.ready = body
	return nil
}

// readSubRequest reads one of the requests; before are those above it.
func readSubRequest(index int, v any, before []*subRequest) *subRequest {
	sub := &subRequest{index: index}
	item, ok := v.(map[string]any)
	if !ok {
		sub.wrong = &problem{"INVALID_DATA", "invalid data", details{
			"api_name": compositeKey, "json_path": fmt.Sprintf("$.%s[%d]", compositeKey, index), "expected_data_type": "jsonobject",
		}}
		return sub
	}
	s := &shape{path: fmt.Sprintf("$.%s[%d]", compositeKey, index), item: item}
	sub.id, sub.method, sub.uri = s.text("sub_request_id", false, 100), s.word("method", true, subMethods...), s.text("uri", true, 2048)
	if sub.id != "" && !subIDForm.MatchString(sub.id) {
		s.invalid("sub_request_id", details{"regex": "[a-zA-Z0-9][a-zA-Z0-9_]*"})
	}
	for _, other := range before {
		if sub.id != "" && other.id == sub.id {
			s.refuse("DUPLICATE_DATA", "duplicate data", "sub_request_id", details{"sub_request_indexes": []int{other.index, index}})
		}
	}
	parts := subURIForm.FindStringSubmatch(sub.uri)
	if s.wrong == nil && parts == nil {
		s.invalid("uri", details{"regex": "/crm(/.*)?/v[0-9]+([.][0-9]+)?/.*"})
	}
	if s.wrong == nil {
		if version, _ := strconv.Atoi(parts[2]); version > compositeVersion {
			s.wrong = &problem{"NOT_ALLOWED", "the version of the sub request is higher", details{
				"sub_request_version": version, "composite_request_version": compositeVersion,
			}}
		}
	}
	for name, into := range map[string]*any{"params": &sub.params, "headers": &sub.headers, "body": &sub.body} {
		if s.has(name, false) {
			if *into = item[name]; asObject(*into) == nil {
				s.invalid(name, details{"expected_data_type": "jsonobject"})
			}
		}
	}
	for name := range asObject(sub.headers) {
		if slices.Contains(barredHeads, strings.ToLower(name)) {
			s.invalid("headers", details{"restricted_headers": barredHeads})
		}
	}
	sub.wrong = s.wrong
	return sub
}

// runComposite answers POST /__composite_requests. Source: Zoho CRM v8, "Composite API".
func (c *call) runComposite() answer {
	body := c.ready.(*composite)
	if body.rollback {
		return c.runTogether(body)
	}
	done := 0
	for _, sub := range body.order() {
		c.carryOut(sub, body, false)
		if sub.answer != nil {
			done++
		}
	}
	switch done {
	case len(body.subs):
		return body.results(http.StatusOK)
	case 0:
		return body.results(http.StatusBadRequest)
	}
	return body.results(http.StatusMultiStatus)
}

// runTogether carries all of them out as one change: none stays when one fails.
func (c *call) runTogether(body *composite) answer {
	c.sim.mu.Lock()
	defer c.sim.mu.Unlock()
	together := c.sim.begin()
	c.sim.together = together
	failed := slices.IndexFunc(body.subs, func(sub *subRequest) bool {
		c.carryOut(sub, body, true)
		return sub.wrong != nil || sub.failed
	})
	c.sim.together = nil
	if failed < 0 {
		if err := together.commit(); err != nil {
			return internalError()
		}
		if c.sw.CompositeCredits == "one_or_two" {
			c.spent++
		}
		return body.results(http.StatusOK)
	}
	together.rollback()
	for i, sub := range body.subs {
		code := "ROLLBACK_PERFORMED"
		if i > failed {
			code = "PROCESSING_STOPPED"
		}
		if i != failed {
			sub.wrong = &problem{
				code, "the transaction was rolled back since another sub request in the same transaction failed.",
				details{"rollbacked_by_sub_request_index": failed},
			}
		}
	}
	return body.results(http.StatusBadRequest)
}

// results is the answer: what each sub-request was answered, or why it was not carried out.
func (b *composite) results(status int) answer {
	out := make([]envelope, len(b.subs))
	for i, sub := range b.subs {
		if sub.wrong != nil {
			out[i] = sub.wrong.envelope()
			continue
		}
		var inner any
		if len(sub.answer.body) > 0 {
			inner = rawJSON(sub.answer.body)
		}
		headers := map[string]string{"content-type": "application/json;charset=utf-8"}
		for name := range sub.answer.header {
			headers[name] = sub.answer.header.Get(name)
		}
		out[i] = success("composite sub request executed successfully", details{"response": map[string]any{
			"status_code": sub.answer.status, "headers": headers, "body": inner,
		}})
	}
	return jsonAnswer(status, map[string]any{compositeKey: out})
}

// carryOut makes a call of a sub-request and keeps its answer. locked tells that Sim.mu is held for all of them.
func (c *call) carryOut(sub *subRequest, body *composite, locked bool) {
	if sub.wrong == nil {
		body.resolve(sub)
	}
	if sub.wrong != nil {
		return
	}
	inner, err := c.inner(sub, locked)
	if err != nil {
		sub.refuse("INVALID_DATA", "invalid data", "uri", nil)
		return
	}
	a := inner.serveInner(sub)
	if sub.wrong != nil {
		return
	}
	a = inner.shaped(a)
	sub.answer, sub.failed = &a, a.status >= http.StatusBadRequest || refusedItems(a.body)
}

// refusedItems tells whether an answer reports items that were refused.
func refusedItems(body []byte) bool {
	var v struct {
		Data []struct {
			Status string `json:"status"`
		} `json:"data"`
	}
	return json.Unmarshal(body, &v) == nil && slices.ContainsFunc(v.Data, func(item struct {
		Status string `json:"status"`
	},
	) bool {
		return item.Status == "error"
	})
}

// inner makes the call of a sub-request: the token and the connection are the composite's.
func (c *call) inner(sub *subRequest, locked bool) (*call, error) {
	target, err := url.Parse(sub.uri)
	if err != nil {
		return nil, err
	}
	q := target.Query()
	for name, v := range asObject(sub.params) {
		q.Set(name, fmt.Sprint(v))
	}
	if sub.method == http.MethodGet && c.sw.CompositeLimits == "enforce" && !q.Has("per_page") {
		q.Set("per_page", strconv.Itoa(compositeRecords))
	}
	target.RawQuery = q.Encode()
	var content []byte
	if sub.body != nil {
		if content, err = json.Marshal(sub.body); err != nil {
			return nil, err
		}
	}
	r, err := http.NewRequestWithContext(c.r.Context(), sub.method, target.String(), bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	r.Host = c.r.Host
	for name, v := range asObject(sub.headers) {
		r.Header.Set(name, fmt.Sprint(v))
	}
	return &call{
		sim: c.sim, listener: c.listener, r: r, query: q, sw: c.sw, now: c.now, token: c.token, user: c.user, body: content,
		within: c, locked: locked,
	}, nil
}

// serveInner is serve for a sub-request: what came with the composite is checked already, and it counts only under the narrower
// limit on concurrent calls.
func (c *call) serveInner(sub *subRequest) answer {
	if refused := c.find(); refused != nil {
		return *refused
	}
	bulkDelete := c.r.Method == http.MethodDelete && c.pattern == "{module}"
	if !slices.Contains(compositeServices, c.pattern) || bulkDelete {
		sub.wrong = &problem{"NOT_SUPPORTED", "the API is not supported in composite requests", details{
			"allowed_services": compositeServices,
		}}
		return answer{}
	}
	if c.route.prepare != nil {
		if refused := c.route.prepare(c); refused != nil {
			return *refused
		}
	}
	if refused := c.compositeLimits(); refused != nil {
		return *refused
	}
	if refused := c.permitted(); refused != nil {
		return *refused
	}
	cost := 0
	if c.sw.CompositeCredits == "sub_requests" {
		if cost = 1; c.route.cost != nil {
			cost = c.route.cost(c)
		}
	}
	leave, refused := c.sim.enter(c, cost, c.route.narrow != nil && c.route.narrow(c))
	if refused != nil {
		return *refused
	}
	defer leave()
	c.within.spent += cost
	return c.run()
}

// compositeLimits refuses sub-requests for more records than they may have: one to write, 25 to read.
func (c *call) compositeLimits() *answer {
	by, limit, exceeded := "per_page", compositeRecords, false
	perPage, _ := strconv.Atoi(c.query.Get("per_page"))
	switch ready := c.ready.(type) {
	case *writeBody:
		by, limit, exceeded = "data", 1, len(ready.items) > 1
	case coqlAsk:
		by, exceeded = "limit", ready.Limit > compositeRecords
	default:
		exceeded = perPage > compositeRecords
	}
	if !exceeded || c.sw.CompositeLimits == "ignore" {
		return nil
	}
	a := refuse("LIMIT_EXCEEDED", "limit exceeded", details{"by": by, "limit": limit})
	return &a
}
