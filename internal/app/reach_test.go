package app

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/secret"
)

// TestDoctorSaysOfTheAddress: each way in which visitors may not get to us, in plain words and with a fix.
func TestDoctorSaysOfTheAddress(t *testing.T) {
	t.Parallel()
	says := func(status int, text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(text))
		})
	}
	well := httptest.NewServer(says(200, "ok\n"))
	full := httptest.NewServer(says(200, "alive, but the database has no room\n"))
	other := httptest.NewServer(says(200, "<h1>Welcome to nginx</h1>"))
	away := httptest.NewServer(says(502, "ok"))
	sealed := httptest.NewTLSServer(says(200, "ok\n")) // by an authority that nobody trusts
	sealed.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + gone.Addr().String()
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*httptest.Server{well, full, other, away, sealed} {
		t.Cleanup(s.Close)
	}
	soon := func() time.Time { return sealed.Certificate().NotAfter.Add(-24 * time.Hour) }
	for name, c := range map[string]struct {
		base   string
		client *http.Client
		now    func() time.Time
		wrong  bool
		want   string
		fixed  bool
	}{
		"well":                       {well.URL, nil, time.Now, false, "answers", false},
		"no room":                    {full.URL, nil, time.Now, true, "the database has no room", true},
		"another program":            {other.URL, nil, time.Now, true, "but not heavyset", true},
		"the proxy finds nobody":     {away.URL, nil, time.Now, true, "the proxy answers (status 502)", true},
		"nobody listens":             {nobody, nil, time.Now, true, "nothing listens there", true},
		"untrusted":                  {sealed.URL, nil, time.Now, true, "signed by nobody whom this machine trusts", true},
		"https where there is http":  {strings.Replace(well.URL, "http", "https", 1), nil, time.Now, true, "does not speak TLS", true},
		"no such name":               {"http://nothing.invalid", nil, time.Now, true, "no DNS server knows", true},
		"a certificate that is good": {sealed.URL, sealed.Client(), time.Now, false, "its certificate is good until", false},
		"one that ends":              {sealed.URL, sealed.Client(), soon, false, "its certificate is good until", true},
	} {
		a := &App{config: Config{BaseURL: c.base, ZohoHTTP: c.client, Now: c.now}}
		if f := a.base(t.Context()); f.Wrong != c.wrong || !strings.Contains(f.Evidence, c.want) || (f.Fix != "") != c.fixed || strings.Contains(f.Evidence, "dial tcp") {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestDoctorSaysOfTheClock(t *testing.T) {
	t.Parallel()
	zoho := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	for off, want := range map[time.Duration]string{
		0: "agrees with Zoho's", -20 * time.Second: "agrees", 20 * time.Second: "agrees", 3*time.Hour + 200*time.Millisecond: "3h0m0s ahead of Zoho's", -time.Minute: "1m0s behind Zoho's",
	} {
		f := clock(zoho.Add(off), zoho)
		if len(f) != 1 || !strings.Contains(f[0].Evidence, want) || f[0].Wrong != (f[0].Fix != "") || f[0].Wrong != (off.Abs() > clocksDiffer) {
			t.Errorf("%s: %+v", off, f)
		}
	}
	if f := clock(time.Time{}, time.Time{}); f != nil {
		t.Errorf("nobody told the time: %+v", f)
	}
}

// TestDoctorSaysOfTheCollector: without its password.
func TestDoctorSaysOfTheCollector(t *testing.T) {
	t.Parallel()
	there := httptest.NewServer(http.NotFoundHandler()) // collectors take POST alone
	defer there.Close()
	for address, wrong := range map[string]bool{there.URL: false, "http://us:pass-word@127.0.0.1:1": true} {
		a := &App{config: Config{Collector: secret.NewString(address)}}
		f := a.collector(context.Background())
		if len(f) != 1 || f[0].Wrong != wrong || strings.Contains(f[0].Title+f[0].Evidence+f[0].Fix, "pass-word") {
			t.Errorf("%s: %+v", address, f)
		}
	}
	if f := (&App{}).collector(context.Background()); f != nil {
		t.Errorf("without traces: %+v", f)
	}
}
