package api

import (
	"context"
	"errors"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
)

// catalogBody is the whole catalog as one document.
type catalogBody struct {
	Timezone    string          `json:"timezone"`
	Holidays    []string        `json:"holidays"`
	Territories []territoryBody `json:"territories"`
	Services    []catalogSvc    `json:"services"`
	Reps        []repBody       `json:"reps"`

	DetailsFirst bool `json:"details_first,omitempty" required:"false" doc:"visitors say who they are before they choose a time"`
	ChangeNotice int  `json:"change_notice_minutes,omitempty" required:"false" doc:"until so long before the start visitors may move and cancel"`

	CancelReasons map[locale.Lang][]string `json:"cancel_reasons,omitempty" required:"false" doc:"by language (en, es, fr, de) what people choose from when they cancel; ours where a language is missing"`
}

type territoryBody struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	PostalCodes []string `json:"postal_codes"`
}

type catalogSvc struct {
	ID                   string   `json:"id"`
	Name                 string   `json:"name"`
	Description          string   `json:"description,omitempty"`
	DurationMinutes      int      `json:"duration_minutes"`
	SlotIntervalMinutes  int      `json:"slot_interval_minutes"`
	BufferBeforeMinutes  int      `json:"buffer_before_minutes"`
	BufferAfterMinutes   int      `json:"buffer_after_minutes"`
	MinimumNoticeMinutes int      `json:"minimum_notice_minutes"`
	BusinessNotice       int      `json:"minimum_notice_business_minutes,omitempty" doc:"least working time of the rep between now and the start"`
	BookingWindowDays    *int     `json:"booking_window_days"`
	CapacityPerDay       int      `json:"capacity_per_day"`
	CapacityPerSlot      int      `json:"capacity_per_slot,omitempty" doc:"most that start at one instant, over all reps; 0: no limit"`
	ArrivalWindow        int      `json:"arrival_window_minutes,omitempty" doc:"visitors are told that somebody arrives within so long from the start"`
	Assignment           string   `json:"assignment" doc:"round_robin, priority, owner_first or customer_choice"`
	Reps                 []string `json:"reps"`

	Questions    []questionBody `json:"questions,omitempty"`
	Confirmation string         `json:"confirmation,omitempty" doc:"instant (the default) or request: somebody confirms or declines a booking"`
}

type repBody struct {
	ID          string         `json:"id"`
	Name        string         `json:"name"`
	Email       string         `json:"email"`
	CRMUser     string         `json:"crm_user"`
	Timezone    string         `json:"timezone"`
	Territories []string       `json:"territories"`
	Hours       []hoursBody    `json:"hours"`
	Overrides   []overrideBody `json:"overrides"`
	Weight      *int           `json:"weight,omitempty" minimum:"1" maximum:"100" doc:"share of the visits by round robin; left out: 1"`
}

type hoursBody struct {
	Days  []string `json:"days"`
	Start string   `json:"start"`
	End   string   `json:"end"`
}

type spanBody struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

type overrideBody struct {
	Date  string     `json:"date"`
	Hours []spanBody `json:"hours"`
}

// windowWhenUnsaid is the booking window of a service that names none.
const windowWhenUnsaid = 60

func (b catalogBody) catalog() catalog.Catalog {
	c := catalog.Catalog{Timezone: b.Timezone, Holidays: b.Holidays, DetailsFirst: b.DetailsFirst, ChangeNoticeMinutes: b.ChangeNotice, CancelReasons: b.CancelReasons}
	for _, t := range b.Territories {
		c.Territories = append(c.Territories, catalog.Territory(t))
	}
	for _, s := range b.Services {
		window := windowWhenUnsaid
		if s.BookingWindowDays != nil {
			window = *s.BookingWindowDays
		}
		c.Services = append(c.Services, catalog.Service{
			Questions: questionsOf(s.Questions), Confirmation: catalog.Confirmation(s.Confirmation),
			ID: s.ID, Name: s.Name, Description: s.Description, DurationMinutes: s.DurationMinutes, SlotIntervalMinutes: s.SlotIntervalMinutes,
			BufferBeforeMinutes: s.BufferBeforeMinutes, BufferAfterMinutes: s.BufferAfterMinutes, MinNoticeMinutes: s.MinimumNoticeMinutes,
			BusinessNoticeMinutes: s.BusinessNotice, BookingWindowDays: window, CapacityPerDay: s.CapacityPerDay, CapacityPerSlot: s.CapacityPerSlot, ArrivalWindowMinutes: s.ArrivalWindow,
			Assignment: catalog.Assignment(s.Assignment), Reps: s.Reps,
		})
	}
	for _, r := range b.Reps {
		rep := catalog.Rep{ID: r.ID, Name: r.Name, Email: r.Email, CRMUser: r.CRMUser, Timezone: r.Timezone, Territories: r.Territories}
		if r.Weight != nil {
			rep.Weight = *r.Weight
		}
		for _, h := range r.Hours {
			rep.Hours = append(rep.Hours, catalog.Hours(h))
		}
		for _, v := range r.Overrides {
			o := catalog.Override{Date: v.Date}
			for _, h := range v.Hours {
				o.Hours = append(o.Hours, catalog.Span(h))
			}
			rep.Overrides = append(rep.Overrides, o)
		}
		c.Reps = append(c.Reps, rep)
	}
	return c
}

