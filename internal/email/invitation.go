package email

import (
	"bytes"
	"fmt"
	"math"
	"net/mail"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"

	"heavyset.tech/platform/internal/fault"
)

// Method is what an invitation asks of the reader's calendar (RFC 5546 §1.4).
type Method string

// Request puts the appointment in or moves it; Cancel takes it out; Publish shows it to whoever has the file, without
// naming an attendee.
const (
	Request Method = "REQUEST"
	Cancel  Method = "CANCEL"
	Publish Method = "PUBLISH"
)

// Invitation is one state of one appointment for a calendar.
//
// A calendar knows the appointment by UID and takes the state with the highest Sequence (RFC 5546 §2.1.4): the UID is
// the appointment's for ever, the Sequence rises with each reschedule and with the cancellation.
type Invitation struct {
	UID      string // at most 200 of letters, digits and . _ @ -
	Sequence int    // 0 for the first
	Method   Method

	Start, End time.Time      // to the second
	Zone       *time.Location // whose wall time they are written in; nil or UTC: in UTC
	Tentative  bool           // still to be confirmed
	Off        bool           // called off; with Cancel it is so anyway

	Summary     string
	Description string // may have several lines
	Location    string
	URL         string // http or https; optional

	Organizer mail.Address // who invites; sends the messages of this appointment
	Attendee  mail.Address // who is invited; nobody with Publish (RFC 5546 §3.2.1)

	Stamp   time.Time // when this state came about (DTSTAMP, RFC 5545 §3.8.7.2)
	Created time.Time // when the appointment was booked; optional
}

var uidShape = regexp.MustCompile(`^[A-Za-z0-9._@-]{1,200}$`)

// ICS writes the invitation as iCalendar (RFC 5545) with exactly one VEVENT, CRLF line ends and lines of at most 75
// octets. The attendee stands as having accepted, without being asked to reply: they chose the time themselves, and
// nobody reads replies. There is no alarm; when to be reminded is the reader's choice.
//
// It returns fault.Invalid with the wrong fields.
func (i Invitation) ICS() ([]byte, error) {
	organizer, attendee, err := i.check()
	if err != nil {
		return nil, err
	}
	cal := newCalendar()
	cal.SetMethod(ics.Method(i.Method))
	zone := i.Zone
	if sayable(i.Start, zone) && sayable(i.End, zone) {
		addTimezone(cal, zone, i.Start)
	} else {
		zone = nil
	}

	e := cal.AddEvent(i.UID)
	e.SetDtStampTime(i.Stamp)
	if !i.Created.IsZero() {
		e.SetCreatedTime(i.Created)
	}
	when(e, ics.ComponentPropertyDtStart, i.Start, zone)
	when(e, ics.ComponentPropertyDtEnd, i.End, zone)
	e.SetSequence(i.Sequence)
	e.SetStatus(ics.ObjectStatusConfirmed)
	if i.Tentative {
		e.SetStatus(ics.ObjectStatusTentative)
	}
	e.SetTimeTransparency(ics.TransparencyOpaque)
	if i.Method == Cancel || i.Off {
		e.SetStatus(ics.ObjectStatusCancelled) // RFC 5546 §3.2.5
		e.SetTimeTransparency(ics.TransparencyTransparent)
	}
	describe(e, i.Summary, i.Description, i.Location)
	if i.URL != "" {
		e.SetURL(i.URL)
	}
	addPerson(e, "ORGANIZER", organizer)
	if i.Method != Publish {
		addPerson(e, "ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=FALSE", attendee)
	}

	var b bytes.Buffer
	if err := cal.SerializeTo(&b, ics.WithNewLineWindows); err != nil {
		return nil, fmt.Errorf("write invitation: %w", err)
	}
	return b.Bytes(), nil
}

func (i Invitation) check() (organizer, attendee mailbox, err error) {
	var wrong []fault.Field
	refuse := func(bad bool, path, problem string) {
		if bad {
			wrong = append(wrong, fault.Field{Path: path, Message: problem})
		}
	}
	refuse(!uidShape.MatchString(i.UID), "uid", "must be 1 to 200 of letters, digits and . _ @ -")
	refuse(i.Method != Request && i.Method != Cancel && i.Method != Publish, "method", "must be REQUEST, CANCEL or PUBLISH")
	refuse(i.Sequence < 0 || i.Sequence > math.MaxInt32, "sequence", "must be from 0 to 2147483647") // RFC 5545 §3.3.8
	refuse(!inCalendar(i.Start), "start", "must be a time between the years 1970 and 9999")
	refuse(!inCalendar(i.End), "end", "must be a time between the years 1970 and 9999")
	refuse(!i.End.After(i.Start), "end", "must be after the start")
	refuse(!inCalendar(i.Stamp), "stamp", "must be a time between the years 1970 and 9999")
	refuse(!i.Created.IsZero() && !inCalendar(i.Created), "created", "must be a time between the years 1970 and 9999")
	refuse(calendarLine(i.Summary) == "", "summary", "must not be empty")
	refuse(i.URL != "" && !webAddress(i.URL, "https", "http"), "url", "must be an http or https address")
	organizer, problem := checkMailbox(i.Organizer)
	refuse(problem != "", "organizer", problem)
	if i.Method != Publish {
		attendee, problem = checkMailbox(i.Attendee)
		refuse(problem != "", "attendee", problem)
	}
	return organizer, attendee, fault.OfFields(wrong)
}

// inCalendar reports whether t can be written with four digits of year (RFC 5545 §3.3.4).
func inCalendar(t time.Time) bool {
	y := t.UTC().Year()
	return y >= 1970 && y <= 9999
}

// calendarText cleans a TEXT value (RFC 5545 §3.3.11); the library escapes what is left but knows nothing of CR.
func calendarText(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if isDirection(r) {
			return -1
		}
		return r
	}, block(s)))
}

// calendarLine is calendarText for a value that a calendar shows on one line.
func calendarLine(s string) string {
	return strings.Join(strings.Fields(calendarText(s)), " ")
}

// addPerson writes a CAL-ADDRESS property. Name and parameters go into the property's name, because the library would
// escape a CN with backslashes, which RFC 5545 §3.2 does not know and calendars show: O\'Brien.
func addPerson(e *ics.VEvent, property string, b mailbox) {
	if b.name != "" {
		property += `;CN="` + quotedParameter(b.name) + `"`
	}
	e.AddProperty(ics.ComponentProperty(property), "mailto:"+mailtoAddress(b))
}

// quotedParameter makes a name fit to stand in quotes (QSAFE-CHAR of RFC 5545 §3.1): a quotation mark can't be written
// there and becomes an apostrophe, a caret is doubled (RFC 6868 §3.1).
func quotedParameter(name string) string {
	return strings.NewReplacer(`"`, "'", "^", "^^").Replace(name)
}

// mailtoAddress encodes what may not stand in a mailto address (RFC 6068 §2, RFC 3986 §2).
func mailtoAddress(b mailbox) string {
	var out strings.Builder
	for _, c := range []byte(b.local) {
		if c >= utf8.RuneSelf || strings.IndexByte("%/?#&=^`{|}", c) >= 0 {
			fmt.Fprintf(&out, "%%%02X", c)
			continue
		}
		out.WriteByte(c)
	}
	return out.String() + "@" + b.domain
}
