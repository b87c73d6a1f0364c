package admin

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/waitlist"
	"heavyset.tech/platform/internal/web/page"
)

// handTimes is how many free times are shown that could be offered by hand.
const handTimes = 60

type waitlistView struct {
	frame
	Path    string
	On      bool
	Hold    page.Field
	MayEdit bool
	Form    page.Form
	Waiting []waitRow
	Settled []waitRow
	Page    string // where visitors join
}

// waitRow is a person in the line.
type waitRow struct {
	Place      int
	Link, Name string
	Service    string
	Wish       string
	Area       string
	Since, At  string
	Created    time.Time
	State      pill
	Made       string // the appointment that came of it
}

// waitlist lists who waits, in the order in which they are offered what comes free.
func (c *Console) waitlist(w http.ResponseWriter, r *http.Request, v *visit) error {
	return c.showWaitlist(w, r, v, http.StatusOK, page.Form{Errors: map[string]string{}})
}

func (c *Console) showWaitlist(w http.ResponseWriter, r *http.Request, v *visit, status int, form page.Form) error {
	ctx := r.Context()
	policy, err := c.Waitlist.Policy(ctx, v.org.ID)
	if err != nil {
		return err
	}
	waiting, settled, err := c.Waitlist.Store.WaitEntries(ctx, v.org.ID)
	if err != nil {
		return err
	}
	offers, err := c.Waitlist.Store.WaitOffers(ctx, v.org.ID, "")
	if err != nil {
		return err
	}
	cat, err := c.Bookings.Catalog(ctx, v.org.ID)
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Waiting list")
	if err != nil {
		return err
	}
	f.Purpose = "People for whom there was no fitting time. What comes free is offered to the first of the line whom it fits, and on to the next."
	view := waitlistView{frame: f, Path: v.path("waitlist"), On: policy.On, MayEdit: v.may(auth.Admin), Form: form, Page: "/book/" + v.org.Slug}
	if form.Values == nil {
		form.Values = map[string][]string{"hold": {strconv.Itoa(int(policy.Hold / time.Minute))}}
	}
	view.Hold = page.Field{Name: "hold", Label: "How many minutes an offer stands", Type: "number", Width: "half", Required: true, Limit: 4, Hint: "10 to 720. None is made in the quiet hours of your messages."}.With(form)
	standing := map[waitlist.EntryID]waitlist.Offer{}
	for _, x := range offers {
		if x.State.Live() {
			standing[x.Entry] = x
		}
	}
	cal := calendar{v.org.Location(), c.Now()}
	for i, e := range waiting {
		row := waitRowOf(v, cal, cat, e)
		row.Place, row.State = i+1, pill{Words: "Waits"}
		if x, ok := standing[e.ID]; ok {
			row.State = pill{Kind: "warn", Words: "Offered " + cal.stamp(x.Start), Title: "until " + cal.stamp(x.Expires)}
		}
		view.Waiting = append(view.Waiting, row)
	}
	for _, e := range settled {
		view.Settled = append(view.Settled, waitRowOf(v, cal, cat, e))
	}
	return c.set.Render(w, status, "waitlist", view)
}

func waitRowOf(v *visit, cal calendar, cat catalog.Catalog, e waitlist.Entry) waitRow {
	sv, _ := cat.Service(e.Service)
	row := waitRow{
		Link: v.path("waitlist", string(e.ID)), Name: e.Contact.FullName(), Service: sv.Name, Wish: e.Wish.Words(), Area: e.Contact.PostalCode,
		Since: cal.age(e.Created), At: cal.stamp(e.Created), Created: e.Created, State: waitPill(e.State),
	}
	if e.Appointment != "" {
		row.Made = v.path("appointments", string(e.Appointment))
	}
	return row
}

func waitPill(s waitlist.State) pill {
	switch s {
	case waitlist.Waiting:
		return pill{Words: "Waits"}
	case waitlist.Booked:
		return pill{Kind: "ok", Words: "Booked"}
	case waitlist.Left:
		return pill{Kind: "off", Words: "Has left"}
	case waitlist.Removed:
		return pill{Kind: "off", Words: "Removed"}
	case waitlist.Over:
		return pill{Kind: "off", Words: "Days passed"}
	case waitlist.Silent:
		return pill{Kind: "off", Words: "Did not answer"}
	}
	return pill{Kind: "bad", Words: "Takes no mail"}
}

// saveWaitlist says whether there is a list, and how long an offer stands.
func (c *Console) saveWaitlist(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	minutes, err := strconv.Atoi(strings.TrimSpace(form.Get("hold")))
	if err != nil {
		minutes = 0 // is refused
	}
	p := waitlist.Policy{On: form.Get("on") != "", Hold: time.Duration(minutes) * time.Minute}
	was, err := c.Waitlist.SetPolicy(r.Context(), v.org.ID, p)
	if err != nil {
		if err := form.Fail(err, nil); err != nil {
			return err
		}
		return c.showWaitlist(w, r, v, http.StatusUnprocessableEntity, form)
	}
	if err := c.did(r, v, audit.Settings, "Waiting list changed", v.org.Name, waitPolicyWords(was)+" → "+waitPolicyWords(p)); err != nil {
		return err
	}
	c.Sessions.Flash(r.Context(), "success", "Saved.")
	http.Redirect(w, r, v.path("waitlist"), http.StatusSeeOther)
	return nil
}

