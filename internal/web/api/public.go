package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/quarantine"
	"heavyset.tech/platform/internal/web/limit"
)

// CustomerBody is a person in a request or an answer. It is exported, like all that is embedded in an answer, because the
// description leaves out what is embedded otherwise.
type CustomerBody struct {
	FirstName  string `json:"first_name"`
	LastName   string `json:"last_name"`
	Email      string `json:"email"`
	Phone      string `json:"phone"`
	Street     string `json:"street"`
	City       string `json:"city"`
	State      string `json:"state"`
	PostalCode string `json:"postal_code"`
	Country    string `json:"country"`
}

type schedulerIn struct {
	Scheduler string `path:"scheduler"`
}

type serviceBody struct {
	ID              string  `json:"id"`
	Name            string  `json:"name"`
	Description     string  `json:"description,omitempty"`
	DurationMinutes int     `json:"duration_minutes"`
	ArrivalWindow   int     `json:"arrival_window_minutes,omitempty" doc:"somebody arrives within so long from the start"`
	Reps            []named `json:"reps,omitempty" doc:"whom a visitor may ask for; only where the service lets them choose"`

	Questions    []questionBody `json:"questions" doc:"what a booking of this service is asked; an answer goes into answers by the question's id"`
	Confirmation string         `json:"confirmation" enum:"instant,request" doc:"request: a booking is tentative until somebody confirms it"`
}

type fieldBody struct {
	Key      string `json:"key"`
	Label    string `json:"label"`
	Type     string `json:"type"`
	Required bool   `json:"required"`
}

type schedulerOut struct {
	Body struct {
		ID          string        `json:"id"`
		Name        string        `json:"name"`
		Timezone    string        `json:"timezone"`
		Services    []serviceBody `json:"services"`
		Territories bool          `json:"territories" doc:"a postal code decides what is offered"`
		Fields      []fieldBody   `json:"fields"`
	}
}

// visitorFields are what a booking asks of a visitor. Of e-mail and phone at least one is needed.
var visitorFields = []fieldBody{
	{"first_name", "First name", "text", false},
	{"last_name", "Last name", "text", true},
	{"email", "E-mail", "email", false},
	{"phone", "Phone", "phone", false},
	{"street", "Street", "text", false},
	{"city", "City", "text", false},
	{"state", "State", "text", false},
	{"postal_code", "ZIP code", "text", false},
}

func (a *API) scheduler(ctx context.Context, in *schedulerIn) (*schedulerOut, error) {
	if !plain(in.Scheduler) {
		return nil, errNoScheduler
	}
	of, cat, err := a.Bookings.Scheduler(ctx, in.Scheduler)
	if err != nil {
		return nil, err
	}
	out := &schedulerOut{}
	b := &out.Body
	b.ID, b.Name, b.Timezone, b.Territories, b.Fields = of.Scheduler, of.Name, cat.Timezone, len(cat.Territories) > 0, visitorFields
	b.Services = []serviceBody{}
	for _, s := range cat.Offered() {
		sv := serviceBody{
			ID: s.ID, Name: s.Name, Description: s.Description, DurationMinutes: s.DurationMinutes, ArrivalWindow: s.ArrivalWindowMinutes,
			Questions: append([]questionBody{}, questionBodies(s.Questions)...), Confirmation: cmp.Or(confirmationOf(s), string(catalog.Instant)),
		}
		for _, r := range cat.Choosable(s) {
			sv.Reps = append(sv.Reps, named{r.ID, r.Name})
		}
		b.Services = append(b.Services, sv)
	}
	return out, nil
}

var errNoScheduler = fault.New(fault.NotFound, "There is no scheduler at this address.")

type holdIn struct {
	remote
	Scheduler string `path:"scheduler"`
	Body      struct {
		Service    string `json:"service"`
		Start      string `json:"start"`
		PostalCode string `json:"postal_code"`
		Rep        string `json:"rep" doc:"whom the visitor asks for, where the service lets them choose"`
	}
}

type holdOut struct {
	Body struct {
		ID        string `json:"id"`
		ExpiresAt string `json:"expires_at"`
	}
}

func (a *API) hold(ctx context.Context, in *holdIn) (*holdOut, error) {
	if !plain(in.Scheduler) {
		return nil, errNoScheduler
	}
	start, err := parseStart(in.Body.Start)
	if err != nil {
		return nil, err
	}
	h, err := a.Bookings.Hold(ctx, booking.HoldRequest{
		Scheduler: in.Scheduler, Service: in.Body.Service, PostalCode: in.Body.PostalCode, Start: start, Rep: in.Body.Rep, Holder: holder(ctx, in.remote),
	})
	if err != nil {
		return nil, err
	}
	out := &holdOut{}
	out.Body.ID, out.Body.ExpiresAt = string(h.ID), h.Expires.UTC().Format(time.RFC3339)
	return out, nil
}

