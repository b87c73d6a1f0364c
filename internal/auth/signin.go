package auth

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
)

const (
	// window is how far back failures count.
	window = 15 * time.Minute
	// maxFailures bounds the failures of one account, and of one address, in the window.
	maxFailures = 20
	// shortest and longest password, in characters.
	shortest, longest = 8, 256
)

// cost is what OWASP asks of argon2id.
func cost() argon2id.Params {
	return argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}
}

// nobody is a hash of nobody's password, to compare with when the account is unknown.
var nobody = sync.OnceValues(func() (string, error) {
	c := cost()
	return argon2id.CreateHash(id.Token(), &c)
})

// New makes the service. At most as many passwords as there are processors are hashed at a time, so that sign-ins can't
// exhaust the memory.
func New(store Store, now func() time.Time) (*Service, error) {
	if _, err := nobody(); err != nil {
		return nil, err
	}
	return &Service{Store: store, Now: now, Cost: cost(), turns: make(chan struct{}, runtime.NumCPU())}, nil
}

// turn waits for a turn to hash and gives the end of the turn; an error when ctx ends before.
func (s *Service) turn(ctx context.Context) (end func(), err error) {
	select {
	case s.turns <- struct{}{}:
		return func() { <-s.turns }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *Service) hash(ctx context.Context, password secret.String) (string, error) {
	end, err := s.turn(ctx)
	if err != nil {
		return "", err
	}
	defer end()
	return argon2id.CreateHash(password.Reveal(), &s.Cost)
}

var errWrong = fault.New(fault.Denied, "E-mail address or password is wrong.")

// SignIn checks a password. address is where the request came from. fault.Denied: wrong; fault.Limited: too many
// failures for this account or address, whatever the password.
func (s *Service) SignIn(ctx context.Context, email string, password secret.String, address string) (User, error) {
	u, err := s.checkPassword(ctx, email, password, address)
	if err == nil {
		err = s.admits(ctx, u)
	}
	if err != nil {
		return User{}, err
	}
	return u, nil
}

func (s *Service) checkPassword(ctx context.Context, email string, password secret.String, address string) (User, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	if len(email) > 254 || !utf8.ValidString(email) || strings.ContainsRune(email, 0) || len(password.Reveal()) > 4*longest {
		return User{}, errWrong
	}
	// The failures are counted within the turn: of many guesses that come at once each sees those before it.
	end, err := s.turn(ctx)
	if err != nil {
		return User{}, err
	}
	defer end()
	now := s.Now()
	subjects := []string{id.Hash("account:" + email), id.Hash("address:" + address)}
	n, err := s.Store.Failures(ctx, subjects, now.Add(-window))
	if err != nil {
		return User{}, err
	}
	if n >= maxFailures {
		return User{}, fault.TooMany(window, "Too many failed attempts to sign in. Please wait a quarter of an hour.")
	}
	u, err := s.Store.UserByEmail(ctx, email)
	hash := u.PasswordHash
	if fault.Is(err, fault.NotFound) || err == nil && hash == "" { // an account without a password takes as long, too
		hash, err = nobody()
	}
	if err != nil {
		return User{}, err
	}
	ok, err := argon2id.ComparePasswordAndHash(password.Reveal(), hash)
	if !ok || err != nil || u.ID == "" || u.Disabled {
		if err := s.Store.AddFailure(ctx, subjects, now); err != nil {
			return User{}, err
		}
		return User{}, errWrong
	}
	return u, nil
}

// Caller gives who a signed-in user is; fault.NotFound when they exist no more or are
// disabled.
func (s *Service) Caller(ctx context.Context, u UserID) (Caller, User, error) {
	user, err := s.Store.User(ctx, u)
	if err == nil && user.Disabled {
		err = fault.New(fault.NotFound, "This account is disabled.")
	}
	if err != nil {
		return Caller{}, User{}, err
	}
	m, err := s.Store.Memberships(ctx, u)
	return Caller{User: u, Name: user.Name, Engineer: user.Engineer, Memberships: m}, user, err
}

// NewUser is what a user is made of.
type NewUser struct {
	Email, Name string
	Password    secret.String // empty: one is made, to be changed at the first sign-in
	Role        Role
	Org         org.ID // for admin and member
}

// CreateUser makes a user and gives the password that was made for them, if any. fault.Conflict: the address is taken.
func (s *Service) CreateUser(ctx context.Context, n NewUser) (User, secret.String, error) {
	email, err := cleanEmail(n.Email)
	if err != nil {
		return User{}, secret.String{}, err
	}
	if n.Role != Engineer && n.Org == "" {
		return User{}, secret.String{}, fault.OfField("org", "An administrator or member needs an organization.")
	}
	u := User{ID: UserID(id.New("usr", s.Now())), Email: email, Name: n.Name, Engineer: n.Role == Engineer, Created: s.Now()}
	if u.Name == "" {
		u.Name = email
	}
	made := secret.String{}
	password := n.Password
	if password.Empty() {
		u.Temporary = true
		made = secret.NewString(id.Token()[:20])
		password = made
	} else if c := utf8.RuneCountInString(password.Reveal()); c < shortest || c > longest {
		return User{}, secret.String{}, fault.OfField("password", "must have 8 to 256 characters.")
	}
	if u.PasswordHash, err = s.hash(ctx, password); err != nil {
		return User{}, secret.String{}, err
	}
	var m []Membership
	if n.Role != Engineer {
		m = []Membership{{Org: n.Org, Role: n.Role}}
	}
	return u, made, s.Store.CreateUser(ctx, u, m)
}

// ResetPassword gives a user another password and ends their sessions.
func (s *Service) ResetPassword(ctx context.Context, email string, password secret.String) error {
	u, err := s.Store.UserByEmail(ctx, strings.ToLower(strings.TrimSpace(email)))
	if err != nil {
		return err
	}
	hash, err := s.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.Store.SetPassword(ctx, u.ID, hash, false)
}
