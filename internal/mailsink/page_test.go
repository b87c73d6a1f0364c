package mailsink_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"heavyset.tech/platform/internal/mailsink"
)

func get(t *testing.T, s *mailsink.Sink, path string) *http.Response {
	t.Helper()
	// What the platform's own middleware sets must not decide here.
	outer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Frame-Options", "outer")
		w.Header().Set("Content-Security-Policy", "outer")
		s.Handler().ServeHTTP(w, r)
	})
	rec := httptest.NewRecorder()
	outer.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
	return rec.Result()
}

func document(t *testing.T, s *mailsink.Sink, path string) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(get(t, s, path).Body)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func sink(t *testing.T, raws ...string) *mailsink.Sink {
	t.Helper()
	s, addr := start(t, mailsink.Options{})
	for _, raw := range raws {
		if err := send(addr, "bounce@ridgeline.example", []string{"ann@example.com"}, raw); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestJSONHasExactlyThePromisedMembers(t *testing.T) {
	t.Parallel()
	res := get(t, sink(t, simple("older"), invitation), "/_demo/mail")
	if got := res.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("type %q", got)
	}
	var list []map[string]any
	if err := json.NewDecoder(res.Body).Decode(&list); err != nil {
		t.Fatal(err)
	}
	if len(list) != 2 || list[1]["subject"] != "older" {
		t.Fatalf("want two, newest first: %v", list)
	}
	members := func(v any) string {
		var out []string
		for k := range v.(map[string]any) {
			out = append(out, k)
		}
		slices.Sort(out)
		return strings.Join(out, " ")
	}
	m := list[0]
	for _, c := range []struct {
		what, want string
		of         any
	}{
		{"message", "attachments envelope headers html id subject text to", m},
		{"envelope", "from rcpt", m["envelope"]},
		{"attachment", "content_type filename text", m["attachments"].([]any)[0]},
	} {
		if got := members(c.of); got != c.want {
			t.Errorf("%s has %q, want %q", c.what, got, c.want)
		}
	}
	if got := m["headers"].(map[string]any)["Message-ID"].([]any)[0]; got != "<apt_1.booked@ridgeline.example>" {
		t.Errorf("headers: %v", got)
	}
	if list[1]["attachments"] == nil || list[1]["to"] == nil {
		t.Error("an empty list must be [], not null")
	}
}

func TestJSONOfNothingIsAnEmptyList(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	_ = get(t, sink(t), "/_demo/mail").Write(&b)
	if !strings.HasSuffix(b.String(), "\r\n\r\n[]\n") {
		t.Errorf("got %s", b.String())
	}
}

const hostile = `From: "<script>alert(1)</script>" <a@example.com>
To: "<img src=x onerror=alert(1)>" <b@example.com>
Subject: <script>alert('subject')</script>
X-<script>alert(1)</script>: <svg onload=alert(1)>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: text/plain

<script>alert('text')</script> javascript:alert(1) https://evil.example/?"onmouseover=alert(1) http://ok.example/manage/tok_1.
--x
Content-Type: text/html

<script>alert('html')</script><form action=https://evil.example><input name=p></form><a href=https://ok.example target=_blank>go</a>
--x
Content-Type: text/html
Content-Disposition: attachment; filename="../../<script>.html\"; x=\"y"

<script>alert('file')</script>
--x--
`

func TestNothingHostileRuns(t *testing.T) {
	t.Parallel()
	s := sink(t, hostile)
	for _, path := range []string{"/_demo/mail/", "/_demo/mail/00000001"} {
		doc := document(t, s, path)
		if n := doc.Find("script, form, svg, img, [onerror], [onload], [onmouseover], [style]").Length(); n != 0 {
			t.Errorf("%s has %d things that run", path, n)
		}
		if got := doc.Find("h1, .subject").Text(); !strings.Contains(got, "<script>alert('subject')</script>") {
			t.Errorf("%s must show the subject as text, shows %q", path, got)
		}
		doc.Find("a").Each(func(_ int, a *goquery.Selection) {
			href := a.AttrOr("href", "")
			if !strings.HasPrefix(href, "/_demo/mail/") && a.AttrOr("rel", "") != "noopener noreferrer" {
				t.Errorf("link without rel: %q", href)
			}
			if strings.HasPrefix(href, "javascript:") {
				t.Errorf("link that runs: %q", href)
			}
		})
	}

	doc := document(t, s, "/_demo/mail/00000001")
	if doc.Find(`a[href="http://ok.example/manage/tok_1"]`).Length() != 1 {
		t.Error("an address in the text must be a link, without the full stop behind it")
	}
	if got := doc.Find("iframe").AttrOr("sandbox", "none"); got != "allow-popups allow-popups-to-escape-sandbox" {
		t.Errorf("frame's sandbox: %q", got)
	}
}

func TestEveryAnswerHasItsPolicy(t *testing.T) {
	t.Parallel()
	s := sink(t, hostile)
	for path, want := range map[string]struct{ kind, frame, policy string }{
		"/_demo/mail":                        {"application/json", "DENY", "default-src 'none'"},
		"/_demo/mail/":                       {"text/html; charset=utf-8", "DENY", "default-src 'none'; style-src 'self'"},
		"/_demo/mail/site.css":               {"text/css; charset=utf-8", "DENY", "default-src 'none'"},
		"/_demo/mail/00000001":               {"text/html; charset=utf-8", "DENY", "frame-ancestors 'none'"},
		"/_demo/mail/00000001/html":          {"text/html; charset=utf-8", "SAMEORIGIN", "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'"},
		"/_demo/mail/00000001/attachments/0": {"application/octet-stream", "DENY", "sandbox"},
	} {
		res := get(t, s, path)
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", path, res.Status)
		}
		h := res.Header
		if got := h.Get("Content-Type"); got != want.kind {
			t.Errorf("%s: type %q", path, got)
		}
		policy := h.Get("Content-Security-Policy")
		if !strings.Contains(policy, want.policy) || strings.Contains(policy, "script-src") || strings.Contains(policy, "allow-scripts") || strings.Contains(policy, "allow-same-origin") {
			t.Errorf("%s: policy %q", path, policy)
		}
		if h.Get("X-Frame-Options") != want.frame || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: headers %v", path, h)
		}
	}
}

