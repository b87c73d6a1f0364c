package admin

import (
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/web/page"
)

// by is who makes the request, for the audit.
func (v *visit) by(r *http.Request) audit.By {
	return audit.By{Who: v.user.Name, WhoID: string(v.user.ID), Address: addressOf(r)}
}

// addressOf gives where a request comes from.
func addressOf(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		return host
	}
	return r.RemoteAddr
}

// did keeps in the audit what the visit has changed, in words: what was and what is, a line each, and never a secret.
func (c *Console) did(r *http.Request, v *visit, area audit.Area, act, subject string, detail ...string) error {
	return c.Audit.Record(r.Context(), v.org.ID, audit.Event{By: v.by(r), Area: area, Act: act, Subject: subject, Detail: strings.Join(detail, "\n")})
}

type auditRow struct {
	At      time.Time
	Stamp   string
	Who     string
	Address string
	Act     string
	Area    string
	Subject string
	Detail  string
	WhoLink string // the same list, of this person alone
}

type auditView struct {
	frame
	Areas    []option
	Only     string // whose events alone are shown; "" for all
	Everyone string // the list of all
	Filtered bool
	All      string
	Rows     []auditRow
	First    string
	Next     string
}

// areaWords names an area.
func areaWords(a audit.Area) string {
	if a == audit.Secrets {
		return "Uses of secrets"
	}
	return page.Capital(string(a))
}

// audit lists what was changed in the organization, newest first; without one, on the platform.
func (c *Console) audit(w http.ResponseWriter, r *http.Request, v *visit) error {
	q, base := r.URL.Query(), "/admin/audit"
	if v.org.ID != "" {
		base = v.path("audit")
	}
	area, who := audit.Area(q.Get("area")), q.Get("who")
	if !slices.Contains(audit.Areas(), area) {
		area = ""
	}
	if !plain(who) {
		who = ""
	}
	without := audit.Secrets // every hour one, by nobody: they have a list of their own
	if area == audit.Secrets {
		without = ""
	}
	list, next, err := c.Audit.Store.AuditEvents(r.Context(), v.org.ID, audit.Filter{Area: area, Without: without, Who: who, After: q.Get("after"), Limit: listSize})
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Audit")
	if err != nil {
		return err
	}
	f.Purpose = "Who changed what, when and from where, in the console and by the API, and every use of a secret."
	view := auditView{frame: f, Filtered: area != "" || who != "", All: base, Everyone: address(base, "area", string(area))}
	view.Areas = []option{{Label: "All changes", Link: address(base, "who", who), Current: area == ""}}
	for _, a := range audit.Areas() {
		view.Areas = append(view.Areas, option{Label: areaWords(a), Link: address(base, "area", string(a), "who", who), Current: a == area})
	}
	if q.Get("after") != "" {
		view.First = address(base, "area", string(area), "who", who)
	}
	if next != "" {
		view.Next = address(base, "area", string(area), "who", who, "after", next)
	}
	cal := calendar{v.org.Location(), c.Now()}
	for _, e := range list {
		row := auditRow{At: e.At, Stamp: cal.exact(e.At), Who: e.Who, Address: e.Address, Act: e.Act, Area: areaWords(e.Area), Subject: e.Subject, Detail: e.Detail}
		if e.WhoID != "" && who == "" {
			row.WhoLink = address(base, "area", string(area), "who", e.WhoID)
		}
		if who != "" {
			view.Only = e.Who
		}
		view.Rows = append(view.Rows, row)
	}
	return c.set.Render(w, http.StatusOK, "audit", view)
}
