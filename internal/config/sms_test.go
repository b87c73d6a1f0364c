package config_test

import (
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/config"
)

// TestWhatTheProviderOfTextMessagesSignsWith: Twilio always signs, so its key is known or asked for; another may sign nothing.
func TestWhatTheProviderOfTextMessagesSignsWith(t *testing.T) {
	t.Parallel()
	const twilio = "api.twilio.com/2010-04-01/Accounts/AC1/Messages.json"
	for name, c := range map[string]struct {
		url, key string
		want     string // the keys, or the setting that is wrong
	}{
		"the account and its token":     {"https://AC1:tok%2Fen@" + twilio, "", "tok/en"},
		"an API key without a token":    {"https://SK1:hush@" + twilio, "", "HEAVYSET_SMS_SIGNING_KEY"},
		"an API key and the token":      {"https://SK1:hush@" + twilio, "token", "token"},
		"a token that changes":          {"https://AC1:old@" + twilio, "old, new", "old new"},
		"a comma too many":              {"https://AC1:old@" + twilio, "old,", "HEAVYSET_SMS_SIGNING_KEY"},
		"another provider":              {"https://AC1:hush@sms.example/send", "", ""},
		"a name that looks like theirs": {"https://AC1:hush@nottwilio.com/send", "", ""},
		"another provider that signs":   {"https://x:hush@sms.example/send", "token", "token"},
		"no provider at all":            {"", "token", "HEAVYSET_SMS_URL"},
	} {
		s := config.Settings{
			Listen: "127.0.0.1:8080", BaseURL: "https://hs.example", DatabaseURL: "sqlite:x.db", SecretKeys: "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", SMTPURL: "smtp://mail.example:25", MailFrom: "a@b.example", ReconcileInterval: 2 * time.Minute,
			SMSURL: c.url, SMSSigningKey: c.key,
		}
		if c.url != "" {
			s.SMSFrom, s.SMSSecret = "+13125550100", strings.Repeat("s", 20)
		}
		conf, err := config.Check(s, nil)
		if err != nil {
			if c.want == "" || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "hush") {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		var got []string
		for _, k := range conf.SMSKeys {
			got = append(got, k.Reveal())
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
