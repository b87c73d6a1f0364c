// Package query parses the two little languages in which Zoho CRM is asked for records: COQL and the criteria of search.
//
// It turns text into a tree and refuses text that is not of the language, with the code, message and details that Zoho
// answers. It knows no modules, fields or records: whether a column exists, fits its operator or may be asked for is the
// simulator's business, as are limits that depend on a switch.
//
// Invariants: no input makes it panic or recurse without bound; the text of a parsed query parses to the same query again.
// Sources: Zoho CRM v8, "COQL Overview", "COQL Limitations" and "Search Records".
package query

import (
	"fmt"
	"strings"
)

// maxDepth bounds nesting of brackets, far above what the limits on conditions allow.
const maxDepth = 100

// Problem is a refusal in Zoho's words. The HTTP status is always 400.
type Problem struct {
	Code    string
	Message string
	Details map[string]any
}

// Error gives code and message.
func (p *Problem) Error() string { return fmt.Sprintf("%s: %s %v", p.Code, p.Message, p.Details) }

// Op is what a condition asks of a column.
type Op int

// The operators of both languages. Between and NotBetween have two values, In and NotIn one or more, IsNull and NotNull none,
// all others one.
const (
	Equal Op = iota
	NotEqual
	Greater
	GreaterEqual
	Less
	LessEqual
	Between
	NotBetween
	In
	NotIn
	IsNull
	NotNull
	Like
	NotLike
	StartsWith
)

// Node is a condition or two nodes joined: *Cond or *Join.
type Node interface{ write(*strings.Builder) }

// Join is "left and right" or "left or right".
type Join struct {
	Or          bool
	Left, Right Node
}

// Cond is one condition. Word is the operator as it was written.
type Cond struct {
	Column Column
	Op     Op
	Word   string
	Values []Value
}

// Value is a literal. Quoted tells 'text' from a bare number; values of criteria are never quoted.
type Value struct {
	Text   string
	Quoted bool
}

// Column names a field, perhaps through lookups: Who_Id.Last_Name. Via names the module where a lookup into several modules
// is followed: 'What_Id->Leads.Last_Name'.
type Column struct {
	Path []string
	Via  string
}

// String gives the column as COQL writes it, without quotes.
func (c Column) String() string {
	if c.Via == "" {
		return strings.Join(c.Path, ".")
	}
	return c.Path[0] + "->" + c.Via + "." + strings.Join(c.Path[1:], ".")
}

// Conditions lists the conditions of a tree from left to right.
func Conditions(n Node) []*Cond {
	switch n := n.(type) {
	case *Cond:
		return []*Cond{n}
	case *Join:
		return append(Conditions(n.Left), Conditions(n.Right)...)
	}
	return nil
}
