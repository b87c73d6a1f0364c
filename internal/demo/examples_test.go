package demo_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"heavyset.tech/platform/internal/demo"
)

// described is a call of the API's description.
type described struct {
	method, path string
	*openapi3.Operation
}

// exampleWorld calls the examples of the description, with what there is in the place of ids, times and Zoho's words.
type exampleWorld struct {
	*world
	real map[string]string
}

// TestEveryExampleOfTheAPI: each call of the description works as its example shows it, what it answers is as described,
// with no member that is not, and so is a refusal.
func TestEveryExampleOfTheAPI(t *testing.T) {
	t.Parallel()
	w0, _ := inProcess(t, func(o *demo.Options) { o.Version = "v1" })
	w := &exampleWorld{w0, map[string]string{}}
	status, raw := w.call(http.MethodGet, w.base+"/api/openapi-3.0.json", "")
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		t.Fatalf("%d %v", status, err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Errorf("the description: %v", err)
	}
	calls := map[string]described{}
	for path, item := range doc.Paths.Map() {
		for method, o := range item.Operations() {
			calls[o.OperationID] = described{method, path, o}
		}
	}
	free := w.slots("inspection", 1, 20)
	w.real["2026-12-01T10:00:00-06:00"], w.real["2026-12-02T14:00:00-06:00"] = free[2], free[len(free)-3]
	w.real["2026-12-01T09:00:00-06:00"] = time.Now().Add(-time.Hour).Format(time.RFC3339)
	today := time.Now()
	w.real["2026-12-01"], w.real["2026-12-14"], w.real["2026-12-31"] = today.Format(time.DateOnly), today.AddDate(0, 0, 13).Format(time.DateOnly), today.AddDate(0, 0, 30).Format(time.DateOnly)
	configs := get[struct {
		CRMConfigs []struct{ ID string } `json:"crm_configs"`
	}](w.world, w.base+"/api/v1/orgs/ridgeline/crm-configs")
	w.real["crm_06h1i0enp6bpai8crvi1g4s6t4"] = configs.CRMConfigs[0].ID

	first := []string{"scheduler", "slots", "hold", "book", "capture-lead", "managed", "appointments"}
	last := []string{"cancel", "remove-webhook", "replace-catalog", "create-organization"}
	for _, id := range first {
		w.run(calls[id])
	}
	w.learn()
	for _, id := range []string{"create-webhook", "test-webhook"} {
		w.run(calls[id])
	}
	rest := []string{}
	for id := range calls {
		if !slices.Contains(first, id) && !slices.Contains(last, id) && id != "create-webhook" && id != "test-webhook" && id != "connect" {
			rest = append(rest, id)
		}
	}
	slices.Sort(rest)
	for _, id := range append(rest, last...) {
		w.run(calls[id])
	}
	w.connect(calls["connect"])
}

// learn finds what the examples of the staff tell of, once the booking is written.
func (w *exampleWorld) learn() {
	w.t.Helper()
	type ids struct {
		ID       string
		Lead     string
		Customer struct{ ID string }
	}
	a := get[ids](w.world, w.base+"/api/v1/orgs/ridgeline/appointments/"+w.real["apt_06h1i0enp78fhoch1neqk8dutg"])
	w.real["lead_06h1i0enp48aqlga88e7aa1ts0"], w.real["cus_06h1i0enp6bpai8crvi1g4s6t4"] = a.Lead, a.Customer.ID
	deadline := time.Now().Add(patience)
	for w.real["try_06h1i0enp6bpai8crvi1g4s6t4"] == "" {
		list := get[struct {
			Attempts []ids `json:"sync_attempts"`
		}](w.world, w.base+"/api/v1/orgs/ridgeline/sync-attempts?appointment="+a.ID)
		if len(list.Attempts) > 0 {
			w.real["try_06h1i0enp6bpai8crvi1g4s6t4"] = list.Attempts[0].ID
		}
		if time.Now().After(deadline) {
			w.t.Fatal("the booking was never written")
		}
		<-time.After(20 * time.Millisecond)
	}
}

// connect runs the example with a grant code of the simulator.
func (w *exampleWorld) connect(d described) {
	w.t.Helper()
	status, raw := w.call(http.MethodPost, w.zoho+"/_sim/grant", `{"client_id":"1000.SIMCLIENT","redirect_uri":"`+w.base+`/oauth/zoho/callback","scope":"ZohoCRM.modules.ALL,ZohoCRM.settings.ALL,ZohoCRM.users.READ,ZohoCRM.org.READ,ZohoCRM.coql.READ,ZohoCRM.bulk.READ,ZohoCRM.notifications.ALL"}`)
	var g struct {
		Code     string
		Location string
		Server   string `json:"accounts_server"`
	}
	if err := json.Unmarshal(raw, &g); err != nil || status != 200 {
		w.t.Fatal(status, err, string(raw))
	}
	w.real["1000.0SRSZSY37WMZ69405H3TMYI2239VZW"], w.real["the-client's-secret"] = "1000.SIMCLIENT", "sim-secret"
	w.real["1000.the-grant-code"], w.real["https://accounts.zoho.com"] = g.Code, g.Server
	w.run(d)
}

