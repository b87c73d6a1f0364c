package admin

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/notify"
)

// moveDays is how many days the page of a move offers at once.
const moveDays = 7

type moveView struct {
	frame
	Crumb    string // the appointment's page
	Now      string // where it is
	Closed   string // why it can't be moved; "" when it can
	Path     string
	Revision int64
	Next     string
	From     string // first day, yyyy-mm-dd
	Reps     []option
	Days     []moveDay
	Before   string // address of the week before; "" where there is none
	After    string
	Hands    []moveHand
	Hears    string // how the customer hears of another time
	HearsRep string // and of another rep
}

// moveDay is a day with the times to which an appointment could be moved.
type moveDay struct {
	ID, Label string
	Times     []moveTime
}

// moveTime is one of them. Reps names who is free, by id for the calendar and in words.
type moveTime struct{ ID, Value, Label, Reps, Words string }

// moveHand is another rep at the same time.
type moveHand struct {
	Name string
	Give *act   // nil when the rules are against it
	Why  string // then: what speaks against it
}

// askMove offers the times to which an appointment could be moved, and the reps who could take it over as it is.
func (c *Console) askMove(w http.ResponseWriter, r *http.Request, v *visit) error {
	ctx, q := r.Context(), r.URL.Query()
	a, err := c.Book.Appointment(ctx, v.org.ID, booking.AppointmentID(r.PathValue("id")))
	if err != nil {
		return err
	}
	cat, err := c.Bookings.Catalog(ctx, v.org.ID)
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Move "+a.Contact.FullName())
	if err != nil {
		return err
	}
	cal := calendar{v.org.Location(), c.Now()}
	service, rep := namesOf(cat, a)
	f.Purpose = service
	view := moveView{
		frame: f, Crumb: v.path("appointments", string(a.ID)), Now: cal.span(a.Start, a.End) + " with " + rep, Path: r.URL.Path, Revision: a.Revision,
		Next: c.nextIn(v, q.Get("next"), "appointments", string(a.ID)), Closed: closedFor(a, c.Now()),
	}
	if view.Hears, err = c.hears(ctx, v, notify.Rescheduled, a, "the new time"); err != nil {
		return err
	}
	if view.HearsRep, err = c.hearsRep(ctx, v, a); err != nil {
		return err
	}
	if view.Closed == "" {
		if err := c.moves(r, v, cat, a, &view); err != nil {
			return err
		}
	}
	return c.set.Render(w, http.StatusOK, "move", view)
}

// closedFor says why an appointment can't be moved any more; "" when it can.
func closedFor(a booking.Appointment, now time.Time) string {
	switch {
	case !a.Status.Open():
		return "This appointment is " + a.Status.Words() + " and can't be moved any more."
	case !a.Start.After(now):
		return "This visit has begun already and can't be moved any more."
	}
	return ""
}

func (c *Console) moves(r *http.Request, v *visit, cat catalog.Catalog, a booking.Appointment, view *moveView) error {
	ctx, q, zone := r.Context(), r.URL.Query(), v.org.Location()
	today := availability.DateOf(c.Now(), zone)
	from, err := availability.ParseDate(q.Get("from"))
	if err != nil || from.Compare(today) < 0 || from.Year > 9000 {
		from = availability.DateOf(a.Start, zone)
		if q.Get("from") != "" {
			from = today
		}
	}
	chosen := ""
	view.Reps = []option{{Label: "Whoever is free"}}
	service, _ := cat.Service(a.Service)
	for _, p := range cat.Reps {
		if p.Archived || !slices.Contains(service.Reps, p.ID) {
			continue
		}
		if p.ID == q.Get("rep") {
			chosen = p.ID
		}
		view.Reps = append(view.Reps, option{Label: p.Name, Value: p.ID, Current: p.ID == chosen && chosen != ""})
	}
	places, err := c.Bookings.Places(ctx, v.org, a, from, from.AddDays(moveDays-1), chosen)
	if err != nil && !fault.Is(err, fault.Invalid) { // a service that is not offered any more has no times
		return err
	}
	if chosen == "" || chosen == a.Rep { // where it is already
		places = slices.DeleteFunc(places, func(p booking.Place) bool { return p.Start.Equal(a.Start) })
	}
	view.From, view.Days = from.String(), moveDaysOf(calendar{zone, c.Now()}, cat, places)
	view.After = address(r.URL.Path, "from", from.AddDays(moveDays).String(), "rep", chosen, "next", view.Next)
	if from.Compare(today) > 0 {
		view.Before = address(r.URL.Path, "from", from.AddDays(-moveDays).String(), "rep", chosen, "next", view.Next)
	}
	hands, err := c.Bookings.Hands(ctx, v.org, a)
	if err != nil {
		return err
	}
	for _, h := range hands {
		p, _ := cat.Rep(h.Rep)
		row := moveHand{Name: p.Name, Why: h.Why}
		if h.Why == "" {
			row.Give = &act{Path: r.URL.Path, Buttons: []actButton{{"rep", h.Rep, "Give to " + p.Name, ""}}, Fields: []pair{
				{"start", a.Start.UTC().Format(time.RFC3339)}, {"revision", strconv.FormatInt(a.Revision, 10)}, {"next", view.Next},
			}}
		}
		view.Hands = append(view.Hands, row)
	}
	return nil
}

