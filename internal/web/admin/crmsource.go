package admin

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/mirror"
	"heavyset.tech/platform/internal/settings"
	"heavyset.tech/platform/internal/web/page"
)

// sourceView is step 11 with Zoho open beside it: what each option reads and would have blocked last week.
type sourceView struct {
	frame
	Back, Action, Link string
	Form               page.Form
	Options            []sourceOption
	Rows               []previewRow
	Cost, Range        string
	Outsiders          []outsider
	Free               []option // reps without a Zoho user
	Reps               []repCalendars
	NoCalendars        string // why there are none to choose from
	Replay             *replayView
}

// sourceOption is one option with what it reads.
type sourceOption struct {
	sourceChoice
	Places []previewPlace
}

type previewPlace struct {
	Name    string
	Module  bool
	Records string
	Error   string
}

// previewRow is a rep with what each option would have blocked.
type previewRow struct {
	Rep   string
	Cells []previewCell
}

type previewCell struct {
	Option, Hours, Records string
	Width                  int // of the bar, of 100
}

// outsider is an owner of records who is no rep.
type outsider struct {
	User, Name, Records, Ahead string
	Guess                      string // id of the rep who seems to be the same person
}

type repCalendars struct {
	Rep, Name string
	Choices   []option
}

func (c *Console) source(w http.ResponseWriter, r *http.Request, v *visit) error {
	return c.showSource(w, r, v, http.StatusOK, page.Form{})
}