// put gives an example with what there is in its place.
func (w *exampleWorld) put(v any) any {
	switch v := v.(type) {
	case string:
		if is, ok := w.real[v]; ok {
			return is
		}
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			out[k] = w.put(x)
		}
		return out
	}
	return v
}

// run calls an example, once as it is and once refused, and holds the answers against the description.
func (w *exampleWorld) run(d described) {
	w.t.Helper()
	path, query := d.path, url.Values{}
	for _, p := range d.Parameters {
		text := fmt.Sprint(w.put(p.Value.Example))
		switch {
		case p.Value.Example == nil && p.Value.Required:
			w.t.Errorf("%s: no example of %s", d.OperationID, p.Value.Name)
		case p.Value.In == "path":
			path = strings.Replace(path, "{"+p.Value.Name+"}", url.PathEscape(text), 1)
		case p.Value.In == "query" && p.Value.Example != nil:
			query.Set(p.Value.Name, text)
		}
	}
	body := ""
	if d.RequestBody != nil {
		media := d.RequestBody.Value.Content["application/json"]
		if media == nil || media.Example == nil || len(d.RequestBody.Value.Content) != 1 {
			w.t.Errorf("%s: no example of its body", d.OperationID)
			return
		}
		v := w.put(media.Example)
		if err := media.Schema.Value.VisitJSON(v); err != nil {
			w.t.Errorf("%s: its example is not as it describes its body: %v", d.OperationID, err)
		}
		b, err := json.Marshal(v)
		if err != nil {
			w.t.Fatal(err)
		}
		body = string(b)
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	status, raw := w.call(d.method, w.base+path, body, "Authorization", "Bearer "+testToken)
	if status < 200 || status > 299 {
		w.t.Errorf("%s: %s %s answers %d %s", d.OperationID, d.method, path, status, raw)
		return
	}
	w.judge(d, status, "application/json", raw)
	w.note(d.OperationID, raw)
	wrong := strings.NewReplacer("/ridgeline", "/no-such-place", "/appointments/", "/appointments/no-such-token-").Replace(path)
	if status, raw = w.call(d.method, w.base+wrong, body); status < 400 {
		w.t.Errorf("%s: %s %s without a key answers %d", d.OperationID, d.method, wrong, status)
		return
	}
	w.judge(d, status, "application/problem+json", raw)
}

// note remembers what was made.
func (w *exampleWorld) note(id string, raw []byte) {
	var made struct {
		ID          string
		Token       string `json:"manage_token"`
		Appointment struct{ ID string }
	}
	_ = json.Unmarshal(raw, &made)
	switch id {
	case "book":
		w.real["v83_MtyDfm2QFyNx5CZ99XeuBqWb_4Uh02E6P7ffBOo"], w.real["apt_06h1i0enp78fhoch1neqk8dutg"] = made.Token, made.Appointment.ID
	case "create-webhook":
		w.real["hook_06h1i0ejo3379vma48cumnbuog"] = made.ID
	}
}

// judge holds an answer against the description.
func (w *exampleWorld) judge(d described, status int, media string, raw []byte) {
	w.t.Helper()
	response := d.Responses.Status(status)
	if response == nil {
		response = d.Responses.Default()
	}
	m := response.Value.Content[media]
	if m == nil {
		if len(raw) > 0 || status != http.StatusNoContent {
			w.t.Errorf("%s answers %d, which it does not describe: %s", d.OperationID, status, raw)
		}
		return
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		w.t.Errorf("%s: %v in %s", d.OperationID, err, raw)
		return
	}
	if err := m.Schema.Value.VisitJSON(v, openapi3.VisitAsResponse()); err != nil {
		w.t.Errorf("%s answers %d otherwise than described: %v", d.OperationID, status, err)
	}
	if m.Example != nil {
		if err := m.Schema.Value.VisitJSON(m.Example, openapi3.VisitAsResponse()); err != nil {
			w.t.Errorf("%s: its example of an answer is not as described: %v", d.OperationID, err)
		}
		if media == "application/json" && shape(m.Example) != shape(v) {
			w.t.Errorf("%s answers %s, its example shows %s", d.OperationID, shape(v), shape(m.Example))
		}
	}
	for _, name := range undescribed("", m.Schema.Value, v) {
		w.t.Errorf("%s answers %d with %s, which it does not describe", d.OperationID, status, name)
	}
}

// shape tells the members of a value, of a list those of its first, without what they are.
func shape(v any) string {
	switch v := v.(type) {
	case []any:
		if len(v) > 0 {
			return "[" + shape(v[0]) + "]"
		}
		return "[]"
	case map[string]any:
		var out []string
		for _, k := range slices.Sorted(maps.Keys(v)) {
			out = append(out, k+shape(v[k]))
		}
		return "{" + strings.Join(out, " ") + "}"
	}
	return ""
}

// undescribed lists the members of a value that a schema does not name.
func undescribed(at string, s *openapi3.Schema, v any) (out []string) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			if s.Items != nil {
				out = append(out, undescribed(at+"[]", s.Items.Value, x)...)
			}
		}
	case map[string]any:
		for k, x := range v {
			p := s.Properties[k]
			switch {
			case p != nil:
				out = append(out, undescribed(at+"."+k, p.Value, x)...)
			case len(s.Properties) > 0:
				out = append(out, at+"."+k)
			}
		}
	}
	return out
}
