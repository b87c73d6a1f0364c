package mailsink

import (
	"encoding/json"
	"io"
	"testing"
	"unicode/utf8"
)

// Whatever arrives, opening it ends, gives text and a page.
func FuzzOpen(f *testing.F) {
	f.Add([]byte("Subject: =?utf-8?q?=F0=9F=8F=A0?=\r\nTo: a@b\r\n\r\nx"))
	f.Add([]byte("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/calendar\r\nContent-Transfer-Encoding: base64\r\n\r\nQQ==\r\n--b--"))
	f.Add([]byte("Content-Type: multipart/mixed; boundary=\"b\r\n\r\n--b\r\nContent-Disposition: attachment; filename*0=a; filename*1=b\r\n\r\n"))
	f.Add([]byte(" folded before anything\r\n\tx\r\n:no name\r\n\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := letter{Number: 1, raw: raw}.open()
		if m.To == nil || m.Headers == nil || m.Attachments == nil || m.Envelope.Rcpt == nil {
			t.Error("a list is null")
		}
		if len(m.Attachments) > maxParts {
			t.Errorf("%d attachments", len(m.Attachments))
		}
		for _, s := range []string{m.Subject, m.Text, m.HTML} {
			if !utf8.ValidString(s) {
				t.Errorf("not UTF-8: %q", s)
			}
		}
		if _, err := json.Marshal(m); err != nil {
			t.Error(err)
		}
		if err := pages.ExecuteTemplate(io.Discard, "message.html", m); err != nil {
			t.Error(err)
		}
	})
}
