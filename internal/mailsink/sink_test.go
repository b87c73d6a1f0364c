package mailsink_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"heavyset.tech/platform/internal/mailsink"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func noon() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

// start runs a sink on a port of its own until the test ends.
func start(t *testing.T, o mailsink.Options) (*mailsink.Sink, string) {
	t.Helper()
	o.Now = noon
	s, err := mailsink.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s, run(t, s)
}

func run(t *testing.T, s *mailsink.Sink) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run ended with %v", err)
		}
	})
	return l.Addr().String()
}

func send(addr, from string, rcpt []string, raw string) error {
	return smtp.SendMail(addr, nil, from, rcpt, []byte(crlf(raw)))
}

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

func simple(subject string) string {
	return "From: a@example.com\nTo: b@example.com\nSubject: " + subject + "\n\nHello\n"
}

func subjects(s *mailsink.Sink) []string {
	out := []string{}
	for _, m := range s.Messages() {
		out = append(out, m.Subject)
	}
	return out
}

func TestMessagesAreNewestFirstAndBeyondTheLimitTheOldestGo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, addr := start(t, mailsink.Options{Limit: 3, Dir: dir})
	for i := range 5 {
		if err := send(addr, "a@example.com", []string{"b@example.com"}, simple(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"4", "3", "2"}
	if diff := cmp.Diff(want, subjects(s)); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) != 3 {
		t.Errorf("%d files for 3 messages: %v", len(files), files)
	}
	again, err := mailsink.New(mailsink.Options{Limit: 2, Dir: dir, Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want[:2], subjects(again)); diff != "" {
		t.Errorf("read again under a smaller limit (-want +got):\n%s", diff)
	}
}

func TestAFolderGivesTheSameMessagesAgainAndIDsGoOn(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "made", "below")
	s, addr := start(t, mailsink.Options{Dir: dir})
	if err := send(addr, "from@example.com", []string{"one@example.com", "two@example.com"}, invitation); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "00000009.tmp"), []byte("half a mess"), 0o600); err != nil {
		t.Fatal(err)
	}

	again, err := mailsink.New(mailsink.Options{Dir: dir, Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s.Messages(), again.Messages()); diff != "" {
		t.Errorf("read again (-first +again):\n%s", diff)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.tmp")); len(left) > 0 {
		t.Errorf("half written files are left: %v", left)
	}
	if err := send(run(t, again), "a@example.com", []string{"b@example.com"}, simple("next")); err != nil {
		t.Fatal(err)
	}
	if m := again.Messages(); len(m) != 2 || m[0].ID <= m[1].ID {
		t.Errorf("after reading again: %d messages, ids must go on rising", len(m))
	}
}

