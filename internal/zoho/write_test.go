package zoho_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/zoho"
)

const (
	addedItem   = `{"code":"SUCCESS","details":{"Modified_Time":"2026-11-23T09:00:00-06:00","Modified_By":{"name":"Ann","id":"4"},"Created_Time":"2026-11-23T09:00:00-06:00","id":"5725767000000524157","Created_By":{"name":"Ann","id":"4"},"$approval_state":"approved"},"message":"record added","status":"success"}`
	missingItem = `{"code":"MANDATORY_NOT_FOUND","details":{"api_name":"Last_Name","json_path":"$.data[1].Last_Name"},"message":"required field not found","status":"error"}`
)

// blank gives n records without a field.
func blank(n int) []zoho.Record {
	return slices.Repeat([]zoho.Record{{}}, n)
}

func body(items ...string) string { return `{"data":[` + strings.Join(items, ",") + `]}` }

// Whatever the status, each record's own status decides.
func TestInsertIsJudgedRecordByRecord(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		items  []string
		ok     []bool
	}{
		"all written at 201":                        {201, []string{addedItem, addedItem}, []bool{true, true}},
		"all written at 200":                        {200, []string{addedItem, addedItem}, []bool{true, true}},
		"all written at 202":                        {202, []string{addedItem, addedItem}, []bool{true, true}},
		"mixed at 207":                              {207, []string{addedItem, missingItem}, []bool{true, false}},
		"mixed at 200":                              {200, []string{missingItem, addedItem}, []bool{false, true}},
		"all refused at 400":                        {400, []string{missingItem, missingItem}, []bool{false, false}},
		"all refused at 202":                        {202, []string{missingItem, missingItem}, []bool{false, false}},
		"all refused at 200":                        {200, []string{missingItem, missingItem}, []bool{false, false}},
		"all refused at 201":                        {201, []string{missingItem, missingItem}, []bool{false, false}},
		"one refused at 400":                        {400, []string{missingItem}, []bool{false}},
		"code SUCCESS with status error":            {201, []string{strings.Replace(addedItem, `"status":"success"`, `"status":"error"`, 1)}, []bool{false}},
		"no status: the code decides":               {201, []string{`{"code":"SUCCESS","details":{"id":"1"}}`, `{"code":"INVALID_DATA","details":{"api_name":"X"}}`}, []bool{true, false}},
		"mixed at 400, the first written":           {400, []string{addedItem, missingItem}, []bool{true, false}},
		"first item names a module, second written": {207, []string{bare("INVALID_MODULE", `{}`, ""), addedItem}, []bool{false, true}},
	} {
		client, _ := newClient(t, says(c.status, body(c.items...)))
		got, err := client.Insert(t.Context(), "Leads", blank(len(c.items)), zoho.WriteOptions{})
		if err != nil || len(got) != len(c.ok) {
			t.Errorf("%s: %v %v", name, got, err)
			continue
		}
		for i, r := range got {
			if (r.Err == nil) != c.ok[i] || (r.ID != "") != c.ok[i] {
				t.Errorf("%s: record %d: %+v", name, i, r)
			}
		}
	}
}

func TestResult(t *testing.T) {
	t.Parallel()
	upserted := func(action, field string) string {
		return strings.Replace(addedItem, `{"code"`, fmt.Sprintf(`{"action":%q,"duplicate_field":%s,"code"`, action, field), 1)
	}
	client, l := newClient(t, says(200, body(upserted("insert", "null"), upserted("update", `"Email"`), `{"code":"SUCCESS","details":{"id":5725767000000524158},"status":"Success"}`)))
	got, err := client.Upsert(t.Context(), "Contacts", blank(3), zoho.WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)
	for i, want := range []zoho.Result{
		{ID: "5725767000000524157", Action: "insert", Modified: at},
		{ID: "5725767000000524157", Action: "update", DuplicateField: "Email", Modified: at},
		{ID: "5725767000000524158"},
	} {
		if got[i] != want {
			t.Errorf("%+v, want %+v", got[i], want)
		}
	}
	if l.seen[0].Path != "/crm/v8/Contacts/upsert" || l.seen[0].Method != "POST" {
		t.Errorf("%+v", l.seen[0])
	}
}

