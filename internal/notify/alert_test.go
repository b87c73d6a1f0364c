package notify_test

import (
	"context"
	"net/mail"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/email"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/settings"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var noon = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

// outbox keeps what was sent. It refuses one address for good and fails for another.
type outbox struct {
	sent            []email.Message
	refused, failed string
}

func (o *outbox) Send(_ context.Context, m email.Message) error {
	switch m.To.Address {
	case o.refused:
		return fault.New(fault.Invalid, "The address does not take mail.")
	case o.failed:
		return fault.Later(time.Minute, "The mail server does not answer.")
	}
	o.sent = append(o.sent, m)
	return nil
}

func (o *outbox) to() (out []string) {
	for _, m := range o.sent {
		out = append(out, m.To.Address)
	}
	return out
}

type world struct {
	t      *testing.T
	now    time.Time
	out    outbox
	store  *store.Store
	notify *notify.Service
	org    org.Organization
	config connection.ConfigID
}

func newWorld(t *testing.T, alerts ...string) *world {
	t.Helper()
	w := &world{t: t, now: noon}
	clock := func() time.Time { return w.now }
	ctx := t.Context()
	w.store = storetest.Open(t, storetest.SQLite(t, filepath.Join(t.TempDir(), "test.db")), clock, nil)
	w.notify = &notify.Service{Store: w.store, Sender: &w.out, From: mail.Address{Name: "HeavySet", Address: "bookings@hs.example"}, BaseURL: "https://hs.example", Now: clock}
	var err error
	if w.org, err = (&org.Service{Store: w.store, Now: clock}).Create(ctx, org.Draft{Slug: "ridge", Name: "Ridgeline & Sons", Timezone: "America/Chicago"}); err != nil {
		t.Fatal(err)
	}
	w.config = "crm_1"
	if err := w.store.CreateConfig(ctx, connection.Config{Org: w.org.ID, ID: w.config, Name: "Main", Type: crm.Zoho, Created: noon, Connection: connection.Connection{State: connection.NotConnected}}); err != nil {
		t.Fatal(err)
	}
	set := settings.Default()
	set.Alerts = alerts
	if _, err := w.store.SaveSettings(ctx, w.org.ID, w.config, settings.Version{Settings: set, At: noon}); err != nil {
		t.Fatal(err)
	}
	w.connect()
	return w
}

func (w *world) connect() {
	w.t.Helper()
	err := w.store.SaveConnection(w.t.Context(), w.org.ID, w.config, connection.Connection{
		State: connection.Connected, Site: crm.Site{Location: "us"}, ZohoOrgID: "1", ZohoOrgName: "Ridge in Zoho", RefreshToken: secret.NewString("1000.r"), ConnectedAt: w.now, CheckedAt: w.now,
	}, nil, connection.Authorized{})
	if err != nil {
		w.t.Fatal(err)
	}
}

// lose parks the connection and gives the fact.
func (w *world) lose() connection.Lost {
	w.t.Helper()
	c, err := w.store.Config(w.t.Context(), w.org.ID, w.config)
	if err != nil {
		w.t.Fatal(err)
	}
	f := connection.Failure{Class: crm.Broken, Code: "invalid_code", Since: w.now}
	if err := w.store.MarkLost(w.t.Context(), w.org.ID, w.config, c.Connection.TokenVersion, f); err != nil {
		w.t.Fatal(err)
	}
	return connection.Lost{Org: w.org.ID, Config: w.config, Class: f.Class, Code: f.Code, At: f.Since}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) heard(want ...string) {
	w.t.Helper()
	if got := w.out.to(); !slices.Equal(got, want) {
		w.t.Errorf("mails to %v, want %v", got, want)
	}
	w.out.sent = nil
}

func TestAnIncidentFromBeginningToEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "a@ridge.example", "b@hs.example")
	ctx := t.Context()
	for _, name := range []string{"Doe", "Roe"} {
		_, err := (&lead.Service{Store: w.store, Now: func() time.Time { return w.now }}).Capture(ctx, w.org, lead.Request{Kind: lead.ContactUs, Contact: lead.Contact{LastName: name, Email: name + "@example.com"}})
		w.must(err)
	}
	lost := w.lose()
	w.must(w.notify.ConnectionLost(ctx, lost))
	m := w.out.sent[0]
	if m.Subject != "Action needed: Zoho needs to be reconnected – Ridgeline & Sons" {
		t.Error(m.Subject)
	}
	for _, body := range []string{m.Text, m.HTML} {
		for _, want := range []string{
			"Tuesday, December 1, 2026, 6:00 AM CST", "Waiting to be written: 2 leads", "goes on taking bookings", "/admin/orgs/ridge/crm-configs/crm_1?dialog=connection", "Connect Zoho",
			"invalid_code",
		} {
			if !strings.Contains(body, want) {
				t.Errorf("%q is missing in %s", want, body)
			}
		}
	}
	w.heard("a@ridge.example", "b@hs.example")
	w.must(w.notify.ConnectionLost(ctx, lost)) // the job runs twice
	w.now = noon.Add(23 * time.Hour)
	w.must(w.notify.Remind(ctx))
	w.heard()
	w.now = noon.Add(25 * time.Hour)
	w.must(w.notify.Remind(ctx))
	w.must(w.notify.Remind(ctx))
	if !strings.HasPrefix(w.out.sent[0].Subject, "Still waiting: ") {
		t.Error(w.out.sent[0].Subject)
	}
	w.heard("a@ridge.example", "b@hs.example")
	w.now = noon.Add(49 * time.Hour)
	w.must(w.notify.Remind(ctx))
	w.heard("a@ridge.example", "b@hs.example")

	w.now = noon.Add(50 * time.Hour)
	w.connect()
	back := connection.Authorized{Org: w.org.ID, Config: w.config, By: "Rae", At: w.now, Lost: lost.At}
	w.must(w.notify.ConnectionBack(ctx, back))
	w.must(w.notify.ConnectionBack(ctx, back))
	if m := w.out.sent[0]; m.Subject != "Zoho is connected again – Ridgeline & Sons" || !strings.Contains(m.Text, "Connected by Rae") || !strings.Contains(m.Text, "Lost since Tuesday, December 1, 2026, 6:00 AM CST") {
		t.Error(m.Subject, m.Text)
	}
	w.heard("a@ridge.example", "b@hs.example")
	w.now = noon.Add(100 * time.Hour)
	w.must(w.notify.Remind(ctx))
	w.heard()

	// the next incident is told of anew
	w.must(w.notify.ConnectionLost(ctx, w.lose()))
	w.heard("a@ridge.example", "b@hs.example")
}

func TestWhatNeedsNoMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "a@ridge.example")
	ctx := t.Context()
	lost := w.lose()
	w.connect() // before the job ran
	w.must(w.notify.ConnectionLost(ctx, lost))
	w.must(w.notify.ConnectionBack(ctx, connection.Authorized{Org: w.org.ID, Config: w.config, By: "Rae", At: w.now, Lost: lost.At})) // nobody heard of the loss
	w.must(w.notify.ConnectionBack(ctx, connection.Authorized{Org: w.org.ID, Config: w.config, By: "Rae", At: w.now}))
	w.must(w.notify.Remind(ctx))
	w.heard()
}

func TestOneAddressDoesNotKeepTheOthersFromTheirAlert(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "refused@ridge.example", "failed@ridge.example", "fine@ridge.example")
	w.out.refused, w.out.failed = "refused@ridge.example", "failed@ridge.example"
	lost := w.lose()
	if err := w.notify.ConnectionLost(t.Context(), lost); !fault.Is(err, fault.Unavailable) {
		t.Errorf("the job must be tried again: %v", err)
	}
	w.heard("fine@ridge.example")
	w.out.failed = ""
	w.must(w.notify.ConnectionLost(t.Context(), lost))
	w.heard("failed@ridge.example")
}

func TestTheTestMessage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "a@ridge.example", "refused@ridge.example")
	w.out.refused = "refused@ridge.example"
	for range 2 { // one may try again
		got, err := w.notify.TestAlert(t.Context(), w.org.ID, w.config, "Rae <b>")
		w.must(err)
		if want := []notify.AlertResult{{To: "a@ridge.example"}, {To: "refused@ridge.example", Error: "The address does not take mail."}}; !slices.Equal(got, want) {
			t.Errorf("%+v", got)
		}
		w.now = w.now.Add(time.Second)
	}
	if m := w.out.sent[0]; !strings.Contains(m.Text, "test") || !strings.Contains(m.HTML, "Rae &lt;b&gt;") {
		t.Error(m.Text)
	}
	w.heard("a@ridge.example", "a@ridge.example")
	if _, err := newWorld(t).notify.TestAlert(t.Context(), w.org.ID, w.config, "Rae"); err == nil {
		t.Error("an empty list was tested")
	}
}

func TestWhoIsMissingFromTheList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	accounts, err := auth.New(w.store, func() time.Time { return w.now })
	w.must(err)
	other, err := (&org.Service{Store: w.store, Now: func() time.Time { return w.now }}).Create(t.Context(), org.Draft{Slug: "blue", Name: "Blue", Timezone: "America/Chicago"})
	w.must(err)
	for _, u := range []auth.NewUser{
		{Email: "admin@ridge.example", Name: "A", Role: auth.Admin, Org: w.org.ID},
		{Email: "member@ridge.example", Name: "M", Role: auth.Member, Org: w.org.ID},
		{Email: "admin@blue.example", Name: "B", Role: auth.Admin, Org: other.ID},
		{Email: "eli@elsewhere.example", Name: "E", Role: auth.Engineer},
	} {
		u.Password = secret.NewString("correct horse battery")
		_, _, err := accounts.CreateUser(t.Context(), u)
		w.must(err)
	}
	for name, c := range map[string]struct {
		list []string
		want notify.AlertGaps
	}{
		"nobody":                       {nil, notify.AlertGaps{NoClientAdministrator: true, NoHeavySetContact: true}},
		"both":                         {[]string{"Admin@ridge.example", "eli@elsewhere.example"}, notify.AlertGaps{}},
		"an address of our domain":     {[]string{"admin@ridge.example", "support@HS.example"}, notify.AlertGaps{}},
		"a member is no admin":         {[]string{"member@ridge.example", "eli@elsewhere.example"}, notify.AlertGaps{NoClientAdministrator: true}},
		"an admin of somebody else":    {[]string{"admin@blue.example", "eli@elsewhere.example"}, notify.AlertGaps{NoClientAdministrator: true}},
		"a domain that ends like ours": {[]string{"admin@ridge.example", "x@nohs.example"}, notify.AlertGaps{NoHeavySetContact: true}},
	} {
		got, err := w.notify.Gaps(t.Context(), w.org.ID, c.list)
		if err != nil || got != c.want {
			t.Errorf("%s: %+v %v", name, got, err)
		}
		n := 0
		if c.want.NoClientAdministrator {
			n++
		}
		if c.want.NoHeavySetContact {
			n++
		}
		if len(got.Warnings()) != n {
			t.Errorf("%s: %q", name, got.Warnings())
		}
	}
}
