package mirror_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/mirror"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
	"heavyset.tech/platform/internal/trial"
	"heavyset.tech/platform/internal/zohosim"
)

// TestBothSidesOfALife lets visitors and people in Zoho change visits, while calls are cut, throttled and refused and the
// process dies in the middle of them. Whenever all is brought to rest, both sides agree: on the one side's change if only
// one changed the visit, on nothing new if neither did, on either if both did, or a person is asked. One seed is one life:
// Zoho is called without a network, and the clock is the life's.
func TestBothSidesOfALife(t *testing.T) {
	t.Parallel()
	trial.Run(t, trial.Size{Life: 80, Check: 160, Soak: 50_000, Beside: 2}, func(t *testing.T) func(uint64) (trial.Life, error) {
		path := filepath.Join(t.TempDir(), "life.db")
		var before *pair
		t.Cleanup(func() { _ = before.store.Close() })
		return func(seed uint64) (trial.Life, error) {
			if before != nil {
				_ = before.store.Close()
			}
			for _, more := range []string{"", "-wal", "-shm"} {
				_ = os.Remove(path + more)
			}
			before = &pair{world: &world{t: t, now: monday, url: "http://127.0.0.1:1"}, seed: seed}
			return before, before.begin(storetest.SQLite(t, path))
		}
	})
}

// pair is an organization here and in Zoho, and what is known to have been done to each visit.
type pair struct {
	*world
	seed   uint64
	zoho   http.Handler
	links  *connection.Service
	signed time.Time // when the dispatcher signed in
	nodes  int
	done   int
	visits []*shared

	calls   int           // of Zoho since the operation began
	trouble trouble       // what meets one of them
	dead    chan struct{} // a process that has died says so here, and goes no further
}

// trouble is what meets the call of a number.
type trouble struct {
	at   int
	what string // "": nothing
}

// state is what both sides have to agree on.
type state struct {
	start     time.Time
	rep       string
	cancelled bool
}

// shared is a visit: what both sides last agreed on, and who has changed it since to what.
type shared struct {
	id           booking.AppointmentID
	token        string
	last         state
	ours, theirs *state
	disputed     bool // a person was asked then, or has decided since
}

func (p *pair) begin(url string) error {
	sim, err := zohosim.New(zohosim.Options{Now: p.clock, Seed: "demo", DataCentres: []zohosim.DC{{Location: "us"}}})
	if err != nil {
		return err
	}
	p.zoho = sim.Handler("us")
	sim.SetBaseURL("us", p.url)
	p.people = &http.Client{Transport: trip(p.answer)}
	if p.store, err = store.Open(p.t.Context(), store.Options{URL: url, Keys: storetest.Keys(p.t), Jobs: table(), Now: p.clock}); err != nil {
		return err
	}
	if err := p.store.Migrate(p.t.Context()); err != nil {
		return err
	}
	c := reps()
	c.Services = []catalog.Service{{ID: "visit", Name: "Visit", DurationMinutes: 60, SlotIntervalMinutes: 60, BookingWindowDays: 30, Assignment: catalog.Priority, Reps: []string{"ann", "bo"}}}
	c.Reps[1].Timezone = ""
	if err := p.found(&http.Client{Transport: trip(p.meet)}, c); err != nil {
		return err
	}
	p.signed = p.clock()
	return p.start()
}

// start is the start of a process.
func (p *pair) start() (err error) {
	p.nodes++
	p.dead = make(chan struct{}, 1)
	node := fmt.Sprint("node_", p.nodes)
	if err := p.store.Beat(p.t.Context(), node, p.clock()); err != nil {
		return err
	}
	p.links, err = p.process(&http.Client{Transport: trip(p.meet)}, node)
	return err
}

// answer is Zoho, without a network.
func (p *pair) answer(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	p.zoho.ServeHTTP(w, r)
	res := w.Result()
	res.Request = r
	return res, nil
}

