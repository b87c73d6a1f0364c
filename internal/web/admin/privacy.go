package admin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/privacy"
	"heavyset.tech/platform/internal/web/page"
)

// exportCustomer gives all that is held of a person as a file.
func (c *Console) exportCustomer(w http.ResponseWriter, r *http.Request, v *visit) error {
	id := lead.CustomerID(r.PathValue("id"))
	e, err := c.Privacy.Store.ExportPerson(r.Context(), v.org.ID, privacy.Who{Customer: id})
	if err != nil {
		return err
	}
	doc, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return fmt.Errorf("write an export: %w", err)
	}
	if err := c.did(r, v, audit.Privacy, "Person exported", string(id)); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Disposition", `attachment; filename="person-`+v.org.Slug+"-"+c.Now().In(v.org.Location()).Format(time.DateOnly)+`.json"`)
	h.Set("Cache-Control", "no-store")
	_, err = w.Write(doc)
	return err
}

// tableCount is how many rows of a table are a person's.
type tableCount struct {
	Table, Act string
	Rows       int64
}

func tableCounts(list []privacy.Count) []tableCount {
	out := make([]tableCount, len(list))
	for i, k := range list {
		out[i] = tableCount{k.Table, string(k.Act), k.Rows}
	}
	return out
}

type eraseView struct {
	frame
	Back, Action, Export string
	Name                 string
	Coming               string // appointments that are still to take place, in words
	Counts               []tableCount
	Records              []record
}

// askErase says what an erasure would do, before anybody asks for it.
func (c *Console) askErase(w http.ResponseWriter, r *http.Request, v *visit) error {
	id := lead.CustomerID(r.PathValue("id"))
	held, err := c.Privacy.Store.Held(r.Context(), v.org.ID, privacy.Who{Customer: id})
	if err != nil {
		return err
	}
	k, err := c.Leads.Store.Customer(r.Context(), v.org.ID, id)
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Erase a person")
	if err != nil {
		return err
	}
	here := v.path("customers", string(id))
	view := eraseView{frame: f, Back: here, Export: here + "/export", Action: v.path("erase", string(id)), Name: k.FullName(), Counts: tableCounts(held.Counts)}
	switch {
	case held.Coming == 1:
		view.Coming = "1 visit is"
	case held.Coming > 1:
		view.Coming = fmt.Sprintf("%d visits are", held.Coming)
	}
	for _, x := range held.Records {
		view.Records = append(view.Records, record{Role: roleWords(x.Role), Module: x.Module, ID: x.ID})
	}
	return c.set.Render(w, http.StatusOK, "erase", view)
}

// erase erases a person.
func (c *Console) erase(w http.ResponseWriter, r *http.Request, v *visit) error {
	f, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	id := lead.CustomerID(r.PathValue("id"))
	done, err := c.Privacy.Erase(r.Context(), v.org.ID, privacy.Who{Customer: id}, f.Get("zoho") != "", v.user.Name)
	if fault.Is(err, fault.Conflict) {
		c.Sessions.Flash(r.Context(), "error", fault.As(err).Message)
		http.Redirect(w, r, v.path("erase", string(id)), http.StatusSeeOther)
		return nil
	}
	if err != nil && len(done.Counts) == 0 { // nothing was done; otherwise the proof is not finished, and the audit has to know all the same
		return err
	}
	what := "Zoho's records: left"
	if done.Chosen {
		what = "Zoho's records: to be deleted"
	}
	if err2 := c.did(r, v, audit.Privacy, "Person erased", string(done.ID), what); err2 != nil {
		return err2
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, v.path("erasures", string(done.ID)), http.StatusSeeOther)
	return nil
}

type erasedRecord struct {
	record
	State pill
	Words string
}

type erasureView struct {
	frame
	Back    string
	Facts   []fact
	Counts  []tableCount
	Found   []tableCount
	Proved  bool
	Records []erasedRecord
}

