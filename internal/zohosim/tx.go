package zohosim

import (
	"heavyset.tech/platform/internal/zohosim/journal"
)

// tx is a change of records in the making: made in memory at once, written to the journal as one, undone if that fails. Its
// user holds Sim.mu.
type tx struct {
	sim     *Sim
	atMS    int64
	lag     bool
	batch   journal.Batch
	undo    []func()
	changes []recordChange
}

// recordChange tells what happened to one record; before is nil for a new one, after for a deleted one. by is the user who did it.
type recordChange struct {
	org           *org
	module        *module
	before, after *record
	by            int64
}

// begin starts a change; while a composite request makes one change of several calls, it is that one.
func (s *Sim) begin() *tx {
	if s.together != nil {
		return s.together
	}
	return &tx{sim: s, atMS: s.clock().UnixMilli(), lag: s.switches.Load().IndexLagSeconds > 0}
}

// put inserts or replaces a record.
func (t *tx) put(o *org, m *module, r *record) {
	before := m.table.rows[r.id]
	t.note(recordChange{o, m, before, r, r.modifiedBy})
	t.batch = t.batch.Add(opRecord, appendRecordOp(nil, placeOp{o.index, m.api}, r, t.sim.names.list))
	m.table.put(r)
	t.undo = append(t.undo, func() {
		if before == nil {
			m.table.drop(r.id)
			return
		}
		m.table.put(before)
	})
}

// remove deletes a record and leaves a tomb.
func (t *tx) remove(o *org, m *module, r *record, by int64) {
	grave := tomb{ID: r.id, Name: displayName(m, r), At: t.atMS / 1000, By: by, CreatedBy: r.createdBy}
	t.note(recordChange{o, m, r, nil, by})
	t.batch = addJSON(t.batch, opGone, goneOp{placeOp{o.index, m.api}, grave})
	m.table.drop(r.id)
	m.table.deleted = append(m.table.deleted, grave)
	t.undo = append(t.undo, func() {
		m.table.put(r)
		m.table.deleted = m.table.deleted[:len(m.table.deleted)-1]
	})
}

// note keeps what search must still see while its index lags, and what happened.
func (t *tx) note(c recordChange) {
	if t.lag {
		c.module.table.remember(version{at: t.atMS, id: c.id(), before: c.before})
	}
	t.changes = append(t.changes, c)
}

// commit journals the change and notifies those who watch, or undoes it and fails.
func (t *tx) commit() error {
	if t.sim.together == t {
		return nil // the composite request commits it
	}
	err := t.sim.write(t.batch)
	if err == nil {
		t.sim.notify(t.changes)
		return nil
	}
	t.rollback()
	return err
}

// rollback undoes what was made in memory, for a change that is refused half-way.
func (t *tx) rollback() {
	for i := len(t.undo) - 1; i >= 0; i-- {
		t.undo[i]()
	}
	t.undo, t.batch, t.changes = nil, nil, nil
}
