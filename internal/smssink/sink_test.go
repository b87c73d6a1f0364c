package smssink_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/sms"
	"heavyset.tech/platform/internal/smssink"
)

func clock() time.Time { return time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC) }

// phone is a sink behind its address, and the sender that writes to it.
func phone(t *testing.T, o smssink.Options) (*smssink.Sink, string, *sms.Sender) {
	t.Helper()
	o.Now = clock
	s, err := smssink.New(o)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s.Handler())
	t.Cleanup(srv.Close)
	address := strings.Replace(srv.URL, "http://", "http://"+smssink.Account+":"+smssink.Password+"@", 1) + "/_demo/sms/Messages.json"
	out, err := sms.New(secret.NewString(address), smssink.Number, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s, srv.URL, out
}

// TestTheSinkIsAProvider: the real sender writes to it, and what it has shows as JSON and to a person.
func TestTheSinkIsAProvider(t *testing.T) {
	t.Parallel()
	heard := ""
	var platform *httptest.Server
	platform = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil || !sms.Signed([]secret.String{secret.NewString(smssink.Password)}, platform.URL, r.PostForm, r.Header.Get(sms.SignatureHeader)) {
			t.Errorf("not signed: %v", err)
		}
		heard = r.PostFormValue("From") + " " + r.PostFormValue("Body")
		_, _ = w.Write([]byte(sms.Reply("You said <" + r.PostFormValue("Body") + ">")))
	}))
	defer platform.Close()
	file := filepath.Join(t.TempDir(), "sms", "texts.jsonl")
	_, address, out := phone(t, smssink.Options{Hook: platform.URL, File: file})
	if err := out.Send(t.Context(), sms.Message{To: "+13125550199", Text: "See you: https://hs.example/a/t"}); err != nil {
		t.Fatal(err)
	}
	if resp, err := http.PostForm(address+"/_demo/sms/answer", url.Values{"phone": {"+13125550199"}, "body": {"STOP"}}); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%v %v", resp, err)
	}
	if heard != "+13125550199 STOP" {
		t.Errorf("the platform heard %q", heard)
	}
	want := []string{"You said <STOP>", "STOP", "See you: https://hs.example/a/t"}
	again, _, _ := phone(t, smssink.Options{File: file}) // after the process has died
	for i, text := range again.Texts() {
		if text.Body != want[i] || text.Answer != (i == 1) || !text.At.Equal(clock()) {
			t.Errorf("kept %+v", text)
		}
	}
	resp, err := http.Get(address + "/_demo/sms")
	if err != nil {
		t.Fatal(err)
	}
	var list []map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil || len(list) != 3 || list[2]["body"] != want[2] || list[2]["to"] != "+13125550199" || list[2]["from"] != smssink.Number {
		t.Errorf("%v: %v", err, list)
	}
	resp, err = http.Get(address + "/_demo/sms/")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(resp.Body)
	if err != nil || doc.Find(".phone").Length() != 1 || doc.Find("li").Length() != 3 || doc.Find(".answer").Length() != 1 || doc.Find("a[href='https://hs.example/a/t']").Length() != 1 {
		t.Errorf("%v: %s", err, doc.Text())
	}
}

func TestTheSinkRefuses(t *testing.T) {
	t.Parallel()
	s, address, out := phone(t, smssink.Options{})
	s.Refuse(1)
	if err := out.Send(t.Context(), sms.Message{To: "+13125550199", Text: "x"}); !fault.Is(err, fault.Limited) {
		t.Errorf("%v", err)
	}
	if err := out.Send(t.Context(), sms.Message{To: "5550199", Text: "x"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("%v", err)
	}
	resp, err := http.PostForm(address+"/_demo/sms/Messages.json", url.Values{"To": {"+1"}, "Body": {"x"}})
	if err != nil || resp.StatusCode != http.StatusUnauthorized || len(s.Texts()) != 0 {
		t.Errorf("%v %v", resp, err)
	}
}
