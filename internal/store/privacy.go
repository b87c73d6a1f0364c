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

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/privacy"
	"heavyset.tech/platform/internal/store/db"
)

// subject is a person with everything by which their rows are found.
type subject struct {
	privacy.Holding
	lists map[string][]string
}

// querier is a transaction or a pool.
type querier interface {
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
}

// pair is how a contact holds a value.
func pair(key, value string) string {
	if value == "" {
		return ""
	}
	return `%"` + key + `":"` + value + `"%`
}

// subject finds a person.
func (s *Store) subject(ctx context.Context, q *db.Queries, o org.ID, w privacy.Who) (subject, error) {
	var sub subject
	ids, err := q.CustomersOfContact(ctx, db.CustomersOfContactParams{
		OrgID: string(o), CustomerID: string(w.Customer), Email: w.Email, Phone: w.Phone, EmailPair: pair("email", w.Email), PhonePair: pair("phone", w.Phone),
	})
	if err != nil {
		return sub, err
	}
	if len(ids) == 0 {
		return sub, privacy.Nobody()
	}
	slices.Sort(ids)
	sub.lists = map[string][]string{"customers": ids, "appointments": nil, "leads": nil, "records": nil}
	for _, id := range ids {
		sub.Customers = append(sub.Customers, lead.CustomerID(id))
		if err := s.belongings(ctx, q, o, id, &sub); err != nil {
			return sub, err
		}
	}
	sub.lists["ids"] = slices.Concat(ids, sub.lists["appointments"], sub.lists["leads"])
	if err := standsFor(ctx, q, o, &sub); err != nil {
		return sub, err
	}
	sub.lists["markers"] = variants(sub.Markers)
	return sub, nil
}

// belongings reads what belongs to one customer: their contact as it is and as it was typed, appointments and leads.
func (s *Store) belongings(ctx context.Context, q *db.Queries, o org.ID, id string, sub *subject) error {
	c, err := q.Customer(ctx, db.CustomerParams{OrgID: string(o), ID: id})
	if err != nil {
		return err
	}
	contacts := []lead.Contact{customer(db.CustomersByEmailRow(c)).Contact}
	typed := func(doc string) error {
		var d contactDoc
		err := json.Unmarshal([]byte(doc), &d)
		contacts = append(contacts, lead.Contact(d))
		return err
	}
	dates, err := q.AppointmentsOfCustomer(ctx, db.AppointmentsOfCustomerParams{OrgID: string(o), CustomerID: id})
	if err != nil {
		return err
	}
	for _, a := range dates {
		sub.lists["appointments"] = append(sub.lists["appointments"], a.ID)
		if a.StartsAt > ms(s.now()) && a.Status != string(booking.Canceled) {
			sub.Coming++
		}
		if err := typed(a.Contact); err != nil {
			return fmt.Errorf("read appointment %s: %w", a.ID, err)
		}
	}
	leads, err := q.LeadsAbout(ctx, db.LeadsAboutParams{OrgID: string(o), CustomerID: id})
	if err != nil {
		return err
	}
	for _, l := range leads {
		sub.lists["leads"] = append(sub.lists["leads"], l.ID)
		if err := typed(l.Contact); err != nil {
			return fmt.Errorf("read lead %s: %w", l.ID, err)
		}
	}
	for _, k := range contacts {
		sub.Markers = sub.Markers.With(privacy.MarkersOf(k))
	}
	return nil
}

// standsFor reads the CRM's records that stand for a person and for nobody else.
func standsFor(ctx context.Context, q *db.Queries, o org.ID, sub *subject) error {
	type key struct{ module, id string }
	mine, all := map[key]int64{}, map[key]int64{}
	var records []privacy.Record
	for _, id := range sub.lists["ids"] {
		rows, err := q.LinksOfSubject(ctx, db.LinksOfSubjectParams{OrgID: string(o), Subject: id})
		if err != nil {
			return err
		}
		for _, r := range rows {
			k := key{r.Module, r.RecordID}
			if mine[k]++; mine[k] == 1 {
				all[k] = r.Links
				records = append(records, privacy.Record{Config: connection.ConfigID(r.ConfigID), Role: crm.Role(r.Role), Module: r.Module, ID: r.RecordID})
			}
		}
	}
	for _, r := range records {
		if k := (key{r.Module, r.ID}); mine[k] == all[k] {
			sub.Records = append(sub.Records, r)
			sub.lists["records"] = append(sub.lists["records"], r.ID)
		}
	}
	return nil
}

