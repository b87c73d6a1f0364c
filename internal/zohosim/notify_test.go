package zohosim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// receiver is what notify_url leads to. It keeps what it gets.
type receiver struct {
	*httptest.Server
	t   testing.TB
	got chan reply
}

// newReceiver answers each notification as status says, 200 without.
func newReceiver(t testing.TB, tls bool, status func() int) *receiver {
	t.Helper()
	rc := &receiver{t: t, got: make(chan reply, 10_000)}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got := reply{t: t, header: r.Header, raw: string(raw)}
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		if err := d.Decode(&got.body); err != nil || r.Method != "POST" || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
			t.Errorf("%s %s: %v", r.Method, raw, err)
		}
		if status != nil {
			w.WriteHeader(status())
		}
		rc.got <- got
	})
	rc.Server = httptest.NewUnstartedServer(handler)
	rc.Config.ErrorLog = log.New(io.Discard, "", 0)
	if tls {
		rc.StartTLS()
	} else {
		rc.Start()
	}
	t.Cleanup(rc.Close)
	return rc
}

// next waits for a notification.
func (rc *receiver) next() reply {
	rc.t.Helper()
	select {
	case r := <-rc.got:
		return r
	case <-time.After(20 * time.Second):
		rc.t.Fatal("no notification")
		return reply{}
	}
}

// is checks values in a notification's body.
func (r reply) is(pairs ...any) reply {
	r.t.Helper()
	return r.want(r.status, pairs...)
}

// running is a watcher that sends notifications.
func running(t testing.TB, s setup) *kit {
	t.Helper()
	k := watcher(t, s)
	k.run()
	return k
}

// run runs the background work until the test ends, or until the function it gives is called.
func (k *kit) run() (stop func()) {
	k.t.Helper()
	ctx, cancel := context.WithCancel(k.t.Context())
	done := make(chan error, 1)
	go func() { done <- k.sim.Run(ctx) }()
	ended := false
	stop = func() {
		if cancel(); ended {
			return
		}
		ended = true
		if err := <-done; err != nil {
			k.t.Error(err)
		}
	}
	k.t.Cleanup(stop)
	return stop
}

// hook makes channel 1 towards a receiver.
func (k *kit) hook(rc *receiver, events []string, more ...any) {
	k.t.Helper()
	k.watch("POST", aChannel(1, events, append([]any{"notify_url", rc.URL + "/hook"}, more...)...)).want(201)
}

// all waits until nothing more is on its way, and gives what came.
func (k *kit) all(rc *receiver) []reply {
	k.t.Helper()
	tick, late := time.NewTicker(5*time.Millisecond), time.After(20*time.Second)
	defer tick.Stop()
	for k.notifications("waiting") != "0" {
		select {
		case <-tick.C:
		case <-late:
			k.t.Fatalf("still waiting: %s", k.get("/_sim/stats").raw)
		}
	}
	var out []reply
	for {
		select {
		case r := <-rc.got:
			out = append(out, r)
		default:
			return out
		}
	}
}

func (k *kit) notifications(name string) string {
	k.t.Helper()
	return k.get("/_sim/stats").text("notifications." + name)
}

// told sums notifications up: "insert 5725…,5725…".
func told(list []reply) []string {
	out := []string{}
	for _, r := range list {
		var ids []string
		for _, id := range r.at("ids").([]any) {
			ids = append(ids, id.(string))
		}
		out = append(out, r.text("operation")+" "+strings.Join(ids, ","))
	}
	return out
}

func (k *kit) wantTold(rc *receiver, want ...string) {
	k.t.Helper()
	if got := told(k.all(rc)); !slices.Equal(got, want) {
		k.t.Errorf("told %q, want %q", got, want)
	}
}

