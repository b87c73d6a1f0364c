package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store"
)

// TestMain takes away settings of the shell that runs the tests; see asCommand.
func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
		return
	}
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "HEAVYSET_") {
			os.Unsetenv(name)
		}
	}
	os.Exit(m.Run())
}

// call runs one command as the shell would.
func call(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func settings(t *testing.T, lines ...string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "settings.yaml")
	if err := os.WriteFile(name, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestTheFileNamesSettingsAsFlagsAndEnvironmentDo(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"database-url", "database_url", "HEAVYSET_DATABASE_URL"} {
		file := settings(t, name+": sqlite:"+filepath.Join(t.TempDir(), "a.db"), "mail-from: a@b.example")
		if code, out, errs := call(t, "migrate", "--config", file); code != 0 || !strings.HasPrefix(out, "schema ") {
			t.Errorf("%s: exit %d, %q, %q", name, code, out, errs)
		}
	}
}

func TestAFlagComesBeforeTheFile(t *testing.T) {
	t.Parallel()
	file := settings(t, "database-url: nonsense")
	if code, _, errs := call(t, "migrate", "--config", file, "--database-url", "sqlite:"+filepath.Join(t.TempDir(), "a.db")); code != 0 {
		t.Errorf("exit %d, %q", code, errs)
	}
	if code, _, errs := call(t, "migrate", "--config", file); code != 2 || !strings.Contains(errs, "HEAVYSET_DATABASE_URL") {
		t.Errorf("exit %d, %q", code, errs)
	}
}

func TestTheEnvironmentComesBeforeTheFile(t *testing.T) {
	t.Setenv("HEAVYSET_DATABASE_URL", "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	if code, _, errs := call(t, "migrate", "--config", settings(t, "database-url: nonsense")); code != 0 {
		t.Errorf("exit %d, %q", code, errs)
	}
}

func TestAWrongSettingIsOneLineThatNamesItAndExit2(t *testing.T) {
	t.Parallel()
	serve := []string{
		"serve", "--listen", "127.0.0.1:0", "--base-url", "http://127.0.0.1:1", "--database-url", "sqlite:" + filepath.Join(t.TempDir(), "a.db"),
		"--secret-keys", "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "--smtp-url", "smtp://127.0.0.1:1", "--mail-from", "a@b.example",
	}
	texts, nowhere := []string{"--sms-url", "https://u:p@sms.example", "--sms-from", "abc", "--sms-secret", strings.Repeat("s", 20)}, filepath.Join(t.TempDir(), "none.db")
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"a misspelt name in the file", []string{"migrate", "--config", settings(t, "data-base: x")}, "data-base"},
		{"a list in the file", []string{"migrate", "--config", settings(t, "database-url: [a, b]")}, "database-url"},
		{"no YAML", []string{"migrate", "--config", settings(t, "a: [")}, "--config"},
		{"no such file", []string{"migrate", "--config", filepath.Join(t.TempDir(), "none.yaml")}, "none.yaml"},
		{"data centres", append(serve, "--zoho-datacenters", "us=http://a|http://b"), "HEAVYSET_ZOHO_DATACENTERS"},
		{"port", append(serve, "--listen", "127.0.0.1:99999"), "HEAVYSET_LISTEN"},
		{"metrics port", append(serve, "--metrics-listen", "127.0.0.1:http-no"), "HEAVYSET_METRICS_LISTEN"},
		{"number of text messages", append(serve, texts...), "HEAVYSET_SMS_FROM"},
		{"number of text messages, to doctor", append(append([]string{"doctor"}, serve[1:]...), texts...), "HEAVYSET_SMS_FROM"},
		{"password of the database", append(serve, "--database-url", "postgres://hs:a%zz@127.0.0.1/hs"), "%XX"},
		{"an engineer's key of one organization", []string{"user", "key", "--role", "engineer", "--org", "ridge", serve[5], serve[6]}, "--org"},
		{"an administrator's of none", []string{"user", "key", "--role", "admin", serve[5], serve[6]}, "--org"},
		{"a backup of what is not there", []string{"backup", filepath.Join(t.TempDir(), "copy.db"), "--database-url", "sqlite:" + nowhere}, nowhere},
		{"keys of what is not there", []string{"reseal", serve[7], serve[8], "--database-url", "sqlite:" + nowhere}, nowhere},
		{"collector of traces", append(serve, "--otlp-url", "collector:4318"), "HEAVYSET_OTLP_URL"},
	} {
		code, _, errs := call(t, c.args...)
		if code != 2 || !strings.Contains(errs, c.want) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: exit %d, %q", c.name, code, errs)
		}
	}
	if _, err := os.Stat(nowhere); err == nil {
		t.Error("a database was made where none was")
	}
}

