package web

import (
	"net/http"

	"github.com/klauspost/compress/gzhttp"
)

// compressed answers in gzip or zstd whoever can read it. Answers that hold a secret beside something that a stranger may
// choose would tell the secret by their length (BREACH): random padding takes that away.
func compressed(h http.Handler) (http.Handler, error) {
	wrap, err := gzhttp.NewWrapper(gzhttp.RandomJitter(64, 0, false))
	if err != nil {
		return nil, err
	}
	return wrap(h), nil
}
