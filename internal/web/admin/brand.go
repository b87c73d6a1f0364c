package admin

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/brand"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/web/page"
)

// brandView is how an organization's pages look, and the form to change it.
type brandView struct {
	frame
	MayEdit               bool
	Action, Show          string // where it is saved; where the frame gets the page from
	Preview               string // the page in the frame
	Language              string
	Tabs                  []embedTab
	Form                  page.Form
	Colors                []page.Field
	Nearest               string // the colour that can be taken instead; "" when there is no need
	Headline, Intro, Note page.Field
	Logo                  logoView
	Sheets                []choice
}

type logoView struct {
	URL, Size string // "" without a logo
	Save      string
	Remove    string
	Problem   string
	Faint     *brand.Faint // it can hardly be seen on the pages
}

// branding shows how the public pages look.
func (c *Console) branding(w http.ResponseWriter, r *http.Request, v *visit) error {
	return c.showBranding(w, r, v, http.StatusOK, brandForm(v.org, languageOf(r.URL.Query())), "")
}

func languageOf(q url.Values) locale.Lang {
	if l := locale.Lang(q.Get("language")); slices.Contains(locale.All(), l) {
		return l
	}
	return locale.English
}

// brandForm is what is kept, as the form shows it.
func brandForm(o org.Organization, l locale.Lang) page.Form {
	t := o.Look.Texts[l]
	return page.Form{Values: url.Values{
		"language": {string(l)}, "accent": {o.Accent}, "band": {o.Look.Band}, "headline": {t.Headline}, "intro": {t.Intro}, "note": {t.Note},
	}}
}

// draftOf reads the form.
func draftOf(q url.Values) brand.Draft {
	return brand.Draft{
		Accent: cmp.Or(q.Get("use"), q.Get("accent")), Band: q.Get("band"), Language: languageOf(q), Texts: org.Texts{Headline: q.Get("headline"), Intro: q.Get("intro"), Note: q.Get("note")},
	}
}

func (c *Console) showBranding(w http.ResponseWriter, r *http.Request, v *visit, status int, form page.Form, problem string) error {
	f, err := c.frame(r, v, "Branding")
	if err != nil {
		return err
	}
	f.Purpose = "How your booking pages and mails look."
	l, path := languageOf(form.Values), v.path("scheduler", "branding")
	view := brandView{
		frame: f, MayEdit: v.may(auth.Admin), Action: path, Show: path + "/preview", Language: string(l), Form: form,
		Colors: []page.Field{
			page.Field{
				Name: "accent", Label: "Accent", Type: "text", Limit: 7, Optional: true, Width: "half", Color: true,
				Hint: "Of buttons, links and marks, such as #1f6f54. Dark pages get a lighter shade of it.",
			}.With(form),
			page.Field{
				Name: "band", Label: "Head of the page", Type: "text", Limit: 7, Optional: true, Width: "half", Color: true,
				Hint: "Behind your logo or name. Empty: as the page, or white with a logo.",
			}.With(form),
		},
		Headline: page.Field{Name: "headline", Label: "Headline", Type: "text", Limit: brand.MaxHeadline, Optional: true, Hint: "Empty: “" + l.T("What can we do for you?") + "”"}.With(form),
		Intro:    page.Field{Name: "intro", Label: "Introduction", Lines: 3, Limit: brand.MaxIntro, Optional: true, Hint: "Below the headline."}.With(form),
		Note:     page.Field{Name: "note", Label: "Note to whoever has booked", Lines: 4, Limit: brand.MaxNote, Optional: true, Hint: "On the page of the appointment and in the confirmation by mail: what to prepare, where to park."}.With(form),
		Sheets:   []choice{{Value: "start", Label: "Booking page", On: true}, {Value: "confirmed", Label: "After booking"}},
	}
	if view.Logo, err = c.logoView(r.Context(), v, l, problem); err != nil {
		return err
	}
	for _, x := range locale.All() {
		view.Tabs = append(view.Tabs, embedTab{languageName(x), path + "?language=" + string(x), x == l})
	}
	if form.Errors["accent"] != "" {
		view.Nearest = brand.Nearest(form.Get("accent"))
	}
	view.Preview = view.Show + "?" + form.Values.Encode()
	page.Open(w, page.Opening{Frames: true})
	return c.set.Render(w, status, "branding", view)
}

