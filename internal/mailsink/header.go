package mailsink

import (
	"bytes"
	"mime"
	"strings"
)

// field is one header line, unfolded. net/mail would change the spelling of its name.
type field struct{ name, value string }

type fields []field

// get gives the first value of that name in any case.
func (f fields) get(name string) string {
	for _, h := range f {
		if strings.EqualFold(h.name, name) {
			return h.value
		}
	}
	return ""
}

// splitHeader parts a message at its first empty line and unfolds the lines above it (RFC 5322 §2.2). Names that differ
// only in case are given the spelling of the first. A line that is no header is left out.
func splitHeader(raw []byte) (fields, []byte) {
	var out fields
	for len(raw) > 0 {
		line, rest, _ := bytes.Cut(raw, []byte("\n"))
		raw = rest
		text := strings.ToValidUTF8(string(bytes.TrimSuffix(line, []byte("\r"))), "\uFFFD")
		if text == "" {
			break
		}
		if text[0] == ' ' || text[0] == '\t' {
			if len(out) > 0 {
				out[len(out)-1].value += text
			}
			continue
		}
		name, value, ok := strings.Cut(text, ":")
		if !ok || name == "" || strings.ContainsAny(name, " \t") {
			continue
		}
		for _, h := range out {
			if strings.EqualFold(h.name, name) {
				name = h.name
			}
		}
		out = append(out, field{name, value})
	}
	for i := range out {
		out[i].value = strings.TrimSpace(out[i].value)
	}
	return out, raw
}

// decodeWords decodes the encoded words of RFC 2047; what does not decode stays as it is.
func decodeWords(s string) string {
	out, err := (&mime.WordDecoder{}).DecodeHeader(s)
	if err != nil {
		return s
	}
	return strings.ToValidUTF8(out, "\uFFFD")
}
