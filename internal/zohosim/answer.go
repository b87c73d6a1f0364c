package zohosim

import (
	"encoding/json"
	"io"
	"net/http"
)

// answer is what a call gets. Handlers build one instead of writing, so that a fault can lose it after the work is done.
type answer struct {
	status int
	kind   string // Content-Type; "" is JSON
	body   []byte
	stream func(io.Writer) error // instead of body, for what is too big for it
	header http.Header
}

func (a answer) write(w http.ResponseWriter) {
	for k, values := range a.header {
		w.Header()[k] = values
	}
	if len(a.body) > 0 || a.stream != nil {
		kind := a.kind
		if kind == "" {
			kind = "application/json;charset=UTF-8"
		}
		w.Header().Set("Content-Type", kind)
		w.Header().Set("X-Content-Type-Options", "nosniff")
	}
	w.WriteHeader(a.status)
	if a.stream != nil {
		_ = a.stream(w)
		return
	}
	_, _ = w.Write(a.body) // a client that left gets no answer
}

// with adds a header.
func (a answer) with(key, value string) answer {
	if a.header == nil {
		a.header = http.Header{}
	}
	a.header.Set(key, value)
	return a
}

// jsonAnswer encodes v. What we encode is our own and always encodes.
func jsonAnswer(status int, v any) answer {
	body, err := json.Marshal(v)
	if err != nil {
		return problem{code: "INTERNAL_ERROR", message: "Internal Server Error"}.answer(http.StatusInternalServerError)
	}
	return answer{status: status, body: body}
}

func rawAnswer(status int, body []byte) answer { return answer{status: status, body: body} }

var noContent = answer{status: http.StatusNoContent}

// details are the members of a problem's details.
type details map[string]any

// problem is a refusal in the envelope of Zoho CRM.
type problem struct {
	code, message string
	details       details
}

// envelope is how successes and problems look in answers.
type envelope struct {
	Code    string  `json:"code"`
	Details details `json:"details"`
	Message string  `json:"message"`
	Status  string  `json:"status"`
}

func (p problem) envelope() envelope {
	d := p.details
	if d == nil {
		d = details{}
	}
	return envelope{Code: p.code, Details: d, Message: p.message, Status: "error"}
}

func (p problem) answer(status int) answer { return jsonAnswer(status, p.envelope()) }

// refuse is a problem of the request as a whole with status 400.
func refuse(code, message string, d details) answer {
	return problem{code, message, d}.answer(http.StatusBadRequest)
}

// htmlPage is the bare page that Zoho's edge or accounts host shows instead of JSON.
func htmlPage(status int, title, text string) answer {
	return answer{status: status, kind: "text/html;charset=UTF-8", body: []byte(
		"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + title + "</title></head><body><h1>" +
			title + "</h1><p>" + text + "</p></body></html>")}
}