func catalogOf(c catalog.Catalog) catalogBody {
	b := catalogBody{DetailsFirst: c.DetailsFirst, ChangeNotice: c.ChangeNoticeMinutes, CancelReasons: c.CancelReasons, Timezone: c.Timezone, Holidays: list(c.Holidays), Territories: []territoryBody{}, Services: []catalogSvc{}, Reps: []repBody{}}
	for _, t := range c.Territories {
		b.Territories = append(b.Territories, territoryBody{t.ID, t.Name, list(t.PostalCodes)})
	}
	for _, s := range c.Services {
		window := s.BookingWindowDays
		b.Services = append(b.Services, catalogSvc{
			Questions: questionBodies(s.Questions), Confirmation: confirmationOf(s),
			ID: s.ID, Name: s.Name, Description: s.Description, DurationMinutes: s.DurationMinutes, SlotIntervalMinutes: s.SlotIntervalMinutes,
			BufferBeforeMinutes: s.BufferBeforeMinutes, BufferAfterMinutes: s.BufferAfterMinutes, MinimumNoticeMinutes: s.MinNoticeMinutes,
			BusinessNotice: s.BusinessNoticeMinutes, BookingWindowDays: &window, CapacityPerDay: s.CapacityPerDay, CapacityPerSlot: s.CapacityPerSlot, ArrivalWindow: s.ArrivalWindowMinutes,
			Assignment: string(s.Assignment), Reps: list(s.Reps),
		})
	}
	for _, r := range c.Reps {
		rep := repBody{
			ID: r.ID, Name: r.Name, Email: r.Email, CRMUser: r.CRMUser, Timezone: r.Timezone, Territories: list(r.Territories),
			Hours: []hoursBody{}, Overrides: []overrideBody{},
		}
		if weight := r.Weight; weight > 0 {
			rep.Weight = &weight
		}
		for _, h := range r.Hours {
			rep.Hours = append(rep.Hours, hoursBody(h))
		}
		for _, v := range r.Overrides {
			o := overrideBody{Date: v.Date, Hours: []spanBody{}}
			for _, h := range v.Hours {
				o.Hours = append(o.Hours, spanBody(h))
			}
			rep.Overrides = append(rep.Overrides, o)
		}
		b.Reps = append(b.Reps, rep)
	}
	return b
}

func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

type catalogOut struct{ Body catalogBody }

