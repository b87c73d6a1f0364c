package zoho_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/zoho"
)

// bare, inData and the like put one error into each place in which Zoho has been seen to put it.
func bare(code, details, message string) string {
	return fmt.Sprintf(`{"code":%q,"details":%s,"message":%q,"status":"error"}`, code, details, message)
}

func within(key, envelope string) string { return fmt.Sprintf(`{%q:[%s]}`, key, envelope) }

// Every row of the request-level errors, read from a list call, in every envelope.
func TestRequestErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status              int
		code, details, text string
		kind                zoho.Kind
		param, field        string
	}{
		"INVALID_TOKEN":                      {401, "INVALID_TOKEN", `{}`, "invalid oauth token", zoho.InvalidToken, "", ""},
		"INVALID_OAUTHTOKEN":                 {401, "INVALID_OAUTHTOKEN", `{}`, "", zoho.InvalidToken, "", ""},
		"AUTHENTICATION_FAILURE":             {401, "AUTHENTICATION_FAILURE", `{}`, "Authentication failed", zoho.AuthenticationFailure, "", ""},
		"OAUTH_SCOPE_MISMATCH":               {401, "OAUTH_SCOPE_MISMATCH", `{}`, "invalid oauth scope to access this URL", zoho.ScopeMismatch, "", ""},
		"OAUTH_SCOPE_MISMATCH, Unauthorized": {401, "OAUTH_SCOPE_MISMATCH", `null`, "Unauthorized", zoho.ScopeMismatch, "", ""},
		"NO_PERMISSION":                      {403, "NO_PERMISSION", `{"permissions":["Crm_Implied_View_Leads"]}`, "permission denied", zoho.NoPermission, "", ""},
		"AUTHORIZATION_FAILED":               {400, "AUTHORIZATION_FAILED", `{"resource_path_index":0}`, "", zoho.AuthorizationFailed, "", ""},
		"INVALID_MODULE":                     {400, "INVALID_MODULE", `{"resource_path_index":0}`, "the module name given seems to be invalid", zoho.InvalidModule, "", ""},
		"InvalidModule, the other spelling":  {400, "InvalidModule", `{}`, "", zoho.InvalidModule, "", ""},
		"INVALID_URL_PATTERN":                {404, "INVALID_URL_PATTERN", `{}`, "Please check if the URL trying to access is a correct one", zoho.InvalidURL, "", ""},
		"INVALID_HOST":                       {400, "INVALID_HOST", `{}`, "", zoho.InvalidHost, "", ""},
		"INVALID_REQUEST_METHOD at 400":      {400, "INVALID_REQUEST_METHOD", `{"resource_path_index":0}`, "The http request method type is not a valid one", zoho.InvalidMethod, "", ""},
		"INVALID_REQUEST_METHOD at 405":      {405, "INVALID_REQUEST_METHOD", `{}`, "", zoho.InvalidMethod, "", ""},
		"REQUIRED_PARAM_MISSING":             {400, "REQUIRED_PARAM_MISSING", `{"param_name":"fields"}`, "required param is missing", zoho.ParamMissing, "fields", ""},
		"EXPECTED_PARAM_MISSING":             {400, "EXPECTED_PARAM_MISSING", `{"param_names":["email","phone"]}`, "", zoho.ParamMissing, "email phone", ""},
		"INVALID_DATA of a parameter":        {400, "INVALID_DATA", `{"param_name":"sort_by","supported_values":["id"]}`, "invalid data", zoho.InvalidData, "sort_by", ""},
		"PATTERN_NOT_MATCHED of a parameter": {400, "PATTERN_NOT_MATCHED", `{"param_name":"page"}`, "", zoho.PatternNotMatched, "page", ""},
		"PATTERN_NOT_MATCHED of a field":     {400, "PATTERN_NOT_MATCHED", `{"api_name":"Email"}`, "", zoho.PatternNotMatched, "", "Email"},
		"UNABLE_TO_PARSE_DATA_TYPE":          {400, "UNABLE_TO_PARSE_DATA_TYPE", `{}`, "", zoho.UnableToParse, "", ""},
		"AMBIGUITY_DURING_PROCESSING":        {400, "AMBIGUITY_DURING_PROCESSING", `{"ambiguity_due_to":[{"param_name":"page"}]}`, "", zoho.Ambiguous, "", ""},
		"LIMIT_EXCEEDED":                     {400, "LIMIT_EXCEEDED", `{"limit":50,"param_name":"fields"}`, "", zoho.LimitExceeded, "fields", ""},
		"ALREADY_MODIFIED":                   {412, "ALREADY_MODIFIED", `{}`, "", zoho.AlreadyModified, "", ""},
		"INTERNAL_ERROR":                     {500, "INTERNAL_ERROR", `{}`, "Internal Server Error", zoho.Internal, "", ""},
		"SERVICE_UNAVAILABLE at 502":         {502, "SERVICE_UNAVAILABLE", `{}`, "", zoho.Unavailable, "", ""},
		"SERVICE_UNAVAILABLE at 503":         {503, "SERVICE_UNAVAILABLE", `{}`, "", zoho.Unavailable, "", ""},
		"DISCRETE_PAGINATION_LIMIT_EXCEEDED": {400, "DISCRETE_PAGINATION_LIMIT_EXCEEDED", `{"limit":2000}`, "", zoho.PageLimit, "", ""},
		"PAGINATION_LIMIT_EXCEEDED":          {400, "PAGINATION_LIMIT_EXCEEDED", `{"param_name":"page_token"}`, "", zoho.PageLimit, "page_token", ""},
		"TOKEN_BOUND_DATA_MISMATCH":          {400, "TOKEN_BOUND_DATA_MISMATCH", `{"param_name":"page_token"}`, "", zoho.PageTokenInvalid, "page_token", ""},
		"EXPIRED_VALUE":                      {400, "EXPIRED_VALUE", `{"api_name":"page_token","json_path":"$.page_token"}`, "Page token expired", zoho.Expired, "", "page_token"},
		"INVALID_QUERY of a search":          {400, "INVALID_QUERY", `{"reason":"invalid operator","api_name":"Email","value":"x"}`, "", zoho.InvalidQuery, "", "Email"},
		"LIMIT_REACHED":                      {400, "LIMIT_REACHED", `{"limit":2000}`, "", zoho.LimitReached, "", ""},
		"NOT_SUPPORTED":                      {400, "NOT_SUPPORTED", `{}`, "", zoho.NotSupported, "", ""},
		"CRITERIA_LIMIT_EXCEEDED":            {400, "CRITERIA_LIMIT_EXCEEDED", `{}`, "", zoho.CriteriaLimit, "", ""},
		"SYNTAX_ERROR near":                  {400, "SYNTAX_ERROR", `{"line":1,"column":8,"near":"from"}`, "", zoho.SyntaxError, "", ""},
		"SYNTAX_ERROR: missing clause":       {400, "SYNTAX_ERROR", `{"clause":"where"}`, "missing clause", zoho.SyntaxError, "", ""},
		"INVALID_QUERY of COQL":              {400, "INVALID_QUERY", `{"column_name":"Participants"}`, "unsupported column in criteria", zoho.InvalidQuery, "", "Participants"},
		"DUPLICATE_DATA of COQL":             {400, "DUPLICATE_DATA", `{"column_name":"id"}`, "", zoho.DuplicateData, "", "id"},
		"DUPLICATE_ALIAS":                    {400, "DUPLICATE_ALIAS", `{}`, "", zoho.DuplicateAlias, "", ""},
		"INVALID_ALIAS":                      {400, "INVALID_ALIAS", `{}`, "", zoho.InvalidAlias, "", ""},
		"MANDATORY_NOT_FOUND of COQL":        {400, "MANDATORY_NOT_FOUND", `{"api_name":"select_query"}`, "", zoho.MandatoryNotFound, "", "select_query"},
		"a code on no page":                  {400, "SOMETHING_NEW", `{}`, "", zoho.Other, "", ""},
		"a code on no page at 403":           {403, "SOMETHING_NEW", `{}`, "", zoho.NoPermission, "", ""},
		"a code on no page at 500":           {500, "SOMETHING_NEW", `{}`, "", zoho.Internal, "", ""},
		"a code on no page at 504":           {504, "SOMETHING_NEW", `{}`, "", zoho.Unavailable, "", ""},
	} {
		envelope := bare(c.code, c.details, c.text)
		for place, body := range map[string]string{
			"bare": envelope, "data[]": within("data", envelope), "watch[]": within("watch", envelope),
			"holidays[]": within("holidays", envelope), "an array": "[" + envelope + "]",
		} {
			client, _ := newClient(t, says(c.status, body))
			_, err := collect(client.ListRecords(t.Context(), "Leads", zoho.List{Fields: []string{"id"}}))
			e := asError(t, err)
			if e.Kind != c.kind || e.Code != c.code || e.Status != c.status || e.Message != c.text || e.Param != c.param || e.APIName != c.field {
				t.Errorf("%s in %s: %#v kind %s param %q field %q", name, place, e, e.Kind, e.Param, e.APIName)
			}
			if want := map[bool]zoho.Sent{true: zoho.SentUnknown, false: zoho.Answered}[c.status >= 500]; zoho.Outcome(err) != want {
				t.Errorf("%s in %s: outcome %s", name, place, zoho.Outcome(err))
			}
		}
	}
}

