package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
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

// operationsOf gives the operations of a path by method.
func operationsOf(item *huma.PathItem) map[string]*huma.Operation {
	out := map[string]*huma.Operation{}
	for method, o := range map[string]*huma.Operation{http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodPut: item.Put, http.MethodDelete: item.Delete} {
		if o != nil {
			out[method] = o
		}
	}
	return out
}