func (a *API) catalog(ctx context.Context, in *orgIn) (*catalogOut, error) {
	o, err := a.organization(ctx, in.Org, Members.role())
	if err != nil {
		return nil, err
	}
	c, err := a.Catalogs.Document(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	return &catalogOut{catalogOf(c)}, nil
}

type replaceCatalogIn struct {
	Org  string `path:"org"`
	Body catalogBody
}

func (a *API) replaceCatalog(ctx context.Context, in *replaceCatalogIn) (*catalogOut, error) {
	o, err := a.organization(ctx, in.Org, Admins.role())
	if err != nil {
		return nil, err
	}
	before, err := a.Catalogs.Document(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	c, err := a.Catalogs.Replace(ctx, o.ID, in.Body.catalog())
	if err != nil {
		return nil, err
	}
	if err := a.did(ctx, o.ID, audit.Catalog, "Catalog replaced", "", catalog.Differences(before, c)...); err != nil {
		return nil, err
	}
	return &catalogOut{catalogOf(c)}, nil
}

type configBody struct {
	ID         string         `json:"id"`
	Name       string         `json:"name"`
	CRMType    string         `json:"crm_type"`
	Connection connectionBody `json:"connection"`
}

type connectionBody struct {
	State          string `json:"state" enum:"not_connected,connected,needs_reconnect"`
	AccountsDomain string `json:"accounts_domain"`
	APIDomain      string `json:"api_domain"`
	ZohoOrg        named  `json:"zoho_org"`
}

func configOf(c connection.Config) configBody {
	return configBody{ID: string(c.ID), Name: c.Name, CRMType: string(c.Type), Connection: connectionOf(c.Connection)}
}

func connectionOf(c connection.Connection) connectionBody {
	return connectionBody{
		State: string(c.State), AccountsDomain: c.Site.AccountsDomain, APIDomain: c.Site.APIDomain, ZohoOrg: named{c.ZohoOrgID, c.ZohoOrgName},
	}
}

type configsOut struct {
	Body struct {
		Configs []configBody `json:"crm_configs"`
		Next    *string      `json:"next"`
	}
}

func (a *API) configs(ctx context.Context, in *orgIn) (*configsOut, error) {
	o, err := a.organization(ctx, in.Org, Members.role())
	if err != nil {
		return nil, err
	}
	all, err := a.Connections.Configs(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	out := &configsOut{}
	out.Body.Configs = []configBody{}
	for _, c := range all {
		out.Body.Configs = append(out.Body.Configs, configOf(c))
	}
	return out, nil
}

type createConfigIn struct {
	Org  string `path:"org"`
	Body struct {
		Name    string `json:"name"`
		CRMType string `json:"crm_type"`
	}
}

type configOut struct{ Body configBody }

func (a *API) createConfig(ctx context.Context, in *createConfigIn) (*configOut, error) {
	o, err := a.organization(ctx, in.Org, Admins.role())
	if err != nil {
		return nil, err
	}
	c, err := a.Connections.Create(ctx, o.ID, connection.Draft{Name: in.Body.Name, Type: crm.Type(in.Body.CRMType)})
	if err != nil {
		return nil, err
	}
	if err := a.did(ctx, o.ID, audit.Connection, "CRM configuration added", c.Name, "CRM Type: "+string(c.Type)); err != nil {
		return nil, err
	}
	return &configOut{configOf(c)}, nil
}

type connectIn struct {
	Org  string `path:"org"`
	ID   string `path:"id"`
	Body struct {
		ClientID       string `json:"client_id"`
		ClientSecret   string `json:"client_secret"`
		Code           string `json:"code"`
		Location       string `json:"location"`
		AccountsServer string `json:"accounts_server"`
		RedirectURI    string `json:"redirect_uri"`
	}
}

type connectOut struct{ Body connectionBody }

func (a *API) connect(ctx context.Context, in *connectIn) (*connectOut, error) {
	o, err := a.item(ctx, &itemIn{in.Org, in.ID}, Admins)
	if err != nil {
		return nil, err
	}
	b := in.Body
	c, err := a.Connections.Connect(ctx, o.ID, connection.ConfigID(in.ID), b.ClientID, secret.NewString(b.ClientSecret), b.RedirectURI,
		crm.Callback{Code: b.Code, Location: b.Location, AccountsServer: b.AccountsServer})
	if err != nil {
		return nil, a.connectFailed(ctx, o.ID, in.ID, err)
	}
	if err := a.did(ctx, o.ID, audit.Connection, "Connected to Zoho", c.Name, "Zoho organization: "+c.Connection.ZohoOrgName,
		"Authorized by: "+c.Connection.UserName, "Client ID: "+c.ClientID); err != nil {
		return nil, err
	}
	return &connectOut{connectionOf(c.Connection)}, nil
}

// connectFailed keeps in the audit that a grant and a client secret were tried in vain.
func (a *API) connectFailed(ctx context.Context, o org.ID, config string, err error) error {
	e := fault.As(err)
	if e == nil || e.Kind == fault.NotFound {
		return err
	}
	return errors.Join(err, a.did(ctx, o, audit.Connection, "Connect Zoho failed", config, e.Message))
}

type createKeyIn struct {
	Org  string `path:"org"`
	Body struct {
		Role string `json:"role"`
		Name string `json:"name,omitempty"`
		Days int    `json:"expires_in_days,omitempty"`
	}
}

type createKeyOut struct {
	Body struct {
		Key     string     `json:"key"`
		ID      string     `json:"id"`
		Role    string     `json:"role"`
		Expires *time.Time `json:"expires_at"`
	}
}

func (a *API) createKey(ctx context.Context, in *createKeyIn) (*createKeyOut, error) {
	o, err := a.organization(ctx, in.Org, Admins.role())
	if err != nil {
		return nil, err
	}
	r, ok := auth.ParseRole(in.Body.Role)
	if !ok || r == auth.Engineer {
		return nil, fault.OfField("role", "must be admin or member.")
	}
	k, err := a.Auth.CreateKey(ctx, o.ID, auth.NewKey{Role: r, Name: in.Body.Name, Days: in.Body.Days})
	if err != nil {
		return nil, err
	}
	if err := a.did(ctx, o.ID, audit.Keys, "API key created", "…"+k.Hint, k.Words()...); err != nil {
		return nil, err
	}
	out := &createKeyOut{}
	out.Body.Key, out.Body.ID, out.Body.Role = k.Key.Reveal(), string(k.ID), string(k.Role)
	if !k.Expires.IsZero() {
		out.Body.Expires = &k.Expires
	}
	return out, nil
}

type createOrgIn struct {
	Body struct {
		Slug     string `json:"slug"`
		Name     string `json:"name"`
		Timezone string `json:"timezone"`
		Country  string `json:"country"`
	}
}

type createOrgOut struct {
	Body struct {
		ID   string `json:"id"`
		Slug string `json:"slug"`
	}
}

func (a *API) createOrganization(ctx context.Context, in *createOrgIn) (*createOrgOut, error) {
	o, err := a.Orgs.Create(ctx, org.Draft{Slug: in.Body.Slug, Name: in.Body.Name, Timezone: in.Body.Timezone, Country: in.Body.Country})
	if err != nil {
		return nil, err
	}
	if err := a.did(ctx, o.ID, audit.Organization, "Organization created", o.Name, "Slug: "+o.Slug); err != nil {
		return nil, err
	}
	out := &createOrgOut{}
	out.Body.ID, out.Body.Slug = string(o.ID), o.Slug
	return out, nil
}
