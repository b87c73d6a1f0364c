package mailsink

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	maxDepth = 10  // of multiparts inside each other
	maxParts = 200 // of one message
)

// Message is one e-mail, decoded (RFC 5322, RFC 2045–2047, RFC 2231). As JSON it has the shape that `GET /_demo/mail`
// promises.
type Message struct {
	ID      string   `json:"id"`
	To      []string `json:"to"` // addresses of the To header without names; those of the envelope when it has none
	Subject string   `json:"subject"`
	Text    string   `json:"text"` // first text/plain part, lines end with \n
	HTML    string   `json:"html"` // first text/html part, likewise

	Headers     map[string][]string `json:"headers"` // by name as it was written, values unfolded and decoded
	Envelope    Envelope            `json:"envelope"`
	Attachments []Attachment        `json:"attachments"` // every other part, invitations too

	Received time.Time `json:"-"` // UTC
}

// Envelope is what MAIL FROM and RCPT TO said (RFC 5321 §3.3).
type Envelope struct {
	From string   `json:"from"`
	Rcpt []string `json:"rcpt"`
}

// Attachment is a part that is not the text or HTML of the message.
type Attachment struct {
	Filename    string `json:"filename"`     // the part's own name; one made of its type when it has none
	ContentType string `json:"content_type"` // with its parameters, so that an invitation shows its method
	Text        string `json:"text"`         // the content where it is text, unchanged; "" otherwise

	Content []byte `json:"-"`
}

// Header gives the first value of a header, its name in any case; "" when there is none.
func (m Message) Header(name string) string {
	for k, v := range m.Headers {
		if strings.EqualFold(k, name) {
			return v[0]
		}
	}
	return ""
}

// open decodes a letter. What is malformed is kept as it stands rather than refused: a person wants to see it.
func (l letter) open() Message {
	m := Message{
		ID: l.id(), To: []string{}, Headers: map[string][]string{}, Attachments: []Attachment{},
		Envelope: Envelope{From: l.From, Rcpt: append([]string{}, l.Rcpt...)}, Received: l.Received,
	}
	head, body := splitHeader(l.raw)
	for _, f := range head {
		m.Headers[f.name] = append(m.Headers[f.name], decodeWords(f.value))
	}
	m.Subject = m.Header("Subject")
	m.To = recipients(head.get("To"), l.Rcpt)
	p := parser{m: &m}
	p.part(head.get, body, 0)
	return m
}

// recipients gives the bare addresses of a To header.
func recipients(to string, rcpt []string) []string {
	out := []string{}
	list, err := (&mail.AddressParser{}).ParseList(to)
	if err != nil {
		return append(out, rcpt...)
	}
	for _, a := range list {
		out = append(out, a.Address)
	}
	return out
}

// parser walks the parts of one message.
type parser struct {
	m             *Message
	parts         int
	hasText, html bool
}

func (p *parser) part(header func(string) string, body []byte, depth int) {
	p.parts++
	kind := header("Content-Type")
	if kind == "" {
		kind = "text/plain" // RFC 2045 §5.2
	}
	media, params, err := mime.ParseMediaType(kind)
	if err != nil && media == "" {
		media, _, _ = strings.Cut(strings.ToLower(kind), ";")
	}
	if strings.HasPrefix(media, "multipart/") && depth < maxDepth && p.parts < maxParts && p.multipart(params["boundary"], body, depth) {
		return
	}
	content := decodeTransfer(header("Content-Transfer-Encoding"), body)
	name, attached := filename(header("Content-Disposition"), params["name"])
	switch {
	case media == "text/plain" && !attached && !p.hasText:
		p.hasText = true
		p.m.Text = unixLines(decodeCharset(params["charset"], content))
	case media == "text/html" && !attached && !p.html:
		p.html = true
		p.m.HTML = unixLines(decodeCharset(params["charset"], content))
	default:
		p.m.Attachments = append(p.m.Attachments, attachment(name, media, kind, params["charset"], content))
	}
}

// multipart reports whether the body was parts of that boundary.
func (p *parser) multipart(boundary string, body []byte, depth int) bool {
	if boundary == "" {
		return false
	}
	r := multipart.NewReader(bytes.NewReader(body), boundary)
	found := false
	for p.parts < maxParts {
		part, err := r.NextRawPart()
		if err != nil {
			break
		}
		// A part that is cut off still shows what it has.
		content, _ := io.ReadAll(part)
		p.part(part.Header.Get, content, depth+1)
		found = true
	}
	return found
}

func attachment(name, media, kind, charset string, content []byte) Attachment {
	a := Attachment{Filename: name, ContentType: strings.Join(strings.Fields(kind), " "), Content: content}
	if name == "" {
		a.Filename = nameless(media)
	}
	if strings.HasPrefix(media, "text/") || utf8.Valid(content) && !bytes.ContainsRune(content, 0) {
		a.Text = decodeCharset(charset, content)
	}
	return a
}

// nameless makes a name of the type of a part that has none.
func nameless(media string) string {
	switch media {
	case "text/calendar":
		return "calendar.ics"
	case "text/html":
		return "part.html"
	case "text/plain":
		return "part.txt"
	case "message/rfc822":
		return "message.eml"
	default:
		return "part.bin"
	}
}

// filename gives a part's name, "" for none, and whether the part wants to be an attachment (RFC 2183).
func filename(disposition, fallback string) (string, bool) {
	kind, params, _ := mime.ParseMediaType(disposition)
	name := params["filename"]
	if name == "" {
		name = fallback
	}
	return decodeWords(name), kind == "attachment" || name != ""
}

// decodeTransfer undoes the encoding of RFC 2045 §6; what does not decode is given as far as it did.
func decodeTransfer(encoding string, body []byte) []byte {
	var r io.Reader
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, bytes.NewReader(body))
	case "quoted-printable":
		r = quotedprintable.NewReader(bytes.NewReader(body))
	default:
		return body
	}
	out, _ := io.ReadAll(r)
	return out
}

// decodeCharset gives UTF-8. Latin-1 is read; of any other character set the ASCII part is, which serves a demo.
func decodeCharset(charset string, b []byte) string {
	switch strings.ToLower(charset) {
	case "iso-8859-1", "latin1", "windows-1252":
		out := make([]rune, len(b))
		for i, c := range b {
			out[i] = rune(c)
		}
		return string(out)
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}

func unixLines(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }
