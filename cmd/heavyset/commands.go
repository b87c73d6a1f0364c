package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"heavyset.tech/platform/internal/app"
	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/config"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/demo"
	"heavyset.tech/platform/internal/email"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/sms"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/zohosim"
)

// version is set by release builds.
var version = "dev"

type demoCmd struct {
	Listen            string        `help:"Address of the platform." default:"127.0.0.1:8080"`
	ZohoListen        string        `help:"Address of the simulated Zoho." default:"127.0.0.1:8090"`
	Data              string        `help:"Folder of the state; empty: a fresh temporary one."`
	Appointments      int           `help:"That many more future appointments in ridgeline."`
	Token             string        `help:"API key of a platform engineer; empty: one is made." env:"HEAVYSET_DEMO_TOKEN"`
	Password          string        `help:"Password of the logins; empty: one is made." env:"HEAVYSET_DEMO_PASSWORD"`
	ReconcileInterval time.Duration `help:"How often to poll." env:"HEAVYSET_RECONCILE_INTERVAL" default:"2m"`
}

// Run runs the demo until a signal comes.
func (c demoCmd) Run(e env) error {
	if c.Appointments < 0 || c.Appointments > 200_000 {
		return &config.Error{Setting: "--appointments", Why: "must be from 0 to 200000"}
	}
	if c.ReconcileInterval < time.Second {
		return &config.Error{Setting: "HEAVYSET_RECONCILE_INTERVAL", Why: "must be a duration of at least 1s, such as 2m"}
	}
	d, err := demo.New(e.ctx, demo.Options{
		Listen: c.Listen, ZohoListen: c.ZohoListen, Data: c.Data, Appointments: c.Appointments, Token: c.Token, Password: c.Password,
		Reconcile: c.ReconcileInterval, Version: version, Out: e.out, Log: e.log, Now: time.Now,
	})
	if err != nil {
		return err
	}
	return d.Run(e.ctx, func() {
		d.Print()
		fmt.Fprintln(e.out, "ready")
	})
}

type serveCmd struct {
	config.Settings `embed:""`
}

// Run serves until a signal comes.
func (c serveCmd) Run(e env) error {
	conf, err := config.Check(c.Settings, config.Environ())
	if err != nil {
		return err
	}
	mailer, err := app.NewMailer(conf.SMTPURL)
	if err != nil {
		return &config.Error{Setting: "HEAVYSET_SMTP_URL", Why: err.Error()}
	}
	l, err := app.Listen(conf.Listen)
	if err != nil {
		return err
	}
	var metrics net.Listener
	if conf.MetricsListen != "" {
		if metrics, err = app.Listen(conf.MetricsListen); err != nil {
			return errors.Join(err, l.Close())
		}
	}
	ac := appConfig(conf, mailer, e)
	if ac.Texter, err = texter(conf); err != nil {
		return errors.Join(err, l.Close())
	}
	if ac.Tracer, err = app.NewTracer(e.ctx, conf.OTLPURL, version, e.log); err != nil {
		return errors.Join(err, l.Close())
	}
	a, err := app.New(e.ctx, ac)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	e.log.Info("serving", "address", l.Addr().String(), "database", a.Store.Engine())
	g, ctx := errgroup.WithContext(e.ctx)
	ctx, stop := context.WithCancel(ctx)
	g.Go(func() error { return rekey(ctx, e, conf.Keys) })
	g.Go(func() error {
		defer stop()
		return a.Run(ctx, l, metrics)
	})
	return g.Wait()
}

// texter makes the sender of text messages; nil where the settings have none.
func texter(conf config.Config) (notify.Texter, error) {
	if conf.SMSURL.Empty() {
		return nil, nil
	}
	s, err := sms.New(conf.SMSURL, conf.SMSFrom, nil)
	if errors.Is(err, sms.ErrFrom) {
		return nil, &config.Error{Setting: "HEAVYSET_SMS_FROM", Why: err.Error()}
	}
	if err != nil {
		return nil, &config.Error{Setting: "HEAVYSET_SMS_URL", Why: err.Error()}
	}
	return s, nil
}

