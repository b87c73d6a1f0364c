package email_test

import (
	"net/mail"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"heavyset.tech/platform/internal/email"
	"heavyset.tech/platform/internal/fault"
)

func chicago(t testing.TB) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("America/Chicago")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func invitation() email.Invitation {
	return email.Invitation{
		UID: "apt_01@heavyset.example", Sequence: 0, Method: email.Request,
		Start: time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC), End: time.Date(2026, 12, 1, 16, 0, 0, 0, time.UTC),
		Summary: "Roof inspection", Description: "Ann comes to you.\nChange or cancel: https://book.example/appointments/tok", Location: "5 Elm St, Chicago, IL 60640",
		URL:       "https://book.example/appointments/tok",
		Organizer: mail.Address{Name: "Ridgeline Roofing", Address: "office@ridgeline.example"},
		Attendee:  mail.Address{Name: "Pat O'Brien", Address: "pat@example.com"},
		Stamp:     time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), Created: time.Date(2026, 11, 23, 11, 59, 0, 0, time.UTC),
	}
}

func write(t testing.TB, i email.Invitation) []byte {
	t.Helper()
	b, err := i.ICS()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAnInvitationIsWrittenToTheOctet(t *testing.T) {
	t.Parallel()
	i := invitation()
	i.Start, i.End = i.Start.In(chicago(t)), i.End.In(chicago(t)).Add(999*time.Millisecond)
	want := strings.ReplaceAll(`BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//HeavySet//Scheduling//EN
CALSCALE:GREGORIAN
METHOD:REQUEST
BEGIN:VEVENT
UID:apt_01@heavyset.example
DTSTAMP:20261123T120000Z
CREATED:20261123T115900Z
DTSTART:20261201T150000Z
DTEND:20261201T160000Z
SEQUENCE:0
STATUS:CONFIRMED
TRANSP:OPAQUE
SUMMARY:Roof inspection
DESCRIPTION:Ann comes to you.\nChange or cancel:
  https://book.example/appointments/tok
LOCATION:5 Elm St\, Chicago\, IL 60640
URL:https://book.example/appointments/tok
ORGANIZER;CN="Ridgeline Roofing":mailto:office@ridgeline.example
ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=FALS
 E;CN="Pat O'Brien":mailto:pat@example.com
END:VEVENT
END:VCALENDAR
`, "\n", "\r\n")
	got := write(t, i)
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	readCalendar(t, got)
	e := parseWithLibrary(t, got, i.UID)
	if start, err := e.GetStartAt(); err != nil || !start.Equal(i.Start) {
		t.Errorf("golang-ical reads the start as %v, %v", start, err)
	}
}

func TestBookingRescheduleAndCancellationAreStatesOfOneEvent(t *testing.T) {
	t.Parallel()
	booked := invitation()
	moved := booked
	moved.Sequence, moved.Start, moved.End = 1, booked.Start.Add(24*time.Hour), booked.End.Add(24*time.Hour)
	moved.Stamp = booked.Stamp.Add(time.Hour)
	cancelled := moved
	cancelled.Sequence, cancelled.Method, cancelled.Stamp = 2, email.Cancel, moved.Stamp.Add(time.Hour)
	for name, c := range map[string]struct {
		of                                     email.Invitation
		method, sequence, status, start, stamp string
	}{
		"booked":      {booked, "REQUEST", "0", "CONFIRMED", "20261201T150000Z", "20261123T120000Z"},
		"rescheduled": {moved, "REQUEST", "1", "CONFIRMED", "20261202T150000Z", "20261123T130000Z"},
		"cancelled":   {cancelled, "CANCEL", "2", "CANCELLED", "20261202T150000Z", "20261123T140000Z"},
	} {
		lines := readCalendar(t, write(t, c.of))
		got := []string{value(lines, "METHOD"), value(lines, "SEQUENCE"), value(lines, "STATUS"), value(lines, "DTSTART"), value(lines, "DTSTAMP"), value(lines, "UID")}
		want := []string{c.method, c.sequence, c.status, c.start, c.stamp, "apt_01@heavyset.example"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

const nastyLines = "x\r\nBEGIN:VEVENT\r\nUID:evil\r\nEND:VEVENT\nEND:VCALENDAR\rATTACH:http://evil.example\u2028BEGIN:VALARM\u0085END:VALARM"

// hostile texts and what a calendar must read of them.
var hostileTexts = map[string]struct{ in, text, line string }{
	"lines that are calendar lines": {
		nastyLines,
		"x\nBEGIN:VEVENT\nUID:evil\nEND:VEVENT\nEND:VCALENDAR\nATTACH:http://evil.example\nBEGIN:VALARM\nEND:VALARM",
		"x BEGIN:VEVENT UID:evil END:VEVENT END:VCALENDAR ATTACH:http://evil.example BEGIN:VALARM END:VALARM",
	},
	"what TEXT escapes":     {`a,b;c\d\n"e":f`, `a,b;c\d\n"e":f`, `a,b;c\d\n"e":f`},
	"control characters":    {"a\x00b\x07c\x7fd\ve\tf", "abcde\tf", "abcde f"},
	"turned direction":      {"a\u202Eb\u2066c\u2069d", "abcd", "abcd"},
	"not UTF-8":             {"a\xffb\xf0\x9f", "a\uFFFDb\uFFFD", "a\uFFFDb\uFFFD"},
	"ten thousand letters":  {strings.Repeat("x", 10_000), strings.Repeat("x", 10_000), strings.Repeat("x", 10_000)},
	"ten thousand emoji":    {strings.Repeat("🏠", 10_000), strings.Repeat("🏠", 10_000), strings.Repeat("🏠", 10_000)},
	"ten thousand spaces":   {"a" + strings.Repeat(" ", 10_000) + "b", "a" + strings.Repeat(" ", 10_000) + "b", "a b"},
	"words with < and >":    {strings.Repeat("<b> ", 100) + "x", strings.Repeat("<b> ", 100) + "x", strings.Repeat("<b> ", 100) + "x"},
	"a line that is folded": {"a\r\n b\r\n\tc", "a\n b\n\tc", "a b c"},
}

func TestHostileTextsStayTexts(t *testing.T) {
	t.Parallel()
	for name, c := range hostileTexts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := invitation()
			i.Summary, i.Description, i.Location = c.in, c.in, c.in
			raw := write(t, i)
			lines := readCalendar(t, raw)
			for property, want := range map[string]string{"SUMMARY": c.line, "DESCRIPTION": c.text, "LOCATION": c.line} {
				if got := unescape(t, value(lines, property)); got != want {
					t.Errorf("%s reads %.200q, want %.200q", property, got, want)
				}
			}
			parseWithLibrary(t, raw, i.UID)
		})
	}
}

func TestNamesStayInTheirQuotes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"apostrophe":            {"Pat O'Brien", "Pat O'Brien"},
		"comma semicolon colon": {"Brien, Pat; Dr.: x", "Brien, Pat; Dr.: x"},
		"quotes":                {`a":mailto:evil@example.com";CN="b`, `a':mailto:evil@example.com';CN='b`},
		"backslash":             {`a\b\`, `a/b/`},
		"caret":                 {`a^nb^'`, `a^^nb^^'`},
		"turned direction":      {"a\u202Eb", "ab"},
		"emoji":                 {strings.Repeat("🏠", 90), strings.Repeat("🏠", 90)},
		"too long":              {strings.Repeat("x", 10_000), strings.Repeat("x", 99) + "…"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := invitation()
			i.Organizer.Name, i.Attendee.Name = c.in, c.in
			for _, p := range readCalendar(t, write(t, i)) {
				if p.name != "ORGANIZER" && p.name != "ATTENDEE" {
					continue
				}
				if got := p.params[strings.Index(p.params, ";CN=")+4:]; got != `"`+c.want+`"` {
					t.Errorf("%s is called %s, want %q", p.name, got, c.want)
				}
				if p.value != "mailto:office@ridgeline.example" && p.value != "mailto:pat@example.com" {
					t.Errorf("%s is %s", p.name, p.value)
				}
			}
		})
	}
}

func TestAddressesOfAnInvitation(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"o'brien+roof@example.com": "mailto:o'brien+roof@example.com",
		"a%b/c?d#e&f=g@x.example":  "mailto:a%25b%2Fc%3Fd%23e%26f%3Dg@x.example",
		"jürgen@dächer.example":    "mailto:j%C3%BCrgen@xn--dcher-gra.example",
	} {
		i := invitation()
		i.Attendee = mail.Address{Address: in}
		lines := readCalendar(t, write(t, i))
		if got := value(lines, "ATTENDEE"); got != want {
			t.Errorf("%s is written %s, want %s", in, got, want)
		}
	}
}

func TestEmojiAtEveryFoldBorder(t *testing.T) {
	t.Parallel()
	for n := range 160 {
		i := invitation()
		i.Summary = strings.Repeat("x", n) + "👩‍👩‍👧 " + strings.Repeat("ü🏠", 60)
		i.Attendee.Name = strings.Repeat("y", n%90) + "🏠🏠"
		lines := readCalendar(t, write(t, i))
		if got := value(lines, "SUMMARY"); got != i.Summary {
			t.Fatalf("%d letters before: %q", n, got)
		}
	}
}

func TestAnInvitationThatCanNotBeWritten(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*email.Invitation)
		path   string
	}{
		"no uid":                     {func(i *email.Invitation) { i.UID = "" }, "uid"},
		"uid of two lines":           {func(i *email.Invitation) { i.UID = "a\r\nb" }, "uid"},
		"method of another kind":     {func(i *email.Invitation) { i.Method = "REQUEST\r\nX:y" }, "method"},
		"no method":                  {func(i *email.Invitation) { i.Method = "" }, "method"},
		"negative sequence":          {func(i *email.Invitation) { i.Sequence = -1 }, "sequence"},
		"sequence beyond 32 bits":    {func(i *email.Invitation) { i.Sequence = 1 << 31 }, "sequence"},
		"no start":                   {func(i *email.Invitation) { i.Start = time.Time{} }, "start"},
		"year 10000":                 {func(i *email.Invitation) { i.End = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }, "end"},
		"ends when it starts":        {func(i *email.Invitation) { i.End = i.Start }, "end"},
		"no stamp":                   {func(i *email.Invitation) { i.Stamp = time.Time{} }, "stamp"},
		"booked in another age":      {func(i *email.Invitation) { i.Created = time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC) }, "created"},
		"no summary":                 {func(i *email.Invitation) { i.Summary = " \r\n" }, "summary"},
		"url that runs":              {func(i *email.Invitation) { i.URL = "javascript:alert(1)" }, "url"},
		"url of two lines":           {func(i *email.Invitation) { i.URL = "https://a.example/\r\nATTACH:x" }, "url"},
		"url without host":           {func(i *email.Invitation) { i.URL = "https:///x" }, "url"},
		"no organizer":               {func(i *email.Invitation) { i.Organizer = mail.Address{} }, "organizer"},
		"organizer's name two lines": {func(i *email.Invitation) { i.Organizer.Name = "a\r\nATTENDEE:mailto:x@y" }, "organizer"},
		"attendee of two lines":      {func(i *email.Invitation) { i.Attendee.Address = "a@example.com\r\nX:y" }, "attendee"},
		"attendee who is no address": {func(i *email.Invitation) { i.Attendee.Address = `"a;b"@example.com` }, "attendee"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := invitation()
			c.change(&i)
			b, err := i.ICS()
			if !fault.Is(err, fault.Invalid) || b != nil {
				t.Fatalf("got %d octets, %v; want Invalid", len(b), err)
			}
			if f := fault.As(err).Fields; f[len(f)-1].Path != c.path {
				t.Errorf("names %v, want %s", f, c.path)
			}
		})
	}
}

// Whatever the fields hold, the result is refused or a correct calendar that says the same.
func TestAnyInvitationIsRefusedOrCorrect(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		i := invitation()
		text := rapid.Custom(nasty)
		i.Summary, i.Description, i.Location = text.Draw(rt, "summary"), text.Draw(rt, "description"), text.Draw(rt, "location")
		i.Organizer.Name, i.Attendee.Name = text.Draw(rt, "organizer"), text.Draw(rt, "attendee")
		if rapid.Bool().Draw(rt, "odd addresses") {
			i.UID, i.URL, i.Attendee.Address = text.Draw(rt, "uid"), text.Draw(rt, "url"), text.Draw(rt, "address")
		}
		checkInvitation(rt, i)
	})
}

// nasty draws texts of the pieces that hurt.
func nasty(rt *rapid.T) string {
	piece := rapid.SampledFrom([]string{
		"\r\n", "\n", "\r", "BEGIN:VEVENT", "END:VEVENT", ";", ",", ":", `\`, `"`, "'", "^n", "=", "@", "<", ">", " ", "\t", "\x00", "\u2028", "\u202E",
		"🏠", "ü", "\xff", "=?utf-8?q?", "?=", "Bcc: x@evil.example", "mailto:", "https://a.example/", "a", "pat@example.com", "é́", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
	})
	return strings.Join(rapid.SliceOfN(rapid.OneOf(piece, rapid.String()), 0, 30).Draw(rt, "pieces"), "")
}

