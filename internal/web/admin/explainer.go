package admin

import (
	"net/http"
	"slices"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/web/page"
)

type explainerView struct {
	frame
	Action   string
	Form     page.Form
	Services []option
	Date     page.Field
	Time     page.Field
	Postal   page.Field
	Asked    string // the question in words
	State    pill
	Offered  bool
	Groups   []reasonGroup
	Openings []openingRow
	NoWay    bool
}

// reasonGroup is what speaks against a start: of the service, or of one rep.
type reasonGroup struct {
	Who     string
	Reasons []reasonRow
}

type reasonRow struct {
	Words, Code    string
	Link, LinkWord string
	Module, Record string
}

type openingRow struct {
	Who, Link string
	Changes   []string
}

// explain says whether any start of any service is offered, everything that speaks against it, and what would open it.
func (c *Console) explain(w http.ResponseWriter, r *http.Request, v *visit) error {
	all, err := c.Bookings.Catalog(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Slot Explainer")
	if err != nil {
		return err
	}
	f.Purpose = "Why a time is offered or not. It judges with the same arithmetic as the booking page."
	form := page.Form{Values: r.URL.Query(), Errors: map[string]string{}}
	asked := form.Values.Has("date")
	if !asked {
		form.Values.Set("date", c.Now().In(v.org.Location()).AddDate(0, 0, 1).Format(time.DateOnly))
		form.Values.Set("time", "10:00")
	}
	view := explainerView{frame: f, Action: r.URL.Path}
	for _, s := range all.Offered() {
		view.Services = append(view.Services, option{Label: s.Name, Value: s.ID, Current: s.ID == form.Get("service")})
	}
	start, err := time.ParseInLocation(wallTime, form.Get("date")+"T"+form.Get("time"), v.org.Location())
	if err != nil || start.Year() < 1970 || start.Year() > 2200 {
		form.Errors["date"] = "Please give date and time."
	}
	if len(form.Get("postal_code")) > 20 {
		form.Errors["postal_code"] = "Please give at most 20 characters."
	}
	service, known := all.Service(form.Get("service"))
	if asked && known && !form.Wrong() {
		in, err := c.Bookings.Inquire(r.Context(), v.org.Slug, service.ID, form.Get("postal_code"), start)
		if err != nil && !fault.Is(err, fault.Invalid) {
			return err
		}
		cal := calendar{v.org.Location(), c.Now()}
		view.Asked = service.Name + ", " + cal.stamp(start)
		view.explained(v, all, in.Explanation, in.Openings)
	}
	view.Form = form
	view.Date = page.Field{Name: "date", Label: "Date", Type: "date", Width: "third", Required: true}.With(form)
	view.Time = page.Field{Name: "time", Label: "Time", Type: "time", Width: "third", Required: true}.With(form)
	view.Postal = page.Field{Name: "postal_code", Label: "Postal code", Type: "text", Width: "third", Optional: true, Limit: 20, Autocomplete: "off"}.With(form)
	return c.set.Render(w, http.StatusOK, "explainer", view)
}

func (e *explainerView) explained(v *visit, all catalog.Catalog, why availability.Explanation, ways []catalog.Opening) {
	e.Offered = why.Offered
	e.State = pill{Kind: "off", Words: "Not offered"}
	if why.Offered {
		e.State = pill{Kind: "ok", Words: "Offered"}
		return
	}
	for _, x := range why.Reasons {
		who := "The service"
		if p, ok := all.Rep(x.Rep); ok {
			who = p.Name
		}
		i := slices.IndexFunc(e.Groups, func(g reasonGroup) bool { return g.Who == who })
		if i < 0 {
			e.Groups = append(e.Groups, reasonGroup{Who: who})
			i = len(e.Groups) - 1
		}
		row := reasonRow{Words: x.Detail, Code: string(x.Code), Module: x.Module, Record: x.Record}
		if x.Module == "" && x.BlockID != "" && x.Code != availability.Held {
			row.Link, row.LinkWord = v.path("appointments", x.BlockID), "Open the appointment"
		}
		e.Groups[i].Reasons = append(e.Groups[i].Reasons, row)
	}
	for _, o := range ways {
		p, _ := all.Rep(o.Rep)
		e.Openings = append(e.Openings, openingRow{p.Name, itemLink(v, reps, o.Rep), o.Changes})
	}
	e.NoWay = len(ways) == 0
}
