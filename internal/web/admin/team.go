package admin

import (
	"net/http"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/web/page"
)

type teamView struct {
	frame
	Platform    bool // the page of the platform's engineers
	MayEdit     bool
	Action      string
	Form        page.Form
	Email       page.Field
	Roles       []option
	People      []teamRow
	Invitations []inviteRow
	Rule        string // where the rule of administrators' second factors is posted
	Ruled       bool
}

type teamRow struct {
	Name, Email string
	Role        string
	SignedIn    string
	State       pill
	Self        bool
	Roles       []option
	Action      string // where another role is posted
	Remove      string
	Reset       string // where the second factor is reset; "" when there is none to reset
}

type inviteRow struct {
	Email, Role, By  string
	State            pill
	Until            string
	Resend, Withdraw string
}

// teamPath gives an address below the team of the visit: the organization's, or the platform's engineers.
func (v *visit) teamPath(parts ...string) string {
	if v.org.ID != "" {
		return v.path(parts...)
	}
	p := "/admin/engineers"
	if parts[0] == "invitations" {
		p += "/invitations"
	}
	for _, s := range parts[1:] {
		p += "/" + s
	}
	return p
}

// team lists who belongs to the organization and who is invited; without one, the platform's engineers.
func (c *Console) team(w http.ResponseWriter, r *http.Request, v *visit) error {
	return c.showTeam(w, r, v, http.StatusOK, page.Form{})
}

