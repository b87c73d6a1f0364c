package auth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
)

const (
	// challengeLife is how long a person may take to answer a challenge.
	challengeLife = 5 * time.Minute
	// maxPasskeys bounds those of one account.
	maxPasskeys = 20
	// maxChallenges bounds the challenges that one address may ask for, before anybody has signed in, in the window of
	// sign-in failures.
	maxChallenges = 100
	// longestAnswer bounds what a device answers, in bytes of JSON.
	longestAnswer = 32 << 10
)

// PasskeyID names a passkey where its owner sees it.
type PasskeyID string

// Passkey is the public key of a device by which its user signs in (W3C Web Authentication, level 3). The device has
// asked for finger, face or PIN each time it signs, so that it stands for password and second factor together.
type Passkey struct {
	ID         PasskeyID
	Credential string // what the device calls it, in base64url
	Name       string
	PublicKey  []byte    // COSE
	Flags      byte      // of the authenticator when it was made
	Count      uint32    // the newest signature counter that was seen; 0 for devices that have none
	Created    time.Time // when it was added
	Used       time.Time
	Cloned     time.Time // its counter ran backwards, so somebody has a copy: it is taken no more
}

// Purpose of a challenge: to sign in, or to add a passkey.
const (
	toSignIn   Purpose = "signin"
	toRegister Purpose = "register"
)

// Challenge is what a sign-in that is under way has to answer: good once, for one purpose, in the browser session that
// asked for it.
type Challenge struct {
	Hash    string
	Purpose Purpose
	Binding string // hash of the session
	User    UserID // "" before anybody has signed in
	Expires time.Time
}

type passkeys interface {
	Passkeys(ctx context.Context, u UserID) ([]Passkey, error)
	AddPasskey(ctx context.Context, u UserID, p Passkey, e audit.Event) error
	// UsePasskey keeps a counter that has risen; false when it has not, or the passkey is barred.
	UsePasskey(ctx context.Context, u UserID, p PasskeyID, count uint32, now time.Time) (bool, error)
	BarPasskey(ctx context.Context, u UserID, p PasskeyID, now time.Time, e audit.Event) error
	RemovePasskey(ctx context.Context, u UserID, p PasskeyID, keep SessionID, e audit.Event) error
	AddChallenge(ctx context.Context, c Challenge) error
	// TakeChallenge uses up the one that is c but for its time; false when there is none.
	TakeChallenge(ctx context.Context, c Challenge, now time.Time) (bool, error)
}

var (
	errPasskey       = fault.New(fault.Denied, "This passkey was not taken. Try again, or sign in in another way.")
	errNotOffered    = fault.New(fault.NotFound, "Passkeys are not offered here.")
	errManyPasskeys  = fault.New(fault.Conflict, fmt.Sprintf("You have %d passkeys already. Remove one first.", maxPasskeys))
	errCopiedPasskey = fault.New(fault.Denied, "This passkey seems to have been copied, so it is not taken any more. Sign in in another way, remove it on the page of your account and add a new one.")
	errLastPasskey   = fault.New(fault.Conflict, "A second factor is required of you, and this is your only one. Add another passkey or set up an authenticator app first.")
)

// OfferPasskeys lets people sign in with passkeys of the site at an address. Browsers know them only at a name, by https
// or on this machine: at any other address none are offered.
func (s *Service) OfferPasskeys(base string) error {
	u, err := url.Parse(base)
	if err != nil {
		return err
	}
	name := u.Hostname()
	if net.ParseIP(name) != nil || u.Scheme != "https" && name != "localhost" {
		return nil
	}
	s.party, err = webauthn.New(&webauthn.Config{
		RPID: name, RPDisplayName: "HeavySet", RPOrigins: []string{u.Scheme + "://" + u.Host}, AttestationPreference: protocol.PreferNoAttestation,
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore, // some password managers add outputs; we read none
	})
	return err
}

