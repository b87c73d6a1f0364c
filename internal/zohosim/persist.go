package zohosim

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"

	"heavyset.tech/platform/internal/zohosim/journal"
)

// The kinds of frames. A snapshot is made of the same frames as the log.
const (
	opReset       byte = iota + 1 // resetOp
	opClock                       // milliseconds
	opSwitches                    // switches
	opFaults                      // []fault
	opAccounts                    // accountsChange
	opModule                      // moduleOp
	opRecord                      // see appendRecordOp
	opGone                        // goneOp
	opClear                       // placeOp
	opTombs                       // tombsOp
	opCounter                     // counterOp
	opCall                        // see appendCallOp
	opMeter                       // meterState
	opSeeded                      // true: OnSeed has done its part since the last reset
	opChannel                     // channelOp
	opChannelGone                 // channelGoneOp
	opCalendar                    // calendarOp
	opWork                        // workOp
	opBulk                        // bulkJob
	opBulkRows                    // see bulkCopy
	opSettings                    // settingsOp
)

// compactFrom is the size of logs from which a snapshot is worth its writing.
const compactFrom = 32 << 20

type resetOp struct {
	Seed    string `json:"seed"`
	PageKey []byte `json:"page_key"`
}

type placeOp struct {
	Org    int    `json:"org"`
	Module string `json:"module"`
}

type moduleOp struct {
	Org       int       `json:"org"`
	Blueprint blueprint `json:"blueprint"`
}

type goneOp struct {
	placeOp
	Tomb tomb `json:"tomb"`
}

type tombsOp struct {
	placeOp
	Tombs []tomb `json:"tombs"`
}

type counterOp struct {
	Org    int   `json:"org"`
	LastID int64 `json:"last_id"`
}

// addJSON appends a frame with v in JSON. All that is journaled is our own and encodes.
func addJSON(b journal.Batch, kind byte, v any) journal.Batch {
	data, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("zohosim: journal: %v", err))
	}
	return b.Add(kind, data)
}

// apply replays one frame.
func (s *Sim) apply(kind byte, data []byte) error {
	switch kind {
	case opRecord:
		return s.applyRecord(data)
	case opCall:
		return s.meter.applyCall(data)
	case opBulkRows:
		return s.applyBulkRows(data)
	}
	switch kind {
	case opReset:
		return decoded(data, s.applyReset)
	case opClock:
		return decoded(data, func(ms int64) error { s.offset.Store(ms); return nil })
	case opSwitches:
		return decoded(data, s.applySwitches)
	case opFaults:
		return decoded(data, func(list []*fault) error { s.faults.list = list; return nil })
	case opAccounts:
		return decoded(data, func(c accountsChange) error { s.accounts.apply(c); return nil })
	case opModule:
		return decoded(data, s.applyModule)
	case opGone, opClear, opTombs:
		return s.applyGone(kind, data)
	case opCounter:
		return decoded(data, func(c counterOp) error {
			o, err := s.orgAt(c.Org)
			if err == nil {
				o.saw(c.LastID)
			}
			return err
		})
	case opSettings:
		return decoded(data, s.applySettings)
	case opMeter:
		return decoded(data, s.meter.restore)
	case opWork:
		return decoded(data, s.applyWork)
	case opBulk:
		return decoded(data, s.applyBulk)
	case opChannel:
		return decoded(data, s.applyChannel)
	case opChannelGone:
		return decoded(data, s.applyChannelGone)
	case opSeeded:
		s.seeded = true
		return nil
	case opCalendar:
		return decoded(data, s.applyCalendar)
	}
	return fmt.Errorf("unknown frame %d: written by a newer version", kind)
}

func decoded[T any](data []byte, use func(T) error) error {
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	return use(v)
}

func (s *Sim) orgAt(index int) (*org, error) {
	if index < 0 || index >= len(s.orgs) {
		return nil, fmt.Errorf("no organization %d", index)
	}
	return s.orgs[index], nil
}

