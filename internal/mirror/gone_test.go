package mirror_test

import (
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/lead"
)

// TestDeletedWhileNobodyRead: what was deleted in Zoho during a long outage is followed afterwards, and no person is asked about it.
func TestDeletedWhileNobodyRead(t *testing.T) {
	t.Parallel()
	for name, days := range map[string]int{"a day": 1, "five days": 5, "five weeks": 35} {
		for _, told := range []bool{false, true} {
			if told {
				name += ", told"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := newHouse(t, "sqlite")
				v := w.visit(42, 10, "Away")
				contact := func() string {
					views, err := w.store.CustomerViews(t.Context(), w.org.ID, []lead.CustomerID{v.here().Customer})
					w.must(err)
					for _, l := range views[v.here().Customer].Records {
						if l.Role == crm.RoleRelatedRecord {
							return l.Record
						}
					}
					return ""
				}
				theirs := contact()
				if theirs == "" {
					t.Fatal("the customer has no contact")
				}
				w.wait(time.Hour)
				w.must(w.zoho.Delete(t.Context(), "Events", v.record))
				w.must(w.zoho.Delete(t.Context(), "Contacts", theirs))
				w.wait(time.Duration(days) * 24 * time.Hour)
				if told {
					w.must(w.store.Notice(t.Context(), w.org.ID, w.config, "", "Events", []string{v.record}, w.clock()))
					w.must(w.store.Notice(t.Context(), w.org.ID, w.config, "", "Contacts", []string{theirs}, w.clock()))
					w.must(w.mirror.Catch(t.Context(), w.org.ID, w.config))
				} else {
					w.round()
				}
				if a := v.here(); a.Status != booking.Canceled {
					t.Errorf("the appointment is %s", a.Status)
				}
				if id := contact(); id != "" {
					t.Errorf("the customer still has the contact %s", id)
				}
				gone, err := w.store.Gone(t.Context(), w.org.ID, []string{string(v.here().Customer), string(v.id)})
				w.must(err)
				seen := w.clock()
				if len(gone) != 2 || gone[0].Record != theirs || gone[0].Role != crm.RoleRelatedRecord || gone[1].Record != v.record || gone[1].Module != "Events" || !gone[0].Seen.Equal(seen) || !gone[1].Seen.Equal(seen) {
					t.Errorf("of deletions is kept %+v, seen at %v", gone, seen)
				}
				w.round()
				w.round()
				if again, err := w.store.Gone(t.Context(), w.org.ID, []string{string(v.id)}); err != nil || len(again) != 1 || !again[0].Seen.Equal(seen) {
					t.Errorf("after more readings it is %+v, %v", again, err)
				}
				if open := w.open(); len(open) != 0 {
					t.Errorf("people are asked about %+v", open)
				}
			})
		}
	}
}
