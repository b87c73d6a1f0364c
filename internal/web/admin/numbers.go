package admin

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/insight"
	"heavyset.tech/platform/internal/web/sheet"
)

// numbersView is what a span of time has brought, each number beside that of the span before.
type numbersView struct {
	frame
	Spans   []option
	Days    int
	Charts  []barChart
	Nothing bool
	Book    string
	Rules   string // where rules are changed; "" for those who may not
}

// spans are the lengths of time that can be looked at, in days.
func spans() []int { return []int{7, 30, 90} }

func daysOf(r *http.Request) int {
	if n, err := strconv.Atoi(r.URL.Query().Get("days")); err == nil && slices.Contains(spans(), n) {
		return n
	}
	return 30
}

func (c *Console) numbers(w http.ResponseWriter, r *http.Request, v *visit) error {
	f, err := c.frame(r, v, "Numbers")
	if err != nil {
		return err
	}
	days := daysOf(r)
	n, err := c.Insight.Numbers(r.Context(), v.org.ID, days)
	if err != nil {
		return err
	}
	cal := calendar{v.org.Location(), c.Now()}
	f.Purpose = "From " + cal.day(n.From) + " to now, each beside the " + strconv.Itoa(days) + " days before."
	view := numbersView{frame: f, Days: days, Book: c.BaseURL + "/book/" + v.org.Slug}
	for _, d := range spans() {
		view.Spans = append(view.Spans, option{Label: strconv.Itoa(d) + " days", Value: v.path("numbers") + "?days=" + strconv.Itoa(d), Current: d == days})
	}
	if v.may(auth.Admin) {
		view.Rules = v.path("scheduler", "services")
	}
	view.Charts = chartsOf(n, days)
	view.Nothing = true
	for i := range view.Charts {
		k := &view.Charts[i]
		k.CSV = v.path("numbers", "export") + "?days=" + strconv.Itoa(days) + "&table=" + k.ID
		view.Nothing = view.Nothing && len(k.Bars) == 0
		if slices.ContainsFunc(k.Bars, func(b hbar) bool { return b.Was > 0 }) {
			k.Past = "the span before"
		}
	}
	return c.set.Render(w, http.StatusOK, "numbers", view)
}

// exportNumbers gives the table behind a chart as a file.
func (c *Console) exportNumbers(w http.ResponseWriter, r *http.Request, v *visit) error {
	days := daysOf(r)
	n, err := c.Insight.Numbers(r.Context(), v.org.ID, days)
	if err != nil {
		return err
	}
	for _, k := range chartsOf(n, days) {
		if k.ID == cmp.Or(r.URL.Query().Get("table"), "funnel") {
			return c.writeTable(w, v, k)
		}
	}
	return fault.New(fault.NotFound, "There is no such table.")
}

func (c *Console) writeTable(w http.ResponseWriter, v *visit, k barChart) error {
	out := sheet.Attach(w, k.ID+"-"+v.org.Slug+"-"+c.Now().In(v.org.Location()).Format(time.DateOnly))
	out.Row(k.Head...)
	for _, row := range k.Rows {
		out.Row(row...)
	}
	return out.Flush()
}

// chartsOf draws all charts of the page.
func chartsOf(n insight.Numbers, days int) []barChart {
	return []barChart{funnelChart(n), lostChart(n), sourceChart(n), loadChart(n, days), showChart(n), speedChart(n)}
}

// visitStep says what a visit has done that has come to a step.
func visitStep(s insight.Step) (label, note string) {
	switch s {
	case insight.Viewed:
		return "Viewed", "opened the booking page"
	case insight.Area:
		return "Area", "asked for times, with the ZIP code where one is needed"
	case insight.Slot:
		return "Slot", "chose a time"
	case insight.Details:
		return "Details", "sent their details"
	case insight.Booked:
		return "Booked", "have an appointment"
	}
	return "Sat", "the visit took place"
}

func funnelChart(n insight.Numbers) barChart {
	k := barChart{
		ID: "funnel", Title: "From visit to appointment", Words: "Visits of the booking page by how far they came. Counted without cookies; programs that name themselves are left out.",
		Empty: "Nobody has opened the booking page in this time.", Head: []string{"Step", "What they did", "Visits", "Of the step before", "Of all", "Span before", "Of all before"},
	}
	all, before := n.Funnel[0].Now, n.Funnel[0].Before
	last := all
	for _, s := range n.Funnel {
		label, note := visitStep(s.Step)
		k.Rows = append(k.Rows, []string{label, note, strconv.Itoa(s.Now), percent(s.Now, last), percent(s.Now, all), strconv.Itoa(s.Before), percent(s.Before, before)})
		if all+before > 0 {
			k.Bars = append(k.Bars, hbar{
				Label: label, Note: note, Value: number(s.Now) + " · " + percent(s.Now, all), Before: number(s.Before) + partBefore(s.Before, before),
				Width: share(s.Now, all), Was: share(s.Before, before),
			})
		}
		last = s.Now
	}
	return k
}

