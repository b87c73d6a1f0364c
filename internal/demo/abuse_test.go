package demo_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// source is somebody at an address of their own.
type source struct {
	*world
	http *http.Client
}

// from gives a visitor at the nth loopback address of a network.
func (w *world) from(network, n int) source {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, byte(network), byte(n/250), byte(n%250+1))}}
	t := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		return d.DialContext(ctx, network, address)
	}}
	w.t.Cleanup(t.CloseIdleConnections)
	return source{w, &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// post posts and gives the status; a forged header names another address each time.
func (v source) post(path, kind, body, forged string) int {
	v.t.Helper()
	r, err := http.NewRequest("POST", v.base+path, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	if forged != "" {
		r.Header.Set("X-Forwarded-For", forged)
	}
	res, err := v.http.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

var openedValue = regexp.MustCompile(`name="opened" value="([^"]+)"`)

// opens reads a form and gives the time that is signed in it.
func (v source) opens(path string) string {
	v.t.Helper()
	_, b := v.call("GET", v.base+path, "")
	m := openedValue.FindSubmatch(b)
	if m == nil {
		v.t.Fatalf("no time in the form at %s", path)
	}
	return string(m[1])
}

// hostile sends one of the kinds of spam, all under the name Spam.
func (v source) hostile(n int, start string) int {
	const page, form = "/book/ridgeline/details", "application/x-www-form-urlencoded"
	who, forged := fmt.Sprintf("spam%d@bad.example", n), fmt.Sprintf("203.0.113.%d", n%250)
	f := url.Values{"service": {"inspection"}, "start": {start}, "zip": {"60640"}, "last_name": {"Spam"}, "email": {who}, "key": {fmt.Sprint("k", n)}}
	links := "https://a.example https://b.example https://c.example"
	switch n % 4 {
	case 0: // fills every field that it finds
		f.Set("homepage", "https://bad.example")
	case 1: // makes up a time
		f.Set("opened", "1764500000")
	case 2: // writes without having opened the form, and links into the name
		f.Set("first_name", "https://bad.example")
	case 3: // programs the API
		return v.post("/api/v1/schedulers/ridgeline/bookings", "application/json", fmt.Sprintf(
			`{"service":"inspection","start":%q,"customer":{"first_name":"www.bad.example","last_name":"Spam","email":%q,"postal_code":"60640"},"notes":%q}`, start, who, links), forged)
	}
	if n%8 >= 4 {
		page := "/book/ridgeline/enquiry"
		f.Set("notes", "Hello, "+links)
		return v.post(page, form, f.Encode(), forged)
	}
	return v.post(page, form, f.Encode(), forged)
}

// TestHostileBookings: of spam from many addresses nothing reaches Zoho, and the bookings and enquiries of honest people that are
// mixed in all do. HEAVYSET_SOAK sends ten thousand.
func TestHostileBookings(t *testing.T) {
	t.Parallel()
	hostile, addresses, honest := 200, 20, 20
	if os.Getenv("HEAVYSET_SOAK") != "" {
		hostile, addresses, honest = 10_000, 200, 200
	}
	w, _ := inProcess(t, nil)
	slots := w.slots("inspection", 2, 60)
	bad := make([]source, addresses)
	for i := range bad {
		bad[i] = w.from(3, i)
	}
	counts, good := map[int]int{}, 0
	for n := range hostile {
		counts[bad[n%addresses].hostile(n, slots[n%len(slots)])]++
		if n%(hostile/honest) == 0 {
			w.honest(good, slots)
			good++
		}
	}
	t.Logf("answers to %d hostile requests: %v", hostile, counts)
	w.settled(5 * time.Minute)
	leads := w.records("Leads")
	found := map[string]bool{}
	for _, r := range append(append(leads, w.records("Contacts")...), w.records("Events")...) {
		if s := fmt.Sprint(r); strings.Contains(s, "Spam") || strings.Contains(s, "bad.example") {
			t.Errorf("spam came to Zoho: %v", r)
		}
		found[r.text("Last_Name")] = true
	}
	if good != honest {
		t.Errorf("%d honest requests were sent, want %d", good, honest)
	}
	for n := range good {
		if name := honestName(n); !found[name] {
			t.Errorf("%s is not in Zoho", name)
		}
	}
	if counts[0]+counts[500] > 0 || counts[201] > 0 {
		t.Errorf("spam was answered as booked, or not at all: %v", counts)
	}
}

func honestName(n int) string { return fmt.Sprintf("Honest%d", n) }

// honest books by API or form, or sends an enquiry, from an address of their own.
func (w *world) honest(n int, slots []string) {
	w.t.Helper()
	v, name := w.from(4, n), honestName(n)
	email := strings.ToLower(name) + "@good.example"
	if n%2 == 0 {
		body := `{"service":"inspection","start":%q,"customer":{"last_name":%q,"email":%q,"postal_code":"60640"}}`
		for i := n; i < len(slots); i++ { // somebody before may have it
			switch status := v.post("/api/v1/schedulers/ridgeline/bookings", "application/json", fmt.Sprintf(body, slots[i], name, email), ""); status {
			case 201:
				return
			case 409:
			default:
				w.t.Fatalf("%s: %d", name, status)
			}
		}
		w.t.Fatalf("no time for %s", name)
	}
	const page = "/book/ridgeline/enquiry"
	f := url.Values{"last_name": {name}, "email": {email}, "notes": {"Please call me about the gutters"}, "opened": {v.opens(page)}, "key": {name}}
	f.Set("notes", fmt.Sprint("Please call me about the gutters of house ", n))
	if status := v.post(page, "application/x-www-form-urlencoded", f.Encode(), ""); status != http.StatusSeeOther {
		w.t.Fatalf("%s: %d", name, status)
	}
}
