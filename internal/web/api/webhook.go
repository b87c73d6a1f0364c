package api

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/webhook"
)

// hookAppointment is an appointment as a webhook tells of it: as the API shows it, and from where it was moved.
type hookAppointment struct {
	staffAppointment
	PreviousStart string `json:"previous_start,omitempty"`
}

// WebhookData gives what an event says, in the shape that a GET of the same thing gives. Of an appointment time, rep,
// service and status are those of the moment.
func (a *API) WebhookData(ctx context.Context, o org.Organization, e webhook.Event) (json.RawMessage, error) {
	v, err := a.webhookData(ctx, o, e)
	if err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

func (a *API) webhookData(ctx context.Context, o org.Organization, e webhook.Event) (any, error) {
	switch e.Type {
	case webhook.LeadCreated, webhook.LeadUpdated:
		l, err := a.Leads.Store.Lead(ctx, o.ID, lead.ID(e.Subject))
		if err != nil {
			return nil, err
		}
		list, err := a.leadBodies(ctx, o.ID, []lead.Lead{l})
		if err != nil {
			return nil, err
		}
		return list[0], nil
	case webhook.CustomerUpdated:
		c, err := a.Leads.Store.Customer(ctx, o.ID, lead.CustomerID(e.Subject))
		if err != nil {
			return nil, err
		}
		list, err := a.customerBodies(ctx, o.ID, []lead.Customer{c})
		if err != nil {
			return nil, err
		}
		return list[0], nil
	case webhook.ConnectionLost, webhook.ConnectionRestored:
		return a.webhookConnection(ctx, o, e)
	}
	v, err := a.Book.Appointment(ctx, o.ID, booking.AppointmentID(e.Subject))
	if err != nil {
		return nil, err
	}
	was := e.Snapshot
	v.Status, v.Revision, v.Service, v.Rep = booking.Status(was.Status), was.Revision, was.Service, was.Rep
	v.Start, v.End, v.CancelReason = was.Start, was.End, was.Reason
	list, err := a.staffAppointments(ctx, o, []booking.Appointment{v})
	if err != nil {
		return nil, err
	}
	b := hookAppointment{staffAppointment: list[0]}
	if !was.Before.IsZero() {
		b.PreviousStart = was.Before.In(v.Location()).Format(time.RFC3339)
	}
	return b, nil
}

// webhookConnection shows a CRM config with the state that the event tells of.
func (a *API) webhookConnection(ctx context.Context, o org.Organization, e webhook.Event) (any, error) {
	all, err := a.Connections.Configs(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(c connection.Config) bool { return string(c.ID) == e.Subject })
	if i < 0 {
		return nil, fault.New(fault.NotFound, "There is no such CRM configuration.")
	}
	b := configOf(all[i])
	b.Connection.State = string(connection.Connected)
	if e.Type == webhook.ConnectionLost {
		b.Connection.State = string(connection.NeedsReconnect)
	}
	return b, nil
}

type webhookBody struct {
	ID           string   `json:"id"`
	URL          string   `json:"url"`
	Description  string   `json:"description"`
	Types        []string `json:"types"`
	State        string   `json:"state" enum:"active,failing,disabled"`
	Why          string   `json:"why,omitempty" doc:"why it is disabled"`
	LastSequence int64    `json:"last_sequence"`
	FailingSince *string  `json:"failing_since"`
	DeliveredAt  *string  `json:"delivered_at"`
	CreatedAt    string   `json:"created_at"`
	Secret       string   `json:"secret,omitempty" doc:"whsec_…, shown once: when the webhook is made and when its secret is rotated"`
}

func webhookOf(e webhook.Endpoint) webhookBody {
	b := webhookBody{
		ID: string(e.ID), URL: e.URL, Description: e.Description, Types: []string{}, State: string(e.State), Why: e.Why, LastSequence: e.Sequence,
		FailingSince: optional(e.FailingSince), DeliveredAt: optional(e.Delivered), CreatedAt: e.Created.UTC().Format(time.RFC3339),
	}
	for _, t := range e.Types {
		b.Types = append(b.Types, string(t))
	}
	return b
}

func optional(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := t.UTC().Format(time.RFC3339)
	return &s
}

type webhookOut struct{ Body webhookBody }

type webhooksOut struct {
	Body struct {
		Webhooks []webhookBody `json:"webhooks"`
		Next     *string       `json:"next"`
	}
}

func (a *API) webhooks(ctx context.Context, in *orgIn) (*webhooksOut, error) {
	o, err := a.organization(ctx, in.Org, Admins.role())
	if err != nil {
		return nil, err
	}
	list, err := a.Hooks.Store.Webhooks(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	out := &webhooksOut{}
	out.Body.Webhooks = []webhookBody{}
	for _, e := range list {
		out.Body.Webhooks = append(out.Body.Webhooks, webhookOf(e))
	}
	return out, nil
}

type webhookDraft struct {
	URL         string   `json:"url"`
	Description string   `json:"description,omitempty"`
	Types       []string `json:"types"`
	Disabled    bool     `json:"disabled,omitempty"`
}

func (b webhookDraft) draft() webhook.Draft {
	d := webhook.Draft{URL: b.URL, Description: b.Description, Disabled: b.Disabled}
	for _, t := range b.Types {
		d.Types = append(d.Types, webhook.Type(t))
	}
	return d
}

type createWebhookIn struct {
	Org  string `path:"org"`
	Body webhookDraft
}

func (a *API) createWebhook(ctx context.Context, in *createWebhookIn) (*webhookOut, error) {
	o, err := a.organization(ctx, in.Org, Admins.role())
	if err != nil {
		return nil, err
	}
	c, _ := ctx.Value(callerKey{}).(auth.Caller)
	e, err := a.Hooks.Create(ctx, o.ID, in.Body.draft(), c.Name)
	if err != nil {
		return nil, err
	}
	if err := a.did(ctx, o.ID, audit.Webhooks, "Webhook added", e.URL, e.Words()...); err != nil {
		return nil, err
	}
	out := &webhookOut{webhookOf(e)}
	out.Body.Secret = e.Secret.Reveal()
	return out, nil
}

func (a *API) webhook(ctx context.Context, in *itemIn) (*webhookOut, error) {
	o, err := a.item(ctx, in, Admins)
	if err != nil {
		return nil, err
	}
	e, err := a.Hooks.Store.Webhook(ctx, o.ID, webhook.EndpointID(in.ID))
	if err != nil {
		return nil, err
	}
	return &webhookOut{webhookOf(e)}, nil
}

type replaceWebhookIn struct {
	Org  string `path:"org"`
	ID   string `path:"id"`
	Body webhookDraft
}

func (a *API) replaceWebhook(ctx context.Context, in *replaceWebhookIn) (*webhookOut, error) {
	o, err := a.item(ctx, &itemIn{in.Org, in.ID}, Admins)
	if err != nil {
		return nil, err
	}
	was, is, err := a.Hooks.Change(ctx, o.ID, webhook.EndpointID(in.ID), in.Body.draft())
	if err != nil {
		return nil, err
	}
	if err := a.did(ctx, o.ID, audit.Webhooks, "Webhook changed", is.URL, webhook.Differences(was, is)...); err != nil {
		return nil, err
	}
	return &webhookOut{webhookOf(is)}, nil
}

func (a *API) removeWebhook(ctx context.Context, in *itemIn) (*struct{}, error) {
	o, err := a.item(ctx, in, Admins)
	if err != nil {
		return nil, err
	}
	e, err := a.Hooks.Store.Webhook(ctx, o.ID, webhook.EndpointID(in.ID))
	if err != nil {
		return nil, err
	}
	if err := a.Hooks.Store.RemoveWebhook(ctx, o.ID, e.ID); err != nil {
		return nil, err
	}
	return nil, a.did(ctx, o.ID, audit.Webhooks, "Webhook removed", e.URL)
}

func (a *API) rotateWebhook(ctx context.Context, in *itemIn) (*webhookOut, error) {
	o, err := a.item(ctx, in, Admins)
	if err != nil {
		return nil, err
	}
	e, err := a.Hooks.Rotate(ctx, o.ID, webhook.EndpointID(in.ID))
	if err != nil {
		return nil, err
	}
	if err := a.did(ctx, o.ID, audit.Webhooks, "Webhook secret rotated", e.URL); err != nil {
		return nil, err
	}
	out := &webhookOut{webhookOf(e)}
	out.Body.Secret = e.Secret.Reveal()
	return out, nil
}

type deliveryBody struct {
	Sequence  int64         `json:"sequence"`
	ID        string        `json:"id" doc:"the header webhook-id"`
	Type      string        `json:"type"`
	State     string        `json:"state" enum:"waiting,delivered,failed,held,gone"`
	At        string        `json:"at" doc:"when it happened"`
	Tries     int           `json:"tries"`
	NextTryAt *string       `json:"next_try_at"`
	Attempts  []hookAttempt `json:"attempts,omitempty" doc:"newest first; not in lists"`
}

type hookAttempt struct {
	At           string `json:"at"`
	Status       int    `json:"status" doc:"of the answer; 0 when there was none"`
	Milliseconds int64  `json:"milliseconds"`
	Answer       string `json:"answer" doc:"its beginning, masked"`
	Error        string `json:"error"`
	Cause        string `json:"cause,omitempty" doc:"job and request that led to it, as the server's log names them"`
}

func deliveryOf(m webhook.Message) deliveryBody {
	b := deliveryBody{
		Sequence: m.Sequence, ID: string(m.Event), Type: string(m.Type), State: string(m.State), At: m.At.UTC().Format(time.RFC3339), Tries: m.Attempts,
	}
	if m.State == webhook.Waiting {
		b.NextTryAt = optional(m.Next)
	}
	return b
}

type deliveriesIn struct {
	Org    string `path:"org"`
	ID     string `path:"id"`
	State  string `query:"state" enum:"waiting,delivered,failed,held,gone"`
	Cursor string `query:"cursor"`
	Limit  int    `query:"limit" minimum:"0" maximum:"200"`
}

type deliveriesOut struct {
	Body struct {
		Deliveries []deliveryBody `json:"deliveries"`
		Next       *string        `json:"next"`
	}
}

func (a *API) webhookDeliveries(ctx context.Context, in *deliveriesIn) (*deliveriesOut, error) {
	o, err := a.item(ctx, &itemIn{in.Org, in.ID}, Admins)
	if err != nil {
		return nil, err
	}
	e, err := a.Hooks.Store.Webhook(ctx, o.ID, webhook.EndpointID(in.ID))
	if err != nil {
		return nil, err
	}
	f := webhook.Filter{State: webhook.MessageState(in.State), Limit: in.Limit}
	if in.Cursor != "" {
		if f.Before, err = strconv.ParseInt(in.Cursor, 10, 64); err != nil || f.Before < 1 {
			return nil, fault.OfField("cursor", "is not one that a list gave.")
		}
	}
	list, next, err := a.Hooks.Store.Messages(ctx, o.ID, e.ID, f)
	if err != nil {
		return nil, err
	}
	out := &deliveriesOut{}
	out.Body.Deliveries = []deliveryBody{}
	for _, m := range list {
		out.Body.Deliveries = append(out.Body.Deliveries, deliveryOf(m))
	}
	if next > 0 {
		out.Body.Next = nextOf(strconv.FormatInt(next, 10))
	}
	return out, nil
}

type deliveryIn struct {
	Org      string `path:"org"`
	ID       string `path:"id"`
	Sequence int64  `path:"sequence"`
}

type deliveryOut struct{ Body deliveryBody }

func (a *API) webhookDelivery(ctx context.Context, in *deliveryIn) (*deliveryOut, error) {
	o, err := a.item(ctx, &itemIn{in.Org, in.ID}, Admins)
	if err != nil {
		return nil, err
	}
	m, err := a.Hooks.Store.Message(ctx, o.ID, webhook.EndpointID(in.ID), in.Sequence)
	if err != nil {
		return nil, err
	}
	tries, err := a.Hooks.Store.WebhookAttempts(ctx, o.ID, m.Endpoint, m.Sequence)
	if err != nil {
		return nil, err
	}
	out := &deliveryOut{deliveryOf(m)}
	for _, t := range tries {
		out.Body.Attempts = append(out.Body.Attempts, hookAttempt{t.At.UTC().Format(time.RFC3339), t.Status, t.Took.Milliseconds(), t.Head, t.Error, t.Cause})
	}
	return out, nil
}

func (a *API) redeliverWebhook(ctx context.Context, in *deliveryIn) (*deliveryOut, error) {
	o, err := a.item(ctx, &itemIn{in.Org, in.ID}, Admins)
	if err != nil {
		return nil, err
	}
	m, err := a.Hooks.Redeliver(ctx, o.ID, webhook.EndpointID(in.ID), in.Sequence)
	if err != nil {
		return nil, err
	}
	if err := a.did(ctx, o.ID, audit.Webhooks, "Webhook message sent again", in.ID, string(m.Type)+" "+strconv.FormatInt(m.Sequence, 10)); err != nil {
		return nil, err
	}
	return &deliveryOut{deliveryOf(m)}, nil
}

func (a *API) testWebhook(ctx context.Context, in *itemIn) (*deliveryOut, error) {
	o, err := a.item(ctx, in, Admins)
	if err != nil {
		return nil, err
	}
	m, err := a.Hooks.Ping(ctx, o.ID, webhook.EndpointID(in.ID))
	if err != nil {
		return nil, err
	}
	if err := a.did(ctx, o.ID, audit.Webhooks, "Webhook tested", in.ID); err != nil {
		return nil, err
	}
	return &deliveryOut{deliveryOf(m)}, nil
}

type replayWebhookIn struct {
	Org  string `path:"org"`
	ID   string `path:"id"`
	Body struct {
		Since string `json:"since"`
	}
}

type replayWebhookOut struct {
	Body struct {
		Messages int `json:"messages" doc:"how many wait to be sent again"`
	}
}

func (a *API) replayWebhook(ctx context.Context, in *replayWebhookIn) (*replayWebhookOut, error) {
	o, err := a.item(ctx, &itemIn{in.Org, in.ID}, Admins)
	if err != nil {
		return nil, err
	}
	since, err := time.Parse(time.RFC3339, strings.TrimSpace(in.Body.Since))
	if err != nil {
		return nil, fault.OfField("since", "must be an instant with offset, such as 2026-12-01T09:00:00-06:00.")
	}
	n, err := a.Hooks.Replay(ctx, o.ID, webhook.EndpointID(in.ID), since)
	if err != nil {
		return nil, err
	}
	if err := a.did(ctx, o.ID, audit.Webhooks, "Webhook messages replayed", in.ID, "Since "+since.UTC().Format(time.RFC3339)+": "+strconv.Itoa(n)); err != nil {
		return nil, err
	}
	out := &replayWebhookOut{}
	out.Body.Messages = n
	return out, nil
}
