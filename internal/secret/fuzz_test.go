package secret_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/secret"
)

// FuzzSealed: what is sealed opens for its place and no other, a changed or invented value never opens, and a setting that
// is refused is not repeated in the error.
func FuzzSealed(f *testing.F) {
	key := "k1:" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))
	f.Add("refresh token", "org_1", "connections", uint8(0), key)
	f.Add("", "", "", uint8(9), key+","+strings.Replace(key, "k1", "k2", 1))
	f.Add("k1.", "a", "\x00b", uint8(200), "k1:short, :")
	f.Fuzz(func(t *testing.T, text, place, column string, at uint8, setting string) {
		ring, err := secret.ParseKeyring(key)
		if err != nil {
			t.Fatal(err)
		}
		sealed := ring.Seal(secret.NewString(text), place, column)
		if got, err := ring.Open(sealed, place, column); err != nil || got.Reveal() != text {
			t.Fatalf("%q does not open: %v", text, err)
		}
		if sealed != "" {
			changed := []byte(sealed)
			changed[int(at)%len(changed)] ^= 2
			for name, err := range map[string]error{
				"another place": second(ring.Open(sealed, place+column, "")), "a wider place": second(ring.Open(sealed, place)), "another column": second(ring.Open(sealed, place, column+"x")),
				"a changed value": second(ring.Open(string(changed), place, column)), "half a value": second(ring.Open(sealed[:len(sealed)-1-int(at)%(len(sealed)-1)], place, column)),
			} {
				if (name != "another place" || column != "") && !errors.Is(err, secret.ErrSealed) {
					t.Fatalf("%s opens: %v", name, err)
				}
			}
		}
		if _, err := ring.Open(text, place, column); text != "" && text != sealed && !errors.Is(err, secret.ErrSealed) {
			t.Fatalf("%q opens: %v", text, err)
		}
		other, err := secret.ParseKeyring(setting)
		if err != nil {
			for _, part := range strings.Split(setting, ",") {
				if _, v, ok := strings.Cut(part, ":"); ok && len(v) > 12 && strings.Contains(err.Error(), v) {
					t.Fatalf("the error repeats %q: %v", v, err)
				}
			}
			return
		}
		if again, err := other.Open(other.Seal(secret.NewString(text), place), place); err != nil || again.Reveal() != text || len(other.IDs()) != strings.Count(setting, ":") {
			t.Fatalf("%q gives a ring that opens nothing: %v", setting, err)
		}
	})
}

func second(_ secret.String, err error) error { return err }
