package store_test

import (
	"fmt"
	"testing"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

// TestUsesOfSecretsGoAfterSixtyDays: a new one takes the old ones of its organization with it, and nothing else.
func TestUsesOfSecretsGoAfterSixtyDays(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		ours, theirs := organization(t, s, "ours").ID, organization(t, s, "theirs").ID
		for n, e := range []struct {
			org  org.ID
			area audit.Area
			days int
		}{{theirs, audit.Secrets, 61}, {ours, audit.Keys, 61}, {ours, audit.Secrets, 61}, {ours, audit.Secrets, 59}, {ours, audit.Secrets, 0}} {
			if err := s.AddAudit(t.Context(), e.org, audit.Event{ID: audit.ID(fmt.Sprint("aud_", n)), At: monday.AddDate(0, 0, -e.days), Area: e.area, Act: "used"}); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			org  org.ID
			want string
		}{{ours, "[aud_4 aud_3 aud_1]"}, {theirs, "[aud_0]"}} {
			var got []audit.ID
			list, _, err := s.AuditEvents(t.Context(), c.org, audit.Filter{})
			for _, e := range list {
				got = append(got, e.ID)
			}
			if err != nil || fmt.Sprint(got) != c.want {
				t.Errorf("%v, want %s (%v)", got, c.want, err)
			}
		}
	})
}
