package demo_test

import (
	"bytes"
	"database/sql"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"heavyset.tech/platform/internal/demo"
)

// tape is a log that can be read while it is written.
type tape struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *tape) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *tape) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// visitor is a person at a browser without JavaScript.
type visitor struct {
	w      *world
	client *http.Client
	seen   strings.Builder // every page that came
}

func (w *world) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return &visitor{w: w, client: &http.Client{Jar: jar}}
}

func (v *visitor) read(res *http.Response, err error) (int, string) {
	v.w.t.Helper()
	if err != nil {
		v.w.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		v.w.t.Fatal(err)
	}
	v.seen.Write(body)
	return res.StatusCode, string(body)
}

func (v *visitor) get(address string) (int, string) { return v.read(v.client.Get(address)) }

func (v *visitor) post(address string, kv ...string) (int, string) {
	form := url.Values{}
	for i := 0; i+1 < len(kv); i += 2 {
		form.Set(kv[i], kv[i+1])
	}
	return v.read(v.client.PostForm(address, form))
}

type letter struct {
	To                  []string
	Subject, Text, HTML string
	Headers             map[string][]string
}

// letter waits for the nth mail to an address and gives it with the link in it.
func (w *world) letter(to string, n int) (letter, string) {
	w.t.Helper()
	var mine []letter
	w.eventually(20*time.Second, "a mail to "+to, func() bool {
		mine = nil
		for _, m := range get[[]letter](w, w.base+"/_demo/mail") {
			if strings.Contains(strings.Join(m.To, " "), to) {
				mine = append(mine, m)
			}
		}
		return len(mine) >= n
	})
	link := regexp.MustCompile(regexp.QuoteMeta(w.base) + `/(invitation|reset)/[A-Za-z0-9_-]{43}`).FindString(mine[0].Text)
	if link == "" || !strings.Contains(mine[0].HTML, link) {
		w.t.Fatalf("no link in %q", mine[0].Text)
	}
	return mine[0], link
}

// TestPeopleByMail: an administrator invites somebody, who joins by the mail, forgets the password and sets another one;
// the tokens and passwords of it all are in the mails alone.
func TestPeopleByMail(t *testing.T) {
	t.Parallel()
	data, log := filepath.Join(t.TempDir(), "data"), &tape{}
	w, _ := inProcess(t, func(o *demo.Options) {
		o.Data, o.Log = data, slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	boss, guest := w.visitor(), w.visitor()
	boss.post(w.base+"/login", "email", "admin@ridgeline.example", "password", testPassword)
	team := w.base + "/admin/orgs/ridgeline/team"
	if status, body := boss.post(team, "email", "gail@ridgeline.example", "role", "member"); status != 200 || !strings.Contains(body, "Invited.") {
		t.Fatal(status)
	}
	mail, link := w.letter("gail@ridgeline.example", 1)
	if mail.Subject != "Join Ridgeline Roofing on HeavySet" || !strings.Contains(mail.Text, "Rae Ridgeline has invited you to Ridgeline Roofing on HeavySet, as member.") {
		t.Errorf("%q\n%s", mail.Subject, mail.Text)
	}
	w.eventually(10*time.Second, "the invitation's state", func() bool {
		_, body := boss.get(team)
		return strings.Contains(body, ">Invited</span>")
	})
	const first, second = "seven green kettles", "eight brown kettles"
	if status, body := guest.post(link, "name", "Gail Guest", "password", first); status != 200 || !strings.Contains(body, "Ridgeline Roofing") {
		t.Fatalf("joining: %d", status)
	}
	guest.post(w.base + "/logout")
	for _, email := range []string{"gail@ridgeline.example", "nobody@ridgeline.example"} {
		if status, _ := guest.post(w.base+"/login/forgot", "email", email); status != 200 {
			t.Errorf("%s: %d", email, status)
		}
	}
	_, reset := w.letter("gail@ridgeline.example", 2)
	if status, body := guest.post(reset, "password", second); status != 200 || !strings.Contains(body, "Your password is set") {
		t.Fatalf("reset: %d", status)
	}
	if status, _ := guest.post(w.base+"/login", "email", "gail@ridgeline.example", "password", second); status != 200 {
		t.Errorf("the new password: %d", status)
	}
	_, key := w.keyed("POST", "/orgs/ridgeline/api-keys", `{"role":"member"}`)
	_, audited := boss.get(w.base + "/admin/orgs/ridgeline/audit")
	for _, act := range []string{"Invited", "Joined", "Password set by mail", "API key created"} {
		if !strings.Contains(audited, "<b>"+act+"</b>") {
			t.Errorf("the audit lacks %s", act)
		}
	}
	for _, m := range get[[]letter](w, w.base+"/_demo/mail") {
		if strings.Contains(strings.Join(m.To, " "), "nobody@") {
			t.Error("a mail to an account that does not exist")
		}
	}
	w.settled(20 * time.Second)
	apiKey := regexp.MustCompile(`hsk_[A-Za-z0-9_-]{43}`).FindString(string(key))
	if apiKey == "" {
		t.Fatalf("%s", key)
	}
	stored := dump(t, data)
	for name, secret := range map[string]string{
		"the invitation's token": link[strings.LastIndex(link, "/")+1:], "the reset's token": reset[strings.LastIndex(reset, "/")+1:], "a password": first, "the other password": second,
		"the API key": apiKey,
	} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%s is in the log", name)
		}
		if strings.Contains(stored, secret) {
			t.Errorf("%s is in the database", name)
		}
		if strings.Contains(boss.seen.String(), secret) || strings.Contains(guest.seen.String(), secret) && !strings.Contains(name, "token") { // the page behind a link names itself
			t.Errorf("%s is in a page", name)
		}
	}
	for _, who := range []string{"gail@", "Gail Guest", "nobody@"} {
		if strings.Contains(log.String(), who) {
			t.Errorf("%s is in the log", who)
		}
	}
	if !strings.Contains(log.String(), "POST /invitation/{token}") || !strings.Contains(stored, "gail@ridgeline.example") {
		t.Error("this test would not see a secret in the log, or in the database")
	}
}

// dump gives every text of the platform's database.
func dump(t *testing.T, data string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(data, "*.db"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no database in the folder: %v", err)
	}
	var b strings.Builder
	for _, file := range files {
		db, err := sql.Open("sqlite", "file:"+file+"?_pragma=query_only(1)")
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"users", "invitations", "mail_links", "audit_events", "user_sessions", "api_keys", "sessions", "river_job", "signin_failures"} {
			rows, err := db.Query("SELECT * FROM " + table)
			if err != nil {
				t.Fatal(err)
			}
			columns, _ := rows.Columns()
			for rows.Next() {
				values := make([]sql.RawBytes, len(columns))
				into := make([]any, len(columns))
				for i := range values {
					into[i] = &values[i]
				}
				if err := rows.Scan(into...); err != nil {
					t.Fatal(err)
				}
				for _, v := range values {
					b.Write(v)
					b.WriteByte('\n')
				}
			}
			_ = rows.Close()
		}
		_ = db.Close()
	}
	return b.String()
}
