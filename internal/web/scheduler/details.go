package scheduler

import (
	"net/http"
	"strings"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/insight"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/web/page"
)

// chosen is a time in words.
type chosen struct {
	Service, Day, Time, Zone, Rep, Where string
	Window                               string // between when somebody arrives; "" for an exact time
	Start, End                           time.Time
}

func chosenOf(l locale.Lang, sv catalog.Service, start, end time.Time, zone *time.Location) chosen {
	c := chosen{
		Service: sv.Name, Day: locale.Heading(l.Date(start.In(zone))), Zone: zone.String(), Start: start, End: end,
		Time: l.Visit(start.In(zone), end.In(zone), sv.Window()),
	}
	if sv.Window() > 0 {
		c.Window = c.Time
	}
	return c
}

type detailsView struct {
	site
	Chosen  chosen
	Back    string
	Expires string // instant at which the hold ends; "" without one
	Action  string
	Hidden  []hidden
	Key     string
	Opened  string
	Name    []page.Field
	Reach   []page.Field
	Address []page.Field
	Asked   []page.Field // what the service asks
	Request bool         // somebody confirms it
	Notes   page.Field
	Form    page.Form
	Others  []otherTime // when the chosen time was taken meanwhile
	More    string
	Left    leftPart
	Texts   string // the words under which the visitor agrees to text messages; "" where there are none
	Texted  bool
	Known   []string // who books again, masked; none where the details are typed
	Change  string   // address where they are typed
}

type otherTime struct{ Label, Start string }

// names maps the paths of a request to the fields of the form.
var names = map[string]string{
	"customer.first_name": "first_name", "customer.last_name": "last_name", "customer.email": "email", "customer.phone": "phone",
	"customer.street": "street", "customer.city": "city", "customer.state": "state", "customer.postal_code": "postal_code",
	"notes": "notes", "message": "notes", "start": "start", "timezone": "timezone",
}

// details asks who the visitor is.
func (p *Pages) details(w http.ResponseWriter, r *http.Request) error {
	of, cat, err := p.bookings.Scheduler(r.Context(), r.PathValue("scheduler"))
	if err != nil {
		return err
	}
	c := p.asked(r)
	p.tell(r, of, c, insight.Visit{Step: insight.Slot}, nil)
	f := page.Form{Values: map[string][]string{"postal_code": {c.ZIP}, "key": {id.Token()}}}
	p.known(r, of, c, f)
	return p.showDetails(w, r, http.StatusOK, of, cat, c, f, nil)
}

func (p *Pages) showDetails(w http.ResponseWriter, r *http.Request, status int, of booking.Offering, cat catalog.Catalog, c choice, f page.Form, others []otherTime) error {
	sv, ok := cat.Service(c.Service)
	start, err := time.Parse(time.RFC3339, c.Start)
	if !ok || sv.Archived || err != nil {
		return fault.New(fault.NotFound, "This link is not complete. Please choose a time again.")
	}
	zone := zoneOf(c, of.Organization)
	v := detailsView{
		site: p.site(of, c, "Your details"), Chosen: chosenOf(c.Lang, sv, start, start.Add(time.Duration(sv.DurationMinutes)*time.Minute), zone),
		Back: c.with("/book/"+of.Scheduler, "hold", "", "expires", "", "start", "", "day", start.In(zone).Format(time.DateOnly)), Expires: c.Expires,
		Action: "/book/" + of.Scheduler + "/details", Hidden: c.hidden(), Key: f.Get("key"), Opened: p.opened(of, f), Form: f, Others: others,
	}
	if id, _ := personOf(cat, c, ""); id != "" {
		rep, _ := cat.Rep(id)
		v.Chosen.Rep = rep.Name
	}
	if _, err := time.Parse(time.RFC3339, v.Expires); err != nil || len(others) > 0 {
		v.Expires = ""
	} else if keeps, err := p.bookings.Keeps(r.Context(), of.Organization.ID, booking.HoldID(c.Hold)); err != nil {
		return err
	} else if !keeps { // booked meanwhile, or its time is over
		v.Expires = ""
	}
	if len(others) == 0 && f.Errors == nil {
		v.Frame.Event = "slot"
	}
	v.Frame.Service, v.Frame.Start, v.More = c.Service, c.Start, v.Back
	v.NoIndex, v.Steps = true, p.steps(of, cat, c, "details")
	v.Name, v.Reach, v.Address = nameFields(c.Lang, f), reachFields(c.Lang, f), addressFields(c.Lang, f)
	v.Asked, v.Request = questionFields(c.Lang, sv, f), sv.Confirmation == catalog.ByRequest
	v.Notes = page.Field{Name: "notes", Label: c.Lang.T("Anything we should know?"), Optional: true, Lines: 3, Limit: lead.MaxNotes, Hint: c.Lang.T("For example a gate code, a dog, or what you have noticed.")}.With(f)
	again, err := p.contactAgain(r, of, c)
	if err != nil {
		return err
	}
	if again != nil {
		v.Name, v.Reach, v.Address = nil, nil, nil
		v.Known, v.Change = maskedContact(*again), c.with("/book/"+of.Scheduler+"/details", whoParam, "")
	} else if v.Left, err = p.leftPart(r, of, f); err != nil {
		return err
	}
	if v.Texts, err = p.askTexts(r, of, c.Lang); err != nil {
		return err
	}
	v.Texted = f.Get("texts") != ""
	return p.sets[c.Lang].Render(w, status, "details", v)
}

