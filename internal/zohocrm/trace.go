package zohocrm

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"time"

	"heavyset.tech/platform/internal/trace"
	"heavyset.tech/platform/internal/zoho"
)

// note puts a call into the trace that it belongs to.
func note(ctx context.Context, now time.Time, location string, c zoho.Call) {
	failed := ""
	switch {
	case c.Status == 0:
		failed = "no answer"
	case c.Status >= http.StatusBadRequest:
		failed = http.StatusText(c.Status)
	}
	attrs := []trace.Attr{
		trace.Text("http.request.method", c.Method), trace.Text("url.template", c.Path), trace.Number("http.response.status_code", c.Status),
		trace.Text("zoho.datacentre", location), trace.Number("zoho.credits", c.Credits),
	}
	if c.Module != "" {
		attrs = append(attrs, trace.Text("zoho.module", c.Module))
	}
	if c.Code != "" {
		attrs = append(attrs, trace.Text("zoho.code", word(c.Code)))
	}
	if c.Limited != "" {
		attrs = append(attrs, trace.Text("zoho.limit", string(c.Limited)))
	}
	trace.Note(ctx, "zoho "+c.Method+" "+c.Path, now.Add(-c.Duration), c.Duration, failed, attrs...)
}

// noteToken puts a call to Zoho Accounts that began at a time into the trace that it belongs to.
func (c *Connector) noteToken(ctx context.Context, began time.Time, location, path string, err error) {
	failed, status := "", http.StatusOK
	var e *zoho.OAuthError
	if errors.As(err, &e) {
		failed, status = string(e.Kind), e.Status
	}
	trace.Note(ctx, "zoho POST "+path, began, c.now().Sub(began), failed,
		trace.Text("http.request.method", http.MethodPost), trace.Text("url.template", path), trace.Number("http.response.status_code", status),
		trace.Text("zoho.datacentre", location), trace.Number("zoho.credits", 0))
}

var aWord = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,63}$`)

// word lets a code of Zoho's through, and nothing that somebody else may have written in its place.
func word(code string) string {
	if aWord.MatchString(code) {
		return code
	}
	return "unreadable"
}
