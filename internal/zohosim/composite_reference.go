package zohosim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// referenceForm is how a sub-request uses another one's answer: @{1:$.data[0].details.id}.
var referenceForm = regexp.MustCompile(`@\{([a-zA-Z0-9][a-zA-Z0-9_]*):(\$[^}]*)\}`)

// references lists the ids of sub-requests that values refer to.
func references(values ...any) []string {
	var out []string
	for _, v := range values {
		switch v := v.(type) {
		case string:
			for _, found := range referenceForm.FindAllStringSubmatch(v, -1) {
				out = append(out, found[1])
			}
		case map[string]any:
			for _, inner := range v {
				out = append(out, references(inner)...)
			}
		case []any:
			out = append(out, references(v...)...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (b *composite) find(id string) *subRequest {
	i := slices.IndexFunc(b.subs, func(s *subRequest) bool { return s.id == id && id != "" })
	if i < 0 {
		return nil
	}
	return b.subs[i]
}

// order is the order in which the sub-requests are carried out: as they are written, or in parallel execution those first whose
// answers others use. What is independent really runs one after the other here. Those that wait for each other are refused.
func (b *composite) order() []*subRequest {
	if !b.parallel {
		return b.subs
	}
	var out []*subRequest
	placed := map[string]bool{}
	for len(out) < len(b.subs) {
		before := len(out)
		for _, sub := range b.subs {
			ready := !slices.ContainsFunc(sub.refers, func(id string) bool { return b.find(id) != nil && id != sub.id && !placed[id] })
			if ready && !slices.Contains(out, sub) {
				out = append(out, sub)
				placed[sub.id] = true
			}
		}
		if len(out) == before {
			return append(out, b.looping(out)...)
		}
	}
	return out
}

// looping refuses the sub-requests that could not be put in order.
func (b *composite) looping(placed []*subRequest) []*subRequest {
	var rest []*subRequest
	var dependent []details
	for _, sub := range b.subs {
		if !slices.Contains(placed, sub) {
			rest = append(rest, sub)
			dependent = append(dependent, details{"sub_request_id": sub.id, "referred_sub_request_ids": sub.refers})
		}
	}
	for _, sub := range rest {
		if sub.wrong == nil {
			sub.wrong = &problem{"LOOPING_FOUND", "the sub requests refer to each other", details{"dependent_data": dependent}}
		}
	}
	return rest
}

// resolve puts values of other answers in the place of references.
func (b *composite) resolve(sub *subRequest) {
	if len(sub.refers) == 0 {
		return
	}
	put := func(name string, v any) any {
		return b.replaced(v, func(reference string) {
			sub.refuse("INVALID_REFERENCE", "the reference given seems to be invalid", name, details{"reference": reference})
		})
	}
	uri, _ := put("uri", sub.uri).(string)
	sub.uri = uri
	sub.params, sub.headers, sub.body = put("params", sub.params), put("headers", sub.headers), put("body", sub.body)
}

// replaced copies a value with its references resolved; bad is told of those that can't be.
func (b *composite) replaced(v any, bad func(string)) any {
	switch v := v.(type) {
	case string:
		return b.replacedText(v, bad)
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, inner := range v {
			out[key] = b.replaced(inner, bad)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = b.replaced(inner, bad)
		}
		return out
	}
	return v
}

// replacedText resolves the references of a text. One that is all of the text keeps the type of its value.
func (b *composite) replacedText(s string, bad func(string)) any {
	if whole := referenceForm.FindStringSubmatch(s); whole != nil && whole[0] == s {
		if v, ok := b.lookUp(whole[1], whole[2]); ok {
			return v
		}
	}
	return referenceForm.ReplaceAllStringFunc(s, func(reference string) string {
		parts := referenceForm.FindStringSubmatch(reference)
		v, ok := b.lookUp(parts[1], parts[2])
		if !ok {
			bad(reference)
			return ""
		}
		return fmt.Sprint(v)
	})
}

// lookUp finds a value in the answer of a sub-request that was carried out and did not fail.
func (b *composite) lookUp(id, path string) (any, bool) {
	sub := b.find(id)
	if sub == nil || sub.answer == nil || sub.failed {
		return nil, false
	}
	dec := json.NewDecoder(bytes.NewReader(sub.answer.body))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return nil, false
	}
	for _, step := range strings.FieldsFunc(strings.TrimPrefix(path, "$"), func(r rune) bool { return strings.ContainsRune(".[]", r) }) {
		switch inner := v.(type) {
		case map[string]any:
			v = inner[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(inner) {
				return nil, false
			}
			v = inner[i]
		default:
			return nil, false
		}
	}
	return v, v != nil
}