// partBefore adds to a number of the span before what part of it it was.
func partBefore(part, whole int) string {
	if whole == 0 {
		return ""
	}
	return " · " + percent(part, whole)
}

// ruleWords says what kept visitors from a time, and what can be done about it.
func ruleWords(c availability.Code) (label, note string) {
	switch c {
	case availability.OutOfTerritory:
		return "Territory", "nobody serves the ZIP code"
	case availability.TooSoon:
		return "Notice", "the start was nearer than the notice allows"
	case availability.TooFar:
		return "Booking window", "the start was further ahead than can be booked"
	case availability.CapacityDay:
		return "Capacity", "the day had as many appointments of the service as it may"
	case availability.CapacitySlot:
		return "Capacity at a time", "as many appointments of the service began then as may"
	case availability.OutsideHours:
		return "Hours", "nobody works then"
	case availability.Holiday:
		return "Holiday", "closed that day"
	case availability.Override:
		return "Days off", "a rep's own hours of that date"
	case availability.BusyAppointment:
		return "Booked up", "other appointments at the time"
	case availability.BusyEvent:
		return "Busy in Zoho", "meetings in Zoho at the time"
	case availability.BusyCalendar:
		return "Busy in the calendar", "calendar entries at the time"
	case availability.Held:
		return "Held", "another visitor was choosing the same time"
	case availability.Buffer:
		return "Buffers", "too near to something else"
	case availability.SourceStale:
		return "Zoho did not answer", "nothing is offered while the copy is too old"
	case availability.NoRep:
		return "No rep", "nobody offers the service"
	case availability.Duration, availability.OffGrid, availability.DSTGap:
		return "Length and interval", "the visit would not end within the hours"
	case availability.Past:
		return "In the past", "the time had gone by"
	case insight.NoneFits:
		return "No time suited", "times were free, and they sent a message instead"
	case insight.Unknown:
		return "Not looked into", "too many asked at once"
	}
	return strings.ReplaceAll(string(c), "_", " "), ""
}

func lostChart(n insight.Numbers) barChart {
	k := barChart{
		ID: "lost", Title: "Bookings lost because…", Words: "Visits that ended without a booking after they were shown no time, or none in the next two weeks, each under the rule that kept most starts closed, by the same arithmetic as the Slot Explainer.",
		Empty: "No visitor was left without a time.", Two: true, Low: "the main reason", High: "among the reasons", Head: []string{"Rule", "Meaning", "Visits lost", "Also among the reasons", "Span before", "By service", "Code"},
	}
	most := 1
	for _, l := range n.Lost {
		most = max(most, l.Now+l.Also)
	}
	for _, l := range n.Lost {
		label, note := ruleWords(l.Rule)
		by := servicesText(n, l.Services)
		k.Rows = append(k.Rows, []string{label, note, strconv.Itoa(l.Now), strconv.Itoa(l.Also), strconv.Itoa(l.Before), by, string(l.Rule)})
		value := number(l.Now)
		if l.Also > 0 {
			value += " (+" + number(l.Also) + ")"
		}
		k.Bars = append(k.Bars, hbar{Label: label, Note: note, Value: value, Before: number(l.Before), Width: share(l.Now, most), More: share(l.Also, most), Was: share(min(l.Before, most), most)})
	}
	return k
}

func servicesText(n insight.Numbers, by map[string]int) string {
	var out []string
	for _, id := range sortedKeys(by) {
		out = append(out, serviceName(n.Catalog, id)+" "+number(by[id]))
	}
	return strings.Join(out, ", ")
}

func serviceName(cat catalog.Catalog, id string) string {
	s, _ := cat.Service(id)
	return cmp.Or(s.Name, id, "no service")
}

