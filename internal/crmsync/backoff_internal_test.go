package crmsync

import (
	"testing"
	"time"

	"heavyset.tech/platform/internal/crm"
)

// TestBackoff: as long as the CRM asks; where it does not say, by what was run into.
func TestBackoff(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		p           crm.Problem
		first, late time.Duration
	}{
		{crm.Problem{Class: crm.Down}, time.Second, longestPause},
		{crm.Problem{Class: crm.Throttled}, time.Second, time.Minute},
		{crm.Problem{Class: crm.Throttled, Limit: crm.LimitConcurrency}, time.Second, busiestPause},
		{crm.Problem{Class: crm.Throttled, Limit: crm.LimitRate, RetryAfter: time.Minute}, time.Minute, time.Minute},
		{crm.Problem{Class: crm.Throttled, Limit: crm.LimitCredits, RetryAfter: 5 * time.Minute}, 5 * time.Minute, 5 * time.Minute},
		{crm.Problem{Class: crm.Throttled, Limit: crm.LimitCredits, RetryAfter: 9 * time.Hour}, longestAsked, longestAsked},
	} {
		if first, late := backoff(&c.p, 0), backoff(&c.p, 9); first != c.first || late != c.late {
			t.Errorf("%s %s: %v, at last %v", c.p.Class, c.p.Limit, first, late)
		}
	}
}
