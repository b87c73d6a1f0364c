package lead_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"heavyset.tech/platform/internal/lead"
)

func TestSearch(t *testing.T) {
	t.Parallel()
	c := lead.Contact{
		FirstName: "Zoë", LastName: "O'Hara", Email: "zoe@example.com", Phone: "+13125550100", Street: "12 Elm Street", City: "Chicago", PostalCode: "60613",
	}
	for text, want := range map[string]bool{
		"":                     true,
		"zoë":                  true,
		"ZOË o'hara":           true,
		"O'Hara Zoë":           true,
		"elm 60613":            true,
		"example.com":          true,
		"312 555 0100":         true,
		"(312) 555-0100":       true,
		"555.0100":             true,
		"60613":                true,
		"12":                   true,
		"zoe smith":            false,
		"first_name":           false,
		"312 555 0199":         false,
		"%":                    false,
		"Zo_":                  false,
		"60614":                false,
		strings.Repeat("x", 9): false,
	} {
		if got := lead.NewSearch(text).Finds(c); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// TestLongestLeavesNobodyOut: whoever is found holds the run by which a store chooses.
func TestLongestLeavesNobodyOut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[A-Za-z0-9éÖß'@.+ -]{0,8}`)
		c := lead.Contact{FirstName: word.Draw(t, "first"), LastName: word.Draw(t, "last"), Email: word.Draw(t, "email"), City: word.Draw(t, "city")}
		s := lead.NewSearch(rapid.SampledFrom([]string{c.FirstName, c.LastName, c.City + " " + c.FirstName, c.Email, word.Draw(t, "other")}).Draw(t, "text"))
		all := strings.ToLower(strings.Join([]string{c.FirstName, c.LastName, c.Email, c.City}, "|"))
		if s.Finds(c) && !strings.Contains(all, s.Longest()) {
			t.Fatalf("%q is found, and not by %q", all, s.Longest())
		}
	})
}
