package email_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"heavyset.tech/platform/internal/email"
)

// report is a notification as Postfix writes it.
const report = "From: MAILER-DAEMON@mx.example\r\nTo: bookings@hs.example\r\nSubject: Undelivered Mail Returned to Sender\r\n" +
	"MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b1\"\r\n\r\n" +
	"--b1\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nI'm sorry to have to inform you\r\n" +
	"--b1\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\nArrival-Date: Tue, 1 Dec 2026 09:00:00 +0000\r\n\r\n" +
	"Final-Recipient: rfc822; Jo@X.example\r\nOriginal-Recipient: rfc822;jo@x.example\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 <jo@x.example>:\r\n    no such user\r\n\r\n" +
	"--b1\r\nContent-Type: message/rfc822\r\n\r\nFrom: Ridge <bookings@hs.example>\r\nMessage-ID: <apt_1.1.booked@hs.example>\r\nSubject: Your visit\r\n\r\nHello\r\n--b1--\r\n"

func TestParseBounce(t *testing.T) {
	t.Parallel()
	want := email.Bounce{MessageID: "apt_1.1.booked@hs.example", Recipient: "jo@x.example", Status: "5.1.1", Words: "550 5.1.1 <jo@x.example>: no such user"}
	for name, raw := range map[string]string{
		"as Postfix writes it": report,
		"headers alone":        strings.Replace(report, "message/rfc822", "text/rfc822-headers", 1),
		"bare line ends":       strings.ReplaceAll(report, "\r\n", "\n"),
		"cut off at the end":   strings.TrimSuffix(report, "--b1--\r\n"),
		"types in other case":  strings.Replace(report, "report-type=delivery-status", "Report-Type=Delivery-Status", 1),
	} {
		if got, ok := email.ParseBounce([]byte(raw)); !ok || got != want {
			t.Errorf("%s: %v %+v", name, ok, got)
		}
	}
	for name, raw := range map[string]string{
		"nothing":            "",
		"an answer":          "From: jo@x.example\r\nContent-Type: text/plain\r\n\r\nI am on holiday",
		"a delay":            strings.Replace(strings.Replace(report, "Action: failed", "Action: delayed", 1), "5.1.1\r\nDiag", "4.4.1\r\nDiag", 1),
		"a full mailbox":     strings.Replace(report, "Status: 5.1.1", "Status: 4.2.2", 1),
		"a success":          strings.Replace(report, "Action: failed", "Action: delivered", 1),
		"no message":         strings.Replace(report, "Message-ID:", "X-ID:", 1),
		"a name with breaks": strings.Replace(report, "<apt_1.1.booked@hs.example>", "<apt_1\x00@hs.example>", 1),
		"another report":     strings.Replace(report, "delivery-status;", "feedback-report;", 1),
		"no boundary":        strings.Replace(report, `boundary="b1"`, "x=y", 1),
	} {
		if got, ok := email.ParseBounce([]byte(raw)); ok {
			t.Errorf("%s was taken as a bounce: %+v", name, got)
		}
	}
}

// FuzzParseBounce: whatever comes in ends, and what comes out is plain and bounded.
func FuzzParseBounce(f *testing.F) {
	f.Add([]byte(report))
	f.Add([]byte(strings.ReplaceAll(report, "\r\n", "\n")))
	f.Add([]byte("Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n\n\n\n--b--"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, ok := email.ParseBounce(raw)
		for _, s := range []string{b.Status, b.Words} {
			if len(s) > 300 || strings.ContainsAny(s, "\r\n\x00") || !utf8.ValidString(s) {
				t.Errorf("%q", s)
			}
		}
		if ok && (b.MessageID == "" || strings.ContainsAny(b.MessageID, "\r\n\x00") || !strings.HasPrefix(b.Status, "5.")) {
			t.Errorf("%+v", b)
		}
	})
}
