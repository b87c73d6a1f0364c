package auth

import (
	"context"
	"crypto/subtle"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/secret"
)

// toSingleSignOn and toLetIn are further purposes of challenges.
const (
	toSingleSignOn Purpose = "sso"
	toLetIn        Purpose = "let-in"
)

const (
	// ssoWait bounds how long the issuer may take to answer.
	ssoWait = 15 * time.Second
	// letInLife is how long a person whom the command line lets in may take.
	letInLife = time.Hour
	// freshFor is how long ago the issuer may have asked for a password so that it counts as shown to us.
	freshFor = 15 * time.Minute
)

// SSO is how engineers sign in through an OpenID Connect issuer. Make it with NewSSO.
type SSO struct {
	Issuer, ClientID string
	Secret           secret.String
	Domains          []string // of the addresses that may be linked, in lower case
	Redirect         string   // our address that the issuer leads back to
	SecondFactor     bool     // the issuer always asks for a second factor
	Required         bool     // engineers sign in through it alone

	client   *http.Client
	mu       sync.Mutex
	provider *oidc.Provider // nil until the issuer has answered
}

// NewSSO completes settings. client is how the issuer is reached; its redirects are not followed.
func NewSSO(s *SSO, client *http.Client) *SSO {
	c := *client
	c.Timeout, c.CheckRedirect = ssoWait, func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	s.client = &c
	return s
}

// Check asks the issuer for its configuration, unless it has answered already.
func (s *SSO) Check(ctx context.Context) error {
	_, err := s.discover(ctx)
	return err
}

func (s *SSO) discover(ctx context.Context) (*oidc.Provider, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.provider != nil {
		return s.provider, nil
	}
	p, err := oidc.NewProvider(oidc.ClientContext(ctx, s.client), s.Issuer)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, "Single sign-on does not answer. Please try again, or sign in in another way.", err)
	}
	s.provider = p
	return p, nil
}

func (s *SSO) oauth(p *oidc.Provider) oauth2.Config {
	return oauth2.Config{ClientID: s.ClientID, ClientSecret: s.Secret.Reveal(), Endpoint: p.Endpoint(), RedirectURL: s.Redirect, Scopes: []string{oidc.ScopeOpenID, "email"}}
}

type identities interface {
	// IdentityOwner gives whom an issuer's subject was linked to; fault.NotFound for nobody.
	IdentityOwner(ctx context.Context, issuer, subject string) (UserID, error)
	// LinkIdentity links an engineer, whose password that we made is good no more. fault.Conflict: they, or the subject,
	// are linked already.
	LinkIdentity(ctx context.Context, u UserID, issuer, subject string, now time.Time, e audit.Event) error
}

var (
	errNoSSO   = fault.New(fault.NotFound, "Single sign-on is not set up here.")
	errSSO     = fault.New(fault.Denied, "Single sign-on did not succeed. Please begin again.")
	errSSOWho  = fault.New(fault.Denied, "Your single sign-on account belongs to no engineer of this platform, or its e-mail address is not verified.")
	errSSOOnly = fault.New(fault.Denied, "Engineers sign in by single sign-on here.")
)

// binds gives a value that belongs to one attempt in one browser session and is in no database and no address: nobody who
// sees the state can make it.
func binds(what, binding, state string) string {
	return id.Hash(what + ":" + binding + ":" + state)
}

// BeginSSO gives the issuer's page to lead to. binding is the secret of the browser session. fault.Limited: too many
// attempts from this address; fault.Unavailable: the issuer does not answer.
func (s *Service) BeginSSO(ctx context.Context, binding, address string) (string, error) {
	if s.SSO == nil {
		return "", errNoSSO
	}
	if err := s.mayAsk(ctx, address); err != nil {
		return "", err
	}
	p, err := s.SSO.discover(ctx)
	if err != nil {
		return "", err
	}
	state := id.Token()
	c := challenge(state, toSingleSignOn, "", binding)
	c.Expires = s.Now().Add(challengeLife)
	if err := s.Store.AddChallenge(ctx, c); err != nil {
		return "", err
	}
	o := s.SSO.oauth(p)
	return o.AuthCodeURL(state, oidc.Nonce(binds("nonce", binding, state)), oauth2.S256ChallengeOption(binds("verifier", binding, state)),
		oauth2.SetAuthURLParam("max_age", fmt.Sprint(int(freshFor.Seconds())))), nil
}

// Proof is what a single sign-on has shown.
type Proof struct {
	User   User
	Strong bool // by a second factor too
	Fresh  bool // the issuer has asked lately, rather than known the browser
}

type claims struct {
	Email    string   `json:"email"`
	Verified bool     `json:"email_verified"`
	AMR      []string `json:"amr"`
	AuthTime int64    `json:"auth_time"`
	Party    string   `json:"azp"`
}

