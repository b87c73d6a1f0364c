// Package widget decides which websites may show an organization's booking pages in a frame.
//
// It stands before "a visitor books": an administrator lists the sites, none meaning any; web/scheduler turns the list into
// the frame-ancestors of each public page, which is what browsers enforce, and tells this package of a page that was asked
// for by a site that is not on the list, so that the administrator sees which one tried and failed.
//
// The list of refused sites is bounded: what a request says about its site can be invented by whoever sends it. Nothing
// about the visitor is kept. The package never decides by a request's word alone; a wrong word shows nothing to anybody.
package widget

import (
	"context"
	"slices"
	"strings"
	"time"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
)

// MaxRefusals is how many refused sites are remembered for an organization; the ones that tried last stay.
const MaxRefusals = 50

// Refusal is a site that tried to show the booking pages and was not on the list.
type Refusal struct {
	Origin      string
	Times       int
	First, Last time.Time
}

// Store keeps the list and the refusals.
type Store interface {
	// EmbedSites gives the list in its order; empty: any site.
	EmbedSites(ctx context.Context, o org.ID) ([]string, error)
	// ChangeEmbedSites puts a new list in the place of the present one, which it gives to change, and forgets the refusals
	// of origins that the new one covers.
	ChangeEmbedSites(ctx context.Context, o org.ID, change func(was []string) ([]string, error), covers func(sites []string, origin string) bool) error
	// RefuseEmbed counts one refusal; beyond most origins the one that has not tried for longest is forgotten.
	RefuseEmbed(ctx context.Context, o org.ID, origin string, now time.Time, most int) error
	// EmbedRefusals lists them, the last first.
	EmbedRefusals(ctx context.Context, o org.ID) ([]Refusal, error)
}

// Service keeps the list. Own is the platform's own origin, which may always show its pages: for the preview.
type Service struct {
	Store Store
	Own   string
	Now   func() time.Time
}

// Sites gives the sites that may show the pages; empty: any.
func (s *Service) Sites(ctx context.Context, o org.ID) ([]string, error) {
	return s.Store.EmbedSites(ctx, o)
}

// SetSites puts a list, as people write one, in the place of the present one and gives both. fault.Invalid says which
// line is no site.
func (s *Service) SetSites(ctx context.Context, o org.ID, text string) (was, is []string, err error) {
	if is, err = ParseSites(text); err != nil {
		return nil, nil, err
	}
	err = s.Store.ChangeEmbedSites(ctx, o, func(before []string) ([]string, error) {
		was = before
		return is, nil
	}, Covers)
	return was, is, err
}

// Allow adds one site to a list that has some, and gives it as it is kept. fault.Conflict when the list is empty: then any
// site may, and one entry would shut all others out.
func (s *Service) Allow(ctx context.Context, o org.ID, site string) (string, error) {
	added, err := ParseSite(site)
	if err != nil {
		return "", err
	}
	return added, s.Store.ChangeEmbedSites(ctx, o, func(was []string) ([]string, error) {
		switch {
		case len(was) == 0:
			return nil, fault.New(fault.Conflict, "Any site may show the booking page at the moment.")
		case slices.Contains(was, added):
			return was, nil
		case len(was) >= MaxSites:
			return nil, fault.New(fault.Conflict, "The list is full. Name a domain with all below it, like *.example.com.")
		}
		return append(slices.Clone(was), added), nil
	}, Covers)
}

// Ancestors gives what the pages say in frame-ancestors.
func (s *Service) Ancestors(ctx context.Context, o org.ID) ([]string, error) {
	sites, err := s.Store.EmbedSites(ctx, o)
	if err != nil || len(sites) == 0 {
		return []string{"*"}, err
	}
	return append([]string{"'self'"}, sites...), nil
}

// Refused gives the first of some origins, as a request names them, that may not show the pages; "" when there is none.
// Words that are no origin are passed over.
func (s *Service) Refused(ancestors, origins []string) string {
	if slices.Contains(ancestors, "*") {
		return ""
	}
	for _, o := range origins {
		if o, ok := ParseOrigin(o); ok && o != s.Own && !Covers(ancestors, o) {
			return o
		}
	}
	return ""
}

// Refuse remembers that a site tried and failed.
func (s *Service) Refuse(ctx context.Context, o org.ID, origin string) error {
	return s.Store.RefuseEmbed(ctx, o, origin, s.Now(), MaxRefusals)
}

// Refusals lists the sites that tried and failed, the last first.
func (s *Service) Refusals(ctx context.Context, o org.ID) ([]Refusal, error) {
	return s.Store.EmbedRefusals(ctx, o)
}

// Describe writes a list for people and the audit.
func Describe(sites []string) string {
	if len(sites) == 0 {
		return "any site"
	}
	return strings.Join(sites, ", ")
}
