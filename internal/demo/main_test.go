package demo_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/mail"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"heavyset.tech/platform/internal/app"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/demo"
	"heavyset.tech/platform/internal/email"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store/storetest"
	"heavyset.tech/platform/internal/zoho"
	"heavyset.tech/platform/internal/zohooas"
)

// contract holds what passes between platform and simulator in all tests of the demo against Zoho's OpenAPI files, in
// both directions.
var contract = zohooas.Open("demo")

const (
	testToken    = "hsk_test-token-0123456789"
	testPassword = "correct horse battery"
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv("HEAVYSET_TEST_CHILD") != "":
		child()
		return
	case os.Getenv("HEAVYSET_TEST_PLATFORM") != "":
		platform()
		return
	}
	storetest.Main(m, contract.End)
}

// child is the demo in a process of its own, which may kill itself at a step of the trip, counted from world.arm on.
func child() {
	var armed atomic.Bool
	arm := make(chan os.Signal, 1)
	signal.Notify(arm, syscall.SIGUSR1)
	go func() {
		<-arm
		armed.Store(true)
	}()
	var steps atomic.Int64
	var dieAt int64
	fmt.Sscan(os.Getenv("HEAVYSET_TEST_DIE_AT"), &dieAt)
	step := func() {
		if armed.Load() && steps.Add(1) == dieAt {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	reach := &http.Client{Transport: stepping{step}}
	if os.Getenv("HEAVYSET_TEST_CHECKED") != "" {
		reach = checked(complaints{}, reach.Transport)
	}
	d, err := demo.New(context.Background(), demo.Options{
		Listen: "127.0.0.1:0", ZohoListen: "127.0.0.1:0", Data: os.Getenv("HEAVYSET_TEST_CHILD"), DatabaseURL: os.Getenv("HEAVYSET_TEST_DATABASE"),
		Token: testToken, Password: testPassword, Reconcile: 2 * time.Second, Out: io.Discard, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
		ZohoHTTP:   reach,
		WrapSender: func(s notify.Sender) notify.Sender { return steppingSender{s, step} },
	})
	if err != nil {
		fmt.Println("failed", err)
		os.Exit(1)
	}
	err = d.Run(context.Background(), func() {
		fmt.Println("ready", d.BaseURL, d.ZohoURL)
	})
	fmt.Println("ended", err)
}

// platform is the platform alone, as `heavyset serve` runs it, with one API key.
func platform() {
	fail := func(err error) {
		if err != nil {
			fmt.Println("failed", err, ".")
			os.Exit(1)
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	l, err := app.Listen("127.0.0.1:0")
	fail(err)
	base := os.Getenv("HEAVYSET_TEST_BASE")
	if base == "" {
		base = "http://" + l.Addr().String()
	}
	every, _ := time.ParseDuration(os.Getenv("HEAVYSET_TEST_RECONCILE")) // none: the default
	keys, err := secret.ParseKeyring("k:" + base64.StdEncoding.EncodeToString(make([]byte, 32)))
	fail(err)
	mailer, err := app.NewMailer(secret.NewString(os.Getenv("HEAVYSET_TEST_SMTP")))
	fail(err)
	a, err := app.New(ctx, app.Config{
		BaseURL: base, DatabaseURL: os.Getenv("HEAVYSET_TEST_PLATFORM"), Keys: keys, Sender: mailer, ReconcileInterval: every,
		ZohoDatacenters: os.Getenv("HEAVYSET_TEST_ZOHO"), MailFrom: mail.Address{Address: "b@heavyset.example"}, Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})), MetricsOnMain: true,
	})
	fail(err)
	_, err = a.Auth.AddKey(ctx, "", auth.Engineer, secret.NewString(testToken))
	fail(err)
	if f := os.Getenv("HEAVYSET_TEST_CPUPROFILE"); f != "" {
		out, err := os.Create(f)
		fail(err)
		fail(pprof.StartCPUProfile(out))
		time.AfterFunc(12*time.Second, pprof.StopCPUProfile)
	}
	go func() {
		for a.Ready(ctx) != nil {
			<-time.After(time.Millisecond)
		}
		fmt.Println("ready", "http://"+l.Addr().String(), "-")
	}()
	fail(a.Run(ctx, l, nil))
}

// checked reaches the simulator by base, with every exchange judged.
func checked(to zohooas.Reporter, base http.RoundTripper) *http.Client {
	return &http.Client{Transport: zohooas.Transport{Base: base, Suite: contract, To: to, Requests: true, Answers: true}}
}

// complaints are how a child tells of violations: its parent reads what it printed.
type complaints struct{}

func (complaints) Errorf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, complaint+format+"\n", args...)
}

