// Package admin is the console: what an organization's staff and the platform's engineers see and change.
//
// It stands at the end of every trip: appointments and leads with how far they have come in the CRM, each attempt to
// write them, and the beginning of "an administrator connects": CRM configs, consent at Zoho and the way back from
// there. One file per noun; all routes stand in one table on this page, each with the access it needs, and every one
// goes through the guard: signed-in user, organization of the address, role. Whoever has no role in an organization is
// told that it does not exist; a role that is too small is refused. What changes something is kept in the audit.
//
// Pages are complete without JavaScript and name the organization's zone once. Names, notes, campaign parameters and
// the CRM's own words reach a page through html/template alone, and secrets never do. The package has no rules of its
// own: booking, lead, connection and crmsync decide.
package admin

import (
	"context"
	"embed"
	"net/http"
	"slices"
	"sync"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/brand"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/drift"
	"heavyset.tech/platform/internal/feed"
	"heavyset.tech/platform/internal/insight"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/mirror"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/passport"
	"heavyset.tech/platform/internal/privacy"
	"heavyset.tech/platform/internal/quarantine"
	"heavyset.tech/platform/internal/settings"
	"heavyset.tech/platform/internal/waitlist"
	"heavyset.tech/platform/internal/web/page"
	"heavyset.tech/platform/internal/webhook"
	"heavyset.tech/platform/internal/widget"
)

//go:embed templates/*
var templates embed.FS

// Directory finds organizations. A slug or id that is none is fault.NotFound.
type Directory interface {
	OrganizationBySlug(ctx context.Context, slug string) (org.Organization, error)
	Organization(ctx context.Context, o org.ID) (org.Organization, error)
	// Organizations lists all, by name.
	Organizations(ctx context.Context) ([]org.Organization, error)
}

// Deliveries tells what became of an appointment's messages, in order.
type Deliveries interface {
	Deliveries(ctx context.Context, o org.ID, a booking.AppointmentID) ([]notify.Delivery, error)
}

// Tests remembers test leads and test bookings.
type Tests interface {
	LastTest(ctx context.Context, o org.ID, c connection.ConfigID, kind crmsync.Test) (crmsync.Attempt, bool, error)
}

// Face shows a public page as an organization would look, in a frame of the console.
type Face interface {
	Preview(w http.ResponseWriter, r *http.Request, o org.Organization, l locale.Lang, sheet string) error
}

// Services are what the console stands on.
type Services struct {
	Orgs        Directory
	Auth        *auth.Service
	Audit       *audit.Log
	Bookings    *booking.Service
	Book        booking.Store
	Leads       *lead.Service
	Connections *connection.Service
	Settings    *settings.Service
	Guardian    *connection.Guardian
	Drift       *drift.Service
	Sync        *crmsync.Service
	Mirror      *mirror.Service
	Catalogs    *catalog.Editor
	Passports   *passport.Service
	Privacy     *privacy.Service
	Deliveries  Deliveries
	Tests       Tests
	Alerts      *notify.Service
	Widgets     *widget.Service
	Hooks       *webhook.Service
	Feeds       *feed.Service
	Gate        *quarantine.Service
	Insight     *insight.Service
	Waitlist    *waitlist.Service
	Brands      *brand.Service
	Face        Face
	BaseURL     string // under which visitors reach the booking pages
	Sessions    *page.Sessions
	Errors      *page.Errors
	Now         func() time.Time
}

// Console is the console's pages. Make it with New.
type Console struct {
	Services
	set *page.Set
}

// pages are parsed once in a process.
var pages = sync.OnceValues(func() (*page.Set, error) { return page.Parse(templates, nil) })

// New makes the console.
func New(s Services) (*Console, error) {
	set, err := pages()
	if err != nil {
		return nil, err
	}
	return &Console{Services: s, set: set}, nil
}

// access is who may call a route. Members and admins are so by their role in the organization of the address; each
// access includes the ones after it, and a platform engineer has all.
type access string

const (
	anybody access = ""
	people  access = "user" // whoever is signed in
	members access = access(auth.Member)
	admins  access = access(auth.Admin)

	engineers access = access(auth.Engineer) // of the platform, outside any organization
)

// section is the entry of the navigation that a page belongs to: the path of that entry under its organization.
type section string