func sortedKeys[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func loadChart(n insight.Numbers, days int) barChart {
	k := barChart{
		ID: "load", Title: "Load of each rep", Words: "Booked hours against working hours of a week, on average. Cancelled visits take none; working hours are those of the rules as they are now.",
		Empty: "No visit took place in this time.", Head: []string{"Rep", "Booked hours a week", "Working hours a week", "Load", "Booked before", "Load before"},
	}
	for _, l := range n.Loads {
		p, _ := n.Catalog.Rep(l.Rep)
		week := func(d time.Duration) time.Duration { return d * 7 / time.Duration(days) }
		load, before := percent(int(l.Booked.Minutes()), int(l.Working.Minutes())), percent(int(l.BookedBefore.Minutes()), int(l.WorkingBefore.Minutes()))
		k.Rows = append(k.Rows, []string{cmp.Or(p.Name, l.Rep), hours(week(l.Booked)), hours(week(l.Working)), load, hours(week(l.BookedBefore)), before})
		if l.Booked+l.BookedBefore == 0 {
			continue
		}
		k.Bars = append(k.Bars, hbar{
			Label: cmp.Or(p.Name, l.Rep), Note: hours(week(l.Booked)) + " of " + hours(week(l.Working)), Value: load, Before: before,
			Width: min(barUnits, share(int(l.Booked.Minutes()), int(l.Working.Minutes()))), Was: min(barUnits, share(int(l.BookedBefore.Minutes()), int(l.WorkingBefore.Minutes()))),
		})
	}
	return k
}

func showChart(n insight.Numbers) barChart {
	k := barChart{
		ID: "shows", Title: "Who was at home", Words: "Visits that took place among those whose outcome is known.",
		Empty: "No outcome is known yet. It is set on the appointment, or comes from Zoho.", Head: []string{"Of", "Took place", "No-show", "Show rate", "Cancelled", "Without an outcome"},
	}
	line := func(label string, o insight.Outcome, before string) {
		rate, known := o.Rate()
		value := "–"
		if known {
			value = strconv.Itoa(rate) + " %"
		}
		k.Rows = append(k.Rows, []string{label, strconv.Itoa(o.Completed), strconv.Itoa(o.NoShow), value, strconv.Itoa(o.Cancelled), strconv.Itoa(o.Open)})
		if known {
			k.Bars = append(k.Bars, hbar{Label: label, Note: fmt.Sprintf("%d took place, %d no-show, %d cancelled", o.Completed, o.NoShow, o.Cancelled), Value: value, Before: before, Width: share(rate, 100)})
		}
	}
	before := ""
	if rate, ok := n.Shows.Before.Rate(); ok {
		before = strconv.Itoa(rate) + " %"
	}
	line("All visits", n.Shows.All, before)
	if len(k.Bars) > 0 {
		if rate, ok := n.Shows.Before.Rate(); ok {
			k.Bars[0].Was = share(rate, 100)
		}
	}
	for _, id := range sortedKeys(n.Shows.Services) {
		line(serviceName(n.Catalog, id), n.Shows.Services[id], "")
	}
	for _, id := range sortedKeys(n.Shows.Reps) {
		p, _ := n.Catalog.Rep(id)
		line(cmp.Or(p.Name, id), n.Shows.Reps[id], "")
	}
	return k
}

// mostSources is how many campaigns are drawn; the table has all.
const mostSources = 10

func sourceChart(n insight.Numbers) barChart {
	k := barChart{
		ID: "sources", Title: "Where leads come from", Words: "New leads by the campaign in the address that led to the booking page (utm_source and utm_campaign).",
		Empty: "No lead was made in this time.", Head: []string{"Source", "Campaign", "Leads", "Enquiries", "Booked or won", "Span before"},
	}
	most := 1
	for _, s := range n.Sources {
		most = max(most, s.Now, s.Before)
	}
	for i, s := range n.Sources {
		label := cmp.Or(s.Source, "No campaign")
		k.Rows = append(k.Rows, []string{label, s.Campaign, strconv.Itoa(s.Now), strconv.Itoa(s.Enquiries), strconv.Itoa(s.Booked), strconv.Itoa(s.Before)})
		if i < mostSources {
			note := s.Campaign
			if s.Booked > 0 {
				note = strings.TrimPrefix(note+", ", ", ") + number(s.Booked) + " booked or won"
			}
			k.Bars = append(k.Bars, hbar{Label: label, Note: note, Value: number(s.Now), Before: number(s.Before), Width: share(s.Now, most), Was: share(s.Before, most)})
		}
	}
	return k
}

func speedChart(n insight.Numbers) barChart {
	k := barChart{
		ID: "speed", Title: "Speed to lead", Words: "How long enquiries waited until somebody was in touch. Who has booked by themselves waits for nobody.",
		Empty: "Nobody was in touch with an enquiry in this time.", Head: []string{"Waited", "Enquiries", "Share", "Span before"},
	}
	last := time.Duration(0)
	most := 1
	for _, b := range n.Speed.Buckets {
		most = max(most, b.Now, b.Before)
	}
	for _, b := range n.Speed.Buckets {
		label := "Up to " + span(b.Up)
		if b.Up == 0 {
			label = "Longer than " + span(last)
		}
		last = b.Up
		k.Rows = append(k.Rows, []string{label, strconv.Itoa(b.Now), percent(b.Now, n.Speed.Count.Now), strconv.Itoa(b.Before)})
		if n.Speed.Count.Now+n.Speed.Count.Before > 0 {
			k.Bars = append(k.Bars, hbar{Label: label, Value: number(b.Now) + " · " + percent(b.Now, n.Speed.Count.Now), Before: number(b.Before), Width: share(b.Now, most), Was: share(b.Before, most)})
		}
	}
	if n.Speed.Count.Now > 0 {
		k.Words += " Half of them were answered within " + span(n.Speed.Median) + "."
	}
	if n.Speed.Waiting > 0 {
		k.Rows = append(k.Rows, []string{"Still waiting", strconv.Itoa(n.Speed.Waiting), "", ""})
		waiting := " Still waiting: " + number(n.Speed.Waiting) + "."
		k.Words, k.Empty = k.Words+waiting, k.Empty+waiting
	}
	return k
}
