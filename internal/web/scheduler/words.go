package scheduler

import "slices"

// commonZones are offered beside the organization's and the visitor's own.
var commonZones = []string{
	"America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu",
	"America/Halifax", "America/Toronto", "America/Mexico_City", "Europe/London", "Europe/Berlin", "Asia/Kolkata", "Australia/Sydney",
}

// zonesFor lists the zones that a visitor can choose from; the organization's first.
func zonesFor(own, current string) []string {
	out := []string{own}
	for _, z := range append([]string{current}, commonZones...) {
		if !slices.Contains(out, z) {
			out = append(out, z)
		}
	}
	return out
}