// appConfig is what an App is built from, out of checked settings.
func appConfig(conf config.Config, mailer *email.Sender, e env) app.Config {
	return app.Config{
		BaseURL: conf.BaseURL, Secure: conf.Secure, DatabaseURL: conf.DatabaseURL, Keys: conf.Keys, Sender: mailer, MailFrom: conf.MailFrom, BounceSecret: conf.BounceSecret, SMSSecret: conf.SMSSecret, SMSKeys: conf.SMSKeys,
		Shared: connection.Shared{ClientID: conf.ZohoClientID, Secrets: conf.ZohoSecrets}, ZohoDatacenters: conf.ZohoDatacenters,
		ReconcileInterval: conf.ReconcileInterval, EngineerFactor: conf.EngineerFactor, OIDC: conf.OIDC, TrustedProxies: conf.TrustedProxies, Version: version, Collector: conf.OTLPURL, Log: e.log, Now: time.Now,
	}
}

type doctorCmd struct {
	config.Settings `embed:""`
}

// Run looks at the installation that the settings describe. Its exit code is 1 when something is wrong.
func (c doctorCmd) Run(e env) error {
	conf, err := config.Check(c.Settings, config.Environ())
	if err != nil {
		return err
	}
	mailer, err := app.NewMailer(conf.SMTPURL)
	if err != nil {
		return &config.Error{Setting: "HEAVYSET_SMTP_URL", Why: err.Error()}
	}
	if _, err := texter(conf); err != nil {
		return err
	}
	findings, err := app.Doctor(e.ctx, appConfig(conf, mailer, e), mailer)
	wrong := 0
	for _, f := range append([]app.Finding{{Title: "Settings", Evidence: "all that is needed is there and readable"}}, findings...) {
		mark := "ok   "
		switch {
		case f.Wrong:
			mark = "WRONG"
			wrong++
		case f.Fix != "":
			mark = "look "
		}
		fmt.Fprintf(e.out, "%s  %s: %s\n", mark, f.Title, f.Evidence)
		if f.Fix != "" {
			fmt.Fprintf(e.out, "       Fix: %s\n", f.Fix)
		}
	}
	if err == nil && wrong > 0 {
		err = fmt.Errorf("%d of %d checks found something wrong", wrong, len(findings)+1)
	}
	return err
}

type zohosimCmd struct {
	Listen string            `help:"Address of the data centre us." default:"127.0.0.1:8090"`
	DC     map[string]string `name:"dc" help:"A further data centre: eu=HOST:PORT." mapsep:"none"`
	Seed   string            `help:"What a fresh simulator holds: demo or empty." enum:"demo,empty" default:"demo"`
	Data   string            `help:"Folder of the state; empty: in memory only."`
}

