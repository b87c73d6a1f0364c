package zoho_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"heavyset.tech/platform/internal/zoho"
)

func TestBuiltInDataCenters(t *testing.T) {
	t.Parallel()
	all := zoho.ZohoDataCenters()
	for location, want := range map[string][3]string{
		"us": {"https://accounts.zoho.com", "https://www.zohoapis.com", "https://calendar.zoho.com"},
		"eu": {"https://accounts.zoho.eu", "https://www.zohoapis.eu", "https://calendar.zoho.eu"},
		"in": {"https://accounts.zoho.in", "https://www.zohoapis.in", "https://calendar.zoho.in"},
		"au": {"https://accounts.zoho.com.au", "https://www.zohoapis.com.au", "https://calendar.zoho.com.au"},
		"jp": {"https://accounts.zoho.jp", "https://www.zohoapis.jp", "https://calendar.zoho.jp"},
		"ca": {"https://accounts.zohocloud.ca", "https://www.zohoapis.ca", "https://calendar.zohocloud.ca"},
		"cn": {"https://accounts.zoho.com.cn", "https://www.zohoapis.com.cn", "https://calendar.zoho.com.cn"},
		"sa": {"https://accounts.zoho.sa", "https://www.zohoapis.sa", "https://calendar.zoho.sa"},
		"uk": {"https://accounts.zoho.uk", "https://www.zohoapis.uk", ""},
		"ae": {"https://accounts.zoho.ae", "https://www.zohoapis.ae", ""},
	} {
		dc, ok := all.ByLocation(location)
		if got := [3]string{dc.Accounts, dc.API, dc.Calendar}; !ok || got != want {
			t.Errorf("%s: %v, want %v", location, got, want)
		}
		for name, find := range map[string]func() (zoho.DataCenter, bool){
			"by accounts": func() (zoho.DataCenter, bool) { return all.ByAccounts(want[0]) },
			"by API":      func() (zoho.DataCenter, bool) { return all.ByAPI(want[1]) },
		} {
			if got, ok := find(); !ok || got != dc {
				t.Errorf("%s %s: %v %v", location, name, got, ok)
			}
		}
	}
	if n := len(all.All()); n != 10 || all.All()[0].Location != "us" {
		t.Errorf("%d data centres, the first %s", n, all.All()[0].Location)
	}
}

func TestAllowListAttacks(t *testing.T) {
	t.Parallel()
	all := zoho.ZohoDataCenters()
	for _, attack := range []string{
		"https://accounts.zoho.com.evil.example", "https://evil.example/accounts.zoho.com", "https://evil@accounts.zoho.com",
		"https://accounts.zoho.com@evil.example", "https://accounts.zoho.com:443@evil.example", "https://accounts.zoho.com:8443",
		"https://accounts.zoho.com:443", "//accounts.zoho.com", "accounts.zoho.com", "https:accounts.zoho.com",
		"https:///accounts.zoho.com", "https://ACCOUNTS.zoho.com", "HTTPS://accounts.zoho.com", "http://accounts.zoho.com",
		"https://accounts.zoho.com/", "https://accounts.zoho.com/path", "https://accounts.zoho.com/../evil", "https://accounts.zoho.com?x",
		"https://accounts.zoho.com#x", "https://accounts.zoho.com.", "https://accounts.zoho.com\\@evil.example",
		"https://accounts.zoho.com\n", " https://accounts.zoho.com", "https://accounts.zoho.com\x00", "https://accounts.zoho.com%2eevil.example",
		"https://xaccounts.zoho.com", "https://zoho.com", "https://accounts.zoho.com,https://evil.example", "https://[::ffff:127.0.0.1]",
		"https://127.0.0.1", "http://localhost:8090", "https://accounts.ｚoho.com", "https://accounts.zoho.ca", "javascript:alert(1)", "*",
		"https://www.zohoapis.com",
	} {
		if dc, ok := all.ByAccounts(attack); ok {
			t.Errorf("ByAccounts(%q) gave %v", attack, dc)
		}
		if dc, ok := all.ByAPI(strings.Replace(attack, "accounts.zoho", "www.zohoapis", 1)); ok && attack != "https://www.zohoapis.com" && attack != "https://accounts.zoho.ca" {
			t.Errorf("ByAPI of %q gave %v", attack, dc)
		}
		dc, err := all.Locate("us", attack)
		if !errors.Is(err, zoho.ErrDataCenter) || dc != (zoho.DataCenter{}) {
			t.Errorf("Locate(us, %q) gave %v, %v", attack, dc, err)
		}
		if err != nil && attack != "*" && strings.Contains(err.Error(), attack) {
			t.Errorf("the error repeats %q", attack)
		}
	}
}

