package admin

import (
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/url"
	"strings"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/web/page"
)

// schedulerNav is the part of the navigation about what can be booked.
func schedulerNav(r *http.Request, v *visit) []navItem {
	item := func(label string, s section, also ...string) navItem {
		link := v.path(strings.Split(string(s), "/")...)
		current := r.URL.Path == link || strings.HasPrefix(r.URL.Path, link+"/")
		for _, a := range also {
			current = current || r.URL.Path == v.path("scheduler", a)
		}
		return navItem{Label: label, Link: link, Current: current}
	}
	return []navItem{
		item("Services", services, "new-service", "start"), item("Reps", reps, "new-rep"), item("Holidays", holidays, "working-time"), item("Territories", territories, "new-territory"),
		item("Slot Explainer", explainer), item("Messages", messages), item("Branding", brands), item("Embed", embeds),
	}
}

// ruleView is the page of one thing of the catalog.
type ruleView struct {
	frame
	Back, BackWord string
	Action         string
	MayEdit        bool
	New            bool
	Archived       bool
	Form           page.Form
	Seen           string // what was there when the page was made
	What           string // service, rep, territory
	Ask            string // what is about to be done, if it is more than saving
	Forecast       *forecastView
}

// ruleChange is what a form asks for.
type ruleChange struct {
	act, subject string
	apply        func(catalog.Catalog) (catalog.Catalog, error)
}

// seen marks what a form was made from, so that nobody overwrites unseen what somebody else saved meanwhile.
func seen(thing any) string {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%+v", thing)
	return hex.EncodeToString(h.Sum(nil))
}

// unseen is the refusal of a form that was made from something else than what is there now.
func unseen(form page.Form, what string, thing any) error {
	if s := form.Get("seen"); s == "" || s == seen(thing) {
		return nil
	}
	return fault.New(fault.Conflict, "Somebody else has changed this "+what+" since you opened it. What you typed is below; press Save again to put it in the place of theirs, or open the page anew to see it.")
}

// store makes a change and keeps it in the audit.
func (c *Console) store(r *http.Request, v *visit, change ruleChange) error {
	before, after, err := c.Catalogs.Edit(r.Context(), v.org.ID, change.apply)
	if err != nil {
		return err
	}
	return c.did(r, v, audit.Catalog, change.act, change.subject, catalog.Differences(before, after)...)
}

