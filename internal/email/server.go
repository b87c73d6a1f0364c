package email

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"time"

	"heavyset.tech/platform/internal/secret"
)

// Options says which mail server to use.
type Options struct {
	// URL is `smtp://[user:password@]host[:port][?tls=starttls|none][&helo=name]` or `smtps://…`, which is TLS from the
	// first byte (RFC 8314). Without a port it is 587, with smtps 465. STARTTLS is demanded by default, except of a
	// server on this machine; `tls=none` is refused for any other. helo is the name to greet with, by default the
	// machine's.
	URL     secret.String
	Now     func() time.Time // required; gives the Date header
	RootCAs *x509.CertPool   // certificates to trust in place of the system's; optional
	Timeout time.Duration    // for connecting, and again for the conversation; 0 means one minute
}

const defaultTimeout = time.Minute

// security is how a connection is protected.
type security int

const (
	startTLS security = iota
	tlsFirst
	plain // only to this machine
)

func (s security) String() string { return [...]string{"STARTTLS", "TLS", "plain"}[s] }

// server is a mail server as an SMTP URL names it.
type server struct {
	host     string
	port     int
	security security
	user     string
	password secret.String
	helo     string
}

// readServer reads an SMTP URL. The parser's own error would show the URL and with it the password.
func readServer(s secret.String) (server, error) {
	u, err := url.Parse(s.Reveal())
	if err != nil {
		return server{}, errors.New("is not an address; special characters in user and password are written as %XX")
	}
	srv := server{host: u.Hostname()}
	defaultPort := 587
	switch u.Scheme {
	case "smtp":
	case "smtps":
		srv.security = tlsFirst
		defaultPort = 465
	default:
		return server{}, errors.New("must begin with smtp:// or smtps://")
	}
	if srv.host == "" {
		return server{}, errors.New("names no host")
	}
	if u.Path != "" && u.Path != "/" || u.Fragment != "" {
		return server{}, errors.New("must have nothing behind the host but ?tls= and ?helo=")
	}
	if srv.port, err = readPort(u.Port(), defaultPort); err != nil {
		return server{}, err
	}
	if u.User != nil {
		password, _ := u.User.Password()
		srv.user, srv.password = u.User.Username(), secret.NewString(password)
		if srv.user == "" || password == "" {
			return server{}, errors.New("needs both user and password, or neither")
		}
	}
	return srv.readQuery(u.Query())
}

func readPort(s string, otherwise int) (int, error) {
	if s == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 65535 {
		return 0, errors.New("has a port that is not between 1 and 65535")
	}
	return n, nil
}

func (s server) readQuery(q url.Values) (server, error) {
	for name := range q {
		if name != "tls" && name != "helo" {
			return server{}, errors.New("knows no settings but tls and helo")
		}
	}
	if s.helo = q.Get("helo"); s.helo != "" && !asciiDomain.MatchString(s.helo) {
		return server{}, errors.New("has a helo that is not a host name")
	}
	switch q.Get("tls") {
	case "":
		if s.security == startTLS && s.local() {
			s.security = plain
		}
	case "starttls":
		if s.security == tlsFirst {
			return server{}, errors.New("can't have tls=starttls with smtps://")
		}
	case "none":
		if s.security == tlsFirst {
			return server{}, errors.New("can't have tls=none with smtps://")
		}
		if !s.local() {
			return server{}, errors.New("may have tls=none only for a server on this machine")
		}
		s.security = plain
	default:
		return server{}, errors.New("has a tls that is neither starttls nor none")
	}
	return s, nil
}

// local reports whether the name of the host says that it is this machine; the dialer makes sure of it.
func (s server) local() bool {
	ip := net.ParseIP(s.host)
	return s.host == "localhost" || ip != nil && ip.IsLoopback()
}

func (s server) address() string { return net.JoinHostPort(s.host, strconv.Itoa(s.port)) }

// New reads the settings; it connects to nothing. Its error says what is wrong with the URL without showing it.
func New(o Options) (*Sender, error) {
	if o.Now == nil {
		return nil, errors.New("email: Now is missing")
	}
	srv, err := readServer(o.URL)
	if err != nil {
		return nil, fmt.Errorf("SMTP URL %w", err)
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	return &Sender{server: srv, now: o.Now, rootCAs: o.RootCAs, timeout: o.Timeout}, nil
}
