// Package hook takes in what a CRM tells of changes, mails that came back, and what phones answer to text messages.
//
// It stands before mirror: the secret end of the address and the token in the body say whose notification it is; what it
// says is a hint alone. It answers at once, takes no cookies and tells nobody whether an address is known.
package hook

import (
	"context"
	"crypto/subtle"
	"errors"
	"io"
	"net/http"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/secret"
)

// maxBody is the largest notification that is read: Zoho sends some hundred ids at most.
const maxBody = 1 << 20

// maxMail is the largest mail that is read: one that came back may hold all of it.
const maxMail = 10 << 20

// Hearer takes a notification in.
type Hearer interface {
	Hear(ctx context.Context, path string, body []byte) error
}

// Zoho is the handler of /hooks/zoho/{secret}. failed hears of what went wrong inside.
func Zoho(h Hearer, failed func(context.Context, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			answer(w, http.StatusRequestEntityTooLarge)
			return
		}
		if err != nil {
			answer(w, http.StatusBadRequest)
			return
		}
		err = h.Hear(r.Context(), r.PathValue("secret"), body)
		switch f := fault.As(err); {
		case err == nil:
			answer(w, http.StatusOK)
		case f != nil && f.Kind == fault.NotFound:
			answer(w, http.StatusNotFound)
		case f != nil && f.Kind == fault.Invalid:
			answer(w, http.StatusBadRequest)
		default: // Zoho may try again; the next round of reading finds the change in any case
			failed(r.Context(), err)
			answer(w, http.StatusServiceUnavailable)
		}
	})
}

// Bounced takes a notification in.
type Bounced interface {
	Bounce(ctx context.Context, raw []byte) error
}

// Mail is the handler of /hooks/mail/{secret}: a mail provider hands on, as they came in, mails to the address to which
// undeliverable ones return. Without a secret there is nothing there.
func Mail(b Bounced, key secret.String, failed func(context.Context, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if key.Empty() || subtle.ConstantTimeCompare([]byte(id.Hash(r.PathValue("secret"))), []byte(id.Hash(key.Reveal()))) != 1 {
			answer(w, http.StatusNotFound)
			return
		}
		raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxMail))
		if err != nil {
			answer(w, http.StatusRequestEntityTooLarge)
			return
		}
		err = b.Bounce(r.Context(), raw)
		switch f := fault.As(err); {
		case err == nil:
			answer(w, http.StatusOK)
		case f != nil && f.Kind == fault.Invalid: // an answer to a mail, spam: the provider must not try again
			answer(w, http.StatusAccepted)
		default:
			failed(r.Context(), err)
			answer(w, http.StatusServiceUnavailable)
		}
	})
}

func answer(w http.ResponseWriter, status int) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, http.StatusText(status)+"\n")
}
