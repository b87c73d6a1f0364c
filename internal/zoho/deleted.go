package zoho

import (
	"context"
	"iter"
	"log/slog"
	"net/url"
	"time"
)

// DeletedType says where a deleted record is.
type DeletedType string

// The places of deleted records. Zoho keeps the recycle bin for 60 days, the note that a record is gone for 120.
const (
	DeletedAll       DeletedType = "all" // as a selection only
	DeletedRecycle   DeletedType = "recycle"
	DeletedPermanent DeletedType = "permanent"
)

// Deleted is a record that was deleted. Of one that is gone for good Zoho knows neither name nor people.
type Deleted struct {
	ID   string
	Name string
	Type DeletedType
	At   time.Time // zero where Zoho does not say
	By   Lookup
}

// LogValue gives the id only: the name is customer data.
func (d Deleted) LogValue() slog.Value { return slog.StringValue("deleted record " + d.ID) }

// Deleted lists what was deleted in a module after an instant (zero: as far back as Zoho knows), in an order that no page
// states. The pages go by number alone, so a record that is deleted or restored meanwhile can make a row appear twice or
// not at all: ask again from some minutes before. Two credits a page.
// https://www.zoho.com/crm/developer/docs/api/v8/get-deleted-records.html
func (c *Client) Deleted(ctx context.Context, module string, t DeletedType, since time.Time) iter.Seq2[Deleted, error] {
	return func(yield func(Deleted, error) bool) {
		if err := checkName("module", module); err != nil {
			yield(Deleted{}, err)
			return
		}
		r := get("/"+module+"/deleted", url.Values{"type": {string(t)}})
		r.since, r.credits, r.counted, r.endless = since, 2, true, true
		for row, err := range c.walk(ctx, r, "data") {
			if !yield(deletedOf(row), err) {
				return
			}
		}
	}
}

func deletedOf(r Record) Deleted {
	d := Deleted{ID: r.ID(), Name: r.Text("display_name"), Type: DeletedType(r.Text("type")), At: zeroUnless(r.Time("deleted_time"))}
	d.By, _ = r.Lookup("deleted_by")
	return d
}
