package zoho

import (
	"archive/zip"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"iter"
	"net/http"
	"os"
	"slices"
	"strings"
)

// BulkQuery is what a bulk read is asked for: up to 200,000 records at a time, cheaper than lists from about 10,000 on.
type BulkQuery struct {
	Module    string
	Fields    []string  // API names; none: all that a file can have
	Criteria  Condition // at most 25 tests; converted leads come only when it names their flag
	Page      int       // 1 to 50; 0: the first
	PageToken string    // of the job before, instead of Page
}

// BulkState is how far a job is. Zoho's pages have words beside these: whatever is neither of the last two goes on.
type BulkState string

// The states of a job.
const (
	BulkAdded      BulkState = "ADDED"
	BulkQueued     BulkState = "QUEUED"
	BulkInProgress BulkState = "IN PROGRESS"
	BulkCompleted  BulkState = "COMPLETED"
	BulkFailed     BulkState = "FAILURE"
)

// BulkJob is a bulk read. Its result can be fetched for a day.
type BulkJob struct {
	ID        string
	State     BulkState
	Count     int64  // of a completed one, as are those below
	More      bool   // another page follows
	NextToken string // for it; "" where Zoho gives none: then by number
}

// CreateBulkRead begins a job. Fifty credits.
// https://www.zoho.com/crm/developer/docs/api/v8/bulk-read/create-job.html
func (c *Client) CreateBulkRead(ctx context.Context, q BulkQuery) (BulkJob, error) {
	query, err := q.body()
	if err != nil {
		return BulkJob{}, err
	}
	r := request{api: bulkAPI, method: http.MethodPost, path: "/read", in: map[string]any{"query": query, "file_type": "csv"}, credits: 50}
	row, err := c.one(ctx, r, "data")
	if err != nil {
		return BulkJob{}, err
	}
	v, ok := envelopeOf(row)
	j := bulkJobOf(v.details)
	switch {
	case ok && !v.succeeded():
		return BulkJob{}, errorFrom(http.StatusCreated, v)
	case !isID(j.ID):
		return BulkJob{}, reply{status: http.StatusCreated}.unreadable()
	}
	return j, nil
}

// BulkRead asks how far a job is. Fails with NotFound. https://www.zoho.com/crm/developer/docs/api/v8/bulk-read/get-job-details.html
func (c *Client) BulkRead(ctx context.Context, id string) (BulkJob, error) {
	if err := checkID(id); err != nil {
		return BulkJob{}, err
	}
	r := request{api: bulkAPI, method: http.MethodGet, path: "/read/{id}", ids: []string{id}, safe: true, credits: 1}
	row, err := c.one(ctx, r, "data")
	if err != nil {
		return BulkJob{}, err
	}
	j := bulkJobOf(row)
	if j.ID != id || j.State == "" {
		return BulkJob{}, reply{status: http.StatusOK}.unreadable()
	}
	return j, nil
}

func bulkJobOf(r Record) BulkJob {
	result := r.object("result")
	j := BulkJob{ID: r.ID(), State: BulkState(r.Text("state")), More: result.Bool("more_records"), NextToken: result.Text("next_page_token")}
	j.Count, _ = result.Int("count")
	return j
}

// body writes the query.
func (q BulkQuery) body() (map[string]any, error) {
	if err := checkName("module", q.Module); err != nil {
		return nil, err
	}
	for _, f := range q.Fields {
		if !fieldNamed.MatchString(f) {
			return nil, refuse("a field is not an API name")
		}
	}
	if q.Page < 0 || q.Page > 50 || q.Page > 0 && q.PageToken != "" {
		return nil, refuse("a bulk read gives 50 pages by number, and others by token")
	}
	if q.Criteria.size() > 25 {
		return nil, refuse("a bulk read takes 25 conditions, not %d", q.Criteria.size())
	}
	out := map[string]any{"module": map[string]string{"api_name": q.Module}}
	if len(q.Fields) > 0 {
		out["fields"] = q.Fields
	}
	if q.Criteria.op != "" {
		criteria, err := bulkCriteria(q.Criteria)
		if err != nil {
			return nil, err
		}
		out["criteria"] = criteria
	}
	if q.PageToken != "" {
		out["page_token"] = q.PageToken
	} else {
		out["page"] = max(q.Page, 1)
	}
	return out, nil
}

