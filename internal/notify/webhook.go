package notify

import (
	"context"
	"fmt"

	"heavyset.tech/platform/internal/email"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/webhook"
)

// webhookView is what the templates show.
type webhookView struct {
	Organization     string
	URL, Since, Page string
	Disabled         bool
	Why              string
}

// Heading says what is the matter.
func (v webhookView) Heading() string {
	if v.Disabled {
		return "A webhook was turned off"
	}
	return "A webhook takes no messages"
}

// Subject names organization and state only.
func (v webhookView) Subject() string { return v.Heading() + " – " + v.Organization }

// What says what happens to the messages, and what to do.
func (v webhookView) What() string {
	if v.Disabled {
		return v.Why + " Nothing more is sent there. What happens is kept for 30 days: mend the server, turn the webhook on and replay what it missed."
	}
	return "Messages are tried for three days and then given up. If nothing is taken for five days, the webhook is turned off. Mend the server and replay what it missed."
}

// WebhookAiling tells the administrators of an organization that an endpoint takes nothing any more: when it begins to
// count as failing, and when it is turned off. One that has recovered or was removed meanwhile is not told of.
func (s *Service) WebhookAiling(ctx context.Context, f webhook.Ailing) error {
	e, err := s.Store.Webhook(ctx, f.Org, f.Endpoint)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if e.State == webhook.Active || f.Disabled != (e.State == webhook.Disabled) {
		return nil
	}
	o, err := s.Store.Organization(ctx, f.Org)
	if err != nil {
		return err
	}
	v := webhookView{
		Organization: o.Name, URL: e.URL, Since: stamp(f.Since, o.Location()), Disabled: f.Disabled, Why: e.Why,
		Page: s.BaseURL + "/admin/orgs/" + o.Slug + "/webhooks/" + string(e.ID),
	}
	text, html, err := render("webhook", v)
	if err != nil {
		return err
	}
	about := fmt.Sprintf("%s.%d.%s", e.ID, f.Since.UnixMilli(), e.State)
	return s.toAdmins(ctx, f.Org, "webhook", about, email.Message{Subject: v.Subject(), Text: text, HTML: html})
}
