package booking

import (
	"context"

	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/locale"
)

// Answered reports whether a request answers what its service asks. Whoever puts a request aside asks first: nobody can
// ask the visitor later.
func (s *Service) Answered(ctx context.Context, of Offering, r Request) (bool, error) {
	c, err := s.compiled(ctx, of.Organization.ID, of.CatalogRevision)
	if err != nil {
		return false, err
	}
	_, wrong := answers(c.catalog, r)
	return len(wrong) == 0, nil
}

// answers gives the answers of a request as they are kept, and what is wrong about them.
func answers(c catalog.Catalog, r Request) (map[string]string, []fault.Field) {
	sv, _ := c.Service(r.Service)
	return sv.Answers(r.Answers, locale.Of(r.Language).DecimalComma())
}