// said goes on after a change.
func (c *Console) said(w http.ResponseWriter, r *http.Request, words string, to string) error {
	c.Sessions.Flash(r.Context(), "success", words)
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// wrongIn takes over into a form what is wrong about one thing of the catalog, by the field's name; the rest is a notice.
func wrongIn(form *page.Form, err error, prefix string) error {
	e := fault.As(err)
	if e == nil || e.Kind == fault.Internal || e.Kind == fault.NotFound {
		return err
	}
	if len(e.Fields) == 0 {
		form.Notice = e.Message
	}
	for _, f := range e.Fields {
		name, ours := strings.CutPrefix(f.Path, prefix)
		field, _, _ := strings.Cut(strings.TrimPrefix(name, "."), "[")
		if q := questionField(name); q != "" {
			field = q
		}
		if !ours || field == "" {
			form.Notice = "Not saved: " + f.Path + " " + f.Message + "."
			continue
		}
		if form.Errors[field] == "" {
			form.Errors[field] = page.Capital(strings.TrimSuffix(f.Message, ".")) + "."
		}
	}
	return nil
}

// ruleForm is the form of one thing that can be booked, on its way in.
type ruleForm struct {
	form    page.Form
	change  ruleChange
	service string        // whose week is looked at; "" for all
	path    func() string // where the thing stands in the catalog, for errors; asked after the change was applied
	saved   string        // what is said when it is saved
	list    string        // and where that leads
	show    func(status int, form page.Form, look *forecastView) error
}

// saveOrLook saves what a form says, or shows what it would change; what is wrong stands beside its field.
func (c *Console) saveOrLook(w http.ResponseWriter, r *http.Request, v *visit, f ruleForm) error {
	var look *forecastView
	var err error
	preview := looks(f.form)
	if preview {
		look, err = c.forecast(r, v, f.form, f.service, f.change.apply)
	} else {
		err = c.store(r, v, f.change)
	}
	if err != nil {
		if err := wrongIn(&f.form, err, f.path()); err != nil {
			return err
		}
		return f.show(http.StatusUnprocessableEntity, f.form, nil)
	}
	if preview {
		return f.show(http.StatusOK, f.form, look)
	}
	return c.said(w, r, f.saved, f.list)
}

// looks reports whether a form asks what it would change, rather than for the change.
func looks(form page.Form) bool {
	do := form.Get("do")
	return do == "preview" || do == "replay" || form.Get("week") != ""
}

// forecastDays is how far a look at what changes reaches.
const forecastDays = booking.MaxDays

// forecastView is the week that a visitor would see, and what comes and goes against now.
type forecastView struct {
	Words      string
	Week       string
	Prev, Next string // dates; "" at the ends
	Services   []forecastService
	More       int         // services that change and are not shown
	Replay     *replayView // what recorded demand would have met; nil: not asked for
}

type forecastService struct {
	Name, Words string
	Open        bool
	Days        []forecastDay
}

type forecastDay struct {
	Label string
	Runs  []forecastRun
}

// forecastRun is starts in a row of the same fate.
type forecastRun struct{ Kind, Sign, Words, Fate string }

// forecast looks at what a change would do to visitors, without making it.
func (c *Console) forecast(r *http.Request, v *visit, form page.Form, focus string, apply func(catalog.Catalog) (catalog.Catalog, error)) (*forecastView, error) {
	before, after, err := c.Catalogs.Try(r.Context(), v.org.ID, apply)
	if err != nil {
		return nil, err
	}
	list, err := c.Bookings.Forecast(r.Context(), v.org.ID, before, after, forecastDays)
	if err != nil {
		return nil, err
	}
	zone, _ := org.Zone(after.Timezone)
	today := availability.DateOf(c.Now(), zone)
	week, last := firstChange(list, today), today.AddDays(forecastDays-1)
	for _, name := range []string{"week_of", "week"} {
		if d, err := availability.ParseDate(form.Get(name)); err == nil && d.Compare(today) >= 0 && d.Compare(last) <= 0 {
			week = d
		}
	}
	out := forecastOf(list, focus, today, week, last, calendar{zone, c.Now()})
	if form.Get("do") == "replay" {
		out.Replay, err = c.replay(r, v, before, after, replayDays, nil)
	}
	return out, err
}

// firstChange gives the first date on which something comes or goes; today where nothing does.
func firstChange(list []booking.Forecast, today availability.Date) availability.Date {
	week := availability.Date{}
	for _, f := range list {
		if f.First != (availability.Date{}) && (week == (availability.Date{}) || f.First.Compare(week) < 0) {
			week = f.First
		}
	}
	if week == (availability.Date{}) {
		return today
	}
	return week
}

func forecastOf(list []booking.Forecast, focus string, today, week, last availability.Date, cal calendar) *forecastView {
	const most = 8
	out := &forecastView{Words: "Nothing changes for visitors in the next 62 days.", Week: week.String()}
	if d := week.AddDays(-7); week.Compare(today) > 0 {
		if d.Compare(today) < 0 {
			d = today
		}
		out.Prev = d.String()
	}
	if d := week.AddDays(7); d.Compare(last) <= 0 {
		out.Next = d.String()
	}
	come, gone := 0, 0
	for _, f := range list {
		come, gone = come+f.Come, gone+f.Go
		changed := f.Come+f.Go > 0 || f.BookableNow != f.BookableYet
		if !changed && f.Service.ID != focus {
			continue
		}
		if len(out.Services) == most {
			out.More++
			continue
		}
		out.Services = append(out.Services, forecastOfService(f, week, cal))
	}
	if come+gone > 0 {
		out.Words = "In the next 62 days " + counted(come, "time") + " would come and " + counted(gone, "time") + " would go. Appointments that are booked stay as they are."
	}
	return out
}

func forecastOfService(f booking.Forecast, week availability.Date, cal calendar) forecastService {
	s := forecastService{Name: f.Service.Name, Open: true, Words: counted(f.Come, "time") + " more, " + counted(f.Go, "time") + " fewer in 62 days."}
	switch {
	case f.Come+f.Go == 0:
		s.Words = "The same times as now."
	case f.BookableNow && !f.BookableYet:
		s.Words = "Visitors could not book it any more: " + counted(f.Go, "time") + " would go."
	case !f.BookableNow:
		s.Words = "New for visitors: " + counted(f.Come, "time") + " in 62 days."
	}
	for i := range 7 {
		date := week.AddDays(i)
		noon := time.Date(date.Year, date.Month, date.Day, 12, 0, 0, 0, f.Zone)
		s.Days = append(s.Days, forecastDay{Label: cal.day(noon), Runs: runsOf(f, date, cal)})
	}
	return s
}

// runsOf sums up the starts of one date: those in a row that share their fate.
func runsOf(f booking.Forecast, date availability.Date, cal calendar) []forecastRun {
	var out []forecastRun
	var first, latest booking.Prospect
	n := 0
	end := func() {
		if n == 0 {
			return
		}
		run := forecastRun{Kind: "stays", Words: cal.clock(first.Start)}
		switch {
		case n == 2:
			run.Words += ", " + cal.clock(latest.Start)
		case n > 2:
			run.Words += " to " + cal.clock(latest.Start) + ", " + counted(n, "time")
		}
		switch first.Fate {
		case booking.Comes:
			run.Kind, run.Sign, run.Fate = "comes", "+", "new"
		case booking.Goes:
			run.Kind, run.Sign, run.Fate = "goes", "−", "gone"
		}
		out = append(out, run)
		n = 0
	}
	for _, p := range f.Prospects {
		if availability.DateOf(p.Start, f.Zone) != date {
			continue
		}
		if n > 0 && p.Fate != first.Fate {
			end()
		}
		if n == 0 {
			first = p
		}
		latest = p
		n++
	}
	end()
	return out
}

// itemLink gives the address of one thing of the catalog, whose id may be anything.
func itemLink(v *visit, s section, id string) string {
	return v.path(strings.Split(string(s), "/")...) + "/" + url.PathEscape(id)
}

// ruleFrame makes the frame of a page about rules.
func (c *Console) ruleView(r *http.Request, v *visit, title, what string, s section, form page.Form) (ruleView, error) {
	f, err := c.frame(r, v, title)
	return ruleView{
		frame: f, Back: v.path(strings.Split(string(s), "/")...), BackWord: page.Capital(what) + "s", Action: r.URL.Path, MayEdit: v.may(auth.Admin), Form: form, What: what,
	}, err
}

// choice is a box or a radio button of a form.
type choice struct {
	Value, Label, Words string
	On                  bool
}
