package store_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/mirror"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
	"heavyset.tech/platform/internal/waitlist"
	"heavyset.tech/platform/internal/webhook"
)

// TestEverySealedColumnIsResealed holds the list against the schema: a column that is forgotten would be lost with its key.
func TestEverySealedColumnIsResealed(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		b, err := os.ReadFile("migrations/" + engine + "/0001_first.sql")
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, table := range regexp.MustCompile(`(?s)CREATE TABLE (\w+) \((.*?)\n\)`).FindAllStringSubmatch(string(b), -1) {
			for _, column := range regexp.MustCompile(`(?m)^  (\w+_sealed)\s`).FindAllStringSubmatch(table[2], -1) {
				want = append(want, table[1]+"."+column[1])
			}
		}
		got := store.SealedColumns()
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) || len(want) < 10 {
			t.Errorf("%s: %v are sealed anew, the schema has %v", engine, got, want)
		}
	}
}

func sealing(t *testing.T, ids ...string) *secret.Keyring {
	t.Helper()
	var parts []string
	for _, id := range ids {
		parts = append(parts, id+":"+base64.StdEncoding.EncodeToString([]byte(strings.Repeat(id[:1], 32))))
	}
	k, err := secret.ParseKeyring(strings.Join(parts, ","))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// sealedWorld has one of everything that is sealed.
type sealedWorld struct {
	*store.Store
	t        *testing.T
	bookings *booking.Service
	org      org.ID
	made     booking.Confirmation
	user     auth.UserID
	again    booking.Request
}

func newSealedWorld(t *testing.T, engine string, keys *secret.Keyring) *sealedWorld {
	t.Helper()
	return sealedWorldOf(t, opened(t, store.Options{URL: storetest.URLs(t, engine), Keys: keys, Now: clock}))
}

// opened opens a database for the length of a test.
func opened(t *testing.T, o store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func sealedWorldOf(t *testing.T, s *store.Store) *sealedWorld {
	t.Helper()
	var err error
	w := &sealedWorld{Store: s, t: t, bookings: booking.New(s, clock), org: organization(t, s, "ridge").ID}
	c := connection.Config{Org: w.org, ID: "crm_1", Name: "Main", Type: crm.Zoho, Created: monday, ClientSecret: secret.NewString("client-secret"), SecretSet: monday}
	c.Connection.State = connection.NotConnected
	w.must(s.CreateConfig(t.Context(), c))
	w.must(s.SaveConnection(t.Context(), w.org, c.ID, connection.Connection{
		State: connection.Connected, ZohoOrgID: "1", UserID: "9", AccountID: "zuid", RefreshToken: secret.NewString("refresh"), ConnectedAt: monday, CheckedAt: monday,
		Access: crm.Access{Token: secret.NewString("access"), Expires: monday.Add(time.Hour)},
	}, nil, connection.Authorized{Org: w.org, Config: c.ID}))
	w.must(s.PutChannel(t.Context(), w.org, c.ID, mirror.Channel{Channel: crm.Channel{ID: "ch_1", Modules: []string{"Events"}, Expires: monday.Add(time.Hour), Token: secret.NewString("channel")}, Path: secret.NewString("path")}))
	w.must(s.CreateWebhook(t.Context(), w.org, webhook.Endpoint{ID: "hook_1", URL: "https://x.example", State: webhook.Active, Secret: secret.NewString("before"), Created: monday}))
	_, err = s.ChangeWebhook(t.Context(), w.org, "hook_1", func(e webhook.Endpoint) (webhook.Endpoint, error) {
		e.Former, e.Secret = e.Secret, secret.NewString("hook")
		return e, nil
	})
	w.must(err)
	_, _, mine, err := s.BeginCall(t.Context(), w.org, "call_1", "digest")
	if err != nil || !mine {
		t.Fatal(mine, err)
	}
	w.must(s.KeepCall(t.Context(), w.org, "call_1", 201, []byte(`{"key":"hsk_1"}`)))
	w.must(s.Record(t.Context(), w.org, wrote("try_1", monday), nil))
	u := person(t, s, w.org, "jo@x.example", auth.Admin)
	w.user = u.ID
	w.must(s.BeginFactor(t.Context(), u.ID, secret.NewString("PENDING")))
	w.must(s.ConfirmFactor(t.Context(), u.ID, auth.Factor{Secret: secret.NewString("TOTP"), Since: monday}, []string{"h"}, "", event("on")))
	day := availability.DateOf(monday, time.UTC)
	w.must(s.JoinWaitlist(t.Context(), w.org, waitlist.Entry{ID: "wait_1", Service: "inspection", Timezone: "UTC", Wish: waitlist.Wish{From: day, To: day}, Created: monday}, secret.NewString("waits")))
	w.again = request("ridge", tuesday)
	w.again.Key = lead.IdempotencyKey{Key: "k1", Body: "b1"}
	if w.made, err = w.bookings.Book(t.Context(), w.again); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *sealedWorld) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// opens says what does not open, or has changed.
func (w *sealedWorld) opens() error {
	ctx := w.t.Context()
	c, err := w.Config(ctx, w.org, "crm_1")
	if err != nil {
		return err
	}
	ch, err := w.Channels(ctx, w.org, "crm_1")
	if err != nil {
		return err
	}
	values, err := w.ValuesOf(ctx, w.org, "cfg", "Contacts", "7")
	if err != nil {
		return err
	}
	f, err := w.Factor(ctx, w.user)
	if err != nil {
		return err
	}
	_, kept, _, err := w.BeginCall(ctx, w.org, "call_1", "digest")
	if err != nil {
		return err
	}
	hook, err := w.Webhook(ctx, w.org, "hook_1")
	if err != nil {
		return err
	}
	link, err := w.ManageToken(ctx, w.org, w.made.Appointment.ID)
	if err != nil {
		return err
	}
	waits, err := w.WaitToken(ctx, w.org, "wait_1")
	if err != nil {
		return err
	}
	again, err := w.bookings.Book(ctx, w.again)
	if err != nil {
		return fmt.Errorf("the kept answer: %w", err)
	}
	got := []string{c.ClientSecret.Reveal(), c.Connection.RefreshToken.Reveal(), c.Connection.Access.Token.Reveal(), ch[0].Path.Reveal(), ch[0].Token.Reveal(), fmt.Sprint(values[0].Before), f.Secret.Reveal(), link.Reveal(), again.Token.Reveal(), hook.Secret.Reveal(), hook.Former.Reveal(), string(kept), waits.Reveal()}
	want := []string{"client-secret", "refresh", "access", "path", "channel", "before-in-clear@x.example", "TOTP", w.made.Token.Reveal(), w.made.Token.Reveal(), "hook", "before", `{"key":"hsk_1"}`, "waits"}
	if !slices.Equal(got, want) {
		return fmt.Errorf("opened to %v, want %v", got, want)
	}
	return nil
}

// TestRotationOfTheSealingKeys: new key behind, new key in front, sealed anew, old key away, and everything opens after
// each step while others go on writing; afterwards nothing is under the old key.
func TestRotationOfTheSealingKeys(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			keys := sealing(t, "old")
			w := newSealedWorld(t, engine, keys)
			ctx := t.Context()
			by, err := w.SealedBy(ctx)
			if err != nil || by["old"] < 9 || len(by) != 1 {
				t.Fatalf("%v %v", by, err)
			}
			var writers sync.WaitGroup
			stop := make(chan struct{})
			writers.Go(func() { // tokens are refreshed and visits booked all the time
				for n := 0; ; n++ {
					select {
					case <-stop:
						return
					default:
					}
					r := request("ridge", tuesday.AddDate(0, 0, 1+n%40).Add(time.Duration(n%7)*time.Hour))
					if _, err := w.bookings.Book(ctx, r); err != nil && !fault.Is(err, fault.Conflict) {
						t.Errorf("book: %v", err)
						return
					}
					if err := w.opens(); err != nil {
						t.Errorf("meanwhile: %v", err)
						return
					}
				}
			})
			keys.Replace(sealing(t, "old", "new"))
			keys.Replace(sealing(t, "new", "old"))
			var told []int
			done, err := w.Reseal(ctx, func(r store.Resealing) { told = append(told, r.Done) })
			if err != nil || done.Closed != 0 || done.Done < 9 || len(told) == 0 || told[len(told)-1] != done.Done || !slices.IsSorted(told) {
				t.Errorf("%+v %v, told %v", done, err, told)
			}
			by, err = w.SealedBy(ctx)
			if err != nil || by["old"] != 0 {
				t.Errorf("still under the old key: %v %v", by, err)
			}
			keys.Replace(sealing(t, "new"))
			close(stop)
			writers.Wait()
			w.must(w.opens())
			if again, err := w.Reseal(ctx, func(store.Resealing) {}); err != nil || again.Done != 0 || again.Closed != 0 {
				t.Errorf("a second time: %+v %v", again, err)
			}
		})
	}
}

