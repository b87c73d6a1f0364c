package admin

import (
	"fmt"
	"net/http"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/web/page"
)

// verifyView is the kept report of a test lead or a test booking: step 13.
type verifyView struct {
	frame
	Back    string
	At      string
	Report  page.Notice
	Groups  []checkGroup
	Records []crmsync.Made
	Again   string // "" for members
	Test    string
}

type checkGroup struct {
	Title  string
	Checks []checkRow
}

type checkRow struct {
	Field, Key, Sent, Read, Detail string
	State                          pill
}

// testRow is the newest test of a kind.
type testRow struct {
	Title, At, Link string
	State           pill
}

// testOf gives the test that a form asks for.
func testOf(s string) crmsync.Test {
	if s == "lead" {
		return crmsync.TestLead
	}
	return crmsync.TestBooking
}

// lastTests lists the newest test lead and test booking of a config.
func (c *Console) lastTests(r *http.Request, v *visit, id connection.ConfigID) ([]testRow, error) {
	var out []testRow
	for _, kind := range []crmsync.Test{crmsync.TestLead, crmsync.TestBooking} {
		a, made, err := c.Tests.LastTest(r.Context(), v.org.ID, id, kind)
		if err != nil {
			return nil, err
		}
		if made {
			cal := calendar{v.org.Location(), c.Now()}
			row := testRow{Title: page.Capital(string(kind)), At: cal.stamp(a.At), Link: v.path("sync", string(a.ID), "report"), State: pill{Kind: "ok", Words: "Verified"}}
			if a.State != crmsync.AttemptWritten {
				row.State = pill{Kind: "bad", Words: "Not passed"}
			}
			out = append(out, row)
		}
	}
	return out, nil
}

// testWords says in the audit what came of a test.
func testWords(ok, removed bool) string {
	words := "Everything arrived as it was sent."
	if !ok {
		words = "Not everything arrived as it was sent."
	}
	if !removed {
		words += " Test records are left in Zoho."
	}
	return words
}

// verify makes a test lead or a test booking and leads to its report: step 13.
func (c *Console) verify(w http.ResponseWriter, r *http.Request, v *visit) error {
	f, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	id, kind := connection.ConfigID(r.PathValue("id")), testOf(f.Get("test"))
	report, err := c.Sync.Test(r.Context(), v.org.ID, id, kind)
	if e := fault.As(err); e != nil && e.Kind != fault.NotFound {
		if err := c.did(r, v, audit.Sync, page.Capital(string(kind)), string(id), e.Message); err != nil {
			return err
		}
		c.Sessions.Flash(r.Context(), "error", e.Message)
		http.Redirect(w, r, v.path("crm-settings", string(id)), http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return err
	}
	if err := c.did(r, v, audit.Sync, page.Capital(string(kind)), string(id), testWords(report.OK, report.Removed)); err != nil {
		return err
	}
	http.Redirect(w, r, v.path("sync", string(report.Attempt), "report"), http.StatusSeeOther)
	return nil
}

// report shows what came of a test. An attempt that is no test leads to what it was about.
func (c *Console) report(w http.ResponseWriter, r *http.Request, v *visit) error {
	a, err := c.Sync.Store.Attempt(r.Context(), v.org.ID, crmsync.AttemptID(r.PathValue("id")))
	if err != nil {
		return err
	}
	report, kept := crmsync.ReportOf(a)
	if !kept {
		to := v.path("sync")
		if row := syncRowOf(v, calendar{v.org.Location(), c.Now()}, a); row.About != "" {
			to = row.About
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}
	f, err := c.frame(r, v, page.Capital(string(report.Test)))
	if err != nil {
		return err
	}
	cal := calendar{v.org.Location(), c.Now()}
	view := verifyView{frame: f, Back: v.path("crm-settings", string(a.Config)), At: cal.exact(report.At), Records: report.Records, Report: verdict(report), Groups: checkGroups(report)}
	if v.may(auth.Admin) {
		view.Again, view.Test = v.path("crm-settings", string(a.Config), "verify"), map[bool]string{true: "lead", false: "booking"}[report.Test == crmsync.TestLead]
	}
	return c.set.Render(w, http.StatusOK, "verify", view)
}

// verdict is the outcome in one sentence.
func verdict(report crmsync.Report) page.Notice {
	switch {
	case !report.Removed:
		return page.Notice{Kind: "error", Message: "Test records are still in Zoho: please delete them there."}
	case !report.OK:
		return page.Notice{Kind: "error", Message: "Not everything arrived as it was sent. Look at the marked rows, mend the mapping, and test again. The test records are removed."}
	}
	return page.Notice{Kind: "success", Message: fmt.Sprintf("Verified: each of %d fields was written, read back and is what was sent. The test records are removed again.", len(report.Checks))}
}

// checkGroups are the checks by module; the last group has what belongs to none.
func checkGroups(report crmsync.Report) []checkGroup {
	var out []checkGroup
	for _, role := range append(mapping.Roles(), "") {
		g := checkGroup{Title: moduleWords(role)}
		for _, k := range report.Checks {
			if k.Role != role {
				continue
			}
			row := checkRow{Field: k.Field, Key: k.Key, Sent: k.Sent, Read: k.Read, Detail: k.Detail, State: pill{Kind: "ok", Words: "Same"}}
			if h, ok := mapping.HeavyFieldOf(role, k.Key); ok {
				row.Key = h.Label
			}
			if !k.OK {
				row.State = pill{Kind: "bad", Words: "Look"}
			}
			g.Checks = append(g.Checks, row)
		}
		if role == crm.Role("") {
			g.Title = "Removing the test records"
		}
		if len(g.Checks) > 0 {
			out = append(out, g)
		}
	}
	return out
}