const (
	appointments section = "appointments"
	leads        section = "leads"
	customers    section = "customers"
	suspects     section = "quarantine"
	waiting      section = "waitlist"
	connections  section = "connections"
	crmSettings  section = "crm-settings"
	syncs        section = "sync"
	conflicts    section = "conflicts"
	passports    section = "passport"
	services     section = "scheduler/services"
	reps         section = "scheduler/reps"
	holidays     section = "scheduler/holidays"
	territories  section = "scheduler/territories"
	explainer    section = "scheduler/explainer"
	brands       section = "scheduler/branding"
	embeds       section = "scheduler/embed"
	messages     section = "scheduler/messages"
	schedulers   section = "scheduler"
	figures      section = "numbers"
	team         section = "team"
	apiKeys      section = "keys"
	webhooks     section = "webhooks"
	auditLog     section = "audit"
)

// route is one line of the table.
type route struct {
	method, path string
	access       access
	section      section
	serve        func(c *Console, w http.ResponseWriter, r *http.Request, v *visit) error
}

// routes is the whole console, section by section.
func routes() []route {
	return slices.Concat(signInRoutes(), accountRoutes(), bookRoutes(), crmRoutes(), offerRoutes(), staffRoutes())
}

// signInRoutes are those of signing in, and of what comes back from elsewhere.
func signInRoutes() []route {
	const get, post = http.MethodGet, http.MethodPost
	return []route{
		{get, "/login", anybody, "", (*Console).askSignIn},
		{post, "/login", anybody, "", (*Console).signIn},
		{get, "/login/code", anybody, "", (*Console).askCode},
		{post, "/login/code", anybody, "", (*Console).signInCode},
		{post, "/login/passkey", anybody, "", (*Console).askPasskey},
		{post, "/login/passkey/answer", anybody, "", (*Console).signInPasskey},
		{get, "/login/sso", anybody, "", (*Console).beginSSO},
		{get, "/oauth/oidc/callback", anybody, "", (*Console).finishSSO},
		{post, "/logout", anybody, "", (*Console).signOut},
		{get, "/login/forgot", anybody, "", (*Console).forgot},
		{post, "/login/forgot", anybody, "", (*Console).askReset},
		{get, "/reset/{token}", anybody, "", (*Console).askNewPassword},
		{post, "/reset/{token}", anybody, "", (*Console).setNewPassword},
		{get, "/invitation/{token}", anybody, "", (*Console).invitation},
		{post, "/invitation/{token}", anybody, "", (*Console).accept},
		{get, "/calendar/{token}", anybody, "", (*Console).calendarFeed},
		{get, "/oauth/zoho/callback", people, connections, (*Console).authorized},
	}
}

// accountRoutes are those of a person, and of the platform.
func accountRoutes() []route {
	const get, post = http.MethodGet, http.MethodPost
	return []route{
		{get, "/admin", people, "", (*Console).start},
		{get, "/admin/", people, "", (*Console).nothing},
		{get, "/admin/organizations", people, "", (*Console).listOrganizations},
		{get, "/admin/account", people, "", (*Console).account},
		{post, "/admin/account/password", people, "", (*Console).changePassword},
		{post, "/admin/account/sessions/end", people, "", (*Console).endSessions},
		{post, "/admin/account/sessions/{id}/end", people, "", (*Console).endSession},
		{get, "/admin/account/again", people, "", (*Console).askAgain},
		{post, "/admin/account/again", people, "", (*Console).signInAgain},
		{get, "/admin/account/factor", people, "", again((*Console).factor)},
		{post, "/admin/account/factor", people, "", again((*Console).beginFactor)},
		{post, "/admin/account/factor/confirm", people, "", again((*Console).confirmFactor)},
		{post, "/admin/account/factor/codes", people, "", again((*Console).renewCodes)},
		{post, "/admin/account/factor/end", people, "", again((*Console).endFactor)},
		{get, "/admin/account/passkeys/new", people, "", again((*Console).newPasskey)},
		{post, "/admin/account/passkeys/options", people, "", again((*Console).passkeyOptions)},
		{post, "/admin/account/passkeys", people, "", again((*Console).addPasskey)},
		{get, "/admin/account/passkeys/{id}/remove", people, "", again((*Console).askRemovePasskey)},
		{post, "/admin/account/passkeys/{id}/remove", people, "", again((*Console).removePasskey)},

		{get, "/admin/engineers", engineers, "", (*Console).team},
		{post, "/admin/engineers", engineers, "", again((*Console).invite)},
		{get, "/admin/engineers/{id}/remove", engineers, "", (*Console).askRemove},
		{post, "/admin/engineers/{id}/remove", engineers, "", (*Console).remove},
		{post, "/admin/engineers/{id}/reset-factor", engineers, "", again((*Console).resetFactor)},
		{post, "/admin/engineers/invitations/{id}/resend", engineers, "", (*Console).resendInvitation},
		{post, "/admin/engineers/invitations/{id}/withdraw", engineers, "", (*Console).withdrawInvitation},
		{get, "/admin/keys", engineers, "", (*Console).keys},
		{post, "/admin/keys", engineers, "", again((*Console).createKey)},
		{get, "/admin/keys/{id}/revoke", engineers, "", (*Console).askRevoke},
		{post, "/admin/keys/{id}/revoke", engineers, "", again((*Console).revokeKey)},
		{get, "/admin/audit", engineers, "", (*Console).audit},
	}
}

