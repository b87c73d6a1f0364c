package store

import (
	"context"
	"fmt"
	"io/fs"
	"testing/fstest"
)

// Release makes s one of a release that has these migrations beyond ours.
func Release(s *Store, further ...string) {
	steps := fstest.MapFS{}
	ours, err := fs.Glob(migrations, s.engine.migrationsDir()+"/*.sql")
	if err != nil || len(ours) == 0 {
		panic(fmt.Sprint("no migrations: ", err))
	}
	for i, name := range ours {
		text, err := migrations.ReadFile(name)
		if err != nil {
			panic(err)
		}
		steps[fmt.Sprintf("%04d_ours.sql", i+1)] = &fstest.MapFile{Data: text}
	}
	for i, text := range further {
		steps[fmt.Sprintf("%04d_next.sql", len(ours)+i+1)] = &fstest.MapFile{Data: []byte(text)}
	}
	s.steps = steps
}

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