// meet is Zoho as a process reaches it.
func (p *pair) meet(r *http.Request) (*http.Response, error) {
	n := p.calls
	p.calls++
	if p.trouble.what == "" || n != p.trouble.at {
		return p.answer(r)
	}
	refused := func(status int, body string) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {"application/json"}},
			Body: io.NopCloser(strings.NewReader(body)), Request: r,
		}, nil
	}
	switch p.trouble.what {
	case "cut after", "die after":
		if _, err := p.answer(r); err != nil {
			return nil, err
		}
	case "throttled":
		return refused(http.StatusTooManyRequests, `{"code":"TOO_MANY_REQUESTS","details":{},"message":"too many","status":"error"}`)
	case "broken":
		return refused(http.StatusInternalServerError, `{"code":"INTERNAL_ERROR","details":{},"message":"broken","status":"error"}`)
	}
	if strings.HasPrefix(p.trouble.what, "die") {
		p.dead <- struct{}{}
		select {} // nothing of this process ever happens again
	}
	return nil, io.ErrUnexpectedEOF
}

// runs has the process do something, perhaps with trouble on the way, of which it may die.
func (p *pair) runs(r *rand.Rand, what string, f func(context.Context) error) (string, error) {
	p.calls, p.trouble = 0, trouble{}
	if r != nil && r.IntN(3) == 0 {
		p.trouble = trouble{r.IntN(8), []string{"cut before", "cut after", "cut after", "throttled", "broken", "die before", "die after"}[r.IntN(7)]}
		what += fmt.Sprintf(" (call %d: %s)", p.trouble.at, p.trouble.what)
	}
	ended := make(chan error, 1)
	go func() { ended <- f(p.t.Context()) }()
	select {
	case err := <-ended:
		p.trouble = trouble{}
		if err != nil && fault.As(err) == nil && crm.AsProblem(err) == nil {
			return what, err
		}
		return fmt.Sprintf("%s: %d calls, well %v", what, p.calls, err == nil), nil
	case <-p.dead:
	}
	gone := fmt.Sprint("node_", p.nodes)
	last, err := p.store.OtherBeats(p.t.Context(), "")
	if err != nil {
		return what, err
	}
	p.wait(20 * time.Second) // until the others notice
	if _, err := p.store.Bury(p.t.Context(), gone, last[gone]); err != nil {
		return what, err
	}
	return what + ": died", p.start()
}

// Do does one thing on one of the sides, or has the process do something.
func (p *pair) Do(r *rand.Rand) (string, error) {
	p.done++
	switch r.IntN(16) {
	case 0, 1:
		return p.books(r)
	case 2, 3:
		return p.changes(r)
	case 4, 5, 6, 7:
		if len(p.visits) == 0 {
			return "nothing to push", nil
		}
		v := p.recent(r)
		return p.runs(r, "push "+p.name(v), func(ctx context.Context) error { return p.sync.PushAppointment(ctx, p.org.ID, v.id) })
	case 8, 9:
		return p.runs(r, "round", func(ctx context.Context) error { return p.mirror.Round(ctx, p.org.ID, p.conn) })
	case 10, 11, 12:
		return p.dispatches(r)
	case 13:
		d := time.Duration(1+r.IntN(80)) * time.Minute
		p.wait(d)
		return "the clock goes on by " + d.String(), nil
	case 14:
		switch r.IntN(3) {
		case 0:
			p.control("POST", "/_sim/tokens", `{"action":"revoke_refresh"}`, nil)
			p.signed = time.Time{}
			return "Zoho's administrator revokes the access", nil
		case 1:
			p.authorize(p.links)
			return "an administrator connects again", nil
		}
		return p.settles(r)
	}
	return "all comes to rest", p.rest()
}

func (p *pair) name(v *shared) string { return fmt.Sprintf("visit %d", slices.Index(p.visits, v)) }

// recent gives one of the last visits.
func (p *pair) recent(r *rand.Rand) *shared {
	return p.visits[len(p.visits)-1-r.IntN(min(8, len(p.visits)))]
}

