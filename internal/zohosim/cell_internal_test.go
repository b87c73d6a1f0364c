package zohosim

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Text written as JSON reads back as it was, but for bytes that are no UTF-8.
func TestQuotedTextReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := string(rapid.SliceOf(rapid.Byte()).Draw(rt, "bytes")) + rapid.String().Draw(rt, "text")
		var got string
		if err := json.Unmarshal(appendQuoted(nil, s), &got); err != nil {
			rt.Fatalf("%q: %v", s, err)
		}
		var want strings.Builder
		for _, r := range s {
			want.WriteRune(r)
		}
		if got != want.String() {
			rt.Fatalf("%q read back as %q", s, got)
		}
	})
}

// No frame makes the reader panic, and one that says more than it has is refused.
func FuzzRecordFrame(f *testing.F) {
	n := names{}
	r := &record{id: 7, created: 1, modified: 2, cells: []cell{{field: n.of("Last_Name"), kind: kindText, str: "x"}}}
	whole := appendRecordOp(nil, placeOp{0, "Leads"}, r, n.list)
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	s, err := New(Options{Now: func() time.Time { return time.Unix(0, 0) }})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		err := s.applyRecord(frame)
		if bytes.HasPrefix(whole, frame) && (err == nil) != (len(frame) == len(whole)) {
			t.Fatalf("%d of %d bytes: %v", len(frame), len(whole), err)
		}
	})
}
