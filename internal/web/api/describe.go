package api

import (
	"maps"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// describe makes the description say what the library can't know: our form of an error, that bodies are JSON alone, and
// that what looks like spam is kept for a person.
func (a *API) describe() {
	schemas := a.OpenAPI().Components.Schemas
	problem := huma.SchemaFromType(schemas, reflect.TypeFor[Problem]())
	for _, item := range a.OpenAPI().Paths {
		for _, o := range operations(item) {
			o.Responses["default"] = &huma.Response{Description: "What went wrong (RFC 9457)", Content: map[string]*huma.MediaType{"application/problem+json": {Schema: problem}}}
			if o.RequestBody != nil {
				maps.DeleteFunc(o.RequestBody.Content, func(t string, _ *huma.MediaType) bool { return t != "application/json" })
			}
			if o.OperationID == "book" || o.OperationID == "capture-lead" {
				o.Responses["202"] = &huma.Response{Description: "Kept for a person, because it looks like spam. Never with an API key", Content: o.Responses["201"].Content}
			}
		}
	}
	for _, unused := range []string{"ErrorModel", "ErrorDetail"} {
		delete(schemas.Map(), unused)
	}
	a.describeKeys()
	a.exemplify()
}
