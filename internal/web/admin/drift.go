package admin

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/drift"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/notify"
)

// driftPart says what has changed in the CRM so that a field mapping does not fit it any more. Without Rows nothing has.
type driftPart struct {
	Held    bool
	Waiting string // how much waits because of it; "" for nothing
	Rows    []driftRow
	Look    string // where "Look again" is posted; "" when it is not offered
}

type driftRow struct {
	State                pill
	Words, Fix, Since    string
	Link, LinkWord       string // where it is mended; "" for those who may not
	role, key, zohoField string
}

// driftOf reads what was found about a config.
func (c *Console) driftOf(ctx context.Context, v *visit, id connection.ConfigID) (driftPart, error) {
	list, err := c.Drift.Findings(ctx, v.org.ID, id)
	if err != nil || len(list) == 0 {
		return driftPart{}, err
	}
	cal := calendar{v.org.Location(), c.Now()}
	part := driftPart{Held: list[0].Fatal}
	for _, f := range list {
		row := driftRow{State: pill{Kind: "warn", Words: "Look"}, Words: f.Words, Fix: f.Fix, Since: cal.stamp(f.Since), role: string(f.Role), key: f.Key, zohoField: f.Field}
		if f.Fatal {
			row.State = pill{Kind: "bad", Words: "Waits"}
		}
		if v.may(auth.Admin) {
			row.Link, row.LinkWord = mendAt(v, id, f)
		}
		part.Rows = append(part.Rows, row)
	}
	if v.may(auth.Admin) {
		part.Look = v.path("crm-settings", string(id), "look")
	}
	if part.Held {
		waiting, err := c.Connections.Store.WaitingWrites(ctx, v.org.ID)
		if err != nil {
			return part, err
		}
		if waiting != (connection.Waiting{}) {
			part.Waiting = notify.Queue(waiting)
		}
	}
	return part, nil
}

// mendAt is the address where a finding is mended.
func mendAt(v *visit, id connection.ConfigID, f drift.Finding) (link, word string) {
	editor := v.path("crm-settings", string(id), "mapping")
	switch f.Kind {
	case mapping.ModuleGone:
		return editor + "#m-" + string(f.Role), "Choose the module"
	case mapping.NoRights:
		return v.path("crm-configs", string(id)), "Open the connection"
	}
	return editor + rowAnchor(f.Role, f.Key, f.Field), "Mend it in the field mapping"
}

// rowAnchor leads to a row of the field mapping.
func rowAnchor(r crm.Role, key, field string) string {
	return "#f-" + string(r) + "-" + cmp.Or(key, "x-"+field)
}

// lookAgain looks at the CRM's fields now: the button for somebody who has mended something there.
func (c *Console) lookAgain(w http.ResponseWriter, r *http.Request, v *visit) error {
	id := connection.ConfigID(r.PathValue("id"))
	if _, err := c.Connections.Config(r.Context(), v.org.ID, id); err != nil {
		return err
	}
	kind, message := "success", "Looked at Zoho just now: the field mapping fits."
	switch err := c.Drift.Look(r.Context(), v.org.ID, id); {
	case fault.As(err) != nil:
		kind, message = "error", fault.As(err).Message
	case err != nil:
		return err
	default:
		left, err := c.Drift.Findings(r.Context(), v.org.ID, id)
		if err != nil {
			return err
		}
		if len(left) > 0 {
			kind, message = "info", "Looked at Zoho just now. What is still open shows below."
		}
	}
	if err := c.did(r, v, audit.Sync, "Looked at Zoho's fields", string(id), message); err != nil {
		return err
	}
	c.Sessions.Flash(r.Context(), kind, message)
	http.Redirect(w, r, v.path("crm-settings", string(id)), http.StatusSeeOther)
	return nil
}

// refused finds the row of the field mapping that an attempt was refused for; "" when Zoho named no field.
func refused(v *visit, m mapping.Mapping, a crmsync.Attempt) string {
	var answer struct{ Field string }
	if a.State != crmsync.AttemptFailed || json.Unmarshal([]byte(a.Answer), &answer) != nil || answer.Field == "" || !v.may(auth.Admin) {
		return ""
	}
	editor := v.path("crm-settings", string(a.Config), "mapping")
	anchor := ""
	for _, role := range mapping.Roles() {
		if m.Module(role) != a.Module {
			continue
		}
		for _, row := range m.Rows {
			if row.Role == role && row.Field == answer.Field {
				return editor + rowAnchor(role, row.Key, row.Field)
			}
		}
		anchor = cmp.Or(anchor, rowAnchor(role, "", answer.Field))
	}
	return editor + anchor
}

// mend says in the part about the CRM where somebody can mend what keeps it from being written.
func (c *Console) mend(ctx context.Context, v *visit, z *zohoPart, attempts []crmsync.Attempt) error {
	if z.state != crmsync.Failed || len(attempts) == 0 {
		return nil
	}
	set, err := c.Settings.Current(ctx, v.org.ID, attempts[0].Config)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if link := refused(v, set.Mapping(), attempts[0]); link != "" {
		z.Fix, z.FixWord = link, "Open the field in the mapping"
	}
	return err
}
