// Package app builds the platform from its settings, runs it and stops it.
//
// It is the one place where every package meets: here the compiler checks that store satisfies what the domain packages
// ask for, that a fact has its handlers, and that the faces get their services. `heavyset serve`, the demo and the tests
// run the same App; they differ in their Config alone. Besides cmd it is the only package that asks the clock.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/mail"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/sync/errgroup"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/brand"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/config"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/drift"
	"heavyset.tech/platform/internal/email"
	"heavyset.tech/platform/internal/feed"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/insight"
	"heavyset.tech/platform/internal/job"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/mirror"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/passport"
	"heavyset.tech/platform/internal/privacy"
	"heavyset.tech/platform/internal/quarantine"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/settings"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/trace"
	"heavyset.tech/platform/internal/waitlist"
	"heavyset.tech/platform/internal/web"
	"heavyset.tech/platform/internal/web/admin"
	"heavyset.tech/platform/internal/web/api"
	"heavyset.tech/platform/internal/web/hook"
	"heavyset.tech/platform/internal/web/page"
	"heavyset.tech/platform/internal/web/scheduler"
	"heavyset.tech/platform/internal/webhook"
	"heavyset.tech/platform/internal/widget"
	"heavyset.tech/platform/internal/zohocrm"
)

// Config is what an App is built from.
type Config struct {
	BaseURL           string // without a slash at its end; may be set by SetBaseURL before Serve
	Secure            bool
	DatabaseURL       string
	Keys              *secret.Keyring
	Sender            notify.Sender
	MailFrom          mail.Address
	Shared            connection.Shared
	ZohoDatacenters   string
	ReconcileInterval time.Duration
	EngineerFactor    bool // platform engineers need a second factor
	OIDC              config.OIDC
	TrustedProxies    []netip.Prefix
	MetricsOnMain     bool
	BounceSecret      secret.String           // end of the address for mails that came back; empty: there is none
	Texter            notify.Texter           // nil: no text messages
	SMSSecret         secret.String           // end of the address for answers to them
	SMSKeys           []secret.String         // with one of which their provider signs what it posts; none: it signs nothing
	LoopbackHooks     bool                    // webhooks may lead to this machine: for the demo
	Extra             map[string]http.Handler // further routes, for the demo
	Version           string
	Tracer            *trace.Tracer // nil: no traces; Run closes it
	Collector         secret.String // where they go, for Doctor; empty: nowhere
	Log               *slog.Logger
	Now               func() time.Time // nil: the clock
	ZohoHTTP          *http.Client     // nil: the default
}

// App is a built platform. Make it with New.
type App struct {
	Store       *store.Store
	Orgs        *org.Service
	Auth        *auth.Service
	Audit       *audit.Log
	Catalogs    *catalog.Editor
	Leads       *lead.Service
	Bookings    *booking.Service
	Connections *connection.Service
	Settings    *settings.Service
	Drift       *drift.Service
	Sync        *crmsync.Service
	Mirror      *mirror.Service
	Passports   *passport.Service
	Privacy     *privacy.Service
	Waitlist    *waitlist.Service
	Notify      *notify.Service
	Widgets     *widget.Service
	Hooks       *webhook.Service
	Feeds       *feed.Service
	Visits      *insight.Recorder
	Insight     *insight.Service
	Handler     http.Handler
	Metrics     http.Handler

	guardian *connection.Guardian
	mails    counted
	gate     *quarantine.Service
	runner   *job.Runner
	config   Config
}

// NewMailer makes the sender of mails of an SMTP URL.
func NewMailer(url secret.String) (*email.Sender, error) {
	return email.New(email.Options{URL: url, Now: time.Now})
}

// NewTracer makes what sends traces to a collector; nil without one.
func NewTracer(ctx context.Context, collector secret.String, version string, log *slog.Logger) (*trace.Tracer, error) {
	if collector.Empty() {
		return nil, nil
	}
	t, err := trace.New(ctx, trace.Options{
		URL: collector.Reveal(), Version: version, Node: id.New("node", time.Now()),
		Failed: func(err error) { log.Warn("traces were lost", "err", err) },
	})
	if err != nil {
		return nil, &config.Error{Setting: "HEAVYSET_OTLP_URL", Why: err.Error()}
	}
	return t, nil
}

