package store_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

// person stores a user with a role in an organization; an engineer without one.
func person(t *testing.T, s *store.Store, o org.ID, email string, r auth.Role) auth.User {
	t.Helper()
	u := auth.User{ID: auth.UserID(id.New("usr", monday)), Email: email, Name: "N " + email, PasswordHash: "x", Engineer: r == auth.Engineer, Created: monday}
	var m []auth.Membership
	if o != "" {
		m = []auth.Membership{{Org: o, Role: r}}
	}
	if err := s.CreateUser(t.Context(), u, m); err != nil {
		t.Fatal(err)
	}
	return u
}

func event(act string) audit.Event {
	return audit.Event{By: audit.By{Who: "W", WhoID: "usr_w", Address: "192.0.2.1"}, Area: audit.Team, Act: act}.Finish(monday)
}

// acts lists the audit of an organization, newest first.
func acts(t *testing.T, s *store.Store, o org.ID) []string {
	t.Helper()
	list, _, err := s.AuditEvents(t.Context(), o, audit.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range list {
		out = append(out, e.Act)
	}
	return out
}

// TestOneAdministratorStays: two who demote or remove each other at the same time do not leave the organization alone.
func TestOneAdministratorStays(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		for round := range 20 {
			o := organization(t, s, fmt.Sprint("org", round)).ID
			a, b := person(t, s, o, fmt.Sprint("a", round, "@x.example"), auth.Admin), person(t, s, o, fmt.Sprint("b", round, "@x.example"), auth.Admin)
			var all sync.WaitGroup
			var refused atomic.Int64
			begin := make(chan struct{})
			for i, do := range []func() error{
				func() error { return s.RemoveMember(t.Context(), o, a.ID, event("a out")) },
				func() error { return s.ChangeRole(t.Context(), o, b.ID, auth.Member, event("b down")) },
			} {
				all.Go(func() {
					<-begin
					if err := do(); fault.Is(err, fault.Conflict) {
						refused.Add(1)
					} else if err != nil {
						t.Error(i, err)
					}
				})
			}
			close(begin)
			all.Wait()
			if refused.Load() != 1 || len(acts(t, s, o)) != 1 {
				t.Errorf("%d of 2 were refused, %v", refused.Load(), acts(t, s, o))
			}
		}
	})
}

// TestALinkIsGoodOnce: of many who use one link at the same time one is let in, and the others change nothing.
func TestALinkIsGoodOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		o := organization(t, s, "ridge").ID
		i := auth.Invitation{Org: o, ID: "inv_1", Email: "new@x.example", Role: auth.Member, By: "B", Created: monday, Expires: monday.Add(time.Hour)}
		l := auth.Link{Hash: "h", Purpose: auth.ForInvitation, Org: o, Subject: "inv_1", Expires: i.Expires}
		if err := errors.Join(s.Invite(t.Context(), o, i, 9, event("invited")), s.AddLink(t.Context(), l)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Link(t.Context(), "h", auth.ForReset, monday); !fault.Is(err, fault.NotFound) {
			t.Errorf("an invitation's link sets passwords: %v", err)
		}
		if err := s.ResetPassword(t.Context(), "h", "hash", monday, event("no")); !fault.Is(err, fault.NotFound) {
			t.Errorf("an invitation's link has set a password: %v", err)
		}
		var all sync.WaitGroup
		var joined atomic.Int64
		for n := range 8 {
			all.Go(func() {
				u := auth.User{ID: auth.UserID(fmt.Sprint("usr_", n)), Email: "new@x.example", Name: "N", PasswordHash: "x", Created: monday}
				switch err := s.Join(t.Context(), o, "h", u, true, monday, event("joined")); {
				case err == nil:
					joined.Add(1)
				case !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Conflict):
					t.Error(err)
				}
			})
		}
		all.Wait()
		team, err := s.Team(t.Context(), o)
		if err != nil || joined.Load() != 1 || len(team) != 1 || len(acts(t, s, o)) != 2 {
			t.Errorf("%d have joined, %d in the team, %v (%v)", joined.Load(), len(team), acts(t, s, o), err)
		}
		if list, err := s.Invitations(t.Context(), o); err != nil || len(list) != 0 {
			t.Errorf("the invitation still waits: %v %v", list, err)
		}
	})
}

