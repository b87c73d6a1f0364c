package zohosim

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// recordPageView is a record with the form that changes it, or the form for a new one.
type recordPageView struct {
	frame
	Org, Zgid, API, Plural, Singular string
	ID, Name                         string
	New, Event, Cancelled            bool
	Zone                             string
	Inputs                           []input
	Facts                            [][2]string
	Problems                         []string
	Users                            []option // who edits
	Modules                          []option // for What_Id
}

// input is one field of the form.
type input struct {
	API, Label, Value, Kind, Problem string
	Required                         bool
	Limit                            int
	Options                          []option
	List                             string // id of the datalist of records
	Module                           string // of What_Id
	Hint                             string // what a lookup points at now
}

type option struct {
	Value, Label string
	Chosen       bool
}

// suggested is how many records a lookup suggests.
const suggested = 100

func (l *listener) newPage(r *http.Request) answer {
	l.sim.mu.RLock()
	defer l.sim.mu.RUnlock()
	o, m := l.place(r)
	if m == nil || !m.creatable {
		return pageNotFound()
	}
	return l.page(http.StatusOK, "record.html", l.recordView(r, o, m, nil, nil))
}

func (l *listener) recordPage(r *http.Request) answer {
	l.sim.mu.RLock()
	defer l.sim.mu.RUnlock()
	o, m := l.place(r)
	if m == nil {
		return pageNotFound()
	}
	rec := m.row(r.PathValue("id"))
	if rec == nil {
		return pageNotFound()
	}
	return l.page(http.StatusOK, "record.html", l.recordView(r, o, m, rec, nil))
}

func (m *module) row(id string) *record {
	n, _ := parseID(id)
	return m.table.rows[n]
}

// recordView fills the page; errs are what was wrong with the form just sent, whose values are then shown again.
func (l *listener) recordView(r *http.Request, o *org, m *module, rec *record, errs []problem) recordPageView {
	v := recordPageView{
		frame: l.frame(r, "New "+m.singular), Org: o.name, Zgid: o.zgid, API: m.api, Plural: m.plural, Singular: m.singular,
		New: rec == nil, Event: m.api == "Events", Zone: o.zone,
	}
	if rec != nil {
		v.ID, v.Name, v.Cancelled = formatID(rec.id), displayName(m, rec), isTrue(m, rec, cancelledField)
		v.Title = v.Name
	}
	for _, u := range o.users {
		v.Users = append(v.Users, option{formatID(u.id), u.name(), r.FormValue("as") == formatID(u.id)})
	}
	for _, f := range m.fields {
		switch {
		case m.typable(f, rec == nil):
			in := o.input(m, rec, f)
			if errs != nil {
				in.Value, in.Problem = r.FormValue("f."+f.api), problemOf(errs, f.api)
				for i := range in.Options {
					in.Options[i].Chosen = in.Options[i].Value == in.Value
				}
			}
			if f.api == "What_Id" {
				v.Modules = o.relatableModules(in.Module)
			}
			v.Inputs = append(v.Inputs, in)
		case rec != nil:
			if words := o.words(m, rec, f); words != "" {
				v.Facts = append(v.Facts, [2]string{f.label, words})
			}
		}
	}
	for _, p := range errs {
		api, _ := p.details["api_name"].(string)
		if m.byAPI[api] == nil {
			v.Problems = append(v.Problems, strings.TrimSpace(api+": "+p.message))
		}
	}
	return v
}

func problemOf(errs []problem, api string) string {
	for _, p := range errs {
		if p.details["api_name"] == api {
			return p.message + " (" + p.code + ")"
		}
	}
	return ""
}

// typable tells whether a person may type the field's value: what the API takes, too, and is no list.
func (m *module) typable(f *field, fresh bool) bool {
	writable := f.apiUpdate
	if fresh {
		writable = f.apiCreate
	}
	return writable && f.kind != kindJSON && f.dataType != "multi_module_lookup" && (f.sys == stored || f.sys == sysOwner)
}

// input makes the form's input of a field.
func (o *org) input(m *module, rec *record, f *field) input {
	in := input{API: f.api, Label: f.label, Required: f.mandatory, Kind: "text", Limit: f.length}
	var c cell
	has := false
	if rec != nil {
		c, has = valueOf(m, rec, f)
	}
	if has {
		in.Value = o.typed(f, c)
	}
	switch {
	case f.kind == kindBool:
		in.Kind = "checkbox"
	case f.kind == kindTime:
		in.Kind = "datetime-local"
	case f.kind == kindDay:
		in.Kind = "date"
	case f.kind == kindInt || f.kind == kindFloat:
		in.Kind = "number"
	case f.dataType == "textarea":
		in.Kind = "textarea"
	case f.dataType == "email":
		in.Kind = "email"
	case f.dataType == "ownerlookup" || f.dataType == "userlookup":
		in.Kind = "select"
		for _, u := range o.users {
			in.Options = append(in.Options, option{formatID(u.id), u.name(), has && c.num == u.id})
		}
	case f.kind == kindRef:
		in.Kind, in.List, in.Module = "lookup", "list-"+f.api, c.str
		in.Options = o.suggestions(f, c)
		if has {
			in.Hint = o.words(m, rec, f)
		}
	case len(f.picks) > 0:
		in.Kind = "select"
		in.Options = append(in.Options, option{"", "", !has})
		for _, p := range f.picks {
			in.Options = append(in.Options, option{p, p, has && c.str == p})
		}
	}
	return in
}

