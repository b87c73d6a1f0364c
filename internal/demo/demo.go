// Package demo runs the whole platform in one process: app, Zoho simulator and mail sink, seeded and connected.
//
// It is what a newcomer starts, what the browser tests drive and what the benchmarks load: the same sample organizations,
// records and loads for all of them. Platform, simulator and mail sink keep their state in one folder and survive
// kill -9; a folder whose seeding was cut off is emptied and seeded again.
//
// Everything but the seeding goes the real way: the platform reaches the simulator over HTTP with OAuth, and mails go
// over SMTP.
package demo

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"heavyset.tech/platform/internal/app"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/mailsink"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/sms"
	"heavyset.tech/platform/internal/smssink"
	"heavyset.tech/platform/internal/trace"
	"heavyset.tech/platform/internal/zohosim"
)

// Options of the demo.
type Options struct {
	Listen       string // of the platform
	ZohoListen   string // of the simulator
	Data         string // folder of the state; "" = a fresh temporary one
	Appointments int    // that many more future appointments in ridgeline
	Token        string // API key of a platform engineer; "" = one is made
	Password     string // of the logins; "" = one is made
	Reconcile    time.Duration
	Version      string
	Out          io.Writer // where the pages and logins are printed
	Log          *slog.Logger
	Now          func() time.Time

	// for tests and benchmarks
	DatabaseURL string                            // "" = SQLite in Data
	Keys        *secret.Keyring                   // seals; nil: one is made and kept in Data
	Centres     []string                          // further data centres of the simulator besides us, on ports of their own
	ZohoHTTP    *http.Client                      // how the platform reaches the simulator; nil: the default
	WrapSender  func(notify.Sender) notify.Sender // around the sender of mails; nil: nothing
	Tracer      *trace.Tracer                     // nil: no traces
}

// The simulator's OAuth client that is there from the start.
const (
	simClient = "1000.SIMCLIENT"
	simSecret = "sim-secret"
)

// smsSecret is the end of the address by which the sink of text messages answers.
const smsSecret = "demo-answers-to-text-messages"

// Demo is a running demo.
type Demo struct {
	App      *app.App
	Sim      *zohosim.Sim
	Mail     *mailsink.Sink
	Texts    *smssink.Sink
	BaseURL  string
	ZohoURL  string
	Token    string
	Password string

	options   Options
	dir       string
	main, sim net.Listener
	further   []net.Listener // of Options.Centres
	smtp      net.Listener
	temporary bool
	fresh     bool // to be seeded
}

// New listens and opens everything. Run it, or Close it.
func New(ctx context.Context, o Options) (_ *Demo, err error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	d := &Demo{options: o, dir: o.Data, Token: o.Token, Password: o.Password}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
		}
	}()
	if err = d.listen(); err != nil {
		return nil, err
	}
	if err = d.folder(); err != nil {
		return nil, err
	}
	centres := []zohosim.DC{{Location: "us", BaseURL: d.ZohoURL}}
	for i, location := range o.Centres {
		centres = append(centres, zohosim.DC{Location: location, BaseURL: "http://" + d.further[i].Addr().String()})
	}
	if d.Sim, err = zohosim.New(zohosim.Options{Dir: filepath.Join(d.dir, "zoho"), Now: o.Now, Seed: "demo", DataCentres: centres}); err != nil {
		return nil, fmt.Errorf("open the simulator: %w", err)
	}
	if d.Mail, err = mailsink.New(mailsink.Options{Dir: filepath.Join(d.dir, "mail"), Now: o.Now}); err != nil {
		return nil, fmt.Errorf("open the mail sink: %w", err)
	}
	if d.Texts, err = smssink.New(smssink.Options{File: filepath.Join(d.dir, "sms", "texts.jsonl"), Hook: d.BaseURL + "/hooks/sms/" + smsSecret, Now: o.Now}); err != nil {
		return nil, err
	}
	if err = d.build(ctx); err != nil {
		return nil, err
	}
	return d, nil
}

