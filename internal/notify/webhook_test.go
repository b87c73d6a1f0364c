package notify_test

import (
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/webhook"
)

// TestAdministratorsHearOfAWebhookThatFails: once when it fails, once when it is off, and not when it has recovered.
func TestAdministratorsHearOfAWebhookThatFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "alert@ridge.example")
	ctx := t.Context()
	people, err := auth.New(w.store, func() time.Time { return w.now })
	w.must(err)
	for email, role := range map[string]auth.Role{"boss@ridge.example": auth.Admin, "mia@ridge.example": auth.Member} {
		_, _, err := people.CreateUser(ctx, auth.NewUser{Email: email, Name: email, Role: role, Org: w.org.ID, Password: secret.NewString("correct horse battery")})
		w.must(err)
	}
	w.must(w.store.CreateWebhook(ctx, w.org.ID, webhook.Endpoint{ID: "hook_1", URL: "https://x.example/<b>", State: webhook.Active, Secret: secret.NewString("whsec_c2VjcmV0"), Created: w.now}))
	state := func(to webhook.State, why string) {
		t.Helper()
		_, err := w.store.ChangeWebhook(ctx, w.org.ID, "hook_1", func(e webhook.Endpoint) (webhook.Endpoint, error) {
			e.State, e.Why = to, why
			return e, nil
		})
		w.must(err)
	}
	f := webhook.Ailing{Org: w.org.ID, Endpoint: "hook_1", Since: w.now}
	w.must(w.notify.WebhookAiling(ctx, f)) // it has recovered
	w.heard()
	state(webhook.Failing, "")
	w.must(w.notify.WebhookAiling(ctx, f))
	m := w.out.sent[len(w.out.sent)-1]
	if m.Subject != "A webhook takes no messages – Ridgeline & Sons" || strings.Contains(m.HTML, "<b>") || strings.Contains(m.Text+m.HTML, "whsec_") {
		t.Error(m.Subject, m.HTML)
	}
	for _, body := range []string{m.Text, m.HTML} {
		if !strings.Contains(body, "https://hs.example/admin/orgs/ridge/webhooks/hook_1") || !strings.Contains(body, "given up") {
			t.Error(body)
		}
	}
	w.heard("boss@ridge.example")
	w.must(w.notify.WebhookAiling(ctx, f)) // the job runs twice
	w.heard()
	state(webhook.Disabled, "It took nothing for five days.")
	w.must(w.notify.WebhookAiling(ctx, f)) // of the failing that is over
	w.heard()
	f.Disabled = true
	w.must(w.notify.WebhookAiling(ctx, f))
	if m := w.out.sent[len(w.out.sent)-1]; m.Subject != "A webhook was turned off – Ridgeline & Sons" || !strings.Contains(m.Text, "It took nothing for five days. Nothing more is sent there.") {
		t.Error(m.Subject, m.Text)
	}
	w.heard("boss@ridge.example")
	f.Endpoint = "hook_gone"
	w.must(w.notify.WebhookAiling(ctx, f))
	w.heard()
}
