package webhook

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

func TestOnlyPublicAddressesAreCalled(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"8.8.8.8": true, "1.1.1.1": true, "2606:4700:4700::1111": true, "::ffff:8.8.8.8": true,
		"127.0.0.1": false, "127.8.8.8": false, "::1": false, "::ffff:127.0.0.1": false, "0.0.0.0": false, "::": false, "0.1.2.3": false,
		"10.0.0.1": false, "172.16.0.1": false, "172.31.255.255": false, "192.168.1.1": false, "::ffff:10.0.0.1": false,
		"169.254.169.254": false, "::ffff:169.254.169.254": false, "fe80::1": false, "fe80::1%eth0": false, "fd00:ec2::254": false, "fc00::1": false,
		"100.64.0.1": false, "192.0.0.1": false, "192.0.2.1": false, "198.18.0.1": false, "198.51.100.7": false, "203.0.113.7": false,
		"224.0.0.1": false, "239.255.255.250": false, "240.0.0.1": false, "255.255.255.255": false, "ff02::1": false,
		"64:ff9b::7f00:1": false, "64:ff9b:1::1": false, "2002:7f00:1::": false, "2001:0:53aa::": false, "2001:db8::1": false, "::7f00:1": false, "100::1": false, "fec0::1": false,
	} {
		if got := public(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: public %v", address, got)
		}
		err := control(false)("tcp4", netip.AddrPortFrom(netip.MustParseAddr(address), 443).String(), nil)
		if (err == nil) != want {
			t.Errorf("%s: dialled: %v", address, err)
		}
	}
	if control(false)("unix", "/run/socket", nil) == nil || control(false)("udp4", "8.8.8.8:53", nil) == nil {
		t.Error("something else than TCP was let through")
	}
}

func TestWhereAnEndpointMayLead(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"https://example.com/hooks?k=1": "", "https://example.com:8443/": "", "https://8.8.8.8/x": "", "https://[2606:4700:4700::1111]/": "",
		"": "missing", "example.com": "address such as", "https://": "address such as", "https:example.com": "address such as", "https://exa mple.com": "address such as",
		"https://example.com/\r\nX: y": "address such as", "https://exämple.com": "address such as",
		"http://example.com": "https://", "ftp://example.com": "https://", "file:///etc/passwd": "address such as", "gopher://example.com": "https://",
		"https://user:pw@example.com": "user name", "https://example.com/#x": "#",
		"https://localhost/": "public", "https://LOCALHOST./": "public", "https://a.localhost": "public", "https://127.0.0.1": "public", "https://[::1]/": "public",
		"https://[::ffff:169.254.169.254]/": "public", "https://169.254.169.254/latest": "public", "https://10.0.0.1": "public", "http://127.0.0.1:8080/": "https://",
		"https://" + strings.Repeat("a", 500) + ".example": "500",
	} {
		got := checkURL(url, false)
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", url, got, want)
		}
	}
	for url, ok := range map[string]bool{"http://127.0.0.1:9/": true, "http://localhost:9/": true, "http://[::1]:9/": true, "http://10.0.0.1/": false, "http://example.com/": false} {
		if got := checkURL(url, true); (got == "") != ok {
			t.Errorf("in the demo %q: %q", url, got)
		}
	}
}

// TestTheClientRefusesThisMachine: whatever a name leads to is looked at when it is dialled; and no redirect is followed.
func TestTheClientRefusesThisMachine(t *testing.T) {
	t.Parallel()
	asked := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		http.Redirect(w, r, "/again", http.StatusFound)
	}))
	defer s.Close()
	_, err := NewClient(false).Get(s.URL)
	if !errors.Is(err, errPrivate) || asked != 0 {
		t.Errorf("%v after %d requests", err, asked)
	}
	res, err := NewClient(true).Get(s.URL)
	if err != nil || res.StatusCode != http.StatusFound || asked != 1 {
		t.Fatalf("%v, %v after %d requests", res, err, asked)
	}
	_ = res.Body.Close()
}
