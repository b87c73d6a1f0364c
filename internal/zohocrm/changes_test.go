package zohocrm_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/zohosim"
)

// all reads a window to its end.
func all(seq iter.Seq2[crm.Record, error]) (ids []string, err error) {
	for r, err := range seq {
		if err != nil {
			return ids, err
		}
		ids = append(ids, r.ID)
	}
	return ids, nil
}

// meeting makes an Event and gives its id.
func (w *world) meeting(title string, start, end time.Time) string {
	w.t.Helper()
	id, err := w.provider.Create(w.t.Context(), "Events", crm.Values{"Event_Title": title, "Start_DateTime": start, "End_DateTime": end, "Owner": crm.Ref{ID: "5725767000000411001"}})
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func TestWindowMeetsTheRange(t *testing.T) {
	t.Parallel()
	w := connected(t)
	from, to := morning.Add(24*time.Hour), morning.Add(48*time.Hour)
	long := w.meeting("around", from.Add(-time.Hour), to.Add(time.Hour))
	first := w.meeting("into", from.Add(-time.Hour), from.Add(time.Second))
	last := w.meeting("out of", to.Add(-time.Second), to.Add(time.Hour))
	w.meeting("before", from.Add(-time.Hour), from)
	w.meeting("after", to, to.Add(time.Hour))
	window := crm.Window{Module: "Events", Fields: []string{"Event_Title", "Start_DateTime", "Owner"}, Start: "Start_DateTime", End: "End_DateTime", From: from, To: to}
	for name, c := range map[string]struct {
		change func(*crm.Window)
		want   []string
	}{
		"the range, half-open":         {func(*crm.Window) {}, []string{long, first, last}},
		"an end within a second":       {func(w *crm.Window) { w.To = to.Add(-time.Second + time.Millisecond) }, []string{long, first, last}},
		"a beginning within a second":  {func(w *crm.Window) { w.From = from.Add(time.Millisecond) }, []string{long, first, last}},
		"without an end":               {func(w *crm.Window) { w.To, w.From = time.Time{}, to.Add(-time.Second); w.Match = match("out of") }, []string{last}},
		"by the start alone":           {func(w *crm.Window) { w.End = "" }, []string{last}},
		"a further condition":          {func(w *crm.Window) { w.Match = match("into") }, []string{first}},
		"nothing that meets condition": {func(w *crm.Window) { w.Match = match("nowhere") }, nil},
	} {
		asked := window
		c.change(&asked)
		got, err := all(w.provider.Window(t.Context(), asked))
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v; want %v", name, got, err, c.want)
		}
	}
	for r, err := range w.provider.Window(t.Context(), window) {
		at, ok := r.Values["Start_DateTime"].(time.Time)
		owner, _ := r.Values["Owner"].(crm.Ref)
		if err != nil || !ok || at.Location() != time.UTC || owner.ID != "5725767000000411001" || r.Text("Event_Title") != "around" {
			t.Errorf("the first row: %+v, %v", r, err)
		}
		break
	}
}

func match(title string) []crm.Match {
	return []crm.Match{{Field: "Event_Title", Op: crm.Equal, Value: title}}
}

func TestWindowSinceAChange(t *testing.T) {
	t.Parallel()
	w := connected(t)
	w.control("PUT", "/_sim/modules/Site_Visits", visits, nil)
	since := crm.Window{Module: "Site_Visits", Fields: []string{"Name"}, ModifiedSince: morning.Add(300 * time.Millisecond)}
	got, err := all(w.provider.Window(t.Context(), since))
	if err != nil || len(got) != 3 {
		t.Errorf("of the same second: %v, %v", got, err)
	}
	since.ModifiedSince = morning.Add(time.Second)
	if got, err := all(w.provider.Window(t.Context(), since)); err != nil || len(got) != 0 {
		t.Errorf("a second later: %v, %v", got, err)
	}
}

