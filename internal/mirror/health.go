package mirror

import "time"

// Sample is how one reading of a source went.
type Sample struct {
	At      time.Time
	Lag     time.Duration // how old the copy was when this reading came
	Changes int
	Failed  bool
	// Checked: every record of a rep's was asked for by id once more, as each night; Corrected of them were not as the copy had them.
	Checked   bool
	Corrected int
}

// SourceHour is how the readings of a source went in one hour.
type SourceHour struct {
	Source                    string
	Hour                      time.Time // its beginning
	Readings, Failed, Changes int
	Lag                       time.Duration // how old the copy was at most
	Checked                   bool          // the nightly check was made
	Corrected                 int           // what it found
}

// Queue is what of an organization is not in step with the CRM: what waits to be written, what failed, and what the CRM
// has told of and we have not read.
type Queue struct {
	Appointments, FailedAppointments int
	Leads, FailedLeads               int
	Changes                          int
}

// FailureKind is how often attempts to write failed in one way.
type FailureKind struct {
	Code, Words string
	N           int
	Last        time.Time
}

// sample says how a reading of a source went, whose state before is given.
func (s Source) sample(now time.Time, changes int, failed bool) Sample {
	x := Sample{At: now, Changes: changes, Failed: failed}
	if !s.AsOf.IsZero() {
		x.Lag = now.Sub(s.AsOf)
	}
	return x
}