// askTexts gives the words under which a visitor agrees to text messages; "" where the organization sends none.
func (p *Pages) askTexts(r *http.Request, of booking.Offering, l locale.Lang) (string, error) {
	on, err := p.consents.Texts(r.Context(), of.Organization.ID)
	if err != nil || !on {
		return "", err
	}
	return notify.AskTexts(l, of.Organization.Name), nil
}

func nameFields(l locale.Lang, f page.Form) []page.Field {
	return []page.Field{
		page.Field{Name: "first_name", Label: l.T("First name"), Type: "text", Autocomplete: "given-name", Width: "half", Limit: 100}.With(f),
		page.Field{Name: "last_name", Label: l.T("Last name"), Type: "text", Autocomplete: "family-name", Width: "half", Required: true, Limit: 100}.With(f),
	}
}

func reachFields(l locale.Lang, f page.Form) []page.Field {
	return []page.Field{
		page.Field{Name: "email", Label: l.T("E-mail"), Type: "email", Autocomplete: "email", Width: "half", Limit: 254}.With(f),
		page.Field{Name: "phone", Label: l.T("Phone"), Type: "tel", Autocomplete: "tel", Width: "half", Limit: 40}.With(f),
	}
}

func addressFields(l locale.Lang, f page.Form) []page.Field {
	return []page.Field{
		page.Field{Name: "street", Label: l.T("Street and number"), Type: "text", Autocomplete: "street-address", Limit: 250}.With(f),
		page.Field{Name: "city", Label: l.T("City"), Type: "text", Autocomplete: "address-level2", Width: "third", Limit: 100}.With(f),
		page.Field{Name: "state", Label: l.T("State"), Type: "text", Autocomplete: "address-level1", Width: "third", Limit: 100}.With(f),
		page.Field{Name: "postal_code", Label: l.T("ZIP code"), Type: "text", Autocomplete: "postal-code", Width: "third", Limit: 20}.With(f),
	}
}

func zoneOf(c choice, o org.Organization) *time.Location {
	if z, ok := org.Zone(c.Timezone); ok {
		return z
	}
	return o.Location()
}

func contactOf(f page.Form) lead.Contact {
	return lead.Contact{
		FirstName: f.Get("first_name"), LastName: f.Get("last_name"), Email: f.Get("email"), Phone: f.Get("phone"),
		Street: f.Get("street"), City: f.Get("city"), State: f.Get("state"), PostalCode: f.Get("postal_code"),
	}
}

