package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
	"heavyset.tech/platform/internal/widget"
)

func TestSitesOfTheEmbed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		now := monday
		w := &widget.Service{Store: s, Own: "https://book.example", Now: func() time.Time { return now }}
		mine, other := organization(t, s, "mine").ID, organization(t, s, "other").ID
		ancestors := func() []string {
			t.Helper()
			list, err := w.Ancestors(t.Context(), mine)
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		if got := ancestors(); !slices.Equal(got, []string{"*"}) || w.Refused(got, []string{"https://anybody.example"}) != "" {
			t.Errorf("without a list: %v", got)
		}
		if _, err := w.Allow(t.Context(), mine, "https://a.example"); !fault.Is(err, fault.Conflict) {
			t.Errorf("one entry must not shut all others out unasked: %v", err)
		}
		was, is, err := w.SetSites(t.Context(), mine, "www.mine.example\n*.mine.example")
		if err != nil || len(was) != 0 || len(is) != 2 {
			t.Fatalf("%v %v (%v)", was, is, err)
		}
		list := ancestors()
		if !slices.Equal(list, []string{"'self'", "https://www.mine.example", "https://*.mine.example"}) {
			t.Errorf("%v", list)
		}
		for origin, refused := range map[string]bool{
			"https://www.mine.example": false, "https://x.mine.example": false, "https://book.example": false, "'self'": false, "no origin": false,
			"https://evil.example": true,
		} {
			if got := w.Refused(list, []string{origin}) != ""; got != refused {
				t.Errorf("%s: refused %v", origin, got)
			}
		}
		if w.Refused(list, []string{"https://www.mine.example", "https://evil.example"}) != "https://evil.example" {
			t.Error("a good word hides a bad site")
		}
		for range 3 {
			now = now.Add(time.Minute)
			if err := w.Refuse(t.Context(), mine, "https://evil.example"); err != nil {
				t.Fatal(err)
			}
		}
		got, err := w.Refusals(t.Context(), mine)
		if err != nil || len(got) != 1 || got[0].Times != 3 || !got[0].First.Equal(monday.Add(time.Minute)) || !got[0].Last.Equal(now) {
			t.Errorf("%+v (%v)", got, err)
		}
		if list, err := w.Sites(t.Context(), other); err != nil || len(list) != 0 {
			t.Errorf("another organization has %v (%v)", list, err)
		}
		if list, err := w.Refusals(t.Context(), other); err != nil || len(list) != 0 {
			t.Errorf("another organization sees %v (%v)", list, err)
		}
		if site, err := w.Allow(t.Context(), mine, "https://evil.example"); err != nil || site != "https://evil.example" {
			t.Errorf("%s (%v)", site, err)
		}
		if got, err := w.Refusals(t.Context(), mine); err != nil || len(got) != 0 {
			t.Errorf("what is allowed now still stands there: %+v (%v)", got, err)
		}
		if len(ancestors()) != 4 {
			t.Errorf("%v", ancestors())
		}
	})
}

func TestRefusedSitesAreBounded(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		now := monday
		w := &widget.Service{Store: s, Now: func() time.Time { return now }}
		o := organization(t, s, "o").ID
		for i := range widget.MaxRefusals + 20 {
			now = now.Add(time.Second)
			if err := w.Refuse(t.Context(), o, fmt.Sprintf("https://s%d.example", i)); err != nil {
				t.Fatal(err)
			}
		}
		got, err := w.Refusals(t.Context(), o)
		if err != nil || len(got) != widget.MaxRefusals || got[0].Origin != "https://s69.example" || got[len(got)-1].Origin != "https://s20.example" {
			t.Errorf("%d, %+v … %+v (%v)", len(got), got[0], got[len(got)-1], err)
		}
	})
}