func TestOnlyTheListItselfIsAllowed(t *testing.T) {
	t.Parallel()
	all := zoho.ZohoDataCenters()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`(https?|HTTPS)?:?/{0,3}([a-z.@:%]{0,8})(accounts\.zoho\.(com|eu))([.:/@?#a-z0-9\\]{0,8})`).Draw(t, "address")
		if _, ok := all.ByAccounts(s); ok && s != "https://accounts.zoho.com" && s != "https://accounts.zoho.eu" {
			t.Fatalf("%q is allowed", s)
		}
	})
}

func TestLocate(t *testing.T) {
	t.Parallel()
	all := zoho.ZohoDataCenters()
	for name, c := range map[string]struct{ location, server, want string }{
		"both agree":                             {"in", "https://accounts.zoho.in", "in"},
		"location absent":                        {"", "https://accounts.zoho.eu", "eu"},
		"accounts server absent: location alone": {"jp", "", "jp"},
		"both absent: refused":                   {"", "", ""},
		"location of another data centre":        {"us", "https://accounts.zoho.in", ""},
		"unknown location with a good server":    {"zz", "https://accounts.zoho.in", ""},
		"unknown location alone":                 {"zz", "", ""},
		"location in capitals":                   {"US", "https://accounts.zoho.com", ""},
		"good location with a foreign server":    {"us", "https://evil.example", ""},
	} {
		dc, err := all.Locate(c.location, c.server)
		if dc.Location != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: %q, %v", name, dc.Location, err)
		}
	}
	if _, err := (zoho.DataCenters{}).Locate("us", "https://accounts.zoho.com"); err == nil {
		t.Error("the empty list allows something")
	}
}

func TestParseDataCenters(t *testing.T) {
	t.Parallel()
	got, err := zoho.ParseDataCenters("us=http://127.0.0.1:8090|http://127.0.0.1:8090/|http://localhost:8090, eu=https://Accounts.Example:443|https://api.example:8443|")
	if err != nil {
		t.Fatal(err)
	}
	want := []zoho.DataCenter{
		{Location: "us", Accounts: "http://127.0.0.1:8090", API: "http://127.0.0.1:8090", Calendar: "http://localhost:8090"},
		{Location: "eu", Accounts: "https://accounts.example", API: "https://api.example:8443"},
	}
	if all := got.All(); len(all) != 2 || all[0] != want[0] || all[1] != want[1] {
		t.Errorf("%+v", all)
	}
	if _, ok := got.ByAccounts("https://accounts.zoho.com"); ok {
		t.Error("the built-in list is still there")
	}
	if six, err := zoho.ParseDataCenters("us=http://[::1]:1|http://[0:0:0:0:0:0:0:1]:2|https://[2001:db8::1]"); err != nil || six.All()[0].Accounts != "http://[::1]:1" {
		t.Errorf("IPv6: %+v %v", six.All(), err)
	}
}

func TestParseDataCentersRefuses(t *testing.T) {
	t.Parallel()
	with := func(accounts string) string {
		return "us=" + accounts + "|https://api.example|https://calendar.example"
	}
	for _, setting := range []string{
		"", "us", "us=", "us=https://a.example", "us=https://a.example|https://b.example", "=https://a.example|https://b.example|",
		"US=https://a.example|https://b.example|", "us=https://a.example|https://b.example|c|d", "us=|https://b.example|",
		with("http://accounts.example"), with("http://10.0.0.1"), with("http://127.1:80"), with("http://2130706433"), with("http://localhost.evil.example"),
		with("http://[::ffff:127.0.0.1]:80"), with("https://[::ffff:127.0.0.1]"), with("http://[::1%25lo]"), with("https://user@a.example"), with("https://:p@a.example"),
		with("https://a.example/path"), with("https://a.example?q"), with("https://a.example?"), with("https://a.example#"), with("//a.example"), with("a.example"),
		with("ftp://a.example"), with("https:a.example"), with("https://"), with("https://a_b.example"), with("https://a..example"), with("https://a.example:x"),
		with("https://ä.example"), with("https://a.example\\b"), with("https://api.example:99999999/"),
		with("https://a.example") + "," + with("https://b.example"),
		"us=https://a.example|https://b.example|,eu=https://a.example|https://c.example|",
		"us=https://a.example|https://b.example|,eu=https://c.example|https://b.example|",
		with("https://a.example") + ",",
	} {
		if got, err := zoho.ParseDataCenters(setting); err == nil {
			t.Errorf("%q gave %+v", setting, got.All())
		}
	}
}
