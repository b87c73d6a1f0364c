package zoho

import (
	"errors"
	"time"
)

// datetime is how Zoho wants an instant: a numeric offset, no fraction of a second
// (https://www.zoho.com/crm/developer/docs/api/v8/insert-records.html).
const datetime = "2006-01-02T15:04:05-07:00"

// DateTime writes an instant for Zoho in the wall time of loc (nil: UTC), cut to the second. A zone whose offset at
// that instant is not in whole minutes, as before railway time, is written in UTC: the wire has no seconds for it.
func DateTime(t time.Time, loc *time.Location) string {
	if loc == nil {
		loc = time.UTC
	}
	t = t.In(loc)
	if _, offset := t.Zone(); offset%60 != 0 {
		t = t.UTC()
	}
	return t.Format(datetime)
}

// ParseTime reads an instant as Zoho writes it, with any offset (Zoho uses the one of the API user's zone), with or
// without a colon, `Z`, or fractions, and gives it in UTC. A time without an offset is refused: its zone would be a guess.
func ParseTime(s string) (time.Time, error) {
	for _, layout := range []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, errors.New("zoho: not an instant with an offset")
}
