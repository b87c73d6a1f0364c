package admin

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/web/page"
)

// act is a form of nothing but its buttons.
type act struct {
	Path    string
	Fields  []pair
	Buttons []actButton
}

// actButton is one way to send an act. About says of what, where several stand on a page.
type actButton struct{ Name, Value, Words, About string }

// offerBack keeps a form for the next page that takes back what its message tells of.
func (c *Console) offerBack(ctx context.Context, path string, kv ...string) {
	q := url.Values{"": {path}}
	for i := 0; i+1 < len(kv); i += 2 {
		q.Set(kv[i], kv[i+1])
	}
	c.Sessions.Keep(ctx, "take-back", q.Encode())
}

// takeBack gives the form that the page before left together with its message.
func (c *Console) takeBack(ctx context.Context, n page.Notice) *act {
	q, err := url.ParseQuery(c.Sessions.Kept(ctx, "take-back"))
	c.Sessions.Keep(ctx, "take-back", "")
	if n.Message == "" || err != nil || q.Get("") == "" {
		return nil
	}
	a := act{Path: q.Get(""), Buttons: []actButton{{Words: "Undo"}}}
	for name := range q {
		if name != "" {
			a.Fields = append(a.Fields, pair{name, q.Get(name)})
		}
	}
	slices.SortFunc(a.Fields, func(x, y pair) int { return strings.Compare(x.Name, y.Name) })
	return &a
}

// outcomeOf offers to say how a visit went, once it has begun; nil where there is nothing to say.
func (c *Console) outcomeOf(v *visit, a booking.Appointment, next string) *act {
	if !a.Status.Open() || a.Start.After(c.Now()) {
		return nil
	}
	about := " – " + a.Contact.FullName()
	return &act{
		Path: v.path("appointments", string(a.ID), "outcome"), Fields: []pair{{"revision", strconv.FormatInt(a.Revision, 10)}, {"next", next}},
		Buttons: []actButton{{"status", string(booking.Completed), "Completed", about}, {"status", string(booking.NoShow), "No-show", about}},
	}
}

// otherOutcome offers the other outcome for a visit whose outcome is known, and none.
func (c *Console) otherOutcome(v *visit, a booking.Appointment) *act {
	o := &act{Path: v.path("appointments", string(a.ID), "outcome"), Fields: []pair{{"revision", strconv.FormatInt(a.Revision, 10)}}}
	switch a.Status {
	case booking.Completed:
		o.Buttons = []actButton{{"status", string(booking.NoShow), "It was a no-show", ""}}
	case booking.NoShow:
		o.Buttons = []actButton{{"status", string(booking.Completed), "It took place", ""}}
	default:
		return nil
	}
	o.Buttons = append(o.Buttons, actButton{"status", string(booking.Confirmed), "Not known yet", ""})
	return o
}

// setOutcome says how a visit went, and leads back to where that was said.
func (c *Console) setOutcome(w http.ResponseWriter, r *http.Request, v *visit) error {
	ctx, id := r.Context(), booking.AppointmentID(r.PathValue("id"))
	was, err := c.Book.Appointment(ctx, v.org.ID, id)
	if err != nil {
		return err
	}
	to := booking.Status(r.PostFormValue("status"))
	revision, _ := strconv.ParseInt(r.PostFormValue("revision"), 10, 64) // what is no number is no revision either
	a, err := c.Bookings.SetOutcome(ctx, v.org.ID, id, to, revision, v.user.Name)
	path := v.path("appointments", string(id), "outcome")
	undo := []string{"status", string(booking.Confirmed), "revision", strconv.FormatInt(a.Revision, 10), "next", r.PostFormValue("next")}
	if err == nil && a.Revision != was.Revision && to != booking.Confirmed {
		c.offerBack(ctx, path, undo...)
	}
	return c.acted(w, r, v, actDone{
		err: err, act: "Outcome set", refused: "Outcome not set", subject: string(id), detail: strings.ToLower(statusPill(was.Status).Words + " → " + statusPill(to).Words),
		words: a.Contact.FullName() + ": " + outcomeWords(to) + ".", back: c.nextIn(v, r.PostFormValue("next"), "appointments", string(id)),
	})
}

func outcomeWords(s booking.Status) string {
	switch s {
	case booking.Completed:
		return "the visit took place"
	case booking.NoShow:
		return "nobody was there"
	}
	return "it is open again how the visit went"
}

// nextIn gives where to go on: an address in the organization of the visit, else a page of it.
func (c *Console) nextIn(v *visit, next string, otherwise ...string) string {
	if to := local(next); strings.HasPrefix(to, v.path()+"/") {
		return to
	}
	return v.path(otherwise...)
}

// actDone is how something went that a person did to an appointment.
type actDone struct {
	err          error
	act, refused string // for the audit
	subject      string
	detail       string
	words        string // for the person
	back         string
}

// acted keeps in the audit how it went, says so, and leads on. What only a person can mend is said on the page.
func (c *Console) acted(w http.ResponseWriter, r *http.Request, v *visit, d actDone) error {
	e := fault.As(d.err)
	if d.err != nil && (e == nil || e.Kind == fault.Internal || e.Kind == fault.NotFound) {
		return d.err
	}
	act, kind := d.act, "success"
	if d.err != nil {
		act, kind, d.words = d.refused, "error", e.Message
		if len(e.Fields) > 0 {
			d.words = "Nothing was changed. " + page.Capital(e.Fields[0].Message)
		}
		d.detail += "\n" + d.words
	}
	if err := c.did(r, v, audit.Appointments, act, d.subject, d.detail); err != nil {
		return err
	}
	c.Sessions.Flash(r.Context(), kind, d.words)
	http.Redirect(w, r, d.back, http.StatusSeeOther)
	return nil
}
