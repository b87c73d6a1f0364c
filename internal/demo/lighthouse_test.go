package demo_test

import (
	"context"
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"heavyset.tech/platform/internal/npmkit"
)

// report is what is read of Lighthouse's JSON.
type report struct {
	Categories map[string]struct{ Score float64 }
	Audits     map[string]struct {
		Title        string
		Score        *float64
		NumericValue float64 // milliseconds, bytes or a share, by the audit
		DisplayValue string
	}
}

// TestLighthouse holds the public pages against Lighthouse's scores for a phone: a simulated slow 4G line and a processor
// four times slower. The scores say nothing while other tests use the machine: run it alone.
func TestLighthouse(t *testing.T) {
	if os.Getenv("HEAVYSET_SOAK") == "" {
		t.Skip("only with HEAVYSET_SOAK")
	}
	w, _ := inProcess(t, nil)
	chrome, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(npmkit.Install(t, "testdata/lighthouse"), "node_modules", "lighthouse", "cli", "index.js")
	at := url.QueryEscape(w.slots("inspection", 2, 30)[3])
	for name, path := range map[string]string{
		"services": "/book/ridgeline", "times": "/book/ridgeline?service=inspection&zip=60640", "details": "/book/ridgeline/details?service=inspection&zip=60640&start=" + at,
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
		cmd := exec.CommandContext(ctx, "node", program, w.base+path, "--quiet", "--output=json", "--chrome-flags=--headless=new --no-sandbox",
			"--only-categories=performance,accessibility,best-practices")
		cmd.Env = append(os.Environ(), "CHROME_PATH="+chrome)
		out, err := cmd.Output()
		cancel()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var r report
		if err := json.Unmarshal(out, &r); err != nil {
			t.Fatal(err)
		}
		for _, c := range []string{"performance", "accessibility", "best-practices"} {
			if r.Categories[c].Score < 0.95 {
				t.Errorf("%s: %s %.2f", name, c, r.Categories[c].Score)
			}
		}
		for _, a := range []string{"first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift", "total-byte-weight"} {
			t.Logf("%s: %s %s", name, r.Audits[a].Title, r.Audits[a].DisplayValue)
		}
		for _, a := range r.Audits {
			if a.Score != nil && *a.Score < 0.9 {
				t.Logf("%s: %.2f %s %s", name, *a.Score, a.Title, a.DisplayValue)
			}
		}
		t.Logf("%s: performance %.2f, accessibility %.2f, best practices %.2f", name, r.Categories["performance"].Score, r.Categories["accessibility"].Score, r.Categories["best-practices"].Score)
	}
}
