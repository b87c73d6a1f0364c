package scheduler

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/waitlist"
	"heavyset.tech/platform/internal/web/page"
)

// waitFor is how many days ahead a form proposes to wait.
const waitFor = 30

var errNoList error = fault.New(fault.NotFound, "There is no waiting list here.")

type joinView struct {
	site
	Service  string
	Back     string
	Action   string
	Hidden   []hidden
	Key      string
	Opened   string
	Form     page.Form
	Weekdays []tick
	Parts    []tick
	When     []page.Field
	Where    []page.Field
	Name     []page.Field
	Reach    []page.Field
	Asked    []page.Field
	Notes    page.Field
	Agreed   bool
}

// tick is a box to tick.
type tick struct {
	Value, Label string
	On           bool
}

// waitlistOf gives the address where one joins; "" where there is no list.
func (p *Pages) waitlistOf(r *http.Request, of booking.Offering, c choice) (string, error) {
	if p.gate.Waitlist == nil {
		return "", nil
	}
	policy, err := p.gate.Waitlist.Policy(r.Context(), of.Organization.ID)
	if err != nil || !policy.On {
		return "", err
	}
	return c.with("/book/"+of.Scheduler+"/waitlist", "start", "", "hold", "", "expires", "", "day", ""), nil
}

// askJoin asks what somebody wishes for whom no time fits.
func (p *Pages) askJoin(w http.ResponseWriter, r *http.Request) error {
	of, cat, err := p.bookings.Scheduler(r.Context(), r.PathValue("scheduler"))
	if err != nil {
		return err
	}
	c := p.asked(r)
	if sv, ok := cat.Service(c.Service); !ok || sv.Archived {
		http.Redirect(w, r, c.with("/book/"+of.Scheduler), http.StatusSeeOther)
		return nil
	}
	today := availability.DateOf(p.now(), of.Organization.Location())
	return p.showJoin(w, r, http.StatusOK, of, cat, c, page.Form{Values: url.Values{
		"key": {id.Token()}, "zip": {c.ZIP}, "first": {today.String()}, "last": {today.AddDays(waitFor).String()},
	}})
}

func (p *Pages) showJoin(w http.ResponseWriter, r *http.Request, status int, of booking.Offering, cat catalog.Catalog, c choice, f page.Form) error {
	if to, err := p.waitlistOf(r, of, c); err != nil || to == "" {
		return cmp.Or(err, errNoList)
	}
	sv, _ := cat.Service(c.Service)
	l := c.Lang
	v := joinView{
		site: p.site(of, c, "Waiting list"), Service: sv.Name, Back: c.with("/book/" + of.Scheduler), Action: "/book/" + of.Scheduler + "/waitlist",
		Hidden: c.hidden("start", "hold", "expires", "day", "zip"), Key: f.Get("key"), Opened: p.opened(of, f), Form: f, Name: nameFields(l, f), Reach: reachFields(l, f),
		Agreed: f.Get("consent") != "",
	}
	v.NoIndex = true
	v.Reach[0].Required = true
	v.Reach[1].Optional = true
	for i := range 7 {
		d := time.Weekday((i + 1) % 7)
		value := strconv.Itoa(int(d))
		v.Weekdays = append(v.Weekdays, tick{value, locale.Heading(l.Weekday(d)), slices.Contains(f.Values["weekday"], value)})
	}
	for _, part := range waitlist.Parts() {
		v.Parts = append(v.Parts, tick{string(part), partName(l, part), slices.Contains(f.Values["part"], string(part))})
	}
	v.When = []page.Field{
		page.Field{Name: "first", Label: l.T("From"), Type: "date", Width: "half", Required: true}.With(f),
		page.Field{Name: "last", Label: l.T("Until"), Type: "date", Width: "half", Required: true}.With(f),
	}
	if len(cat.Territories) > 0 {
		v.Where = []page.Field{page.Field{Name: "zip", Label: l.T("ZIP code of the property"), Type: "text", Autocomplete: "postal-code", Required: true, Limit: 20}.With(f)}
	}
	v.Asked = questionFields(l, sv, f)
	v.Notes = page.Field{Name: "notes", Label: l.T("Anything we should know?"), Optional: true, Lines: 3, Limit: 5_000}.With(f)
	return p.sets[l].Render(w, status, "waitlist", v)
}

// partName names a part of the day.
func partName(l locale.Lang, part waitlist.Part) string {
	switch part {
	case waitlist.Evening:
		return l.T("Evening")
	case waitlist.Afternoon:
		return l.T("Afternoon")
	}
	return l.T("Morning")
}

