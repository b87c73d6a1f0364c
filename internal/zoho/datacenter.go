package zoho

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// DataCenter is one of Zoho's regions with the origins (scheme://host[:port], nothing behind) of its services.
type DataCenter struct {
	Location string // Zoho's short name: us, eu, in …
	Accounts string // sign-in, consent and tokens
	API      string // CRM; the api_domain of a token answer
	Calendar string // "" where Zoho's pages name none
}

// DataCenters is the allow-list of addresses that may be spoken to. The zero value allows none.
type DataCenters struct{ list []DataCenter }

// ErrDataCenter is what every refused location, accounts server or API domain is: errors.Is finds it. The texts never
// repeat the refused address, which comes from a browser.
var ErrDataCenter = errors.New("zoho: not an allowed data centre")

// ZohoDataCenters is the built-in list: Zoho's published regions
// (https://www.zoho.com/accounts/protocol/oauth/multi-dc.html, https://www.zoho.com/crm/developer/docs/api/v8/multi-dc.html).
// The first is where consent starts when the user's region is not known; China has its own console and start.
func ZohoDataCenters() DataCenters {
	plain := func(location, domain string) DataCenter {
		return DataCenter{
			Location: location, Accounts: "https://accounts.zoho." + domain,
			API: "https://www.zohoapis." + domain, Calendar: "https://calendar.zoho." + domain,
		}
	}
	uk, ae := plain("uk", "uk"), plain("ae", "ae")
	uk.Calendar, ae.Calendar = "", "" // on no page of Zoho's
	return DataCenters{list: []DataCenter{
		plain("us", "com"), plain("eu", "eu"), plain("in", "in"), plain("au", "com.au"), plain("jp", "jp"),
		{"ca", "https://accounts.zohocloud.ca", "https://www.zohoapis.ca", "https://calendar.zohocloud.ca"},
		plain("cn", "com.cn"), plain("sa", "sa"), uk, ae,
	}}
}

var locationName = regexp.MustCompile(`^[a-z]{2,12}$`)

// ParseDataCenters reads a setting that replaces the built-in list: `us=ACCOUNTS_URL|API_URL|CALENDAR_URL`, further
// ones behind commas; the calendar's may be empty. Addresses are origins over https; plain http is allowed to loopback
// (localhost, 127.0.0.0/8, ::1) only. Two entries may not share a location, an accounts or an API address.
func ParseDataCenters(setting string) (DataCenters, error) {
	var out DataCenters
	for i, entry := range strings.Split(setting, ",") {
		dc, err := parseDataCenter(strings.TrimSpace(entry))
		if err != nil {
			return DataCenters{}, fmt.Errorf("data centre %d: %w", i+1, err)
		}
		for _, other := range out.list {
			if other.Location == dc.Location || other.Accounts == dc.Accounts || other.API == dc.API {
				return DataCenters{}, fmt.Errorf("data centre %d: location, accounts and API address must each be named once", i+1)
			}
		}
		out.list = append(out.list, dc)
	}
	return out, nil
}

func parseDataCenter(entry string) (DataCenter, error) {
	location, rest, ok := strings.Cut(entry, "=")
	urls := strings.Split(rest, "|")
	if !ok || len(urls) != 3 || !locationName.MatchString(location) {
		return DataCenter{}, errors.New("want location=ACCOUNTS_URL|API_URL|CALENDAR_URL, the location in lower-case letters")
	}
	dc := DataCenter{Location: location}
	for i, to := range []*string{&dc.Accounts, &dc.API, &dc.Calendar} {
		if i == 2 && urls[i] == "" {
			break
		}
		origin, err := parseOrigin(urls[i])
		if err != nil {
			return DataCenter{}, fmt.Errorf("address %d of %s: %w", i+1, location, err)
		}
		*to = origin
	}
	return dc, nil
}

var hostName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)

// parseOrigin reads an address that the operator wrote and gives it in the one way in which it is compared: lower case,
// no default port, nothing behind the host.
func parseOrigin(s string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || u.Opaque != "" || u.Hostname() == "" {
		return "", errors.New("want scheme://host[:port]")
	}
	if u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.ForceQuery || strings.Contains(s, "#") {
		return "", errors.New("want scheme://host[:port] and nothing else")
	}
	host := strings.ToLower(u.Hostname())
	addr, err := netip.ParseAddr(host)
	isAddr := err == nil
	if isAddr && (addr.Is4In6() || addr.Zone() != "") || !isAddr && !hostName.MatchString(host) {
		return "", errors.New("the host is neither a name nor a plain address")
	}
	loopback := host == "localhost" || isAddr && addr.IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback) {
		return "", errors.New("want https; plain http only to loopback")
	}
	if isAddr && addr.Is6() {
		host = "[" + host + "]"
	}
	if p := u.Port(); p != "" && p != map[string]string{"http": "80", "https": "443"}[u.Scheme] {
		if n, err := strconv.ParseUint(p, 10, 16); err != nil || n == 0 || p[0] == '0' {
			return "", errors.New("the port is out of range")
		}
		host += ":" + p
	}
	return u.Scheme + "://" + host, nil
}

// All gives the list in its order.
func (d DataCenters) All() []DataCenter { return slices.Clone(d.list) }

// ByLocation finds a data centre by Zoho's short name.
func (d DataCenters) ByLocation(location string) (DataCenter, bool) {
	return d.find(func(dc DataCenter) bool { return dc.Location == location })
}

// ByAccounts finds a data centre by its accounts address. The text is compared as it is and never parsed, so there are
// no two readings of it: Zoho sends the origin in lower case and without a port, and whatever is written differently
// (mixed case, a slash, a port, a user) did not come from Zoho.
func (d DataCenters) ByAccounts(origin string) (DataCenter, bool) {
	return d.find(func(dc DataCenter) bool { return dc.Accounts == origin })
}

// ByAPI finds a data centre by its API address, compared like ByAccounts.
func (d DataCenters) ByAPI(origin string) (DataCenter, bool) {
	return d.find(func(dc DataCenter) bool { return dc.API == origin })
}

func (d DataCenters) find(match func(DataCenter) bool) (DataCenter, bool) {
	i := slices.IndexFunc(d.list, match)
	if i < 0 {
		return DataCenter{}, false
	}
	return d.list[i], true
}

// Locate checks what a callback says about the user's data centre, before any call leaves. Either of the two may be
// missing; both must mean the same data centre. The result is an entry of our list, never the caller's text.
// Fails with ErrDataCenter.
func (d DataCenters) Locate(location, accountsServer string) (DataCenter, error) {
	if accountsServer == "" {
		if dc, ok := d.ByLocation(location); ok {
			return dc, nil
		}
		return DataCenter{}, fmt.Errorf("%w: no accounts server and no known location", ErrDataCenter)
	}
	dc, ok := d.ByAccounts(accountsServer)
	if !ok {
		return DataCenter{}, fmt.Errorf("%w: the accounts server is not on the list", ErrDataCenter)
	}
	if location != "" && location != dc.Location {
		return DataCenter{}, fmt.Errorf("%w: location and accounts server belong to different ones", ErrDataCenter)
	}
	return dc, nil
}
