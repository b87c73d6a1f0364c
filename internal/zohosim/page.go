package zohosim

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed static/sim.css
var stylesheet []byte

// templates are parsed once; they are the same for every simulator.
var templates = template.Must(template.ParseFS(templateFiles, "templates/*.html"))

const (
	rowsPerPage = 50
	pageTime    = "2006-01-02 15:04:05 UTC"
)

// page renders a template. Nothing is stored on the way, nothing may be framed or scripted.
func (l *listener) page(status int, name string, v any) answer {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, v); err != nil {
		return htmlPage(http.StatusInternalServerError, "Error", "The page could not be made.")
	}
	a := answer{status: status, kind: "text/html;charset=UTF-8", body: b.Bytes()}
	return a.with("Content-Security-Policy", pagePolicy).with("Cache-Control", "no-store").with("Referrer-Policy", "same-origin")
}

// pageRoutes serves the pages for people.
func (l *listener) pageRoutes(mux *http.ServeMux) {
	show := func(pattern string, h func(*http.Request) answer) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
			h(r).write(w)
		})
	}
	mux.HandleFunc("GET /_sim/site.css", func(w http.ResponseWriter, _ *http.Request) {
		answer{status: http.StatusOK, kind: "text/css;charset=UTF-8", body: stylesheet}.with("Cache-Control", "max-age=300").write(w)
	})
	mux.Handle("GET /_sim", http.RedirectHandler("/_sim/", http.StatusSeeOther))
	show("GET /_sim/{$}", l.overviewPage)
	show("POST /_sim/page/tools", l.useTool)
	show("GET /_sim/page/tokens", l.tokensPage)
	show("POST /_sim/page/tokens", l.endTokens)
	show("GET /_sim/page/watch", l.watchPage)
	show("POST /_sim/page/watch", l.breakChannel)
	show("GET /_sim/page/faults", l.faultsPage)
	show("POST /_sim/page/faults", l.changeFaults)
	show("GET /_sim/page/switches", l.switchesPage)
	show("POST /_sim/page/switches", l.flipSwitches)
	show("GET /_sim/week", l.firstWeek)
	show("GET /_sim/week/{org}", l.weekPage)
	show("POST /_sim/week/{org}/{id}", l.moveEvent)
	show("GET /_sim/page/{org}/{module}", l.modulePage)
	show("GET /_sim/page/{org}/{module}/new", l.newPage)
	show("POST /_sim/page/{org}/{module}/new", l.createRecord)
	show("GET /_sim/page/{org}/{module}/{id}", l.recordPage)
	show("POST /_sim/page/{org}/{module}/{id}", l.saveRecord)
	show("POST /_sim/page/{org}/{module}/{id}/cancel", l.cancelRecord)
	show("POST /_sim/page/{org}/{module}/{id}/delete", l.deleteRecord)
}

// frame is what every page has around it.
type frame struct {
	Title    string
	Location string
	Now      string
	Here     string // address of the page among those in the bar
	Done     string // what was just done
}

func (l *listener) frame(r *http.Request, title string) frame {
	f := frame{Title: title, Location: l.location, Now: l.sim.clock().UTC().Format(pageTime), Here: r.URL.Path}
	f.Done = map[string]string{
		"saved": "Saved.", "created": "Record created.", "deleted": "Record deleted.", "cancelled": "Meeting cancelled.",
		"expired": "Access tokens expired.", "revoked": "Refresh tokens revoked, with their access tokens.", "advanced": "Clock moved.",
		"added": "Fault added.", "removed": "Fault removed.", "cleared": "Faults removed.", "reset": "Started over.",
		"flipped": "Switches changed.", "defaults": "All switches are at their defaults.", "moved": "Meeting changed.",
		"ended": "Channel expired.", "muted": "Channel muted.",
	}[r.URL.Query().Get("done")]
	return f
}

// overview is the first page.
type overview struct {
	frame
	Orgs    []orgView
	Calls   []callView
	Credits int
	Changed int // switches away from their defaults
	Faults  int
	Live    int // access tokens
	Watched int // channels
}

type orgView struct {
	Name, Zgid, Zone string
	Users            []string
	Modules          []moduleView
	Used, Ceiling    int // credits of the rolling day
}

