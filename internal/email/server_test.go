package email_test

import (
	"fmt"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/email"
	"heavyset.tech/platform/internal/secret"
)

func TestURLsOfMailServers(t *testing.T) {
	t.Parallel()
	for url, problem := range map[string]string{
		"smtp://mail.example.com":                               "",
		"smtp://user:hunter2@mail.example.com:2525":             "",
		"smtp://user:hunter2@mail.example.com?tls=starttls":     "",
		"smtps://user%40a.example:hunter2%2F@mail.example.com/": "",
		"smtp://127.0.0.1:1025?tls=none":                        "",
		"smtp://[::1]:1025":                                     "",
		"smtp://localhost:1025?tls=none&helo=book.example":      "",
		"":                                           "smtp://",
		"mail.example.com:25":                        "smtp://",
		"http://user:hunter2@mail.example":           "smtp://",
		"smtp://":                                    "no host",
		"smtp://user:hunter2@:25":                    "no host",
		"smtp://user:hunter2/x@mail.example":         "%XX",
		"smtp://user:hun%ter2@mail.example":          "%XX",
		"smtp://user:hunter2\r\n@mail.example":       "%XX",
		"smtp://user@mail.example":                   "both user and password",
		"smtp://:hunter2@mail.example":               "both user and password",
		"smtp://user:hunter2@mail.example:0":         "port",
		"smtp://user:hunter2@mail.example:65536":     "port",
		"smtp://user:hunter2@mail.example/path":      "behind the host",
		"smtp://user:hunter2@mail.example?tls=none":  "only for a server on this machine",
		"smtp://192.168.1.5?tls=none":                "only for a server on this machine",
		"smtp://localhost.evil.example?tls=none":     "only for a server on this machine",
		"smtp://user:hunter2@mail.example?tls=maybe": "neither starttls nor none",
		"smtp://user:hunter2@mail.example?skip=1":    "knows no settings",
		"smtps://mail.example?tls=none":              "smtps",
		"smtps://mail.example?tls=starttls":          "smtps",
		"smtp://mail.example?helo=a%0D%0AMAIL":       "helo",
	} {
		_, err := email.New(email.Options{URL: secret.NewString(url), Now: noon})
		switch {
		case problem == "" && err != nil:
			t.Errorf("%q: %v", url, err)
		case problem != "" && (err == nil || !strings.Contains(err.Error(), problem)):
			t.Errorf("%q: %v, want it to say %q", url, err, problem)
		case err != nil && (strings.Contains(err.Error(), "hun") || strings.Contains(err.Error(), "\n")):
			t.Errorf("the error shows the URL: %v", err)
		}
	}
}

func TestASenderPrintsWhereItSendsAndNoPassword(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"smtp://user:hunter2@mail.example.com":                   "mail.example.com:587 (STARTTLS)",
		"smtp://user:hunter2@mail.example.com:25?tls=starttls":   "mail.example.com:25 (STARTTLS)",
		"smtps://user:hunter2@mail.example.com":                  "mail.example.com:465 (TLS)",
		"smtp://user:hunter2@127.0.0.1:1025":                     "127.0.0.1:1025 (plain)",
		"smtp://user:hunter2@[::1]:1025?tls=none":                "[::1]:1025 (plain)",
		"smtp://user:hunter2@localhost?tls=starttls":             "localhost:587 (STARTTLS)",
		"smtps://user:hunter2@localhost":                         "localhost:465 (TLS)",
		"smtp://user:hunter2@localhost.evil.example":             "localhost.evil.example:587 (STARTTLS)",
		"smtp://user:hunter2@10.0.0.5":                           "10.0.0.5:587 (STARTTLS)",
		"smtp://user:hunter2@mail.example.com?helo=book.example": "mail.example.com:587 (STARTTLS)",
	} {
		s := sender(t, url, nil)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			if got := fmt.Sprintf(verb, s); got != want {
				t.Errorf("%s of %s shows %q, want %q", verb, url, got, want)
			}
		}
	}
}
