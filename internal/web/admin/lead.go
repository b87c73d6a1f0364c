package admin

import (
	"context"
	"net/http"
	"slices"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/web/page"
)

type leadRow struct {
	Link, Customer string
	Message        string // its beginning
	Age, At        string
	Created        time.Time
	Kind, Stage    pill
	Status, Owner  string // in Zoho
	Speed          pill   // how long the person waited for somebody
	Next           string // what somebody has to do
	Sync           pill
}

type leadsView struct {
	frame
	Stages   []option
	Filtered bool
	Rows     []leadRow
	First    string
	Next     string
	All      string
	Book     string
	Left     string // what becomes of those who do not finish
}

// stages are the stages of a lead, in their order.
func stages() []lead.Stage {
	return []lead.Stage{lead.New, lead.Contacted, lead.Booked, lead.Won, lead.Lost}
}

// leads lists them, newest first.
func (c *Console) leads(w http.ResponseWriter, r *http.Request, v *visit) error {
	q := r.URL.Query()
	stage := lead.Stage(q.Get("stage"))
	if !slices.Contains(stages(), stage) {
		stage = ""
	}
	list, next, err := c.Leads.Store.Leads(r.Context(), v.org.ID, lead.Filter{Stage: stage, After: q.Get("after"), Limit: listSize})
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Leads")
	if err != nil {
		return err
	}
	f.Purpose = "Who wants something of you: enquiries, forms left without a booking, and new customers' bookings."
	base := v.path("leads")
	view := leadsView{frame: f, Filtered: stage != "", All: base, Book: "/book/" + v.org.Slug, Left: v.path("leads", "unfinished")}
	view.Stages = []option{{Label: "All", Link: base, Current: stage == ""}}
	for _, s := range stages() {
		view.Stages = append(view.Stages, option{Label: page.Capital(string(s)), Link: address(base, "stage", string(s)), Current: s == stage})
	}
	if q.Get("after") != "" {
		view.First = address(base, "stage", string(stage))
	}
	if next != "" {
		view.Next = address(base, "stage", string(stage), "after", next)
	}
	if view.Rows, err = c.leadRows(r.Context(), v, list); err != nil {
		return err
	}
	return c.set.Render(w, http.StatusOK, "leads", view)
}

func (c *Console) leadRows(ctx context.Context, v *visit, list []lead.Lead) ([]leadRow, error) {
	ids := make([]lead.ID, len(list))
	for i, l := range list {
		ids[i] = l.ID
	}
	views, err := c.Sync.Store.LeadViews(ctx, v.org.ID, ids)
	if err != nil {
		return nil, err
	}
	cal := calendar{v.org.Location(), c.Now()}
	out := make([]leadRow, len(list))
	for i, l := range list {
		next, err := c.nextWords(ctx, v, cal, l)
		if err != nil {
			return nil, err
		}
		out[i] = leadRow{
			Link: v.path("leads", string(l.ID)), Customer: l.Contact.FullName(), Message: fault.Excerpt(l.Message, 60), Age: cal.age(l.Created),
			At: cal.stamp(l.Created), Created: l.Created, Kind: kindPill(l.Kind), Stage: stagePill(l.Stage), Sync: syncPill(views[l.ID]),
			Status: l.Status, Owner: l.Owner, Speed: speedPill(l, c.Now()), Next: next,
		}
	}
	return out, nil
}

// nextWords says what somebody has to do next about a lead.
func (c *Console) nextWords(ctx context.Context, v *visit, cal calendar, l lead.Lead) (string, error) {
	switch l.Next() {
	case lead.Answer:
		return "Call or write", nil
	case lead.FollowUp:
		return "Follow up", nil
	case lead.Nothing:
		return "", nil
	}
	a, err := c.Book.Appointment(ctx, v.org.ID, booking.AppointmentID(l.Appointment))
	switch {
	case err != nil:
		return "", err
	case a.Status == booking.Canceled || a.Status == booking.NoShow:
		return "Offer another time", nil
	case a.Status.Open() && a.End.Before(c.Now()):
		return "Record the outcome", nil
	case a.Status.Open():
		return "Visit " + cal.stamp(a.Start), nil
	}
	return "", nil
}

type leadView struct {
	frame
	Back     string
	Stage    pill
	Facts    []fact
	Customer []fact
	Message  string
	UTM      []pair
	Live     live
}

