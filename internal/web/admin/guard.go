package admin

import (
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/web/page"
)

// visit is a request that the guard has let through: who makes it, and in which organization.
type visit struct {
	route  route
	caller auth.Caller
	user   auth.User
	org    org.Organization // zero for routes without one
	role   auth.Role        // in org
}

// may reports whether the caller has at least a role in the organization of the address.
func (v *visit) may(r auth.Role) bool { return v.role.Covers(r) }

// path gives an address in the organization of the visit.
func (v *visit) path(parts ...string) string { return orgPath(v.org, parts...) }

func orgPath(o org.Organization, parts ...string) string {
	p := "/admin/orgs/" + url.PathEscape(o.Slug)
	for _, s := range parts {
		p += "/" + url.PathEscape(s)
	}
	return p
}

var (
	errNoOrg   = fault.New(fault.NotFound, "There is no such organization.")
	errNothing = fault.New(fault.NotFound, "There is no such page. It may have been moved, or the address is not complete.")
	errRole    = fault.New(fault.Denied, "Only an administrator of the organization may do this.")
)

// guard lets a request through to a route: signed in, organization known to the caller, role large enough.
func (c *Console) guard(rt route) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v := &visit{route: rt}
		named := plain(r.PathValue("org")) && plain(r.PathValue("id")) && plain(r.PathValue("token"))
		if rt.access == anybody && !named {
			return errNothing
		}
		if rt.access == anybody {
			return rt.serve(c, w, r, v)
		}
		known, err := c.identify(r, v)
		if err != nil {
			return err
		}
		if !known {
			http.Redirect(w, r, "/login?"+url.Values{"next": {nextOf(r)}}.Encode(), http.StatusSeeOther)
			return nil
		}
		if v.user.Temporary && !strings.HasPrefix(rt.path, "/admin/account") {
			http.Redirect(w, r, "/admin/account", http.StatusSeeOther) // a password that we made is changed before anything else
			return nil
		}
		standing, err := c.Auth.Standing(r.Context(), v.caller, c.Sessions.Strong(r.Context()))
		if err != nil {
			return err
		}
		if standing == auth.Owing {
			return c.endOwing(w, r, v)
		}
		if standing == auth.Lacking && !strings.HasPrefix(rt.path, "/admin/account") { // nor does anything open before a second factor that is needed
			http.Redirect(w, r, "/admin/account", http.StatusSeeOther)
			return nil
		}
		if rt.access == engineers && !v.caller.Engineer {
			return errNothing // in the same words as for pages that are none
		}
		if !named {
			return errNothing
		}
		if rt.access != people && rt.access != engineers {
			if err := c.admit(r, v); err != nil {
				return err
			}
		}
		return rt.serve(c, w, r, v)
	}
}

// endOwing ends a session that the password alone began, of somebody whose second factor is a passkey.
func (c *Console) endOwing(w http.ResponseWriter, r *http.Request, v *visit) error {
	err := c.Auth.EndSession(r.Context(), v.user.ID, c.Sessions.ID(r.Context()))
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if err := c.Sessions.End(r.Context()); err != nil {
		return err
	}
	http.Redirect(w, r, "/login?"+url.Values{"next": {nextOf(r)}, "passkey": {""}}.Encode(), http.StatusSeeOther)
	return nil
}

// identify finds who is signed in; false when nobody is, or the session was ended.
func (c *Console) identify(r *http.Request, v *visit) (bool, error) {
	u := c.Sessions.User(r.Context())
	if u == "" {
		return false, nil
	}
	var err error
	v.caller, v.user, err = c.Auth.Present(r.Context(), u, c.Sessions.ID(r.Context()), addressOf(r))
	if fault.Is(err, fault.NotFound) {
		return false, c.Sessions.End(r.Context())
	}
	return err == nil, err
}

// admit finds the organization of the address and checks the caller's role in it.
func (c *Console) admit(r *http.Request, v *visit) error {
	o, err := c.Orgs.OrganizationBySlug(r.Context(), r.PathValue("org"))
	if fault.Is(err, fault.NotFound) {
		return errNoOrg
	}
	if err != nil {
		return err
	}
	role := v.caller.RoleIn(o.ID)
	if !role.Covers(auth.Member) {
		return errNoOrg // in the same words: it must not exist for them
	}
	if !role.Covers(auth.Role(v.route.access)) {
		return errRole
	}
	v.org, v.role = o, role
	if r.Method == http.MethodGet {
		c.Sessions.Keep(r.Context(), "org", o.Slug)
	}
	return nil
}

// plain reports whether a part of an address can name something of ours.
func plain(s string) bool {
	return len(s) <= 100 && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f })
}

// nextOf gives where to go on after signing in: the page that was asked for. Only pages of the console are kept, never
// the address of a callback with its code, nor that of a form.
func nextOf(r *http.Request) string {
	if r.Method != http.MethodGet || !strings.HasPrefix(r.URL.Path, "/admin") {
		return home
	}
	return local(r.URL.RequestURI())
}

// home is where the console begins.
const home = "/admin"

// local gives an address back if it leads to a page of this site, home otherwise: a path with one slash at its
// beginning. Browsers read a backslash as a slash and drop control characters, so neither may stand in it.
func local(next string) string {
	if len(next) > 2000 || !strings.HasPrefix(next, "/") ||
		strings.ContainsFunc(next, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\\' || r == utf8.RuneError }) {
		return home
	}
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || strings.HasPrefix(u.Path, "//") {
		return home
	}
	return next
}