// PasskeysOffered reports whether people may sign in with passkeys.
func (s *Service) PasskeysOffered() bool { return s.party != nil }

// Passkeys lists a user's passkeys, the oldest first.
func (s *Service) Passkeys(ctx context.Context, u UserID) ([]Passkey, error) {
	return s.Store.Passkeys(ctx, u)
}

// holder is a user as the library wants one. Passkeys that are barred do not exist for it.
type holder struct {
	User
	list []Passkey
}

func (h holder) WebAuthnID() []byte          { return []byte(h.ID) }
func (h holder) WebAuthnName() string        { return h.Email }
func (h holder) WebAuthnDisplayName() string { return h.Name }

func (h holder) WebAuthnCredentials() []webauthn.Credential {
	var out []webauthn.Credential
	for _, p := range h.list {
		raw, err := base64.RawURLEncoding.DecodeString(p.Credential)
		if err == nil && p.Cloned.IsZero() {
			out = append(out, webauthn.Credential{
				ID: raw, PublicKey: p.PublicKey, Flags: webauthn.NewCredentialFlags(protocol.AuthenticatorFlags(p.Flags)), Authenticator: webauthn.Authenticator{SignCount: p.Count},
			})
		}
	}
	return out
}

func (s *Service) holder(ctx context.Context, u User) (holder, error) {
	list, err := s.Store.Passkeys(ctx, u.ID)
	return holder{u, list}, err
}

func challenge(value string, p Purpose, u UserID, binding string) Challenge {
	return Challenge{Hash: id.Hash("challenge:" + value), Purpose: p, Binding: id.Hash("binding:" + binding), User: u}
}

// pose keeps a challenge and gives the options that the browser hands to the device, as JSON.
func (s *Service) pose(ctx context.Context, options any, c Challenge) ([]byte, error) {
	c.Expires = s.Now().Add(challengeLife)
	if err := s.Store.AddChallenge(ctx, c); err != nil {
		return nil, err
	}
	return json.Marshal(options)
}

// BeginPasskey gives the options to make a passkey with. binding is the secret of the browser session, in which alone
// the answer will be taken. fault.Conflict: there are too many.
func (s *Service) BeginPasskey(ctx context.Context, u User, binding string) ([]byte, error) {
	if s.party == nil {
		return nil, errNotOffered
	}
	h, err := s.holder(ctx, u)
	if err != nil {
		return nil, err
	}
	if len(h.list) >= maxPasskeys {
		return nil, errManyPasskeys
	}
	options, posed, err := s.party.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.WebAuthnCredentials()).CredentialDescriptors()),
		webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(), UserVerification: protocol.VerificationRequired,
		}))
	if err != nil {
		return nil, err
	}
	return s.pose(ctx, options, challenge(posed.Challenge, toRegister, u.ID, binding))
}

// AddPasskey adds the passkey that a device has made for BeginPasskey. Fields: name. fault.Denied: the answer proves
// nothing, is too late, or was given already.
func (s *Service) AddPasskey(ctx context.Context, u User, name string, answer []byte, binding string, by audit.By) error {
	if s.party == nil {
		return errNotOffered
	}
	name = strings.TrimSpace(name)
	if n := utf8.RuneCountInString(name); n == 0 || n > 60 || !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }) {
		return fault.OfField("name", "must have 1 to 60 characters.")
	}
	h, err := s.holder(ctx, u)
	if err != nil {
		return err
	}
	if len(h.list) >= maxPasskeys {
		return errManyPasskeys
	}
	if len(answer) > longestAnswer {
		return errPasskey
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return errPasskey.Because(err)
	}
	posed := parsed.Response.CollectedClientData.Challenge
	if err := s.takeChallenge(ctx, challenge(posed, toRegister, u.ID, binding)); err != nil {
		return err
	}
	c, err := s.party.CreateCredential(h, webauthn.SessionData{
		Challenge: posed, UserID: h.WebAuthnID(), UserVerification: protocol.VerificationRequired, CredParams: webauthn.CredentialParametersDefault(),
	}, parsed)
	if err != nil {
		return errPasskey.Because(err)
	}
	p := Passkey{
		ID: PasskeyID(id.New("pk", s.Now())), Credential: base64.RawURLEncoding.EncodeToString(c.ID), Name: name, PublicKey: c.PublicKey,
		Flags: byte(c.Flags.ProtocolValue()), Count: c.Authenticator.SignCount, Created: s.Now(),
	}
	e := audit.Event{By: by, Area: audit.Account, Act: "Passkey added", Subject: u.Email, Detail: name}
	return s.Store.AddPasskey(ctx, u.ID, p, e.Finish(s.Now()))
}

