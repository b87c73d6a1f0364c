package admin

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
)

// weekday is a day of the week in the catalog's word and in people's.
type weekday struct{ key, name string }

func weekdays() []weekday {
	return []weekday{{"mon", "Monday"}, {"tue", "Tuesday"}, {"wed", "Wednesday"}, {"thu", "Thursday"}, {"fri", "Friday"}, {"sat", "Saturday"}, {"sun", "Sunday"}}
}

// clockWords writes a wall time HH:MM as people say it.
func clockWords(wall string) string {
	var h, m int
	if _, err := fmt.Sscanf(wall, "%d:%d", &h, &m); err != nil {
		return wall
	}
	if h == 24 {
		return "midnight"
	}
	half := "AM"
	if h >= 12 {
		half = "PM"
	}
	return fmt.Sprintf("%d:%02d %s", (h+11)%12+1, m, half)
}

// spansWords writes the hours of a day; "" for none.
func spansWords(list []catalog.Span) string {
	words := make([]string, 0, len(list))
	for _, s := range list {
		if s.Start == "00:00" && s.End == "24:00" {
			words = append(words, "all day")
			continue
		}
		words = append(words, clockWords(s.Start)+" – "+clockWords(s.End))
	}
	return strings.Join(words, ", ")
}

const hoursHint = "For example 9:00 AM – 5:00 PM, or 9–12, 1–5 pm."

var (
	spanShape = regexp.MustCompile(`^(.+?)\s*(?:-|–|—|\bto\b|\buntil\b)\s*(.+)$`)
	timeShape = regexp.MustCompile(`^(\d{1,2})(?:[:.h](\d{2}))?\s*(am|pm|a|p|a\.m\.|p\.m\.)?$`)
)

// readSpans reads the hours of a day as people write them; none for "off" or nothing. The error is a sentence.
func readSpans(text string) ([]catalog.Span, string) {
	text = strings.ToLower(strings.Join(strings.Fields(text), " "))
	switch text {
	case "", "off", "day off", "closed", "none", "-", "–":
		return nil, ""
	}
	var out []catalog.Span
	for _, part := range strings.FieldsFunc(strings.ReplaceAll(text, " and ", ","), func(r rune) bool { return r == ',' || r == ';' }) {
		part = strings.TrimSpace(part)
		if part == "all day" {
			out = append(out, catalog.Span{Start: "00:00", End: "24:00"})
			continue
		}
		s, ok := readSpan(part)
		if !ok {
			return nil, "“" + fault.Excerpt(part, 40) + "” is no stretch of hours. " + hoursHint
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b catalog.Span) int { return strings.Compare(a.Start, b.Start) })
	for i := 1; i < len(out); i++ {
		if out[i].Start < out[i-1].End {
			return nil, spansWords(out[i-1:i]) + " and " + spansWords(out[i:i+1]) + " overlap."
		}
	}
	return out, ""
}

// readSpan reads one stretch. Where only one of its ends says AM or PM, or none does, the other follows from the end
// being later than the start: "9-5" ends at five in the afternoon.
func readSpan(text string) (catalog.Span, bool) {
	m := spanShape.FindStringSubmatch(text)
	if m == nil {
		return catalog.Span{}, false
	}
	starts, ok1 := readClock(m[1], false)
	ends, ok2 := readClock(m[2], true)
	if !ok1 || !ok2 {
		return catalog.Span{}, false
	}
	if len(starts) == 2 && len(ends) == 1 { // "1-5 pm" is the afternoon, "9-5 pm" the day
		slices.Reverse(starts)
	}
	for _, s := range starts {
		for _, e := range ends {
			if s < e {
				return catalog.Span{Start: wallOf(s), End: wallOf(e)}, true
			}
		}
	}
	return catalog.Span{}, false
}

