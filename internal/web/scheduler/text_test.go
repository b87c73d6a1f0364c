package scheduler_test

import (
	"context"
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

func TestTheShortLinkOfATextMessage(t *testing.T) {
	t.Parallel()
	h := pages(t)
	if w := ask(t, h, "/a/tok-en"); w.Code != http.StatusFound || w.Header().Get("Location") != "/appointments/tok-en" {
		t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
	}
}