// many defines a module of n records.
func (w *world) many(n int) {
	w.t.Helper()
	records := make([]string, n)
	for i := range records {
		records[i] = fmt.Sprintf(`{"Name":"Visit %d"}`, i)
	}
	w.control("PUT", "/_sim/modules/Visits", `{"module":{},"fields":[{"api_name":"Name","system_mandatory":true}],"records":[`+strings.Join(records, ",")+`]}`, nil)
}

// TestWindowCost: 200 rows for a credit, then 2,000 for three; where Zoho takes no more than 200 at once, so many.
func TestWindowCost(t *testing.T) {
	t.Parallel()
	for most, costs := range map[string]map[int]int{"2000": {0: 1, 200: 1, 201: 4, 2200: 4, 2201: 7}, "200": {201: 2, 450: 3}} {
		for n, credits := range costs {
			t.Run(fmt.Sprintf("%d rows, at most %s", n, most), func(t *testing.T) {
				t.Parallel()
				w := connectedWhere(t, nil, map[string]string{"coql_limit_max": most})
				w.many(n)
				got, err := all(w.provider.Window(t.Context(), crm.Window{Module: "Visits", Fields: []string{"Name"}, ModifiedSince: morning.Add(-time.Hour)}))
				if err != nil || len(got) != n || !slices.IsSorted(got) || len(slices.Compact(got)) != n {
					t.Errorf("%d rows, sorted %v, %v", len(got), slices.IsSorted(got), err)
				}
				// What Zoho refuses may cost too: the simulator counts one for it, and so do we.
				refused := map[bool]int{true: 3}[most == "200"]
				if w.credits() != credits+refused {
					t.Errorf("%d credits, want %d", w.credits(), credits+refused)
				}
			})
		}
	}
}