// New opens the database, brings its schema up and builds everything on top. ctx bounds only the opening.
func New(ctx context.Context, c Config) (_ *App, err error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.ReconcileInterval == 0 {
		c.ReconcileInterval = 2 * time.Minute
	}
	node := id.New("node", c.Now())
	var table job.Table
	a := &App{config: c}
	if a.Store, err = store.Open(ctx, store.Options{URL: c.DatabaseURL, Keys: c.Keys, Jobs: &table, Now: c.Now}); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Store.Close())
		}
	}()
	if err = a.services(node); err != nil {
		return nil, err
	}
	a.handlers(&table)
	if err = a.Store.Migrate(ctx); err != nil {
		return nil, err
	}
	if a.runner, err = job.NewRunner(a.jobs(node, &table)); err != nil {
		return nil, err
	}
	if a.Handler, err = a.web(); err != nil {
		return nil, err
	}
	return a, nil
}

// services builds the domain services over the store.
func (a *App) services(node string) error {
	c, s := a.config, a.Store
	connector, err := zohocrm.New(c.ZohoDatacenters, c.ZohoHTTP, c.Now)
	if err != nil {
		return &config.Error{Setting: "HEAVYSET_ZOHO_DATACENTERS", Why: err.Error()}
	}
	if a.Auth, err = auth.New(s, c.Now); err != nil {
		return err
	}
	a.Auth.FactorOfEngineers = c.EngineerFactor
	if err := a.Auth.OfferPasskeys(c.BaseURL); err != nil {
		return err
	}
	if o := c.OIDC; o.Issuer != "" {
		a.Auth.SSO = auth.NewSSO(&auth.SSO{
			Issuer: o.Issuer, ClientID: o.ClientID, Secret: o.Secret, Domains: o.Domains, Redirect: c.BaseURL + "/oauth/oidc/callback", SecondFactor: o.SecondFactor, Required: o.Required,
		}, &http.Client{})
	}
	a.Audit = &audit.Log{Store: s, Now: c.Now}
	a.Orgs = &org.Service{Store: s, Now: c.Now}
	a.Catalogs = &catalog.Editor{Store: s}
	a.Leads = &lead.Service{Store: s, Now: c.Now}
	a.Bookings = booking.New(s, c.Now)
	a.Visits = insight.NewRecorder(s, a.Bookings, c.Now)
	a.Insight = &insight.Service{Store: s, Bookings: a.Bookings, Now: c.Now}
	a.gate = quarantine.New(s, a.Bookings, a.Leads, c.Keys, c.Now)
	a.Widgets = &widget.Service{Store: s, Own: c.BaseURL, Now: c.Now}
	a.Hooks = &webhook.Service{Store: s, Orgs: s, Client: webhook.NewClient(c.LoopbackHooks), Loopback: c.LoopbackHooks, Now: c.Now}
	a.Feeds = &feed.Service{Store: s, Now: c.Now}
	a.Connections = &connection.Service{
		Store: s, Connectors: map[crm.Type]crm.Connector{crm.Zoho: connector}, Shared: c.Shared, RedirectURI: c.BaseURL + "/oauth/zoho/callback", Now: c.Now,
	}
	a.guardian = connection.NewGuardian(a.Connections)
	if !s.Alone() {
		a.guardian.Node = node
	}
	a.Settings = &settings.Service{Store: s, Connections: a.Connections, Guardian: a.guardian, Now: c.Now}
	a.Drift = drift.New(s, a.Settings, c.Now)
	a.Settings.Watch = a.Drift
	a.Sync = &crmsync.Service{
		Store: s, Connections: a.Connections, Guardian: a.guardian, Settings: s, Sentinel: a.Drift, Node: node, Now: c.Now,
	}
	a.Mirror = &mirror.Service{
		Store: s, Connections: a.Connections, Guardian: a.guardian, Settings: s, Bookings: a.Bookings, Every: c.ReconcileInterval, NotifyURL: c.BaseURL + "/hooks/zoho/", Now: c.Now,
	}
	a.Sync.Lookout = a.Mirror
	a.Passports = &passport.Service{Connections: a.Connections, Settings: a.Settings, Drift: a.Drift, Store: s, Copy: a.Mirror, Now: c.Now}
	a.Privacy = &privacy.Service{Store: s, Connections: a.Connections, Guardian: a.guardian, Now: c.Now}
	a.mails = newCounted(c.Sender)
	a.Waitlist = &waitlist.Service{Store: s, Orgs: s, Bookings: a.Bookings, Leads: a.Leads, Now: c.Now}
	a.gate.Waitlist = a.Waitlist
	a.Notify = &notify.Service{Store: s, People: a.Auth, Sender: a.mails, From: c.MailFrom, BaseURL: c.BaseURL, Now: c.Now, Answerer: a.Bookings}
	if c.Texter != nil {
		a.Notify.Texter, a.Notify.ReportURL = c.Texter, c.BaseURL+"/hooks/sms/"+c.SMSSecret.Reveal()+"/report"
	}
	a.Waitlist.Quiet = a.Notify.Quiet
	return nil
}

