package zohosim

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"heavyset.tech/platform/internal/zohosim/journal"
)

// Limits of a bulk read. Source: Zoho CRM v8, "Bulk Read: Limitations".
const (
	bulkCredits  = 50
	bulkPages    = 50
	bulkKept     = 24 * time.Hour // how long a result can be fetched
	bulkComplete = "COMPLETED"
	bulkFailed   = "FAILURE"
)

// bulkQuery is what a job is asked for, as it came.
type bulkQuery struct {
	Module    moduleName      `json:"module"`
	Fields    []string        `json:"fields,omitempty"`
	Criteria  json.RawMessage `json:"criteria,omitempty"`
	Page      json.Number     `json:"page,omitempty"`
	PageToken string          `json:"page_token,omitempty"`
	CVID      json.RawMessage `json:"cvid,omitempty"`
	FileType  string          `json:"file_type,omitempty"`
}

type moduleName struct {
	APIName string `json:"api_name"`
}

// bulkBody is the body of POST /crm/bulk/v8/read.
type bulkBody struct {
	Callback *struct {
		URL    string `json:"url"`
		Method string `json:"method"`
	} `json:"callback"`
	Query    *bulkQuery `json:"query"`
	FileType string     `json:"file_type"`
}

// bulkJob is a bulk read as the journal keeps it. Its rows are not in the journal: a replay finds the same ones again where the
// job ends, and a snapshot brings them along (see bulkCopy).
type bulkJob struct {
	Org      int       `json:"org"`
	ID       int64     `json:"id"`
	User     int64     `json:"user"`
	Created  int64     `json:"created"` // seconds
	Query    bulkQuery `json:"query"`
	File     string    `json:"file"` // csv, ics
	Callback string    `json:"callback,omitempty"`
	Looks    int       `json:"looks,omitempty"` // how often its state was asked for
	State    string    `json:"state,omitempty"` // once it ended
	Ended    int64     `json:"ended,omitempty"`
	More     bool      `json:"more,omitempty"`
	Count    int       `json:"count,omitempty"`
	Called   bool      `json:"called,omitempty"` // the callback was sent

	rows []*record // of a completed job while it is kept
}

// bulkRoutes lists the calls below /crm/bulk/v8.
func bulkRoutes() []route {
	return []route{
		{"read", map[string]*endpoint{http.MethodPost: {
			needs: (*call).bulkScopes, cost: costs(bulkCredits), prepare: (*call).parseBulk, write: true, wrap: "data", run: (*call).addBulk,
		}}},
		{"read/{job}", map[string]*endpoint{http.MethodGet: {needs: (*call).jobScopes, write: true, run: (*call).showBulk}}},
		{"read/{job}/result", map[string]*endpoint{http.MethodGet: {needs: (*call).jobScopes, write: true, run: (*call).fetchBulk}}},
	}
}

// bulkScopes are ZohoCRM.bulk.READ and READ of the module.
func (c *call) bulkScopes() []scope { return c.bulkScopesOf(c.ready.(*bulkBody).Query.Module.APIName) }

func (c *call) jobScopes() []scope {
	if j := c.job(); j != nil {
		return c.bulkScopesOf(j.Query.Module.APIName)
	}
	return c.bulkScopesOf("")
}

func (c *call) bulkScopesOf(module string) []scope {
	needs := []scope{need("ZohoCRM.bulk.READ")}
	if m := c.moduleNamed(module); m != nil {
		needs = append(needs, need("ZohoCRM.modules."+m.scope()+".READ"))
	}
	return needs
}

// job finds the job of the path; nil without it.
func (c *call) job() *bulkJob {
	id, _ := parseID(c.args["job"])
	return c.org.jobs[id]
}

// parseBulk reads the body, as far as that needs no organization.
func (c *call) parseBulk() *answer {
	bad := func(code, message string) *answer {
		a := refuse(code, message, nil)
		return &a
	}
	if len(bytes.TrimSpace(c.body)) == 0 {
		return bad("REQUEST_BODY_IS_EMPTY", "The request body is empty")
	}
	body := &bulkBody{}
	dec := json.NewDecoder(bytes.NewReader(c.body))
	dec.UseNumber()
	err := dec.Decode(body)
	if _, rest := dec.Token(); err != nil || rest != io.EOF {
		return bad("REQUEST_BODY_NOT_READABLE", "The request body is not readable")
	}
	if body.Query == nil || body.Query.Module.APIName == "" {
		return bad("INVALID_REQUEST", "The module to read is missing")
	}
	c.ready = body
	return body.checkCallback(c.sw)
}

