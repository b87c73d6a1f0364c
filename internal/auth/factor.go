package auth

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
)

const (
	// stepSeconds is how long a code of an app shows; the one before and the one after are taken too, for clocks that
	// differ.
	stepSeconds = 30
	// maxCodeFailures bounds the wrong codes of one account in the window of sign-in failures.
	maxCodeFailures = 5
	// recoveryCodes is how many are made at a time.
	recoveryCodes = 10
)

// Factor is a user's second factor as it is stored.
type Factor struct {
	Secret  secret.String // in base32; empty: the user has none
	Pending secret.String // shown to be set up, not yet proved by a code
	Step    int64         // the newest time step whose code was taken
	Since   time.Time
	Codes   int // recovery codes that are left

	Passkeys int // that are taken: each is a second factor of its own
}

// On reports whether the user has one.
func (f Factor) On() bool { return !f.Secret.Empty() }

type factors interface {
	Factor(ctx context.Context, u UserID) (Factor, error)
	BeginFactor(ctx context.Context, u UserID, pending secret.String) error
	// ConfirmFactor makes f.Secret, which is the pending one, the user's factor, with hashes of recovery codes, and ends
	// all sessions but keep. fault.Conflict: nothing was begun.
	ConfirmFactor(ctx context.Context, u UserID, f Factor, codes []string, keep SessionID, e audit.Event) error
	// TakeStep takes the code of a step, and of all before it, out of use; false when it was taken already.
	TakeStep(ctx context.Context, u UserID, step int64) (bool, error)
	TakeRecoveryCode(ctx context.Context, u UserID, hash string, e audit.Event) (bool, error)
	PutRecoveryCodes(ctx context.Context, u UserID, hashes []string, e audit.Event) error
	// EndFactor takes factor and recovery codes away and ends all sessions but keep. fault.Conflict: there is none.
	EndFactor(ctx context.Context, u UserID, keep SessionID, e audit.Event) error
	// ResetFactors takes passkeys away too, and ends all sessions. fault.Conflict: there is nothing.
	ResetFactors(ctx context.Context, u UserID, e audit.Event) error
	SigninRule(ctx context.Context, o org.ID) (bool, error)
	SetSigninRule(ctx context.Context, o org.ID, factor bool, e audit.Event) error
}

// FactorShown is what a person copies into their app.
type FactorShown struct {
	Secret secret.String // in base32
	URL    secret.String // of the QR code
}

var (
	errHasFactor = fault.New(fault.Conflict, "You have a second factor already. Turn it off first to set up another one.")
	errNoFactor  = fault.New(fault.Conflict, "There is no second factor.")
	errCode      = fault.New(fault.Denied, "This code is wrong, too old or used already. Wait for the next one, or use a recovery code.")
)

// Factor gives a user's second factor; the zero value when they have none.
func (s *Service) Factor(ctx context.Context, u UserID) (Factor, error) {
	return s.Store.Factor(ctx, u)
}

// NeedsFactor reports whether somebody may do nothing without a second factor: engineers by setting, administrators by
// the choice of any organization of theirs.
func (s *Service) NeedsFactor(c Caller) bool {
	if c.Engineer && s.FactorOfEngineers {
		return true
	}
	for _, m := range c.Memberships {
		if m.Factor && m.Role == Admin {
			return true
		}
	}
	return false
}

// Standing is how far a session of somebody who needs a second factor opens the console.
type Standing int

// The standings.
const (
	Whole   Standing = iota // they have shown one, or need none
	Lacking                 // they have none: they can do nothing but set it up
	Owing                   // they have a passkey and did not use it: the password alone opens nothing
)

// Standing gives how far a session opens. strong says that it was begun with a passkey.
func (s *Service) Standing(ctx context.Context, c Caller, strong bool) (Standing, error) {
	if strong || !s.NeedsFactor(c) {
		return Whole, nil
	}
	f, err := s.Store.Factor(ctx, c.User)
	switch {
	case err != nil || f.On():
		return Whole, err
	case f.Passkeys > 0:
		return Owing, nil
	}
	return Lacking, nil
}

// BeginFactor makes a secret for an app. It counts only once ConfirmFactor has seen a code of it. fault.Conflict: there is
// a factor already.
func (s *Service) BeginFactor(ctx context.Context, u User) error {
	f, err := s.Store.Factor(ctx, u.ID)
	if err != nil {
		return err
	}
	if f.On() {
		return errHasFactor
	}
	raw := make([]byte, 20) // as long as a digest of HMAC-SHA-1, RFC 4226 §4
	_, _ = rand.Read(raw)
	return s.Store.BeginFactor(ctx, u.ID, secret.NewString(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw)))
}

