package brand_test

import (
	"os"
	"strings"
	"testing"
)

// TestTheColoursAroundAreTheStylesheets: what contrasts are measured against is what the pages have.
func TestTheColoursAroundAreTheStylesheets(t *testing.T) {
	t.Parallel()
	css, err := os.ReadFile("../web/page/static/site.css")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"--bg: #f5f6f8; --surface: #fff;", "--on-accent: #fff;", "--bg: #15191f; --surface: #1c222b;", "--on-accent: #10141a;"} {
		if !strings.Contains(string(css), want) {
			t.Errorf("site.css lacks %q: change the grounds in color.go with it", want)
		}
	}
}