// handlers is who follows which fact.
func (a *App) handlers(t *job.Table) {
	mail := job.Options{Queue: job.QueueMail, Timeout: time.Minute}
	job.On(t, "booking.booked", "mail", mail, a.Notify.Booked)
	job.On(t, "booking.rescheduled", "mail", mail, a.Notify.Rescheduled)
	job.On(t, "booking.cancelled", "mail", mail, a.Notify.Cancelled)
	job.On(t, "booking.affirmed", "mail", mail, a.Notify.Affirmed)
	job.On(t, "booking.doubted", "mail", mail, a.Notify.Doubted)
	job.On(t, "booking.reassigned", "mail", mail, a.Notify.Reassigned)
	job.On(t, "booking.ended", "mail", mail, a.Notify.Ended)
	job.On(t, "notify.mail_bounced", "mail", mail, a.Notify.BounceNoticed)
	job.On(t, "notify.due", "mail", mail, a.Notify.Deliver)
	job.On(t, "notify.policy_changed", "plan", job.Options{Timeout: 10 * time.Minute}, a.Notify.Replan)

	if a.config.Texter != nil {
		a.textHandlers(t, mail)
	}
	a.waitlistHandlers(t, mail)

	job.On(t, "auth.invited", "mail", mail, a.Notify.Invited)
	job.On(t, "auth.reset_asked", "mail", mail, a.Notify.ResetAsked)

	push := func(ctx context.Context, f booking.Fact) error {
		return a.Sync.PushAppointment(ctx, f.Org, f.Appointment)
	}
	job.On(t, "booking.booked", "crm", fairly(func(f booking.Booked) org.ID { return f.Org }),
		func(ctx context.Context, f booking.Booked) error { return push(ctx, f.Fact) })
	job.On(t, "booking.rescheduled", "crm", fairly(func(f booking.Rescheduled) org.ID { return f.Org }),
		func(ctx context.Context, f booking.Rescheduled) error { return push(ctx, f.Fact) })
	job.On(t, "booking.cancelled", "crm", fairly(func(f booking.Cancelled) org.ID { return f.Org }),
		func(ctx context.Context, f booking.Cancelled) error { return push(ctx, f.Fact) })
	job.On(t, "booking.affirmed", "crm", fairly(func(f booking.Affirmed) org.ID { return f.Org }),
		func(ctx context.Context, f booking.Affirmed) error { return push(ctx, f.Fact) })
	job.On(t, "booking.doubted", "crm", fairly(func(f booking.Doubted) org.ID { return f.Org }),
		func(ctx context.Context, f booking.Doubted) error { return push(ctx, f.Fact) })
	job.On(t, "booking.reassigned", "crm", fairly(func(f booking.Reassigned) org.ID { return f.Org }),
		func(ctx context.Context, f booking.Reassigned) error { return push(ctx, f.Fact) })
	job.On(t, "booking.ended", "crm", fairly(func(f booking.Ended) org.ID { return f.Org }),
		func(ctx context.Context, f booking.Ended) error { return push(ctx, f.Fact) })
	job.On(t, "lead.captured", "crm", fairly(func(f lead.Captured) org.ID { return f.Org }),
		func(ctx context.Context, f lead.Captured) error { return a.Sync.PushLead(ctx, f.Org, f.Lead) })
	job.On(t, "lead.left_due", "lead", job.Options{}, a.gate.Follow)
	due := func(ctx context.Context, f crmsync.Due) error {
		if f.Appointment != "" {
			return a.Sync.PushAppointment(ctx, f.Org, f.Appointment)
		}
		if f.Customer != "" {
			return a.Sync.PushCustomer(ctx, f.Org, f.Customer)
		}
		return a.Sync.PushLead(ctx, f.Org, f.Lead)
	}
	job.On(t, "crmsync.due", "crm", fairly(func(f crmsync.Due) org.ID { return f.Org }), due)
	once := fairly(func(f crmsync.LeftBehind) org.ID { return f.Org })
	once.Once = true
	job.On(t, "crmsync.left_behind", "crm", once, func(ctx context.Context, f crmsync.LeftBehind) error { return due(ctx, crmsync.Due(f)) })
	a.mirrorHandlers(t)
	hooks := fairly(func(f webhook.Queued) org.ID { return f.Org })
	hooks.Queue = job.QueueHooks
	job.On(t, "webhook.queued", "deliver", hooks, a.Hooks.Deliver)
	job.On(t, "webhook.ailing", "mail", mail, a.Notify.WebhookAiling)
	job.On(t, "privacy.records_chosen", "crm", fairly(func(f privacy.RecordsChosen) org.ID { return f.Org }), a.Privacy.EraseRecords)
	compare := fairly(func(f crmsync.DryRunAsked) org.ID { return f.Org })
	compare.Timeout = 10 * time.Minute
	job.On(t, "crmsync.dry_run_asked", "crm", compare, a.Sync.RunDryRun)
	job.On(t, "crmsync.undo_asked", "crm", fairly(func(f crmsync.UndoAsked) org.ID { return f.Org }), a.Sync.RunUndo)
	job.On(t, "connection.lost", "mail", mail, a.Notify.ConnectionLost)
	job.On(t, "connection.authorized", "mail", mail, a.Notify.ConnectionBack)
	job.On(t, "connection.authorized", "crm", job.Options{},
		func(ctx context.Context, f connection.Authorized) error { return a.Sync.Resume(ctx, f.Org) })
	job.On(t, "passport.due", "take", job.Options{Timeout: 3 * time.Minute, Once: true}, a.Passports.TakeNightly)
	job.On(t, "settings.changed", "crm", job.Options{},
		func(ctx context.Context, f settings.Changed) error { return a.Sync.Resume(ctx, f.Org) })
	job.On(t, "connection.authorized", "drift", job.Options{}, a.Drift.Reconnected)
	job.On(t, "drift.found", "mail", mail, a.Notify.DriftFound)
	job.On(t, "drift.cleared", "crm", job.Options{},
		func(ctx context.Context, f drift.Cleared) error { return a.Sync.Resume(ctx, f.Org) })
}

