package zoho_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/zoho"
)

func calendarError(code string) string {
	return `{"error":[{"error_code":"` + code + `","message":"says ` + token1 + `"}]}`
}

func TestCalendars(t *testing.T) {
	t.Parallel()
	client, l := newClient(t, says(200, `{"calendars":[{"uid":"a1b2","id":123,"name":"Work","timezone":"Asia/Kolkata","privilege":"owner","isdefault":true,"include_infreebusy":true,"visibility":true,"status":true,"category":"own","ctag":1495698291000},{"uid":"c3","name":"Zoho CRM","category":"app","privilege":"view","ctag":"7"}]}`))
	got, err := client.Calendars(t.Context(), zoho.CalendarAll)
	want := []zoho.Calendar{
		{UID: "a1b2", ID: "123", Name: "Work", Category: "own", Privilege: "owner", TimeZone: "Asia/Kolkata", Default: true, InFreeBusy: true, Visible: true, CTag: "1495698291000"},
		{UID: "c3", Name: "Zoho CRM", Category: zoho.CalendarApp, Privilege: "view", CTag: "7"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	s := l.seen[0]
	if s.Path != "/api/v1/calendars" || s.Query.Encode() != "category=all&showhiddencal=true" || s.Header.Get("Authorization") != "Zoho-oauthtoken "+token1 {
		t.Errorf("%s?%s", s.Path, s.Query.Encode())
	}
	if c := l.calls[0]; c.Credits != 0 || c.Path != "/api/v1/calendars" || c.Status != 200 {
		t.Errorf("%+v", c)
	}
}

func TestCalendarErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		kind   zoho.Kind
		sent   zoho.Sent
	}{
		"no header":              {400, calendarError("INVALID_TICKET"), zoho.AuthenticationFailure, zoho.Answered},
		"bad token":              {401, calendarError("INVALID_OAUTHTOKEN"), zoho.InvalidToken, zoho.Answered},
		"no scope":               {401, calendarError("OAUTH_SCOPE_MISMATCH"), zoho.ScopeMismatch, zoho.Answered},
		"no scope, another word": {401, calendarError("INVALID_OAUTHSCOPE"), zoho.ScopeMismatch, zoho.Answered},
		"pattern":                {400, calendarError("PATTERN_NOT_MATCHED"), zoho.PatternNotMatched, zoho.Answered},
		"unknown key":            {400, calendarError("EXTRA_KEY_FOUND"), zoho.InvalidData, zoho.Answered},
		"missing key":            {400, calendarError("LESS_THAN_MIN_OCCURANCE"), zoho.ParamMissing, zoho.Answered},
		"stale: 400":             {400, calendarError("INVALID_ETAG"), zoho.AlreadyModified, zoho.Answered},
		"stale: 409":             {409, calendarError("CONFLICT"), zoho.AlreadyModified, zoho.Answered},
		"stale: 412":             {412, calendarError("PRECONDITION_FAILED"), zoho.AlreadyModified, zoho.Answered},
		"stale: a new word":      {409, calendarError("NEWER_VERSION"), zoho.AlreadyModified, zoho.Answered},
		"not found":              {404, calendarError("NOT_FOUND"), zoho.NotFound, zoho.Answered},
		"forbidden":              {403, calendarError("NO_PERMISSION"), zoho.NoPermission, zoho.Answered},
		"an error with 200":      {200, calendarError("PATTERN_NOT_MATCHED"), zoho.PatternNotMatched, zoho.Answered},
		"too many":               {429, calendarError("TOO_MANY_REQUESTS"), zoho.TooManyRequests, zoho.Answered},
		"too many, HTML":         {429, "<html>", zoho.TooManyRequests, zoho.Answered},
		"too many, empty":        {429, "", zoho.TooManyRequests, zoho.Answered},
		"server error":           {500, calendarError("INTERNAL_ERROR"), zoho.Internal, zoho.SentUnknown},
		"HTML":                   {502, "<html>", zoho.Unavailable, zoho.SentUnknown},
		"HTML with 200":          {200, "<html>", zoho.Unreadable, zoho.SentUnknown},
		"another list":           {200, `{"calendar":[]}`, zoho.Unreadable, zoho.SentUnknown},
		"no event in the answer": {200, `{"events":[]}`, zoho.Unreadable, zoho.SentUnknown},
	} {
		client, _ := newClient(t, says(c.status, c.body))
		_, err := client.CreateCalendarEvent(t.Context(), "primary", hour)
		if e := asError(t, err); e.Kind != c.kind || zoho.Outcome(err) != c.sent || hasSecret(err.Error()) {
			t.Errorf("%s: %v, %s", name, err, zoho.Outcome(err))
		}
	}
	client, l := newClient(t, script(says(401, calendarError("INVALID_OAUTHTOKEN")), says(200, `{"calendars":[]}`)))
	if got, err := client.Calendars(t.Context(), zoho.CalendarOwn); err != nil || len(got) != 0 || l.seen[1].Header.Get("Authorization") != "Zoho-oauthtoken "+token2 {
		t.Errorf("with a fresh token: %v, %v", got, err)
	}
	none := site("https://www.zohoapis.com")
	none.Calendar = ""
	_, err := clientTo(t, &ledger{}, none, &http.Client{Transport: canned{200, nil}}).Calendars(t.Context(), zoho.CalendarOwn)
	if wantKind(t, err, zoho.NotSupported); zoho.Outcome(err) != zoho.NotSent {
		t.Errorf("without an address: %v", err)
	}
	none.Calendar = "https://calendar.zoho.com/x"
	if _, err := zoho.New(zoho.Config{DataCenter: none, Token: (&ledger{}).token, Now: atNoon}); err == nil {
		t.Error("an address that is no origin is taken")
	}
}

