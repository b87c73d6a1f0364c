package storetest_test

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/store/storetest"
)

// TestTraces: a word is found however it was written and wherever it stands, and a like one is not.
func TestTraces(t *testing.T) {
	t.Parallel()
	const word = "Zoë <quill>"
	wide := func(s string) string {
		var b strings.Builder
		for _, r := range s {
			b.WriteString(string([]byte{byte(r), byte(r >> 8)}))
		}
		return b.String()
	}
	j, err := json.Marshal(map[string]string{"x": word})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"plain": "a " + word + " b", "upper case": "ZOë <QUILL>", "JSON": string(j), "URL": "?q=" + url.QueryEscape(word), "path": "/" + url.PathEscape(word), "UTF-16": wide("x" + word),
		"base64 at 0": base64.StdEncoding.EncodeToString([]byte(word + " and more")), "base64 at 1": base64.StdEncoding.EncodeToString([]byte("a" + word)),
		"base64 at 2": base64.RawURLEncoding.EncodeToString([]byte("ab" + word + "c")),
	} {
		if storetest.Traces([]byte("before "+text+" after"), "nothing", word) == "" {
			t.Errorf("not found: %s", name)
		}
	}
	if found := storetest.Traces([]byte("Zoe <quill> Zoë quill"), word); found != "" {
		t.Error(found)
	}
}
