package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// example is how a call looks: the values of its parameters, its body and, of what visitors call, its answer.
type example struct {
	params map[string]any
	body   string
	answer string
}

// examples has one for each operation, by its id. TestEveryExampleOfTheAPI calls each; ids, times and what Zoho gives stand
// for those that there are.
func examples() map[string]example {
	const (
		start   = "2026-12-01T10:00:00-06:00"
		modules = `{"lead":"Leads","appointment":"Events","related_record":"Contacts"}`
	)
	scheduler, org := map[string]any{"scheduler": "ridgeline"}, map[string]any{"org": "ridgeline"}
	with := func(base map[string]any, more ...any) map[string]any {
		out := maps.Clone(base)
		for i := 0; i+1 < len(more); i += 2 {
			out[more[i].(string)] = more[i+1]
		}
		return out
	}
	const manage = "v83_MtyDfm2QFyNx5CZ99XeuBqWb_4Uh02E6P7ffBOo"
	token := map[string]any{"token": manage}
	visit := func(status, start string) string {
		end := strings.Replace(start, ":00:00-", ":30:00-", 1)
		return `{"id":"apt_06h1i0enp78fhoch1neqk8dutg","status":"` + status + `","start":"` + start + `","end":"` + end + `","timezone":"America/Chicago",` +
			`"service":{"id":"inspection","name":"Roof inspection"},"rep":{"id":"ann","name":"Ann Archer"}}`
	}
	config, hook := with(org, "id", "crm_06h1i0enp6bpai8crvi1g4s6t4"), with(org, "id", "hook_06h1i0ejo3379vma48cumnbuog")
	message := with(hook, "sequence", 1)
	customer := `{"first_name":"Ida","last_name":"Marsh","email":"ida.marsh@example.com","phone":"+1 312 555 0142","street":"7 Elm St","city":"Chicago","state":"IL","postal_code":"60640"}`
	return map[string]example{
		"scheduler":    {params: scheduler, answer: exampleScheduler},
		"slots":        {params: with(scheduler, "service", "inspection", "from", "2026-12-01", "to", "2026-12-14", "postal_code", "60640"), answer: `{"timezone":"America/Chicago","slots":[{"start":"` + start + `","end":"2026-12-01T11:00:00-06:00","remaining":2}],"source":{"state":"fresh","as_of":"2026-11-30T15:04:05Z"}}`},
		"hold":         {params: scheduler, body: `{"service":"inspection","start":"` + start + `","postal_code":"60640"}`, answer: `{"id":"hold_06h1k2nrlk953be01g1bjc3kis","expires_at":"2026-11-26T22:57:37Z"}`},
		"book":         {params: scheduler, body: `{"service":"inspection","start":"` + start + `","customer":` + customer + `,"notes":"The dog is friendly.","language":"en","utm":{"utm_source":"newsletter"}}`, answer: `{"appointment":` + visit("confirmed", start) + `,"manage_url":"https://book.example.com/appointments/` + manage + `","manage_token":"` + manage + `"}`},
		"capture-lead": {params: scheduler, body: `{"kind":"contact_us","customer":` + customer + `,"message":"Do you also clean gutters?"}`, answer: `{"lead":{"id":"lead_06h1i0enp48aqlga88e7aa1ts0"}}`},
		"managed":      {params: token, answer: visit("confirmed", start)},
		"reschedule":   {params: token, body: `{"start":"2026-12-02T14:00:00-06:00"}`, answer: visit("confirmed", "2026-12-02T14:00:00-06:00")},
		"cancel":       {params: token, body: `{"reason":"We have sold the house."}`, answer: visit("cancelled", "2026-12-02T14:00:00-06:00")},

		"explain":       {params: with(scheduler, "service", "inspection", "start", start, "postal_code", "60640")},
		"appointments":  {params: with(org, "from", "2026-12-01", "to", "2026-12-31", "status", "confirmed", "limit", 50)},
		"appointment":   {params: with(org, "id", "apt_06h1i0enp78fhoch1neqk8dutg")},
		"leads":         {params: with(org, "stage", "new")},
		"lead":          {params: with(org, "id", "lead_06h1i0enp48aqlga88e7aa1ts0")},
		"customers":     {params: with(org, "limit", 50)},
		"customer":      {params: with(org, "id", "cus_06h1i0enp6bpai8crvi1g4s6t4")},
		"sync-attempts": {params: with(org, "state", "written")},
		"replay":        {params: with(org, "id", "try_06h1i0enp6bpai8crvi1g4s6t4")},

		"catalog":           {params: org},
		"replace-catalog":   {params: org, body: exampleCatalog},
		"crm-configs":       {params: org},
		"create-crm-config": {params: org, body: `{"name":"Second office","crm_type":"zoho"}`},
		"connect":           {params: config, body: `{"client_id":"1000.0SRSZSY37WMZ69405H3TMYI2239VZW","client_secret":"the-client's-secret","code":"1000.the-grant-code","location":"us","accounts_server":"https://accounts.zoho.com"}`},
		"settings":          {params: config},
		"replace-settings":  {params: config, body: `{"modules":` + modules + `,"mapping":[],"slot_availability_source":"crm_appointments","token_expiry_alerts":["office@ridgeline.example"]}`},
		"test-lead":         {params: config},
		"test-booking":      {params: config},
		"auto-discover":     {params: config, body: `{"modules":` + modules + `}`},
		"create-api-key":    {params: org, body: `{"role":"member","name":"website","expires_in_days":90}`},

		"webhooks":           {params: org},
		"create-webhook":     {params: org, body: `{"url":"https://example.com/hooks/heavyset","description":"billing","types":["appointment.booked","appointment.cancelled"]}`},
		"webhook":            {params: hook},
		"replace-webhook":    {params: hook, body: `{"url":"https://example.com/hooks/heavyset","description":"billing","types":["appointment.booked"]}`},
		"remove-webhook":     {params: hook},
		"rotate-webhook":     {params: hook},
		"test-webhook":       {params: hook},
		"webhook-deliveries": {params: with(hook, "limit", 50)},
		"webhook-delivery":   {params: message},
		"redeliver-webhook":  {params: message},
		"replay-webhook":     {params: hook, body: `{"since":"2026-12-01T09:00:00-06:00"}`},

		"create-organization": {body: `{"slug":"hillside","name":"Hillside Plumbing","timezone":"America/Denver","country":"US"}`},
	}
}

