package admin

import (
	"cmp"
	"fmt"
	"net/http"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/passport"
)

type passportView struct {
	frame
	Config  string
	At      string
	Summary pill
	Words   string
	Steps   []passportRow
	Trouble []passportRow
	Back    string
}

type passportRow struct {
	Step, Title, Evidence, Fix, Link string
	State                            pill
}

// passport shows the guide's steps as live checks, ready to be printed.
func (c *Console) passport(w http.ResponseWriter, r *http.Request, v *visit) error {
	p, err := c.Passports.Take(r.Context(), v.org, connection.ConfigID(r.URL.Query().Get("config")))
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Setup Passport")
	if err != nil {
		return err
	}
	f.Purpose = "The 13 steps of the guide and its troubleshooting lines, looked at just now."
	cal := calendar{v.org.Location(), c.Now()}
	view := passportView{frame: f, Config: p.Name, At: cal.exact(p.At), Back: v.path("passport"), Summary: pill{Kind: "ok", Words: "Complete"}}
	view.Words = "Every step of the guide is done and holds."
	if n := p.Open(); n > 0 {
		view.Summary = pill{Kind: "bad", Words: "Open"}
		view.Words = fmt.Sprintf("Open: %d. Begin with the first one: the others may follow from it.", n)
	}
	for _, k := range p.Checks {
		row := passportRow{Step: k.Step, Title: k.Title, Evidence: k.Evidence, Fix: k.Fix, State: checkPill(k.State)}
		if k.Fix != "" {
			row.Link = placeOf(v, p, k)
		}
		if k.Step[0] == 'T' {
			row.Step = "TR " + k.Step[1:]
			view.Trouble = append(view.Trouble, row)
		} else {
			view.Steps = append(view.Steps, row)
		}
	}
	return c.set.Render(w, http.StatusOK, "passport", view)
}

func checkPill(s passport.State) pill {
	switch s {
	case passport.OK:
		return pill{Kind: "ok", Words: "Done"}
	case passport.Look:
		return pill{Kind: "warn", Words: "Look"}
	case passport.Wrong:
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
	case passport.Alerts:
		return set + "#f-alerts"
	case passport.Verify:
		return set + "#verify"
	}
	return v.path("connections")
}
