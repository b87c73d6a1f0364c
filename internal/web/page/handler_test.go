package page_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/web/page"
)

// TestErrorPages: what is away for a while says when to come again, and is told to whoever runs the server.
func TestErrorPages(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err    error
		status int
		retry  string
		told   bool
	}{
		"away for a while": {fault.Later(5*time.Second, "Away.").Because(errors.New("dial tcp")), 503, "5", true},
		"too many":         {fault.TooMany(time.Minute, "Slowly."), 429, "60", false},
		"not there":        {fault.New(fault.NotFound, "Not there."), 404, "", false},
		"ours":             {errors.New("dial tcp"), 500, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			told := false
			e, err := page.NewErrors(func(context.Context, error) { told = true }, func(context.Context) string { return "r1" })
			if err != nil {
				t.Fatal(err)
			}
			w := httptest.NewRecorder()
			e.Wrap(func(http.ResponseWriter, *http.Request) error { return c.err }).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/", http.NoBody))
			if !strings.Contains(w.Body.String(), "<code>r1</code>") {
				t.Errorf("the page does not name its request: %s", w.Body)
			}
			if w.Code != c.status || w.Header().Get("Retry-After") != c.retry || told != c.told || strings.Contains(w.Body.String(), "dial tcp") {
				t.Errorf("%d, Retry-After %q, told %v: %s", w.Code, w.Header().Get("Retry-After"), told, w.Body)
			}
		})
	}
}