func (c *Console) showSource(w http.ResponseWriter, r *http.Request, v *visit, status int, form page.Form) error {
	id := connection.ConfigID(r.PathValue("id"))
	cur, err := c.Settings.Current(r.Context(), v.org.ID, id)
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Slot Availability Source")
	if err != nil {
		return err
	}
	f.Purpose = "What each option reads in Zoho, and what it would have blocked in the last seven days."
	shown := cur.Settings
	if d, ok := c.draft(r, id); ok {
		shown.Modules, shown.Rows = d.Modules, d.Rows
	}
	if form.Values != nil {
		shown.Source, shown.Calendars = settings.Source(form.Get("source")), chosenCalendars(form)
	}
	back := v.path("crm-settings", string(id))
	view := sourceView{frame: f, Back: back, Action: back + "/source", Link: back + "/source/link", Form: form}
	cat, err := c.Bookings.Catalog(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	calendars, why, err := c.Settings.Calendars(r.Context(), v.org.ID, id)
	if err != nil {
		return err
	}
	view.NoCalendars, view.Reps = why, repsCalendars(cat, shown, calendars)
	p, err := c.Mirror.Preview(r.Context(), v.org.ID, id, shown)
	if e := fault.As(err); e != nil {
		view.Notice = page.Notice{Kind: "warning", Message: e.Message}
	} else if err != nil {
		return err
	} else {
		view.show(p, cat, v.org.Location())
	}
	for i, s := range sourceChoices(shown, string(shown.Source)) {
		o := sourceOption{sourceChoice: s}
		if i < len(p.Options) {
			for _, v := range p.Options[i].Places {
				o.Places = append(o.Places, previewPlace{v.Name, v.Module, plural(v.Records, "record"), v.Error})
			}
		}
		view.Options = append(view.Options, o)
	}
	if form.Get("do") == "replay" {
		if view.Replay, err = c.replaySource(r, v, id, cur.Settings, shown, cat); err != nil && fault.As(err) != nil {
			view.Form.Notice, err = fault.As(err).Message, nil
		}
		if err != nil {
			return err
		}
	}
	return c.set.Render(w, status, "source", view)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// show fills in what was read.
func (view *sourceView) show(p mirror.Preview, cat catalog.Catalog, zone *time.Location) {
	view.Cost = fmt.Sprintf("Read just now from Zoho with %s, at the cost of %s.", plural(p.Calls, "call"), plural(p.Credits, "credit"))
	view.Range = p.From.In(zone).Format("2 Jan, 15:04") + " to " + p.To.In(zone).Format("2 Jan, 15:04")
	longest := time.Minute
	for _, o := range p.Options {
		for _, b := range o.Reps {
			longest = max(longest, b.Time)
		}
	}
	names := []string{"CRM Appointments only", "CRM Appointments + Events", "Zoho Calendar"}
	for i := range p.Options[0].Reps {
		row := previewRow{Rep: p.Options[0].Reps[i].Name}
		for k, o := range p.Options {
			b := o.Reps[i]
			row.Cells = append(row.Cells, previewCell{names[k], fmt.Sprintf("%.1f h", b.Time.Hours()), plural(b.Records, "record"), int(100 * b.Time / longest)})
		}
		view.Rows = append(view.Rows, row)
	}
	for _, rep := range cat.Reps {
		if !rep.Archived && rep.CRMUser == "" {
			view.Free = append(view.Free, option{Value: rep.ID, Label: rep.Name})
		}
	}
	for _, s := range p.Outsiders {
		o := outsider{User: s.User, Name: s.Name, Records: plural(s.Records, "record"), Ahead: plural(s.Ahead, "record")}
		if o.Name == "" {
			o.Name = "A user whose name Zoho does not tell"
		}
		for _, rep := range cat.Reps {
			if !rep.Archived && rep.CRMUser == "" && (strings.EqualFold(rep.Name, s.Name) || s.Email != "" && strings.EqualFold(rep.Email, s.Email)) {
				o.Guess = rep.ID
			}
		}
		view.Outsiders = append(view.Outsiders, o)
	}
}

// repsCalendars lists what can be chosen for each rep. What is chosen and no longer there stays to be seen.
func repsCalendars(cat catalog.Catalog, s settings.Settings, list []crm.Calendar) []repCalendars {
	var out []repCalendars
	for _, rep := range cat.Reps {
		if rep.Archived {
			continue
		}
		v := repCalendars{Rep: rep.ID, Name: rep.Name}
		chosen := s.Calendars[rep.ID]
		for _, id := range chosen {
			label := "a calendar that Zoho no longer shows (" + id + ")"
			if i := slices.IndexFunc(list, func(c crm.Calendar) bool { return c.ID == id }); i >= 0 {
				label = list[i].Name
			}
			v.Choices = append(v.Choices, option{Value: id, Label: label, Current: true})
		}
		for _, k := range list {
			if !slices.Contains(chosen, k.ID) {
				v.Choices = append(v.Choices, option{Value: k.ID, Label: k.Name})
			}
		}
		out = append(out, v)
	}
	return out
}

// chosenCalendars reads the calendars of each rep out of a form.
func chosenCalendars(f page.Form) map[string][]string {
	out := map[string][]string{}
	for name, ids := range f.Values {
		if rep, ok := strings.CutPrefix(name, "calendar."); ok && len(ids) > 0 {
			out[rep] = ids
		}
	}
	return out
}

// saveSource stores source and calendars.
func (c *Console) saveSource(w http.ResponseWriter, r *http.Request, v *visit) error {
	id := connection.ConfigID(r.PathValue("id"))
	f, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	cur, err := c.Settings.Current(r.Context(), v.org.ID, id)
	if err != nil {
		return err
	}
	next := cur.Settings
	next.Source, next.Calendars = settings.Source(f.Get("source")), chosenCalendars(f)
	if f.Get("do") == "replay" {
		return c.showSource(w, r, v, http.StatusOK, f)
	}
	saved, err := c.Settings.Save(r.Context(), v.org.ID, id, next, v.user.Name)
	if err == nil {
		if err := c.did(r, v, audit.Settings, "Settings saved", versionName(saved), settings.Differences(cur.Settings, saved.Settings)...); err != nil {
			return err
		}
		c.Sessions.Flash(r.Context(), "success", "Saved. Zoho is read anew now; until that is done, the last copy holds.")
		http.Redirect(w, r, v.path("crm-settings", string(id)), http.StatusSeeOther)
		return nil
	}
	if err := f.Fail(err, map[string]string{"slot_availability_source": "source"}); err != nil {
		return err
	}
	for _, message := range f.Errors {
		f.Notice = "Not saved: " + message
	}
	return c.showSource(w, r, v, http.StatusUnprocessableEntity, f)
}

// linkOwner makes a Zoho user the one of a rep who has none yet: their records count from then on.
func (c *Console) linkOwner(w http.ResponseWriter, r *http.Request, v *visit) error {
	f, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	if _, err := c.Connections.Config(r.Context(), v.org.ID, connection.ConfigID(id)); err != nil {
		return err
	}
	doc, err := c.Catalogs.Document(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	user, rep := f.Get("user"), f.Get("rep")
	at := slices.IndexFunc(doc.Reps, func(p catalog.Rep) bool { return p.ID == rep })
	notice := page.Notice{Kind: "error", Message: "Choose a rep who has no Zoho user yet."}
	if at >= 0 && doc.Reps[at].CRMUser == "" && user != "" && len(user) <= 40 {
		doc.Reps[at].CRMUser = user
		_, err := c.Catalogs.Replace(r.Context(), v.org.ID, doc)
		switch {
		case fault.Is(err, fault.Invalid):
			notice.Message = fault.As(err).Error()
		case err != nil:
			return err
		default:
			if err := c.did(r, v, audit.Catalog, "Rep linked to a Zoho user", doc.Reps[at].Name, "Zoho user "+user); err != nil {
				return err
			}
			notice = page.Notice{Kind: "success", Message: "Linked: what belongs to this user in Zoho takes the time of " + doc.Reps[at].Name + " from now on."}
		}
	}
	c.Sessions.Flash(r.Context(), notice.Kind, notice.Message)
	http.Redirect(w, r, v.path("crm-settings", id, "source"), http.StatusSeeOther)
	return nil
}
