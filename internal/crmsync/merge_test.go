package crmsync_test

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/settings"
)

// couple is a customer and a record of theirs, changed by people on both sides.
type couple struct {
	ours, theirs lead.Contact
	known        *crmsync.Known

	// What each side was when it last was brought to the other, by our own account; nil before the first time.
	atOurs, atTheirs map[crmsync.Part]lead.Contact
}

// words are what people type: few, so that both sides often type the same; "" takes a value out.
func words() *rapid.Generator[string] { return rapid.SampledFrom([]string{"", "a", "A", "b", "c"}) }

// change changes some part of a contact. Ours never loses one: nothing here takes a value out.
func (c *couple) change(t *rapid.T, side string) {
	p := rapid.SampledFrom(crmsync.Parts()).Draw(t, "part")
	w := words().Draw(t, "text")
	is := p.Put(lead.Contact{}, lead.Contact{FirstName: w, LastName: w, Email: w, Phone: w, Street: w, City: w + words().Draw(t, "more")})
	if side == "theirs" {
		c.theirs = p.Put(c.theirs, is)
	} else if p.Of(is) != (lead.Contact{}) {
		c.ours = p.Put(c.ours, is)
	}
}

func (c *couple) sides(newer bool) crmsync.Sides {
	return crmsync.Sides{Ours: c.ours, Shown: c.ours, Theirs: c.theirs, Known: c.known, Newer: newer}
}

// push writes what a policy allows, as the writer does.
func (c *couple) push(overwrite bool) {
	if c.known == nil || !c.known.Waits(c.ours) {
		return
	}
	changed := c.sides(false).ChangedThere()
	for _, p := range crmsync.Parts() {
		blank := p.Of(c.theirs) == lead.Contact{}
		if !slices.Contains(changed, p) && p.Of(c.ours) != (lead.Contact{}) && (blank || overwrite || slices.Contains(c.known.Owed, p)) {
			c.theirs = p.Put(c.theirs, c.ours)
		}
		if c.atTheirs[p] == p.Of(c.theirs) || p.Of(c.ours) == p.Of(c.theirs) || p.Of(c.theirs) == (lead.Contact{}) {
			c.atOurs[p], c.atTheirs[p] = p.Of(c.ours), p.Of(c.theirs)
		}
	}
	k := c.sides(false).Written(changed)
	c.known = &k
}

func (c *couple) pull(truth settings.Truth, newer bool) crmsync.Merge {
	m := crmsync.Compare(c.sides(newer), truth)
	if c.atOurs == nil {
		c.atOurs, c.atTheirs = map[crmsync.Part]lead.Contact{}, map[crmsync.Part]lead.Contact{}
	}
	for _, p := range crmsync.Parts() {
		if !slices.Contains(m.Asks, p) {
			c.atTheirs[p] = p.Of(c.theirs)
		}
		if p.Of(m.Contact) == p.Of(c.theirs) {
			c.atOurs[p] = p.Of(m.Contact)
		}
	}
	c.ours, c.known = m.Contact, &m.Known
	return m
}

func TestThreeWayMerge(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		truth := rapid.SampledFrom([]settings.Truth{"", settings.TruthCRM, settings.TruthOurs, settings.TruthNewest, settings.TruthAsk}).Draw(t, "truth")
		overwrite := rapid.Bool().Draw(t, "overwrite")
		c := &couple{ours: lead.Contact{LastName: "a", Email: "a"}, theirs: lead.Contact{LastName: "a"}}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"ours", "theirs", "push", "pull"}).Draw(t, "step") {
			case "ours":
				c.change(t, "ours")
			case "theirs":
				c.change(t, "theirs")
			case "push":
				c.push(overwrite)
			case "pull":
				newer := rapid.Bool().Draw(t, "newer")
				before := *c
				before.atOurs, before.atTheirs = maps.Clone(c.atOurs), maps.Clone(c.atTheirs)
				m := c.pull(truth, newer)
				holds(t, before, m, truth, newer)
				told(t, before, m)
				again := *c
				if twice := crmsync.Compare(again.sides(newer), truth); twice.Contact != c.ours || len(twice.Took) > 0 {
					t.Fatalf("compared twice, %+v becomes %+v, took %v", c.ours, twice.Contact, twice.Took)
				}
			}
		}
		quiet(t, c, truth, overwrite)
	})
}