// joinNames maps the paths of an entry to the fields of the form.
var joinNames = map[string]string{
	"customer.first_name": "first_name", "customer.last_name": "last_name", "customer.email": "email", "customer.phone": "phone",
	"customer.postal_code": "zip", "from": "first", "to": "last",
}

// join puts a visitor on the list. Whether they were on it already or are held back, nobody sees: the link comes by mail.
func (p *Pages) join(w http.ResponseWriter, r *http.Request) error {
	of, cat, f, c, err := p.posted(w, r)
	if err != nil {
		return err
	}
	if to, err := p.waitlistOf(r, of, c); err != nil || to == "" {
		return cmp.Or(err, errNoList)
	}
	e, err := entryOf(c, of, f)
	switch {
	case f.Get("consent") == "":
		f.Errors["consent"] = "Please agree: without a mail we can't offer you a time."
		err = fault.OfField("consent", f.Errors["consent"])
	case err == nil:
		err = p.gate.Join(r.Context(), of.Organization, e, signs(r, f))
	}
	if err == nil {
		http.Redirect(w, r, c.within("/book/"+of.Scheduler+"/thanks", "waits", "1"), http.StatusSeeOther)
		return nil
	}
	if err := f.Fail(err, joinNames); err != nil {
		return err
	}
	f.Say(c.Lang.Said)
	return p.showJoin(w, r, http.StatusUnprocessableEntity, of, cat, c, f)
}

// entryOf reads what was typed.
func entryOf(c choice, of booking.Offering, f page.Form) (waitlist.Entry, error) {
	e := waitlist.Entry{
		Service: c.Service, Contact: contactOf(f), Answers: answersOf(f), Notes: f.Get("notes"), UTM: c.utm(), Timezone: zoneOf(c, of.Organization).String(), Language: string(c.Lang),
	}
	e.Contact.PostalCode = f.Get("zip")
	for _, v := range f.Values["weekday"] {
		if n, err := strconv.Atoi(v); err == nil && n >= 0 && n < 7 {
			e.Wish.Days = append(e.Wish.Days, time.Weekday(n))
		}
	}
	for _, v := range f.Values["part"] {
		e.Wish.Parts = append(e.Wish.Parts, waitlist.Part(v))
	}
	var wrong []fault.Field
	var err error
	for _, d := range []struct {
		name string
		to   *availability.Date
	}{{"first", &e.Wish.From}, {"last", &e.Wish.To}} {
		if *d.to, err = availability.ParseDate(f.Get(d.name)); err != nil {
			wrong = append(wrong, fault.Field{Path: d.name, Message: "Please choose a day."})
		}
	}
	return e, fault.OfFields(wrong)
}

type waitingView struct {
	site
	Service  string
	Path     string
	Offer    *chosen // the time that is kept
	OfferID  string
	Until    string // when that ends, in words
	Expires  string // the instant, for the countdown
	Waiting  bool
	Ahead    string
	Wish     []string
	Ended    string // why they do not wait any more
	BookLink string
	Email    string
}

// waiting is a person's private page: their offer, or their place in the line.
func (p *Pages) waiting(w http.ResponseWriter, r *http.Request) error {
	return p.showWaiting(w, r, http.StatusOK, page.Notice{})
}

func (p *Pages) showWaiting(w http.ResponseWriter, r *http.Request, status int, n page.Notice) error {
	x, c, err := p.placeOf(r)
	if err != nil {
		return err
	}
	o, l := x.Organization, c.Lang
	of, cat, err := p.bookings.Scheduler(r.Context(), o.Slug)
	if err != nil {
		return err
	}
	sv, _ := cat.Service(x.Entry.Service)
	v := waitingView{site: p.site(of, c, "Waiting list"), Service: sv.Name, Path: "/waitlist/" + r.PathValue("token"), Waiting: x.Entry.State == waitlist.Waiting, Email: maskedEmail(x.Entry.Contact.Email)}
	v.NoIndex, v.Notice = true, n
	v.BookLink = c.with("/book/"+of.Scheduler, "service", x.Entry.Service)
	v.Ahead = l.T("You are the next in line.")
	if x.Ahead > 0 {
		v.Ahead = l.N(x.Ahead, "%d person is before you.", "%d people are before you.")
	}
	v.Wish, v.Ended = wishWords(l, x.Entry.Wish), endedWords(l, x.Entry.State)
	if q := x.Offer; q != nil && v.Waiting {
		zone := x.Entry.Location()
		at := chosenOf(l, sv, q.Start, q.End, zone)
		if rep, ok := cat.Rep(q.Rep); ok {
			at.Rep = rep.Name
		}
		v.Offer, v.OfferID, v.Until, v.Expires = &at, string(q.ID), l.ClockZone(q.Expires.In(zone)), q.Expires.UTC().Format(time.RFC3339)
	}
	return p.sets[l].Render(w, status, "waiting", v)
}

