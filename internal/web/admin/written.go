package admin

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/mapping"
)

// maxWritten is how many values a page shows, the newest.
const maxWritten = 300

// written is what was written to the CRM, write by write. It holds values in clear, so only administrators get it.
type written struct {
	Writes []write
	Undo   string // where all of it can be taken back; "" when it is not offered
	Older  bool   // there are more values than are shown
}

// write is one attempt with its values.
type write struct {
	Title, At string
	Time      time.Time
	Values    []writtenValue
	Attempt   string // its page
	Undo      string // where it can be taken back
}

type writtenValue struct {
	Label, Field  string
	Before, After string
	Why           string
}

// writtenOf reads what an attempt wrote, or what was written for an appointment or lead. Nothing for those who may not see it.
func (c *Console) writtenOf(ctx context.Context, v *visit, a crmsync.AttemptID, r crmsync.Ref) (written, error) {
	var out written
	if !v.may(auth.Admin) {
		return out, nil
	}
	list, err := c.Sync.Store.ValuesIn(ctx, v.org.ID, a, r, maxWritten+1)
	if err != nil {
		return out, err
	}
	if len(list) > maxWritten {
		list, out.Older = list[1:], true
	}
	cal := calendar{v.org.Location(), c.Now()}
	last := crmsync.AttemptID("")
	for _, x := range list {
		if x.Attempt != last {
			last = x.Attempt
			out.Writes = append(out.Writes, write{
				Title: writeWords(x), At: cal.exact(x.At), Time: x.At, Attempt: v.path("sync", string(x.Attempt)), Undo: v.path("sync", string(x.Attempt), "undo"),
			})
		}
		w := &out.Writes[len(out.Writes)-1]
		w.Values = append(w.Values, writtenValue{fieldLabel(x), x.Field, showValue(cal, x.Before), showValue(cal, x.After), whyWords(x)})
	}
	if len(list) > 0 && r.Appointment != "" {
		out.Undo = v.path("appointments", string(r.Appointment), "undo")
	}
	return out, nil
}

// writeWords says what a write did.
func writeWords(x crmsync.Value) string {
	words := "Changed in "
	switch {
	case x.Undo != "":
		words = "Taken back in "
	case x.Made:
		words = "Made in "
	}
	if !x.Sure {
		words = "No answer: perhaps " + words
	}
	return words + x.Module
}

// fieldLabel names a field as the mapping editor does.
func fieldLabel(x crmsync.Value) string {
	if h, ok := mapping.HeavyFieldOf(x.Role, x.Key); ok {
		return h.Label
	}
	if x.Key != "" {
		return x.Key
	}
	return x.Field
}

// whyWords says why a value was written.
func whyWords(x crmsync.Value) string {
	if x.Undo != "" {
		return "Undo"
	}
	words := "Fixed text"
	if x.Key != "" {
		words = policyWords(x.Policy)
	}
	if x.Settings > 0 {
		return words + ", settings " + strconv.FormatInt(x.Settings, 10)
	}
	return words + ", built-in mapping"
}

// showValue writes a value for people; an empty field reads so.
func showValue(cal calendar, v any) string {
	switch x := v.(type) {
	case time.Time:
		return cal.stamp(x)
	case crm.Ref:
		if x.Name != "" {
			return x.Name
		}
		return x.ID
	case crm.Opaque:
		return "(a list)"
	}
	if s := mapping.Show(v); s != "" {
		return s
	}
	return "empty"
}

type attemptView struct {
	frame
	Back    string
	State   pill
	Facts   []fact
	Attempt attempt
	Written written
}

// attempt shows one attempt to write, with every value.
func (c *Console) attempt(w http.ResponseWriter, r *http.Request, v *visit) error {
	a, err := c.Sync.Store.Attempt(r.Context(), v.org.ID, crmsync.AttemptID(r.PathValue("id")))
	if err != nil {
		return err
	}
	cal := calendar{v.org.Location(), c.Now()}
	row := syncRowOf(v, cal, a)
	f, err := c.frame(r, v, row.Title)
	if err != nil {
		return err
	}
	view := attemptView{frame: f, Back: v.path("sync"), State: row.State, Attempt: attempt{pretty(a.Request), pretty(a.Answer), a.Code, took(a.Took), string(a.ID)}}
	view.Facts = []fact{{Label: "When", Text: row.At}}
	if row.About != "" {
		view.Facts = append(view.Facts, fact{Label: "About", Text: row.AboutWords, Link: row.About})
	}
	if a.Record != "" {
		view.Facts = append(view.Facts, fact{Label: "Record", Text: a.Module, Small: a.Record})
	}
	if a.Error != "" {
		view.Facts = append(view.Facts, fact{Label: "What Zoho said", Text: a.Error})
	}
	if a.Cause != "" {
		view.Facts = append(view.Facts, fact{Label: "In the log", Small: a.Cause})
	}
	if view.Written, err = c.writtenOf(r.Context(), v, a.ID, crmsync.Ref{}); err != nil {
		return err
	}
	return c.set.Render(w, http.StatusOK, "attempt", view)
}
