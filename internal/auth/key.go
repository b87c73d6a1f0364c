package auth

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
)

// KeyID names an API key where it is listed and revoked. It is no secret.
type KeyID string

// Key is an API key as it is stored.
type Key struct {
	ID      KeyID
	Hash    string
	Org     org.ID // "" for a platform engineer
	Role    Role
	Name    string // what it is for; may be ""
	Hint    string // last characters, to tell keys apart
	Created time.Time
	Expires time.Time // zero: never
	Used    time.Time // last, to the minute; zero: never
}

// Expired reports whether the key is good no more.
func (k Key) Expired(now time.Time) bool { return !k.Expires.IsZero() && !k.Expires.After(now) }

// NewKey is what an API key is made of.
type NewKey struct {
	Role Role
	Name string
	Days int // how long it is good; 0: until it is revoked
}

// KeyShown is a new API key, shown once.
type KeyShown struct {
	Key     secret.String
	ID      KeyID
	Role    Role
	Name    string
	Hint    string // its last characters
	Expires time.Time
}

// Words say of a key what the audit keeps, a line each.
func (k KeyShown) Words() []string { return keyWords(k.Role, k.Name, k.Expires) }

func keyWords(r Role, name string, expires time.Time) []string {
	out := []string{"Role: " + string(r)}
	if name != "" {
		out = append(out, "Name: "+name)
	}
	if !expires.IsZero() {
		out = append(out, "Expires: "+expires.UTC().Format(time.DateOnly))
	}
	return out
}

type keys interface {
	CreateKey(ctx context.Context, k Key) error
	Key(ctx context.Context, hash string) (Key, error)
	// Keys reads those of an organization, for none those of the platform's engineers.
	Keys(ctx context.Context, o org.ID) ([]Key, error)
	TouchKey(ctx context.Context, hash string, now time.Time) error
	RevokeKey(ctx context.Context, o org.ID, k KeyID, e audit.Event) error
}

const (
	// keyPrefix tells people and secret scanners what an API key is.
	keyPrefix = "hsk_"
	// maxKeyDays is the longest time for which a key may be made.
	maxKeyDays = 3650
	// keySeen is how often at most the last use of a key is written down.
	keySeen = time.Minute
)

// CreateKey makes an API key: for one organization, or with Engineer and no organization for all.
func (s *Service) CreateKey(ctx context.Context, o org.ID, n NewKey) (KeyShown, error) {
	if (n.Role == Engineer) != (o == "") || n.Role.rank() == 0 {
		return KeyShown{}, fault.OfField("role", "must be admin or member.")
	}
	n.Name = strings.TrimSpace(n.Name)
	if utf8.RuneCountInString(n.Name) > 100 || !utf8.ValidString(n.Name) || strings.ContainsFunc(n.Name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return KeyShown{}, fault.OfField("name", "must be at most 100 characters on one line.")
	}
	if n.Days < 0 || n.Days > maxKeyDays {
		return KeyShown{}, fault.OfField("expires_in_days", fmt.Sprintf("must be from 1 to %d, or 0 for a key that does not expire.", maxKeyDays))
	}
	return s.addKey(ctx, o, n, secret.NewString(keyPrefix+id.Token()))
}

// AddKey stores a key that somebody else chose, for the demo.
func (s *Service) AddKey(ctx context.Context, o org.ID, r Role, key secret.String) (KeyShown, error) {
	return s.addKey(ctx, o, NewKey{Role: r, Name: "Demo"}, key)
}

func (s *Service) addKey(ctx context.Context, o org.ID, n NewKey, key secret.String) (KeyShown, error) {
	v, now := key.Reveal(), s.Now()
	k := Key{ID: KeyID(id.New("key", now)), Hash: id.Hash(v), Org: o, Role: n.Role, Name: n.Name, Hint: v[max(0, len(v)-4):], Created: now}
	if n.Days > 0 {
		k.Expires = now.AddDate(0, 0, n.Days)
	}
	return KeyShown{Key: key, ID: k.ID, Role: k.Role, Name: k.Name, Hint: k.Hint, Expires: k.Expires}, s.Store.CreateKey(ctx, k)
}

// Keys lists an organization's API keys, for none those of the platform's engineers, oldest first.
func (s *Service) Keys(ctx context.Context, o org.ID) ([]Key, error) { return s.Store.Keys(ctx, o) }

// KeyOf gives one; fault.NotFound when the organization has none of that id.
func (s *Service) KeyOf(ctx context.Context, o org.ID, k KeyID) (Key, error) {
	list, err := s.Store.Keys(ctx, o)
	if err != nil {
		return Key{}, err
	}
	for _, v := range list {
		if v.ID == k {
			return v, nil
		}
	}
	return Key{}, fault.New(fault.NotFound, "There is no such key. It may have been revoked already.")
}

// RevokeKey makes a key good no more: at once here, within a second on other nodes. fault.NotFound as KeyOf.
func (s *Service) RevokeKey(ctx context.Context, o org.ID, k KeyID, by audit.By) error {
	key, err := s.KeyOf(ctx, o, k)
	if err != nil {
		return err
	}
	e := audit.Event{By: by, Area: audit.Keys, Act: "API key revoked", Subject: "…" + key.Hint, Detail: strings.Join(keyWords(key.Role, key.Name, key.Expires), "\n")}
	defer s.recent.forget()
	return s.Store.RevokeKey(ctx, o, k, e.Finish(s.Now()))
}

// CallerByKey gives whom an API key stands for; fault.Denied when there is no such key or it has expired. What it read it
// believes for a second, so that a program that calls often does not cost a query each time.
func (s *Service) CallerByKey(ctx context.Context, key string) (Caller, error) {
	denied := fault.New(fault.Denied, "This API key is not valid.")
	if key == "" || len(key) > 500 {
		return Caller{}, denied
	}
	hash, now := id.Hash(key), s.Now()
	if c, ok := s.recent.get(hash, now); ok {
		return c, nil
	}
	k, err := s.Store.Key(ctx, hash)
	if fault.Is(err, fault.NotFound) {
		return Caller{}, denied
	}
	if err != nil {
		return Caller{}, err
	}
	if k.Expired(now) {
		return Caller{}, fault.New(fault.Denied, "This API key has expired.")
	}
	if now.Sub(k.Used) >= keySeen {
		_ = s.Store.TouchKey(ctx, hash, now) // a disk that is full keeps nobody from reading
	}
	c := Caller{Name: "API key …" + k.Hint, Engineer: k.Role == Engineer}
	if k.Org != "" {
		c.Memberships = []Membership{{Org: k.Org, Role: k.Role}}
	}
	until := now.Add(believe)
	if !k.Expires.IsZero() && k.Expires.Before(until) {
		until = k.Expires
	}
	s.recent.put(hash, c, until)
	return c, nil
}

// believe is how long a key that was found counts as found, and maxRecent how many are kept.
const (
	believe   = time.Second
	maxRecent = 1_000
)

// recent keeps the callers of keys that were just looked up.
type recent struct {
	mu sync.Mutex
	m  map[string]recentCaller
}

type recentCaller struct {
	Caller
	until time.Time
}

func (r *recent) get(hash string, now time.Time) (Caller, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.m[hash]
	return c.Caller, ok && c.until.After(now)
}

func (r *recent) put(hash string, c Caller, until time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.m == nil || len(r.m) >= maxRecent {
		r.m = map[string]recentCaller{}
	}
	r.m[hash] = recentCaller{c, until}
}

// forget makes every key be looked up anew.
func (r *recent) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.m = nil
}
