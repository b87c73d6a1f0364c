package admin_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/locale"
)

const brandPath = "/admin/orgs/ridge/scheduler/branding"

// upload posts a file as a browser does.
func (b *browser) upload(path, field string, file []byte) answer {
	b.w.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	p, err := m.CreateFormFile(field, "../../logo.png")
	if err == nil {
		_, err = p.Write(file)
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		b.w.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(b.w.t.Context(), http.MethodPost, b.w.url+path, &body)
	if err != nil {
		b.w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", m.FormDataContentType())
	return b.do(r)
}

func TestBranding(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	b := w.as("admin@ridge.example")
	first := b.get(brandPath)
	first.sound(t, brandPath)
	if csp := first.header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-src 'self'") || strings.Contains(csp, "unsafe-inline") {
		t.Error(csp)
	}
	bad := b.post(brandPath, "language", "de", "accent", "#ffcc00", "band", "#ffcc00", "headline", hostile, "intro", "zwei\nZeilen", "note", hostile)
	if bad.code != http.StatusUnprocessableEntity || bad.Find("#f-headline").AttrOr("value", "") != hostile {
		t.Errorf("%d: something typed was lost", bad.code)
	}
	bad.has(t, "#e-accent", "Can't be read well enough")
	if bad.count("form[data-look][data-dirty]") != 1 || first.count("form[data-dirty]") != 0 {
		t.Error("what is refused can be left without a question, or what is kept can't")
	}
	nearest, _ := bad.Find("button[name=use]").Attr("value")
	saved := b.post(brandPath, "language", "de", "accent", "#ffcc00", "use", nearest, "band", "#ffcc00", "headline", hostile, "intro", "zwei\nZeilen", "note", hostile)
	if saved.code != http.StatusSeeOther {
		t.Fatalf("one click: %d %s", saved.code, saved.text("main"))
	}
	o, err := w.store.Organization(t.Context(), w.ridge.ID)
	if err != nil || o.Accent != nearest || o.Look.Band != "#ffcc00" || o.Look.Texts[locale.German].Note != hostile {
		t.Errorf("%+v (%v)", o, err)
	}
	page := b.get(saved.location)
	page.sound(t, saved.location)
	if page.Find("#f-note").Text() != hostile || page.Find("#f-accent").AttrOr("value", "") != nearest {
		t.Error("the form does not show what is kept")
	}
	all := strings.Join(w.events(w.ridge.ID), "\n")
	if !strings.Contains(all, "Branding changed") || !strings.Contains(all, "accent: HeavySet's → "+nearest) {
		t.Error(all)
	}

	typed := url.Values{"language": {"de"}, "accent": {"#800000"}, "headline": {"<i>"}, "sheet": {"confirmed"}}
	if got := b.get(brandPath + "/preview?" + typed.Encode()); got.code != http.StatusOK || !strings.Contains(got.body, "de|confirmed|#800000||&lt;i&gt;||") {
		t.Errorf("%d %s", got.code, got.body)
	}
	if now, err := w.store.Organization(t.Context(), w.ridge.ID); err != nil || now.Accent != nearest {
		t.Errorf("looking has changed it: %s (%v)", now.Accent, err)
	}
	m := w.as("member@ridge.example").get(brandPath)
	m.sound(t, "as member")
	if m.count("main input[type=file], main button.button-primary") > 0 || m.count("fieldset[disabled]") != 2 {
		t.Error("a member is offered to change it")
	}
}

// TestAFaintLogo: a logo in the colour of the page's head is taken, and the page says what to do until it can be seen. Whatever is
// done about the logo leads back to the language that was open.
func TestAFaintLogo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	b := w.as("admin@ridge.example")
	m := image.NewNRGBA(image.Rect(0, 0, 200, 60))
	for x := 20; x < 180; x++ {
		for y := 20; y < 40; y++ {
			m.SetNRGBA(x, y, color.NRGBA{255, 255, 255, 255})
		}
	}
	var file bytes.Buffer
	if err := png.Encode(&file, m); err != nil {
		t.Fatal(err)
	}
	german := b.get(brandPath + "?language=de")
	form := german.Find("form[enctype]")
	got := b.upload(form.AttrOr("action", ""), "logo", file.Bytes())
	if got.code != http.StatusSeeOther || got.location != brandPath+"?language=de" {
		t.Fatalf("%d %s", got.code, got.location)
	}
	page := b.get(got.location)
	page.has(t, "#faint", "hardly be seen")
	page.has(t, "#faint", "Write #1c222b into “Head of the page”")
	if got := b.post(brandPath, "language", "de", "band", "#1c222b"); got.code != http.StatusSeeOther {
		t.Fatal(got.code)
	}
	better := b.get(brandPath)
	if better.count("#faint") > 0 {
		t.Error(better.text("#faint"))
	}
	if bad := b.upload(form.AttrOr("action", ""), "logo", nil); bad.Find("input[name=language]").AttrOr("value", "") != "de" {
		t.Error("a file that is refused leads to another language")
	}
	if gone := b.post(page.Find("button[formaction]").First().AttrOr("formaction", "")); gone.location != brandPath+"?language=de" {
		t.Errorf("removing leads to %d %s", gone.code, gone.location)
	}
}

