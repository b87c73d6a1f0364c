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

// StrangeKey is the id of a sealing key that is not the one that was under it.
type StrangeKey string

// Error says what to do.
func (k StrangeKey) Error() string {
	return "the key " + string(k) + " is not the one that was under this id: put that one back, and this one beside it under an id of its own"
}

// CheckKeys refuses with a StrangeKey to begin with a key that opens nothing of what is under its id: what it seals could
// not be told from that any more.
func (s *Store) CheckKeys(ctx context.Context) error {
	for _, k := range s.keys.IDs() {
		fits, err := s.KeyFits(ctx, k)
		if err != nil {
			return err
		}
		if !fits {
			return StrangeKey(k)
		}
	}
	return nil
}
