package store_test

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

// TestPasskeysAreKeptAsTheyAre: key and counter come back as they were, whatever bytes and however high; a device's name for one
// is taken once over all people; another person's passkey is none.
func TestPasskeysAreKeptAsTheyAre(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		o := organization(t, s, "ridge").ID
		ann, ben := person(t, s, o, "ann@x.example", auth.Admin), person(t, s, o, "ben@x.example", auth.Member)
		key := auth.Passkey{ID: "pk_1", Credential: "Zm9v", Name: "Anns Telefon 📱", PublicKey: []byte{0, 0xff, '\'', '"', 0x80, 0}, Flags: 0x5d, Count: math.MaxUint32 - 1, Created: monday}
		older := auth.Passkey{ID: "pk_2", Credential: "YmFy", Name: "Key", PublicKey: bytes.Repeat([]byte{7}, 1500), Created: monday.Add(-time.Hour)}
		for _, p := range []auth.Passkey{key, older} {
			if err := s.AddPasskey(t.Context(), ann.ID, p, event("Passkey added")); err != nil {
				t.Fatal(err)
			}
		}
		taken := auth.Passkey{ID: "pk_3", Credential: key.Credential, Name: "Copy", PublicKey: []byte{1}, Created: monday}
		if err := s.AddPasskey(t.Context(), ben.ID, taken, event("Passkey added by another")); !fault.Is(err, fault.Conflict) {
			t.Errorf("one credential of two people: %v", err)
		}
		list, err := s.Passkeys(t.Context(), ann.ID)
		if err != nil || len(list) != 2 || fmt.Sprint(list[0]) != fmt.Sprint(older) || fmt.Sprint(list[1]) != fmt.Sprint(key) {
			t.Errorf("%+v %v", list, err)
		}
		if ok, err := s.UsePasskey(t.Context(), ben.ID, key.ID, math.MaxUint32, monday); ok || err != nil {
			t.Errorf("another person's passkey: %v %v", ok, err)
		}
		if err := s.RemovePasskey(t.Context(), ben.ID, key.ID, "", event("Passkey removed by another")); !fault.Is(err, fault.NotFound) {
			t.Errorf("another person removes it: %v", err)
		}
		if got := acts(t, s, o); !slices.Equal(got, []string{"Passkey added", "Passkey added"}) {
			t.Errorf("the audit has %v: what was refused must not be in it", got)
		}
	})
}

// TestAPasskeysCounterRises: one that does not shows a copy, of several at once one is good, and a barred one never is.
func TestAPasskeysCounterRises(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		o := organization(t, s, "ridge").ID
		ann := person(t, s, o, "ann@x.example", auth.Admin)
		for i, id := range []auth.PasskeyID{"pk_counts", "pk_none"} {
			p := auth.Passkey{ID: id, Credential: string(id), Name: "Key", PublicKey: []byte{1}, Count: uint32(5 - 5*i), Created: monday}
			if err := s.AddPasskey(t.Context(), ann.ID, p, event("Passkey added")); err != nil {
				t.Fatal(err)
			}
		}
		use := func(id auth.PasskeyID, count uint32, want bool) {
			t.Helper()
			if ok, err := s.UsePasskey(t.Context(), ann.ID, id, count, monday.Add(time.Minute)); ok != want || err != nil {
				t.Errorf("%s with %d: %v %v", id, count, ok, err)
			}
		}
		use("pk_counts", 5, false)
		use("pk_counts", 0, false)
		use("pk_counts", 6, true)
		use("pk_none", 0, true)
		use("pk_none", 0, true) // a device without a counter
		var won atomic.Int64
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				ok, err := s.UsePasskey(t.Context(), ann.ID, "pk_counts", 7, monday)
				if err != nil {
					t.Error(err)
				}
				if ok {
					won.Add(1)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Errorf("one counter was good %d times", won.Load())
		}
		if err := s.BarPasskey(t.Context(), ann.ID, "pk_counts", monday, event("Passkey barred")); err != nil {
			t.Fatal(err)
		}
		use("pk_counts", 99, false)
		if list, err := s.Passkeys(t.Context(), ann.ID); err != nil || !list[0].Cloned.Equal(monday) || !list[1].Cloned.IsZero() || !list[1].Used.Equal(monday.Add(time.Minute)) {
			t.Errorf("%+v %v", list, err)
		}
	})
}