func TestASecretOfNoDataCentre(t *testing.T) {
	t.Setenv("HEAVYSET_ZOHO_CLIENT_SECRET_UE", "hush")
	file := settings(t, "listen: 127.0.0.1:0", "base-url: http://127.0.0.1:1", "database-url: sqlite:"+filepath.Join(t.TempDir(), "a.db"), "secret-keys: k:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"smtp-url: smtp://127.0.0.1:1?tls=none", "mail-from: a@b.example", "zoho-client-id: us")
	if code, _, errs := call(t, "serve", "--config", file); code != 2 || !strings.HasPrefix(errs, "heavyset: HEAVYSET_ZOHO_CLIENT_SECRET_UE: there is no such data centre") {
		t.Errorf("exit %d, %q", code, errs)
	}
}

// TestDoctorNamesEachFix: what is wrong is said with its fix, and the exit code tells scripts.
func TestDoctorNamesEachFix(t *testing.T) {
	t.Parallel()
	database := "sqlite:" + filepath.Join(t.TempDir(), "a.db")
	file := settings(t, "base-url: http://127.0.0.1:1", "database-url: "+database, "secret-keys: k:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"smtp-url: smtp://127.0.0.1:1?tls=none", "mail-from: a@b.example", "zoho-datacenters: us=http://127.0.0.1:1|http://127.0.0.1:1|http://127.0.0.1:1",
		"oidc-issuer: http://127.0.0.1:1", "oidc-client-id: us", "oidc-client-secret: hush", "oidc-domains: b.example")
	code, out, errs := call(t, "doctor", "--config", file)
	if code != 1 || !strings.Contains(out, "Run heavyset migrate") {
		t.Errorf("without a schema: exit %d, %q, %q", code, out, errs)
	}
	if code, _, errs := call(t, "migrate", "--database-url", database); code != 0 {
		t.Fatal(errs)
	}
	code, out, _ = call(t, "doctor", "--config", file)
	for _, want := range []string{
		"ok     Database", "WRONG  Mail", "HEAVYSET_SMTP_URL", "WRONG  Zoho http://127.0.0.1:1", "look   Queue", "Start heavyset serve", "WRONG  Base address http://127.0.0.1:1: does not answer: nothing listens", "ok     Rights", "ok     Sealing key k: seals",
		"WRONG  Single sign-on http://127.0.0.1:1: does not answer as an issuer: nothing listens there (connection refused)\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("doctor does not say %q: exit %d\n%s", want, code, out)
		}
	}
	if code != 1 {
		t.Errorf("exit %d although something is wrong", code)
	}
}

func TestAPersonWhoCannotBeAdded(t *testing.T) {
	t.Parallel()
	database := "sqlite:" + filepath.Join(t.TempDir(), "a.db")
	add := func(email string) (int, string) {
		code, _, errs := call(t, "user", "add", email, "--role", "engineer", "--database-url", database)
		return code, errs
	}
	if code, errs := add("jo@x.example"); code != 0 {
		t.Fatalf("exit %d, %q", code, errs)
	}
	if code, _, errs := call(t, "user", "disable", "who@x.example", "--database-url", database); code != 1 || errs != "heavyset: There is no account with this e-mail address.\n" {
		t.Errorf("who is not there is disabled: exit %d, %q", code, errs)
	}
	for email, want := range map[string]string{
		"Jo@x.example": "heavyset: There is a user with this e-mail address already.\n",
		"jo":           "heavyset: Some of the values can't be accepted: email must be an e-mail address.\n",
	} {
		if code, errs := add(email); code != 1 || errs != want {
			t.Errorf("exit %d, %q", code, errs)
		}
	}
}

