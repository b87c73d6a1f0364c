package email

import (
	"bufio"
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"net/textproto"
	"strings"
	"unicode"
)

// Bounce is what a delivery status notification (RFC 3464) says of one recipient.
type Bounce struct {
	MessageID string // of the message that could not be delivered, without its brackets
	Recipient string // in lower case
	Status    string // such as 5.1.1 (RFC 3463)
	Words     string // of the mail server that refused it, at most 300 characters
}

const (
	// maxReport is how much of a notification is read; what follows is most often the message itself.
	maxReport = 256 << 10
	maxParts  = 10
	maxWords  = 300
)

// ParseBounce reads a notification. It gives false for what is none, or tells of no recipient that failed for good: a delay
// and a success are no bounces. It trusts nothing: the input is anybody's.
func ParseBounce(raw []byte) (Bounce, bool) {
	m, err := mail.ReadMessage(bytes.NewReader(raw[:min(len(raw), maxReport)]))
	if err != nil {
		return Bounce{}, false
	}
	media, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || media != "multipart/report" || !strings.EqualFold(params["report-type"], "delivery-status") || params["boundary"] == "" {
		return Bounce{}, false
	}
	var b Bounce
	failed := false
	parts := multipart.NewReader(m.Body, params["boundary"])
	for range maxParts {
		p, err := parts.NextPart()
		if err != nil { // the end, or where it was cut off
			break
		}
		switch media, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type")); media {
		case "message/delivery-status":
			failed = b.status(p) || failed
		case "message/rfc822", "text/rfc822-headers":
			if h, err := textproto.NewReader(bufio.NewReader(p)).ReadMIMEHeader(); err == nil || len(h) > 0 {
				b.MessageID = strings.Trim(strings.TrimSpace(h.Get("Message-Id")), "<>")
			}
		}
	}
	return b, failed && b.MessageID != "" && len(b.MessageID) <= 998 && plainText(b.MessageID) == b.MessageID
}

// status reads the fields of a message/delivery-status part: those of the message, then those of each recipient. The first
// recipient that failed for good counts: our messages have one.
func (b *Bounce) status(r io.Reader) bool {
	fields := textproto.NewReader(bufio.NewReader(r))
	for range maxParts {
		h, err := fields.ReadMIMEHeader()
		status := strings.TrimSpace(h.Get("Status"))
		if strings.EqualFold(strings.TrimSpace(h.Get("Action")), "failed") && strings.HasPrefix(status, "5.") {
			b.Recipient = strings.ToLower(typed(h.Get("Final-Recipient")))
			if original := typed(h.Get("Original-Recipient")); original != "" {
				b.Recipient = strings.ToLower(original)
			}
			b.Status, b.Words = plainText(status), plainText(typed(h.Get("Diagnostic-Code")))
			return true
		}
		if err != nil {
			return false
		}
	}
	return false
}

// typed gives the value of a field that begins with its type, such as rfc822; jo@example.com.
func typed(field string) string {
	if _, v, ok := strings.Cut(field, ";"); ok {
		return strings.TrimSpace(v)
	}
	return ""
}

// plainText takes out what does not print, and bounds the length.
func plainText(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	if len(s) > maxWords {
		s = strings.ToValidUTF8(s[:maxWords], "")
	}
	return s
}