// TestWhatEndsWithAPasskey: removing one ends the other sessions; a reset takes all of them and every session, once.
func TestWhatEndsWithAPasskey(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		o := organization(t, s, "ridge").ID
		ann := person(t, s, o, "ann@x.example", auth.Admin)
		for _, id := range []auth.PasskeyID{"pk_1", "pk_2"} {
			if err := s.AddPasskey(t.Context(), ann.ID, auth.Passkey{ID: id, Credential: string(id), Name: "Key", PublicKey: []byte{1}, Created: monday}, event("Passkey added")); err != nil {
				t.Fatal(err)
			}
		}
		for _, id := range []auth.SessionID{"ses_1", "ses_2", "ses_3"} {
			if err := s.AddSession(t.Context(), auth.Session{ID: id, User: ann.ID, Began: monday, Seen: monday}); err != nil {
				t.Fatal(err)
			}
		}
		open := func() (n int) {
			t.Helper()
			list, err := s.UserSessions(t.Context(), ann.ID, time.Time{}, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		if err := s.RemovePasskey(t.Context(), ann.ID, "pk_1", "ses_2", event("Passkey removed")); err != nil || open() != 1 {
			t.Errorf("%v, %d sessions", err, open())
		}
		if err := s.RemovePasskey(t.Context(), ann.ID, "pk_1", "ses_2", event("Passkey removed")); !fault.Is(err, fault.NotFound) {
			t.Errorf("removed twice: %v", err)
		}
		if err := s.ResetFactors(t.Context(), ann.ID, event("Second factor reset")); err != nil || open() != 0 {
			t.Errorf("%v, %d sessions", err, open())
		}
		if list, err := s.Passkeys(t.Context(), ann.ID); err != nil || len(list) != 0 {
			t.Errorf("%v %v", list, err)
		}
		if err := s.ResetFactors(t.Context(), ann.ID, event("Second factor reset")); !fault.Is(err, fault.Conflict) {
			t.Errorf("reset twice: %v", err)
		}
	})
}

// TestAChallengeIsGoodOnce: in its session, for its purpose and person, until its time is over, and to one of many who come at
// the same moment.
func TestAChallengeIsGoodOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		c := auth.Challenge{Hash: "h", Purpose: "signin", Binding: "session", Expires: monday.Add(5 * time.Minute)}
		for name, change := range map[string]func(*auth.Challenge){
			"another session": func(c *auth.Challenge) { c.Binding = "other" }, "another purpose": func(c *auth.Challenge) { c.Purpose = "register" },
			"a person": func(c *auth.Challenge) { c.User = "usr_1" }, "another one": func(c *auth.Challenge) { c.Hash = "g" },
		} {
			if err := s.AddChallenge(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			wrong := c
			change(&wrong)
			if ok, err := s.TakeChallenge(t.Context(), wrong, monday); ok || err != nil {
				t.Errorf("%s: %v %v", name, ok, err)
			}
			if ok, err := s.TakeChallenge(t.Context(), c, c.Expires); ok || err != nil {
				t.Errorf("at its end: %v %v", ok, err)
			}
			var won atomic.Int64
			var all sync.WaitGroup
			for range 6 {
				all.Go(func() {
					ok, err := s.TakeChallenge(t.Context(), c, monday)
					if err != nil {
						t.Error(err)
					}
					if ok {
						won.Add(1)
					}
				})
			}
			all.Wait()
			if won.Load() != 1 {
				t.Errorf("it was good %d times", won.Load())
			}
		}
	})
}

// TestAnIdentityIsOnePersons: an issuer's subject is linked to one person and a person to one subject of an issuer, even where
// two try at once; a password that we made goes with the link, one of their own stays.
func TestAnIdentityIsOnePersons(t *testing.T) {
	t.Parallel()
	const issuer = "https://sso.example"
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		o := organization(t, s, "ridge").ID
		ann, ben := person(t, s, o, "ann@x.example", auth.Admin), person(t, s, o, "ben@x.example", auth.Member)
		ours := auth.User{ID: "usr_ours", Email: "cy@x.example", Name: "Cy", PasswordHash: "made", Temporary: true, Engineer: true, Created: monday}
		if err := s.CreateUser(t.Context(), ours, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := s.IdentityOwner(t.Context(), issuer, "s1"); !fault.Is(err, fault.NotFound) {
			t.Errorf("nobody's subject: %v", err)
		}
		link := func(u auth.UserID, issuer, subject string) error {
			return s.LinkIdentity(t.Context(), u, issuer, subject, monday, event("Linked"))
		}
		var won atomic.Int64
		var all sync.WaitGroup
		for _, u := range []auth.UserID{ann.ID, ben.ID} {
			all.Go(func() {
				if err := link(u, issuer, "s1"); err == nil {
					won.Add(1)
				} else if !fault.Is(err, fault.Conflict) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Errorf("one subject was linked %d times", won.Load())
		}
		owner, err := s.IdentityOwner(t.Context(), issuer, "s1")
		if err != nil || owner != ann.ID && owner != ben.ID {
			t.Fatal(owner, err)
		}
		if err := link(owner, issuer, "s2"); !fault.Is(err, fault.Conflict) {
			t.Errorf("a second subject of one issuer: %v", err)
		}
		if err := link(owner, "https://other.example", "s1"); err != nil {
			t.Errorf("another issuer: %v", err)
		}
		if err := link(ours.ID, issuer, "s3"); err != nil {
			t.Fatal(err)
		}
		for id, want := range map[auth.UserID]string{owner: "x", ours.ID: ""} {
			if u, err := s.User(t.Context(), id); err != nil || u.PasswordHash != want || u.Temporary {
				t.Errorf("%s: %q, temporary %v, %v", id, u.PasswordHash, u.Temporary, err)
			}
		}
	})
}
