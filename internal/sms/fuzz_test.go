package sms_test

import (
	"encoding/xml"
	"strings"
	"testing"
	"unicode/utf8"

	"heavyset.tech/platform/internal/sms"
)

// FuzzHeard: whatever a phone sends, whoever begins with STOP has stopped, in any letters and with any signs around it; a
// reply is a document that reads as what was said; and a text folded for phones never gets longer than it was.
func FuzzHeard(f *testing.F) {
	for _, s := range []string{"stop", "Stop it please", "ARRÊT", "opt-out", "thanks, see you", "<Message>&", "“Grüße” – Jürgen 🏠", "\x00\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if sms.Heard("Stop "+text) != sms.Stop || sms.Heard("...stop, "+text) != sms.Stop {
			t.Fatalf("STOP with %q behind it does not stop", text)
		}
		if one := sms.Heard(text); one != sms.Heard(" ¡"+text+"! ") || one != sms.Heard(strings.ToUpper(strings.ToLower(text))) && one == sms.Stop {
			t.Fatalf("%q is %q, but not with signs around it or in capitals", text, one)
		}
		if utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0xfffe || r == 0xffff }) {
			var doc struct{ Message string }
			if err := xml.Unmarshal([]byte(sms.Reply(text)), &doc); err != nil || doc.Message != text {
				t.Fatalf("%q is answered as %q: %v", text, doc.Message, err)
			}
		}
		folded := sms.Fold(text)
		if sms.Fold(folded) != folded || sms.Heard(folded) != sms.Heard(text) {
			t.Fatalf("%q folds to %q, and that to %q", text, folded, sms.Fold(folded))
		}
		if n, own := sms.Length(folded); sms.Parts(folded) < 1 || own && n > 4*len([]rune(text))+3 {
			t.Fatalf("%q takes %d places in %d messages", folded, n, sms.Parts(folded))
		}
	})
}
