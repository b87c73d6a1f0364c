package webhook

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"heavyset.tech/platform/internal/secret"
)

// FuzzSignature: what we sign a receiver accepts by the specification's own library, with the present and the former
// secret, and nothing else: not another body, another time, another message, another secret, nor a signature without its end.
func FuzzSignature(f *testing.F) {
	f.Add([]byte(`{"type":"appointment.booked"}`), []byte("x"), int64(1614265330), uint8(0))
	f.Add([]byte(""), []byte(" "), int64(0), uint8(255))
	f.Add([]byte("\x00.\n"), []byte("\xff"), int64(-1), uint8(7))
	present, former, strange := newSecret(), newSecret(), newSecret()
	f.Fuzz(func(t *testing.T, body, more []byte, at int64, place uint8) {
		when := time.Unix(at%(1<<40), 0)
		h := headers(t, []secret.String{present, former}, when, string(body))
		accepted := func(by secret.String, body []byte, h http.Header) bool {
			w, err := standardwebhooks.NewWebhook(by.Reveal())
			if err != nil {
				t.Fatal(err)
			}
			return w.VerifyIgnoringTimestamp(body, h) == nil
		}
		if !accepted(present, body, h) || !accepted(former, body, h) {
			t.Fatalf("%q at %v is refused", body, when)
		}
		signature := h.Get("webhook-signature")
		if strings.ContainsAny(signature, "\r\n") || len(strings.Fields(signature)) != 2 {
			t.Fatalf("%q is no header", signature)
		}
		with := func(name, value string) http.Header {
			other := h.Clone()
			other.Set(name, value)
			return other
		}
		changed := append([]byte{}, body...)
		if len(changed) > 0 {
			changed[int(place)%len(changed)] ^= 1
		}
		first, second, _ := strings.Cut(signature, " ")
		switch {
		case len(more) > 0 && accepted(present, append(append([]byte{}, body...), more...), h):
			t.Fatalf("%q was accepted with %q behind it", body, more)
		case len(body) > 0 && accepted(present, changed, h):
			t.Fatalf("%q was accepted for %q", changed, body)
		case accepted(strange, body, h):
			t.Fatal("a secret of nobody accepts it")
		case accepted(present, body, with("webhook-timestamp", "1")) && when.Unix() != 1:
			t.Fatal("another time is accepted")
		case accepted(present, body, with("webhook-id", "evt_2")):
			t.Fatal("another message is accepted")
		case accepted(present, body, with("webhook-signature", second)), accepted(former, body, with("webhook-signature", first)):
			t.Fatal("the other secret's signature is accepted")
		case accepted(present, body, with("webhook-signature", first[:len(first)-1-int(place)%40])):
			t.Fatal("half a signature is accepted")
		}
	})
}

// FuzzEndpoint: an address that is taken leads to a public host over https by every reading, and an answer is kept short and
// without what could name a person.
func FuzzEndpoint(f *testing.F) {
	for _, s := range [][2]string{
		{"https://example.com/hooks?a=b", "5"},
		{"https://10.0.0.1/", "Wed, 21 Oct 2026 07:28:00 GMT"},
		{"https://[::ffff:127.0.0.1]/", "jo@example.com called +1 312 555 0100"},
		{"https://LOCALHOST./", "-1"},
		{"http://2130706433/", "99999999999999999999"},
		{"https://user@example.com#x", "\xff"},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, address, answer string) {
		if checkURL(address, false) == "" {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, nil)
			if err != nil || r.URL.Scheme != "https" || r.URL.User != nil || r.URL.Hostname() == "" || len(address) > maxURL {
				t.Fatalf("%q was taken: %v", address, err)
			}
			host := strings.TrimSuffix(strings.ToLower(r.URL.Hostname()), ".")
			if ip, err := netip.ParseAddr(host); host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && !public(ip) {
				t.Fatalf("%q leads to no public place", address)
			}
		}
		if wait := retryAfter(answer); wait < 0 || wait > time.Hour {
			t.Fatalf("%q waits %v", answer, wait)
		}
		kept := mask(answer)
		if !utf8.ValidString(kept) || strings.ContainsFunc(kept, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
			t.Fatalf("%q is kept as %q", answer, kept)
		}
		for _, a := range addresses.FindAllString(kept, -1) {
			if !strings.Contains(a, "•••") {
				t.Fatalf("%q shows %q", answer, a)
			}
		}
	})
}
