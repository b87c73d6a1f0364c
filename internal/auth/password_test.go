package auth_test

import (
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store/storetest"
)

func TestCheckPassword(t *testing.T) {
	t.Parallel()
	own := []string{"Rae Ridgeline", "rae@ridgeline.example", "Ridgeline Roofing"}
	for password, ok := range map[string]bool{
		"seven!1":                 false, // seven characters
		"eight!xq":                true,
		strings.Repeat("é ü", 85): true, // 255 characters, of any kind
		strings.Repeat("x1", 129): false,
		"password":                false,
		"Passw0rd":                false,
		"Sunshine99!":             false, // one of the list with something added
		"qwertyuiop":              false,
		"aaaaaaaaaaaa":            false,
		"abcdefghijk":             false,
		"98765432":                false,
		"Ridgeline2026":           false,
		"rae-ridgeline-1":         false,
		"HeavySet123!":            false,
		"ridgeline kettle seven":  true, // an own word among others
		"correct horse battery":   true,
		"        x        ":       true, // blanks count
	} {
		err := auth.CheckPassword(secret.NewString(password), own...)
		if (err == nil) != ok || err != nil && (!fault.Is(err, fault.Invalid) || fault.As(err).Fields[0].Path != "password") {
			t.Errorf("%q: %v", password, err)
		}
		if err != nil && len(password) > 8 && strings.Contains(err.Error(), password) {
			t.Errorf("%q is in its own error", password)
		}
	}
}

// TestPasswordsCostWhatOWASPAsks: argon2id of 19 MiB, two passes, one lane, or more.
func TestPasswordsCostWhatOWASPAsks(t *testing.T) {
	t.Parallel()
	clock := func() time.Time { return time.Unix(0, 0) }
	s, err := auth.New(storetest.Open(t, storetest.URLs(t, "sqlite"), clock, nil), clock)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.CreateUser(t.Context(), auth.NewUser{Email: "jo@x.example", Password: secret.NewString("correct horse"), Role: auth.Engineer}); err != nil {
		t.Fatal(err)
	}
	u, err := s.Store.UserByEmail(t.Context(), "jo@x.example")
	if err != nil || !strings.HasPrefix(u.PasswordHash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("%.40s %v", u.PasswordHash, err)
	}
}
