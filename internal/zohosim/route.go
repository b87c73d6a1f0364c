package zohosim

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// endpoint is what a method does on a path of the CRM API.
type endpoint struct {
	needs      func(*call) []scope
	cost       func(*call) int     // credits; nil: 1
	narrow     func(*call) bool    // under the narrower limit on concurrent calls; nil: no
	prepare    func(*call) *answer // reads the body, before any lock; may refuse
	moduleName func(*call) string  // COQL: the module is named in the body
	write      bool                // changes records or channels
	wrap       string              // what refusals are wrapped in, see switch write_error_wrapping; "": data
	unlocked   bool                // run takes the locks itself
	run        func(*call) answer  // holds Sim.mu
}

// route is a path below /crm/v8 with its methods. Parts in braces stand for anything.
type route struct {
	pattern string
	methods map[string]*endpoint
}

func always(scopes ...string) func(*call) []scope {
	var needs []scope
	for _, s := range scopes {
		needs = append(needs, need(s))
	}
	return func(*call) []scope { return needs }
}

// onModule needs operations on the call's module, and further scopes.
func onModule(ops []string, further ...string) func(*call) []scope {
	return func(c *call) []scope {
		var needs []scope
		for _, op := range ops {
			needs = append(needs, need("ZohoCRM.modules."+c.module.scope()+"."+op))
		}
		for _, s := range further {
			needs = append(needs, need(s))
		}
		return needs
	}
}

func yes(*call) bool { return true }

func costs(n int) func(*call) int { return func(*call) int { return n } }

// routes lists the CRM API, special paths before general ones.
func routes() []route {
	return slices.Concat(workRoutes(), preferenceRoutes(), compositeRoutes(), schemaRoutes(), pickListRoutes(), viewRoutes(), specialRoutes(), moduleRoutes())
}

// specialRoutes are people, queries, conversion and notifications.
func specialRoutes() []route {
	get := func(scopeName string, run func(*call) answer) map[string]*endpoint {
		return map[string]*endpoint{http.MethodGet: {needs: always(scopeName), run: run}}
	}
	return []route{
		{"users", get("ZohoCRM.users.READ", (*call).listUsers)},
		{"users/{name}", get("ZohoCRM.users.READ", (*call).oneUser)},
		{"org", get("ZohoCRM.org.READ", (*call).oneOrg)},
		{"coql", map[string]*endpoint{http.MethodPost: {
			needs: (*call).coqlNeeds, prepare: (*call).parseCOQL, moduleName: (*call).coqlModule,
			cost: (*call).coqlCost, narrow: yes, run: (*call).runCOQL,
		}}},
		{"{module}/{id}/actions/convert", map[string]*endpoint{http.MethodPost: {
			needs: (*call).conversionScopes, prepare: (*call).parseItems, cost: costs(5), narrow: yes, write: true,
			run: (*call).convertLead,
		}}},
		{"{module}/{id}/__conversion_options", get("ZohoCRM.modules.leads.READ", (*call).conversionOptions)},
		{"actions/watch", map[string]*endpoint{
			http.MethodGet: {needs: always("ZohoCRM.notifications.READ"), run: (*call).listWatch},
			http.MethodPost: {
				needs: onWatched("CREATE"), prepare: (*call).parseWatch, write: true, wrap: "watch", run: (*call).enableWatch,
			},
			http.MethodPut: {
				needs: onWatched("UPDATE"), prepare: (*call).parseWatch, write: true, wrap: "watch", run: (*call).updateWatch,
			},
			http.MethodPatch: {
				needs: onWatched("UPDATE"), prepare: (*call).parseWatch, write: true, wrap: "watch", run: (*call).patchWatch,
			},
			http.MethodDelete: {
				needs: always("ZohoCRM.notifications.DELETE"), write: true, wrap: "watch", run: (*call).disableWatch,
			},
		}},
	}
}