const complaint = "contract broken: "

// stepping calls step before and after every call to Zoho.
type stepping struct{ step func() }

func (s stepping) RoundTrip(r *http.Request) (*http.Response, error) {
	s.step()
	res, err := http.DefaultTransport.RoundTrip(r)
	s.step()
	return res, err
}

type steppingSender struct {
	notify.Sender
	step func()
}

func (s steppingSender) Send(ctx context.Context, m email.Message) error {
	s.step()
	err := s.Sender.Send(ctx, m)
	s.step()
	return err
}

// world is a running demo as seen from outside, over HTTP.
type world struct {
	stop   func() // of a demo in this process
	t      testing.TB
	base   string
	zoho   string
	cmd    *exec.Cmd
	exited chan struct{}
	stderr *bytes.Buffer
}

// spawn starts a child on a data folder and waits until it is ready. dieAt 0: it lives.
func spawn(t testing.TB, data, database string, dieAt int) *world {
	t.Helper()
	env := []string{"HEAVYSET_TEST_CHILD=" + data, "HEAVYSET_TEST_DATABASE=" + database, fmt.Sprintf("HEAVYSET_TEST_DIE_AT=%d", dieAt)}
	if _, benchmark := t.(*testing.B); !benchmark {
		env = append(env, "HEAVYSET_TEST_CHECKED=1")
	}
	return start(t, env...)
}

// start starts this test binary as something else and waits until it is ready.
func start(t testing.TB, env ...string) *world {
	t.Helper()
	return launch(t, env...)()
}

// launch starts this test binary as something else; what it gives waits until it is ready.
func launch(t testing.TB, env ...string) (wait func() *world) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, cmd: cmd, exited: make(chan struct{}), stderr: &bytes.Buffer{}}
	cmd.Stderr = w.stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make(chan string, 1)
	go func() {
		var word, base, zoho string
		n, _ := fmt.Fscan(out, &word, &base, &zoho)
		if n == 3 && word == "ready" {
			w.base, w.zoho = base, zoho
			ready <- ""
		} else {
			ready <- word + " " + base + " " + zoho
		}
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait()
		close(w.exited)
	}()
	t.Cleanup(w.complained)
	t.Cleanup(w.kill)
	return func() *world {
		t.Helper()
		select {
		case msg := <-ready:
			if msg != "" {
				t.Fatalf("the demo did not start: %s\n%s", msg, w.stderr)
			}
		case <-time.After(60 * time.Second):
			t.Fatalf("the demo is not ready after a minute\n%s", w.stderr)
		}
		return w
	}
}

// arm has a child count its steps from now on, and die at the one that it was spawned for.
func (w *world) arm() {
	w.t.Helper()
	if err := w.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		w.t.Fatal(err)
	}
}

// complained fails the test with what a child, now dead, found wrong in its traffic with Zoho.
func (w *world) complained() {
	for line := range strings.Lines(w.stderr.String()) {
		if strings.HasPrefix(line, complaint) {
			w.t.Error(line)
		}
	}
}

func (w *world) kill() {
	if w.cmd != nil {
		_ = w.cmd.Process.Kill()
		<-w.exited
	}
}

