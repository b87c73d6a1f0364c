package catalog_test

import (
	"slices"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/locale"
)

func TestReasons(t *testing.T) {
	t.Parallel()
	c := catalog.Catalog{Timezone: "UTC", CancelReasons: map[locale.Lang][]string{locale.English: {"Sold", "Rain"}}}
	if got := c.ReasonsIn(locale.English); !slices.Equal(got, []string{"Sold", "Rain"}) {
		t.Errorf("own: %v", got)
	}
	ours := c.ReasonsIn(locale.German)
	if len(ours) < 3 || slices.Equal(ours, catalog.Catalog{}.ReasonsIn(locale.English)) {
		t.Errorf("ours in German: %v", ours)
	}
	for in, want := range map[[2]string]string{
		{"Sold", ""}: "Sold", {"Sold", " to a friend "}: "Sold: to a friend", {ours[0], ""}: ours[0], {"other", "my words"}: "my words", {"invented", ""}: "", {"", ""}: "",
		{"I am ill", ""}: "", // not on the organization's own list
	} {
		if got := c.Reason(in[0], in[1]); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := catalog.ParseReasons(" a  b \r\n\nc\na b\n"); !slices.Equal(got, []string{"a b", "c"}) {
		t.Errorf("%q", got)
	}
	if err := c.Check(); err != nil {
		t.Error(err)
	}
	for name, lists := range map[string]map[locale.Lang][]string{
		"no language": {"xx": {"a"}}, "empty": {"en": {" "}}, "long": {"en": {strings.Repeat("ü", 81)}}, "control": {"en": {"a\x00"}}, "many": {"en": make([]string, 13)},
	} {
		c.CancelReasons = lists
		if err := c.Check(); !fault.Is(err, fault.Invalid) || !strings.HasPrefix(fault.As(err).Fields[0].Path, "cancel_reasons") {
			t.Errorf("%s: %v", name, err)
		}
	}
	now := catalog.Catalog{Timezone: "UTC", CancelReasons: map[locale.Lang][]string{locale.French: {"Vendu"}}}
	if got := catalog.Differences(catalog.Catalog{Timezone: "UTC"}, now); !slices.Equal(got, []string{"Reasons for cancelling (fr): none → Vendu"}) {
		t.Errorf("%q", got)
	}
}

// TestReasonsForTheOffice: nobody of the office says "I" for a customer, and what is stored stays the customer's own words.
func TestReasonsForTheOffice(t *testing.T) {
	t.Parallel()
	c := catalog.Catalog{Timezone: "UTC", CancelReasons: map[locale.Lang][]string{locale.French: {"J’ai vendu"}}}
	for _, l := range locale.All() {
		told, own := c.ToldReasons(l), c.ReasonsIn(l)
		if len(told) != len(own) || len(own) == 0 {
			t.Fatalf("%s: %d of %d", l, len(told), len(own))
		}
		for i, r := range told {
			if r.Reason != own[i] || c.Reason(r.Reason, "") != own[i] {
				t.Errorf("%s: %q is stored as %q", l, own[i], r.Reason)
			}
			if strings.Contains(r.Words, "customer") == strings.HasPrefix(r.Words, "I ") || r.Words == r.Reason {
				t.Errorf("%s: the office reads %q", l, r.Words)
			}
		}
	}
	if got := c.ToldReasons(locale.French); got[0].Words != "The customer says: “J’ai vendu”" {
		t.Errorf("%+v", got)
	}
	for in, want := range map[string][2]string{
		"Ich bin krank":              {"I am ill", "The customer is ill"},
		"Necesito otra hora: martes": {"I need another time: martes", "The customer needs another time: martes"},
		"J’ai vendu":                 {"J’ai vendu", "The customer says: “J’ai vendu”"},
		"Wir sind weg":               {"Wir sind weg", "Wir sind weg"},
		"I am illiterate":            {"I am illiterate", "I am illiterate"},
	} {
		if customer, office := c.Told(in, true), c.Told(in, false); customer != want[0] || office != want[1] {
			t.Errorf("%q: %q, by the office %q", in, customer, office)
		}
	}
	if got := c.ToldReasons(locale.German); got[2].Words != "The customer has found somebody else" || got[2].Reason != "Ich habe jemand anderen gefunden" {
		t.Errorf("%+v", got)
	}
}
