package zohocrm

import (
	"testing"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/zoho"
)

// TestProblemOfOneRecord: what concerns one record must not look like a Zoho that does not answer.
func TestProblemOfOneRecord(t *testing.T) {
	t.Parallel()
	for _, k := range []zoho.Kind{zoho.RecordLocked, zoho.DependentServiceError} {
		if p := crm.AsProblem(problem(&zoho.Error{Kind: k})); p == nil || p.Class != crm.Busy {
			t.Errorf("%s became %+v", k, p)
		}
	}
	for _, k := range []zoho.Kind{zoho.Internal, zoho.Unavailable} {
		if p := crm.AsProblem(problem(&zoho.Error{Kind: k})); p == nil || p.Class != crm.Down {
			t.Errorf("%s became %+v", k, p)
		}
	}
}