func (s *Service) takeChallenge(ctx context.Context, c Challenge) error {
	ok, err := s.Store.TakeChallenge(ctx, c, s.Now())
	if err == nil && !ok {
		err = errPasskey
	}
	return err
}

// AskPasskey gives the options for a sign-in with any passkey of this site. binding is the secret of the browser session,
// address where the request came from. fault.Limited: too many were asked for.
func (s *Service) AskPasskey(ctx context.Context, binding, address string) ([]byte, error) {
	if s.party == nil {
		return nil, errNotOffered
	}
	if err := s.mayAsk(ctx, address); err != nil {
		return nil, err
	}
	options, posed, err := s.party.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, err
	}
	return s.pose(ctx, options, challenge(posed.Challenge, toSignIn, "", binding))
}

// mayAsk counts the challenges that an address asks for before anybody has signed in; fault.Limited when there are too
// many.
func (s *Service) mayAsk(ctx context.Context, address string) error {
	now, from := s.Now(), []string{id.Hash("challenges:" + address)}
	n, err := s.Store.Failures(ctx, from, now.Add(-window))
	if err != nil {
		return err
	}
	if n >= maxChallenges {
		return fault.TooMany(window, "Too many attempts to sign in. Please wait a quarter of an hour.")
	}
	return s.Store.AddFailure(ctx, from, now)
}

// SignInPasskey takes what a device has answered to AskPasskey and gives whose passkey it is. fault.Denied: the answer
// proves nothing, is too late, was given already, or the passkey was copied; fault.Limited as with SignIn.
func (s *Service) SignInPasskey(ctx context.Context, answer []byte, binding, address string) (User, error) {
	u, err := s.checkPasskey(ctx, answer, binding, address)
	if err == nil {
		err = s.admits(ctx, u)
	}
	if err != nil {
		return User{}, err
	}
	return u, nil
}

func (s *Service) checkPasskey(ctx context.Context, answer []byte, binding, address string) (User, error) {
	if s.party == nil {
		return User{}, errNotOffered
	}
	end, err := s.turn(ctx) // as with passwords: of attempts that come at once each sees those before it
	if err != nil {
		return User{}, err
	}
	defer end()
	subjects := []string{id.Hash("address:" + address)}
	var parsed *protocol.ParsedCredentialAssertionData
	if len(answer) <= longestAnswer {
		if parsed, err = protocol.ParseCredentialRequestResponseBytes(answer); err == nil {
			subjects = append(subjects, id.Hash("passkey:"+string(parsed.Response.UserHandle)))
		}
	}
	n, errCount := s.Store.Failures(ctx, subjects, s.Now().Add(-window))
	if errCount != nil {
		return User{}, errCount
	}
	if n >= maxFailures {
		return User{}, fault.TooMany(window, "Too many failed attempts to sign in. Please wait a quarter of an hour.")
	}
	var u User
	if parsed == nil || err != nil {
		err = errPasskey.Because(err)
	} else {
		u, err = s.takePasskey(ctx, parsed, binding, address)
	}
	if fault.Is(err, fault.Denied) {
		if err := s.Store.AddFailure(ctx, subjects, s.Now()); err != nil {
			return User{}, err
		}
	}
	return u, err
}

