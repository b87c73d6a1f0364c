package admin

import (
	"net/http"
	"strconv"
	"strings"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
)

type handoverView struct {
	frame
	Crumb string
	Path  string
	Can   []handoverRow
	Rest  []handoverRow // nobody can take them at their time
	Done  []handoverRow // what came of it
}

// handoverRow is one appointment of a rep who leaves.
type handoverRow struct {
	ID, Link, When, Customer, Service string
	Revision                          int64
	To                                []option
	Why                               []string // what speaks against each other rep
	State                             pill
	Words                             string
	Move                              string // address where another time is chosen
}

// askHandover shows which coming appointments of a rep others can take over, and who.
func (c *Console) askHandover(w http.ResponseWriter, r *http.Request, v *visit) error {
	return c.showHandover(w, r, v, nil)
}

func (c *Console) showHandover(w http.ResponseWriter, r *http.Request, v *visit, done []handoverRow) error {
	ctx := r.Context()
	cat, err := c.Bookings.Catalog(ctx, v.org.ID)
	if err != nil {
		return err
	}
	p, ok := cat.Rep(r.PathValue("item"))
	if !ok {
		return errNoRep
	}
	f, err := c.frame(r, v, "Hand over the visits of "+p.Name)
	if err != nil {
		return err
	}
	f.Purpose = "Coming visits go to other reps at the same time, by the rules of any booking. Customers keep their time, and hear who comes."
	view := handoverView{frame: f, Crumb: itemLink(v, reps, p.ID), Path: r.URL.Path, Done: done}
	list, err := c.Bookings.PlanHandover(ctx, v.org, p.ID)
	if err != nil {
		return err
	}
	for _, h := range list {
		row := c.handoverRow(v, cat, h.Appointment)
		for _, x := range h.Hands {
			if q, _ := cat.Rep(x.Rep); x.Why != "" {
				row.Why = append(row.Why, q.Name+": "+x.Why)
			}
		}
		if len(h.To) == 0 {
			if len(row.Why) == 0 {
				row.Why = []string{"No other rep does this service."}
			}
			view.Rest = append(view.Rest, row)
			continue
		}
		for i, id := range h.To {
			q, _ := cat.Rep(id)
			row.To = append(row.To, option{Label: q.Name, Value: id, Current: i == 0})
		}
		row.To = append(row.To, option{Label: "Leave it"})
		view.Can = append(view.Can, row)
	}
	return c.set.Render(w, http.StatusOK, "handover", view)
}

func (c *Console) handoverRow(v *visit, cat catalog.Catalog, a booking.Appointment) handoverRow {
	service, _ := namesOf(cat, a)
	cal := calendar{v.org.Location(), c.Now()}
	link := v.path("appointments", string(a.ID))
	return handoverRow{
		ID: string(a.ID), Link: link, When: cal.span(a.Start, a.End), Customer: a.Contact.FullName(), Service: service, Revision: a.Revision,
		Move: link + "/move",
	}
}

// handover gives the chosen appointments to whom they were chosen for, each by itself, and says of each what came of it.
func (c *Console) handover(w http.ResponseWriter, r *http.Request, v *visit) error {
	ctx := r.Context()
	cat, err := c.Bookings.Catalog(ctx, v.org.ID)
	if err != nil {
		return err
	}
	p, ok := cat.Rep(r.PathValue("item"))
	if !ok {
		return errNoRep
	}
	list, err := c.Bookings.PlanHandover(ctx, v.org, p.ID)
	if err != nil {
		return err
	}
	var done []handoverRow
	var lines []string
	for _, h := range list {
		id := string(h.Appointment.ID)
		to, _ := cat.Rep(r.PostFormValue("to." + id))
		revision, err := strconv.ParseInt(r.PostFormValue("revision."+id), 10, 64)
		if to.ID == "" || err != nil || revision < 1 {
			continue
		}
		row := c.handoverRow(v, cat, h.Appointment)
		row.State, row.Words = pill{Kind: "ok", Words: "Given to " + to.Name}, ""
		_, err = c.Bookings.Move(ctx, v.org, h.Appointment.ID, booking.Wish{Start: h.Appointment.Start, Rep: to.ID, Revision: revision}, v.user.Name)
		if e := fault.As(err); err != nil {
			if e == nil || e.Kind == fault.Internal {
				return err
			}
			row.State, row.Words = pill{Kind: "bad", Words: "Not given to " + to.Name}, e.Message
		}
		done = append(done, row)
		lines = append(lines, strings.TrimSpace(id+": "+row.State.Words+". "+row.Words))
	}
	if len(lines) == 0 {
		lines = []string{"Nothing was chosen."}
	}
	if err := c.did(r, v, audit.Appointments, "Visits handed over", p.Name, lines...); err != nil {
		return err
	}
	return c.showHandover(w, r, v, done)
}
