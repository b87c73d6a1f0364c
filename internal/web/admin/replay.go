package admin

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/insight"
	"heavyset.tech/platform/internal/settings"
)

// replayView is what would have become of recorded demand, before anything is saved.
type replayView struct {
	Words       string
	Facts       []fact
	Charts      []barChart
	Assumptions []string
}

// replayDays is how far back demand is replayed under other rules: as long as single visits are kept.
const replayDays = int(insight.KeepVisits / (24 * time.Hour))

// replay replays what visitors asked for under other rules, or with other busy times.
func (c *Console) replay(r *http.Request, v *visit, before, after catalog.Catalog, days int, busy *insight.Busy) (*replayView, error) {
	got, err := c.Insight.Replay(r.Context(), v.org.ID, before, after, c.Now().AddDate(0, 0, -days), busy)
	if err != nil {
		return nil, err
	}
	return replayOf(got, after, calendar{v.org.Location(), c.Now()}, busy != nil), nil
}

// sourceDays is how far back demand is replayed with another availability source, and sourceAhead how far ahead both are
// read: each day more costs Zoho's credits.
const sourceDays, sourceAhead = 28, 60

// replaySource replays demand with the availability source that is chosen on the page, against the present one; both are
// read in Zoho for it.
func (c *Console) replaySource(r *http.Request, v *visit, id connection.ConfigID, now, then settings.Settings, cat catalog.Catalog) (*replayView, error) {
	from, to := c.Now().AddDate(0, 0, -sourceDays), c.Now().AddDate(0, 0, sourceAhead)
	var busy insight.Busy
	var err error
	if busy.Now, err = c.Mirror.BusyTimes(r.Context(), v.org.ID, id, now, from, to); err != nil {
		return nil, err
	}
	if busy.Then, err = c.Mirror.BusyTimes(r.Context(), v.org.ID, id, then, from, to); err != nil {
		return nil, err
	}
	return c.replay(r, v, cat, cat, sourceDays, &busy)
}

func replayOf(p insight.Replay, cat catalog.Catalog, cal calendar, source bool) *replayView {
	if p.Asks == 0 {
		return &replayView{Words: "No visit has asked for times yet, so there is nothing to replay. Demand is recorded as soon as somebody opens the booking page, and kept for " + strconv.Itoa(replayDays) + " days."}
	}
	view := &replayView{Assumptions: assumptions(p, source)}
	view.Words = fmt.Sprintf("%s since %s that asked for times; %s of them booked.", counted(p.Asks, "visit"), cal.day(p.Since), number(p.Bookings))
	if source {
		view.Words += " Each meets the availability source of now and the one that is chosen here, of the last " + strconv.Itoa(sourceDays) + " days. Nothing is saved."
	} else {
		view.Words += " Each meets the rules of now and the changed ones. Nothing is saved."
	}
	if p.Won+p.Blind+p.Lost+p.Moved+p.Regained == 0 {
		view.Words += " Nothing would have been different for them."
	}
	view.Facts = []fact{
		{Label: "Bookings lost", Text: number(p.Lost), Small: "people who booked and would have found no time on the days they looked at"},
		{Label: "Bookings moved", Text: number(p.Moved), Small: "to the nearest other time on those days"},
		{Label: "Bookings kept", Text: number(p.Kept), Small: "at the same time"},
		{Label: "Visits that would see times", Text: number(p.Won), Small: "they saw none and did not book"},
		{Label: "Visits that would see none", Text: number(p.Blind), Small: "they saw times and left without booking"},
	}
	if p.Regained > 0 {
		view.Facts = append(view.Facts, fact{Label: "Bookings regained", Text: number(p.Regained), Small: "they were made under earlier rules or by hand; the present rules would not take them, the changed ones would"})
	}
	all := p.Expected() + p.Regained - p.Lost
	words := "as many bookings"
	if all > 0 {
		words = "about " + counted(all, "booking") + " more"
	} else if all < 0 {
		words = "about " + counted(-all, "booking") + " fewer"
	}
	rate := fmt.Sprintf("an estimate: of %s that saw times, %s booked", counted(p.SawNow, "visit"), number(p.Took))
	view.Facts = append([]fact{{Label: "In all", Text: words, Small: rate}}, view.Facts...)
	view.Charts = []barChart{effectChart(p), repChart(p, cat)}
	return view
}

// assumptions says what a replay takes for granted and what it can't know.
func assumptions(p insight.Replay, source bool) []string {
	out := []string{
		"Demand is what people looked for on the booking page: service, ZIP code, the days they looked at, and the time they booked. Appointments by phone, the API or the staff stay as they are and take their time.",
		"Somebody whose time is not offered takes the nearest one among the days they looked at. Nobody is assumed to look further, call or come back.",
		"Visits that would see times take none in the replay, since nobody knows which; the number of bookings among them is an estimate by your own rate.",
		"Who comes is chosen by the service's rule of assignment. The owner of a record in Zoho and a visitor's own choice of a rep are not replayed.",
		"A visit that was moved counts at its last time; one that was cancelled takes its time until it was.",
		fmt.Sprintf("%d of %d bookings fall on their own time again under the present rules. The others were made under earlier rules, or something came up in the calendar since.", p.Agree, p.Bookings),
	}
	if source {
		return append(out, "Both sources are read in Zoho as they are now; how they stood when people looked is not known.")
	}
	return append(out, "What takes time in Zoho is known as it is now, not as it was when people looked. Holds of other visitors are left out.")
}

func effectChart(p insight.Replay) barChart {
	k := barChart{
		ID: "effects", Title: "By rule", Words: "Visits and bookings that the change lets through, and those that it stops, each by the rule that decided.",
		Empty: "No rule decides differently.", Two: true, Low: "won", High: "lost", Head: []string{"Rule", "Meaning", "Won", "Lost", "Code"},
	}
	most := 1
	for _, e := range p.Effects {
		most = max(most, e.Won+e.Lost)
	}
	for _, e := range p.Effects {
		label, note := ruleWords(e.Rule)
		k.Rows = append(k.Rows, []string{label, note, strconv.Itoa(e.Won), strconv.Itoa(e.Lost), string(e.Rule)})
		k.Bars = append(k.Bars, hbar{Label: label, Note: note, Value: "+" + number(e.Won) + " −" + number(e.Lost), Width: share(e.Won, most), More: share(e.Lost, most)})
	}
	return k
}

func repChart(p insight.Replay, cat catalog.Catalog) barChart {
	k := barChart{
		Past: "now", ID: "rep-load", Title: "Load of each rep", Words: "Hours of the replayed bookings after the change.", Empty: "No booking was replayed.",
		Head: []string{"Rep", "Visits now", "Visits then", "Hours now", "Hours then"},
	}
	most := time.Minute
	for _, l := range p.Reps {
		most = max(most, l.Duration, l.DurationThen)
	}
	for _, l := range p.Reps {
		rep, _ := cat.Rep(l.Rep)
		name := cmp.Or(rep.Name, l.Rep)
		k.Rows = append(k.Rows, []string{name, strconv.Itoa(l.Visits), strconv.Itoa(l.VisitsThen), hours(l.Duration), hours(l.DurationThen)})
		k.Bars = append(k.Bars, hbar{
			Label: name, Note: counted(l.VisitsThen, "visit"), Value: hours(l.DurationThen), Before: hours(l.Duration),
			Width: share(int(l.DurationThen.Minutes()), int(most.Minutes())), Was: share(int(l.Duration.Minutes()), int(most.Minutes())),
		})
	}
	return k
}
