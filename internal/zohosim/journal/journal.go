// Package journal keeps a program's changes in a folder so that killing the process loses none of them.
//
// The simulator turns every change into a frame, appends the frames of one request with one write(2), and only then
// answers. A restart replays the newest snapshot and the frames after it. The fault guarded against is the death of the
// process, not of the machine: nothing is synced to the disk, because what write(2) took belongs to the kernel and
// outlives us.
//
// Invariants: a batch is replayed whole or, if the process died inside its write, cut off at its last whole frame; frames
// come back in the order they were appended; a damaged frame with others behind it is an error and never skipped; one
// folder belongs to one process at a time. The package knows nothing of what the frames mean.
package journal

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

const (
	headerSize   = 8
	maxFrameSize = 256 << 20
	endKind      = 0 // closes a snapshot; never handed to apply
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Batch is a row of frames that Append writes at once.
type Batch []byte

// Add appends one frame: a kind other than 0 and its data.
func (b Batch) Add(kind byte, data []byte) Batch {
	at := len(b)
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0, kind)
	b = append(b, data...)
	payload := b[at+headerSize:]
	binary.LittleEndian.PutUint32(b[at:], uint32(len(payload)))
	binary.LittleEndian.PutUint32(b[at+4:], crc32.Checksum(payload, castagnoli))
	return b
}

// Log is an open folder. Its methods may be called from several goroutines.
type Log struct {
	dir  string
	lock *os.File

	mu         sync.Mutex
	file       *os.File
	generation uint64
	size       int64 // bytes in the current log file
	base       int64 // bytes of the snapshot below it
	older      int64 // bytes of log files below it that no snapshot covers yet
	broken     error
}

// Open takes the folder (made if missing), hands every frame of the newest snapshot and of the logs after it to apply, in
// order, and is then ready to append. The data given to apply is only valid during the call. A frame cut short at the very
// end of the newest log is dropped: the process died while writing it. Open fails when another process has the folder.
func Open(dir string, apply func(kind byte, data []byte) error) (*Log, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	l := &Log{dir: dir, lock: lock}
	if err := l.load(apply); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return l, nil
}

func (l *Log) load(apply func(byte, []byte) error) error {
	snapshots, logs, err := l.generations()
	if err != nil {
		return err
	}
	if n := len(snapshots); n > 0 {
		l.generation = snapshots[n-1]
		if l.base, err = l.replay(l.path(l.generation, "snap"), false, apply); err != nil {
			return err
		}
	}
	logs = slices.DeleteFunc(logs, func(g uint64) bool { return g < l.generation })
	for i, g := range logs {
		last := i == len(logs)-1
		size, err := l.replay(l.path(g, "log"), last, apply)
		if err != nil {
			return err
		}
		l.generation = g
		if last {
			l.size = size
		} else {
			l.older += size
		}
	}
	return l.openCurrent()
}