// moduleRoutes are the records of any module.
func moduleRoutes() []route {
	read, create, update, remove := []string{"READ"}, []string{"CREATE"}, []string{"UPDATE"}, []string{"DELETE"}
	return []route{
		{"{module}/{id}/actions/cancel", map[string]*endpoint{http.MethodPost: {
			needs: onModule(update), write: true, run: (*call).cancelEvent,
		}}},
		{"{module}/upsert", map[string]*endpoint{http.MethodPost: {
			needs: onModule([]string{"CREATE", "UPDATE"}), prepare: (*call).parseItems, cost: (*call).writeCost,
			narrow: (*call).manyItems, write: true, run: (*call).upsert,
		}}},
		{"{module}/deleted", map[string]*endpoint{http.MethodGet: {
			needs: onModule(read), cost: costs(2), run: (*call).listDeleted,
		}}},
		{"{module}/bulk/search", map[string]*endpoint{http.MethodPost: {
			needs: onModule(read, "ZohoSearch.securesearch.READ"), prepare: (*call).parseSearch, cost: (*call).searchCost,
			narrow: yes, run: (*call).search,
		}}},
		{"{module}/search", map[string]*endpoint{http.MethodGet: {
			needs: onModule(read, "ZohoSearch.securesearch.READ"), cost: (*call).searchCost, narrow: yes, run: (*call).search,
		}}},
		{"{module}/actions/count", map[string]*endpoint{http.MethodGet: {needs: onModule(read), run: (*call).count}}},
		{"{module}", map[string]*endpoint{
			http.MethodGet: {
				needs: onModule(read), cost: (*call).listCost, narrow: (*call).sortedList, run: (*call).list,
			},
			http.MethodPost: {
				needs: onModule(create), prepare: (*call).parseItems, cost: (*call).writeCost, narrow: (*call).manyItems,
				write: true, run: (*call).insert,
			},
			http.MethodPut: {
				needs: onModule(update), prepare: (*call).parseItems, cost: (*call).writeCost, narrow: (*call).manyItems,
				write: true, run: (*call).update,
			},
			http.MethodDelete: {needs: onModule(remove), cost: (*call).deleteCost, write: true, run: (*call).deleteMany},
		}},
		{"{module}/{id}", map[string]*endpoint{
			http.MethodGet:    {needs: onModule(read), run: (*call).get},
			http.MethodPut:    {needs: onModule(update), prepare: (*call).parseItems, write: true, run: (*call).updateOne},
			http.MethodDelete: {needs: onModule(remove), write: true, run: (*call).deleteOne},
		}},
		{"{module}/{id}/{list}", map[string]*endpoint{
			http.MethodGet: {needs: onModule(read), run: (*call).related},
			http.MethodPut: {
				needs: onModule(update), prepare: (*call).parseItems, cost: (*call).writeCost, narrow: (*call).manyItems,
				write: true, run: (*call).relate,
			},
			http.MethodDelete: {needs: onModule(remove), cost: (*call).deleteCost, write: true, run: (*call).unrelate},
		}},
		{"{module}/{id}/{list}/{related}", map[string]*endpoint{
			http.MethodGet: {needs: onModule(read), run: (*call).oneRelated},
			http.MethodPut: {
				needs: onModule(update), prepare: (*call).parseRelated, write: true, run: (*call).relateOne,
			},
			http.MethodDelete: {needs: onModule(remove), write: true, run: (*call).unrelateOne},
		}},
	}
}

// match compares a path with the pattern and gives the parts in braces.
func (rt route) match(path []string) (map[string]string, bool) {
	pattern := strings.Split(rt.pattern, "/")
	if len(pattern) != len(path) {
		return nil, false
	}
	args := map[string]string{}
	for i, p := range pattern {
		switch {
		case p[0] == '{' && path[i] != "":
			args[p[1:len(p)-1]] = path[i]
		case p != path[i]:
			return nil, false
		}
	}
	return args, true
}

// find chooses the endpoint of the call.
func (c *call) find() *answer {
	routes := c.listener.routes
	rest, ok := strings.CutPrefix(c.r.URL.EscapedPath(), "/crm/v8/")
	if !ok {
		routes = c.listener.bulk
		rest, ok = strings.CutPrefix(c.r.URL.EscapedPath(), "/crm/bulk/v8/")
	}
	path := strings.Split(rest, "/")
	for i, p := range path {
		plain, err := url.PathUnescape(p)
		ok = ok && err == nil
		path[i] = plain
	}
	bad := invalidURL()
	if !ok {
		return &bad
	}
	for _, rt := range routes {
		args, ok := rt.match(path)
		if !ok || reserved(path[0]) && strings.HasPrefix(rt.pattern, "{module}") || args["list"] == "actions" || args["id"] == "actions" {
			continue // the general patterns also fit words that are none of their parts
		}
		c.args, c.route, c.pattern = args, rt.methods[c.r.Method], rt.pattern
		if c.route == nil {
			a := refuse("INVALID_REQUEST_METHOD", "The http request method type is not a valid one", details{
				"resource_path_index": 0,
			})
			return &a
		}
		return nil
	}
	return &bad
}

// reserved tells the first parts of paths that are no modules.
func reserved(first string) bool {
	switch first {
	case "settings", "users", "org", "coql", "actions", "bulk", "features", "files", "__features":
		return true
	}
	return strings.HasPrefix(first, "__")
}