func (s *Sim) place(p placeOp) (*org, *module, error) {
	o, err := s.orgAt(p.Org)
	if err != nil {
		return nil, nil, err
	}
	m := o.byAPI[p.Module]
	if m == nil {
		return nil, nil, fmt.Errorf("no module %q", p.Module)
	}
	return o, m, nil
}

func (s *Sim) applySwitches(data json.RawMessage) error {
	// Names that are gone since are forgotten, new ones keep their default.
	sw := *defaultSwitches()
	if err := json.Unmarshal(data, &sw); err != nil {
		return err
	}
	s.switches.Store(&sw)
	return nil
}

func (s *Sim) applyModule(op moduleOp) error {
	o, err := s.orgAt(op.Org)
	if err != nil {
		return err
	}
	return s.install(o, op.Blueprint)
}

func (s *Sim) applyGone(kind byte, data []byte) error {
	switch kind {
	case opGone:
		return decoded(data, func(op goneOp) error {
			_, m, err := s.place(op.placeOp)
			if err != nil {
				return err
			}
			m.table.drop(op.Tomb.ID)
			m.table.deleted = append(m.table.deleted, op.Tomb)
			return nil
		})
	case opTombs:
		return decoded(data, func(op tombsOp) error {
			_, m, err := s.place(op.placeOp)
			if err == nil {
				m.table.deleted = op.Tombs
			}
			return err
		})
	}
	return decoded(data, func(op placeOp) error {
		_, m, err := s.place(op)
		if err == nil {
			m.table = newTable(m.fields)
		}
		return err
	})
}

// Reset starts over with a seed ("" means the one of Options): records, applications, tokens, channels, clock, switches, faults
// and statistics. What OnSeed does belongs to it.
func (s *Sim) Reset(seed string) error {
	if seed == "" {
		seed = s.seed
	}
	if err := checkSeed(seed); err != nil {
		return err
	}
	s.resetting.Lock()
	defer s.resetting.Unlock()
	op := resetOp{Seed: seed, PageKey: make([]byte, 32)}
	if _, err := rand.Read(op.PageKey); err != nil {
		return fmt.Errorf("zohosim: %w", err)
	}
	err := s.locked(func() error {
		if err := s.write(addJSON(nil, opReset, op)); err != nil {
			return err
		}
		return s.applyReset(op)
	})
	if err != nil {
		return fmt.Errorf("zohosim: reset: %w", err)
	}
	if s.onSeed != nil {
		if err := s.onSeed(s, seed); err != nil {
			return fmt.Errorf("zohosim: seed %s: %w", seed, err)
		}
	}
	return s.locked(func() error {
		s.seeded = true
		return s.write(addJSON(nil, opSeeded, true))
	})
}

// locked runs f while nothing else can change or read anything.
func (s *Sim) locked(f func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accounts.mu.Lock()
	defer s.accounts.mu.Unlock()
	s.meter.mu.Lock()
	defer s.meter.mu.Unlock()
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	return f()
}

// applyReset puts everything to its beginning.
func (s *Sim) applyReset(op resetOp) error {
	s.names = names{}
	orgs, err := seededOrgs(&s.names)
	if err != nil {
		return err
	}
	if op.Seed == "demo" {
		orgs[0].work = orgs[0].demoWork()
	}
	s.orgs = orgs
	s.diaries = map[int64]*diary{}
	s.calendarCalls.reset()
	s.pageKey, s.seededWith, s.seeded = op.PageKey, op.Seed, false
	s.offset.Store(0)
	s.switches.Store(defaultSwitches())
	s.accounts.reset(orgs)
	s.meter.reset()
	s.faults.list = nil
	s.outbox.drop()
	return nil
}

// compactIfHeavy asks Run for a snapshot when a restart would replay much that no longer matters.
func (s *Sim) compactIfHeavy() {
	snapshot, logs := s.log.Weight()
	if logs <= compactFrom || logs <= 2*snapshot {
		return
	}
	select {
	case s.compact <- struct{}{}:
	default:
	}
}

