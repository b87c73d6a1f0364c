package crmsync_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/job"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// monday is a Monday, 8 in the morning in the organization's zone.
var monday = time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)

// books is a CRM in memory: what the records are, and what goes wrong with the next calls.
type books struct {
	crm.Connector // only Provider is called
	crm.SchemaReader
	crm.ChangeReader

	mu      sync.Mutex
	records map[string][]crm.Record // by module
	calls   []string                // "create Contacts"
	// meet is asked before a call, and after with what it did; an error is the call's.
	meet func(call string, done bool) error
	// late may keep a new record from being there, with the error of the call that made it.
	late func(crm.Record) error
	now  func() time.Time
	// meter hears of each call that was answered.
	meter crm.Meter
	// search is what a search reads of a record; nil: all.
	search []string
}

// seen gives a record as a caller gets it: what is written later does not reach it.
func seen(r crm.Record) crm.Record {
	r.Values = maps.Clone(r.Values)
	return r
}

func (b *books) Provider(_ crm.Site, _ crm.Tokens, m crm.Meter) crm.Provider {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.meter = m
	return b
}

func writes(call string) bool {
	return !strings.HasPrefix(call, "find ") && !strings.HasPrefix(call, "get ")
}

func (b *books) unanswered(call string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.meter.Count(crm.Call{Writes: writes(call), Remaining: -1})
}

func (b *books) call(call string, do func() error) error {
	if b.meet != nil {
		if err := b.meet(call, false); err != nil {
			b.unanswered(call)
			return err
		}
	}
	b.mu.Lock()
	b.calls = append(b.calls, call)
	err := do()
	meter := b.meter
	b.mu.Unlock()
	meter.Count(crm.Call{Status: http.StatusOK, Writes: writes(call), Remaining: -1})
	if err == nil && b.meet != nil {
		err = b.meet(call, true)
	}
	return err
}

func same(have, want any) bool {
	if t, ok := want.(time.Time); ok {
		h, ok := have.(time.Time)
		return ok && h.Equal(t)
	}
	if r, ok := want.(crm.Ref); ok {
		h, ok := have.(crm.Ref)
		return ok && h.ID == r.ID
	}
	return have == want
}

func (b *books) Find(_ context.Context, q crm.Query) (out []crm.Record, err error) {
	err = b.call("find "+q.Module, func() error {
		for _, r := range b.records[q.Module] {
			if r.Converted {
				continue
			}
			for _, group := range q.Any {
				all := true
				for _, m := range group {
					if m.Op == crm.EndsWith {
						all = all && strings.HasSuffix(r.Text(m.Field), m.Value.(string))
					} else {
						all = all && same(r.Values[m.Field], m.Value)
					}
				}
				if all {
					found := seen(r)
					maps.DeleteFunc(found.Values, func(k string, _ any) bool { return b.search != nil && !slices.Contains(b.search, k) })
					out = append(out, found)
					break
				}
			}
		}
		return nil
	})
	return out, err
}

func (b *books) Get(_ context.Context, module, id string) (out crm.Record, err error) {
	err = b.call("get "+module, func() error {
		for _, r := range b.records[module] {
			if r.ID == id {
				out = seen(r)
				return nil
			}
		}
		return &crm.Problem{Class: crm.Gone}
	})
	return out, err
}

func (b *books) Create(_ context.Context, module string, v crm.Values) (id string, err error) {
	err = b.call("create "+module, func() error {
		id = fmt.Sprintf("%d%03d", len(module), len(b.records[module])+1)
		r := crm.Record{Module: module, ID: id, Values: maps.Clone(v), Created: b.now(), Modified: b.now()}
		if b.late != nil {
			if err := b.late(r); err != nil {
				return err
			}
		}
		b.records[module] = append(b.records[module], r)
		return nil
	})
	return id, err
}

func (b *books) Update(_ context.Context, module, id string, v crm.Values) error {
	return b.call("update "+module, func() error {
		for i, r := range b.records[module] {
			if r.ID == id {
				maps.Copy(r.Values, v)
				b.records[module][i].Modified = b.now()
			}
		}
		return nil
	})
}

func (b *books) Delete(_ context.Context, module, id string) error {
	return b.call("delete "+module, func() error {
		b.records[module] = slices.DeleteFunc(b.records[module], func(r crm.Record) bool { return r.ID == id })
		return nil
	})
}

func (b *books) Convert(_ context.Context, interest, contact crm.Ref) (id string, err error) {
	err = b.call("convert "+interest.Module, func() error {
		for i, r := range b.records[interest.Module] {
			if r.ID != interest.ID || r.Converted {
				continue
			}
			b.records[interest.Module][i].Converted = true
			if id = contact.ID; id == "" {
				id = fmt.Sprintf("9%03d", len(b.records["Contacts"])+1)
				b.records["Contacts"] = append(b.records["Contacts"], crm.Record{Module: "Contacts", ID: id, Values: maps.Clone(r.Values), Created: b.now(), Modified: b.now()})
			}
			return nil
		}
		return &crm.Problem{Class: crm.Gone, Code: "ID_ALREADY_CONVERTED"}
	})
	return id, err
}

func (b *books) count(module string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.records[module])
}

// world is one connected organization on a database, with a CRM in memory.
type world struct {
	t     *testing.T
	store *store.Store
	org   org.Organization
	crm   *books
	sync  *crmsync.Service
	book  *booking.Service
	conn  connection.ConfigID

	mu  sync.Mutex
	now time.Time
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) wait(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOn(t, "sqlite")
}

