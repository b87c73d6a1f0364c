package notify

import (
	"context"

	"heavyset.tech/platform/internal/drift"
	"heavyset.tech/platform/internal/mapping"
)

// DriftFound tells the people of the Token Expiry Alerts what has changed in the CRM so that the field mapping does not
// fit it any more: each thing once. What is over meanwhile is not told.
func (s *Service) DriftFound(ctx context.Context, f drift.Found) error {
	list, err := s.Store.DriftFindings(ctx, f.Org, f.Config)
	if err != nil {
		return err
	}
	var fresh []drift.Finding
	for _, k := range list {
		if same(k.Since, f.At) && (k.Fatal || k.Kind == mapping.ChoiceLost) {
			fresh = append(fresh, k)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	c, err := s.Store.Config(ctx, f.Org, f.Config)
	if err != nil {
		return err
	}
	v, err := s.alertView(ctx, c, "drift", f.At)
	if err != nil {
		return err
	}
	o, err := s.Store.Organization(ctx, f.Org)
	if err != nil {
		return err
	}
	v.Findings, v.Held = fresh, fresh[0].Fatal
	v.URL = s.BaseURL + "/admin/orgs/" + o.Slug + "/crm-settings/" + string(c.ID)
	return s.toAlerts(ctx, c, func(to string) (alertView, string, error) {
		return v, s.alertID(c.ID, f.At, "drift", to), nil
	})
}
