package admin_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/trace"
	"heavyset.tech/platform/internal/webhook"
)

// hook adds a webhook to ridge with one message, a test, and gives its id.
func (w *world) hook(url string) string {
	w.t.Helper()
	e, err := w.hooks.Create(w.t.Context(), w.ridge.ID, webhook.Draft{URL: url, Types: webhook.Types()}, "Rae Ridge")
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.hooks.Ping(w.t.Context(), w.ridge.ID, e.ID); err != nil {
		w.t.Fatal(err)
	}
	return string(e.ID)
}

// receiver is an organization's own program: it checks the signature as the specification's library does.
type receiver struct {
	secret atomic.Value
	status atomic.Int32
	bodies chan string
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	check, err := standardwebhooks.NewWebhook(r.secret.Load().(string))
	if err == nil {
		err = check.VerifyIgnoringTimestamp(body, req.Header)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	r.bodies <- string(body)
	w.WriteHeader(int(r.status.Load()))
	_, _ = io.WriteString(w, "hello "+hostile+" jo@example.com")
}

// TestAWebhookFromAddingToRemoving: the secret is shown once and signs; what is not taken can be seen and sent again; a
// former secret signs for a day; what is missed while it is off can be replayed.
func TestAWebhookFromAddingToRemoving(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	rec := &receiver{bodies: make(chan string, 20)}
	rec.status.Store(http.StatusTeapot)
	rec.secret.Store("")
	server := httptest.NewServer(rec)
	defer server.Close()
	b := w.as("admin@ridge.example")
	const path = "/admin/orgs/ridge/webhooks"
	b.get(path).has(t, "main .empty", "No webhooks yet")
	for _, wrong := range [][]string{
		{"url", "http://example.com", "types", "lead.created"},
		{"url", "https://10.0.0.1/", "types", "lead.created"},
		{"url", server.URL},
		{"url", server.URL, "types", "lead.exploded"},
		{"url", server.URL, "types", "lead.created", "description", strings.Repeat("x", 101)},
	} {
		if got := b.post(path, wrong...); got.code != http.StatusUnprocessableEntity || got.text("main .error") == "" {
			t.Errorf("%v: %d %q", wrong, got.code, got.text("main .error"))
		}
	}
	made := b.post(path, "url", server.URL+"/?q=<b>", "types", "lead.created", "types", "appointment.booked", "description", hostile)
	made.sound(t, path)
	secret := made.text("#secret")
	if !strings.HasPrefix(secret, "whsec_") {
		t.Fatalf("no secret is shown: %q", made.text("main"))
	}
	rec.secret.Store(secret)
	list := b.get(path)
	list.sound(t, path)
	list.has(t, "#webhooks tbody tr", hostile)
	one := list.Find("#webhooks tbody a").AttrOr("href", "")
	if page := b.get(one); strings.Contains(list.body+page.body, secret) {
		t.Error("the secret is shown again")
	}
	b.get(one).sound(t, one)

	sent := b.post(one + "/test")
	b.get(sent.location).has(t, "main", "It has not been sent yet")
	deliver := func(n int64) error {
		return w.hooks.Deliver(trace.WithJob(t.Context(), 7), webhook.Queued{Org: w.ridge.ID, Endpoint: webhook.EndpointID(one[len(path)+1:]), Sequence: n})
	}
	if err := deliver(1); err == nil {
		t.Error("418 was taken as taken")
	}
	if body := <-rec.bodies; !strings.Contains(body, `"type":"webhook.test"`) || !strings.Contains(body, `"sequence":1`) || !strings.Contains(body, `"organization":"ridge"`) {
		t.Error(body)
	}
	got := b.get(sent.location)
	got.sound(t, sent.location)
	got.has(t, "#live", "The server answered 418")
	got.has(t, "[aria-labelledby=attempts] li", "In the log: job 7")
	got.has(t, "pre", "hello "+hostile+" •••")
	got.has(t, "#live .pill", "Waiting")
	b.get(one).has(t, ".actions .pill", "Trying again")
	if err := deliver(1); err == nil || len(rec.bodies) > 0 {
		t.Errorf("it was sent before its time: %v", err)
	}
	rec.status.Store(http.StatusNoContent)
	if again := b.post(sent.location); again.code != http.StatusSeeOther {
		t.Fatal(again.code)
	}
	w.clock.forward(10 * time.Second)
	if err := deliver(1); err != nil {
		t.Error(err)
	}
	<-rec.bodies
	b.get(sent.location).has(t, "#live", "Taken with 204")
	b.get(one).has(t, ".actions .pill", "On")

	rotated := b.post(one + "/secret")
	rotated.sound(t, one+"/secret")
	rotated.has(t, "main", "The secret before signs too until")
	for _, by := range []string{secret, rotated.text("#secret")} { // a receiver with the old one, then one with the new
		rec.secret.Store(by)
		b.post(sent.location)
		if err := deliver(1); err != nil {
			t.Error(err)
		}
		<-rec.bodies
	}
	b.get(one).has(t, "#facts + dl", "Former secret signs too until")

	b.post(one, "url", server.URL, "types", "appointment.booked", "on", "0")
	b.get(one).has(t, ".notice-warning", "Nothing is sent to this webhook. It was turned off.")
	w.book(at(2, 10, 0), jo, nil)
	b.get(one).has(t, "main tbody tr", "2 appointment.booked")
	b.get(one).has(t, "main tbody tr .pill", "Held")
	if got := b.post(one + "/test"); got.code != http.StatusConflict {
		t.Errorf("a test of one that is off: %d", got.code)
	}
	b.post(one, "url", server.URL, "types", "appointment.booked", "on", "1")
	if got := b.post(one+"/replay", "since", "yesterday"); got.code != http.StatusUnprocessableEntity || got.text("main .error") == "" {
		t.Errorf("a time that is none: %d", got.code)
	}
	b.post(one+"/replay", "since", "2026-11-30T22:30")
	b.get(one).has(t, ".notice-success", "2 messages are sent again")

	ask := b.get(b.get(one).Find("a.button-danger").AttrOr("href", ""))
	ask.sound(t, "the question")
	b.post(ask.Find("main form").AttrOr("action", ""))
	b.get(path).has(t, "main .empty", "No webhooks yet")
	all := strings.Join(w.events(w.ridge.ID), "\n")
	for _, want := range []string{"Webhook added", "Webhook tested", "Webhook message sent again", "Webhook secret rotated", "state: active → disabled", "Webhook messages replayed", "Webhook removed"} {
		if !strings.Contains(all, want) {
			t.Errorf("the audit lacks %q", want)
		}
	}
	if strings.Contains(all, "whsec_") {
		t.Error("the audit holds a secret")
	}
}

// TestAListOfManyMessages: filtered by state, in pages.
func TestAListOfManyMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	id := w.hook("https://hooks.example/" + strings.Repeat("long/", 30))
	for range 60 {
		if _, err := w.hooks.Ping(context.WithoutCancel(t.Context()), w.ridge.ID, webhook.EndpointID(id)); err != nil {
			t.Fatal(err)
		}
	}
	b := w.as("admin@ridge.example")
	path := "/admin/orgs/ridge/webhooks/" + id
	first := b.get(path)
	first.has(t, "main tbody tr", "61 webhook.test")
	next := b.get(first.Find(".paging a[rel=next]").AttrOr("href", ""))
	next.has(t, "main tbody tr", "11 webhook.test")
	if first.count("main tbody tr") != 50 || next.count("main tbody tr") != 11 {
		t.Error(first.count("main tbody tr"), next.count("main tbody tr"))
	}
	b.get(path+"?state=delivered").has(t, "main", "No message is in this state")
	for _, n := range []string{"0", "62", "x", "-1", "99999999999999999999"} {
		if got := b.get(fmt.Sprint(path, "/deliveries/", n)); got.code != http.StatusNotFound {
			t.Errorf("message %s: %d", n, got.code)
		}
	}
}