// logoFile is a picture that is larger than a logo.
func logoFile(t *testing.T) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, 1000, 200))
	for i := range 200 {
		m.Set(i, i, color.NRGBA{200, 30, 30, 255})
	}
	var file bytes.Buffer
	if err := png.Encode(&file, m); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func TestLogo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	b := w.as("admin@ridge.example")
	file := logoFile(t)
	got := b.upload(brandPath+"/logo", "logo", file)
	if got.code != http.StatusSeeOther {
		t.Fatal(got.code, got.text("main"))
	}
	page := b.get(got.location)
	page.has(t, ".notice", "scaled down to 320 × 64 pixels")
	o, err := w.store.Organization(t.Context(), w.ridge.ID)
	if err != nil || page.Find("main img").AttrOr("src", "") != "/book/ridge/logo/"+o.Look.Logo.Sum+".png" {
		t.Errorf("%+v (%v)", o.Look.Logo, err)
	}
	for what, wrong := range map[string][]byte{"is no PNG": []byte("GIF"), "carry programs": []byte("<svg onload=alert(1)>"), "choose a file": nil, "larger than 2 MB": make([]byte, 2<<20+1)} {
		bad := b.upload(brandPath+"/logo", "logo", wrong)
		if bad.code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", what, bad.code)
		}
		bad.has(t, "#e-logo", strings.TrimPrefix(what, "is "))
	}
	if bad := b.upload(brandPath+"/logo", "logo", make([]byte, 3<<20)); bad.code != http.StatusUnprocessableEntity {
		t.Errorf("a body without end: %d", bad.code)
	}
	if bad := b.post(brandPath+"/logo", "logo", "x"); bad.code != http.StatusUnprocessableEntity {
		t.Errorf("no file at all: %d", bad.code)
	}
	if now, err := w.store.Organization(t.Context(), w.ridge.ID); err != nil || now.Look.Logo != o.Look.Logo {
		t.Errorf("a file that was refused has changed the logo (%v)", err)
	}
	if bad := w.as("member@ridge.example").upload(brandPath+"/logo", "logo", file); bad.code != http.StatusForbidden {
		t.Errorf("a member: %d", bad.code)
	}
	if got := b.post(brandPath + "/logo/remove"); got.code != http.StatusSeeOther {
		t.Error(got.code)
	}
	if now, err := w.store.Organization(t.Context(), w.ridge.ID); err != nil || now.Look.Logo.Sum != "" {
		t.Errorf("%+v (%v)", now.Look, err)
	}
	all := strings.Join(w.events(w.ridge.ID), "\n")
	if strings.Count(all, "Logo changed") != 1 || strings.Count(all, "Logo removed") != 1 {
		t.Error(all)
	}
}