// An error of the whole request, in whichever place, fails the call.
func TestWriteRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	tooMany := `{"code":"INVALID_DATA","details":{"maximum_length":100,"api_name":"data","json_path":"$.data"},"message":"invalid data","status":"error"}`
	for name, c := range map[string]struct {
		status, records int
		body            string
		kind            zoho.Kind
		sent            zoho.Sent
	}{
		"bare INVALID_DATA":                 {400, 2, tooMany, zoho.InvalidData, zoho.Answered},
		"bare at 202":                       {202, 2, tooMany, zoho.InvalidData, zoho.Answered},
		"INVALID_MODULE in data[0] of two":  {400, 2, body(bare("INVALID_MODULE", `{"resource_path_index":0}`, "")), zoho.InvalidModule, zoho.Answered},
		"INVALID_MODULE in data[0] of one":  {400, 1, body(bare("INVALID_MODULE", `{"resource_path_index":0}`, "")), zoho.InvalidModule, zoho.Answered},
		"AUTHORIZATION_FAILED in data[0]":   {400, 1, body(bare("AUTHORIZATION_FAILED", `{"resource_path_index":0}`, "")), zoho.AuthorizationFailed, zoho.Answered},
		"INVALID_REQUEST_METHOD in data[0]": {400, 1, body(bare("INVALID_REQUEST_METHOD", `{}`, "")), zoho.InvalidMethod, zoho.Answered},
		"one error for two records":         {400, 2, body(missingItem), zoho.MandatoryNotFound, zoho.Answered},
		"in the module's own array":         {400, 1, within("Leads", bare("INVALID_MODULE", `{}`, "")), zoho.InvalidModule, zoho.Answered},
		"NO_PERMISSION at 403":              {403, 1, body(bare("NO_PERMISSION", `{}`, "")), zoho.NoPermission, zoho.Answered},
		"429":                               {429, 1, bare("TOO_MANY_REQUESTS", `{}`, ""), zoho.TooManyRequests, zoho.Answered},
		"500 for each record":               {500, 1, body(bare("INTERNAL_ERROR", `{}`, "")), zoho.Internal, zoho.SentUnknown},
		"HTML at 400":                       {400, 1, "<html>", zoho.Unreadable, zoho.SentUnknown},
		"HTML at 502":                       {502, 1, "<html>", zoho.Unavailable, zoho.SentUnknown},
		"empty at 200":                      {200, 1, "", zoho.Unreadable, zoho.SentUnknown},
		"nothing at 204":                    {204, 1, "", zoho.Unreadable, zoho.SentUnknown},
		"fewer answers than records":        {201, 2, body(addedItem), zoho.Unreadable, zoho.SentUnknown},
		"more answers than records":         {201, 1, body(addedItem, addedItem), zoho.Unreadable, zoho.SentUnknown},
		"fewer, and not all failed":         {207, 3, body(missingItem, addedItem), zoho.Unreadable, zoho.SentUnknown},
		"written, but no id":                {201, 1, body(`{"code":"SUCCESS","details":{},"status":"success"}`), zoho.Unreadable, zoho.SentUnknown},
		"an item that is none":              {201, 1, `{"data":["x"]}`, zoho.Unreadable, zoho.SentUnknown},
		"data that is none":                 {201, 1, `{"data":{}}`, zoho.Unreadable, zoho.SentUnknown},
	} {
		client, l := newClient(t, says(c.status, c.body))
		got, err := client.Insert(t.Context(), "Leads", blank(c.records), zoho.WriteOptions{})
		if got != nil || err == nil || asError(t, err).Kind != c.kind || zoho.Outcome(err) != c.sent {
			t.Errorf("%s: %+v %v, %s", name, got, err, zoho.Outcome(err))
		}
		if len(l.seen) != 1 {
			t.Errorf("%s: %d calls", name, len(l.seen))
		}
	}
}

