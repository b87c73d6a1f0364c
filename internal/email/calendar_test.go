package email_test

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"
)

// property is one unfolded content line of a calendar.
type property struct{ name, params, value string }

// RFC 5545 §3.1: name, parameters whose values are quoted or have none of the characters that would need it, value.
var contentLine = regexp.MustCompile(`^([A-Z-]+)((?:;[A-Z-]+=(?:"[^"[:cntrl:]]*"|[^";:,[:cntrl:]]*))*):([^\x00-\x08\x0a-\x1f\x7f]*)$`)

// readCalendar is a strict reader of its own: it shares no code with the library that wrote the calendar, and fails the
// test on anything that RFC 5545 does not allow.
func readCalendar(t tester, raw []byte) []property {
	t.Helper()
	text := string(raw)
	if !strings.HasSuffix(text, "\r\n") {
		t.Fatalf("does not end with CRLF: %q", text[max(0, len(text)-20):])
	}
	var unfolded []string
	for _, line := range strings.Split(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		if strings.ContainsAny(line, "\r\n") {
			t.Fatalf("line end that is not CRLF in %q", line)
		}
		if len(line) > 75 {
			t.Fatalf("%d octets: %q", len(line), line)
		}
		if !utf8.ValidString(line) {
			t.Fatalf("folded inside a character: %q", line)
		}
		if rest, folded := strings.CutPrefix(line, " "); folded && len(unfolded) > 0 && rest != "" {
			unfolded[len(unfolded)-1] += rest
			continue
		}
		unfolded = append(unfolded, line)
	}
	var out []property
	for _, line := range unfolded {
		m := contentLine.FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("no content line: %q", line)
		}
		if strings.ContainsFunc(line, func(r rune) bool { return unicode.IsControl(r) && r != '\t' }) {
			t.Fatalf("control character in %q", line)
		}
		out = append(out, property{m[1], m[2], m[3]})
	}
	checkShape(t, out)
	return out
}

// checkShape wants one VCALENDAR with one VEVENT and in it every property at most once (RFC 5545 §3.6.1, RFC 5546 §3.2.2).
func checkShape(t tester, lines []property) {
	t.Helper()
	var shape []string
	seen := map[string]int{}
	for _, p := range lines {
		if p.name == "BEGIN" || p.name == "END" {
			shape = append(shape, p.name+":"+p.value)
			continue
		}
		seen[p.name]++
	}
	if got := strings.Join(shape, " "); got != "BEGIN:VCALENDAR BEGIN:VEVENT END:VEVENT END:VCALENDAR" {
		t.Fatalf("components: %s", got)
	}
	for name, n := range seen {
		if n != 1 {
			t.Errorf("%s is there %d times", name, n)
		}
	}
	for _, name := range []string{"VERSION", "PRODID", "METHOD", "UID", "DTSTAMP", "DTSTART", "DTEND", "SEQUENCE", "STATUS", "SUMMARY", "ORGANIZER", "ATTENDEE"} {
		if seen[name] == 0 {
			t.Errorf("%s is missing", name)
		}
	}
	for name := range seen {
		if !known[name] {
			t.Errorf("unexpected property %s", name)
		}
	}
}

var known = map[string]bool{
	"VERSION": true, "PRODID": true, "CALSCALE": true, "METHOD": true, "UID": true, "DTSTAMP": true, "CREATED": true, "DTSTART": true, "DTEND": true,
	"SEQUENCE": true, "STATUS": true, "TRANSP": true, "SUMMARY": true, "DESCRIPTION": true, "LOCATION": true, "URL": true, "ORGANIZER": true, "ATTENDEE": true,
}

// value gives a property's value, "" when it is not there.
func value(lines []property, name string) string {
	for _, p := range lines {
		if p.name == name {
			return p.value
		}
	}
	return ""
}

// unescape reads a TEXT value (RFC 5545 §3.3.11) and fails on what must have been escaped.
func unescape(t tester, s string) string {
	t.Helper()
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case ',', ';':
			t.Fatalf("bare %q in TEXT %q", c, s)
		case '\\':
			i++
			if i == len(s) {
				t.Fatalf("backslash at the end of %q", s)
			}
			switch s[i] {
			case 'n':
				b.WriteByte('\n')
			case '\\', ',', ';':
				b.WriteByte(s[i])
			default:
				t.Fatalf("unknown escape \\%c in %q", s[i], s)
			}
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// parseWithLibrary makes sure that the library reads one event of that UID too.
func parseWithLibrary(t tester, raw []byte, uid string) *ics.VEvent {
	t.Helper()
	cal, err := ics.ParseCalendar(strings.NewReader(string(raw)))
	if err != nil {
		t.Fatalf("golang-ical: %v", err)
	}
	events := cal.Events()
	if len(events) != 1 || len(cal.Components) != 1 || events[0].Id() != uid || len(events[0].Components) != 0 {
		t.Fatalf("golang-ical reads %d events, %d components: %s", len(events), len(cal.Components), fmt.Sprint(events))
	}
	return events[0]
}
