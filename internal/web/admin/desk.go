package admin

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/web/page"
)

const (
	deskDays    = 7 // shown at once
	deskCallers = 8 // of the customers that a search finds
	deskOthers  = 6 // times offered when one was taken
)

// desk is what has been chosen for a caller. It travels in the address, but for what the caller says of themselves.
type desk struct {
	q        string
	customer lead.Customer // zero: somebody new
	service  catalog.Service
	zip      string
	rep      string
	from     availability.Date
	start    time.Time
}

// deskOf reads what an address, or the hidden fields of a form, have chosen. What they name and is not there is as not
// chosen.
func (c *Console) deskOf(ctx context.Context, v *visit, cat catalog.Catalog, q url.Values) (desk, error) {
	zone := v.org.Location()
	d := desk{q: strings.TrimSpace(q.Get("q")), zip: strings.TrimSpace(q.Get("zip"))}
	if !utf8.ValidString(d.q) || utf8.RuneCountInString(d.q) > maxSearch || strings.ContainsRune(d.q, 0) {
		d.q = ""
	}
	if id := q.Get("customer"); id != "" && plain(id) {
		k, err := c.Leads.Store.Customer(ctx, v.org.ID, lead.CustomerID(id))
		if err != nil && !fault.Is(err, fault.NotFound) {
			return d, err
		}
		if d.customer = k; err == nil && !q.Has("zip") {
			d.zip = k.PostalCode
		}
	}
	if len(lead.CheckLine("zip", d.zip, 20)) > 0 {
		d.zip = ""
	}
	offered := cat.Offered()
	for i, s := range offered {
		if i == 0 || s.ID == q.Get("service") {
			d.service = s
		}
	}
	if p, ok := cat.Rep(q.Get("rep")); ok && !p.Archived && slices.Contains(d.service.Reps, p.ID) {
		d.rep = p.ID
	}
	today := availability.DateOf(c.Now(), zone)
	var err error
	if d.from, err = availability.ParseDate(q.Get("from")); err != nil || d.from.Compare(today) < 0 || d.from.Year > 9000 {
		d.from = today
	}
	d.start, err = time.Parse(time.RFC3339, q.Get("start"))
	if day := q.Get("date"); err != nil && day != "" {
		d.start, err = time.ParseInLocation(wallTime, day+"T"+q.Get("time"), zone)
	}
	if err != nil || d.start.Year() < 1970 || d.start.Year() > 9000 {
		d.start = time.Time{}
	}
	return d, nil
}

// values is what the address of a choice holds, with some of it changed; "" takes one out.
func (d desk) values(kv ...string) url.Values {
	v := url.Values{"customer": {string(d.customer.ID)}, "service": {d.service.ID}, "zip": {d.zip}, "rep": {d.rep}, "from": {d.from.String()}}
	for i := 0; i+1 < len(kv); i += 2 {
		v.Set(kv[i], kv[i+1])
	}
	for k := range v {
		if v.Get(k) == "" && k != "zip" { // an empty one says that there is none
			v.Del(k)
		}
	}
	return v
}

func (d desk) hidden(kv ...string) []pair {
	var out []pair
	for k, v := range d.values(kv...) {
		out = append(out, pair{k, v[0]})
	}
	slices.SortFunc(out, func(a, b pair) int { return strings.Compare(a.Name, b.Name) })
	return out
}

type deskView struct {
	frame
	Path   string
	Crumb  string
	Q      string
	Found  []deskCaller
	Missed bool // nobody was found
	Caller string
	Clear  string // the same for somebody new
	Search []pair // what a search keeps
	Visit  []pair // what another service or day keeps
	Reps   []option
	Served []option
	ZIP    string
	From   string
	Days   []deskDay
	Why    string // why there is no time at all
	Before string
	After  string
	Other  []pair // what another time keeps
	Date   string
}

type deskCaller struct{ Link, Name, Reach string }

type deskDay struct {
	Label string
	Times []option
}