func TestNotificationBody(t *testing.T) {
	t.Parallel()
	k, rc := running(t, setup{}), newReceiver(t, false, nil)
	k.hook(rc, []string{"Leads.all"}, "channel_id", "1000000068001")
	id := k.insert("Leads", lead("One", "Company", "X"))[0]
	got := rc.next()
	want := fmt.Sprintf(`{"server_time":%d,"query_params":{},"module":"Leads","resource_uri":"%s/crm/v2/Leads","ids":["%s"],`+
		`"affected_fields":[{"%s":["Company","Last_Name","Owner"]}],"operation":"insert","channel_id":"1000000068001","token":"tok"}`,
		start.UnixMilli(), k.url, id, id)
	fields := got.at("affected_fields.0." + id).([]any)
	slices.SortFunc(fields, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	sorted, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(got.raw, `:["`+firstOf(got, id))
	_, after, _ := strings.Cut(rest, "]")
	if raw := before + ":" + string(sorted) + after; raw != want {
		t.Errorf("got  %s\nwant %s", raw, want)
	}
	k.one("PUT", "/crm/v8/Leads/"+id, map[string]any{"Company": "Y", "Last_Name": "One"}).want(200)
	rc.next().is("operation", "update", "affected_fields.0."+id+".0", "Company", "affected_fields.0."+id+".1", nil, "ids.0", id, "ids.1", nil)
	k.do("DELETE", "/crm/v8/Leads/"+id, nil).want(200)
	rc.next().is("operation", "delete", "affected_fields.0."+id+".0", "Modified_By", "affected_fields.0."+id+".1", "Record_Status__s", "affected_values", nil)
	k.all(rc) // the third is counted after it has come
	if n := k.notifications("delivered"); n != "3" {
		t.Errorf("%s delivered", n)
	}
}

// firstOf is the first of a record's affected fields as they came.
func firstOf(r reply, id string) string {
	_, rest, _ := strings.Cut(r.raw, `"`+id+`":["`)
	first, _, _ := strings.Cut(rest, `"`)
	return first
}

func TestNotificationHasValuesOnlyOnRequest(t *testing.T) {
	t.Parallel()
	k, rc := running(t, setup{}), newReceiver(t, false, nil)
	k.hook(rc, []string{"Contacts.all", "Events.all"}, "return_affected_field_values", true, "token", nil)
	contact := k.insert("Contacts", map[string]any{"Last_Name": "Young", "Owner": ben})[0]
	v := "affected_values.0.values."
	r := rc.next().is("affected_values.0.record_id", contact, v+"Last_Name", "Young", v+"Owner.id", ben, v+"Owner.name", "Ben Brooks", "token", nil)
	if _, there := r.body.(map[string]any)["token"]; !there {
		t.Error("token is not there")
	}
	event := k.insert("Events", meeting("m", start, "Who_Id", contact))[0]
	rc.next().is("module", "Events", v+"Start_DateTime", "2026-11-23T09:00:00-06:00", v+"Who_Id.id", contact, v+"Who_Id.name", "Young")
	k.one("PUT", "/crm/v8/Events/"+event, map[string]any{"Who_Id": nil}).want(200)
	rc.next().is(v+"Who_Id", nil, "affected_fields.0."+event+".0", "Who_Id")
	k.do("DELETE", "/crm/v8/Events/"+event, nil).want(200)
	rc.next().is(v+"Modified_By.id", rae, v+"Modified_By.email", "rae@ridgeline.example", v+"Record_Status__s", "0")

	k.switchTo("notification_value_keys", "column_name")
	k.one("PUT", "/crm/v8/Contacts/"+contact, map[string]any{"Last_Name": "Z"}).want(200)
	rc.next().is("affected_values.0.values.LAST_NAME", "Z", v+"Last_Name", nil, "affected_fields.0."+contact+".0", "Last_Name")
	k.switchTo("notification_affected_fields", "empty")
	k.one("PUT", "/crm/v8/Contacts/"+contact, map[string]any{"Last_Name": "Q"}).want(200)
	if r := rc.next(); !strings.Contains(r.raw, `"affected_fields":[]`) || r.text("affected_values.0.values.LAST_NAME") != "Q" {
		t.Errorf("%s", r.raw)
	}
}

// Every way in which a record can change is told.
func TestEveryKindOfChangeNotifies(t *testing.T) {
	t.Parallel()
	k, rc := running(t, setup{}), newReceiver(t, false, nil)
	k.hook(rc, []string{"Leads.all", "Events.all"})
	ids := k.insert("Leads", lead("A", "Email", "a@x.example"), lead("B"), lead("C"))
	k.wantTold(rc, "insert "+strings.Join(ids, ","))
	k.do("PUT", "/crm/v8/Leads", map[string]any{"data": []any{map[string]any{"id": ids[0], "City": "c"}, map[string]any{"id": ids[1], "City": "c"}, map[string]any{"id": "1"}}}).want(207)
	k.wantTold(rc, "update "+ids[0]+","+ids[1])
	r := k.do("POST", "/crm/v8/Leads/upsert", map[string]any{"data": []any{lead("A2", "Email", "a@x.example"), lead("D", "Email", "d@x.example")}}).want(200)
	d := r.text("data.1.details.id")
	k.wantTold(rc, "update "+ids[0], "insert "+d)
	k.do("DELETE", "/crm/v8/Leads?ids="+ids[1]+","+ids[2], nil).want(200)
	k.wantTold(rc, "delete "+ids[1]+","+ids[2])
	k.one("POST", "/crm/v8/Leads", map[string]any{"Last_Name": nil}).want(400) // refused: nothing changed
	k.wantTold(rc)

	event := k.insert("Events", meeting("m", start.Add(time.Hour), "Participants", []any{map[string]any{"type": "email", "participant": "z@x.example"}}, "send_notification", true))[0]
	k.one("POST", "/crm/v8/Events/"+event+"/actions/cancel", map[string]any{"send_cancelling_mail": false}).want(200)
	got := k.all(rc)
	if t2 := told(got); !slices.Equal(t2, []string{"insert " + event, "update " + event}) || !strings.Contains(got[1].raw, `"affected_fields":[]`) {
		t.Errorf("cancelled: %q %s", t2, got[len(got)-1].raw)
	}

	page := "/_sim/page/78654321/Leads/"
	made := k.form(page+"new", "f.Last_Name", "P", "f.Company", "X").want(303).header.Get("Location")
	p := strings.TrimPrefix(strings.TrimSuffix(made, "?done=created"), page)
	k.wantTold(rc, "insert "+p)
	k.form(page+p, "f.Last_Name", "Q", "as", ann).want(303)
	got = k.all(rc)
	if t2 := told(got); !slices.Equal(t2, []string{"update " + p}) || got[0].at("affected_fields.0."+p+".1") != "Modified_By" && got[0].at("affected_fields.0."+p+".0") != "Modified_By" {
		t.Errorf("saved by Ann: %q %v", t2, got)
	}
	k.form(page + p).want(303) // nothing typed, nothing changed
	k.wantTold(rc)
	k.form(page + p + "/delete").want(303)
	k.wantTold(rc, "delete "+p)
	e2 := k.insert("Events", meeting("n", start))[0]
	k.form("/_sim/page/78654321/Events/" + e2 + "/cancel").want(303)
	k.wantTold(rc, "insert "+e2, "update "+e2)

	loaded, err := k.sim.Load("Leads", []map[string]any{{"Last_Name": "L"}})
	if err != nil {
		t.Fatal(err)
	}
	k.wantTold(rc, "insert "+loaded[0])
	have := k.get("/_sim/records/Leads")
	k.control("PUT", "/_sim/modules/Leads", map[string]any{"fields": []any{map[string]any{"api_name": "Last_Name"}, map[string]any{"api_name": "Email"}, map[string]any{"api_name": "City"}}}).want(200)
	k.wantTold(rc) // defining fields changes no record
	kept := have.at("data.0").(map[string]any)
	k.control("PUT", "/_sim/modules/Leads", map[string]any{"records": []any{
		map[string]any{"id": kept["id"], "Last_Name": kept["Last_Name"], "Email": kept["Email"], "City": kept["City"], "Modified_Time": kept["Modified_Time"], "Modified_By": kept["Modified_By"]},
		map[string]any{"id": d, "Last_Name": "changed"},
		map[string]any{"id": "5725767000000999999", "Last_Name": "new"},
	}}).want(200)
	k.wantTold(rc, "delete "+loaded[0], "update "+d, "insert 5725767000000999999")
}

func TestOnlyWhatIsWatchedIsTold(t *testing.T) {
	t.Parallel()
	k, rc := running(t, setup{}), newReceiver(t, false, nil)
	for operation, want := range map[string][]string{
		"create": {"insert"}, "edit": {"update"}, "delete": {"delete"}, "all": {"insert", "update", "delete"},
	} {
		k.hook(rc, []string{"Leads." + operation, "Deals.all"})
		id := k.insert("Leads", lead("x"))[0]
		k.insert("Contacts", lead("x"))
		k.one("PUT", "/crm/v8/Leads/"+id, map[string]any{"City": "c"}).want(200)
		k.do("DELETE", "/crm/v8/Leads/"+id, nil).want(200)
		for i := range want {
			want[i] += " " + id
		}
		k.wantTold(rc, want...)
	}
	k.do("DELETE", "/crm/v8/actions/watch?channel_ids=1", nil).want(200)
	k.insert("Leads", lead("x"))
	k.wantTold(rc)
	// Another organization's changes are not told, and the other way round.
	k.hook(rc, []string{"Leads.all"})
	k.access = k.exchange(k.url, k.grantCode(k.url, watchScopes, "otto@other.example")).text("access_token")
	k.insert("Leads", lead("x"))
	k.wantTold(rc)
}

func TestConditionsHoldChangesBack(t *testing.T) {
	t.Parallel()
	k, rc := running(t, setup{}), newReceiver(t, false, nil)
	for name, c := range map[string]struct {
		selection any
		changes   map[string]bool // which fields change → told
	}{
		"one field": {field("Email"), map[string]bool{"Email": true, "Phone": false, "Email Phone": true}},
		"or":        {group("or", field("Email"), field("Phone")), map[string]bool{"Email": true, "Phone": true, "City": false}},
		"and":       {group("and", field("Email"), field("Phone")), map[string]bool{"Email": false, "Phone": false, "Email Phone": true, "Email Phone City": true}},
		"nested": {
			group("and", field("City"), group("or", field("Email"), field("Phone"))),
			map[string]bool{"City": false, "Email Phone": false, "City Phone": true},
		},
		"owner": {field("Owner"), map[string]bool{"Owner": true, "City": false}},
	} {
		k.hook(rc, []string{"Leads.edit", "Contacts.edit"}, "notification_condition", fieldSelection(c.selection))
		for fields, want := range c.changes {
			id := k.insert("Leads", lead("x", "City", "old"))[0]
			item := map[string]any{"Last_Name": "x"}
			for f := range strings.FieldsSeq(fields) {
				item[f] = map[string]string{"Email": id + "@x.example", "Phone": "123", "City": "new", "Owner": ben}[f]
			}
			k.one("PUT", "/crm/v8/Leads/"+id, item).want(200)
			if got := len(k.all(rc)) == 1; got != want {
				t.Errorf("%s: change of %s told: %v, want %v", name, fields, got, want)
			}
		}
		contact := k.insert("Contacts", lead("x"))[0] // a module without conditions
		k.one("PUT", "/crm/v8/Contacts/"+contact, map[string]any{"Title": "t"}).want(200)
		k.wantTold(rc, "update "+contact)
	}
}

func TestConditionsOnNewAndDeletedRecords(t *testing.T) {
	t.Parallel()
	k, rc := running(t, setup{}), newReceiver(t, false, nil)
	k.hook(rc, []string{"Leads.all"}, "notification_condition", fieldSelection(field("Email")))
	a := k.insert("Leads", lead("x"))[0]
	k.wantTold(rc, "insert "+a)
	k.switchTo("watch_condition_on", "create_and_edit")
	k.insert("Leads", lead("x"))
	b := k.insert("Leads", lead("x", "Email", "b@x.example"))[0]
	k.do("DELETE", "/crm/v8/Leads/"+a, nil).want(200)
	k.wantTold(rc, "insert "+b, "delete "+a)
}

func TestWatchDeliveryLossAndDuplicate(t *testing.T) {
	t.Parallel()
	k, rc := running(t, setup{}), newReceiver(t, false, nil)
	k.hook(rc, []string{"Leads.all"})
	k.switchTo("notification_loss", 1)
	for range 20 {
		k.insert("Leads", lead("x"))
	}
	k.wantTold(rc)
	if n := k.notifications("lost"); n != "20" {
		t.Errorf("%s lost", n)
	}
	k.switchTo("notification_loss", 0, "notification_duplicate", 1)
	var want []string
	for range 20 {
		id := k.insert("Leads", lead("x"))[0]
		want = append(want, "insert "+id, "insert "+id)
	}
	k.wantTold(rc, want...)
	k.get("/_sim/stats").want(200, "notifications.raised", "40", "notifications.delivered", "20", "notifications.duplicated", "20", "notifications.failed", "0")
	k.switchTo("notification_loss", 0.5, "notification_duplicate", 0.5)
	for range 200 {
		k.insert("Leads", lead("x"))
	}
	// Half of 200 are lost and half of the others come twice: 150 on average, and beyond 70 to 230 once in 10^10 runs.
	if n := len(k.all(rc)); n < 70 || n > 230 {
		t.Errorf("%d of 200", n)
	}
}

func TestWatchDeliveryInBatches(t *testing.T) {
	t.Parallel()
	k, rc := running(t, setup{}), newReceiver(t, false, nil)
	k.hook(rc, []string{"Leads.all"}, "return_affected_field_values", true)
	k.switchTo("notification_batch_max", 1)
	ids := k.leads(3)
	k.wantTold(rc, "insert "+ids[0], "insert "+ids[1], "insert "+ids[2])
	k.switchTo("notification_batch_max", 2)
	ids = k.insert("Leads", lead("x"), lead("x"), lead("x"))
	k.wantTold(rc, "insert "+ids[0]+","+ids[1], "insert "+ids[2])

	// Later calls join while the time runs, which here ends by the third record.
	k.switchTo("notification_batch_max", 3, "notification_batch_ms", 600_000)
	a, b := k.insert("Leads", lead("a"))[0], k.insert("Leads", lead("b"))[0]
	if len(rc.got) != 0 {
		t.Error("sent before its time")
	}
	c := k.insert("Leads", lead("c"))[0]
	k.wantTold(rc, "insert "+a+","+b+","+c)

	// The same record changed twice is told once, with what changed altogether and how it is now.
	k.switchTo("notification_batch_max", 2)
	for _, item := range []map[string]any{{"City": "1"}, {"City": "2"}, {"State": "IL"}} {
		k.one("PUT", "/crm/v8/Leads/"+a, item).want(200)
	}
	k.one("PUT", "/crm/v8/Leads/"+b, map[string]any{"City": "3"}).want(200)
	got := k.all(rc)
	if len(got) != 1 {
		t.Fatalf("told %q", told(got))
	}
	got[0].is(
		"ids.0", a, "ids.1", b, "ids.2", nil, "affected_fields.0."+a+".0", "City", "affected_fields.0."+a+".1", "State",
		"affected_values.0.values.City", "2", "affected_values.0.values.State", "IL", "affected_values.1.record_id", b,
	)

	k.switchTo("notification_batch_ms", 50) // and here by itself
	k.insert("Leads", lead("d"))
	rc.next()
}

func TestWatchDeliveryInOrderAndOutOfOrder(t *testing.T) {
	t.Parallel()
	k, rc := watcher(t, setup{}), newReceiver(t, false, nil) // nothing is sent until all wait
	k.hook(rc, []string{"Leads.all"})
	insert := func() (want []string) {
		for range 10 {
			want = append(want, "insert "+k.insert("Leads", lead("x"))[0])
		}
		return want
	}
	want := insert()
	stop := k.run()
	k.wantTold(rc, want...)
	stop()
	k.switchTo("notification_reorder", true)
	want = insert()
	slices.Reverse(want)
	k.run()
	k.wantTold(rc, want...)
}

func TestWatchDeliveryDelay(t *testing.T) {
	t.Parallel()
	k, rc := running(t, setup{}), newReceiver(t, false, nil)
	k.hook(rc, []string{"Leads.all"})
	k.switchTo("notification_delay_ms", 600_000)
	k.insert("Leads", lead("late"))
	k.get("/_sim/stats").want(200, "notifications.raised", "1", "notifications.waiting", "1", "notifications.delivered", "0")
	k.control("POST", "/_sim/reset", map[string]any{"seed": "empty"}).want(200) // what waits is dropped, channels are gone
	k.get("/_sim/stats").want(200, "notifications.raised", "0", "notifications.waiting", "0")
	k.connect(watchScopes)
	k.get("/crm/v8/actions/watch").empty(204)
	k.hook(rc, []string{"Leads.all"})
	k.switchTo("notification_delay_ms", 300)
	before := time.Now()
	id := k.insert("Leads", lead("x"))[0]
	rc.next().is("ids.0", id)
	if took := time.Since(before); took < 300*time.Millisecond {
		t.Errorf("came after %s", took)
	}
}

func TestNotificationIsSentAgainOnlyWhenTheSwitchSaysSo(t *testing.T) {
	t.Parallel()
	k := running(t, setup{})
	answers := make(chan int, 10)
	rc := newReceiver(t, false, func() int { return <-answers })
	k.hook(rc, []string{"Leads.all"})
	answers <- 500
	k.insert("Leads", lead("x"))
	if got := k.all(rc); len(got) != 1 || k.notifications("failed") != "1" {
		t.Errorf("sent %d times, %s failed", len(got), k.notifications("failed"))
	}
	k.switchTo("notification_retries", 2)
	answers <- 503
	answers <- 302 // no success, and not followed
	answers <- 204
	k.insert("Leads", lead("x"))
	if got := k.all(rc); len(got) != 3 || k.notifications("delivered") != "1" || k.notifications("failed") != "1" {
		t.Errorf("sent %d times: %s", len(got), k.get("/_sim/stats").raw)
	}
	rc.Close()
	k.switchTo("notification_retries", 0)
	k.insert("Leads", lead("x"))
	k.all(rc)
	if n := k.notifications("failed"); n != "2" {
		t.Errorf("%s failed", n)
	}
}

func TestCertificateOfTheReceiver(t *testing.T) {
	t.Parallel()
	k, rc := running(t, setup{}), newReceiver(t, true, nil)
	k.hook(rc, []string{"Leads.all"})
	k.insert("Leads", lead("x"))
	k.wantTold(rc)
	if n := k.notifications("failed"); n != "1" {
		t.Errorf("%s failed", n)
	}
	k.switchTo("notification_tls", "any")
	id := k.insert("Leads", lead("x"))[0]
	k.wantTold(rc, "insert "+id)
}

func TestExpiredOrMutedChannelsDeliverNothing(t *testing.T) {
	t.Parallel()
	k, rc := running(t, setup{}), newReceiver(t, false, nil)
	k.hook(rc, []string{"Leads.all"}, "channel_expiry", nil)
	advance := func(seconds int) {
		k.control("POST", "/_sim/clock", map[string]any{"advance_seconds": seconds}).want(200)
	}
	advance(3599)
	id := k.insert("Leads", lead("x"))[0]
	rc.next().is("ids.0", id, "server_time", fmt.Sprint(start.Add(3599*time.Second).UnixMilli()))
	advance(1)
	k.access = k.renew(k.refresh).text("access_token")
	k.insert("Leads", lead("x"))
	k.wantTold(rc)
	k.hook(rc, []string{"Leads.all"})
	k.control("POST", "/_sim/channels", map[string]any{"action": "mute"}).want(200, "affected", "1")
	k.listed("1")
	k.insert("Leads", lead("x"))
	k.watch("PATCH", aChannel(1, []string{"Leads.all"}, "notify_url", rc.URL)).want(200)
	k.insert("Leads", lead("x"))
	k.wantTold(rc)
	k.watch("PUT", aChannel(1, []string{"Leads.all"}, "notify_url", rc.URL)).want(200)
	id = k.insert("Leads", lead("x"))[0]
	k.wantTold(rc, "insert "+id)
}

// A receiver that does not answer holds up its own channel, not the others; Run ends although it still waits.
func TestSlowReceiverHoldsUpOnlyItsChannel(t *testing.T) {
	t.Parallel()
	k := watcher(t, setup{})
	stop := k.run()
	release := make(chan bool)
	slow := newReceiver(t, false, func() int {
		<-release
		return 200
	})
	t.Cleanup(func() { close(release) })
	quick := newReceiver(t, false, nil)
	k.watch("POST", aChannel(1, []string{"Leads.all"}, "notify_url", slow.URL), aChannel(2, []string{"Leads.all"}, "notify_url", quick.URL)).want(201)
	for range 5 {
		k.insert("Leads", lead("x"))
	}
	for range 5 {
		quick.next()
	}
	stop()
	if len(slow.got) != 0 {
		t.Error("the slow one has answered")
	}
}

func TestChannelsSurviveTheDeathOfTheProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k, rc := watcher(t, setup{dir: dir}), newReceiver(t, false, nil)
	condition := fieldSelection(group("or", field("Email"), field("Phone")))
	k.hook(rc, []string{"Leads.all", "Events.create"}, "return_affected_field_values", true, "notification_condition", condition)
	k.watch("POST", aChannel(2, []string{"Leads.all"}), aChannel(3, []string{"Leads.all"}), aChannel(4, []string{"Leads.all"})).want(201)
	k.watch("PUT", aChannel(2, []string{"Deals.edit"}, "token", "t2")).want(200)
	k.do("DELETE", "/crm/v8/actions/watch?channel_ids=3", nil).want(200)
	k.watch("PATCH", map[string]any{"channel_id": 4, "events": []string{"Leads.all"}, "_delete_events": true}).want(200)
	list, control := k.get("/crm/v8/actions/watch"), k.get("/_sim/channels")
	look := func(again *kit) {
		t.Helper()
		if got := again.get("/_sim/channels").raw; got != control.raw {
			t.Errorf("channels %s\nwere %s", got, control.raw)
		}
		if got := strings.ReplaceAll(again.get("/crm/v8/actions/watch").raw, again.url, k.url); got != list.raw {
			t.Errorf("list %s\nwas %s", got, list.raw)
		}
	}
	k.insert("Leads", lead("waits")) // a notification that waits is lost
	again := k.reopened(dir)
	look(again)
	again.run()
	id := again.insert("Leads", lead("after"))[0]
	rc.next().is("ids.0", id, "channel_id", "1", "affected_values.0.values.Last_Name", "after")
	again.one("PUT", "/crm/v8/Leads/"+id, map[string]any{"City": "c"}).want(200)
	if got := again.all(rc); len(got) != 0 {
		t.Errorf("the condition is lost: %q", told(got))
	}
	if err := k.sim.CompactForTest(); err != nil {
		t.Fatal(err)
	}
	look(k.reopened(dir))
	k.control("POST", "/_sim/reset", nil).want(200)
	k.reopened(dir).get("/_sim/channels").want(200, "channels.0", nil)
}

