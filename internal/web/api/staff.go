package api

import (
	"context"
	"encoding/json"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
)

type explainIn struct {
	Scheduler  string `path:"scheduler"`
	Service    string `query:"service"`
	Start      string `query:"start"`
	PostalCode string `query:"postal_code"`
}

type recordBody struct {
	Module string `json:"module"`
	ID     string `json:"id"`
}

type reasonBody struct {
	Code   string      `json:"code"`
	Rep    string      `json:"rep"`
	Record *recordBody `json:"record,omitempty"`
	Detail string      `json:"detail"`
}

type explainOut struct {
	Body struct {
		Offered bool         `json:"offered"`
		Reasons []reasonBody `json:"reasons"`
	}
}

func (a *API) explain(ctx context.Context, in *explainIn) (*explainOut, error) {
	if !plain(in.Scheduler) {
		return nil, errNoScheduler
	}
	of, _, err := a.Bookings.Scheduler(ctx, in.Scheduler)
	if err != nil {
		return nil, err
	}
	if c, _ := ctx.Value(callerKey{}).(auth.Caller); !c.RoleIn(of.Organization.ID).Covers(auth.Member) {
		return nil, errNoScheduler
	}
	start, err := parseStart(in.Start)
	if err != nil {
		return nil, err
	}
	e, err := a.Bookings.Explain(ctx, in.Scheduler, in.Service, in.PostalCode, start)
	if err != nil {
		return nil, err
	}
	out := &explainOut{}
	out.Body.Offered, out.Body.Reasons = e.Offered, []reasonBody{}
	for _, r := range e.Reasons {
		b := reasonBody{Code: string(r.Code), Rep: r.Rep, Detail: r.Detail}
		if r.Record != "" {
			b.Record = &recordBody{r.Module, r.Record}
		}
		out.Body.Reasons = append(out.Body.Reasons, b)
	}
	return out, nil
}

// syncBody is how far something has come in the CRM.
type syncBody struct {
	State     string       `json:"state" enum:"pending,written,failed,not_connected"`
	Records   []recordBody `json:"records"`
	LastError string       `json:"last_error"`
}

func syncOf(v crmsync.View) syncBody {
	b := syncBody{State: string(v.State), Records: []recordBody{}, LastError: v.LastError}
	for _, l := range v.Records {
		b.Records = append(b.Records, recordBody{l.Module, l.Record})
	}
	return b
}

// staffAppointment is an appointment as its organization sees it.
type staffAppointment struct {
	AppointmentBody
	Customer struct {
		ID string `json:"id"`
		CustomerBody
	} `json:"customer"`
	Lead      string            `json:"lead,omitempty"`
	Notes     string            `json:"notes"`
	Answers   map[string]string `json:"answers"`
	UTM       map[string]string `json:"utm"`
	Reason    string            `json:"cancel_reason,omitempty"`
	Revision  int64             `json:"revision"`
	CreatedAt string            `json:"created_at"`
	Sync      syncBody          `json:"sync"`
}

type orgIn struct {
	Org string `path:"org"`
}

type appointmentsIn struct {
	Org    string `path:"org"`
	From   string `query:"from" doc:"date or instant"`
	To     string `query:"to" doc:"date (inclusive) or instant (exclusive)"`
	Status string `query:"status"`
	Cursor string `query:"cursor"`
	Limit  int    `query:"limit" minimum:"0" maximum:"200"`
}

type appointmentsOut struct {
	Body struct {
		Appointments []staffAppointment `json:"appointments"`
		Next         *string            `json:"next"`
	}
}