// compactNow replaces the journal by a snapshot of the present state. Run calls it when the journal has grown.
func (s *Sim) compactNow() error {
	if s.log == nil {
		return nil
	}
	s.resetting.Lock()
	defer s.resetting.Unlock()
	var state []journal.Batch
	var tables []tableCopy
	var jobs []bulkCopy
	var snapshot *journal.Snapshot
	err := s.locked(func() (err error) {
		if snapshot, err = s.log.Rotate(); err == nil {
			state, tables, jobs = s.copyState()
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("zohosim: compact: %w", err)
	}
	for _, b := range state {
		err = errors.Join(err, snapshot.Add(b))
	}
	for _, t := range tables {
		err = errors.Join(err, t.write(snapshot, s.fieldNames()))
	}
	for _, j := range jobs {
		err = errors.Join(err, j.write(snapshot, s.fieldNames()))
	}
	if err != nil {
		return fmt.Errorf("zohosim: compact: %w", errors.Join(err, snapshot.Abort()))
	}
	if err := snapshot.Commit(); err != nil {
		return fmt.Errorf("zohosim: compact: %w", err)
	}
	return nil
}

// fieldNames gives the names as they are now; the list only grows between resets.
func (s *Sim) fieldNames() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.names.list
}

// tableCopy holds the records of a module as they were when a snapshot began. Records are never changed, so that pointers
// are enough.
type tableCopy struct {
	place placeOp
	rows  []*record
}

// copyState gives everything but records as frames, and the records and the rows of jobs to write after them. The caller holds
// all locks.
func (s *Sim) copyState() (state []journal.Batch, tables []tableCopy, jobs []bulkCopy) {
	var b journal.Batch
	b = addJSON(b, opReset, resetOp{Seed: s.seededWith, PageKey: s.pageKey})
	if s.seeded {
		b = addJSON(b, opSeeded, true)
	}
	b = addJSON(b, opClock, s.offset.Load())
	b = addJSON(b, opSwitches, s.switches.Load())
	b = addJSON(b, opFaults, s.faults.list)
	b = addJSON(b, opAccounts, s.accounts.whole())
	b = addJSON(b, opMeter, s.meter.state())
	for _, o := range s.orgs {
		for _, m := range o.modules {
			place := placeOp{o.index, m.api}
			if m.redefined != nil {
				b = b.Add(opModule, m.redefined)
			}
			if len(m.table.deleted) > 0 {
				b = addJSON(b, opTombs, tombsOp{place, m.table.deleted})
			}
			t := tableCopy{place: place, rows: make([]*record, 0, len(m.table.rows))}
			for e := range m.table.byID.between(firstEntry, lastEntry, false) {
				t.rows = append(t.rows, e.rec)
			}
			tables = append(tables, t)
		}
		b = addJSON(b, opWork, o.workOp())
		ops, copies := o.copyJobs(s.clock())
		for _, op := range ops {
			b = addJSON(b, opBulk, op)
		}
		jobs = append(jobs, copies...)
		for _, ch := range o.channels {
			b = addJSON(b, opChannel, channelOp{o.index, *ch})
		}
		b = addJSON(b, opSettings, settingsOp{o.index, o.settings})
		b = addJSON(b, opCounter, counterOp{o.index, o.lastID})
	}
	for id, d := range s.diaries {
		for _, op := range d.whole(id) {
			b = addJSON(b, opCalendar, op)
		}
	}
	return []journal.Batch{b}, tables, jobs
}

func (t tableCopy) write(to *journal.Snapshot, names []string) error {
	var b journal.Batch
	for _, r := range t.rows {
		b = b.Add(opRecord, appendRecordOp(nil, t.place, r, names))
		if len(b) > 1<<20 {
			if err := to.Add(b); err != nil {
				return err
			}
			b = b[:0]
		}
	}
	return to.Add(b)
}
