package admin

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/web/page"
)

// leftView is what becomes of visitors who do not finish a booking.
type leftView struct {
	frame
	Back, Action string
	MayEdit      bool
	Form         page.Form
	Choices      []sourceChoice
	After        page.Field
	Waiting      string // how many wait for the end of their quiet time
}

// left shows what becomes of booking forms that are not sent.
func (c *Console) left(w http.ResponseWriter, r *http.Request, v *visit) error {
	p, err := c.Leads.Store.LeftPolicy(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	form := page.Form{Values: url.Values{"pursue": {string(p.Pursue)}, "after": {strconv.Itoa(int(p.After / time.Minute))}}}
	return c.showLeft(w, r, v, http.StatusOK, form)
}

func (c *Console) showLeft(w http.ResponseWriter, r *http.Request, v *visit, status int, form page.Form) error {
	n, err := c.Leads.Store.CountLeft(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Visitors who don't finish")
	if err != nil {
		return err
	}
	f.Purpose = "Who gave their details on the booking page and did not book can become a lead that somebody calls."
	view := leftView{
		frame: f, Back: v.path("leads"), Action: r.URL.Path, MayEdit: v.may(auth.Admin), Form: form, Choices: leftChoices(form.Get("pursue")), Waiting: leftWords(n),
		After: page.Field{
			Name: "after", Label: "Minutes without a sign of them", Type: "text", InputMode: "numeric", Limit: 4, Width: "third",
			Hint: "After that long they count as gone. From 10 to 1440.",
		}.With(form),
	}
	return c.set.Render(w, status, "left", view)
}

func leftChoices(current string) []sourceChoice {
	one := func(p lead.Pursue, label, words string) sourceChoice {
		return sourceChoice{Value: string(p), Label: label, Words: words, Current: current == string(p)}
	}
	return []sourceChoice{
		one(lead.PursueAsked, "Those who say so (default)", "The page has a box, not ticked: “You may contact me if I don't finish booking.” Without the tick nothing is kept."),
		one(lead.PursueAll, "Everybody who gave a name and a way to reach them", "There is no box. The page says that what is typed is kept and that you may get in touch. Choose this only where your privacy policy and the law allow it."),
		one(lead.PursueNone, "Nobody", "Nothing is kept of a form that is not sent."),
	}
}

func leftWords(n int) string {
	switch n {
	case 0:
		return "Nobody's details are waiting at the moment."
	case 1:
		return "The details of one visitor are waiting for the end of that time."
	}
	return fmt.Sprintf("The details of %d visitors are waiting for the end of that time.", n)
}

// saveLeft keeps what becomes of booking forms that are not sent.
func (c *Console) saveLeft(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	minutes, err := strconv.Atoi(form.Get("after"))
	if err != nil || minutes > 1_000_000 {
		minutes = 0 // refused with the others that are none
	}
	p := lead.LeftPolicy{Pursue: lead.Pursue(form.Get("pursue")), After: time.Duration(minutes) * time.Minute}
	if err := c.Leads.SavePolicy(r.Context(), v.org.ID, p); err != nil {
		if err := form.Fail(err, nil); err != nil {
			return err
		}
		return c.showLeft(w, r, v, http.StatusUnprocessableEntity, form)
	}
	if err := c.did(r, v, audit.Organization, "Visitors who don't finish", fmt.Sprintf("contact: %s, after %d minutes", p.Pursue, minutes)); err != nil {
		return err
	}
	c.Sessions.Flash(r.Context(), "success", "Saved. It holds for everybody who is on the booking page now.")
	http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
	return nil
}
