package storetest

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"
	"unicode/utf16"
)

// Traces gives the first word that bytes hold in any of the forms in which a program leaves one behind, with the form; "" when
// there is none. Letters count alike in upper and lower case, as far as they are plain ones.
func Traces(in []byte, words ...string) string {
	lower := bytes.ToLower(in)
	for _, w := range words {
		for form, text := range forms(w) {
			if bytes.Contains(in, []byte(text)) || !strings.HasPrefix(form, "base64") && bytes.Contains(lower, bytes.ToLower([]byte(text))) {
				return w + " (" + form + ")"
			}
		}
	}
	return ""
}

// forms writes a word as programs do. In base64 a word that does not begin at a third byte looks otherwise: what is sure of
// the three ways is looked for.
func forms(w string) map[string]string {
	out := map[string]string{
		"plain": w, "lower case": strings.ToLower(w), "URL": url.QueryEscape(w), "path": url.PathEscape(w), "hex": hex.EncodeToString([]byte(w)),
		"UTF-16LE": wide(w, 0, 1), "UTF-16BE": wide(w, 1, 0),
	}
	if j, err := json.Marshal(w); err == nil {
		out["JSON"] = strings.Trim(string(j), `"`)
	}
	for i := range 3 {
		whole := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\x00", i) + w))
		from := []int{0, 2, 3}[i] // characters that the bytes before have a part in
		sure := whole[from : (i+len(w))*8/6]
		out["base64 "+string(rune('0'+i))] = sure
		out["base64url "+string(rune('0'+i))] = strings.NewReplacer("+", "-", "/", "_").Replace(sure)
	}
	return out
}

// wide writes a word in UTF-16, with its bytes at these places.
func wide(w string, low, high int) string {
	var out []byte
	for _, u := range utf16.Encode([]rune(w)) {
		var b [2]byte
		b[low], b[high] = byte(u), byte(u>>8)
		out = append(out, b[:]...)
	}
	return string(out)
}
