package zoho_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/zoho"
)

const jobAdded = `{"data":[{"status":"success","code":"ADDED_SUCCESSFULLY","message":"Added successfully.","details":{"id":"57","operation":"read","state":"ADDED","created_by":{"id":"4","name":"Ann"},"created_time":"2026-11-23T06:00:00-06:00"}}],"info":{}}`

func TestCreateBulkRead(t *testing.T) {
	t.Parallel()
	client, l := newClient(t, says(201, jobAdded))
	q := zoho.BulkQuery{
		Module: "Events", Fields: []string{"id", "Event_Title"},
		Criteria: zoho.All(zoho.Greater("Modified_Time", noon), zoho.Any(zoho.Equal("Event_Title", "A"), zoho.Between("Size", 1, 2), zoho.In("Kind", "a", "b")), zoho.IsNull("Venue"), zoho.IsNotNull("Owner"), zoho.Equal("All_day", true)),
	}
	j, err := client.CreateBulkRead(t.Context(), q)
	if err != nil || j != (zoho.BulkJob{ID: "57", State: zoho.BulkAdded}) {
		t.Errorf("%+v, %v", j, err)
	}
	var got, want any
	wanted := `{"query":{"module":{"api_name":"Events"},"fields":["id","Event_Title"],"page":1,"criteria":{"group_operator":"and","group":[
		{"field":{"api_name":"Modified_Time"},"comparator":"greater_than","value":"2026-11-23T12:00:00+00:00"},
		{"group_operator":"or","group":[{"field":{"api_name":"Event_Title"},"comparator":"equal","value":"A"},{"field":{"api_name":"Size"},"comparator":"between","value":["1","2"]},{"field":{"api_name":"Kind"},"comparator":"in","value":["a","b"]}]},
		{"field":{"api_name":"Venue"},"comparator":"equal","value":"${EMPTY}"},{"field":{"api_name":"Owner"},"comparator":"not_equal","value":"${EMPTY}"},{"field":{"api_name":"All_day"},"comparator":"equal","value":"true"}]}},"file_type":"csv"}`
	if json.Unmarshal([]byte(l.seen[0].Body), &got) != nil || json.Unmarshal([]byte(wanted), &want) != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("sent %s", l.seen[0].Body)
	}
	if l.seen[0].Path != "/crm/bulk/v8/read" || l.calls[0].Path != "/crm/bulk/v8/read" || l.calls[0].Credits != 50 {
		t.Errorf("%+v", l.calls[0])
	}
	if _, err := client.CreateBulkRead(t.Context(), zoho.BulkQuery{Module: "Events", PageToken: "t"}); err != nil || !strings.Contains(l.seen[1].Body, `"page_token":"t"`) || strings.Contains(l.seen[1].Body, `"page":`) {
		t.Errorf("%s, %v", l.seen[1].Body, err)
	}
	if _, err := client.CreateBulkRead(t.Context(), zoho.BulkQuery{Module: "Events", Criteria: zoho.Equal("A", "b")}); err != nil || !strings.Contains(l.seen[2].Body, `"criteria":{"comparator":"equal","field":{"api_name":"A"},"value":"b"}`) {
		t.Errorf("%s, %v", l.seen[2].Body, err)
	}
}

func TestCreateBulkReadFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer answers
		kind   zoho.Kind
	}{
		"no such module":         {says(400, bare("MODULE_NOT_AVAILABLE", `{"module":"X"}`, "x")), zoho.InvalidModule},
		"no such module in data": {says(400, within("data", bare("MODULE_NOT_AVAILABLE", `{}`, "x"))), zoho.InvalidModule},
		"no such field":          {says(400, bare("FIELD_NOT_AVAILABLE", `{"api_name":"X"}`, "x")), zoho.InvalidQuery},
		"refused with 201":       {says(201, within("data", bare("INVALID_CRITERIA", `{}`, "x"))), zoho.InvalidQuery},
		"no scope":               {says(401, bare("OAUTH_SCOPE_MISMATCH", `{}`, "x")), zoho.ScopeMismatch},
		"no id":                  {says(201, strings.Replace(jobAdded, `"id":"57"`, `"id":null`, 1)), zoho.Unreadable},
		"nothing":                {says(204, ""), zoho.NotFound},
		"too many":               {says(429, bare("TOO_MANY_REQUESTS", `{}`, "x")), zoho.TooManyRequests},
	} {
		client, l := newClient(t, c.answer)
		if _, err := client.CreateBulkRead(t.Context(), zoho.BulkQuery{Module: "Events"}); asError(t, err).Kind != c.kind || len(l.seen) != 1 {
			t.Errorf("%s: %v after %d calls", name, err, len(l.seen))
		}
	}
	client, l := newClient(t, says(201, jobAdded))
	for name, q := range map[string]zoho.BulkQuery{
		"no module": {}, "a field that is none": {Module: "Events", Fields: []string{"a b"}}, "page 51": {Module: "Events", Page: 51}, "two places": {Module: "Events", Page: 2, PageToken: "t"},
		"many conditions": {Module: "Events", Criteria: zoho.All(bytesOf(26)...)}, "a value of no kind": {Module: "Events", Criteria: zoho.Equal("A", []string{})},
	} {
		if _, err := client.CreateBulkRead(t.Context(), q); asError(t, err).Kind != zoho.InvalidArgument || len(l.seen) != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func bytesOf(n int) (out []zoho.Condition) {
	for range n {
		out = append(out, zoho.IsNull("A"))
	}
	return out
}

func TestBulkRead(t *testing.T) {
	t.Parallel()
	job := func(state, result string) string {
		return `{"data":[{"id":"57","operation":"read","state":"` + state + `","created_by":{"id":"4","name":"Ann"},"created_time":"2026-11-23T06:00:00-06:00","query":{}` + result + `}]}`
	}
	for name, c := range map[string]struct {
		answer answers
		want   zoho.BulkJob
		kind   zoho.Kind
	}{
		"going on":         {says(200, job("IN PROGRESS", "")), zoho.BulkJob{ID: "57", State: zoho.BulkInProgress}, ""},
		"done":             {says(200, job("COMPLETED", `,"result":{"page":1,"count":200000,"per_page":200000,"more_records":true,"download_url":"/x","next_page_token":"t"}`)), zoho.BulkJob{ID: "57", State: zoho.BulkCompleted, Count: 200000, More: true, NextToken: "t"}, ""},
		"done, no token":   {says(200, job("COMPLETED", `,"result":{"count":"3","more_records":false,"next_page_token":null}`)), zoho.BulkJob{ID: "57", State: zoho.BulkCompleted, Count: 3}, ""},
		"failed":           {says(200, job("FAILURE", "")), zoho.BulkJob{ID: "57", State: zoho.BulkFailed}, ""},
		"no such job":      {says(404, bare("RESOURCE_NOT_FOUND", `{"resource":"57"}`, "x")), zoho.BulkJob{}, zoho.NotFound},
		"another job":      {says(200, strings.Replace(job("ADDED", ""), `"57"`, `"58"`, 1)), zoho.BulkJob{}, zoho.Unreadable},
		"a job of no kind": {says(200, job("", "")), zoho.BulkJob{}, zoho.Unreadable},
	} {
		client, l := newClient(t, c.answer)
		got, err := client.BulkRead(t.Context(), "57")
		if got != c.want || c.kind == "" && err != nil || c.kind != "" && asError(t, err).Kind != c.kind {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if l.seen[0].Path != "/crm/bulk/v8/read/57" || l.calls[0].Path != "/crm/bulk/v8/read/{id}" {
			t.Errorf("%s: %s", name, l.calls[0].Path)
		}
	}
}

// zipped packs a file.
func zipped(name string, write func(io.Writer)) string {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	part, err := z.Create(name)
	if err != nil {
		panic(err)
	}
	write(part)
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.String()
}

func csvFile(text string) string {
	return zipped("57.csv", func(w io.Writer) { _, _ = io.WriteString(w, text) })
}

// downloads answers with a file.
func downloads(body string) answers {
	return func(w http.ResponseWriter, _ seen) {
		w.Header().Set("Content-Type", "application/x-download")
		_, _ = io.WriteString(w, body)
	}
}

func TestBulkResult(t *testing.T) {
	t.Parallel()
	client, l := newClient(t, downloads(csvFile("\ufeffId,Last_Name,Owner,Note,Modified_Time\n57,\"O'Neil, \"\"Bo\"\"\",4,\"two\nlines\",2026-11-23T06:00:00-06:00\n58,,,,\n")))
	got, err := collect(client.BulkResult(t.Context(), "57"))
	if err != nil || len(got) != 2 {
		t.Fatalf("%d rows, %v", len(got), err)
	}
	at, _ := got[0].Time("Modified_Time")
	owner, _ := got[0].Lookup("Owner")
	if got[0].ID() != "57" || got[0].Text("Last_Name") != `O'Neil, "Bo"` || got[0].Text("Note") != "two\nlines" || owner.ID != "4" || !at.Equal(noon) || got[1].ID() != "58" || got[1].Text("Last_Name") != "" {
		t.Errorf("%v", []map[string]any{got[0], got[1]})
	}
	if l.calls[0].Path != "/crm/bulk/v8/read/{id}/result" || l.calls[0].Credits != 1 || l.seen[0].Path != "/crm/bulk/v8/read/57/result" {
		t.Errorf("%+v", l.calls[0])
	}
	client, _ = newClient(t, downloads(csvFile("id,Last_Name\n")))
	if got, err := collect(client.BulkResult(t.Context(), "57")); err != nil || len(got) != 0 {
		t.Errorf("no row: %v, %v", got, err)
	}
}

func TestBulkResultFails(t *testing.T) {
	t.Parallel()
	good := csvFile("Id\n57\n")
	for name, c := range map[string]struct {
		answer answers
		rows   int
		kind   zoho.Kind
	}{
		"not done yet":       {says(400, bare("RESOURCE_NOT_FOUND", `{}`, "x")), 0, zoho.NotFound},
		"an error with 200":  {says(200, bare("RESOURCE_NOT_FOUND", `{}`, "x")), 0, zoho.NotFound},
		"JSON":               {says(200, `{"data":[]}`), 0, zoho.Unreadable},
		"a page":             {says(200, `<html>`, "Content-Type", "text/html"), 0, zoho.Unreadable},
		"no ZIP":             {downloads("Id\n57\n"), 0, zoho.Unreadable},
		"nothing":            {downloads(""), 0, zoho.Unreadable},
		"another file":       {downloads(zipped("57.txt", func(io.Writer) {})), 0, zoho.Unreadable},
		"an empty file":      {downloads(csvFile("")), 0, zoho.Unreadable},
		"rows of two widths": {downloads(csvFile("Id,A\n57,1\n58\n")), 1, zoho.Unreadable},
		"an open quote":      {downloads(csvFile("Id,A\n57,\"1\n")), 0, zoho.Unreadable},
		"a broken sum":       {downloads(strings.Replace(good, "PK\x07\x08", "PK\x07\x09", 1)), 1, zoho.Unreadable},
		"half of it":         {downloads(good[:len(good)/2]), 0, zoho.Unreadable},
	} {
		client, _ := newClient(t, c.answer)
		got, err := collect(client.BulkResult(t.Context(), "57"))
		if len(got) != c.rows || c.kind == "" && err != nil || c.kind != "" && asError(t, err).Kind != c.kind {
			t.Errorf("%s: %d rows, %v", name, len(got), err)
		}
	}
	half := func(w http.ResponseWriter, s seen) { // longer than what comes whole the second time
		w.Header().Set("Content-Length", "400000")
		downloads(strings.Repeat("x", 200000))(w, s)
	}
	client, l := newClient(t, script(half, downloads(good)))
	if got, err := collect(client.BulkResult(t.Context(), "57")); err != nil || len(got) != 1 || len(l.seen) != 2 {
		t.Errorf("after an answer that broke off: %d rows, %v in %d calls", len(got), err, len(l.seen))
	}
}

// TestBulkResultIsBounded: a row without an end stops where the bound is, not where memory ends.
func TestBulkResultIsBounded(t *testing.T) {
	t.Parallel()
	endless := zipped("57.csv", func(w io.Writer) {
		_, _ = io.WriteString(w, "Id,A\n57,\"")
		block := bytes.Repeat([]byte("a"), 1<<20)
		for range 64 {
			_, _ = w.Write(block)
		}
		_, _ = io.WriteString(w, "\"\n")
	})
	client, _ := newClient(t, downloads(endless))
	if got, err := collect(client.BulkResult(t.Context(), "57")); len(got) != 0 || asError(t, err).Kind != zoho.Unreadable {
		t.Errorf("%d rows, %v", len(got), err)
	}
}

func TestBulkResultOfManyRows(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	const n = 50000
	file := zipped("57.csv", func(w io.Writer) {
		_, _ = io.WriteString(w, "Id,Last_Name\n")
		for i := range n {
			fmt.Fprintf(w, "%d,Name %d\n", 1000+i, i)
		}
	})
	client, _ := newClient(t, downloads(file))
	i := 0
	for r, err := range client.BulkResult(t.Context(), "57") {
		if err != nil || r.ID() != fmt.Sprint(1000+i) || r.Text("Last_Name") != fmt.Sprintf("Name %d", i) {
			t.Fatalf("row %d: %v, %v", i, r, err)
		}
		i++
	}
	if i != n {
		t.Errorf("%d rows", i)
	}
	for range client.BulkResult(t.Context(), "57") {
		if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 1 {
			t.Errorf("%d files while reading", len(left))
		}
		break
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("%d files are left, %v", len(left), err)
	}
}
