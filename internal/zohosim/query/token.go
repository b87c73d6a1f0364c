package query

import (
	"strings"
	"unicode/utf8"
)

type tokenKind int

const (
	tokEnd tokenKind = iota
	tokWord
	tokNumber
	tokText // in single quotes; text is unescaped
	tokSign // ( ) , and comparison signs
)

// token is a piece of a COQL text; at is its byte offset.
type token struct {
	kind tokenKind
	text string
	at   int
}

// is tells whether the token is this keyword, in any case.
func (t token) is(word string) bool { return t.kind == tokWord && strings.EqualFold(t.text, word) }

func (t token) sign(s string) bool { return t.kind == tokSign && t.text == s }

// tokens cuts a COQL text into tokens; the last one is tokEnd.
func tokens(text string) ([]token, *Problem) {
	var out []token
	for at := 0; ; {
		for at < len(text) && strings.IndexByte(" \t\r\n", text[at]) >= 0 {
			at++
		}
		if at == len(text) {
			return append(out, token{kind: tokEnd, at: at}), nil
		}
		t, end := nextToken(text, at)
		if end == at {
			return nil, syntaxError(text, token{at: at, text: firstRune(text[at:])})
		}
		out = append(out, t)
		at = end
	}
}

// nextToken reads the token at a byte that is no blank; end == at means that none begins here.
func nextToken(text string, at int) (t token, end int) {
	c := text[at]
	switch {
	case c == '\'':
		return quoted(text, at)
	case isWordStart(c):
		end = at + 1
		for end < len(text) && isWordPart(text[end]) {
			end++
		}
		return token{kind: tokWord, text: text[at:end], at: at}, end
	case isDigit(c), (c == '-' || c == '+') && at+1 < len(text) && isDigit(text[at+1]):
		end = numberEnd(text, at+1)
		return token{kind: tokNumber, text: text[at:end], at: at}, end
	}
	for _, s := range []string{"!=", ">=", "<=", "<>", "==", "(", ")", ",", "=", ">", "<", "*", "#"} {
		if strings.HasPrefix(text[at:], s) {
			return token{kind: tokSign, text: s, at: at}, at + len(s)
		}
	}
	return token{}, at
}

// quoted reads 'text' with \' and \\ for the two characters. A text without an end is no token.
func quoted(text string, at int) (token, int) {
	var b strings.Builder
	for i := at + 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text) && (text[i+1] == '\'' || text[i+1] == '\\'):
			i++
			b.WriteByte(text[i])
		case c == '\'':
			return token{kind: tokText, text: b.String(), at: at}, i + 1
		default:
			b.WriteByte(c)
		}
	}
	return token{}, at
}

func numberEnd(text string, end int) int {
	for end < len(text) && isDigit(text[end]) {
		end++
	}
	if end+1 < len(text) && text[end] == '.' && isDigit(text[end+1]) {
		for end++; end < len(text) && isDigit(text[end]); end++ {
		}
	}
	return end
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isWordStart(c byte) bool {
	return c == '_' || c == '$' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func isWordPart(c byte) bool { return isWordStart(c) || isDigit(c) || c == '.' }

func firstRune(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return s[:n]
}

// syntaxError says where the text stops being COQL: line and column count from 1, the column in characters.
func syntaxError(text string, t token) *Problem {
	before := text[:t.at]
	line := 1 + strings.Count(before, "\n")
	column := 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	return &Problem{
		Code: "SYNTAX_ERROR", Message: "unexpected token",
		Details: map[string]any{"line": line, "column": column, "near": strings.ToValidUTF8(t.text, "\uFFFD")},
	}
}
