package admin

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/web/page"
)

var errNoRep = fault.New(fault.NotFound, "There is no such rep.")

// reps lists who attends appointments.
func (c *Console) reps(w http.ResponseWriter, r *http.Request, v *visit) error {
	all, err := c.Bookings.Catalog(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Reps")
	if err != nil {
		return err
	}
	f.Purpose = "Who goes to the visits, and when. The order decides who is chosen among equals."
	view := rulesView{frame: f, MayEdit: v.may(auth.Admin), Public: c.bookingPage(v), New: v.path("scheduler", "new-rep")}
	if len(all.Staff()) == 0 {
		view.Start = v.path("scheduler", "start")
	}
	n := len(all.Staff())
	for i, p := range all.Reps {
		row := ruleRow{ID: p.ID, Name: p.Name, Link: itemLink(v, reps, p.ID), Words: weekWords(p.Hours), More: p.Email, First: i == 0, Last: i == n-1, State: pill{Kind: "ok", Words: "Working"}}
		if len(p.Hours)+len(p.Overrides) == 0 {
			row.State = pill{Kind: "warn", Words: "No hours"}
		}
		if p.Archived {
			row.State = pill{Kind: "off", Words: "Archived"}
			view.Archived = append(view.Archived, row)
		} else {
			view.Rows = append(view.Rows, row)
		}
	}
	return c.set.Render(w, http.StatusOK, "reps", view)
}

type repView struct {
	ruleView
	Name, Email, Zone, CRMUser page.Field
	Weight                     page.Field
	People                     []choice // users of the CRM; none: CRMUser is typed
	PeopleNote                 string
	Days                       []page.Field
	Overrides                  []page.Field
	From, To, Hours            page.Field // a further override
	Services, Territories      []choice
	Feed, Handover             string // addresses; "" for a new rep and for who may not
}

func (c *Console) newRep(w http.ResponseWriter, r *http.Request, v *visit) error {
	p := catalog.Rep{Hours: []catalog.Hours{{Days: []string{"mon", "tue", "wed", "thu", "fri"}, Start: "09:00", End: "17:00"}}}
	return c.openRep(w, r, v, p)
}

func (c *Console) editRep(w http.ResponseWriter, r *http.Request, v *visit) error {
	all, err := c.Bookings.Catalog(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	p, ok := all.Rep(r.PathValue("item"))
	if !ok {
		return errNoRep
	}
	return c.openRep(w, r, v, p)
}

func (c *Console) openRep(w http.ResponseWriter, r *http.Request, v *visit, p catalog.Rep) error {
	all, err := c.Bookings.Catalog(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	return c.showRep(w, r, v, http.StatusOK, p, all, repForm(p, all), nil)
}

// repForm fills the form of a rep; a new one does all that is on offer.
func repForm(p catalog.Rep, all catalog.Catalog) page.Form {
	f := page.Form{Values: map[string][]string{"name": {p.Name}, "email": {p.Email}, "crm_user": {p.CRMUser}, "timezone": {p.Timezone}, "territories": p.Territories, "weight": {strconv.Itoa(p.Share())}, "seen": {seen(p)}}}
	for _, s := range all.Offered() {
		if p.ID == "" || slices.Contains(s.Reps, p.ID) {
			f.Values.Add("services", s.ID)
		}
	}
	for _, d := range weekdays() {
		f.Values.Set("hours_"+d.key, spansWords(hoursOf(p.Hours, d.key)))
	}
	for _, o := range p.Overrides {
		words := spansWords(o.Hours)
		if words == "" {
			words = "off"
		}
		f.Values.Set("date_"+o.Date, words)
	}
	return f
}

func (c *Console) showRep(w http.ResponseWriter, r *http.Request, v *visit, status int, p catalog.Rep, all catalog.Catalog, form page.Form, look *forecastView) error {
	title := p.Name
	if p.ID == "" {
		title = "New rep"
	}
	base, err := c.ruleView(r, v, title, "rep", reps, form)
	if err != nil {
		return err
	}
	base.New, base.Archived, base.Seen, base.Forecast = p.ID == "", p.Archived, seen(p), look
	if look != nil && form.Get("do") == "ask" {
		base.Ask = "archive"
	}
	text := func(name, label, kind, width, hint string) page.Field {
		return page.Field{Name: name, Label: label, Type: kind, Width: width, Hint: hint, Limit: 200, Autocomplete: "off"}.With(form)
	}
	view := repView{
		ruleView: base, Name: text("name", "Name", "text", "half", ""), Email: text("email", "E-mail", "email", "half", "For notices about visits; never shown to visitors."),
		Zone: text("timezone", "Time zone", "text", "half", "Of the hours below. Empty: "+all.Timezone+"."), CRMUser: text("crm_user", "User in Zoho", "text", "half", "The id of the user who owns the records of these visits."),
		Weight: text("weight", "Share of the visits", "text", "half", "By round robin: 2 gets twice as many as 1."),
		From:   text("add_from", "From", "date", "third", ""), To: text("add_to", "Until", "date", "third", "Empty: this one day."), Hours: text("add_hours", "Hours", "text", "third", "Empty: off."),
	}
	if p.ID != "" && v.may(auth.Admin) {
		view.Feed, view.Handover = v.path("scheduler", "reps", p.ID, "feed"), v.path("scheduler", "reps", p.ID, "handover")
	}
	view.Name.Required, view.Weight.InputMode = true, "numeric"
	for _, d := range weekdays() {
		view.Days = append(view.Days, text("hours_"+d.key, d.name, "text", "half", ""))
	}
	zone := v.org.Location()
	today := c.Now().In(zone).AddDate(0, 0, -1).Format(time.DateOnly)
	for _, o := range p.Overrides {
		day, err := time.ParseInLocation(time.DateOnly, o.Date, zone)
		if err == nil && o.Date >= today {
			view.Overrides = append(view.Overrides, text("date_"+o.Date, calendar{zone, c.Now()}.day(day.Add(12*time.Hour)), "text", "half", ""))
		}
	}
	for _, s := range all.Offered() {
		view.Services = append(view.Services, choice{s.ID, s.Name, catalog.Minutes(s.DurationMinutes), slices.Contains(form.Values["services"], s.ID)})
	}
	for _, t := range all.Territories {
		view.Territories = append(view.Territories, choice{t.ID, t.Name, counted(len(t.PostalCodes), "postal code"), slices.Contains(form.Values["territories"], t.ID)})
	}
	if v.may(auth.Admin) {
		view.People, view.PeopleNote = c.crmUsers(r.Context(), v, form.Get("crm_user"))
	}
	return c.set.Render(w, status, "rep", view)
}

// crmUsers lists the users of the connected CRM; none when it is not connected or does not answer soon.
func (c *Console) crmUsers(ctx context.Context, v *visit, present string) ([]choice, string) {
	configs, err := c.Connections.Configs(ctx, v.org.ID)
	if err != nil {
		return nil, ""
	}
	i := slices.IndexFunc(configs, func(k connection.Config) bool { return k.Connection.State == connection.Connected })
	if i < 0 {
		return nil, "Once Zoho is connected, its users can be chosen here."
	}
	const failed = "Zoho's users could not be read just now; the id can be typed."
	provider, err := c.Guardian.Provider(ctx, configs[i], connection.ForMetadata)
	if err != nil {
		return nil, failed
	}
	ctx, cancel := context.WithTimeout(ctx, 4*time.Second)
	defer cancel()
	people, err := provider.People(ctx)
	if err != nil {
		return nil, failed
	}
	out := []choice{{Label: "Nobody", On: present == ""}}
	found := present == ""
	slices.SortFunc(people, func(a, b crm.Person) int { return strings.Compare(a.Name, b.Name) })
	for _, p := range people {
		if p.Active || p.ID == present {
			out = append(out, choice{Value: p.ID, Label: p.Name + " (" + p.Email + ")", On: p.ID == present})
			found = found || p.ID == present
		}
	}
	if !found {
		out = append(out, choice{Value: present, Label: present + ", no user of this Zoho", On: true})
	}
	return out, ""
}

// repOf reads the form over what is there; what is wrong is put into the form.
func repOf(form *page.Form, p catalog.Rep) catalog.Rep {
	p.Name, p.Email = strings.TrimSpace(form.Get("name")), strings.TrimSpace(form.Get("email"))
	p.CRMUser, p.Timezone, p.Territories = strings.TrimSpace(form.Get("crm_user")), strings.TrimSpace(form.Get("timezone")), form.Values["territories"]
	days, same := map[string][]catalog.Span{}, true
	for _, d := range weekdays() {
		spans, wrong := readSpans(form.Get("hours_" + d.key))
		if wrong != "" {
			form.Errors["hours_"+d.key] = wrong
		}
		same = same && slices.Equal(spans, hoursOf(p.Hours, d.key))
		days[d.key] = spans
	}
	if !same {
		p.Hours = weekOf(days)
	}
	if text := strings.TrimSpace(form.Get("weight")); text != "" && (text != "1" || p.Weight != 0) { // a weight that was never said stays unsaid
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			form.Errors["weight"] = "Please give a whole number from 1 to 100."
		}
		p.Weight = n
	}
	p.Overrides = overridesOf(form, p.Overrides)
	return p
}

// overridesOf reads the dates with other hours: those that are there, and further ones.
func overridesOf(form *page.Form, list []catalog.Override) []catalog.Override {
	var out []catalog.Override
	for _, o := range list {
		field := "date_" + o.Date
		if form.Values.Has(field) { // past ones are not on the page and stay
			if strings.TrimSpace(form.Get(field)) == "" {
				continue
			}
			spans, wrong := readSpans(form.Get(field))
			if wrong != "" {
				form.Errors[field] = wrong
			}
			o.Hours = spans
		}
		out = append(out, o)
	}
	if form.Get("add_from") == "" {
		if form.Get("add_to") != "" || form.Get("add_hours") != "" {
			form.Errors["add_from"] = "Please give the date."
		}
		return out
	}
	from, err := availability.ParseDate(form.Get("add_from"))
	if err != nil {
		form.Errors["add_from"] = "Please give the date as yyyy-mm-dd."
		return out
	}
	to := from
	if text := form.Get("add_to"); text != "" {
		if to, err = availability.ParseDate(text); err != nil || from.DaysUntil(to) < 0 || from.DaysUntil(to) > 366 {
			form.Errors["add_to"] = "Please give a date that is not before the first, at most a year later."
			return out
		}
	}
	spans, wrong := readSpans(form.Get("add_hours"))
	if wrong != "" {
		form.Errors["add_hours"] = wrong
	}
	for d := from; d.Compare(to) <= 0; d = d.AddDays(1) {
		out = slices.DeleteFunc(out, func(o catalog.Override) bool { return o.Date == d.String() })
		out = append(out, catalog.Override{Date: d.String(), Hours: spans})
	}
	slices.SortFunc(out, func(a, b catalog.Override) int { return strings.Compare(a.Date, b.Date) })
	return out
}

// saveRep does what a rep's form asks for: save, look at what changes, archive, restore, move.
func (c *Console) saveRep(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	all, err := c.Bookings.Catalog(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	id := r.PathValue("item")
	was, ok := all.Rep(id)
	if id != "" && !ok {
		return errNoRep
	}
	list := v.path("scheduler", "reps")
	mark := func(archived bool) func(catalog.Catalog) (catalog.Catalog, error) {
		return func(now catalog.Catalog) (catalog.Catalog, error) {
			p, ok := now.Rep(id)
			if !ok {
				return now, errNoRep
			}
			p.Archived = archived
			p.Territories = slices.DeleteFunc(slices.Clone(p.Territories), func(t string) bool { // some may have gone meanwhile
				return !slices.ContainsFunc(now.Territories, func(x catalog.Territory) bool { return x.ID == t })
			})
			return now.WithRep(p), nil
		}
	}
	switch do := form.Get("do"); do {
	case "archive":
		return c.done(w, r, v, ruleChange{"Rep archived", was.Name, mark(true)}, "Archived "+was.Name+". Their appointments stay. They can be restored at the end of this page.", list)
	case "restore":
		return c.done(w, r, v, ruleChange{"Rep restored", was.Name, mark(false)}, "Restored "+was.Name+", with the services they did.", list)
	case "up", "down":
		by := map[string]int{"up": -1, "down": 1}[do]
		return c.done(w, r, v, ruleChange{"Rep moved", was.Name, func(now catalog.Catalog) (catalog.Catalog, error) { return now.WithRepMoved(id, by), nil }}, "Moved "+was.Name+".", list)
	case "ask":
		look, err := c.forecast(r, v, form, "", mark(true))
		if err != nil {
			return err
		}
		kept := repForm(was, all)
		kept.Values.Set("do", "ask")
		return c.showRep(w, r, v, http.StatusOK, was, all, kept, look)
	}
	return c.writeRep(w, r, v, form, was, all)
}

func (c *Console) writeRep(w http.ResponseWriter, r *http.Request, v *visit, form page.Form, was catalog.Rep, all catalog.Catalog) error {
	p := repOf(&form, was)
	if p.ID == "" {
		p.ID = catalog.FreeID(p.Name, "rep", func(id string) bool { _, taken := all.Rep(id); return taken })
	}
	if form.Wrong() {
		return c.showRep(w, r, v, http.StatusUnprocessableEntity, was, all, form, nil)
	}
	place := 0
	change := ruleChange{"Rep changed", p.Name, func(now catalog.Catalog) (catalog.Catalog, error) {
		if there, ok := now.Rep(p.ID); ok && was.ID != "" {
			if err := unseen(form, "rep", there); err != nil {
				return now, err
			}
		}
		after := now.WithRep(p)
		if form.Values.Has("services_shown") {
			after = doing(after, p.ID, form.Values["services"])
		}
		place = slices.IndexFunc(after.Staff(), func(x catalog.Rep) bool { return x.ID == p.ID })
		return after, nil
	}}
	if was.ID == "" {
		change.act = "Rep added"
	}
	return c.saveOrLook(w, r, v, ruleForm{
		form: form, change: change, service: "", path: func() string { return fmt.Sprintf("reps[%d]", place) }, saved: "Saved " + p.Name + ".", list: v.path("scheduler", "reps"),
		show: func(status int, form page.Form, look *forecastView) error {
			return c.showRep(w, r, v, status, was, all, form, look)
		},
	})
}

// doing says which services a rep does.
func doing(c catalog.Catalog, id string, services []string) catalog.Catalog {
	for _, s := range c.Offered() {
		has, wants := slices.Contains(s.Reps, id), slices.Contains(services, s.ID)
		switch {
		case wants && !has:
			s.Reps = append(slices.Clone(s.Reps), id)
		case has && !wants:
			s.Reps = slices.DeleteFunc(slices.Clone(s.Reps), func(r string) bool { return r == id })
		}
		c = c.WithService(s)
	}
	return c
}
