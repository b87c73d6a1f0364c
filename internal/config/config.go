// Package config reads and checks the settings of `heavyset serve` and the commands beside it.
//
// Flags, HEAVYSET_* environment variables and the keys of a YAML file share their names and are parsed by cmd/heavyset
// into a Settings; Check turns that into a Config of typed values once, at the start. A missing or malformed setting is
// an Error that names it in one line. No package but app and cmd reads settings.
package config

import (
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"heavyset.tech/platform/internal/secret"
)

// Settings are the raw values, by the names that people use. Every field's flag is --database-url for
// HEAVYSET_DATABASE_URL.
type Settings struct {
	Listen            string        `help:"Address to listen on." env:"HEAVYSET_LISTEN" default:"127.0.0.1:8080"`
	BaseURL           string        `help:"Address under which people reach the platform." env:"HEAVYSET_BASE_URL"`
	DatabaseURL       string        `help:"sqlite:PATH or postgres://…" env:"HEAVYSET_DATABASE_URL"`
	SecretKeys        string        `help:"id:base64-of-32-bytes, comma-separated; the first seals, all open." env:"HEAVYSET_SECRET_KEYS"`
	SMTPURL           string        `name:"smtp-url" help:"smtp://user:password@host:port or smtps://…" env:"HEAVYSET_SMTP_URL"`
	MailFrom          string        `help:"Sender of the mails." env:"HEAVYSET_MAIL_FROM"`
	BounceSecret      string        `help:"End of the address /hooks/mail/… to which a mail provider posts mails that came back; empty: none." env:"HEAVYSET_BOUNCE_SECRET"`
	SMSURL            string        `name:"sms-url" help:"Provider of text messages, https://ACCOUNT:TOKEN@api.twilio.com/2010-04-01/Accounts/ACCOUNT/Messages.json or another that takes the same form; empty: none are sent." env:"HEAVYSET_SMS_URL"`
	SMSFrom           string        `name:"sms-from" help:"Number that text messages come from, such as +13125550100." env:"HEAVYSET_SMS_FROM"`
	SMSSecret         string        `name:"sms-secret" help:"End of the address /hooks/sms/… to which the provider posts answers such as STOP." env:"HEAVYSET_SMS_SECRET"`
	SMSSigningKey     string        `name:"sms-signing-key" help:"Auth token with which the provider signs what it posts to /hooks/sms/…; several, with a comma between, while it changes. Empty: the password of the address, where that is Twilio's and names the account; else nothing is signed." env:"HEAVYSET_SMS_SIGNING_KEY"`
	ZohoClientID      string        `help:"Client ID of the shared Zoho application." env:"HEAVYSET_ZOHO_CLIENT_ID"`
	ZohoClientSecret  string        `help:"Its secret; for one data centre alone HEAVYSET_ZOHO_CLIENT_SECRET_EU …" env:"HEAVYSET_ZOHO_CLIENT_SECRET"`
	ZohoDatacenters   string        `help:"Replaces the list of Zoho's data centres: us=ACCOUNTS_URL|API_URL|CALENDAR_URL, comma-separated." env:"HEAVYSET_ZOHO_DATACENTERS"`
	MetricsListen     string        `help:"Address of the metrics; empty: none." env:"HEAVYSET_METRICS_LISTEN"`
	OTLPURL           string        `name:"otlp-url" help:"Collector that takes traces (OTLP by HTTP), such as http://127.0.0.1:4318 or https://user:password@host/v1/traces; empty: none are made." env:"HEAVYSET_OTLP_URL"`
	ReconcileInterval time.Duration `help:"How often to look for what was left behind." env:"HEAVYSET_RECONCILE_INTERVAL" default:"2m"`
	EngineerFactor    bool          `name:"engineer-second-factor" help:"Platform engineers need a second factor to use the console." env:"HEAVYSET_ENGINEER_SECOND_FACTOR" default:"false"`
	OIDCIssuer        string        `name:"oidc-issuer" help:"Issuer of single sign-on for engineers (OpenID Connect); empty: none." env:"HEAVYSET_OIDC_ISSUER"`
	OIDCClientID      string        `name:"oidc-client-id" help:"Our client id there." env:"HEAVYSET_OIDC_CLIENT_ID"`
	OIDCClientSecret  string        `name:"oidc-client-secret" help:"Its secret." env:"HEAVYSET_OIDC_CLIENT_SECRET"`
	OIDCDomains       string        `name:"oidc-domains" help:"Domains of the e-mail addresses that may sign in by it, comma-separated." env:"HEAVYSET_OIDC_DOMAINS"`
	OIDCSecondFactor  bool          `name:"oidc-second-factor" help:"The issuer always asks for a second factor; otherwise its word for it in each token counts." env:"HEAVYSET_OIDC_SECOND_FACTOR" default:"false"`
	OIDCRequired      bool          `name:"oidc-required" help:"Engineers sign in by single sign-on alone." env:"HEAVYSET_OIDC_REQUIRED" default:"false"`
	TrustedProxies    string        `help:"Networks whose X-Forwarded-For is believed, comma-separated; empty: none." env:"HEAVYSET_TRUSTED_PROXIES"`
}

