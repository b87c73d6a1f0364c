package admin

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/passport"
)

type passportView struct {
	frame
	Config  string
	At      string
	Kept    string // who asked for it, of one that was kept; "" when it is looked at just now
	Summary pill
	Words   string
	Steps   []passportRow
	Trouble []passportRow
	Now     string // the live page
	Again   string // where one is taken and kept; "" for members
	Night   *nightView
	Next    string // when the next nightly one is taken
	Runs    []runRow
	Configs []option // when there are several
}

type passportRow struct {
	Step, Title, Evidence, Fix, Link string
	State                            pill
}

// nightView is last night's passport with what reads otherwise since.
type nightView struct {
	At, Link string
	State    pill
	Changes  []changeRow
}

type changeRow struct {
	Step, Title, Before, After string
	Was, Is                    pill
}

// runRow is a passport that was kept.
type runRow struct {
	At, By, Link string
	State        pill
	Current      bool
}

// passport shows the guide's steps as live checks, ready to be printed; with ?run one that was kept.
func (c *Console) passport(w http.ResponseWriter, r *http.Request, v *visit) error {
	q := r.URL.Query()
	id, run := connection.ConfigID(q.Get("config")), passport.Run{ID: q.Get("run")}
	var err error
	if run.ID != "" {
		run, err = c.Passports.Store.Passport(r.Context(), v.org.ID, id, run.ID)
	} else {
		run.Passport, err = c.Passports.Take(r.Context(), v.org, id)
	}
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Setup Passport")
	if err != nil {
		return err
	}
	p := run.Passport
	f.Purpose = "The 13 steps of the guide and its troubleshooting lines, looked at just now."
	cal := calendar{v.org.Location(), c.Now()}
	view := passportView{frame: f, Config: p.Name, At: cal.exact(p.At), Now: address(v.path("passport"), "config", string(id)), Summary: summaryPill(p), Words: summaryWords(p)}
	if run.ID != "" {
		view.Purpose = "The 13 steps of the guide and its troubleshooting lines, as they were when this passport was taken."
		view.Kept = cmp.Or(run.By, "HeavySet, at night")
	}
	if v.may(auth.Admin) && p.Config != "" {
		view.Again = address(v.path("passport"), "config", string(p.Config))
	}
	for _, k := range p.Checks {
		row := passportRow{Step: stepWords(k.Step), Title: k.Title, Evidence: k.Evidence, Fix: k.Fix, State: checkPill(k)}
		if k.Fix != "" {
			row.Link = placeOf(v, p, k)
		}
		if k.Step[0] == 'T' {
			view.Trouble = append(view.Trouble, row)
		} else {
			view.Steps = append(view.Steps, row)
		}
	}
	if p.Config != "" {
		if err := c.kept(r, v, run, &view); err != nil {
			return err
		}
	}
	return c.set.Render(w, http.StatusOK, "passport", view)
}

// kept adds what was kept: last night's passport and what reads otherwise since, and the list.
func (c *Console) kept(r *http.Request, v *visit, shown passport.Run, view *passportView) error {
	cal := calendar{v.org.Location(), c.Now()}
	link := func(id string) string {
		return address(v.path("passport"), "config", string(shown.Config), "run", id)
	}
	runs, err := c.Passports.Store.Passports(r.Context(), v.org.ID, shown.Config, 10)
	if err != nil {
		return err
	}
	for _, k := range runs {
		view.Runs = append(view.Runs, runRow{At: cal.exact(k.At), By: cmp.Or(k.By, "HeavySet, at night"), Link: link(k.ID), State: summaryPill(k.Passport), Current: k.ID == shown.ID})
	}
	view.Next = cal.stamp(passport.NextSlot(v.org.ID, v.org.Location(), c.Now()))
	night, taken, err := c.Passports.Store.LastNight(r.Context(), v.org.ID, shown.Config)
	if err != nil {
		return err
	}
	if taken && shown.ID == "" {
		view.Night = &nightView{At: cal.stamp(night.At), Link: link(night.ID), State: summaryPill(night.Passport)}
		for _, k := range passport.Changes(night.Passport, shown.Passport) {
			row := changeRow{Step: stepWords(k.Is.Step), Title: k.Is.Title, Was: checkPill(k.Was), Is: checkPill(k.Is)}
			if k.Was.Evidence != k.Is.Evidence {
				row.Before, row.After = k.Was.Evidence, k.Is.Evidence
			}
			view.Night.Changes = append(view.Night.Changes, row)
		}
	}
	configs, err := c.Connections.Configs(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	for _, k := range configs {
		if len(configs) == 1 {
			break // no choice
		}
		view.Configs = append(view.Configs, option{Label: k.Name, Value: address(v.path("passport"), "config", string(k.ID)), Current: k.ID == shown.Config})
	}
	return nil
}

// keepPassport takes a passport now and keeps it: for the hand-over, or to see later how it was.
func (c *Console) keepPassport(w http.ResponseWriter, r *http.Request, v *visit) error {
	run, err := c.Passports.Keep(r.Context(), v.org, connection.ConfigID(r.URL.Query().Get("config")), v.user.Name)
	if err != nil {
		return err
	}
	if err := c.did(r, v, audit.Connection, "Setup Passport taken", run.Name, summaryWords(run.Passport)); err != nil {
		return err
	}
	c.Sessions.Flash(r.Context(), "success", "Taken and kept.")
	http.Redirect(w, r, address(v.path("passport"), "config", string(run.Config), "run", run.ID), http.StatusSeeOther)
	return nil
}

// stepWords names a line: 1 to 13, and TR 1 to TR 6 for the troubleshooting lines.
func stepWords(step string) string { return strings.Replace(step, "T", "TR ", 1) }

func summaryPill(p passport.Passport) pill {
	if n := p.Open(); n > 0 {
		return pill{Kind: "bad", Words: fmt.Sprintf("Open: %d", n)}
	}
	return pill{Kind: "ok", Words: "Complete"}
}

func summaryWords(p passport.Passport) string {
	if n := p.Open(); n > 0 {
		return fmt.Sprintf("Open: %d. Begin with the first one: the others may follow from it.", n)
	}
	return "Every step of the guide is done and holds."
}

// checkPill is how a line ended: a step is done or not, of a trouble there is none or some.
func checkPill(k passport.Check) pill {
	trouble := k.Step[0] == 'T'
	switch {
	case k.State == passport.OK && trouble:
		return pill{Kind: "ok", Words: "No trouble"}
	case k.State == passport.OK:
		return pill{Kind: "ok", Words: "Done"}
	case k.State == passport.Look:
		return pill{Kind: "warn", Words: "Look"}
	case k.State == passport.Wrong && trouble:
		return pill{Kind: "bad", Words: "Trouble"}
	case k.State == passport.Wrong:
		return pill{Kind: "bad", Words: "To do"}
	}
	return pill{Words: "Waits"}
}

// placeOf is the address where a check is mended: the page, at the field that it is about.
func placeOf(v *visit, p passport.Passport, k passport.Check) string {
	id := string(p.Config)
	if id == "" {
		return v.path("connections")
	}
	set := v.path("crm-settings", id)
	switch k.Place {
	case passport.Dialogue:
		return v.path("crm-configs", id) + "?dialog=connection#settings"
	case passport.Modules:
		return set + "/mapping#m-" + cmp.Or(string(k.Role), string(crm.RoleLead))
	case passport.Mapping:
		return set + "/mapping#gaps"
	case passport.Source:
		return set + "#source"
	case passport.Alerts:
		return set + "#f-alerts"
	case passport.Verify:
		return set + "#verify"
	}
	return v.path("connections")
}
