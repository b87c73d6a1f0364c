package auth

import (
	"time"

	"heavyset.tech/platform/internal/secret"
)

// Matching is matching, for tests.
func Matching(key secret.String, code string, now time.Time) (int64, bool) {
	return matching(key, code, now)
}