// book makes the booking and goes to the visitor's private link.
func (p *Pages) book(w http.ResponseWriter, r *http.Request) error {
	of, cat, f, c, err := p.posted(w, r)
	if err != nil {
		return err
	}
	start, err := time.Parse(time.RFC3339, c.Start)
	if err != nil {
		return fault.New(fault.Invalid, "Please choose one of the times on the page.")
	}
	c.Rep, _ = personOf(cat, c, "")
	req := booking.Request{
		Scheduler: of.Scheduler, Service: c.Service, Start: start, Rep: c.Rep, Hold: booking.HoldID(c.Hold), Contact: contactOf(f), Notes: f.Get("notes"),
		Answers: answersOf(f), UTM: c.utm(), Timezone: zoneOf(c, of.Organization).String(), Language: string(c.Lang), Actor: "visitor", Key: keyOf(f), Once: true,
	}
	again, err := p.contactAgain(r, of, c)
	if err != nil {
		return err
	}
	if again != nil {
		req.Contact = *again
	}
	if req.Contact.PostalCode == "" {
		req.Contact.PostalCode = c.ZIP
	}
	if f.Get("texts") != "" {
		if words, err := p.askTexts(r, of, c.Lang); err != nil {
			return err
		} else if words != "" {
			req.Texts = &booking.Agreement{Words: words, At: p.now()}
		}
	}
	done, held, err := p.gate.Book(r.Context(), of, req, signs(r, f))
	p.tell(r, of, c, insight.Visit{Step: insight.Details, Spam: held}, nil)
	if err == nil {
		if err := p.sent(r, of, f); err != nil {
			return err
		}
	}
	if held {
		http.Redirect(w, r, c.within("/book/"+of.Scheduler+"/thanks"), http.StatusSeeOther)
		return nil
	}
	if err == nil {
		p.tell(r, of, c, insight.Visit{Step: insight.Booked, Appointment: done.Appointment.ID}, nil)
		http.Redirect(w, r, c.within("/appointments/"+done.Token.Reveal(), "new", "1"), http.StatusSeeOther)
		return nil
	}
	had := fault.Is(err, fault.Conflict) && fault.As(err).Code == booking.AlreadyBooked
	if token := done.Token.Reveal(); had && token != "" {
		http.Redirect(w, r, c.within("/appointments/"+token, "had", "1"), http.StatusSeeOther)
		return nil
	}
	if again == nil && !had {
		if err := p.leave(r, of, cat, c, f); err != nil {
			return err
		}
	}
	var others []otherTime
	if fault.Is(err, fault.Conflict) && !had {
		if others, err = p.others(r, of, c, start, err); err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
		f.Values.Set("key", id.Token()) // another time is another booking
	}
	if err := f.Fail(err, names); err != nil {
		return err
	}
	f.Say(c.Lang.Said)
	return p.showDetails(w, r, http.StatusUnprocessableEntity, of, cat, c, f, others)
}

// keyOf makes a form that is sent twice one booking: its key is made with the page, and another content is another key.
func keyOf(f page.Form) lead.IdempotencyKey {
	if k := f.Get("key"); k != "" && len(k) <= 100 {
		body := id.Hash(f.Values.Encode())
		return lead.IdempotencyKey{Key: "form:" + k + ":" + body, Body: body}
	}
	return lead.IdempotencyKey{}
}

// others gives the three free times that are nearest to one that was taken, and taken back.
func (p *Pages) others(r *http.Request, of booking.Offering, c choice, start time.Time, taken error) ([]otherTime, error) {
	zone := zoneOf(c, of.Organization)
	day := availability.DateOf(start, zone)
	offer, err := p.bookings.Slots(r.Context(), booking.Ask{
		Scheduler: of.Scheduler, Service: c.Service, From: day.AddDays(-3).String(), To: day.AddDays(14).String(), Timezone: zone.String(), PostalCode: c.ZIP, Chosen: c.Rep,
	})
	if err != nil {
		return nil, err
	}
	return nearest(c.Lang, offer, start, zone), taken
}

