package mirror_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
)

// refuse makes Zoho answer each reading of a module with a status, until heal.
func (w *world) refuse(module string, status int) {
	w.t.Helper()
	body := `{"code":"NO_PERMISSION","details":{},"message":"permission denied","status":"error"}`
	if status >= 500 {
		body = `{"code":"INTERNAL_ERROR","details":{},"message":"Internal Server Error","status":"error"}`
	}
	w.control("POST", "/_sim/faults", fmt.Sprintf(`{"method":"GET","path_prefix":"/crm/v8/%s","when":"before","action":"status","status":%d,"body":%s}`, module, status, body), nil)
}

func (w *world) heal() {
	w.t.Helper()
	w.control("DELETE", "/_sim/faults", "", nil)
}

// marked marks records as changed, as a notification does.
func (w *world) marked(module string, ids ...string) {
	w.t.Helper()
	w.wait(time.Second)
	if err := w.store.Notice(w.t.Context(), w.org.ID, w.conn, "", module, ids, w.clock()); err != nil {
		w.t.Fatal(err)
	}
}

// marks counts the records of a module that are marked as changed.
func (w *world) marks(module string) int {
	w.t.Helper()
	list, err := w.store.Dirty(w.t.Context(), w.org.ID, w.conn, 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	n := 0
	for _, d := range list {
		if d.Module == module {
			n++
		}
	}
	return n
}

// contact books and pushes an hour, and gives the customer with the record of their contact.
func (w *world) contact(hour int) (lead.CustomerID, string) {
	w.t.Helper()
	b := w.booked(hour)
	w.push(b)
	views, err := w.store.CustomerViews(w.t.Context(), w.org.ID, []lead.CustomerID{b.Appointment.Customer})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, l := range views[b.Appointment.Customer].Records {
		if l.Role == crm.RoleRelatedRecord {
			return b.Appointment.Customer, l.Record
		}
	}
	w.t.Fatal("no contact")
	return "", ""
}

// TestOneModuleHoldsUpNoOther: what is told of a module is followed although another may not be read or does not answer, however
// much is told of that one.
func TestOneModuleHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		left   int // marks, for another time
		err    error
	}{
		"it may not be read": {status: 403}, "it does not answer": {status: 503, left: 151, err: fault.New(fault.Unavailable, "")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.round()
			customer, contact := w.contact(9)
			w.wait(time.Minute)
			w.control("PUT", "/crm/v8/Contacts/"+contact, `{"data":[{"Phone":"+13125550123"}]}`, nil)
			crowd := []string{contact}
			for i := range 150 {
				crowd = append(crowd, fmt.Sprintf("5725767000009%06d", i))
			}
			w.refuse("Contacts", c.status)
			w.marked("Contacts", crowd...)
			w.marked("Events", w.add("Events", annUser, meeting("13:00", "14:00")))
			err := w.mirror.Catch(t.Context(), w.org.ID, w.conn)
			if (err == nil) != (c.err == nil) || c.err != nil && !fault.Is(err, fault.Unavailable) {
				t.Errorf("the job ends with %v", err)
			}
			w.expect("ann", tuesday, without("09", "13"))
			if w.marks("Events") != 0 || w.marks("Contacts") != c.left {
				t.Errorf("%d marks of meetings are left, and %d of contacts", w.marks("Events"), w.marks("Contacts"))
			}
			p, err := w.store.PeopleRead(t.Context(), w.org.ID, w.conn, "Contacts")
			if err != nil || strings.Contains(p.Error, "may not do this") != (c.err == nil) {
				t.Errorf("of contacts it says %q, %v", p.Error, err)
			}
			w.heal()
			if c.err != nil { // the job is tried again
				if err := w.mirror.Catch(t.Context(), w.org.ID, w.conn); err != nil {
					t.Fatal(err)
				}
			} else { // and polling reads it once it may
				w.wait(10 * time.Minute)
				w.round()
			}
			k, err := w.store.Customer(t.Context(), w.org.ID, customer)
			if err != nil || k.Phone != "+13125550123" {
				t.Errorf("the customer has %q, %v", k.Phone, err)
			}
			if p, err = w.store.PeopleRead(t.Context(), w.org.ID, w.conn, "Contacts"); err != nil || p.Error != "" {
				t.Errorf("of contacts it still says %q, %v", p.Error, err)
			}
		})
	}
}

// TestMeetingsThatMayNotBeRead: people are followed all the same, and the source says why it is not.
func TestMeetingsThatMayNotBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.round()
	customer, contact := w.contact(9)
	w.wait(time.Minute)
	w.control("PUT", "/crm/v8/Contacts/"+contact, `{"data":[{"Phone":"+13125550123"}]}`, nil)
	w.refuse("Events", 403)
	w.marked("Events", w.add("Events", annUser, meeting("13:00", "14:00")))
	w.marked("Contacts", contact)
	if err := w.mirror.Catch(t.Context(), w.org.ID, w.conn); err != nil {
		t.Error(err)
	}
	k, err := w.store.Customer(t.Context(), w.org.ID, customer)
	if err != nil || k.Phone != "+13125550123" {
		t.Errorf("the customer has %q, %v", k.Phone, err)
	}
	if s := w.sources()["Events"]; !strings.Contains(s.Error, "may not do this") || s.AsOf.IsZero() {
		t.Errorf("%+v", s)
	}
	w.heal()
	w.later()
	w.expect("ann", tuesday, without("09", "13"))
	if s := w.sources()["Events"]; s.Error != "" {
		t.Errorf("%+v", s)
	}
}
