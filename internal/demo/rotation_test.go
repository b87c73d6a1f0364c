package demo_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"net/mail"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"heavyset.tech/platform/internal/app"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/demo"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

// TestKeysAreRotatedUnderLoad: people book, look at their booking and repeat it, sign in, and Zoho is read and written to while
// the sealing keys are rotated, on one node with SQLite and on two with PostgreSQL, which get the keys one after the other. No
// request fails, everything is resealed, and the old key can be taken away. HEAVYSET_SOAK rotates five times under more load.
func TestKeysAreRotatedUnderLoad(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			rounds, calm := 1, int64(15)
			if os.Getenv("HEAVYSET_SOAK") != "" {
				rounds, calm = 5, 60
			}
			r := newRotating(t, engine)
			r.load()
			var sealed int64
			for n := 1; n <= rounds; n++ {
				was, is := fmt.Sprint("k", n-1), fmt.Sprint("k", n)
				r.step(calm, was, is)
				if n == 1 { // so that the refresh token has to be opened, under the key of before and sealed under the new one
					r.control("POST", "/_sim/tokens", `{"action":"expire_access"}`)
				}
				r.step(calm, is, was)
				done, err := r.demo.App.Store.Reseal(t.Context(), func(store.Resealing) {})
				if err != nil || done.Done == 0 || done.Closed != 0 {
					t.Errorf("round %d: %+v %v", n, done, err)
				}
				sealed += int64(done.Done)
				if by, err := r.demo.App.Store.SealedBy(t.Context()); err != nil || by[was] != 0 || by[is] == 0 {
					t.Errorf("round %d, under the keys: %v %v", n, by, err)
				}
				r.step(calm, is)
			}
			close(r.stop)
			r.done.Wait()
			r.settled(time.Minute) // what waited is written, with the tokens that are under the new key
			if r.minted() == r.tokens {
				t.Error("no token was refreshed: nobody opened the refresh token")
			}
			t.Logf("%d rotations on %d nodes: %d requests (%d bookings, %d sign-ins, %d readings of Zoho), %d failed; %d values sealed anew; the longest request took %v",
				rounds, len(r.nodes), r.booked.Load()+r.signed.Load()+r.read.Load(), r.booked.Load(), r.signed.Load(), r.read.Load(), r.failed.Load(), sealed, time.Duration(r.longest.Load()).Round(time.Millisecond))
		})
	}
}

// rotating is a platform under load whose keys are replaced. Its world is the first node.
type rotating struct {
	*world
	demo   *demo.Demo
	nodes  []*world
	rings  []*secret.Keyring // of each node
	tokens int               // refreshed before the load

	booked, signed, read, failed, longest atomic.Int64
	stop                                  chan struct{}
	done                                  sync.WaitGroup
}

// ringOf makes a ring of keys of these names.
func ringOf(t *testing.T, names ...string) *secret.Keyring {
	t.Helper()
	var all []string
	for _, n := range names {
		all = append(all, n+":"+base64.StdEncoding.EncodeToString([]byte(strings.Repeat(n, 32)[:32])))
	}
	k, err := secret.ParseKeyring(strings.Join(all, ","))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newRotating(t *testing.T, engine string) *rotating {
	t.Helper()
	r := &rotating{rings: []*secret.Keyring{ringOf(t, "k0")}, stop: make(chan struct{})}
	database := storetest.URLs(t, engine)
	var sender notify.Sender
	r.world, r.demo = inProcess(t, func(o *demo.Options) {
		o.Keys, o.DatabaseURL = r.rings[0], database
		o.WrapSender = func(s notify.Sender) notify.Sender { sender = s; return s }
	})
	r.nodes = []*world{r.world}
	if engine == "postgres" {
		r.rings = append(r.rings, ringOf(t, "k0"))
		r.nodes = append(r.nodes, r.second(database, sender))
	}
	r.tokens = r.minted()
	return r
}

// second runs another node on the same database, with a ring of its own and the settings of the first: who lacks a handler puts
// its jobs off.
func (r *rotating) second(database string, sender notify.Sender) *world {
	r.t.Helper()
	a, err := app.New(context.Background(), app.Config{
		BaseURL: r.base, DatabaseURL: database, Keys: r.rings[1], Sender: sender, Texter: r.demo.App.Notify.Texter, MailFrom: mail.Address{Address: "bookings@heavyset.example"}, Log: slog.New(slog.DiscardHandler),
		Shared:          connection.Shared{ClientID: "1000.SIMCLIENT", Secrets: map[string]secret.String{"": secret.NewString("sim-secret")}},
		ZohoDatacenters: fmt.Sprintf("us=%[1]s|%[1]s|%[1]s", r.zoho), ReconcileInterval: 2 * time.Second, MetricsOnMain: true, LoopbackHooks: true,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	l, err := app.Listen("127.0.0.1:0")
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, l, nil) }()
	r.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			r.t.Errorf("the second node: %v", err)
		}
	})
	r.eventually(30*time.Second, "the second node is ready", func() bool { return a.Ready(r.t.Context()) == nil })
	return &world{t: r.t, base: "http://" + l.Addr().String(), zoho: r.zoho}
}

