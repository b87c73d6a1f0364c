package scheduler_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestStopTheReminders: by a person, and by a mail program as RFC 8058 has it; looking changes nothing.
func TestStopTheReminders(t *testing.T) {
	t.Parallel()
	h := pages(t)
	booked := post(t, h, "/book/o/details", "service", "s", "zip", "60601", "start", "2026-12-01T09:00:00Z", "last_name", "Visitor", "email", "v@x.example")
	mine, _, _ := strings.Cut(booked.Header().Get("Location"), "?")
	path := mine + "/reminders"
	stopped := func(want bool, after string) {
		t.Helper()
		for range 2 {
			got := ask(t, h, path)
			if is := document(t, got).Find("button[name=want]").Length() == 1; got.Code != http.StatusOK || is != want {
				t.Errorf("%s: %d, stopped: %v", after, got.Code, is)
			}
		}
	}
	stopped(false, "nothing")
	if got := post(t, h, path, "List-Unsubscribe", "One-Click"); got.Code != http.StatusOK || got.Header().Get("Location") != "" {
		t.Errorf("one click: %d %s", got.Code, got.Header().Get("Location"))
	}
	stopped(true, "one click")
	if got := post(t, h, path, "want", "1"); got.Code != http.StatusSeeOther || got.Header().Get("Location") != path {
		t.Errorf("again: %d %s", got.Code, got.Header().Get("Location"))
	}
	stopped(false, "wanting them again")
	post(t, h, path)
	stopped(true, "the button")
	if got := post(t, h, "/appointments/nobody/reminders"); got.Code != http.StatusNotFound {
		t.Errorf("a link that is none: %d", got.Code)
	}
}