// bulkCriteria writes a condition as JSON.
func bulkCriteria(c Condition) (map[string]any, error) {
	if c.parts != nil {
		var group []map[string]any
		for _, p := range c.parts {
			one, err := bulkCriteria(p)
			if err != nil {
				return nil, err
			}
			group = append(group, one)
		}
		return map[string]any{"group_operator": string(c.op), "group": group}, nil
	}
	if !fieldNamed.MatchString(c.field) {
		return nil, refuse("a field is not an API name")
	}
	values := make([]string, len(c.values))
	for i, v := range c.values {
		var err error
		if values[i], _, err = plain(v); err != nil {
			return nil, err
		}
	}
	out := map[string]any{"field": map[string]string{"api_name": c.field}, "comparator": string(c.op)}
	switch c.op {
	case opIn, opBetween:
		if len(values) == 0 || len(values) > 50 {
			return nil, refuse("1 to 50 values may be compared with, not %d", len(values))
		}
		out["value"] = values
		return out, nil
	case opNull, opNotNull:
		out["comparator"] = map[op]string{opNull: "equal", opNotNull: "not_equal"}[c.op]
		values = []string{"${EMPTY}"}
	case opEqual:
		out["comparator"] = "equal"
	}
	out["value"] = values[0]
	return out, nil
}

// BulkResult reads the rows of a completed job, values as texts by API name, lookups as ids, the id as id. The file goes to a
// temporary one first, which is gone when the reader stops. Fails with NotFound when the job is not done, or older than a day.
// One credit. https://www.zoho.com/crm/developer/docs/api/v8/bulk-read/download-result.html
func (c *Client) BulkResult(ctx context.Context, id string) iter.Seq2[Record, error] {
	if err := checkID(id); err != nil {
		return fail(err)
	}
	return func(yield func(Record, error) bool) {
		file, err := os.CreateTemp("", "zoho-bulk-*.zip")
		if err != nil {
			yield(nil, err)
			return
		}
		defer func() {
			_ = file.Close()
			_ = os.Remove(file.Name())
		}()
		r := request{
			api: bulkAPI, method: http.MethodGet, path: "/read/{id}/result", ids: []string{id}, safe: true, credits: 1, file: file,
		}
		got, err := c.do(ctx, r)
		if err == nil && got.body != nil {
			err = got.unreadable()
		}
		if err == nil {
			err = unpack(ctx, file, func(row Record) bool { return yield(row, nil) })
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// Bounds of what is unpacked: a file that is made to burst ends here.
const (
	maxRow      = 8 << 20
	maxUnpacked = 16 << 30
)

// unpack gives each row of the one CSV file in an archive, until row says to stop.
func unpack(ctx context.Context, file *os.File, row func(Record) bool) error {
	broken := func(what string) error {
		return &Error{Status: http.StatusOK, Kind: Unreadable, Message: "the result of the bulk read " + what}
	}
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	archive, err := zip.NewReader(file, size)
	if err != nil {
		return broken("is no ZIP file")
	}
	i := slices.IndexFunc(archive.File, func(f *zip.File) bool { return strings.HasSuffix(strings.ToLower(f.Name), ".csv") })
	if i < 0 {
		return broken("has no CSV file")
	}
	part, err := archive.File[i].Open()
	if err != nil {
		return broken("cannot be unpacked")
	}
	defer func() { _ = part.Close() }()
	meter := &rowMeter{from: part}
	rows := csv.NewReader(meter)
	rows.ReuseRecord = true
	var names []string
	for {
		if err := ctx.Err(); err != nil {
			return &TransportError{Sent: SentUnknown, cause: err}
		}
		meter.row = 0
		line, err := rows.Read()
		switch {
		case errors.Is(err, io.EOF) && names != nil:
			return nil
		case err != nil:
			return broken("is no CSV")
		case names == nil:
			names = slices.Clone(line)
			names[0] = strings.TrimPrefix(names[0], "\ufeff")
			continue
		}
		out := make(Record, len(names))
		for i, name := range names {
			if name == "Id" { // both this and id have been seen
				name = "id"
			}
			out[name] = line[i]
		}
		if !row(out) {
			return nil
		}
	}
}

// rowMeter ends a file whose row or whole is beyond the bounds.
type rowMeter struct {
	from       io.Reader
	row, total int64
}

func (m *rowMeter) Read(b []byte) (int, error) {
	if m.row > maxRow || m.total > maxUnpacked {
		return 0, errTooLarge
	}
	n, err := m.from.Read(b)
	m.row, m.total = m.row+int64(n), m.total+int64(n)
	return n, err
}