// textHandlers is who tells customers by text messages, each in a job of its own beside the mail's.
func (a *App) textHandlers(t *job.Table, mail job.Options) {
	job.On(t, "booking.booked", "sms", mail, a.Notify.TextBooked)
	job.On(t, "booking.affirmed", "sms", mail, a.Notify.TextAffirmed)
	job.On(t, "booking.rescheduled", "sms", mail, a.Notify.TextRescheduled)
	job.On(t, "booking.cancelled", "sms", mail, a.Notify.TextCancelled)
	job.On(t, "notify.due", "sms", mail, a.Notify.TextDue)
}

// waitlistHandlers is who offers freed times to those who wait, and tells them.
func (a *App) waitlistHandlers(t *job.Table, mail job.Options) {
	look := func(ctx context.Context, o org.ID) error {
		_, err := a.Waitlist.Look(ctx, o)
		return err
	}
	job.On(t, "booking.cancelled", "waitlist", job.Options{}, func(ctx context.Context, f booking.Cancelled) error { return look(ctx, f.Org) })
	job.On(t, "booking.rescheduled", "waitlist", job.Options{}, func(ctx context.Context, f booking.Rescheduled) error { return look(ctx, f.Org) })
	job.On(t, "booking.reassigned", "waitlist", job.Options{}, func(ctx context.Context, f booking.Reassigned) error { return look(ctx, f.Org) })
	job.On(t, "waitlist.freed", "offer", job.Options{}, func(ctx context.Context, f waitlist.Freed) error { return look(ctx, f.Org) })
	job.On(t, "waitlist.joined", "mail", mail, a.Notify.WaitJoined)
	job.On(t, "waitlist.joined", "lead", job.Options{}, a.Waitlist.Capture)
	job.On(t, "waitlist.offered", "mail", mail, a.Notify.WaitOffered)
}