func newWorldOn(t *testing.T, engine string) *world {
	t.Helper()
	w := &world{t: t, now: monday, crm: &books{records: map[string][]crm.Record{}}}
	w.crm.now = w.clock
	table := &job.Table{}
	job.On(table, "crmsync.due", "crm", job.Options{}, func(context.Context, crmsync.Due) error { return nil })
	job.On(table, "crmsync.left_behind", "crm", job.Options{Once: true}, func(context.Context, crmsync.LeftBehind) error { return nil })
	job.On(table, "crmsync.disagreed", "mail", job.Options{}, func(context.Context, crmsync.Disagreed) error { return nil })
	job.On(table, "crmsync.undo_asked", "crm", job.Options{}, func(context.Context, crmsync.UndoAsked) error { return nil })
	w.store = storetest.Open(t, storetest.URLs(t, engine), w.clock, table)
	var err error
	if w.org, err = (&org.Service{Store: w.store, Now: w.clock}).Create(t.Context(), org.Draft{Slug: "o", Name: "O", Timezone: "UTC"}); err != nil {
		t.Fatal(err)
	}
	c := catalog.Catalog{
		Timezone: "UTC",
		Services: []catalog.Service{{ID: "s", Name: "Service", DurationMinutes: 60, SlotIntervalMinutes: 60, BookingWindowDays: 60, Assignment: catalog.Priority, Reps: []string{"ann"}}},
		Reps:     []catalog.Rep{{ID: "ann", Name: "Ann", CRMUser: "7", Hours: []catalog.Hours{{Days: []string{"mon", "tue", "wed", "thu", "fri"}, Start: "09:00", End: "17:00"}}}},
	}
	if _, err := (&catalog.Editor{Store: w.store}).Replace(t.Context(), w.org.ID, c); err != nil {
		t.Fatal(err)
	}
	connections := &connection.Service{
		Store: w.store, Connectors: map[crm.Type]crm.Connector{crm.Zoho: w.crm}, Shared: connection.Shared{ClientID: "c", Secrets: map[string]secret.String{"": secret.NewString("s")}}, Now: w.clock,
	}
	k, err := connections.Create(t.Context(), w.org.ID, connection.Draft{Name: "Zoho", Type: crm.Zoho})
	if err != nil {
		t.Fatal(err)
	}
	w.conn = k.ID
	w.connect()
	w.book = booking.New(w.store, w.clock)
	w.sync = &crmsync.Service{
		Store: w.store, Connections: connections, Guardian: connection.NewGuardian(connections), Settings: w.store, Node: "node_a", Now: w.clock,
	}
	return w
}

// connect makes or renews the connection.
func (w *world) connect() {
	w.t.Helper()
	err := w.store.SaveConnection(w.t.Context(), w.org.ID, w.conn, connection.Connection{
		State: connection.Connected, ZohoOrgID: "1", RefreshToken: secret.NewString("r"),
		Access: crm.Access{Token: secret.NewString("a"), Expires: w.clock().Add(time.Hour)}, ConnectedAt: w.clock(),
	}, nil, connection.Authorized{Org: w.org.ID, Config: w.conn})
	if err != nil {
		w.t.Fatal(err)
	}
}

// books an hour of Monday for a person.
func (w *world) booked(hour int, c lead.Contact) booking.Confirmation {
	w.t.Helper()
	b, err := w.book.Book(w.t.Context(), booking.Request{Scheduler: "o", Service: "s", Start: monday.Add(time.Duration(hour-8) * time.Hour), Contact: c})
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

func (w *world) push(b booking.Confirmation) error {
	return w.sync.PushAppointment(w.t.Context(), w.org.ID, b.Appointment.ID)
}

func (w *world) pushed(b booking.Confirmation) {
	w.t.Helper()
	if err := w.push(b); err != nil {
		w.t.Fatal(err)
	}
}

// view is how far an appointment has come.
func (w *world) view(b booking.Confirmation) crmsync.View {
	w.t.Helper()
	v, err := w.store.AppointmentViews(w.t.Context(), w.org.ID, []booking.AppointmentID{b.Appointment.ID})
	if err != nil {
		w.t.Fatal(err)
	}
	return v[b.Appointment.ID]
}

// due counts the jobs that push something again.
func (w *world) due() int {
	w.t.Helper()
	counts, err := w.store.JobCounts(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	n := 0
	for _, c := range counts {
		if strings.HasPrefix(c.Kind, "crmsync.") {
			n += int(c.N)
		}
	}
	return n
}

// expect compares how many records the CRM has.
func (w *world) expect(contacts, leads, events int) {
	w.t.Helper()
	if c, l, e := w.crm.count("Contacts"), w.crm.count("Leads"), w.crm.count("Events"); c != contacts || l != leads || e != events {
		w.t.Errorf("the CRM has %d contacts, %d leads, %d events; want %d, %d, %d (calls: %s)", c, l, e, contacts, leads, events, strings.Join(w.crm.calls, ", "))
	}
}

var jo = lead.Contact{FirstName: "Jo", LastName: "Doe", Email: "jo@x.example", Phone: "312 555 0100"}

// lost is a refused refresh.
func lost(w *world) connection.Failure {
	return connection.Failure{Class: crm.Broken, Code: "invalid_code", Since: w.clock()}
}
