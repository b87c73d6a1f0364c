package zohosim

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Looking for a needle gives what folding both sides first would give.
func TestNeedleFindsWhatFoldingFinds(t *testing.T) {
	t.Parallel()
	text := rapid.StringOfN(rapid.RuneFrom([]rune("abAB1-_ @éÉ–x")), 0, 30, -1)
	rapid.Check(t, func(rt *rapid.T) {
		s := text.Draw(rt, "text")
		n := rapid.StringOfN(rapid.RuneFrom([]rune("abA1-_ é")), 0, 4, -1).Draw(rt, "needle")
		if got, want := newNeedle(n).in(s), strings.Contains(fold(s), fold(n)); got != want {
			rt.Fatalf("%q in %q: %v, want %v", n, s, got, want)
		}
	})
}