func (d *Demo) listen() (err error) {
	if d.main, err = app.Listen(d.options.Listen); err != nil {
		return err
	}
	if d.sim, err = app.Listen(d.options.ZohoListen); err != nil {
		return err
	}
	if d.smtp, err = app.Listen("127.0.0.1:0"); err != nil {
		return err
	}
	for range d.options.Centres {
		l, err := app.Listen("127.0.0.1:0")
		if err != nil {
			return err
		}
		d.further = append(d.further, l)
	}
	d.BaseURL, d.ZohoURL = "http://"+d.main.Addr().String(), "http://"+d.sim.Addr().String()
	if _, port, ok := strings.Cut(d.main.Addr().String(), ":"); ok && strings.HasPrefix(d.options.Listen, "localhost:") {
		d.BaseURL = "http://localhost:" + port // by its name, at which alone browsers know passkeys
	}
	return nil
}

// seededMark is the file that says that a folder was seeded to the end.
const seededMark = "seeded"

// folder makes the folder of the state and sees whether it has to be seeded.
func (d *Demo) folder() (err error) {
	if d.dir == "" {
		d.temporary = true
		if d.dir, err = os.MkdirTemp("", "heavyset-demo-"); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	if _, err := os.Stat(filepath.Join(d.dir, seededMark)); err == nil {
		return nil
	}
	d.fresh = true
	for _, part := range []string{"zoho", "mail", "sms", "platform.db", "platform.db-wal", "platform.db-shm", "platform.db.lock", "keys"} {
		if err := os.RemoveAll(filepath.Join(d.dir, part)); err != nil {
			return fmt.Errorf("empty the data folder: %w", err)
		}
	}
	return nil
}

// keys reads the sealing keys of the folder, or makes them.
func (d *Demo) keys() (*secret.Keyring, error) {
	if d.options.Keys != nil {
		return d.options.Keys, nil
	}
	path := filepath.Join(d.dir, "keys")
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		raw := make([]byte, 32)
		_, _ = rand.Read(raw)
		b = []byte("demo:" + base64.StdEncoding.EncodeToString(raw))
		err = os.WriteFile(path, b, 0o600)
	}
	if err != nil {
		return nil, err
	}
	return secret.ParseKeyring(string(b))
}

func (d *Demo) build(ctx context.Context) error {
	keys, err := d.keys()
	if err != nil {
		return fmt.Errorf("read the keys: %w", err)
	}
	smtp, err := app.NewMailer(secret.NewString("smtp://" + d.smtp.Addr().String() + "?tls=none"))
	if err != nil {
		return err
	}
	var mailer notify.Sender = smtp
	if d.options.WrapSender != nil {
		mailer = d.options.WrapSender(mailer)
	}
	url := d.options.DatabaseURL
	if url == "" {
		url = "sqlite:" + filepath.Join(d.dir, "platform.db")
	}
	sink, texts := d.Mail.Handler(), d.Texts.Handler()
	provider := strings.Replace(d.BaseURL, "http://", "http://"+smssink.Account+":"+smssink.Password+"@", 1) + "/_demo/sms/Messages.json"
	texter, err := sms.New(secret.NewString(provider), smssink.Number, nil)
	if err != nil {
		return err
	}
	centres := "us=" + d.ZohoURL + "|" + d.ZohoURL + "|" + d.ZohoURL
	for i, location := range d.options.Centres {
		centres += fmt.Sprintf(",%s=%[2]s|%[2]s|%[2]s", location, "http://"+d.further[i].Addr().String())
	}
	d.App, err = app.New(ctx, app.Config{
		BaseURL: d.BaseURL, DatabaseURL: url, Keys: keys, Sender: mailer, MailFrom: mail.Address{Name: "HeavySet", Address: "bookings@heavyset.example"},
		Shared:          connection.Shared{ClientID: simClient, Secrets: map[string]secret.String{"": secret.NewString(simSecret)}},
		ZohoDatacenters: centres, ReconcileInterval: d.options.Reconcile, MetricsOnMain: true, LoopbackHooks: true,
		Texter: texter, SMSSecret: secret.NewString(smsSecret), SMSKeys: []secret.String{secret.NewString(smssink.Password)},
		Extra: map[string]http.Handler{
			"GET /_demo/mail": sink, "GET /_demo/mail/": sink, "GET /_demo/sms": texts, "GET /_demo/sms/": texts,
			"POST /_demo/sms/Messages.json": texts, "POST /_demo/sms/answer": texts,
		},
		Version: d.options.Version, Tracer: d.options.Tracer, Log: d.options.Log, Now: d.options.Now, ZohoHTTP: d.options.ZohoHTTP,
	})
	return err
}

