package auth

import (
	"context"
	"time"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
)

// How long a session lives: two hours idle, twelve in all.
const (
	SessionIdle = 2 * time.Hour
	SessionLife = 12 * time.Hour
)

// seenEvery is how exactly a session's last use is kept; a write for each request would say no more.
const seenEvery = time.Minute

// SessionID names a session where its owner sees it. It is not the token that the browser holds.
type SessionID string

// Session is a browser in which somebody is signed in.
type Session struct {
	ID          SessionID
	User        UserID
	Began, Seen time.Time
	Address     string
	Browser     string // in words of ours: "Firefox on Windows"
}

// BeginSession states that a user has signed in, from an address with a browser.
func (s *Service) BeginSession(ctx context.Context, u UserID, address, browser string) (Session, error) {
	now := s.Now()
	v := Session{ID: SessionID(id.New("ses", now)), User: u, Began: now, Seen: now, Address: address, Browser: browser}
	return v, s.Store.AddSession(ctx, v)
}

// Present gives who is signed in with a session and keeps that it was used. fault.NotFound: the session was ended, or the
// user is disabled or exists no more.
func (s *Service) Present(ctx context.Context, u UserID, v SessionID, address string) (Caller, User, error) {
	kept, err := s.Store.Session(ctx, u, v)
	if err != nil {
		return Caller{}, User{}, err
	}
	c, user, err := s.Caller(ctx, u)
	if err != nil {
		return Caller{}, User{}, err
	}
	if now := s.Now(); now.Sub(kept.Seen) >= seenEvery || kept.Address != address {
		err = s.Store.TouchSession(ctx, u, v, now, address)
	}
	return c, user, err
}

// Sessions lists where a user is signed in, the one used last first.
func (s *Service) Sessions(ctx context.Context, u UserID) ([]Session, error) {
	now := s.Now()
	return s.Store.UserSessions(ctx, u, now.Add(-SessionIdle), now.Add(-SessionLife))
}

// EndSession ends one of a user's own sessions; fault.NotFound when they have no such one.
func (s *Service) EndSession(ctx context.Context, u UserID, v SessionID) error {
	n, err := s.Store.EndSession(ctx, u, v)
	if err == nil && n == 0 {
		err = fault.New(fault.NotFound, "This session has ended already.")
	}
	return err
}

// EndSessions ends all sessions of a user; keep, if not "", goes on.
func (s *Service) EndSessions(ctx context.Context, u UserID, keep SessionID) error {
	return s.Store.EndSessions(ctx, u, keep)
}
