package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"heavyset.tech/platform/internal/fault"
)

const (
	retrySoon  = 15 * time.Second // after a broken connection
	retryLater = time.Minute      // when the server asks for patience, as greylisting does
	retryFixed = 5 * time.Minute  // when somebody has to change a setting first
)

// connectFault says why no conversation came about.
func connectFault(ctx context.Context, err error) error {
	if f := interrupted(ctx, err); f != nil {
		return f
	}
	var reply *textproto.Error
	var certificate *tls.CertificateVerificationError
	var network net.Error
	switch {
	case errors.As(err, &reply) && reply.Code < 500:
		return fault.Later(retryLater, "The mail server asks to try again later.").Because(redacted(err))
	case errors.As(err, &certificate):
		return refusesUs("The mail server's certificate is not valid for its name.", err)
	case errors.As(err, &reply):
		return refusesUs("The mail server does not let us in.", redacted(err))
	case errors.As(err, &network), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fault.Later(retrySoon, "The mail server does not answer.").Because(err)
	}
	return refusesUs("The mail server does not offer what the settings ask for.", redacted(err))
}

// sendFault says why a message was not taken over, and whether the conversation can't go on.
func sendFault(ctx context.Context, err error) (f error, over bool) {
	var e *gomail.SendError
	if !errors.As(err, &e) {
		return fmt.Errorf("send: %w", redacted(err)), true
	}
	code := e.ErrorCode()
	cause := redacted(e)
	if code == 0 {
		if e.Reason == gomail.ErrSMTPDataClose {
			f := fault.Later(retrySoon, "The connection to the mail server broke before it confirmed the message, so the message may have arrived.").Because(errors.Join(cause, ctx.Err()))
			f.Code = "DELIVERY_UNKNOWN"
			return f, true
		}
		if f := interrupted(ctx, cause); f != nil {
			return f, true
		}
		return fault.Later(retrySoon, "The connection to the mail server broke.").Because(cause), true
	}
	switch {
	case code < 500:
		return fault.Later(retryLater, "The mail server asks to try again later.").Because(cause), false
	case code == 530 || code == 535 || code == 538 || e.Reason == gomail.ErrSMTPMailFrom: // RFC 4954 §6
		return refusesUs("The mail server does not let us send.", cause), false
	case e.Reason == gomail.ErrSMTPRcptTo && code == 552:
		// RFC 5321 §4.5.3.1.10: too many recipients, to be read as 452.
		return fault.Later(retryLater, "The mail server asks to try again later.").Because(cause), false
	case e.Reason == gomail.ErrSMTPRcptTo:
		return refusedAddress(why(e.EnhancedStatusCode()), cause), false
	}
	f2 := fault.Wrap(fault.Invalid, "The mail server refuses this message.", cause)
	f2.Code = "MESSAGE_REFUSED"
	return f2, false
}

// refusesUs is a refusal that has nothing to do with the message: it waits until somebody has put the settings right.
func refusesUs(message string, cause error) error {
	f := fault.Later(retryFixed, message).Because(cause)
	f.Code = "MAIL_SERVER_REFUSES"
	return f
}

func refusedAddress(message string, cause error) error {
	f := fault.OfField("to", message)
	f.Message = message
	f.Code = "ADDRESS_REFUSED"
	return f.Because(cause)
}

// why puts an enhanced status code (RFC 3463 §3) into words.
func why(enhanced string) string {
	switch enhanced {
	case "5.1.1", "5.1.6", "5.1.0":
		return "This mailbox does not exist."
	case "5.1.2", "5.1.10", "5.4.1", "5.4.4": // 5.1.10: RFC 7505 §4.2
		return "The domain of this address takes no mail."
	case "5.1.3":
		return "The mail server does not understand this address."
	case "5.2.1":
		return "This mailbox is switched off."
	case "5.2.2":
		return "This mailbox is full."
	}
	if strings.HasPrefix(enhanced, "5.7.") {
		return "The mail server may not write to this address."
	}
	return "The mail server refuses this address."
}

// redacted gives an error's text for the log: on one line, of bounded length, without e-mail addresses.
func redacted(err error) error {
	words := strings.Fields(err.Error()) // controls in an SMTP answer are quoted by net/textproto
	for i, w := range words {
		if strings.Contains(w, "@") {
			words[i] = "(address)"
		}
	}
	return errors.New(cut(strings.Join(words, " "), 300))
}
