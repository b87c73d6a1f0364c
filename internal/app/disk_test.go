package app

import "testing"

// TestDoctorSaysOfTheDisk: plain words and a fix before it is full and when it is.
func TestDoctorSaysOfTheDisk(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		room     uint64
		evidence string
		wrong    bool
	}{
		{0, "the disk of the database is full: bookings are refused", true},
		{4096, "the disk of the database is full: bookings are refused", true},
		{100 << 20, "100 MiB are free for the database: when it is full bookings are refused", true},
		{20 << 30, "20480 MiB are free for the database", false},
	} {
		f := diskOf(c.room)
		if f.Evidence != c.evidence || f.Wrong != c.wrong || f.Wrong != (f.Fix != "") {
			t.Errorf("%d bytes: %+v", c.room, f)
		}
	}
}