// logoView shows the logo, with the way back to the language whose words are open.
func (c *Console) logoView(ctx context.Context, v *visit, words locale.Lang, problem string) (view logoView, err error) {
	view.Problem = problem
	l := v.org.Look.Logo
	if l.Sum != "" {
		view.URL, view.Size = "/book/"+v.org.Slug+"/logo/"+l.Sum+".png", fmt.Sprintf("%d × %d pixels", l.Width, l.Height)
	}
	if v.may(auth.Admin) {
		save, back := v.path("scheduler", "branding", "logo"), "?language="+string(words)
		view.Save = save + back
		if l.Sum != "" {
			view.Remove = save + "/remove" + back
		}
	}
	view.Faint, err = c.Brands.Faint(ctx, v.org)
	return view, err
}

// backToBranding leads to the tab that a form about the logo was sent from.
func backToBranding(w http.ResponseWriter, r *http.Request, v *visit) error {
	http.Redirect(w, r, v.path("scheduler", "branding")+"?language="+string(languageOf(r.URL.Query())), http.StatusSeeOther)
	return nil
}

// brandPreview is the page in the frame, with what is typed and not saved. What can't be used is left out.
func (c *Console) brandPreview(w http.ResponseWriter, r *http.Request, v *visit) error {
	d := draftOf(r.URL.Query())
	o, err := d.Apply(v.org)
	if err != nil && !fault.Is(err, fault.Invalid) {
		return err
	}
	return c.Face.Preview(w, r, o, d.Language, r.URL.Query().Get("sheet"))
}

// saveBranding keeps colours and texts.
func (c *Console) saveBranding(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	d := draftOf(form.Values)
	was, is, err := c.Brands.Save(r.Context(), v.org.ID, d)
	if err != nil {
		if err := form.Fail(err, nil); err != nil {
			return err
		}
		return c.showBranding(w, r, v, http.StatusUnprocessableEntity, form, "")
	}
	if err := c.did(r, v, audit.Organization, "Branding changed", "", brandChanges(was, is, d.Language)...); err != nil {
		return err
	}
	c.Sessions.Flash(r.Context(), "success", "Saved. Visitors see it at once.")
	http.Redirect(w, r, v.path("scheduler", "branding")+"?language="+string(d.Language), http.StatusSeeOther)
	return nil
}

// brandChanges says what is different, for the audit.
func brandChanges(was, is org.Organization, l locale.Lang) []string {
	var out []string
	tell := func(what, a, b string) {
		if a != b {
			out = append(out, what+": "+cmp.Or(a, "HeavySet's")+" → "+cmp.Or(b, "HeavySet's"))
		}
	}
	a, b := was.Look.Texts[l], is.Look.Texts[l]
	tell("accent", was.Accent, is.Accent)
	tell("head of the page", was.Look.Band, is.Look.Band)
	tell("headline in "+languageName(l), a.Headline, b.Headline)
	tell("introduction in "+languageName(l), a.Intro, b.Intro)
	tell("note in "+languageName(l), a.Note, b.Note)
	return out
}

// saveLogo draws a logo of an uploaded file.
func (c *Console) saveLogo(w http.ResponseWriter, r *http.Request, v *visit) error {
	file, err := page.ReadFile(w, r, "logo", brand.MaxUpload)
	var p brand.Picture
	if err == nil {
		p, err = c.Brands.SetLogo(r.Context(), v.org.ID, file)
	}
	if fault.Is(err, fault.Invalid) {
		return c.showBranding(w, r, v, http.StatusUnprocessableEntity, brandForm(v.org, languageOf(r.URL.Query())), fault.As(err).Message)
	}
	if err != nil {
		return err
	}
	size := fmt.Sprintf("%d × %d pixels", p.Logo.Width, p.Logo.Height)
	if err := c.did(r, v, audit.Organization, "Logo changed", "", size); err != nil {
		return err
	}
	words := "Your logo is on the pages now."
	if p.Scaled {
		words += " It was scaled down to " + size + ", so that the pages stay quick."
	}
	c.Sessions.Flash(r.Context(), "success", words)
	return backToBranding(w, r, v)
}

// removeLogo takes the logo away.
func (c *Console) removeLogo(w http.ResponseWriter, r *http.Request, v *visit) error {
	if err := c.Brands.RemoveLogo(r.Context(), v.org.ID); err != nil {
		return err
	}
	if err := c.did(r, v, audit.Organization, "Logo removed", ""); err != nil {
		return err
	}
	c.Sessions.Flash(r.Context(), "success", "Removed. The pages show your name.")
	return backToBranding(w, r, v)
}