func (s *Service) takePasskey(ctx context.Context, parsed *protocol.ParsedCredentialAssertionData, binding, address string) (User, error) {
	posed := parsed.Response.CollectedClientData.Challenge
	if err := s.takeChallenge(ctx, challenge(posed, toSignIn, "", binding)); err != nil {
		return User{}, err
	}
	var h holder
	var ours error // not the device's fault
	find := func(_, handle []byte) (webauthn.User, error) {
		if len(handle) > 64 || !utf8.Valid(handle) {
			return nil, errPasskey
		}
		_, u, err := s.Caller(ctx, UserID(handle))
		if err == nil {
			h, err = s.holder(ctx, u)
		}
		if !fault.Is(err, fault.NotFound) {
			ours = err
		}
		return h, err
	}
	_, c, err := s.party.ValidatePasskeyLogin(find, webauthn.SessionData{Challenge: posed, UserVerification: protocol.VerificationRequired}, parsed)
	if ours != nil {
		return User{}, ours
	}
	if err != nil {
		return User{}, errPasskey.Because(err)
	}
	return h.User, s.countPasskey(ctx, h, c, address)
}

// countPasskey keeps the counter of a signature that was right. One that has not risen shows that the key is in two
// places: which of them is the person's nobody can tell, so neither is taken any more.
func (s *Service) countPasskey(ctx context.Context, h holder, c *webauthn.Credential, address string) error {
	for _, p := range h.list {
		if p.Credential != base64.RawURLEncoding.EncodeToString(c.ID) {
			continue
		}
		if !c.Authenticator.CloneWarning {
			ok, err := s.Store.UsePasskey(ctx, h.ID, p.ID, c.Authenticator.SignCount, s.Now())
			if err != nil || ok {
				return err
			}
		}
		e := audit.Event{
			By: audit.By{Who: h.Name, WhoID: string(h.ID), Address: address}, Area: audit.Account, Act: "Passkey refused", Subject: h.Email,
			Detail: p.Name + ": its counter ran backwards, so there is a copy of it. It is not taken any more.",
		}
		if err := s.Store.BarPasskey(ctx, h.ID, p.ID, s.Now(), e.Finish(s.Now())); err != nil {
			return err
		}
		return errCopiedPasskey
	}
	return errPasskey
}

// ProvePasskey checks with a passkey that whoever is signed in still is that person. Faults as SignInPasskey.
func (s *Service) ProvePasskey(ctx context.Context, u User, answer []byte, binding, address string) error {
	who, err := s.checkPasskey(ctx, answer, binding, address)
	if err == nil && who.ID != u.ID {
		err = fault.New(fault.Denied, "This passkey is not yours.")
	}
	return err
}

// RemovePasskey takes one of a user's own passkeys away; their other sessions end. fault.NotFound: they have no such one;
// fault.Conflict: they need a second factor and have no other.
func (s *Service) RemovePasskey(ctx context.Context, c Caller, u User, p PasskeyID, keep SessionID, by audit.By) error {
	list, err := s.Store.Passkeys(ctx, u.ID)
	if err != nil {
		return err
	}
	f, err := s.Store.Factor(ctx, u.ID)
	if err != nil {
		return err
	}
	for _, k := range list {
		if k.ID != p {
			continue
		}
		if s.NeedsFactor(c) && !f.On() && k.Cloned.IsZero() && f.Passkeys == 1 {
			return errLastPasskey
		}
		e := audit.Event{By: by, Area: audit.Account, Act: "Passkey removed", Subject: u.Email, Detail: k.Name + "\nAll other sessions were ended."}
		return s.Store.RemovePasskey(ctx, u.ID, p, keep, e.Finish(s.Now()))
	}
	return fault.New(fault.NotFound, "There is no such passkey. It may have been removed already.")
}
