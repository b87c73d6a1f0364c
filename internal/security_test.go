package internal_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// testsByName lists every test and fuzz target as package.Name; packages of internal without that word before.
func testsByName(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	name := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	for _, root := range []string{".", "../cmd"} {
		err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			of := filepath.ToSlash(filepath.Dir(path))
			of = strings.TrimPrefix(of, "../")
			if of == "." {
				of = "internal"
			}
			for _, m := range name.FindAllStringSubmatch(string(b), -1) {
				out[of+"."+m[1]] = true
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestSecurityNamesWhatIsThere holds SECURITY.md against the code: each row of its tables names a test, a setting, a rule
// that is written there or an accepted gap, and every test and setting that the page names exists.
func TestSecurityNamesWhatIsThere(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	tests := testsByName(t)
	for _, m := range regexp.MustCompile("`([a-z/]+\\.(?:Test|Fuzz)\\w+)`").FindAllStringSubmatch(text, -1) {
		if !tests[m[1]] {
			t.Errorf("there is no test %s", m[1])
		}
	}
	settings, err := os.ReadFile("config/config.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range regexp.MustCompile(`HEAVYSET_[A-Z_]+`).FindAllString(text, -1) {
		if !strings.Contains(string(settings), `env:"`+s+`"`) {
			t.Errorf("there is no setting %s", s)
		}
	}
	holds := regexp.MustCompile("`[a-z/]+\\.(Test|Fuzz)\\w+`|HEAVYSET_|\\*\\*(Rules|Gap)\\*\\*|Go's HTTP server")
	seen := map[string]int{}
	for _, line := range strings.Split(text, "\n") {
		cells := strings.Split(line, "|")
		if !strings.HasPrefix(line, "| ") || cells[1] == " Row " || cells[1] == " Published " {
			continue
		}
		seen[cells[1]]++
		if len(cells) != 4 || !holds.MatchString(cells[2]) {
			t.Errorf("nothing holds the row%s", cells[1])
		}
	}
	for row, n := range seen {
		if n > 1 {
			t.Errorf("the row%sis there %d times", row, n)
		}
	}
	if len(seen) < 100 {
		t.Errorf("only %d rows", len(seen))
	}
	for _, m := range regexp.MustCompile(`\*\*Rules\*\*, ([A-Z][a-z-]+(?: [a-z]+)*)`).FindAllStringSubmatch(text, -1) {
		if !strings.Contains(text, "\n**"+m[1]+".**") {
			t.Errorf("there is no rule %q", m[1])
		}
	}
}

// TestNothingIsExecuted: what runs in production starts no other program, loads no code and has no unsafe memory of its own.
func TestNothingIsExecuted(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		for _, i := range p.Imports {
			if slices.Contains([]string{"os/exec", "plugin", "unsafe", "go/parser"}, i) && !strings.HasSuffix(p.ImportPath, "/storetest") && !slices.Contains(forTests, strings.TrimPrefix(p.ImportPath, module+"internal/")) {
				t.Errorf("%s imports %s", p.ImportPath, i)
			}
		}
	}
}

// TestChanceIsCryptographic: a value that nobody may guess comes from crypto/rand. Who needs chance that may be guessed is
// named here.
func TestChanceIsCryptographic(t *testing.T) {
	t.Parallel()
	may := []string{"crmsync", "trial", "zohosim"} // when to try again; what a test does; the faults of a simulator
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module+"internal/")
		for _, i := range p.Imports {
			if strings.HasPrefix(i, "math/rand") && !slices.Contains(may, name) {
				t.Errorf("%s imports %s", name, i)
			}
		}
	}
}

// TestScriptsKeepNothing: our scripts put no text into a page as markup, run none, and keep nothing in the browser.
func TestScriptsKeepNothing(t *testing.T) {
	t.Parallel()
	n := 0
	never := regexp.MustCompile(`localStorage|sessionStorage|indexedDB|document\.cookie|innerHTML|outerHTML\s*=[^=]|insertAdjacentHTML|\beval\(|\bFunction\(|document\.write|__proto__|caches\.`)
	err := filepath.WalkDir("web", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".js") {
			return err
		}
		n++
		b, err := os.ReadFile(path)
		if found := never.Find(b); found != nil {
			t.Errorf("%s: %s", path, found)
		}
		return err
	})
	if err != nil || n < 3 {
		t.Errorf("%d scripts, %v", n, err)
	}
}