// Every row of the per-record errors.
func TestRecordErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		item        string
		kind        zoho.Kind
		field, path string
	}{
		"MANDATORY_NOT_FOUND":            {missingItem, zoho.MandatoryNotFound, "Last_Name", "$.data[1].Last_Name"},
		"MANDATORY_NOT_FOUND of a rule":  {bare("MANDATORY_NOT_FOUND", `{"api_name":"City","layout_rule":{"id":"1"}}`, ""), zoho.MandatoryNotFound, "City", ""},
		"INVALID_DATA: type":             {bare("INVALID_DATA", `{"expected_data_type":"integer","api_name":"Number_1","json_path":"$.data[0].Number_1"}`, "invalid data"), zoho.InvalidData, "Number_1", "$.data[0].Number_1"},
		"INVALID_DATA: length":           {bare("INVALID_DATA", `{"maximum_length":40,"api_name":"First_Name","json_path":"$.data[0].First_Name"}`, "invalid data"), zoho.InvalidData, "First_Name", "$.data[0].First_Name"},
		"INVALID_DATA: picklist":         {bare("INVALID_DATA", `{"supported_values":["A"],"api_name":"Lead_Status"}`, ""), zoho.InvalidData, "Lead_Status", ""},
		"INVALID_DATA: range":            {bare("INVALID_DATA", `{"range":{"from":0,"to":9},"api_name":"N"}`, ""), zoho.InvalidData, "N", ""},
		"INVALID_DATA: older, no path":   {bare("INVALID_DATA", `{"api_name":"Email"}`, ""), zoho.InvalidData, "Email", ""},
		"DUPLICATE_DATA":                 {bare("DUPLICATE_DATA", `{"api_name":"Email","json_path":"$.data[0].Email","duplicate_record":{"id":"9"}}`, ""), zoho.DuplicateData, "Email", "$.data[0].Email"},
		"DEPENDENT_FIELD_MISSING":        {bare("DEPENDENT_FIELD_MISSING", `{"dependee":{"api_name":"Status","json_path":"x"},"api_name":"Reason","json_path":"$.data[0].Reason"}`, ""), zoho.DependentMissing, "Reason", "$.data[0].Reason"},
		"DEPENDENT_MISMATCH":             {bare("DEPENDENT_MISMATCH", `{"api_name":"Owner"}`, ""), zoho.DependentMismatch, "Owner", ""},
		"DEPENDENT_FIELD_UNCHANGED":      {bare("DEPENDENT_FIELD_UNCHANGED", `{}`, ""), zoho.DependentUnchanged, "", ""},
		"DEPENDENT_SERVICE_ERROR":        {bare("DEPENDENT_SERVICE_ERROR", `{}`, ""), zoho.DependentServiceError, "", ""},
		"PATTERN_NOT_MATCHED":            {bare("PATTERN_NOT_MATCHED", `{"api_name":"Phone"}`, ""), zoho.PatternNotMatched, "Phone", ""},
		"RECORD_LOCKED":                  {bare("RECORD_LOCKED", `{"action":"record_locking","id":"1"}`, ""), zoho.RecordLocked, "", ""},
		"NOT_APPROVED":                   {bare("NOT_APPROVED", `{"id":"1"}`, ""), zoho.NotApproved, "", ""},
		"NOT_REVIEWED":                   {bare("NOT_REVIEWED", `{"id":"1"}`, ""), zoho.NotReviewed, "", ""},
		"NOT_ALLOWED":                    {bare("NOT_ALLOWED", `{}`, "Service is not available on the given time"), zoho.NotAllowed, "", ""},
		"NO_PERMISSION for one record":   {bare("NO_PERMISSION", `{"permissions":["x"]}`, ""), zoho.NoPermission, "", ""},
		"LIMIT_EXCEEDED":                 {bare("LIMIT_EXCEEDED", `{"limit":50,"api_name":"Participants"}`, ""), zoho.LimitExceeded, "Participants", ""},
		"INVALID_MODULE of a lookup":     {bare("INVALID_MODULE", `{"api_name":"$se_module","json_path":"$.data[0].$se_module"}`, ""), zoho.InvalidModule, "$se_module", "$.data[0].$se_module"},
		"ALREADY_MODIFIED":               {bare("ALREADY_MODIFIED", `{}`, ""), zoho.AlreadyModified, "", ""},
		"a code on no page":              {bare("SOMETHING_NEW", `{"api_name":"X"}`, ""), zoho.Other, "X", ""},
		"details that are an array":      {bare("INVALID_DATA", `[]`, ""), zoho.InvalidData, "", ""},
		"details absent, message number": {`{"code":"INVALID_DATA","message":5,"status":"error"}`, zoho.InvalidData, "", ""},
	} {
		for _, status := range []int{200, 202, 207, 400} {
			client, _ := newClient(t, says(status, body(c.item)))
			got, err := client.Insert(t.Context(), "Leads", blank(1), zoho.WriteOptions{})
			if err != nil || len(got) != 1 {
				t.Errorf("%s at %d: %v", name, status, err)
				continue
			}
			e := asError(t, got[0].Err)
			if e.Kind != c.kind || e.APIName != c.field || e.JSONPath != c.path || e.Status != status || zoho.Outcome(got[0].Err) != zoho.Answered {
				t.Errorf("%s at %d: %v kind %s %q %q", name, status, e, e.Kind, e.APIName, e.JSONPath)
			}
		}
	}
}