// variants are the forms in which a marker may stand in a row: as it is, in lower case, and within JSON.
func variants(m privacy.Markers) []string {
	var out []string
	add := func(w string) {
		if !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	for _, w := range m {
		add(w)
		add(strings.ToLower(w))
		add(strings.Trim(toJSON(w), `"`))
	}
	return out
}

// Held says what is held of a person.
func (s *Store) Held(ctx context.Context, o org.ID, w privacy.Who) (privacy.Holding, error) {
	sub, err := s.subject(ctx, s.qr, o, w)
	if err != nil {
		return privacy.Holding{}, s.explain(err)
	}
	for _, h := range holdings() {
		if h.mine == "" {
			continue
		}
		n, err := s.count(ctx, s.r, o, h, sub)
		if err != nil {
			return privacy.Holding{}, s.explain(err)
		}
		if n > 0 {
			sub.Counts = append(sub.Counts, privacy.Count{Table: h.table, Rows: n, Act: h.act()})
		}
	}
	return sub.Holding, nil
}

func (h holding) act() privacy.Act {
	if h.change != "" {
		return privacy.Anonymised
	}
	return privacy.Deleted
}

func (s *Store) count(ctx context.Context, q querier, o org.ID, h holding, sub subject) (n int64, err error) {
	text, args := s.spell("SELECT count(*) FROM "+h.table+" WHERE "+h.where(), o, sub.lists)
	if err := q.QueryRowContext(ctx, text, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count in %s: %w", h.table, err)
	}
	return n, nil
}

// ExportPerson reads all that is held of a person.
func (s *Store) ExportPerson(ctx context.Context, o org.ID, w privacy.Who) (privacy.Export, error) {
	sub, err := s.subject(ctx, s.qr, o, w)
	if err != nil {
		return privacy.Export{}, s.explain(err)
	}
	out := privacy.Export{Made: s.now(), Customers: sub.Customers, Records: sub.Records, Tables: map[string][]map[string]any{}}
	for _, h := range holdings() {
		if h.mine == "" {
			continue
		}
		rows, err := s.rowsOf(ctx, o, h, sub)
		if err != nil {
			return privacy.Export{}, s.explain(err)
		}
		if len(rows) > 0 {
			out.Tables[h.table] = rows
		}
	}
	return out, nil
}

func (s *Store) rowsOf(ctx context.Context, o org.ID, h holding, sub subject) ([]map[string]any, error) {
	show := h.show
	if show == "" {
		show = "*"
	}
	text, args := s.spell("SELECT "+show+" FROM "+h.table+" WHERE "+h.where(), o, sub.lists)
	rows, err := s.r.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, fmt.Errorf("export %s: %w", h.table, err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var out []map[string]any
	for rows.Next() {
		cells, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, fmt.Errorf("export %s: %w", h.table, err)
		}
		row, err := s.exported(h.table, columns, cells)
		if err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, rows.Err()
}

// exported is a row as a person reads it: instants in words, documents unfolded, values unsealed; no hash and no key.
func (s *Store) exported(table string, columns []string, cells []any) (map[string]any, error) {
	row := map[string]any{}
	text := func(name string) string {
		v, _ := cells[slices.Index(columns, name)].(string)
		return v
	}
	for i, name := range columns {
		v := cells[i]
		if b, ok := v.([]byte); ok {
			v = string(b)
		}
		kept, sealed := strings.CutSuffix(name, "_sealed")
		switch {
		case sealed && table == "crm_values":
			t, err := s.keys.Open(text(name), text("org_id"), table, kept, text("id"))
			if err != nil {
				return nil, fmt.Errorf("export value %s: %w", text("id"), err)
			}
			row[kept] = json.RawMessage(t.Reveal())
		case sealed, name == "org_id", strings.HasSuffix(name, "_hash"), strings.HasPrefix(name, "lease_"):
		default:
			row[name] = readable(name, v)
		}
	}
	return row, nil
}

func readable(name string, v any) any {
	switch v := v.(type) {
	case int64:
		if name == "at" || strings.HasSuffix(name, "_at") {
			if v == 0 {
				return nil
			}
			return time.UnixMilli(v).UTC()
		}
	case string:
		if t := strings.TrimSpace(v); (strings.HasPrefix(t, "{") || strings.HasPrefix(t, "[")) && json.Valid([]byte(t)) {
			return json.RawMessage(t)
		}
	}
	return v
}

// errUnderWay says that a person can't be erased while something is written or sent for them.
var errUnderWay = fault.New(fault.Conflict, "Something is being written or sent for this person at the moment. Please try again in a minute.")

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
		if err := putErasure(ctx, q, o, r); err != nil || !r.Chosen || len(r.Records) == 0 {
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
		if err == nil && until > ms(s.now()) {
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
// emptied, both files are read, and one in which a marker is found is written anew (VACUUM).
func (s *Store) Scrub(ctx context.Context, m privacy.Markers) (privacy.FileState, error) {
	if !s.Alone() {
		return privacy.FileServer, nil
	}
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
var errLogBusy = fault.Later(10*time.Second, "The person is erased, but the database's log could not be emptied because it is being read. Please erase again.")

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

func putErasure(ctx context.Context, q *db.Queries, o org.ID, r privacy.Report) error {
	return q.PutErasure(ctx, db.PutErasureParams{OrgID: string(o), ID: string(r.ID), At: ms(r.At), ErasedBy: r.By, Document: toJSON(r)})
}

// ChangeErasure changes a kept report, under the organization's lock.
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
		return putErasure(ctx, q, o, r)
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
