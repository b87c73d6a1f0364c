package email_test

import (
	"bufio"
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"heavyset.tech/platform/internal/email"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/secret"
)

// script is an SMTP server that misbehaves as the test says, which a proper one like mailsink can't. answer is asked
// for each line, "" says nothing; closing says to hang up after the answer.
type script struct {
	greeting string
	answer   func(line string) (reply string, closing bool)

	mu    sync.Mutex
	lines []string
}

func (s *script) heard() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n")
}

func (s *script) serve(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.talk(c)
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return l.Addr().String()
}

func (s *script) talk(c net.Conn) {
	defer c.Close()
	_, _ = c.Write([]byte(s.greeting))
	for in := bufio.NewScanner(c); in.Scan(); {
		s.mu.Lock()
		s.lines = append(s.lines, in.Text())
		s.mu.Unlock()
		reply, closing := s.answer(in.Text())
		_, _ = c.Write([]byte(reply))
		if closing {
			return
		}
	}
}

// polite answers as a server without any extension does; special answers come first.
func polite(special func(line string) (string, bool, bool)) func(string) (string, bool) {
	data := false
	return func(line string) (string, bool) {
		if line == "." {
			data = false
		}
		if reply, closing, ok := special(line); ok {
			return reply, closing
		}
		verb, _, _ := strings.Cut(line, " ")
		if verb == "EHLO" || verb == "HELO" {
			data = false
		}
		switch {
		case data:
			return "", false
		case verb == "DATA":
			data = true
			return "354 go on\r\n", false
		case verb == "QUIT":
			return "221 bye\r\n", true
		}
		return "250 fine\r\n", false
	}
}

// begins takes the end of a message, a line with nothing but a dot, literally: a line of the text may begin with one.
func begins(line, prefix string) bool {
	return line == prefix || prefix != "." && strings.HasPrefix(line, prefix)
}

func normal(string) (string, bool, bool) { return "", false, false }

func TestServersThatMisbehave(t *testing.T) {
	t.Parallel()
	const hello = "220 here\r\n"
	on := func(prefix, reply string, closing bool) func(string) (string, bool, bool) {
		return func(line string) (string, bool, bool) { return reply, closing, begins(line, prefix) }
	}
	for name, c := range map[string]struct {
		greeting string
		special  func(string) (string, bool, bool)
		user     string
		to       string
		quit     bool   // the server must hear QUIT
		want     string // "" sent, otherwise kind and code
	}{
		"hangs up at QUIT":             {hello, on("QUIT", "", true), "", "", true, ""},
		"refuses QUIT":                 {hello, on("QUIT", "500 what?\r\n", true), "", "", true, ""},
		"knows no extension":           {hello, on("EHLO", "502 what?\r\n", false), "", "", true, ""},
		"greets with a refusal":        {"554 not you\r\n", normal, "", "", false, "unavailable MAIL_SERVER_REFUSES"},
		"greets with patience":         {"421 busy\r\n", normal, "", "", false, "unavailable "},
		"speaks another protocol":      {"HTTP/1.1 400 Bad Request\r\n\r\n", normal, "", "", false, "unavailable MAIL_SERVER_REFUSES"},
		"hangs up at EHLO":             {hello, on("EHLO", "", true), "", "", false, "unavailable "},
		"hangs up at RCPT":             {hello, on("RCPT", "", true), "", "", false, "unavailable "},
		"hangs up in the message":      {hello, on("Subject:", "", true), "", "", false, "unavailable DELIVERY_UNKNOWN"},
		"hangs up after the message":   {hello, on(".", "", true), "", "", false, "unavailable DELIVERY_UNKNOWN"},
		"babbles after the message":    {hello, on(".", "so so\r\n", false), "", "", false, "unavailable DELIVERY_UNKNOWN"},
		"answers in several lines":     {hello, on(".", "250-fine\r\n250 thanks\r\n", false), "", "", true, ""},
		"has no sign-in":               {hello, normal, "user:pass@", "", false, "unavailable MAIL_SERVER_REFUSES"},
		"can't write to other scripts": {hello, normal, "", "jürgen@example.com", true, "invalid ADDRESS_REFUSED"},
		"refuses with somebody's name": {hello, on("RCPT", "550 5.1.1 no\x1b[2J <pat@example.com> unknown\r\n", false), "", "", true, "invalid ADDRESS_REFUSED"},
		"knows no NOOP":                {hello, on("NOOP", "500 what?\r\n", false), "", "", true, ""},
		"hangs up at RSET":             {hello, on("RSET", "421 bye\r\n", true), "", "", true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := &script{greeting: c.greeting, answer: polite(c.special)}
			m := message()
			if c.to != "" {
				m.To.Address = c.to
			}
			err := sender(t, "smtp://"+c.user+srv.serve(t), nil).Send(t.Context(), m)
			got := ""
			if f := fault.As(err); f != nil {
				got = f.Kind.String() + " " + f.Code
			} else if err != nil {
				got = "internal"
			}
			if got != c.want {
				t.Errorf("got %q (%v), want %q\n%s", got, err, c.want, srv.heard())
			}
			if err != nil && strings.ContainsAny(err.Error(), "@\x1b") {
				t.Errorf("the error shows an address or controls: %v", err)
			}
			if got := strings.Contains(srv.heard(), "QUIT"); got != c.quit {
				t.Errorf("QUIT %v, the server heard\n%s", got, srv.heard())
			}
			if c.to != "" && strings.Contains(srv.heard(), "MAIL") {
				t.Errorf("the server heard\n%s", srv.heard())
			}
		})
	}
}

