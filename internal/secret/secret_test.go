package secret_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/secret"
)

func key(id string, fill byte) string {
	return id + ":" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{fill}, 32))
}

func ring(t *testing.T, keys ...string) *secret.Keyring {
	t.Helper()
	k, err := secret.ParseKeyring(strings.Join(keys, ","))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestStringNeverPrints(t *testing.T) {
	t.Parallel()
	s := secret.NewString("hunter2")
	type holder struct{ S secret.String }
	type hiding struct{ s secret.String }
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "s", s, "h", holder{s})
	js, err := json.Marshal(holder{s})
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]string{
		"%v": fmt.Sprintf("%v", s), "%+v": fmt.Sprintf("%+v", holder{s}), "%#v": fmt.Sprintf("%#v", holder{s}),
		"%s": fmt.Sprint(s), "%q": fmt.Sprintf("%q", s), "%x": fmt.Sprintf("%x", s), "%d": fmt.Sprintf("%d", s), "pointer": fmt.Sprintf("%+v", &holder{s}),
		"unexported %v": fmt.Sprintf("%v", hiding{s}), "unexported %+v": fmt.Sprintf("%+v", hiding{s}), "unexported %#v": fmt.Sprintf("%#v", &hiding{s}),
		"slog": log.String(), "json": string(js), "fingerprint": s.Fingerprint(),
	} {
		if strings.Contains(got, "hunter2") || strings.Contains(got, "68756e74657232") {
			t.Errorf("%s shows the secret: %s", name, got)
		}
	}
	if s.Reveal() != "hunter2" {
		t.Error("Reveal must give the secret")
	}
}

func TestKeyring(t *testing.T) {
	t.Parallel()
	old := ring(t, key("a", 1))
	sealed := old.Seal(secret.NewString("token"), "org_1", "crm_configs", "refresh_token")
	both := ring(t, key("b", 2), key("a", 1))

	if got, err := both.Open(sealed, "org_1", "crm_configs", "refresh_token"); err != nil || got.Reveal() != "token" {
		t.Errorf("a ring with a new first key must open what the old key sealed: %v", err)
	}
	if s := both.Seal(secret.NewString("x")); !strings.HasPrefix(s, "b.") {
		t.Errorf("sealed %q: want the first key", s)
	}
	if a, b := old.Seal(secret.NewString("x")), old.Seal(secret.NewString("x")); a == b {
		t.Error("the same secret sealed twice must differ")
	}
	for name, open := range map[string]func() (secret.String, error){
		"another organization": func() (secret.String, error) { return old.Open(sealed, "org_2", "crm_configs", "refresh_token") },
		"another column":       func() (secret.String, error) { return old.Open(sealed, "org_1", "crm_configs", "access_token") },
		"parts shifted":        func() (secret.String, error) { return old.Open(sealed, "org_1crm_configs", "", "refresh_token") },
		"key gone": func() (secret.String, error) {
			return ring(t, key("b", 2)).Open(sealed, "org_1", "crm_configs", "refresh_token")
		},
		"another key of that id": func() (secret.String, error) {
			return ring(t, key("a", 9)).Open(sealed, "org_1", "crm_configs", "refresh_token")
		},
		"byte changed": func() (secret.String, error) {
			return old.Open(sealed[:len(sealed)-2]+"AA", "org_1", "crm_configs", "refresh_token")
		},
		"cut": func() (secret.String, error) { return old.Open(sealed[:6], "org_1", "crm_configs", "refresh_token") },
	} {
		if got, err := open(); !errors.Is(err, secret.ErrSealed) {
			t.Errorf("%s: opened to %q, %v", name, got.Reveal(), err)
		}
	}
}

func TestParseKeyringNamesTheKeyNotItsValue(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"no colon": "abc", "short": "a:" + base64.StdEncoding.EncodeToString([]byte("short-secret")), "not base64": "a:!!!short-secret",
		"twice": key("a", 1) + "," + key("a", 2), "empty": "", "bad id": key("a b", 1),
	} {
		_, err := secret.ParseKeyring(in)
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		if strings.Contains(err.Error(), "short-secret") || !strings.Contains(err.Error(), "key ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestRotation: each step of it opens everything, and the last opens nothing that the old key has sealed.
func TestRotation(t *testing.T) {
	t.Parallel()
	where := []string{"org_1", "t", "c"}
	k := ring(t, key("old", 1))
	first := k.Seal(secret.NewString("x"), where...)
	for _, step := range []struct {
		keys  []string
		seals string
	}{{[]string{key("old", 1), key("new", 2)}, "old"}, {[]string{key("new", 2), key("old", 1)}, "new"}} {
		k.Replace(ring(t, step.keys...))
		if got, err := k.Open(first, where...); err != nil || got.Reveal() != "x" {
			t.Errorf("%s seals: %v", step.seals, err)
		}
		if got := secret.KeyOf(k.Seal(secret.NewString("y"), where...)); got != step.seals || k.IDs()[0] != step.seals {
			t.Errorf("sealed by %s, want %s", got, step.seals)
		}
	}
	again, err := k.Reseal(first, where...)
	if err != nil || secret.KeyOf(again) != "new" {
		t.Fatalf("resealed by %s: %v", secret.KeyOf(again), err)
	}
	if same, err := k.Reseal(again, where...); err != nil || same != again {
		t.Errorf("what is sealed by the new key must stay as it is: %v", err)
	}
	if _, err := k.Reseal(first, "org_2", "t", "c"); !errors.Is(err, secret.ErrSealed) {
		t.Errorf("resealed for another place: %v", err)
	}
	k.Replace(ring(t, key("new", 2)))
	if got, err := k.Open(again, where...); err != nil || got.Reveal() != "x" {
		t.Errorf("without the old key: %v", err)
	}
	if _, err := k.Open(first, where...); !errors.Is(err, secret.ErrSealed) {
		t.Errorf("the old key is gone, and yet: %v", err)
	}
}
