package admin

import (
	"net/http"
	"strings"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/fault"
)

// alertWarnings hold the guide's tip for step 12: one client administrator and one HeavySet contact.
func (c *Console) alertWarnings(r *http.Request, v *visit, alerts []string) ([]string, error) {
	if len(alerts) == 0 {
		return []string{"Nobody hears of it when the connection to Zoho dies. Add at least one client administrator and one HeavySet contact."}, nil
	}
	gaps, err := c.Alerts.Gaps(r.Context(), v.org.ID, alerts)
	return gaps.Warnings(), err
}

// testAlert sends the saved recipients a message that says that it is a test, and tells what became of it.
func (c *Console) testAlert(w http.ResponseWriter, r *http.Request, v *visit) error {
	id := connection.ConfigID(r.PathValue("id"))
	results, err := c.Alerts.TestAlert(r.Context(), v.org.ID, id, v.user.Name)
	if err == nil || fault.Is(err, fault.Conflict) {
		if err := c.did(r, v, audit.Connection, "Test message asked for", string(id)); err != nil {
			return err
		}
	}
	e := fault.As(err)
	switch {
	case fault.Is(err, fault.Conflict):
		c.Sessions.Flash(r.Context(), "error", e.Message)
	case err != nil:
		return err
	default:
		var sent, failed []string
		for _, a := range results {
			if a.Error == "" {
				sent = append(sent, a.To)
			} else {
				failed = append(failed, a.To+": "+a.Error)
			}
		}
		if len(failed) == 0 {
			c.Sessions.Flash(r.Context(), "success", "A test message is on its way to "+strings.Join(sent, ", ")+".")
		} else {
			c.Sessions.Flash(r.Context(), "error", "Not everybody can be reached. "+strings.Join(failed, " "))
		}
	}
	http.Redirect(w, r, v.path("crm-settings", string(id)), http.StatusSeeOther)
	return nil
}
