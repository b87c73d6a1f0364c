package admin

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/web/page"
)

var errNoService = fault.New(fault.NotFound, "There is no such service.")

// ruleRow is one service or rep in its list.
type ruleRow struct {
	ID, Name, Link string
	Words, More    string
	State          pill
	First, Last    bool
}

type rulesView struct {
	frame
	MayEdit  bool
	Public   string
	Start    string // first steps; "" where they are done
	New      string
	Rows     []ruleRow
	Archived []ruleRow
}

// services lists what can be booked, and leads whoever has nothing yet to the first steps.
func (c *Console) services(w http.ResponseWriter, r *http.Request, v *visit) error {
	all, err := c.Bookings.Catalog(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Services")
	if err != nil {
		return err
	}
	f.Purpose = "What visitors can book, in the order in which they see it."
	view := rulesView{frame: f, MayEdit: v.may(auth.Admin), Public: c.bookingPage(v), New: v.path("scheduler", "new-service")}
	if len(all.Offered()) == 0 || len(all.Staff()) == 0 {
		view.Start = v.path("scheduler", "start")
	}
	n := len(all.Offered())
	for i, s := range all.Services {
		row := ruleRow{ID: s.ID, Name: s.Name, Link: itemLink(v, services, s.ID), Words: serviceWords(s), State: bookable(all, s), First: i == 0, Last: i == n-1}
		row.More = strings.Join(whoDoes(all, s), ", ")
		if s.Archived {
			view.Archived = append(view.Archived, row)
		} else {
			view.Rows = append(view.Rows, row)
		}
	}
	return c.set.Render(w, http.StatusOK, "services", view)
}

func serviceWords(s catalog.Service) string {
	words := catalog.Minutes(s.DurationMinutes) + ", starts every " + catalog.Minutes(s.SlotIntervalMinutes) + ", notice " + catalog.Minutes(s.MinNoticeMinutes)
	if s.BusinessNoticeMinutes > 0 {
		words += " and " + catalog.Minutes(s.BusinessNoticeMinutes) + " of working time"
	}
	if s.CapacityPerDay > 0 {
		words += ", at most " + strconv.Itoa(s.CapacityPerDay) + " a day"
	}
	if s.ArrivalWindowMinutes > 0 {
		words += ", arrival within " + catalog.Minutes(s.ArrivalWindowMinutes)
	}
	if s.CapacityPerSlot > 0 {
		words += ", at most " + strconv.Itoa(s.CapacityPerSlot) + " at one time"
	}
	return words
}

func whoDoes(c catalog.Catalog, s catalog.Service) []string {
	var out []string
	for _, r := range c.Staff() {
		if slices.Contains(s.Reps, r.ID) {
			out = append(out, r.Name)
		}
	}
	return out
}

// bookable says whether visitors can find times for a service, and what is missing.
func bookable(c catalog.Catalog, s catalog.Service) pill {
	if s.Archived {
		return pill{Kind: "off", Words: "Archived"}
	}
	p := pill{Kind: "warn", Words: "Nobody does it", Title: "Choose a rep who does this service."}
	for _, r := range c.Staff() {
		switch {
		case !slices.Contains(s.Reps, r.ID):
		case len(r.Hours)+len(r.Overrides) == 0:
			p = pill{Kind: "warn", Words: "No hours", Title: "Nobody who does it has working hours."}
		case len(c.Territories) > 0 && len(r.Territories) == 0:
			p = pill{Kind: "warn", Words: "No territory", Title: "Nobody who does it serves a territory."}
		default:
			return pill{Kind: "ok", Words: "Bookable"}
		}
	}
	return p
}

type serviceView struct {
	ruleView
	Name, Description    page.Field
	Duration, Interval   page.Field
	Before, After, Least page.Field
	Business, Window     page.Field
	Capacity, PerSlot    page.Field
	Arrival              page.Field
	Assignments, Reps    []choice
	Questions            []questionRow
	Confirmations        []choice
}

// newService asks for a service; editService shows one.
func (c *Console) newService(w http.ResponseWriter, r *http.Request, v *visit) error {
	s := catalog.Service{DurationMinutes: 60, SlotIntervalMinutes: 30, BufferAfterMinutes: 30, MinNoticeMinutes: 240, BookingWindowDays: 60, Assignment: catalog.RoundRobin}
	all, err := c.Bookings.Catalog(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	for _, rep := range all.Staff() {
		s.Reps = append(s.Reps, rep.ID)
	}
	return c.showService(w, r, v, http.StatusOK, s, all, serviceForm(s), nil)
}

func (c *Console) editService(w http.ResponseWriter, r *http.Request, v *visit) error {
	all, err := c.Bookings.Catalog(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	s, ok := all.Service(r.PathValue("item"))
	if !ok {
		return errNoService
	}
	return c.showService(w, r, v, http.StatusOK, s, all, serviceForm(s), nil)
}

func serviceForm(s catalog.Service) page.Form {
	limit := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	optional := func(n int) string {
		if n == 0 {
			return ""
		}
		return catalog.Minutes(n)
	}
	return page.Form{Values: withQuestions(s.Questions, map[string][]string{
		"name": {s.Name}, "description": {s.Description}, "duration_minutes": {catalog.Minutes(s.DurationMinutes)}, "slot_interval_minutes": {catalog.Minutes(s.SlotIntervalMinutes)},
		"buffer_before_minutes": {catalog.Minutes(s.BufferBeforeMinutes)}, "buffer_after_minutes": {catalog.Minutes(s.BufferAfterMinutes)},
		"minimum_notice_minutes": {catalog.Minutes(s.MinNoticeMinutes)}, "booking_window_days": {strconv.Itoa(s.BookingWindowDays)}, "capacity_per_day": {limit(s.CapacityPerDay)},
		"minimum_notice_business_minutes": {optional(s.BusinessNoticeMinutes)}, "arrival_window_minutes": {optional(s.ArrivalWindowMinutes)}, "capacity_per_slot": {limit(s.CapacityPerSlot)},
		"assignment": {string(s.Assignment)}, "confirmation": {string(s.Confirmation)}, "reps": s.Reps, "seen": {seen(s)},
	})}
}

func (c *Console) showService(w http.ResponseWriter, r *http.Request, v *visit, status int, s catalog.Service, all catalog.Catalog, form page.Form, look *forecastView) error {
	title := s.Name
	if s.ID == "" {
		title = "New service"
	}
	base, err := c.ruleView(r, v, title, "service", services, form)
	if err != nil {
		return err
	}
	base.New, base.Archived, base.Seen, base.Forecast = s.ID == "", s.Archived, seen(s), look
	if look != nil && form.Get("do") == "ask" {
		base.Ask = "archive"
	}
	text := func(name, label, width, hint string) page.Field {
		return page.Field{Name: name, Label: label, Type: "text", Width: width, Hint: hint, Required: true, Limit: 200, Autocomplete: "off"}.With(form)
	}
	view := serviceView{
		ruleView: base, Name: text("name", "Name", "", ""), Duration: text("duration_minutes", "Length of the visit", "half", "Like 1 hour or 90 minutes."),
		Interval: text("slot_interval_minutes", "Offer a start every", "half", "Counted from the beginning of the hours."), Before: text("buffer_before_minutes", "Kept free before", "half", "For the way there; 0 for none."),
		After: text("buffer_after_minutes", "Kept free after", "half", "For the way back; 0 for none."), Least: text("minimum_notice_minutes", "Minimum notice", "half", "How long before the start it can still be booked."),
		Window: text("booking_window_days", "Days ahead", "half", "How many days from today visitors can book."), Capacity: text("capacity_per_day", "At most a day", "half", "Appointments of this service; empty for no limit."),
		Business:    text("minimum_notice_business_minutes", "Notice in working time", "half", "So much of the rep’s own hours must lie before the visit, like 4 hours; empty for none."),
		PerSlot:     text("capacity_per_slot", "At most at one time", "half", "Appointments of this service that start together; empty for no limit."),
		Arrival:     text("arrival_window_minutes", "Arrival window", "half", "Visitors are told “between 9 and 11” with 2 hours; empty for the exact time."),
		Description: text("description", "Description", "", "One line that visitors see."),
	}
	for _, f := range []*page.Field{&view.Window, &view.Capacity, &view.PerSlot} {
		f.InputMode = "numeric"
	}
	for _, f := range []*page.Field{&view.Description, &view.Business, &view.Arrival, &view.Capacity, &view.PerSlot} {
		f.Required, f.Optional = false, true
	}
	view.Description.Limit = 300
	for _, a := range []struct {
		kind         catalog.Assignment
		label, words string
	}{
		{catalog.RoundRobin, "Round robin", "Whoever has the fewest visits around that time, for the weight on the rep’s page."},
		{catalog.Priority, "By order", "The first who is free, in the order of the list of reps."},
		{catalog.OwnerFirst, "Record owner first", "Who has the customer’s record in Zoho, if they do this service and are free; otherwise round robin."},
		{catalog.CustomerChoice, "The customer chooses", "Visitors choose a person, by name, or anyone; anyone is round robin."},
	} {
		on := form.Get("assignment") == string(a.kind) || a.kind == catalog.RoundRobin && form.Get("assignment") == ""
		view.Assignments = append(view.Assignments, choice{string(a.kind), a.label, a.words, on})
	}
	for _, rep := range all.Staff() {
		view.Reps = append(view.Reps, choice{rep.ID, rep.Name, weekWords(rep.Hours), slices.Contains(form.Values["reps"], rep.ID)})
	}
	view.Questions, view.Confirmations = questionRows(form), confirmations(form)
	return c.set.Render(w, status, "service", view)
}

// serviceOf reads the form over what is there; what is wrong is put into the form.
func serviceOf(form *page.Form, s catalog.Service, all catalog.Catalog) catalog.Service {
	s.Name, s.Description = strings.TrimSpace(form.Get("name")), strings.TrimSpace(form.Get("description"))
	s.Assignment = catalog.Assignment(form.Get("assignment"))
	for field, to := range map[string]*int{
		"duration_minutes": &s.DurationMinutes, "slot_interval_minutes": &s.SlotIntervalMinutes, "buffer_before_minutes": &s.BufferBeforeMinutes,
		"buffer_after_minutes": &s.BufferAfterMinutes, "minimum_notice_minutes": &s.MinNoticeMinutes, "minimum_notice_business_minutes": &s.BusinessNoticeMinutes,
		"arrival_window_minutes": &s.ArrivalWindowMinutes,
	} {
		if optional := field == "minimum_notice_business_minutes" || field == "arrival_window_minutes"; optional && strings.TrimSpace(form.Get(field)) == "" {
			*to = 0
			continue
		}
		n, wrong := readMinutes(form.Get(field))
		if wrong != "" {
			form.Errors[field] = wrong
		}
		*to = n
	}
	for field, to := range map[string]*int{"booking_window_days": &s.BookingWindowDays, "capacity_per_day": &s.CapacityPerDay, "capacity_per_slot": &s.CapacityPerSlot} {
		text := strings.TrimSpace(form.Get(field))
		n, err := strconv.Atoi(text)
		if err != nil && (text != "" || field == "booking_window_days") {
			form.Errors[field] = "Please give a whole number."
		}
		*to = n
	}
	chosen := slices.Clone(form.Values["reps"])
	for _, r := range all.Reps { // who is archived comes back to the service when restored
		if r.Archived && slices.Contains(s.Reps, r.ID) {
			chosen = append(chosen, r.ID)
		}
	}
	s.Reps, s.Questions, s.Confirmation = chosen, typedQuestions(*form, all), catalog.Confirmation(form.Get("confirmation"))
	return s
}

// saveService does what a service's form asks for: save, look at what changes, archive, restore, move.
func (c *Console) saveService(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	all, err := c.Bookings.Catalog(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	id := r.PathValue("item")
	was, ok := all.Service(id)
	if id != "" && !ok {
		return errNoService
	}
	list := v.path("scheduler", "services")
	mark := func(archived bool) func(catalog.Catalog) (catalog.Catalog, error) {
		return func(now catalog.Catalog) (catalog.Catalog, error) {
			s, ok := now.Service(id)
			if !ok {
				return now, errNoService
			}
			s.Archived = archived
			return now.WithService(s), nil
		}
	}
	switch do := form.Get("do"); do {
	case "archive":
		return c.done(w, r, v, ruleChange{"Service archived", was.Name, mark(true)}, "Archived "+was.Name+". Its appointments stay. It can be restored at the end of this page.", list)
	case "restore":
		return c.done(w, r, v, ruleChange{"Service restored", was.Name, mark(false)}, "Restored "+was.Name+".", list)
	case "up", "down":
		by := map[string]int{"up": -1, "down": 1}[do]
		return c.done(w, r, v, ruleChange{"Service moved", was.Name, func(now catalog.Catalog) (catalog.Catalog, error) { return now.WithServiceMoved(id, by), nil }}, "Moved "+was.Name+".", list)
	case "ask":
		look, err := c.forecast(r, v, form, id, mark(true))
		if err != nil {
			return err
		}
		kept := serviceForm(was)
		kept.Values.Set("do", "ask")
		return c.showService(w, r, v, http.StatusOK, was, all, kept, look)
	}
	if arrangeQuestions(form) {
		return c.showService(w, r, v, http.StatusOK, was, all, form, nil)
	}
	return c.writeService(w, r, v, form, was, all)
}

// done makes a change that has no form of its own.
func (c *Console) done(w http.ResponseWriter, r *http.Request, v *visit, change ruleChange, words, to string) error {
	err := c.store(r, v, change)
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Conflict) {
		form := page.Form{Errors: map[string]string{}}
		_ = wrongIn(&form, err, "?")
		c.Sessions.Flash(r.Context(), "error", form.Notice)
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return err
	}
	return c.said(w, r, words, to)
}

func (c *Console) writeService(w http.ResponseWriter, r *http.Request, v *visit, form page.Form, was catalog.Service, all catalog.Catalog) error {
	s := serviceOf(&form, was, all)
	if s.ID == "" {
		s.ID = catalog.FreeID(s.Name, "service", func(id string) bool { _, taken := all.Service(id); return taken })
	}
	if form.Wrong() {
		return c.showService(w, r, v, http.StatusUnprocessableEntity, was, all, form, nil)
	}
	place := 0
	change := ruleChange{"Service changed", s.Name, func(now catalog.Catalog) (catalog.Catalog, error) {
		if there, ok := now.Service(s.ID); ok && was.ID != "" {
			if err := unseen(form, "service", there); err != nil {
				return now, err
			}
		}
		after := now.WithService(s)
		place = slices.IndexFunc(after.Offered(), func(x catalog.Service) bool { return x.ID == s.ID })
		return after, nil
	}}
	if was.ID == "" {
		change.act = "Service added"
	}
	return c.saveOrLook(w, r, v, ruleForm{
		form: form, change: change, service: s.ID, path: func() string { return fmt.Sprintf("services[%d]", place) }, saved: "Saved " + s.Name + ".", list: v.path("scheduler", "services"),
		show: func(status int, form page.Form, look *forecastView) error {
			return c.showService(w, r, v, status, was, all, form, look)
		},
	})
}
