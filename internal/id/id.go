// Package id makes identifiers and tokens.
//
// An identifier names a thing for ever: it is made in Go before the row is inserted, sorts by the time it was made and
// shows by its prefix what it names (`apt_01jd…`). It is no secret. Each noun wraps it in a type of its own
// (booking.AppointmentID), so that two nouns can't be confused.
//
// A token is a secret that whoever holds it may use: 256 random bits, never stored as it is but as Hash, and sealed
// where it must be shown again. The package keeps no state and knows no noun.
package id

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"time"
)

// base32hex keeps the order of the bytes; lower case reads better in addresses.
var encoding = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)

// New gives an identifier `prefix_` + 26 characters: 48 bits of now in milliseconds, then 80 random bits. Two made in
// the same millisecond differ, but their order is random.
func New(prefix string, now time.Time) string {
	var b [16]byte
	ms := uint64(now.UnixMilli())
	for i := range 6 {
		b[i] = byte(ms >> (8 * (5 - i)))
	}
	_, _ = rand.Read(b[6:]) // crypto/rand.Read never fails: it ends the process instead
	return prefix + "_" + encoding.EncodeToString(b[:])
}

// Made gives when an identifier was made, to the millisecond; false for what is none.
func Made(id string) (time.Time, bool) {
	_, body, _ := strings.Cut(id, "_")
	b, err := encoding.DecodeString(body)
	if err != nil || len(b) != 16 {
		return time.Time{}, false
	}
	ms := int64(0)
	for _, x := range b[:6] {
		ms = ms<<8 | int64(x)
	}
	return time.UnixMilli(ms).UTC(), true
}

// Token gives 256 random bits in 43 characters that are safe in an address.
func Token() string {
	var b [32]byte
	_, _ = rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// Hash gives the SHA-256 of a token in hex, to store and to look it up. Enough for tokens of full entropy; passwords
// need a slow hash.
func Hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