func wallOf(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

// readClock gives the minutes since midnight that a time may mean, the likelier first.
func readClock(text string, end bool) ([]int, bool) {
	switch text {
	case "noon":
		return []int{12 * 60}, true
	case "midnight":
		if end {
			return []int{24 * 60}, true
		}
		return []int{0}, true
	}
	m := timeShape.FindStringSubmatch(text)
	if m == nil {
		return nil, false
	}
	h, _ := strconv.Atoi(m[1])
	minute := 0
	if m[2] != "" {
		minute, _ = strconv.Atoi(m[2])
	}
	if h > 24 || minute > 59 || h == 24 && (minute > 0 || !end) {
		return nil, false
	}
	at := h*60 + minute
	switch half := strings.ReplaceAll(m[3], ".", ""); {
	case half == "" && h >= 1 && h < 12 && len(m[1]) == 1:
		return []int{at, at + 12*60}, true
	case half == "" && h >= 10 && h < 12:
		return []int{at, at + 12*60}, true
	case half == "":
		return []int{at}, true
	case h < 1 || h > 12:
		return nil, false
	case half[0] == 'a' && h == 12:
		if end && minute == 0 {
			return []int{24 * 60}, true
		}
		return []int{minute}, true
	case half[0] == 'p' && h < 12:
		return []int{at + 12*60}, true
	}
	return []int{at}, true
}

// hoursOf gives the spans of one day of the week.
func hoursOf(list []catalog.Hours, day string) []catalog.Span {
	var out []catalog.Span
	for _, h := range list {
		if slices.Contains(h.Days, day) {
			out = append(out, catalog.Span{Start: h.Start, End: h.End})
		}
	}
	slices.SortFunc(out, func(a, b catalog.Span) int { return strings.Compare(a.Start, b.Start) })
	return out
}

// weekOf makes weekly hours of the spans of each day; days with the same hours stand together.
func weekOf(days map[string][]catalog.Span) []catalog.Hours {
	var out []catalog.Hours
	for _, d := range weekdays() {
		for _, s := range days[d.key] {
			i := slices.IndexFunc(out, func(h catalog.Hours) bool { return h.Start == s.Start && h.End == s.End })
			if i < 0 {
				out = append(out, catalog.Hours{Start: s.Start, End: s.End})
				i = len(out) - 1
			}
			out[i].Days = append(out[i].Days, d.key)
		}
	}
	return out
}

// weekWords sums up weekly hours: "Mon–Fri 9:00 AM – 5:00 PM".
func weekWords(list []catalog.Hours) string {
	type run struct{ from, to, hours string }
	var runs []run
	last := -2
	for i, d := range weekdays() {
		words := spansWords(hoursOf(list, d.key))
		if words == "" {
			continue
		}
		if n := len(runs); n > 0 && runs[n-1].hours == words && last == i-1 {
			runs[n-1].to = d.name[:3]
		} else {
			runs = append(runs, run{d.name[:3], d.name[:3], words})
		}
		last = i
	}
	var out []string
	for _, r := range runs {
		days := r.from
		if r.to != r.from {
			days += "–" + r.to
		}
		out = append(out, days+" "+r.hours)
	}
	return strings.Join(out, "; ")
}

var lengthShape = regexp.MustCompile(`^(\d+(?:\.\d+)?)\s*([a-z]*)$`)

// readMinutes reads a length of time as people write it: "90", "90 min", "1.5 hours", "2 days", "1 h 30 min". The error
// is a sentence.
func readMinutes(text string) (int, string) {
	const hint = "Please give a length of time, like 30 minutes, 4 hours or 2 days."
	text = strings.ToLower(strings.TrimSpace(text))
	text = regexp.MustCompile(`(\d)\s+([a-z])`).ReplaceAllString(text, "$1$2")
	parts := strings.Fields(regexp.MustCompile(`([a-z,])\s*(\d)`).ReplaceAllString(text, "$1 $2"))
	if len(parts) == 0 || len(parts) > 3 {
		return 0, hint
	}
	total := 0.0
	for _, p := range parts {
		m := lengthShape.FindStringSubmatch(strings.Trim(p, ","))
		if m == nil {
			return 0, hint
		}
		n, err := strconv.ParseFloat(m[1], 64)
		factor := map[string]float64{
			"": 1, "m": 1, "min": 1, "mins": 1, "minute": 1, "minutes": 1, "h": 60, "hr": 60, "hrs": 60, "hour": 60, "hours": 60,
			"d": 1440, "day": 1440, "days": 1440, "w": 10080, "week": 10080, "weeks": 10080,
		}[m[2]]
		if err != nil || factor == 0 || n > 1e6 {
			return 0, hint
		}
		total += n * factor
	}
	if total != float64(int(total)) {
		return 0, "Please give whole minutes."
	}
	return int(total), ""
}
