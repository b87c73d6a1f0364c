package store

import (
	"encoding/base64"
	"strconv"
	"strings"

	"heavyset.tech/platform/internal/fault"
)

// cursor is where a page ended: an instant and an id. People see it only as an opaque word.
type cursor struct {
	at int64
	id string
}

// String writes a cursor for an address.
func (c cursor) String() string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(c.at, 36) + "." + c.id))
}

// readCursor reads what String wrote for a list of ids that begin with this word; "" is the beginning.
func readCursor(s, kind string) (cursor, error) {
	if s == "" {
		return cursor{at: -1 << 62}, nil
	}
	bad := fault.OfField("cursor", "is not one that a list gave.")
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return cursor{}, bad
	}
	n, id, ok := strings.Cut(string(raw), ".")
	at, err := strconv.ParseInt(n, 36, 64)
	if err != nil || !ok || !strings.HasPrefix(id, kind+"_") || len(id) > 100 || strings.ContainsFunc(id, func(r rune) bool { return r < 0x20 || r > 0x7e }) {
		return cursor{}, bad
	}
	return cursor{at, id}, nil
}

// pageSize bounds a page: 50 when nobody says, at most 200.
func pageSize(n int) int {
	if n <= 0 {
		return 50
	}
	return min(n, 200)
}
