package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// call sends a request with the engineer's key and reads the answer.
func (w world) call(t *testing.T, method, path, body string, want int) map[string]any {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "/api/v1"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+w.key)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	rec := httptest.NewRecorder()
	w.api.ServeHTTP(rec, r)
	if rec.Code != want {
		t.Fatalf("%s %s: %d %s", method, path, rec.Code, rec.Body)
	}
	out := map[string]any{}
	if rec.Body.Len() > 0 {
		if err := json.Unmarshal(rec.Body.Bytes(), &out); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestWebhooksByTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const all = "/orgs/ridge/webhooks"
	w.call(t, http.MethodPost, all, `{"url":"https://127.0.0.1/","types":["lead.created"]}`, 422)
	w.call(t, http.MethodPost, all, `{"url":"https://example.com/","types":[]}`, 422)
	made := w.call(t, http.MethodPost, all, `{"url":"https://example.com/h","types":["lead.created"],"description":"billing"}`, 201)
	secret, _ := made["secret"].(string)
	if !strings.HasPrefix(secret, "whsec_") {
		t.Fatal(made)
	}
	one := all + "/" + made["id"].(string)
	if list := w.call(t, http.MethodGet, all, "", 200); len(list["webhooks"].([]any)) != 1 {
		t.Error(list)
	}
	if got := w.call(t, http.MethodGet, one, "", 200); got["secret"] != nil || got["state"] != "active" || got["last_sequence"] != 0.0 {
		t.Error(got)
	}
	if got := w.call(t, http.MethodPost, one+"/rotate", "", 200); got["secret"] == secret || got["secret"] == nil {
		t.Error("the secret is the same")
	}
	w.call(t, http.MethodPost, "/schedulers/ridge/leads", `{"kind":"contact_us","customer":{"last_name":"Doe","email":"doe@example.com"},"message":"Hello"}`, 201)
	w.call(t, http.MethodPost, one+"/test", "", 201)
	list := w.call(t, http.MethodGet, one+"/deliveries?limit=1", "", 200)
	if d := list["deliveries"].([]any)[0].(map[string]any); d["type"] != "webhook.test" || d["sequence"] != 2.0 || d["state"] != "waiting" || list["next"] != "2" {
		t.Error(list)
	}
	list = w.call(t, http.MethodGet, one+"/deliveries?cursor=2", "", 200)
	if d := list["deliveries"].([]any)[0].(map[string]any); d["type"] != "lead.created" || list["next"] != nil {
		t.Error(list)
	}
	w.call(t, http.MethodGet, one+"/deliveries?cursor=x", "", 422)
	w.call(t, http.MethodGet, one+"/deliveries/1", "", 200)
	w.call(t, http.MethodGet, one+"/deliveries/3", "", 404)
	w.call(t, http.MethodPost, one+"/deliveries/1/redeliver", "", 200)
	if got := w.call(t, http.MethodPut, one, `{"url":"https://example.com/h","types":["lead.created"],"disabled":true}`, 200); got["state"] != "disabled" || got["why"] == nil {
		t.Error(got)
	}
	w.call(t, http.MethodPost, one+"/test", "", 409)
	w.call(t, http.MethodPut, one, `{"url":"https://example.com/h","types":["lead.created"]}`, 200)
	w.call(t, http.MethodPost, one+"/replay", `{"since":"yesterday"}`, 422)
	w.call(t, http.MethodPost, one+"/replay", `{"since":"2027-01-01T00:00:00Z"}`, 422)
	w.call(t, http.MethodPost, one+"/replay", `{"since":"2026-11-30T22:00:00-06:00"}`, 200)
	w.call(t, http.MethodDelete, one, "", 204)
	w.call(t, http.MethodGet, one, "", 404)
	w.call(t, http.MethodDelete, one, "", 404)
}
