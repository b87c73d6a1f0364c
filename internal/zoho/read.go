package zoho

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// List says which records ListRecords reads, and how much of them.
type List struct {
	Fields        []string  // 1 to 50 API names; lists shorten rich text and leave out subforms
	SortBy        string    // id (default), Created_Time or Modified_Time
	Descending    bool      // ascending otherwise, so that what is added while reading comes last
	CustomView    string    // id of a custom view, which brings its own order; costs three credits a page
	Converted     string    // of leads: "true", "false" (default) or "both"
	IDs           []string  // only these, at most 100; what does not exist is left out; none: all
	ModifiedSince time.Time // only records changed after it; zero: all
	PageSize      int       // records of one page, for those who stop after the first; 0: 200, the most
}

// GetRecord reads one record with all its fields. Fails with NotFound, where Zoho answers 204 as well as 400.
// https://www.zoho.com/crm/developer/docs/api/v8/get-records.html
func (c *Client) GetRecord(ctx context.Context, module, id string) (Record, error) {
	if err := cmp.Or(checkName("module", module), checkID(id)); err != nil {
		return nil, err
	}
	r := get("/"+module+"/{id}", nil)
	r.ids = []string{id}
	found, err := c.one(ctx, r, "data")
	return found, missing(err)
}

// missing turns the INVALID_DATA about an id in the path into NotFound. INVALID_DATA about a parameter, or about the
// path's first part, is another matter.
func missing(err error) error {
	var e *Error
	if !errors.As(err, &e) || e.Kind != InvalidData || e.Param != "" {
		return err
	}
	if i, ok := Record(e.Details).Int("resource_path_index"); ok && i == 0 {
		return err
	}
	e.Kind = NotFound
	return e
}

// ListRecords reads a module's records, newest id last, page by page up to Zoho's 100,000.
// https://www.zoho.com/crm/developer/docs/api/v8/get-records.html
func (c *Client) ListRecords(ctx context.Context, module string, l List) iter.Seq2[Record, error] {
	if err := cmp.Or(checkName("module", module), checkFields(l.Fields)); err != nil {
		return fail(err)
	}
	q := url.Values{"fields": {strings.Join(l.Fields, ",")}}
	switch {
	case l.CustomView != "" && (l.SortBy != "" || !isID(l.CustomView)):
		return fail(refuse("a custom view goes by its id and without SortBy"))
	case l.CustomView != "":
	case l.Descending:
		q.Set("sort_order", "desc")
	default:
		q.Set("sort_order", "asc")
	}
	for name, v := range map[string]string{"sort_by": l.SortBy, "cvid": l.CustomView, "converted": l.Converted} {
		if v != "" {
			q.Set(name, v)
		}
	}
	if len(l.IDs) > maxRecords {
		return fail(refuse("a list takes %d ids, not %d", maxRecords, len(l.IDs)))
	}
	for _, id := range l.IDs {
		if err := checkID(id); err != nil {
			return fail(err)
		}
	}
	if len(l.IDs) > 0 {
		q.Set("ids", strings.Join(l.IDs, ","))
	}
	if l.PageSize < 0 || l.PageSize > perPage {
		return fail(refuse("a page has 1 to %d records", perPage))
	}
	if l.PageSize > 0 {
		q.Set("per_page", strconv.Itoa(l.PageSize))
	}
	r := get("/"+module, q)
	r.since = l.ModifiedSince
	if l.CustomView != "" {
		r.credits = 3
	}
	return c.walk(ctx, r, "data")
}

// RelatedRecords reads the records of one of a record's related lists.
// https://www.zoho.com/crm/developer/docs/api/v8/get-related-records.html
func (c *Client) RelatedRecords(ctx context.Context, module, id, list string, fields []string) iter.Seq2[Record, error] {
	err := cmp.Or(checkName("module", module), checkID(id), checkName("related list", list), checkFields(fields))
	if err != nil {
		return fail(err)
	}
	r := get("/"+module+"/{id}/"+list, url.Values{"fields": {strings.Join(fields, ",")}})
	r.ids = []string{id}
	return c.walk(ctx, r, "data")
}

// CountRecords counts a module's records, all or those that a search finds; Zoho writes the number in two ways.
// https://www.zoho.com/crm/developer/docs/api/v8/get-record-count.html
func (c *Client) CountRecords(ctx context.Context, module string, s Search) (int64, error) {
	if err := checkName("module", module); err != nil {
		return 0, err
	}
	if s.Converted != "" || len(s.Fields) > 0 {
		return 0, refuse("a count knows neither fields nor conversion")
	}
	q, err := s.query(false)
	if err != nil {
		return 0, err
	}
	got, err := c.do(ctx, get("/"+module+"/actions/count", q))
	if err != nil || got.body == nil {
		return 0, err
	}
	n, ok := got.body.Int("count")
	if !ok || n < 0 {
		return 0, got.unreadable()
	}
	return n, nil
}

func fail(err error) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) { yield(nil, err) }
}
