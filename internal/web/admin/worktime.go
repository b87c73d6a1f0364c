package admin

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/web/page"
	"heavyset.tech/platform/internal/worktime"
)

type workTimeView struct {
	frame
	Action    string
	Back      string // for the forecast
	Connected bool
	Connect   string // address of the connections
	Read      bool   // Zoho was asked
	Failed    string
	Groups    []workTimeGroup
	Same      bool // something was read, and nothing differs
	Unread    []string
	Authorize string // address that leads to Zoho for the missing permission; "" where none is missing
	Forecast  *forecastView
	Ask       string
}

// workTimeParts is how many parts are read: business hours, shifts, holidays, unavailability.
const workTimeParts = 4

type workTimeGroup struct {
	Name  string
	Lines []workTimeLine
}

type workTimeLine struct {
	Key, Label, Was, Then, Small string
	On                           bool
}

// workTime offers to read from Zoho when people work; with ?read it shows what differs from the rules.
func (c *Console) workTime(w http.ResponseWriter, r *http.Request, v *visit) error {
	return c.showWorkTime(w, r, v, r.URL.Query().Get("read") != "", nil, nil)
}

// readWorkTime asks the connected Zoho; words say why it could not be read.
func (c *Console) readWorkTime(ctx context.Context, v *visit) (k connection.Config, t crm.WorkingTime, words string, err error) {
	configs, err := c.Connections.Configs(ctx, v.org.ID)
	if err != nil {
		return k, t, "", err
	}
	i := slices.IndexFunc(configs, func(k connection.Config) bool { return k.Connection.State == connection.Connected })
	if i < 0 {
		return k, t, "Zoho is not connected.", nil
	}
	k = configs[i]
	provider, err := c.Guardian.Provider(ctx, k, connection.ForMetadata)
	if err != nil {
		return k, t, "Zoho can't be asked just now. Please try again in a moment.", nil
	}
	reader, ok := provider.(crm.WorkingTimeReader)
	if !ok {
		return k, t, "This CRM does not say when people work.", nil
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	year := c.Now().In(v.org.Location()).Year()
	if t, err = reader.WorkingTime(ctx, year, year+1); err != nil {
		words = "Zoho can't be asked just now. Please try again in a moment."
		if p := crm.AsProblem(err); p != nil {
			words = p.Words() + " " + p.Advice()
		}
	}
	return k, t, words, nil
}

func (c *Console) showWorkTime(w http.ResponseWriter, r *http.Request, v *visit, read bool, form *page.Form, look *forecastView) error {
	f, err := c.frame(r, v, "Working time from Zoho")
	if err != nil {
		return err
	}
	f.Purpose = "Business hours, shifts, holidays and unavailability as Zoho has them. You choose what is taken over; nothing is by itself."
	here := v.path("scheduler", "working-time")
	view := workTimeView{frame: f, Action: here, Back: here + "?read=1", Connect: v.path("connections"), Read: read, Forecast: look}
	all, err := c.Bookings.Catalog(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	configs, err := c.Connections.Configs(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	view.Connected = slices.ContainsFunc(configs, func(k connection.Config) bool { return k.Connection.State == connection.Connected })
	if read && view.Connected {
		k, t, words, err := c.readWorkTime(r.Context(), v)
		if err != nil {
			return err
		}
		if view.Failed = words; words == "" {
			view.Groups = workTimeGroups(all, worktime.Plan(all, t, c.Now()), calendar{v.org.Location(), c.Now()}, form)
			c.unread(w, v, &view, k, t.Unread)
			view.Same = len(t.Unread) < workTimeParts
		}
	}
	return c.set.Render(w, http.StatusOK, "worktime", view)
}

// unread says which parts could not be read, and leads to the consent where it is the permission that is missing.
func (c *Console) unread(w http.ResponseWriter, v *visit, view *workTimeView, k connection.Config, list []crm.Unread) {
	for _, u := range list {
		words := page.Capital(u.What) + ": this edition of Zoho does not have it, or the user who authorized HeavySet may not see it."
		if crm.IsClass(u.Err, crm.ScopeMissing) {
			words = page.Capital(u.What) + ": the permission to read it has not been given."
			view.Authorize = v.path("crm-configs", string(k.ID), "authorize")
		}
		view.Unread = append(view.Unread, words)
	}
	if view.Authorize == "" || !v.may(auth.Admin) {
		return
	}
	var targets []string
	for _, t := range c.Connections.Connectors {
		targets = append(targets, t.FormTargets()...)
	}
	page.Open(w, page.Opening{Forms: targets}) // the form redirects to the CRM's consent page
}

// workTimeGroups puts proposals into words; form has those that were chosen, nil: all are.
func workTimeGroups(all catalog.Catalog, list []worktime.Proposal, cal calendar, form *page.Form) []workTimeGroup {
	names := map[worktime.Kind]string{worktime.Holiday: "Holidays", worktime.Hours: "Hours of a week", worktime.Away: "Other hours and days off"}
	var out []workTimeGroup
	for _, kind := range []worktime.Kind{worktime.Holiday, worktime.Hours, worktime.Away} {
		g := workTimeGroup{Name: names[kind]}
		for _, p := range list {
			if p.Kind == kind {
				line := workTimeLineOf(all, p, cal)
				line.On = form == nil || slices.Contains(form.Values["take"], p.Key)
				g.Lines = append(g.Lines, line)
			}
		}
		if len(g.Lines) > 0 {
			out = append(out, g)
		}
	}
	return out
}

func workTimeLineOf(all catalog.Catalog, p worktime.Proposal, cal calendar) workTimeLine {
	line := workTimeLine{Key: p.Key, Small: p.Name}
	day := p.Date
	if t, err := time.ParseInLocation(time.DateOnly, p.Date, cal.zone); err == nil {
		day = cal.day(t.Add(12 * time.Hour))
	}
	off := func(words string) string {
		if words == "" {
			return "off"
		}
		return words
	}
	switch p.Kind {
	case worktime.Holiday:
		line.Label, line.Was, line.Then = day, "a working day", "nobody works"
	case worktime.Hours:
		line.Label, line.Was, line.Then = repName(all, p.Rep), off(weekWords(p.Was)), off(weekWords(p.Is))
		line.Small = page.Capital(p.Name)
		if p.Timezone != "" {
			line.Small += ", in " + p.Timezone
		}
		if p.Breaks {
			line.Small += ". Its breaks are not taken over"
		}
	case worktime.Away:
		line.Label, line.Was, line.Then = repName(all, p.Rep)+", "+day, off(spansWords(p.On)), off(spansWords(p.Then))
	}
	return line
}

// takeWorkTime takes over what was chosen, or shows what it would change for visitors. Zoho is read once more: what has
// changed there meanwhile is not taken over unseen.
func (c *Console) takeWorkTime(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	back := v.path("scheduler", "working-time") + "?read=1"
	_, t, words, err := c.readWorkTime(r.Context(), v)
	if err != nil {
		return err
	}
	if keys := form.Values["take"]; words == "" && len(keys) == 0 {
		words = "Nothing was chosen."
	}
	if words != "" {
		c.Sessions.Flash(r.Context(), "warning", words)
		http.Redirect(w, r, strings.TrimSuffix(back, "?read=1"), http.StatusSeeOther)
		return nil
	}
	missing := 0
	apply := func(now catalog.Catalog) (after catalog.Catalog, err error) {
		after, missing = worktime.Apply(now, worktime.Plan(now, t, c.Now()), form.Values["take"])
		if missing == len(form.Values["take"]) {
			return now, fault.New(fault.Conflict, "What you chose is not what Zoho has any more. Please look again.")
		}
		return after, nil
	}
	refused := func(err error) error {
		if !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Invalid) {
			return err
		}
		c.Sessions.Flash(r.Context(), "warning", fault.As(err).Message)
		http.Redirect(w, r, back, http.StatusSeeOther)
		return nil
	}
	if form.Get("do") == "preview" || form.Get("week") != "" {
		look, err := c.forecast(r, v, form, "", apply)
		if err != nil {
			return refused(err)
		}
		return c.showWorkTime(w, r, v, true, &form, look)
	}
	if err := c.store(r, v, ruleChange{"Working time taken over from Zoho", counted(len(form.Values["take"]), "difference"), apply}); err != nil {
		return refused(err)
	}
	said := "Taken over: " + counted(len(form.Values["take"])-missing, "difference") + "."
	if missing > 0 {
		said += " " + counted(missing, "other") + " changed meanwhile and can be looked at again."
	}
	return c.said(w, r, said, back)
}