// mirrorHandlers is who follows what the CRM tells and what has to be compared with it.
func (a *App) mirrorHandlers(t *job.Table) {
	round := fairly(func(f mirror.Due) org.ID { return f.Org })
	round.Once, round.Timeout = true, 10*time.Minute
	job.On(t, "mirror.due", "crm", round, func(ctx context.Context, f mirror.Due) error {
		return a.Mirror.KeepUp(ctx, f.Org, f.Config)
	})
	job.On(t, "mirror.noticed", "crm", fairly(func(f mirror.Noticed) org.ID { return f.Org }),
		func(ctx context.Context, f mirror.Noticed) error { return a.Mirror.Catch(ctx, f.Org, f.Config) })
	job.On(t, "mirror.opened", "mail", job.Options{Queue: job.QueueMail, Timeout: time.Minute}, func(ctx context.Context, f mirror.Opened) error {
		c, err := a.Store.Conflict(ctx, f.Org, f.Conflict)
		if err != nil || !c.Settled.IsZero() {
			return err
		}
		return a.Notify.Disputed(ctx, f.Org, notify.Dispute{ID: string(c.ID), Appointment: c.Appointment, Words: c.Kind.Words(), Collides: c.Kind == mirror.Collision, There: c.Theirs.Start})
	})
	job.On(t, "crmsync.disagreed", "mail", job.Options{Queue: job.QueueMail, Timeout: time.Minute}, func(ctx context.Context, f crmsync.Disagreed) error {
		d, err := a.Store.Disagreement(ctx, f.Org, f.Disagreement)
		if err != nil || !d.Settled.IsZero() {
			return err
		}
		return a.Notify.Disputed(ctx, f.Org, notify.Dispute{ID: string(d.ID), Words: d.Words()})
	})
	job.On(t, "crmsync.crossed", "crm", fairly(func(f crmsync.Crossed) org.ID { return f.Org }),
		func(ctx context.Context, f crmsync.Crossed) error {
			return a.Store.Notice(ctx, f.Org, f.Config, "", f.Module, []string{f.Record}, a.config.Now())
		})
	job.On(t, "connection.authorized", "mirror", job.Options{},
		func(ctx context.Context, f connection.Authorized) error {
			return a.Store.StateDueAnew(ctx, f.Org, f.Config)
		})
	job.On(t, "settings.changed", "mirror", job.Options{},
		func(ctx context.Context, f settings.Changed) error { return a.Store.StateDueAnew(ctx, f.Org, f.Config) })
}

// fairly keeps one organization's slow CRM from taking all workers.
func fairly[F any](of func(F) org.ID) job.Options {
	return job.Options{Queue: job.QueueCRM, Timeout: time.Minute, Fair: func(fact any) string {
		f, _ := fact.(F)
		return string(of(f))
	}}
}

