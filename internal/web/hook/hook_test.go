package hook_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/web/hook"
)

// taken takes notifications in, as the tests want it.
type taken struct {
	got []string
	err error
}

func (b *taken) Bounce(_ context.Context, raw []byte) error {
	b.got = append(b.got, string(raw))
	return b.err
}

func TestMailsThatCameBack(t *testing.T) {
	t.Parallel()
	const key = "a-secret-of-twenty-or-more"
	for _, c := range []struct {
		name, set, path, body string
		err                   error
		want, takes           int
	}{
		{"one of ours", key, key, "mail", nil, http.StatusOK, 1},
		{"another secret", key, key + "x", "mail", nil, http.StatusNotFound, 0},
		{"none is set", "", "x", "mail", nil, http.StatusNotFound, 0},
		{"it is none", key, key, "hello", fault.New(fault.Invalid, "none"), http.StatusAccepted, 1},
		{"the database is away", key, key, "mail", fault.New(fault.Unavailable, "away"), http.StatusServiceUnavailable, 1},
		{"our own mistake", key, key, "mail", errors.New("x"), http.StatusServiceUnavailable, 1},
		{"too large", key, key, strings.Repeat("x", 10<<20+1), nil, http.StatusRequestEntityTooLarge, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := &taken{err: c.err}
			failures := 0
			mux := http.NewServeMux()
			mux.Handle("POST /hooks/mail/{secret}", hook.Mail(b, secret.NewString(c.set), func(context.Context, error) { failures++ }))
			rec := httptest.NewRecorder()
			mux.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hooks/mail/"+c.path, strings.NewReader(c.body)))
			if rec.Code != c.want || len(b.got) != c.takes || (failures > 0) != (c.want == http.StatusServiceUnavailable) {
				t.Errorf("%d, taken %d, %d failures", rec.Code, len(b.got), failures)
			}
		})
	}
}
