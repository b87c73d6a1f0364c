package admin

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/web/page"
)

// addDisagreements puts what people disagree on of customers among the conflicts of appointments: open ones oldest first, settled
// ones newest first.
func (c *Console) addDisagreements(ctx context.Context, v *visit, view *conflictsView) error {
	open, err := c.Sync.Store.Disagreements(ctx, v.org.ID, "")
	if err != nil {
		return err
	}
	settled, err := c.Sync.Store.SettledDisagreements(ctx, v.org.ID)
	if err != nil {
		return err
	}
	cal := calendar{v.org.Location(), c.Now()}
	row := func(d crmsync.Disagreement) conflictRow {
		out := conflictRow{
			Link: v.path("conflicts", "people", string(d.ID)), Customer: d.Ours.FullName(), Words: d.Words(), Here: partsText(d, d.Ours), There: partsText(d, d.Theirs),
			Opened: cal.age(d.Opened), Exact: cal.exact(d.Opened), Time: d.Opened,
		}
		if !d.Settled.IsZero() {
			out.Ended, out.EndedAge, out.Time = sideWords(d), cal.age(d.Settled), d.Settled
		}
		return out
	}
	for _, d := range open {
		view.Open = append(view.Open, row(d))
	}
	for _, d := range settled {
		view.Settled = append(view.Settled, row(d))
	}
	slices.SortStableFunc(view.Open, func(a, b conflictRow) int { return a.Time.Compare(b.Time) })
	slices.SortStableFunc(view.Settled, func(a, b conflictRow) int { return b.Time.Compare(a.Time) })
	return nil
}

// partsText is one side of a disagreement on one line.
func partsText(d crmsync.Disagreement, c lead.Contact) string {
	var out []string
	for _, p := range d.Parts {
		out = append(out, p.Text(c))
	}
	return strings.Join(out, "; ")
}

// sideWords says how a disagreement was ended, and by whom.
func sideWords(d crmsync.Disagreement) string {
	switch d.Choice {
	case crmsync.SideOurs:
		return "Our side was written to Zoho by " + d.By
	case crmsync.SideTheirs:
		return "Zoho's side was taken over by " + d.By
	}
	return "Both sides agreed by themselves"
}

type disagreementView struct {
	frame
	Back    string
	Open    bool
	Ended   string
	About   string // the customer's page
	Module  string
	Record  string
	Parts   []partRow
	Ours    string // when the customer was changed here last
	Changed string // who changed the record in Zoho, and when
	Choices []conflictChoice
	Denied  bool // the caller may look, but not decide
}

// partRow is a part of a person with both sides.
type partRow struct{ Label, Here, There string }

// disagreement shows both sides of a customer, who changed what when, and the ways to settle it.
func (c *Console) disagreement(w http.ResponseWriter, r *http.Request, v *visit) error {
	ctx := r.Context()
	d, err := c.Sync.Store.Disagreement(ctx, v.org.ID, crmsync.DisagreementID(r.PathValue("id")))
	if err != nil {
		return err
	}
	k, err := c.Leads.Store.Customer(ctx, v.org.ID, d.Person.Customer)
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, k.FullName())
	if err != nil {
		return err
	}
	f.Purpose = d.Words()
	cal := calendar{v.org.Location(), c.Now()}
	view := disagreementView{
		frame: f, Back: v.path("conflicts"), Open: d.Settled.IsZero(), About: v.path("customers", string(k.ID)), Module: d.Person.Module, Record: d.Person.Record,
		Denied: !v.may(auth.Admin),
	}
	ours := d.Ours
	if view.Open { // what is here by now would be written
		ours = k.Contact
	}
	for _, p := range d.Parts {
		view.Parts = append(view.Parts, partRow{p.Words(), p.Text(ours), p.Text(d.Theirs)})
	}
	if !view.Open {
		view.Ended = sideWords(d) + ", " + cal.stamp(d.Settled) + "."
		return c.set.Render(w, http.StatusOK, "disagreement", view)
	}
	view.Ours = cal.stamp(k.Updated)
	if _, view.Changed, err = c.author(ctx, v, cal, d.Person.Config, d.Person.Module, d.Person.Record); err != nil {
		return err
	}
	choice := func(s crmsync.Side, label, effect string) conflictChoice {
		return conflictChoice{Action: v.path("conflicts", "people", string(d.ID)), Name: "side", Value: string(s), Label: label, Effect: effect}
	}
	view.Choices = []conflictChoice{
		choice(crmsync.SideTheirs, "Take over Zoho's side", "The customer is here what Zoho shows. Their other records in Zoho follow as far as the field mapping's write policies allow; coming appointments keep what they were booked with."),
		choice(crmsync.SideOurs, "Write ours to Zoho", "Zoho's record gets what HeavySet shows, whatever the write policies say; what was changed there is overwritten."),
	}
	view.Choices[0].Primary = true
	return c.set.Render(w, http.StatusOK, "disagreement", view)
}

// settleDisagreement lets one side hold where a customer was changed here and in Zoho.
func (c *Console) settleDisagreement(w http.ResponseWriter, r *http.Request, v *visit) error {
	f, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	ctx, id, side := r.Context(), crmsync.DisagreementID(r.PathValue("id")), crmsync.Side(f.Get("side"))
	d, err := c.Sync.SettlePerson(ctx, v.org.ID, id, side, v.user.Name)
	e := fault.As(err)
	if err != nil && (e == nil || e.Kind != fault.Conflict && e.Kind != fault.Invalid) {
		return err
	}
	d.Choice, d.By = side, v.user.Name
	act, detail := "Conflict settled", sideWords(d)
	if err != nil {
		act, detail = "Conflict not settled", e.Message
	}
	if err := c.did(r, v, audit.Sync, act, string(d.Person.Customer), d.Words(), detail); err != nil {
		return err
	}
	switch {
	case fault.Is(err, fault.Conflict):
		c.Sessions.Flash(ctx, "error", e.Message)
	case err != nil:
		c.Sessions.Flash(ctx, "error", "Nothing was changed: please press one of the buttons below.")
	case side == crmsync.SideOurs:
		c.Sessions.Flash(ctx, "success", "Settled. Our side is being written to Zoho.")
	default:
		c.Sessions.Flash(ctx, "success", "Settled. HeavySet shows now what Zoho shows.")
	}
	http.Redirect(w, r, v.path("conflicts", "people", string(id)), http.StatusSeeOther)
	return nil
}
