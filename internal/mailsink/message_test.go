package mailsink_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"heavyset.tech/platform/internal/mailsink"
)

// invitation has what a confirmation has: alternatives inside a mixed, an invitation inline and as a file, and every
// encoding that RFC 2045 and RFC 2047 know.
const invitation = `From: =?utf-8?q?J=C3=BCrgen_D=C3=A4ch?= <office@ridgeline.example>
To: "Ann, the owner" <ann@example.com>, =?utf-8?b?5bGx55Sw?= <yamada@example.org>
Subject: =?utf-8?q?Your_roof_inspection_=E2=80=93?=
 =?utf-8?b?IPCfj6A=?= on Tuesday
Message-ID: <apt_1.booked@ridgeline.example>
Auto-Submitted: auto-generated
Received: from a
received: from b
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=outer

preamble
--outer
Content-Type: multipart/alternative; boundary=inner

--inner
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

A line that is =
folded, =F0=9F=8F=A0 and =3D
.
..two dots
--inner
Content-Type: text/html; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

<p>J=FCrgen</p>
--inner
Content-Type: text/calendar; method=REQUEST;
 charset=UTF-8
Content-Transfer-Encoding: base64

QkVHSU46VkNBTEVOREFSDQpF
TkQ6VkNBTEVOREFSDQo=
--inner--
--outer
Content-Type: application/ics; name="invite.ics"
Content-Disposition: attachment; filename*=utf-8''f%C3%BCr%20dich.ics
Content-Transfer-Encoding: base64

QkVHSU46VkNBTEVOREFSDQpFTkQ6VkNBTEVOREFSDQo=
--outer
Content-Type: image/png
Content-Disposition: inline; filename="=?utf-8?q?p=C3=BCnkt.png?="
Content-Transfer-Encoding: base64

iVBORw0KGgoAAAAA/w==
--outer
Content-Type: text/plain

a second text
--outer--
`

func receive(t *testing.T, raw string) mailsink.Message {
	t.Helper()
	s, addr := start(t, mailsink.Options{})
	if err := send(addr, "bounce@ridgeline.example", []string{"ann@example.com"}, raw); err != nil {
		t.Fatal(err)
	}
	return s.Messages()[0]
}

func TestAMessageIsDecoded(t *testing.T) {
	t.Parallel()
	const calendar = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
	want := mailsink.Message{
		ID:      "00000001",
		To:      []string{"ann@example.com", "yamada@example.org"},
		Subject: "Your roof inspection – 🏠 on Tuesday",
		Text:    "A line that is folded, 🏠 and =\n.\n..two dots",
		HTML:    "<p>Jürgen</p>",
		Headers: map[string][]string{
			"From":           {"Jürgen Däch <office@ridgeline.example>"},
			"To":             {`"Ann, the owner" <ann@example.com>, 山田 <yamada@example.org>`},
			"Subject":        {"Your roof inspection – 🏠 on Tuesday"},
			"Message-ID":     {"<apt_1.booked@ridgeline.example>"},
			"Auto-Submitted": {"auto-generated"},
			"Received":       {"from a", "from b"},
			"MIME-Version":   {"1.0"},
			"Content-Type":   {"multipart/mixed; boundary=outer"},
		},
		Envelope: mailsink.Envelope{From: "bounce@ridgeline.example", Rcpt: []string{"ann@example.com"}},
		Attachments: []mailsink.Attachment{
			{Filename: "calendar.ics", ContentType: "text/calendar; method=REQUEST; charset=UTF-8", Text: calendar, Content: []byte(calendar)},
			{Filename: "für dich.ics", ContentType: `application/ics; name="invite.ics"`, Text: calendar, Content: []byte(calendar)},
			{Filename: "pünkt.png", ContentType: "image/png", Content: []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x00\xff")},
			{Filename: "part.txt", ContentType: "text/plain", Text: "a second text", Content: []byte("a second text")},
		},
		Received: noon(),
	}
	if diff := cmp.Diff(want, receive(t, invitation)); diff != "" {
		t.Errorf("decoded (-want +got):\n%s", diff)
	}
}

func TestAMalformedMessageIsShownAsItStands(t *testing.T) {
	t.Parallel()
	deep := "Content-Type: text/plain\n\nbottom\n"
	for i := range 40 {
		deep = fmt.Sprintf("Content-Type: multipart/mixed; boundary=b%d.\n\n--b%d.\n%s", i, i, deep)
	}
	for name, c := range map[string]struct{ raw, text, subject string }{
		"no header at all":               {"\njust text\n", "just text\n", ""},
		"a line that is no header":       {"Subject: a\nno header here\nTo: b@example.com\n\nt\n", "t\n", "a"},
		"unknown encoded word":           {"Subject: =?klingon?q?x?=\n\nt\n", "t\n", "=?klingon?q?x?="},
		"bytes that are not UTF-8":       {"Subject: \xff\xfe\n\n\xffx\n", "\uFFFDx\n", "\uFFFD"},
		"broken base64":                  {"Content-Transfer-Encoding: base64\n\naGVsbG8h!!!!\n", "hello!", ""},
		"multipart without its boundary": {"Content-Type: multipart/mixed\n\n--x\n\nt\n", "", ""},
		"nonsense for a type":            {"Content-Type: ;;;\n\nt\n", "", ""},
		"forty levels deep":              {deep, "", ""},
		"a file before the text":         {"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Disposition: attachment\n\nfile\n--b\n\nt\n--b--\n", "t", ""},
		"nothing but an empty line":      {"\n", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := receive(t, c.raw)
			if m.Text != c.text || m.Subject != c.subject {
				t.Errorf("text %q subject %q, want %q and %q", m.Text, m.Subject, c.text, c.subject)
			}
			if c.text == "" && len(m.Attachments) == 0 && name != "nothing but an empty line" {
				t.Error("the content is nowhere")
			}
			if strings.Join(m.To, " ") == "" {
				t.Error("nobody to see in To")
			}
		})
	}
}

func TestHeaderIsFoundInAnyCase(t *testing.T) {
	t.Parallel()
	m := receive(t, simple("x"))
	if got := m.Header("sUBJECT"); got != "x" {
		t.Errorf("got %q", got)
	}
	if got := m.Header("X-None"); got != "" {
		t.Errorf("a header that is not there: %q", got)
	}
}
