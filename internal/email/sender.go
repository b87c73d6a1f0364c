package email

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"heavyset.tech/platform/internal/fault"
)

// Sender sends messages, each over a connection of its own. Its methods may be called at the same time.
type Sender struct {
	server  server
	now     func() time.Time
	rootCAs *x509.CertPool
	timeout time.Duration
}

// Format prints where the sender sends to and how that is secured. Without it fmt would look into the fields, where even a secret.String shows
// its text, because fmt calls no methods of unexported fields.
func (s *Sender) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "%s (%s)", s.server.address(), s.server.security)
}

// Send hands a message to the mail server and returns nil once the server has taken it over (RFC 5321 §4.2.5). It ends
// when ctx does.
//
// Faults: Invalid, with the fields, when a value of the message must not go out, when the server refuses the address
// for good (code ADDRESS_REFUSED) or the message (MESSAGE_REFUSED); Unavailable, to be tried again with the same
// MessageID, when the server does not answer or asks to wait, when it refuses us (MAIL_SERVER_REFUSES) or when the
// connection broke before its answer, so that the message may have arrived (DELIVERY_UNKNOWN).
func (s *Sender) Send(ctx context.Context, m Message) error {
	d, err := m.check()
	if err != nil {
		return err
	}
	msg, err := m.compose(d, s.now())
	if err != nil {
		return err
	}
	international := d.from.international() || d.to.international() || d.replyTo.international()
	c, err := s.connect(ctx, international)
	if err != nil {
		return err
	}
	defer c.raw.Close()
	if known, _ := c.smtp.Extension("SMTPUTF8"); international && !known {
		c.quit()
		return refusedAddress("The mail server can't write to addresses of this script.", nil)
	}
	err = c.client.SendWithSMTPClient(c.smtp, msg)
	if msg.IsDelivered() {
		// What happens from here on changes nothing for the message.
		c.quit()
		return nil
	}
	f, over := sendFault(ctx, err)
	if !over {
		c.quit()
	}
	return f
}

// Check connects, secures the connection, signs in and leaves again: what can be known of the settings without sending
// anything. Faults: Unavailable.
func (s *Sender) Check(ctx context.Context) error {
	c, err := s.connect(ctx, false)
	if err != nil {
		return err
	}
	defer c.raw.Close()
	c.quit()
	return nil
}

// connection is one conversation. raw is closed by whoever asked for it: the library leaves it open on some errors, and
// a QUIT after a half sent message would end and so deliver that half.
type connection struct {
	client *gomail.Client
	smtp   *smtp.Client
	raw    net.Conn
}

// quit says goodbye; the server's opinion of that does not matter.
func (c *connection) quit() { _ = c.client.CloseWithSMTPClient(c.smtp) }

func (s *Sender) connect(ctx context.Context, international bool) (*connection, error) {
	c := &connection{}
	client, err := gomail.NewClient(s.server.host, s.options(international)...)
	if err != nil {
		return nil, fmt.Errorf("set up SMTP: %w", err)
	}
	c.client = client
	dial := gomail.WithDialContextFunc(func(dialCtx context.Context, _, _ string) (net.Conn, error) {
		conn, err := s.dial(dialCtx)
		if err != nil {
			return nil, err
		}
		c.raw = &endsWith{Conn: conn, stop: context.AfterFunc(ctx, func() { _ = conn.Close() })}
		return conn, nil
	})
	if err := dial(client); err != nil {
		return nil, fmt.Errorf("set up SMTP: %w", err)
	}
	if c.smtp, err = client.DialToSMTPClientWithContext(ctx); err != nil {
		if c.raw != nil {
			_ = c.raw.Close()
		}
		return nil, connectFault(ctx, err)
	}
	return c, nil
}

// endsWith is a connection that also ends with a context, until it is closed.
type endsWith struct {
	net.Conn
	stop func() bool
}

func (e *endsWith) Close() error {
	e.stop()
	return e.Conn.Close()
}

func (s *Sender) options(international bool) []gomail.Option {
	o := []gomail.Option{
		gomail.WithPort(s.server.port), gomail.WithTimeout(s.timeout), gomail.WithTLSConfig(s.tls()),
		// No command between connecting and MAIL FROM, none after the message: an error of theirs would look like one
		// of the delivery.
		gomail.WithoutNoop(), gomail.WithoutRset(),
	}
	if s.server.security == startTLS {
		o = append(o, gomail.WithTLSPolicy(gomail.TLSMandatory))
	} else {
		o = append(o, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if !international {
		// A message marked with it is refused by the next server that does not know it.
		o = append(o, gomail.WithoutSMTPUTF8())
	}
	if s.server.helo != "" {
		o = append(o, gomail.WithHELO(s.server.helo))
	}
	if s.server.user != "" {
		o = append(o, gomail.WithUsername(s.server.user), gomail.WithPassword(s.server.password.Reveal()), gomail.WithOpportunisticSMTPAuth(s.mechanisms()...))
	}
	return o
}

func (s *Sender) mechanisms() []gomail.SMTPAuthType {
	if s.server.security == plain {
		return []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlainNoEnc, gomail.SMTPAuthLoginNoEnc}
	}
	return []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin}
}

func (s *Sender) tls() *tls.Config {
	return &tls.Config{ServerName: s.server.host, RootCAs: s.rootCAs, MinVersion: tls.VersionTLS12}
}

var errNotLocal = errors.New("the server is not on this machine, so it must use TLS")

func (s *Sender) dial(ctx context.Context) (net.Conn, error) {
	dialer := &net.Dialer{}
	if s.server.security == tlsFirst {
		return (&tls.Dialer{NetDialer: dialer, Config: s.tls()}).DialContext(ctx, "tcp", s.server.address())
	}
	conn, err := dialer.DialContext(ctx, "tcp", s.server.address())
	if err != nil {
		return nil, err
	}
	if a, ok := conn.RemoteAddr().(*net.TCPAddr); s.server.security == plain && !(ok && a.IP.IsLoopback()) {
		_ = conn.Close()
		return nil, errNotLocal
	}
	return conn, nil
}

// interrupted gives the fault of a conversation that ended because ctx did; nil when it did not.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return nil
	}
	return fault.New(fault.Unavailable, "The message was not sent because the work was stopped.").Because(errors.Join(context.Cause(ctx), err))
}