// TestKeysOnTheCommandLine: made, used to find it again in the list, and revoked.
func TestKeysOnTheCommandLine(t *testing.T) {
	t.Parallel()
	database := "--database-url=sqlite:" + filepath.Join(t.TempDir(), "a.db")
	code, out, errs := call(t, "user", "key", "--role", "engineer", "--name", "deploy", "--days", "30", database)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	key := lines[len(lines)-1]
	if code != 0 || !strings.HasPrefix(key, "hsk_") {
		t.Fatalf("exit %d, %q, %q", code, out, errs)
	}
	if code, _, errs := call(t, "user", "key", "--role", "engineer", "--days", "3651", database); code == 0 || !strings.Contains(errs, "3650") {
		t.Errorf("too long: exit %d, %q", code, errs)
	}
	code, out, errs = call(t, "user", "keys", database)
	row := strings.Split(out, "\n")[1]
	if code != 0 || strings.Contains(out, key) || !strings.Contains(row, "…"+key[len(key)-4:]) || !strings.Contains(row, "(all)") || !strings.Contains(row, "deploy") {
		t.Fatalf("the list: exit %d, %q, %q", code, out, errs)
	}
	id := strings.Fields(row)[0]
	if code, out, errs := call(t, "user", "revoke-key", id, database); code != 0 || !strings.Contains(out, id) {
		t.Errorf("exit %d, %q, %q", code, out, errs)
	}
	if code, _, _ := call(t, "user", "revoke-key", id, database); code != 1 {
		t.Errorf("revoked twice: exit %d", code)
	}
	if _, out, _ := call(t, "user", "keys", database); strings.Contains(out, id) {
		t.Errorf("still listed: %q", out)
	}
}

// TestAKeyThatIsAnother: the id is right, its bytes are not; doctor says so and nothing else begins with it. And what doctor
// finds nowhere it does not make.
func TestAKeyThatIsAnother(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.db")
	common := []string{
		"base-url: http://127.0.0.1:1", "database-url: sqlite:" + path, "smtp-url: smtp://127.0.0.1:1?tls=none", "mail-from: a@b.example",
		"zoho-datacenters: us=http://127.0.0.1:1|http://127.0.0.1:1|http://127.0.0.1:1",
	}
	right, other := "k:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=", "k:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	if _, out, _ := call(t, "doctor", "--config", settings(t, append(common, "secret-keys: "+right)...)); !strings.Contains(out, "there is no file "+path) {
		t.Errorf("without a database: %s", out)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("doctor has made a database")
	}
	ring, err := secret.ParseKeyring(right)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{URL: "sqlite:" + path, Keys: ring, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(s.Migrate(t.Context()), s.CreateConfig(t.Context(), connection.Config{
		Org: "org_1", ID: "crm_1", Name: "Main", ClientSecret: secret.NewString("x"), Connection: connection.Connection{State: connection.NotConnected},
	}), s.Close())
	if err != nil {
		t.Fatal(err)
	}
	for keys, want := range map[string]bool{right: false, other: true} {
		if _, out, _ := call(t, "doctor", "--config", settings(t, append(common, "secret-keys: "+keys)...)); strings.Contains(out, "WRONG  Sealing key k: is not the key that was under this id") != want {
			t.Errorf("%s: %s", keys, out)
		}
	}
	for _, command := range []string{"serve", "reseal"} { // what it sealed would stand under the same id among what it does not open
		code, out, errs := call(t, command, "--config", settings(t, append(common, "listen: 127.0.0.1:0", "secret-keys: "+other)...))
		if code != 2 || !strings.Contains(errs, "HEAVYSET_SECRET_KEYS: the key k is not the one that was under this id") {
			t.Errorf("%s: exit %d, %q, %q", command, code, out, errs)
		}
	}
}

// TestDoctorSaysHowFarARotationIs: the key that seals, one that nothing is under, and one that is missing.
func TestDoctorSaysHowFarARotationIs(t *testing.T) {
	t.Parallel()
	database := "sqlite:" + filepath.Join(t.TempDir(), "a.db")
	ring, err := secret.ParseKeyring("gone:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=")
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{URL: database, Keys: ring, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(s.Migrate(t.Context()), s.CreateConfig(t.Context(), connection.Config{
		Org: "org_1", ID: "crm_1", Name: "Main", ClientSecret: secret.NewString("x"), Connection: connection.Connection{State: connection.NotConnected},
	}), s.Close())
	if err != nil {
		t.Fatal(err)
	}
	file := settings(t, "base-url: http://127.0.0.1:1", "database-url: "+database, "secret-keys: "+newKey+","+oldKey,
		"smtp-url: smtp://127.0.0.1:1?tls=none", "mail-from: a@b.example", "zoho-datacenters: us=http://127.0.0.1:1|http://127.0.0.1:1|http://127.0.0.1:1")
	code, out, errs := call(t, "doctor", "--config", file)
	for _, want := range []string{"ok     Sealing key new: seals; 0 values", "look   Sealing key old: opens; no value", "WRONG  Sealing key gone: is not there, and 1 value", "reseal --lost gone"} {
		if code != 1 || !strings.Contains(out, want) {
			t.Errorf("doctor does not say %q: exit %d\n%s%s", want, code, out, errs)
		}
	}
}
