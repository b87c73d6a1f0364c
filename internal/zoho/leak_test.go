package zoho_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"heavyset.tech/platform/internal/zoho"
)

// prints gives every way in which a value finds its way into a log.
func prints(v any) map[string]string {
	out := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		out[verb] = fmt.Sprintf(verb, v)
	}
	var text, lines bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("x", "v", v)
	slog.New(slog.NewJSONHandler(&lines, nil)).Info("x", "v", v)
	out["slog text"], out["slog JSON"] = text.String(), lines.String()
	if b, err := json.Marshal(v); err == nil {
		out["JSON"] = string(b)
	}
	return out
}

const customer = "ann.boyle@example.org" // its first half shows in an escaped address too

func wantClean(t *testing.T, name string, v any) {
	t.Helper()
	for how, s := range prints(v) {
		if hasSecret(s) || strings.Contains(s, "ann.boyle") || strings.Contains(s, "secret-free-name") {
			t.Errorf("%s by %s says %s", name, how, s)
		}
	}
}

func TestNothingSecretIsEverPrinted(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	// A server that echoes everything it knows into every place of its errors.
	echo := func(w http.ResponseWriter, s seen) {
		all := s.Header.Get("Authorization") + " " + token2 + " client_secret=" + secret
		e, _ := json.Marshal(map[string]any{
			"code": "DUPLICATE_DATA", "message": all + "\nsecond line", "status": "error",
			"details": map[string]any{
				"api_name": "Email " + token2, "json_path": "$.data[0] " + token1, "param_name": token2, "value": customer, "id": "57",
				"duplicate_record": map[string]any{"id": "57", "Owner": map[string]any{"id": "4", "name": "secret-free-name"}},
			},
		})
		says(400, string(e))(w, s)
	}
	client, l := newClient(t, echo)
	wrapped, wl := newClient(t, func(w http.ResponseWriter, s seen) {
		rec := &recorder{header: http.Header{}}
		echo(rec, s)
		says(400, `{"data":[`+rec.body.String()+`]}`)(w, s)
	})
	record := []zoho.Record{{"id": "57", "Email": customer}}
	search := zoho.Search{Email: customer}
	results, err := wrapped.Update(ctx, "Leads", record, zoho.WriteOptions{})
	if err != nil || results[0].Err == nil {
		t.Fatal(results, err)
	}
	broken := clientTo(t, &ledger{}, site("https://www.zohoapis.com"), &http.Client{Transport: fails{errors.New("broke off at " + token1)}})
	cutShort, cl := newClient(t, cut)
	for name, v := range map[string]any{
		"error of a search": errOf(collect(client.Search(ctx, "Leads", search))),
		"error of a write":  errOf(client.Insert(ctx, "Leads", record, zoho.WriteOptions{})),
		"error by value":    *asError(t, errOf(client.GetRecord(ctx, "Leads", "57"))),
		"result":            results[0], "results": results,
		"joined error":    errors.Join(io.EOF, results[0].Err),
		"transport error": errOf(collect(broken.Search(ctx, "Leads", search))),
		"cut search":      errOf(collect(cutShort.Search(ctx, "Leads", search))),
		"calls":           l.calls, "calls of writes": wl.calls, "calls of cuts": cl.calls,
		"app": app, "pointer to app": &app, "record": slogOnly{record[0]}, "user": slogOnly{zoho.User{ID: "4", Email: customer}}, "org": slogOnly{zoho.Org{ID: "7", PrimaryEmail: customer}},
		"grant":    zoho.Grant{AccessToken: token1, RefreshToken: refresh},
		"grants":   []zoho.Grant{{AccessToken: token1, RefreshToken: refresh}},
		"callback": &zoho.Callback{Code: grant, State: secret, AccountsServer: customer},
	} {
		wantClean(t, name, v)
	}
	if len(l.calls) == 0 || len(wl.calls) == 0 || len(cl.calls) == 0 {
		t.Error("nothing was called")
	}
	if s := asError(t, results[0].Err).Error(); !strings.Contains(s, "DUPLICATE_DATA (HTTP 400)") || strings.Contains(s, "\n") {
		t.Errorf("the error lost its words: %s", s)
	}
}

// slogOnly stands for a value that is customer data by nature: only a log must not show it.
type slogOnly struct{ v slog.LogValuer }

func (s slogOnly) LogValue() slog.Value         { return s.v.LogValue() }
func (s slogOnly) Format(f fmt.State, _ rune)   { fmt.Fprint(f, s.v.LogValue()) }
func (s slogOnly) MarshalText() ([]byte, error) { return []byte(s.v.LogValue().String()), nil }

// recorder keeps what is written to it.
type recorder struct {
	header http.Header
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(int)             {}
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

func TestRedact(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"token " + token1 + ".":                        "token [redacted].",
		token1 + token2:                                "[redacted][redacted]",
		strings.ToUpper(token1):                        "[redacted]",
		"client_id=1000.A&client_secret=abc&x=1":       "client_id=1000.A&client_secret=[redacted]&x=1",
		"?token=abc def":                               "?token=[redacted] def",
		"refresh_token=a access_token=b code=c":        "refresh_token=[redacted] access_token=[redacted] code=[redacted]",
		`{"refresh_token": "a\"b", "scope":"s"}`:       `{"refresh_token": "[redacted]", "scope":"s"}`,
		"Authorization: Zoho-oauthtoken abc.def":       "Authorization: Zoho-oauthtoken [redacted]",
		"authorization: bearer abc, next":              "authorization: bearer [redacted], next",
		"postal_code=60640&decode=1 1000.abc.def mail": "postal_code=60640&decode=1 1000.abc.def mail",
		`{\"access_token\":\"abc\",\"x\":1}`:           `{\"access_token\":\"[redacted]\",\"x\":1}`,
		"":                                             "",
	} {
		if got := zoho.Redact(in); got != want {
			t.Errorf("%q\n gave %q\n want %q", in, got, want)
		}
	}
}

