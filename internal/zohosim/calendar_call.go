package zohosim

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"heavyset.tech/platform/internal/zohosim/calendar"
)

// calendarPath is where the paths of Zoho Calendar API v1 begin.
const calendarPath = "/api/v1/"

// calendarCall is one request to Zoho Calendar on its way.
type calendarCall struct {
	sim      *Sim
	listener *listener
	r        *http.Request
	query    url.Values
	args     map[string]string // parts of the path by their name in the pattern
	sw       *switches
	now      time.Time
	token    *token
	user     *user

	// Set while the call holds Sim.mu.
	diary    *diary
	calendar *calendar.Calendar
}

// calendarEndpoint is what a method does on a path of Zoho Calendar.
type calendarEndpoint struct {
	scope string
	write bool // changes a calendar
	run   func(*calendarCall) answer
}

// calendarRoute is a path below /api/v1 with its methods.
type calendarRoute struct {
	pattern string
	methods map[string]calendarEndpoint
}

// calendarRoutes lists Zoho Calendar's API, special paths before general ones.
func calendarRoutes() []calendarRoute {
	read := func(scope string, run func(*calendarCall) answer) map[string]calendarEndpoint {
		return map[string]calendarEndpoint{http.MethodGet: {scope: scope, run: run}}
	}
	return []calendarRoute{
		{"calendars", read("ZohoCalendar.calendar.READ", (*calendarCall).listCalendars)},
		{"calendars/freebusy", read("ZohoCalendar.freebusy.READ", (*calendarCall).freeBusy)},
		{"calendars/{calendar}", read("ZohoCalendar.calendar.READ", (*calendarCall).oneCalendar)},
		{"calendars/{calendar}/search", read("ZohoCalendar.search.READ", (*calendarCall).searchEvents)},
		{"calendars/{calendar}/events", map[string]calendarEndpoint{
			http.MethodGet:  {scope: "ZohoCalendar.event.READ", run: (*calendarCall).listEvents},
			http.MethodPost: {scope: "ZohoCalendar.event.CREATE", write: true, run: (*calendarCall).createEvent},
		}},
		{"calendars/{calendar}/events/{event}", map[string]calendarEndpoint{
			http.MethodGet:    {scope: "ZohoCalendar.event.READ", run: (*calendarCall).oneEvent},
			http.MethodPut:    {scope: "ZohoCalendar.event.UPDATE", write: true, run: (*calendarCall).replaceEvent},
			http.MethodPatch:  {scope: "ZohoCalendar.event.UPDATE", write: true, run: (*calendarCall).patchEvent},
			http.MethodDelete: {scope: "ZohoCalendar.event.DELETE", write: true, run: (*calendarCall).deleteEvent},
		}},
		{"calendars/{calendar}/events/{event}/byinstance", read("ZohoCalendar.event.READ", (*calendarCall).listInstances)},
	}
}

// calendarUID tells whether a part of a path is the uid of a calendar or event.
func calendarUID(parts []string, i int) bool {
	if len(parts) < 5 || parts[1] != "api" || parts[3] != "calendars" || parts[i] == "" {
		return false
	}
	return i == 4 && parts[4] != "freebusy" || i == 6 && parts[5] == "events"
}

// calendar answers a call to Zoho Calendar. It costs no credits of the CRM.
func (l *listener) calendar(r *http.Request) answer {
	c := &calendarCall{sim: l.sim, listener: l, r: r, query: r.URL.Query(), sw: l.sim.switches.Load(), now: l.sim.clock()}
	if refused := c.authenticate(); refused != nil {
		return *refused
	}
	endpoint, refused := c.find()
	if refused != nil {
		return *refused
	}
	if !satisfied(c.token.scopes, []scope{need(endpoint.scope)}) {
		return c.scopeMissing()
	}
	if refused := c.limited(); refused != nil {
		return *refused
	}
	form := formParams(r) // reads the body before any lock
	if c.sw.CalendarFormBody == "accept" {
		c.query = form
	}
	if endpoint.write {
		l.sim.mu.Lock()
		defer l.sim.mu.Unlock()
	} else {
		l.sim.mu.RLock()
		defer l.sim.mu.RUnlock()
	}
	return c.run(endpoint)
}

// run carries the call out while Sim.mu is held.
func (c *calendarCall) run(endpoint calendarEndpoint) answer {
	if c.sim.orgs[c.user.org.index] != c.user.org {
		return badOAuthToken() // a reset came between
	}
	c.now, c.diary = c.sim.clock(), c.sim.diary(c.user)
	if uid, named := c.args["calendar"]; named {
		if c.calendar = c.diary.find(uid); c.calendar == nil {
			return c.notFound("calendar")
		}
		if c.calendar == c.diary.CRM && endpoint.scope != "ZohoCalendar.calendar.READ" {
			if !satisfied(c.token.scopes, []scope{need("ZohoCRM.modules.events.READ")}) {
				return c.scopeMissing()
			}
		}
		if endpoint.write && c.calendar.Privilege != "owner" && c.calendar.Privilege != "edit" {
			return calendarError(http.StatusForbidden, "NO_PERMISSION", "The calendar can not be changed.")
		}
	}
	return endpoint.run(c)
}