func TestChannelThatCannotBeKeptIsRefused(t *testing.T) {
	t.Parallel()
	k, rc := watcher(t, setup{dir: t.TempDir()}), newReceiver(t, false, nil)
	k.hook(rc, []string{"Leads.all"})
	k.run()
	if err := k.sim.Close(); err != nil {
		t.Fatal(err)
	}
	k.watch("POST", aChannel(2, []string{"Leads.all"})).want(500)
	k.do("DELETE", "/crm/v8/actions/watch?channel_ids=1", nil).want(500)
	k.control("POST", "/_sim/channels", map[string]any{"action": "expire"}).want(500)
	if got := k.get("/_sim/channels").list("channels", "channel_id"); !slices.Equal(got, []string{"1"}) {
		t.Errorf("channels %v", got)
	}
	k.do("POST", "/crm/v8/Leads", map[string]any{"data": []any{lead("undone")}}).want(500)
	k.wantTold(rc)
}

// Without Run notifications wait up to a limit; then they are lost instead of filling the memory.
func TestTooManyWaitingNotificationsAreLost(t *testing.T) {
	t.Parallel()
	k, rc := watcher(t, setup{}), newReceiver(t, false, nil)
	k.hook(rc, []string{"Leads.all"})
	k.switchTo("notification_batch_max", 1)
	many := make([]map[string]any, 10_003)
	for i := range many {
		many[i] = map[string]any{"Last_Name": "x"}
	}
	if _, err := k.sim.Load("Leads", many); err != nil {
		t.Fatal(err)
	}
	k.get("/_sim/stats").want(200, "notifications.raised", "10003", "notifications.waiting", "10000", "notifications.lost", "3")
}

