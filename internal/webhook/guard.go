package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// attemptTakes bounds one attempt, from looking the name up to reading the answer.
const attemptTakes = 10 * time.Second

// errPrivate says that a name led to an address that no stranger may have us call.
var errPrivate = errors.New("the address is not public")

// checkURL says what is wrong with the address of an endpoint, or "". What its name leads to is looked at with each
// connection, because that can change.
func checkURL(text string, loopback bool) string {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return "is missing."
	case len(text) > maxURL:
		return "must be at most 500 characters."
	case err != nil || u.Host == "" || u.Hostname() == "" || u.Opaque != "" || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return "must be an address such as https://example.com/hooks."
	case u.User != nil:
		return "must not hold a user name or password: the signature proves who calls."
	case u.Fragment != "":
		return "must not have a part after #."
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	local := host == "localhost" || strings.HasSuffix(host, ".localhost")
	literal, errIP := netip.ParseAddr(host)
	local = local || errIP == nil && literal.Unmap().IsLoopback()
	switch {
	case u.Scheme == "http" && loopback && local:
		return ""
	case u.Scheme != "https":
		return "must begin with https://."
	case local && !loopback, errIP == nil && !local && !public(literal):
		return "must lead to a public address."
	}
	return ""
}

// reserved are ranges that are global by their form and yet no place for a public service: private and shared networks,
// documentation, benchmarks, and IPv6 addresses that hide an IPv4 one (RFC 6890, RFC 6052, RFC 3056, RFC 4380).
func reserved() []netip.Prefix {
	var out []netip.Prefix
	for _, s := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
	} {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

// globalV6 is what of IPv6 is given to public networks.
var globalV6 = netip.MustParsePrefix("2000::/3")

// public reports whether a stranger may have us call an address.
func public(a netip.Addr) bool {
	if a.Zone() != "" {
		return false
	}
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.Is6() && !globalV6.Contains(a) {
		return false
	}
	for _, p := range reserved() {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// control is asked right before each connection, with the address that the name has led to: so no second answer of a
// name server can slip in between.
func control(loopback bool) func(network, address string, _ syscall.RawConn) error {
	return func(network, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || network != "tcp4" && network != "tcp6" {
			return errPrivate
		}
		if loopback && at.Addr().Unmap().IsLoopback() || public(at.Addr()) {
			return nil
		}
		return errPrivate
	}
}

// NewClient makes the client that calls endpoints: public addresses only, no proxy, no redirects. loopback also lets it
// call this machine, for the demo.
func NewClient(loopback bool) *http.Client {
	d := &net.Dialer{Timeout: 5 * time.Second, Control: control(loopback)}
	return &http.Client{
		Timeout: attemptTakes,
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				return d.DialContext(ctx, network, address)
			},
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, TLSHandshakeTimeout: 5 * time.Second,
			MaxIdleConns: 50, MaxIdleConnsPerHost: 2, IdleConnTimeout: 30 * time.Second, MaxResponseHeaderBytes: 16 << 10, DisableCompression: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
