package admin

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/web/limit"
	"heavyset.tech/platform/internal/web/page"
)

// codeWait is how long after the password a code may come.
const codeWait = 10 * time.Minute

// passwordShown goes on after a right password: signed in, or to the code for whoever has a second factor.
func (c *Console) passwordShown(w http.ResponseWriter, r *http.Request, u auth.User, next string) error {
	f, err := c.Auth.Factor(r.Context(), u.ID)
	if err != nil {
		return err
	}
	if f.On() {
		if err := c.Sessions.BeginHalf(r.Context(), page.Half{User: u.ID, Since: c.Now(), Seal: passwordSeal(u), Next: next}); err != nil {
			return err
		}
		http.Redirect(w, r, "/login/code", http.StatusSeeOther)
		return nil
	}
	if err := c.begin(r, u); err != nil {
		return err
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

// passwordSeal tells one password of a user from the next, and nothing else.
func passwordSeal(u auth.User) string { return id.Hash("half:" + u.PasswordHash) }

type codeView struct {
	page.Head
	Notice page.Notice
	Code   page.Field
}

func codeField() page.Field {
	return page.Field{
		Name: "code", Label: "Code", Type: "text", Autocomplete: "one-time-code", Required: true, Limit: 40,
		Hint: "The six digits that your authenticator app shows, or one of your recovery codes.",
	}
}

// half gives whose code is owed; false when nobody has shown a password, or too long ago, or it has changed since.
func (c *Console) half(r *http.Request) (auth.User, page.Half, bool, error) {
	h, ok := c.Sessions.Half(r.Context())
	if !ok || c.Now().Sub(h.Since) > codeWait {
		return auth.User{}, h, false, nil
	}
	_, u, err := c.Auth.Caller(r.Context(), h.User)
	if fault.Is(err, fault.NotFound) || err == nil && passwordSeal(u) != h.Seal {
		return auth.User{}, h, false, nil
	}
	return u, h, err == nil, err
}

// askCode shows the form for the code after the password.
func (c *Console) askCode(w http.ResponseWriter, r *http.Request, _ *visit) error {
	_, _, ok, err := c.half(r)
	if err != nil {
		return err
	}
	if !ok {
		return c.toSignIn(w, r)
	}
	return c.showCode(w, http.StatusOK, page.Notice{})
}

func (c *Console) toSignIn(w http.ResponseWriter, r *http.Request) error {
	c.Sessions.DropHalf(r.Context())
	http.Redirect(w, r, "/login", http.StatusSeeOther)
	return nil
}

func (c *Console) showCode(w http.ResponseWriter, status int, n page.Notice) error {
	return c.set.Render(w, status, "logincode", codeView{Head: page.Head{Title: "Sign in – HeavySet", NoIndex: true}, Notice: n, Code: codeField()})
}

// signInCode takes the code and begins a session.
func (c *Console) signInCode(w http.ResponseWriter, r *http.Request, _ *visit) error {
	f, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	u, h, ok, err := c.half(r)
	if err != nil {
		return err
	}
	if !ok {
		return c.toSignIn(w, r)
	}
	err = c.Auth.CheckCode(r.Context(), u, f.Get("code"), limit.Key(r.RemoteAddr))
	if err == nil {
		if err := c.begin(r, u); err != nil {
			return err
		}
		http.Redirect(w, r, local(h.Next), http.StatusSeeOther)
		return nil
	}
	status, err := refusal(w, err)
	if err != nil {
		return err
	}
	return c.showCode(w, status.code, status.notice)
}

type turnedDown struct {
	code   int
	notice page.Notice
}

// refusal gives how to answer a wrong password or code; the error for everything else.
func refusal(w http.ResponseWriter, err error) (turnedDown, error) {
	v := turnedDown{http.StatusUnprocessableEntity, page.Notice{Kind: "error"}}
	switch {
	case fault.Is(err, fault.Limited):
		v.code = tooMany(w, err)
	case !fault.Is(err, fault.Denied):
		return v, err
	}
	v.notice.Message = fault.As(err).Message
	return v, nil
}

// factorState is what the account page says about the second factor.
type factorState struct {
	On, Needed bool
	ByPasskey  bool // one is needed, and a passkey is it
	State      pill
	Codes      string
}

func (c *Console) factorState(r *http.Request, v *visit) (factorState, error) {
	f, err := c.Auth.Factor(r.Context(), v.user.ID)
	if err != nil {
		return factorState{}, err
	}
	s := factorState{On: f.On(), Needed: c.Auth.NeedsFactor(v.caller), State: pill{Words: "Off"}}
	switch {
	case s.On:
		s.State = pill{Kind: "ok", Words: "On"}
		s.Codes = fmt.Sprintf("%d recovery codes are left.", f.Codes)
		if f.Codes == 1 {
			s.Codes = "1 recovery code is left."
		}
	case s.Needed && f.Passkeys > 0:
		s.ByPasskey, s.State = true, pill{Kind: "ok", Words: "Passkey"}
	case s.Needed:
		s.State = pill{Kind: "warn", Words: "Needed"}
	}
	return s, nil
}

type factorView struct {
	frame
	Form   page.Form
	Secret string // in groups of four
	QR     string // path of an SVG
	Size   int
	Code   page.Field
}

// beginFactor makes a secret and leads to the page that shows it.
func (c *Console) beginFactor(w http.ResponseWriter, r *http.Request, v *visit) error {
	if err := c.Auth.BeginFactor(r.Context(), v.user); err != nil {
		return c.backToAccount(w, r, err, "")
	}
	http.Redirect(w, r, "/admin/account/factor", http.StatusSeeOther)
	return nil
}

// backToAccount leads to one's own page with what came of a change.
func (c *Console) backToAccount(w http.ResponseWriter, r *http.Request, err error, done string) error {
	switch {
	case err == nil:
		c.Sessions.Flash(r.Context(), "success", done)
	case fault.Is(err, fault.Conflict):
		c.Sessions.Flash(r.Context(), "error", fault.As(err).Message)
	default:
		return err
	}
	http.Redirect(w, r, "/admin/account", http.StatusSeeOther)
	return nil
}

// factor shows the secret as picture and text, and asks for a code of it.
func (c *Console) factor(w http.ResponseWriter, r *http.Request, v *visit) error {
	return c.showFactor(w, r, v, http.StatusOK, page.Form{})
}

func (c *Console) showFactor(w http.ResponseWriter, r *http.Request, v *visit, status int, form page.Form) error {
	shown, err := c.Auth.PendingFactor(r.Context(), v.user)
	if err != nil {
		return c.backToAccount(w, r, err, "")
	}
	f, err := c.frame(r, v, "Set up a second factor")
	if err != nil {
		return err
	}
	view := factorView{frame: f, Form: form, Code: codeField()}
	view.Code.Hint, view.Code.InputMode, view.Code.Error = "The six digits that the app shows now.", "numeric", sentence("This ", form.Errors["code"])
	if view.QR, view.Size, err = qrPath(shown.URL.Reveal()); err != nil {
		return fmt.Errorf("draw the QR code: %w", err)
	}
	for i, s := 0, shown.Secret.Reveal(); i < len(s); i += 4 {
		view.Secret += " " + s[i:min(i+4, len(s))]
	}
	return c.set.Render(w, status, "factor", view)
}

// qrPath draws a QR code as the path of an SVG, a square for each dark module, with the quiet zone around it. size is
// the length of its sides in modules.
func qrPath(text string) (path string, size int, err error) {
	const quiet = 4
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return "", 0, err
	}
	n := code.Bounds().Dx()
	var b strings.Builder
	for y := range n {
		for x := range n {
			if r, _, _, _ := code.At(x, y).RGBA(); r == 0 {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	return b.String(), n + 2*quiet, nil
}

type codesView struct {
	frame
	Codes []string
}

// confirmFactor turns the second factor on and shows the recovery codes, once.
func (c *Console) confirmFactor(w http.ResponseWriter, r *http.Request, v *visit) error {
	f, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	codes, err := c.Auth.ConfirmFactor(r.Context(), v.user, strings.ReplaceAll(f.Get("code"), " ", ""), c.Sessions.ID(r.Context()), v.by(r))
	switch {
	case fault.Is(err, fault.Invalid):
		if err := f.Fail(err, nil); err != nil {
			return err
		}
		return c.showFactor(w, r, v, http.StatusUnprocessableEntity, f)
	case err != nil:
		return c.backToAccount(w, r, err, "")
	}
	if err := c.Sessions.Renew(r.Context()); err != nil {
		return err
	}
	c.Sessions.Flash(r.Context(), "success", "Your second factor is on. Everywhere else you are signed out.")
	return c.showCodes(w, r, v, codes)
}

// renewCodes makes new recovery codes and shows them, once.
func (c *Console) renewCodes(w http.ResponseWriter, r *http.Request, v *visit) error {
	codes, err := c.Auth.RenewRecoveryCodes(r.Context(), v.user, v.by(r))
	if err != nil {
		return c.backToAccount(w, r, err, "")
	}
	return c.showCodes(w, r, v, codes)
}

func (c *Console) showCodes(w http.ResponseWriter, r *http.Request, v *visit, codes []secret.String) error {
	f, err := c.frame(r, v, "Recovery codes")
	if err != nil {
		return err
	}
	view := codesView{frame: f}
	for _, s := range codes {
		view.Codes = append(view.Codes, s.Reveal())
	}
	return c.set.Render(w, http.StatusOK, "codes", view)
}

// endFactor turns one's own second factor off.
func (c *Console) endFactor(w http.ResponseWriter, r *http.Request, v *visit) error {
	err := c.Auth.EndFactor(r.Context(), v.caller, v.user, c.Sessions.ID(r.Context()), v.by(r))
	return c.backToAccount(w, r, err, "Your second factor is off. Everywhere else you are signed out.")
}

// teamFactors adds to the page of the team who has a second factor and, in an organization, whether its administrators
// need one.
func (c *Console) teamFactors(r *http.Request, v *visit, people []auth.Teammate, view *teamView) error {
	for i, t := range people {
		f, err := c.Auth.Factor(r.Context(), t.ID)
		if err != nil {
			return err
		}
		if (f.On() || f.Passkeys > 0) && t.ID != v.user.ID {
			view.People[i].Reset = v.teamPath("team", string(t.ID), "reset-factor")
		}
	}
	if v.org.ID == "" {
		return nil
	}
	var err error
	view.Rule = v.path("signin-rule")
	view.Ruled, err = c.Auth.FactorOfAdmins(r.Context(), v.org.ID)
	return err
}

// resetFactor takes the second factor from a teammate who has lost it.
func (c *Console) resetFactor(w http.ResponseWriter, r *http.Request, v *visit) error {
	err := c.Auth.ResetFactor(r.Context(), v.org.ID, auth.UserID(r.PathValue("id")), v.caller, v.by(r))
	return c.outcome(w, r, v, err, "The second factor is reset, passkeys too, and their sessions have ended. They sign in with their password alone and can set up another one.")
}

// saveSigninRule lets the organization ask a second factor of its administrators, or not.
func (c *Console) saveSigninRule(w http.ResponseWriter, r *http.Request, v *visit) error {
	f, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	needed := f.Get("factor") == "1"
	done := "Administrators now need a second factor."
	if !needed {
		done = "Administrators need no second factor any more."
	}
	return c.outcome(w, r, v, c.Auth.SetFactorOfAdmins(r.Context(), v.org.ID, needed, v.by(r)), done)
}