func (b *bulkBody) checkCallback(sw *switches) *answer {
	if b.Callback == nil {
		return nil
	}
	u, err := url.Parse(b.Callback.URL)
	var a answer
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || sw.BulkCallbackURL == "https"):
		a = refuse("INVALID_CALLBACK_URL", "The callback URL is not valid", nil)
	case b.Callback.Method != "post":
		a = refuse("INVALID_CALLBACK_METHOD", "The callback method is not valid", nil)
	default:
		return nil
	}
	return &a
}

// addBulk answers POST /crm/bulk/v8/read. Source: Zoho CRM v8, "Create Bulk Read Job".
func (c *call) addBulk() answer {
	body := c.ready.(*bulkBody)
	j := &bulkJob{
		Org: c.org.index, ID: c.org.nextID(), User: c.user.id, Created: c.now.Unix(), Query: *body.Query, File: body.FileType,
	}
	if j.File == "" {
		j.File = body.Query.FileType
	}
	if j.File == "" {
		j.File = "csv"
	}
	if body.Callback != nil {
		j.Callback = body.Callback.URL
	}
	if refused := c.checkBulk(j); refused != nil {
		return *refused
	}
	for _, old := range c.org.jobs {
		if old.expired(c.now) {
			old.rows = nil
		}
	}
	if err := c.sim.keepJob(j); err != nil {
		return internalError()
	}
	c.sim.wakeBulk()
	return jsonAnswer(http.StatusCreated, map[string]any{"info": map[string]any{}, "data": []any{envelope{
		Code: "ADDED_SUCCESSFULLY", Message: "Added successfully.", Status: "success", Details: details{
			"id": formatID(j.ID), "operation": "read", "state": "ADDED", "created_by": c.author(j.User),
			"created_time": rawJSON(view{org: c.org, place: c.user.place}.appendStamp(nil, j.Created)),
		},
	}}})
}

func (c *call) author(id int64) map[string]any {
	u := c.org.user(id)
	if u == nil {
		return nil
	}
	return map[string]any{"id": formatID(u.id), "name": u.name()}
}

// keepJob journals a job and puts it in place.
func (s *Sim) keepJob(j *bulkJob) error {
	if err := s.write(addJSON(journal.Batch(nil), opBulk, j)); err != nil {
		return err
	}
	s.orgs[j.Org].jobs[j.ID] = j
	return nil
}

// applyBulk replays a job. Where it completes, the records are as they were then; in a snapshot there are none yet, and its rows
// come later.
func (s *Sim) applyBulk(j bulkJob) error {
	o, err := s.orgAt(j.Org)
	if err != nil {
		return err
	}
	o.saw(j.ID)
	if old := o.jobs[j.ID]; old != nil && old.State == bulkComplete {
		j.rows = old.rows
	} else if j.State == bulkComplete {
		j.rows, _, _ = s.selectBulk(&j)
	}
	o.jobs[j.ID] = &j
	return nil
}

func (j *bulkJob) expired(now time.Time) bool {
	return j.State != "" && now.Unix() > j.Ended+int64(bulkKept/time.Second)
}

// due tells whether a job has had its time: enough looks, or enough seconds, see bulk_polls and bulk_seconds.
func (j *bulkJob) due(sw *switches, now time.Time) bool {
	looks := sw.BulkPolls
	if sw.BulkQueued {
		looks++
	}
	return j.Looks >= looks || now.Unix()-j.Created >= int64(sw.BulkSeconds)
}

// end ends a job: its rows are the records as they are now.
func (s *Sim) end(j bulkJob, sw *switches, now time.Time) (*bulkJob, error) {
	j.State, j.Ended = bulkComplete, now.Unix()
	var ok bool
	if j.rows, j.More, ok = s.selectBulk(&j); !ok || sw.BulkOutcome == "failure" {
		j.State, j.rows, j.More = bulkFailed, nil, false
	}
	j.Count = len(j.rows)
	return &j, s.keepJob(&j)
}

// progressed gives the job of the path after one look at it.
func (c *call) progressed(looks int) (*bulkJob, *answer) {
	j := c.job()
	if j == nil {
		a := problem{"RESOURCE_NOT_FOUND", "The requested resource doesn't exist.", details{"resource": c.args["job"]}}.
			answer(http.StatusNotFound)
		return nil, &a
	}
	if j.State != "" {
		return j, nil
	}
	next := *j
	next.Looks += looks
	err := error(nil)
	switch {
	case next.due(c.sw, c.now):
		j, err = c.sim.end(next, c.sw, c.now)
		c.sim.wakeBulk()
	case looks > 0:
		j, err = &next, c.sim.keepJob(&next)
	}
	if err != nil {
		a := internalError()
		return nil, &a
	}
	return j, nil
}

