package store

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/privacy"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store/db"
)

// ErasePerson erases a person in one transaction, under the organization's lock.
func (s *Store) ErasePerson(ctx context.Context, o org.ID, w privacy.Who, r privacy.Report) (privacy.Report, privacy.Markers, error) {
	var markers privacy.Markers
	err := s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
		if _, err := q.LockSchedule(ctx, string(o)); err != nil {
			return err
		}
		sub, err := s.subject(ctx, q, o, w)
		if err != nil {
			return err
		}
		if err := s.quiet(ctx, q, o, sub); err != nil {
			return err
		}
		r.Counts, r.Records, markers = nil, erased(sub.Records, r.Chosen), sub.Markers
		for _, h := range holdings() {
			if h.mine == "" {
				continue
			}
			n, err := s.erase(ctx, tx, o, h, sub)
			if err != nil {
				return err
			}
			if n > 0 {
				r.Counts = append(r.Counts, privacy.Count{Table: h.table, Rows: n, Act: h.act()})
			}
		}
		if err := s.idle(ctx, tx, o, sub); err != nil {
			return err
		}
		err = q.InsertErasure(ctx, db.InsertErasureParams{
			OrgID: string(o), ID: string(r.ID), At: ms(r.At), ErasedBy: r.By, Document: toJSON(r),
			MarkersSealed: s.keys.Seal(secret.NewString(toJSON(markers)), string(o), "erasures", sealMarkers, string(r.ID)),
		})
		if err != nil || !r.Chosen || len(r.Records) == 0 {
			return err
		}
		return s.follow(ctx, tx, privacy.RecordsChosen{Org: o, Erasure: r.ID})
	})
	return r, markers, err
}

func erased(records []privacy.Record, chosen bool) []privacy.Erased {
	state := privacy.Left
	if chosen {
		state = privacy.Waits
	}
	var out []privacy.Erased
	for _, r := range records {
		out = append(out, privacy.Erased{Record: r, State: state})
	}
	return out
}

// quiet makes sure that nobody writes to the CRM for a person: what they keep afterwards would bring the person back.
func (s *Store) quiet(ctx context.Context, q *db.Queries, o org.ID, sub subject) error {
	for _, c := range sub.Customers {
		until, err := q.CustomerLease(ctx, db.CustomerLeaseParams{OrgID: string(o), ID: string(c)})
		if err == nil && until > ms(s.now()) && until <= ms(s.now().Add(time.Minute+clocksApart)) {
			return errUnderWay
		}
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	return nil
}

// idle makes sure that no job of the person runs: those that wait are deleted by now.
func (s *Store) idle(ctx context.Context, tx *sql.Tx, o org.ID, sub subject) error {
	text, args := s.spell("SELECT count(*) FROM river_job WHERE EXISTS (SELECT 1 FROM {ids} i WHERE {instr}({args}, i.value) > 0)", o, sub.lists)
	var n int64
	if err := tx.QueryRowContext(ctx, text, args...).Scan(&n); err != nil {
		return fmt.Errorf("look for jobs: %w", err)
	}
	if n > 0 {
		return errUnderWay
	}
	return nil
}

func (s *Store) erase(ctx context.Context, tx *sql.Tx, o org.ID, h holding, sub subject) (int64, error) {
	text := "DELETE FROM " + h.table
	if h.change != "" {
		text = "UPDATE " + h.table + " SET " + h.change
	}
	text, args := s.spell(text+" WHERE "+h.where(), o, sub.lists)
	res, err := tx.ExecContext(ctx, text, args...)
	if err != nil {
		return 0, fmt.Errorf("erase in %s: %w", h.table, err)
	}
	return res.RowsAffected()
}

// Search counts an organization's rows that hold a marker, in every table that has rows of organizations, and its jobs.
func (s *Store) Search(ctx context.Context, o org.ID, m privacy.Markers) ([]privacy.Count, error) {
	if len(m) == 0 {
		return nil, nil
	}
	tables, err := s.textColumns(ctx)
	if err != nil {
		return nil, s.explain(err)
	}
	var out []privacy.Count
	for _, h := range holdings() {
		columns, owned := tables[h.table], "org_id = {org}"
		if h.table == "river_job" {
			columns, owned = []string{"{args}", "{errors}"}, "{instr}({args}, {org}) > 0"
		} else if !slices.Contains(columns, "org_id") {
			continue
		}
		hay := "COALESCE(" + strings.Join(columns, ", '') || ' ' || COALESCE(") + ", '')"
		text, args := s.spell("SELECT count(*) FROM "+h.table+" WHERE "+owned+" AND EXISTS (SELECT 1 FROM {markers} i WHERE {instr}("+hay+", i.value) > 0 OR {instr}(lower("+hay+"), i.value) > 0)",
			o, map[string][]string{"markers": variants(m)})
		var n int64
		if err := s.r.QueryRowContext(ctx, text, args...).Scan(&n); err != nil {
			return nil, s.explain(fmt.Errorf("search %s: %w", h.table, err))
		}
		if n > 0 {
			out = append(out, privacy.Count{Table: h.table, Rows: n})
		}
	}
	return out, nil
}

// textColumns lists the columns that hold text, by table.
func (s *Store) textColumns(ctx context.Context) (map[string][]string, error) {
	rows, err := s.r.QueryContext(ctx, s.engine.words()["columns"])
	if err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := map[string][]string{}
	for rows.Next() {
		var table, column, kind string
		if err := rows.Scan(&table, &column, &kind); err != nil {
			return nil, err
		}
		if out[table] == nil {
			out[table] = []string{}
		}
		if strings.EqualFold(kind, "text") {
			out[table] = append(out[table], column)
		}
	}
	return out, rows.Err()
}

// Scrub makes sure that no deleted content that holds a marker is left in the database's file. What is deleted is
// overwritten (secure_delete), but the write-ahead log and a page that was rearranged may still hold it: the log is
// emptied, both files are read, and one in which a marker is found is written anew (VACUUM). A log that somebody reads for long
// stays as it is.
func (s *Store) Scrub(ctx context.Context, m privacy.Markers) (privacy.FileState, error) {
	if !s.Alone() {
		return privacy.FileServer, nil
	}
	state, err := s.scrubFile(ctx, m)
	if errors.Is(err, errLogBusy) { // the person is erased all the same, and cannot be erased again
		return privacy.FileBusy, nil
	}
	return state, err
}

func (s *Store) scrubFile(ctx context.Context, m privacy.Markers) (privacy.FileState, error) {
	var path string
	if err := s.r.QueryRowContext(ctx, "SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&path); err != nil {
		return "", fmt.Errorf("find the database's file: %w", err)
	}
	if err := s.emptyLog(ctx); err != nil {
		return "", err
	}
	for _, p := range []string{path, path + "-wal"} {
		found, err := holds(p, variants(m))
		if err != nil {
			return "", fmt.Errorf("read the database's file: %w", err)
		}
		if found {
			if _, err := s.w.ExecContext(ctx, "VACUUM"); err != nil {
				return "", fmt.Errorf("write the database's file anew: %w", err)
			}
			return privacy.FileCompacted, s.emptyLog(ctx)
		}
	}
	return privacy.FileClean, nil
}

// errLogBusy says that the write-ahead log is being read.
var errLogBusy = errors.New("the database's log is being read")

// emptyLog moves everything from the write-ahead log into the file and empties it. It waits for those who read.
func (s *Store) emptyLog(ctx context.Context) error {
	var busy, frames, moved int64
	if err := s.w.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved); err != nil {
		return fmt.Errorf("empty the database's log: %w", err)
	}
	if busy != 0 {
		return errLogBusy
	}
	return nil
}