// calendarError is a refusal in the envelope of Zoho Calendar.
func calendarError(status int, code, message string) answer {
	return jsonAnswer(status, map[string]any{"error": []any{map[string]string{"error_code": code, "message": message}}})
}

// coded is a refusal whose status and code a switch gives as one: "400 INVALID_ETAG".
func coded(reading, message string) answer {
	number, code, _ := strings.Cut(reading, " ")
	status, _ := strconv.Atoi(number)
	return calendarError(status, code, message)
}

// malformed refuses a value that has not the form it must have.
func malformed(name string) answer {
	return calendarError(http.StatusBadRequest, "PATTERN_NOT_MATCHED", "The value of "+name+" does not match its pattern.")
}

// missing refuses a call without a parameter or key that must be there.
func (c *calendarCall) missing(name string) answer {
	return calendarError(http.StatusBadRequest, c.sw.CalendarMissingKey, name+" is missing.")
}

func (c *calendarCall) notFound(what string) answer {
	return coded(c.sw.CalendarNotFound, "There is no such "+what+".")
}

func badOAuthToken() answer {
	return calendarError(http.StatusUnauthorized, "INVALID_OAUTHTOKEN", "The OAuth token is invalid.")
}

func (c *calendarCall) scopeMissing() answer {
	return calendarError(http.StatusUnauthorized, c.sw.CalendarScopeError, "The OAuth token does not have the scope.")
}

// authenticate finds the token; its scheme may be Zoho's own or Bearer.
func (c *calendarCall) authenticate() *answer {
	scheme, given, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	if scheme != "Zoho-oauthtoken" && scheme != "Bearer" {
		a := calendarError(http.StatusBadRequest, "INVALID_TICKET", "Invalid ticket.")
		return &a
	}
	if c.token, c.user = c.listener.holder(given); c.token == nil {
		a := badOAuthToken()
		return &a
	}
	return nil
}

// find chooses the endpoint of the call.
func (c *calendarCall) find() (calendarEndpoint, *answer) {
	path := strings.Split(strings.TrimPrefix(c.r.URL.Path, calendarPath), "/")
	for _, rt := range c.listener.calendarRoutes {
		args, ok := route{pattern: rt.pattern}.match(path)
		if !ok {
			continue
		}
		c.args = args
		if endpoint, ok := rt.methods[c.r.Method]; ok {
			return endpoint, nil
		}
		a := calendarError(http.StatusMethodNotAllowed, "INVALID_METHOD", "The method is not supported here.")
		return calendarEndpoint{}, &a
	}
	a := calendarStandard(http.StatusNotFound)
	return calendarEndpoint{}, &a
}

// calendarStandard is what Zoho Calendar says with a status.
func calendarStandard(status int) answer {
	switch status {
	case http.StatusNoContent, http.StatusNotModified:
		return answer{status: status}
	case http.StatusBadRequest:
		return calendarError(status, "PATTERN_NOT_MATCHED", "The value does not match its pattern.")
	case http.StatusUnauthorized:
		return badOAuthToken()
	case http.StatusForbidden:
		return calendarError(status, "NO_PERMISSION", "Permission denied.")
	case http.StatusNotFound:
		return calendarError(status, "INVALID_URL_PATTERN", "There is nothing at this address.")
	case http.StatusTooManyRequests:
		return calendarError(status, "TOO_MANY_REQUESTS", "Too many requests.")
	}
	return calendarError(status, "INTERNAL_ERROR", http.StatusText(status))
}

// callRate counts each user's calls to Zoho Calendar in the present minute.
type callRate struct {
	mu     sync.Mutex
	minute int64
	calls  map[int64]int
}

func (c *callRate) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.minute, c.calls = 0, nil
}

// next counts a call and gives how many there were in its minute.
func (c *callRate) next(who, minute int64) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if minute != c.minute || c.calls == nil {
		c.minute, c.calls = minute, map[int64]int{}
	}
	c.calls[who]++
	return c.calls[who]
}

// limited refuses calls beyond switch calendar_calls_per_minute.
func (c *calendarCall) limited() *answer {
	n := c.sim.calendarCalls.next(c.user.id, c.now.Unix()/60)
	if c.sw.CalendarCallsPerMinute == 0 || n <= c.sw.CalendarCallsPerMinute {
		return nil
	}
	a := calendarStandard(http.StatusTooManyRequests)
	switch c.sw.CalendarRateLimitBody {
	case "html":
		a = htmlPage(http.StatusTooManyRequests, "Too Many Requests", "Please try again later.")
	case "empty":
		a = answer{status: http.StatusTooManyRequests}
	}
	if c.sw.CalendarRetryAfter {
		a = a.with("Retry-After", formatID(60-c.now.Unix()%60))
	}
	return &a
}

// reading gives the calendar's share of the switches.
func (sw *switches) reading() calendar.Reading {
	return calendar.Reading{
		AllDayEnd: sw.CalendarAllDayEnd, Transparent: sw.CalendarTransparent, OffsetAndZone: sw.CalendarOffsetAndZone,
		InstanceTimes: sw.CalendarInstanceTimes, InstanceTransparency: sw.CalendarInstanceTransparency,
		ListAttendees: sw.CalendarListAttendees, YearlyEnd: sw.CalendarYearlyEnd, FreeBusyAllDay: sw.FreebusyAllDay,
	}
}
