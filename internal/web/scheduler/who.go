package scheduler

import (
	"net/http"
	"strings"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/web/limit"
	"heavyset.tech/platform/internal/web/page"
)

// whoParam holds what a visitor has typed before they choose a time, sealed (quarantine.Service.Carry).
const whoParam = "who"

// maxWho is how long it may be: an address is not to be cut on its way.
const maxWho = 3_000

// whoFields are what it holds, besides the answers.
var whoFields = []string{"first_name", "last_name", "email", "phone", "street", "city", "state", "postal_code"}

// whoView asks who the visitor is before they choose a time.
type whoView struct {
	site
	Service string
	Action  string
	Hidden  []hidden
	Fields  []page.Field
	Address []page.Field
	Asked   []page.Field
	Form    page.Form
}

// who gives what the visitor has typed before; nil when they have not.
func (p *Pages) who(r *http.Request, of booking.Offering, c choice) map[string]string {
	return p.gate.Carried(of.Organization.ID, limit.Key(r.RemoteAddr), c.values.Get(whoParam))
}

// known puts what the visitor has typed before into a form.
func (p *Pages) known(r *http.Request, of booking.Offering, c choice, f page.Form) {
	for name, v := range p.who(r, of, c) {
		f.Values.Set(name, v)
	}
}

// askWho shows the page on which a booking begins where details come first.
func (p *Pages) askWho(w http.ResponseWriter, r *http.Request) error {
	of, cat, err := p.bookings.Scheduler(r.Context(), r.PathValue("scheduler"))
	if err != nil {
		return err
	}
	c := p.asked(r)
	f := page.Form{Values: map[string][]string{"postal_code": {c.ZIP}}}
	p.known(r, of, c, f)
	return p.showWho(w, http.StatusOK, of, cat, c, f)
}

func (p *Pages) showWho(w http.ResponseWriter, status int, of booking.Offering, cat catalog.Catalog, c choice, f page.Form) error {
	sv, ok := cat.Service(c.Service)
	if !ok || sv.Archived {
		return p.askService(w, of, cat, c)
	}
	v := whoView{
		site: p.site(of, c, "Your details"), Service: sv.Name, Action: "/book/" + of.Scheduler + "/who", Hidden: c.hidden("zip", whoParam, "start", "hold", "expires"),
		Fields: append(nameFields(c.Lang, f), reachFields(c.Lang, f)...), Address: addressFields(c.Lang, f), Asked: questionFields(c.Lang, sv, f), Form: f,
	}
	if len(cat.Territories) > 0 {
		v.Address[len(v.Address)-1].Required = true
	}
	v.Frame.Event, v.Frame.Service = "viewed", c.Service
	v.NoIndex, v.Steps = true, p.steps(of, cat, c, "who")
	return p.sets[c.Lang].Render(w, status, "who", v)
}

// sayWho takes the details, and goes on to the times.
func (p *Pages) sayWho(w http.ResponseWriter, r *http.Request) error {
	of, cat, f, c, err := p.posted(w, r)
	if err != nil {
		return err
	}
	sv, ok := cat.Service(c.Service)
	if !ok || sv.Archived {
		return fault.New(fault.NotFound, "This link is not complete. Please choose a time again.")
	}
	contact, wrong := contactOf(f).Normalise(of.Organization.Country)
	if len(cat.Territories) > 0 && strings.TrimSpace(contact.PostalCode) == "" {
		wrong = append(wrong, fault.Field{Path: "customer.postal_code", Message: "Please give the ZIP code of the property."})
	}
	_, bad := sv.Answers(answersOf(f), c.Lang.DecimalComma())
	if err := fault.OfFields(append(wrong, bad...)); err != nil {
		if err := f.Fail(err, names); err != nil {
			return err
		}
		f.Say(c.Lang.Said)
		return p.showWho(w, http.StatusUnprocessableEntity, of, cat, c, f)
	}
	sealed, err := p.carry(r, of, sv, f)
	if err != nil {
		return err
	}
	http.Redirect(w, r, c.with("/book/"+of.Scheduler, "zip", strings.TrimSpace(f.Get("postal_code")), whoParam, sealed), http.StatusSeeOther)
	return nil
}

// carry seals what was typed; where that grows too long the answers stay behind and are asked for at the end.
func (p *Pages) carry(r *http.Request, of booking.Offering, sv catalog.Service, f page.Form) (string, error) {
	values := map[string]string{}
	for _, name := range whoFields {
		if v := f.Get(name); v != "" {
			values[name] = v
		}
	}
	short, err := p.gate.Carry(of.Organization.ID, limit.Key(r.RemoteAddr), values)
	if err != nil {
		return "", err
	}
	for _, q := range sv.Questions {
		if v := f.Get(answerPrefix + q.ID); v != "" {
			values[answerPrefix+q.ID] = v
		}
	}
	whole, err := p.gate.Carry(of.Organization.ID, limit.Key(r.RemoteAddr), values)
	if err != nil || len(whole) <= maxWho {
		return whole, err
	}
	return short, nil
}
