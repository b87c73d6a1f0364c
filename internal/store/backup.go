package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"heavyset.tech/platform/internal/fault"
)

// Backup copies a SQLite database to a new file, as it is at one moment, while others go on writing. Everything that was
// acknowledged before the call is in it. fault.Conflict: the file is there already; fault.Invalid: not SQLite. What is sealed
// stays sealed: the keys have to be kept apart.
func (s *Store) Backup(ctx context.Context, path string) error {
	if !s.Alone() {
		return fault.New(fault.Invalid, "Only SQLite is copied by this command. PostgreSQL has its own way: pg_dump, or a base backup with its log.")
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.Conflict, path+" is there already: name a file that is not.")
	}
	part := path + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove what an earlier copy left: %w", err)
	}
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600) // its mode before there is anything in it
	if err != nil {
		return fmt.Errorf("make the copy: %w", err)
	}
	_, err = s.w.ExecContext(ctx, "VACUUM INTO $1", part)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(fmt.Errorf("copy the database: %w", err), os.Remove(part))
	}
	return os.Rename(part, path)
}