// inProcess runs a demo in this process until the test ends.
func inProcess(t testing.TB, change func(*demo.Options)) (*world, *demo.Demo) {
	t.Helper()
	o := demo.Options{
		Listen: "127.0.0.1:0", ZohoListen: "127.0.0.1:0", Data: filepath.Join(t.TempDir(), "data"), Token: testToken, Password: testPassword,
		Reconcile: 2 * time.Second, Out: io.Discard, Log: slog.New(slog.DiscardHandler),
	}
	here := o.Data
	if change != nil {
		change(&o)
	}
	if o.DatabaseURL == "" && o.Data == here { // a test that looks into its folder wants all of it there
		o.DatabaseURL = storetest.URLs(t, "sqlite")
	}
	if _, benchmark := t.(*testing.B); !benchmark {
		base := zoho.NewHTTPClient().Transport
		if o.ZohoHTTP != nil {
			base = o.ZohoHTTP.Transport
		}
		o.ZohoHTTP = checked(t, base)
	}
	d, err := demo.New(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended, ready := make(chan error, 1), make(chan struct{})
	go func() { ended <- d.Run(ctx, func() { close(ready) }) }()
	select {
	case <-ready:
	case err := <-ended:
		t.Fatalf("the demo ended: %v", err)
	case <-time.After(60 * time.Second):
		t.Fatal("the demo is not ready after a minute")
	}
	stopped := sync.OnceFunc(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the demo did not stop cleanly: %v", err)
		}
	})
	t.Cleanup(stopped)
	return &world{t: t, base: d.BaseURL, zoho: d.ZohoURL, stop: stopped}, d
}

// call makes a request; the status is 0 when no answer came.
func (w *world) call(method, address, body string, headers ...string) (int, []byte) {
	w.t.Helper()
	r, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, nil
	}
	return res.StatusCode, b
}

func (w *world) keyed(method, path, body string) (int, []byte) {
	w.t.Helper()
	return w.call(method, w.base+"/api/v1"+path, body, "Authorization", "Bearer "+testToken)
}

// get decodes a JSON answer of 200.
func get[T any](w *world, address string) T {
	w.t.Helper()
	var v T
	status, b := w.call("GET", address, "", "Authorization", "Bearer "+testToken)
	if status != 200 {
		w.t.Fatalf("GET %s: %d %s", address, status, b)
	}
	if err := json.Unmarshal(b, &v); err != nil {
		w.t.Fatalf("GET %s: %v in %s", address, err, b)
	}
	return v
}

// slots lists the free starts of a service from some days on.
func (w *world) slots(service string, fromDays, toDays int) []string {
	w.t.Helper()
	day := func(n int) string { return time.Now().AddDate(0, 0, n).Format(time.DateOnly) }
	v := get[struct {
		Slots  []struct{ Start string }
		Source struct{ State string }
	}](w, fmt.Sprintf("%s/api/v1/schedulers/ridgeline/slots?service=%s&postal_code=60640&from=%s&to=%s", w.base, service, day(fromDays), day(toDays)))
	var out []string
	for _, s := range v.Slots {
		out = append(out, s.Start)
	}
	if len(out) == 0 {
		w.t.Fatalf("there is no free slot at all: %s is %+v", v.Source.State, v)
	}
	return out
}

type booked struct {
	Appointment struct{ ID, Status, Start, End string }
	ManageToken string `json:"manage_token"`
}

// book books a slot for somebody; the status is 0 when no answer came.
func (w *world) book(start, name string) (int, booked) {
	w.t.Helper()
	status, b := w.keyed("POST", "/schedulers/ridgeline/bookings", fmt.Sprintf(
		`{"service":"inspection","start":%q,"customer":{"first_name":"Test","last_name":%q,"email":"%s@test.example","phone":"+13125550177","street":"1 Test St","city":"Chicago","postal_code":"60640"},"notes":"n"}`,
		start, name, strings.ToLower(name)))
	var v booked
	if status == 201 {
		if err := json.Unmarshal(b, &v); err != nil {
			w.t.Fatal(err)
		}
	}
	return status, v
}

type record map[string]any

func (r record) text(k string) string {
	s, _ := r[k].(string)
	return s
}