// Run runs the simulator until a signal comes.
func (c zohosimCmd) Run(e env) error {
	addresses := map[string]string{"us": c.Listen}
	for location, address := range c.DC {
		addresses[strings.ToLower(location)] = address
	}
	listeners := map[string]net.Listener{}
	centres := []zohosim.DC{}
	for location, address := range addresses {
		l, err := app.Listen(address)
		if err != nil {
			return err
		}
		listeners[location] = l
		dc := zohosim.DC{Location: location, BaseURL: "http://" + l.Addr().String()}
		if location == "us" {
			centres = append([]zohosim.DC{dc}, centres...)
		} else {
			centres = append(centres, dc)
		}
	}
	sim, err := zohosim.New(zohosim.Options{Dir: c.Data, Now: time.Now, Seed: c.Seed, DataCentres: centres})
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(e.ctx)
	g.Go(func() error { return sim.Run(ctx) })
	for _, dc := range centres {
		srv := &http.Server{Handler: sim.Handler(dc.Location), ReadHeaderTimeout: 10 * time.Second}
		g.Go(func() error {
			if err := srv.Serve(listeners[dc.Location]); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
		g.Go(func() error {
			<-ctx.Done()
			return srv.Close()
		})
		fmt.Fprintf(e.out, "Zoho %s  %s/_sim/\n", dc.Location, dc.BaseURL)
	}
	fmt.Fprintln(e.out, "ready")
	return errors.Join(g.Wait(), sim.Close())
}

// database are the settings that commands beside `serve` need.
type database struct {
	DatabaseURL string `help:"sqlite:PATH or postgres://…" env:"HEAVYSET_DATABASE_URL"`
	SecretKeys  string `help:"id:base64-of-32-bytes, comma-separated." env:"HEAVYSET_SECRET_KEYS"`
}

// open opens the database beside a process that may serve it. Without keys nothing sealed can be read.
func (d database) open(ctx context.Context) (*store.Store, error) {
	if err := config.CheckDatabaseURL(d.DatabaseURL); err != nil {
		return nil, err
	}
	o := store.Options{URL: d.DatabaseURL, Now: time.Now, Beside: true}
	if d.SecretKeys != "" {
		keys, err := secret.ParseKeyring(d.SecretKeys)
		if err != nil {
			return nil, &config.Error{Setting: "HEAVYSET_SECRET_KEYS", Why: err.Error()}
		}
		o.Keys = keys
	}
	return store.Open(ctx, o)
}

// exists refuses a SQLite database that is not there, for commands that shall not make one.
func (d database) exists() error {
	path, ok := strings.CutPrefix(d.DatabaseURL, "sqlite:")
	if !ok || path == "" {
		return nil
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return &config.Error{Setting: "HEAVYSET_DATABASE_URL", Why: "there is no file " + path}
	}
	return nil
}

type migrateCmd struct {
	database `embed:""`
	Action   string `arg:"" optional:"" enum:"up,status" default:"up" help:"up (default) or status."`
}

// Run migrates, or shows how far the schema is.
func (c migrateCmd) Run(e env) (err error) {
	s, err := c.open(e.ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if c.Action == "up" {
		if err := s.Migrate(e.ctx); err != nil {
			return err
		}
	}
	st, err := s.Schema(e.ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.out, "schema %d, this heavyset wants %d\n", st.Have, st.Want)
	if c.Action == "status" && st.Have > st.Want {
		return errors.New("the database is of a newer heavyset: use that one")
	}
	if c.Action == "status" && !st.Current() {
		return errors.New("the schema is not current: run heavyset migrate")
	}
	return nil
}

type userCmd struct {
	Add userAddCmd `cmd:"" help:"Add a person; the one-time password is the last line."`
	Key userKeyCmd `cmd:"" help:"Make an API key; it alone is the last line."`

	Disable userDisableCmd `cmd:"" help:"Bar a person from signing in and end their sessions."`
	Enable  userEnableCmd  `cmd:"" help:"Let a person sign in again."`

	Keys      userKeysCmd      `cmd:"" help:"List the API keys with role, organization, last use and expiry."`
	RevokeKey userRevokeKeyCmd `cmd:"" help:"Make an API key good no more."`

	LetIn       userLetInCmd       `cmd:"" help:"Let an engineer sign in once without single sign-on, within an hour."`
	ResetFactor userResetFactorCmd `cmd:"" help:"Take the second factor from a person who has lost it, and end their sessions."`
}

type userAddCmd struct {
	database `embed:""`
	Email    string `arg:"" help:"E-mail address."`
	Role     string `help:"engineer, admin or member." enum:"engineer,admin,member" required:""`
	Org      string `help:"Slug of the organization, for admin and member."`
	Name     string `help:"Name; empty: the address."`
}

// Run adds a person.
func (c userAddCmd) Run(e env) error {
	return c.withAuth(e, func(s *store.Store, a *auth.Service) error {
		o, err := reach(e, s, auth.Role(c.Role), c.Org)
		if err != nil {
			return err
		}
		n := auth.NewUser{Email: c.Email, Name: c.Name, Role: auth.Role(c.Role), Org: o}
		_, password, err := a.CreateUser(e.ctx, n)
		if err != nil {
			return err
		}
		if err := byCommand(e, s, n.Org, audit.Team, "Added", c.Email, "Role: "+c.Role); err != nil {
			return err
		}
		fmt.Fprintf(e.out, "added %s as %s; sign in with this password:\n%s\n", c.Email, c.Role, password.Reveal())
		return nil
	})
}

// reach gives the organization of a role: none of an engineer's, who has all of them.
func reach(e env, s *store.Store, r auth.Role, slug string) (org.ID, error) {
	switch {
	case r == auth.Engineer && slug != "":
		return "", &config.Error{Setting: "--org", Why: "an engineer belongs to no organization"}
	case r == auth.Engineer:
		return "", nil
	case slug == "":
		return "", &config.Error{Setting: "--org", Why: "is missing: the slug of the organization"}
	}
	o, err := s.OrganizationBySlug(e.ctx, slug)
	return o.ID, err
}

type userDisableCmd struct {
	database `embed:""`
	Email    string `arg:"" help:"E-mail address."`
}

// Run bars a person from signing in.
func (c userDisableCmd) Run(e env) error {
	return c.withAuth(e, func(_ *store.Store, a *auth.Service) error {
		if err := a.Disable(e.ctx, c.Email, true); err != nil {
			return err
		}
		fmt.Fprintf(e.out, "disabled %s; their sessions have ended\n", c.Email)
		return nil
	})
}

type userEnableCmd struct {
	database `embed:""`
	Email    string `arg:"" help:"E-mail address."`
}

// Run lets a person sign in again.
func (c userEnableCmd) Run(e env) error {
	return c.withAuth(e, func(_ *store.Store, a *auth.Service) error {
		if err := a.Disable(e.ctx, c.Email, false); err != nil {
			return err
		}
		fmt.Fprintf(e.out, "enabled %s\n", c.Email)
		return nil
	})
}

type userResetFactorCmd struct {
	database `embed:""`
	Email    string `arg:"" help:"E-mail address."`
}

// Run takes the second factor from a person.
func (c userResetFactorCmd) Run(e env) error {
	return c.withAuth(e, func(_ *store.Store, a *auth.Service) error {
		if err := a.ResetFactorOf(e.ctx, c.Email); err != nil {
			return err
		}
		fmt.Fprintf(e.out, "reset the second factor of %s; their sessions have ended\n", c.Email)
		return nil
	})
}

type userLetInCmd struct {
	database `embed:""`
	Email    string `arg:"" help:"E-mail address."`
}

// Run lets an engineer sign in without single sign-on.
func (c userLetInCmd) Run(e env) error {
	return c.withAuth(e, func(s *store.Store, a *auth.Service) error {
		if err := a.LetIn(e.ctx, c.Email); err != nil {
			return err
		}
		fmt.Fprintf(e.out, "%s may sign in once by password or passkey within an hour\n", c.Email)
		return byCommand(e, s, "", audit.Account, "Let in without single sign-on", c.Email, "")
	})
}

// byCommand keeps in the audit what a command has changed.
func byCommand(e env, s *store.Store, o org.ID, area audit.Area, act, subject, detail string) error {
	log := audit.Log{Store: s, Now: time.Now}
	return log.Record(e.ctx, o, audit.Event{By: audit.By{Who: "command line"}, Area: area, Act: act, Subject: subject, Detail: detail})
}

// withAuth opens and migrates the database and runs f with the people of it.
func (d database) withAuth(e env, f func(*store.Store, *auth.Service) error) (err error) {
	s, err := d.open(e.ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.Migrate(e.ctx); err != nil {
		return err
	}
	a, err := auth.New(s, time.Now)
	if err != nil {
		return err
	}
	return f(s, a)
}

type backupCmd struct {
	database `embed:""`
	File     string `arg:"" help:"The file to be made."`
}

// Run copies the database as it is at one moment.
func (c backupCmd) Run(e env) (err error) {
	if err := c.exists(); err != nil {
		return err
	}
	s, err := c.open(e.ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.Backup(e.ctx, c.File); err != nil {
		return err
	}
	fmt.Fprintln(e.out, c.File)
	return nil
}

type versionCmd struct{}

// Run shows version, commit and schema.
func (versionCmd) Run(e env) error {
	commit := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = s.Value
			}
		}
	}
	fmt.Fprintf(e.out, "heavyset %s\ncommit %s\nschema %d\n", version, commit, store.SchemaVersion())
	return nil
}
