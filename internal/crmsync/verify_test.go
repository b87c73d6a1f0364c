package crmsync_test

import (
	"strings"
	"testing"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/settings"
)

// TestALeadAndABookingAreProved: each test writes to its own modules, compares every field, leaves nothing behind and is
// kept with its report.
func TestALeadAndABookingAreProved(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		test    crmsync.Test
		contact string // Contact Us Module
		want    string // the modules of the records that were made
	}{
		"a lead": {test: crmsync.TestLead, want: "Leads"},
		"a lead, enquiries in a module of their own": {test: crmsync.TestLead, contact: "Enquiries", want: "Leads Enquiries"},
		"a booking": {test: crmsync.TestBooking, contact: "Enquiries", want: "Contacts Leads Events"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			set := settings.Default()
			if c.contact != "" {
				set.Modules[crm.RoleContactUs] = c.contact
			}
			if _, err := w.store.SaveSettings(t.Context(), w.org.ID, w.conn, settings.Version{Settings: set, At: w.clock(), By: "test"}); err != nil {
				t.Fatal(err)
			}
			r, err := w.sync.Test(t.Context(), w.org.ID, w.conn, c.test)
			if err != nil {
				t.Fatal(err)
			}
			if !r.OK || !r.Removed || len(r.Checks) < 5 {
				t.Errorf("%+v", r)
			}
			if made := w.made(); made != c.want {
				t.Errorf("made %s, want %s", made, c.want)
			}
			w.expect(0, 0, 0)
			if len(r.Records) != len(strings.Fields(c.want)) || w.crm.count("Enquiries") != 0 {
				t.Errorf("removed: %+v", r.Records)
			}
			kept, found, err := w.store.LastTest(t.Context(), w.org.ID, w.conn, c.test)
			if err != nil || !found || kept.State != crmsync.AttemptWritten || kept.ID != r.Attempt {
				t.Fatalf("kept %+v (%v)", kept, err)
			}
			if again, ok := crmsync.ReportOf(kept); !ok || len(again.Checks) != len(r.Checks) || !again.Removed {
				t.Errorf("the kept report is %+v", again)
			}
		})
	}
}

// TestATestLeadNamesTheFieldThatIsAnother: what the CRM keeps otherwise is found, and the record is removed all the same.
func TestATestLeadNamesTheFieldThatIsAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.crm.late = func(r crm.Record) error {
		r.Values["Last_Name"] = "SHOUTED"
		return nil
	}
	r, err := w.sync.Test(t.Context(), w.org.ID, w.conn, crmsync.TestLead)
	if err != nil {
		t.Fatal(err)
	}
	kept, _, err := w.store.LastTest(t.Context(), w.org.ID, w.conn, crmsync.TestLead)
	if err != nil || r.OK || !r.Removed || kept.State != crmsync.AttemptFailed || !strings.HasPrefix(kept.Error, "Last_Name ") {
		t.Errorf("%+v, kept as %s %q (%v)", r, kept.State, kept.Error, err)
	}
	w.expect(0, 0, 0)
}

// made names the modules in which records were made, in order.
func (w *world) made() string {
	var out []string
	for _, c := range w.crm.calls {
		if module, ok := strings.CutPrefix(c, "create "); ok {
			out = append(out, module)
		}
	}
	return strings.Join(out, " ")
}
