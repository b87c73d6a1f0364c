package scheduler

import (
	"net/http"

	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/notify"
)

// SpeakPseudo makes the pages speak the language in which every text that is translated is marked.
func (p *Pages) SpeakPseudo() {
	p.speaks = func(*http.Request, string) locale.Lang { return locale.Pseudo }
}

// SendTexts gives the pages' messages a provider of text messages.
func (p *Pages) SendTexts(t notify.Texter) {
	if s, ok := p.consents.(*notify.Service); ok {
		s.Texter = t
	}
}
