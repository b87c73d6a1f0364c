// Package audit keeps who changed what, when and from where.
//
// It stands beside every trip that an administrator, an engineer or a program begins: whatever changes an organization's
// catalog, settings, connection, keys or team, and every use of a secret, leaves one Event. Where the change is one store
// method of auth, its event is stored in the same transaction; elsewhere the web face records it right after the change.
//
// An event says in words what was and what is; it never holds a secret, a token or a password, only fingerprints and the
// last characters of a key. Events are only added: nothing here changes or removes one.
package audit

import (
	"context"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/org"
)

// ID names an event; ids sort by time.
type ID string

// Area is what an event is about.
type Area string

// The areas.
const (
	Team         Area = "team"
	Account      Area = "account" // passwords and sessions of a person
	Connection   Area = "connection"
	Settings     Area = "settings"
	Catalog      Area = "catalog"
	Keys         Area = "keys"
	Sync         Area = "sync" // replays and test bookings
	Appointments Area = "appointments"
	Organization Area = "organization"
	Webhooks     Area = "webhooks"
	Privacy      Area = "privacy" // persons exported and erased
	Secrets      Area = "secrets" // uses of a secret that nobody asked for by name
)

// Areas lists them in the order in which people read them.
func Areas() []Area {
	return []Area{Team, Connection, Settings, Catalog, Keys, Sync, Appointments, Account, Organization, Webhooks, Privacy, Secrets}
}

// By is who did something, and from where.
type By struct {
	Who     string // name of the person, or the hint of the API key
	WhoID   string // id of the user; "" for an API key
	Address string
}

// LogValue keeps people out of logs: only the id shows.
func (b By) LogValue() slog.Value { return slog.StringValue(b.WhoID) }

// Event is one thing that was done. Detail is what was and what is, a line each.
type Event struct {
	ID ID
	At time.Time
	By
	Area    Area
	Act     string // "Role changed"
	Subject string // to whom or what
	Detail  string
}

// LogValue keeps texts out of logs: only the id shows.
func (e Event) LogValue() slog.Value { return slog.StringValue(string(e.ID)) }

// Filter narrows a list. Zero values mean: any.
type Filter struct {
	Area    Area
	Without Area   // left out
	Who     string // id of a user
	After   string // cursor of the page before
	Limit   int
}

// Store keeps events. The organization "" is the platform.
type Store interface {
	AddAudit(ctx context.Context, o org.ID, e Event) error
	// AuditEvents reads a page, newest first.
	AuditEvents(ctx context.Context, o org.ID, f Filter) (list []Event, next string, err error)
}

// Log records events.
type Log struct {
	Store Store
	Now   func() time.Time
}

// Record keeps that something was done.
func (l *Log) Record(ctx context.Context, o org.ID, e Event) error {
	return l.Store.AddAudit(ctx, o, e.Finish(l.Now()))
}

// The longest texts that are kept, in bytes.
const (
	maxShort  = 300
	maxDetail = 8000
)

// Finish gives the event with id and time, its texts bounded and of characters that every database stores.
func (e Event) Finish(now time.Time) Event {
	e.ID, e.At = ID(id.New("aud", now)), now
	e.Who, e.WhoID, e.Address = clean(e.Who, maxShort), clean(e.WhoID, maxShort), clean(e.Address, maxShort)
	e.Subject, e.Detail = clean(e.Subject, maxShort), clean(e.Detail, maxDetail)
	return e
}

// clean bounds a text and takes out what is not UTF-8, and NUL.
func clean(s string, longest int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "�"), "\x00", "�")
	if len(s) <= longest {
		return s
	}
	s = s[:longest-len("…")]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s + "…"
}
