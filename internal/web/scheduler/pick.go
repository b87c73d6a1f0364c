package scheduler

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/insight"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/web/page"
)

// span is how many days one look at the calendar covers: two weeks fit a phone and a desk.
const span = 14

// farthest is how far ahead the first free day is looked for.
const farthest = 366

// start is the first page: it asks what the address does not say yet.
func (p *Pages) start(w http.ResponseWriter, r *http.Request) error {
	of, cat, err := p.bookings.Scheduler(r.Context(), r.PathValue("scheduler"))
	if err != nil {
		return err
	}
	c := p.asked(r)
	p.tell(r, of, c, insight.Visit{Step: insight.Viewed}, nil)
	services := cat.Offered()
	if len(services) == 1 && c.Service == "" {
		c = c.set("service", services[0].ID)
		c.first = c.ZIP == "" && c.Day == ""
	}
	sv, known := cat.Service(c.Service)
	switch {
	case !known || sv.Archived:
		return p.askService(w, of, cat, c)
	case cat.DetailsFirst && p.who(r, of, c) == nil:
		f := page.Form{Values: map[string][]string{"postal_code": {c.ZIP}}}
		return p.showWho(w, http.StatusOK, of, cat, c, f)
	case len(cat.Territories) > 0 && strings.TrimSpace(c.ZIP) == "":
		return p.askZIP(w, http.StatusOK, of, cat, c, page.Form{})
	}
	return p.zipAgain(w, of, cat, c, p.askTime(w, r, of, cat, c, page.Notice{}))
}

// zipAgain asks for the ZIP code again when it is what an error is about; other errors it gives back.
func (p *Pages) zipAgain(w http.ResponseWriter, of booking.Offering, cat catalog.Catalog, c choice, err error) error {
	f := fault.As(err)
	if f == nil || !slices.ContainsFunc(f.Fields, func(v fault.Field) bool { return v.Path == "postal_code" }) {
		return err
	}
	form := page.Form{Values: map[string][]string{"zip": {c.ZIP}}}
	if err := form.Fail(err, map[string]string{"postal_code": "zip"}); err != nil {
		return err
	}
	form.Say(c.Lang.Said)
	return p.askZIP(w, http.StatusUnprocessableEntity, of, cat, c, form)
}

type serviceView struct {
	site
	Own      org.Texts // the organization's own words
	Services []serviceChoice
	Enquiry  string
}

type serviceChoice struct {
	Name, Description, Length, Link string
}

func (p *Pages) askService(w http.ResponseWriter, of booking.Offering, cat catalog.Catalog, c choice) error {
	v := serviceView{site: p.site(of, c, "Book a visit"), Own: of.Organization.Look.Texts[c.Lang], Enquiry: c.with("/book/" + of.Scheduler + "/enquiry")}
	v.Frame.Event = "viewed"
	v.Description = c.Lang.T("Book a visit with %s online.", of.Organization.Name)
	for _, s := range cat.Offered() {
		v.Services = append(v.Services, serviceChoice{s.Name, s.Description, length(c.Lang, s.DurationMinutes), c.with("/book/"+of.Scheduler, "service", s.ID)})
	}
	return p.sets[c.Lang].Render(w, http.StatusOK, "service", v)
}

// length writes a duration as people say it.
func length(l locale.Lang, minutes int) string {
	d := time.Duration(minutes) * time.Minute
	switch h, m := int(d.Hours()), minutes%60; {
	case h == 0:
		return l.N(m, "%d minute", "%d minutes")
	case m == 0:
		return l.N(h, "%d hour", "%d hours")
	case m == 30:
		return l.T("%d½ hours", h)
	default:
		return l.N(h, "%d hour", "%d hours") + " " + l.N(m, "%d minute", "%d minutes")
	}
}

type zipView struct {
	site
	Service string
	Action  string
	Hidden  []hidden
	Field   page.Field
}