// tester is the part of testing.TB that rapid's T and fuzzing's T have in common.
type tester interface {
	Helper()
	Fatalf(string, ...any)
	Errorf(string, ...any)
}

func checkInvitation(t tester, i email.Invitation) {
	t.Helper()
	raw, err := i.ICS()
	if err != nil {
		if !fault.Is(err, fault.Invalid) {
			t.Fatalf("%v", err)
		}
		return
	}
	lines := readCalendar(t, raw)
	if got := words(unescape(t, value(lines, "SUMMARY"))); got != words(i.Summary) {
		t.Fatalf("summary %q reads %q", i.Summary, got)
	}
	if got := words(unescape(t, value(lines, "DESCRIPTION"))); got != words(i.Description) {
		t.Fatalf("description %q reads %q", i.Description, got)
	}
	parseWithLibrary(t, raw, i.UID)
}

// words is a text less what the package says it takes away: control characters, direction marks, the kind of space.
func words(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	var out []rune
	for _, r := range s {
		switch {
		case r == '\u2028' || r == '\u2029' || r == '\u0085' || r == '\n' || r == '\r' || r == '\t':
			out = append(out, ' ')
		case unicode.IsControl(r) || r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069':
		default:
			out = append(out, r)
		}
	}
	if !utf8.ValidString(string(out)) {
		panic("test: not UTF-8")
	}
	return strings.Join(strings.Fields(string(out)), " ")
}

func FuzzInvitation(f *testing.F) {
	f.Add("Roof", "a\r\nBEGIN:VEVENT", "5 Elm St, Chicago", `O"Brien;,:`, "pat@example.com", "https://a.example/", "apt_1", 0)
	f.Add(nastyLines, "\\", ";", "\u202E", "jürgen@dächer.example", "https://a.example/?a,b;c", "a@b", 3)
	f.Add(strings.Repeat("🏠", 50), strings.Repeat("<b> ", 50), strings.Repeat(" ", 80)+"x", "^n^'", "a%b@c", "", "x", 1<<30)
	f.Fuzz(func(t *testing.T, summary, description, location, name, address, url, uid string, sequence int) {
		i := invitation()
		i.Summary, i.Description, i.Location, i.URL, i.UID, i.Sequence = summary, description, location, url, uid, sequence
		i.Attendee = mail.Address{Name: name, Address: address}
		i.Organizer.Name = name
		checkInvitation(t, i)
	})
}
