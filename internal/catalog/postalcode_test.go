package catalog_test

import (
	"strings"
	"testing"

	"heavyset.tech/platform/internal/catalog"
)

func TestPostalCodesAsPeoplePasteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                        "",
		"60601, 60602\r\n606*":    "60601|60602|606*",
		"ZIP\n60601 60602\n60601": "60601|60602",
		"m5v 3l9; K1A-0B1":        "M5V 3L9|K1A-0B1",
		"\"60601 \";' 60602'":     "60601|60602",
		"City,ZIP,Reps\n\"Kansas City, MO\",64101,3\nOlathe,66061,1\n": "64101|66061",
		"zip;city\n60640;Chicago\n60641":                               "60640|60641",
		"60640\tChicago Post\nx":                                       "",
		"*":                                                            "*",
	} {
		got, wrong := catalog.ParsePostalCodes(text)
		if strings.Contains(text, "Chicago Post") {
			if wrong != "Line 1: “CHICAGO POST” is no postal code. Line 2: “X” is no postal code." {
				t.Errorf("%q: %q", text, wrong)
			}
			continue
		}
		if strings.Join(got, "|") != want || wrong != "" {
			t.Errorf("%q: %q, %q; want %q", text, got, wrong, want)
		}
	}
	if got, wrong := catalog.ParsePostalCodes("Springfield\n"); wrong != "Line 1: “SPRINGFIELD” is no postal code." || len(got) > 0 {
		t.Errorf("%q %q", got, wrong)
	}
	many := strings.Repeat("nowhere\n", 1) + "a\nb\nc\nd\ne\nf\n60601"
	if _, wrong := catalog.ParsePostalCodes("60600\n" + many); strings.Count(wrong, "Line ") != 5 || !strings.HasSuffix(wrong, "2 more like these.") || !strings.HasPrefix(wrong, "Line 2: “NOWHERE”") {
		t.Errorf("%q", wrong)
	}
}