// askDesk finds the caller and a time for them, or asks for the rest once a time is chosen.
func (c *Console) askDesk(w http.ResponseWriter, r *http.Request, v *visit) error {
	cat, err := c.Bookings.Catalog(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	d, err := c.deskOf(r.Context(), v, cat, r.URL.Query())
	if err != nil {
		return err
	}
	if !d.start.IsZero() && d.service.ID != "" {
		form := page.Form{Values: url.Values{"key": {id.Token()}}, Errors: map[string]string{}}
		if err := c.prefill(r.Context(), v, d, form.Values); err != nil {
			return err
		}
		return c.showCall(w, r, v, cat, d, form, http.StatusOK)
	}
	f, err := c.frame(r, v, "Book for a caller")
	if err != nil {
		return err
	}
	f.Purpose = "By the same rules as the booking page. What the rules refuse can be booked with a reason."
	view := deskView{
		frame: f, Path: r.URL.Path, Crumb: v.path("appointments"), Q: d.q, ZIP: d.zip, From: d.from.String(), Date: d.from.String(),
		Search: d.hidden(), Visit: d.hidden("service", "", "rep", "", "from", ""), Other: d.hidden("from", ""),
	}
	view.Visit = slices.DeleteFunc(view.Visit, func(p pair) bool { return p.Name == "zip" })
	for _, s := range cat.Offered() {
		view.Served = append(view.Served, option{Label: s.Name, Value: s.ID, Current: s.ID == d.service.ID})
	}
	if d.customer.ID != "" {
		view.Caller, view.Clear = d.customer.FullName()+" · "+reachWords(d.customer), r.URL.Path+"?"+d.values("customer", "").Encode()
	}
	if err := c.callers(r.Context(), v, d, &view); err != nil {
		return err
	}
	if err := c.deskTimes(r.Context(), v, cat, d, &view); err != nil {
		return err
	}
	return c.set.Render(w, http.StatusOK, "desk", view)
}

// callers lists whom a search finds.
func (c *Console) callers(ctx context.Context, v *visit, d desk, view *deskView) error {
	if d.q == "" {
		return nil
	}
	list, _, err := c.Leads.Store.Customers(ctx, v.org.ID, lead.Filter{Person: lead.NewSearch(d.q), Limit: deskCallers})
	if err != nil {
		return err
	}
	for _, k := range list {
		kept := d.values("customer", string(k.ID))
		kept.Del("zip") // the one of this customer
		view.Found = append(view.Found, deskCaller{view.Path + "?" + kept.Encode(), k.FullName(), reachWords(k)})
	}
	view.Missed = len(list) == 0
	return nil
}

// reachWords tells one caller from another of the same name.
func reachWords(k lead.Customer) string {
	var out []string
	for _, s := range []string{k.Phone, k.Email, strings.TrimSpace(k.Street + " " + k.City)} {
		if s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, " · ")
}

// deskTimes lists the times of a week.
func (c *Console) deskTimes(ctx context.Context, v *visit, cat catalog.Catalog, d desk, view *deskView) error {
	view.Reps = []option{{Label: "Whoever the rules choose"}}
	for _, p := range cat.Reps {
		if !p.Archived && slices.Contains(d.service.Reps, p.ID) {
			view.Reps = append(view.Reps, option{Label: p.Name, Value: p.ID, Current: p.ID == d.rep})
		}
	}
	if d.service.ID == "" {
		return nil
	}
	offer, err := c.Bookings.Slots(ctx, booking.Ask{
		Scheduler: v.org.Slug, Service: d.service.ID, PostalCode: d.zip, Rep: d.rep, From: d.from.String(), To: d.from.AddDays(deskDays - 1).String(),
	})
	if err != nil {
		return err
	}
	cal := calendar{v.org.Location(), c.Now()}
	for _, s := range offer.Slots() {
		day := cal.day(s.Start)
		if n := len(view.Days); n == 0 || view.Days[n-1].Label != day {
			view.Days = append(view.Days, deskDay{Label: day})
		}
		to := &view.Days[len(view.Days)-1]
		to.Times = append(to.Times, option{Label: cal.clock(s.Start), Link: view.Path + "?" + d.values("start", s.Start.UTC().Format(time.RFC3339)).Encode()})
	}
	switch offer.View.Reason() {
	case availability.OutOfTerritory:
		view.Why = "This ZIP code is in no territory."
	case availability.SourceStale:
		view.Why = "What is known of Zoho is too old, and nothing is offered until it answers again."
	}
	view.After = view.Path + "?" + d.values("from", d.from.AddDays(deskDays).String()).Encode()
	if today := availability.DateOf(c.Now(), v.org.Location()); d.from.Compare(today) > 0 {
		view.Before = view.Path + "?" + d.values("from", d.from.AddDays(-deskDays).String()).Encode()
	}
	return nil
}

// prefill puts what is known of a caller into an empty form.
func (c *Console) prefill(ctx context.Context, v *visit, d desk, to url.Values) error {
	to.Set("postal_code", d.zip)
	k := d.customer
	if k.ID == "" {
		return nil
	}
	for name, s := range map[string]string{
		"first_name": k.FirstName, "last_name": k.LastName, "email": k.Email, "phone": k.Phone, "street": k.Street, "city": k.City, "state": k.State,
	} {
		to.Set(name, s)
	}
	list, _, err := c.Book.Appointments(ctx, v.org.ID, booking.Filter{Customer: k.ID, Limit: listSize})
	if len(list) > 0 {
		to.Set("language", list[len(list)-1].Language)
	}
	return err
}

type callView struct {
	frame
	Path, Back string
	Chosen     string // service and time in words
	Hidden     []pair
	Key        string
	Form       page.Form
	Who        []page.Field
	Where      []page.Field
	Asked      []page.Field // what the service asks
	Notes      page.Field
	Languages  []option
	Groups     []reasonGroup // what speaks against the time; none: nothing does
	May        bool          // the rules may be set aside by this person
	Never      bool          // nobody may
	Had        *hadView      // what the caller has at this time already
	Reps       []option      // whom it could be booked with
	Reason     page.Field
	Others     []option // free times nearby
}

// hadView warns of a visit that the caller has already. Sent with its id, the form books another one.
type hadView struct{ ID, Words, Link string }

// hadOf warns of an appointment; nil for none.
func (c *Console) hadOf(ctx context.Context, v *visit, cat catalog.Catalog, id string) (*hadView, error) {
	if id == "" || !plain(id) {
		return nil, nil
	}
	a, err := c.Book.Appointment(ctx, v.org.ID, booking.AppointmentID(id))
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	service, rep := namesOf(cat, a)
	words := a.Contact.FullName() + " has this visit already: " + service + ", " + calendar{v.org.Location(), c.Now()}.span(a.Start, a.End) + " with " + rep + "."
	return &hadView{id, words, v.path("appointments", id)}, nil
}

// showCall asks for the caller's details, and for a reason where the rules are against the time.
func (c *Console) showCall(w http.ResponseWriter, r *http.Request, v *visit, cat catalog.Catalog, d desk, form page.Form, status int) error {
	f, err := c.frame(r, v, "Book for a caller")
	if err != nil {
		return err
	}
	cal := calendar{v.org.Location(), c.Now()}
	length := time.Duration(d.service.DurationMinutes) * time.Minute
	path := v.path("appointments", "new")
	view := callView{
		frame: f, Path: path, Back: path + "?" + d.values("from", availability.DateOf(d.start, v.org.Location()).String()).Encode(), Key: form.Get("key"), Form: form,
		Chosen: d.service.Name + ", " + cal.span(d.start, d.start.Add(length)), Hidden: d.hidden("start", d.start.UTC().Format(time.RFC3339), "rep", ""),
	}
	if err := c.weighed(r.Context(), v, cat, d, &view); err != nil {
		return err
	}
	if view.Had, err = c.hadOf(r.Context(), v, cat, form.Get("beside")); err != nil {
		return err
	}
	field := func(name, label, kind, width string, limit int) page.Field {
		return page.Field{Name: name, Label: label, Type: kind, Width: width, Limit: limit, Autocomplete: "off"}.With(form)
	}
	view.Who = []page.Field{field("first_name", "First name", "text", "half", 100), field("last_name", "Last name", "text", "half", 100), field("phone", "Phone", "tel", "half", 40), field("email", "E-mail", "email", "half", 254)}
	view.Who[1].Required = true
	view.Where = []page.Field{field("street", "Street and number", "text", "", 250), field("city", "City", "text", "third", 100), field("state", "State", "text", "third", 100), field("postal_code", "ZIP code", "text", "third", 20)}
	for _, q := range d.service.Questions {
		view.Asked = append(view.Asked, callQuestion(q).With(form))
	}
	view.Notes = page.Field{Name: "notes", Label: "Notes", Lines: 3, Limit: lead.MaxNotes, Optional: true, Hint: "The rep sees them, and so does Zoho."}.With(form)
	view.Reason = page.Field{Name: "reason", Label: "Why it is booked all the same", Lines: 2, Limit: booking.MaxReason, Required: true, Hint: "Kept in the appointment's timeline and in the audit."}.With(form)
	for _, l := range locale.All() {
		view.Languages = append(view.Languages, option{Label: languageName(l), Value: string(l), Current: string(l) == form.Get("language")})
	}
	return c.set.Render(w, status, "call", view)
}

// weighed says what speaks against the chosen time, who could take it all the same, and which times are free nearby.
func (c *Console) weighed(ctx context.Context, v *visit, cat catalog.Catalog, d desk, view *callView) error {
	list, err := c.Bookings.Weigh(ctx, v.org.Slug, d.service.ID, d.zip, d.start)
	if err != nil {
		return err
	}
	free := func(k booking.Candidate) bool { return k.Bar == booking.Open && (d.rep == "" || d.rep == k.Rep) }
	against := !slices.ContainsFunc(list, free)
	view.Reps = []option{{Label: "Whoever the rules choose"}}
	var why availability.Explanation
	for _, k := range list {
		p, _ := cat.Rep(k.Rep)
		why.Reasons = append(why.Reasons, k.Reasons...)
		if k.Bar == booking.Open && !against || against && k.Bar <= level(v) {
			view.Reps = append(view.Reps, option{Label: p.Name, Value: k.Rep, Current: k.Rep == d.rep})
		}
	}
	if !against {
		return nil
	}
	view.May = len(view.Reps) > 1
	view.Never = !slices.ContainsFunc(list, func(k booking.Candidate) bool { return k.Bar < booking.Barred })
	e := explainerView{}
	e.explained(v, cat, why, nil)
	view.Groups = e.Groups
	near, err := c.Bookings.Soonest(ctx, v.org, booking.Ask{Service: d.service.ID, PostalCode: d.zip, Rep: d.rep}, d.start, deskOthers)
	if err != nil && !fault.Is(err, fault.Invalid) {
		return err
	}
	cal := calendar{v.org.Location(), c.Now()}
	for _, s := range near {
		view.Others = append(view.Others, option{Label: cal.stamp(s.Start), Value: s.Start.UTC().Format(time.RFC3339)})
	}
	return nil
}

// level is what a person may set aside: administrators also what may take a rep's time, nobody a real overlap.
func level(v *visit) booking.Bar {
	if v.may(auth.Admin) {
		return booking.Taken
	}
	return booking.ByRule
}

// deskNames maps the paths of a request to the fields of the form.
var deskNames = map[string]string{
	"customer.first_name": "first_name", "customer.last_name": "last_name", "customer.email": "email", "customer.phone": "phone",
	"customer.street": "street", "customer.city": "city", "customer.state": "state", "customer.postal_code": "postal_code", "postal_code": "postal_code",
}

// bookCall books for a caller.
func (c *Console) bookCall(w http.ResponseWriter, r *http.Request, v *visit) error {
	ctx := r.Context()
	form, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	cat, err := c.Bookings.Catalog(ctx, v.org.ID)
	if err != nil {
		return err
	}
	d, err := c.deskOf(ctx, v, cat, form.Values)
	if err != nil {
		return err
	}
	if d.start.IsZero() || d.service.ID == "" {
		http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
		return nil
	}
	if zip := strings.TrimSpace(form.Get("postal_code")); len(lead.CheckLine("zip", zip, 20)) == 0 {
		d.zip = zip
	}
	reason := ""
	if another, err := time.Parse(time.RFC3339, form.Get("another")); err == nil {
		d.start = another // instead of the time that the rules refuse
	} else if form.Get("against") != "" {
		if reason = strings.TrimSpace(form.Get("reason")); reason == "" {
			form.Errors["reason"] = "Please say why."
			return c.showCall(w, r, v, cat, d, form, http.StatusUnprocessableEntity)
		}
	}
	done, err := c.Bookings.Book(ctx, booking.Request{
		Scheduler: v.org.Slug, Service: d.service.ID, Start: d.start, Answers: answersOf(d.service, form), Notes: form.Get("notes"), Timezone: v.org.Timezone,
		Language: string(locale.Of(form.Get("language"))), Actor: v.user.Name, Key: deskKey(form),
		Desk: &booking.Desk{Rep: d.rep, Reason: reason, Level: level(v), Beside: booking.AppointmentID(form.Get("beside"))}, Once: true,
		Contact: lead.Contact{
			FirstName: form.Get("first_name"), LastName: form.Get("last_name"), Email: form.Get("email"), Phone: form.Get("phone"),
			Street: form.Get("street"), City: form.Get("city"), State: form.Get("state"), PostalCode: form.Get("postal_code"),
		},
	})
	if err != nil {
		if had := fault.Is(err, fault.Conflict) && fault.As(err).Code == booking.AlreadyBooked; had {
			form.Values.Set("beside", string(done.Appointment.ID))
		} else if err := form.Fail(err, deskNames); err != nil {
			return err
		}
		form.Values.Set("key", id.Token()) // what is tried again is another request
		return c.showCall(w, r, v, cat, d, form, http.StatusUnprocessableEntity)
	}
	return c.called(w, r, v, d, done, reason)
}

// callQuestion is where the caller's answer to a question goes; an error's path is its name.
func callQuestion(q catalog.Question) page.Field {
	f := page.Field{Name: "answers." + q.ID, Label: q.Label, Hint: q.Help, Type: "text", Required: q.Required, Optional: !q.Required, Limit: 500, Autocomplete: "off"}
	switch q.Kind {
	case catalog.AskChoice:
		f.Options = []page.Option{{Label: "Please choose"}}
		for _, c := range q.Choices {
			f.Options = append(f.Options, page.Option{Value: c, Label: c})
		}
	case catalog.AskYesNo:
		f.Radios, f.Options = true, []page.Option{{Value: catalog.Yes, Label: "Yes"}, {Value: catalog.No, Label: "No"}}
	case catalog.AskNumber:
		f.InputMode, f.Limit = "decimal", 20
	}
	return f
}

func answersOf(sv catalog.Service, form page.Form) map[string]string {
	out := map[string]string{}
	for _, q := range sv.Questions {
		out[q.ID] = form.Get("answers." + q.ID)
	}
	return out
}

// called keeps in the audit what was booked and leads to it.
func (c *Console) called(w http.ResponseWriter, r *http.Request, v *visit, d desk, done booking.Confirmation, reason string) error {
	a, cal := done.Appointment, calendar{v.org.Location(), c.Now()}
	_, rep := namesOf(done.Catalog, a)
	act, detail := "Booked for a caller", []string{d.service.Name + ", " + cal.stamp(a.Start) + " with " + rep}
	if reason != "" {
		act, detail = "Booked against the rules", append(detail, "Reason: "+reason)
	}
	if err := c.did(r, v, audit.Appointments, act, string(a.ID), detail...); err != nil {
		return err
	}
	reach, err := c.Alerts.Reach(r.Context(), v.org.ID, notify.Booked, a)
	if err != nil {
		return err
	}
	words := "Booked: " + cal.stamp(a.Start) + " with " + rep + ". "
	if reach.Mail || reach.Text {
		words += reach.Words("it")
	} else {
		words += reach.Nothing() + ": the caller knows it from you alone."
	}
	c.Sessions.Flash(r.Context(), "success", words)
	http.Redirect(w, r, v.path("appointments", string(a.ID)), http.StatusSeeOther)
	return nil
}

// deskKey makes a form that is sent twice one booking.
func deskKey(f page.Form) lead.IdempotencyKey {
	k := f.Get("key")
	if k == "" || len(k) > 100 {
		return lead.IdempotencyKey{}
	}
	body := id.Hash(f.Values.Encode())
	return lead.IdempotencyKey{Key: "desk:" + k + ":" + body, Body: body}
}
