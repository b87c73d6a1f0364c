package scheduler_test

import (
	"strconv"
	"testing"

	"heavyset.tech/platform/internal/quarantine"
)

// TestFormsAskForTheWorkThatIsWanted: what the browser is told is as hard as what is looked for.
func TestFormsAskForTheWorkThatIsWanted(t *testing.T) {
	t.Parallel()
	h := pages(t)
	for _, path := range []string{"/book/o/details?service=s&zip=60640&start=2026-12-01T09:00:00Z", "/book/o/enquiry"} {
		doc := document(t, ask(t, h, path))
		if bits, _ := doc.Find("form input[name=proof]").Attr("data-bits"); bits != strconv.Itoa(quarantine.WorkBits) || doc.Find("form input[name=opened]").Length() != 1 || doc.Find(`script[src$="work.js"]`).Length() != 1 {
			t.Errorf("%s asks for %q", path, bits)
		}
	}
}
