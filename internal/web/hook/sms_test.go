package hook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/web/hook"
)

// phones hear what the tests send.
type phones struct {
	got    []string
	answer string
	err    error
}

func (p *phones) Answered(_ context.Context, phone, text string) (string, error) {
	p.got = append(p.got, phone+" "+text)
	return p.answer, p.err
}

func (p *phones) Report(_ context.Context, message, status, code string) error {
	p.got = append(p.got, message+" "+status+" "+code)
	return p.err
}

func TestTextMessagesComeIn(t *testing.T) {
	t.Parallel()
	const key = "a-secret-of-twenty-or-more"
	for _, c := range []struct {
		name, set, path, body string
		err                   error
		want                  int
		heard                 string
	}{
		{"an answer", key, key, "From=%2B13125550199&Body=STOP", nil, http.StatusOK, "+13125550199 STOP"},
		{"a report", key, key + "/report?message=apt_1.1%40hs.example", "MessageStatus=failed&ErrorCode=30003", nil, http.StatusOK, "apt_1.1@hs.example failed 30003"},
		{"another secret", key, key + "x", "From=%2B1&Body=STOP", nil, http.StatusNotFound, ""},
		{"a report with another secret", key, key + "x/report?message=1", "MessageStatus=failed", nil, http.StatusNotFound, ""},
		{"none is set", "", "x", "From=%2B1&Body=STOP", nil, http.StatusNotFound, ""},
		{"no form", key, key, "%zz", nil, http.StatusBadRequest, ""},
		{"too large", key, key, "Body=" + strings.Repeat("x", 64<<10), nil, http.StatusBadRequest, ""},
		{"our own mistake", key, key, "From=%2B1&Body=STOP", errors.New("x"), http.StatusServiceUnavailable, "+1 STOP"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, failures := &phones{err: c.err, answer: "a<b"}, 0
			failed := func(context.Context, error) { failures++ }
			mux := http.NewServeMux()
			mux.Handle("POST /hooks/sms/{secret}", hook.SMS(p, hook.Provider{Path: secret.NewString(c.set)}, failed))
			mux.Handle("POST /hooks/sms/{secret}/report", hook.SMSReport(p, hook.Provider{Path: secret.NewString(c.set)}, failed))
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hooks/sms/"+c.path, strings.NewReader(c.body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			rec := httptest.NewRecorder()
			mux.ServeHTTP(rec, r)
			if rec.Code != c.want || strings.Join(p.got, "|") != c.heard || (failures > 0) != (c.want == http.StatusServiceUnavailable) {
				t.Errorf("%d, heard %q, %d failures", rec.Code, p.got, failures)
			}
			if c.name == "an answer" && (!strings.Contains(rec.Body.String(), "<Message>a&lt;b</Message>") || !strings.HasPrefix(rec.Header().Get("Content-Type"), "text/xml")) {
				t.Errorf("%s %s", rec.Header().Get("Content-Type"), rec.Body)
			}
		})
	}
}

// TestProvidersThatSign: with a key nothing is heard that is not signed for this very address and form.
func TestProvidersThatSign(t *testing.T) {
	t.Parallel()
	const key, path, report = "12345", "a-secret-of-twenty-or-more", "/report?message=apt_1.1%40hs.example"
	sign := func(with, address string, form url.Values) string {
		var names []string
		for n := range form {
			names = append(names, n)
		}
		slices.Sort(names)
		for _, n := range names {
			address += n + form.Get(n)
		}
		mac := hmac.New(sha1.New, []byte(with))
		_, _ = mac.Write([]byte(address))
		return base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	stop := url.Values{"From": {"+13125550199"}, "Body": {"STOP"}, "To": {"+13125550100"}}
	const here = "https://hs.example/hooks/sms/" + path
	for name, c := range map[string]struct {
		path, signature string
		want            int
	}{
		"signed":                    {"", sign(key, here, stop), http.StatusOK},
		"a signed report":           {report, sign(key, here+report, stop), http.StatusOK},
		"not signed":                {"", "", http.StatusForbidden},
		"signed with another key":   {"", sign("54321", here, stop), http.StatusForbidden},
		"signed for the report":     {"", sign(key, here+report, stop), http.StatusForbidden},
		"the report of another":     {report + "0", sign(key, here+report, stop), http.StatusForbidden},
		"signed for another phone":  {"", sign(key, here, url.Values{"From": {"+13125550198"}, "Body": {"STOP"}, "To": {"+13125550100"}}), http.StatusForbidden},
		"signed, by another's path": {"x", sign(key, here+"x", stop), http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &phones{}
			door := hook.Provider{Path: secret.NewString(path), Keys: []secret.String{secret.NewString(key)}, Base: "https://hs.example"}
			mux := http.NewServeMux()
			mux.Handle("POST /hooks/sms/{secret}", hook.SMS(p, door, nil))
			mux.Handle("POST /hooks/sms/{secret}/report", hook.SMSReport(p, door, nil))
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hooks/sms/"+path+c.path, strings.NewReader(stop.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if c.signature != "" {
				r.Header.Set("X-Twilio-Signature", c.signature)
			}
			rec := httptest.NewRecorder()
			mux.ServeHTTP(rec, r)
			if rec.Code != c.want || (len(p.got) > 0) != (c.want == http.StatusOK) {
				t.Errorf("%d, heard %q", rec.Code, p.got)
			}
		})
	}
}