// Config is the checked settings.
type Config struct {
	Listen            string
	BaseURL           string // without a slash at its end
	Secure            bool   // the base address is https
	DatabaseURL       string
	Keys              *secret.Keyring
	SMTPURL           secret.String
	MailFrom          mail.Address
	BounceSecret      secret.String
	SMSURL            secret.String // empty: no text messages
	SMSFrom           string
	SMSSecret         secret.String
	SMSKeys           []secret.String // with one of which the provider signs; none: it signs nothing
	ZohoClientID      string
	ZohoSecrets       map[string]secret.String // by data centre in lower case; "" is the default
	ZohoDatacenters   string
	MetricsListen     string
	OTLPURL           secret.String // empty: no traces
	ReconcileInterval time.Duration
	EngineerFactor    bool // platform engineers need a second factor
	OIDC              OIDC
	TrustedProxies    []netip.Prefix
}

// OIDC is single sign-on for engineers. Without an issuer there is none.
type OIDC struct {
	Issuer, ClientID       string
	Secret                 secret.String
	Domains                []string // in lower case
	SecondFactor, Required bool
}

// Error is a setting that is missing or malformed.
type Error struct{ Setting, Why string }

// Error names the setting in one line.
func (e *Error) Error() string { return e.Setting + ": " + e.Why }

// Check turns raw values into a Config; the first wrong one is an *Error.
func Check(s Settings, environ []string) (Config, error) {
	c := Config{
		Listen: s.Listen, DatabaseURL: s.DatabaseURL, SMTPURL: secret.NewString(s.SMTPURL), ZohoClientID: s.ZohoClientID,
		ZohoDatacenters: s.ZohoDatacenters, MetricsListen: s.MetricsListen, ReconcileInterval: s.ReconcileInterval, EngineerFactor: s.EngineerFactor,
	}
	for _, step := range []func() error{
		func() error { return c.checkAddresses(s) },
		func() error { return c.checkDatabase(s) },
		func() error { return c.checkMail(s) },
		func() error { return c.checkSMS(s) },
		func() error { return c.checkZoho(s, environ) },
		func() error { return c.checkOIDC(s) },
		func() error { return c.checkProxies(s) },
		func() error { return c.checkTraces(s) },
	} {
		if err := step(); err != nil {
			return Config{}, err
		}
	}
	return c, nil
}

func (c *Config) checkAddresses(s Settings) error {
	if !isListen(s.Listen) {
		return &Error{"HEAVYSET_LISTEN", "must be HOST:PORT"}
	}
	if s.MetricsListen != "" && !isListen(s.MetricsListen) {
		return &Error{"HEAVYSET_METRICS_LISTEN", "must be HOST:PORT"}
	}
	if s.BaseURL == "" {
		return &Error{"HEAVYSET_BASE_URL", "is missing: the address under which people reach the platform, such as https://book.example.com"}
	}
	u, err := url.Parse(s.BaseURL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return &Error{"HEAVYSET_BASE_URL", "must be http:// or https:// with a host and nothing after it"}
	}
	c.BaseURL, c.Secure = u.Scheme+"://"+u.Host, u.Scheme == "https"
	if s.ReconcileInterval < time.Second {
		return &Error{"HEAVYSET_RECONCILE_INTERVAL", "must be a duration of at least 1s, such as 2m"}
	}
	return nil
}

// isListen reports whether s is HOST:PORT with a port that can be.
func isListen(s string) bool {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}

