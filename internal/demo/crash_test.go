package demo_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/store/storetest"
)

// TestKilledBetweenAnyTwoSteps books, kills the whole process at the n-th boundary of the trip (before and after every
// call to Zoho and every mail), starts it again and counts: exactly one lead, contact and event for each booking that was
// acknowledged, and one mail or two copies of it.
func TestKilledBetweenAnyTwoSteps(t *testing.T) {
	t.Parallel()
	const last = 15 // a new customer's trip has 5 calls and one mail: 12 boundaries
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			stride := 1
			if engine == "postgres" && os.Getenv("HEAVYSET_SOAK") == "" {
				stride = 3 // each step waits ten seconds until the dead node is buried
			}
			data, database := filepath.Join(t.TempDir(), "data"), ""
			if engine == "postgres" {
				database = storetest.URLs(t, engine)
			}
			type ack struct{ name, appointment string }
			var acked []ack
			for n := 1; n <= last; n += stride {
				name := fmt.Sprintf("Crash%s%d", engine[:1], n)
				w := spawn(t, data, database, n)
				slot := w.slots("inspection", 2, 50)[0]
				w.arm()
				status, b := w.book(slot, name)
				if status == 201 {
					acked = append(acked, ack{name, b.Appointment.ID})
				} else if status != 0 {
					t.Fatalf("step %d: booking answered %d", n, status)
				}
				select {
				case <-w.exited:
				case <-time.After(3 * time.Second): // fewer boundaries than n: kill it where it is
					w.kill()
				}
				w.cmd = nil
				w = spawn(t, data, database, 0)
				w.settled(40 * time.Second)
				for _, a := range acked {
					leads, contacts, events := w.written(a.name, a.appointment)
					if len(leads) != 1 || len(contacts) != 1 || len(events) != 1 {
						t.Errorf("after step %d: %s has %d leads, %d contacts, %d events", n, a.name, len(leads), len(contacts), len(events))
					}
					mails := w.mails(a.name)
					if len(mails) != 1 {
						t.Errorf("after step %d: %s got mails %v", n, a.name, mails)
					}
					for id, copies := range mails {
						if copies > 2 {
							t.Errorf("after step %d: %d copies of %s", n, copies, id)
						}
					}
				}
				if t.Failed() {
					t.Fatalf("%s", w.stderr)
				}
				w.kill()
				w.cmd = nil
			}
			if len(acked) < last/stride/2 {
				t.Errorf("only %d bookings were acknowledged: the test did not test much", len(acked))
			}
		})
	}
}

// TestKilledInAPull moves a visit in Zoho and kills the process at the n-th boundary of what follows (before and after
// every call to Zoho and every mail): after the next start the appointment has moved, once, and its visitor is told of it
// once.
func TestKilledInAPull(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	w := spawn(t, data, "", 0)
	slots := slices.DeleteFunc(w.slots("inspection", 2, 50), func(s string) bool { return !strings.Contains(s, "T09:00") }) // all reps are free then
	status, b := w.book(slots[0], "Pulled")
	if status != 201 {
		t.Fatal(status)
	}
	w.settled(40 * time.Second)
	_, _, events := w.written("Pulled", b.Appointment.ID)
	if len(events) != 1 {
		t.Fatal(events)
	}
	w.kill()
	w.cmd = nil
	const last = 9
	stride := 1
	if os.Getenv("HEAVYSET_SOAK") == "" {
		stride = 4
	}
	for n := 1; n <= last; n += stride {
		w = spawn(t, data, "", n)
		to, err := time.Parse(time.RFC3339, slots[n])
		if err != nil {
			t.Fatal(err)
		}
		body := asJSON(map[string]any{"data": []any{map[string]any{"Start_DateTime": to.Format(time.RFC3339), "End_DateTime": to.Add(time.Hour).Format(time.RFC3339)}}})
		w.arm()
		w.dispatcher().write("PUT", "/crm/v8/Events/"+events[0].text("id"), json.RawMessage(body))
		select {
		case <-w.exited:
		case <-time.After(3 * time.Second):
			w.kill()
		}
		w.cmd = nil
		w = spawn(t, data, "", 0)
		w.eventually(30*time.Second, "the appointment follows", func() bool {
			_, body := w.call("GET", w.base+"/api/v1/appointments/"+b.ManageToken, "")
			var a struct{ Start, Status string }
			at := time.Time{}
			if json.Unmarshal(body, &a) == nil {
				at, _ = time.Parse(time.RFC3339, a.Start)
			}
			return at.Equal(to) && a.Status == "confirmed"
		})
		w.settled(40 * time.Second)
		mails := w.mails("Pulled")
		if len(mails) != (n-1)/stride+2 {
			t.Errorf("after step %d: %d messages, not one for the booking and each move", n, len(mails))
		}
		for id, copies := range mails {
			if copies > 2 {
				t.Errorf("after step %d: %d copies of %s", n, copies, id)
			}
		}
		if t.Failed() {
			t.Fatalf("%s", w.stderr)
		}
		w.kill()
		w.cmd = nil
	}
}