// TestAddressWithoutCountry: an address that leaves out state or country is no other one.
func TestAddressWithoutCountry(t *testing.T) {
	t.Parallel()
	full := lead.Contact{Street: "1 Elm St", City: "Chicago", State: "IL", PostalCode: "60613", Country: "US"}
	less, moved := full, full
	less.State, less.Country = "", ""
	moved.State, moved.Country, moved.Street = "", "", "2 Elm St"
	for name, c := range map[string]struct{ ours, theirs, want lead.Contact }{
		"theirs says less":                  {full, less, full},
		"ours says less":                    {less, full, full},
		"theirs says less, and other":       {full, moved, full}, // and is asked about
		"theirs has another state":          {full, lead.Contact{Street: "1 Elm St", City: "Chicago", State: "IN", PostalCode: "60613"}, full},
		"theirs has no street, ours has it": {full, lead.Contact{City: "Chicago", PostalCode: "60613"}, full},
	} {
		m := crmsync.Compare(crmsync.Sides{Ours: c.ours, Shown: c.ours, Theirs: c.theirs}, settings.TruthAsk)
		same := c.theirs.Street == "1 Elm St" && c.theirs.State != "IN"
		if m.Contact != c.want || (len(m.Asks) == 0) != same {
			t.Errorf("%s: becomes %+v, asks %v", name, m.Contact, m.Asks)
		}
		sides := crmsync.Sides{Ours: c.ours, Shown: c.ours, Theirs: c.theirs, Known: &crmsync.Known{Ours: c.ours, Theirs: crmsync.Face{Contact: full}}}
		if changed := len(sides.ChangedThere()) > 0; changed == same && c.theirs != full {
			t.Errorf("%s: changed there: %v", name, changed)
		}
	}
}

// holds checks one comparison, part by part.
func holds(t *rapid.T, was couple, m crmsync.Merge, truth settings.Truth, newer bool) {
	for _, p := range crmsync.Parts() {
		none := lead.Contact{}
		ours, theirs, is := p.Of(was.ours), p.Of(was.theirs), p.Of(m.Contact)
		oursNew, theirsNew, owed := ours != none, theirs != none, false
		if was.known != nil {
			oursNew, theirsNew = oursNew && ours != p.Of(was.known.Ours), theirsNew && theirs != p.Of(was.known.Theirs.Contact)
			owed = slices.Contains(was.known.Owed, p)
		}
		alike := p.Text(ours) == p.Text(theirs) || p.Text(ours) == "a" && p.Text(theirs) == "A" || p.Text(ours) == "A" && p.Text(theirs) == "a"
		keeps := truth == settings.TruthOurs || truth == settings.TruthNewest && newer
		want, asks := ours, false
		switch {
		case theirs == none || ours == theirs || p == crmsync.Address && theirsNew && (oursNew || owed): // addresses below
			if ours != none && is == none {
				t.Fatalf("%s: a blank took the place of %+v", p, ours)
			}
			continue
		case ours == none, theirsNew && !oursNew && !owed, theirsNew && alike:
			want = theirs
		case theirsNew && truth == settings.TruthAsk:
			asks = true
		case theirsNew && !keeps:
			want = theirs
		}
		if is != want {
			t.Fatalf("%s: ours %q (new %v), theirs %q (new %v), truth %q: got %q", p, p.Text(ours), oursNew, p.Text(theirs), theirsNew, truth, p.Text(is))
		}
		if slices.Contains(m.Asks, p) != asks {
			t.Fatalf("%s: asked %v, want %v", p, !asks, asks)
		}
		if is != theirs && (oursNew || owed) && !asks && !m.Known.Waits(m.Contact) {
			t.Fatalf("%s: our change %q is forgotten", p, p.Text(ours))
		}
	}
}

// told checks that what only the CRM's side has changed arrives, by an account that does not look at Known.
func told(t *rapid.T, was couple, m crmsync.Merge) {
	for _, p := range crmsync.Parts() {
		theirs := p.Of(was.theirs)
		if was.atOurs == nil || theirs == (lead.Contact{}) || theirs == was.atTheirs[p] || p.Of(was.ours) != was.atOurs[p] || slices.Contains(was.known.Owed, p) {
			continue
		}
		if p.Of(m.Contact) != theirs {
			t.Fatalf("%s: they changed it from %q to %q, and it did not come: %q", p, p.Text(was.atTheirs[p]), p.Text(theirs), p.Text(m.Contact))
		}
	}
}

// quiet lets both sides come to rest: whatever nobody has to be asked about agrees then, as far as the policies allow.
func quiet(t *rapid.T, c *couple, truth settings.Truth, overwrite bool) {
	c.pull(truth, true)
	owed := slices.Clone(c.known.Owed)
	c.push(overwrite)
	for _, p := range owed {
		if p.Of(c.ours) != p.Of(c.theirs) {
			t.Fatalf("%s: ours %q was to hold, and theirs is %q", p, p.Text(c.ours), p.Text(c.theirs))
		}
	}
	m := c.pull(truth, true)
	for _, p := range crmsync.Parts() {
		ours, theirs := p.Of(c.ours), p.Of(c.theirs)
		if ours == theirs || slices.Contains(m.Asks, p) {
			continue
		}
		knownDifference := ours == p.Of(c.known.Ours) && theirs == p.Of(c.known.Theirs.Contact)
		if !knownDifference || len(c.known.Owed) > 0 {
			t.Fatalf("%s: at rest ours is %q and theirs %q, known %+v", p, p.Text(ours), p.Text(theirs), *c.known)
		}
	}
	if c.known.Waits(c.ours) && len(m.Asks) == 0 {
		t.Fatalf("at rest something still waits: ours %+v, known %+v", c.ours, *c.known)
	}
}