func TestNewNamesTheFileThatIsNoMessage(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"not an envelope":       "hello\n",
		"cut in its envelope":   `{"number":1,"from":"a`,
		"named after another":   `{"number":2}` + "\nSubject: x\n\n",
		"no end of the first l": `{"number":1}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "00000001.mail"), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := mailsink.New(mailsink.Options{Dir: dir, Now: noon}); err == nil || !strings.Contains(err.Error(), "00000001.mail") {
				t.Errorf("got %v, want an error that names the file", err)
			}
		})
	}
}

func TestAMessageThatCanNotBeKeptIsNotAccepted(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "mail")
	s, addr := start(t, mailsink.Options{Dir: dir})
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	err := send(addr, "a@example.com", []string{"b@example.com"}, simple("x"))
	if code(err) != 452 || len(s.Messages()) != 0 {
		t.Errorf("got %v and %d messages, want 452 and none", err, len(s.Messages()))
	}
}

func TestAMessageHasAnotherNameUntilItIsWhole(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, addr := start(t, mailsink.Options{Dir: dir})
	if err := os.Mkdir(filepath.Join(dir, "00000001.tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := send(addr, "a@example.com", []string{"b@example.com"}, simple("x")); code(err) != 452 || len(s.Messages()) != 0 {
		t.Errorf("got %v, want that nothing is written where a reader would look", err)
	}
}

// The helper is this test binary again; it serves until it is killed.
func TestMessagesSurviveSIGKILL(t *testing.T) {
	if dir := os.Getenv("MAILSINK_DIR"); dir != "" {
		s, err := mailsink.New(mailsink.Options{Dir: dir, Now: noon})
		if err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("LISTEN", l.Addr())
		_ = s.Run(context.Background(), l)
		return
	}
	t.Parallel()
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestMessagesSurviveSIGKILL$")
	cmd.Env = append(os.Environ(), "MAILSINK_DIR="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	addr := ""
	for lines := bufio.NewScanner(out); addr == "" && lines.Scan(); {
		addr, _ = strings.CutPrefix(lines.Text(), "LISTEN ")
		if addr == lines.Text() {
			addr = ""
		}
	}
	if addr == "" {
		t.Fatal("the helper does not listen")
	}

	// Long enough for the kill to come in the middle of a file.
	long := strings.Repeat(strings.Repeat("x", 70)+"\n", 1_000)
	const writers, each = 4, 10
	acked := make(chan string, writers*each*10)
	done := make(chan struct{})
	for w := range writers {
		go func() {
			defer func() { done <- struct{}{} }()
			for i := 0; ; i++ {
				subject := fmt.Sprintf("%d-%d", w, i)
				if send(addr, "a@example.com", []string{"b@example.com"}, simple(subject)+long) != nil {
					return
				}
				acked <- subject
			}
		}()
	}
	var sure []string
	for range writers * each {
		sure = append(sure, <-acked)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for range writers {
		<-done
	}
	close(acked)
	for subject := range acked {
		sure = append(sure, subject)
	}

	s, err := mailsink.New(mailsink.Options{Dir: dir, Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string]bool{}
	for _, m := range s.Messages() {
		kept[m.Subject] = true
		if m.Text != "Hello\n"+long {
			t.Errorf("message %s is cut to %d octets", m.ID, len(m.Text))
		}
	}
	for _, subject := range sure {
		if !kept[subject] {
			t.Errorf("message %s was answered with 250 and is gone", subject)
		}
	}
	t.Logf("%d messages were sure, %d kept", len(sure), len(kept))
}

// code gives the SMTP code of an error; 0 when the connection broke.
func code(err error) int {
	var e *textproto.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

func TestRefusalsAndCuts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(*mailsink.Sink)
		code    int
		kept    int // after the faulty one and a good one
	}{
		"sender refused":        {func(s *mailsink.Sink) { s.RefuseNext(1, mailsink.Refusal{Step: mailsink.AtSender, Code: 550}) }, 550, 1},
		"recipient refused":     {func(s *mailsink.Sink) { s.RefuseNext(1, mailsink.Refusal{Step: mailsink.AtRecipient, Code: 450}) }, 450, 1},
		"message refused":       {func(s *mailsink.Sink) { s.RefuseNext(1, mailsink.Refusal{Step: mailsink.AtData, Code: 554}) }, 554, 1},
		"cut after it was kept": {func(s *mailsink.Sink) { s.CutNext(1) }, 0, 2},
		"connection refused for now": {func(s *mailsink.Sink) {
			s.RefuseNext(1, mailsink.Refusal{Step: mailsink.AtRecipient, Code: 421})
		}, 421, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, addr := start(t, mailsink.Options{})
			c.prepare(s)
			err := send(addr, "a@example.com", []string{"b@example.com"}, simple("faulty"))
			if err == nil || code(err) != c.code {
				t.Errorf("faulty one: %v, want code %d", err, c.code)
			}
			if err := send(addr, "a@example.com", []string{"b@example.com"}, simple("good")); err != nil {
				t.Errorf("the one after it: %v", err)
			}
			if got := len(s.Messages()); got != c.kept {
				t.Errorf("%d messages kept, want %d", got, c.kept)
			}
		})
	}
}

func TestARefusalWaitsForItsStep(t *testing.T) {
	t.Parallel()
	s, addr := start(t, mailsink.Options{})
	s.RefuseNext(1, mailsink.Refusal{Step: mailsink.AtData, Code: 554})
	s.RefuseNext(1, mailsink.Refusal{Step: mailsink.AtRecipient, Code: 450, Enhanced: [3]int{4, 7, 1}, Text: "not yet"})
	c, err := smtp.Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Mail("a@example.com"); err != nil {
		t.Errorf("MAIL: %v", err)
	}
	if err := c.Rcpt("b@example.com"); code(err) != 450 || !strings.Contains(err.Error(), "4.7.1 not yet") {
		t.Errorf("RCPT: %v", err)
	}
	if err := c.Rcpt("b@example.com"); err != nil {
		t.Errorf("second RCPT: %v", err)
	}
	w, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); code(err) != 554 {
		t.Errorf("DATA: %v", err)
	}
}

func TestWithALoginNothingIsTakenWithoutIt(t *testing.T) {
	t.Parallel()
	s, addr := start(t, mailsink.Options{Login: func(u, p string) bool { return u == "user" && p == "pass" }})
	if err := send(addr, "a@example.com", []string{"b@example.com"}, simple("x")); code(err) != 530 {
		t.Errorf("no login: %v, want 530", err)
	}
	try := func(password string) error {
		return smtp.SendMail(addr, smtp.PlainAuth("", "user", password, "127.0.0.1"), "a@example.com", []string{"b@example.com"}, []byte(simple("x")))
	}
	if err := try("wrong"); code(err) != 535 {
		t.Errorf("wrong password: %v, want 535", err)
	}
	if err := try("pass"); err != nil || len(s.Messages()) != 1 {
		t.Errorf("right password: %v, %d messages", err, len(s.Messages()))
	}
}

func TestRunEndsWithOpenConnections(t *testing.T) {
	t.Parallel()
	s, err := mailsink.New(mailsink.Options{Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, l) }()
	c, err := smtp.Dial(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run: %v", err)
	}
	if err := c.Noop(); err == nil {
		t.Error("the connection outlived Run")
	}
}

func TestRunReportsABrokenListener(t *testing.T) {
	t.Parallel()
	s, err := mailsink.New(mailsink.Options{Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Run(context.Background(), l) }()
	c, err := smtp.Dial(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = l.Close()
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v, want the listener's error", err)
	}
}