// nearest gives three slots around an instant, in order.
func nearest(l locale.Lang, offer booking.Offer, start time.Time, zone *time.Location) []otherTime {
	slots := offer.Slots()
	lo, hi := 0, len(slots)
	for hi-lo > 3 { // drop the farther end
		if slots[lo].Start.Sub(start).Abs() > slots[hi-1].Start.Sub(start).Abs() {
			lo++
		} else {
			hi--
		}
	}
	var out []otherTime
	for _, s := range slots[lo:hi] {
		out = append(out, otherTime{Label: l.ShortDay(s.Start.In(zone)) + ", " + timeLabel(l, s.Start.In(zone), offer.Service.Window()), Start: s.Start.In(zone).Format(time.RFC3339)})
	}
	return out
}

type enquiryView struct {
	site
	Back   string
	Action string
	Hidden []hidden
	Key    string
	Opened string
	Name   []page.Field
	Reach  []page.Field
	Notes  page.Field
	Form   page.Form
}

// enquiry is the way on when no time fits.
func (p *Pages) enquiry(w http.ResponseWriter, r *http.Request) error {
	of, err := p.offering(r.Context(), r)
	if err != nil {
		return err
	}
	c := p.asked(r)
	p.tell(r, of, c, insight.Visit{Step: insight.Viewed}, nil)
	return p.showEnquiry(w, http.StatusOK, of, c, page.Form{Values: map[string][]string{"key": {id.Token()}}})
}

func (p *Pages) showEnquiry(w http.ResponseWriter, status int, of booking.Offering, c choice, f page.Form) error {
	v := enquiryView{
		site: p.site(of, c, "Send us a message"), Back: c.with("/book/" + of.Scheduler), Action: "/book/" + of.Scheduler + "/enquiry",
		Hidden: c.hidden("start", "hold", "expires", "day"), Key: f.Get("key"), Opened: p.opened(of, f), Name: nameFields(c.Lang, f), Reach: reachFields(c.Lang, f), Form: f,
		Notes: page.Field{Name: "notes", Label: c.Lang.T("What can we do for you?"), Lines: 5, Limit: lead.MaxNotes}.With(f),
	}
	return p.sets[c.Lang].Render(w, status, "enquiry", v)
}

func (p *Pages) sendEnquiry(w http.ResponseWriter, r *http.Request) error {
	of, err := p.offering(r.Context(), r)
	if err != nil {
		return err
	}
	f, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	c := choiceOf(p.speaksTo(r), f.Values)
	message := strings.TrimSpace(f.Get("notes"))
	if len(lead.CheckLine("zip", c.ZIP, 20)) > 0 { // the page has no field to mend it in
		c.ZIP = ""
	}
	if c.ZIP != "" {
		message = strings.TrimSpace(message + "\n\nZIP code: " + c.ZIP)
	}
	contact := contactOf(f)
	contact.PostalCode = c.ZIP
	req := lead.Request{Kind: lead.ContactUs, Contact: contact, Message: message, UTM: c.utm(), Language: string(c.Lang), Key: keyOf(f)}
	_, held, err := p.gate.Capture(r.Context(), of.Organization, req, signs(r, f)) // whether it is held back, nobody sees
	if err == nil {
		p.tell(r, of, c, insight.Visit{Step: insight.Viewed, Enquiry: true, Spam: held}, nil)
		http.Redirect(w, r, c.within("/book/"+of.Scheduler+"/thanks"), http.StatusSeeOther)
		return nil
	}
	if err := f.Fail(err, names); err != nil {
		return err
	}
	f.Say(c.Lang.Said)
	return p.showEnquiry(w, http.StatusUnprocessableEntity, of, c, f)
}

type thanksView struct {
	site
	Waits bool // on the waiting list
}

func (p *Pages) thanks(w http.ResponseWriter, r *http.Request) error {
	of, err := p.offering(r.Context(), r)
	if err != nil {
		return err
	}
	c := p.asked(r)
	v := thanksView{p.site(of, c, "Thank you"), r.URL.Query().Get("waits") != ""}
	if !v.Waits {
		v.Frame.Event = "enquiry"
	}
	return p.sets[c.Lang].Render(w, http.StatusOK, "thanks", v)
}
