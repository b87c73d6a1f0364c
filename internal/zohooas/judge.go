package zohooas

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// direction is which half of an exchange is meant.
type direction string

const (
	asking    direction = "request"
	answering direction = "answer"
)

// violation is one way in which an exchange does not do what a file says.
type violation struct {
	file      string
	operation string // METHOD path
	direction direction
	where     string // "status", "type", "operation", "query NAME", "header NAME", or a place in the body: /data/[]/id
	what      string // type, null, enum, format, required, undeclared … and for statuses and enumerations the value
}

func (v violation) String() string {
	return fmt.Sprintf("%s %s: %s: %s: %s", v.file, v.operation, v.direction, v.where, v.what)
}

// verdict is what became of one half of an exchange.
type verdict struct {
	operation  string // with its file; "" if no file describes it
	violations []violation
}

// flaw is a violation without its operation.
type flaw struct{ where, what string }

func verdictOf(o operation, d direction, flaws []flaw) verdict {
	v := verdict{operation: o.String() + " " + o.file}
	for _, f := range flaws {
		found := violation{o.file, o.String(), d, f.where, f.what}
		if !slices.Contains(v.violations, found) {
			v.violations = append(v.violations, found)
		}
	}
	return v
}

// best judges by each operation that a request may mean and takes the one that fits best.
func (c *contract) best(r *http.Request, d direction, judge func(operation) []flaw) verdict {
	found := c.find(r)
	if len(found) == 0 {
		return verdict{violations: []violation{{"", r.Method + " " + shape(r.URL.Path), d, "operation", "undeclared"}}}
	}
	var least verdict
	for i, o := range found {
		if v := verdictOf(o, d, judge(o)); i == 0 || len(v.violations) < len(least.violations) {
			least = v
		}
	}
	return least
}

// shape replaces ids in a path.
func shape(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if len(p) > 9 && strings.Trim(p, "0123456789") == "" {
			parts[i] = "{id}"
		}
	}
	return strings.Join(parts, "/")
}

func (c *contract) judgeRequest(r *http.Request, body []byte) verdict {
	return c.best(r, asking, func(o operation) []flaw {
		flaws := o.parameters(r)
		declared := o.it.RequestBody
		if declared == nil {
			if len(body) > 0 {
				flaws = append(flaws, flaw{"body", "undeclared"})
			}
			return flaws
		}
		if len(body) == 0 {
			if declared.Value.Required {
				flaws = append(flaws, flaw{"body", "required"})
			}
			return flaws
		}
		return append(flaws, byContent(declared.Value.Content, r.Header.Get("Content-Type"), body)...)
	})
}

// parameters lets the library judge the declared parameters, and finds those that are not declared.
func (o operation) parameters(r *http.Request) (flaws []flaw) {
	input := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: o.arguments(r), QueryParams: r.URL.Query(), Options: &openapi3filter.Options{SkipSettingDefaults: true},
		Route: &routers.Route{Spec: o.spec, Path: o.path, PathItem: o.item, Method: o.method, Operation: o.it},
	}
	declared := map[string]bool{}
	for _, p := range slices.Concat(o.item.Parameters, o.it.Parameters) {
		declared[p.Value.In+" "+p.Value.Name] = true
		if err := openapi3filter.ValidateParameter(context.Background(), input, p.Value); err != nil {
			flaws = append(flaws, flaw{p.Value.In + " " + p.Value.Name, reason(err)})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.URL.Query())) {
		if !declared["query "+name] {
			flaws = append(flaws, flaw{"query " + name, "undeclared"})
		}
	}
	return flaws
}

// reason is what the library found, in one word and never with a value other than one of an enumeration.
func reason(err error) string {
	var e *openapi3.SchemaError
	switch {
	case errors.Is(err, openapi3filter.ErrInvalidRequired):
		return "required"
	case !errors.As(err, &e):
		return "type"
	case e.SchemaField == "enum":
		return fmt.Sprintf("enum %v", e.Value)
	}
	return e.SchemaField
}

// byContent judges a body by what is declared for its content type.
func byContent(declared openapi3.Content, kind string, body []byte) []flaw {
	media := declared.Get(kind)
	if media == nil {
		return []flaw{{"type", "undeclared " + kind}}
	}
	if media.Schema == nil || media.Schema.Value == nil || !strings.HasPrefix(kind, "application/json") {
		return nil
	}
	v, err := decode(body)
	if err != nil {
		return []flaw{{"body", "not JSON"}}
	}
	return fit(media.Schema.Value, v, "")
}

func (c *contract) judgeAnswer(r *http.Request, res *http.Response, body []byte) verdict {
	if len(c.find(r)) == 0 && refusesOperation(res.StatusCode, body) {
		return verdict{}
	}
	return c.best(r, answering, func(o operation) []flaw {
		if response := o.it.Responses.Status(res.StatusCode); response != nil {
			return o.answer(response.Value, res, body)
		}
		flaws := []flaw{{"status", "undeclared " + strconv.Itoa(res.StatusCode)}}
		if len(body) == 0 {
			return flaws
		}
		return append(flaws, c.nearest(o, res, body)...)
	})
}