// The listener's address may come later than the channel.
func TestResourceURIFollowsTheDataCentre(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{others: []string{"eu"}})
	k.run()
	rc := newReceiver(t, false, nil)
	eu := k.servers["eu"].URL
	k.access = k.exchange(eu, k.grantCode(eu, watchScopes, "")).text("access_token")
	body := map[string]any{"watch": []any{aChannel(1, []string{"Leads.all"}, "notify_url", rc.URL)}}
	k.do("POST", eu+"/crm/v8/actions/watch", body).want(201, "watch.0.details.events.0.resource_uri", eu+"/crm/v8/Leads")
	k.connect(everything)
	k.insert("Leads", lead("x")) // in us: it is the same organization
	rc.next().is("resource_uri", eu+"/crm/v2/Leads")
	k.sim.SetBaseURL("eu", "https://www.zohoapis.eu")
	k.insert("Leads", lead("x"))
	rc.next().is("resource_uri", "https://www.zohoapis.eu/crm/v2/Leads")
	k.sim.SetBaseURL("eu", "")
	k.insert("Leads", lead("x"))
	rc.next().is("resource_uri", eu+"/crm/v2/Leads")
}

func TestReceiverThatNeverAnswersIsGivenUp(t *testing.T) {
	t.Parallel()
	k := running(t, setup{})
	given := make(chan time.Duration, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		before := time.Now()
		_, _ = io.Copy(io.Discard, r.Body) // so that the server notices when the sender leaves
		<-r.Context().Done()
		given <- time.Since(before)
	}))
	t.Cleanup(server.Close)
	k.watch("POST", aChannel(1, []string{"Leads.all"}, "notify_url", server.URL)).want(201)
	k.insert("Leads", lead("x"))
	select {
	case took := <-given:
		if took < 5*time.Second {
			t.Errorf("given up after %s", took)
		}
	case <-time.After(30 * time.Second):
		t.Error("never given up")
	}
}

