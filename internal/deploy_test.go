package internal_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	secretRoute = regexp.MustCompile(`"(?:[A-Z]+ )?(/[^" ]*\{(?:token|secret)\}[^" ]*)"`)
	logRule     = regexp.MustCompile(`request>uri regexp "([^"]+)" "([^"]+)"`)
)

// TestTheProxysLogHoldsNoSecrets: the example proxy leaves out of its log what of an address is a secret, of every such route
// that there is, and every query; in what it says of errors too. Of answers it logs no headers: a booking leads to its link.
func TestTheProxysLogHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("../deploy/Caddyfile")
	if err != nil {
		t.Fatal(err)
	}
	m := logRule.FindStringSubmatch(string(file))
	if m == nil {
		t.Fatal("the Caddyfile has no rule for addresses")
	}
	if !regexp.MustCompile(`(?m)^\{\n(?:\t#.*\n)*\tlog \{\n\t\tformat filter \{$`).Match(file) || strings.Count(string(file), "log {") != 1 {
		t.Error("the rule is not that of every log: errors are told by the one that is everybody's")
	}
	if !strings.Contains(string(file), "\t\t\t\tresp_headers delete\n") {
		t.Error("the proxy logs where its answers lead")
	}
	hide := regexp.MustCompile(m[1])
	addresses := map[string]bool{"/oauth/zoho/callback?code=SECRET&state=SECRET": true}
	err = filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range secretRoute.FindAllStringSubmatch(string(source), -1) {
			address := m[1]
			if strings.HasPrefix(path, filepath.Join("web", "api")) {
				address = "/api/v1" + address
			}
			addresses[strings.NewReplacer("{token}", "SECRET", "{secret}", "SECRET").Replace(address)] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(addresses) < 15 {
		t.Errorf("only %d addresses that hold a secret were found: %v", len(addresses), addresses)
	}
	for address := range addresses {
		if logged := hide.ReplaceAllString(address, m[2]); strings.Contains(logged, "SECRET") {
			t.Errorf("the proxy logs %s as %s", address, logged)
		}
	}
}
