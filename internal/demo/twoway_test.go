package demo_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/demo"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/mirror"
	"heavyset.tech/platform/internal/org"
)

// users are the CRM users of ridgeline's reps.
var users = []string{"5725767000000411001", "5725767000000411002", "5725767000000411003"}

// TestBothSidesAtOnce changes appointments here and their events in Zoho at random, while notifications are lost, doubled
// and late, answers are cut, calls are throttled, access tokens expire and the process is started anew. When all is quiet,
// both sides agree or a person has been asked.
func TestBothSidesAtOnce(t *testing.T) {
	t.Parallel()
	changes := 200
	if n := os.Getenv("HEAVYSET_SOAK"); n != "" {
		changes = 10_000
	}
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("HEAVYSET_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	t.Logf("HEAVYSET_SEED=%d", seed)
	b := &both{r: rand.New(rand.NewPCG(seed, 1))}
	data := filepath.Join(t.TempDir(), "data")
	start := func() {
		b.world, b.demo = inProcess(t, func(o *demo.Options) { o.Data = data })
		b.zoho = b.dispatcher()
		b.trouble()
	}
	start()
	for i := range changes {
		switch {
		case i%(changes/2) == changes/3:
			b.stop()
			start()
		case i%max(100, changes/10) == 25: // seldom: Zoho gives ten tokens in ten minutes, and the guardian fewer
			b.sim("POST", "/_sim/tokens", `{"action":"expire_access"}`)
			b.zoho = b.dispatcher()
		case i%25 == 10:
			b.settle()
			b.eventually(3*time.Minute, "the writes keep up", func() bool { return b.waiting() < 40 }) // or nothing ever meets in Zoho
		}
		b.change(i)
	}
	b.calm()
	b.eventually(3*time.Minute, "both sides agree", func() bool { b.wrong = nil; b.compare(); return len(b.wrong) == 0 || b.last() })
	for _, s := range b.wrong {
		t.Error(s)
	}
}

// both is a world whose two sides are changed at once.
type both struct {
	*world
	demo  *demo.Demo
	zoho  *dispatcher
	r     *rand.Rand
	made  []booked
	wrong []string
	tries int
}

// last gives up in time to say what is wrong: after more than the minute that a 429 may ask for.
func (b *both) last() bool { b.tries++; return b.tries > 1600 }

func (b *both) sim(method, path, body string) {
	b.t.Helper()
	if status, answer := b.call(method, b.world.zoho+path, body); status >= 300 {
		b.t.Fatalf("%s %s: %d %s", method, path, status, answer)
	}
}

func (b *both) trouble() {
	b.sim("PATCH", "/_sim/switches", `{"notification_loss":0.3,"notification_duplicate":0.2,"notification_delay_ms":300}`)
	for _, f := range []string{
		`{"method":"PUT","path_prefix":"/crm/v8/Events","when":"after","action":"cut","probability":0.1}`,
		`{"method":"POST","path_prefix":"/crm/v8/Events","when":"after","action":"cut","probability":0.05}`,
		`{"method":"POST","path_prefix":"/crm/v8/coql","when":"before","action":"status","status":429,"probability":0.01,"times":1}`, // asks for a minute
		`{"method":"POST","path_prefix":"/crm/v8/coql","when":"before","action":"status","status":429,"body":"{\"code\":\"TOO_MANY_REQUESTS\",\"details\":{},\"message\":\"too many concurrent calls\",\"status\":\"error\"}","probability":0.05}`,
		`{"method":"GET","path_prefix":"/crm/v8/Events","when":"before","action":"status","status":500,"probability":0.05}`,
	} {
		b.sim("POST", "/_sim/faults", f)
	}
}

func (b *both) calm() {
	b.sim("DELETE", "/_sim/faults", "")
	b.sim("PATCH", "/_sim/switches", `{"notification_loss":0,"notification_duplicate":0,"notification_delay_ms":0}`)
}

// change does one thing, here or there. What is refused because the time is taken or the visit is over is no mistake.
func (b *both) change(i int) {
	b.t.Helper()
	if len(b.made) < 3 || b.r.IntN(6) == 0 {
		if n := len(b.made) - 60; n >= 0 { // or the reps have no time left
			b.keyed("POST", "/appointments/"+b.made[n].ManageToken+"/cancel", `{"reason":"x"}`)
		}
		slots := b.slots("inspection", 2, 40)
		if status, a := b.book(slots[b.r.IntN(len(slots))], fmt.Sprintf("Both%d", i)); status == 201 {
			b.made = append(b.made, a)
		}
		return
	}
	recent := b.made[max(0, len(b.made)-15):] // most of the others are over: a deletion or a cancellation ends each some time
	a := recent[b.r.IntN(len(recent))]
	slots := b.slots("inspection", 2, 40)
	to := slots[b.r.IntN(len(slots))]
	if b.r.IntN(2) == 0 {
		if b.r.IntN(5) == 0 {
			b.keyed("POST", "/appointments/"+a.ManageToken+"/cancel", `{"reason":"x"}`)
		} else {
			b.keyed("POST", "/appointments/"+a.ManageToken+"/reschedule", fmt.Sprintf(`{"start":%q}`, to))
		}
		return
	}
	_, _, events := b.written("nobody", a.Appointment.ID)
	if len(events) == 0 {
		return
	}
	start, err := time.Parse(time.RFC3339, to)
	if err != nil {
		b.t.Fatal(err)
	}
	fields := map[string]any{}
	switch b.r.IntN(6) {
	case 0:
		b.try("DELETE", "/crm/v8/Events/"+events[0].text("id"), "")
		return
	case 1:
		fields["Event_Title"] = "Cancelled: " + strings.TrimPrefix(events[0].text("Event_Title"), "Cancelled: ")
	case 2:
		fields["Owner"] = map[string]any{"id": users[b.r.IntN(len(users))]}
	default:
		fields["Start_DateTime"], fields["End_DateTime"] = start.Format(time.RFC3339), start.Add(time.Hour).Format(time.RFC3339)
	}
	b.try("PUT", "/crm/v8/Events/"+events[0].text("id"), asJSON(map[string]any{"data": []any{fields}}))
}

// settle is a person who decides the open conflicts one way or the other: nobody's calendar is full of disputed visits.
// What the CRM cannot be asked now, or the rep has no time for, stays open.
func (b *both) settle() {
	b.t.Helper()
	o, err := b.demo.App.Store.OrganizationBySlug(b.t.Context(), "ridgeline")
	if err != nil {
		b.t.Fatal(err)
	}
	open, _, err := b.demo.App.Mirror.Conflicts(b.t.Context(), o.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range open {
		choices := c.Kind.Choices()
		if len(choices) > 1 { // to let both stand would leave a difference, rightly
			choices = slices.DeleteFunc(choices, func(c mirror.Choice) bool { return c == mirror.Kept })
		}
		err := b.demo.App.Mirror.Settle(b.t.Context(), o.ID, c.ID, choices[b.r.IntN(len(choices))], "a person")
		if err != nil && fault.As(err) == nil && crm.AsProblem(err) == nil {
			b.t.Errorf("settle %s: %v", c.Kind, err)
		}
	}
}

// try makes a call as the dispatcher, which a fault may hit.
func (b *both) try(method, path, body string) {
	b.call(method, b.world.zoho+path, body, "Authorization", "Zoho-oauthtoken "+b.zoho.token)
}

// compare holds every appointment against its event.
func (b *both) compare() {
	b.t.Helper()
	if b.waiting() > 0 {
		b.wrong = append(b.wrong, "jobs wait")
	}
	o, err := b.demo.App.Store.OrganizationBySlug(b.t.Context(), "ridgeline")
	if err != nil {
		b.t.Fatal(err)
	}
	open, _, err := b.demo.App.Mirror.Conflicts(b.t.Context(), o.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	asked := map[string]string{}
	for _, c := range open {
		asked[string(c.Appointment)] = string(c.Kind)
	}
	byReference := map[string][]record{}
	for _, e := range b.records("Events") {
		for _, a := range b.made {
			if strings.Contains(e.text("Description"), a.Appointment.ID) {
				byReference[a.Appointment.ID] = append(byReference[a.Appointment.ID], e)
			}
		}
	}
	for _, m := range b.made {
		if asked[m.Appointment.ID] == "" {
			b.compareOne(o, m.Appointment.ID, byReference[m.Appointment.ID])
		}
	}
}

// compareOne says where an appointment and its events differ.
func (b *both) compareOne(o org.Organization, id string, events []record) {
	b.t.Helper()
	a, err := b.demo.App.Store.Appointment(b.t.Context(), o.ID, booking.AppointmentID(id))
	if err != nil {
		b.t.Fatal(err)
	}
	told, err := b.demo.App.Store.Timeline(b.t.Context(), o.ID, a.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	say := func(format string, args ...any) {
		b.wrong = append(b.wrong, id+": "+fmt.Sprintf(format, args...))
	}
	if int64(len(told)) != a.Revision {
		say("%d entries tell of %d changes", len(told), a.Revision)
	}
	if len(events) == 0 {
		if a.Status != booking.Canceled {
			say("%s, but its event is gone", a.Status)
		}
		return
	}
	if len(events) > 1 {
		say("%d events", len(events))
	}
	e := events[0]
	start, _ := time.Parse(time.RFC3339, e.text("Start_DateTime"))
	if cancelled := strings.HasPrefix(e.text("Event_Title"), "Cancelled: "); cancelled != (a.Status == booking.Canceled) {
		say("%s here, %q in Zoho", a.Status, e.text("Event_Title"))
	}
	if a.Status == booking.Canceled {
		return
	}
	if !start.Equal(a.Start) {
		say("at %v here, at %v in Zoho", a.Start, start.UTC())
	}
	owner, _ := e["Owner"].(map[string]any)
	if want := users[strings.Index("abc", a.Rep[:1])]; owner["id"] != want {
		say("of %s here, of %v in Zoho", want, owner["id"])
	}
}