func (p *Pages) askZIP(w http.ResponseWriter, status int, of booking.Offering, cat catalog.Catalog, c choice, f page.Form) error {
	sv, _ := cat.Service(c.Service)
	v := zipView{
		site: p.site(of, c, "Your area"), Service: sv.Name, Action: "/book/" + of.Scheduler, Hidden: c.hidden("zip"),
		Field: page.Field{
			Name: "zip", Label: c.Lang.T("ZIP code of the property"), Type: "text", Autocomplete: "postal-code", Required: true, Limit: 20,
			Hint: c.Lang.T("So that we only offer times at which somebody comes to your area."),
		}.With(f),
	}
	v.Frame.Event, v.Frame.Service = "viewed", c.Service
	v.Steps = p.steps(of, cat, c, "area")
	return p.sets[c.Lang].Render(w, status, "zip", v)
}

// steps is the way through a booking, with links back to what was answered.
func (p *Pages) steps(of booking.Offering, cat catalog.Catalog, c choice, current string) []step {
	path := "/book/" + of.Scheduler
	list := []struct{ key, label, link string }{
		{"service", "Service", c.with(path, "service", "", "zip", "", "rep", "", "day", "", "start", "", "hold", "", "expires", "")},
		{"area", "Area", c.with(path, "zip", "", "day", "", "start", "", "hold", "", "expires", "")},
		{"time", "Day and time", c.with(path, "start", "", "hold", "", "expires", "")},
		{"details", "Your details", ""},
	}
	if cat.DetailsFirst {
		list[1] = list[2]
		list[1].key, list[1].label, list[1].link = "who", "Your details", c.with(path+"/who", "day", "", "start", "", "hold", "", "expires", "")
		list[3].label = "Almost done"
	}
	var out []step
	passed := false
	for _, s := range list {
		if s.key == "area" && len(cat.Territories) == 0 || s.key == "service" && len(cat.Offered()) == 1 {
			continue
		}
		st := step{Label: c.Lang.T(s.label), Current: s.key == current}
		if passed = passed || st.Current; !passed {
			st.Link = s.link
		}
		out = append(out, st)
	}
	return out
}

// timeView shows the days of two weeks and the times of one.
type timeView struct {
	site
	Service  string
	Length   string
	Days     []dayChoice
	Day      string // heading of the chosen day; "" when nothing is free
	Abbr     string // of the zone on that day, as clocks show it
	Parts    []dayPart
	Wide     bool     // times are arrival windows, which take more place
	Taken    []string // times of the chosen day that somebody else has
	Earlier  string
	Later    string
	Zone     string
	ZoneLink string
	Zones    []string
	Hidden   []hidden // for the zone form
	Page     string   // this page, for the zone form
	Action   string   // where a chosen time is posted
	Fields   []hidden // for a chosen time
	Enquiry  string
	Waitlist string // where one waits for a time; "" where there is no list
	Empty    emptyView
	Again    *chosen           // the time that a reschedule moves away from
	Searched bool              // the first free days lie beyond the first two weeks
	from, to availability.Date // what was looked at
	People   []personChoice    // whom the visitor may ask for, anyone first; none where they don't choose
}

type emptyView struct {
	Heading, Message string
	Other            bool // other days may have a free time
}

type dayChoice struct {
	Label, Date string
	Free        string
	Link        string // "" when nothing is free
	Current     bool
}

type dayPart struct {
	Name  string
	Times []timeChoice
}

type timeChoice struct{ Label, Start, Full string }

