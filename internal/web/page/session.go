package page

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"heavyset.tech/platform/internal/auth"
)

// Sessions are the browser sessions of the console: on the server, known to the browser by a random token alone.
type Sessions struct{ m *scs.SessionManager }

// NewSessions makes the sessions over a store; they end after auth.SessionIdle without use and auth.SessionLife in all.
// secure says that the base address is https.
func NewSessions(store scs.CtxStore, secure bool) *Sessions {
	m := scs.New()
	m.Store, m.HashTokenInStore = store, true
	m.IdleTimeout, m.Lifetime = auth.SessionIdle, auth.SessionLife
	m.Cookie.Name, m.Cookie.HttpOnly, m.Cookie.SameSite, m.Cookie.Path, m.Cookie.Persist = "session", true, http.SameSiteLaxMode, "/", false
	if secure {
		m.Cookie.Name, m.Cookie.Secure = "__Host-session", true
	}
	return &Sessions{m}
}

// Load makes the session of a request available to h.
func (s *Sessions) Load(h http.Handler) http.Handler { return s.m.LoadAndSave(h) }

// Begin signs a user in, in a session with a new token. id is what its owner sees of it.
func (s *Sessions) Begin(ctx context.Context, u auth.UserID, id auth.SessionID) error {
	if err := s.m.RenewToken(ctx); err != nil {
		return err
	}
	s.m.Put(ctx, "user", string(u))
	s.m.Put(ctx, "id", string(id))
	s.m.Remove(ctx, "half")
	s.m.Remove(ctx, "strong")
	return nil
}

// Strengthen keeps that the session was begun with more than a password; Strong tells.
func (s *Sessions) Strengthen(ctx context.Context) { s.m.Put(ctx, "strong", true) }

// Strong reports whether the session was begun with more than a password.
func (s *Sessions) Strong(ctx context.Context) bool { return s.m.GetBool(ctx, "strong") }

// Half is who has shown a password and still owes a code. It signs nobody in.
type Half struct {
	User  auth.UserID
	Since time.Time
	Seal  string // of what the password was, so that a changed one begins anew
	Next  string // where to go on
}

// BeginHalf keeps that somebody has shown a password, in a session with a new token.
func (s *Sessions) BeginHalf(ctx context.Context, h Half) error {
	if err := s.m.RenewToken(ctx); err != nil {
		return err
	}
	s.m.Put(ctx, "half", strings.Join([]string{string(h.User), strconv.FormatInt(h.Since.Unix(), 10), h.Seal, h.Next}, "\n"))
	return nil
}

// Half gives whom BeginHalf kept; false for nobody.
func (s *Sessions) Half(ctx context.Context) (Half, bool) {
	v := strings.SplitN(s.m.GetString(ctx, "half"), "\n", 4)
	if len(v) != 4 {
		return Half{}, false
	}
	since, err := strconv.ParseInt(v[1], 10, 64)
	return Half{User: auth.UserID(v[0]), Since: time.Unix(since, 0), Seal: v[2], Next: v[3]}, err == nil
}

// DropHalf forgets what BeginHalf kept.
func (s *Sessions) DropHalf(ctx context.Context) { s.m.Remove(ctx, "half") }

// Prove keeps that the person has just shown who they are; Proved gives when they last did.
func (s *Sessions) Prove(ctx context.Context, now time.Time) {
	s.m.Put(ctx, "proved", now.Unix())
}

// Proved gives when the person last showed who they are.
func (s *Sessions) Proved(ctx context.Context) time.Time {
	return time.Unix(s.m.GetInt64(ctx, "proved"), 0)
}

// Renew gives the session a new token, after what it may do has changed. It ends when it would have ended.
func (s *Sessions) Renew(ctx context.Context) error {
	end := s.m.Deadline(ctx)
	if err := s.m.RenewToken(ctx); err != nil {
		return err
	}
	s.m.SetDeadline(ctx, end)
	return nil
}

// End signs out.
func (s *Sessions) End(ctx context.Context) error { return s.m.Destroy(ctx) }

// User gives who is signed in; "" for nobody.
func (s *Sessions) User(ctx context.Context) auth.UserID {
	return auth.UserID(s.m.GetString(ctx, "user"))
}

// ID gives what the session's owner sees of it; "" for nobody.
func (s *Sessions) ID(ctx context.Context) auth.SessionID {
	return auth.SessionID(s.m.GetString(ctx, "id"))
}

// Binding names this session, so that something begun in it can only be finished in it.
func (s *Sessions) Binding(ctx context.Context) string { return s.m.Token(ctx) }

// Keep remembers a small choice of the person, such as the organization they looked at last, until the session ends.
func (s *Sessions) Keep(ctx context.Context, name, value string) {
	if s.Kept(ctx, name) != value {
		s.m.Put(ctx, "kept."+name, value)
	}
}

// Kept gives what Keep remembered; "" for nothing.
func (s *Sessions) Kept(ctx context.Context, name string) string {
	return s.m.GetString(ctx, "kept."+name)
}

// Flash keeps a message for the next page; TakeFlash gives it once.
func (s *Sessions) Flash(ctx context.Context, kind, message string) {
	s.m.Put(ctx, "flash", kind+"\n"+message)
}

// Notice is a message to show at the top of a page.
type Notice struct{ Kind, Message string }

// TakeFlash gives the message that the page before left.
func (s *Sessions) TakeFlash(ctx context.Context) Notice {
	v := s.m.PopString(ctx, "flash")
	for i := range v {
		if v[i] == '\n' {
			return Notice{Kind: v[:i], Message: v[i+1:]}
		}
	}
	return Notice{}
}
