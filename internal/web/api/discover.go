package api

import (
	"context"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/settings"
)

// modules gives the modules by role, those that are named.
func (b modulesBody) modules() map[crm.Role]string {
	out := map[crm.Role]string{}
	for role, name := range map[crm.Role]string{
		crm.RoleLead: b.Lead, crm.RoleAppointment: b.Appointment, crm.RoleRelatedRecord: b.RelatedRecord, crm.RoleContactUs: b.ContactUs,
	} {
		if name != "" {
			out[role] = name
		}
	}
	return out
}

type discoverIn struct {
	Org  string `path:"org"`
	ID   string `path:"id"`
	Body struct {
		Modules modulesBody `json:"modules"`
	}
}

type alternativeBody struct {
	CRMField   string  `json:"crm_field"`
	Confidence float64 `json:"confidence" doc:"0 for a field whose name fits and whose type does not"`
	Reason     string  `json:"reason"`
}

type proposalBody struct {
	Module       string            `json:"module" enum:"lead,appointment,related_record,contact_us"`
	Key          string            `json:"key"`
	CRMField     *string           `json:"crm_field" doc:"API name; null where the row is left blank"`
	Inverted     bool              `json:"inverted" doc:"the field means the opposite"`
	Confidence   float64           `json:"confidence"`
	Level        string            `json:"level" enum:"auto,check,suggestion,none"`
	Evidence     []string          `json:"evidence"`
	Alternatives []alternativeBody `json:"alternatives"`
	Values       map[string]string `json:"values,omitempty" doc:"of a picklist: our value to the CRM's, as the settings take it"`
}

type discoverOut struct {
	Body struct {
		Fields []proposalBody `json:"fields"`
	}
}

// autoDiscover reads the CRM live and saves nothing.
func (a *API) autoDiscover(ctx context.Context, in *discoverIn) (*discoverOut, error) {
	o, err := a.item(ctx, &itemIn{in.Org, in.ID}, Admins)
	if err != nil {
		return nil, err
	}
	cat, err := a.Catalogs.Document(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	proposals, err := a.Settings.Discover(ctx, o.ID, connection.ConfigID(in.ID), settings.Settings{Modules: in.Body.Modules.modules()}, cat.Questions())
	if err != nil {
		return nil, err
	}
	out := &discoverOut{}
	out.Body.Fields = []proposalBody{}
	for _, p := range proposals {
		out.Body.Fields = append(out.Body.Fields, proposalOf(p))
	}
	return out, nil
}

func proposalOf(p mapping.Proposal) proposalBody {
	b := proposalBody{
		Module: string(p.Role), Key: p.Key, Inverted: p.Inverted, Confidence: p.Confidence, Level: string(p.Level), Evidence: p.Evidence,
		Alternatives: []alternativeBody{},
	}
	if p.Field != "" {
		b.CRMField = &p.Field
	}
	for _, v := range p.Alternatives {
		b.Alternatives = append(b.Alternatives, alternativeBody{CRMField: v.Field, Confidence: v.Confidence, Reason: v.Reason})
	}
	for _, v := range p.Choices {
		if b.Values == nil {
			b.Values = map[string]string{}
		}
		b.Values[v.Value] = v.Choice
	}
	return b
}
