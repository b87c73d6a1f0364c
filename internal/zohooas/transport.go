package zohooas

import (
	"bytes"
	"io"
	"net/http"
)

// Transport judges what passes through it: requests before they are sent, answers once they are whole. An answer that
// breaks off passes unjudged and unchanged.
type Transport struct {
	Base     http.RoundTripper // nil: http.DefaultTransport
	Suite    *Suite
	To       Reporter
	Requests bool
	Answers  bool
}

// RoundTrip sends the request by Base.
func (x Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	base := x.Base
	if base == nil {
		base = http.DefaultTransport
	}
	if x.Suite.absent() || !covered(r) {
		return base.RoundTrip(r)
	}
	if x.Requests {
		x.Suite.CheckRequest(x.To, r, bodyOf(r))
	}
	res, err := base.RoundTrip(r)
	if err != nil || !x.Answers {
		return res, err
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		res.Body = broken{io.MultiReader(bytes.NewReader(body), failing{err}), res.Body}
		return res, nil
	}
	if err := res.Body.Close(); err != nil {
		return nil, err
	}
	x.Suite.CheckAnswer(x.To, r, res, body)
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}

// bodyOf reads a copy of a request's body; our client always offers one.
func bodyOf(r *http.Request) []byte {
	if r.GetBody == nil {
		return nil
	}
	copied, err := r.GetBody()
	if err != nil {
		return nil
	}
	defer func() { _ = copied.Close() }()
	body, _ := io.ReadAll(copied)
	return body
}

// broken is the body of an answer that broke off, to be read again to the same end.
type broken struct {
	io.Reader
	io.Closer
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