func (c *Console) showTeam(w http.ResponseWriter, r *http.Request, v *visit, status int, form page.Form) error {
	people, err := c.Auth.Team(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	invited, err := c.Auth.Invitations(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	title, purpose := "Team", "Who works with this organization in HeavySet, and what they may do."
	if v.org.ID == "" {
		title, purpose = "Engineers", "Who may do everything in every organization."
	}
	f, err := c.frame(r, v, title)
	if err != nil {
		return err
	}
	f.Purpose = purpose
	view := teamView{
		frame: f, Platform: v.org.ID == "", MayEdit: v.org.ID == "" || v.may(auth.Admin), Action: v.teamPath("team"), Form: form,
		Email: page.Field{Name: "email", Label: "E-mail", Type: "email", Width: "half", Required: true, Limit: 254, Autocomplete: "off"}.With(form),
		Roles: roleOptions(auth.Role(form.Get("role"))),
	}
	view.Email.Error = sentence("This address ", view.Email.Error)
	cal := calendar{v.org.Location(), c.Now()}
	for _, t := range people {
		view.People = append(view.People, teammateRow(v, t, cal))
	}
	if view.MayEdit {
		if err := c.teamFactors(r, v, people, &view); err != nil {
			return err
		}
		for _, i := range invited {
			view.Invitations = append(view.Invitations, inviteOf(v, i, cal))
		}
	}
	return c.set.Render(w, status, "team", view)
}

func roleOptions(current auth.Role) []option {
	var out []option
	for _, r := range []auth.Role{auth.Member, auth.Admin} {
		out = append(out, option{Label: page.Capital(roleName(r)), Value: string(r), Current: r == current})
	}
	return out
}

func teammateRow(v *visit, t auth.Teammate, cal calendar) teamRow {
	row := teamRow{
		Name: t.Name, Email: t.Email, Role: page.Capital(roleName(t.Role)), SignedIn: "never", State: pill{Kind: "ok", Words: "Active"}, Self: t.ID == v.user.ID,
		Roles: roleOptions(t.Role), Action: v.teamPath("team", string(t.ID)), Remove: v.teamPath("team", string(t.ID), "remove"),
	}
	if !t.SignedIn.IsZero() {
		row.SignedIn = cal.age(t.SignedIn)
	}
	switch {
	case t.Disabled:
		row.State = pill{Kind: "off", Words: "Disabled"}
	case t.Temporary:
		row.State = pill{Kind: "warn", Words: "Temporary password"}
	}
	return row
}

func inviteOf(v *visit, i auth.Invitation, cal calendar) inviteRow {
	row := inviteRow{
		Email: i.Email, Role: page.Capital(roleName(i.Role)), By: i.By, Until: cal.stamp(i.Expires), State: pill{Kind: "warn", Words: "Invited", Title: "The mail went out."},
		Resend: v.teamPath("invitations", string(i.ID), "resend"), Withdraw: v.teamPath("invitations", string(i.ID), "withdraw"),
	}
	switch {
	case !i.Expires.After(cal.now):
		row.State = pill{Kind: "off", Words: "Expired", Title: "Send it again."}
	case i.MailError != "":
		row.State = pill{Kind: "bad", Words: "Not delivered", Title: i.MailError}
	case i.Sent.IsZero():
		row.State = pill{Words: "Mail on its way"}
	}
	return row
}

// backToTeam leads to the list with a message.
func (c *Console) backToTeam(w http.ResponseWriter, r *http.Request, v *visit, kind, message string) error {
	c.Sessions.Flash(r.Context(), kind, message)
	http.Redirect(w, r, v.teamPath("team"), http.StatusSeeOther)
	return nil
}

// outcome leads back to the list with what came of a change: its success, or the reason why it was refused.
func (c *Console) outcome(w http.ResponseWriter, r *http.Request, v *visit, err error, done string) error {
	switch {
	case err == nil:
		return c.backToTeam(w, r, v, "success", done)
	case fault.Is(err, fault.Conflict):
		return c.backToTeam(w, r, v, "error", fault.As(err).Message)
	}
	return err
}

// invite invites an address by mail.
func (c *Console) invite(w http.ResponseWriter, r *http.Request, v *visit) error {
	f, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	role := auth.Role(f.Get("role"))
	if v.org.ID == "" {
		role = auth.Engineer
	}
	if err := c.Auth.Invite(r.Context(), v.org.ID, f.Get("email"), role, v.by(r)); err != nil {
		if err := f.Fail(err, nil); err != nil {
			return err
		}
		return c.showTeam(w, r, v, http.StatusUnprocessableEntity, f)
	}
	return c.backToTeam(w, r, v, "success", "Invited. The mail is on its way; its link is good for seven days.")
}

func (c *Console) resendInvitation(w http.ResponseWriter, r *http.Request, v *visit) error {
	err := c.Auth.Resend(r.Context(), v.org.ID, auth.InvitationID(r.PathValue("id")), v.by(r))
	return c.outcome(w, r, v, err, "The invitation is sent again. Links that were sent before are good no more.")
}

func (c *Console) withdrawInvitation(w http.ResponseWriter, r *http.Request, v *visit) error {
	err := c.Auth.Withdraw(r.Context(), v.org.ID, auth.InvitationID(r.PathValue("id")), v.by(r))
	return c.outcome(w, r, v, err, "The invitation is withdrawn. Its link is good no more.")
}

func (c *Console) changeRole(w http.ResponseWriter, r *http.Request, v *visit) error {
	f, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	err = c.Auth.ChangeRole(r.Context(), v.org.ID, auth.UserID(r.PathValue("id")), auth.Role(f.Get("role")), v.by(r))
	return c.outcome(w, r, v, err, "The role is changed.")
}

type removeView struct {
	frame
	Back   string
	Action string
	Whom   auth.User
	Self   bool
	From   string
}

// askRemove says what removing a person does, and asks.
func (c *Console) askRemove(w http.ResponseWriter, r *http.Request, v *visit) error {
	t, err := c.Auth.Teammate(r.Context(), v.org.ID, auth.UserID(r.PathValue("id")))
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Remove "+t.Name)
	if err != nil {
		return err
	}
	view := removeView{frame: f, Back: v.teamPath("team"), Action: v.teamPath("team", string(t.ID), "remove"), Whom: t.User, Self: t.ID == v.user.ID, From: v.org.Name}
	if v.org.ID == "" {
		view.From = "the engineers of HeavySet"
	}
	return c.set.Render(w, http.StatusOK, "remove", view)
}

// remove takes a person out of the team and ends their sessions.
func (c *Console) remove(w http.ResponseWriter, r *http.Request, v *visit) error {
	err := c.Auth.Remove(r.Context(), v.org.ID, auth.UserID(r.PathValue("id")), v.by(r))
	return c.outcome(w, r, v, err, "Removed. Their sessions have ended.")
}