func waitPolicyWords(p waitlist.Policy) string {
	if !p.On {
		return "off"
	}
	return "offers stand " + waited(p.Hold)
}

type waitEntryView struct {
	frame
	Crumb   string
	Path    string
	State   pill
	Facts   []fact
	Notes   string
	Waiting bool
	Offered bool
	Times   []option
	Offers  []waitOfferRow
}

type waitOfferRow struct {
	Time, Made string
	State      string
}

// waitEntry shows one person of the line with what they were offered, and what could be offered to them.
func (c *Console) waitEntry(w http.ResponseWriter, r *http.Request, v *visit) error {
	ctx := r.Context()
	e, err := c.Waitlist.Store.WaitEntry(ctx, v.org.ID, waitlist.EntryID(r.PathValue("id")))
	if err != nil {
		return err
	}
	offers, err := c.Waitlist.Store.WaitOffers(ctx, v.org.ID, e.ID)
	if err != nil {
		return err
	}
	cat, err := c.Bookings.Catalog(ctx, v.org.ID)
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, e.Contact.FullName())
	if err != nil {
		return err
	}
	cal := calendar{v.org.Location(), c.Now()}
	sv, _ := cat.Service(e.Service)
	f.Purpose = "Waits for: " + sv.Name
	view := waitEntryView{frame: f, Crumb: v.path("waitlist"), Path: r.URL.Path, State: waitPill(e.State), Notes: e.Notes, Waiting: e.State == waitlist.Waiting}
	view.Facts = append([]fact{{Label: "Wishes", Text: e.Wish.Words()}, {Label: "Since", Text: cal.stamp(e.Created), Small: "Agreed then to mails about free times"}}, contactFacts(e.Contact)...)
	for _, x := range offers {
		view.Offered = view.Offered || x.State.Live()
		by := "by the list"
		if x.By != "" {
			by = "by " + x.By
		}
		rep, _ := cat.Rep(x.Rep)
		view.Offers = append(view.Offers, waitOfferRow{cal.stamp(x.Start) + " with " + rep.Name, cal.stamp(x.Made) + " " + by, offerWords(cal, x)})
	}
	if view.Waiting && !view.Offered {
		free, err := c.Waitlist.Fitting(ctx, v.org, e)
		if err != nil {
			return err
		}
		for _, t := range free[:min(handTimes, len(free))] {
			view.Times = append(view.Times, option{Label: cal.stamp(t), Value: t.UTC().Format(time.RFC3339)})
		}
	}
	return c.set.Render(w, http.StatusOK, "waitentry", view)
}

func offerWords(cal calendar, x waitlist.Offer) string {
	switch x.State {
	case waitlist.Open:
		return "Stands until " + cal.stamp(x.Expires)
	case waitlist.Accepting:
		return "Is being booked"
	case waitlist.Gone:
		return "The time was not free any more"
	}
	return page.Capital(string(x.State)) + " " + cal.stamp(x.Changed)
}

// offerTime offers a person a time by hand.
func (c *Console) offerTime(w http.ResponseWriter, r *http.Request, v *visit) error {
	id := waitlist.EntryID(r.PathValue("id"))
	e, err := c.Waitlist.Store.WaitEntry(r.Context(), v.org.ID, id)
	if err != nil {
		return err
	}
	start, err := time.Parse(time.RFC3339, r.PostFormValue("start"))
	if err == nil {
		err = c.Waitlist.OfferByHand(r.Context(), v.org, id, start, v.user.Name)
	} else {
		err = fault.New(fault.Invalid, "Please choose one of the times.")
	}
	cal := calendar{v.org.Location(), c.Now()}
	until := "for a while"
	offers, listed := c.Waitlist.Store.WaitOffers(r.Context(), v.org.ID, id)
	if listed != nil {
		return errors.Join(err, listed)
	}
	for _, x := range offers {
		if x.State == waitlist.Open && x.Start.Equal(start) {
			until = "until " + cal.stamp(x.Expires) + ", unless they answer before"
		}
	}
	return c.acted(w, r, v, actDone{
		err: err, act: "Waiting list: time offered", refused: "Waiting list: time not offered", subject: string(id), detail: cal.stamp(start), back: v.path("waitlist", string(id)),
		words: e.Contact.FullName() + " is offered " + cal.stamp(start) + " by e-mail. The time is kept " + until + ".",
	})
}

// removeWaiting takes somebody off the list.
func (c *Console) removeWaiting(w http.ResponseWriter, r *http.Request, v *visit) error {
	id := waitlist.EntryID(r.PathValue("id"))
	e, err := c.Waitlist.Store.WaitEntry(r.Context(), v.org.ID, id)
	if err != nil {
		return err
	}
	return c.acted(w, r, v, actDone{
		err: c.Waitlist.Remove(r.Context(), v.org.ID, id), act: "Waiting list: removed", refused: "Waiting list: not removed", subject: string(id),
		back: v.path("waitlist"), words: e.Contact.FullName() + " is not on the waiting list any more.",
	})
}
