package admin

// Local is local, for tests.
func Local(next string) string { return local(next) }

// Line is one line of the route table, for tests that walk it.
type Line struct{ Method, Path, Access string }

// Table lists the routes.
func Table() []Line {
	var out []Line
	for _, r := range routes() {
		out = append(out, Line{r.method, r.path, string(r.access)})
	}
	return out
}

// Pages names the templates of the console.
func (c *Console) Pages() []string { return c.set.Names() }