type moduleView struct {
	API, Plural string
	Records     int
}

type callView struct {
	Call  string
	Times int
}

func (l *listener) overviewPage(r *http.Request) answer {
	v := overview{frame: l.frame(r, "Zoho simulator")}
	sw, minute := l.sim.switches.Load(), l.sim.clock().Unix()/60
	l.sim.mu.RLock()
	for _, o := range l.sim.orgs {
		v.Orgs = append(v.Orgs, o.overview(creditCeiling(sw, len(o.users))))
	}
	v.Watched = len(l.sim.channelViews())
	l.sim.mu.RUnlock()
	l.sim.meter.mu.Lock()
	v.Credits = l.sim.meter.credits
	for i := range v.Orgs {
		v.Orgs[i].Used = l.sim.meter.windowOf(i).used(minute)
	}
	for call, n := range l.sim.meter.calls {
		v.Calls = append(v.Calls, callView{call, n})
	}
	l.sim.meter.mu.Unlock()
	slices.SortFunc(v.Calls, func(a, b callView) int { return strings.Compare(a.Call, b.Call) })
	l.sim.faults.mu.Lock()
	v.Faults = len(l.sim.faults.list)
	l.sim.faults.mu.Unlock()
	l.sim.accounts.mu.Lock()
	v.Live = l.sim.accounts.live(l.sim.clock().UnixMilli())
	l.sim.accounts.mu.Unlock()
	for _, s := range sw.views() {
		if s.Changed {
			v.Changed++
		}
	}
	return l.page(http.StatusOK, "overview.html", v)
}

// overview says what the first page tells of an organization.
func (o *org) overview(ceiling int) orgView {
	v := orgView{Name: o.name, Zgid: o.zgid, Zone: o.zone, Ceiling: ceiling}
	for _, u := range o.users {
		v.Users = append(v.Users, u.name()+" <"+u.email+">")
	}
	for _, m := range o.modules {
		if m.apiSupported {
			v.Modules = append(v.Modules, moduleView{m.api, m.plural, len(m.table.rows)})
		}
	}
	return v
}

// useTool does what the buttons of the first page say.
func (l *listener) useTool(r *http.Request) answer {
	var err error
	done := r.FormValue("tool")
	switch done {
	case "advanced":
		minutes, bad := strconv.Atoi(r.FormValue("minutes"))
		if bad != nil || minutes < -1_000_000 || minutes > 1_000_000 {
			return htmlPage(http.StatusBadRequest, "Error", "Minutes must be a number from -1000000 to 1000000.")
		}
		err = l.sim.advance(time.Duration(minutes) * time.Minute)
	case "reset":
		err = l.sim.Reset("")
	default:
		return noSuchTool()
	}
	return l.toolDone(err, "/_sim/?done="+done)
}

func noSuchTool() answer { return htmlPage(http.StatusBadRequest, "Error", "There is no such tool.") }

// toolDone goes on to a page when what a button says has been done.
func (l *listener) toolDone(err error, to string) answer {
	var ce controlError
	switch {
	case errors.As(err, &ce):
		return htmlPage(ce.status, "Error", template.HTMLEscapeString(ce.Error()))
	case err != nil:
		return htmlPage(http.StatusInternalServerError, "Error", "It could not be done.")
	}
	return seeOther(to)
}

func seeOther(to string) answer { return answer{status: http.StatusSeeOther}.with("Location", to) }

// place finds organization and module of a page; the caller holds Sim.mu.
func (l *listener) place(r *http.Request) (*org, *module) {
	for _, o := range l.sim.orgs {
		if o.zgid == r.PathValue("org") {
			if m := o.byAPI[r.PathValue("module")]; m != nil && m.apiSupported {
				return o, m
			}
		}
	}
	return nil, nil
}

func pageNotFound() answer {
	return htmlPage(http.StatusNotFound, "Not found", "There is no such page. <a href=\"/_sim/\">Back to the simulator</a>")
}

// modulePageView is the table of a module's records.
type modulePageView struct {
	frame
	Org, Zgid, API, Plural, Singular string
	Query                            string
	Columns                          []string
	Rows                             []rowView
	Page                             int
	Before, After                    string // addresses of the pages around; "" for none
	Total                            int
}

