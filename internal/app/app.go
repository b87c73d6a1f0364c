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
	"net"
	"net/http"
	"net/mail"
	"net/netip"
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
	BaseURL           string // without a slash at its end
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
	if err = a.Store.CheckKeys(ctx); err != nil {
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
	for dc := range c.Shared.Secrets {
		if dc != "" && !connector.Known(dc) {
			return &config.Error{Setting: "HEAVYSET_ZOHO_CLIENT_SECRET_" + strings.ToUpper(dc), Why: "there is no such data centre among HEAVYSET_ZOHO_DATACENTERS, or Zoho's own where that is empty"}
		}
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

// web builds the faces.
func (a *App) web() (http.Handler, error) {
	c, s := a.config, a.Store
	failed := func(ctx context.Context, err error) {
		c.Log.Error("request failed", "request", trace.RequestID(ctx), "err", err)
	}
	errorPages, err := page.NewErrors(failed, trace.RequestID)
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