// A message that broke off must not be ended by what is said afterwards: the server would take the half for the whole.
func TestABrokenMessageIsNeverEnded(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	srv := &script{greeting: "220 here\r\n"}
	srv.answer = polite(func(line string) (string, bool, bool) {
		if strings.HasPrefix(line, "Subject:") {
			cancel()
		}
		return "", false, line == "."
	})
	err := sender(t, "smtp://"+srv.serve(t), nil).Send(ctx, message())
	if !fault.Is(err, fault.Unavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want Unavailable because of the context", err)
	}
	if strings.Contains(srv.heard(), "QUIT") {
		t.Errorf("the server heard\n%s", srv.heard())
	}
}

func TestAServerThatSaysNothing(t *testing.T) {
	t.Parallel()
	for name, silent := range map[string]string{"at greeting": "", "at EHLO": "EHLO", "at MAIL": "MAIL", "after the message": "."} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := &script{greeting: "220 here\r\n"}
			if silent == "" {
				srv.greeting = ""
			}
			srv.answer = polite(func(line string) (string, bool, bool) {
				return "", false, silent != "" && begins(line, silent)
			})
			addr := srv.serve(t)
			s, err := email.New(email.Options{URL: secret.NewString("smtp://" + addr), Now: noon, Timeout: 50 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			f := fault.As(s.Send(t.Context(), message()))
			want := ""
			if silent == "." {
				want = "DELIVERY_UNKNOWN"
			}
			if f == nil || f.Kind != fault.Unavailable || f.Code != want {
				t.Errorf("got %#v, want Unavailable %q", f, want)
			}

			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			began := time.Now()
			if err := sender(t, "smtp://"+addr, nil).Send(ctx, message()); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 5*time.Second {
				t.Errorf("with ten seconds of patience but a context that ends: %v after %v", err, time.Since(began))
			}
		})
	}
}

func TestOtherScriptsAreAskedForOnlyWhereTheyAreNeeded(t *testing.T) {
	t.Parallel()
	for to, want := range map[string]bool{"pat@example.com": false, "pat@dächer.example": false, "jürgen@example.com": true} {
		srv := &script{greeting: "220 here\r\n", answer: polite(func(line string) (string, bool, bool) {
			return "250-here\r\n250 SMTPUTF8\r\n", false, strings.HasPrefix(line, "EHLO")
		})}
		m := message()
		m.To.Address = to
		if err := sender(t, "smtp://"+srv.serve(t), nil).Send(t.Context(), m); err != nil {
			t.Errorf("%s: %v", to, err)
		}
		if got := strings.Contains(srv.heard(), "MAIL FROM:<office@ridgeline.example> SMTPUTF8"); got != want {
			t.Errorf("%s: the server heard\n%s", to, srv.heard())
		}
	}
}

func TestHeloIsTheOneOfTheURL(t *testing.T) {
	t.Parallel()
	srv := &script{greeting: "220 here\r\n", answer: polite(normal)}
	if err := sender(t, "smtp://"+srv.serve(t)+"?helo=book.example", nil).Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := "EHLO book.example\nQUIT"; srv.heard() != want {
		t.Errorf("the server heard %q, want %q", srv.heard(), want)
	}
}
