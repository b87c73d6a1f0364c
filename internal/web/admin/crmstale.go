package admin

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/settings"
	"heavyset.tech/platform/internal/web/page"
)

// policyChoices are what visitors are offered while the copy of Zoho is too old.
func policyChoices(current string) []sourceChoice {
	return []sourceChoice{
		{
			Value: string(settings.StaleTentative), Label: "Take bookings as not confirmed (default)", Current: current == string(settings.StaleTentative),
			Words: "The visitor is told so. Once Zoho answers again, each is checked: it confirms itself with a message, or shows up as a conflict.",
		},
		{
			Value: string(settings.StaleCopy), Label: "Go on with the last copy", Current: current == string(settings.StaleCopy),
			Words: "Bookings are confirmed at once. What turns out to collide with something made in Zoho meanwhile shows up as a conflict.",
		},
		{
			Value: string(settings.StaleBlock), Label: "Take no bookings", Current: current == string(settings.StaleBlock),
			Words: "No times are offered, and the page says why. Visitors can send an enquiry, and cancel what they have.",
		},
	}
}

// budgetField asks for the budget in minutes.
func budgetField(form page.Form) page.Field {
	return page.Field{
		Name: "budget", Label: "Minutes without an answer", Type: "text", Optional: true, Width: "half", Limit: 5,
		Hint: "How old the copy may be before it counts as too old: 1 to 1440. Empty: 15, or three readings where they are rarer.",
	}.With(form)
}

func budgetText(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return strconv.Itoa(int(d / time.Minute))
}

// staleOf reads budget and policy; a form that does not speak of them leaves them as they were.
func staleOf(f page.Form, was settings.Staleness) (settings.Staleness, error) {
	if f.Values["policy"] == nil {
		return was, nil
	}
	out := settings.Staleness{Policy: settings.StalePolicy(f.Get("policy"))}
	if text := strings.TrimSpace(f.Get("budget")); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 1440 {
			n = -1 // is refused with its field
		}
		out.Budget = time.Duration(n) * time.Minute
	}
	return out, nil
}

// readingRow is one place that the availability is read from, and how that goes.
type readingRow struct {
	Name, Read, Records, Error string
	State                      pill
}

// readingRows says what is read for the source in force.
func (c *Console) readingRows(r *http.Request, v *visit, id connection.ConfigID, connected bool) ([]readingRow, error) {
	if !connected {
		return nil, nil
	}
	list, err := c.Mirror.Sources(r.Context(), v.org.ID, id)
	if err != nil {
		return nil, err
	}
	cat, err := c.Bookings.Catalog(r.Context(), v.org.ID)
	if err != nil {
		return nil, err
	}
	cal := calendar{v.org.Location(), c.Now()}
	var out []readingRow
	for _, s := range list {
		if !s.Counted {
			continue
		}
		row := readingRow{Name: s.Label(cat), Read: "not yet", Records: plural(s.Records, "record"), Error: s.Error, State: pill{Kind: "ok", Words: "Read"}}
		if !s.AsOf.IsZero() {
			row.Read = cal.stamp(s.AsOf)
		}
		switch {
		case s.Error != "":
			row.State = pill{Kind: "bad", Words: "Fails"}
		case s.AsOf.IsZero():
			row.State = pill{Kind: "warn", Words: "Waits"}
		}
		out = append(out, row)
	}
	return out, nil
}
