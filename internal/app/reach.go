package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"
)

const (
	// certificateEnds is how long before its end a certificate should have been renewed, if it lives for months; of those that
	// live for days a quarter of their life is.
	certificateEnds = 14 * 24 * time.Hour
	// clocksDiffer is what second factors and tokens bear.
	clocksDiffer = 30 * time.Second
)

// base asks for our own page at the address that people use: name, certificate, proxy and the process behind it.
func (a *App) base(ctx context.Context) Finding {
	f := Finding{Title: "Base address " + a.config.BaseURL}
	res, err := a.ask(ctx, a.config.BaseURL+"/healthz")
	if err != nil {
		f.Evidence, f.Wrong = "does not answer: "+plainly(err), true
		f.Fix = "Visitors see this too, unless only this machine may not ask for it. Check that heavyset serve runs, that the proxy leads to it, and that HEAVYSET_BASE_URL is the proxy's address with a certificate for its name."
		return f
	}
	defer func() { _ = res.Body.Close() }()
	if s := res.StatusCode; s == http.StatusBadGateway || s == http.StatusServiceUnavailable || s == http.StatusGatewayTimeout {
		f.Evidence, f.Wrong = fmt.Sprintf("the proxy answers (status %d), but not heavyset behind it", s), true
		f.Fix = "Start heavyset serve, and check that the proxy leads to the address of HEAVYSET_LISTEN."
		return f
	}
	says, err := io.ReadAll(io.LimitReader(res.Body, 200))
	if text := strings.TrimSpace(string(says)); err != nil || res.StatusCode != http.StatusOK || text != "ok" && !strings.HasPrefix(text, "alive, but ") {
		f.Evidence, f.Wrong = fmt.Sprintf("something answers (status %d), but not heavyset", res.StatusCode), true
		f.Fix = "Let the proxy lead all addresses of this name to heavyset serve, and check HEAVYSET_BASE_URL."
		return f
	} else if text != "ok" {
		f.Evidence, f.Fix, f.Wrong = text, "See the lines about database and disk.", true
		return f
	}
	f.Evidence = "answers"
	if res.TLS == nil || len(res.TLS.PeerCertificates) == 0 {
		return f
	}
	ends := res.TLS.PeerCertificates[0].NotAfter
	life := ends.Sub(res.TLS.PeerCertificates[0].NotBefore)
	f.Evidence += ", its certificate is good until " + ends.UTC().Format("2006-01-02")
	if ends.Sub(a.config.Now()) < min(certificateEnds, life/4) {
		f.Fix = "Renew the certificate: the proxy should have done it by itself."
	}
	return f
}

// ask makes one GET without following redirects. The answer's body is the caller's to close.
func (a *App) ask(ctx context.Context, address string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, err
	}
	client := a.config.ZohoHTTP
	if client == nil {
		client = &http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	return client.Do(r)
}

// collector asks whether something answers where traces go.
func (a *App) collector(ctx context.Context) []Finding {
	u, err := url.Parse(a.config.Collector.Reveal())
	if err != nil || u.Host == "" {
		return nil
	}
	u.User = nil
	f := Finding{Title: "Traces " + u.Host, Evidence: "the collector answers"}
	res, err := a.ask(ctx, u.String())
	if err != nil {
		f.Evidence, f.Fix, f.Wrong = "the collector does not answer, traces are lost: "+plainly(err), "Check HEAVYSET_OTLP_URL, or take it out.", true
		return []Finding{f}
	}
	_ = res.Body.Close()
	return []Finding{f}
}

// clock compares ours with the one that somebody else's answer tells; zero when nobody's did.
func clock(now, theirs time.Time) []Finding {
	if theirs.IsZero() {
		return nil
	}
	f := Finding{Title: "Clock", Evidence: "agrees with Zoho's"}
	off := now.Sub(theirs)
	if off.Abs() > clocksDiffer {
		which := "ahead of"
		if off < 0 {
			which = "behind"
		}
		f.Evidence, f.Wrong = fmt.Sprintf("this machine's clock is %s %s Zoho's", off.Abs().Round(time.Second), which), true
		f.Fix = "Set it (chronyd -q, or ntpd -gq), keep a time service running, and restart heavyset serve: tokens, second factors, reminders and free times go by this clock."
	}
	return []Finding{f}
}

// plainly says why a call got no answer, without the address that it went to.
func plainly(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	var name *net.DNSError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &name):
		return "no DNS server knows the name " + name.Name
	case errors.As(err, &host):
		return "its certificate is for another name"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "its certificate has ended or has not begun yet (or this machine's clock is wrong)"
	case errors.As(err, &unknown), errors.As(err, &invalid):
		return "its certificate is signed by nobody whom this machine trusts"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "it does not speak TLS (is it http:// instead of https://?)"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there (connection refused)"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "there is no way to it in the network"
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time (a firewall?)"
	}
	return err.Error()
}