func TestLinksOfAMessageOpenBesideItsFrame(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`<p><a href="https://ok.example">go</a></p>`:                                 `<base target="_blank"><p><a href="https://ok.example">go</a></p>`,
		`<!doctype html><html><HEAD class="x"><title>t</title></head><body></body>`:  `<!doctype html><html><HEAD class="x"><base target="_blank"><title>t</title></head><body></body>`,
		`<!doctype html><html><head><title>t</title></head><header></header></html>`: `<!doctype html><html><head><base target="_blank"><title>t</title></head><header></header></html>`,
		`<header>no head</header>`:                                                   `<base target="_blank"><header>no head</header>`,
	} {
		s := sink(t, "Content-Type: text/html\n\n"+in)
		got, err := io.ReadAll(get(t, s, "/_demo/mail/00000001/html").Body)
		if err != nil || strings.TrimSpace(string(got)) != want {
			t.Errorf("%s is shown as %s, %v", in, got, err)
		}
	}
}

func TestAnAttachmentIsSavedUnderAHarmlessName(t *testing.T) {
	t.Parallel()
	res := get(t, sink(t, hostile), "/_demo/mail/00000001/attachments/0")
	if got, want := res.Header.Get("Content-Disposition"), `attachment; filename="<script>.html\"; x=\"y"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	t.Parallel()
	s := sink(t, invitation)
	for _, path := range []string{
		"/_demo/mail/00000002", "/_demo/mail/00000002/html", "/_demo/mail/00000001/attachments/4", "/_demo/mail/00000001/attachments/-1",
		"/_demo/mail/00000001/attachments/x", "/_demo/mail/00000002/attachments/0", "/_demo/mail/..%2F..%2Fetc%2Fpasswd", "/_demo/mail/page/site.css",
	} {
		if res := get(t, s, path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
}

func TestAPersonSeesTheMessage(t *testing.T) {
	t.Parallel()
	s := sink(t)
	if got := document(t, s, "/_demo/mail/").Find(".empty").Text(); !strings.Contains(got, "No mail yet") {
		t.Errorf("empty list says %q", got)
	}
	s = sink(t, invitation)
	if got := document(t, s, "/_demo/mail/").Find(`a[href="/_demo/mail/00000001"]`).Text(); !strings.Contains(got, "ann@example.com") || !strings.Contains(got, "2026-11-23 12:00:00 UTC") {
		t.Errorf("list shows %q", got)
	}
	doc := document(t, s, "/_demo/mail/00000001")
	if got := doc.Find("details pre").First().Text(); !strings.HasPrefix(got, "BEGIN:VCALENDAR") {
		t.Errorf("the invitation is not shown: %q", got)
	}
	if got := doc.Find("section pre").First().Text(); !strings.HasPrefix(got, "A line that is folded, 🏠") {
		t.Errorf("the text is not shown: %q", got)
	}
	if got := doc.Find("dt:contains('Message-ID') + dd").Text(); got != "<apt_1.booked@ridgeline.example>" {
		t.Errorf("the headers are not shown: %q", got)
	}
}
