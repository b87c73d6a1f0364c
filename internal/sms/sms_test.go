package sms_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/sms"
)

func sender(t *testing.T, address string) *sms.Sender {
	t.Helper()
	s, err := sms.New(secret.NewString(strings.Replace(address, "http://", "http://AC1:tok%2Fen@", 1)+"/Messages.json"), "+13125550100", nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWhatTheProviderGets(t *testing.T) {
	t.Parallel()
	var got *http.Request
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		got = r
		w.WriteHeader(http.StatusCreated)
	}))
	defer srv.Close()
	err := sender(t, srv.URL).Send(t.Context(), sms.Message{To: "+13125550199", Text: "Grüße & more", Report: "https://x.example/r?message=1"})
	if err != nil {
		t.Fatal(err)
	}
	user, password, _ := got.BasicAuth()
	if user != "AC1" || password != "tok/en" || got.Method != http.MethodPost || got.URL.Path != "/Messages.json" {
		t.Errorf("%s %s as %s", got.Method, got.URL, user)
	}
	for name, want := range map[string]string{"To": "+13125550199", "From": "+13125550100", "Body": "Grüße & more", "StatusCallback": "https://x.example/r?message=1"} {
		if got.PostForm.Get(name) != want {
			t.Errorf("%s: %q", name, got.PostForm.Get(name))
		}
	}
}

// TestWhatAnAnswerMeans: what was surely not taken is told apart from what may have been.
func TestWhatAnAnswerMeans(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		kind   fault.Kind
		code   string
	}{
		"busy":                       {http.StatusTooManyRequests, "", fault.Limited, ""},
		"a fault of its own":         {http.StatusServiceUnavailable, "oops", fault.Unavailable, ""},
		"a gateway lost the answer":  {http.StatusGatewayTimeout, "", fault.Unavailable, sms.Unknown},
		"wrong password":             {http.StatusUnauthorized, `{"code":20003}`, fault.Unavailable, ""},
		"no number":                  {http.StatusBadRequest, `{"code":21211,"message":"The 'To' number +13125550199 is not valid"}`, fault.Invalid, ""},
		"its owner has stopped them": {http.StatusBadRequest, `{"code":21610}`, fault.Invalid, sms.Stopped},
		"no JSON":                    {http.StatusBadRequest, `<html>`, fault.Invalid, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "7")
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body))
			}))
			defer srv.Close()
			err := sender(t, srv.URL).Send(t.Context(), sms.Message{To: "+13125550199", Text: "x"})
			f := fault.As(err)
			if f == nil || f.Kind != c.kind || f.Code != c.code || strings.Contains(err.Error(), "5550199") || strings.Contains(f.Message, "5550199") {
				t.Fatalf("%v", err)
			}
			if c.kind == fault.Limited && f.RetryAfter != 7*time.Second {
				t.Errorf("again after %s", f.RetryAfter)
			}
		})
	}
}

func TestALostAnswerIsNoRefusal(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	}))
	defer srv.Close()
	err := sender(t, srv.URL).Send(t.Context(), sms.Message{To: "+13125550199", Text: "x"})
	if f := fault.As(err); f == nil || f.Code != sms.Unknown || calls.Load() != 1 {
		t.Errorf("%v after %d calls", err, calls.Load())
	}
	err = sender(t, "http://127.0.0.1:1").Send(t.Context(), sms.Message{To: "+13125550199", Text: "x"})
	if f := fault.As(err); f == nil || f.Kind != fault.Unavailable || f.Code != "" {
		t.Errorf("nobody listens: %v", err)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	for address, from := range map[string]string{
		"":                               "+13125550100",
		"https://api.example/x":          "+13125550100",
		"https://a@api.example/x":        "+13125550100",
		"https://a:b@api.example/x":      "555",
		"ftp://a:b@api.example/x":        "+13125550100",
		"https://a:b@api.example/x#%zz;": "+1312555",
	} {
		if _, err := sms.New(secret.NewString(address), from, nil); err == nil {
			t.Errorf("%q from %q was taken", address, from)
		} else if strings.Contains(err.Error(), "a:b") {
			t.Errorf("the error shows the password: %v", err)
		}
	}
	s, err := sms.New(secret.NewString("https://acc:hush@api.example/x"), "+13125550100", nil)
	if err != nil {
		t.Fatal(err)
	}
	if out := fmt.Sprintf("%v %+v %s", s, s, s); strings.Contains(out, "hush") || strings.Contains(out, "acc") {
		t.Errorf("printed as %s", out)
	}
}

func TestAMessageShowsNothingInALog(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "m", sms.Message{To: "+13125550199", Text: "hush"})
	if strings.Contains(b.String(), "5550199") || strings.Contains(b.String(), "hush") {
		t.Error(b.String())
	}
}

func TestHeard(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]sms.Word{
		"STOP": sms.Stop, " stop. ": sms.Stop, "Stop texting me!": sms.Stop, "Unsubscribe": sms.Stop, "opt out": sms.Stop, "opt-out": sms.Stop, "Arrêt": sms.Stop, "ALTO": sms.Stop, "Stopp": sms.Stop,
		"start": sms.Start, "UNSTOP": sms.Start, "help": sms.Help, "¿Ayuda?": sms.Help, "Hilfe!": sms.Help,
		"": sms.Other, "👍": sms.Other, "Please don't stop by before nine": sms.Other, "I start work at 8": sms.Other, "can you help me": sms.Other,
	} {
		if got := sms.Heard(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func TestLength(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text  string
		n     int
		own   bool
		parts int
	}{
		{"", 0, true, 1},
		{strings.Repeat("ä", 160), 160, true, 1},
		{strings.Repeat("a", 161), 161, true, 2},
		{strings.Repeat("€", 80), 160, true, 1},
		{strings.Repeat("€", 81), 162, true, 2},
		{strings.Repeat("я", 70), 70, false, 1},
		{strings.Repeat("я", 71), 71, false, 2},
		{"🏠", 2, false, 1},
		{strings.Repeat("a", 307), 307, true, 3},
	} {
		n, own := sms.Length(c.text)
		if n != c.n || own != c.own || sms.Parts(c.text) != c.parts {
			t.Errorf("%.10s…: %d %v %d", c.text, n, own, sms.Parts(c.text))
		}
	}
	for text, want := range map[string]string{
		"sáb, 5 dic, 9:00\u00a0a. m.": "sab, 5 dic, 9:00 a. m.", "août – “ça”": `aout - "ca"`, "Straße für Ärger": "Straße für Ärger", "Крыша": "Крыша", "œuvre à Noël": "oeuvre à Noel",
	} {
		if got := sms.Fold(text); got != want {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestReply(t *testing.T) {
	t.Parallel()
	if got := sms.Reply("Call <us> & ask"); !strings.HasSuffix(got, "<Response><Message>Call &lt;us&gt; &amp; ask</Message></Response>") {
		t.Error(got)
	}
	if got := sms.Reply(""); !strings.HasSuffix(got, "<Response/>") {
		t.Error(got)
	}
}

// TestASendEndsWithItsContext: a job that is stopped does not wait for a provider that hangs.
func TestASendEndsWithItsContext(t *testing.T) {
	t.Parallel()
	begun, end := make(chan struct{}), make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(begun)
		<-end
	}))
	defer srv.Close()
	defer close(end)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-begun
		cancel()
	}()
	err := sender(t, srv.URL).Send(ctx, sms.Message{To: "+13125550199", Text: "x"})
	if f := fault.As(err); f == nil || f.Code != sms.Unknown || !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
