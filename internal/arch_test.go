// Package internal_test holds the packages below against the rules of the house: who may import whom, and what no file may say.
package internal_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "heavyset.tech/platform/"

// floors is the table of docs/ARCHITECTURE.md: a package may import only packages of a lower floor.
var floors = map[string]int{
	"fault": 1, "id": 1, "locale": 1, "secret": 1, "availability": 1, "zoho": 1, "zohosim": 1, "zohosim/calendar": 0, "zohosim/journal": 0, "zohosim/query": 0, "sinkpage": 0, "trace": 0, "zohooas": 1, "npmkit": 1, "trial": 1, "auth/authtest": 1, "mailsink": 1, "smssink": 1,
	"org": 2, "email": 2, "sms": 2, "audit": 3, "config": 2, "job": 2,
	"auth": 4, "brand": 3, "catalog": 3, "crm": 3, "widget": 3,
	"mapping": 4, "lead": 4, "zohocrm": 4, "worktime": 4,
	"booking": 5, "connection": 5,
	"feed": 6, "insight": 6, "waitlist": 6, "quarantine": 7, "webhook": 6, "drift": 7, "settings": 6, "passport": 9,
	"crmsync": 7,
	"mirror":  8,
	"privacy": 8,
	"notify":  8,
	"store":   10, "store/db": 1, "web/page": 9, "web/limit": 1, "web/sheet": 1,
	"store/storetest": 11, "web/scheduler": 10, "web/admin": 10, "web/api": 10, "web/hook": 10,
	"web":  11,
	"app":  12,
	"demo": 13,
}

// never are imports that the floors would allow and the design does not.
var never = map[string][]string{
	"zohosim":       {"zoho"},
	"zoho":          {"zohosim", "fault", "secret"},
	"web/scheduler": {"store", "crmsync", "connection", "crm"},
	"web/api":       {"store", "notify", "web/page"},
	"web/admin":     {"store", "zohocrm", "zoho", "web/scheduler", "web/api"},
	"web":           {"store", "booking", "connection"},
	"app":           {"zohosim", "mailsink", "smssink", "zoho"},
	"store":         {"zohocrm", "zoho", "email"},
	"notify":        {"store", "zohocrm", "zoho"},
	"webhook":       {"crmsync", "catalog", "email"},
}

// forTests are imported by _test files only.
var forTests = []string{"zohooas", "npmkit", "auth/authtest", "trial"}

type pkg struct {
	ImportPath string
	Doc        string
	Imports    []string
	GoFiles    []string
	Dir        string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Doc,Imports,GoFiles,Dir", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var list []pkg
	d := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}

func TestImportsGoDownOnly(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module+"internal/")
		if len(p.GoFiles) == 0 {
			continue
		}
		floor, ok := floors[name]
		if !ok {
			t.Errorf("%s stands on no floor: add it to the table here and in docs/ARCHITECTURE.md", name)
		}
		seen[name] = true
		for _, i := range p.Imports {
			below, ours := strings.CutPrefix(i, module+"internal/")
			if !ours {
				continue
			}
			if slices.Contains(forTests, below) {
				t.Errorf("%s imports %s, which is for tests only", name, below)
			}
			if floors[below] >= floor {
				t.Errorf("%s (floor %d) imports %s (floor %d)", name, floor, below, floors[below])
			}
			if slices.Contains(never[name], below) {
				t.Errorf("%s must never import %s", name, below)
			}
		}
	}
	for name := range floors {
		if !seen[name] {
			t.Errorf("the table names %s, which does not exist", name)
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		if len(p.GoFiles) > 0 && p.Doc == "" && !strings.HasSuffix(p.ImportPath, "store/db") {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}

// TestTheClockIsAskedAtTheEdges: time.Now is written only in app and cmd (and given to everybody else).
func TestTheClockIsAskedAtTheEdges(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("grep", "-rnE", `time\.Now\b`, "--include=*.go", "--exclude=*_test.go", ".").CombinedOutput()
	if err != nil && len(out) > 0 {
		t.Fatalf("%v: %s", err, out)
	}
	allowed := regexp.MustCompile(`^\./(app|demo)/`)
	for line := range strings.Lines(string(out)) {
		_, code, _ := strings.Cut(line, ":")
		_, code, _ = strings.Cut(code, ":")
		if !allowed.MatchString(line) && !strings.HasPrefix(strings.TrimSpace(code), "//") {
			t.Errorf("asks the clock itself: %s", line)
		}
	}
}