// bookRoutes are those of what visitors leave: appointments, leads, the quarantine, the waiting list and customers.
func bookRoutes() []route {
	const get, post = http.MethodGet, http.MethodPost
	return []route{
		{get, "/admin/orgs/{org}", members, appointments, (*Console).toAppointments},

		{get, "/admin/orgs/{org}/appointments", members, appointments, (*Console).appointments},
		{get, "/admin/orgs/{org}/appointments/export", admins, appointments, (*Console).exportAppointments},
		{get, "/admin/orgs/{org}/appointments/calendar", members, appointments, (*Console).agenda},
		{get, "/admin/orgs/{org}/appointments/sheet", members, appointments, (*Console).sheet},
		{get, "/admin/orgs/{org}/appointments/new", members, appointments, (*Console).askDesk},
		{post, "/admin/orgs/{org}/appointments/new", members, appointments, (*Console).bookCall},
		{get, "/admin/orgs/{org}/appointments/{id}", members, appointments, (*Console).appointment},
		{post, "/admin/orgs/{org}/appointments/{id}/outcome", members, appointments, (*Console).setOutcome},
		{get, "/admin/orgs/{org}/appointments/{id}/decline", members, appointments, (*Console).askDecline},
		{post, "/admin/orgs/{org}/appointments/{id}/answer", members, appointments, (*Console).answer},
		{post, "/admin/orgs/{org}/appointments/{id}/cancel", members, appointments, (*Console).callOff},
		{get, "/admin/orgs/{org}/appointments/{id}/move", members, appointments, (*Console).askMove},
		{post, "/admin/orgs/{org}/appointments/{id}/move", members, appointments, (*Console).move},
		{post, "/admin/orgs/{org}/appointments/{id}/replay", admins, appointments, (*Console).replayAppointment},
		{get, "/admin/orgs/{org}/appointments/{id}/undo", admins, appointments, (*Console).askUndo},
		{post, "/admin/orgs/{org}/appointments/{id}/undo", admins, appointments, (*Console).undo},

		{get, "/admin/orgs/{org}/leads", members, leads, (*Console).leads},
		{get, "/admin/orgs/{org}/leads/unfinished", members, leads, (*Console).left},
		{post, "/admin/orgs/{org}/leads/unfinished", admins, leads, (*Console).saveLeft},
		{get, "/admin/orgs/{org}/leads/{id}", members, leads, (*Console).lead},
		{post, "/admin/orgs/{org}/leads/{id}/replay", admins, leads, (*Console).replayLead},

		{get, "/admin/orgs/{org}/quarantine", members, suspects, (*Console).quarantine},
		{post, "/admin/orgs/{org}/quarantine/{id}", members, suspects, (*Console).settleSuspect},

		{get, "/admin/orgs/{org}/waitlist", members, waiting, (*Console).waitlist},
		{post, "/admin/orgs/{org}/waitlist", admins, waiting, (*Console).saveWaitlist},
		{get, "/admin/orgs/{org}/waitlist/{id}", members, waiting, (*Console).waitEntry},
		{post, "/admin/orgs/{org}/waitlist/{id}/offer", members, waiting, (*Console).offerTime},
		{post, "/admin/orgs/{org}/waitlist/{id}/remove", members, waiting, (*Console).removeWaiting},

		{get, "/admin/orgs/{org}/customers", members, customers, (*Console).customers},
		{get, "/admin/orgs/{org}/customers/{id}", members, customers, (*Console).customer},
		{get, "/admin/orgs/{org}/customers/{id}/links", admins, customers, (*Console).askRevokeLinks},
		{post, "/admin/orgs/{org}/customers/{id}/links", admins, customers, (*Console).revokeLinks},
		{get, "/admin/orgs/{org}/customers/{id}/export", admins, customers, again((*Console).exportCustomer)},
		{get, "/admin/orgs/{org}/erase/{id}", admins, customers, again((*Console).askErase)},
		{post, "/admin/orgs/{org}/erase/{id}", admins, customers, again((*Console).erase)},
		{get, "/admin/orgs/{org}/erasures", admins, customers, (*Console).erasures},
		{get, "/admin/orgs/{org}/erasures/{id}", admins, customers, (*Console).erasure},
	}
}

