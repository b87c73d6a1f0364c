// Package brand is how an organization's public pages and mails look: its colours, its logo and its own words.
//
// It stands beside "a visitor books": an administrator chooses, web/scheduler and notify show it. What is kept can be read
// by everybody: a colour on which or in which words could not be read is refused with the nearest that can be, and where
// one colour can't do for light and dark pages alike the other shade is made here. A logo is a picture that we have drawn
// ourselves from the pixels of the file that came, bounded in size before and after; nothing else of the file is kept.
//
// Texts are plain text; whoever shows them escapes them. The package never fetches anything and knows no page.
package brand

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/org"
)

// Bounds of the texts, in characters.
const (
	MaxHeadline = 80
	MaxIntro    = 400
	MaxNote     = 600
)

// Store keeps how organizations look. Whatever it changes is seen by the next page.
type Store interface {
	// ChangeLook gives the organization to change and keeps its accent and look as they come back.
	ChangeLook(ctx context.Context, o org.ID, change func(org.Organization) (org.Organization, error)) error
	// KeepLogo puts a logo in the place of the present one; without a file it takes that away.
	KeepLogo(ctx context.Context, o org.ID, l org.Logo, file []byte) error
	// LogoFile gives the file of the present logo, fault.NotFound if that has another checksum.
	LogoFile(ctx context.Context, o org.ID, sum string) ([]byte, error)
}

// Service changes how organizations look.
type Service struct {
	Store Store

	drawing sync.Mutex // one picture at a time: each may need some tens of megabytes while it is drawn
}

// Draft is what an administrator has typed: the colours, and the texts of one language.
type Draft struct {
	Accent, Band string
	Language     locale.Lang
	Texts        org.Texts
}

// Apply gives the organization with what can be used of a draft, and what can't as fault.Invalid. Its fields are accent,
// band, headline, intro and note.
func (d Draft) Apply(o org.Organization) (org.Organization, error) {
	if !slices.Contains(locale.All(), d.Language) {
		return o, fault.New(fault.NotFound, "There is no such language.")
	}
	var wrong []fault.Field
	refuse := func(path, format string, args ...any) {
		wrong = append(wrong, fault.Field{Path: path, Message: fmt.Sprintf(format, args...)})
	}
	const shape = "is no colour. Write it like #1f6f54."
	if c, ok := typed(d.Accent); ok {
		o.Accent = c.String()
		if m := least(c, lightGround, lightSurface, onLight); m < readable {
			refuse("accent", "can't be read well enough: its contrast with our pages is %.1f to 1, and 4.5 to 1 is needed. The nearest that can is %s.", m, c.OnLight())
		}
	} else if o.Accent = ""; strings.TrimSpace(d.Accent) != "" {
		refuse("accent", shape)
	}
	if c, ok := typed(d.Band); ok {
		o.Look.Band = c.String()
	} else if o.Look.Band = ""; strings.TrimSpace(d.Band) != "" {
		refuse("band", shape)
	}
	x := org.Texts{Headline: strings.Join(strings.Fields(d.Texts.Headline), " "), Intro: text(d.Texts.Intro), Note: text(d.Texts.Note)}
	for _, f := range []struct {
		path  string
		text  *string
		limit int
	}{{"headline", &x.Headline, MaxHeadline}, {"intro", &x.Intro, MaxIntro}, {"note", &x.Note, MaxNote}} {
		if problem := unfit(*f.text, f.limit); problem != "" {
			refuse(f.path, "%s", problem)
			*f.text = ""
		}
	}
	texts := map[locale.Lang]org.Texts{d.Language: x}
	for l, t := range o.Look.Texts {
		if l != d.Language {
			texts[l] = t
		}
	}
	if x == (org.Texts{}) {
		delete(texts, d.Language)
	}
	o.Look.Texts = texts
	return o, fault.OfFields(wrong)
}

func text(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }

// unfit says what is wrong about a text; "" when nothing is.
func unfit(s string, limit int) string {
	switch {
	case len([]rune(s)) > limit:
		return fmt.Sprintf("is longer than %d characters.", limit)
	case strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f }):
		return "must not have control characters."
	}
	return ""
}

// Save keeps a draft. fault.Invalid names the fields that can't be used; then nothing is kept.
func (s *Service) Save(ctx context.Context, o org.ID, d Draft) (was, is org.Organization, err error) {
	err = s.Store.ChangeLook(ctx, o, func(now org.Organization) (org.Organization, error) {
		was = now
		is, err = d.Apply(now)
		return is, err
	})
	return was, is, err
}

// Nearest gives the nearest colour to one that was refused; "" when it is no colour at all.
func Nearest(accent string) string {
	c, ok := typed(accent)
	if !ok {
		return ""
	}
	return c.OnLight().String()
}

// SetLogo draws a logo of an uploaded file and puts it in the place of the present one. fault.Invalid says what is wrong
// about the file.
func (s *Service) SetLogo(ctx context.Context, o org.ID, file []byte) (Picture, error) {
	p, err := s.draw(file)
	if err != nil {
		return Picture{}, err
	}
	return p, s.Store.KeepLogo(ctx, o, p.Logo, p.PNG)
}

func (s *Service) draw(file []byte) (Picture, error) {
	s.drawing.Lock()
	defer s.drawing.Unlock()
	return Draw(file)
}

// RemoveLogo takes the logo away; there need not be one.
func (s *Service) RemoveLogo(ctx context.Context, o org.ID) error {
	return s.Store.KeepLogo(ctx, o, org.Logo{}, nil)
}