// askTime shows the free times. It begins at the first day with one.
func (p *Pages) askTime(w http.ResponseWriter, r *http.Request, of booking.Offering, cat catalog.Catalog, c choice, n page.Notice) error {
	v := timeView{site: p.site(of, c, "Choose a day and time"), Action: "/book/" + of.Scheduler + "/hold", Fields: c.hidden("start", "day", "hold", "expires")}
	v.Frame.Event, v.Frame.Service = "viewed", c.Service
	v.Notice, v.Steps = n, p.steps(of, cat, c, "time")
	v.Enquiry = c.with("/book/" + of.Scheduler + "/enquiry")
	c.Rep, v.People = personOf(cat, c, "/book/"+of.Scheduler)
	var err error
	if v.Waitlist, err = p.waitlistOf(r, of, c); err != nil {
		return err
	}
	ask := booking.Ask{Scheduler: of.Scheduler, Service: c.Service, PostalCode: c.ZIP, Chosen: c.Rep}
	if err := p.fillTimes(r, of.Organization, cat, c, "/book/"+of.Scheduler, ask, &v); err != nil {
		return err
	}
	p.tell(r, of, c, insight.Visit{Step: insight.Area}, v.asked(ask))
	return p.sets[c.Lang].Render(w, http.StatusOK, "time", v)
}

// personChoice is one answer to who shall come.
type personChoice struct {
	Name, Link string
	Current    bool
}

// personOf gives whom the visitor asks for, "" for anyone, and whom they may ask for instead: names only.
func personOf(cat catalog.Catalog, c choice, path string) (rep string, people []personChoice) {
	sv, _ := cat.Service(c.Service)
	list := cat.Choosable(sv)
	if len(list) == 0 {
		return "", nil
	}
	link := func(id string) string { return c.with(path, "rep", id, "start", "", "hold", "", "expires", "") }
	people = []personChoice{{c.Lang.T("Anyone"), link(""), true}}
	for _, r := range list {
		one := personChoice{r.Name, link(r.ID), r.ID == c.Rep}
		if one.Current {
			rep, people[0].Current = r.ID, false
		}
		people = append(people, one)
	}
	return rep, people
}

// fillTimes looks for the free times that a choice asks for and puts them into a view.
func (p *Pages) fillTimes(r *http.Request, o org.Organization, cat catalog.Catalog, c choice, path string, ask booking.Ask, v *timeView) error {
	zone := o.Location()
	if z, ok := org.Zone(c.Timezone); ok {
		zone = z
	}
	sv, _ := cat.Service(ask.Service)
	v.Wide = sv.Window() > 0
	v.Service, v.Length = sv.Name, length(c.Lang, sv.DurationMinutes)
	v.Zone, v.Zones = zone.String(), zonesFor(o.Timezone, zone.String())
	v.Hidden, v.Page = c.hidden("timezone"), path
	today := availability.DateOf(p.now(), zone)
	from := today
	if d, err := availability.ParseDate(c.Day); err == nil && d.Compare(today) > 0 && today.DaysUntil(d) < 2*farthest {
		from = today.AddDays(today.DaysUntil(d) / span * span)
	}
	ask.Timezone = zone.String()
	days, reason, err := p.freeDays(r, ask, from, c.Day == "", sv.BookingWindowDays)
	if err != nil {
		return err
	}
	if len(days) > 0 && len(days[0].slots) > 0 && c.Day == "" {
		v.Searched = today.DaysUntil(days[0].date) >= span
	}
	v.from, v.to = from, days[len(days)-1].date
	v.show(days, c, path, zone, p.now(), sv)
	if v.Day == "" {
		v.Empty = emptyOf(c.Lang, reason, sv.Name)
	}
	return nil
}

// freeDay is one date with its free times, and all times at which somebody works.
type freeDay struct {
	date  availability.Date
	slots []availability.Slot
	open  []availability.Slot
}

// free says in a word how the day is.
func (d freeDay) free(l locale.Lang, soonest time.Time, last availability.Date) string {
	switch {
	case len(d.slots) > 0:
		return l.T("%d free", len(d.slots))
	case len(d.open) == 0:
		return l.T("closed")
	case d.open[len(d.open)-1].Start.Before(soonest):
		return l.T("too soon")
	case d.date.Compare(last) > 0:
		return l.T("not open yet")
	}
	return l.T("full")
}