// hour is some hour of the coming days.
func (p *pair) hour(r *rand.Rand) time.Time {
	day := p.clock().Truncate(24*time.Hour).AddDate(0, 0, 1+r.IntN(3))
	return day.Add(time.Duration(15+r.IntN(8)) * time.Hour)
}

func (p *pair) books(r *rand.Rand) (string, error) {
	who, start := fmt.Sprintf("p%d", r.IntN(12)), p.hour(r)
	c, err := p.book.Book(p.t.Context(), booking.Request{
		Scheduler: "o", Service: "visit", Start: start, Contact: lead.Contact{FirstName: "Jo", LastName: who, Email: who + "@x.example"},
	})
	said := fmt.Sprintf("%s books %v", who, start)
	if fault.Is(err, fault.Conflict) {
		return said + ": no", nil
	}
	if err == nil {
		now := state{start, c.Appointment.Rep, false}
		p.visits = append(p.visits, &shared{id: c.Appointment.ID, token: c.Token.Reveal(), ours: &now})
	}
	return said, err
}

// changes changes a visit here.
func (p *pair) changes(r *rand.Rand) (string, error) {
	if len(p.visits) == 0 {
		return "nothing to change", nil
	}
	v, start := p.recent(r), p.hour(r)
	before, err := p.store.Appointment(p.t.Context(), p.org.ID, v.id)
	if err != nil {
		return "", err
	}
	said := ""
	switch r.IntN(4) {
	case 0:
		said = "the visitor cancels " + p.name(v)
		_, err = p.book.Cancel(p.t.Context(), v.token, "", lead.IdempotencyKey{}, "visitor")
	case 1:
		said = "staff hand over " + p.name(v)
		_, err = p.book.Move(p.t.Context(), p.org, v.id, booking.Wish{Start: before.Start, Rep: []string{"ann", "bo"}[r.IntN(2)]}, "Rae")
	default:
		said = fmt.Sprintf("the visitor moves %s to %v", p.name(v), start)
		_, err = p.book.Reschedule(p.t.Context(), v.token, start, lead.IdempotencyKey{}, "visitor")
	}
	if fault.Is(err, fault.Conflict) {
		return said + ": no", nil
	}
	if err != nil {
		return said, err
	}
	a, err := p.store.Appointment(p.t.Context(), p.org.ID, v.id)
	if err == nil && a.Revision != before.Revision {
		v.ours = &state{a.Start, a.Rep, a.Status == booking.Canceled}
	}
	return said, err
}

// events gives the records that stand for a visit.
func (p *pair) events(v *shared) (out []map[string]any) {
	for _, e := range p.records("Events") {
		if s, _ := e["Description"].(string); strings.Contains(s, string(v.id)) {
			out = append(out, e)
		}
	}
	return out
}

func (p *pair) records(module string) []map[string]any {
	var list struct{ Data []map[string]any }
	p.control("GET", "/_sim/records/"+module, "", &list)
	return list.Data
}

var users = map[string]string{"ann": annUser, "bo": boUser}

const called = "Cancelled: "

// shows is what an event says.
func shows(e map[string]any) state {
	text := func(field string) string { s, _ := e[field].(string); return s }
	start, _ := time.Parse(time.RFC3339, text("Start_DateTime"))
	owner, _ := e["Owner"].(map[string]any)
	s := state{start: start.UTC(), cancelled: strings.HasPrefix(text("Event_Title"), called)}
	for rep, user := range users {
		if owner["id"] == user {
			s.rep = rep
		}
	}
	return s
}