// minted counts the access tokens that Zoho was asked for.
func (r *rotating) minted() int {
	r.t.Helper()
	return get[struct{ Calls map[string]int }](r.world, r.zoho+"/_sim/stats").Calls["POST /oauth/v2/token"]
}

// each does something again and again, on one node after the other, until the load ends. It gives the status of what failed.
func (r *rotating) each(count *atomic.Int64, f func(n int, at *world) (failed int)) {
	r.done.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-r.stop:
				return
			default:
			}
			began := time.Now()
			if status := f(n, r.nodes[n%len(r.nodes)]); status != 0 {
				r.failed.Add(1)
				r.t.Errorf("a request failed: %d", status)
				return
			}
			for took := int64(time.Since(began)); ; {
				if most := r.longest.Load(); took <= most || r.longest.CompareAndSwap(most, took) {
					break
				}
			}
			count.Add(1)
		}
	})
}

// load begins to book, to sign in and to read Zoho.
func (r *rotating) load() {
	r.t.Helper()
	slots := r.slots("inspection", 2, 50)
	want := func(status, ok int) int {
		if status == ok {
			return 0
		}
		return max(status, 1)
	}
	r.each(&r.booked, func(n int, at *world) int { // each visitor books, repeats it with the same key, and opens their link
		body := fmt.Sprintf(`{"service":"inspection","start":%q,"customer":{"last_name":"Rotation%d","email":"r%[2]d@test.example","postal_code":"60640"}}`, slots[n%len(slots)], n)
		post := func(at *world) (int, string) {
			status, b := at.call("POST", at.base+"/api/v1/schedulers/ridgeline/bookings", body, "Authorization", "Bearer "+testToken, "Idempotency-Key", fmt.Sprint("rotation-", n))
			return status, string(b)
		}
		status, first := post(at)
		if status == 409 { // two visits of one time: somebody else's
			return 0
		}
		next := r.nodes[(n+1)%len(r.nodes)]
		again, second := post(next)
		if status != 201 || again != 201 || first != second {
			return status*1000 + again
		}
		status, _ = next.call("GET", next.base+"/api/v1/appointments/"+between(first, `"manage_token":"`, `"`), "")
		return want(status, 200)
	})
	r.each(&r.signed, func(_ int, at *world) int {
		v := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		res, err := v.PostForm(at.base+"/login", url.Values{"email": {"admin@ridgeline.example"}, "password": {testPassword}})
		if err != nil {
			return 1
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusSeeOther || len(res.Cookies()) == 0 {
			return max(res.StatusCode, 1)
		}
		next := r.nodes[len(r.nodes)-1]
		status, _ := next.call("GET", next.base+"/admin/account", "", "Cookie", res.Cookies()[0].String())
		return want(status, 200)
	})
	path := r.config() + "/auto-discover"
	r.each(&r.read, func(_ int, at *world) int { // with the sealed tokens
		status, _ := at.keyed("POST", path, `{"modules":`+standard+`}`)
		return want(status, 200)
	})
}

// step gives every node, one after the other, a ring of these keys, and waits until each kind of request has been answered
// some times under it.
func (r *rotating) step(calm int64, names ...string) {
	r.t.Helper()
	for _, ring := range r.rings {
		ring.Replace(ringOf(r.t.(*testing.T), names...))
		booked, signed, read := r.booked.Load()+calm, r.signed.Load()+calm/5, r.read.Load()+calm/5
		r.eventually(3*time.Minute, "requests with the keys "+strings.Join(names, ", "), func() bool {
			return r.booked.Load() >= booked && r.signed.Load() >= signed && r.read.Load() >= read || r.failed.Load() > 0
		})
	}
}

// between gives what stands between two texts.
func between(s, from, to string) string {
	_, s, _ = strings.Cut(s, from)
	s, _, _ = strings.Cut(s, to)
	return s
}
