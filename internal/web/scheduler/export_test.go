package scheduler

import (
	"net/http"

	"heavyset.tech/platform/internal/locale"
)

// SpeakPseudo makes the pages speak the language in which every text that is translated is marked.
func (p *Pages) SpeakPseudo() {
	p.speaks = func(*http.Request, string) locale.Lang { return locale.Pseudo }
}
