package zohosim

import (
	"slices"
	"strings"
	"sync"

	"heavyset.tech/platform/internal/zohosim/query"
)

// glimpses hold the words of many records in one text each, as search takes them, so that a search can pass over records that
// have nothing of what it looks for. A text is made when a search first asks for it and forgotten when one of its records changes.
type glimpses struct {
	mu    sync.Mutex // searches share the table
	texts map[int64]string
}

// glimpseBits says how many records one text is for: those whose ids differ in these last bits only.
const glimpseBits = 9

// forget drops the text with a record.
func (g *glimpses) forget(id int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.texts, id>>glimpseBits)
}

// of gives the text with a record of the module.
func (g *glimpses) of(m *module, id int64) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	block := id >> glimpseBits
	if text, ok := g.texts[block]; ok {
		return text
	}
	from, to := block<<glimpseBits, (block+1)<<glimpseBits
	var b []byte
	for e := range m.table.byID.between(entry{from, from, nil}, entry{to, to, nil}, false) {
		for _, c := range e.rec.cells {
			if c.kind == kindText {
				b = append(folded.appendFold(b, c.str), 0)
			}
		}
		if m.byAPI["Full_Name"] != nil {
			b = append(folded.appendFold(b, fullName(m, e.rec)), 0)
		}
	}
	if g.texts == nil {
		g.texts = map[int64]string{}
	}
	g.texts[block] = string(b)
	return g.texts[block]
}

// appendFold appends a text as the alphabet takes it.
func (t *alphabet) appendFold(b []byte, s string) []byte {
	from := len(b)
	for i := range len(s) {
		if s[i] >= 0x80 {
			return append(b[:from], t.fold(s)...)
		}
		b = append(b, t[s[i]])
	}
	return b
}

// glimpse makes, of a tree of conditions, the test that every text passes in which a record meets them; nil where there is none.
func (c *call) glimpse(n query.Node) func(text string) bool {
	switch n := n.(type) {
	case *query.Join:
		left, right := c.glimpse(n.Left), c.glimpse(n.Right)
		switch {
		case left != nil && right != nil && n.Or:
			return func(text string) bool { return left(text) || right(text) }
		case left != nil && right != nil:
			return func(text string) bool { return left(text) && right(text) }
		case n.Or:
			return nil
		case left != nil:
			return left
		}
		return right
	case *query.Cond:
		f := c.module.byAPI[n.Column.String()]
		if f == nil || n.Op != query.Equal && n.Op != query.StartsWith && n.Op != query.In || !f.wordy() {
			return nil
		}
		var texts []string
		for _, v := range n.Values {
			texts = append(texts, fold(v.Text))
		}
		return func(text string) bool {
			return slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(text, s) })
		}
	}
	return nil
}

// passing makes the test whether a search may pass over a record without a look at it.
func (c *call) passing(glimpse func(text string) bool) func(id int64) bool {
	if glimpse == nil {
		return func(int64) bool { return false }
	}
	seen := map[int64]bool{}
	last, pass := int64(-1), false
	return func(id int64) bool {
		block := id >> glimpseBits
		if block == last {
			return pass
		}
		known := false
		last = block
		if pass, known = seen[block]; !known {
			pass = !glimpse(c.module.table.glimpses.of(c.module, id))
			seen[block] = pass
		}
		return pass
	}
}
