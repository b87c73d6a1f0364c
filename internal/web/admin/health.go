package admin

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/mirror"
	"heavyset.tech/platform/internal/web/page"
)

type healthView struct {
	frame
	Back      string
	Config    string
	Connect   string // where a connection is made, when there is none
	Credits   creditsPart
	Sources   []sourcePart
	People    []sourcePart // the modules of people; without a chart
	Channels  []channelPart
	NoChannel string // why there is none, and what to do
	Queue     []fact
	Failures  []failureRow
}

// creditsPart is how the day's API credits stand.
type creditsPart struct {
	State    pill
	Facts    []fact
	Chart    chart
	Purposes []fact
	Refusals []fact
	Fix      string
}

// sourcePart is how the copy of one source is.
type sourcePart struct {
	Name  string
	State pill
	Facts []fact
	Fix   string
	Chart chart
}

type channelPart struct {
	State pill
	Facts []fact
	Fix   string
}

// failureRow is how often writing failed in one way.
type failureRow struct{ N, Words, Code, Last string }

// syncHealth shows how far the copy is, what the CRM tells, what waits and what it all costs.
func (c *Console) syncHealth(w http.ResponseWriter, r *http.Request, v *visit) error {
	f, err := c.frame(r, v, "Sync health")
	if err != nil {
		return err
	}
	f.Purpose = "Whether HeavySet and Zoho are in step: how old the copy is, what Zoho tells, what waits, and what it costs."
	view := healthView{frame: f, Back: v.path("sync")}
	k, found, err := c.Connections.Active(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	if !found {
		view.Connect = v.path("connections")
		return c.set.Render(w, http.StatusOK, "health", view)
	}
	view.Config = k.Name
	cal := calendar{v.org.Location(), c.Now()}
	if view.Credits, err = c.credits(r, k, cal); err != nil {
		return err
	}
	if view.Sources, err = c.sources(r, v, k, cal); err != nil {
		return err
	}
	if view.People, err = c.peopleRead(r, v, k, cal); err != nil {
		return err
	}
	if err := c.channels(r, k, cal, &view); err != nil {
		return err
	}
	if err := c.queue(r, v, cal, &view); err != nil {
		return err
	}
	return c.set.Render(w, http.StatusOK, "health", view)
}

func (c *Console) credits(r *http.Request, k connection.Config, cal calendar) (creditsPart, error) {
	day, err := c.Guardian.Day(r.Context(), k)
	if err != nil {
		return creditsPart{}, err
	}
	p := creditsPart{State: pill{Kind: "ok", Words: "Enough"}}
	left, word := number(day.Left)+" of "+number(day.Limit), "by our own count; other applications of this Zoho organization may use them too"
	if day.Told {
		left, word = number(day.Left), "as Zoho says"
	}
	pace := day.Pace(c.Mirror.Every)
	switch {
	case !day.May(connection.ForPolling):
		p.State = pill{Kind: "bad", Words: "Kept for bookings"}
		p.Fix = "What is left is kept for bookings, so Zoho is not polled. Credits come back over a day. See below what used them; if it was not HeavySet, look in Zoho under Setup → Developer Hub → APIs and SDKs → API usage."
	case pace > c.Mirror.Every:
		p.State = pill{Kind: "warn", Words: "Running low"}
		p.Fix = "Polling has slowed to every " + span(pace) + ". Notifications and bookings go on as usual. Nothing has to be done unless it stays like this."
	}
	p.Facts = []fact{
		{Label: "Left of the day", Text: left, Small: word},
		{Label: "Used by HeavySet", Text: number(day.Used), Small: "in the last 24 hours"},
		{Label: "Forecast", Text: number(day.Forecast), Small: "in 24 hours at the pace of the last three"},
		{Label: "Polling", Text: "Every " + span(pace)},
		{Label: "Edition", Text: cmp.Or(page.Capital(day.Edition), "Unknown"), Small: "as at the last connect; the limit is the least that this edition has"},
	}
	values, purposes, refused, over := map[time.Time]hourValue{}, map[connection.Purpose]connection.Usage{}, 0, connection.Over{}
	for _, u := range day.Hours {
		x := values[u.Hour]
		if u.Purpose == connection.ForBookings {
			x.low += u.Credits
		} else {
			x.high += u.Credits
		}
		values[u.Hour] = x
		sum := purposes[u.Purpose]
		sum.Credits, sum.Calls, sum.Refused = sum.Credits+u.Credits, sum.Calls+u.Calls, sum.Refused+u.Refused
		purposes[u.Purpose] = sum
		refused, over = refused+u.Refused, over.Plus(u.Over)
	}
	for _, name := range connection.Purposes() {
		if u := purposes[name]; u.Calls > 0 {
			p.Purposes = append(p.Purposes, fact{Label: purposeWords(name), Text: number(u.Credits), Small: number(u.Calls) + " calls"})
		}
	}
	p.Refusals = refusals(refused, over)
	p.Chart = chartOf("Credits used by hour", "credits", cal, values, number)
	return p, nil
}

// refusals lists what of the day Zoho refused with “too many requests”, by what was run into, and what to do about each.
func refusals(all int, over connection.Over) []fact {
	rest := all - over.Credits - over.Concurrency - over.Rate - over.Tokens
	var out []fact
	for _, x := range []struct {
		n             int
		label, advice string
	}{
		{over.Credits, "No credits left", "Zoho is not polled until some are back, and bookings are tried every five minutes. If it was not HeavySet that used them, look in Zoho under Setup → Developer Hub → APIs and SDKs → API usage. More users or a higher edition bring more."},
		{over.Concurrency, "Too many calls at the same time", "They are made again after a moment. Nothing has to be done, unless another program uses the same client ID: give it one of its own."},
		{over.Rate, "Too many calls in a short time", "HeavySet waits as long as Zoho asks, usually a minute. Nothing has to be done."},
		{over.Tokens, "Too many access tokens asked for", "Zoho gives none for ten minutes; the one in use goes on. If it happens again and again, another program has the same refresh token: connect anew (steps 4 to 6) and use it nowhere else."},
		{rest, "Without a reason", "Zoho does not say what was too many. HeavySet waits longer each time and goes on by itself."},
	} {
		if x.n > 0 {
			out = append(out, fact{Label: x.label, Text: number(x.n), Small: x.advice})
		}
	}
	return out
}

func purposeWords(p connection.Purpose) string {
	switch p {
	case connection.ForBookings:
		return "Bookings, leads, conflicts"
	case connection.ForNotices:
		return "Reading what Zoho told of"
	case connection.ForPolling:
		return "Polling"
	case connection.ForChannels:
		return "Keeping notifications coming"
	case connection.ForMetadata:
		return "Modules and fields"
	case connection.ForVerification:
		return "Test bookings"
	case connection.ForChecks:
		return "Checking the connection"
	}
	return string(p)
}

// lateAfter is how many missed rounds make a copy late.
const lateAfter = 3

func (c *Console) sources(r *http.Request, v *visit, k connection.Config, cal calendar) ([]sourcePart, error) {
	list, err := c.Mirror.Store.Sources(r.Context(), v.org.ID, k.ID)
	if err != nil {
		return nil, err
	}
	hours, err := c.Mirror.Store.SourceHours(r.Context(), v.org.ID, k.ID, c.Now().Add(-chartHours*time.Hour))
	if err != nil {
		return nil, err
	}
	cat, err := c.Bookings.Catalog(r.Context(), v.org.ID)
	if err != nil {
		return nil, err
	}
	var out []sourcePart
	for _, s := range list {
		p := sourcePart{Name: sourceWords(s.Name, cat), State: pill{Kind: "ok", Words: "In step"}, Facts: []fact{
			{Label: "Last complete reading", Text: ago(cal, s.AsOf)},
			{Label: "Last poll", Text: ago(cal, s.Tried)},
			{Label: "Last notification", Text: ago(cal, s.Noticed)},
			{Label: "Records copied", Text: number(s.Records)},
		}}
		switch {
		case s.Error != "":
			p.State, p.Fix = pill{Kind: "bad", Words: "Not read"}, s.Error
		case s.AsOf.IsZero():
			p.State, p.Fix = pill{Kind: "warn", Words: "Being read"}, "The first reading is under way or about to begin. Nothing has to be done."
		case c.Now().Sub(s.AsOf) > lateAfter*c.Mirror.Every && c.Now().Sub(s.AsOf) > 5*time.Minute:
			p.State, p.Fix = pill{Kind: "warn", Words: "Late"}, "The copy is older than it should be. See the credits above and the connection; HeavySet goes on by itself as soon as Zoho answers."
		}
		values, found := map[time.Time]hourValue{}, 0
		var night mirror.SourceHour
		for _, h := range hours {
			if h.Source == s.Name {
				values[h.Hour] = hourValue{high: int(h.Lag.Seconds())}
				found += h.Changes
				if h.Checked {
					night = h
				}
			}
		}
		p.Facts = append(p.Facts, fact{Label: "Differences found by reading", Text: number(found), Small: "in the last " + strconv.Itoa(chartHours) + " hours"})
		if night.Checked {
			p.Facts = append(p.Facts, fact{Label: "Nightly check", Text: number(night.Corrected) + " differed", Small: "each record of a rep asked for by itself, in the hour from " + cal.stamp(night.Hour)})
		}
		p.Chart = chartOf("How old the copy of "+p.Name+" was at most, by hour", "age", cal, values, func(n int) string { return span(time.Duration(n) * time.Second) })
		out = append(out, p)
	}
	return out, nil
}

// peopleRead says how far the changes of people are read, by module.
func (c *Console) peopleRead(r *http.Request, v *visit, k connection.Config, cal calendar) ([]sourcePart, error) {
	list, err := c.Mirror.People(r.Context(), v.org.ID, k.ID)
	if err != nil {
		return nil, err
	}
	var out []sourcePart
	for _, m := range list {
		p := sourcePart{Name: m.Module, State: pill{Kind: "ok", Words: "Followed"}, Facts: []fact{
			{Label: "Last complete reading", Text: ago(cal, m.AsOf)},
			{Label: "Deletions looked for", Text: ago(cal, m.Checked)},
		}}
		switch {
		case m.Class.Passing():
			p.State, p.Fix = pill{Kind: "warn", Words: "No answer"}, m.Error
		case m.Error != "":
			p.State, p.Fix = pill{Kind: "bad", Words: "Not read"}, m.Error
		case m.AsOf.IsZero():
			p.State = pill{Words: "Not read yet"}
		}
		out = append(out, p)
	}
	return out, nil
}

// sourceWords names a source for people.
func sourceWords(name string, cat catalog.Catalog) string {
	kind, rest, is := strings.Cut(name, ":")
	if !is || !mirror.OfCalendar(name) {
		return name
	}
	id, calendar, _ := strings.Cut(rest, ":")
	if rep, ok := cat.Rep(id); ok {
		id = rep.Name
	}
	if kind == "busy" {
		return "Free and busy times of " + id
	}
	return "Calendar " + calendar + " of " + id
}

func (c *Console) channels(r *http.Request, k connection.Config, cal calendar, view *healthView) error {
	list, err := c.Mirror.Store.Channels(r.Context(), k.Org, k.ID)
	if err != nil {
		return err
	}
	for _, ch := range list {
		p := channelPart{State: pill{Kind: "ok", Words: "Open"}, Facts: []fact{
			{Label: "Watches", Text: strings.Join(ch.Modules, ", ")},
			{Label: "Last notification", Text: ago(cal, ch.Heard)},
			{Label: "Made", Text: ago(cal, ch.Made)},
			{Label: "Ends", Text: cal.stamp(ch.Expires), Small: "renewed at " + cal.stamp(ch.Renew)},
		}}
		switch {
		case ch.Error != "":
			p.State, p.Fix = pill{Kind: "warn", Words: "Not confirmed"}, ch.Error+" HeavySet asks again within a quarter of an hour. Meanwhile changes are found by polling."
		case !ch.Expires.After(c.Now()):
			p.State, p.Fix = pill{Kind: "warn", Words: "Ended"}, "It is made anew with the next round. Meanwhile changes are found by polling."
		}
		view.Channels = append(view.Channels, p)
	}
	if len(list) == 0 {
		view.NoChannel = "There is no channel at the moment. It is made with the next round of polling; until then changes in Zoho show within " + span(c.Mirror.Every) + "."
	}
	return nil
}

func (c *Console) queue(r *http.Request, v *visit, cal calendar, view *healthView) error {
	q, err := c.Mirror.Store.Queue(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	failed := v.path("sync") + "?state=failed"
	add := func(label string, n int, small, link string) {
		x := fact{Label: label, Text: number(n)}
		if n > 0 {
			x.Small, x.Link = small, link
		}
		view.Queue = append(view.Queue, x)
	}
	add("Appointments waiting", q.Appointments, "written by themselves", "")
	add("Appointments failed", q.FailedAppointments, "somebody must repair them, then press Write again", failed)
	add("Leads waiting", q.Leads, "written by themselves", "")
	add("Leads failed", q.FailedLeads, "somebody must repair them, then press Write again", failed)
	add("Changes in Zoho to read", q.Changes, "read within seconds", "")
	list, err := c.Mirror.Store.WriteFailures(r.Context(), v.org.ID, c.Now().Add(-24*time.Hour))
	if err != nil {
		return err
	}
	for _, x := range list {
		view.Failures = append(view.Failures, failureRow{N: number(x.N), Words: cmp.Or(x.Words, "No answer"), Code: x.Code, Last: cal.age(x.Last)})
	}
	return nil
}

// ago writes when something was; zero is never.
func ago(cal calendar, t time.Time) string {
	if t.IsZero() {
		return "Never"
	}
	return page.Capital(cal.age(t))
}

// number writes a count with its thousands apart.
func number(n int) string {
	if n < 0 {
		return "-" + number(-n)
	}
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// span writes a length of time in its largest unit.
func span(d time.Duration) string {
	switch {
	case d >= 2*time.Hour:
		return fmt.Sprintf("%.0f h", d.Hours())
	case d >= 2*time.Minute:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%.0f s", d.Seconds())
}
