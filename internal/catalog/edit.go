package catalog

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
)

// ErrMoved is what the store returns when the catalog is no longer the one that a change began from.
var ErrMoved = errors.New("the catalog has changed meanwhile")

// attempts is how often a change is begun anew when others change the catalog at the same moment.
const attempts = 5

// Edit changes a catalog with what is archived in it, and stores what comes of it. The change may run more than once; it
// must not alter what it is given. Before and after are the whole catalogs.
func (e *Editor) Edit(ctx context.Context, o org.ID, change func(Catalog) (Catalog, error)) (before, after Catalog, err error) {
	for range attempts {
		var revision int64
		if before, revision, err = e.Store.CatalogAt(ctx, o); err != nil {
			return before, after, err
		}
		if after, err = change(before); err != nil {
			return before, after, err
		}
		if err = after.checkEdited(); err != nil {
			return before, after, err
		}
		if err = e.Store.ReplaceCatalogAt(ctx, o, after.active(), revision); !errors.Is(err, ErrMoved) {
			return before, after, err
		}
	}
	return before, after, fault.Wrap(fault.Conflict, "Somebody else is changing the rules at this moment. Please try again.", err)
}

// checkEdited is Check for a catalog with what is archived. Paths count what is not.
func (c Catalog) checkEdited() error {
	var archived []string
	for _, r := range c.Reps {
		if r.Archived {
			archived = append(archived, r.ID)
		}
	}
	return c.active().check(archived)
}

// FreeID makes an id of a name that is not taken yet: lower case letters, digits and hyphens.
func FreeID(name, otherwise string, taken func(string) bool) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 40 {
			break
		}
	}
	id := strings.Trim(b.String(), "-")
	if id == "" {
		id = otherwise
	}
	for n, free := 2, id; ; n++ {
		if !taken(free) {
			return free
		}
		free = id + "-" + strconv.Itoa(n)
	}
}

// WithService puts a service in the place of the one with its id, or after the last one on offer.
func (c Catalog) WithService(s Service) Catalog {
	c.Services = with(c.Services, s, func(v Service) bool { return v.ID == s.ID })
	return c
}

// WithRep puts a rep in the place of the one with its id, or after the last one on offer.
func (c Catalog) WithRep(r Rep) Catalog {
	c.Reps = with(c.Reps, r, func(v Rep) bool { return v.ID == r.ID })
	return c
}

// WithTerritory puts a territory in the place of the one with its id, or at the end.
func (c Catalog) WithTerritory(t Territory) Catalog {
	c.Territories = with(c.Territories, t, func(v Territory) bool { return v.ID == t.ID })
	return c
}

// WithoutTerritory takes a territory away, from those who serve it too.
func (c Catalog) WithoutTerritory(id string) Catalog {
	c.Territories = slices.DeleteFunc(slices.Clone(c.Territories), func(t Territory) bool { return t.ID == id })
	c.Reps = slices.Clone(c.Reps)
	for i := range c.Reps {
		c.Reps[i].Territories = slices.DeleteFunc(slices.Clone(c.Reps[i].Territories), func(t string) bool { return t == id })
	}
	return c
}

// WithServiceMoved moves a service by some places, if there are such.
func (c Catalog) WithServiceMoved(id string, by int) Catalog {
	c.Services = moved(c.Services, by, func(s Service) bool { return s.ID == id })
	return c
}

// WithRepMoved is WithServiceMoved for a rep: their order decides ties and priority.
func (c Catalog) WithRepMoved(id string, by int) Catalog {
	c.Reps = moved(c.Reps, by, func(r Rep) bool { return r.ID == id })
	return c
}

func with[T any](list []T, v T, same func(T) bool) []T {
	list = slices.Clone(list)
	if i := slices.IndexFunc(list, same); i >= 0 {
		list[i] = v
		return list
	}
	return append(list, v)
}

func moved[T any](list []T, by int, is func(T) bool) []T {
	list = slices.Clone(list)
	i := slices.IndexFunc(list, is)
	if j := i + by; i >= 0 && j >= 0 && j < len(list) {
		list[i], list[j] = list[j], list[i]
	}
	return list
}

// Staff gives the reps who are not archived.
func (c Catalog) Staff() []Rep {
	var out []Rep
	for _, r := range c.Reps {
		if !r.Archived {
			out = append(out, r)
		}
	}
	return out
}

// Try is Edit that stores nothing.
func (e *Editor) Try(ctx context.Context, o org.ID, change func(Catalog) (Catalog, error)) (before, after Catalog, err error) {
	if before, _, err = e.Store.CatalogAt(ctx, o); err != nil {
		return before, after, err
	}
	if after, err = change(before); err != nil {
		return before, after, err
	}
	return before, after, after.checkEdited()
}