func TestAtMostSixteenNotificationsAreSentAtATime(t *testing.T) {
	t.Parallel()
	k := running(t, setup{})
	var now, most atomic.Int64
	arrived, release := make(chan bool, 1000), make(chan bool)
	rc := newReceiver(t, false, func() int {
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		arrived <- true
		<-release
		now.Add(-1)
		return 200
	})
	var many []any
	for i := range 40 {
		many = append(many, aChannel(i+1, []string{"Leads.all"}, "notify_url", rc.URL))
	}
	k.watch("POST", many...).want(201)
	k.insert("Leads", lead("x"))
	for range 16 {
		<-arrived
	}
	k.insert("Leads", lead("y")) // time for a seventeenth to come
	close(release)
	if n := len(k.all(rc)); n != 40*2 {
		t.Errorf("%d notifications", n)
	}
	if most.Load() != 16 {
		t.Errorf("%d at a time", most.Load())
	}
}

func TestChannelsAreOnTheWatchPage(t *testing.T) {
	t.Parallel()
	k := watcher(t, setup{})
	if !strings.Contains(k.get("/_sim/page/watch").raw, "Nobody watches for changes.") {
		t.Error("somebody watches")
	}
	k.watch("POST", aChannel(1000000068001, []string{"Leads.all"}, "notify_url", "http://127.0.0.1:1/<hook>")).want(201)
	page := k.get("/_sim/page/watch").want(200).raw
	for _, want := range []string{"1000000068001", "Leads.all", "/&lt;hook&gt;", "0 delivered"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is missing", want)
		}
	}
}
