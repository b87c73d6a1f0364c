package admin

import (
	"net/http"
	"slices"
	"strings"

	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/web/page"
)

type firstView struct {
	ruleView
	Name, Duration, Who, Email, Hours, Codes page.Field
	Days                                     []choice
}

// first asks for all that a bookable page needs, on one form.
func (c *Console) first(w http.ResponseWriter, r *http.Request, v *visit) error {
	return c.showFirst(w, r, v, http.StatusOK, page.Form{Values: map[string][]string{
		"duration_minutes": {"1 hour"}, "person": {v.user.Name}, "email": {v.user.Email}, "hours": {"9:00 AM – 5:00 PM"}, "days": {"mon", "tue", "wed", "thu", "fri"},
	}})
}

func (c *Console) showFirst(w http.ResponseWriter, r *http.Request, v *visit, status int, form page.Form) error {
	base, err := c.ruleView(r, v, "Set up the booking page", "service", services, form)
	if err != nil {
		return err
	}
	base.Purpose = "One service, one person and their hours are enough. Everything can be changed later."
	text := func(name, label, kind, width, hint string) page.Field {
		return page.Field{Name: name, Label: label, Type: kind, Width: width, Hint: hint, Required: true, Limit: 200, Autocomplete: "off"}.With(form)
	}
	view := firstView{
		ruleView: base, Name: text("name", "What can be booked", "text", "half", "Like Roof inspection."), Duration: text("duration_minutes", "How long it takes", "text", "half", "Like 1 hour."),
		Who: text("person", "Who goes there", "text", "half", ""), Email: text("email", "Their e-mail", "email", "half", ""), Hours: text("hours", "Hours on these days", "text", "", "Like 9–5, or 9–12, 1–5 pm."),
		Codes: page.Field{Name: "postal_codes", Label: "Postal codes that you serve", Lines: 3, Optional: true, Hint: "Empty: everywhere. 606* means all that begin with 606."}.With(form),
	}
	view.Email.Required, view.Email.Optional = false, true
	for _, d := range weekdays() {
		view.Days = append(view.Days, choice{Value: d.key, Label: d.name, On: slices.Contains(form.Values["days"], d.key)})
	}
	return c.set.Render(w, status, "firststeps", view)
}

// saveFirst makes the service, the rep with their hours and, if postal codes are given, a territory.
func (c *Console) saveFirst(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	length, wrong := readMinutes(form.Get("duration_minutes"))
	if wrong != "" {
		form.Errors["duration_minutes"] = wrong
	}
	spans, wrong := readSpans(form.Get("hours"))
	if wrong != "" {
		form.Errors["hours"] = wrong
	} else if len(spans) == 0 {
		form.Errors["hours"] = "Please give the hours. " + hoursHint
	}
	if len(form.Values["days"]) == 0 {
		form.Errors["days"] = "Please choose at least one day."
	}
	codes, wrong := catalog.ParsePostalCodes(form.Get("postal_codes"))
	if wrong != "" {
		form.Errors["postal_codes"] = wrong
	}
	if form.Wrong() {
		return c.showFirst(w, r, v, http.StatusUnprocessableEntity, form)
	}
	err = c.store(r, v, ruleChange{"Booking page set up", strings.TrimSpace(form.Get("name")), func(now catalog.Catalog) (catalog.Catalog, error) {
		return firstRules(now, form, length, spans, codes), nil
	}})
	if err != nil {
		if err := wrongFirst(&form, err); err != nil {
			return err
		}
		return c.showFirst(w, r, v, http.StatusUnprocessableEntity, form)
	}
	return c.said(w, r, "Your booking page is ready: visitors can book "+strings.TrimSpace(form.Get("name"))+" now.", v.path("scheduler", "services"))
}

func firstRules(now catalog.Catalog, form page.Form, length int, spans []catalog.Span, codes []string) catalog.Catalog {
	days := map[string][]catalog.Span{}
	for _, d := range form.Values["days"] {
		days[d] = spans
	}
	rep := catalog.Rep{Name: strings.TrimSpace(form.Get("person")), Email: strings.TrimSpace(form.Get("email")), Hours: weekOf(days)}
	rep.ID = catalog.FreeID(rep.Name, "rep", func(id string) bool { _, taken := now.Rep(id); return taken })
	if len(codes) > 0 {
		t := catalog.Territory{Name: "Where we work", PostalCodes: codes}
		t.ID = catalog.FreeID(t.Name, "territory", func(id string) bool { _, taken := territoryIn(now, id); return taken })
		now, rep.Territories = now.WithTerritory(t), []string{t.ID}
	} else {
		for _, t := range now.Territories {
			rep.Territories = append(rep.Territories, t.ID)
		}
	}
	s := catalog.Service{
		Name: strings.TrimSpace(form.Get("name")), DurationMinutes: length, SlotIntervalMinutes: 30, BufferAfterMinutes: 30, MinNoticeMinutes: 240, BookingWindowDays: 60,
		Assignment: catalog.RoundRobin, Reps: []string{rep.ID},
	}
	s.ID = catalog.FreeID(s.Name, "service", func(id string) bool { _, taken := now.Service(id); return taken })
	return now.WithRep(rep).WithService(s)
}

// wrongFirst puts what is wrong beside the field that it came from.
func wrongFirst(form *page.Form, err error) error {
	e := fault.As(err)
	if e == nil || e.Kind != fault.Invalid && e.Kind != fault.Conflict {
		return err
	}
	form.Notice = "Not saved. Please look at the marked fields."
	if len(e.Fields) == 0 {
		form.Notice = e.Message
	}
	fields := map[string]string{".name": "name", ".duration_minutes": "duration_minutes", ".email": "email"}
	for _, f := range e.Fields {
		for end, field := range fields {
			if !strings.HasSuffix(f.Path, end) {
				continue
			}
			if end == ".name" && strings.HasPrefix(f.Path, "reps") {
				field = "person"
			}
			form.Errors[field] = page.Capital(f.Message) + "."
		}
		if strings.HasPrefix(f.Path, "territories") {
			form.Errors["postal_codes"] = page.Capital(f.Message) + "."
		}
	}
	return nil
}
