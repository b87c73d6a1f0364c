package zohosim

// CeilingForTest gives the credits of a day under the present switches in the first organization.
func (s *Sim) CeilingForTest() int { return creditCeiling(s.switches.Load(), len(s.orgs[0].users)) }

// UnderwayForTest counts the kinds of calls that are let in and not yet answered.
func (s *Sim) UnderwayForTest() int {
	s.meter.mu.Lock()
	defer s.meter.mu.Unlock()
	return len(s.meter.underway)
}

// CompactForTest replaces the journal by a snapshot.
func (s *Sim) CompactForTest() error { return s.compactNow() }
