package auth

import (
	"bufio"
	"context"
	_ "embed" // the list of common passwords
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/secret"
)

//go:embed common.txt
var commonText string

// common is the passwords that guessers try first, in lower case.
var common = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for lines := bufio.NewScanner(strings.NewReader(commonText)); lines.Scan(); {
		if w := strings.TrimSpace(lines.Text()); w != "" {
			out[w] = true
		}
	}
	return out
})

// CheckPassword says what is wrong about a password that a person chose, as fault.Invalid of the field password: at least
// 8 and at most 256 characters, any of them; none that guessers try first, and not just the person's or our own words
// with something added (OWASP ASVS 6.2). own are such words: name, address, organization.
func CheckPassword(password secret.String, own ...string) error {
	v := password.Reveal()
	if c := utf8.RuneCountInString(v); c < shortest || c > longest {
		return fault.OfField("password", "must have 8 to 256 characters.")
	}
	lower := strings.ToLower(v)
	if common()[lower] || common()[strings.TrimRightFunc(lower, func(r rune) bool { return !unicode.IsLetter(r) })] || monotonous(lower) {
		return fault.OfField("password", "is one of those that guessers try first. Three or four words that do not belong together make a good one.")
	}
	rest := lower
	for _, text := range append(own, "heavyset", "password", "zoho", "welcome", "admin") {
		for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if len(w) >= 4 {
				rest = strings.ReplaceAll(rest, w, "")
			}
		}
	}
	if letters(rest) < 4 && rest != lower {
		return fault.OfField("password", "is made of your name, your company or our own words. Three or four words that do not belong together make a good one.")
	}
	return nil
}

// monotonous reports whether each character follows the one before in one step, or repeats it: 11111111, abcdefgh.
func monotonous(s string) bool {
	r := []rune(s)
	for i := 2; i < len(r); i++ {
		if r[i]-r[i-1] != r[1]-r[0] {
			return false
		}
	}
	step := r[1] - r[0]
	return step >= -1 && step <= 1
}

func letters(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}

// ChangePassword gives a user another password of their own choice; the session keep goes on, all others end. The old one
// is asked for and guessing it is throttled like a sign-in. Fields: old, password.
func (s *Service) ChangePassword(ctx context.Context, u User, keep SessionID, old, next secret.String, by audit.By) error {
	if _, err := s.checkPassword(ctx, u.Email, old, by.Address); fault.Is(err, fault.Denied) {
		return fault.OfField("old", "is not your present password.")
	} else if err != nil {
		return err
	}
	if old.Reveal() == next.Reveal() {
		return fault.OfField("password", "is the one that you have already.")
	}
	if err := CheckPassword(next, u.Name, u.Email); err != nil {
		return err
	}
	hash, err := s.hash(ctx, next)
	if err != nil {
		return err
	}
	e := audit.Event{By: by, Area: audit.Account, Act: "Password changed", Subject: u.Email, Detail: "All other sessions were ended."}
	return s.Store.ChangePassword(ctx, u.ID, hash, keep, e.Finish(s.Now()))
}

// How long a link to set a new password is good, and how many one account and one address may ask for in that time.
const (
	resetLife       = time.Hour
	resetsOfAccount = 3
	resetsOfAddress = 20
)

// ResetAsked is the fact that somebody asked for a link to set a new password, for an account that may not exist.
type ResetAsked struct {
	ID    string `json:"id"`
	Email string `json:"email"`
}

// AskReset takes the wish for a new password. Whoever asks learns nothing of whether the account exists: it is looked for
// only when the mail is written. fault.Invalid: no e-mail address; fault.Limited: too many wishes from this address.
func (s *Service) AskReset(ctx context.Context, email, address string) error {
	email, err := cleanEmail(email)
	if err != nil {
		return err
	}
	now := s.Now()
	account, from := id.Hash("reset:"+email), id.Hash("reset-from:"+address)
	n, err := s.Store.Failures(ctx, []string{from}, now.Add(-resetLife))
	if err != nil {
		return err
	}
	if n >= resetsOfAddress {
		return fault.TooMany(resetLife, "Too many requests from this address. Please wait an hour.")
	}
	asked := &ResetAsked{ID: id.New("reset", now), Email: email}
	if n, err = s.Store.Failures(ctx, []string{account}, now.Add(-resetLife)); err != nil {
		return err
	}
	if n >= resetsOfAccount {
		asked = nil // enough mails are on their way; the answer is the same
	}
	return s.Store.AskReset(ctx, []string{account, from}, now, asked)
}

// ResetLink makes the token of a link for the mail; false when there is nobody to write to.
func (s *Service) ResetLink(ctx context.Context, email string) (User, secret.String, bool, error) {
	u, err := s.Store.UserByEmail(ctx, email)
	if fault.Is(err, fault.NotFound) || err == nil && u.Disabled {
		return User{}, secret.String{}, false, nil
	}
	if err != nil {
		return User{}, secret.String{}, false, err
	}
	token := id.Token()
	err = s.Store.AddLink(ctx, Link{Hash: id.Hash(token), Purpose: ForReset, Subject: string(u.ID), Expires: s.Now().Add(resetLife)})
	return u, secret.NewString(token), err == nil, err
}

// errLink is what a link says that was used, withdrawn or is too old.
var errLink = fault.New(fault.NotFound, "This link is not good any more: it has been used, or its time is over. Please ask for a new one.")

// ResetUser gives whose password a link sets, without using it up; fault.NotFound when it is not good.
func (s *Service) ResetUser(ctx context.Context, token string) (User, error) {
	l, err := s.Store.Link(ctx, id.Hash(token), ForReset, s.Now())
	if err != nil {
		return User{}, missing(err)
	}
	u, err := s.Store.User(ctx, UserID(l.Subject))
	if err == nil && u.Disabled {
		err = errLink
	}
	return u, missing(err)
}

// Reset sets a new password with a link, which is used up, and ends all sessions. Fields: password.
func (s *Service) Reset(ctx context.Context, token string, next secret.String, address string) error {
	u, err := s.ResetUser(ctx, token)
	if err != nil {
		return err
	}
	if err := CheckPassword(next, u.Name, u.Email); err != nil {
		return err
	}
	hash, err := s.hash(ctx, next)
	if err != nil {
		return err
	}
	e := audit.Event{
		By: audit.By{Who: u.Name, WhoID: string(u.ID), Address: address}, Area: audit.Account, Act: "Password set by mail", Subject: u.Email,
		Detail: "All sessions were ended.",
	}
	return missing(s.Store.ResetPassword(ctx, id.Hash(token), hash, s.Now(), e.Finish(s.Now())))
}

// missing says in words for people that a link is not good.
func missing(err error) error {
	if fault.Is(err, fault.NotFound) {
		return errLink
	}
	return err
}