const (
	// probeEvery is how often idle connections are looked for: one is idle after an hour.
	probeEvery = 5 * time.Minute
	// flushEvery is how often it is stored what calls to the CRM have cost.
	flushEvery = 10 * time.Second
	// visitsEvery is how often it is stored what visitors have done: what a process that dies loses of it.
	visitsEvery = 4 * time.Second
	// remindEvery is how often it is looked for a day's reminder that is due.
	remindEvery = 15 * time.Minute
	// tickEvery is how often it is looked for messages whose time has come.
	tickEvery = 30 * time.Second
	// tonightEvery is how often it is looked for organizations whose moment of the night has come.
	tonightEvery = 10 * time.Minute
	// resealEvery is how often what older keys have sealed is sealed anew. Where there is nothing it reads much.
	resealEvery = 6 * time.Hour
)

// How many rounds of reconciling pass between two looks at one CRM's schema: an hour's worth, and ten minutes' while
// something keeps bookings waiting.
const (
	lookEach  = 30
	lookAgain = 5
)

// workers is how many jobs of each queue run at a time on one node.
func workers() map[string]int {
	return map[string]int{job.QueueDefault: 4, job.QueueMail: 8, job.QueueCRM: 16, job.QueueHooks: 16}
}

// queues lists the queues.
func queues() []string { return slices.Sorted(maps.Keys(workers())) }

// jobs is how jobs are worked.
func (a *App) jobs(node string, t *job.Table) job.Config {
	c := a.config
	poll := time.Second
	if a.Store.Alone() { // nothing calls when a job is there
		poll = 100 * time.Millisecond
	}
	return job.Config{
		Node: node, Driver: a.Store.Driver(), Table: t, Nodes: a.Store, Alone: a.Store.Alone(), Poll: poll, Tracer: c.Tracer, Log: c.Log, Now: c.Now,
		Workers: workers(),
		Periodic: []job.Periodic{
			{Name: "crm.reconcile", Every: c.ReconcileInterval, Run: func(ctx context.Context) error { return a.Sync.Sweep(ctx, c.ReconcileInterval) }},
			{Name: "mirror.tick", Every: c.ReconcileInterval, Run: a.Mirror.Tick},
			{Name: "drift.watch", Every: c.ReconcileInterval, Run: func(ctx context.Context) error {
				return a.Drift.Watch(ctx, lookEach*c.ReconcileInterval, lookAgain*c.ReconcileInterval)
			}},
			{Name: "connection.probe", Every: probeEvery, Run: a.guardian.Probe},
			{Name: "passport.tonight", Every: tonightEvery, Run: a.Passports.Tonight},
			{Name: "notify.tick", Every: tickEvery, Run: a.Notify.Tick},
			{Name: "lead.tick", Every: tickEvery, Run: func(ctx context.Context) error { return a.Store.TakeDueLeft(ctx, c.Now()) }},
			{Name: "webhook.tick", Every: remindEvery, Run: a.Hooks.Tick},
			{Name: "waitlist.tick", Every: tickEvery, Run: a.Waitlist.Tick},
			{Name: "connection.remind", Every: remindEvery, Run: a.Notify.Remind},
			{Name: "store.reseal", Every: resealEvery, Run: func(ctx context.Context) error {
				_, err := a.Store.Reseal(ctx, func(store.Resealing) {})
				return err
			}},
			{Name: "store.sweep", Every: 10 * time.Minute, Run: func(ctx context.Context) error { return a.Store.Sweep(ctx, c.Now()) }},
		},
	}
}

