package scheduler_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/sms"
	"heavyset.tech/platform/internal/web/scheduler"
)

// silent is a provider that nobody calls here.
type silent struct{}

func (silent) Send(context.Context, sms.Message) error { return nil }

// TestVisitorsAgreeToTextMessages: the box is there where text messages are, it is not ticked, and what it says is kept.
func TestVisitorsAgreeToTextMessages(t *testing.T) {
	t.Parallel()
	h, _, o, list := waitPages(t, north(), func(p *scheduler.Pages) { p.SendTexts(silent{}) })
	s := tokens(list)
	const details = "/book/o/details?service=s&zip=60640&start=2026-12-01T09:00:00Z"
	if doc := document(t, ask(t, h, details)); doc.Find("[name=texts]").Length() != 0 {
		t.Error("there is a box, although the organization sends no text messages")
	}
	p := notify.DefaultPolicy()
	p.Texts = true
	if err := s.KeepMessagePolicy(t.Context(), o.ID, p); err != nil {
		t.Fatal(err)
	}
	doc := document(t, ask(t, h, details+"&lang=de"))
	if doc.Find("input[type=checkbox][name=texts]:not([checked])").Length() != 1 || !strings.Contains(doc.Text(), "O darf mir zu diesem Termin SMS schicken") {
		t.Errorf("no box that is not ticked: %s", doc.Text())
	}
	form := url.Values{"service": {"s"}, "zip": {"60640"}, "start": {"2026-12-01T09:00:00Z"}, "last_name": {"Doe"}, "email": {"doe@x.example"}, "postal_code": {"60640"}, "texts": {"1"}, "lang": {"de"}}
	w := postForm(t, h, "/book/o/details", form)
	if doc := document(t, w); w.Code != http.StatusUnprocessableEntity || doc.Find("#e-phone").Length() != 1 || doc.Find("[name=texts][checked]").Length() != 1 {
		t.Errorf("%d: a tick without a number: %s", w.Code, doc.Text())
	}
	form.Set("phone", "312 555 0199")
	if w := postForm(t, h, "/book/o/details", form); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	known, err := (&notify.Service{Store: s}).Texted(t.Context(), o.ID, "+13125550199")
	if err != nil || known.State != notify.Given || known.Words != notify.AskTexts("de", "O") || !known.At.Equal(clock()) {
		t.Errorf("%v: %+v", err, known)
	}
}

// TestThePageSaysWhatIsSentWhere: to whoever has booked, masked and in their language; and that nothing is sent to who has left no
// way.
func TestThePageSaysWhatIsSentWhere(t *testing.T) {
	t.Parallel()
	h, _, o, list := waitPages(t, north(), func(p *scheduler.Pages) { p.SendTexts(silent{}) })
	s := tokens(list)
	hour := 8
	told := func(lang string, more url.Values) string {
		t.Helper()
		hour++
		form := url.Values{"service": {"s"}, "zip": {"60640"}, "start": {fmt.Sprintf("2026-12-01T%02d:00:00Z", hour)}, "last_name": {"Doe"}, "postal_code": {"60640"}, "lang": {lang}}
		maps.Copy(form, more)
		w := postForm(t, h, "/book/o/details", form)
		if w.Code != http.StatusSeeOther {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		doc := document(t, ask(t, h, w.Header().Get("Location")))
		if text := doc.Find("main").Text(); strings.Contains(text, "0199") || strings.Contains(text, "doe@") {
			t.Errorf("not masked: %s", text)
		}
		later, _, _ := strings.Cut(w.Header().Get("Location"), "?")
		if reached := more.Get("email") != "" || more.Get("texts") != ""; document(t, ask(t, h, later)).Find("#told").Length() > 0 == reached {
			t.Errorf("%s later: %v", lang, more)
		}
		return doc.Find("#told").Text()
	}
	phone, mail, tick := url.Values{"phone": {"312 555 0199"}}, url.Values{"email": {"doe@x.example"}, "phone": {"312 555 0199"}}, url.Values{"phone": {"312 555 0199"}, "texts": {"1"}}
	check := func(name, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	check("no texts here", told("en", phone), "Nothing will be sent to you, because we have no e-mail address of yours. Please keep this page's address.")
	p := notify.DefaultPolicy()
	p.Texts = true
	if err := s.KeepMessagePolicy(t.Context(), o.ID, p); err != nil {
		t.Fatal(err)
	}
	check("not ticked", told("en", phone), "Nothing will be sent to you, because we have no e-mail address of yours and you have not agreed to text messages. Please keep this page's address.")
	check("ticked", told("de", tick), "Eine Bestätigung ist unterwegs an ••• 99 (SMS).")
	check("mail", told("fr", mail), "Une confirmation est en route vers d•••@x.example.")
	both := url.Values{"email": {"doe@x.example"}, "phone": {"312 555 0199"}, "texts": {"1"}}
	check("both", told("es", both), "La confirmación va en camino a d•••@x.example y ••• 99 (SMS).")
}

func TestTheShortLinkOfATextMessage(t *testing.T) {
	t.Parallel()
	h := pages(t)
	if w := ask(t, h, "/a/tok-en"); w.Code != http.StatusFound || w.Header().Get("Location") != "/appointments/tok-en" {
		t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
	}
}
