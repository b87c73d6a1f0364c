package scheduler_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/web/scheduler"
)

// TestRevokedLinks: those of the waiting list end with the others, a dead link leads nobody to where staff sign in, and the
// one-click address of a mail that was sent still ends the reminders.
func TestRevokedLinks(t *testing.T) {
	t.Parallel()
	h, _, o, list := waitPages(t, north(), nil)
	s := tokens(list)
	mine, _, _ := strings.Cut(post(t, h, "/book/o/details", "service", "s", "zip", "60601", "start", "2026-12-01T09:00:00Z", "last_name", "Ter", "email", "wai@x.example").Header().Get("Location"), "?")
	j := waits(t, h, o, list, "wai@x.example")
	if text := document(t, ask(t, h, j.path)).Find("main").Text(); strings.Contains(text, "wai@") || !strings.Contains(text, "w•••@x.example") {
		t.Errorf("the address is not masked: %s", text)
	}
	all, _, err := s.Appointments(t.Context(), o.ID, booking.Filter{})
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	if n, err := s.RenewLinks(t.Context(), o.ID, all[0].Customer); err != nil || n != 2 {
		t.Fatalf("%d links renewed, %v", n, err)
	}
	for _, path := range []string{j.path, mine, mine + "/reminders"} {
		w := ask(t, h, path)
		if w.Code != http.StatusNotFound || document(t, w).Find("main a").Length() > 0 {
			t.Errorf("%s after revoking: %d %s", path, w.Code, w.Body)
		}
	}
	if w := post(t, h, j.path+"/leave"); w.Code != http.StatusNotFound {
		t.Errorf("leaving by the old link: %d", w.Code)
	}
	token, err := s.WaitToken(t.Context(), o.ID, j.entry.ID)
	if err != nil || ask(t, h, "/waitlist/"+token.Reveal()).Code != http.StatusOK {
		t.Errorf("the new link opens nothing (%v)", err)
	}
	if w := post(t, h, mine+"/reminders", "want", "1"); w.Code != http.StatusNotFound {
		t.Errorf("the page's button by the old link: %d", w.Code)
	}
	if w := post(t, h, mine+"/reminders", "List-Unsubscribe", "One-Click"); w.Code != http.StatusOK {
		t.Errorf("one click in an old mail: %d", w.Code)
	}
	if no, err := (&notify.Service{Store: s, Now: clock}).Unwanted(t.Context(), o.ID, "wai@x.example"); err != nil || !no {
		t.Errorf("reminders still go out (%v)", err)
	}
}

// TestAnAppointmentKeepsItsLanguage: also where something went wrong, and for whoever books again from it.
func TestAnAppointmentKeepsItsLanguage(t *testing.T) {
	t.Parallel()
	h, _, _, _ := waitPages(t, north(), nil)
	mine, _, _ := strings.Cut(post(t, h, "/book/o/details", "service", "s", "zip", "60601", "start", "2026-12-01T09:00:00Z", "last_name", "Doe", "email", "doe@x.example", "lang", "de").Header().Get("Location"), "?")
	post(t, h, mine+"/cancel")
	const english = "en-US,en"
	if w := ask(t, h, mine+"/reschedule", "Accept-Language", english); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), `lang="de"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	to, err := url.Parse(ask(t, h, mine+"/again", "Accept-Language", english).Header().Get("Location"))
	if err != nil || to.Query().Get("lang") != "de" {
		t.Errorf("again leads to %s", to)
	}
}

// TestWhoHasSaidStop is told so, and not that they have not agreed.
func TestWhoHasSaidStop(t *testing.T) {
	t.Parallel()
	h, _, o, list := waitPages(t, north(), func(p *scheduler.Pages) { p.SendTexts(silent{}) })
	s := tokens(list)
	p := notify.DefaultPolicy()
	p.Texts = true
	if err := s.KeepMessagePolicy(t.Context(), o.ID, p); err != nil {
		t.Fatal(err)
	}
	book := func(start string) string {
		w := post(t, h, "/book/o/details", "service", "s", "zip", "60601", "start", start, "last_name", "Phil", "phone", "312 555 0199", "texts", "1")
		return document(t, ask(t, h, w.Header().Get("Location"))).Find("#told").Text()
	}
	if told := book("2026-12-01T09:00:00Z"); !strings.Contains(told, "99 (text message)") {
		t.Errorf("before: %q", told)
	}
	if _, err := (&notify.Service{Store: s, Now: clock}).Answered(t.Context(), "+13125550199", "STOP"); err != nil {
		t.Fatal(err)
	}
	if told := book("2026-12-01T11:00:00Z"); !strings.Contains(told, "has answered STOP") || !strings.Contains(told, "Text START") {
		t.Errorf("after: %q", told)
	}
}