func TestDuplicate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		details string
		want    *zoho.Duplicate
	}{
		"with the record": {
			`{"api_name":"Email","json_path":"$.data[0].Email","duplicate_record":{"id":"57","Owner":{"name":"Ann","id":"4","zuid":"6"},"module":{"api_name":"Leads","id":"2"}},"id":"57","more_records":true}`,
			&zoho.Duplicate{ID: "57", Module: "Leads", Owner: zoho.Lookup{ID: "4", Name: "Ann"}, More: true},
		},
		"older: id only":             {`{"api_name":"Email","id":"57"}`, &zoho.Duplicate{ID: "57"}},
		"older: id as number":        {`{"id":5725767000000524157}`, &zoho.Duplicate{ID: "5725767000000524157"}},
		"record without its id":      {`{"duplicate_record":{"module":"Leads"},"id":"57"}`, &zoho.Duplicate{ID: "57", Module: "Leads"}},
		"no id at all":               {`{"api_name":"Email"}`, nil},
		"a record that is no object": {`{"duplicate_record":"57"}`, nil},
	} {
		client, _ := newClient(t, says(400, body(bare("DUPLICATE_DATA", c.details, "duplicate data"))))
		got, err := client.Insert(t.Context(), "Leads", blank(1), zoho.WriteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		d := asError(t, got[0].Err).Duplicate
		if (d == nil) != (c.want == nil) || d != nil && *d != *c.want {
			t.Errorf("%s: %+v", name, d)
		}
		wantKind(t, got[0].Err, zoho.DuplicateData)
	}
}

