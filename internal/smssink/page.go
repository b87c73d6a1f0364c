package smssink

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"embed"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html/template"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"heavyset.tech/platform/internal/sinkpage"
)

const base = "/_demo/sms"

// The page runs nothing and fetches nothing but its stylesheet.
const policy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

//go:embed page/*.html
var files embed.FS

//go:embed page/site.css
var style string

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"clock": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") },
	"iso":   func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"spans": sinkpage.Spans,
	"count": utf8.RuneCountInString,
}).ParseFS(files, "page/*.html"))

// Handler answers `GET /_demo/sms` with all messages as JSON, newest first, and shows them to a person at `/_demo/sms/`;
// `POST /_demo/sms/Messages.json` takes a message as a provider does, `POST /_demo/sms/answer` one that somebody writes back.
func (s *Sink) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+base, func(w http.ResponseWriter, _ *http.Request) {
		sinkpage.Head(w, "application/json", policy)
		_ = json.NewEncoder(w).Encode(s.Texts())
	})
	mux.HandleFunc("GET "+base+"/{$}", s.show)
	mux.HandleFunc("GET "+base+"/site.css", sinkpage.Style(style, policy))
	mux.HandleFunc("POST "+base+"/Messages.json", s.take)
	mux.HandleFunc("POST "+base+"/answer", s.answer)
	return mux
}

// talk is what one phone has got and written.
type talk struct {
	Phone string
	Texts []Text // oldest first
}

// show lists the phones, the one with the newest message first.
func (s *Sink) show(w http.ResponseWriter, _ *http.Request) {
	var list []talk
	for _, t := range s.Texts() {
		phone := t.To
		if t.Answer {
			phone = t.From
		}
		i := slices.IndexFunc(list, func(x talk) bool { return x.Phone == phone })
		if i < 0 {
			list, i = append(list, talk{Phone: phone}), len(list)
		}
		list[i].Texts = append(list[i].Texts, t)
	}
	for _, t := range list {
		slices.Reverse(t.Texts)
	}
	sinkpage.Head(w, "text/html; charset=utf-8", policy)
	_ = pages.ExecuteTemplate(w, "list.html", list) // an error here is a connection that has gone
}

// take is the provider's call.
func (s *Sink) take(w http.ResponseWriter, r *http.Request) {
	say := func(status int, v any) {
		sinkpage.Head(w, "application/json", policy)
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}
	if user, password, _ := r.BasicAuth(); user != Account || password != Password {
		say(http.StatusUnauthorized, map[string]any{"code": 20003, "message": "Authenticate"})
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	t := Text{From: r.PostFormValue("From"), To: r.PostFormValue("To"), Body: r.PostFormValue("Body")}
	if !strings.HasPrefix(t.To, "+") || t.Body == "" {
		say(http.StatusBadRequest, map[string]any{"code": 21211, "message": "Invalid 'To' Phone Number"})
		return
	}
	t, refused, err := s.keep(t)
	switch {
	case err != nil:
		say(http.StatusInternalServerError, map[string]any{"code": 20500, "message": err.Error()})
	case refused:
		w.Header().Set("Retry-After", "1")
		say(http.StatusTooManyRequests, map[string]any{"code": 20429, "message": "Too many requests"})
	default:
		say(http.StatusCreated, map[string]any{"sid": t.ID, "status": "queued"})
	}
}

// answer is what somebody writes back on their phone.
func (s *Sink) answer(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	t := Text{From: r.PostFormValue("phone"), To: Number, Body: strings.TrimSpace(r.PostFormValue("body")), Answer: true}
	if t.From == "" || t.Body == "" {
		http.Error(w, "phone and body are missing", http.StatusUnprocessableEntity)
		return
	}
	t, _, err := s.keep(t)
	if err == nil {
		err = s.post(r.Context(), t)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	http.Redirect(w, r, base+"/", http.StatusSeeOther)
}

// signature signs what is posted, as providers do with the account's password.
func signature(address string, form url.Values) string {
	text := address
	for _, name := range slices.Sorted(maps.Keys(form)) {
		text += name + form.Get(name)
	}
	mac := hmac.New(sha1.New, []byte(Password))
	_, _ = mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// post tells the platform, and keeps what it says to that.
func (s *Sink) post(ctx context.Context, t Text) error {
	form := url.Values{"MessageSid": {t.ID}, "From": {t.From}, "To": {t.To}, "Body": {t.Body}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.opts.Hook, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Twilio-Signature", signature(s.opts.Hook, form))
	resp, err := s.client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the platform answers %s", resp.Status)
	}
	var said struct {
		Messages []string `xml:"Message"`
	}
	if err := xml.Unmarshal(raw, &said); err != nil {
		return fmt.Errorf("read what the platform says: %w", err)
	}
	for _, body := range said.Messages {
		if _, _, err := s.keep(Text{From: t.To, To: t.From, Body: body}); err != nil {
			return err
		}
	}
	return nil
}
