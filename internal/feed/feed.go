// Package feed gives each rep their visits as a calendar that the program on their phone subscribes to.
//
// It stands beside the trips: it reads appointments and changes none. A feed's address is its key: a random token of which
// only the hash is stored, shown once when it is made, renewed or revoked by an administrator at any time. A feed says
// no more than a rep needs to get there: service, name, address and phone of the visits around now; no notes, no answers,
// no e-mail address, nobody else's visits. email writes the calendar.
package feed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/email"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
)

// What a feed shows around now.
const (
	daysBack  = 7
	daysAhead = 180
	// maxVisits bounds a feed.
	maxVisits = 2_000
)

// Feed is that a rep has one. Its address can't be told again.
type Feed struct {
	Made time.Time
	By   string // who made it
}

// Store keeps which reps have a feed, and reads what is in it. FeedBehind is fault.NotFound for a token that is none.
type Store interface {
	PutFeed(ctx context.Context, o org.ID, rep, tokenHash string, f Feed) error
	RemoveFeed(ctx context.Context, o org.ID, rep string) error
	RepFeed(ctx context.Context, o org.ID, rep string) (Feed, bool, error)
	FeedBehind(ctx context.Context, tokenHash string) (o org.ID, rep string, err error)

	Organization(ctx context.Context, o org.ID) (org.Organization, error)
	CatalogAt(ctx context.Context, o org.ID) (catalog.Catalog, int64, error)
	Appointments(ctx context.Context, o org.ID, f booking.Filter) (list []booking.Appointment, next string, err error)
}

// Service makes feeds and writes them.
type Service struct {
	Store Store
	Now   func() time.Time
}

var errNoFeed = fault.New(fault.NotFound, "There is no calendar at this address. It may have been renewed or revoked.")

// Make gives a rep a feed, or another address for the one they have: the old one ends. The token is told this once.
// fault.NotFound: no such rep; fault.Conflict: archived.
func (s *Service) Make(ctx context.Context, o org.ID, rep, by string) (secret.String, error) {
	cat, _, err := s.Store.CatalogAt(ctx, o)
	if err != nil {
		return secret.String{}, err
	}
	p, ok := cat.Rep(rep)
	if !ok {
		return secret.String{}, fault.New(fault.NotFound, "There is no such rep.")
	}
	if p.Archived {
		return secret.String{}, fault.New(fault.Conflict, "An archived rep has no calendar. Restore them first.")
	}
	token := id.Token()
	return secret.NewString(token), s.Store.PutFeed(ctx, o, rep, id.Hash(token), Feed{Made: s.Now(), By: by})
}

// Calendar is a feed as it is sent, with what tells it from another state of it.
type Calendar struct {
	Body []byte
	ETag string
}

// Read gives the calendar behind a token. fault.NotFound: there is none, or its rep has left.
func (s *Service) Read(ctx context.Context, token string) (Calendar, error) {
	if token == "" || len(token) > 200 {
		return Calendar{}, errNoFeed
	}
	o, rep, err := s.Store.FeedBehind(ctx, id.Hash(token))
	if fault.Is(err, fault.NotFound) {
		return Calendar{}, errNoFeed
	}
	if err != nil {
		return Calendar{}, err
	}
	organization, err := s.Store.Organization(ctx, o)
	if err != nil {
		return Calendar{}, err
	}
	cat, _, err := s.Store.CatalogAt(ctx, o)
	if err != nil {
		return Calendar{}, err
	}
	p, ok := cat.Rep(rep)
	if !ok || p.Archived {
		return Calendar{}, errNoFeed
	}
	f := email.Feed{Name: p.Name + ", " + organization.Name, Zone: zoneOf(organization, p)}
	if f.Visits, err = s.visits(ctx, o, cat, rep); err != nil {
		return Calendar{}, err
	}
	body, err := f.ICS()
	if err != nil {
		return Calendar{}, err
	}
	sum := sha256.Sum256(body)
	return Calendar{Body: body, ETag: `"` + hex.EncodeToString(sum[:16]) + `"`}, nil
}

// zoneOf gives the rep's own zone, else the organization's.
func zoneOf(o org.Organization, p catalog.Rep) *time.Location {
	if z, ok := org.Zone(p.Timezone); ok {
		return z
	}
	return o.Location()
}

func (s *Service) visits(ctx context.Context, o org.ID, cat catalog.Catalog, rep string) ([]email.Visit, error) {
	now := s.Now()
	f := booking.Filter{Rep: rep, From: now.AddDate(0, 0, -daysBack), To: now.AddDate(0, 0, daysAhead), Limit: 200}
	var out []email.Visit
	for len(out) < maxVisits {
		list, next, err := s.Store.Appointments(ctx, o, f)
		if err != nil {
			return nil, err
		}
		for _, a := range list {
			if a.Status != booking.Canceled {
				out = append(out, visit(cat, a))
			}
		}
		if f.After = next; next == "" {
			break
		}
	}
	return out, nil
}

func visit(cat catalog.Catalog, a booking.Appointment) email.Visit {
	service := a.Service
	if v, ok := cat.Service(a.Service); ok {
		service = v.Name
	}
	v := email.Visit{
		UID: string(a.ID) + "@rep", Sequence: int(a.Revision - 1), Start: a.Start, End: a.End, Summary: service + " – " + a.Contact.FullName(),
		Location: a.Contact.Address(), Tentative: a.Status == booking.Tentative, Stamp: a.Updated,
	}
	if a.Contact.Phone != "" {
		v.Description = "Phone: " + a.Contact.Phone
	}
	return v
}