func (c *Config) checkDatabase(s Settings) error {
	if err := CheckDatabaseURL(s.DatabaseURL); err != nil {
		return err
	}
	if s.SecretKeys == "" {
		return &Error{"HEAVYSET_SECRET_KEYS", "is missing: id:base64-of-32-bytes, comma-separated"}
	}
	keys, err := secret.ParseKeyring(s.SecretKeys)
	if err != nil {
		return &Error{"HEAVYSET_SECRET_KEYS", err.Error()}
	}
	c.Keys = keys
	return nil
}

// CheckDatabaseURL is the part of Check for commands that need nothing but the database.
func CheckDatabaseURL(address string) error {
	if address == "" {
		return &Error{"HEAVYSET_DATABASE_URL", "is missing: sqlite:PATH or postgres://…"}
	}
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		if path == "" {
			return &Error{"HEAVYSET_DATABASE_URL", "sqlite: needs the path of a file behind it"}
		}
	} else if u, err := url.Parse(address); err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") || u.Host == "" && u.RawQuery == "" {
		return &Error{"HEAVYSET_DATABASE_URL", "must begin with sqlite: or be a postgres:// address; special characters in user and password are written as %XX"}
	}
	return nil
}

func (c *Config) checkMail(s Settings) error {
	if s.SMTPURL == "" {
		return &Error{"HEAVYSET_SMTP_URL", "is missing: smtp://user:password@host:port or smtps://…"}
	}
	if u, err := url.Parse(s.SMTPURL); err != nil || (u.Scheme != "smtp" && u.Scheme != "smtps") || u.Hostname() == "" {
		return &Error{"HEAVYSET_SMTP_URL", "must be an smtp:// or smtps:// address; special characters in user and password are written as %XX"}
	}
	if s.MailFrom == "" {
		return &Error{"HEAVYSET_MAIL_FROM", "is missing: the sender of the mails, such as bookings@example.com"}
	}
	a, err := mail.ParseAddress(s.MailFrom)
	if err != nil {
		return &Error{"HEAVYSET_MAIL_FROM", "must be an e-mail address"}
	}
	c.MailFrom = *a
	if s.BounceSecret != "" && !isPathSecret(s.BounceSecret) {
		return &Error{"HEAVYSET_BOUNCE_SECRET", "must be at least 20 letters, digits, - and _"}
	}
	c.BounceSecret = secret.NewString(s.BounceSecret)
	return nil
}

func isPathSecret(s string) bool {
	return len(s) >= 20 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}

// checkSMS wants all of what text messages need, or nothing: without a way for STOP to come in none may be sent.
func (c *Config) checkSMS(s Settings) error {
	if s.SMSURL == "" {
		if s.SMSFrom != "" || s.SMSSecret != "" || s.SMSSigningKey != "" {
			return &Error{"HEAVYSET_SMS_URL", "is missing although HEAVYSET_SMS_FROM, HEAVYSET_SMS_SECRET or HEAVYSET_SMS_SIGNING_KEY is there"}
		}
		return nil
	}
	u, err := url.Parse(s.SMSURL)
	if err != nil || u.Hostname() == "" || u.Scheme != "https" && (u.Scheme != "http" || !net.ParseIP(u.Hostname()).IsLoopback()) {
		return &Error{"HEAVYSET_SMS_URL", "must be an https:// address with user and password"}
	}
	if s.SMSFrom == "" {
		return &Error{"HEAVYSET_SMS_FROM", "is missing: the number that text messages come from, such as +13125550100"}
	}
	if !isPathSecret(s.SMSSecret) {
		return &Error{"HEAVYSET_SMS_SECRET", "must be at least 20 letters, digits, - and _: by /hooks/sms/SECRET the provider posts that somebody wants no more text messages"}
	}
	c.SMSURL, c.SMSFrom, c.SMSSecret = secret.NewString(s.SMSURL), s.SMSFrom, secret.NewString(s.SMSSecret)
	return c.checkSigningKey(s.SMSSigningKey, u)
}

// checkSigningKey finds what the provider at an address signs with. Twilio always signs: with the auth token, which is the
// password where the account itself is the user, and not where that is an API key.
func (c *Config) checkSigningKey(keys string, provider *url.URL) error {
	host := strings.ToLower(provider.Hostname())
	password, _ := provider.User.Password()
	switch twilio := host == "twilio.com" || strings.HasSuffix(host, ".twilio.com"); {
	case keys != "":
		for k := range strings.SplitSeq(keys, ",") {
			if k = strings.TrimSpace(k); k == "" {
				return &Error{"HEAVYSET_SMS_SIGNING_KEY", "must be an auth token, or several with a comma between"}
			}
			c.SMSKeys = append(c.SMSKeys, secret.NewString(k))
		}
	case twilio && strings.HasPrefix(provider.User.Username(), "AC"):
		c.SMSKeys = []secret.String{secret.NewString(password)}
	case twilio:
		return &Error{"HEAVYSET_SMS_SIGNING_KEY", "is missing: the account's auth token, with which Twilio signs what it posts; the password of HEAVYSET_SMS_URL is that of an API key"}
	}
	return nil
}

