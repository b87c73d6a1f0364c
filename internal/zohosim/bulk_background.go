package zohosim

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"heavyset.tech/platform/internal/zohosim/journal"
)

// wakeBulk tells the background that a job is new or has ended, or that the clock was moved.
func (s *Sim) wakeBulk() {
	select {
	case s.bulkNews <- struct{}{}:
	default:
	}
}

// tendBulk ends jobs with a callback when the clock says so, and sends the callbacks, until ctx ends. Jobs without one end when
// somebody looks. A callback that a kill cut off is sent again; the receiver's answer changes nothing.
func (s *Sim) tendBulk(ctx context.Context) {
	client := &http.Client{Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	for {
		due, next := s.dueCallbacks()
		for _, j := range due {
			s.callBack(ctx, client, j)
		}
		if len(due) > 0 && ctx.Err() == nil {
			continue
		}
		timer := time.NewTimer(next)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-s.bulkNews:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// dueCallbacks ends the jobs whose time has come and gives those whose callback is still to be sent, and how long it may take
// until there are others.
func (s *Sim) dueCallbacks() (due []*bulkJob, next time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sw, now := s.switches.Load(), s.clock()
	next = time.Hour
	for _, o := range s.orgs {
		for _, j := range o.jobs {
			if j.Callback == "" || j.Called {
				continue
			}
			if j.State == "" && !j.due(sw, now) {
				next = min(next, time.Unix(j.Created+int64(sw.BulkSeconds), 0).Sub(now))
				continue
			}
			var err error
			if j.State == "" {
				j, err = s.end(*j, sw, now)
			}
			if err == nil {
				due = append(due, j)
			}
		}
	}
	return due, max(next, time.Millisecond)
}

// callBack posts a job to its callback and notes that it did.
func (s *Sim) callBack(ctx context.Context, client *http.Client, j *bulkJob) {
	s.mu.RLock()
	shown := s.showJob(j, s.orgs[j.Org].place, s.switches.Load())
	s.mu.RUnlock()
	shown["job_id"] = formatID(j.ID)
	body, err := json.Marshal(shown)
	if err != nil {
		return
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, j.Callback, bytes.NewReader(body))
	if err == nil {
		r.Header.Set("Content-Type", "application/json;charset=UTF-8")
		if res, err := client.Do(r); err == nil {
			_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
			_ = res.Body.Close()
		}
	}
	if ctx.Err() != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.orgs[j.Org].jobs[j.ID]
	if now == nil {
		return // a reset came between
	}
	called := *now
	called.Called = true
	if s.keepJob(&called) != nil {
		now.Called = true // at worst it is called again after a restart
	}
}

// bulkCopy holds the rows of a job as a snapshot keeps them: ids of records that are as they were, and the others whole.
type bulkCopy struct {
	place   placeOp
	job     int64
	rows    []*record
	present []bool
}

// copyJobs copies what a snapshot needs of completed jobs. The caller holds all locks.
func (o *org) copyJobs(now time.Time) (ops []bulkJob, copies []bulkCopy) {
	for _, j := range o.jobs {
		ops = append(ops, *j)
		m := o.byAPI[j.Query.Module.APIName]
		if j.State != bulkComplete || m == nil || j.expired(now) {
			continue
		}
		c := bulkCopy{place: placeOp{o.index, m.api}, job: j.ID, rows: j.rows, present: make([]bool, len(j.rows))}
		for i, r := range j.rows {
			c.present[i] = m.table.rows[r.id] == r
		}
		copies = append(copies, c)
	}
	return ops, copies
}

// write adds the rows to a snapshot, behind the records.
func (c bulkCopy) write(to *journal.Snapshot, names []string) error {
	head := binary.AppendUvarint(nil, uint64(c.place.Org))
	head = appendBytes(head, c.place.Module)
	head = binary.AppendVarint(head, c.job)
	data := append([]byte(nil), head...)
	for i, r := range c.rows {
		if c.present[i] {
			data = binary.AppendVarint(append(data, 0), r.id)
		} else {
			data = appendBytes(append(data, 1), string(appendRecordOp(nil, c.place, r, names)))
		}
		if len(data) > 1<<20 {
			if err := to.Add(journal.Batch(nil).Add(opBulkRows, data)); err != nil {
				return err
			}
			data = append(data[:0], head...)
		}
	}
	return to.Add(journal.Batch(nil).Add(opBulkRows, data))
}

// applyBulkRows gives a job rows back.
func (s *Sim) applyBulkRows(data []byte) error {
	in := frameReader{b: data}
	p := placeOp{Org: int(in.uvarint()), Module: string(in.bytes())}
	id := in.varint()
	o, m, err := s.place(p)
	if err != nil {
		return err
	}
	j := o.jobs[id]
	for j != nil && len(in.b) > 0 && !in.failed {
		var r *record
		if in.byte() == 0 {
			r = m.table.rows[in.varint()]
		} else if _, _, r, err = s.decodeRecord(in.bytes()); err != nil {
			return err
		}
		if r != nil {
			j.rows = append(j.rows, r)
		}
	}
	if in.failed {
		return errShortFrame
	}
	return nil
}