// typed gives a value as the input's own format has it.
func (o *org) typed(f *field, c cell) string {
	switch c.kind {
	case kindTime:
		return time.Unix(c.num, 0).In(o.place).Format("2006-01-02T15:04:05")
	case kindBool:
		return map[int64]string{1: "true"}[c.num]
	case kindDay:
		return formatDay(c.num)
	case kindInt, kindRef:
		return formatID(c.num)
	case kindFloat:
		return strings.TrimSpace(string(view{org: o, place: o.place}.appendCell(nil, f, c)))
	}
	return c.str
}

// suggestions lists the newest records that a lookup may point at.
func (o *org) suggestions(f *field, c cell) []option {
	api := c.str
	if api == "" && len(f.targets) > 0 {
		api = f.targets[0]
	}
	m := o.byAPI[api]
	if m == nil {
		return nil
	}
	var out []option
	for e := range m.table.byID.between(firstEntry, lastEntry, true) {
		if len(out) == suggested {
			break
		}
		out = append(out, option{formatID(e.id), displayName(m, e.rec), false})
	}
	return out
}

func (o *org) relatableModules(chosen string) []option {
	out := []option{{"", "", chosen == ""}}
	for _, m := range o.modules {
		if relatable(m) {
			out = append(out, option{m.api, m.singular, m.api == chosen})
		}
	}
	return out
}

// item turns the form into the JSON that the API would get: only what differs from the record.
func (o *org) item(m *module, rec *record, form url.Values) map[string]any {
	item := map[string]any{}
	for _, f := range m.fields {
		if !m.typable(f, rec == nil) {
			continue
		}
		given := strings.TrimSpace(strings.ReplaceAll(form.Get("f."+f.api), "\r\n", "\n"))
		if !form.Has("f."+f.api) && f.kind != kindBool || given == o.input(m, rec, f).Value && (rec != nil || given == "") {
			continue
		}
		item[f.api] = o.asJSON(f, given)
		if f.api == "What_Id" {
			item["$se_module"] = form.Get("se_module")
		}
	}
	return item
}

// asJSON gives what was typed as the API wants it; what makes no sense goes through as text and is refused there.
func (o *org) asJSON(f *field, given string) any {
	if given == "" && f.kind != kindBool {
		return nil
	}
	switch f.kind {
	case kindBool:
		return given == "true"
	case kindInt, kindFloat:
		if f.dataType != "bigint" {
			return json.Number(given)
		}
	case kindTime:
		for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04"} {
			if t, err := time.ParseInLocation(layout, given, o.place); err == nil {
				return t.Format(stampLayout)
			}
		}
	}
	return given
}

// acting is the user in whose name a person edits.
func (o *org) acting(r *http.Request) *user {
	id, _ := parseID(r.FormValue("as"))
	if u := o.user(id); u != nil {
		return u
	}
	return o.users[0]
}

func (l *listener) createRecord(r *http.Request) answer { return l.store(r, true) }
func (l *listener) saveRecord(r *http.Request) answer   { return l.store(r, false) }

// store creates or changes a record with the same checks as the API, or shows the form again with what is wrong.
func (l *listener) store(r *http.Request, fresh bool) answer {
	if err := r.ParseForm(); err != nil {
		return htmlPage(http.StatusBadRequest, "Error", "The form could not be read.")
	}
	l.sim.mu.Lock()
	defer l.sim.mu.Unlock()
	o, m := l.place(r)
	if m == nil {
		return pageNotFound()
	}
	var rec *record
	if !fresh {
		if rec = m.row(r.PathValue("id")); rec == nil {
			return pageNotFound()
		}
	}
	done := "saved"
	if fresh {
		done = "created"
	}
	item := o.item(m, rec, r.PostForm)
	w := l.sim.writer(o, o.acting(r))
	d := w.draft(m, rec, 0, item)
	if len(d.errs) > 0 {
		return l.page(http.StatusUnprocessableEntity, "record.html", l.recordView(r, o, m, rec, d.errs))
	}
	if fresh || len(item) > 0 {
		rec = d.save()
	}
	if err := w.tx.commit(); err != nil {
		return htmlPage(http.StatusInternalServerError, "Error", "It could not be saved.")
	}
	return seeOther(recordPath(o, m, rec) + "?done=" + done)
}

func recordPath(o *org, m *module, r *record) string {
	return "/_sim/page/" + o.zgid + "/" + m.api + "/" + formatID(r.id)
}

// cancelRecord marks a meeting as cancelled, as a person in the CRM may, whether or not anybody was invited.
func (l *listener) cancelRecord(r *http.Request) answer {
	return l.change(r, "cancelled", func(w *writer, m *module, rec *record) {
		if m.cancelled != nil {
			w.markCancelled(m, rec)
		}
	})
}

func (l *listener) deleteRecord(r *http.Request) answer {
	return l.change(r, "deleted", func(w *writer, m *module, rec *record) { w.remove(m, rec) })
}

// change does something to a record and goes on to it, or to the list when it is gone.
func (l *listener) change(r *http.Request, done string, do func(*writer, *module, *record)) answer {
	l.sim.mu.Lock()
	defer l.sim.mu.Unlock()
	o, m := l.place(r)
	if m == nil {
		return pageNotFound()
	}
	rec := m.row(r.PathValue("id"))
	if rec == nil {
		return pageNotFound()
	}
	w := l.sim.writer(o, o.acting(r))
	do(w, m, rec)
	if err := w.tx.commit(); err != nil {
		return htmlPage(http.StatusInternalServerError, "Error", "It could not be done.")
	}
	if m.table.rows[rec.id] == nil {
		return seeOther("/_sim/page/" + o.zgid + "/" + m.api + "?done=" + done)
	}
	return seeOther(recordPath(o, m, rec) + "?done=" + done)
}
