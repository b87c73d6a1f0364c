package store_test

import (
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

// door stands between a store and its database and can be shut.
type door struct {
	net.Listener
	to    string
	mu    sync.Mutex
	conns []net.Conn
}

func (d *door) serve() {
	for {
		in, err := d.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", d.to)
		if err != nil {
			_ = in.Close()
			continue
		}
		d.mu.Lock()
		d.conns = append(d.conns, in, out)
		d.mu.Unlock()
		go func() { _, _ = io.Copy(in, out) }()
		go func() { _, _ = io.Copy(out, in) }()
	}
}

func (d *door) shut() {
	_ = d.Close()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.conns {
		_ = c.Close()
	}
}

// TestDatabaseAway: a database that is gone for a while is no failure of ours: ask again.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(storetest.URLs(t, "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	d := &door{Listener: l, to: u.Host}
	go d.serve()
	t.Cleanup(d.shut)
	u.Host = l.Addr().String()
	s := storetest.Open(t, u.String(), clock, nil)
	o := organization(t, s, "ridge")
	d.shut()
	away := func(what string, err error) {
		t.Helper()
		if !fault.Is(err, fault.Unavailable) || fault.As(err).RetryAfter <= 0 {
			t.Errorf("%s: %v", what, err)
		}
	}
	for range 25 { // more often than there were connections
		_, _ = s.Organization(t.Context(), o.ID)
	}
	_, err = s.OrganizationBySlug(t.Context(), "ridge")
	away("read", err)
	away("write", s.Beat(t.Context(), "node_a", monday))
	_, err = s.Offering(t.Context(), "ridge")
	away("offering", err)
	_, _, err = s.CatalogAt(t.Context(), o.ID)
	away("catalog", err)
	_, err = s.Delivered(t.Context(), o.ID, "m")
	away("delivery", err)
}

// TestWhoIsNotLetIn: a wrong role or database is told from one that is away for a while, in the server's words.
func TestWhoIsNotLetIn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*url.URL)
		want   string
	}{
		"a database that is not there": {func(u *url.URL) { u.Path = "/none" }, `database "none" does not exist`},
		"a role that is not there":     {func(u *url.URL) { u.User = url.User("nobody") }, `role "nobody" does not exist`},
		"a server that is not there":   {func(u *url.URL) { u.Host = "127.0.0.1:1" }, ""},
	} {
		u, err := url.Parse(storetest.Postgres(t))
		if err != nil {
			t.Fatal(err)
		}
		c.change(u)
		s, err := store.Open(t.Context(), store.Options{URL: u.String(), Now: clock})
		if err == nil {
			err = errors.Join(s.Migrate(t.Context()), s.Close())
		}
		if err == nil || store.Refused(err) != c.want {
			t.Errorf("%s: %q, of %v", name, store.Refused(err), err)
		}
	}
}