type rowView struct {
	ID, Name  string
	Cancelled bool
	Values    []string
}

// modulePage lists records, the last changed first, fifty at a time.
func (l *listener) modulePage(r *http.Request) answer {
	l.sim.mu.RLock()
	defer l.sim.mu.RUnlock()
	o, m := l.place(r)
	if m == nil {
		return pageNotFound()
	}
	v := modulePageView{
		frame: l.frame(r, m.plural), Org: o.name, Zgid: o.zgid, API: m.api, Plural: m.plural, Singular: m.singular,
		Query: strings.TrimSpace(r.URL.Query().Get("q")), Total: len(m.table.rows),
	}
	v.Page, _ = strconv.Atoi(r.URL.Query().Get("page"))
	v.Page = max(1, min(v.Page, 1_000_000))
	fields := m.columns()
	for _, f := range fields {
		v.Columns = append(v.Columns, f.label)
	}
	wanted := newNeedle(v.Query)
	skip, more := (v.Page-1)*rowsPerPage, false
	for e := range m.table.byModified.between(firstEntry, lastEntry, true) {
		if v.Query != "" && !m.mentions(e.rec, wanted) {
			continue
		}
		if skip--; skip >= 0 {
			continue
		}
		if more = len(v.Rows) == rowsPerPage; more {
			break
		}
		row := rowView{ID: formatID(e.rec.id), Name: displayName(m, e.rec), Cancelled: isTrue(m, e.rec, cancelledField)}
		for _, f := range fields {
			row.Values = append(row.Values, o.words(m, e.rec, f))
		}
		v.Rows = append(v.Rows, row)
	}
	at := func(page int) string {
		return "?" + url.Values{"q": {v.Query}, "page": {strconv.Itoa(page)}}.Encode()
	}
	if v.Page > 1 {
		v.Before = at(v.Page - 1)
	}
	if more {
		v.After = at(v.Page + 1)
	}
	return l.page(http.StatusOK, "module.html", v)
}

// mentions tells whether any text of a record contains a word.
func (m *module) mentions(r *record, word needle) bool {
	return slices.ContainsFunc(r.cells, func(c cell) bool { return c.kind == kindText && word.in(c.str) })
}

// columns chooses up to five short fields for the table beside the record's name.
func (m *module) columns() []*field {
	wanted := []string{
		"Start_DateTime", "End_DateTime", "Who_Id", "What_Id", "Email", "Phone", "Company", "Lead_Status", "Stage", "Amount",
		"Due_Date", "Status", "Account_Name",
	}
	var out []*field
	for _, api := range wanted {
		if f := m.byAPI[api]; f != nil && f != m.display {
			out = append(out, f)
		}
	}
	for _, f := range m.fields {
		if f.custom && f.kind != kindJSON && f.dataType != "textarea" && f != m.display {
			out = append(out, f)
		}
	}
	out = slices.Compact(out)
	out = out[:min(len(out), 4)]
	for _, api := range []string{"Owner", "Modified_Time"} {
		if f := m.byAPI[api]; f != nil {
			out = append(out, f)
		}
	}
	return out
}

// words gives a value as people read it, instants in the organization's zone.
func (o *org) words(m *module, r *record, f *field) string {
	c, ok := valueOf(m, r, f)
	if !ok {
		return ""
	}
	switch c.kind {
	case kindInt:
		return formatID(c.num)
	case kindFloat:
		return strconv.FormatFloat(c.float(), 'f', -1, 64)
	case kindBool:
		return map[int64]string{1: "yes", 0: "no"}[c.num]
	case kindTime:
		return time.Unix(c.num, 0).In(o.place).Format("Mon 2006-01-02 15:04 MST")
	case kindDay:
		return formatDay(c.num)
	case kindRef:
		if f.dataType == "ownerlookup" || f.dataType == "userlookup" {
			if u := o.user(c.num); u != nil {
				return u.name()
			}
			return formatID(c.num)
		}
		if tm, tr := o.target(f, c); tr != nil {
			return displayName(tm, tr)
		}
		return formatID(c.num) + " (gone)"
	}
	return c.str
}