// crmRoutes are those of the CRM, and the figures.
func crmRoutes() []route {
	const get, post = http.MethodGet, http.MethodPost
	return []route{
		{get, "/admin/orgs/{org}/scheduler", members, schedulers, (*Console).scheduler},
		{post, "/admin/orgs/{org}/scheduler", admins, schedulers, (*Console).saveScheduler},
		{get, "/admin/orgs/{org}/numbers", members, figures, (*Console).numbers},
		{get, "/admin/orgs/{org}/numbers/export", members, figures, (*Console).exportNumbers},

		{get, "/admin/orgs/{org}/connections", members, connections, (*Console).connections},
		{post, "/admin/orgs/{org}/connections", admins, connections, again((*Console).addConfig)},
		{get, "/admin/orgs/{org}/crm-configs/{id}", members, connections, (*Console).config},
		{post, "/admin/orgs/{org}/crm-configs/{id}", admins, connections, again((*Console).saveConfig)},
		{post, "/admin/orgs/{org}/crm-configs/{id}/authorize", admins, connections, (*Console).authorize},
		{post, "/admin/orgs/{org}/crm-configs/{id}/check", admins, connections, (*Console).checkConnection},
		{get, "/admin/orgs/{org}/crm-configs/{id}/dry-run", admins, connections, (*Console).dryRun},
		{post, "/admin/orgs/{org}/crm-configs/{id}/dry-run", admins, connections, (*Console).startDryRun},
		{get, "/admin/orgs/{org}/crm-configs/{id}/dry-run/export", admins, connections, (*Console).exportDryRun},
		{get, "/admin/orgs/{org}/crm-configs/{id}/disconnect", admins, connections, (*Console).askDisconnect},
		{post, "/admin/orgs/{org}/crm-configs/{id}/disconnect", admins, connections, again((*Console).disconnect)},

		{get, "/admin/orgs/{org}/crm-settings", members, crmSettings, (*Console).crmSettings},
		{get, "/admin/orgs/{org}/crm-settings/{id}", members, crmSettings, (*Console).settingsOf},
		{post, "/admin/orgs/{org}/crm-settings/{id}", admins, crmSettings, (*Console).saveSettings},
		{post, "/admin/orgs/{org}/crm-settings/{id}/restore", admins, crmSettings, (*Console).restoreSettings},
		{post, "/admin/orgs/{org}/crm-settings/{id}/discard", admins, crmSettings, (*Console).discardDraft},
		{post, "/admin/orgs/{org}/crm-settings/{id}/test-alert", admins, crmSettings, (*Console).testAlert},
		{post, "/admin/orgs/{org}/crm-settings/{id}/look", admins, crmSettings, (*Console).lookAgain},
		{post, "/admin/orgs/{org}/crm-settings/{id}/verify", admins, crmSettings, (*Console).verify},
		{get, "/admin/orgs/{org}/crm-settings/{id}/source", admins, crmSettings, (*Console).source},
		{post, "/admin/orgs/{org}/crm-settings/{id}/source", admins, crmSettings, (*Console).saveSource},
		{post, "/admin/orgs/{org}/crm-settings/{id}/source/link", admins, crmSettings, (*Console).linkOwner},
		{get, "/admin/orgs/{org}/crm-settings/{id}/mapping", admins, crmSettings, (*Console).editMapping},
		{post, "/admin/orgs/{org}/crm-settings/{id}/mapping", admins, crmSettings, (*Console).changeMapping},

		{get, "/admin/orgs/{org}/sync", members, syncs, (*Console).sync},
		{get, "/admin/orgs/{org}/sync/{id}", admins, syncs, (*Console).attempt},
		{get, "/admin/orgs/{org}/sync/health", members, syncs, (*Console).syncHealth},
		{post, "/admin/orgs/{org}/sync/{id}/replay", admins, syncs, (*Console).replayAttempt},
		{get, "/admin/orgs/{org}/sync/{id}/undo", admins, syncs, (*Console).askUndo},
		{post, "/admin/orgs/{org}/sync/{id}/undo", admins, syncs, (*Console).undo},
		{get, "/admin/orgs/{org}/undo", admins, syncs, (*Console).askUndo},
		{post, "/admin/orgs/{org}/undo", admins, syncs, (*Console).undo},
		{get, "/admin/orgs/{org}/undo/{id}", admins, syncs, (*Console).undone},
		{get, "/admin/orgs/{org}/sync/{id}/report", members, syncs, (*Console).report},
		{get, "/admin/orgs/{org}/conflicts", members, conflicts, (*Console).conflicts},
		{get, "/admin/orgs/{org}/conflicts/{id}", members, conflicts, (*Console).conflict},
		{post, "/admin/orgs/{org}/conflicts/{id}", admins, conflicts, (*Console).settle},
		{get, "/admin/orgs/{org}/conflicts/people/{id}", members, conflicts, (*Console).disagreement},
		{post, "/admin/orgs/{org}/conflicts/people/{id}", admins, conflicts, (*Console).settleDisagreement},
		{get, "/admin/orgs/{org}/passport", members, passports, (*Console).passport},
		{post, "/admin/orgs/{org}/passport", admins, passports, (*Console).keepPassport},
	}
}