// hour is an event of an hour.
var hour = zoho.CalendarEvent{Title: "Visit", Span: zoho.Span{Start: noon, End: noon.Add(time.Hour)}}

func TestCalendarTimes(t *testing.T) {
	t.Parallel()
	at := func(h, m int) time.Time { return time.Date(2026, 11, 23, h, m, 0, 0, time.UTC) }
	days := func(first, last string) zoho.Span { return zoho.Span{AllDay: true, FirstDay: first, LastDay: last} }
	for name, c := range map[string]struct {
		times string // the members of an event
		want  zoho.Span
		bad   bool
	}{
		"offset":                {`"start":"20261123T100000-0500","end":"20261123T110000-0530"`, zoho.Span{Start: at(15, 0), End: at(16, 30)}, false},
		"Z":                     {`"start":"20261123T100000Z","end":"20261123T110000Z"`, zoho.Span{Start: at(10, 0), End: at(11, 0)}, false},
		"mixed":                 {`"start":"20261123T100000Z","end":"20261123T110000+0000"`, zoho.Span{Start: at(10, 0), End: at(11, 0)}, false},
		"wall clock":            {`"timezone":"America/Chicago","start":"20261123T040000","end":"20261123T050000"`, zoho.Span{Start: at(10, 0), End: at(11, 0)}, false},
		"nested":                {`"dateandtime":{"timezone":"America/Chicago","start":"20261123T040000-0600","end":"20261123T050000-0600"}`, zoho.Span{Start: at(10, 0), End: at(11, 0)}, false},
		"all day":               {`"isallday":true,"start":"20261123","end":"20261124"`, days("2026-11-23", "2026-11-24"), false},
		"dates alone":           {`"start":"20261123","end":"20261123"`, days("2026-11-23", "2026-11-23"), false},
		"dates with Z":          {`"start":"20261123Z","end":"20261124Z"`, days("2026-11-23", "2026-11-24"), false},
		"all day as instants":   {`"isallday":true,"start":"20261123T000000-0600","end":"20261124T000000-0600"`, days("2026-11-23", "2026-11-23"), false},
		"all day to the minute": {`"isallday":true,"start":"20261123T000000-0600","end":"20261124T235900-0600"`, days("2026-11-23", "2026-11-24"), false},
		"no length":             {`"start":"20261123T100000Z","end":"20261123T100000Z"`, zoho.Span{Start: at(10, 0), End: at(10, 0)}, false},
		"no zone for the clock": {`"start":"20261123T040000","end":"20261123T050000"`, zoho.Span{}, true},
		"a zone that is none":   {`"timezone":"Local","start":"20261123T040000","end":"20261123T050000"`, zoho.Span{}, true},
		"backwards":             {`"start":"20261123T110000Z","end":"20261123T100000Z"`, zoho.Span{}, true},
		"days backwards":        {`"start":"20261124","end":"20261123"`, zoho.Span{}, true},
		"no such day":           {`"start":"20261131","end":"20261131"`, zoho.Span{}, true},
		"no end":                {`"start":"20261123T100000Z"`, zoho.Span{}, true},
		"another notation":      {`"start":"2026-11-23T10:00:00Z","end":"2026-11-23T11:00:00Z"`, zoho.Span{}, true},
	} {
		client, _ := newClient(t, says(200, `{"events":[{"uid":"u@zoho.com","title":"t",`+c.times+`}]}`))
		got, err := client.ListCalendarEvents(t.Context(), "primary", noon, noon.Add(time.Hour), true)
		if c.bad {
			if asError(t, err).Kind != zoho.Unreadable {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || len(got) != 1 || got[0].Span != c.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestListCalendarEvents(t *testing.T) {
	t.Parallel()
	client, l := newClient(t, says(200, `{"events":[]}`))
	if got, err := client.ListCalendarEvents(t.Context(), "a1b2", noon, noon.Add(zoho.CalendarRange), true); err != nil || got != nil {
		t.Errorf("%v, %v", got, err)
	}
	q := l.seen[0].Query
	if l.seen[0].Path != "/api/v1/calendars/a1b2/events" || l.calls[0].Path != "/api/v1/calendars/{id}/events" || q.Get("range") != `{"end":"20261224T120000Z","start":"20261123T120000Z"}` || q.Get("byinstance") != "true" {
		t.Errorf("%s %s", l.calls[0].Path, q)
	}
	for name, call := range map[string]func() error{
		"a second more": func() error {
			return listed(client.ListCalendarEvents(t.Context(), "a", noon, noon.Add(zoho.CalendarRange+time.Second), true))
		},
		"no length":          func() error { return listed(client.ListCalendarEvents(t.Context(), "a", noon, noon, true)) },
		"a path as uid":      func() error { return listed(client.ListCalendarEvents(t.Context(), "a/../b", noon, noon.Add(1), true)) },
		"a dot as uid":       func() error { return listed(client.ListCalendarEvents(t.Context(), "..", noon, noon.Add(1), true)) },
		"no uid":             func() error { return listed(client.ListCalendarEvents(t.Context(), "", noon, noon.Add(1), true)) },
		"a template as uid":  func() error { _, err := client.GetCalendarEvent(t.Context(), "{id}", "u", ""); return err },
		"an event of no uid": func() error { _, err := client.GetCalendarEvent(t.Context(), "a", "", ""); return err },
		"no etag":            func() error { return client.DeleteCalendarEvent(t.Context(), "a", "u", "") },
		"an etag of lines":   func() error { return client.DeleteCalendarEvent(t.Context(), "a", "u", "1\r\nX: y") },
		"replace blindly": func() error {
			e := hour
			e.UID = "u"
			_, err := client.ReplaceCalendarEvent(t.Context(), "a", e)
			return err
		},
		"no times": func() error { _, err := client.CreateCalendarEvent(t.Context(), "a", zoho.CalendarEvent{}); return err },
		"no days": func() error {
			_, err := client.CreateCalendarEvent(t.Context(), "a", zoho.CalendarEvent{Span: zoho.Span{AllDay: true, FirstDay: "2026-11-24", LastDay: "2026-11-23"}})
			return err
		},
		"a long description": func() error {
			e := hour
			e.Description = strings.Repeat("a", 10001)
			_, err := client.CreateCalendarEvent(t.Context(), "a", e)
			return err
		},
		"nobody's times": func() error { _, err := client.FreeBusy(t.Context(), "ann", noon, noon.Add(time.Hour)); return err },
	} {
		if err := call(); asError(t, err).Kind != zoho.InvalidArgument {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(l.seen) != 1 {
		t.Errorf("%d calls", len(l.seen))
	}
}

func listed(_ []zoho.CalendarEvent, err error) error { return err }

// whole is an event as GET gives it.
const whole = `{"events":[{"uid":"abc123@zoho.com","id":"9","caluid":"a1b2","etag":1495698291000,"title":"Visit","dateandtime":{"timezone":"America/New_York","start":"20261123T100000-0500","end":"20261123T110000-0500"},
"isallday":false,"isprivate":true,"role":"organizer","organizer":"x@y.z","createdby":"x@y.z","createdtime":"20261101T101010Z","lastmodifiedtime":"20261101T101010Z","description":"mind the dog","location":"1 Main St","url":"https://x.example",
"attendees":[{"email":"a@b.c","status":"ACCEPTED","attendance":1,"permission":2}],"rrule":"FREQ=WEEKLY","estatus":"added","etype":"event","transparency":1,"reminders":[{"action":"popup","minutes":-15}],"viewEventURL":"https://x","notifyType":0,"allowForwarding":false,"conference":{"type":"zmeeting"}}]}`

func TestChangingAnEventLosesNothing(t *testing.T) {
	t.Parallel()
	client, l := newClient(t, says(200, whole))
	e, err := client.GetCalendarEvent(t.Context(), "a1b2", "abc123@zoho.com", "")
	if err != nil {
		t.Fatal(err)
	}
	if e.Etag != "1495698291000" || e.Transparency != "1" || e.Gone() || !e.Modified.Equal(time.Date(2026, 11, 1, 10, 10, 10, 0, time.UTC)) || e.TimeZone != "America/New_York" || e.Attendees[0].Status != "ACCEPTED" {
		t.Errorf("%+v", e)
	}
	if l.seen[0].Path != "/api/v1/calendars/a1b2/events/abc123@zoho.com" || l.calls[0].Path != "/api/v1/calendars/{id}/events/{id}" || l.seen[0].Header.Get("Accept") != "application/json+large" {
		t.Errorf("%s, %s", l.seen[0].Path, l.seen[0].Header.Get("Accept"))
	}
	if _, err := client.ReplaceCalendarEvent(t.Context(), "a1b2", e); err != nil {
		t.Fatal(err)
	}
	var sent map[string]any
	if err := json.Unmarshal([]byte(l.seen[1].Query.Get("eventdata")), &sent); err != nil || l.seen[1].Body != "" || l.seen[1].Method != "PUT" {
		t.Fatal(l.seen[1], err)
	}
	want := map[string]any{
		"title": "Visit", "dateandtime": map[string]any{"start": "20261123T150000Z", "end": "20261123T160000Z", "timezone": "America/New_York"}, "isallday": false,
		"isprivate": true, "description": "mind the dog", "location": "1 Main St", "url": "https://x.example", "etag": "1495698291000", "rrule": "FREQ=WEEKLY", "transparency": 1.0,
		"attendees": []any{map[string]any{"email": "a@b.c", "permission": 2.0, "attendance": 1.0}}, "reminders": []any{map[string]any{"action": "popup", "minutes": "-15"}},
		"allowForwarding": false, "conference": map[string]any{"type": "zmeeting"},
	}
	if !reflect.DeepEqual(sent, want) {
		t.Errorf("sent %v", sent)
	}
	e.Instance = "20261130T150000Z"
	if _, err := client.ReplaceCalendarEvent(t.Context(), "a1b2", e); err != nil {
		t.Fatal(err)
	}
	if data := l.seen[2].Query.Get("eventdata"); !strings.Contains(data, `"recurrence_edittype":"only"`) || !strings.Contains(data, `"recurrenceid":"20261130T150000Z"`) || strings.Contains(data, "rrule") {
		t.Errorf("an instance: %s", data)
	}
}

func TestCreateAndDeleteCalendarEvent(t *testing.T) {
	t.Parallel()
	client, l := newClient(t, says(200, whole))
	e := zoho.CalendarEvent{UID: "mine", Etag: "1", Instance: "2", Title: "Off <&>", Span: zoho.Span{AllDay: true, FirstDay: "2026-11-23", LastDay: "2026-11-24"}}
	made, err := client.CreateCalendarEvent(t.Context(), "primary", e)
	if err != nil || made.UID != "abc123@zoho.com" || l.seen[0].Method != "POST" || l.seen[0].Path != "/api/v1/calendars/primary/events" {
		t.Errorf("%v, %v", made, err)
	}
	if got := l.seen[0].Query.Get("eventdata"); got != `{"dateandtime":{"end":"20261124","start":"20261123"},"isallday":true,"isprivate":false,"title":"Off <&>"}` || l.seen[0].Body != "" {
		t.Errorf("sent %s", got)
	}
	if err := client.DeleteCalendarEvent(t.Context(), "primary", "abc123@zoho.com", "1495698291000"); err != nil {
		t.Error(err)
	}
	if s := l.seen[1]; s.Method != "DELETE" || s.Header.Get("etag") != "1495698291000" || s.Query.Get("eventdata") != `{"etag":"1495698291000","uid":"abc123@zoho.com"}` {
		t.Errorf("%s %v", s.Method, s.Query)
	}
	// A lost answer of a write is not followed by a second attempt.
	client, l = newClient(t, cut)
	if _, err := client.CreateCalendarEvent(t.Context(), "primary", hour); zoho.Outcome(err) != zoho.SentUnknown || len(l.seen) != 1 {
		t.Errorf("%v after %d calls", err, len(l.seen))
	}
}

func TestEventThatIsNotThere(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]answers{
		"404": says(404, calendarError("NOT_FOUND")), "400": says(400, calendarError("PATTERN_NOT_MATCHED")), "no event": says(200, `{"events":[]}`), "204": says(204, ""),
	} {
		client, _ := newClient(t, answer)
		if _, err := client.GetCalendarEvent(t.Context(), "a", "u", ""); asError(t, err).Kind != zoho.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFreeBusy(t *testing.T) {
	t.Parallel()
	at := func(h int) time.Time { return time.Date(2026, 11, 23, h, 0, 0, 0, time.UTC) }
	for name, c := range map[string]struct {
		status int
		body   string
		want   []zoho.Busy
		kind   zoho.Kind
	}{
		"busy": {200, `{"freebusy":[{"fbtype":"busy","startTime":"20261123T100000Z","endTime":"20261123T110000Z"},{"fbtype":"outofwork","startTime":"20261123","endTime":"20261124Z"},{"fbtype":"free","startTime":"20261123T120000Z","endTime":"20261123T130000Z"}]}`, []zoho.Busy{
			{Type: "busy", Span: zoho.Span{Start: at(10), End: at(11)}}, {Type: "outofwork", Span: zoho.Span{AllDay: true, FirstDay: "2026-11-23", LastDay: "2026-11-24"}},
		}, ""},
		"nothing: a member":     {200, `{"NODATA":true}`, nil, ""},
		"nothing: a word":       {200, "NODATA", nil, ""},
		"nothing: a JSON text":  {200, `"NODATA"`, nil, ""},
		"nothing: a list":       {200, `{"freebusy":[]}`, nil, ""},
		"nothing: 204":          {204, "", nil, ""},
		"not shared":            {200, `{"fb_not_enabled":true}`, nil, zoho.NotShared},
		"not shared and a list": {200, `{"fb_not_enabled":"true","freebusy":[]}`, nil, zoho.NotShared},
		"says nothing":          {200, `{}`, nil, zoho.Unreadable},
		"a time that is none":   {200, `{"freebusy":[{"fbtype":"busy","startTime":"soon","endTime":"20261123T110000Z"}]}`, nil, zoho.Unreadable},
		"another word":          {200, "OKAY", nil, zoho.Unreadable},
	} {
		client, l := newClient(t, says(c.status, c.body))
		got, err := client.FreeBusy(t.Context(), "ann@ridgeline.example", noon, noon.Add(time.Hour))
		if !reflect.DeepEqual(got, c.want) || c.kind == "" && err != nil || c.kind != "" && asError(t, err).Kind != c.kind {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if q := l.seen[0].Query.Encode(); l.seen[0].Path != "/api/v1/calendars/freebusy" || q != "edate=20261123T130000&ftype=eventbased&sdate=20261123T120000&uemail=ann%40ridgeline.example" {
			t.Errorf("%s: %s", name, q)
		}
	}
}