// openCurrent opens the log of the current generation for appending and cuts a torn end off.
func (l *Log) openCurrent() error {
	f, err := os.OpenFile(l.path(l.generation, "log"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if err := f.Truncate(l.size); err != nil {
		return fmt.Errorf("journal: cut torn end: %w", errors.Join(err, f.Close()))
	}
	l.file = f
	return nil
}

// Append writes the batch with one write(2) and returns once the kernel has it. After an error the log refuses further
// batches: what is on disk is whole, but no longer everything.
func (l *Log) Append(b Batch) error {
	if len(b) == 0 {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken != nil {
		return l.broken
	}
	n, err := l.file.Write(b)
	if err != nil {
		l.broken = fmt.Errorf("journal: %w", err)
		if n > 0 {
			l.broken = errors.Join(l.broken, l.file.Truncate(l.size))
		}
		return l.broken
	}
	l.size += int64(n)
	return nil
}

// Weight gives the bytes a restart would have to replay: those of the snapshot, and those of the logs after it.
func (l *Log) Weight() (snapshot, logs int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.base, l.older + l.size
}

// Close ends the log. What was appended stays.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.broken = errors.New("journal: closed")
	return errors.Join(l.file.Close(), l.lock.Close())
}

// Snapshot is the replacement for everything appended before the Rotate that began it.
type Snapshot struct {
	log        *Log
	generation uint64
	file       *os.File
	out        *bufio.Writer
	size       int64
}

// Rotate begins a new log file and a snapshot meant to replace all older ones. The caller must hold whatever keeps its
// state from changing during the call, and afterwards writes that very state with Add and ends with Commit or Abort;
// appending goes on meanwhile.
func (l *Log) Rotate() (*Snapshot, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken != nil {
		return nil, l.broken
	}
	next := l.generation + 1
	f, err := os.OpenFile(l.path(next, "log"), os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	s, err := os.OpenFile(l.path(next, "tmp"), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", errors.Join(err, f.Close()))
	}
	old := l.file
	l.file, l.generation, l.older, l.size = f, next, l.older+l.size, 0
	snapshot := &Snapshot{log: l, generation: next, file: s, out: bufio.NewWriterSize(s, 1<<20)}
	if err := old.Close(); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	return snapshot, nil
}

// Add writes frames of the state.
func (s *Snapshot) Add(b Batch) error {
	s.size += int64(len(b))
	if _, err := s.out.Write(b); err != nil {
		return fmt.Errorf("journal: snapshot: %w", err)
	}
	return nil
}

// Commit puts the snapshot in place and removes the files it replaces.
func (s *Snapshot) Commit() error {
	if err := s.Add(Batch(nil).Add(endKind, nil)); err != nil {
		return err
	}
	if err := errors.Join(s.out.Flush(), s.file.Close()); err != nil {
		return fmt.Errorf("journal: snapshot: %w", err)
	}
	l := s.log
	if err := os.Rename(l.path(s.generation, "tmp"), l.path(s.generation, "snap")); err != nil {
		return fmt.Errorf("journal: snapshot: %w", err)
	}
	l.mu.Lock()
	l.base, l.older = s.size, 0
	l.mu.Unlock()
	return l.sweep(s.generation)
}

// Abort drops the snapshot; the older files stay in force.
func (s *Snapshot) Abort() error {
	return errors.Join(s.file.Close(), os.Remove(s.log.path(s.generation, "tmp")))
}

// sweep removes everything older than a generation whose snapshot is in place.
func (l *Log) sweep(generation uint64) error {
	snapshots, logs, err := l.generations()
	if err != nil {
		return err
	}
	for _, g := range snapshots {
		if g < generation {
			err = errors.Join(err, os.Remove(l.path(g, "snap")))
		}
	}
	for _, g := range logs {
		if g < generation {
			err = errors.Join(err, os.Remove(l.path(g, "log")))
		}
	}
	return err
}

func (l *Log) path(generation uint64, ext string) string {
	return filepath.Join(l.dir, fmt.Sprintf("%08d.%s", generation, ext))
}

// generations lists the snapshots and logs in the folder, oldest first. Unfinished snapshots are neither.
func (l *Log) generations() (snapshots, logs []uint64, err error) {
	entries, err := os.ReadDir(l.dir)
	if err != nil {
		return nil, nil, fmt.Errorf("journal: %w", err)
	}
	for _, e := range entries {
		name, ext, _ := strings.Cut(e.Name(), ".")
		g, err := strconv.ParseUint(name, 10, 64)
		if err != nil {
			continue
		}
		switch ext {
		case "snap":
			snapshots = append(snapshots, g)
		case "log":
			logs = append(logs, g)
		}
	}
	slices.Sort(snapshots)
	slices.Sort(logs)
	return snapshots, logs, nil
}

// replay hands the frames of one file to apply and returns how many bytes of it are whole. tornEnd allows the last frame to
// be cut short.
func (l *Log) replay(path string, tornEnd bool, apply func(byte, []byte) error) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("journal: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, fmt.Errorf("journal: %w", err)
	}
	r := reader{in: bufio.NewReaderSize(f, 1<<20), left: info.Size()}
	var whole int64
	for {
		payload, err := r.next()
		switch {
		case errors.Is(err, io.EOF):
			return whole, nil
		case errors.Is(err, errTorn) && tornEnd:
			return whole, nil
		case err != nil:
			return 0, fmt.Errorf("journal: %s at byte %d: %w", filepath.Base(path), whole, err)
		}
		whole += headerSize + int64(len(payload))
		if payload[0] == endKind {
			continue
		}
		if err := apply(payload[0], payload[1:]); err != nil {
			return 0, fmt.Errorf("journal: %s at byte %d: %w", filepath.Base(path), whole, err)
		}
	}
}

var (
	errTorn    = errors.New("frame cut short")
	errDamaged = errors.New("frame damaged")
)

// reader reads frames of a file that has `left` bytes to go.
type reader struct {
	in   *bufio.Reader
	left int64
	buf  []byte
}

func (r *reader) next() ([]byte, error) {
	if r.left == 0 {
		return nil, io.EOF
	}
	if r.left < headerSize+1 {
		return nil, errTorn
	}
	var header [headerSize]byte
	if _, err := io.ReadFull(r.in, header[:]); err != nil {
		return nil, err
	}
	size := int64(binary.LittleEndian.Uint32(header[:]))
	if size > r.left-headerSize {
		return nil, errTorn
	}
	if size == 0 || size > maxFrameSize {
		return nil, errDamaged
	}
	r.left -= headerSize + size
	if int64(cap(r.buf)) < size {
		r.buf = make([]byte, size*2)
	}
	payload := r.buf[:size]
	if _, err := io.ReadFull(r.in, payload); err != nil {
		return nil, err
	}
	if crc32.Checksum(payload, castagnoli) == binary.LittleEndian.Uint32(header[4:]) {
		return payload, nil
	}
	if r.left == 0 {
		return nil, errTorn
	}
	return nil, errDamaged
}