// placeOf finds the place on the list behind a private link.
func (p *Pages) placeOf(r *http.Request) (waitlist.Place, choice, error) {
	if p.gate.Waitlist == nil {
		return waitlist.Place{}, choice{}, errNoList
	}
	x, err := p.gate.Waitlist.ByToken(r.Context(), r.PathValue("token"))
	return x, choiceOf(p.speaks(r, x.Entry.Language), r.URL.Query()), err
}

// wishWords says a wish, a line each.
func wishWords(l locale.Lang, w waitlist.Wish) []string {
	days, parts := l.T("Any day"), l.T("Any time of day")
	for i, d := range w.Days {
		if i == 0 {
			days = locale.Heading(l.Weekday(d))
		} else {
			days += ", " + locale.Heading(l.Weekday(d))
		}
	}
	for i, part := range w.Parts {
		if i == 0 {
			parts = partName(l, part)
		} else {
			parts += ", " + partName(l, part)
		}
	}
	noon := func(d availability.Date) time.Time { return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, time.UTC) }
	return []string{days, parts, l.T("From %s to %s", l.Date(noon(w.From)), l.Date(noon(w.To)))}
}

// endedWords says why somebody does not wait any more.
func endedWords(l locale.Lang, s waitlist.State) string {
	switch s {
	case waitlist.Booked:
		return l.T("Your visit is booked. You have its private link by e-mail.")
	case waitlist.Over:
		return l.T("The days you had wished for have passed, and no time has come free.")
	case waitlist.Silent:
		return l.T("We have offered you several times and not heard from you, so we have taken you off the list.")
	case waitlist.Left, waitlist.Removed, waitlist.Unreachable:
		return l.T("You are not on the waiting list any more.")
	}
	return ""
}

// acceptOffer books the time that was offered.
func (p *Pages) acceptOffer(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	_, c, err := p.placeOf(r)
	if err != nil {
		return err
	}
	done, err := p.gate.Waitlist.Accept(r.Context(), r.PathValue("token"), waitlist.OfferID(f.Get("offer")))
	if fault.Is(err, fault.Conflict) && fault.As(err).Code == booking.AlreadyBooked {
		if token := done.Token.Reveal(); token != "" {
			http.Redirect(w, r, c.within("/appointments/"+token, "had", "1"), http.StatusSeeOther)
			return nil
		}
		return p.showWaiting(w, r, http.StatusConflict, page.Notice{Kind: "warning", Message: c.Lang.Said(fault.As(err).Message)})
	}
	if fault.Is(err, fault.Conflict) || fault.Is(err, fault.Invalid) {
		n := page.Notice{Kind: "warning", Message: c.Lang.T("This time is not free any more. You stay on the list, and we write to you when another one comes free.")}
		return p.showWaiting(w, r, http.StatusConflict, n)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, c.within("/appointments/"+done.Token.Reveal(), "new", "1"), http.StatusSeeOther)
	return nil
}

// declineOffer gives a time back, and stays on the list.
func (p *Pages) declineOffer(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	_, c, err := p.placeOf(r)
	if err != nil {
		return err
	}
	if err := p.gate.Waitlist.Decline(r.Context(), r.PathValue("token"), waitlist.OfferID(f.Get("offer"))); err != nil {
		return err
	}
	http.Redirect(w, r, c.within("/waitlist/"+r.PathValue("token")), http.StatusSeeOther)
	return nil
}

// leaveWaitlist takes the person off the list. A mail program that was told to unsubscribe posts here by itself (RFC 8058).
func (p *Pages) leaveWaitlist(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	_, c, err := p.placeOf(r)
	if err != nil {
		return err
	}
	if err := p.gate.Waitlist.Leave(r.Context(), r.PathValue("token")); err != nil {
		return err
	}
	if f.Get("List-Unsubscribe") == "One-Click" {
		w.WriteHeader(http.StatusOK) // RFC 8058 §3.1: no redirect
		return nil
	}
	http.Redirect(w, r, c.within("/waitlist/"+r.PathValue("token")), http.StatusSeeOther)
	return nil
}
