package widget

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/idna"

	"heavyset.tech/platform/internal/fault"
)

// MaxSites is how many sites an organization may list.
const MaxSites = 100

// ParseOrigin gives a page's origin as browsers write it (HTML, "serialization of an origin"): scheme, host and a port
// that is not the usual one, nothing else. false for everything that is no origin of a web page.
func ParseOrigin(s string) (string, bool) {
	if len(s) > 300 {
		return "", false
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.ForceQuery || strings.HasSuffix(s, "#") {
		return "", false
	}
	host, port := u.Hostname(), u.Port()
	if !plainHost(host) || strings.HasSuffix(u.Host, ":") || !plainPort(port) {
		return "", false
	}
	return join(u.Scheme, host, port), true
}

// OriginOf gives the origin of a page's address; "" when it has none.
func OriginOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	o, _ := ParseOrigin(u.Scheme + "://" + strings.ToLower(u.Host))
	return o
}

// ParseSite reads a site as people write one, an address of any of its pages or a bare name, and gives it as it is kept:
// scheme://host[:port], where the host may begin with "*." for every name below it. Without a scheme it is https.
func ParseSite(text string) (string, error) {
	wrong := func(why string) (string, error) { return "", fault.New(fault.Invalid, "“"+short(text)+"” "+why) }
	s := strings.TrimSpace(text)
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil {
		return wrong("is no address of a website. Write it like www.example.com.")
	}
	if u.Scheme = strings.ToLower(u.Scheme); u.Scheme != "http" && u.Scheme != "https" {
		return wrong("must begin with https:// or http://.")
	}
	name, below := strings.CutPrefix(strings.ToLower(u.Hostname()), "*.")
	host, err := idna.Lookup.ToASCII(name)
	if err != nil || !plainHost(host) || !plainPort(u.Port()) {
		return wrong("is no address of a website. Write it like www.example.com.")
	}
	if !below {
		return join(u.Scheme, host, u.Port()), nil
	}
	if _, err := netip.ParseAddr(host); err == nil || !strings.Contains(host, ".") {
		return wrong("would let in too many sites. Name the domain, like *.example.com.")
	}
	return join(u.Scheme, "*."+host, u.Port()), nil
}

// ParseSites reads a list of sites, one a line or with commas between. Doubles are left out.
func ParseSites(text string) ([]string, error) {
	var out []string
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' || r == ',' || r == ' ' || r == '\t' }) {
		s, err := ParseSite(part)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	if len(out) > MaxSites {
		return nil, fault.New(fault.Invalid, "These are more than "+strconv.Itoa(MaxSites)+" sites. Name a domain with all below it, like *.example.com.")
	}
	return out, nil
}

// Covers reports whether an origin is one of the sites. It says yes exactly where a browser does for the same sites in
// frame-ancestors (CSP Level 3, 6.7.2.8): the https page of an http site is one of it too.
func Covers(sites []string, origin string) bool {
	return slices.ContainsFunc(sites, func(site string) bool {
		if rest, ok := strings.CutPrefix(site, "http://"); ok && covers("https://"+rest, origin) {
			return true
		}
		return covers(site, origin)
	})
}

func covers(site, origin string) bool {
	scheme, host, below := strings.Cut(site, "://*.")
	if !below {
		return site == origin
	}
	rest, ok := strings.CutPrefix(origin, scheme+"://")
	return ok && strings.HasSuffix(rest, "."+host)
}

func join(scheme, host, port string) string {
	if port == "" || scheme == "https" && port == "443" || scheme == "http" && port == "80" {
		return scheme + "://" + host
	}
	return scheme + "://" + host + ":" + port
}

// plainHost reports whether a host can stand in a Content-Security-Policy: a name in ASCII or an IPv4 address.
func plainHost(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || strings.ContainsFunc(label, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_'
		}) {
			return false
		}
	}
	return true
}

func plainPort(s string) bool {
	if s == "" {
		return true
	}
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0 && strconv.FormatUint(n, 10) == s
}

func short(s string) string {
	if r := []rune(strings.ToValidUTF8(s, "�")); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return strings.ToValidUTF8(s, "�")
}