func TestWindowThatCanNotBe(t *testing.T) {
	t.Parallel()
	w := connected(t)
	for name, c := range map[string]struct {
		window crm.Window
		class  crm.Class // "": refused before any call
	}{
		"no such module":            {crm.Window{Module: "Nowhere", ModifiedSince: morning}, crm.Unfit},
		"no such field":             {crm.Window{Module: "Events", Fields: []string{"Nothing"}, ModifiedSince: morning}, crm.Unfit},
		"what COQL can not give":    {crm.Window{Module: "Events", Fields: []string{"$event_cancelled"}, ModifiedSince: morning}, crm.Rejected},
		"no field for the start":    {crm.Window{Module: "Events", From: morning, To: morning.Add(time.Hour)}, ""},
		"more fields than Zoho has": {crm.Window{Module: "Events", Fields: make([]string, 49), ModifiedSince: morning}, ""},
	} {
		_, err := all(w.provider.Window(t.Context(), c.window))
		if p := crm.AsProblem(err); err == nil || c.class != "" && (p == nil || p.Class != c.class) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRecordsByID(t *testing.T) {
	t.Parallel()
	w := connected(t)
	const other = "5725767000000990001"
	w.control("PUT", "/_sim/modules/Events", fmt.Sprintf(`{"records":[{"id":%q,"Event_Title":"cancelled","Start_DateTime":"2026-11-23T16:00:00+00:00","End_DateTime":"2026-11-23T17:00:00+00:00",%q:true}]}`, other, "$event_cancelled"), nil)
	id := w.meeting("kept", morning.Add(time.Hour), morning.Add(2*time.Hour))
	got, err := w.provider.Records(t.Context(), "Events", []string{other, id, "5725767000009999999", id}, []string{"Event_Title", "Start_DateTime"})
	if err != nil || len(got) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, r := range got {
		want := r.ID == other
		if !r.TellsCancelled || r.Cancelled != want || r.Text("Event_Title") != map[bool]string{true: "cancelled", false: "kept"}[want] {
			t.Errorf("%+v", r)
		}
	}
	if got, err := w.provider.Records(t.Context(), "Events", []string{"5725767000009999999"}, []string{"id"}); err != nil || len(got) != 0 {
		t.Errorf("what is not there: %v, %v", got, err)
	}
	before := len(w.calls)
	if got, err := w.provider.Records(t.Context(), "Events", nil, []string{"id"}); err != nil || len(got) != 0 || len(w.calls) != before {
		t.Errorf("nothing asked for: %v, %v", got, err)
	}
	if _, err := w.provider.Records(t.Context(), "Nowhere", []string{id}, []string{"id"}); !crm.IsClass(err, crm.Unfit) {
		t.Errorf("no such module: %v", err)
	}
}

func TestRecordsAHundredAtATime(t *testing.T) {
	t.Parallel()
	w := connected(t)
	w.many(201)
	ids, err := all(w.provider.Window(t.Context(), crm.Window{Module: "Visits", ModifiedSince: morning.Add(-time.Hour)}))
	if err != nil {
		t.Fatal(err)
	}
	w.calls = nil
	got, err := w.provider.Records(t.Context(), "Visits", ids, []string{"Name"})
	if err != nil || len(got) != 201 || len(w.calls) != 3 || w.credits() != 3 {
		t.Errorf("%d records in %d calls for %d credits, %v", len(got), len(w.calls), w.credits(), err)
	}
}

func TestDeletions(t *testing.T) {
	t.Parallel()
	w := connected(t)
	if got, err := w.provider.Deletions(t.Context(), "Events", time.Time{}); err != nil || len(got) != 0 {
		t.Fatalf("nothing deleted: %v, %v", got, err)
	}
	id := w.meeting("gone", morning.Add(time.Hour), morning.Add(2*time.Hour))
	if err := w.provider.Delete(t.Context(), "Events", id); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		since time.Time
		n     int
	}{
		"ever": {time.Time{}, 1}, "since that very instant": {morning.Add(999 * time.Millisecond), 1}, "since the next second": {morning.Add(time.Second), 0},
	} {
		got, err := w.provider.Deletions(t.Context(), "Events", c.since)
		if err != nil || len(got) != c.n || c.n == 1 && (got[0].ID != id || !got[0].At.Equal(morning)) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	w.calls = nil
	if _, err := w.provider.Deletions(t.Context(), "Nowhere", morning); !crm.IsClass(err, crm.Unfit) {
		t.Errorf("no such module: %v", err)
	}
}

// TestDeletionsBeyondTenPages: a whole module that somebody emptied is not cut off at 2,000.
func TestDeletionsBeyondTenPages(t *testing.T) {
	t.Parallel()
	w := connectedWhere(t, nil, nil)
	w.many(2301)
	ids, err := all(w.provider.Window(t.Context(), crm.Window{Module: "Visits", ModifiedSince: morning.Add(-time.Hour)}))
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if err := w.provider.Delete(t.Context(), "Visits", id); err != nil {
			t.Fatal(err)
		}
	}
	w.calls = nil
	got, err := w.provider.Deletions(t.Context(), "Visits", morning)
	if err != nil || len(got) != 2301 || w.credits() != 24 {
		t.Errorf("%d for %d credits, %v", len(got), w.credits(), err)
	}
}

var hook = crm.Channel{ID: "1000000068001", Modules: []string{"Events", "Leads"}, URL: "http://127.0.0.1:1/hooks/zoho/s", Token: secret.NewString("tok")}

func TestWatch(t *testing.T) {
	t.Parallel()
	w := connected(t)
	ctx := t.Context()
	if _, there, err := w.provider.Watching(ctx, hook.ID); there || err != nil {
		t.Fatalf("before: %v, %v", there, err)
	}
	got, err := w.provider.Watch(ctx, hook)
	if err != nil || !slices.Equal(got.Modules, hook.Modules) || got.ID != hook.ID {
		t.Fatalf("%+v, %v", got, err)
	}
	if left := got.Expires.Sub(morning); left != 7*24*time.Hour-time.Hour {
		t.Errorf("asked for as long as can be, got %v", left)
	}
	there, ok, err := w.provider.Watching(ctx, hook.ID)
	if err != nil || !ok || !there.Expires.Equal(got.Expires) || there.URL != hook.URL || there.Token.Reveal() != "tok" || len(there.Modules) != 2 {
		t.Errorf("as Zoho has it: %+v, %v, %v", there, ok, err)
	}
	shorter := hook
	shorter.Modules, shorter.Expires, shorter.Token = []string{"Events"}, morning.Add(90*time.Minute+300*time.Millisecond), secret.NewString("new")
	w.calls = nil
	if got, err = w.provider.Watch(ctx, shorter); err != nil || !got.Expires.Equal(morning.Add(90*time.Minute)) || len(w.calls) != 1 {
		t.Errorf("renewed: %+v, %v in %d calls", got, err, len(w.calls))
	}
	there, _, _ = w.provider.Watching(ctx, hook.ID)
	if !slices.Equal(there.Modules, []string{"Events"}) || there.Token.Reveal() != "new" {
		t.Errorf("replaced whole: %+v", there)
	}
	for range 2 {
		if err := w.provider.Unwatch(ctx, hook.ID); err != nil {
			t.Errorf("ended: %v", err)
		}
	}
	if _, there, err := w.provider.Watching(ctx, hook.ID); there || err != nil {
		t.Errorf("after: %v, %v", there, err)
	}
	if err := w.provider.Unwatch(ctx); err != nil {
		t.Error(err)
	}
}

// TestWatchUnderEachReading: renewing never depends on what Zoho's pages leave open about channels.
func TestWatchUnderEachReading(t *testing.T) {
	t.Parallel()
	for _, s := range zohosim.Switches() {
		if !strings.HasPrefix(s.Name, "watch_") && s.Name != "all_failed_status" && s.Name != "write_error_wrapping" {
			continue
		}
		for _, value := range others(s) {
			t.Run(s.Name+"="+value, func(t *testing.T) {
				t.Parallel()
				w := connectedWhere(t, nil, map[string]string{s.Name: value})
				for range 2 {
					if got, err := w.provider.Watch(t.Context(), hook); err != nil || got.Expires.Sub(morning) < 6*24*time.Hour {
						t.Errorf("%+v, %v", got, err)
					}
				}
				w.control("POST", "/_sim/clock", `{"advance_seconds":691200}`, nil)
				if _, there, err := w.provider.Watching(t.Context(), hook.ID); there || err != nil && !crm.IsClass(err, crm.Down) {
					t.Errorf("a week later: %v, %v", there, err)
				}
			})
		}
	}
}

func TestWatchThatIsRefused(t *testing.T) {
	t.Parallel()
	w := connected(t)
	nowhere := hook
	nowhere.Modules = []string{"Nowhere"}
	long := hook
	long.Token = secret.NewString(strings.Repeat("x", 51))
	for name, c := range map[string]crm.Channel{"no such module": nowhere, "a token that is too long": long, "no channel": {}} {
		_, err := w.provider.Watch(t.Context(), c)
		if !crm.IsClass(err, crm.Rejected) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && (strings.Contains(err.Error(), "hooks") || strings.Contains(err.Error(), "xxx")) {
			t.Errorf("%s: the error tells address or token: %v", name, err)
		}
	}
}

func TestParseNotice(t *testing.T) {
	t.Parallel()
	w := connected(t)
	n, err := w.connector.ParseNotice([]byte(`{"module":"Events","ids":["57",58],"operation":"delete","channel_id":1000000068001,"token":"tok"}`))
	if err != nil || n.Channel != hook.ID || n.Token.Reveal() != "tok" || n.Module != "Events" || !n.Deleted || !slices.Equal(n.IDs, []string{"57", "58"}) {
		t.Errorf("%+v, %v", n, err)
	}
	if _, err := w.connector.ParseNotice([]byte(`{"token":"tok"}`)); !fault.Is(err, fault.Invalid) || strings.Contains(err.Error(), "tok\"") {
		t.Errorf("no notification: %v", err)
	}
}

func TestPeople(t *testing.T) {
	t.Parallel()
	w := connected(t)
	people, err := w.provider.People(t.Context())
	if err != nil || len(people) < 3 {
		t.Fatalf("%d, %v", len(people), err)
	}
	for _, p := range people {
		if p.ID == "" || p.Name == "" || !strings.Contains(p.Email, "@") || p.Timezone == "" {
			t.Errorf("%+v", p)
		}
	}
	if !slices.ContainsFunc(people, func(p crm.Person) bool { return p.Active && p.ID == "5725767000000411001" }) {
		t.Errorf("a rep is missing: %+v", people)
	}
}

// TestChangesAccidents: every accident reads as a problem of its class, whatever is read.
func TestChangesAccidents(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault string
		class crm.Class
	}{
		"expired token": {`"action":"status","status":401,"body":{"code":"INVALID_TOKEN","details":{},"message":"invalid oauth token","status":"error"}`, crm.Down},
		"no scope":      {`"action":"status","status":401,"body":{"code":"OAUTH_SCOPE_MISMATCH","details":{},"message":"x","status":"error"}`, crm.ScopeMissing},
		"too many":      {`"action":"status","status":429,"body":{"code":"TOO_MANY_REQUESTS","details":{},"message":"x","status":"error"}`, crm.Throttled},
		"server error":  {`"action":"status","status":500`, crm.Down},
		"HTML":          {`"action":"html","status":200`, crm.Down},
		"cut":           {`"action":"cut"`, crm.Down},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := connectedWhere(t, nil, nil)
			w.control("POST", "/_sim/faults", `{"path_prefix":"/crm/v8/",`+c.fault+`}`, nil)
			for what, read := range w.readings() {
				err := read(t.Context())
				if p := crm.AsProblem(err); p == nil || p.Class != c.class {
					t.Errorf("%s: %v, want %s", what, err, c.class)
				}
			}
			w.control("DELETE", "/_sim/faults", "", nil)
			for what, read := range w.readings() {
				if err := read(t.Context()); err != nil {
					t.Errorf("%s once it is over: %v", what, err)
				}
			}
		})
	}
}