func TestSeveralErrorsOfOneRecord(t *testing.T) {
	t.Parallel()
	inner := bare("MULTIPLE_OR_MULTI_ERRORS", `{"errors":[`+bare("DUPLICATE_DATA", `{"api_name":"Email","id":"57"}`, "")+`,"noise"]}`, "")
	client, _ := newClient(t, says(400, body(bare("MULTIPLE_OR_MULTI_ERRORS", `{"errors":[`+missingItem+`,`+inner+`]}`, "Multiple errors in the request"))))
	got, err := client.Insert(t.Context(), "Leads", blank(1), zoho.WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	e := asError(t, got[0].Err)
	if e.Kind != zoho.Multiple || len(e.All) != 2 || e.All[0].APIName != "Last_Name" || e.All[1].Duplicate.ID != "57" {
		t.Fatalf("%v", e)
	}
	for _, k := range []zoho.Kind{zoho.Multiple, zoho.MandatoryNotFound, zoho.DuplicateData} {
		wantKind(t, got[0].Err, k)
	}
	if errors.Is(got[0].Err, zoho.RecordLocked) {
		t.Error("has a kind that is not in it")
	}
	if s := e.Error(); !strings.Contains(s, "MANDATORY_NOT_FOUND (HTTP 400) Last_Name: required field not found; DUPLICATE_DATA") {
		t.Error(s)
	}
}

func TestMissingRecords(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		details string
		want    zoho.Kind
	}{
		"id in the details":      {`{"id":"7"}`, zoho.NotFound},
		"blames the id":          {`{"api_name":"id","json_path":"$.data[0].id"}`, zoho.NotFound},
		"blames nothing":         {`{}`, zoho.NotFound},
		"blames a lookup":        {`{"api_name":"Owner","json_path":"$.data[0].Owner"}`, zoho.InvalidData},
		"blames the id's format": {`{"api_name":"id","expected_data_type":"bigint"}`, zoho.InvalidData},
		"blames a length":        {`{"maximum_length":4}`, zoho.InvalidData},
	} {
		client, _ := newClient(t, says(400, body(bare("INVALID_DATA", c.details, "the id given seems to be invalid"))))
		for verb, call := range map[string]func() ([]zoho.Result, error){
			"update": func() ([]zoho.Result, error) {
				return client.Update(t.Context(), "Events", []zoho.Record{{"id": "7"}}, zoho.WriteOptions{})
			},
			"delete": func() ([]zoho.Result, error) {
				return client.Delete(t.Context(), "Events", []string{"7"}, zoho.WriteOptions{})
			},
		} {
			got, err := call()
			if err != nil || asError(t, got[0].Err).Kind != c.want {
				t.Errorf("%s, %s: %v %v", name, verb, got, err)
			}
		}
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	deleted := func(id string) string {
		return `{"code":"SUCCESS","details":{"id":"` + id + `"},"message":"record deleted","status":"success"}`
	}
	client, l := newClient(t, says(207, body(deleted("7"), bare("RECORD_LOCKED", `{"action":"record_locking","id":"8"}`, ""))))
	got, err := client.Delete(t.Context(), "Events", []string{"7", "8"}, zoho.WriteOptions{Trigger: []string{}})
	if err != nil || got[0].ID != "7" || !errors.Is(got[1].Err, zoho.RecordLocked) {
		t.Errorf("%+v %v", got, err)
	}
	if s := l.seen[0]; s.Method != "DELETE" || s.Path != "/crm/v8/Events" || s.Query.Encode() != "ids=7%2C8&wf_trigger=false" || s.Body != "" {
		t.Errorf("%+v", s)
	}
	for _, trigger := range [][]string{nil, {"workflow"}} {
		client, l := newClient(t, says(200, body(deleted("7"))))
		if _, err := client.Delete(t.Context(), "Events", []string{"7"}, zoho.WriteOptions{Trigger: trigger}); err != nil || l.seen[0].Query.Has("wf_trigger") {
			t.Errorf("%q: %v %v", trigger, l.seen[0].Query, err)
		}
	}
	for _, message := range []string{"invalid record id", "record not deleted"} {
		client, _ := newClient(t, says(400, bare("INVALID_DATA", `{"resource_path_index":1}`, message)))
		got, err := client.Delete(t.Context(), "Events", []string{"7"}, zoho.WriteOptions{})
		if err != nil || !errors.Is(got[0].Err, zoho.NotFound) {
			t.Errorf("%s: %v %v", message, got, err)
		}
		if _, err := client.Delete(t.Context(), "Events", []string{"7", "8"}, zoho.WriteOptions{}); !errors.Is(err, zoho.NotFound) {
			t.Errorf("%s of two: %v", message, err)
		}
	}
	client, _ = newClient(t, says(400, bare("REQUIRED_PARAM_MISSING", `{"param_name":"ids"}`, "")))
	_, err = client.Delete(t.Context(), "Events", []string{"7"}, zoho.WriteOptions{})
	wantKind(t, err, zoho.ParamMissing)
}

func TestWriteBody(t *testing.T) {
	t.Parallel()
	record := []zoho.Record{{"Start_DateTime": zoho.DateTime(noon, nil), "Owner": map[string]string{"id": "4"}}}
	data := `{"data":[{"Owner":{"id":"4"},"Start_DateTime":"2026-11-23T12:00:00+00:00"}]`
	for name, c := range map[string]struct {
		options zoho.WriteOptions
		want    string
	}{
		"nothing set":    {zoho.WriteOptions{}, data + `}`},
		"no triggers":    {zoho.WriteOptions{Trigger: []string{}}, data + `,"trigger":[]}`},
		"some triggers":  {zoho.WriteOptions{Trigger: []string{"workflow", "blueprint"}}, data + `,"trigger":["workflow","blueprint"]}`},
		"check fields":   {zoho.WriteOptions{DuplicateCheckFields: []string{"Email"}}, data + `,"duplicate_check_fields":["Email"]}`},
		"skip features":  {zoho.WriteOptions{SkipFeatures: []string{"cadences"}}, data + `,"skip_feature_execution":[{"name":"cadences"}]}`},
		"apply features": {zoho.WriteOptions{ApplyFeatures: []string{"layout_rules"}, AssignmentRule: "9"}, `{"apply_feature_execution":[{"name":"layout_rules"}],` + data[1:] + `,"lar_id":"9"}`},
	} {
		client, l := newClient(t, says(201, body(addedItem)))
		if _, err := client.Insert(t.Context(), "Events", record, c.options); err != nil || l.seen[0].Body != c.want {
			t.Errorf("%s: %s %v", name, l.seen[0].Body, err)
		}
	}
	client, l := newClient(t, says(200, body(addedItem)))
	if _, err := client.Update(t.Context(), "Events", []zoho.Record{{"id": "57", "Venue": nil}}, zoho.WriteOptions{}); err != nil || l.seen[0].Method != "PUT" || l.seen[0].Body != `{"data":[{"Venue":null,"id":"57"}]}` {
		t.Errorf("update: %+v %v", l.seen[0], err)
	}
}

func TestWritesOfNothing(t *testing.T) {
	t.Parallel()
	client, l := newClient(t, says(200, "{}"))
	ctx := t.Context()
	for name, err := range map[string]error{
		"insert": errOf(client.Insert(ctx, "Leads", nil, zoho.WriteOptions{})), "update": errOf(client.Update(ctx, "Leads", nil, zoho.WriteOptions{})),
		"upsert": errOf(client.Upsert(ctx, "Leads", nil, zoho.WriteOptions{})), "delete": errOf(client.Delete(ctx, "Leads", nil, zoho.WriteOptions{})),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(l.seen) != 0 {
		t.Errorf("%d calls", len(l.seen))
	}
}
