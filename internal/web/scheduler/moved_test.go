package scheduler_test

import (
	"net/http"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/web/scheduler"
)

// TestMovedIsSaidOnce: a message is promised only where one goes out, after a change and not for another one.
func TestMovedIsSaidOnce(t *testing.T) {
	t.Parallel()
	h, _, _, _ := waitPages(t, north(), func(*scheduler.Pages) {})
	const start = "2026-12-01T09:00:00Z"
	booked := post(t, h, "/book/o/details", "service", "s", "zip", "60601", "start", start, "first_name", "Jo", "last_name", "Doe", "email", "v@x.example", "street", "1 Elm", "city", "X")
	mine, _, _ := strings.Cut(booked.Header().Get("Location"), "?")
	if booked.Code != http.StatusSeeOther || mine == "" {
		t.Fatalf("%d %s", booked.Code, booked.Body)
	}
	if same := post(t, h, mine+"/reschedule", "start", start).Header().Get("Location"); same != mine {
		t.Errorf("moved to where it is, it leads to %s", same)
	}
	to := post(t, h, mine+"/reschedule", "start", "2026-12-01T10:00:00Z").Header().Get("Location")
	const promise = "A message with the new time"
	if page := ask(t, h, to).Body.String(); !strings.Contains(page, promise) {
		t.Errorf("%s: %s", to, page)
	}
	if page := ask(t, h, mine+"?moved=1").Body.String(); strings.Contains(page, promise) {
		t.Error("what was not sent is promised")
	}
}
