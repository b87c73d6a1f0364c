package crm

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Opaque is a value of a kind that we neither write nor understand, as JSON: a list of objects, say. It can be compared,
// not written.
type Opaque string

// packed is a value with its kind, so that it comes back as what it was.
type packed struct {
	Kind string          `json:"k"`
	V    json.RawMessage `json:"v,omitempty"`
}

// PackValue writes a value of a record in a form that UnpackValue gives back unchanged: an instant stays an instant, an
// empty field stays empty. What no record of ours can hold becomes Opaque.
func PackValue(v any) ([]byte, error) {
	kind, plain := "opaque", v
	switch x := v.(type) {
	case nil:
		return json.Marshal(packed{Kind: "empty"})
	case string:
		kind = "text"
	case bool:
		kind = "bool"
	case int64:
		kind = "int"
	case float64:
		kind = "float"
	case time.Time:
		kind, plain = "instant", x.UTC()
	case Date:
		kind = "date"
	case Ref:
		kind = "ref"
	case []string:
		kind = "texts"
	case Opaque:
		plain = json.RawMessage(x)
	}
	b, err := json.Marshal(plain)
	if err != nil {
		return nil, err
	}
	return json.Marshal(packed{Kind: kind, V: b})
}

// UnpackValue reads what PackValue wrote.
func UnpackValue(b []byte) (any, error) {
	var p packed
	if err := json.Unmarshal(b, &p); err != nil {
		return nil, err
	}
	switch p.Kind {
	case "empty":
		return nil, nil
	case "text":
		return unpack[string](p.V)
	case "bool":
		return unpack[bool](p.V)
	case "int":
		return unpack[int64](p.V)
	case "float":
		return unpack[float64](p.V)
	case "instant":
		return unpack[time.Time](p.V)
	case "date":
		return unpack[Date](p.V)
	case "ref":
		return unpack[Ref](p.V)
	case "texts":
		return unpack[[]string](p.V)
	}
	return Opaque(p.V), nil
}

func unpack[T any](b []byte) (any, error) {
	var v T
	err := json.Unmarshal(b, &v)
	return v, err
}

// SameValue reports whether two values of one field are the same to a CRM: an empty text is an empty field, instants have
// whole seconds, a date is its text, references go by id, the order of choices does not count, and a CRM may drop spaces
// around a text and carriage returns in it. Everything else differs.
func SameValue(a, b any) bool {
	a, b = bare(a), bare(b)
	if x, ok := a.([]string); ok {
		y, ok := b.([]string)
		return ok && slices.Equal(x, y)
	}
	if _, ok := b.([]string); ok {
		return false
	}
	return a == b
}

// bare brings a value into the form in which it is compared.
func bare(v any) any {
	switch x := v.(type) {
	case string:
		s := strings.TrimSpace(strings.ReplaceAll(x, "\r", ""))
		if t, err := time.Parse(time.RFC3339, s); err == nil {
			return t.Truncate(time.Second).UTC() // a text that reads like an instant may come back as one
		}
		if s == "" {
			return nil
		}
		return s
	case Date:
		return bare(string(x))
	case int64:
		return float64(x)
	case time.Time:
		return x.Truncate(time.Second).UTC()
	case Ref:
		if x.ID == "" {
			return nil
		}
		return Ref{ID: x.ID}
	case []string:
		if len(x) == 0 {
			return nil
		}
		return slices.Sorted(slices.Values(x))
	case nil, bool, float64, Opaque:
		return x
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return Opaque(b)
}