const exampleScheduler = `{"id":"ridgeline","name":"Ridgeline Roofing","timezone":"America/Chicago","territories":true,
"services":[{"id":"inspection","name":"Roof inspection","description":"We look at your roof and tell you honestly how it is.","duration_minutes":60,"questions":[],"confirmation":"instant"}],
"fields":[{"key":"last_name","label":"Last name","type":"text","required":true}]}`

// exampleProblem is what an answer of every call may look like that went wrong.
const exampleProblem = `{"title":"Unprocessable Entity","status":422,"detail":"Some of the values can't be accepted",
"errors":[{"field":"customer.last_name","message":"Please tell us your last name."}]}`

const exampleCatalog = `{"timezone":"America/Chicago","holidays":["2026-12-25"],
"territories":[{"id":"north","name":"North Side","postal_codes":["60640","606*"]}],
"services":[{"id":"inspection","name":"Roof inspection","duration_minutes":60,"slot_interval_minutes":30,"buffer_before_minutes":0,"buffer_after_minutes":30,
"minimum_notice_minutes":240,"booking_window_days":60,"capacity_per_day":0,"assignment":"round_robin","reps":["ann"]}],
"reps":[{"id":"ann","name":"Ann Archer","email":"ann@ridgeline.example","crm_user":"","timezone":"America/Chicago","territories":["north"],
"hours":[{"days":["mon","tue","wed","thu","fri"],"start":"09:00","end":"17:00"}],"overrides":[{"date":"2026-12-24","hours":[{"start":"09:00","end":"12:00"}]}]}]}`

// exemplify puts the examples into the description. One that is missing, or names what there is not, is a mistake in the
// program.
func (a *API) exemplify() {
	all := examples()
	for _, item := range a.OpenAPI().Paths {
		for _, o := range operations(item) {
			e, ok := all[o.OperationID]
			if !ok {
				panic("api: no example of " + o.OperationID)
			}
			delete(all, o.OperationID)
			n := 0
			for _, p := range o.Parameters {
				if v, ok := e.params[p.Name]; ok {
					p.Example = v
					n++
				}
			}
			if n != len(e.params) {
				panic("api: the example of " + o.OperationID + " names a parameter that there is not")
			}
			if e.body != "" {
				o.RequestBody.Content["application/json"].Example = parsed(o.OperationID, e.body)
			}
			for status, r := range o.Responses {
				if m := r.Content["application/json"]; m != nil && e.answer != "" && status[0] == '2' && status != "202" {
					m.Example = parsed(o.OperationID, e.answer)
				}
			}
			o.Responses["default"].Content["application/problem+json"].Example = parsed(o.OperationID, exampleProblem)
		}
	}
	for id := range all {
		panic("api: an example of " + id + ", which there is not")
	}
}

func parsed(id, text string) (v any) {
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		panic(fmt.Sprintf("api: the example of %s: %v", id, err))
	}
	return v
}

// operations lists those of a path.
func operations(item *huma.PathItem) []*huma.Operation {
	var out []*huma.Operation
	for _, o := range []*huma.Operation{item.Get, item.Post, item.Put, item.Delete} {
		if o != nil {
			out = append(out, o)
		}
	}
	return out
}
