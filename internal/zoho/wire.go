package zoho

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// maxBody is how much of an answer is read: a full page of 200 records with every field is far below it.
const maxBody = 32 << 20

// userAgent tells Zoho's support whose calls these are.
const userAgent = "HeavySet"

// NewHTTPClient makes the client that calls Zoho: certificates checked, TLS 1.2 or newer, no proxy from the
// environment, no cookies, no redirects. A whole call is bounded by the caller's context; two minutes without a first
// byte end it in any case.
func NewHTTPClient() *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Client{
		CheckRedirect: stayHere,
		Transport: &http.Transport{
			Proxy:                  nil,
			DialContext:            dialer.DialContext,
			ForceAttemptHTTP2:      true,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    10 * time.Second,
			ResponseHeaderTimeout:  2 * time.Minute,
			ExpectContinueTimeout:  time.Second,
			IdleConnTimeout:        90 * time.Second,
			MaxIdleConns:           100,
			MaxIdleConnsPerHost:    16,
			MaxResponseHeaderBytes: 256 << 10,
		},
	}
}

func stayHere(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// wire sends one request and reads its answer; Accounts and Client share it.
type wire struct{ http *http.Client }

// newWire takes a client's transport and timeout, but neither its redirects nor its cookies.
func newWire(h *http.Client) wire {
	if h == nil {
		return wire{NewHTTPClient()}
	}
	own := *h
	own.CheckRedirect, own.Jar = stayHere, nil
	return wire{&own}
}

// answer is what came back, its body read and closed.
type answer struct {
	status int
	header http.Header
	body   []byte
	over   bool // the body was longer than maxBody, or maxFile; body is empty then
	filed  bool // the body is in the file
}

// maxFile is how much of a file is taken: 200,000 rows of bulk read, packed, are far below it.
const maxFile = 1 << 30

var errTooLarge = errors.New("the file is too large")

// isFile tells a file from the JSON of an error and the page of a gateway.
func isFile(contentType string) bool {
	kind, _, _ := mime.ParseMediaType(contentType)
	return kind != "application/json" && !strings.HasPrefix(kind, "text/")
}

// fill puts a body into a file from its beginning: an attempt before may have left something.
func fill(file *os.File, body io.Reader) error {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if err := file.Truncate(0); err != nil {
		return err
	}
	n, err := io.Copy(file, io.LimitReader(body, maxFile+1))
	if err == nil && n > maxFile {
		return errTooLarge
	}
	return err
}

// send fails with *TransportError only. With a file, what is neither a refusal nor a text goes there, up to maxFile.
func (w wire) send(ctx context.Context, r *http.Request, file *os.File) (answer, error) {
	if err := ctx.Err(); err != nil {
		return answer{}, &TransportError{Sent: NotSent, cause: err}
	}
	var t track
	r.Header.Set("User-Agent", userAgent)
	resp, err := w.http.Do(r.WithContext(httptrace.WithClientTrace(ctx, t.hooks())))
	if err != nil {
		var u *url.Error // its text has the address with the query
		if errors.As(err, &u) {
			err = u.Err
		}
		return answer{}, &TransportError{Sent: t.sent(err), cause: err}
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, header: resp.Header}
	if file != nil && a.status == http.StatusOK && isFile(resp.Header.Get("Content-Type")) {
		a.filed, err = true, fill(file, resp.Body)
		if errors.Is(err, errTooLarge) {
			return answer{status: a.status, header: a.header, over: true}, nil
		}
		if err != nil {
			return a, &TransportError{Sent: SentUnknown, Status: resp.StatusCode, cause: err}
		}
		return a, nil
	}
	a.body, err = io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return a, &TransportError{Sent: SentUnknown, Status: resp.StatusCode, cause: err}
	}
	if len(a.body) > maxBody {
		a.body, a.over = nil, true
	}
	return a, nil
}

// track follows one request to know whether it ever had a connection. The hooks run on the transport's goroutines, some
// after the call has ended.
type track struct{ asked, connected atomic.Bool }

func (t *track) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { t.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { t.connected.Store(true) },
	}
}

// sent says NotSent only on evidence: the transport reports its steps and never had a connection, or says itself that
// none could be made. What happens after that is unknown, even where no byte seems to have been written: HTTP/2 writes
// while a cancelled call returns.
func (t *track) sent(err error) Sent {
	var op *net.OpError
	var dns *net.DNSError
	switch {
	case t.connected.Load():
		return SentUnknown
	case t.asked.Load(), errors.As(err, &dns), errors.As(err, &op) && op.Op == "dial":
		return NotSent
	}
	return SentUnknown
}
