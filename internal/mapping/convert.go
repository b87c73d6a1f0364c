package mapping

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"heavyset.tech/platform/internal/crm"
)

// people's way to write an instant into a text.
const inWords = "Mon 2 Jan 2006, 15:04 MST"

// convert turns a value into one that the row's CRM field takes; nil when there is none. Without a known type the value
// goes as it is.
func (row Row) convert(v any) any {
	if empty(v) {
		return nil
	}
	switch x := v.(type) {
	case bool:
		v = x != row.Inverted
	case time.Time:
		v = x.Truncate(time.Second) // no CRM keeps more, and what comes back must be the same
	}
	switch row.Type {
	case "":
		return v
	case crm.TextField, crm.LongTextField, crm.EmailField, crm.PhoneField, crm.URLField:
		return words(v)
	case crm.PicklistField:
		return row.choose(words(v))
	case crm.MultiPickField:
		if s, ok := row.choose(words(v)).(string); ok {
			return []string{s}
		}
		return nil
	case crm.BigIntField:
		if n, ok := number(v, true).(int64); ok {
			return strconv.FormatInt(n, 10)
		}
		return nil
	case crm.IntegerField, crm.DecimalField, crm.CurrencyField, crm.PercentField:
		return number(v, row.Type == crm.IntegerField)
	case crm.BooleanField:
		return truth(v)
	case crm.DateField:
		if t, ok := v.(time.Time); ok {
			return crm.Date(t.Format(time.DateOnly))
		}
		return only[crm.Date](v)
	case crm.DateTimeField:
		return only[time.Time](v)
	case crm.LookupField, crm.UserField:
		return only[crm.Ref](v)
	}
	return nil
}

// only lets a value of one type through.
func only[T any](v any) any {
	if x, ok := v.(T); ok {
		return x
	}
	return nil
}

// words writes a value as people do.
func words(v any) string {
	switch x := v.(type) {
	case string:
		return x
	case bool:
		if x {
			return "Yes"
		}
		return "No"
	case int64:
		return strconv.FormatInt(x, 10)
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	case time.Time:
		return x.Format(inWords)
	case crm.Date:
		return string(x)
	case crm.Ref:
		return x.Name
	}
	return ""
}

// number reads a number; whole ones for an integer field alone.
func number(v any, whole bool) any {
	f := 0.0
	switch x := v.(type) {
	case int64:
		f = float64(x)
	case float64:
		f = x
	case string:
		var err error
		if f, err = strconv.ParseFloat(strings.TrimSpace(x), 64); err != nil {
			return nil
		}
	default:
		return nil
	}
	if !whole {
		return f
	}
	if n := int64(f); float64(n) == f {
		return n
	}
	return nil
}

// truth reads yes and no.
func truth(v any) any {
	switch x := v.(type) {
	case bool:
		return x
	case string:
		switch strings.ToLower(strings.TrimSpace(x)) {
		case "yes", "true", "1", "y":
			return true
		case "no", "false", "0", "n":
			return false
		}
	}
	return nil
}

// choose finds the picklist value for a text: the one it is mapped to, the one that reads the same, else the default;
// nil when there is none. A value that the picklist does not have is never sent.
func (row Row) choose(s string) any {
	if s == "" {
		return nil
	}
	v, mapped := row.Values[s]
	for k, meant := range row.Values {
		if !mapped && sameWords(k, s) { // web_scheduler is Web Scheduler
			v, mapped = meant, true
		}
	}
	if mapped {
		s = v
	}
	if s != "" && slices.Contains(row.Choices, s) {
		return s
	}
	for _, c := range row.Choices {
		if s != "" && sameWords(c, s) {
			return c
		}
	}
	if row.Default != "" && (len(row.Choices) == 0 || slices.Contains(row.Choices, row.Default)) {
		return row.Default
	}
	return nil
}

// Chosen gives the choice of the row's picklist that is sent for a text, and whether there is one.
func (row Row) Chosen(s string) (string, bool) {
	v, ok := row.choose(s).(string)
	return v, ok
}

// sameWords compares by letters and digits alone.
func sameWords(a, b string) bool {
	plain := func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return unicode.ToLower(r)
			}
			return -1
		}, s)
	}
	return plain(a) == plain(b)
}

// ahead reports whether a status comes after another in the order of the picklist. What has no place in it is never
// overtaken and never overtakes.
func (row Row) ahead(old, v any) bool {
	was, _ := old.(string)
	is, _ := v.(string)
	from, to := slices.Index(row.Choices, was), slices.Index(row.Choices, is)
	return from >= 0 && to > from
}

// Equal compares what a CRM returned with what we would send: instants as instants, references by id.
func Equal(old, v any) bool {
	switch want := v.(type) {
	case time.Time:
		have, ok := old.(time.Time)
		return ok && have.Equal(want)
	case crm.Ref:
		have, ok := old.(crm.Ref)
		return ok && have.ID == want.ID
	case string:
		if have, ok := old.(time.Time); ok { // a text that reads like an instant comes back as one
			t, err := time.Parse(time.RFC3339, want)
			return err == nil && have.Equal(t)
		}
		have, _ := old.(string)
		return have == want
	case crm.Date:
		have, _ := old.(string)
		return have == string(want)
	case []string:
		have, _ := old.([]string)
		return !slices.ContainsFunc(want, func(s string) bool { return !slices.Contains(have, s) })
	case float64:
		if have, ok := old.(int64); ok {
			return float64(have) == want
		}
		return old == v
	case int64:
		if have, ok := old.(float64); ok {
			return have == float64(want)
		}
		return old == v
	default:
		return old == v
	}
}

// Show writes a value for people who compare what was sent with what came back: instants in UTC, references by id.
func Show(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case time.Time:
		return x.UTC().Format(time.RFC3339)
	case crm.Ref:
		return x.ID
	case []string:
		return strings.Join(x, ", ")
	case bool:
		return strconv.FormatBool(x)
	}
	return words(v)
}
