package mirror

import "sync"

// turns lets one at a time work for each name; whoever comes meanwhile leaves word instead of waiting.
type turns struct {
	mu sync.Mutex
	m  map[string]*turn
}

// turn is the turn of one name.
type turn struct {
	mu    *sync.Mutex
	taken bool
	again bool // somebody came meanwhile
}

func (t *turns) of(name string) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.m == nil {
		t.m = map[string]*turn{}
	}
	if t.m[name] == nil {
		t.m[name] = &turn{mu: &t.mu}
	}
	return t.m[name]
}

// take reports whether the caller is the one to work; otherwise the one who does works once more.
func (t *turn) take() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.taken {
		t.again = true
		return false
	}
	t.taken, t.again = true, false
	return true
}

// leave ends the caller's work and reports whether somebody came meanwhile.
func (t *turn) leave() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.taken = false
	return t.again
}
