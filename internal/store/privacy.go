package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
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
	"heavyset.tech/platform/internal/quarantine"
	"heavyset.tech/platform/internal/store/db"
)

// subject is a person with everything by which their rows are found.
type subject struct {
	privacy.Holding
	contacts []lead.Contact // as they are and as they were typed
	lists    map[string][]string
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
	return `"` + key + `":` + toJSON(value)
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
	slices.Sort(ids)
	sub.lists = map[string][]string{"customers": ids, "appointments": nil, "leads": nil, "records": nil}
	for _, id := range ids {
		sub.Customers = append(sub.Customers, lead.CustomerID(id))
		if err := s.belongings(ctx, q, o, id, &sub); err != nil {
			return sub, err
		}
	}
	if len(ids) == 0 && w.Email+w.Phone != "" { // no customer: what waits is theirs by the address that was asked for
		sub.contacts = []lead.Contact{{Email: w.Email, Phone: w.Phone}}
	}
	sub.lists["ids"] = slices.Concat(ids, sub.lists["appointments"], sub.lists["leads"])
	if err := standsFor(ctx, q, o, &sub); err != nil {
		return sub, err
	}
	if err := undecided(ctx, q, o, &sub); err != nil {
		return sub, err
	}
	sub.lists["markers"] = variants(sub.Markers)
	if len(ids)+len(sub.lists["suspects"])+len(sub.lists["entries"])+len(sub.lists["forms"]) == 0 {
		return sub, privacy.Nobody()
	}
	return sub, nil
}

// undecided reads what of a person waits and belongs to no customer yet: by their contact, however it was typed, and what
// speaks of them by name, address or number. A street alone is a neighbour's too.
func undecided(ctx context.Context, q *db.Queries, o org.ID, sub *subject) error {
	ours, err := q.OrganizationByID(ctx, string(o))
	if err != nil {
		return err
	}
	mine := func(typed lead.Contact) bool {
		c, _ := typed.Normalise(ours.Country)
		is := sub.is(c)
		if is && len(sub.Customers) == 0 { // nothing else says by which words they are found
			sub.Markers = sub.Markers.With(privacy.MarkersOf(c))
		}
		return is
	}
	sub.lists["suspects"], sub.lists["entries"], sub.lists["forms"] = nil, nil, nil
	requests, err := q.SuspectRequests(ctx, string(o))
	if err != nil {
		return err
	}
	for _, r := range requests {
		var d quarantine.Request
		if err := json.Unmarshal([]byte(r.Request), &d); err != nil {
			return fmt.Errorf("read suspect %s: %w", r.ID, err)
		}
		if mine(d.Contact()) || sub.named(d.Text()) {
			sub.lists["suspects"] = append(sub.lists["suspects"], r.ID)
		}
	}
	entries, err := q.WaitContacts(ctx, string(o))
	if err != nil {
		return err
	}
	for _, r := range entries {
		var d contactDoc
		if err := json.Unmarshal([]byte(r.Contact), &d); err != nil {
			return fmt.Errorf("read waiting list entry %s: %w", r.ID, err)
		}
		if mine(lead.Contact(d)) {
			sub.lists["entries"] = append(sub.lists["entries"], r.ID)
		}
	}
	forms, err := q.LeftDocuments(ctx, string(o))
	if err != nil {
		return err
	}
	for _, r := range forms {
		var d leftDoc
		if err := json.Unmarshal([]byte(r.Document), &d); err != nil {
			return fmt.Errorf("read left form %s: %w", r.ID, err)
		}
		if mine(lead.Contact(d.Contact)) {
			sub.lists["forms"] = append(sub.lists["forms"], r.ID)
		}
	}
	return nil
}

// is reports whether a contact is the person's: by the e-mail address, by the phone number where no other address speaks
// against it, or as bookings recognise a customer.
func (sub subject) is(c lead.Contact) bool {
	return slices.ContainsFunc(sub.contacts, func(k lead.Contact) bool {
		return c.Email != "" && strings.EqualFold(c.Email, k.Email) || c.Phone != "" && c.Phone == k.Phone && (c.Email == "" || k.Email == "") || lead.Same(c, k)
	})
}

// named reports whether a text speaks of the person.
func (sub subject) named(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc(sub.contacts, func(k lead.Contact) bool {
		k.Street = ""
		return slices.ContainsFunc(privacy.MarkersOf(k), func(m string) bool { return strings.Contains(text, strings.ToLower(m)) })
	})
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
	sub.contacts = append(sub.contacts, contacts...)
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
