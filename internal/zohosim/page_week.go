package zohosim

import (
	"net/http"
	"net/url"
	"slices"
	"time"
)

// weekPageView shows the meetings of a week, owner by owner.
type weekPageView struct {
	frame
	Org, Zgid, Zone     string
	From, Before, After string // Mondays
	Until               string
	Orgs                []orgView
	Owner               string // the only one shown; "" for all
	Users               []option
	Owners              []ownerWeek
	Shown, Left         int // meetings; those beyond what a page shows
	Problems            []string
	Trouble             string // id of the meeting that they are about
}

type ownerWeek struct {
	Name string
	Days []dayView
}

type dayView struct {
	Day    string
	Today  bool
	Events []eventView
}

type eventView struct {
	ID, Name, From, To string // times as people read them
	Start, Stop        string // as inputs want them
	Owner              string
	AllDay, Cancelled  bool
	Open               bool // its form
}

// eventsPerWeek is how many meetings the page of a week shows.
const eventsPerWeek = 500

// firstWeek leads to the week of the first organization.
func (l *listener) firstWeek(*http.Request) answer {
	l.sim.mu.RLock()
	defer l.sim.mu.RUnlock()
	return seeOther("/_sim/week/" + l.sim.orgs[0].zgid)
}

func (l *listener) weekPage(r *http.Request) answer {
	l.sim.mu.RLock()
	defer l.sim.mu.RUnlock()
	o, m := l.diaryOf(r)
	if m == nil {
		return pageNotFound()
	}
	return l.page(http.StatusOK, "week.html", l.weekView(r, o, m))
}

// diaryOf finds organization and meetings of a page; the caller holds Sim.mu.
func (l *listener) diaryOf(r *http.Request) (*org, *module) {
	r.SetPathValue("module", "Events")
	return l.place(r)
}

// mondayOf gives the first instant of the week in which a time lies.
func mondayOf(t time.Time, place *time.Location) time.Time {
	t = t.In(place)
	back := (int(t.Weekday()) + 6) % 7
	return time.Date(t.Year(), t.Month(), t.Day()-back, 0, 0, 0, 0, place)
}

func (l *listener) weekView(r *http.Request, o *org, m *module) weekPageView {
	day := l.sim.clock()
	if asked, err := time.ParseInLocation(time.DateOnly, r.FormValue("from"), o.place); err == nil {
		day = asked
	}
	monday := mondayOf(day, o.place)
	v := weekPageView{
		frame: l.frame(r, "Week of "+monday.Format(time.DateOnly)), Org: o.name, Zgid: o.zgid, Zone: o.zone, Owner: r.FormValue("owner"),
		From: monday.Format(time.DateOnly), Before: monday.AddDate(0, 0, -7).Format(time.DateOnly),
		After: monday.AddDate(0, 0, 7).Format(time.DateOnly), Until: monday.AddDate(0, 0, 6).Format(time.DateOnly),
	}
	v.Here = "/_sim/week"
	for _, other := range l.sim.orgs {
		v.Orgs = append(v.Orgs, orgView{Name: other.name, Zgid: other.zgid})
	}
	rows := map[int64][]dayView{}
	for _, u := range o.users {
		v.Users = append(v.Users, option{formatID(u.id), u.name(), formatID(u.id) == v.Owner})
		rows[u.id] = emptyWeek(monday, l.sim.clock().In(o.place))
	}
	for _, rec := range m.week(monday, monday.AddDate(0, 0, 7)) {
		days := rows[rec.ownedBy]
		if days == nil || v.Owner != "" && formatID(rec.ownedBy) != v.Owner {
			continue
		}
		if v.Shown == eventsPerWeek {
			v.Left++
			continue
		}
		v.Shown++
		e, day := o.eventView(m, rec, monday)
		days[day].Events = append(days[day].Events, e)
	}
	for _, u := range o.users {
		if v.Owner == "" || formatID(u.id) == v.Owner {
			v.Owners = append(v.Owners, ownerWeek{u.name(), rows[u.id]})
		}
	}
	return v
}

func emptyWeek(monday, now time.Time) []dayView {
	days := make([]dayView, 7)
	for i := range days {
		day := monday.AddDate(0, 0, i)
		days[i] = dayView{Day: day.Format("Mon 2 Jan"), Today: day.Format(time.DateOnly) == now.Format(time.DateOnly)}
	}
	return days
}

