package mailsink

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Run answers SMTP on l until ctx ends, then closes l and every connection and returns nil once all of them are done.
// It returns the listener's error when that fails by itself.
func (s *Sink) Run(ctx context.Context, l net.Listener) error {
	srv := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{sink: s, conn: c}, nil
	}))
	srv.Domain = "mailsink.example"
	srv.MaxMessageBytes = maxBytes
	srv.MaxRecipients = 100
	srv.ReadTimeout = 5 * time.Minute // RFC 5321 §4.5.3.2.7
	srv.WriteTimeout = time.Minute
	srv.EnableSMTPUTF8 = true
	srv.AllowInsecureAuth = true
	srv.ErrorLog = log.New(io.Discard, "", 0)

	open := &openConns{Listener: l, conns: map[net.Conn]struct{}{}}
	var in net.Listener = open
	if s.opts.TLSFirst {
		in = tls.NewListener(open, s.opts.TLS)
	} else {
		srv.TLSConfig = s.opts.TLS
	}

	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	err := srv.Serve(in)
	_ = l.Close()
	open.closeAll()
	// Only now: Shutdown waits for connections, and Serve must not add one meanwhile.
	_ = srv.Shutdown(context.WithoutCancel(ctx))
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// openConns is a listener that can close what it accepted.
type openConns struct {
	net.Listener
	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	closed bool
}

func (o *openConns) Accept() (net.Conn, error) {
	raw, err := o.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &openConn{Conn: raw, of: o}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		_ = raw.Close()
		return nil, net.ErrClosed
	}
	o.conns[c] = struct{}{}
	return c, nil
}

func (o *openConns) closeAll() {
	o.mu.Lock()
	o.closed = true
	conns := o.conns
	o.conns = map[net.Conn]struct{}{}
	o.mu.Unlock()
	for c := range conns {
		_ = c.Close()
	}
}

type openConn struct {
	net.Conn
	of *openConns
}

func (c *openConn) Close() error {
	c.of.mu.Lock()
	delete(c.of.conns, c)
	c.of.mu.Unlock()
	return c.Conn.Close()
}

// session is one connection's envelope in the making.
type session struct {
	sink     *Sink
	conn     *smtp.Conn
	from     string
	rcpt     []string
	loggedIn bool
}

func (s *session) Reset()        { s.from, s.rcpt = "", nil }
func (s *session) Logout() error { return nil }

// AuthMechanisms offers PLAIN where a login is asked for.
func (s *session) AuthMechanisms() []string {
	if s.sink.opts.Login == nil {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth checks the login (RFC 4616).
func (s *session) Auth(mechanism string) (sasl.Server, error) {
	if s.sink.opts.Login == nil || mechanism != sasl.Plain {
		return nil, smtp.ErrAuthUnknownMechanism
	}
	return sasl.NewPlainServer(func(_, user, password string) error {
		if !s.sink.opts.Login(user, password) {
			return smtp.ErrAuthFailed
		}
		s.loggedIn = true
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.sink.opts.Login != nil && !s.loggedIn {
		return answer(Refusal{Code: 530, Enhanced: [3]int{5, 7, 0}, Text: "Authentication required"}) // RFC 4954 §6
	}
	if err := s.sink.refusal(AtSender); err != nil {
		return err
	}
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := s.sink.refusal(AtRecipient); err != nil {
		return err
	}
	s.rcpt = append(s.rcpt, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.sink.refusal(AtData); err != nil {
		return err
	}
	if err := s.sink.keep(s.from, s.rcpt, raw); err != nil {
		// The client keeps the message and tries again (RFC 5321 §4.2.2).
		return answer(Refusal{Code: 452, Enhanced: [3]int{4, 3, 1}, Text: "The message could not be kept"})
	}
	if s.sink.cut() {
		_ = s.conn.Conn().Close()
		return errors.New("cut")
	}
	return nil
}
