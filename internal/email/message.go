// Package email has a message with its invitation and sends it by SMTP.
//
// It stands at the end of the trip of a booking: notify decides who is told what and writes the texts, email makes the
// MIME message of it, with the invitation in the form that Outlook, Gmail and Apple Mail take for one (RFC 6047), and
// hands it to the mail server of the settings.
//
// It guards that no value, whoever typed it, becomes a header, an SMTP command or a calendar line of its own; that a
// message keeps the Message-ID its caller gave it, so that one sent twice can be known as such; that login and customer
// data go over checked TLS or not beyond this machine; and that errors carry neither addresses nor passwords.
//
// It never decides whether or when to send, keeps nothing, and repeats nothing by itself.
package email

import (
	"bytes"
	"fmt"
	"io"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"heavyset.tech/platform/internal/fault"
)

const (
	maxSubject   = 200 // runes; far below the 998 octets of a line (RFC 5322 §2.1.1)
	maxName      = 100 // runes of a display name
	maxMessageID = 200
	maxAddress   = 900 // octets of a web address in a header, which can't be folded
)

// Message is one e-mail to one person.
type Message struct {
	MessageID string       // `left@right` without angle brackets (RFC 5322 §3.6.4); the same for every attempt
	From      mail.Address // also the envelope's sender
	To        mail.Address
	ReplyTo   mail.Address // optional

	Subject string // one line; more than 200 characters are cut
	Text    string // required: what a reader without HTML sees
	HTML    string // optional
	// Invitation is shown by the reader's calendar and attached as invite.ics; optional.
	Invitation *Invitation
	// Unsubscribe is an http, https or mailto address for List-Unsubscribe (RFC 2369); optional.
	Unsubscribe string
	OneClick    bool // a POST to Unsubscribe is enough (RFC 8058); only with an https address is it said
}

var messageIDShape = regexp.MustCompile(`^[A-Za-z0-9!#$%&'*+/=?^_{|}~.-]+@[A-Za-z0-9.-]+$`)

// draft is a message whose every value has been checked.
type draft struct {
	from, to, replyTo mailbox
	subject           string
	calendar          []byte // nil without invitation
}

// check names every value that must not go out. Fields: message_id, from, to, reply_to, subject, text, unsubscribe, and
// those of the invitation below `invitation.`.
func (m Message) check() (draft, error) {
	var wrong []fault.Field
	refuse := func(path string, problem string) {
		if problem != "" {
			wrong = append(wrong, fault.Field{Path: path, Message: problem})
		}
	}
	var d draft
	var problem string
	d.from, problem = checkMailbox(m.From)
	refuse("from", problem)
	d.to, problem = checkMailbox(m.To)
	refuse("to", problem)
	if m.ReplyTo != (mail.Address{}) {
		d.replyTo, problem = checkMailbox(m.ReplyTo)
		refuse("reply_to", problem)
	}
	d.subject, problem = headerText(m.Subject, maxSubject)
	refuse("subject", problem)
	if d.subject == "" && problem == "" {
		refuse("subject", "must not be empty")
	}
	if strings.TrimSpace(m.Text) == "" {
		refuse("text", "must not be empty")
	}
	if len(m.MessageID) > maxMessageID || !messageIDShape.MatchString(m.MessageID) {
		refuse("message_id", "must look like left@right, of at most 200 plain characters")
	}
	if m.Unsubscribe != "" && !webAddress(m.Unsubscribe, "https", "http", "mailto") {
		refuse("unsubscribe", "must be an http, https or mailto address")
	}
	if m.Invitation != nil {
		ics, err := m.Invitation.ICS()
		if f := fault.As(err); f != nil {
			for _, w := range f.Fields {
				refuse("invitation."+w.Path, w.Message)
			}
		} else if err != nil {
			return draft{}, err
		}
		d.calendar = ics
	}
	return d, fault.OfFields(wrong)
}

// webAddress reports whether v can stand between angle brackets in a header.
func webAddress(v string, schemes ...string) bool {
	if len(v) > maxAddress {
		return false
	}
	for i := range len(v) {
		if c := v[i]; c <= ' ' || c > '~' || strings.IndexByte(`<>"\^{|}`+"`", c) >= 0 {
			return false
		}
	}
	u, err := url.Parse(v)
	if err != nil {
		return false
	}
	for _, s := range schemes {
		if u.Scheme == s {
			return u.Host != "" || u.Opaque != ""
		}
	}
	return false
}

// compose builds the MIME message: multipart/mixed of multipart/alternative (text, HTML, invitation) and the file. It
// depends on nothing but its arguments, apart from the boundaries.
func (m Message) compose(d draft, now time.Time) (*gomail.Msg, error) {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(d.from.header())
	msg.ToMailAddress(d.to.header())
	if d.replyTo != (mailbox{}) {
		msg.ReplyToMailAddress(d.replyTo.header())
	}
	msg.Subject(d.subject)
	msg.SetMessageIDWithValue(m.MessageID)
	msg.SetDateWithValue(now.UTC())
	// RFC 3834 §5: no holiday notice answers it.
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	if m.Unsubscribe != "" {
		msg.SetListUnsubscribe(m.Unsubscribe)
		if m.OneClick && strings.HasPrefix(m.Unsubscribe, "https:") {
			msg.SetListUnsubscribePost()
		}
	}

	msg.SetBodyString(gomail.TypeTextPlain, block(m.Text))
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, block(m.HTML))
	}
	if d.calendar != nil {
		// RFC 6047 §2.4: the parameter must name the method of the calendar itself. Base64 keeps its line ends.
		kind := gomail.ContentType("text/calendar; method=" + string(m.Invitation.Method))
		msg.AddAlternativeString(kind, string(d.calendar), gomail.WithPartEncoding(gomail.EncodingB64))
		// Another type than the part above, or some programs take it for a second invitation.
		err := msg.AttachReader("invite.ics", bytes.NewReader(d.calendar), gomail.WithFileContentType("application/ics"))
		if err != nil {
			return nil, fmt.Errorf("attach invitation: %w", err)
		}
	}
	// Whatever can go wrong in writing goes wrong here, not in the middle of a conversation with the server.
	if _, err := msg.WriteTo(io.Discard); err != nil {
		return nil, fmt.Errorf("write message: %w", err)
	}
	return msg, nil
}
