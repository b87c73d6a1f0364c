package zohooas

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// home is how the files refer to each other: by address, never relatively.
const home = "https://raw.githubusercontent.com/Zohocorp-Pvt-Ltd/crm-oas/refs/heads/main/v8.0/"

// contract is all files, loaded.
type contract struct {
	operations []operation
	refusal    *openapi3.SchemaRef // the error envelope, for statuses that an operation does not declare
}

// operation is a method on a path in one file.
type operation struct {
	file   string
	method string
	path   string
	parts  []string
	spec   *openapi3.T
	item   *openapi3.PathItem
	it     *openapi3.Operation
}

func (o operation) String() string { return o.method + " " + o.path }

// read loads the files without asking the network, as one document: names of components and paths get their file's name
// in front, and references follow. As documents of their own they would mix: the library knows a reference that it is
// resolving by its text alone, and “#/components/schemas/wrapper” is another thing in each file.
//
// The document as a whole is not validated: the files have path templates that differ only in a parameter's name, and
// one array without items.
func read(dir string) (*contract, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("zohooas: no OpenAPI files in %s", dir)
	}
	paths, components := map[string]any{}, map[string]map[string]any{}
	for _, f := range files {
		if err := gather(f, paths, components); err != nil {
			return nil, fmt.Errorf("zohooas: %s: %w", filepath.Base(f), err)
		}
	}
	whole, err := json.Marshal(map[string]any{
		"openapi": "3.0.0", "info": map[string]any{"title": "Zoho CRM", "version": "8"}, "paths": paths, "components": components,
	})
	if err != nil {
		return nil, fmt.Errorf("zohooas: %w", err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(whole)
	if err != nil {
		return nil, fmt.Errorf("zohooas: %w", err)
	}
	return contractOf(doc), nil
}

// gather adds a file's paths and components under their longer names.
func gather(file string, paths map[string]any, components map[string]map[string]any) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var doc struct {
		Paths      map[string]any
		Components map[string]map[string]any
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		return err
	}
	name := filepath.Base(file)
	for p, item := range doc.Paths {
		paths["/"+name+p] = redirected(item, name)
	}
	for kind, named := range doc.Components {
		if components[kind] == nil {
			components[kind] = map[string]any{}
		}
		for n, c := range named {
			components[kind][name+"."+n] = redirected(c, name)
		}
	}
	return nil
}

// redirected gives a copy of a part of a file whose references lead to the longer names.
func redirected(v any, file string) any {
	switch x := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, part := range x {
			if ref, ok := part.(string); ok && k == "$ref" {
				out[k] = redirect(ref, file)
			} else {
				out[k] = redirected(part, file)
			}
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, part := range x {
			out[i] = redirected(part, file)
		}
		return out
	}
	return v
}

// redirect turns HOME/FILE#/components/KIND/NAME, or #/components/KIND/NAME within a file, into one of the whole.
func redirect(ref, file string) string {
	other, place, _ := strings.Cut(ref, "#")
	if other != "" {
		file = strings.TrimPrefix(other, home)
	}
	parts := strings.SplitN(place, "/", 4)
	return "#/" + parts[1] + "/" + parts[2] + "/" + file + "." + parts[3]
}

func contractOf(doc *openapi3.T) *contract {
	c := &contract{refusal: doc.Components.Schemas["record.json.API_Exception"]}
	for p, item := range doc.Paths.Map() {
		file, rest, _ := strings.Cut(p[1:], "/")
		for method, it := range item.Operations() {
			if strings.HasPrefix(rest, "crm/") { // common.json holds components under a path of no meaning
				c.operations = append(c.operations, operation{
					file: file, method: method, path: "/" + rest, parts: strings.Split("/"+rest, "/"), spec: doc, item: item, it: it,
				})
			}
		}
	}
	return c
}

// covered reports whether a request is for the CRM API, which the files describe. They know no HEAD.
func covered(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/crm/") && r.Method != http.MethodHead
}

// find gives the operations of a request: those of the most specific path. Several files describe some paths, and some
// paths differ only in a parameter's name. One that has no such method gives none.
func (c *contract) find(r *http.Request) []operation {
	parts := strings.Split(r.URL.EscapedPath(), "/")
	best := ""
	var found []operation
	for _, o := range c.operations {
		kind, ok := o.fits(parts)
		if !ok || kind < best {
			continue
		}
		if kind > best {
			best, found = kind, nil
		}
		found = append(found, o)
	}
	found = slices.DeleteFunc(found, func(o operation) bool { return o.method != r.Method })
	slices.SortFunc(found, func(a, b operation) int { // {id} before {external_field_value}
		return cmp.Or(cmp.Compare(len(a.path), len(b.path)), strings.Compare(a.file+a.path, b.file+b.path))
	})
	return found
}

// fits compares a path with the template. kind sorts higher the earlier the template has text instead of a parameter.
func (o operation) fits(parts []string) (kind string, ok bool) {
	if len(parts) != len(o.parts) {
		return "", false
	}
	b := make([]byte, len(parts))
	for i, p := range o.parts {
		switch {
		case p == parts[i]:
			b[i] = '1'
		case strings.HasPrefix(p, "{") && parts[i] != "" && !(strings.HasPrefix(p, "{module") && reserved(parts[i])):
			b[i] = '0'
		default:
			return "", false
		}
	}
	return string(b), true
}

// reserved tells parts of paths that stand where modules do and are none.
func reserved(part string) bool {
	return slices.Contains([]string{"settings", "users", "org", "coql", "actions"}, part) || strings.HasPrefix(part, "__")
}

// arguments are the path's parameters.
func (o operation) arguments(r *http.Request) map[string]string {
	args := map[string]string{}
	for i, part := range strings.Split(r.URL.EscapedPath(), "/") {
		if name, ok := strings.CutPrefix(o.parts[i], "{"); ok {
			plain, _ := url.PathUnescape(part)
			args[strings.TrimSuffix(name, "}")] = plain
		}
	}
	return args
}

func decode(body []byte) (any, error) {
	var v any
	err := json.Unmarshal(body, &v)
	return v, err
}