func (w *world) readings() map[string]func(context.Context) error {
	p := w.provider
	return map[string]func(context.Context) error{
		"window": func(ctx context.Context) error {
			_, err := all(p.Window(ctx, crm.Window{Module: "Events", ModifiedSince: morning}))
			return err
		},
		"records": func(ctx context.Context) error {
			_, err := p.Records(ctx, "Events", []string{"57"}, []string{"id"})
			return err
		},
		"deletions": func(ctx context.Context) error { _, err := p.Deletions(ctx, "Events", morning); return err },
		"watch":     func(ctx context.Context) error { _, err := p.Watch(ctx, hook); return err },
		"watching":  func(ctx context.Context) error { _, _, err := p.Watching(ctx, hook.ID); return err },
		"unwatch":   func(ctx context.Context) error { return p.Unwatch(ctx, "1000000068002") },
		"people":    func(ctx context.Context) error { _, err := p.People(ctx); return err },
	}
}

func TestAReaderThatStops(t *testing.T) {
	t.Parallel()
	w := connected(t)
	w.many(450)
	w.calls = nil
	for _, err := range w.provider.Window(t.Context(), crm.Window{Module: "Visits", ModifiedSince: morning.Add(-time.Hour)}) {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := all(w.provider.Window(ctx, crm.Window{Module: "Visits", ModifiedSince: morning})); !errors.Is(err, context.Canceled) || len(w.calls) != 2 {
		t.Errorf("%v after %d calls", err, len(w.calls))
	}
}
