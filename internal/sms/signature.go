package sms

import (
	"crypto/hmac"
	"crypto/sha1" // what providers of this shape sign with
	"encoding/base64"
	"maps"
	"net/url"
	"slices"
	"strings"

	"heavyset.tech/platform/internal/secret"
)

// SignatureHeader has what a provider signs its posts with.
const SignatureHeader = "X-Twilio-Signature"

// Signed reports whether a provider has signed, by one of the keys, a form that it posted to an address: in base64 the
// HMAC-SHA1 of the address and, in the order of their names, each value behind its name
// (https://www.twilio.com/docs/usage/webhooks/webhooks-security). Its key is the account's auth token. Whether the scheme's own
// port stands in the address differs, so both are taken.
func Signed(keys []secret.String, address string, form url.Values, signature string) bool {
	got, err := base64.StdEncoding.DecodeString(signature)
	u, broken := url.Parse(address)
	if err != nil || broken != nil || len(got) != sha1.Size {
		return false
	}
	var values strings.Builder
	for _, name := range slices.Sorted(maps.Keys(form)) {
		for _, v := range slices.Compact(slices.Sorted(slices.Values(form[name]))) {
			values.WriteString(name + v)
		}
	}
	other := *u
	switch port := map[string]string{"https": "443", "http": "80"}[u.Scheme]; u.Port() {
	case "":
		other.Host += ":" + port
	case port:
		other.Host = strings.TrimSuffix(u.Host, ":"+port)
	}
	good := false
	for _, k := range keys {
		for _, a := range []string{address, strings.Replace(address, "//"+u.Host, "//"+other.Host, 1)} {
			mac := hmac.New(sha1.New, []byte(k.Reveal()))
			mac.Write([]byte(a + values.String()))
			good = hmac.Equal(mac.Sum(nil), got) && !k.Empty() || good
		}
	}
	return good
}