// showBulk answers GET /crm/bulk/v8/read/{id}. Source: Zoho CRM v8, "Get the Status of the Bulk Read Job".
func (c *call) showBulk() answer {
	j, refused := c.progressed(1)
	if refused != nil {
		return *refused
	}
	shown := c.sim.showJob(j, c.user.place, c.sw)
	shown["id"] = formatID(j.ID)
	return jsonAnswer(http.StatusOK, map[string]any{"data": []any{shown}})
}

// showJob gives a job as answers and callbacks do, but for its id.
func (s *Sim) showJob(j *bulkJob, place *time.Location, sw *switches) map[string]any {
	o := s.orgs[j.Org]
	c := &call{sim: s, org: o, sw: sw}
	out := map[string]any{
		"operation": "read", "state": j.state(sw), "created_by": c.author(j.User), "file_type": j.File, "query": c.bulkShown(j),
		"created_time": rawJSON(view{org: o, place: place}.appendStamp(nil, j.Created)),
	}
	if j.State != bulkComplete {
		return out
	}
	page, _ := j.Query.Page.Int64()
	result := map[string]any{
		"page": max(page, 1), "count": j.Count, "per_page": sw.BulkPageRows, "more_records": j.More,
		"download_url": "/crm/bulk/v8/read/" + formatID(j.ID) + "/result", "next_page_token": nil,
	}
	if j.More && len(j.rows) > 0 {
		result["next_page_token"] = c.bulkToken(j)
	}
	out["result"] = result
	return out
}

// bulkShown is what a job was asked for, as answers repeat it.
func (c *call) bulkShown(j *bulkJob) map[string]any {
	q := j.Query
	page, _ := q.Page.Int64()
	out := map[string]any{"module": map[string]any{"api_name": q.Module.APIName}, "page": max(page, 1), "cvid": nil}
	if m := c.org.byAPI[q.Module.APIName]; m != nil {
		out["module"] = map[string]any{"api_name": m.api, "id": m.id}
	}
	if id := strings.Trim(string(q.CVID), `"`); id != "" && id != "null" {
		out["cvid"] = id
	}
	if len(q.Fields) > 0 {
		out["fields"] = q.Fields
	}
	if len(q.Criteria) > 0 {
		out["criteria"] = q.Criteria
	}
	if q.PageToken != "" {
		delete(out, "page")
		out["page_token"] = q.PageToken
	}
	return out
}

// state is how a job stands.
func (j *bulkJob) state(sw *switches) string {
	switch {
	case j.State != "":
		return j.State
	case j.Looks == 0:
		return "ADDED"
	case j.Looks == 1 && sw.BulkQueued:
		return "QUEUED"
	}
	return "IN PROGRESS"
}

// fetchBulk answers GET /crm/bulk/v8/read/{id}/result: a ZIP file with the rows of a completed job, for a day.
// Source: Zoho CRM v8, "Download Bulk Read Result".
func (c *call) fetchBulk() answer {
	j, refused := c.progressed(0)
	if refused != nil {
		return *refused
	}
	if j.State != bulkComplete || j.expired(c.now) {
		return refuse("RESOURCE_NOT_FOUND", "The requested resource doesn't exist.", details{"resource": formatID(j.ID)})
	}
	m := c.org.byAPI[j.Query.Module.APIName]
	if m == nil {
		return refuse("RESOURCE_NOT_FOUND", "The requested resource doesn't exist.", details{"resource": formatID(j.ID)})
	}
	f := &bulkFile{
		sim: c.sim, view: view{org: c.org, place: c.user.place}, module: m, job: j, rows: j.rows, idHeader: c.sw.BulkIDHeader,
		fields: m.bulkFields(j.Query.Fields),
	}
	a := answer{status: http.StatusOK, kind: "application/x-download", stream: f.write}
	return a.with("Content-Disposition", `attachment; filename="`+formatID(j.ID)+`.zip"`)
}

// bulkFields are the columns of a result: those asked for, or all that it can have; the id has a column of its own.
func (m *module) bulkFields(names []string) []*field {
	var out []*field
	for _, f := range m.fields {
		if len(names) == 0 && f.bulk() && f.sys != sysID {
			out = append(out, f)
		}
	}
	for _, name := range names {
		if f := m.byAPI[name]; f != nil && f.sys != sysID && !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return out
}

// bulk tells whether a bulk read can have the field.
func (f *field) bulk() bool {
	switch f.dataType {
	case "subform", "multiselectlookup", "fileupload", "imageupload", "profileimage":
		return false
	}
	return f.api != "Participants"
}
