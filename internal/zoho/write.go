package zoho

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// maxRecords is how many records one write takes.
const maxRecords = 100

// WriteOptions tune a write. The zero value is what Zoho does by itself.
type WriteOptions struct {
	// Trigger names what may run because of the write: workflow, approval, blueprint, pathfinder, orchestration.
	// nil: all; empty but not nil: none, for our own write-backs.
	Trigger []string
	// DuplicateCheckFields are what an upsert matches by, in this order; unique fields are always enforced.
	// nil: the module's own (the e-mail address of leads and contacts).
	DuplicateCheckFields []string
	SkipFeatures         []string // e.g. cadences
	ApplyFeatures        []string // e.g. layout_rules, assignment_rules
	AssignmentRule       string   // id
}

// Result is Zoho's answer for one record, in the place of the record that was sent.
type Result struct {
	ID             string
	Action         string    // of an upsert: insert or update
	DuplicateField string    // of an upsert: what it matched by
	Modified       time.Time // zero where Zoho does not say
	Err            error     // nil: written; otherwise *Error
}

// Insert creates up to 100 records. A nil error means that Zoho answered for each; whether a record was written is in
// its Result. After an error, Outcome tells whether some may have been. Values of time.Time are refused: write
// DateTime(…), as only the caller knows whether a field wants an instant or a date.
// https://www.zoho.com/crm/developer/docs/api/v8/insert-records.html
func (c *Client) Insert(ctx context.Context, module string, records []Record, o WriteOptions) ([]Result, error) {
	return c.write(ctx, http.MethodPost, module, "", records, o)
}

// Update changes up to 100 records, each with its id; what a record does not name stays. A Result is NotFound where
// there is no such record. https://www.zoho.com/crm/developer/docs/api/v8/update-records.html
func (c *Client) Update(ctx context.Context, module string, records []Record, o WriteOptions) ([]Result, error) {
	for _, r := range records {
		if err := checkID(r.ID()); err != nil {
			return nil, err
		}
	}
	results, err := c.write(ctx, http.MethodPut, module, "", records, o)
	noSuchRecord(results)
	return results, err
}

// Upsert updates the record that matches, or else inserts; up to 100. Zoho has no upsert for Events, Tasks and Calls.
// Which of several matches it takes is on no page. https://www.zoho.com/crm/developer/docs/api/v8/upsert-records.html
func (c *Client) Upsert(ctx context.Context, module string, records []Record, o WriteOptions) ([]Result, error) {
	return c.write(ctx, http.MethodPost, module, "/upsert", records, o)
}

func (c *Client) write(ctx context.Context, method, module, action string, records []Record, o WriteOptions) ([]Result, error) {
	if err := checkName("module", module); err != nil {
		return nil, err
	}
	if len(records) == 0 {
		return nil, nil
	}
	if len(records) > maxRecords {
		return nil, refuse("one write takes %d records, not %d", maxRecords, len(records))
	}
	for _, r := range records {
		for field, v := range r {
			if _, isTime := v.(time.Time); isTime {
				return nil, refuse("the value of %s must be written with DateTime", tame(field, 100))
			}
		}
	}
	got, err := c.do(ctx, request{
		method: method, path: "/" + module + action, in: o.body(records), write: true, credits: (len(records) + 9) / 10,
	})
	if err != nil {
		return nil, err
	}
	return got.results(len(records))
}

func (o WriteOptions) body(records []Record) map[string]any {
	body := map[string]any{"data": records}
	if o.Trigger != nil {
		body["trigger"] = o.Trigger
	}
	if o.DuplicateCheckFields != nil {
		body["duplicate_check_fields"] = o.DuplicateCheckFields
	}
	if o.AssignmentRule != "" {
		body["lar_id"] = o.AssignmentRule
	}
	for key, names := range map[string][]string{"skip_feature_execution": o.SkipFeatures, "apply_feature_execution": o.ApplyFeatures} {
		var features []map[string]string
		for _, n := range names {
			features = append(features, map[string]string{"name": n})
		}
		if features != nil {
			body[key] = features
		}
	}
	return body
}

// Delete moves up to 100 records to the recycle bin. Only Trigger of the options counts. A Result is NotFound where
// there is no such record. https://www.zoho.com/crm/developer/docs/api/v8/delete-records.html
func (c *Client) Delete(ctx context.Context, module string, ids []string, o WriteOptions) ([]Result, error) {
	err := checkName("module", module)
	for _, id := range ids {
		err = cmp.Or(err, checkID(id))
	}
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	if len(ids) > maxRecords {
		return nil, refuse("one deletion takes %d records, not %d", maxRecords, len(ids))
	}
	q := url.Values{"ids": {strings.Join(ids, ",")}}
	if o.Trigger != nil && !slices.Contains(o.Trigger, "workflow") {
		q.Set("wf_trigger", "false")
	}
	r := request{method: http.MethodDelete, path: "/" + module, query: q, write: true, credits: 1}
	got, err := c.do(ctx, r)
	if err = missing(err); len(ids) == 1 && errors.Is(err, NotFound) {
		return []Result{{Err: err}}, nil // Zoho answers about a single id with a bare error
	}
	if err != nil {
		return nil, err
	}
	out, err := got.results(len(ids))
	noSuchRecord(out)
	return out, err
}

// results reads data[]: the status in each item decides, since Zoho answers 200, 201, 202, 207 and 400 alike. An error
// about the whole request may stand in the first place. An answer that does not speak for every record leaves open what
// was written.
func (r reply) results(sent int) ([]Result, error) {
	items, _ := r.body["data"].([]any)
	if e := r.refusal(items, sent); e != nil {
		return nil, e
	}
	if len(items) != sent {
		return nil, r.unreadable()
	}
	out := make([]Result, sent)
	for i, item := range items {
		v, known := envelopeOf(item)
		if !known {
			return nil, r.unreadable()
		}
		if !v.succeeded() {
			out[i].Err = errorFrom(r.status, v)
			continue
		}
		d, whole := Record(v.details), Record(item.(map[string]any))
		out[i] = Result{ID: d.ID(), Action: whole.Text("action"), DuplicateField: whole.Text("duplicate_field")}
		out[i].Modified = zeroUnless(d.Time("Modified_Time"))
		if out[i].ID == "" {
			return nil, r.unreadable()
		}
	}
	return out, nil
}

// refusal finds the error of the whole request in an answer in which nothing succeeded.
func (r reply) refusal(items []any, sent int) *Error {
	found := envelopesIn(map[string]any(r.body))
	if len(found) == 0 || len(found) < len(items) {
		return nil
	}
	e := errorFrom(r.status, found[0])
	if len(items) == sent && !e.ofRequest() {
		return nil
	}
	return e
}

func zeroUnless(t time.Time, ok bool) time.Time {
	if !ok {
		return time.Time{}
	}
	return t
}

// noSuchRecord turns the INVALID_DATA about a record's own id into NotFound; Zoho's message for it varies, but it blames
// no field other than id and no format.
func noSuchRecord(results []Result) {
	for _, r := range results {
		e, ok := r.Err.(*Error)
		if !ok || e.Kind != InvalidData || e.APIName != "" && e.APIName != "id" {
			continue
		}
		for _, format := range []string{"expected_data_type", "maximum_length", "supported_values", "range"} {
			ok = ok && e.Details[format] == nil
		}
		if ok {
			e.Kind = NotFound
		}
	}
}