type bookIn struct {
	Scheduler string `path:"scheduler"`
	Key       string `header:"Idempotency-Key"`
	RawBody   []byte
	Body      struct {
		Service  string            `json:"service"`
		Start    string            `json:"start"`
		Hold     string            `json:"hold"`
		Rep      string            `json:"rep" doc:"whom the visitor asks for, where the service lets them choose"`
		Timezone string            `json:"timezone" doc:"the visitor's, for messages"`
		Language string            `json:"language,omitempty" doc:"the visitor's, for messages: en (the default), es, fr or de"`
		Customer CustomerBody      `json:"customer"`
		Answers  map[string]string `json:"answers"`
		Notes    string            `json:"notes"`
		UTM      map[string]string `json:"utm"`
	}
}

// actor says for the timeline who calls: a program with a key, or a visitor's browser.
func actor(ctx context.Context) string {
	if c, ok := ctx.Value(callerKey{}).(auth.Caller); ok && c.Name != "" {
		return "api"
	}
	return "visitor"
}

type named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// AppointmentBody is an appointment as its visitor may see it: no rep e-mail, no CRM id.
type AppointmentBody struct {
	ID       string       `json:"id"`
	Status   string       `json:"status"`
	Start    string       `json:"start"`
	End      string       `json:"end"`
	Timezone string       `json:"timezone"`
	Service  named        `json:"service"`
	Rep      named        `json:"rep"`
	Arrival  *arrivalBody `json:"arrival,omitempty" doc:"between when somebody arrives, where the service has an arrival window"`
}

type arrivalBody struct {
	From string `json:"from"`
	To   string `json:"to"`
}

type bookOut struct {
	Status int // 202: kept for a person, who may book it; then there is no appointment
	Body   struct {
		Appointment *AppointmentBody `json:"appointment,omitempty"`
		ManageURL   string           `json:"manage_url,omitempty"`
		ManageToken string           `json:"manage_token,omitempty"`
	}
}

// key is the idempotency key of a request with the digest of its body.
func key(header string, raw []byte) (lead.IdempotencyKey, error) {
	if header == "" {
		return lead.IdempotencyKey{}, nil
	}
	if len(header) > 255 {
		return lead.IdempotencyKey{}, fault.OfField("Idempotency-Key", "must be at most 255 characters.")
	}
	return lead.IdempotencyKey{Key: header, Body: id.Hash(string(raw))}, nil
}

func (a *API) book(ctx context.Context, in *bookIn) (*bookOut, error) {
	if !plain(in.Scheduler) {
		return nil, errNoScheduler
	}
	k, err := key(in.Key, in.RawBody)
	if err != nil {
		return nil, err
	}
	start, err := parseStart(in.Body.Start)
	if err != nil {
		return nil, err
	}
	b := in.Body
	of, _, err := a.Bookings.Scheduler(ctx, in.Scheduler)
	if err != nil {
		return nil, err
	}
	if b.Language != "" && !slices.Contains(locale.All(), locale.Lang(b.Language)) {
		return nil, fault.OfField("language", "must be en, es, fr or de.")
	}
	c, held, err := a.Gate.Book(ctx, of, booking.Request{
		Scheduler: in.Scheduler, Service: b.Service, Start: start, Hold: booking.HoldID(b.Hold), Rep: b.Rep, Contact: lead.Contact(b.Customer),
		Answers: b.Answers, Notes: b.Notes, UTM: b.UTM, Timezone: b.Timezone, Language: b.Language, Key: k, Actor: actor(ctx),
	}, signs(ctx))
	if err != nil {
		return nil, err
	}
	if held {
		return &bookOut{Status: http.StatusAccepted}, nil
	}
	out := &bookOut{Status: http.StatusCreated}
	made := appointmentOf(c.Managed)
	out.Body.Appointment = &made
	out.Body.ManageToken = c.Token.Reveal()
	out.Body.ManageURL = a.BaseURL + "/appointments/" + c.Token.Reveal()
	return out, nil
}

