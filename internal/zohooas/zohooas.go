// Package zohooas holds what our client asks and our simulator answers against Zoho's own OpenAPI files. It is for tests
// only: nothing but _test files may import it.
//
// The files state no licence, so they are not part of this repository: they are looked for in $HEAVYSET_ZOHO_OAS, then
// in ../shared/zoho/oas beside the module. Without them nothing is checked, and the run says so.
//
// A Suite is one test binary's view: it finds the operation of each exchange, judges request and answer, and lets pass
// only what the one table of accepted deviations names with a reason. A row that its suite no longer needs fails a
// complete run. Members, query parameters and statuses that a file does not declare are violations too.
//
// Where the files contradict Zoho's pages, the pages win: neither client nor simulator is ever bent to please a file.
package zohooas

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// variable names the folder of the files; a folder named there must exist.
const variable = "HEAVYSET_ZOHO_OAS"

// Suite judges the exchanges of one test binary. It is safe for concurrent use.
type Suite struct {
	name string
	dir  func() string // "": there are no files
	load func() (*contract, error)

	mu         sync.Mutex
	accepted   *ledger
	told       map[violation]bool
	requests   int
	answers    int
	operations map[string]bool
}

// Open prepares the suite of a test binary, named after its package. It looks for nothing yet: what is looked for before
// the tests run escapes the notice of go test's cache.
func Open(name string) *Suite { return open(name, folder, deviations()) }

func open(name string, folder func() string, rows []deviation) *Suite {
	s := &Suite{name: name, dir: sync.OnceValue(folder), accepted: newLedger(rows), told: map[violation]bool{}, operations: map[string]bool{}}
	s.load = sync.OnceValues(func() (*contract, error) { return read(s.dir()) })
	return s
}

// folder finds the files, "" if there are none.
func folder() string {
	if dir := os.Getenv(variable); dir != "" {
		return dir
	}
	root, err := os.Getwd()
	if err != nil {
		return ""
	}
	for !isThere(filepath.Join(root, "go.mod")) {
		up := filepath.Dir(root)
		if up == root {
			return ""
		}
		root = up
	}
	if dir := filepath.Join(root, "..", "shared", "zoho", "oas"); isThere(dir) {
		return dir
	}
	return ""
}

func isThere(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// absent reports whether there are no files, so that nothing is checked.
func (s *Suite) absent() bool { return s.dir() == "" }

// Need skips a test that has no meaning without the files.
func (s *Suite) Need(t testing.TB) {
	t.Helper()
	if s.absent() {
		t.Skip(notChecked)
	}
}

const notChecked = "NOT CHECKED against Zoho's OpenAPI files: they are neither in $" + variable + " nor in ../shared/zoho/oas beside the module"

// Reporter is told of violations; testing.TB is one.
type Reporter interface {
	Errorf(format string, args ...any)
}

// CheckRequest judges a request whose body has been read into body. What is not the CRM API is not judged.
func (s *Suite) CheckRequest(to Reporter, r *http.Request, body []byte) {
	if s.absent() || !covered(r) {
		return
	}
	c, err := s.load()
	if err != nil {
		to.Errorf("%v", err)
		return
	}
	s.settle(to, asking, c.judgeRequest(r, body))
}

// CheckAnswer judges the answer to a request; its body has been read into body. The request is only used to find the
// operation.
func (s *Suite) CheckAnswer(to Reporter, r *http.Request, res *http.Response, body []byte) {
	if s.absent() || !covered(r) {
		return
	}
	c, err := s.load()
	if err != nil {
		to.Errorf("%v", err)
		return
	}
	s.settle(to, answering, c.judgeAnswer(r, res, body))
}

// settle counts an exchange and reports what no row accepts, each violation once.
func (s *Suite) settle(to Reporter, d direction, v verdict) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d == asking {
		s.requests++
	} else {
		s.answers++
	}
	if v.operation != "" {
		s.operations[v.operation] = true
	}
	for _, found := range v.violations {
		if !s.accepted.accept(found) && !s.told[found] {
			s.told[found] = true
			to.Errorf("against Zoho's OpenAPI file: %s", found)
		}
	}
}

// End is called with what m.Run gave and gives the exit code: a complete run that did not need one of its rows fails.
func (s *Suite) End(code int) int { return s.end(os.Stderr, code, complete()) }

func (s *Suite) end(w io.Writer, code int, complete bool) int {
	if s.absent() {
		fmt.Fprintf(w, "%s: %s\n", s.name, notChecked)
		return code
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(w, "%s: %d requests and %d answers of %d operations checked against Zoho's OpenAPI files\n", s.name, s.requests, s.answers, len(s.operations))
	if code != 0 || !complete {
		return code
	}
	for _, pattern := range s.accepted.unneeded(s.name) {
		fmt.Fprintf(w, "%s: this accepted deviation is not needed any more, remove it: %s\n", s.name, pattern)
		code = 1
	}
	return code
}

// complete reports whether this process runs all tests of its package.
func complete() bool {
	for _, name := range []string{"test.run", "test.skip", "test.list", "test.bench", "test.fuzz"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
			return false
		}
	}
	return !testing.Short()
}
