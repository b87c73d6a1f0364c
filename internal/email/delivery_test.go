package email_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/mailsink"
)

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	sink, addr := start(t, mailsink.Options{Login: func(u, p string) bool { return u == "u" && p == "p" }})
	s := sender(t, "smtp://u:p@"+addr, nil)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if err := s.Send(t.Context(), message()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := len(sink.Messages()); n != 20 {
		t.Errorf("%d arrived", n)
	}
}

// certificate gives the key pair of the standard library's test server, good for 127.0.0.1, and who trusts it.
func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	srv := httptest.NewTLSServer(nil)
	defer srv.Close()
	pool := x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	return &tls.Config{Certificates: srv.TLS.Certificates}, pool
}

func TestConnectionsAreSecuredAsTheURLSays(t *testing.T) {
	t.Parallel()
	config, trusted := certificate(t)
	const login = "user:p%40ss@"
	for name, c := range map[string]struct {
		options mailsink.Options
		url     string // %s
		roots   *x509.CertPool
		code    string // "" for sent
		says    string
	}{
		"plain to this machine":                   {mailsink.Options{}, "smtp://" + login, nil, "", ""},
		"plain because nothing else is asked for": {mailsink.Options{TLS: config}, "smtp://" + login, nil, "", ""},
		"STARTTLS": {mailsink.Options{TLS: config}, "smtp://" + login + "?tls=starttls", trusted, "", ""},
		"STARTTLS with a certificate nobody vouches for": {mailsink.Options{TLS: config}, "smtp://" + login + "?tls=starttls", nil, "MAIL_SERVER_REFUSES", "certificate is not valid"},
		"STARTTLS that the server does not offer":        {mailsink.Options{}, "smtp://" + login + "?tls=starttls", trusted, "MAIL_SERVER_REFUSES", "does not offer"},
		"TLS first": {mailsink.Options{TLS: config, TLSFirst: true}, "smtps://" + login, trusted, "", ""},
		"TLS first with a certificate nobody vouches for": {mailsink.Options{TLS: config, TLSFirst: true}, "smtps://" + login, nil, "MAIL_SERVER_REFUSES", "certificate is not valid"},
		"wrong password": {mailsink.Options{}, "smtp://user:secret-wrong@", nil, "MAIL_SERVER_REFUSES", "does not let us in"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			logins := 0
			c.options.Login = func(u, p string) bool {
				mu.Lock()
				defer mu.Unlock()
				logins++
				return u == "user" && p == "p@ss"
			}
			sink, addr := start(t, c.options)
			url, query, _ := strings.Cut(c.url, "?")
			s := sender(t, url+addr+"?"+query, c.roots)
			errs := []error{s.Check(t.Context()), s.Send(t.Context(), message())}
			for _, err := range errs {
				if c.code == "" {
					if err != nil {
						t.Errorf("got %v", err)
					}
					continue
				}
				if !fault.Is(err, fault.Unavailable) || fault.As(err).Code != c.code || fault.As(err).RetryAfter <= 0 || !strings.Contains(err.Error(), c.says) {
					t.Errorf("got %v, want Unavailable %s that says %q", err, c.code, c.says)
				}
				if strings.Contains(err.Error(), "secret-wrong") {
					t.Errorf("the error shows the password: %v", err)
				}
			}
			if n := len(sink.Messages()); (c.code == "") != (n == 1) {
				t.Errorf("%d messages arrived", n)
			}
			mu.Lock()
			defer mu.Unlock()
			if strings.Contains(name, "TLS") && c.code != "" && logins > 0 {
				t.Error("the password went to a server that was not secured")
			}
		})
	}
}

