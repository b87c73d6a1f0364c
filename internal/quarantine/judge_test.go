package quarantine_test

import (
	"crypto/sha256"
	"fmt"
	"math/bits"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/quarantine"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

var monday = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)

// world is a gate before an organization whose clock a test turns.
type world struct {
	*testing.T
	now  time.Time
	org  org.Organization
	s    *store.Store
	gate *quarantine.Service
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, now: monday}
	clock := func() time.Time { return w.now }
	w.s = storetest.Open(t, storetest.SQLite(t, filepath.Join(t.TempDir(), "test.db")), clock, nil)
	var err error
	if w.org, err = (&org.Service{Store: w.s, Now: clock}).Create(t.Context(), org.Draft{Slug: "o", Name: "O", Timezone: "UTC"}); err != nil {
		t.Fatal(err)
	}
	keys, err := secret.ParseKeyring("k:" + strings.Repeat("A", 43) + "=")
	if err != nil {
		t.Fatal(err)
	}
	w.gate = quarantine.New(w.s, booking.New(w.s, clock), &lead.Service{Store: w.s, Now: clock}, keys, clock)
	return w
}

// send sends an enquiry and says what became of it.
func (w *world) send(r lead.Request, g quarantine.Signs) string {
	w.Helper()
	if r.Kind = lead.ContactUs; r.Contact.LastName == "" {
		r.Contact.LastName = "Doe"
	}
	if r.Contact.Email == "" {
		r.Contact.Email = fmt.Sprintf("n%d@a.example", w.now.UnixNano())
	}
	_, held, err := w.gate.Capture(w.Context(), w.org, r, g)
	switch {
	case fault.Is(err, fault.Invalid):
		return "refused"
	case err != nil:
		w.Fatal(err)
	case held:
		return "held"
	}
	return "taken"
}

// work does a browser's proof of work.
func work(opened string) string {
	for n := 0; ; n++ {
		sum := sha256.Sum256([]byte(opened[len(opened)-40:] + ":" + strconv.Itoa(n)))
		if bits.LeadingZeros16(uint16(sum[0])<<8|uint16(sum[1])) >= quarantine.WorkBits {
			return strconv.Itoa(n)
		}
	}
}

// form is a form that was open for a while, in a browser that has worked for it.
func (w *world) form(open time.Duration) quarantine.Signs {
	w.now = w.now.Add(-open)
	g := quarantine.Signs{Form: true, Address: "192.0.2.1", Opened: w.gate.Opened(w.org.ID)}
	w.now = w.now.Add(open)
	g.Proof = work(g.Opened)
	return g
}

func TestSigns(t *testing.T) {
	t.Parallel()
	spam := lead.Request{Contact: lead.Contact{FirstName: "Buy https://x.example"}, Message: "https://a.example https://b.example https://c.example"}
	named := lead.Request{Contact: lead.Contact{FirstName: "https://x.example"}}
	for name, c := range map[string]struct {
		r    lead.Request
		g    func(w *world) quarantine.Signs
		want string
	}{
		"a form as people send it":                    {g: func(w *world) quarantine.Signs { return w.form(20 * time.Second) }, want: "taken"},
		"a browser that fills the form":               {g: func(w *world) quarantine.Signs { return w.form(time.Second) }, want: "taken"},
		"a page that was open for a week":             {g: func(w *world) quarantine.Signs { return w.form(7 * 24 * time.Hour) }, want: "taken"},
		"a page of last week, and a link in the name": {r: named, g: func(w *world) quarantine.Signs { return w.form(7 * 24 * time.Hour) }, want: "held"},
		"a form without a time":                       {g: func(*world) quarantine.Signs { return quarantine.Signs{Form: true} }, want: "taken"},
		"a time that we have not written":             {g: func(*world) quarantine.Signs { return quarantine.Signs{Form: true, Opened: "k:x"} }, want: "held"},
		"a link in the name of a slow form":           {r: named, g: func(w *world) quarantine.Signs { return w.form(time.Minute) }, want: "taken"},
		"without JavaScript":                          {g: func(w *world) quarantine.Signs { g := w.form(time.Minute); g.Proof = ""; return g }, want: "taken"},
		"without JavaScript, in a hurry":              {g: func(w *world) quarantine.Signs { g := w.form(time.Second); g.Proof = ""; return g }, want: "taken"},
		"without JavaScript, a link in the name":      {r: named, g: func(w *world) quarantine.Signs { g := w.form(time.Minute); g.Proof = ""; return g }, want: "held"},
		"a proof of another form": {r: named, g: func(w *world) quarantine.Signs {
			g := w.form(time.Minute)
			g.Opened = w.gate.Opened(w.org.ID)
			w.now = w.now.Add(time.Minute)
			return g
		}, want: "held"},
		"a proof that is none, alone":                  {g: func(w *world) quarantine.Signs { g := w.form(time.Minute); g.Proof = "-1"; return g }, want: "taken"},
		"a proof that is none, and a link in the name": {r: named, g: func(w *world) quarantine.Signs { g := w.form(time.Minute); g.Proof = "12345678901"; return g }, want: "held"},
		"a link in the name of a quick form":           {r: named, g: func(w *world) quarantine.Signs { return w.form(time.Second) }, want: "held"},
		"links everywhere, by the API":                 {r: spam, g: func(*world) quarantine.Signs { return quarantine.Signs{} }, want: "held"},
		"links everywhere, by a program's key":         {r: spam, g: func(*world) quarantine.Signs { return quarantine.Signs{Trusted: true} }, want: "taken"},
		"a filled trap":                                {g: func(w *world) quarantine.Signs { g := w.form(time.Minute); g.Trap = "x"; return g }, want: "held"},
		"a filled trap and links everywhere":           {r: spam, g: func(w *world) quarantine.Signs { g := w.form(time.Minute); g.Trap = "x"; return g }, want: "refused"},
		"spam that could not be an enquiry":            {r: lead.Request{Contact: lead.Contact{Email: "x"}}, g: func(*world) quarantine.Signs { return quarantine.Signs{Form: true, Trap: "x"} }, want: "refused"},
		"another organization's time is not ours": {g: func(w *world) quarantine.Signs {
			return quarantine.Signs{Form: true, Opened: w.gate.Opened("org_other")}
		}, want: "held"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if got := w.send(c.r, c.g(w)); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
			n, err := w.s.CountSuspects(t.Context(), w.org.ID)
			if err != nil || (n == 1) != (c.want == "held") {
				t.Errorf("%d are kept (%v)", n, err)
			}
		})
	}
}

