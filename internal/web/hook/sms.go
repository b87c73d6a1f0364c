package hook

import (
	"context"
	"crypto/subtle"
	"io"
	"net/http"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/sms"
)

// maxText is the largest form of a provider of text messages that is read: a long message with its circumstances.
const maxText = 64 << 10

// Texts hears what phones answer and what providers report.
type Texts interface {
	Answered(ctx context.Context, phone, text string) (answer string, err error)
	Report(ctx context.Context, messageID, status, code string) error
}

// Provider is how a provider of text messages shows that it is the one.
type Provider struct {
	Path secret.String   // end of the address that it was given; without one there is nothing there
	Keys []secret.String // with one of which it signs what it posts; none: it signs nothing
	Base string          // address of the platform, as the provider knows it
}

// SMS is the handler of /hooks/sms/{secret}: a provider of text messages posts what somebody has written back, and sends what
// it is answered.
func SMS(t Texts, p Provider, failed func(context.Context, error)) http.Handler {
	return p.door(failed, func(w http.ResponseWriter, r *http.Request) error {
		said, err := t.Answered(r.Context(), r.PostForm.Get("From"), r.PostForm.Get("Body"))
		if err != nil {
			return err
		}
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		_, _ = io.WriteString(w, sms.Reply(said))
		return nil
	})
}

// SMSReport is the handler of /hooks/sms/{secret}/report: the provider tells what became of the message that the address names.
func SMSReport(t Texts, p Provider, failed func(context.Context, error)) http.Handler {
	return p.door(failed, func(w http.ResponseWriter, r *http.Request) error {
		if err := t.Report(r.Context(), r.URL.Query().Get("message"), r.PostForm.Get("MessageStatus"), r.PostForm.Get("ErrorCode")); err != nil {
			return err
		}
		answer(w, http.StatusOK)
		return nil
	})
}

// door lets in whoever knows the secret end of the address and signs, where that is known, what they post.
func (p Provider) door(failed func(context.Context, error), h func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.Path.Empty() || subtle.ConstantTimeCompare([]byte(id.Hash(r.PathValue("secret"))), []byte(id.Hash(p.Path.Reveal()))) != 1 {
			answer(w, http.StatusNotFound)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxText)
		if err := r.ParseForm(); err != nil {
			answer(w, http.StatusBadRequest)
			return
		}
		if len(p.Keys) > 0 && !sms.Signed(p.Keys, p.Base+r.URL.RequestURI(), r.PostForm, r.Header.Get(sms.SignatureHeader)) {
			answer(w, http.StatusForbidden)
			return
		}
		err := h(w, r)
		switch {
		case err == nil:
		case fault.Is(err, fault.Invalid), fault.Is(err, fault.NotFound): // nothing that trying again would mend
			answer(w, http.StatusAccepted)
		default:
			failed(r.Context(), err)
			answer(w, http.StatusServiceUnavailable)
		}
	})
}
