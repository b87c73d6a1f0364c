package crmsync_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/settings"
)

// openLead puts a lead of jo's into the CRM that people made there.
func (w *world) openLead() {
	w.crm.records["Leads"] = []crm.Record{{Module: "Leads", ID: "5001", Values: crm.Values{"First_Name": "Jo", "Last_Name": "Doe", "Email": "jo@x.example", "Lead_Status": "Contacted"}}}
}

// knownContact puts jo into the CRM's contacts.
func (w *world) knownContact() {
	w.crm.records["Contacts"] = []crm.Record{{Module: "Contacts", ID: "1", Values: crm.Values{"First_Name": "Jo", "Last_Name": "Doe", "Email": "jo@x.example"}}}
}

// asked captures an enquiry of jo's and writes it.
func (w *world) asked() lead.Lead {
	w.t.Helper()
	l, err := (&lead.Service{Store: w.store, Now: w.clock}).Capture(w.t.Context(), w.org, lead.Request{Kind: lead.ContactUs, Contact: jo})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.sync.PushLead(w.t.Context(), w.org.ID, l.ID); err != nil {
		w.t.Fatal(err)
	}
	return l
}

// converted counts the leads that the CRM has converted, and the calls that asked for it.
func (w *world) converted() (leads, calls int) {
	for _, r := range w.crm.records["Leads"] {
		if r.Converted {
			leads++
		}
	}
	for _, c := range w.crm.calls {
		if c == "convert Leads" {
			calls++
		}
	}
	return leads, calls
}

func TestABookingConvertsTheOpenLead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before                     func(w *world)
		people                     settings.People
		contacts, leads, converted int
	}{
		"a lead that people made":              {func(w *world) { w.openLead() }, settings.People{Booked: settings.BookedConvert}, 1, 1, 1},
		"and a contact that is there":          {func(w *world) { w.openLead(); w.knownContact() }, settings.People{Booked: settings.BookedConvert}, 1, 1, 1},
		"a lead of an enquiry":                 {func(w *world) { w.asked() }, settings.People{Booked: settings.BookedConvert}, 1, 1, 1},
		"a new person's own lead stays":        {func(*world) {}, settings.People{Booked: settings.BookedConvert}, 1, 1, 0},
		"kept by setting":                      {func(w *world) { w.openLead() }, settings.People{}, 1, 1, 0},
		"a lead that is over":                  {func(w *world) { w.openLead(); w.crm.records["Leads"][0].Values["Lead_Status"] = "Lost Lead" }, settings.People{Booked: settings.BookedConvert}, 1, 2, 0},
		"a known contact without an open lead": {func(w *world) { w.knownContact() }, settings.People{Booked: settings.BookedConvert}, 1, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.keeps(c.people)
			c.before(w)
			b := w.booked(9, jo)
			w.pushed(b)
			w.expect(c.contacts, c.leads, 1)
			if leads, calls := w.converted(); leads != c.converted || calls != c.converted {
				t.Errorf("%d leads were converted with %d calls, want %d", leads, calls, c.converted)
			}
			if who, _ := w.crm.records["Events"][0].Values["Who_Id"].(crm.Ref); who.ID != w.crm.records["Contacts"][0].ID {
				t.Errorf("the visit is with %q", who.ID)
			}
			if _, err := w.book.Reschedule(t.Context(), b.Token.Reveal(), monday.Add(3*time.Hour), lead.IdempotencyKey{}, "visitor"); err != nil {
				t.Fatal(err)
			}
			w.pushed(b)
			w.pushed(w.booked(14, jo))
			if leads, calls := w.converted(); leads != c.converted || calls != c.converted || w.crm.count("Contacts") != c.contacts || w.crm.count("Leads") != c.leads {
				t.Errorf("after a change and another booking: %d conversions, %d calls, %d contacts, %d leads", leads, calls, w.crm.count("Contacts"), w.crm.count("Leads"))
			}
		})
	}
}