// offerRoutes are those of what can be booked, and how it looks.
func offerRoutes() []route {
	const get, post = http.MethodGet, http.MethodPost
	return []route{
		{get, "/admin/orgs/{org}/scheduler/start", admins, services, (*Console).first},
		{post, "/admin/orgs/{org}/scheduler/start", admins, services, (*Console).saveFirst},
		{get, "/admin/orgs/{org}/scheduler/services", members, services, (*Console).services},
		{get, "/admin/orgs/{org}/scheduler/new-service", admins, services, (*Console).newService},
		{post, "/admin/orgs/{org}/scheduler/new-service", admins, services, (*Console).saveService},
		{get, "/admin/orgs/{org}/scheduler/services/{item}", members, services, (*Console).editService},
		{post, "/admin/orgs/{org}/scheduler/services/{item}", admins, services, (*Console).saveService},
		{get, "/admin/orgs/{org}/scheduler/reps", members, reps, (*Console).reps},
		{get, "/admin/orgs/{org}/scheduler/new-rep", admins, reps, (*Console).newRep},
		{post, "/admin/orgs/{org}/scheduler/new-rep", admins, reps, (*Console).saveRep},
		{get, "/admin/orgs/{org}/scheduler/reps/{item}", members, reps, (*Console).editRep},
		{post, "/admin/orgs/{org}/scheduler/reps/{item}", admins, reps, (*Console).saveRep},
		{get, "/admin/orgs/{org}/scheduler/reps/{item}/handover", admins, reps, (*Console).askHandover},
		{post, "/admin/orgs/{org}/scheduler/reps/{item}/handover", admins, reps, (*Console).handover},
		{get, "/admin/orgs/{org}/scheduler/reps/{item}/feed", admins, reps, (*Console).feed},
		{post, "/admin/orgs/{org}/scheduler/reps/{item}/feed", admins, reps, (*Console).changeFeed},
		{get, "/admin/orgs/{org}/scheduler/holidays", members, holidays, (*Console).holidays},
		{post, "/admin/orgs/{org}/scheduler/holidays", admins, holidays, (*Console).saveHolidays},
		{get, "/admin/orgs/{org}/scheduler/working-time", admins, holidays, (*Console).workTime},
		{post, "/admin/orgs/{org}/scheduler/working-time", admins, holidays, (*Console).takeWorkTime},
		{get, "/admin/orgs/{org}/scheduler/territories", members, territories, (*Console).territories},
		{get, "/admin/orgs/{org}/scheduler/new-territory", admins, territories, (*Console).newTerritory},
		{post, "/admin/orgs/{org}/scheduler/new-territory", admins, territories, (*Console).saveTerritory},
		{get, "/admin/orgs/{org}/scheduler/territories/{item}", members, territories, (*Console).editTerritory},
		{post, "/admin/orgs/{org}/scheduler/territories/{item}", admins, territories, (*Console).saveTerritory},
		{get, "/admin/orgs/{org}/scheduler/explainer", members, explainer, (*Console).explain},
		{get, "/admin/orgs/{org}/scheduler/messages", members, messages, (*Console).messages},
		{post, "/admin/orgs/{org}/scheduler/messages", admins, messages, (*Console).saveMessages},
		{get, "/admin/orgs/{org}/scheduler/messages/edit", members, messages, (*Console).message},
		{post, "/admin/orgs/{org}/scheduler/messages/edit", admins, messages, (*Console).changeMessage},
		{get, "/admin/orgs/{org}/scheduler/branding", members, brands, (*Console).branding},
		{post, "/admin/orgs/{org}/scheduler/branding", admins, brands, (*Console).saveBranding},
		{get, "/admin/orgs/{org}/scheduler/branding/preview", members, brands, (*Console).brandPreview},
		{post, "/admin/orgs/{org}/scheduler/branding/logo", admins, brands, (*Console).saveLogo},
		{post, "/admin/orgs/{org}/scheduler/branding/logo/remove", admins, brands, (*Console).removeLogo},
		{get, "/admin/orgs/{org}/scheduler/embed", members, embeds, (*Console).embed},
		{get, "/admin/orgs/{org}/scheduler/embed/preview", members, embeds, (*Console).embedPreview},
		{post, "/admin/orgs/{org}/scheduler/embed/sites", admins, embeds, (*Console).saveSites},
		{post, "/admin/orgs/{org}/scheduler/embed/allow", admins, embeds, (*Console).allowSite},
	}
}

