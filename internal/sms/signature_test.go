package sms_test

import (
	"net/url"
	"testing"

	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/sms"
)

// TestSigned: by the examples of the provider's own documentation and client libraries, and not if anything differs.
func TestSigned(t *testing.T) {
	t.Parallel()
	call := func(phone string) url.Values {
		return url.Values{"CallSid": {"CA1234567890ABCDE"}, "Digits": {"1234"}, "From": {phone}, "To": {"+18005551212"}, "Caller": {phone}}
	}
	const address, first, second = "https://mycompany.com/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", "0/KCTR6DLpKmkAf8muzZqo1nDgQ="
	key, old := secret.NewString("12345"), secret.NewString("54321")
	more := call("+14158675309")
	more.Add("From", "+1")
	for name, c := range map[string]struct {
		keys      []secret.String
		address   string
		form      url.Values
		signature string
		want      bool
	}{
		"as the libraries test it":    {[]secret.String{key}, address, call("+14158675309"), first, true},
		"as it is documented":         {[]secret.String{key}, address, call("+12349013030"), second, true},
		"one of two keys":             {[]secret.String{old, key}, address, call("+14158675309"), first, true},
		"we name the port":            {[]secret.String{key}, "https://mycompany.com:443/myapp.php?foo=1&bar=2", call("+14158675309"), first, true},
		"another port":                {[]secret.String{key}, "https://mycompany.com:8443/myapp.php?foo=1&bar=2", call("+14158675309"), first, false},
		"another key":                 {[]secret.String{old}, address, call("+14158675309"), first, false},
		"no key":                      {nil, address, call("+14158675309"), first, false},
		"an empty key":                {[]secret.String{{}}, address, call("+14158675309"), "aXngMTP07D4c4hkO+r0Kb5Oe528=", false},
		"another phone":               {[]secret.String{key}, address, call("+14158675310"), first, false},
		"a value more":                {[]secret.String{key}, address, more, first, false},
		"another address":             {[]secret.String{key}, address + "3", call("+14158675309"), first, false},
		"no signature":                {[]secret.String{key}, address, call("+14158675309"), "", false},
		"a signature that is no code": {[]secret.String{key}, address, call("+14158675309"), "%%%", false},
		"half a signature":            {[]secret.String{key}, address, call("+14158675309"), first[:8], false},
	} {
		if got := sms.Signed(c.keys, c.address, c.form, c.signature); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