// PendingFactor shows the secret that BeginFactor made; fault.Conflict when there is none.
func (s *Service) PendingFactor(ctx context.Context, u User) (FactorShown, error) {
	f, err := s.Store.Factor(ctx, u.ID)
	if err != nil {
		return FactorShown{}, err
	}
	if f.Pending.Empty() {
		return FactorShown{}, errNoFactor
	}
	address := url.URL{Scheme: "otpauth", Host: "totp", Path: "/HeavySet:" + u.Email, RawQuery: url.Values{"secret": {f.Pending.Reveal()}, "issuer": {"HeavySet"}}.Encode()}
	return FactorShown{Secret: f.Pending, URL: secret.NewString(address.String())}, nil
}

// ConfirmFactor turns a second factor on when a code shows that the person's app has the secret, ends their other sessions
// and gives the recovery codes, shown once. fault.Conflict: nothing was begun. Fields: code.
func (s *Service) ConfirmFactor(ctx context.Context, u User, code string, keep SessionID, by audit.By) ([]secret.String, error) {
	f, err := s.Store.Factor(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	if f.On() {
		return nil, errHasFactor
	}
	step, ok := matching(f.Pending, code, s.Now())
	if !ok {
		return nil, fault.OfField("code", "is not the one that your app shows now. Is the time of your phone right?")
	}
	shown, hashes := newRecoveryCodes()
	e := audit.Event{By: by, Area: audit.Account, Act: "Second factor turned on", Subject: u.Email, Detail: "All other sessions were ended."}
	return shown, s.Store.ConfirmFactor(ctx, u.ID, Factor{Secret: f.Pending, Step: step, Since: s.Now()}, hashes, keep, e.Finish(s.Now()))
}

// matching finds the step, of those around now, whose code this is.
func matching(key secret.String, code string, now time.Time) (int64, bool) {
	if key.Empty() || len(code) != 6 {
		return 0, false
	}
	for d := range int64(3) {
		step := now.Unix()/stepSeconds + d - 1
		ok, err := hotp.ValidateCustom(code, uint64(step), key.Reveal(), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && ok {
			return step, true
		}
	}
	return 0, false
}

// newRecoveryCodes makes codes of 80 random bits, with their hashes: enough not to be found from the hash.
func newRecoveryCodes() (shown []secret.String, hashes []string) {
	for range recoveryCodes {
		raw := make([]byte, 10)
		_, _ = rand.Read(raw)
		v := base32.StdEncoding.EncodeToString(raw)
		shown = append(shown, secret.NewString(v[:4]+"-"+v[4:8]+"-"+v[8:12]+"-"+v[12:]))
		hashes = append(hashes, recoveryHash(v))
	}
	return shown, hashes
}

func recoveryHash(code string) string { return id.Hash("recovery:" + code) }

// CheckCode takes a code of the user's app, or a recovery code, each good once. address is where the request came from.
// fault.Denied: wrong, or there is no factor; fault.Limited: too many wrong codes of this account or from this address.
func (s *Service) CheckCode(ctx context.Context, u User, code, address string) error {
	end, err := s.turn(ctx) // as with passwords: of guesses that come at once each sees those before it
	if err != nil {
		return err
	}
	defer end()
	now := s.Now()
	account, from := id.Hash("code:"+string(u.ID)), id.Hash("address:"+address)
	n, err1 := s.Store.Failures(ctx, []string{account}, now.Add(-window))
	m, err2 := s.Store.Failures(ctx, []string{from}, now.Add(-window))
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if n >= maxCodeFailures || m >= maxFailures {
		return fault.TooMany(window, "Too many wrong codes. Please wait a quarter of an hour.")
	}
	f, err := s.Store.Factor(ctx, u.ID)
	if err != nil {
		return err
	}
	ok, err := s.takeCode(ctx, u, f, code, address)
	if err != nil || ok {
		return err
	}
	if err := s.Store.AddFailure(ctx, []string{account, from}, now); err != nil {
		return err
	}
	return errCode
}

func (s *Service) takeCode(ctx context.Context, u User, f Factor, code, address string) (bool, error) {
	code = strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(code))
	if !f.On() || len(code) > 64 {
		return false, nil
	}
	if step, ok := matching(f.Secret, code, s.Now()); ok {
		return s.Store.TakeStep(ctx, u.ID, step)
	}
	e := audit.Event{
		By: audit.By{Who: u.Name, WhoID: string(u.ID), Address: address}, Area: audit.Account, Act: "Recovery code used", Subject: u.Email,
		Detail: fmt.Sprintf("%d are left.", f.Codes-1),
	}
	return s.Store.TakeRecoveryCode(ctx, u.ID, recoveryHash(code), e.Finish(s.Now()))
}

// Prove checks that whoever is signed in still is that person: by password, or with code not "" by that.
// fault.Denied, fault.Limited as with SignIn and CheckCode.
func (s *Service) Prove(ctx context.Context, u User, password secret.String, code, address string) error {
	if code != "" {
		return s.CheckCode(ctx, u, code, address)
	}
	_, err := s.checkPassword(ctx, u.Email, password, address)
	if fault.Is(err, fault.Denied) {
		return fault.New(fault.Denied, "This is not your password.")
	}
	return err
}

// RenewRecoveryCodes puts new recovery codes in the place of the old ones and gives them, shown once.
func (s *Service) RenewRecoveryCodes(ctx context.Context, u User, by audit.By) ([]secret.String, error) {
	f, err := s.Store.Factor(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	if !f.On() {
		return nil, errNoFactor
	}
	shown, hashes := newRecoveryCodes()
	e := audit.Event{By: by, Area: audit.Account, Act: "Recovery codes renewed", Subject: u.Email}
	return shown, s.Store.PutRecoveryCodes(ctx, u.ID, hashes, e.Finish(s.Now()))
}

// EndFactor turns one's own second factor off; the other sessions end. fault.Conflict: one is needed.
func (s *Service) EndFactor(ctx context.Context, c Caller, u User, keep SessionID, by audit.By) error {
	if s.NeedsFactor(c) {
		return fault.New(fault.Conflict, "A second factor is required of you, so it stays on. An administrator or engineer can reset it when you have lost your phone.")
	}
	e := audit.Event{By: by, Area: audit.Account, Act: "Second factor turned off", Subject: u.Email, Detail: "All other sessions were ended."}
	return s.Store.EndFactor(ctx, u.ID, keep, e.Finish(s.Now()))
}

// ResetFactor takes second factor and passkeys from a teammate who has lost them and ends their sessions. by is the caller who does
// so. fault.Conflict: they have none, it is one's own, or the person has rights outside the organization, which its
// administrator must not weaken.
func (s *Service) ResetFactor(ctx context.Context, o org.ID, u UserID, c Caller, by audit.By) error {
	t, err := s.teammate(ctx, o, u)
	if err != nil {
		return err
	}
	if u == c.User {
		return fault.New(fault.Conflict, "Your own second factor is on the page of your account.")
	}
	if !c.Engineer {
		whole, err := s.Store.User(ctx, u)
		if err != nil {
			return err
		}
		m, err := s.Store.Memberships(ctx, u)
		if err != nil {
			return err
		}
		if whole.Engineer || len(m) > 1 {
			return fault.New(fault.Conflict, "This person also works outside your organization. Please ask HeavySet to reset their second factor.")
		}
	}
	return s.resetFactor(ctx, t.User, by)
}

// ResetFactorOf takes second factor and passkeys from the account of an address, for the command line.
func (s *Service) ResetFactorOf(ctx context.Context, email string) error {
	u, err := s.account(ctx, email)
	if err != nil {
		return err
	}
	return s.resetFactor(ctx, u, audit.By{Who: "command line"})
}

func (s *Service) resetFactor(ctx context.Context, u User, by audit.By) error {
	e := audit.Event{By: by, Area: audit.Team, Act: "Second factor reset", Subject: u.Email, Detail: "Passkeys were removed too. All sessions were ended."}
	return s.Store.ResetFactors(ctx, u.ID, e.Finish(s.Now()))
}

// FactorOfAdmins tells whether an organization asks a second factor of its administrators.
func (s *Service) FactorOfAdmins(ctx context.Context, o org.ID) (bool, error) {
	return s.Store.SigninRule(ctx, o)
}

// SetFactorOfAdmins lets an organization ask a second factor of its administrators, or not.
func (s *Service) SetFactorOfAdmins(ctx context.Context, o org.ID, needed bool, by audit.By) error {
	act := "Second factor of administrators required"
	if !needed {
		act = "Second factor of administrators no longer required"
	}
	e := audit.Event{By: by, Area: audit.Team, Act: act}
	return s.Store.SetSigninRule(ctx, o, needed, e.Finish(s.Now()))
}