// erasure shows the proof of one.
func (c *Console) erasure(w http.ResponseWriter, r *http.Request, v *visit) error {
	e, err := c.Privacy.Store.Erasure(r.Context(), v.org.ID, privacy.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "A person was erased")
	if err != nil {
		return err
	}
	cal := calendar{v.org.Location(), c.Now()}
	f.Purpose = "What was done, and the proof. Nothing of the person stands here."
	view := erasureView{frame: f, Back: v.path("erasures"), Counts: tableCounts(e.Counts), Found: tableCounts(e.Found), Proved: e.File != "", Facts: []fact{
		{Label: "When", Text: cal.stamp(e.At)}, {Label: "By", Text: e.By}, {Label: "Database file", Text: fileWords(e.File)}, {Label: "Erasure ID", Small: string(e.ID)},
	}}
	for _, x := range e.Records {
		view.Records = append(view.Records, erasedRecord{record{Role: roleWords(x.Role), Module: x.Module, ID: x.ID}, erasedPill(x.State), x.Words})
	}
	return c.set.Render(w, http.StatusOK, "erasure", view)
}

func fileWords(s privacy.FileState) string {
	switch s {
	case privacy.FileClean:
		return "Its log was emptied, and the file read through: none of the person's words are in it."
	case privacy.FileCompacted:
		return "Its log was emptied, and the file written anew from what is still held."
	case privacy.FileServer:
		return "PostgreSQL clears its files itself (autovacuum)."
	case privacy.FileBusy:
		return "It was being read, by a backup for instance, so its log could not be emptied and may hold what was deleted until the next erasure, or until HeavySet is started again."
	}
	return "Not looked at yet."
}

func erasedPill(s privacy.RecordState) pill {
	switch s {
	case privacy.Gone:
		return pill{Kind: "ok", Words: "Deleted"}
	case privacy.Waits:
		return pill{Kind: "warn", Words: "Waits"}
	case privacy.Failed:
		return pill{Kind: "bad", Words: "Not deleted"}
	}
	return pill{Kind: "off", Words: "Left in Zoho"}
}

type erasuresView struct {
	frame
	Back   string
	Action string
	Asked  string // what was looked for
	Found  []customerRow
	Rows   []erasureRow
}

type erasureRow struct{ Link, At, By, Zoho string }

// erasures finds a person by e-mail address or phone number, and lists what was erased.
func (c *Console) erasures(w http.ResponseWriter, r *http.Request, v *visit) error {
	ctx := r.Context()
	list, err := c.Privacy.Store.Erasures(ctx, v.org.ID)
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Privacy")
	if err != nil {
		return err
	}
	cal := calendar{v.org.Location(), c.Now()}
	f.Purpose = "Give a person what is held of them, or erase it."
	view := erasuresView{frame: f, Back: v.path("customers"), Action: v.path("erasures"), Asked: strings.TrimSpace(r.URL.Query().Get("q"))}
	if view.Found, err = c.personsAsked(r, v, view.Asked); err != nil {
		return err
	}
	for _, e := range list {
		view.Rows = append(view.Rows, erasureRow{v.path("erasures", string(e.ID)), cal.stamp(e.At), e.By, recordsWords(e)})
	}
	return c.set.Render(w, http.StatusOK, "erasures", view)
}

// personsAsked finds the customers with an e-mail address or phone number, also one that was typed with a booking alone.
func (c *Console) personsAsked(r *http.Request, v *visit, asked string) ([]customerRow, error) {
	who := privacy.Who{Email: strings.ToLower(asked)}
	if !strings.Contains(asked, "@") {
		phone, ok := lead.Phone(asked, v.org.Country)
		if !ok {
			return nil, nil
		}
		who = privacy.Who{Phone: phone}
	}
	held, err := c.Privacy.Store.Held(r.Context(), v.org.ID, who)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []customerRow
	for _, id := range held.Customers {
		k, err := c.Leads.Store.Customer(r.Context(), v.org.ID, id)
		if err != nil {
			return nil, err
		}
		out = append(out, customerRow{Link: v.path("customers", string(id)), Name: k.FullName(), Email: k.Email, Phone: k.Phone})
	}
	return out, nil
}

func recordsWords(r privacy.Report) string {
	n := map[privacy.RecordState]int{}
	for _, e := range r.Records {
		n[e.State]++
	}
	var out []string
	for _, s := range []privacy.RecordState{privacy.Gone, privacy.Waits, privacy.Failed, privacy.Left} {
		if n[s] > 0 {
			out = append(out, fmt.Sprintf("%d %s", n[s], strings.ToLower(erasedPill(s).Words)))
		}
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, ", ")
}
