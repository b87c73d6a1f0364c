package demo_test

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"heavyset.tech/platform/internal/demo"
)

// TestPasskeys: an administrator adds a passkey to a device and signs in with it, in a real browser under our policy.
func TestPasskeys(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, func(o *demo.Options) { o.Listen = "localhost:0" })
	if !strings.HasPrefix(w.base, "http://localhost:") {
		t.Fatal(w.base)
	}
	b := chromium(t, 375)
	b.do(device())
	b.signIn(w, "admin@ridgeline.example")
	b.open(w.base + "/admin/account")
	b.click("[aria-labelledby=passkeys] a.button", "form[data-passkey] [name=name]")
	b.do(chromedp.SetValue(chromedp.CSS("[name=name]"), "Test phone"))
	b.click("form[data-passkey] .button-primary", "[aria-labelledby=passkeys] tbody tr")
	if got := b.text("[aria-labelledby=passkeys] tbody tr"); !strings.Contains(got, "Test phone") {
		t.Errorf("%q", got)
	}

	js[bool](b, `document.querySelector("form[action='/logout']").submit() ?? true`)
	b.do(chromedp.WaitVisible(chromedp.CSS("form[data-passkey] button")))
	b.click("form[data-passkey] button", "header.bar")
	b.open(w.base + "/admin/account")
	if got := b.text("[aria-labelledby=passkeys] tbody tr"); !strings.Contains(got, "now") {
		t.Errorf("never used: %q", got)
	}
}

// device puts a device with a finger that always fits into the browser.
func device() chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, target *chromedp.Target) (none chromedp.Void, err error) {
		if _, err = cdp.Call(ctx, target, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return none, err
		}
		_, err = cdp.Call(ctx, target, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true,
			HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}})
		return none, err
	}
}