func TestFaultsOfDelivery(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(*mailsink.Sink)
		kind    fault.Kind
		code    string
		says    string
		arrived int
	}{
		"mailbox does not exist": {refuse(mailsink.AtRecipient, 550, 5, 1, 1), fault.Invalid, "ADDRESS_REFUSED", "does not exist", 0},
		"mailbox full for good":  {refuse(mailsink.AtRecipient, 550, 5, 2, 2), fault.Invalid, "ADDRESS_REFUSED", "full", 0},
		"mailbox switched off":   {refuse(mailsink.AtRecipient, 550, 5, 2, 1), fault.Invalid, "ADDRESS_REFUSED", "switched off", 0},
		"domain takes no mail":   {refuse(mailsink.AtRecipient, 556, 5, 1, 10), fault.Invalid, "ADDRESS_REFUSED", "domain", 0},
		"relaying denied":        {refuse(mailsink.AtRecipient, 554, 5, 7, 1), fault.Invalid, "ADDRESS_REFUSED", "may not write", 0},
		"refused without reason": {refuse(mailsink.AtRecipient, 550, 5, 0, 0), fault.Invalid, "ADDRESS_REFUSED", "refuses this address", 0},
		"greylisted":             {refuse(mailsink.AtRecipient, 450, 4, 7, 1), fault.Unavailable, "", "later", 0},
		"too many recipients":    {refuse(mailsink.AtRecipient, 552, 5, 5, 3), fault.Unavailable, "", "later", 0},
		"login wanted":           {refuse(mailsink.AtRecipient, 530, 5, 7, 0), fault.Unavailable, "MAIL_SERVER_REFUSES", "let us send", 0},
		"sender refused":         {refuse(mailsink.AtSender, 550, 5, 7, 1), fault.Unavailable, "MAIL_SERVER_REFUSES", "let us send", 0},
		"sender deferred":        {refuse(mailsink.AtSender, 451, 4, 3, 0), fault.Unavailable, "", "later", 0},
		"content refused":        {refuse(mailsink.AtData, 554, 5, 6, 0), fault.Invalid, "MESSAGE_REFUSED", "refuses this message", 0},
		"disk of server full":    {refuse(mailsink.AtData, 452, 4, 3, 1), fault.Unavailable, "", "later", 0},
		"cut before the answer":  {func(s *mailsink.Sink) { s.CutNext(1) }, fault.Unavailable, "DELIVERY_UNKNOWN", "may have arrived", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sink, addr := start(t, mailsink.Options{})
			c.prepare(sink)
			s := sender(t, "smtp://"+addr, nil)
			err := s.Send(t.Context(), message())
			f := fault.As(err)
			if f == nil || f.Kind != c.kind || f.Code != c.code || !strings.Contains(f.Message, c.says) {
				t.Fatalf("got %#v, want %v %q that says %q", err, c.kind, c.code, c.says)
			}
			if (f.RetryAfter > 0) != (c.kind == fault.Unavailable) {
				t.Errorf("retry after %v", f.RetryAfter)
			}
			if c.code == "ADDRESS_REFUSED" && (len(f.Fields) != 1 || f.Fields[0].Path != "to") {
				t.Errorf("fields %v", f.Fields)
			}
			if strings.Contains(err.Error(), "pat@") || strings.Contains(err.Error(), "office@") || strings.Contains(err.Error(), "apt_01") {
				t.Errorf("the error names somebody: %v", err)
			}
			if n := len(sink.Messages()); n != c.arrived {
				t.Errorf("%d arrived, want %d", n, c.arrived)
			}
			if err := s.Send(t.Context(), message()); err != nil {
				t.Fatalf("the second attempt: %v", err)
			}
			for _, m := range sink.Messages() {
				if m.Header("Message-ID") != "<apt_01.booked@heavyset.example>" {
					t.Errorf("Message-ID changed to %s", m.Header("Message-ID"))
				}
			}
		})
	}
}

func refuse(at mailsink.Step, code int, enhanced ...int) func(*mailsink.Sink) {
	return func(s *mailsink.Sink) {
		s.RefuseNext(1, mailsink.Refusal{Step: at, Code: code, Enhanced: [3]int(enhanced), Text: "<pat@example.com>: no, pat@example.com"})
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	s := sender(t, "smtp://127.0.0.1:1", nil)
	for _, err := range []error{s.Send(t.Context(), message()), s.Check(t.Context())} {
		if f := fault.As(err); f == nil || f.Kind != fault.Unavailable || f.RetryAfter <= 0 || f.Code != "" {
			t.Errorf("got %#v, want Unavailable", err)
		}
	}
}

func TestStoppedWorkIsReportedAsSuch(t *testing.T) {
	t.Parallel()
	_, addr := start(t, mailsink.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := sender(t, "smtp://"+addr, nil).Send(ctx, message())
	if !fault.Is(err, fault.Unavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