// TestConversionCutAnywhere loses the answer of each call in turn, before it was carried out and after: one contact comes of one
// conversion.
func TestConversionCutAnywhere(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]func(w *world){
		"a new contact": (*world).openLead, "a contact that is there": func(w *world) { w.openLead(); w.knownContact() }, "a new person's own lead": func(*world) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole := newWorld(t)
			whole.keeps(settings.People{Booked: settings.BookedConvert})
			before(whole)
			whole.pushed(whole.booked(9, jo))
			want := 1
			if strings.Contains(name, "own") { // it is this booking's, so it stays
				want = 0
			}
			if slices.Contains(whole.crm.calls, "convert Leads") != (want == 1) {
				t.Fatal("was it converted?", whole.crm.calls)
			}
			for n := range whole.crm.calls {
				for _, after := range []bool{false, true} {
					w := newWorld(t)
					w.keeps(settings.People{Booked: settings.BookedConvert})
					before(w)
					seen := 0
					w.crm.meet = func(_ string, done bool) error {
						if done != after {
							return nil
						}
						if seen++; seen == n+1 {
							return &crm.Problem{Class: crm.Down, Unknown: true}
						}
						return nil
					}
					b := w.booked(9, jo)
					if err := w.push(b); !fault.Is(err, fault.Unavailable) {
						t.Fatalf("call %d cut (after %v): %v", n, after, err)
					}
					for range 5 {
						w.wait(time.Minute)
						if w.push(b) == nil {
							break
						}
					}
					if w.view(b).State != crmsync.Written {
						t.Errorf("call %d cut (after %v): %+v", n, after, w.view(b))
					}
					w.expect(1, 1, 1)
					if leads, _ := w.converted(); leads != want {
						t.Errorf("call %d cut (after %v): %d leads are converted", n, after, leads)
					}
				}
			}
		})
	}
}

// TestARefusedConversionKeepsTheLead: the visit is written all the same, and the attempt says why.
func TestARefusedConversionKeepsTheLead(t *testing.T) {
	t.Parallel()
	for _, class := range []crm.Class{crm.Rejected, crm.Duplicate, crm.Forbidden, crm.ScopeMissing, crm.Unfit} {
		t.Run(string(class), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.keeps(settings.People{Booked: settings.BookedConvert})
			w.openLead()
			w.crm.meet = func(call string, done bool) error {
				if call == "convert Leads" && !done {
					return &crm.Problem{Class: class, Code: "MANDATORY_NOT_FOUND"}
				}
				return nil
			}
			b := w.booked(9, jo)
			w.pushed(b)
			w.expect(1, 1, 1)
			if v := w.view(b); v.State != crmsync.Written || len(v.Records) != 3 {
				t.Errorf("%+v", v)
			}
			list, _, err := w.store.Attempts(t.Context(), w.org.ID, crmsync.AttemptFilter{State: crmsync.AttemptFailed, Limit: 10})
			if err != nil || len(list) != 1 || list[0].Kind != "convert Leads" || list[0].Code != "MANDATORY_NOT_FOUND" || !strings.Contains(list[0].Error, "The lead was kept.") {
				t.Errorf("attempts %+v (%v)", list, err)
			}
		})
	}
}

// TestALeadIsTiedToTheContact: the mapped field of the lead names it.
func TestALeadIsTiedToTheContact(t *testing.T) {
	t.Parallel()
	for booked, want := range map[settings.Booked]bool{settings.BookedLink: true, settings.BookedKeep: false} {
		w := newWorld(t)
		set := settings.Default()
		set.People.Booked = booked
		set.Rows = append(mapping.BuiltIn().Rows, mapping.Row{Role: crm.RoleLead, Key: "related_record", Field: "Customer", Policy: mapping.Fill})
		if _, err := w.store.SaveSettings(t.Context(), w.org.ID, w.conn, settings.Version{Settings: set, At: w.clock(), By: "A"}); err != nil {
			t.Fatal(err)
		}
		w.openLead()
		w.pushed(w.booked(9, jo))
		w.expect(1, 1, 1)
		if to, _ := w.crm.records["Leads"][0].Values["Customer"].(crm.Ref); (to.ID == w.crm.records["Contacts"][0].ID) != want {
			t.Errorf("%s: the lead names %q", booked, to.ID)
		}
	}
}
