package store_test

import (
	"errors"
	"reflect"
	"testing"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

func TestLooks(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		mine, other := organization(t, s, "mine"), organization(t, s, "other")
		offered := func(slug string) org.Organization {
			t.Helper()
			of, err := s.Offering(t.Context(), slug)
			if err != nil {
				t.Fatal(err)
			}
			return of.Organization
		}
		if got := offered("mine"); !reflect.DeepEqual(got.Look, org.Look{}) {
			t.Errorf("before: %+v", got.Look)
		}
		look := org.Look{
			Band: "#112233", Logo: org.Logo{Sum: "s1", Width: 20, Height: 10},
			Texts: map[locale.Lang]org.Texts{locale.English: {Headline: "H", Intro: "I", Note: "N"}, locale.German: {Note: "ß"}},
		}
		if err := s.KeepLogo(t.Context(), mine.ID, look.Logo, []byte("file\x00\xff")); err != nil {
			t.Fatal(err)
		}
		err := s.ChangeLook(t.Context(), mine.ID, func(o org.Organization) (org.Organization, error) {
			if o.Look.Logo != look.Logo || o.Name != mine.Name {
				t.Errorf("given to change: %+v", o)
			}
			o.Accent, o.Look = "#445566", look
			return o, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := offered("mine"); got.Accent != "#445566" || !reflect.DeepEqual(got.Look, look) {
			t.Errorf("the next page shows %+v", got)
		}
		if got := offered("other"); got.Accent != "" || !reflect.DeepEqual(got.Look, org.Look{}) {
			t.Errorf("another organization: %+v", got)
		}
		file, err := s.LogoFile(t.Context(), mine.ID, "s1")
		if err != nil || string(file) != "file\x00\xff" {
			t.Errorf("%q (%v)", file, err)
		}
		for sum, o := range map[string]org.ID{"s1": other.ID, "s2": mine.ID, "": mine.ID} {
			if _, err := s.LogoFile(t.Context(), o, sum); !fault.Is(err, fault.NotFound) {
				t.Errorf("logo %q of %s: %v", sum, o, err)
			}
		}
		no := errors.New("no")
		if err := s.ChangeLook(t.Context(), mine.ID, func(o org.Organization) (org.Organization, error) { o.Accent = "#000000"; return o, no }); !errors.Is(err, no) {
			t.Error(err)
		}
		if err := s.KeepLogo(t.Context(), mine.ID, org.Logo{}, nil); err != nil {
			t.Fatal(err)
		}
		if got := offered("mine"); got.Accent != "#445566" || got.Look.Logo != (org.Logo{}) || got.Look.Band != look.Band {
			t.Errorf("after the logo went: %+v", got)
		}
		if _, err := s.LogoFile(t.Context(), mine.ID, "s1"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a logo that was removed: %v", err)
		}
		if err := s.KeepLogo(t.Context(), "org_none", look.Logo, []byte("x")); !fault.Is(err, fault.NotFound) {
			t.Errorf("an organization that is none: %v", err)
		}
	})
}