// dispatches changes the event of a visit in Zoho.
func (p *pair) dispatches(r *rand.Rand) (string, error) {
	if len(p.visits) == 0 {
		return "nothing to dispatch", nil
	}
	v, start := p.recent(r), p.hour(r)
	list := p.events(v)
	if len(list) == 0 || shows(list[0]).cancelled {
		return p.name(v) + " is not in Zoho", nil
	}
	if p.clock().Sub(p.signed) > 50*time.Minute {
		p.signIn()
		p.signed = p.clock()
	}
	id, _ := list[0]["id"].(string)
	now, fields, said := shows(list[0]), map[string]any{}, ""
	switch r.IntN(6) {
	case 0:
		p.control("DELETE", "/crm/v8/Events/"+id, "", nil)
		now.cancelled = true
		v.theirs = &now
		return "in Zoho " + p.name(v) + " is deleted", nil
	case 1:
		title, _ := list[0]["Event_Title"].(string)
		now.cancelled, fields["Event_Title"], said = true, called+title, "is cancelled"
	case 2:
		now.rep = []string{"ann", "bo"}[r.IntN(2)]
		fields["Owner"], said = map[string]any{"id": users[now.rep]}, "goes to "+now.rep
	default:
		now.start = start
		fields["Start_DateTime"], fields["End_DateTime"] = start.Format(time.RFC3339), start.Add(time.Hour).Format(time.RFC3339)
		said = "moves to " + start.String()
	}
	if now == shows(list[0]) {
		return "in Zoho " + p.name(v) + " stays", nil
	}
	raw, err := json.Marshal(map[string]any{"data": []any{fields}})
	if err != nil {
		return "", err
	}
	p.control("PUT", "/crm/v8/Events/"+id, string(raw), nil)
	v.theirs = &now
	return "in Zoho " + p.name(v) + " " + said, nil
}

// settles is a person who decides what is open.
func (p *pair) settles(r *rand.Rand) (string, error) {
	for _, v := range p.visits {
		if failed, err := p.failed(v); err != nil || failed && r.IntN(2) == 0 {
			return "a person has " + p.name(v) + " written again", errors.Join(err, p.store.Replay(p.t.Context(), p.org.ID, crmsync.Ref{Appointment: v.id}))
		}
	}
	open, _, err := p.mirror.Conflicts(p.t.Context(), p.org.ID)
	if err != nil || len(open) == 0 {
		return "nothing to settle", err
	}
	c := open[r.IntN(len(open))]
	choice := c.Kind.Choices()[r.IntN(len(c.Kind.Choices()))]
	if choice == mirror.Kept && len(c.Kind.Choices()) > 1 { // would leave a difference, rightly
		choice = mirror.Ours
	}
	for _, v := range p.visits { // which may have come up since both sides were compared
		v.disputed = v.disputed || v.id == c.Appointment
	}
	return p.runs(r, fmt.Sprintf("a person settles %s by %s", c.Kind, choice), func(ctx context.Context) error {
		return p.mirror.Settle(ctx, p.org.ID, c.ID, choice, "Rae")
	})
}

// failed reports whether a person was shown that a visit's change is not written, and why.
func (p *pair) failed(v *shared) (bool, error) {
	views, err := p.store.AppointmentViews(p.t.Context(), p.org.ID, []booking.AppointmentID{v.id})
	return views[v.id].State == crmsync.Failed, err
}

// rest ends every trouble, lets all that waits be done, and compares.
func (p *pair) rest() error {
	ctx := p.t.Context()
	p.calls, p.trouble = 0, trouble{}
	c, err := p.links.Config(ctx, p.org.ID, p.conn)
	if err != nil {
		return err
	}
	if c.Connection.State != connection.Connected {
		p.authorize(p.links)
	}
	quiet := 0
	for range 40 {
		p.wait(2 * time.Minute)
		busy := false
		for _, v := range p.visits {
			if failed, err := p.failed(v); err != nil || failed { // its job has ended
				if err != nil {
					return err
				}
				continue
			}
			before := p.calls
			err := p.sync.PushAppointment(ctx, p.org.ID, v.id)
			if err != nil && fault.As(err) == nil {
				return fmt.Errorf("push %s: %w", p.name(v), err)
			}
			busy = busy || err != nil || p.calls > before
		}
		if err := p.mirror.Round(ctx, p.org.ID, p.conn); err != nil {
			return err
		}
		if c, err = p.links.Config(ctx, p.org.ID, p.conn); err != nil {
			return err
		}
		if c.Connection.State != connection.Connected { // the trouble was found only now
			p.authorize(p.links)
			busy = true
		}
		if quiet++; busy {
			quiet = 0
		}
		if quiet == 3 {
			return p.compare()
		}
	}
	return errors.New("it never comes to rest")
}