// week lists the meetings that lie in a time or reach into it, by their start.
func (m *module) week(from, to time.Time) []*record {
	t := m.table
	if t.from == nil || t.to == nil {
		return nil
	}
	first := entry{key: from.Unix() - t.span, id: firstEntry.id}
	var out []*record
	for e := range t.byField[t.from.key].between(first, entry{key: to.Unix() - 1, id: lastEntry.id}, false) {
		if end, ok := e.rec.get(t.to.key); e.key >= from.Unix() || ok && end.num > from.Unix() {
			out = append(out, e.rec)
		}
	}
	return out
}

// eventView shows a meeting on the day of the week on which it starts, or on Monday when it began before.
func (o *org) eventView(m *module, rec *record, monday time.Time) (eventView, int) {
	e := eventView{
		ID: formatID(rec.id), Name: displayName(m, rec), Owner: formatID(rec.ownedBy), AllDay: isTrue(m, rec, "All_day"),
		Cancelled: isTrue(m, rec, cancelledField),
	}
	start, _ := rec.get(m.table.from.key)
	stop, _ := rec.get(m.table.to.key)
	from, to := time.Unix(start.num, 0).In(o.place), time.Unix(stop.num, 0).In(o.place)
	e.From, e.To, e.Start, e.Stop = from.Format("15:04"), to.Format("15:04"), o.typed(m.table.from, start), o.typed(m.table.to, stop)
	if !sameDay(from, to) {
		e.To = to.Format("Mon 2 Jan 15:04")
	}
	day := 0
	if from.After(monday) {
		day = (int(from.Weekday()) + 6) % 7
	} else if from.Before(monday) {
		e.From = from.Format("Mon 2 Jan 15:04")
	}
	return e, day
}

func sameDay(a, b time.Time) bool { return a.Format(time.DateOnly) == b.Format(time.DateOnly) }

// moveEvent gives a meeting other times or another owner, with the checks of the API, and shows the week to which it has gone.
func (l *listener) moveEvent(r *http.Request) answer {
	if err := r.ParseForm(); err != nil {
		return htmlPage(http.StatusBadRequest, "Error", "The form could not be read.")
	}
	l.sim.mu.Lock()
	defer l.sim.mu.Unlock()
	o, m := l.diaryOf(r)
	if m == nil {
		return pageNotFound()
	}
	rec := m.row(r.PathValue("id"))
	if rec == nil {
		return pageNotFound()
	}
	item := map[string]any{}
	for _, name := range []string{"Start_DateTime", "End_DateTime", "Owner"} {
		f := m.byAPI[name]
		if given := r.PostForm.Get(name); f != nil && r.PostForm.Has(name) && given != o.input(m, rec, f).Value {
			item[name] = o.asJSON(f, given)
		}
	}
	w := l.sim.writer(o, o.acting(r))
	d := w.draft(m, rec, 0, item)
	if len(d.errs) > 0 {
		return l.page(http.StatusUnprocessableEntity, "week.html", l.weekView(r, o, m).refused(rec, d.errs, r.PostForm))
	}
	if len(item) > 0 {
		rec = d.save()
	}
	if err := w.tx.commit(); err != nil {
		return htmlPage(http.StatusInternalServerError, "Error", "It could not be saved.")
	}
	start, _ := rec.get(m.table.from.key)
	to := url.Values{"from": {mondayOf(time.Unix(start.num, 0), o.place).Format(time.DateOnly)}, "done": {"moved"}}
	if owner := r.PostForm.Get("owner"); owner != "" && owner == formatID(rec.ownedBy) {
		to.Set("owner", owner)
	}
	return seeOther("/_sim/week/" + o.zgid + "?" + to.Encode() + "#e" + formatID(rec.id))
}

// refused shows the form of a meeting again with what was wrong in it.
func (v weekPageView) refused(rec *record, errs []problem, form url.Values) weekPageView {
	v.Trouble = formatID(rec.id)
	for _, p := range errs {
		name, _ := p.details["api_name"].(string)
		v.Problems = append(v.Problems, name+": "+p.message+" ("+p.code+")")
	}
	for _, owner := range v.Owners {
		for _, day := range owner.Days {
			if i := slices.IndexFunc(day.Events, func(e eventView) bool { return e.ID == v.Trouble }); i >= 0 {
				e := &day.Events[i]
				e.Start, e.Stop, e.Owner, e.Open = form.Get("Start_DateTime"), form.Get("End_DateTime"), form.Get("Owner"), true
			}
		}
	}
	return v
}
