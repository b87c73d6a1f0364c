package store

import (
	"context"
	"fmt"
)

// KeyFits reports whether the key of an id opens what it has sealed, by one value of each kind: a key may be there under the
// right id with other bytes. True where nothing is under it.
func (s *Store) KeyFits(ctx context.Context, key string) (bool, error) {
	found := false
	for _, c := range sealedColumns() {
		query := fmt.Sprintf(`SELECT %[2]s, %[3]s, %[4]s FROM %[1]s WHERE substr(%[4]s, 1, length(CAST($1 AS TEXT))) = CAST($1 AS TEXT) LIMIT 1`, c.table, c.org, c.id, c.column)
		batch, err := s.sealedBatch(ctx, query, key+".")
		if err != nil {
			return false, fmt.Errorf("try the key %s: %w", key, err)
		}
		for _, v := range batch {
			if _, err := s.keys.Open(v.was, v.org, c.table, c.place, v.id); err == nil {
				return true, nil
			}
			found = true
		}
	}
	return !found, nil
}
