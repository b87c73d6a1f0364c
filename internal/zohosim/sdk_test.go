package zohosim_test

import (
	"archive/zip"
	"context"
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/npmkit"
)

// sdkScopes are what testdata/sdk/run.js needs.
const sdkScopes = everything + ",ZohoCRM.bulk.READ,ZohoCRM.notifications.ALL"

// TestZohosOwnSDKWorksUnchanged lets Zoho's Node SDK, pinned in testdata/sdk, do its work on the simulator with every switch at its
// default. Without Node or the registry it fails: nothing else shows that a client we did not write works.
func TestZohosOwnSDKWorksUnchanged(t *testing.T) {
	t.Parallel()
	folder := npmkit.Install(t, "testdata/sdk")
	program, err := os.ReadFile("testdata/sdk/run.js")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "run.js"), program, 0o600); err != nil { // beside the packages that it imports
		t.Fatal(err)
	}
	k := newKit(t, setup{})
	k.run()
	work := t.TempDir()
	code := k.control("POST", "/_sim/grant", map[string]any{"client_id": client, "scope": sdkScopes}).want(200).text("code")
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "run.js")
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "SIM="+k.url, "CODE="+code, "WORK="+work, "CLIENT="+client, "SECRET="+secret,
		"NOW="+strconv.FormatInt(start.UnixMilli(), 10))
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.HasSuffix(strings.TrimSpace(string(out)), "\ndone") {
		t.Fatalf("%v\n%s", err, out)
	}
	checkSDKFile(t, filepath.Join(work, "bulk.zip"))
	// What the SDK says it did has happened here.
	stats := k.get("/_sim/stats").want(200)
	calls, _ := stats.at("calls").(map[string]any)
	for _, call := range []string{
		"POST /oauth/v2/token", "GET /crm/v8/users", "GET /crm/v8/org", "GET /crm/v8/settings/fields", "GET /crm/v8/settings/related_lists",
		"POST /crm/v8/Leads", "GET /crm/v8/Leads/{id}", "PUT /crm/v8/Leads/{id}", "POST /crm/v8/Leads/upsert", "GET /crm/v8/Leads/search",
		"POST /crm/v8/coql", "POST /crm/v8/Leads/{id}/actions/convert", "POST /crm/bulk/v8/read", "GET /crm/bulk/v8/read/{id}/result",
		"POST /crm/v8/actions/watch", "DELETE /crm/v8/actions/watch", "DELETE /crm/v8/Contacts/{id}",
	} {
		if calls[call] == nil {
			t.Errorf("no %s among the calls: %s", call, stats.raw)
		}
	}
}

// checkSDKFile reads the ZIP that the SDK has fetched.
func checkSDKFile(t *testing.T, path string) {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if len(z.File) != 1 {
		t.Fatalf("%d files in the result", len(z.File))
	}
	f, err := z.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 2 || strings.Join(rows[0], ",") != "Id,Last_Name,City" || strings.Join(rows[1][1:], ",") != "Sdk,Dallas" {
		t.Errorf("%v, rows %q", err, rows)
	}
}