// FinishSSO takes what the issuer's page led back with. fault.Denied: it proves nothing, or nobody who may come in.
func (s *Service) FinishSSO(ctx context.Context, state, code, binding, address string) (Proof, error) {
	if s.SSO == nil {
		return Proof{}, errNoSSO
	}
	if len(state) > 100 || len(code) > 4096 || code == "" || binding == "" {
		return Proof{}, errSSO
	}
	ok, err := s.Store.TakeChallenge(ctx, challenge(state, toSingleSignOn, "", binding), s.Now())
	if err != nil {
		return Proof{}, err
	}
	if !ok {
		return Proof{}, errSSO
	}
	token, c, err := s.SSO.redeem(ctx, s.Now, code, binds("verifier", binding, state), binds("nonce", binding, state))
	if err != nil {
		return Proof{}, err
	}
	u, err := s.ssoUser(ctx, token, c, address)
	if err != nil {
		return Proof{}, err
	}
	return Proof{
		User: u, Strong: s.SSO.SecondFactor || slices.Contains(c.AMR, "mfa"), // RFC 8176 §2
		Fresh: c.AuthTime > 0 && s.Now().Sub(time.Unix(c.AuthTime, 0)) < freshFor+time.Minute,
	}, nil
}

// redeem exchanges a code and checks the token (OpenID Connect Core §3.1.3.7).
func (s *SSO) redeem(ctx context.Context, now func() time.Time, code, verifier, nonce string) (*oidc.IDToken, claims, error) {
	p, err := s.discover(ctx)
	if err != nil {
		return nil, claims{}, err
	}
	o := s.oauth(p)
	answer, err := o.Exchange(oidc.ClientContext(ctx, s.client), code, oauth2.VerifierOption(verifier))
	if err != nil {
		return nil, claims{}, errSSO.Because(err)
	}
	raw, _ := answer.Extra("id_token").(string)
	token, err := p.VerifierContext(oidc.ClientContext(ctx, s.client), &oidc.Config{
		ClientID: s.ClientID, Now: now, SupportedSigningAlgs: []string{oidc.RS256, oidc.ES256, oidc.PS256, oidc.EdDSA},
	}).Verify(ctx, raw)
	if err != nil {
		return nil, claims{}, errSSO.Because(err)
	}
	var c claims
	if err := token.Claims(&c); err != nil {
		return nil, claims{}, errSSO.Because(err)
	}
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(nonce)) != 1 || token.Subject == "" || len(token.Subject) > 255 ||
		c.Party != "" && c.Party != s.ClientID || len(token.Audience) > 1 && c.Party == "" {
		return nil, claims{}, errSSO
	}
	return token, c, nil
}

// ssoUser finds the engineer of a token: by issuer and subject, which never change hands, once they are linked. The first
// time by the address, if the issuer has verified it and it is in a domain that the settings name: whoever runs the issuer
// decides there who has which address. Nobody is linked twice, and nobody is made an engineer by it.
func (s *Service) ssoUser(ctx context.Context, token *oidc.IDToken, c claims, address string) (User, error) {
	email, err := cleanEmail(c.Email)
	_, domain, _ := strings.Cut(email, "@")
	if err != nil || !c.Verified || !slices.Contains(s.SSO.Domains, domain) {
		return User{}, errSSOWho
	}
	owner, err := s.Store.IdentityOwner(ctx, token.Issuer, token.Subject)
	linked := err == nil
	if fault.Is(err, fault.NotFound) {
		var u User
		u, err = s.Store.UserByEmail(ctx, email)
		owner = u.ID
	}
	if err == nil {
		var u User
		if _, u, err = s.Caller(ctx, owner); err == nil && u.Engineer && linked {
			return u, nil
		}
		if err == nil && u.Engineer {
			e := audit.Event{
				By: audit.By{Who: u.Name, WhoID: string(u.ID), Address: address}, Area: audit.Account, Act: "Single sign-on linked", Subject: u.Email, Detail: token.Issuer,
			}
			if err := s.Store.LinkIdentity(ctx, u.ID, token.Issuer, token.Subject, s.Now(), e.Finish(s.Now())); err != nil {
				return User{}, err
			}
			return s.Store.User(ctx, u.ID)
		}
	}
	if err == nil || fault.Is(err, fault.NotFound) {
		err = errSSOWho
	}
	return User{}, err
}

// admits says whether somebody who has shown a password or passkey may come in by it; fault.Denied when engineers sign in
// by single sign-on alone and the command line has not let them in.
func (s *Service) admits(ctx context.Context, u User) error {
	if s.SSO == nil || !s.SSO.Required || !u.Engineer {
		return nil
	}
	ok, err := s.Store.TakeChallenge(ctx, challenge(string(u.ID), toLetIn, u.ID, ""), s.Now())
	if err == nil && !ok {
		err = errSSOOnly
	}
	return err
}

// LetIn lets an engineer sign in once by password or passkey within an hour, where single sign-on is required.
func (s *Service) LetIn(ctx context.Context, email string) error {
	u, err := s.account(ctx, email)
	if err != nil {
		return err
	}
	if !u.Engineer {
		return fault.New(fault.Invalid, "Only engineers sign in by single sign-on: for anybody else there is nothing to be let in to.")
	}
	c := challenge(string(u.ID), toLetIn, u.ID, "")
	if _, err := s.Store.TakeChallenge(ctx, c, s.Now()); err != nil { // of an earlier time
		return err
	}
	c.Expires = s.Now().Add(letInLife)
	return s.Store.AddChallenge(ctx, c)
}
