package api

import (
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"heavyset.tech/platform/internal/auth"
)

// Access is who may call an operation.
type Access string

// The kinds of access. For all but Public and Platform the role counts in the organization of the address.
const (
	Public   Access = "public"   // anybody; bounded per address without a key
	Members  Access = "member"   // a key with at least the role member
	Admins   Access = "admin"    // a key with at least the role admin
	Platform Access = "engineer" // a platform engineer's key
)

func accessOf(op *huma.Operation) Access {
	a, _ := op.Metadata["access"].(Access)
	return a
}

// role is what an access asks for.
func (a Access) role() auth.Role { return auth.Role(a) }

// op describes an operation for the router and for OpenAPI.
func op(access Access, method, path, id, summary string, status int) huma.Operation {
	o := huma.Operation{
		OperationID: id, Method: method, Path: "/api/v1" + path, Summary: summary, DefaultStatus: status,
		MaxBodyBytes: maxBody + 1, // huma refuses a body that reaches it
		Metadata:     map[string]any{"access": access},
	}
	if access != Public {
		o.Security = []map[string][]string{{"key": {}}}
	}
	return o
}

// routes is the whole API on one page.
func (a *API) routes() {
	const get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete

	// visitors
	register(a, op(Public, get, "/schedulers/{scheduler}", "scheduler", "What a scheduler offers", 200), a.scheduler)
	slots := op(Public, get, "/schedulers/{scheduler}/slots", "slots", "Free slots of some days", 200)
	slots.Responses = map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{
		"application/json": {Schema: huma.SchemaFromType(a.huma.OpenAPI().Components.Schemas, reflect.TypeFor[slotsAnswer]())},
	}}}
	register(a, slots, a.slots)
	register(a, op(Public, post, "/schedulers/{scheduler}/holds", "hold", "Keep a slot for some minutes", 201), a.hold)
	register(a, op(Public, post, "/schedulers/{scheduler}/bookings", "book", "Book a slot", 201), a.book)
	register(a, op(Public, post, "/schedulers/{scheduler}/leads", "capture-lead", "Send an enquiry", 201), a.captureLead)
	register(a, op(Public, get, "/appointments/{token}", "managed", "The appointment behind a private link", 200), a.managed)
	register(a, op(Public, post, "/appointments/{token}/reschedule", "reschedule", "Move the appointment", 200), a.reschedule)
	register(a, op(Public, post, "/appointments/{token}/cancel", "cancel", "Call the appointment off", 200), a.cancel)

	// staff
	register(a, op(Members, get, "/schedulers/{scheduler}/slots/explain", "explain", "Why a slot is offered or not", 200), a.explain)
	register(a, op(Members, get, "/orgs/{org}/appointments", "appointments", "Appointments by start", 200), a.appointments)
	register(a, op(Members, get, "/orgs/{org}/appointments/{id}", "appointment", "One appointment", 200), a.appointment)
	register(a, op(Members, get, "/orgs/{org}/leads", "leads", "Leads, newest first", 200), a.leads)
	register(a, op(Members, get, "/orgs/{org}/leads/{id}", "lead", "One lead", 200), a.lead)
	register(a, op(Members, get, "/orgs/{org}/customers", "customers", "Customers, newest first", 200), a.customers)
	register(a, op(Members, get, "/orgs/{org}/customers/{id}", "customer", "One customer", 200), a.customer)
	register(a, op(Members, get, "/orgs/{org}/sync-attempts", "sync-attempts", "Attempts to write to the CRM, newest first", 200), a.syncAttempts)
	register(a, op(Admins, post, "/orgs/{org}/sync-attempts/{id}/replay", "replay", "Write it again", 200), a.replay)

	// administration
	register(a, op(Members, get, "/orgs/{org}/catalog", "catalog", "The whole catalog", 200), a.catalog)
	register(a, op(Admins, put, "/orgs/{org}/catalog", "replace-catalog", "Replace the whole catalog", 200), a.replaceCatalog)
	register(a, op(Members, get, "/orgs/{org}/crm-configs", "crm-configs", "CRM configs", 200), a.configs)
	register(a, op(Admins, post, "/orgs/{org}/crm-configs", "create-crm-config", "A new CRM config", 201), a.createConfig)
	register(a, op(Admins, post, "/orgs/{org}/crm-configs/{id}/connect", "connect", "Connect with a grant code", 200), a.connect)
	register(a, op(Members, get, "/orgs/{org}/crm-configs/{id}/settings", "settings", "Modules, mapping, availability source, alerts", 200), a.settings)
	register(a, op(Admins, put, "/orgs/{org}/crm-configs/{id}/settings", "replace-settings", "Replace the settings", 200), a.replaceSettings)
	register(a, op(Admins, post, "/orgs/{org}/crm-configs/{id}/test-lead", "test-lead", "Write marked leads, read them back, remove them", 200), a.testLead)
	register(a, op(Admins, post, "/orgs/{org}/crm-configs/{id}/test-booking", "test-booking", "Write marked records, read them back, remove them", 200), a.testBooking)
	register(a, op(Admins, post, "/orgs/{org}/crm-configs/{id}/auto-discover", "auto-discover", "Propose a field mapping; reads the CRM, saves nothing", 200), a.autoDiscover)
	register(a, op(Admins, post, "/orgs/{org}/api-keys", "create-api-key", "A new API key, shown once", 201), a.createKey)

	// webhooks
	register(a, op(Admins, get, "/orgs/{org}/webhooks", "webhooks", "Webhooks", 200), a.webhooks)
	register(a, op(Admins, post, "/orgs/{org}/webhooks", "create-webhook", "A new webhook; its secret is shown once", 201), a.createWebhook)
	register(a, op(Admins, get, "/orgs/{org}/webhooks/{id}", "webhook", "One webhook", 200), a.webhook)
	register(a, op(Admins, put, "/orgs/{org}/webhooks/{id}", "replace-webhook", "Change a webhook, turn it off or on", 200), a.replaceWebhook)
	register(a, op(Admins, del, "/orgs/{org}/webhooks/{id}", "remove-webhook", "Remove a webhook with its messages", 204), a.removeWebhook)
	register(a, op(Admins, post, "/orgs/{org}/webhooks/{id}/rotate", "rotate-webhook", "Another secret, shown once; the one before signs too for a day", 200), a.rotateWebhook)
	register(a, op(Admins, post, "/orgs/{org}/webhooks/{id}/test", "test-webhook", "Send a message of the type webhook.test", 201), a.testWebhook)
	register(a, op(Admins, get, "/orgs/{org}/webhooks/{id}/deliveries", "webhook-deliveries", "Messages to a webhook, newest first", 200), a.webhookDeliveries)
	register(a, op(Admins, get, "/orgs/{org}/webhooks/{id}/deliveries/{sequence}", "webhook-delivery", "One message with each attempt", 200), a.webhookDelivery)
	register(a, op(Admins, post, "/orgs/{org}/webhooks/{id}/deliveries/{sequence}/redeliver", "redeliver-webhook", "Send a message again", 200), a.redeliverWebhook)
	register(a, op(Admins, post, "/orgs/{org}/webhooks/{id}/replay", "replay-webhook", "Send all messages since an instant again", 200), a.replayWebhook)

	// platform
	register(a, op(Platform, post, "/orgs", "create-organization", "A new organization with its scheduler", 201), a.createOrganization)
}

// register adds an operation whose errors become problem+json.
func register[I, O any](a *API, o huma.Operation, f func(context.Context, *I) (*O, error)) {
	huma.Register(a.huma, o, func(ctx context.Context, in *I) (*O, error) {
		out, err := f(ctx, in)
		if err != nil {
			return nil, a.answerError(ctx, err)
		}
		return out, nil
	})
}
