package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/auth"
)

// TestListsNameTheParameterThatIsWrong: a filter that can match nothing is a mistake of the caller, not an empty list.
func TestListsNameTheParameterThatIsWrong(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for query, wrong := range map[string]string{
		"appointments": "", "leads": "", "customers": "", "sync-attempts": "",
		"appointments?from=&to=&status=&cursor=": "", "leads?stage=": "", "leads?stage=won": "", "sync-attempts?state=": "", "sync-attempts?state=failed": "",
		"appointments?from=2026-12-01&to=2026-12-01": "", "appointments?from=2026-12-01T10:00:00Z&to=2026-12-01T10:00:00Z": "",
		"sync-attempts?state=bogus": "state", "leads?stage=bogus": "stage", "appointments?status=bogus": "status",
		"appointments?from=2026-12-02&to=2026-12-01": "to",
		"appointments?from=2026-12-03&to=2026-12-01": "to", "appointments?from=2026-12-01T10:00:00Z&to=2026-12-01T09:00:00Z": "to",
		"sync-attempts?state=failed&state=bogus": "", "sync-attempts?state=bogus&state=failed": "state", // the first counts
		"appointments?from=yesterday": "from", "appointments?limit=1000": "limit",
		"appointments?cursor=junk": "cursor", "leads?cursor=junk": "cursor", "customers?cursor=junk": "cursor", "sync-attempts?cursor=junk": "cursor",
		"appointments?cursor=MC5hcHRfMQ": "", "appointments?cursor=MC4": "cursor", "customers?cursor=MC5hcHRfMQ": "cursor", "sync-attempts?cursor=LTEueA": "cursor",
	} {
		t.Run(query, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/orgs/ridge/"+query, http.NoBody)
			r.Header.Set("Authorization", "Bearer "+d.keys[auth.Member])
			w := httptest.NewRecorder()
			d.api.ServeHTTP(w, r)
			if wrong == "" && w.Code != 200 || wrong != "" && (w.Code != 422 || !strings.Contains(w.Body.String(), `"field":"`+wrong+`"`)) {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
}
