package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestSlotsAreDescribed: the answer is bytes to huma, and must be described all the same.
func TestSlotsAreDescribed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	w := httptest.NewRecorder()
	d.api.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/openapi.json", http.NoBody))
	var doc struct {
		Paths map[string]map[string]struct {
			Responses map[string]struct {
				Content map[string]struct{ Schema json.RawMessage }
			}
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	schema := string(doc.Paths["/api/v1/schedulers/{scheduler}/slots"]["get"].Responses["200"].Content["application/json"].Schema)
	for _, want := range []string{"timezone", "slots", "source", "reason"} {
		if !strings.Contains(schema, `"`+want+`"`) {
			t.Errorf("no %s in %s", want, schema)
		}
	}
}
