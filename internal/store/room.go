package store

import (
	"fmt"
	"path/filepath"
	"syscall"
	"time"
)

// fullFor is how long after a write that found no room the database counts as full.
const fullFor = time.Minute

// Full reports whether writes have failed for lack of room within the last minute.
func (s *Store) Full() bool {
	last := s.filled.Load()
	age := s.now().Sub(at(last))
	return last > 0 && age >= 0 && age < fullFor
}

// Room gives how many bytes are free where the database is. Of a PostgreSQL, which may be on another machine, it is not known.
func (s *Store) Room() (bytes uint64, known bool, err error) {
	if s.path == "" {
		return 0, false, nil
	}
	var st syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(s.path), &st); err != nil {
		return 0, false, fmt.Errorf("ask the disk for room: %w", err)
	}
	return st.Bavail * uint64(st.Bsize), true, nil
}
