// Package secret keeps secrets from being seen: a String that never prints, and a Keyring that seals what is stored.
//
// Client secrets, refresh and access tokens, manage links and passwords travel through the program as String, whose
// every way of printing (fmt, slog, encoding) shows a placeholder. At rest they are sealed with AES-256-GCM under a key
// of the Keyring; the associated data names organization, table and column, so that a sealed value that somebody
// copies to another row does not open. The first key seals, all keys open: rotation is adding a key in front, sealing
// anew what older keys have sealed, and taking them away; the keys of a Keyring in use can be replaced.
//
// The package never writes a secret anywhere; Reveal is the one place where it leaves.
package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
)

const placeholder = "[secret]"

// String is a text that never prints. The zero value is the empty secret. It holds a pointer because fmt calls no
// methods on unexported fields of a struct: there it shows an address.
type String struct{ v *string }

// NewString wraps a text.
func NewString(v string) String {
	if v == "" {
		return String{}
	}
	return String{&v}
}

// Reveal gives the text: call it where the secret goes out (a header, a form, a comparison) and nowhere else.
func (s String) Reveal() string {
	if s.v == nil {
		return ""
	}
	return *s.v
}

// Empty reports whether there is nothing in it.
func (s String) Empty() bool { return s.v == nil }

// Fingerprint gives eight hex digits by which a person can tell two secrets apart; "" for the empty secret.
func (s String) Fingerprint() string {
	if s.v == nil {
		return ""
	}
	sum := sha256.Sum256([]byte("fingerprint:" + *s.v))
	return hex.EncodeToString(sum[:4])
}

// String, GoString, Format, LogValue, MarshalText: whatever prints it shows the placeholder.
func (s String) String() string               { return placeholder }
func (s String) GoString() string             { return placeholder }
func (s String) Format(f fmt.State, _ rune)   { _, _ = f.Write([]byte(placeholder)) }
func (s String) LogValue() slog.Value         { return slog.StringValue(placeholder) }
func (s String) MarshalText() ([]byte, error) { return []byte(placeholder), nil }

// UnmarshalText lets settings be read into a String.
func (s *String) UnmarshalText(b []byte) error {
	*s = NewString(string(b))
	return nil
}

// Keyring seals with its first key and opens with any. It is safe for use by several goroutines.
type Keyring struct{ keys atomic.Pointer[keys] }

type keys struct {
	ids  []string
	aead map[string]cipher.AEAD
}

var keyID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)

// ParseKeyring reads `id:base64-of-32-bytes`, comma-separated; the first seals. The error names the key by its
// position and id, never by its value.
func ParseKeyring(s string) (*Keyring, error) {
	k := &keys{aead: map[string]cipher.AEAD{}}
	for i, part := range strings.Split(s, ",") {
		name, val, ok := strings.Cut(strings.TrimSpace(part), ":")
		if !ok || !keyID.MatchString(name) {
			return nil, fmt.Errorf("key %d: want id:base64-of-32-bytes, the id of letters, digits, - and _", i+1)
		}
		raw, err := base64.StdEncoding.DecodeString(val)
		if err != nil || len(raw) != 32 {
			return nil, fmt.Errorf("key %d (%s): want 32 bytes in standard base64", i+1, name)
		}
		if _, twice := k.aead[name]; twice {
			return nil, fmt.Errorf("key %d (%s): this id is there twice", i+1, name)
		}
		block, err := aes.NewCipher(raw)
		if err != nil {
			return nil, fmt.Errorf("key %d (%s): %w", i+1, name, err)
		}
		gcm, err := cipher.NewGCM(block)
		if err != nil {
			return nil, fmt.Errorf("key %d (%s): %w", i+1, name, err)
		}
		k.ids = append(k.ids, name)
		k.aead[name] = gcm
	}
	var ring Keyring
	ring.keys.Store(k)
	return &ring, nil
}

// Replace makes the keys of another ring the keys of this one, for whoever holds it.
func (k *Keyring) Replace(by *Keyring) { k.keys.Store(by.keys.Load()) }

// IDs names the keys; the first seals.
func (k *Keyring) IDs() []string { return slices.Clone(k.keys.Load().ids) }

// KeyOf names the key that has sealed a value; "" for the empty secret.
func KeyOf(sealed string) string {
	name, _, _ := strings.Cut(sealed, ".")
	return name
}

// Reseal seals a value anew for the same place; as it is when the first key has sealed it already. ErrSealed as with Open.
func (k *Keyring) Reseal(sealed string, where ...string) (string, error) {
	if sealed == "" || KeyOf(sealed) == k.keys.Load().ids[0] {
		return sealed, nil
	}
	s, err := k.Open(sealed, where...)
	if err != nil {
		return "", err
	}
	return k.Seal(s, where...), nil
}

// ErrSealed says that a sealed value does not open: unknown key, changed bytes, or another place than it was sealed for.
var ErrSealed = errors.New("sealed value does not open")

// Seal gives `keyid.base64url(nonce ‖ ciphertext)`. where names the place, from the outside in: organization, table,
// column, row. The empty secret seals to "".
func (k *Keyring) Seal(s String, where ...string) string {
	if s.v == nil {
		return ""
	}
	plain := *s.v
	keys := k.keys.Load()
	gcm := keys.aead[keys.ids[0]]
	nonce := make([]byte, gcm.NonceSize(), gcm.NonceSize()+len(plain)+gcm.Overhead())
	_, _ = rand.Read(nonce)
	out := gcm.Seal(nonce, nonce, []byte(plain), associated(where))
	return keys.ids[0] + "." + base64.RawURLEncoding.EncodeToString(out)
}

// Open undoes Seal for the same place; ErrSealed when it can't.
func (k *Keyring) Open(sealed string, where ...string) (String, error) {
	if sealed == "" {
		return String{}, nil
	}
	name, val, ok := strings.Cut(sealed, ".")
	gcm := k.keys.Load().aead[name]
	if !ok || gcm == nil {
		return String{}, ErrSealed
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(val) // bits at its end that mean nothing must be as they were too
	if err != nil || len(raw) < gcm.NonceSize() {
		return String{}, ErrSealed
	}
	plain, err := gcm.Open(nil, raw[:gcm.NonceSize()], raw[gcm.NonceSize():], associated(where))
	if err != nil {
		return String{}, ErrSealed
	}
	return NewString(string(plain)), nil
}

// associated joins the parts of a place so that no two places give the same bytes.
func associated(where []string) []byte {
	var b strings.Builder
	for _, w := range where {
		fmt.Fprintf(&b, "%d:%s", len(w), w)
	}
	return []byte(b.String())
}
