package admin

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/mapping"
)

type syncView struct {
	frame
	States   []option
	Filtered bool
	Drift    driftPart
	Rows     []syncRow
	First    string
	Next     string
	All      string
	Undo     string           // where a span of time can be taken back; "" for those who may not
	Activity []navItem        // the timeline of each connection
	Lacks    []crm.Permission // of the connection that is written to
	Connect  string           // where it is mended; "" for members
}

// syncRow is one attempt to write, with what to do about it.
type syncRow struct {
	At, Age      string
	Time         time.Time
	State        pill
	Title, Words string
	Code         string
	Row          string // the row of the field mapping that it was refused for; "" for none
	About        string // where what it is about can be seen
	AboutWords   string
	Open         string // its own page; "" for those who may not see it
	Replay       string // "" when there is nothing to write again, or the caller may not
}

// syncStates are the ends of an attempt with their words.
func syncStates() []option {
	return []option{
		{Label: "All"},
		{Label: "Failed", Value: string(crmsync.AttemptFailed)},
		{Label: "No answer", Value: string(crmsync.AttemptUnknown)},
		{Label: "Written", Value: string(crmsync.AttemptWritten)},
	}
}

// sync lists the attempts to write to the CRM, newest first.
func (c *Console) sync(w http.ResponseWriter, r *http.Request, v *visit) error {
	q := r.URL.Query()
	states := syncStates()
	state := q.Get("state")
	if !slices.ContainsFunc(states, func(o option) bool { return o.Value == state }) {
		state = ""
	}
	list, next, err := c.Sync.Store.Attempts(r.Context(), v.org.ID, crmsync.AttemptFilter{State: crmsync.AttemptState(state), After: q.Get("after"), Limit: listSize})
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Sync")
	if err != nil {
		return err
	}
	f.Purpose = "Every attempt to write to Zoho, what Zoho said in plain words, and what to do about it."
	base := v.path("sync")
	view := syncView{frame: f, Filtered: state != "", All: base}
	if v.may(auth.Admin) {
		view.Undo = v.path("undo")
	}
	for _, o := range states {
		o.Link, o.Current = address(base, "state", o.Value), o.Value == state
		view.States = append(view.States, o)
	}
	if q.Get("after") != "" {
		view.First = address(base, "state", state)
	}
	if next != "" {
		view.Next = address(base, "state", state, "after", next)
	}
	var m mapping.Mapping
	if config, found, err := c.Connections.Active(r.Context(), v.org.ID); err != nil {
		return err
	} else if found {
		set, err := c.Settings.Current(r.Context(), v.org.ID, config.ID)
		if err != nil {
			return err
		}
		m = set.Mapping()
		if view.Drift, err = c.driftOf(r.Context(), v, config.ID); err != nil {
			return err
		}
	}
	if err := c.hinders(r, v, &view); err != nil {
		return err
	}
	cal := calendar{v.org.Location(), c.Now()}
	for _, a := range list {
		row := syncRowOf(v, cal, a)
		row.Row = refused(v, m, a)
		view.Rows = append(view.Rows, row)
	}
	return c.set.Render(w, http.StatusOK, "sync", view)
}

// hinders says which permissions are missing, and leads to the timelines of the connections.
func (c *Console) hinders(r *http.Request, v *visit, view *syncView) error {
	configs, err := c.Connections.Configs(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	for _, k := range configs {
		here := v.path("crm-configs", string(k.ID))
		view.Activity = append(view.Activity, navItem{Label: k.Name, Link: here + "#activity"})
		lacks, err := c.Connections.Lacks(r.Context(), k)
		if err != nil {
			return err
		}
		if view.Lacks = append(view.Lacks, lacks...); len(lacks) > 0 && v.may(auth.Admin) {
			view.Connect = here + "?dialog=connection"
		}
	}
	return nil
}

func syncRowOf(v *visit, cal calendar, a crmsync.Attempt) syncRow {
	row := syncRow{At: cal.exact(a.At), Age: cal.age(a.At), Time: a.At, Words: a.Error, Code: a.Code}
	_, row.Title = attemptWords(a)
	if v.may(auth.Admin) {
		row.Open = v.path("sync", string(a.ID))
	}
	switch {
	case a.Appointment != "":
		row.About, row.AboutWords = v.path("appointments", string(a.Appointment)), "Appointment"
	case a.Lead != "":
		row.About, row.AboutWords = v.path("leads", string(a.Lead)), "Lead"
	default:
		if _, kept := crmsync.ReportOf(a); kept {
			row.About, row.AboutWords = v.path("sync", string(a.ID), "report"), "Report"
		}
	}
	switch a.State {
	case crmsync.AttemptWritten:
		row.State = pill{Kind: "ok", Words: "Written"}
	case crmsync.AttemptUnknown:
		row.State = pill{Kind: "warn", Words: "No answer"}
	default:
		row.State = pill{Kind: "bad", Words: "Failed"}
		if v.may(auth.Admin) && (a.Appointment != "" || a.Lead != "") && !takenBack(a) {
			row.Replay = v.path("sync", string(a.ID), "replay")
		}
	}
	return row
}

// replayAttempt writes what an attempt was about again.
func (c *Console) replayAttempt(w http.ResponseWriter, r *http.Request, v *visit) error {
	a, err := c.Sync.Replay(r.Context(), v.org.ID, crmsync.AttemptID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if err := c.did(r, v, audit.Sync, "Written again", cmp.Or(string(a.Appointment), string(a.Lead)), a.Kind); err != nil {
		return err
	}
	c.Sessions.Flash(r.Context(), "info", "HeavySet writes it to Zoho again. How it went shows at the top of this list.")
	http.Redirect(w, r, v.path("sync"), http.StatusSeeOther)
	return nil
}
