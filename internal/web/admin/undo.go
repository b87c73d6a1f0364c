package admin

import (
	"fmt"
	"net/http"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
)

// undoView asks before anything is taken back: what would be, and what not.
type undoView struct {
	frame
	Back, Action string
	Span         bool   // the span is chosen on this page
	From, To     string // as typed
	Why          string // why nothing can be undone
	Asked        bool   // there is a preview
	Totals       []fact
	Deletes      int
	Something    bool // there is something to take back
	Records      []undoRow
}

// undoRow is one record of an undo.
type undoRow struct {
	Module, Record string
	State          pill
	Words          string
	Fields         []undoField
}

type undoField struct {
	Label, Field string
	Now, Back    string
	Words        string
}

// wallTime is how a browser gives date and time, in no zone.
const wallTime = "2006-01-02T15:04"

// scopeOf reads from the address what shall be undone; the words say it. fault.NotFound when there is no such thing.
func (c *Console) scopeOf(r *http.Request, v *visit) (s crmsync.Scope, words string, err error) {
	ctx, id := r.Context(), r.PathValue("id")
	switch {
	case id == "":
		zone := v.org.Location()
		from, err1 := time.ParseInLocation(wallTime, r.FormValue("from"), zone)
		to, err2 := time.ParseInLocation(wallTime, r.FormValue("to"), zone)
		if err1 != nil || err2 != nil {
			return s, "", fault.New(fault.Invalid, "Please give the beginning and the end.")
		}
		cal := calendar{zone, c.Now()}
		return crmsync.Scope{From: from, To: to}, "everything from " + cal.stamp(from) + " to " + cal.stamp(to), nil
	case v.route.section == appointments:
		a, err := c.Book.Appointment(ctx, v.org.ID, booking.AppointmentID(id))
		return crmsync.Scope{Appointment: a.ID}, "the booking " + string(a.ID), err
	}
	a, err := c.Sync.Store.Attempt(ctx, v.org.ID, crmsync.AttemptID(id))
	return crmsync.Scope{Attempt: a.ID}, "the write " + string(a.ID), err
}

// backOf is where an undo was asked for.
func backOf(r *http.Request, v *visit) string {
	id := r.PathValue("id")
	if id == "" {
		return v.path("sync")
	}
	return v.path(string(v.route.section), id)
}

// askUndo shows what an undo would do.
func (c *Console) askUndo(w http.ResponseWriter, r *http.Request, v *visit) error {
	f, err := c.frame(r, v, "Undo")
	if err != nil {
		return err
	}
	f.Purpose = "Takes back what HeavySet wrote to Zoho. What somebody changed there since stays as it is."
	view := undoView{frame: f, Back: backOf(r, v), Action: r.URL.Path, Span: r.PathValue("id") == "", From: r.FormValue("from"), To: r.FormValue("to")}
	if view.Span && view.From == "" && view.To == "" {
		now := c.Now().In(v.org.Location())
		view.From, view.To = now.Add(-time.Hour).Format(wallTime), now.Add(time.Minute).Format(wallTime)
		return c.set.Render(w, http.StatusOK, "undo", view)
	}
	s, _, err := c.scopeOf(r, v)
	if fault.Is(err, fault.NotFound) {
		return err
	}
	var p crmsync.Preview
	if err == nil {
		p, err = c.Sync.PreviewUndo(r.Context(), v.org.ID, s)
	}
	if e := fault.As(err); e != nil && e.Kind != fault.Internal {
		view.Why = e.Message
		return c.set.Render(w, http.StatusOK, "undo", view)
	}
	if err != nil {
		return err
	}
	view.Asked = true
	view.preview(calendar{v.org.Location(), c.Now()}, p)
	return c.set.Render(w, http.StatusOK, "undo", view)
}

