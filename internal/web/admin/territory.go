package admin

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/web/page"
)

var errNoTerritory = fault.New(fault.NotFound, "There is no such territory.")

type territoriesView struct {
	frame
	MayEdit bool
	New     string
	Rows    []ruleRow
}

// territories lists the areas that reps serve.
func (c *Console) territories(w http.ResponseWriter, r *http.Request, v *visit) error {
	all, err := c.Bookings.Catalog(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Territories")
	if err != nil {
		return err
	}
	f.Purpose = "Which postal codes you serve, and who serves them."
	view := territoriesView{frame: f, MayEdit: v.may(auth.Admin), New: v.path("scheduler", "new-territory")}
	for _, t := range all.Territories {
		row := ruleRow{Name: t.Name, Link: itemLink(v, territories, t.ID), Words: counted(len(t.PostalCodes), "postal code"), State: pill{Kind: "ok", Words: "Served"}}
		var who []string
		for _, p := range all.Staff() {
			if slices.Contains(p.Territories, t.ID) {
				who = append(who, p.Name)
			}
		}
		if row.More = strings.Join(who, ", "); len(who) == 0 {
			row.State = pill{Kind: "warn", Words: "Nobody serves it"}
		}
		view.Rows = append(view.Rows, row)
	}
	return c.set.Render(w, http.StatusOK, "territories", view)
}

type territoryView struct {
	ruleView
	Name, Codes page.Field
	Reps        []choice
}

func (c *Console) newTerritory(w http.ResponseWriter, r *http.Request, v *visit) error {
	all, err := c.Bookings.Catalog(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	form := page.Form{Values: map[string][]string{}}
	if len(all.Territories) == 0 { // the first one: whoever is not in it would serve nobody any more
		for _, p := range all.Staff() {
			form.Values.Add("reps", p.ID)
		}
	}
	return c.showTerritory(w, r, v, http.StatusOK, catalog.Territory{}, all, form, nil)
}

func (c *Console) editTerritory(w http.ResponseWriter, r *http.Request, v *visit) error {
	all, err := c.Bookings.Catalog(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	t, ok := territoryIn(all, r.PathValue("item"))
	if !ok {
		return errNoTerritory
	}
	return c.showTerritory(w, r, v, http.StatusOK, t, all, territoryForm(t, all), nil)
}

func territoryIn(c catalog.Catalog, id string) (catalog.Territory, bool) {
	i := slices.IndexFunc(c.Territories, func(t catalog.Territory) bool { return t.ID == id })
	if i < 0 {
		return catalog.Territory{}, false
	}
	return c.Territories[i], true
}

func territoryForm(t catalog.Territory, all catalog.Catalog) page.Form {
	f := page.Form{Values: map[string][]string{"name": {t.Name}, "postal_codes": {strings.Join(t.PostalCodes, "\n")}, "seen": {seen(t)}}}
	for _, p := range all.Staff() {
		if slices.Contains(p.Territories, t.ID) {
			f.Values.Add("reps", p.ID)
		}
	}
	return f
}

func (c *Console) showTerritory(w http.ResponseWriter, r *http.Request, v *visit, status int, t catalog.Territory, all catalog.Catalog, form page.Form, look *forecastView) error {
	title := t.Name
	if t.ID == "" {
		title = "New territory"
	}
	base, err := c.ruleView(r, v, title, "territory", territories, form)
	if err != nil {
		return err
	}
	base.BackWord = "Territories"
	base.New, base.Seen, base.Forecast = t.ID == "", seen(t), look
	if look != nil && form.Get("do") == "ask" {
		base.Ask = "remove"
	}
	view := territoryView{
		ruleView: base, Name: page.Field{Name: "name", Label: "Name", Type: "text", Required: true, Limit: 200, Autocomplete: "off"}.With(form),
		Codes: page.Field{Name: "postal_codes", Label: "Postal codes", Lines: 8, Hint: "Paste them as they come: one a line, or with commas, or a column of a spreadsheet. 606* means all that begin with 606."}.With(form),
	}
	for _, p := range all.Staff() {
		view.Reps = append(view.Reps, choice{p.ID, p.Name, "", slices.Contains(form.Values["reps"], p.ID)})
	}
	return c.set.Render(w, status, "territory", view)
}

// saveTerritory does what a territory's form asks for: save, look at what changes, remove.
func (c *Console) saveTerritory(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	all, err := c.Bookings.Catalog(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	id := r.PathValue("item")
	was, ok := territoryIn(all, id)
	if id != "" && !ok {
		return errNoTerritory
	}
	gone := func(now catalog.Catalog) (catalog.Catalog, error) { return now.WithoutTerritory(id), nil }
	switch form.Get("do") {
	case "remove":
		return c.done(w, r, v, ruleChange{"Territory removed", was.Name, gone}, "Removed "+was.Name+".", v.path("scheduler", "territories"))
	case "ask":
		look, err := c.forecast(r, v, form, "", gone)
		if err != nil {
			return err
		}
		kept := territoryForm(was, all)
		kept.Values.Set("do", "ask")
		return c.showTerritory(w, r, v, http.StatusOK, was, all, kept, look)
	}
	return c.writeTerritory(w, r, v, form, was, all)
}

func (c *Console) writeTerritory(w http.ResponseWriter, r *http.Request, v *visit, form page.Form, was catalog.Territory, all catalog.Catalog) error {
	codes, wrong := catalog.ParsePostalCodes(form.Get("postal_codes"))
	if wrong != "" {
		form.Errors["postal_codes"] = wrong
		return c.showTerritory(w, r, v, http.StatusUnprocessableEntity, was, all, form, nil)
	}
	t := catalog.Territory{ID: was.ID, Name: strings.TrimSpace(form.Get("name")), PostalCodes: codes}
	if t.ID == "" {
		t.ID = catalog.FreeID(t.Name, "territory", func(id string) bool { _, taken := territoryIn(all, id); return taken })
	}
	place := 0
	change := ruleChange{"Territory changed", t.Name, func(now catalog.Catalog) (catalog.Catalog, error) {
		if there, ok := territoryIn(now, t.ID); ok && was.ID != "" {
			if err := unseen(form, "territory", there); err != nil {
				return now, err
			}
		}
		after := served(now.WithTerritory(t), t.ID, form.Values["reps"])
		place = slices.IndexFunc(after.Territories, func(x catalog.Territory) bool { return x.ID == t.ID })
		return after, nil
	}}
	if was.ID == "" {
		change.act = "Territory added"
	}
	return c.saveOrLook(w, r, v, ruleForm{
		form: form, change: change, service: "", path: func() string { return fmt.Sprintf("territories[%d]", place) }, saved: "Saved " + t.Name + " with " + counted(len(t.PostalCodes), "postal code") + ".", list: v.path("scheduler", "territories"),
		show: func(status int, form page.Form, look *forecastView) error {
			return c.showTerritory(w, r, v, status, was, all, form, look)
		},
	})
}

// served says who serves a territory.
func served(c catalog.Catalog, id string, who []string) catalog.Catalog {
	for _, p := range c.Staff() {
		has, wants := slices.Contains(p.Territories, id), slices.Contains(who, p.ID)
		switch {
		case wants && !has:
			p.Territories = append(slices.Clone(p.Territories), id)
		case has && !wants:
			p.Territories = slices.DeleteFunc(slices.Clone(p.Territories), func(t string) bool { return t == id })
		}
		c = c.WithRep(p)
	}
	return c
}
