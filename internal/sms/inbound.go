package sms

import (
	"html"
	"strings"
	"unicode"
)

// Word is what somebody wants who answers a text message.
type Word string

// The words that every provider and phone company knows (CTIA, Messaging Principles §5.1.3).
const (
	Stop  Word = "stop"
	Start Word = "start"
	Help  Word = "help"
	Other Word = ""
)

// words are the ways to say it in the languages that visitors are written to. A message is one of them when nothing else
// stands in it; who begins with STOP means it whatever follows.
var words = map[string]Word{
	"STOP": Stop, "STOPALL": Stop, "UNSUBSCRIBE": Stop, "CANCEL": Stop, "END": Stop, "QUIT": Stop, "OPTOUT": Stop, "REVOKE": Stop,
	"ALTO": Stop, "PARAR": Stop, "BAJA": Stop, "ARRET": Stop, "STOPP": Stop, "ABMELDEN": Stop,
	"START": Start, "UNSTOP": Start, "ALTA": Start,
	"HELP": Help, "INFO": Help, "AYUDA": Help, "AIDE": Help, "HILFE": Help,
}

// Heard reads what somebody wants.
func Heard(text string) Word {
	list := strings.FieldsFunc(strings.ToUpper(Fold(text)), func(r rune) bool { return !unicode.IsLetter(r) })
	for i, w := range list {
		list[i] = strings.NewReplacer("É", "E", "È", "E").Replace(w)
	}
	switch {
	case len(list) == 0:
		return Other
	case len(list) == 1 || list[0] == "STOP":
		return words[list[0]]
	case len(list) == 2 && list[0]+list[1] == "OPTOUT", len(list) == 2 && list[0]+list[1] == "STOPALL":
		return Stop
	}
	return Other
}

// Reply writes what a provider sends as an answer: a document of Twilio's markup, without a message where there is none.
func Reply(text string) string {
	const head = `<?xml version="1.0" encoding="UTF-8"?>`
	if text == "" {
		return head + "<Response/>"
	}
	return head + "<Response><Message>" + html.EscapeString(text) + "</Message></Response>"
}
