package lead_test

import (
	"testing"
	"time"

	"heavyset.tech/platform/internal/lead"
)

func TestNextActAndSpeed(t *testing.T) {
	t.Parallel()
	came := time.Date(2026, 11, 30, 15, 0, 0, 0, time.UTC)
	now := came.Add(3 * time.Hour)
	for name, c := range map[string]struct {
		lead  lead.Lead
		next  lead.Act
		took  time.Duration
		waits bool
	}{
		"a new enquiry waits for an answer":           {lead.Lead{Stage: lead.New}, lead.Answer, 3 * time.Hour, true},
		"one that somebody has taken up is followed":  {lead.Lead{Stage: lead.Contacted, Contacted: came.Add(20 * time.Minute)}, lead.FollowUp, 20 * time.Minute, false},
		"reopened in the CRM: somebody was in touch":  {lead.Lead{Stage: lead.New, Contacted: came.Add(time.Hour)}, lead.FollowUp, time.Hour, false},
		"contacted before anybody was asked":          {lead.Lead{Stage: lead.Contacted, Contacted: came.Add(-time.Second)}, lead.FollowUp, 0, false},
		"a booking waits for its visit, not for us":   {lead.Lead{Stage: lead.Booked, Appointment: "apt_1"}, lead.Visit, 0, false},
		"booked in the CRM alone: its visit is there": {lead.Lead{Stage: lead.Booked}, lead.Nothing, 0, false},
		"won":  {lead.Lead{Stage: lead.Won, Appointment: "apt_1"}, lead.Nothing, 0, false},
		"lost": {lead.Lead{Stage: lead.Lost}, lead.Nothing, 0, false},
	} {
		c.lead.Created = came
		took, waits := c.lead.Speed(now)
		if next := c.lead.Next(); next != c.next || took != c.took || waits != c.waits {
			t.Errorf("%s: next %q, %v, waits %v", name, next, took, waits)
		}
	}
}
