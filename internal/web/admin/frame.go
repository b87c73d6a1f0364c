package admin

import (
	"context"
	"net/http"
	"strings"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/web/page"
)

// frame is what every page of the console shows around its content.
type frame struct {
	page.Head
	Heading string
	Purpose string // one line below the heading; may be ""
	Notice  page.Notice
	Reverse *act // takes back what the notice tells of; nil when there is nothing to take back
	Person  person
	Org     string // name of the organization; "" without one
	Zone    string // in which the page's times are
	Health  health
	Banners []banner // what cannot wait, on every page of the organization
	Orgs    []orgItem
	More    int       // organizations that the menu does not list
	At      string    // the page one is on, for the search among all organizations
	Own     []navItem // of the person: account, and for engineers the platform
	Nav     []navGroup
}

type person struct{ Name, Email string }

// Initial stands for the name where there is little room.
func (p person) Initial() string {
	for _, r := range p.Name {
		return strings.ToUpper(string(r))
	}
	return "?"
}

// banner says what cannot wait, with the link to where it is mended.
type banner struct{ Words, Link, LinkWord string }

// banners has one for each connection that needs to be authorized again.
func (c *Console) banners(v *visit, configs []connection.Config) []banner {
	var out []banner
	cal := calendar{v.org.Location(), c.Now()}
	for _, k := range configs {
		if k.Connection.State != connection.NeedsReconnect {
			continue
		}
		b := banner{Words: "Zoho has not accepted our authorization since " + cal.stamp(k.Connection.Failure.Since) + ". Bookings go on; they wait here and are written once somebody has reconnected."}
		if v.may(auth.Admin) {
			b.Link, b.LinkWord = v.path("crm-configs", string(k.ID))+"?dialog=connection", "Reconnect Zoho"
		} else {
			b.Words += " An administrator of your organization can do that."
		}
		out = append(out, b)
	}
	return out
}

// navGroup is a heading of the navigation with its entries.
type navGroup struct {
	Label string
	Items []navItem
}

type navItem struct {
	Label, Link string
	Note        string // what tells it from others of the same label
	Current     bool
	Sub         []navItem
}

// frame makes the frame of a page in the organization of the visit and takes the message that the page before left.
func (c *Console) frame(r *http.Request, v *visit, title string) (frame, error) {
	f := frame{
		Head:    page.Head{Title: title + " – HeavySet", NoIndex: true},
		Heading: title, Person: person{v.user.Name, v.user.Email}, Notice: c.Sessions.TakeFlash(r.Context()),
	}
	f.Reverse = c.takeBack(r.Context(), f.Notice)
	f.Own = []navItem{{Label: "Your account", Link: "/admin/account"}}
	if v.caller.Engineer {
		f.Own = append(f.Own, navItem{Label: "Engineers", Link: "/admin/engineers"}, navItem{Label: "API keys of the platform", Link: "/admin/keys"}, navItem{Label: "Audit of the platform", Link: "/admin/audit"})
	}
	if v.user.Temporary {
		return f, nil // nothing is open before the password is changed
	}
	if strings.HasPrefix(v.route.path, "/admin/account") {
		if standing, err := c.Auth.Standing(r.Context(), v.caller, c.Sessions.Strong(r.Context())); err != nil || standing != auth.Whole {
			f.Own = f.Own[:1]
			return f, err
		}
	}
	list, err := c.organizations(r.Context(), v.caller)
	if err != nil {
		return f, err
	}
	if err := c.menu(r, v, list, &f); err != nil {
		return f, err
	}
	if v.org.ID == "" {
		return f, nil
	}
	f.Title = title + " – " + v.org.Name
	f.Org, f.Zone = v.org.Name, v.org.Location().String()
	configs, err := c.Connections.Configs(r.Context(), v.org.ID)
	if err != nil {
		return f, err
	}
	undecided, err := c.Mirror.Store.CountConflicts(r.Context(), v.org.ID)
	if err != nil {
		return f, err
	}
	suspicious, err := c.Gate.Store.CountSuspects(r.Context(), v.org.ID)
	if err != nil {
		return f, err
	}
	unanswered, err := c.Book.CountRequests(r.Context(), v.org.ID, c.Now())
	if err != nil {
		return f, err
	}
	f.Nav = navigation(r, v, configs, waitingFor{undecided, suspicious, unanswered})
	f.Banners = c.banners(v, configs)
	return f, nil
}