// staffRoutes are those of the team, its keys and its webhooks.
func staffRoutes() []route {
	const get, post = http.MethodGet, http.MethodPost
	return []route{
		{get, "/admin/orgs/{org}/team", members, team, (*Console).team},
		{post, "/admin/orgs/{org}/team", admins, team, again((*Console).invite)},
		{post, "/admin/orgs/{org}/team/{id}", admins, team, again((*Console).changeRole)},
		{get, "/admin/orgs/{org}/team/{id}/remove", admins, team, (*Console).askRemove},
		{post, "/admin/orgs/{org}/team/{id}/remove", admins, team, (*Console).remove},
		{post, "/admin/orgs/{org}/team/{id}/reset-factor", admins, team, again((*Console).resetFactor)},
		{post, "/admin/orgs/{org}/signin-rule", admins, team, again((*Console).saveSigninRule)},
		{post, "/admin/orgs/{org}/invitations/{id}/resend", admins, team, (*Console).resendInvitation},
		{post, "/admin/orgs/{org}/invitations/{id}/withdraw", admins, team, (*Console).withdrawInvitation},
		{get, "/admin/orgs/{org}/keys", admins, apiKeys, (*Console).keys},
		{post, "/admin/orgs/{org}/keys", admins, apiKeys, again((*Console).createKey)},
		{get, "/admin/orgs/{org}/keys/{id}/revoke", admins, apiKeys, (*Console).askRevoke},
		{post, "/admin/orgs/{org}/keys/{id}/revoke", admins, apiKeys, again((*Console).revokeKey)},
		{get, "/admin/orgs/{org}/webhooks", admins, webhooks, (*Console).webhooks},
		{post, "/admin/orgs/{org}/webhooks", admins, webhooks, again((*Console).addWebhook)},
		{get, "/admin/orgs/{org}/webhooks/{id}", admins, webhooks, (*Console).webhook},
		{post, "/admin/orgs/{org}/webhooks/{id}", admins, webhooks, again((*Console).saveWebhook)},
		{post, "/admin/orgs/{org}/webhooks/{id}/secret", admins, webhooks, again((*Console).rotateWebhook)},
		{post, "/admin/orgs/{org}/webhooks/{id}/test", admins, webhooks, (*Console).testWebhook},
		{post, "/admin/orgs/{org}/webhooks/{id}/replay", admins, webhooks, (*Console).replayWebhook},
		{get, "/admin/orgs/{org}/webhooks/{id}/deliveries/{item}", admins, webhooks, (*Console).delivery},
		{post, "/admin/orgs/{org}/webhooks/{id}/deliveries/{item}", admins, webhooks, (*Console).redeliver},
		{get, "/admin/orgs/{org}/webhooks/{id}/remove", admins, webhooks, (*Console).askRemoveWebhook},
		{post, "/admin/orgs/{org}/webhooks/{id}/remove", admins, webhooks, (*Console).removeWebhook},
		{get, "/admin/orgs/{org}/audit", admins, auditLog, (*Console).audit},
	}
}

// Routes mounts the console.
func (c *Console) Routes(mux *http.ServeMux) {
	for _, rt := range routes() {
		mux.Handle(rt.method+" "+rt.path, c.Sessions.Load(c.Errors.Wrap(c.guard(rt))))
	}
}