func TestAnswersThatAreNoAnswer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		kind   zoho.Kind
		sent   zoho.Sent
	}{
		"HTML at 200":             {200, "<html></html>", zoho.Unreadable, zoho.SentUnknown},
		"empty at 200":            {200, "", zoho.Unreadable, zoho.SentUnknown},
		"null at 200":             {200, "null", zoho.Unreadable, zoho.SentUnknown},
		"a list at 200":           {200, "[]", zoho.Unreadable, zoho.SentUnknown},
		"half of a JSON at 200":   {200, `{"data":[{"id"`, zoho.Unreadable, zoho.SentUnknown},
		"two JSON values at 200":  {200, `{"data":[]}{}`, zoho.Unreadable, zoho.SentUnknown},
		"no rows where they go":   {200, `{"info":{}}`, zoho.Unreadable, zoho.SentUnknown},
		"rows that are none":      {200, `{"data":[1]}`, zoho.Unreadable, zoho.SentUnknown},
		"bare error at 200":       {200, bare("INVALID_MODULE", `{}`, "x"), zoho.InvalidModule, zoho.Answered},
		"bare error at 202":       {202, bare("LIMIT_EXCEEDED", `{}`, "x"), zoho.LimitExceeded, zoho.Answered},
		"wrapped error at 200":    {200, within("data", bare("INVALID_MODULE", `{}`, "x")), zoho.InvalidModule, zoho.Answered},
		"HTML at 400":             {400, "<html>", zoho.Unreadable, zoho.SentUnknown},
		"HTML at 401: no refresh": {401, "<html>", zoho.Unreadable, zoho.SentUnknown},
		"empty at 403":            {403, "", zoho.Unreadable, zoho.SentUnknown},
		"JSON without code, 401":  {401, "{}", zoho.AuthenticationFailure, zoho.Answered},
		"JSON without code, 404":  {404, "{}", zoho.InvalidURL, zoho.Answered},
		"HTML at 502":             {502, "<html>", zoho.Unavailable, zoho.SentUnknown},
		"empty at 503":            {503, "", zoho.Unavailable, zoho.SentUnknown},
		"HTML at 500":             {500, "<html>", zoho.Unavailable, zoho.SentUnknown},
		"HTML at 429":             {429, "<html>", zoho.TooManyRequests, zoho.Answered},
		"a redirect":              {302, "", zoho.Redirected, zoho.SentUnknown},
		"a redirect with JSON":    {307, bare("INVALID_TOKEN", `{}`, "x"), zoho.Redirected, zoho.SentUnknown},
	} {
		client, l := newClient(t, says(c.status, c.body, "Location", "/stranger?token="+token2))
		_, err := collect(client.ListRecords(t.Context(), "Leads", zoho.List{Fields: []string{"id"}}))
		e := asError(t, err)
		if e.Kind != c.kind || e.Status != c.status || zoho.Outcome(err) != c.sent {
			t.Errorf("%s: %v kind %s, %s", name, err, e.Kind, zoho.Outcome(err))
		}
		if len(l.seen) != 1 {
			t.Errorf("%s: %d calls", name, len(l.seen))
		}
		if strings.Contains(err.Error(), "stranger") || hasSecret(err.Error()) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// All three bodies of a 429, and what tells credits from concurrency.
func TestTooManyRequests(t *testing.T) {
	t.Parallel()
	detailed := bare("TOO_MANY_REQUESTS", `{"trace_id":"x","retry_after":60,"limit":10,"window":"60s"}`, "Too many requests")
	for name, c := range map[string]struct {
		body    string
		header  []string
		limited zoho.Limited
		wait    time.Duration
	}{
		"documented body":                       {bare("TOO_MANY_REQUESTS", `{}`, "x"), nil, zoho.LimitUnknown, 0},
		"with details.retry_after":              {detailed, nil, zoho.LimitRate, time.Minute},
		"RATE_LIMIT_EXCEEDED":                   {bare("RATE_LIMIT_EXCEEDED", `{}`, "Too many requests. Please try again later."), nil, zoho.LimitRate, 0},
		"another code altogether":               {bare("INTERNAL_ERROR", `{}`, "x"), nil, zoho.LimitUnknown, 0},
		"HTML":                                  {"<html>", []string{"Retry-After", "7"}, zoho.LimitRate, 7 * time.Second},
		"Retry-After in seconds before details": {detailed, []string{"Retry-After", "90"}, zoho.LimitRate, 90 * time.Second},
		"Retry-After as a date":                 {detailed, []string{"Retry-After", noon.Add(5 * time.Minute).Format(http.TimeFormat)}, zoho.LimitRate, 5 * time.Minute},
		"Retry-After in the past":               {"{}", []string{"Retry-After", noon.Add(-time.Hour).Format(http.TimeFormat)}, zoho.LimitUnknown, 0},
		"Retry-After of a year":                 {"{}", []string{"Retry-After", "31536000"}, zoho.LimitUnknown, 24 * time.Hour},
		"Retry-After that is none":              {"{}", []string{"Retry-After", "NaN"}, zoho.LimitUnknown, 0},
		"no credits left":                       {bare("TOO_MANY_REQUESTS", `{}`, "x"), []string{"X-API-CREDITS-REMAINING", "0"}, zoho.LimitCredits, 0},
		"many credits left":                     {bare("TOO_MANY_REQUESTS", `{}`, "x"), []string{"X-API-CREDITS-REMAINING", "12000"}, zoho.LimitConcurrency, 0},
		"message of concurrency":                {bare("TOO_MANY_REQUESTS", `{}`, "Concurrency limit reached"), nil, zoho.LimitConcurrency, 0},
		"a window of a day":                     {bare("TOO_MANY_REQUESTS", `{"limit":5000,"window":"86400s"}`, "x"), nil, zoho.LimitCredits, 0},
		"a window of a second":                  {bare("TOO_MANY_REQUESTS", `{"limit":10,"window":1}`, "x"), []string{"Retry-After", "1"}, zoho.LimitConcurrency, time.Second},
		"a window that is none":                 {bare("TOO_MANY_REQUESTS", `{"window":"soon"}`, "x"), nil, zoho.LimitUnknown, 0},
		"message of credits":                    {bare("TOO_MANY_REQUESTS", `{}`, "API credits exhausted"), nil, zoho.LimitCredits, 0},
	} {
		client, l := newClient(t, says(429, c.body, c.header...))
		_, err := client.Org(t.Context())
		e := asError(t, err)
		if e.Kind != zoho.TooManyRequests || e.Limited != c.limited || e.RetryAfter != c.wait || zoho.Outcome(err) != zoho.Answered {
			t.Errorf("%s: %v kind %s limited %s wait %s", name, err, e.Kind, e.Limited, e.RetryAfter)
		}
		if len(l.seen) != 1 || l.calls[0].Credits != 0 {
			t.Errorf("%s: %d calls, %d credits", name, len(l.seen), l.calls[0].Credits)
		}
	}
}

func TestOutcomeOfForeignErrors(t *testing.T) {
	t.Parallel()
	if zoho.Outcome(nil) != zoho.Answered {
		t.Error("success is not answered")
	}
	if zoho.Outcome(errors.New("x")) != zoho.SentUnknown {
		t.Error("an unknown error counts as harmless")
	}
	if zoho.Outcome(fmt.Errorf("book: %w", &zoho.TransportError{Sent: zoho.NotSent})) != zoho.NotSent {
		t.Error("a wrapped error is not seen")
	}
}

func TestArgumentsAreCheckedBeforeAnythingLeaves(t *testing.T) {
	t.Parallel()
	client, l := newClient(t, says(200, `{"data":[]}`))
	many := blank(101)
	ids := make([]string, 101)
	for i := range ids {
		ids[i], many[i] = "1", zoho.Record{"id": "1"}
	}
	ctx := t.Context()
	list := func(module string, l zoho.List) error {
		_, err := collect(client.ListRecords(ctx, module, l))
		return err
	}
	search := func(s zoho.Search) error { _, err := collect(client.Search(ctx, "Leads", s)); return err }
	id := []string{"id"}
	for name, err := range map[string]error{
		"module leaves its place in the path": list("Leads/../../settings", zoho.List{Fields: id}),
		"module with a query":                 list("Leads?x=1", zoho.List{Fields: id}),
		"empty module":                        list("", zoho.List{Fields: id}),
		"no fields":                           list("Leads", zoho.List{}),
		"51 fields":                           list("Leads", zoho.List{Fields: make([]string, 51)}),
		"field with a comma":                  list("Leads", zoho.List{Fields: []string{"id,Email"}}),
		"custom view with SortBy":             list("Leads", zoho.List{Fields: id, CustomView: "1", SortBy: "id"}),
		"custom view that is no id":           list("Leads", zoho.List{Fields: id, CustomView: "x"}),
		"record id that is a path":            errOf(client.GetRecord(ctx, "Leads", "1/../2")),
		"record id that is empty":             errOf(client.GetRecord(ctx, "Leads", "")),
		"module of a record":                  errOf(client.GetRecord(ctx, "settings/fields", "1")),
		"related list":                        errOf(collect(client.RelatedRecords(ctx, "Leads", "1", "a/b", id))),
		"module of fields":                    errOf(client.Fields(ctx, "a&b")),
		"module of layouts":                   errOf(client.Layouts(ctx, "")),
		"module by name":                      errOf(client.Module(ctx, "..")),
		"insert of 101":                       errOf(client.Insert(ctx, "Leads", many, zoho.WriteOptions{})),
		"update without an id":                errOf(client.Update(ctx, "Leads", []zoho.Record{{"Last_Name": "x"}}, zoho.WriteOptions{})),
		"delete of 101":                       errOf(client.Delete(ctx, "Leads", ids, zoho.WriteOptions{})),
		"delete of no id":                     errOf(client.Delete(ctx, "Leads", []string{"1", "2,3"}, zoho.WriteOptions{})),
		"a bare time":                         errOf(client.Insert(ctx, "Leads", []zoho.Record{{"When": noon}}, zoho.WriteOptions{})),
		"a value that JSON does not have":     errOf(client.Insert(ctx, "Leads", []zoho.Record{{"X": func() {}}}, zoho.WriteOptions{})),
		"search for nothing":                  search(zoho.Search{}),
		"search for two things":               search(zoho.Search{Email: "a@b.c", Word: "ab"}),
		"search for letters as phone":         search(zoho.Search{Phone: "12a4"}),
		"search for a short phone":            search(zoho.Search{Phone: "12"}),
		"search for one sign":                 search(zoho.Search{Word: "é"}),
		"count by two things":                 errOf(client.CountRecords(ctx, "Leads", zoho.Search{Email: "a@b.c", Word: "ab"})),
	} {
		if e := asError(t, err); e.Kind != zoho.InvalidArgument || zoho.Outcome(err) != zoho.NotSent {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(l.seen) != 0 || len(l.stale) != 0 {
		t.Errorf("%d calls were made, %d tokens asked for", len(l.seen), len(l.stale))
	}
}

func errOf[T any](_ T, err error) error { return err }

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	token := func(context.Context, string) (string, error) { return token1, nil }
	for name, cfg := range map[string]zoho.Config{
		"no token source": {DataCenter: site("https://www.zohoapis.com"), Now: atNoon},
		"no clock":        {DataCenter: site("https://www.zohoapis.com"), Token: token},
		"no API address":  {Token: token, Now: atNoon},
		"plain http":      {DataCenter: site("http://www.zohoapis.com"), Token: token, Now: atNoon},
		"a path":          {DataCenter: site("https://www.zohoapis.com/crm"), Token: token, Now: atNoon},
		"a user":          {DataCenter: site("https://a@www.zohoapis.com"), Token: token, Now: atNoon},
	} {
		if _, err := zoho.New(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