// organizations lists where the caller may go, by name: everywhere for a platform engineer.
func (c *Console) organizations(ctx context.Context, caller auth.Caller) ([]org.Organization, error) {
	if caller.Engineer {
		return c.Orgs.Organizations(ctx)
	}
	var out []org.Organization
	for _, m := range caller.Memberships {
		o, err := c.Orgs.Organization(ctx, m.Org)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	sortByName(out)
	return out, nil
}

// waitingFor counts what waits for a person.
type waitingFor struct{ conflicts, suspects, requests int }

// navigation is the left side, in the guide's words. It names only what is there.
func navigation(r *http.Request, v *visit, configs []connection.Config, n waitingFor) []navGroup {
	entry := func(label string, s section) navItem {
		link := v.path(string(s))
		return navItem{Label: label, Link: link, Current: r.URL.Path == link}
	}
	within := func(i *navItem) { i.Current = i.Current || strings.HasPrefix(r.URL.Path, i.Link+"/") }
	list, enquiries, crm := entry("Appointments", appointments), entry("Leads", leads), entry("CRM", connections)
	list.Label = countWords(list.Label, n.requests)
	book := entry("Web Scheduler", schedulers)
	book.Sub = schedulerNav(r, v)
	writes, decide := entry("Sync", syncs), entry("Conflicts", conflicts)
	decide.Label = countWords(decide.Label, n.conflicts)
	counts := entry("Numbers", figures)
	within(&counts)
	known, staff := entry("Customers", customers), entry("Team", team)
	for _, c := range configs {
		link := v.path("crm-configs", string(c.ID))
		current := r.URL.Path == link || strings.HasPrefix(r.URL.Path, link+"/")
		item := navItem{Label: "Edit Config", Link: link, Current: current}
		if len(configs) > 1 {
			item.Note = c.Name
		}
		crm.Sub = append(crm.Sub, item)
	}
	zoho := navItem{Label: "Zoho", Link: v.path(string(crmSettings)), Sub: []navItem{
		{Label: "Settings", Link: v.path(string(crmSettings)), Current: strings.HasPrefix(r.URL.Path, v.path(string(crmSettings)))},
	}}
	within(&list)
	days := navItem{Label: "Calendar", Link: v.path(string(appointments), "calendar"), Current: r.URL.Path == v.path(string(appointments), "calendar")}
	list.Sub, list.Current = []navItem{days}, list.Current && !days.Current
	within(&enquiries)
	doubtful := entry("Quarantine", suspects)
	doubtful.Label = countWords(doubtful.Label, n.suspects)
	line := entry("Waiting list", waiting)
	within(&line)
	enquiries.Sub = []navItem{line, doubtful}
	known.Current = v.route.section == customers // erasures have addresses of their own
	within(&staff)
	writes.Current = v.route.section == syncs // an undo has an address of its own
	within(&decide)
	state := navItem{Label: "Health", Link: v.path(string(syncs), "health"), Current: r.URL.Path == v.path(string(syncs), "health")}
	writes.Sub = []navItem{decide, state}
	writes.Current = writes.Current && !state.Current
	groups := []navGroup{
		{Items: []navItem{list, enquiries, known, book, counts}},
		{Label: "Connections", Items: []navItem{crm}},
		{Label: "CRM Settings", Items: []navItem{zoho}},
		{Label: "Operation", Items: []navItem{writes, entry("Setup Passport", passports)}},
	}
	people := []navItem{staff}
	if v.may(auth.Admin) {
		programs := entry("API keys", apiKeys)
		within(&programs)
		hooks := entry("Webhooks", webhooks)
		within(&hooks)
		people = append(people, programs, hooks, entry("Audit", auditLog))
	}
	return append(groups, navGroup{Label: "Organization", Items: people})
}

type startView struct {
	frame
	Engineer bool
}

// start leads to the organization that was looked at last, or the first.
func (c *Console) start(w http.ResponseWriter, r *http.Request, v *visit) error {
	list, err := c.organizations(r.Context(), v.caller)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		f, err := c.frame(r, v, "Welcome")
		if err != nil {
			return err
		}
		return c.set.Render(w, http.StatusOK, "start", startView{f, v.caller.Engineer})
	}
	to := list[0]
	for _, o := range list {
		if o.Slug == c.Sessions.Kept(r.Context(), "org") {
			to = o
		}
	}
	http.Redirect(w, r, orgPath(to, string(appointments)), http.StatusSeeOther)
	return nil
}

// toAppointments is where an organization begins.
func (c *Console) toAppointments(w http.ResponseWriter, r *http.Request, v *visit) error {
	http.Redirect(w, r, v.path(string(appointments)), http.StatusSeeOther)
	return nil
}

// nothing answers for every other address of the console.
func (c *Console) nothing(http.ResponseWriter, *http.Request, *visit) error { return errNothing }
