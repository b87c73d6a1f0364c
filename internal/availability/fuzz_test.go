package availability_test

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	. "heavyset.tech/platform/internal/availability"
)

// bytesDice turns fuzzed bytes into numbers; when they are used up, everything is the lowest.
type bytesDice struct{ data []byte }

func (d *bytesDice) number(_ string, low, high int) int {
	if len(d.data) < 2 {
		return low
	}
	v := binary.BigEndian.Uint16(d.data)
	d.data = d.data[2:]
	return low + int(v)%(high-low+1)
}

func FuzzParseWall(f *testing.F) {
	for _, s := range []string{"00:00", "23:59", "24:00", "24:01", "9:00", "", "12:3\xff", "1２:00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w, err := ParseWall(s)
		if err == nil && (w < 0 || w > 1440 || w.String() != s) {
			t.Errorf("%q is read as %d, which is %v", s, w, w)
		}
	})
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2026-12-01", "0000-01-01", "9999-12-31", "2026-02-29", "-001-01-01", "2026-12-1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDate(s)
		if err == nil && (d.String() != s || d.AddDays(400).AddDays(-400) != d || d.AddDays(7).Weekday() != d.Weekday()) {
			t.Errorf("%q is read as %+v", s, d)
		}
	})
}

// A pattern matches the code it is made of and nothing that is not its beginning, whatever characters there are.
func FuzzPostalCode(f *testing.F) {
	for _, s := range [][2]string{{"606*", "60640"}, {"K1A 0B1", "k1a0b1"}, {"*", ""}, {"**", "*"}, {"İ", "i"}, {"[0-9]", "5"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, pattern, code string) {
		if !utf8.ValidString(pattern) || !utf8.ValidString(code) {
			t.Skip("bytes that are no text all look alike")
		}
		def := dayDefinition(t, "UTC", "09:00-10:00")
		def.Territories = []Territory{{"n", []string{pattern}}}
		def.Reps[0].Territories = []string{"n"}
		rules, err := NewRules(def)
		if err != nil {
			t.Fatal(err)
		}
		serves := func(code string) bool {
			now := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
			q := Query{Service: "visit", From: Date{2026, 12, 1}, To: Date{2026, 12, 1}, PostalCode: code}
			slots, _ := rules.Plan(q, nil, now).At(now)
			return len(slots) == 1
		}
		plain := func(s string) string { return strings.ToUpper(strings.Join(strings.Fields(s), "")) }
		want := plain(pattern) == plain(code)
		if begin, ok := strings.CutSuffix(plain(pattern), "*"); ok {
			want = strings.HasPrefix(plain(code), begin)
		}
		if plain(code) == "" {
			want = true // as if none was given
		}
		if got := serves(code); got != want {
			t.Errorf("%q serves %q: %v", pattern, code, got)
		}
		if !serves(" "+code) || !serves(strings.ToUpper(code)) {
			if want {
				t.Errorf("%q serves %q, but not with a blank or in capitals", pattern, code)
			}
		}
	})
}

// Whatever the rules: no panic, slots in order and each once, explained as offered, and never a rep who is taken.
func FuzzSlots(f *testing.F) {
	f.Add([]byte{}, int64(0))
	f.Add([]byte("a clock change, some reps and some hours of theirs, and a block or two of everything"), int64(3600))
	f.Add([]byte(strings.Repeat("\x80\x01\x00\x20\xff\xfe", 100)), int64(-86400))
	f.Fuzz(func(t *testing.T, data []byte, shift int64) {
		d := &bytesDice{data}
		w := newWorld(d, pick(d, "clock change", changes()...))
		for i := range w.blocks { // anything but whole minutes, and any year
			w.blocks[i].End = w.blocks[i].End.Add(time.Duration(shift))
			w.blocks[i].LastDay = w.blocks[i].LastDay.AddDays(int(shift >> 40))
		}
		slots := w.at(t)
		rules := w.rules(t)
		for i, s := range slots {
			if i > 0 && !slots[i-1].Start.Before(s.Start) || s.Remaining < 1 {
				t.Fatalf("slot %d: %+v after %+v", i, s, slots[max(0, i-1)])
			}
			free, why := rules.Free(w.ask(s.Start), w.blocks, w.now)
			if !why.Offered {
				t.Fatalf("slot %v is explained as %v", s, codes(why))
			}
			for _, b := range w.blocks {
				over := b.Start.Before(s.End) && s.Start.Before(b.End) && b.Start.Before(b.End) && !b.AllDay
				ignored := w.query.Ignore == b.ID && b.Kind <= Hold || b.Kind == Hold && !b.Expires.After(w.now)
				for _, rep := range free {
					if over && !ignored && b.Rep == rep {
						t.Fatalf("%s is free from %v despite %+v", rep, s.Start, b)
					}
				}
			}
		}
		for _, start := range []time.Time{{}, time.Unix(1<<55, 0), time.Unix(-1<<55, 0), time.Unix(0, shift), w.now.Add(time.Duration(shift))} {
			if why := rules.Explain(w.ask(start), w.blocks, w.now); why.Offered == (len(why.Reasons) > 0) {
				t.Fatalf("%v: %+v", start, why)
			}
		}
	})
}
