package zohosim

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// kind says how a value is kept.
type kind uint8

const (
	absent    kind = iota // no value; on the wire null
	kindText              // str
	kindInt               // num
	kindFloat             // num holds the bits
	kindBool              // num 0 or 1
	kindTime              // num: seconds since 1970 UTC
	kindDay               // num: days since 1970-01-01
	kindRef               // num: id of a record, user or layout; str: its module where the field allows several
	kindJSON              // str: JSON text of an array or object
)

// cell is one value of a record. Records hold few of them, so each names its field instead of having a fixed place.
type cell struct {
	field uint16 // index in names
	kind  kind
	num   int64
	str   string
}

func textCell(s string) cell      { return cell{kind: kindText, str: s} }
func refCell(id int64) cell       { return cell{kind: kindRef, num: id} }
func timeCell(seconds int64) cell { return cell{kind: kindTime, num: seconds} }
func jsonCell(text string) cell   { return cell{kind: kindJSON, str: text} }
func floatCell(f float64) cell    { return cell{kind: kindFloat, num: int64(math.Float64bits(f))} }
func (c cell) float() float64     { return math.Float64frombits(uint64(c.num)) }
func (c cell) same(other cell) bool {
	return c.kind == other.kind && c.num == other.num && c.str == other.str
}

func boolCell(b bool) cell {
	c := cell{kind: kindBool}
	if b {
		c.num = 1
	}
	return c
}

// kindOf tells how values of one of Zoho's data types are kept.
func kindOf(dataType string) kind {
	switch dataType {
	case "integer", "bigint":
		return kindInt
	case "double", "currency", "percent":
		return kindFloat
	case "boolean":
		return kindBool
	case "datetime":
		return kindTime
	case "date":
		return kindDay
	case "lookup", "ownerlookup", "userlookup", "multi_module_lookup":
		return kindRef
	case "multiselectpicklist", "multiselectlookup", "multiuserlookup", "subform", "fileupload", "imageupload",
		"event_reminder", "RRULE", "ALARM", "formula", "rollup_summary":
		return kindJSON
	}
	return kindText
}

// names numbers the API names of fields, so that a cell needs two bytes for its name.
type names struct {
	list  []string
	index map[string]uint16
}

// of gives the number of a name, a new one where it is new. Call it only where records may change.
func (n *names) of(api string) uint16 {
	if i, ok := n.index[api]; ok {
		return i
	}
	if n.index == nil {
		n.index = map[string]uint16{}
	}
	i := uint16(len(n.list))
	n.list = append(n.list, api)
	n.index[api] = i
	return i
}

const (
	stampLayout  = "2006-01-02T15:04:05-07:00"
	stampLayoutZ = "2006-01-02T15:04:05Z"
	dayLayout    = "2006-01-02"
)

// parseStamp reads an instant as Zoho writes it: seconds and a numeric offset, never fractions. zulu also allows Z.
func parseStamp(s string, zulu bool) (seconds int64, ok bool) {
	if len(s) == len(stampLayoutZ) && zulu {
		t, err := time.Parse(stampLayoutZ, s)
		return t.Unix(), err == nil
	}
	if len(s) != len(stampLayout) {
		return 0, false
	}
	t, err := time.Parse(stampLayout, s)
	return t.Unix(), err == nil
}

func parseDay(s string) (days int64, ok bool) {
	t, err := time.Parse(dayLayout, s)
	return t.Unix() / 86400, err == nil && len(s) == len(dayLayout)
}

func formatDay(days int64) string { return time.Unix(days*86400, 0).UTC().Format(dayLayout) }

func formatID(id int64) string { return strconv.FormatInt(id, 10) }

// parseID reads an id: up to 19 digits.
func parseID(s string) (int64, bool) {
	if s == "" || len(s) > 19 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	id, err := strconv.ParseInt(s, 10, 64)
	return id, err == nil
}

// appendQuoted appends s as a JSON string.
func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				b = append(append(b, s[from:i]...), `\ufffd`...)
				from = i + 1
			}
			i += n
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		b = append(b, s[from:i]...)
		b = appendEscape(b, c)
		i++
		from = i
	}
	b = append(b, s[from:]...)
	return append(b, '"')
}

func appendEscape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	}
	const hex = "0123456789abcdef"
	return append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}

// appendKey appends a member's name, with a comma unless it is the first of its object.
func appendKey(b []byte, name string) []byte {
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	return append(appendQuoted(b, name), ':')
}
