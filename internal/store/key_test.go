package store_test

import (
	"errors"
	"testing"
	"time"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

// TestKeysOfOneOrganization: each lists and revokes its own alone, and a revocation is in the audit or has not happened.
func TestKeysOfOneOrganization(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		o, other := organization(t, s, "ridge").ID, organization(t, s, "blue").ID
		k := auth.Key{ID: "key_1", Hash: "h1", Org: o, Role: auth.Admin, Name: "website", Hint: "abcd", Created: monday, Expires: monday.Add(time.Hour)}
		all := auth.Key{ID: "key_1", Hash: "h2", Role: auth.Engineer, Created: monday}
		if err := errors.Join(s.CreateKey(t.Context(), k), s.CreateKey(t.Context(), all), s.CreateKey(t.Context(), k)); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.TouchKey(t.Context(), "h1", monday.Add(time.Minute)), s.TouchKey(t.Context(), "h1", monday)); err != nil {
			t.Fatal(err)
		}
		k.Used = monday.Add(time.Minute)
		for _, c := range []struct {
			org  org.ID
			want []auth.Key
		}{{o, []auth.Key{k}}, {other, nil}, {"", []auth.Key{all}}} {
			got, err := s.Keys(t.Context(), c.org)
			if err != nil || len(got) != len(c.want) || len(got) > 0 && got[0] != c.want[0] {
				t.Errorf("of %q: %+v, want %+v (%v)", c.org, got, c.want, err)
			}
		}
		if err := s.RevokeKey(t.Context(), other, "key_1", event("stolen")); !fault.Is(err, fault.NotFound) {
			t.Errorf("by another organization: %v", err)
		}
		if err := s.RevokeKey(t.Context(), o, "key_1", event("revoked")); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Key(t.Context(), "h1"); !fault.Is(err, fault.NotFound) {
			t.Errorf("still there: %v", err)
		}
		if _, err := s.Key(t.Context(), "h2"); err != nil {
			t.Errorf("another one of that id: %v", err)
		}
		if got := acts(t, s, o); len(got) != 1 || len(acts(t, s, other)) != 0 {
			t.Errorf("the audit: %v, %v", got, acts(t, s, other))
		}
	})
}
