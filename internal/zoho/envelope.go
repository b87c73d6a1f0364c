package zoho

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
)

// envelope is Zoho's {"code","details","message","status"}, for a request, a record or a channel.
type envelope struct {
	code, message, status string
	details               map[string]any
}

// succeeded: the status decides; the code only where an answer has no status.
func (v envelope) succeeded() bool {
	if v.status == "" {
		return v.code == "SUCCESS"
	}
	return strings.EqualFold(v.status, "success")
}

// envelopeOf reads one, tolerant of missing and oddly typed members. Without a code it is none.
func envelopeOf(x any) (envelope, bool) {
	var r Record
	switch x := x.(type) {
	case Record:
		r = x
	case map[string]any:
		r = x
	default:
		return envelope{}, false
	}
	v := envelope{code: r.Text("code"), message: r.Text("message"), status: r.Text("status")}
	v.details, _ = r["details"].(map[string]any)
	return v, v.code != ""
}

// decode reads one JSON value, numbers kept as written, and refuses text behind it.
func decode(body []byte, out any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(out); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one JSON value")
	}
	return nil
}

// findEnvelopes gives the error envelopes of a body: the bare one, or those in an array of the object, `data` first
// (Zoho uses data[], watch[] and the resource's own name). isJSON is false for HTML and empty bodies.
func findEnvelopes(body []byte) (found []envelope, isJSON bool) {
	var x any
	if decode(body, &x) != nil {
		return nil, false
	}
	return envelopesIn(x), true
}

func envelopesIn(x any) []envelope {
	m, ok := x.(map[string]any)
	if !ok {
		return failures(x)
	}
	if v, ok := envelopeOf(m); ok {
		return []envelope{v}
	}
	if found := calendarErrors(m["error"]); len(found) > 0 {
		return found
	}
	if found := failures(m["data"]); len(found) > 0 {
		return found
	}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if found := failures(m[key]); len(found) > 0 {
			return found
		}
	}
	return nil
}

// failures gives the envelopes of an array that are no successes.
func failures(x any) []envelope {
	items, _ := x.([]any)
	var out []envelope
	for _, item := range items {
		if v, ok := envelopeOf(item); ok && !v.succeeded() {
			out = append(out, v)
		}
	}
	return out
}

// calendarErrors gives the errors of Zoho Calendar's envelope: {"error":[{"error_code","message"}]}.
func calendarErrors(x any) []envelope {
	items, _ := x.([]any)
	var out []envelope
	for _, item := range items {
		m, _ := item.(map[string]any)
		if r := Record(m); r.Text("error_code") != "" {
			out = append(out, envelope{code: r.Text("error_code"), message: r.Text("message"), status: "error"})
		}
	}
	return out
}