func (c *Config) checkZoho(s Settings, environ []string) error {
	c.ZohoSecrets = map[string]secret.String{}
	if s.ZohoClientSecret != "" {
		c.ZohoSecrets[""] = secret.NewString(s.ZohoClientSecret)
	}
	const prefix = "HEAVYSET_ZOHO_CLIENT_SECRET_"
	for _, kv := range environ {
		if name, v, _ := strings.Cut(kv, "="); strings.HasPrefix(name, prefix) && v != "" {
			c.ZohoSecrets[strings.ToLower(strings.TrimPrefix(name, prefix))] = secret.NewString(v)
		}
	}
	if s.ZohoClientID == "" && len(c.ZohoSecrets) > 0 {
		return &Error{"HEAVYSET_ZOHO_CLIENT_ID", "is missing although a client secret is there"}
	}
	if s.ZohoClientID != "" && len(c.ZohoSecrets) == 0 {
		return &Error{"HEAVYSET_ZOHO_CLIENT_SECRET", "is missing although a client id is there"}
	}
	return nil
}

func (c *Config) checkOIDC(s Settings) error {
	c.OIDC = OIDC{Issuer: s.OIDCIssuer, ClientID: s.OIDCClientID, Secret: secret.NewString(s.OIDCClientSecret), SecondFactor: s.OIDCSecondFactor, Required: s.OIDCRequired}
	for _, d := range strings.Split(s.OIDCDomains, ",") {
		if d = strings.ToLower(strings.TrimSpace(d)); d != "" {
			c.OIDC.Domains = append(c.OIDC.Domains, d)
		}
	}
	if s.OIDCIssuer == "" {
		if s.OIDCClientID != "" || s.OIDCClientSecret != "" || s.OIDCDomains != "" || s.OIDCRequired || s.OIDCSecondFactor {
			return &Error{"HEAVYSET_OIDC_ISSUER", "is missing although other settings of single sign-on are there"}
		}
		return nil
	}
	u, err := url.Parse(s.OIDCIssuer)
	local := err == nil && u.Scheme == "http" && (u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1")
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && !local {
		return &Error{"HEAVYSET_OIDC_ISSUER", "must be the https:// address that the issuer's configuration names, character for character"}
	}
	if s.OIDCClientID == "" {
		return &Error{"HEAVYSET_OIDC_CLIENT_ID", "is missing although an issuer is there"}
	}
	if s.OIDCClientSecret == "" {
		return &Error{"HEAVYSET_OIDC_CLIENT_SECRET", "is missing although an issuer is there"}
	}
	if len(c.OIDC.Domains) == 0 {
		return &Error{"HEAVYSET_OIDC_DOMAINS", "is missing: the domains of your engineers' e-mail addresses, such as example.com"}
	}
	return nil
}

func (c *Config) checkTraces(s Settings) error {
	if s.OTLPURL == "" {
		return nil
	}
	u, err := url.Parse(s.OTLPURL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" {
		return &Error{"HEAVYSET_OTLP_URL", "must be an http:// or https:// address, such as http://127.0.0.1:4318; special characters in user and password are written as %XX"}
	}
	c.OTLPURL = secret.NewString(s.OTLPURL)
	return nil
}

func (c *Config) checkProxies(s Settings) error {
	for _, v := range strings.Split(s.TrustedProxies, ",") {
		if v = strings.TrimSpace(v); v == "" {
			continue
		}
		p, err := netip.ParsePrefix(v)
		if err != nil {
			a, err := netip.ParseAddr(v)
			if err != nil {
				return &Error{"HEAVYSET_TRUSTED_PROXIES", fmt.Sprintf("%q is no address or network", v)}
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		c.TrustedProxies = append(c.TrustedProxies, p.Masked())
	}
	return nil
}

// Environ gives the process's environment.
func Environ() []string { return os.Environ() }
