package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store"
)

type userKeyCmd struct {
	database `embed:""`
	Role     string `help:"engineer, admin or member." enum:"engineer,admin,member" required:""`
	Org      string `help:"Slug of the organization, for admin and member."`
	Name     string `help:"What it is for."`
	Days     int    `help:"How many days it is good; 0: until it is revoked." default:"0"`
}

// Run makes an API key.
func (c userKeyCmd) Run(e env) error {
	return c.withAuth(e, func(s *store.Store, a *auth.Service) error {
		id, err := reach(e, s, auth.Role(c.Role), c.Org)
		if err != nil {
			return err
		}
		k, err := a.CreateKey(e.ctx, id, auth.NewKey{Role: auth.Role(c.Role), Name: c.Name, Days: c.Days})
		if err != nil {
			return err
		}
		if err := byCommand(e, s, id, audit.Keys, "API key created", "…"+k.Hint, strings.Join(k.Words(), "\n")); err != nil {
			return err
		}
		fmt.Fprintln(e.out, k.Key.Reveal())
		return nil
	})
}

type userKeysCmd struct {
	database `embed:""`
	Org      string `help:"Slug of the organization; empty: the platform's and those of every organization."`
}

// Run lists the API keys.
func (c userKeysCmd) Run(e env) error {
	return c.withAuth(e, func(s *store.Store, a *auth.Service) error {
		list, err := scopes(e, s, c.Org)
		if err != nil {
			return err
		}
		t := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "ID\tKEY\tROLE\tORGANIZATION\tNAME\tCREATED\tLAST USED\tEXPIRES")
		for _, o := range list {
			keys, err := a.Keys(e.ctx, o.ID)
			if err != nil {
				return err
			}
			for _, k := range keys {
				fmt.Fprintf(t, "%s\t…%s\t%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Hint, k.Role, o.Slug, k.Name, stamp(k.Created, ""), stamp(k.Used, "never"), expiry(k, time.Now()))
			}
		}
		return t.Flush()
	})
}

// scopes are whose keys there can be: one organization's, or the platform's, under no slug, and every organization's.
func scopes(e env, s *store.Store, slug string) ([]org.Organization, error) {
	if slug != "" {
		o, err := s.OrganizationBySlug(e.ctx, slug)
		return []org.Organization{o}, err
	}
	all, err := s.Organizations(e.ctx)
	return append([]org.Organization{{Slug: "(all)"}}, all...), err
}

func stamp(t time.Time, none string) string {
	if t.IsZero() {
		return none
	}
	return t.UTC().Format("2006-01-02 15:04Z")
}

func expiry(k auth.Key, now time.Time) string {
	if k.Expired(now) {
		return "EXPIRED " + stamp(k.Expires, "")
	}
	return stamp(k.Expires, "never")
}

type userRevokeKeyCmd struct {
	database `embed:""`
	ID       string `arg:"" help:"The key's ID, as \"user keys\" lists it."`
}

// Run revokes an API key.
func (c userRevokeKeyCmd) Run(e env) error {
	return c.withAuth(e, func(s *store.Store, a *auth.Service) error {
		list, err := scopes(e, s, "")
		if err != nil {
			return err
		}
		for _, o := range list {
			if err = a.RevokeKey(e.ctx, o.ID, auth.KeyID(c.ID), audit.By{Who: "command line"}); !fault.Is(err, fault.NotFound) {
				break
			}
		}
		if err == nil {
			fmt.Fprintf(e.out, "revoked %s\n", c.ID)
		}
		return err
	})
}
