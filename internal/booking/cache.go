package booking

import (
	"container/list"
	"sync"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/org"
)

// compiled is a catalog made ready for availability. It is never changed after it was made.
type compiled struct {
	catalog  catalog.Catalog
	rules    *availability.Rules
	revision int64
}

// rulesCache keeps the newest compiled catalog of each organization. A catalog of 3 reps takes some kilobytes; all
// organizations of one node fit.
type rulesCache struct {
	mu sync.Mutex
	m  map[org.ID]*compiled
}

func (c *rulesCache) get(o org.ID, revision int64) *compiled {
	c.mu.Lock()
	defer c.mu.Unlock()
	if have := c.m[o]; have != nil && have.revision == revision {
		return have
	}
	return nil
}

func (c *rulesCache) put(o org.ID, v *compiled) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil {
		c.m = map[org.ID]*compiled{}
	}
	if have := c.m[o]; have == nil || have.revision < v.revision {
		c.m[o] = v
	}
}

// viewKey names one question whose answer stays true as long as the revision does.
type viewKey struct {
	org               org.ID
	revision          int64
	service, postal   string
	from, to          availability.Date
	timezone          string
	ignoreAppointment string
	rep               string
}

// maxViews bounds the cache: a month of three reps is about 40 kB with its encoding, so 512 are about 20 MB.
const maxViews = 512

// viewCache keeps the plans that were asked for last. Revisions make old ones useless, and the bound throws them out.
type viewCache struct {
	mu    sync.Mutex
	m     map[viewKey]*list.Element
	order list.List // front = used last
}

type viewEntry struct {
	key  viewKey
	view *View
}

func (c *viewCache) get(k viewKey) *View {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.m[k]
	if e == nil {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(*viewEntry).view
}

func (c *viewCache) put(k viewKey, v *View) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil {
		c.m = map[viewKey]*list.Element{}
	}
	if e := c.m[k]; e != nil {
		e.Value.(*viewEntry).view = v
		return
	}
	c.m[k] = c.order.PushFront(&viewEntry{k, v})
	for len(c.m) > maxViews {
		last := c.order.Back()
		delete(c.m, last.Value.(*viewEntry).key)
		c.order.Remove(last)
	}
}