// records gives all records of a module of the simulator.
func (w *world) records(module string) []record {
	w.t.Helper()
	return get[struct{ Data []record }](w, w.zoho+"/_sim/records/"+module).Data
}

// written counts what stands in Zoho for a person: leads, contacts, events that carry the appointment's id.
func (w *world) written(name, appointment string) (leads, contacts, events []record) {
	w.t.Helper()
	address := strings.ToLower(name) + "@test.example"
	for _, r := range w.records("Leads") {
		if r.text("Email") == address {
			leads = append(leads, r)
		}
	}
	for _, r := range w.records("Contacts") {
		if r.text("Email") == address {
			contacts = append(contacts, r)
		}
	}
	for _, r := range w.records("Events") {
		if appointment != "" && strings.Contains(r.text("Description"), appointment) {
			events = append(events, r)
		}
	}
	return leads, contacts, events
}

type sunk struct {
	To      []string
	Subject string
	Headers map[string][]string
}

// mails lists what the sink got for somebody, by Message-ID.
func (w *world) mails(name string) map[string]int {
	w.t.Helper()
	out := map[string]int{}
	for _, m := range get[[]sunk](w, w.base+"/_demo/mail") {
		if len(m.To) == 1 && strings.Contains(m.To[0], strings.ToLower(name)+"@test.example") {
			for k, v := range m.Headers {
				if strings.EqualFold(k, "Message-ID") {
					out[v[0]]++
				}
			}
		}
	}
	return out
}

// waiting counts the jobs of bookings and leads that are not done.
func (w *world) waiting() int {
	n := 0
	for _, of := range w.queue() {
		n += of
	}
	return n
}

// queue counts the jobs of bookings and leads that wait or run, by the labels of their metric.
func (w *world) queue() map[string]int {
	w.t.Helper()
	_, b := w.call("GET", w.base+"/metrics", "")
	out := map[string]int{}
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "heavyset_jobs{") && !strings.Contains(line, `kind="crm.reconcile"`) && !strings.Contains(line, `kind="store.sweep"`) && !strings.Contains(line, `kind="drift.watch"`) && !strings.Contains(line, `kind="connection.`) && !strings.Contains(line, `kind="mirror.`) {
			for _, state := range []string{"available", "running", "retryable"} {
				if strings.Contains(line, `state="`+state+`"`) {
					i := strings.LastIndex(line, " ")
					var v float64
					fmt.Sscan(line[i+1:], &v)
					if v > 0 {
						out[line[:i]] = int(v)
					}
				}
			}
		}
	}
	return out
}

// eventually waits until a condition holds.
func (w *world) eventually(within time.Duration, what string, ok func() bool) time.Duration {
	w.t.Helper()
	began := time.Now()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Since(began) > within {
			w.t.Fatalf("not within %v: %s", within, what)
		}
		<-tick.C
	}
	return time.Since(began)
}

// settled waits until no job of a booking or lead waits.
func (w *world) settled(within time.Duration) {
	w.t.Helper()
	var queue map[string]int
	defer func() {
		if len(queue) > 0 {
			w.t.Logf("these jobs wait: %v", queue)
		}
	}()
	w.eventually(within, "all jobs done", func() bool {
		queue = w.queue()
		return len(queue) == 0
	})
}

// watched waits until Zoho has been asked to notify and the first reading is over.
func (w *world) watched(within time.Duration) {
	w.t.Helper()
	w.eventually(within, "a channel and no reading under way", func() bool {
		_, channels := w.call("GET", w.zoho+"/_sim/channels", "")
		_, metrics := w.call("GET", w.base+"/metrics", "")
		for _, kind := range []string{"mirror.due/crm", "connection.authorized/mirror", "settings.changed/mirror"} {
			if strings.Contains(string(metrics), `kind="`+kind+`"`) {
				return false
			}
		}
		return strings.Contains(string(channels), "channel_id")
	})
}

func holdID(s string) booking.HoldID { return booking.HoldID(s) }