// TestALostKey: nothing under it opens; after it is given up the rest works, and what it sealed is asked for again.
func TestALostKey(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			keys := sealing(t, "lost")
			w := newSealedWorld(t, engine, keys)
			ctx := t.Context()
			if _, err := w.ForgetKey(ctx, "lost", monday); !fault.Is(err, fault.Conflict) {
				t.Errorf("a key that is there: %v", err)
			}
			keys.Replace(sealing(t, "new"))
			if done, err := w.Reseal(ctx, func(store.Resealing) {}); err != nil || done.Done != 0 || done.Closed < 9 {
				t.Errorf("%+v %v", done, err)
			}
			by, err := w.SealedBy(ctx)
			w.must(err)
			if there, lost := w.SealingKeys(by); !slices.Equal(there, []string{"new"}) || !slices.Equal(lost, []string{"lost"}) {
				t.Errorf("there %v, lost %v", there, lost)
			}
			f, err := w.ForgetKey(ctx, "lost", monday)
			want := store.Forgotten{ClientSecrets: 1, Connections: 1, Webhooks: 1, Channels: 1, Factors: 1, Values: 2, Answers: 2, Links: 1, Places: 1}
			if err != nil || f != want {
				t.Errorf("%+v, want %+v (%v)", f, want, err)
			}
			c, err := w.Config(ctx, w.org, "crm_1")
			if err != nil || c.Connection.State != connection.NeedsReconnect || !c.ClientSecret.Empty() {
				t.Errorf("%+v %v", c.Connection.State, err)
			}
			link, err := w.ManageToken(ctx, w.org, w.made.Appointment.ID)
			if err != nil || link.Reveal() == "" || link.Reveal() == w.made.Token.Reveal() {
				t.Errorf("the link for mails: %v", err)
			}
			for name, token := range map[string]secret.String{"in mails already": w.made.Token, "for later mails": link} {
				if got, err := w.bookings.ByToken(ctx, token.Reveal()); err != nil || got.Appointment.ID != w.made.Appointment.ID {
					t.Errorf("the link %s: %v", name, err)
				}
			}
			place, err := w.WaitToken(ctx, w.org, "wait_1")
			w.must(err)
			if _, e, err := w.WaitByToken(ctx, id.Hash(place.Reveal())); err != nil || e.ID != "wait_1" || place.Reveal() == "waits" {
				t.Errorf("the link of a place on the waiting list: %v", err)
			}
			if f, err := w.Factor(ctx, w.user); err != nil || f.On() || f.Codes != 0 {
				t.Errorf("the second factor: %+v %v", f, err)
			}
			if e, err := w.Webhook(ctx, w.org, "hook_1"); err != nil || e.State != webhook.Disabled || !e.Secret.Empty() || !e.Former.Empty() {
				t.Errorf("the webhook: %v %v", e.State, err)
			}
			if by, err := w.SealedBy(ctx); err != nil || by["lost"] != 0 {
				t.Errorf("still under the lost key: %v %v", by, err)
			}
		})
	}
}