func TestHowOften(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(i int, r *lead.Request, g *quarantine.Signs)
		taken  int // of 60
	}{
		"one address": {func(int, *lead.Request, *quarantine.Signs) {}, 40},
		"one e-mail address": {func(i int, r *lead.Request, g *quarantine.Signs) {
			r.Contact.Email, g.Address = "A@a.example", fmt.Sprint("a", i)
		}, 15},
		"one text": {func(i int, r *lead.Request, g *quarantine.Signs) {
			r.Message, g.Address = "Best SEO in town, call now", fmt.Sprint("a", i)
		}, 12},
		"a program without a key": {func(_ int, r *lead.Request, g *quarantine.Signs) {
			r.Message, g.Form = "Booked by our call center", false
		}, 60},
		"sixty people of one house": {func(i int, _ *lead.Request, g *quarantine.Signs) { g.Address = fmt.Sprint("a", i) }, 60},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			taken := 0
			for i := range 60 {
				r, g := lead.Request{Contact: lead.Contact{Email: fmt.Sprintf("n%d@a.example", i)}}, w.form(time.Minute)
				c.change(i, &r, &g)
				if w.send(r, g) == "taken" {
					taken++
				}
			}
			if taken != c.taken {
				t.Errorf("%d were taken, want %d", taken, c.taken)
			}
		})
	}
}

// TestARepetitionIsWhatTheFirstWas: it is neither kept twice nor, once answered, held back.
func TestARepetitionIsWhatTheFirstWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := lead.Request{Message: "https://a.example https://b.example https://c.example", Key: lead.IdempotencyKey{Key: "k", Body: "b"}}
	r.Contact.FirstName = "https://x.example"
	if a, b := w.send(r, quarantine.Signs{}), w.send(r, quarantine.Signs{}); a != "held" || b != "held" {
		t.Errorf("%s, then %s", a, b)
	}
	if n, err := w.s.CountSuspects(t.Context(), w.org.ID); n != 1 || err != nil {
		t.Errorf("%d are kept (%v)", n, err)
	}
	r.Key.Key = "other"
	if a, b := w.send(r, quarantine.Signs{Trusted: true}), w.send(r, quarantine.Signs{}); a != "taken" || b != "taken" {
		t.Errorf("%s, then %s", a, b)
	}
	w.now = w.now.Add(quarantine.KeepFor + time.Minute)
	if err := w.s.Sweep(t.Context(), w.now); err != nil {
		t.Fatal(err)
	}
	if n, err := w.s.CountSuspects(t.Context(), w.org.ID); n != 0 || err != nil {
		t.Errorf("%d are kept after a month (%v)", n, err)
	}
}