func appointmentOf(m booking.Managed) AppointmentBody {
	zone := m.Appointment.Location()
	b := AppointmentBody{
		ID: string(m.Appointment.ID), Status: string(m.Appointment.Status), Timezone: m.Appointment.Timezone,
		Start: m.Appointment.Start.In(zone).Format(time.RFC3339), End: m.Appointment.End.In(zone).Format(time.RFC3339),
		Service: named{ID: m.Appointment.Service}, Rep: named{ID: m.Appointment.Rep},
	}
	if s, ok := m.Catalog.Service(m.Appointment.Service); ok {
		b.Service.Name = s.Name
		if s.Window() > 0 {
			b.Arrival = &arrivalBody{b.Start, m.Appointment.Start.Add(s.Window()).In(zone).Format(time.RFC3339)}
		}
	}
	if r, ok := m.Catalog.Rep(m.Appointment.Rep); ok {
		b.Rep.Name = r.Name
	}
	return b
}

type leadIn struct {
	Scheduler string `path:"scheduler"`
	Key       string `header:"Idempotency-Key"`
	RawBody   []byte
	Body      struct {
		Kind     string            `json:"kind"`
		Customer CustomerBody      `json:"customer"`
		Message  string            `json:"message"`
		UTM      map[string]string `json:"utm"`
		Language string            `json:"language,omitempty" doc:"the visitor's: en, es, fr or de"`
	}
}

type leadCreatedOut struct {
	Status int // 202: kept for a person; then there is no lead
	Body   struct {
		Lead *leadRef `json:"lead,omitempty"`
	}
}

type leadRef struct {
	ID string `json:"id"`
}

// signs says for the quarantine who calls.
func signs(ctx context.Context) quarantine.Signs {
	address, _ := ctx.Value(addressKey{}).(string)
	return quarantine.Signs{Trusted: actor(ctx) == "api", Address: limit.Key(address)}
}

func (a *API) captureLead(ctx context.Context, in *leadIn) (*leadCreatedOut, error) {
	if !plain(in.Scheduler) {
		return nil, errNoScheduler
	}
	k, err := key(in.Key, in.RawBody)
	if err != nil {
		return nil, err
	}
	if in.Body.Language != "" && !slices.Contains(locale.All(), locale.Lang(in.Body.Language)) {
		return nil, fault.OfField("language", "must be en, es, fr or de.")
	}
	of, _, err := a.Bookings.Scheduler(ctx, in.Scheduler)
	if err != nil {
		return nil, err
	}
	l, held, err := a.Gate.Capture(ctx, of.Organization, lead.Request{
		Kind: lead.Kind(in.Body.Kind), Contact: lead.Contact(in.Body.Customer), Message: in.Body.Message, UTM: in.Body.UTM, Language: in.Body.Language, Key: k,
	}, signs(ctx))
	if err != nil {
		return nil, err
	}
	if held {
		return &leadCreatedOut{Status: http.StatusAccepted}, nil
	}
	out := &leadCreatedOut{Status: http.StatusCreated}
	out.Body.Lead = &leadRef{string(l.ID)}
	return out, nil
}

type tokenIn struct {
	Token string `path:"token"`
}

type managedOut struct{ Body AppointmentBody }

func (a *API) managed(ctx context.Context, in *tokenIn) (*managedOut, error) {
	m, err := a.Bookings.ByToken(ctx, in.Token)
	if err != nil {
		return nil, err
	}
	return &managedOut{appointmentOf(m)}, nil
}

type rescheduleIn struct {
	Token   string `path:"token"`
	Key     string `header:"Idempotency-Key"`
	RawBody []byte
	Body    struct {
		Start string `json:"start"`
	}
}

func (a *API) reschedule(ctx context.Context, in *rescheduleIn) (*managedOut, error) {
	k, err := key(in.Key, in.RawBody)
	if err != nil {
		return nil, err
	}
	start, err := parseStart(in.Body.Start)
	if err != nil {
		return nil, err
	}
	m, err := a.Bookings.Reschedule(ctx, in.Token, start, k, actor(ctx))
	if err != nil {
		return nil, err
	}
	return &managedOut{appointmentOf(m)}, nil
}

type cancelIn struct {
	Token   string `path:"token"`
	Key     string `header:"Idempotency-Key"`
	RawBody []byte
	Body    struct {
		Reason string `json:"reason"`
	} `required:"false"`
}

func (a *API) cancel(ctx context.Context, in *cancelIn) (*managedOut, error) {
	k, err := key(in.Key, in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := a.Bookings.Cancel(ctx, in.Token, in.Body.Reason, k, actor(ctx))
	if err != nil {
		return nil, err
	}
	return &managedOut{appointmentOf(m)}, nil
}
