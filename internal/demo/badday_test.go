package demo_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"heavyset.tech/platform/internal/store/storetest"
)

// TestBadDay books ten thousand visits while the process is killed again and again, answers are cut, calls throttled, the
// authorization is taken away and notifications are lost, doubled and late. A minute after the last one everything
// acknowledged is in Zoho once, and no rep is in two places at a time. The edition has credits for so many bookings in a day:
// else the last two thousand would wait for the next one.
func TestBadDay(t *testing.T) {
	if os.Getenv("HEAVYSET_SOAK") == "" {
		t.Skip("only with HEAVYSET_SOAK")
	}
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			d := &badDay{t: t, data: filepath.Join(t.TempDir(), "data"), booked: map[string]visit{}}
			if engine == "postgres" {
				d.database = storetest.URLs(t, engine)
			}
			d.start()
			status, body := d.world().keyed("PUT", "/orgs/ridgeline/catalog", badDayCatalog)
			if status != 200 {
				t.Fatalf("%d %s", status, body)
			}
			d.play(10_000)
			d.calm()
			w := d.world()
			d.t.Logf("settled after %v", w.eventually(time.Minute, "everything is written", func() bool { return w.waiting() == 0 }))
			d.judge()
		})
	}
}

// badDayCatalog has room for a visit of half an hour at any time, day and night.
var badDayCatalog = fmt.Sprintf(`{"timezone":"UTC","services":[{"id":"visit","name":"Visit","duration_minutes":30,"slot_interval_minutes":30,"booking_window_days":120,"reps":["a","b","c"]}],
"reps":[{"id":"a","name":"Ann","crm_user":%[1]q,"hours":[%[4]s]},{"id":"b","name":"Bob","crm_user":%[2]q,"hours":[%[4]s]},{"id":"c","name":"Cy","crm_user":%[3]q,"hours":[%[4]s]}]}`,
	users[0], users[1], users[2], `{"days":["mon","tue","wed","thu","fri","sat","sun"],"start":"00:00","end":"24:00"}`)

// badDay is a demo in a process of its own that dies and comes back.
type badDay struct {
	t              *testing.T
	data, database string
	up             atomic.Pointer[world]
	acknowledged   atomic.Int64
	queue          atomic.Int64 // jobs that waited when it was last looked at

	mu     sync.Mutex
	booked map[string]visit // by e-mail address
}

type visit struct{ id, rep, start string }

func (d *badDay) world() *world { return d.up.Load() }

func (d *badDay) start() {
	w := start(d.t, "HEAVYSET_TEST_CHILD="+d.data, "HEAVYSET_TEST_DATABASE="+d.database, "HEAVYSET_TEST_DIE_AT=0")
	w.call("DELETE", w.zoho+"/_sim/faults", "") // those of the process before have outlived it
	for _, f := range []string{
		`{"method":"POST","path_prefix":"/crm/v8/","when":"after","action":"cut","probability":0.02}`,
		`{"method":"PUT","path_prefix":"/crm/v8/","when":"after","action":"cut","probability":0.02}`,
		`{"method":"GET","path_prefix":"/crm/v8/","when":"before","action":"status","status":503,"probability":0.01}`,
		`{"method":"POST","path_prefix":"/crm/v8/","when":"before","action":"status","status":429,"body":"{\"code\":\"TOO_MANY_REQUESTS\",\"details\":{},\"message\":\"too many concurrent calls\",\"status\":\"error\"}","probability":0.01}`,
	} {
		w.call("POST", w.zoho+"/_sim/faults", f)
	}
	w.call("PATCH", w.zoho+"/_sim/switches", `{"notification_loss":0.3,"notification_duplicate":0.2,"notification_delay_ms":300,"credit_ceiling":500000}`)
	d.up.Store(w)
}

func (d *badDay) calm() {
	w := d.world()
	w.call("DELETE", w.zoho+"/_sim/faults", "")
	w.call("PATCH", w.zoho+"/_sim/switches", `{"notification_loss":0,"notification_duplicate":0,"notification_delay_ms":0}`)
}

// play lets eight people book n visits, kills the process twelve times meanwhile and revokes the authorization twice.
func (d *badDay) play(n int64) {
	look := time.NewTicker(time.Second)
	defer look.Stop()
	go func() {
		for range look.C {
			d.queue.Store(int64(d.world().waiting()))
		}
	}()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := next.Add(1); i <= n; i = next.Add(1) {
				d.book(i)
			}
		})
	}
	r := rand.New(rand.NewPCG(8, 8))
	for k := range int64(12) {
		d.until((k+1)*n/13 - r.Int64N(n/40))
		d.t.Logf("%d acknowledged, %d wait: killed", d.acknowledged.Load(), d.world().waiting())
		d.world().kill()
		d.start()
		switch k {
		case 3, 8:
			d.world().call("POST", d.world().zoho+"/_sim/tokens", `{"action":"revoke_refresh"}`)
		case 4, 9:
			d.world().reconnect()
		}
	}
	wg.Wait()
}

