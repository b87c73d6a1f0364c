package admin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/privacy"
	"heavyset.tech/platform/internal/web/page"
)

// somebody stands in the place of a customer's id for a person who is none: by which address or number they are asked for
// says the query.
const somebody = "somebody"

// askedFor gives whose data a route is about.
func askedFor(r *http.Request, v *visit) privacy.Who {
	if id := r.PathValue("id"); id != somebody {
		return privacy.Who{Customer: lead.CustomerID(id)}
	}
	return who(r.URL.Query().Get("q"), v.org.Country)
}

// who reads an e-mail address or a phone number; nobody for anything else.
func who(asked, country string) privacy.Who {
	if asked = strings.TrimSpace(asked); strings.Contains(asked, "@") {
		return privacy.Who{Email: strings.ToLower(asked)}
	}
	if phone, ok := lead.Phone(asked, country); ok {
		return privacy.Who{Phone: phone}
	}
	return privacy.Who{}
}

// asking is a path with the question of the page, where it has one.
func asking(path string, r *http.Request) string {
	if q := r.URL.Query().Get("q"); q != "" {
		path += "?" + url.Values{"q": {q}}.Encode()
	}
	return path
}

// exportCustomer gives all that is held of a person as a file.
func (c *Console) exportCustomer(w http.ResponseWriter, r *http.Request, v *visit) error {
	id := r.PathValue("id")
	e, err := c.Privacy.Store.ExportPerson(r.Context(), v.org.ID, askedFor(r, v))
	if err != nil {
		return err
	}
	doc, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return fmt.Errorf("write an export: %w", err)
	}
	if err := c.did(r, v, audit.Privacy, "Person exported", id); err != nil {
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
	id := r.PathValue("id")
	held, err := c.Privacy.Store.Held(r.Context(), v.org.ID, askedFor(r, v))
	if err != nil {
		return err
	}
	back, name := v.path("customers", id), r.URL.Query().Get("q")
	if id == somebody {
		back = v.path("erasures")
	} else {
		k, err := c.Leads.Store.Customer(r.Context(), v.org.ID, lead.CustomerID(id))
		if err != nil {
			return err
		}
		name = k.FullName()
	}
	f, err := c.frame(r, v, "Erase a person")
	if err != nil {
		return err
	}
	view := eraseView{frame: f, Back: asking(back, r), Export: asking(v.path("customers", id, "export"), r), Action: asking(v.path("erase", id), r), Name: name, Counts: tableCounts(held.Counts)}
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
	done, err := c.Privacy.Erase(r.Context(), v.org.ID, askedFor(r, v), f.Get("zoho") != "", v.user.Name)
	if fault.Is(err, fault.Conflict) {
		c.Sessions.Flash(r.Context(), "error", fault.As(err).Message)
		http.Redirect(w, r, asking(v.path("erase", r.PathValue("id")), r), http.StatusSeeOther)
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
	if err != nil && !fault.Is(err, fault.Unavailable) { // otherwise the proof follows by itself, and its page says so
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
		return "It was being read, by a backup for instance, so its log could not be emptied and may hold what was deleted. It is tried again every quarter of an hour."
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
	Waits  string // to the erasure of who is no customer, but of whom something is held
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
	if err := c.findAsked(r, v, &view); err != nil {
		return err
	}
	for _, e := range list {
		view.Rows = append(view.Rows, erasureRow{v.path("erasures", string(e.ID)), cal.stamp(e.At), e.By, recordsWords(e)})
	}
	return c.set.Render(w, http.StatusOK, "erasures", view)
}

// findAsked finds the customers with an e-mail address or phone number, also one that was typed with a booking alone, and who
// is none, but waits to become one.
func (c *Console) findAsked(r *http.Request, v *visit, view *erasuresView) error {
	held, err := c.Privacy.Store.Held(r.Context(), v.org.ID, who(view.Asked, v.org.Country))
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, id := range held.Customers {
		k, err := c.Leads.Store.Customer(r.Context(), v.org.ID, id)
		if err != nil {
			return err
		}
		view.Found = append(view.Found, customerRow{Link: v.path("customers", string(id)), Name: k.FullName(), Email: k.Email, Phone: k.Phone})
	}
	if len(view.Found) == 0 {
		view.Waits = asking(v.path("erase", somebody), r)
	}
	return nil
}

func recordsWords(r privacy.Report) string {
	n := map[privacy.RecordState]int{}
	for _, e := range r.Records {
		n[e.State]++
	}
	var out []string
	for _, s := range []privacy.RecordState{privacy.Gone, privacy.Waits, privacy.Failed, privacy.Left} {
		if n[s] > 0 {
			words := erasedPill(s).Words
			out = append(out, fmt.Sprintf("%d %s", n[s], strings.ToLower(words[:1])+words[1:]))
		}
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, ", ")
}
