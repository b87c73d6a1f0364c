package demo_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"heavyset.tech/platform/internal/demo"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store"
)

// TestKeysAreRotatedUnderLoad: people book, look at their booking and repeat it, the console is read and Zoho is written
// to while the sealing keys are rotated. No request fails, and afterwards nothing is under the old key.
func TestKeysAreRotatedUnderLoad(t *testing.T) {
	t.Parallel()
	ring := func(ids ...string) *secret.Keyring {
		t.Helper()
		for i, id := range ids {
			ids[i] = id + ":" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(id[:1], 32)))
		}
		k, err := secret.ParseKeyring(strings.Join(ids, ","))
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	keys := ring("old")
	w, d := inProcess(t, func(o *demo.Options) { o.Keys = keys })
	slots := w.slots("inspection", 2, 50)
	var done, refused atomic.Int64
	var load sync.WaitGroup
	stop := make(chan struct{})
	each := func(f func(n int) int) {
		load.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				if status := f(n); status != 200 && status != 201 {
					refused.Add(1)
					t.Errorf("a request failed: %d", status)
					return
				}
				done.Add(1)
			}
		})
	}
	each(func(n int) int { // each visitor books, repeats it with the same key, and opens their link
		body := fmt.Sprintf(`{"service":"inspection","start":%q,"customer":{"last_name":"Rotation%d","email":"r%[2]d@test.example","postal_code":"60640"}}`, slots[n%len(slots)], n)
		post := func() (int, string) {
			status, b := w.call("POST", w.base+"/api/v1/schedulers/ridgeline/bookings", body, "Authorization", "Bearer "+testToken, "Idempotency-Key", fmt.Sprint("rotation-", n))
			return status, string(b)
		}
		status, first := post()
		if status == 409 { // two visits of one time: somebody else's
			return 200
		}
		again, second := post()
		if status != 201 || again != 201 || first != second {
			return status*1000 + again
		}
		token := between(first, `"manage_token":"`, `"`)
		status, _ = w.call("GET", w.base+"/api/v1/appointments/"+token, "")
		return status
	})
	each(func(int) int { // opens the connection's secrets
		status, _ := w.keyed("GET", "/orgs/ridgeline/crm-configs", "")
		return status
	})
	step := func(what string, k *secret.Keyring) {
		t.Helper()
		before := done.Load()
		keys.Replace(k)
		w.eventually(20*time.Second, what, func() bool { return done.Load() >= before+20 || refused.Load() > 0 })
	}
	step("the old key alone", ring("old"))
	step("the new key behind", ring("old", "new"))
	step("the new key in front", ring("new", "old"))
	r, err := d.App.Store.Reseal(t.Context(), func(store.Resealing) {})
	if err != nil || r.Done == 0 || r.Closed != 0 {
		t.Errorf("%+v %v", r, err)
	}
	if by, err := d.App.Store.SealedBy(t.Context()); err != nil || by["old"] != 0 || by["new"] == 0 {
		t.Errorf("under the keys: %v %v", by, err)
	}
	step("without the old key", ring("new"))
	close(stop)
	load.Wait()
	w.settled(20 * time.Second) // and what waited is written, with the tokens that are under the new key
	t.Logf("%d requests, %d values sealed anew", done.Load(), r.Done)
}

// between gives what stands between two texts.
func between(s, from, to string) string {
	_, s, _ = strings.Cut(s, from)
	s, _, _ = strings.Cut(s, to)
	return s
}
