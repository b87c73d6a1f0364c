package scheduler

import (
	"net/http"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/web/page"
)

// leftField is the box by which a visitor agrees to be contacted if they do not finish.
const leftField = "contact_me"

// leftPart is what the details page says about visitors who do not finish.
type leftPart struct {
	Pursue lead.Pursue
	Agreed bool
	Post   string // where the form is posted to in the background; "" where nothing is kept
}

func (p *Pages) leftPart(r *http.Request, of booking.Offering, f page.Form) (leftPart, error) {
	policy, err := p.gate.Pursues(r.Context(), of.Organization.ID)
	if err != nil || policy.Pursue == lead.PursueNone {
		return leftPart{Pursue: lead.PursueNone}, err
	}
	return leftPart{policy.Pursue, f.Get(leftField) != "", "/book/" + of.Scheduler + "/left"}, nil
}

// formOf names a form whatever has been typed into it.
func formOf(f page.Form) string {
	if k := f.Get("key"); k != "" && len(k) <= 100 {
		return id.Hash("left:" + k)
	}
	return ""
}

// leave keeps a form that is not sent, or that could not be taken as it was.
func (p *Pages) leave(r *http.Request, of booking.Offering, cat catalog.Catalog, c choice, f page.Form) error {
	form := formOf(f)
	if form == "" {
		return nil
	}
	l := lead.Left{
		Form: form, Contact: contactOf(f), Choice: choiceWords(of.Organization, cat, c), Notes: f.Get("notes"), UTM: c.utm(), Language: string(c.Lang), Agreed: f.Get(leftField) != "",
	}
	if l.Contact.PostalCode == "" {
		l.Contact.PostalCode = c.ZIP
	}
	return p.gate.Leave(r.Context(), of.Organization, l, signs(r, f))
}

// choiceWords says what a visitor was about to book, for staff.
func choiceWords(o org.Organization, cat catalog.Catalog, c choice) string {
	sv, ok := cat.Service(c.Service)
	if !ok {
		return ""
	}
	start, err := time.Parse(time.RFC3339, c.Start)
	if err != nil {
		return sv.Name
	}
	return sv.Name + " on " + start.In(o.Location()).Format("Monday, January 2, 2006, at 3:04 PM MST")
}

// left takes a form in the background, while the visitor is still at it. It has nothing to say to them.
func (p *Pages) left(w http.ResponseWriter, r *http.Request) error {
	of, cat, f, c, err := p.posted(w, r)
	if err != nil {
		return err
	}
	if err := p.leave(r, of, cat, c, f); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// sent forgets what was kept of a form that is sent now.
func (p *Pages) sent(r *http.Request, of booking.Offering, f page.Form) error {
	if form := formOf(f); form != "" {
		return p.gate.Sent(r.Context(), of.Organization.ID, form)
	}
	return nil
}