// canned is a transport that gives one answer.
type canned struct {
	status int
	body   []byte
}

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: c.status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(c.body)), Request: r}, nil
}

// Whatever Zoho answers, the client neither panics nor takes a refusal for a success, and its errors are clean.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{
		"", "null", "[]", "<html>", body(addedItem), body(missingItem), body(addedItem, missingItem), missingItem, `{"data":[[]]}`, `{"data":{"id":1}}`,
		`{"code":1,"details":[],"status":{}}`, body(bare("MULTIPLE_OR_MULTI_ERRORS", `{"errors":[`+missingItem+`]}`, "")), `{"fields":[{"unique":3,"lookup":[]}]}`,
		bare(token1, `{"api_name":"`+token2+`"}`, strings.Repeat("x", 280)+token1), `{"error":"` + token1 + `"}`, `{"users":[{}],"info":{"more_records":true}}`, `{"count":"x"}`, `{"watch":[` + missingItem + `]}`, `{"error":[{"error_code":"INVALID_TICKET","message":"` + token1 + `"}]}`, `{"events":[{"uid":"a","start":"20261123","end":"20261123T000000Z"}]}`, `{"freebusy":[{"startTime":"20261123Z","endTime":1}]}`, "NODATA", `{"data":[{"code":"SUCCESS","details":{"id":"1"},"status":"error"}]}`, "{\"message\":\"\xff\n\"}",
	} {
		for _, status := range []int{200, 207, 400, 401, 429, 500} {
			f.Add(status, []byte(s))
		}
	}
	f.Fuzz(func(t *testing.T, status int, answer []byte) {
		if status < 100 || status > 999 {
			return
		}
		ctx := t.Context()
		client := clientTo(t, &ledger{}, site("https://www.zohoapis.com"), &http.Client{Transport: canned{status, answer}})
		results, err := client.Insert(ctx, "Leads", blank(2), zoho.WriteOptions{})
		if (err == nil) != (len(results) == 2) || err == nil && status >= 300 && status != 400 {
			t.Fatalf("%d %q: %v %v", status, answer, results, err)
		}
		for _, r := range results {
			if (r.Err == nil) == (r.ID == "") {
				t.Fatalf("%d %q: %+v", status, answer, r)
			}
			checkClean(t, r.Err)
		}
		checkClean(t, err)
		checkClean(t, errOf(client.Fields(ctx, "Leads")))
		checkClean(t, errOf(client.Layouts(ctx, "Leads")))
		checkClean(t, errOf(client.Modules(ctx)))
		checkClean(t, errOf(client.Org(ctx)))
		checkClean(t, errOf(client.GetRecord(ctx, "Leads", "1")))
		checkClean(t, errOf(client.CountRecords(ctx, "Leads", zoho.Search{})))
		checkClean(t, errOf(collect(client.Users(ctx, zoho.AllUsers))))
		checkClean(t, errOf(collect(client.Deleted(ctx, "Leads", zoho.DeletedAll, noon))))
		checkClean(t, errOf(client.EnableWatch(ctx, []zoho.Watch{hook})))
		checkClean(t, client.DisableWatch(ctx, []string{"1"}))
		checkClean(t, errOf(client.WatchDetails(ctx, "1")))
		checkClean(t, errOf(client.Calendars(ctx, zoho.CalendarAll)))
		checkClean(t, errOf(client.FreeBusy(ctx, "a@b.c", noon, noon.Add(1))))
		events, err := client.ListCalendarEvents(ctx, "a", noon, noon.Add(1), true)
		checkClean(t, err)
		for _, e := range events {
			if e.UID == "" || e.AllDay && e.LastDay < e.FirstDay || e.End.Before(e.Start) {
				t.Fatalf("%q: %+v", answer, e)
			}
		}
		checkClean(t, errOf(client.Delete(ctx, "Leads", []string{"1"}, zoho.WriteOptions{})))
		list, err := zoho.ParseDataCenters("us=https://accounts.example|https://api.example|")
		if err != nil {
			t.Fatal(err)
		}
		accounts := zoho.NewAccounts(&http.Client{Transport: canned{status, answer}}, list)
		g, err := accounts.Refresh(ctx, app, list.All()[0], refresh)
		if (err == nil) != (g.AccessToken != "") || err == nil && (g.ExpiresIn <= 0 || g.ExpiresIn.Hours() > 1) {
			t.Fatalf("%d %q: %s %v", status, answer, g.ExpiresIn, err)
		}
		checkClean(t, err)
	})
}

var shaped = regexp.MustCompile(`1000\.[0-9a-f]{32}\.[0-9a-f]{32}`)

func checkClean(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	if s := err.Error(); !utf8.ValidString(s) || strings.ContainsAny(s, "\r\n\x00") || shaped.MatchString(s) {
		t.Fatalf("%q", s)
	}
}