// web builds the faces.
func (a *App) web() (http.Handler, error) {
	c, s := a.config, a.Store
	failed := func(ctx context.Context, err error) {
		c.Log.Error("request failed", "request", web.RequestID(ctx), "err", err)
	}
	errorPages, err := page.NewErrors(failed, web.RequestID)
	if err != nil {
		return nil, err
	}
	public, err := scheduler.New(a.Bookings, a.gate, s, a.Notify.CalendarFile, a.Notify, a.Widgets, errorPages, c.Now)
	if err != nil {
		return nil, err
	}
	public.CountBy(a.Visits)
	console, err := admin.New(admin.Services{
		Orgs: s, Auth: a.Auth, Audit: a.Audit, Bookings: a.Bookings, Book: s, Leads: a.Leads, Connections: a.Connections, Guardian: a.guardian, Settings: a.Settings,
		Drift: a.Drift, Sync: a.Sync, Mirror: a.Mirror, Catalogs: a.Catalogs, Passports: a.Passports, Privacy: a.Privacy, Deliveries: s, Tests: s, Alerts: a.Notify, Widgets: a.Widgets, Hooks: a.Hooks, Feeds: a.Feeds, Gate: a.gate, Waitlist: a.Waitlist, Insight: a.Insight, BaseURL: c.BaseURL, Brands: &brand.Service{Store: s}, Face: public,
		Sessions: page.NewSessions(s.Sessions(), c.Secure), Errors: errorPages, Now: c.Now,
	})
	if err != nil {
		return nil, err
	}
	face := api.New(api.Services{
		Directory: s, Orgs: a.Orgs, Auth: a.Auth, Audit: a.Audit, Bookings: a.Bookings, Book: s, Leads: a.Leads, Gate: a.gate, Catalogs: a.Catalogs,
		Connections: a.Connections, Settings: a.Settings, Sync: a.Sync, Hooks: a.Hooks, Answers: s, BaseURL: c.BaseURL, Version: c.Version, Now: c.Now, Failed: failed,
	})
	a.Hooks.Render = face
	registry := a.register()
	a.Metrics = promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	provider := hook.Provider{Path: c.SMSSecret, Keys: c.SMSKeys, Base: c.BaseURL}
	wc := web.Config{
		API: face,
		Hooks: map[string]http.Handler{
			"POST /hooks/zoho/{secret}": hook.Zoho(a.Mirror, failed), "POST /hooks/mail/{secret}": hook.Mail(a.Notify, c.BounceSecret, failed),
			"POST /hooks/sms/{secret}": hook.SMS(a.Notify, provider, failed), "POST /hooks/sms/{secret}/report": hook.SMSReport(a.Notify, provider, failed),
		},
		Mount:  []func(*http.ServeMux){public.Routes, console.Routes},
		Secure: c.Secure, Proxies: c.TrustedProxies, Ready: a.Ready, Ails: a.ails, Extra: c.Extra, Tracer: c.Tracer, Log: c.Log, Now: c.Now, Registry: registry,
		Bootstrap: http.RedirectHandler("/admin", http.StatusSeeOther),
	}
	if c.MetricsOnMain {
		wc.Metrics = a.Metrics
	}
	return web.New(wc)
}

// Ready says whether the platform can serve: schema current, database answering, workers running.
func (a *App) Ready(ctx context.Context) error {
	select {
	case <-a.runner.Ready():
	default:
		return errors.New("the workers are not running yet")
	}
	return a.Store.Ping(ctx)
}

// ails says what is wrong with a process that lives.
func (a *App) ails() string {
	if a.Store.Full() {
		return "the database has no room: nothing can be stored until there is space on its disk"
	}
	return ""
}

// Run serves on a listener and works jobs until ctx ends; then it finishes what is under way and closes the database.
// metrics may be nil.
func (a *App) Run(ctx context.Context, l, metrics net.Listener) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return a.runner.Run(ctx) })
	g.Go(func() error {
		return a.guardian.Run(ctx, flushEvery, func(err error) { a.config.Log.Error("count calls to the CRM", "err", err) })
	})
	g.Go(func() error {
		return a.Visits.Run(ctx, visitsEvery, func(err error) { a.config.Log.Error("count visits", "err", err) })
	})
	serve := func(l net.Listener, h http.Handler) {
		srv := server{handler: h, log: a.config.Log, stopTakes: stopTakes, endTakes: endTakes}
		g.Go(func() error { return srv.run(ctx, l) })
	}
	serve(l, a.Handler)
	if metrics != nil {
		serve(metrics, a.Metrics)
	}
	err := g.Wait()
	a.config.Tracer.Close()
	return errors.Join(err, a.Store.Close())
}

// Close closes an App that was never run.
func (a *App) Close() error { return a.Store.Close() }

// Listen opens a listener; the error names the address in plain words.
func Listen(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		_, port, _ := net.SplitHostPort(address)
		if strings.Contains(err.Error(), "address already in use") {
			return nil, fmt.Errorf("port %s is in use (%s): stop the other program or choose another port", port, address)
		}
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return l, nil
}