// until waits for so many acknowledged bookings.
func (d *badDay) until(n int64) {
	d.world().eventually(time.Hour, fmt.Sprint(n, " visits are booked"), func() bool { return d.acknowledged.Load() >= n })
}

// book asks until it is acknowledged, with the same key.
func (d *badDay) book(i int64) {
	start := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 3).Add(time.Duration(i/3) * 30 * time.Minute)
	address := fmt.Sprintf("bad%d@test.example", i)
	body := fmt.Sprintf(`{"service":"visit","start":%q,"customer":{"first_name":"Bad","last_name":"Day%d","email":%q}}`, start.Format(time.RFC3339), i, address)
	for d.t.Context().Err() == nil {
		w := d.world()
		// People book no faster than their visits can be written, or the day is one long queue.
		w.eventually(10*time.Minute, "the writes keep up", func() bool { return d.queue.Load() < 200 })
		status, answer := w.call("POST", w.base+"/api/v1/schedulers/ridgeline/bookings", body, "Authorization", "Bearer "+testToken, "Idempotency-Key", fmt.Sprint("bad day ", i))
		if status == 201 {
			var v struct {
				Appointment struct {
					ID, Start string
					Rep       struct{ ID string }
				}
			}
			if err := json.Unmarshal(answer, &v); err != nil {
				d.t.Error(err)
			}
			d.mu.Lock()
			d.booked[address] = visit{v.Appointment.ID, v.Appointment.Rep.ID, v.Appointment.Start}
			d.mu.Unlock()
			d.acknowledged.Add(1)
			return
		}
		if status >= 400 && status < 500 && status != 429 {
			d.t.Errorf("booking %d: %d %s", i, status, answer)
			d.acknowledged.Add(1)
			return
		}
		<-time.After(100 * time.Millisecond)
	}
}

// judge holds what was acknowledged against what is here and in Zoho.
func (d *badDay) judge() {
	w := d.world()
	events, contacts, leads := map[string][]record{}, map[string]int{}, map[string]int{}
	for _, e := range w.records("Events") {
		if _, rest, ok := strings.Cut(e.text("Description"), "Reference: "); ok {
			id := strings.Fields(rest)[0]
			events[id] = append(events[id], e)
		}
	}
	for _, r := range w.records("Contacts") {
		contacts[r.text("Email")]++
	}
	for _, r := range w.records("Leads") {
		leads[r.text("Email")]++
	}
	taken := map[string]string{}
	wrong := map[string]int{}
	for address, v := range d.booked {
		at := v.rep + v.start
		if other := taken[at]; other != "" {
			d.t.Errorf("%s and %s have one rep at one time", other, v.id)
		}
		taken[at] = v.id
		found := events[v.id]
		switch {
		case len(found) == 0:
			wrong["no event"]++
		case len(found) > 1:
			wrong["several events"]++
		case !sameInstant(found[0].text("Start_DateTime"), v.start):
			wrong["event at another time"]++
		}
		if contacts[address] != 1 {
			wrong[fmt.Sprint(contacts[address], " contacts")]++
		}
		if leads[address] != 1 {
			wrong[fmt.Sprint(leads[address], " leads")]++
		}
	}
	for _, k := range slices.Sorted(maps.Keys(wrong)) {
		d.t.Errorf("%s: %d of %d visits", k, wrong[k], len(d.booked))
	}
	here := map[string]bool{}
	for cursor := "?limit=100"; cursor != ""; {
		page := get[struct {
			Appointments []struct{ ID string }
			Next         *string
		}](w, w.base+"/api/v1/orgs/ridgeline/appointments"+cursor)
		for _, a := range page.Appointments {
			here[a.ID] = true
		}
		cursor = ""
		if page.Next != nil {
			cursor = "?limit=100&cursor=" + *page.Next
		}
	}
	for address, v := range d.booked {
		if !here[v.id] {
			d.t.Errorf("the acknowledged visit %s of %s is lost", v.id, address)
		}
	}
	d.t.Logf("%d visits acknowledged, all here; %d events, %d contacts and %d leads in Zoho", len(d.booked), len(events), len(contacts), len(leads))
}

func sameInstant(a, b string) bool {
	x, err1 := time.Parse(time.RFC3339, a)
	y, err2 := time.Parse(time.RFC3339, b)
	return err1 == nil && err2 == nil && x.Equal(y)
}