// lead shows one.
func (c *Console) lead(w http.ResponseWriter, r *http.Request, v *visit) error {
	ctx := r.Context()
	l, err := c.Leads.Store.Lead(ctx, v.org.ID, lead.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, l.Contact.FullName())
	if err != nil {
		return err
	}
	cal := calendar{v.org.Location(), c.Now()}
	f.Purpose = kindWords(l.Kind) + ", " + cal.stamp(l.Created)
	view := leadView{frame: f, Back: v.path("leads"), Stage: stagePill(l.Stage), Customer: contactFacts(l.Contact), Message: l.Message, UTM: pairs(l.UTM)}
	view.Facts = []fact{{Label: "Kind", Text: kindWords(l.Kind)}, {Label: "Received", Text: cal.stamp(l.Created), Small: cal.age(l.Created)}}
	if l.Appointment != "" {
		view.Facts = append(view.Facts, fact{Label: "Appointment", Text: "Open the appointment", Link: v.path("appointments", l.Appointment)})
	}
	if l.Status != "" {
		view.Facts = append(view.Facts, fact{Label: "Status in Zoho", Text: l.Status})
	}
	if l.Owner != "" {
		view.Facts = append(view.Facts, fact{Label: "Owner in Zoho", Text: l.Owner})
	}
	if !l.Contacted.IsZero() {
		view.Facts = append(view.Facts, fact{Label: "First contact", Text: cal.stamp(l.Contacted)})
	}
	view.Facts = append(view.Facts, fact{Label: "Speed to lead", Text: speedPill(l, c.Now()).Words})
	next, err := c.nextWords(ctx, v, cal, l)
	if err != nil {
		return err
	}
	if next != "" {
		view.Facts = append(view.Facts, fact{Label: "Next", Text: next})
	}
	if l.Language != "" {
		view.Facts = append(view.Facts, fact{Label: "Language", Text: languageName(locale.Of(l.Language))})
	}
	view.Facts = append(view.Facts, fact{Label: "Lead ID", Small: string(l.ID)})
	if view.Live, err = c.leadLive(ctx, v, f, l); err != nil {
		return err
	}
	return c.set.Render(w, http.StatusOK, "lead", view)
}

// leadLive reads how far a lead has come in the CRM and what was tried.
func (c *Console) leadLive(ctx context.Context, v *visit, f frame, l lead.Lead) (live, error) {
	views, err := c.Sync.Store.LeadViews(ctx, v.org.ID, []lead.ID{l.ID})
	if err != nil {
		return live{}, err
	}
	t := timeline{cal: calendar{v.org.Location(), c.Now()}}
	t.add(entry{at: l.Created, Source: "Web", Kind: "ok", Title: kindWords(l.Kind)})
	attempts, older, err := c.Sync.Store.Attempts(ctx, v.org.ID, crmsync.AttemptFilter{Lead: l.ID, Limit: maxAttempts})
	if err != nil {
		return live{}, err
	}
	t.attempts(attempts)
	z := zohoOf(v, f.Health, views[l.ID], attempts, v.path("leads", string(l.ID), "replay"))
	if err := c.mend(ctx, v, &z, attempts); err != nil {
		return live{}, err
	}
	if err := c.gone(ctx, v, &z, l.ID, booking.Appointment{}); err != nil {
		return live{}, err
	}
	list, err := c.writtenOf(ctx, v, "", crmsync.Ref{Lead: l.ID})
	return live{Refresh: z.moving(), Zoho: z, Timeline: t.sorted(), Older: older != "", Written: list}, err
}

// replayLead writes a lead to the CRM again after a repair.
func (c *Console) replayLead(w http.ResponseWriter, r *http.Request, v *visit) error {
	l, err := c.Leads.Store.Lead(r.Context(), v.org.ID, lead.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if err := c.Sync.ReplayLead(r.Context(), v.org.ID, l); err != nil {
		return err
	}
	if err := c.did(r, v, audit.Sync, "Lead written again", string(l.ID)); err != nil {
		return err
	}
	c.Sessions.Flash(r.Context(), "info", "HeavySet writes this lead to Zoho again. How it went shows below.")
	http.Redirect(w, r, v.path("leads", string(l.ID)), http.StatusSeeOther)
	return nil
}
