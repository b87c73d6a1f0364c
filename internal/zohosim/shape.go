package zohosim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"unicode/utf8"
)

// shape checks the members of one object of a settings body and keeps the first thing that is wrong with it. After that its
// methods change nothing, so that checks may simply follow each other.
type shape struct {
	path  string // "$.holidays[0]"
	item  map[string]any
	wrong *problem
}

func (s *shape) refuse(code, message, name string, more details) {
	if s.wrong != nil {
		return
	}
	d := details{"api_name": name, "json_path": s.path + "." + name}
	maps.Copy(d, more)
	s.wrong = &problem{code, message, d}
}

func (s *shape) missing(name string) {
	s.refuse("MANDATORY_NOT_FOUND", "required field not found", name, nil)
}

func (s *shape) invalid(name string, more details) {
	s.refuse("INVALID_DATA", "invalid data", name, more)
}

// has tells whether a member is there. One that must be and isn't is refused.
func (s *shape) has(name string, must bool) bool {
	if v, given := s.item[name]; given && v != nil {
		return true
	}
	if must {
		s.missing(name)
	}
	return false
}

// text reads a text of at most limit characters; 0 is no limit.
func (s *shape) text(name string, must bool, limit int) string {
	if !s.has(name, must) {
		return ""
	}
	v, ok := s.item[name].(string)
	switch {
	case !ok:
		s.invalid(name, details{"expected_data_type": "string"})
	case v == "" && must:
		s.missing(name)
	case limit > 0 && utf8.RuneCountInString(v) > limit:
		s.invalid(name, details{"maximum_length": limit})
	}
	return v
}

func (s *shape) word(name string, must bool, supported ...string) string {
	v := s.text(name, must, 0)
	if v != "" && !slices.Contains(supported, v) {
		s.invalid(name, details{"supported_values": supported})
	}
	return v
}

func (s *shape) flag(name string, must bool) bool {
	if !s.has(name, must) {
		return false
	}
	v, ok := s.item[name].(bool)
	if !ok {
		s.invalid(name, details{"expected_data_type": "boolean"})
	}
	return v
}

func (s *shape) list(name string, must bool) []any {
	if !s.has(name, must) {
		return nil
	}
	v, ok := s.item[name].([]any)
	switch {
	case !ok:
		s.invalid(name, details{"expected_data_type": "jsonarray"})
	case must && len(v) == 0:
		s.invalid(name, details{"minimum_length": 1})
	}
	return v
}

// object reads an object with an id; ok tells whether the id is one.
func (s *shape) object(name string, must bool) (id int64, ok bool) {
	if !s.has(name, must) {
		return 0, false
	}
	o, isObject := s.item[name].(map[string]any)
	if !isObject {
		s.invalid(name, details{"expected_data_type": "jsonobject"})
		return 0, false
	}
	id, given, ok := idOf(o)
	if !given {
		s.missing(name + ".id")
	}
	return id, given && ok
}

var weekdays = []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}

func (s *shape) days(name string, must bool) []any {
	days := s.list(name, must)
	for i, d := range days {
		if word, ok := d.(string); !ok || !slices.Contains(weekdays, word) || slices.Contains(days[:i], d) {
			s.refuse("INVALID_DATA", "invalid data", fmt.Sprintf("%s[%d]", name, i), details{"supported_values": weekdays})
		}
	}
	return days
}

const clockPattern = `([01][0-9]|2[0-3]):[0-5][0-9]`

var clockForm = regexp.MustCompile(`^` + clockPattern + `$`)

// timing reads two times of a day, the first before the second.
func (s *shape) timing(name string, must bool) {
	pair := s.list(name, must)
	if s.wrong != nil || len(pair) == 0 && !must {
		return
	}
	if len(pair) != 2 {
		s.invalid(name, details{"maximum_length": 2})
		return
	}
	for i, v := range pair {
		if text, ok := v.(string); !ok || !clockForm.MatchString(text) {
			s.refuse("INVALID_DATA", "invalid data", fmt.Sprintf("%s[%d]", name, i), details{
				"expected_data_type": "string", "regex": clockPattern,
			})
			return
		}
	}
	if pair[0].(string) >= pair[1].(string) {
		s.invalid(name, nil)
	}
}

// timings reads the times of some days: the same every day, or each day's own in members {"days","<what>_timing"}.
func (s *shape) timings(days []any, own string) {
	if s.flag("same_as_everyday", true) {
		s.timing("daily_timing", true)
		return
	}
	given := s.list("custom_timing", s.wrong == nil)
	timed := map[any]bool{}
	for i, v := range given {
		o, ok := v.(map[string]any)
		if !ok {
			s.invalid("custom_timing", details{"expected_data_type": "jsonarray"})
			return
		}
		inner := &shape{path: fmt.Sprintf("%s.custom_timing[%d]", s.path, i), item: o}
		timed[inner.word("days", true, weekdays...)] = true
		inner.timing(own, true)
		if s.wrong == nil {
			s.wrong = inner.wrong
		}
	}
	for _, d := range days {
		if !timed[d] {
			s.invalid("custom_timing", nil)
		}
	}
}

// member reads the body of a settings call: {"name":…}.
func (c *call) member(name string) (any, *answer) {
	dec := json.NewDecoder(bytes.NewReader(c.body))
	dec.UseNumber()
	var top map[string]any
	err := dec.Decode(&top)
	if _, rest := dec.Token(); err != nil || rest != io.EOF {
		a := refuse("UNABLE_TO_PARSE_DATA_TYPE", "either the request body or parameters is in wrong format", nil)
		return nil, &a
	}
	v, given := top[name]
	if !given || v == nil {
		a := refuse("MANDATORY_NOT_FOUND", "required field not found", details{"api_name": name, "json_path": "$." + name})
		return nil, &a
	}
	return v, nil
}

// memberObject is member for an object.
func (c *call) memberObject(name string) (map[string]any, *answer) {
	v, refused := c.member(name)
	if refused != nil {
		return nil, refused
	}
	o, ok := v.(map[string]any)
	if !ok {
		a := refuse("INVALID_DATA", "invalid data", details{
			"api_name": name, "json_path": "$." + name, "expected_data_type": "jsonobject",
		})
		return nil, &a
	}
	return o, nil
}

// memberList is member for a list of at most limit objects.
func (c *call) memberList(name string, limit int) ([]any, *answer) {
	v, refused := c.member(name)
	if refused != nil {
		return nil, refused
	}
	where := details{"api_name": name, "json_path": "$." + name}
	list, ok := v.([]any)
	switch {
	case !ok:
		where["expected_data_type"] = "jsonarray"
	case len(list) == 0:
		where["minimum_length"] = 1
	case len(list) > limit:
		where["maximum_length"] = limit
	default:
		return list, nil
	}
	a := refuse("INVALID_DATA", "invalid data", where)
	return nil, &a
}

// inMember answers {"name":…} with an envelope.
func inMember(status int, name string, e envelope) answer {
	return jsonAnswer(status, map[string]any{name: e})
}

func success(message string, d details) envelope {
	return envelope{Code: "SUCCESS", Details: d, Message: message, Status: "success"}
}

// saved is the answer to a settings body with a single object: what is wrong with it, or that it is in place.
func (s *shape) saved(status int, name, message string, d details) answer {
	if s.wrong != nil {
		return inMember(http.StatusBadRequest, name, s.wrong.envelope())
	}
	return inMember(status, name, success(message, d))
}