// Run seeds what is fresh and serves until ctx ends, then stops everything in order. ready is called once /readyz says
// so; it may be nil.
func (d *Demo) Run(ctx context.Context, ready func()) error {
	defer d.removeTemporary()
	background, stop := context.WithCancel(context.WithoutCancel(ctx)) // simulator and mail sink outlive the platform
	defer stop()
	var others errgroup.Group
	others.Go(func() error { return d.Mail.Run(background, d.smtp) })
	others.Go(func() error { return d.Sim.Run(background) })
	var zoho []*http.Server
	for i, l := range append([]net.Listener{d.sim}, d.further...) {
		location := append([]string{"us"}, d.options.Centres...)[i]
		srv := &http.Server{Handler: d.Sim.Handler(location), ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(d.options.Log.Handler(), slog.LevelDebug)}
		zoho = append(zoho, srv)
		others.Go(func() error {
			if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
	}
	err := d.platform(ctx, ready)
	stop()
	for _, srv := range zoho {
		err = errors.Join(err, srv.Close())
	}
	return errors.Join(err, others.Wait(), d.Sim.Close())
}

// platform seeds and runs the platform until ctx ends.
func (d *Demo) platform(ctx context.Context, ready func()) error {
	if err := d.seed(ctx); err != nil {
		return errors.Join(fmt.Errorf("seed the demo: %w", err), d.App.Close())
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return d.App.Run(ctx, d.main, nil) })
	g.Go(func() error { return d.waitReady(ctx, ready) })
	return g.Wait()
}

// waitReady asks until the platform is ready.
func (d *Demo) waitReady(ctx context.Context, ready func()) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if d.App.Ready(ctx) == nil {
			if ready != nil {
				ready()
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Close closes what New opened, for a Demo that is not run.
func (d *Demo) Close() error {
	var all []error
	for _, l := range append([]net.Listener{d.main, d.sim, d.smtp}, d.further...) {
		if l != nil {
			all = append(all, l.Close())
		}
	}
	if d.App != nil {
		all = append(all, d.App.Close())
	}
	if d.Sim != nil {
		all = append(all, d.Sim.Close())
	}
	d.removeTemporary()
	return errors.Join(all...)
}

func (d *Demo) removeTemporary() {
	if d.temporary {
		_ = os.RemoveAll(d.dir)
	}
}

// Print tells a person what to open and how to sign in.
func (d *Demo) Print() {
	w := d.options.Out
	fmt.Fprintf(w, "\nBook a visit      %s/book/ridgeline\n", d.BaseURL)
	fmt.Fprintf(w, "Console           %s/admin\n", d.BaseURL)
	fmt.Fprintf(w, "Simulated Zoho    %s/_sim/\n", d.ZohoURL)
	fmt.Fprintf(w, "Mails             %s/_demo/mail/\n", d.BaseURL)
	fmt.Fprintf(w, "Text messages     %s/_demo/sms/\n\n", d.BaseURL)
	for _, u := range logins {
		fmt.Fprintf(w, "Sign in           %s\n", u.email)
	}
	fmt.Fprintf(w, "Password          %s\n", d.Password)
	fmt.Fprintf(w, "API key           %s\n", d.Token)
	fmt.Fprintf(w, "Data              %s\n\n", d.dir)
}

// newPassword makes one that a person can type.
func newPassword() string { return id.Token()[:16] }