func (a *API) appointments(ctx context.Context, in *appointmentsIn) (*appointmentsOut, error) {
	o, err := a.organization(ctx, in.Org, Members.role())
	if err != nil {
		return nil, err
	}
	f := booking.Filter{After: in.Cursor, Limit: in.Limit}
	if in.Status != "" {
		s, ok := booking.ParseStatus(in.Status)
		if !ok {
			return nil, fault.OfField("status", "must be tentative, confirmed, cancelled, completed or no_show.")
		}
		f.Status = s
	}
	if f.From, err = bound("from", in.From, o, 0); err != nil {
		return nil, err
	}
	if f.To, err = bound("to", in.To, o, 1); err != nil {
		return nil, err
	}
	whole := len(in.To) == len(time.DateOnly) // then To is the first instant that does not count
	if !f.From.IsZero() && !f.To.IsZero() && (f.To.Before(f.From) || whole && f.To.Equal(f.From)) {
		return nil, fault.OfField("to", "must not be before from.")
	}
	list, next, err := a.Book.Appointments(ctx, o.ID, f)
	if err != nil {
		return nil, err
	}
	bodies, err := a.staffAppointments(ctx, o, list)
	if err != nil {
		return nil, err
	}
	out := &appointmentsOut{}
	out.Body.Appointments, out.Body.Next = bodies, nextOf(next)
	return out, nil
}

// bound reads a date in the organization's zone or an instant; a date counts as its first instant, days later.
func bound(name, v string, o org.Organization, days int) (time.Time, error) {
	if v == "" {
		return time.Time{}, nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, v, o.Location()); err == nil {
		return t.AddDate(0, 0, days), nil
	}
	t, err := time.Parse(time.RFC3339, v)
	if err != nil {
		return t, fault.OfField(name, "must be a date yyyy-mm-dd or an instant with offset.")
	}
	return t, nil
}