func moveDaysOf(cal calendar, cat catalog.Catalog, places []booking.Place) []moveDay {
	var out []moveDay
	for i, p := range places {
		day := p.Start.In(cal.zone).Format(time.DateOnly)
		if len(out) == 0 || out[len(out)-1].ID != "day-"+day {
			out = append(out, moveDay{ID: "day-" + day, Label: cal.day(p.Start)})
		}
		t := moveTime{ID: "t" + strconv.Itoa(i), Value: p.Start.UTC().Format(time.RFC3339), Label: cal.clock(p.Start)}
		for j, id := range p.Reps {
			rep, _ := cat.Rep(id)
			if j > 0 {
				t.Reps, t.Words = t.Reps+" ", t.Words+", "
			}
			t.Reps, t.Words = t.Reps+id, t.Words+rep.Name
		}
		last := &out[len(out)-1]
		last.Times = append(last.Times, t)
	}
	return out
}

// move moves an appointment, or gives it to another rep.
func (c *Console) move(w http.ResponseWriter, r *http.Request, v *visit) error {
	ctx, id := r.Context(), booking.AppointmentID(r.PathValue("id"))
	was, err := c.Book.Appointment(ctx, v.org.ID, id)
	if err != nil {
		return err
	}
	cat, err := c.Bookings.Catalog(ctx, v.org.ID)
	if err != nil {
		return err
	}
	start, _ := time.Parse(time.RFC3339, r.PostFormValue("start")) // what is no time is refused below
	revision, err := strconv.ParseInt(r.PostFormValue("revision"), 10, 64)
	if err != nil || revision < 1 {
		revision = -1 // no appointment has it
	}
	path, next := v.path("appointments", string(id), "move"), c.nextIn(v, r.PostFormValue("next"), "appointments", string(id))
	a, err := c.Bookings.Move(ctx, v.org, id, booking.Wish{Start: start, Rep: r.PostFormValue("rep"), Revision: revision}, v.user.Name)
	cal := calendar{v.org.Location(), c.Now()}
	_, before := namesOf(cat, was)
	_, after := namesOf(cat, a)
	d := actDone{err: err, act: "Appointment moved", refused: "Appointment not moved", subject: string(id), back: next, words: "It is there already."}
	d.detail = cal.stamp(was.Start) + " with " + before
	switch {
	case err != nil:
		d.detail += " → " + cal.stamp(start)
	case !a.Start.Equal(was.Start):
		d.words = a.Contact.FullName() + " is moved to " + cal.stamp(a.Start) + " with " + after + ". "
		hears, err := c.hears(ctx, v, notify.Rescheduled, a, "the new time")
		if err != nil {
			return err
		}
		d.words += hears
	case a.Rep != was.Rep:
		d.words = a.Contact.FullName() + " is given to " + after + ", at the same time. "
		hears, err := c.hearsRep(ctx, v, a)
		if err != nil {
			return err
		}
		d.words += hears
	}
	if err == nil && a.Revision != was.Revision {
		d.detail += " → " + cal.stamp(a.Start) + " with " + after
		c.offerBack(ctx, path, "start", was.Start.UTC().Format(time.RFC3339), "rep", was.Rep, "revision", strconv.FormatInt(a.Revision, 10), "next", next)
	}
	return c.acted(w, r, v, d)
}