// TestAnInvitationIsOfItsOrganization: a link of one never lets into another, and an account that exists is not stored anew.
func TestAnInvitationIsOfItsOrganization(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		o, other := organization(t, s, "ridge").ID, organization(t, s, "blue").ID
		known := person(t, s, other, "jo@x.example", auth.Admin)
		i := auth.Invitation{Org: o, ID: "inv_1", Email: "jo@x.example", Role: auth.Member, By: "B", Created: monday, Expires: monday.Add(time.Hour)}
		l := auth.Link{Hash: "h", Purpose: auth.ForInvitation, Org: o, Subject: "inv_1", Expires: i.Expires}
		if err := errors.Join(s.Invite(t.Context(), o, i, 9, event("invited")), s.AddLink(t.Context(), l)); err != nil {
			t.Fatal(err)
		}
		if err := s.Join(t.Context(), other, "h", known, false, monday, event("stolen")); !fault.Is(err, fault.NotFound) {
			t.Errorf("into another organization: %v", err)
		}
		if err := s.Join(t.Context(), o, "h", auth.User{ID: "usr_x", Email: "eve@x.example"}, false, monday, event("stolen")); !fault.Is(err, fault.NotFound) {
			t.Errorf("with another address: %v", err)
		}
		thief := auth.User{ID: "usr_thief", Email: "jo@x.example", Name: "Thief", PasswordHash: "theirs", Created: monday}
		if err := s.Join(t.Context(), o, "h", thief, true, monday, event("stolen")); !fault.Is(err, fault.Conflict) {
			t.Errorf("over an account: %v", err)
		}
		if u, err := s.UserByEmail(t.Context(), "jo@x.example"); err != nil || u.ID != known.ID || u.PasswordHash != "x" {
			t.Errorf("the account is %v %v", u, err)
		}
		if err := s.Join(t.Context(), o, "h", known, false, monday.Add(time.Hour), event("late")); !fault.Is(err, fault.NotFound) {
			t.Errorf("after its time: %v", err)
		}
		if got := acts(t, s, o); len(got) != 1 || len(acts(t, s, other)) != 0 {
			t.Errorf("refused ones left events: %v", got)
		}
		if err := s.Join(t.Context(), o, "h", known, false, monday, event("joined")); err != nil {
			t.Errorf("after all that: %v", err)
		}
	})
}

// TestSessionsEndWithTheirReason: what ends sessions ends them in the same transaction, of that person alone.
func TestSessionsEndWithTheirReason(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		o := organization(t, s, "ridge").ID
		person(t, s, o, "boss@x.example", auth.Admin)
		person(t, s, "", "eli@x.example", auth.Engineer)
		u, eng, other := person(t, s, o, "u@x.example", auth.Member), person(t, s, "", "eng@x.example", auth.Engineer), person(t, s, o, "other@x.example", auth.Member)
		live := func(u auth.User) int {
			list, err := s.UserSessions(t.Context(), u.ID, monday.Add(-time.Hour), monday.Add(-time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		for name, c := range map[string]struct {
			who  auth.User
			do   func() error
			left int
		}{
			"password changed": {u, func() error { return s.ChangePassword(t.Context(), u.ID, "h", "ses_1", event("1")) }, 1},
			"password set":     {u, func() error { return s.SetPassword(t.Context(), u.ID, "h", false) }, 0},
			"disabled":         {u, func() error { return s.Disable(t.Context(), u.ID, true, event("2")) }, 0},
			"everywhere":       {u, func() error { return s.EndSessions(t.Context(), u.ID, "") }, 0},
			"engineer removed": {eng, func() error { return s.RemoveEngineer(t.Context(), eng.ID, event("3")) }, 0},
			"link of a mail": {u, func() error {
				return errors.Join(s.AddLink(t.Context(), auth.Link{Hash: "r", Purpose: auth.ForReset, Subject: string(u.ID), Expires: monday.Add(time.Hour)}),
					s.ResetPassword(t.Context(), "r", "h", monday, event("4")))
			}, 0},
		} {
			for _, who := range []auth.User{u, eng, other} {
				if err := s.EndSessions(t.Context(), who.ID, ""); err != nil {
					t.Fatal(err)
				}
				for n := range 2 {
					if err := s.AddSession(t.Context(), auth.Session{ID: auth.SessionID(fmt.Sprint("ses_", n)), User: who.ID, Began: monday}); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := c.do(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if n := live(c.who); n != c.left || live(other) != 2 {
				t.Errorf("%s: %d sessions are left, %d of another", name, n, live(other))
			}
		}
		if err := s.AddSession(t.Context(), auth.Session{ID: "ses_9", User: u.ID, Began: monday}); err != nil {
			t.Fatal(err)
		}
		if err := s.RemoveMember(t.Context(), o, u.ID, event("5")); err != nil || live(u) != 0 {
			t.Errorf("removed: %d left, %v", live(u), err)
		}
		if got := strings.Join(acts(t, s, o), ""); len(got) != 4 { // 1, 2, 4, 5: the engineer's is the platform's
			t.Errorf("events: %s", got)
		}
	})
}

func TestResetsAreFactsWithoutSecrets(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		u := person(t, s, "", "u@x.example", auth.Member)
		for _, hash := range []string{"one", "two"} {
			if err := s.AddLink(t.Context(), auth.Link{Hash: hash, Purpose: auth.ForReset, Subject: string(u.ID), Expires: monday.Add(time.Hour)}); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.ResetPassword(t.Context(), "one", "h", monday, event("reset")); err != nil {
			t.Fatal(err)
		}
		if err := s.ResetPassword(t.Context(), "two", "h2", monday, event("again")); !fault.Is(err, fault.NotFound) {
			t.Errorf("another link goes on after the password was set: %v", err)
		}
		if err := s.Sweep(t.Context(), monday.Add(48*time.Hour)); err != nil {
			t.Error(err)
		}
	})
}