// refusesOperation tells an answer to what does not exist: Zoho knows no such address, or not with that method.
func refusesOperation(status int, body []byte) bool {
	v, _ := decode(body)
	envelope, _ := v.(map[string]any)
	return status == http.StatusNotFound && envelope["code"] == "INVALID_URL_PATTERN" ||
		status == http.StatusBadRequest && envelope["code"] == "INVALID_REQUEST_METHOD"
}

// answer judges by what is declared for the answer's status.
func (o operation) answer(declared *openapi3.Response, res *http.Response, body []byte) []flaw {
	if len(body) == 0 {
		if len(declared.Content) > 0 {
			return []flaw{{"body", "missing"}}
		}
		return nil
	}
	if len(declared.Content) == 0 {
		return []flaw{{"body", "undeclared"}}
	}
	return byContent(declared.Content, res.Header.Get("Content-Type"), body)
}

// nearest judges the body of a status that is not declared: by the answer of this operation that fits best, or by the
// error envelope.
func (c *contract) nearest(o operation, res *http.Response, body []byte) []flaw {
	kind := res.Header.Get("Content-Type")
	if !strings.HasPrefix(kind, "application/json") {
		return []flaw{{"type", "undeclared " + kind}}
	}
	v, err := decode(body)
	if err != nil {
		return []flaw{{"body", "not JSON"}}
	}
	var answers openapi3.SchemaRefs
	declared := o.it.Responses.Map()
	for _, status := range slices.Sorted(maps.Keys(declared)) {
		if media := declared[status].Value.Content.Get(kind); media != nil && media.Schema != nil {
			answers = append(answers, media.Schema)
		}
	}
	if res.StatusCode >= http.StatusBadRequest {
		answers = append(answers, c.refusal)
	}
	return fitOne(answers, v, "")
}

// fit lists how a value differs from a schema. Alternatives overlap in these files (an object that demands nothing
// beside the error envelope), so that “one of” is read as “any of”, and the alternative that fits best speaks.
func fit(s *openapi3.Schema, v any, where string) []flaw {
	if s == nil {
		return nil
	}
	if alternatives := slices.Concat(s.OneOf, s.AnyOf); len(alternatives) > 0 {
		return fitOne(alternatives, v, where)
	}
	switch x := v.(type) {
	case map[string]any:
		if s.Type.Is("object") || s.Type == nil {
			return fitObject(s, x, where)
		}
	case []any:
		if s.Type.Is("array") {
			return fitArray(s, x, where)
		}
	}
	return fitScalar(s, v, where)
}

// fitOne chooses the alternative for a value: the one whose code and members it has, then the one with the fewest flaws.
func fitOne(alternatives openapi3.SchemaRefs, v any, where string) (least []flaw) {
	strange := 0
	for i, a := range alternatives {
		flaws := fit(a.Value, v, where)
		n := 0
		for _, f := range flaws {
			n += strangeness(f, where)
		}
		if i == 0 || n < strange || n == strange && len(flaws) < len(least) {
			least, strange = flaws, n
		}
	}
	return least
}

// strangeness weighs a flaw: one of the value itself and of its members says that another thing is meant, most of all a
// code, and one farther down does not.
func strangeness(f flaw, where string) int {
	rest, _ := strings.CutPrefix(f.where, where)
	switch {
	case rest == "/code":
		return 10
	case strings.Count(rest, "/") > 1 || f.what == "null" || strings.HasPrefix(f.what, "enum"):
		return 0
	}
	return 1
}

func fitObject(s *openapi3.Schema, v map[string]any, where string) (flaws []flaw) {
	for _, name := range s.Required {
		if _, ok := v[name]; !ok {
			flaws = append(flaws, flaw{where + "/" + name, "required"})
		}
	}
	open := len(s.Properties) == 0 || s.AdditionalProperties.Has != nil && *s.AdditionalProperties.Has || s.AdditionalProperties.Schema != nil
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if p := s.Properties[name]; p != nil {
			flaws = append(flaws, fit(p.Value, v[name], where+"/"+name)...)
		} else if !open {
			flaws = append(flaws, flaw{where + "/" + name, "undeclared"})
		}
	}
	return flaws
}

func fitArray(s *openapi3.Schema, v []any, where string) (flaws []flaw) {
	if s.Items == nil {
		return nil
	}
	for _, item := range v {
		flaws = append(flaws, fit(s.Items.Value, item, where+"/[]")...)
	}
	return flaws
}

// fitScalar lets the library judge what has no parts.
func fitScalar(s *openapi3.Schema, v any, where string) []flaw {
	if where == "" {
		where = "/"
	}
	if v == nil {
		if s.Nullable {
			return nil
		}
		return []flaw{{where, "null"}}
	}
	if err := s.VisitJSON(v); err != nil {
		return []flaw{{where, reason(err)}}
	}
	return nil
}