// taken lists the times of a day that are worked but not on offer, though it is not too soon for them.
func (d freeDay) taken(l locale.Lang, soonest time.Time, zone *time.Location) []string {
	on := map[int64]bool{}
	for _, s := range d.slots {
		on[s.Start.UnixMilli()] = true
	}
	var out []string
	for _, s := range d.open {
		if !on[s.Start.UnixMilli()] && !s.Start.Before(soonest) {
			out = append(out, l.Clock(s.Start.In(zone)))
		}
	}
	return out
}

// freeDays gives two weeks of days from a date. With search it goes on to the first two weeks with a free time.
func (p *Pages) freeDays(r *http.Request, ask booking.Ask, from availability.Date, search bool, window int) ([]freeDay, availability.Code, error) {
	last := from.AddDays(min(window+span, farthest))
	for {
		ask.From, ask.To = from.String(), from.AddDays(span-1).String()
		offer, err := p.bookings.Slots(r.Context(), ask)
		if err != nil {
			return nil, "", err
		}
		zone, _ := org.Zone(offer.Timezone)
		slots := offer.Slots()
		if len(slots) > 0 || !search || offer.View.Reason() != "" || from.Compare(last) >= 0 {
			days := make([]freeDay, span)
			for i := range days {
				days[i].date = from.AddDays(i)
			}
			opening, err := p.bookings.Opening(r.Context(), ask)
			if err != nil {
				return nil, "", err
			}
			for _, s := range slots {
				if i := from.DaysUntil(availability.DateOf(s.Start, zone)); i >= 0 && i < span {
					days[i].slots = append(days[i].slots, s)
				}
			}
			for _, s := range opening {
				if i := from.DaysUntil(availability.DateOf(s.Start, zone)); i >= 0 && i < span {
					days[i].open = append(days[i].open, s)
				}
			}
			return days, offer.View.Reason(), nil
		}
		from = from.AddDays(span)
	}
}

// show fills the view with days and the times of the chosen one, or of the first that has any.
func (v *timeView) show(days []freeDay, c choice, path string, zone *time.Location, now time.Time, sv catalog.Service) {
	today := availability.DateOf(now, zone)
	soonest := now.Add(time.Duration(sv.MinNoticeMinutes) * time.Minute)
	last := today.AddDays(sv.BookingWindowDays)
	chosen := slices.IndexFunc(days, func(d freeDay) bool { return d.date.String() == c.Day && len(d.slots) > 0 })
	if chosen < 0 {
		chosen = slices.IndexFunc(days, func(d freeDay) bool { return len(d.slots) > 0 })
	}
	for i, d := range days {
		noon := time.Date(d.date.Year, d.date.Month, d.date.Day, 12, 0, 0, 0, time.UTC)
		dc := dayChoice{Label: locale.Heading(c.Lang.ShortDay(noon)), Date: d.date.String(), Free: d.free(c.Lang, soonest, last), Current: i == chosen}
		if len(d.slots) > 0 {
			dc.Link = c.with(path, "day", dc.Date) + "#times"
		}
		v.Days = append(v.Days, dc)
	}
	first := days[0].date
	if today.DaysUntil(first) > 0 {
		v.Earlier = c.with(path, "day", first.AddDays(-span).String())
	}
	if next := first.AddDays(span); today.DaysUntil(next) <= sv.BookingWindowDays+1 {
		v.Later = c.with(path, "day", next.String())
	}
	if chosen < 0 {
		return
	}
	d := days[chosen]
	v.Day = locale.Heading(c.Lang.Day(time.Date(d.date.Year, d.date.Month, d.date.Day, 12, 0, 0, 0, time.UTC)))
	v.Taken = d.taken(c.Lang, soonest, zone)
	v.Abbr = d.slots[0].Start.In(zone).Format("MST")
	for _, s := range d.slots {
		t := s.Start.In(zone)
		name := "Morning"
		switch h := t.Hour(); {
		case h >= 17:
			name = "Evening"
		case h >= 12:
			name = "Afternoon"
		}
		if n := len(v.Parts); n == 0 || v.Parts[n-1].Name != c.Lang.T(name) {
			v.Parts = append(v.Parts, dayPart{Name: c.Lang.T(name)})
		}
		part := &v.Parts[len(v.Parts)-1]
		one := timeChoice{Label: timeLabel(c.Lang, t, sv.Window()), Start: t.Format(time.RFC3339), Full: locale.Heading(c.Lang.DayAt(t))}
		if sv.Window() > 0 {
			one.Full = locale.Heading(c.Lang.Day(t) + ", " + c.Lang.Visit(t, t, sv.Window()))
		}
		part.Times = append(part.Times, one)
	}
}

