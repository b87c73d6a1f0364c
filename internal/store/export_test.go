package store

import "context"

// Waiting says how many callers wait for the next shared commit.
func (s *Store) Waiting() int {
	s.group.mu.Lock()
	defer s.group.mu.Unlock()
	return len(s.group.waiting)
}

// SealedColumns lists where sealed values stand.
func SealedColumns() []string {
	var out []string
	for _, c := range sealedColumns() {
		out = append(out, c.table+"."+c.column)
	}
	return out
}

// Held is a line of the table of holdings.
type Held struct{ Table, Whose, What, Kept, Erased string }

// Holdings gives the table of holdings as docs/PRIVACY.md shows it.
func Holdings() []Held {
	var out []Held
	for _, h := range holdings() {
		erased := "–"
		if h.mine != "" {
			erased = string(h.act())
		}
		out = append(out, Held{h.table, h.whose, h.what, h.kept, erased})
	}
	return out
}

// Columns lists each table's columns that hold text.
func Columns(ctx context.Context, s *Store) (map[string][]string, error) { return s.textColumns(ctx) }
