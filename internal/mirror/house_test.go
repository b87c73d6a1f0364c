package mirror_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/job"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/mirror"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/privacy"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/settings"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
	"heavyset.tech/platform/internal/zohocrm"
	"heavyset.tech/platform/internal/zohosim"
)

// eight is 8 o'clock on a Monday, 8 in the morning in the organization's zone.
var eight = time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)

// The users of the simulated Zoho: two of them are reps here.
const (
	benUser  = "5725767000000411002"
	stranger = "5725767000000411003"
)

// house is one organization that is connected to a simulated Zoho. Nothing runs by itself: push, round and catch do.
type house struct {
	t        *testing.T
	store    *store.Store
	org      org.Organization
	config   connection.ConfigID
	sync     *crmsync.Service
	book     *booking.Service
	mirror   *mirror.Service
	zoho     crm.Provider // the dispatcher's hands
	server   *httptest.Server
	guardian *connection.Guardian

	mu     sync.Mutex
	now    time.Time
	hidden string // of which Zoho's list of deletions says nothing
	wrote  int    // writes of ours to Zoho's records
}

// between stands between us and the simulator.
type between struct{ w *house }

func (b between) RoundTrip(r *http.Request) (*http.Response, error) {
	b.w.mu.Lock()
	hidden := b.w.hidden
	if r.Method != http.MethodGet && strings.HasPrefix(r.URL.Path, "/crm/v8/Events") {
		b.w.wrote++
	}
	b.w.mu.Unlock()
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || hidden == "" || !strings.HasSuffix(r.URL.Path, "/deleted") {
		return res, err
	}
	_ = res.Body.Close()
	return &http.Response{StatusCode: http.StatusNoContent, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

// hide makes Zoho's list of deletions silent on a record.
func (w *house) hide(record string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hidden = record
}

func (w *house) unhide() { w.hide("") }

// writes counts the writes to meetings, of the dispatcher too.
func (w *house) writes() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.wrote
}

// told counts the messages to visitors about changes.
func (w *house) told() int {
	return w.jobs("booking.rescheduled/mail") + w.jobs("booking.cancelled/mail")
}

// blocks lists the times that are taken of a conflict's rep.
func (w *house) blocks(b brought) (out [][2]time.Time) {
	w.t.Helper()
	list, err := w.store.Blocks(w.t.Context(), w.org.ID, eight, eight.AddDate(0, 0, 7), w.clock())
	w.must(err)
	for _, x := range list {
		out = append(out, [2]time.Time{x.Start, x.End})
	}
	return out
}

func (w *house) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// wait lets time pass: Zoho's times are whole seconds.
func (w *house) wait(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *house) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func newHouse(t *testing.T, engine string) *house {
	t.Helper()
	w := &house{t: t, now: eight}
	sim, err := zohosim.New(zohosim.Options{Now: w.clock, Seed: "demo", DataCentres: []zohosim.DC{{Location: "us"}}})
	w.must(err)
	w.server = httptest.NewServer(sim.Handler("us"))
	t.Cleanup(w.server.Close)
	sim.SetBaseURL("us", w.server.URL)
	w.store = storetest.Open(t, storetest.URLs(t, engine), w.clock, facts())
	w.org, err = (&org.Service{Store: w.store, Now: w.clock}).Create(t.Context(), org.Draft{Slug: "o", Name: "O", Timezone: "UTC"})
	w.must(err)
	week := []catalog.Hours{{Days: []string{"mon", "tue", "wed", "thu", "fri"}, Start: "08:00", End: "18:00"}}
	_, err = (&catalog.Editor{Store: w.store}).Replace(t.Context(), w.org.ID, catalog.Catalog{
		Timezone: "UTC",
		Services: []catalog.Service{{ID: "s", Name: "Service", DurationMinutes: 60, SlotIntervalMinutes: 60, BookingWindowDays: 60, Assignment: catalog.Priority, Reps: []string{"ann", "ben"}}},
		Reps:     []catalog.Rep{{ID: "ann", Name: "Ann", CRMUser: annUser, Hours: week}, {ID: "ben", Name: "Ben", CRMUser: benUser, Hours: week}},
	})
	w.must(err)
	w.connect()
	return w
}

// facts are those whose jobs the tests count.
func facts() *job.Table {
	t := &job.Table{}
	job.On(t, "crmsync.due", "crm", job.Options{}, func(context.Context, crmsync.Due) error { return nil })
	job.On(t, "crmsync.crossed", "crm", job.Options{}, func(context.Context, crmsync.Crossed) error { return nil })
	job.On(t, "privacy.records_chosen", "crm", job.Options{}, func(context.Context, privacy.RecordsChosen) error { return nil })
	job.On(t, "mirror.opened", "mail", job.Options{}, func(context.Context, mirror.Opened) error { return nil })
	job.On(t, "booking.rescheduled", "mail", job.Options{}, func(context.Context, booking.Rescheduled) error { return nil })
	job.On(t, "booking.reassigned", "mail", job.Options{}, func(context.Context, booking.Reassigned) error { return nil })
	job.On(t, "booking.cancelled", "mail", job.Options{}, func(context.Context, booking.Cancelled) error { return nil })
	job.On(t, "booking.doubted", "mail", job.Options{}, func(context.Context, booking.Doubted) error { return nil })
	return t
}

// jobs counts the jobs that followed of a kind.
func (w *house) jobs(kind string) int {
	w.t.Helper()
	counts, err := w.store.JobCounts(w.t.Context())
	w.must(err)
	n := 0
	for _, c := range counts {
		if c.Kind == kind {
			n += int(c.N)
		}
	}
	return n
}

func (w *house) connect() {
	w.t.Helper()
	ctx := w.t.Context()
	res, err := http.Post(w.server.URL+"/_sim/grant", "application/json", strings.NewReader(`{"client_id":"1000.SIMCLIENT","redirect_uri":"http://127.0.0.1/cb","scope":"`+scopes+`"}`))
	w.must(err)
	defer func() { _ = res.Body.Close() }()
	var g struct {
		Code           string
		Location       string
		AccountsServer string `json:"accounts_server"`
	}
	w.must(json.NewDecoder(res.Body).Decode(&g))
	connector, err := zohocrm.New("us="+w.server.URL+"|"+w.server.URL+"|"+w.server.URL, &http.Client{Transport: between{w}}, w.clock)
	w.must(err)
	connections := &connection.Service{Store: w.store, Connectors: map[crm.Type]crm.Connector{crm.Zoho: connector}, RedirectURI: "http://127.0.0.1/cb", Now: w.clock}
	k, err := connections.Create(ctx, w.org.ID, connection.Draft{Name: "Zoho", Type: crm.Zoho})
	w.must(err)
	w.config = k.ID
	k, err = connections.Connect(ctx, w.org.ID, k.ID, "1000.SIMCLIENT", secret.NewString("sim-secret"), "http://127.0.0.1/cb", crm.Callback{Code: g.Code, Location: "us", AccountsServer: w.server.URL})
	w.must(err)
	set := settings.Default()
	set.Source = settings.AppointmentsOnly
	_, err = w.store.SaveSettings(ctx, w.org.ID, w.config, settings.Version{Settings: set, At: eight})
	w.must(err)
	w.guardian = connection.NewGuardian(connections)
	w.book = booking.New(w.store, w.clock)
	w.sync = &crmsync.Service{Store: w.store, Connections: connections, Guardian: w.guardian, Settings: w.store, Node: "n", Now: w.clock}
	w.mirror = &mirror.Service{
		Store: w.store, Connections: connections, Guardian: w.guardian, Settings: w.store, Bookings: w.book, Every: 2 * time.Minute, NotifyURL: "http://127.0.0.1/hooks/", Now: w.clock,
	}
	w.sync.Lookout = w.mirror
	w.zoho, err = w.guardian.Provider(ctx, k, "dispatcher")
	w.must(err)
}

// round compares the copy with Zoho, a little later.
func (w *house) round() {
	w.t.Helper()
	w.wait(2 * time.Minute)
	w.must(w.mirror.Round(w.t.Context(), w.org.ID, w.config))
	list, err := w.store.Sources(w.t.Context(), w.org.ID, w.config)
	w.must(err)
	for _, s := range list {
		if s.Error != "" {
			w.t.Fatalf("%s: %s", s.Name, s.Error)
		}
	}
}

// visit books an hour of a day (0 is eight) and writes it to Zoho; both sides agree on it.
func (w *house) visit(day, hour int, name string) *visit {
	w.t.Helper()
	v := w.written(day, hour, name)
	w.round()
	return v
}

// written books and writes likewise, and nothing is read since.
func (w *house) written(day, hour int, name string) *visit {
	w.t.Helper()
	start := eight.AddDate(0, 0, day).Add(time.Duration(hour-8) * time.Hour)
	b, err := w.book.Book(w.t.Context(), booking.Request{Scheduler: "o", Service: "s", Start: start, Contact: lead.Contact{FirstName: "Jo", LastName: name, Email: name + "@x.example"}})
	w.must(err)
	v := &visit{house: w, id: b.Appointment.ID, token: b.Token.Reveal()}
	w.wait(2 * time.Second)
	w.must(v.push())
	links, err := w.store.AppointmentViews(w.t.Context(), w.org.ID, []booking.AppointmentID{v.id})
	w.must(err)
	for _, l := range links[v.id].Records {
		if l.Role == crm.RoleAppointment {
			v.record = l.Record
		}
	}
	if v.record == "" {
		w.t.Fatal("the appointment was not written")
	}
	return v
}

// visit is an appointment with its record in Zoho.
type visit struct {
	*house
	id     booking.AppointmentID
	token  string
	record string
}

func (v *visit) push() error { return v.sync.PushAppointment(v.t.Context(), v.org.ID, v.id) }

// here is our side, there what the record shows.
func (v *visit) here() booking.Appointment {
	v.t.Helper()
	a, err := v.store.Appointment(v.t.Context(), v.org.ID, v.id)
	v.must(err)
	return a
}

func (v *visit) there() (start time.Time, owner, title string, modified time.Time) {
	v.t.Helper()
	rec, err := v.zoho.Get(v.t.Context(), "Events", v.record)
	v.must(err)
	start, _ = rec.Values["Start_DateTime"].(time.Time)
	who, _ := rec.Values["Owner"].(crm.Ref)
	return start.UTC(), who.ID, rec.Text("Event_Title"), rec.Modified
}

// change changes the record in Zoho, as a dispatcher does.
func (v *visit) change(values crm.Values) {
	v.t.Helper()
	v.wait(5 * time.Second)
	v.must(v.zoho.Update(v.t.Context(), "Events", v.record, values))
	v.wait(5 * time.Second)
}

// seen is when Zoho first gave the record back.
func (v *visit) seen() time.Time {
	v.t.Helper()
	l, found, err := v.store.LinkedRecord(v.t.Context(), v.org.ID, v.config, "Events", v.record)
	v.must(err)
	views, err := v.store.AppointmentViews(v.t.Context(), v.org.ID, []booking.AppointmentID{v.id})
	v.must(err)
	for _, k := range views[v.id].Records {
		if found && k.Record == v.record {
			if l.Seen == k.Seen.IsZero() {
				v.t.Errorf("seen: %v, at %v", l.Seen, k.Seen)
			}
			return k.Seen
		}
	}
	v.t.Fatal("the record has no link")
	return time.Time{}
}

func hour(start time.Time) crm.Values {
	return crm.Values{"Start_DateTime": start, "End_DateTime": start.Add(time.Hour)}
}

// open gives the open conflicts.
func (w *house) open() []mirror.Conflict {
	w.t.Helper()
	list, _, err := w.mirror.Conflicts(w.t.Context(), w.org.ID)
	w.must(err)
	return list
}

// only gives the one open conflict, of a kind.
func (w *house) only(kind mirror.Kind) mirror.Conflict {
	w.t.Helper()
	list := w.open()
	if len(list) != 1 || list[0].Kind != kind {
		w.t.Fatalf("the open conflicts are %+v, want one %s", list, kind)
	}
	return list[0]
}

// settled looks at how the newest settled conflict ended.
func (w *house) settled(choice mirror.Choice) {
	w.t.Helper()
	open, done, err := w.mirror.Conflicts(w.t.Context(), w.org.ID)
	w.must(err)
	if len(open) != 0 || len(done) == 0 || done[0].Choice != choice {
		w.t.Fatalf("open %+v, settled %+v, want it settled by %s", open, done, choice)
	}
}

// free reports whether a visitor may book a start with anybody.
func (w *house) free(start time.Time) bool {
	w.t.Helper()
	day := start.Format(time.DateOnly)
	offer, err := w.book.Slots(w.t.Context(), booking.Ask{Scheduler: "o", Service: "s", From: day, To: day})
	w.must(err)
	for _, s := range offer.Slots() {
		if s.Start.Equal(start) {
			return true
		}
	}
	return false
}

// refused fails unless an error is of a kind.
func refused(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("got %v, want %v", err, kind)
	}
}