// preview counts and lists what an undo would do.
func (u *undoView) preview(cal calendar, p crmsync.Preview) {
	restores, changed, left := 0, 0, 0
	for _, plan := range p.Plans {
		row := undoRow{Module: plan.Module, Record: plan.Record, Words: plan.Refused, State: pill{Kind: "off", Words: "Left as it is"}}
		for _, x := range plan.Fields {
			field := undoField{Label: fieldLabel(x.Newest), Field: x.Newest.Field, Now: showValue(cal, x.Live), Back: showValue(cal, x.Target), Words: x.Refused}
			switch {
			case plan.Delete, plan.Refused != "" && x.Refused == "": // nothing to say of the field itself
				continue
			case plan.Refused != "":
				field.Back = ""
			case x.Refused != "":
				field.Back = ""
				left++
			case x.Already:
				field.Words, field.Back = "Zoho has this already.", ""
			}
			row.Fields = append(row.Fields, field)
		}
		switch n := plan.Restores(); {
		case plan.Refused != "":
			left += len(plan.Fields)
		case plan.Delete:
			u.Deletes++
			row.State, row.Words = pill{Kind: "warn", Words: "Can be deleted"}, "HeavySet made this record, and nobody has changed it since. It is deleted only if you say so below; otherwise it stays."
		case n > 0:
			restores += n
			changed++
			row.State = pill{Kind: "ok", Words: "Put back"}
		}
		u.Records = append(u.Records, row)
	}
	u.Totals = []fact{
		{Label: "Put back", Text: count(restores, "value") + " in " + count(changed, "record")}, {Label: "Can be deleted", Text: count(u.Deletes, "record")}, {Label: "Left as they are", Text: count(left, "value")},
	}
	u.Something = restores+u.Deletes+p.Unseen > 0
	if p.Unseen > 0 {
		u.Totals = append(u.Totals, fact{Label: "Not looked at yet", Text: count(p.Unseen, "record"), Small: "By the same rules, one by one, when it runs."})
	}
}

func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// undo takes back what the preview showed.
func (c *Console) undo(w http.ResponseWriter, r *http.Request, v *visit) error {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
	s, words, err := c.scopeOf(r, v)
	if fault.Is(err, fault.NotFound) {
		return err
	}
	var u crmsync.Undo
	deletions := r.FormValue("deletions") != ""
	if err == nil {
		u, err = c.Sync.Undo(r.Context(), v.org.ID, s, deletions, v.user.Name)
	}
	if e := fault.As(err); e != nil && e.Kind != fault.Internal {
		c.Sessions.Flash(r.Context(), "error", e.Message)
		http.Redirect(w, r, address(r.URL.Path, "from", r.FormValue("from"), "to", r.FormValue("to")), http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return err
	}
	detail := fmt.Sprintf("%s, up to %s", words, count(len(u.Records), "record"))
	if deletions {
		detail += ", records that HeavySet made are deleted"
	}
	if err := c.did(r, v, audit.Sync, "Undo in Zoho", string(u.ID), detail); err != nil {
		return err
	}
	http.Redirect(w, r, v.path("undo", string(u.ID)), http.StatusSeeOther)
	return nil
}

// undoneView shows how far an undo has come.
type undoneView struct {
	frame
	Back string
	Live undone
}

// undone is the part of the page that follows by itself.
type undone struct {
	Refresh bool
	Words   string
	Totals  []fact
	Records []undoRow
}

// undone shows an undo that was asked for.
func (c *Console) undone(w http.ResponseWriter, r *http.Request, v *visit) error {
	u, err := c.Sync.Store.Undo(r.Context(), v.org.ID, crmsync.UndoID(r.PathValue("id")))
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Undo")
	if err != nil {
		return err
	}
	f.Purpose = "Asked for by " + u.By + ", " + calendar{v.org.Location(), c.Now()}.stamp(u.At)
	view := undoneView{frame: f, Back: v.path("sync")}
	if u.Scope.Appointment != "" {
		view.Back = v.path("appointments", string(u.Scope.Appointment))
	}
	view.Live = undoneOf(u)
	return c.set.Render(w, http.StatusOK, "undone", view)
}

func undoneOf(u crmsync.Undo) undone {
	var out undone
	restored, refused, deleted, waits := 0, 0, 0, 0
	for _, x := range u.Records {
		row := undoRow{Module: x.Module, Record: x.Record, Words: x.Words}
		restored, refused = restored+int(x.Restored), refused+int(x.Refused)
		switch {
		case x.State == crmsync.UndoWaits:
			row.State = pill{Words: "Waits"}
			waits++
		case x.State == crmsync.UndoFailed:
			row.State = pill{Kind: "bad", Words: "Failed"}
		case x.State == crmsync.UndoRefused:
			row.State = pill{Kind: "off", Words: "Left as it is"}
		case x.Deleted:
			row.State = pill{Kind: "ok", Words: "Deleted"}
			deleted++
		default:
			row.State = pill{Kind: "ok", Words: count(int(x.Restored), "value") + " put back"}
		}
		out.Records = append(out.Records, row)
	}
	out.Refresh = waits > 0
	out.Words = "Done. HeavySet writes to these records again only when a booking changes; what was done here stands in Sync, and can be undone there."
	if waits > 0 {
		out.Words = fmt.Sprintf("%d of %s done. This page follows by itself.", len(u.Records)-waits, count(len(u.Records), "record"))
	}
	out.Totals = []fact{{Label: "Put back", Text: count(restored, "value")}, {Label: "Deleted", Text: count(deleted, "record")}, {Label: "Left as they are", Text: count(refused, "value")}}
	return out
}
