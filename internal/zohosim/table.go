package zohosim

import (
	"math"
	"slices"
	"strings"
)

// record is one record of a module. It is never changed after it is in a table: an update puts a new one in its place, so
// that whoever holds an old one may go on reading it.
type record struct {
	id                             int64
	created, modified              int64 // seconds since 1970 UTC
	createdBy, modifiedBy, ownedBy int64
	layout                         int64
	cells                          []cell // sorted by field
}

// get gives the stored value of a field by its number in names.
func (r *record) get(field uint16) (cell, bool) {
	for i := range r.cells {
		if r.cells[i].field == field {
			return r.cells[i], true
		}
	}
	return cell{}, false
}

// with gives a copy of the cells with one set, or taken out where it is absent.
func with(cells []cell, c cell) []cell {
	i, found := slices.BinarySearchFunc(cells, c.field, func(c cell, f uint16) int { return int(c.field) - int(f) })
	switch {
	case c.kind == absent && found:
		return slices.Concat(cells[:i], cells[i+1:])
	case c.kind == absent:
		return cells
	case found:
		out := slices.Clone(cells)
		out[i] = c
		return out
	}
	return slices.Concat(cells[:i], []cell{c}, cells[i:])
}

// tomb is what the feed of deleted records tells of a record that is gone.
type tomb struct {
	ID        int64  `json:"id"`
	Name      string `json:"name"`
	At        int64  `json:"at"` // seconds
	By        int64  `json:"by"`
	CreatedBy int64  `json:"created_by"`
}

// table keeps the records of one module with their indexes. Its user does the locking.
type table struct {
	rows       map[int64]*record
	byID       ordered
	byCreated  ordered
	byModified ordered
	byField    map[uint16]*ordered         // date and datetime fields
	unique     map[uint16]map[string]int64 // unique fields: value as compared → id
	exact      map[uint16]bool             // unique fields that tell capitals apart
	deleted    []tomb                      // oldest first
	versions   []version                   // what search must still see, see index_lag_seconds
	glimpses   glimpses

	from, to *field // Start_DateTime and End_DateTime, where the module has both
	span     int64  // seconds; no record is or was longer than this from one to the other
	spanless bool   // a record has or had an end without a start: span says nothing
}

// newTable makes an empty table for a module's fields.
func newTable(fields []*field) *table {
	t := &table{rows: map[int64]*record{}}
	t.reindex(fields)
	return t
}

// reindex builds the indexes that the fields ask for over the rows there are.
func (t *table) reindex(fields []*field) {
	t.byID, t.byCreated, t.byModified = ordered{}, ordered{}, ordered{}
	t.byField, t.unique, t.exact = map[uint16]*ordered{}, map[uint16]map[string]int64{}, map[uint16]bool{}
	t.from, t.to, t.span, t.spanless = nil, nil, 0, false
	for _, f := range fields {
		switch {
		case f.kind == kindTime && f.api == "Start_DateTime":
			t.from = f
		case f.kind == kindTime && f.api == "End_DateTime":
			t.to = f
		}
		if f.sys == stored && (f.kind == kindTime || f.kind == kindDay) {
			t.byField[f.key] = &ordered{}
		}
		if f.unique && f.sys == stored {
			t.unique[f.key] = map[string]int64{}
			t.exact[f.key] = f.uniqueExact
		}
	}
	ids := make([]int64, 0, len(t.rows))
	for id := range t.rows {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		t.link(t.rows[id])
	}
}

// put inserts a record or replaces the one with its id.
func (t *table) put(r *record) {
	old := t.rows[r.id]
	if old != nil {
		t.unlink(old, r)
	}
	t.rows[r.id] = r
	t.glimpses.forget(r.id)
	t.link(r)
}

// drop removes a record.
func (t *table) drop(id int64) {
	if r := t.rows[id]; r != nil {
		t.glimpses.forget(id)
		t.unlink(r, nil)
		delete(t.rows, id)
	}
}

// link enters r into every index; an entry with the same key and id gets the new record.
func (t *table) link(r *record) {
	t.stretch(r)
	t.byID.put(entry{r.id, r.id, r})
	t.byCreated.put(entry{r.created, r.id, r})
	t.byModified.put(entry{r.modified, r.id, r})
	for key, index := range t.byField {
		if c, ok := r.get(key); ok {
			index.put(entry{c.num, r.id, r})
		}
	}
	for key, index := range t.unique {
		if c, ok := r.get(key); ok {
			index[t.uniqueKey(key, c)] = r.id
		}
	}
}

// stretch widens the span to a record.
func (t *table) stretch(r *record) {
	if t.from == nil || t.to == nil {
		return
	}
	start, hasStart := r.get(t.from.key)
	end, hasEnd := r.get(t.to.key)
	switch {
	case hasEnd && !hasStart:
		t.spanless = true
	case hasEnd:
		t.span = max(t.span, end.num-start.num)
	}
}

// unlink takes out what old has in the indexes and next will not replace.
func (t *table) unlink(old, next *record) {
	if next == nil {
		t.byID.remove(entry{old.id, old.id, nil})
	}
	if next == nil || next.created != old.created {
		t.byCreated.remove(entry{old.created, old.id, nil})
	}
	if next == nil || next.modified != old.modified {
		t.byModified.remove(entry{old.modified, old.id, nil})
	}
	for key, index := range t.byField {
		if c, ok := old.get(key); ok {
			index.remove(entry{c.num, old.id, nil})
		}
	}
	for key, index := range t.unique {
		if c, ok := old.get(key); ok && index[t.uniqueKey(key, c)] == old.id {
			delete(index, t.uniqueKey(key, c))
		}
	}
}

// uniqueKey is a value as uniqueness compares it.
func (t *table) uniqueKey(key uint16, c cell) string {
	switch {
	case c.kind != kindText:
		return formatID(c.num)
	case t.exact[key]:
		return c.str
	}
	return strings.ToLower(c.str)
}

var (
	firstEntry = entry{key: math.MinInt64, id: math.MinInt64}
	lastEntry  = entry{key: math.MaxInt64, id: math.MaxInt64}
)

// index gives the sorted list for a field, if there is one.
func (t *table) index(f *field) *ordered {
	switch f.sys {
	case sysID:
		return &t.byID
	case sysCreatedTime:
		return &t.byCreated
	case sysModifiedTime:
		return &t.byModified
	}
	return t.byField[f.key]
}

// version is what a record was before a change that the search index has not seen yet; before is nil for a new record.
type version struct {
	at     int64 // milliseconds
	id     int64
	before *record
}

// remember keeps a version, and forgets those older than the longest lag there may be.
func (t *table) remember(v version) {
	const longestLag = 3600 * 1000
	old := 0
	for old < len(t.versions) && t.versions[old].at < v.at-longestLag {
		old++
	}
	t.versions = append(t.versions[old:], v)
}
