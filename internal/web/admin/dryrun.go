package admin

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/web/sheet"
)

// shownFindings is how many findings the page shows; the CSV has them all.
const shownFindings = 100

// dryRunView compares our customers with Zoho's people, before anything is written there.
type dryRunView struct {
	frame
	Back, Action, Export string
	Connected            bool
	Credits              string
	Problem              string
	Live                 dryRunLive
}

type dryRunLive struct {
	Refresh bool
	Known   bool // there is a comparison
	Words   string
	Error   string
	Counts  []fact
	Rows    []findingRow
	More    int // further ones, that only the CSV has
}

type findingRow struct {
	Kind           pill
	Customer, Link string
	Module         string
	Records        string
	Words          string
}

// dryRun shows the newest comparison.
func (c *Console) dryRun(w http.ResponseWriter, r *http.Request, v *visit) error {
	return c.showDryRun(w, r, v, http.StatusOK, "")
}

func (c *Console) showDryRun(w http.ResponseWriter, r *http.Request, v *visit, status int, problem string) error {
	k, err := c.Connections.Config(r.Context(), v.org.ID, connection.ConfigID(r.PathValue("id")))
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Compare with Zoho")
	if err != nil {
		return err
	}
	f.Purpose = "A dry run: which of your customers Zoho knows already, and what is there twice. Nothing is written in Zoho."
	here := v.path("crm-configs", string(k.ID))
	view := dryRunView{frame: f, Back: here, Action: here + "/dry-run", Export: here + "/dry-run/export", Connected: k.Connection.State == connection.Connected, Problem: problem}
	day, err := c.Guardian.Day(r.Context(), k)
	if err != nil {
		return err
	}
	view.Credits = fmt.Sprintf("It reads every lead and contact of Zoho once: at most %d credits for each %s of them, so %d for 100,000. Left today: %s of %s.",
		crmsync.CreditsPerPage, number(crmsync.RecordsPerPage), crmsync.CreditsPerPage*100_000/crmsync.RecordsPerPage, number(day.Left), number(day.Limit))
	if view.Live, err = c.dryRunLive(r.Context(), v, k.ID); err != nil {
		return err
	}
	return c.set.Render(w, status, "dryrun", view)
}

func (c *Console) dryRunLive(ctx context.Context, v *visit, k connection.ConfigID) (dryRunLive, error) {
	d, known, err := c.Sync.Store.LastDryRun(ctx, v.org.ID, k)
	if err != nil || !known {
		return dryRunLive{}, err
	}
	cal := calendar{v.org.Location(), c.Now()}
	read := number(d.Contacts) + " contacts and " + number(d.Leads) + " leads read, " + number(d.Done) + " of your customers compared"
	out := dryRunLive{Known: true, Refresh: d.Ended.IsZero(), Error: d.Error, Words: "Under way since " + cal.stamp(d.At) + ": " + read + " so far. You can leave this page."}
	if d.Ended.IsZero() {
		return out, nil
	}
	out.Words = "Asked for by " + d.By + ", ended " + cal.stamp(d.Ended) + ": " + read + "."
	for _, kind := range crmsync.FindingKinds() {
		label, small := findingWords(kind)
		out.Counts = append(out.Counts, fact{Label: label, Text: number(d.Counts[kind]), Small: small})
	}
	shown := d.Findings[:min(len(d.Findings), shownFindings)]
	out.More = len(d.Findings) - len(shown)
	for _, x := range shown {
		row, err := c.findingRow(ctx, v, x)
		if err != nil {
			return out, err
		}
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

// findingWords says what a kind of finding is, and what will become of it.
func findingWords(k crmsync.FindingKind) (label, means string) {
	switch k {
	case crmsync.FoundMatch:
		return "Would match", "one record is the customer's and is used"
	case crmsync.FoundNew:
		return "Would be created", "no contact is the customer's: one is made with the next booking"
	case crmsync.FoundSeveral:
		return "More than one matches", "the oldest is used; merge them in Zoho first"
	case crmsync.FoundConflict:
		return "Conflicts", "e-mail or phone is somebody else's by name: a record of their own is made"
	case crmsync.FoundDuplicate:
		return "Duplicates inside Zoho", "records that share an e-mail address or a phone number"
	}
	return "Linked already", "nothing to do"
}

func (c *Console) findingRow(ctx context.Context, v *visit, x crmsync.Finding) (findingRow, error) {
	label, _ := findingWords(x.Kind)
	row := findingRow{Kind: pill{Kind: map[crmsync.FindingKind]string{crmsync.FoundMatch: "ok", crmsync.FoundNew: "ok"}[x.Kind], Words: label}, Module: x.Module, Records: strings.Join(x.Records, ", ")}
	if row.Kind.Kind == "" {
		row.Kind.Kind = "warn"
	}
	if words := lead.GroundWords(x.Grounds); words != "" {
		row.Words = "The same " + words
	}
	if x.Customer == "" {
		return row, nil
	}
	k, err := c.Leads.Store.Customer(ctx, v.org.ID, x.Customer)
	if fault.Is(err, fault.NotFound) { // erased since
		return row, nil
	}
	row.Customer, row.Link = k.FullName(), v.path("customers", string(k.ID))
	return row, err
}

// startDryRun asks for a comparison.
func (c *Console) startDryRun(w http.ResponseWriter, r *http.Request, v *visit) error {
	_, err := c.Sync.StartDryRun(r.Context(), v.org.ID, connection.ConfigID(r.PathValue("id")), v.user.Name)
	if e := fault.As(err); e != nil && e.Kind == fault.Conflict {
		return c.showDryRun(w, r, v, http.StatusConflict, e.Message)
	}
	if err != nil {
		return err
	}
	if err := c.did(r, v, audit.Sync, "Customers compared with Zoho", r.PathValue("id")); err != nil {
		return err
	}
	c.Sessions.Flash(r.Context(), "info", "The comparison has begun. How far it is shows below.")
	http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
	return nil
}

// exportDryRun gives all findings as a sheet.
func (c *Console) exportDryRun(w http.ResponseWriter, r *http.Request, v *visit) error {
	k, err := c.Connections.Config(r.Context(), v.org.ID, connection.ConfigID(r.PathValue("id")))
	if err != nil {
		return err
	}
	d, _, err := c.Sync.Store.LastDryRun(r.Context(), v.org.ID, k.ID)
	if err != nil {
		return err
	}
	out := sheet.Attach(w, "compared-with-zoho-"+v.org.Slug)
	out.Row("Finding", "Customer", "Customer ID", "Module", "Record IDs", "In common")
	for _, x := range d.Findings {
		row, err := c.findingRow(r.Context(), v, x)
		if err != nil {
			c.Errors.Abort(r, err)
			return nil
		}
		out.Row(row.Kind.Words, row.Customer, string(x.Customer), x.Module, strings.Join(x.Records, " "), lead.GroundWords(x.Grounds))
	}
	if err := out.Flush(); err != nil {
		c.Errors.Abort(r, err)
	}
	return nil
}