// timeLabel writes a start as visitors choose it: its time of day, or its arrival window.
func timeLabel(l locale.Lang, t time.Time, window time.Duration) string {
	label := l.Clock(t)
	if twice(t) {
		label = l.ClockZone(t) // the clock shows this time twice today
	}
	if window > 0 {
		label += " – " + l.Clock(t.Add(window))
	}
	return label
}

// twice reports whether the wall time of an instant occurs a second time within a few hours.
func twice(t time.Time) bool {
	for _, d := range []time.Duration{-time.Hour, time.Hour} {
		if o := t.Add(d); o.Format("2006-01-02 15:04") == t.Format("2006-01-02 15:04") {
			return true
		}
	}
	return false
}

func emptyOf(l locale.Lang, reason availability.Code, service string) emptyView {
	if reason == availability.OutOfTerritory {
		return emptyView{l.T("We don't come to this area yet"), l.T("This ZIP code is outside the area where we book visits online. Send us a short message and we will see what we can do."), false}
	}
	if reason == availability.SourceStale {
		return emptyView{l.T("We can't look into our calendar right now"), l.T("That does not mean that everything is taken: we can't be sure which times are free, so we offer none at the moment. Send us a short message and we will call you with a time, or try again a little later."), false}
	}
	return emptyView{l.T("No free times right now"), l.T("All times for “%s” that can be booked online are taken. Send us a short message and we will call you.", service), true}
}

// hold keeps a chosen time and goes on to the details.
func (p *Pages) hold(w http.ResponseWriter, r *http.Request) error {
	of, cat, _, c, err := p.posted(w, r)
	if err != nil {
		return err
	}
	start, err := time.Parse(time.RFC3339, c.Start)
	if err != nil {
		return fault.New(fault.Invalid, "Please choose one of the times on the page.")
	}
	c.Rep, _ = personOf(cat, c, "")
	h, err := p.bookings.Hold(r.Context(), booking.HoldRequest{
		Scheduler: of.Scheduler, Service: c.Service, PostalCode: c.ZIP, Start: start, Rep: c.Rep, Holder: holder(r),
	})
	if fault.Is(err, fault.Conflict) {
		day := start
		if zone, ok := org.Zone(c.Timezone); ok {
			day = start.In(zone)
		}
		c = c.set("day", day.Format(time.DateOnly))
		return p.zipAgain(w, of, cat, c, p.askTime(w, r, of, cat, c, page.Notice{Kind: "warning", Message: c.Lang.Said(fault.As(err).Message)}))
	}
	if fault.Is(err, fault.Limited) { // many people behind one address: go on without a hold
		h = booking.Hold{}
	} else if err != nil {
		return err
	}
	p.tell(r, of, c, insight.Visit{Step: insight.Slot}, nil)
	expires := ""
	if h.ID != "" {
		expires = h.Expires.UTC().Format(time.RFC3339)
	}
	http.Redirect(w, r, c.with("/book/"+of.Scheduler+"/details", "hold", string(h.ID), "expires", expires), http.StatusSeeOther)
	return nil
}