// holds reports whether a file holds one of the words. A file that is not there holds none.
func holds(path string, words []string) (bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }()
	longest := 1
	for _, w := range words {
		longest = max(longest, len(w))
	}
	const step = 1 << 20
	in, window := bufio.NewReaderSize(f, step), make([]byte, 0, step+longest)
	for {
		n, err := io.ReadFull(in, window[len(window):len(window)+step])
		window = window[:len(window)+n]
		for _, w := range words {
			if bytes.Contains(window, []byte(w)) {
				return true, nil
			}
		}
		if err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				return false, nil
			}
			return false, err
		}
		window = append(window[:0], window[max(0, len(window)-longest):]...) // a word may lie across two readings
	}
}

// sealMarkers is for which place the markers of an erasure are sealed.
const sealMarkers = "markers"

// Unproved lists the erasures before an instant whose proof is not kept. One whose markers don't open does not keep the others
// waiting.
func (s *Store) Unproved(ctx context.Context, before time.Time) (out []privacy.Unproved, err error) {
	rows, err := s.qr.UnprovedErasures(ctx, ms(before))
	if err != nil {
		return nil, s.explain(err)
	}
	var all []error
	for _, r := range rows {
		u := privacy.Unproved{Org: org.ID(r.OrgID), Erasure: privacy.ID(r.ID)}
		text, err := s.keys.Open(r.MarkersSealed, r.OrgID, "erasures", sealMarkers, r.ID)
		if err == nil {
			err = json.Unmarshal([]byte(text.Reveal()), &u.Markers)
		}
		if err != nil {
			all = append(all, fmt.Errorf("open the markers of erasure %s: %w", r.ID, err))
			continue
		}
		out = append(out, u)
	}
	return out, errors.Join(all...)
}

// ChangeErasure changes a kept report, under the organization's lock. With the proof the markers are forgotten.
func (s *Store) ChangeErasure(ctx context.Context, o org.ID, id privacy.ID, change func(*privacy.Report)) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		if _, err := q.LockSchedule(ctx, string(o)); err != nil {
			return err
		}
		row, err := q.Erasure(ctx, db.ErasureParams{OrgID: string(o), ID: string(id)})
		if err != nil {
			return err
		}
		r, err := report(db.ErasuresRow(row))
		if err != nil {
			return err
		}
		change(&r)
		if err := q.SetErasure(ctx, db.SetErasureParams{OrgID: string(o), ID: string(id), Document: toJSON(r)}); err != nil || !r.Proved() {
			return err
		}
		return q.ForgetMarkers(ctx, db.ForgetMarkersParams{OrgID: string(o), ID: string(id)})
	})
}

// Erasure reads a report.
func (s *Store) Erasure(ctx context.Context, o org.ID, id privacy.ID) (privacy.Report, error) {
	r, err := s.qr.Erasure(ctx, db.ErasureParams{OrgID: string(o), ID: string(id)})
	if err != nil {
		return privacy.Report{}, s.explain(err)
	}
	return report(db.ErasuresRow(r))
}

// erasuresShown is how many erasures are listed.
const erasuresShown = 100

// Erasures lists reports, newest first.
func (s *Store) Erasures(ctx context.Context, o org.ID) ([]privacy.Report, error) {
	rows, err := s.qr.Erasures(ctx, db.ErasuresParams{OrgID: string(o), N: erasuresShown})
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]privacy.Report, len(rows))
	for i, r := range rows {
		if out[i], err = report(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func report(r db.ErasuresRow) (privacy.Report, error) {
	var out privacy.Report
	if err := json.Unmarshal([]byte(r.Document), &out); err != nil {
		return out, fmt.Errorf("read erasure %s: %w", r.ID, err)
	}
	out.ID, out.At, out.By = privacy.ID(r.ID), at(r.At), r.ErasedBy
	return out, nil
}