func (p *pair) compare() error {
	open, _, err := p.mirror.Conflicts(p.t.Context(), p.org.ID)
	if err != nil {
		return err
	}
	asked := map[booking.AppointmentID]mirror.Kind{}
	for _, c := range open {
		asked[c.Appointment] = c.Kind
	}
	for _, v := range p.visits {
		failed, err := p.failed(v)
		if err != nil {
			return err
		}
		if failed && asked[v.id] == "" { // say, it was deleted before our change was written: to write it again makes it anew
			asked[v.id] = "failed"
		}
		was := fmt.Sprintf("%v, which we have made %v of and Zoho %v", v.last, v.ours, v.theirs)
		if err := p.compareOne(v, asked[v.id]); err != nil {
			return fmt.Errorf("%s was %s; open is %q: %w", p.name(v), was, asked[v.id], err)
		}
	}
	return p.comparePeople()
}

func (v state) String() string {
	if v.cancelled {
		return "cancelled"
	}
	return v.rep + " at " + v.start.Format("02 15:04")
}

// compareOne holds a visit's two sides against each other and against what was done to it.
func (p *pair) compareOne(v *shared, asked mirror.Kind) error {
	a, err := p.store.Appointment(p.t.Context(), p.org.ID, v.id)
	if err != nil {
		return err
	}
	told, err := p.store.Timeline(p.t.Context(), p.org.ID, v.id)
	if err != nil {
		return err
	}
	if int64(len(told)) != a.Revision {
		return fmt.Errorf("%d entries tell of %d changes", len(told), a.Revision)
	}
	events := p.events(v)
	if len(events) > 1 {
		return fmt.Errorf("it has %d events", len(events))
	}
	here := state{a.Start, a.Rep, a.Status == booking.Canceled}
	defer func() {
		v.last, v.ours, v.theirs, v.disputed = here, nil, nil, asked != ""
	}()
	if asked != "" {
		return nil
	}
	switch there := here; {
	case len(events) == 0 && !here.cancelled:
		return fmt.Errorf("it is %v here, and has no event", here)
	case len(events) == 1:
		if there = shows(events[0]); there.cancelled != here.cancelled || !here.cancelled && there != here {
			return fmt.Errorf("it is %v here and %v in Zoho", here, there)
		}
	}
	alike := func(s state) bool { return s == here || s.cancelled && here.cancelled }
	switch {
	case v.disputed: // what a person decided
	case v.ours == nil && v.theirs == nil && !alike(v.last):
		return fmt.Errorf("nobody has changed it, and it is %v", here)
	case v.ours != nil && v.theirs == nil && !alike(*v.ours):
		return fmt.Errorf("our change is lost: it is %v", here)
	case v.ours == nil && v.theirs != nil && !alike(*v.theirs):
		return fmt.Errorf("Zoho's change is lost: it is %v", here)
	}
	return nil
}

// comparePeople: a person is one contact, and one lead at most.
func (p *pair) comparePeople() error {
	for module, least := range map[string]int{"Contacts": 1, "Leads": 0} {
		n := map[any]int{}
		for _, r := range p.records(module) {
			n[r["Email"]]++
		}
		for _, v := range p.visits {
			a, err := p.store.Appointment(p.t.Context(), p.org.ID, v.id)
			if err != nil {
				return err
			}
			if has := n[a.Contact.Email]; has > 1 || has < least && a.Status != booking.Canceled {
				return fmt.Errorf("%s is %d %s", a.Contact.Email, has, module)
			}
		}
	}
	return nil
}

// End brings all to rest.
func (p *pair) End() error { return p.rest() }
