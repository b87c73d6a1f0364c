package admin_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/email"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/sms"
)

// outbox takes mails, or refuses them.
type outbox struct {
	mails  []email.Message
	refuse error
}

func (o *outbox) Send(_ context.Context, m email.Message) error {
	if o.refuse != nil {
		return o.refuse
	}
	o.mails = append(o.mails, m)
	return nil
}

const messagesPath = "/admin/orgs/ridge/scheduler/messages"

func TestPolicyOfMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	b := w.as("admin@ridge.example")
	first := b.get(messagesPath)
	first.sound(t, messagesPath)
	if first.count("input[name=reminders][value='1440'][checked]") != 1 || first.count("input[name=reminders][checked]") != 1 || first.count("input[name=quiet_from][value='21:00']") != 1 || first.count("input[name=follow_up][checked]") != 1 {
		t.Error("the default does not show")
	}
	wrong := b.post(messagesPath, "sender", "Office", "reply_to", "no address", "quiet_from", "25:00", "reminders", "3")
	if wrong.code != http.StatusUnprocessableEntity || wrong.count("#e-quiet_from") != 1 || wrong.count("input[name=sender][value=Office]") != 1 || wrong.count("form[data-guard][data-dirty]") != 1 {
		t.Errorf("%d: a time that is none", wrong.code)
	}
	wrong = b.post(messagesPath, "sender", "Office", "reply_to", "no address", "reminders", "3")
	if wrong.code != http.StatusUnprocessableEntity || wrong.count("#e-reply_to") != 1 || !strings.Contains(wrong.Text(), "15 minutes to 14 days") {
		t.Errorf("%d: an address and a reminder that are none", wrong.code)
	}
	if got := b.post(messagesPath, "sender", "Office", "reply_to", "office@ridge.example", "reminders", "120", "reminders", "2880", "quiet_from", "22:00", "quiet_to", "07:30", "by_crm", "1"); got.code != http.StatusSeeOther {
		t.Fatal(got.code)
	}
	saved := b.get(messagesPath)
	for _, want := range []string{"input[name=sender][value=Office]", "input[name=reminders][value='2880'][checked]", "input[name=reminders][value='120'][checked]", "input[name=quiet_to][value='07:30']", "input[name=by_crm][checked]", "input[name=follow_up]:not([checked])"} {
		if saved.count(want) != 1 {
			t.Errorf("%s is missing", want)
		}
	}
	if all := strings.Join(w.events(w.ridge.ID), "\n"); !strings.Contains(all, "quiet hours: 21:00–08:00 → 22:00–07:30") {
		t.Errorf("the audit lacks it:\n%s", all)
	}
	if member := w.as("member@ridge.example").get(messagesPath); member.count("main form button") != 0 || member.count("fieldset:not([disabled])") != 0 {
		t.Error("a member is offered to change it")
	}
}

func TestWordsOfMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	box := &outbox{}
	w.alerts.Sender = box
	b := w.as("admin@ridge.example")
	for _, k := range notify.Kinds() {
		for _, l := range []string{"en", "es", "fr", "de"} {
			at := messagesPath + "/edit?kind=" + string(k) + "&language=" + l + "&zone=America/New_York"
			got := b.get(at)
			got.sound(t, at)
			mail := got.Find("iframe").AttrOr("srcdoc", "")
			if !strings.Contains(mail, `<html lang="`+l+`">`) || strings.ContainsAny(got.text("main dl b"), "{}") || !strings.Contains(mail, "EST") || strings.Contains(mail, "{") {
				t.Errorf("%s shows\n%s", at, mail)
			}
			if policy := got.header.Get("Content-Security-Policy"); !strings.Contains(policy, "style-src-attr 'unsafe-inline'") || !strings.Contains(policy, "style-src 'self';") || strings.Count(policy, "unsafe") != 1 {
				t.Errorf("%s: %s", at, policy)
			}
		}
	}
	edit := messagesPath + "/edit"
	words := func(do string, more ...string) []string {
		return append([]string{"kind", "reminder", "language", "es", "zone", "America/Denver", "do", do, "subject", "Pronto: {service}", "heading", "Hasta pronto", "closing", hostile}, more...)
	}
	if got := b.post(edit, words("save", "body", "Hola {nombre}")...); got.code != http.StatusUnprocessableEntity || !strings.Contains(got.text("#e-body"), "{nombre}") || got.count("#e-subject") != 0 || got.count("input[value='Hasta pronto']") != 1 {
		t.Errorf("%d: a placeholder that does not exist", got.code)
	}
	seen := b.post(edit, words("preview", "body", "Hola {first_name}")...)
	seen.sound(t, "preview")
	if mail := seen.Find("iframe").AttrOr("srcdoc", ""); !strings.Contains(mail, "Hola Pat") || !strings.Contains(mail, "MST") || strings.Contains(mail, "<script>") || !strings.Contains(mail, "&lt;script&gt;") {
		t.Errorf("the preview shows\n%s", mail)
	}
	if list, err := w.alerts.Templates(t.Context(), w.ridge.ID); err != nil || len(list) != 0 {
		t.Errorf("a preview is saved: %v (%v)", list, err)
	}
	if got := b.post(edit, words("test", "body", "Hola {first_name}")...); len(box.mails) != 1 || box.mails[0].To.Address != "admin@ridge.example" || box.mails[0].Invitation != nil || !strings.HasPrefix(box.mails[0].Subject, "[Test] Pronto: ") {
		t.Errorf("%d: %+v", got.code, box.mails)
	}
	refusal := fault.OfField("to", "no")
	refusal.Message = "This mailbox does not exist."
	box.refuse = refusal
	if got := b.post(edit, words("test", "body", "x")...); !strings.Contains(got.Text(), "could not be sent to admin@ridge.example. This mailbox does not exist.") {
		t.Errorf("a refused test: %s", got.text(".notice"))
	}
	if got := b.post(edit, words("save", "body", "Hola {first_name}")...); got.code != http.StatusSeeOther {
		t.Fatal(got.code)
	}
	changed := b.get(edit + "?kind=reminder&language=es")
	if changed.sound(t, "own words"); changed.count("button[value=reset]") != 1 || !strings.Contains(changed.Text(), "Changed by ") {
		t.Error("the editor does not show whose words they are")
	}
	if got := b.get(messagesPath); got.count("td .pill") != 1 || got.text("td .pill") != "your words" {
		t.Error("the list does not show whose words they are")
	}
	if other := w.as("admin@blue.example").get("/admin/orgs/blue/scheduler/messages"); other.count("td .pill") != 0 {
		t.Error("another organization has them")
	}
	if got := b.post(edit, "kind", "reminder", "language", "es", "do", "reset"); got.code != http.StatusSeeOther {
		t.Fatal(got.code)
	}
	if got := b.get(edit + "?kind=reminder&language=es"); got.Find("#f-heading").AttrOr("value", "") != "Se acerca su cita" {
		t.Error("ours are not back")
	}
	if got := b.get(edit + "?kind=secret&language=es"); got.code != http.StatusNotFound {
		t.Errorf("a message that does not exist: %d", got.code)
	}
}

// silent is a provider of text messages that nobody calls here.
type silent struct{}

func (silent) Send(context.Context, sms.Message) error { return nil }

// TestTextMessagesAreSwitchedOn: hidden where the installation has none, off until somebody switches them on.
func TestTextMessagesAreSwitchedOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	b := w.as("admin@ridge.example")
	if first := b.get(messagesPath); first.count("input[name=texts]") != 0 || strings.Contains(first.Text(), "Text messages") {
		t.Error("there is a switch for what the installation can't do")
	}
	w.alerts.Texter = silent{}
	first := b.get(messagesPath)
	first.sound(t, messagesPath)
	if first.count("input[name=texts]:not([checked])") != 1 || !strings.Contains(first.Text(), "STOP to end") || !strings.Contains(first.Text(), " characters") {
		t.Errorf("no switch that is off: %s", first.Text())
	}
	if got := b.post(messagesPath, "texts", "1"); got.code != http.StatusSeeOther {
		t.Fatal(got.code)
	}
	if b.get(messagesPath).count("input[name=texts][checked]") != 1 {
		t.Error("it is not switched on")
	}
	if all := strings.Join(w.events(w.ridge.ID), "\n"); !strings.Contains(all, "text messages: false → true") {
		t.Errorf("the audit lacks it:\n%s", all)
	}
}