func nextOf(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func (a *API) staffAppointments(ctx context.Context, o org.Organization, list []booking.Appointment) ([]staffAppointment, error) {
	cat, err := a.Bookings.Catalog(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	ids := make([]booking.AppointmentID, len(list))
	for i, v := range list {
		ids[i] = v.ID
	}
	views, err := a.Sync.Store.AppointmentViews(ctx, o.ID, ids)
	if err != nil {
		return nil, err
	}
	out := []staffAppointment{}
	for _, v := range list {
		b := staffAppointment{
			AppointmentBody: appointmentOf(booking.Managed{Organization: o, Appointment: v, Catalog: cat}), Lead: string(v.Lead), Notes: v.Notes,
			Answers: notNil(v.Answers), UTM: notNil(v.UTM), Reason: v.CancelReason, Revision: v.Revision, CreatedAt: v.Created.UTC().Format(time.RFC3339),
			Sync: syncOf(views[v.ID]),
		}
		b.Customer.ID, b.Customer.CustomerBody = string(v.Customer), CustomerBody(v.Contact)
		out = append(out, b)
	}
	return out, nil
}

func notNil(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

type itemIn struct {
	Org string `path:"org"`
	ID  string `path:"id"`
}

type appointmentOut struct{ Body staffAppointment }

func (a *API) appointment(ctx context.Context, in *itemIn) (*appointmentOut, error) {
	o, err := a.item(ctx, in, Members)
	if err != nil {
		return nil, err
	}
	v, err := a.Book.Appointment(ctx, o.ID, booking.AppointmentID(in.ID))
	if err != nil {
		return nil, err
	}
	list, err := a.staffAppointments(ctx, o, []booking.Appointment{v})
	if err != nil {
		return nil, err
	}
	return &appointmentOut{list[0]}, nil
}

// item finds the organization of an address that also names a thing of it.
func (a *API) item(ctx context.Context, in *itemIn, access Access) (org.Organization, error) {
	o, err := a.organization(ctx, in.Org, access.role())
	if err == nil && !plain(in.ID) {
		err = fault.New(fault.NotFound, "There is no such thing here.")
	}
	return o, err
}

type leadBody struct {
	ID          string            `json:"id"`
	Kind        string            `json:"kind"`
	Stage       string            `json:"stage"`
	Customer    CustomerWithID    `json:"customer"`
	Message     string            `json:"message"`
	UTM         map[string]string `json:"utm"`
	Appointment string            `json:"appointment,omitempty"`
	CreatedAt   string            `json:"created_at"`
	Sync        syncBody          `json:"sync"`
}

// CustomerWithID is a person whom the organization knows.
type CustomerWithID struct {
	ID string `json:"id"`
	CustomerBody
}

type listIn struct {
	Org    string `path:"org"`
	Stage  string `query:"stage" enum:"new,contacted,booked,won,lost"`
	Cursor string `query:"cursor"`
	Limit  int    `query:"limit" minimum:"0" maximum:"200"`
}

type leadsOut struct {
	Body struct {
		Leads []leadBody `json:"leads"`
		Next  *string    `json:"next"`
	}
}

func (a *API) leads(ctx context.Context, in *listIn) (*leadsOut, error) {
	o, err := a.organization(ctx, in.Org, Members.role())
	if err != nil {
		return nil, err
	}
	list, next, err := a.Leads.Store.Leads(ctx, o.ID, lead.Filter{Stage: lead.Stage(in.Stage), After: in.Cursor, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	out := &leadsOut{}
	out.Body.Next = nextOf(next)
	out.Body.Leads, err = a.leadBodies(ctx, o.ID, list)
	return out, err
}

func (a *API) leadBodies(ctx context.Context, o org.ID, list []lead.Lead) ([]leadBody, error) {
	ids := make([]lead.ID, len(list))
	for i, v := range list {
		ids[i] = v.ID
	}
	views, err := a.Sync.Store.LeadViews(ctx, o, ids)
	if err != nil {
		return nil, err
	}
	out := []leadBody{}
	for _, l := range list {
		out = append(out, leadBody{
			ID: string(l.ID), Kind: string(l.Kind), Stage: string(l.Stage), Customer: CustomerWithID{string(l.Customer), CustomerBody(l.Contact)},
			Message: l.Message, UTM: notNil(l.UTM), Appointment: l.Appointment, CreatedAt: l.Created.UTC().Format(time.RFC3339), Sync: syncOf(views[l.ID]),
		})
	}
	return out, nil
}

type leadOut struct{ Body leadBody }

func (a *API) lead(ctx context.Context, in *itemIn) (*leadOut, error) {
	o, err := a.item(ctx, in, Members)
	if err != nil {
		return nil, err
	}
	l, err := a.Leads.Store.Lead(ctx, o.ID, lead.ID(in.ID))
	if err != nil {
		return nil, err
	}
	list, err := a.leadBodies(ctx, o.ID, []lead.Lead{l})
	if err != nil {
		return nil, err
	}
	return &leadOut{list[0]}, nil
}

type staffCustomer struct {
	CustomerWithID
	CreatedAt string   `json:"created_at"`
	Sync      syncBody `json:"sync"`
}

type customersOut struct {
	Body struct {
		Customers []staffCustomer `json:"customers"`
		Next      *string         `json:"next"`
	}
}

func (a *API) customers(ctx context.Context, in *listIn) (*customersOut, error) {
	o, err := a.organization(ctx, in.Org, Members.role())
	if err != nil {
		return nil, err
	}
	list, next, err := a.Leads.Store.Customers(ctx, o.ID, lead.Filter{After: in.Cursor, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	out := &customersOut{}
	out.Body.Next = nextOf(next)
	out.Body.Customers, err = a.customerBodies(ctx, o.ID, list)
	return out, err
}

func (a *API) customerBodies(ctx context.Context, o org.ID, list []lead.Customer) ([]staffCustomer, error) {
	ids := make([]lead.CustomerID, len(list))
	for i, v := range list {
		ids[i] = v.ID
	}
	views, err := a.Sync.Store.CustomerViews(ctx, o, ids)
	if err != nil {
		return nil, err
	}
	out := []staffCustomer{}
	for _, c := range list {
		out = append(out, staffCustomer{
			CustomerWithID: CustomerWithID{string(c.ID), CustomerBody(c.Contact)}, CreatedAt: c.Created.UTC().Format(time.RFC3339), Sync: syncOf(views[c.ID]),
		})
	}
	return out, nil
}

type customerOut struct{ Body staffCustomer }

func (a *API) customer(ctx context.Context, in *itemIn) (*customerOut, error) {
	o, err := a.item(ctx, in, Members)
	if err != nil {
		return nil, err
	}
	c, err := a.Leads.Store.Customer(ctx, o.ID, lead.CustomerID(in.ID))
	if err != nil {
		return nil, err
	}
	list, err := a.customerBodies(ctx, o.ID, []lead.Customer{c})
	if err != nil {
		return nil, err
	}
	return &customerOut{list[0]}, nil
}

type attemptBody struct {
	ID          string          `json:"id"`
	At          string          `json:"at"`
	State       string          `json:"state" enum:"written,failed,unknown"`
	Kind        string          `json:"kind"`
	Appointment string          `json:"appointment,omitempty"`
	Lead        string          `json:"lead,omitempty"`
	Record      *recordBody     `json:"record,omitempty"`
	Request     json.RawMessage `json:"request"`
	Answer      json.RawMessage `json:"answer"`
	Error       string          `json:"error"`
	Code        string          `json:"code,omitempty"`
	Cause       string          `json:"cause,omitempty" doc:"job and request that led to it, as the server's log names them"`
}

type attemptsIn struct {
	Org         string `path:"org"`
	State       string `query:"state" enum:"written,failed,unknown"`
	Appointment string `query:"appointment"`
	Lead        string `query:"lead"`
	Cursor      string `query:"cursor"`
	Limit       int    `query:"limit" minimum:"0" maximum:"200"`
}

type attemptsOut struct {
	Body struct {
		Attempts []attemptBody `json:"sync_attempts"`
		Next     *string       `json:"next"`
	}
}

func (a *API) syncAttempts(ctx context.Context, in *attemptsIn) (*attemptsOut, error) {
	o, err := a.organization(ctx, in.Org, Members.role())
	if err != nil {
		return nil, err
	}
	list, next, err := a.Sync.Store.Attempts(ctx, o.ID, crmsync.AttemptFilter{
		State: crmsync.AttemptState(in.State), Appointment: booking.AppointmentID(in.Appointment), Lead: lead.ID(in.Lead), After: in.Cursor, Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	out := &attemptsOut{}
	out.Body.Attempts, out.Body.Next = []attemptBody{}, nextOf(next)
	for _, v := range list {
		out.Body.Attempts = append(out.Body.Attempts, attemptOf(v))
	}
	return out, nil
}

func attemptOf(v crmsync.Attempt) attemptBody {
	b := attemptBody{
		ID: string(v.ID), At: v.At.UTC().Format(time.RFC3339), State: string(v.State), Kind: v.Kind, Appointment: string(v.Appointment), Lead: string(v.Lead),
		Request: json.RawMessage(v.Request), Answer: json.RawMessage(v.Answer), Error: v.Error, Code: v.Code, Cause: v.Cause,
	}
	if v.Record != "" {
		b.Record = &recordBody{v.Module, v.Record}
	}
	return b
}

type attemptOut struct{ Body attemptBody }

func (a *API) replay(ctx context.Context, in *itemIn) (*attemptOut, error) {
	o, err := a.item(ctx, in, Admins)
	if err != nil {
		return nil, err
	}
	v, err := a.Sync.Replay(ctx, o.ID, crmsync.AttemptID(in.ID))
	if err != nil {
		return nil, err
	}
	if err := a.did(ctx, o.ID, audit.Sync, "Written again", string(v.Appointment)+string(v.Lead), v.Kind); err != nil {
		return nil, err
	}
	return &attemptOut{attemptOf(v)}, nil
}
