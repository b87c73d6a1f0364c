// Package org has the tenant: an organization, the client company whose scheduling HeavySet runs, and its scheduler.
//
// Every row that belongs to a client carries an ID of here, every store method takes it right after the context, and a
// caller of another organization is told that the thing does not exist. The package guards that a slug can stand in an
// address, that the zone is an IANA name and the country an ISO code. It knows nothing of what is booked or synced.
package org

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"time"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
)

// ID names an organization for ever.
type ID string

// Organization is one client company.
type Organization struct {
	ID       ID
	Slug     string // stands in addresses: /book/{slug}, /orgs/{slug}
	Name     string
	Timezone string // IANA name; also the catalog's and the scheduler's
	Country  string // ISO 3166 alpha-2; decides how phone numbers without a country code are read
	Accent   string // colour of the public pages, #rrggbb; "" for ours
	Phone    string // shown to visitors who would rather call; may be ""
	Look     Look
	Created  time.Time
}

// Location gives the organization's zone; UTC when the name is unknown, which Create has excluded.
func (o Organization) Location() *time.Location {
	if z, ok := Zone(o.Timezone); ok {
		return z
	}
	return time.UTC
}

// Draft is what a new organization is made of.
type Draft struct{ Slug, Name, Timezone, Country string }

// Store keeps organizations. Create also makes the scheduler of the same slug and an empty catalog;
// it returns fault.Conflict when the slug is taken.
type Store interface {
	CreateOrganization(ctx context.Context, o Organization) error
}

// Service makes organizations.
type Service struct {
	Store Store
	Now   func() time.Time
}

var (
	slugShape    = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$`)
	countryShape = regexp.MustCompile(`^[A-Z]{2}$`)
)

// Create checks a draft and stores the organization, its scheduler and an empty catalog. fault.Invalid names the
// fields; fault.Conflict means that the slug is taken.
func (s *Service) Create(ctx context.Context, d Draft) (Organization, error) {
	if d.Country == "" {
		d.Country = "US"
	}
	var wrong []fault.Field
	if !slugShape.MatchString(d.Slug) {
		wrong = append(wrong, fault.Field{Path: "slug", Message: "must be 1 to 63 small letters, digits and inner hyphens"})
	}
	if n := strings.TrimSpace(d.Name); n == "" || len(n) > 200 || strings.ContainsFunc(n, isControl) {
		wrong = append(wrong, fault.Field{Path: "name", Message: "must be 1 to 200 characters without control characters"})
	}
	if !ValidZone(d.Timezone) {
		wrong = append(wrong, fault.Field{Path: "timezone", Message: "must be an IANA time zone such as America/Chicago"})
	}
	if !countryShape.MatchString(d.Country) {
		wrong = append(wrong, fault.Field{Path: "country", Message: "must be a two-letter country code such as US"})
	}
	if err := fault.OfFields(wrong); err != nil {
		return Organization{}, err
	}
	now := s.Now()
	o := Organization{
		ID: ID(id.New("org", now)), Slug: d.Slug, Name: strings.TrimSpace(d.Name), Timezone: d.Timezone, Country: d.Country, Created: now,
	}
	if err := s.Store.CreateOrganization(ctx, o); err != nil {
		return Organization{}, err
	}
	return o, nil
}

// zones keeps what Zone has read: the same pointer for the same name, and no file read for each request. Its content
// never changes and is bounded by the zones there are.
var zones sync.Map

// Zone gives a zone of the IANA database, false for a name that is none. The process's own zone ("Local", "") is none.
func Zone(name string) (*time.Location, bool) {
	if v, ok := zones.Load(name); ok {
		return v.(*time.Location), true
	}
	if name == "" || name == "Local" || len(name) > 64 {
		return nil, false
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		return nil, false
	}
	v, _ := zones.LoadOrStore(name, z)
	return v.(*time.Location), true
}

// ValidZone reports whether name is a zone of the IANA database.
func ValidZone(name string) bool {
	_, ok := Zone(name)
	return ok
}

func isControl(r rune) bool { return r < 0x20 || r == 0x7f }
