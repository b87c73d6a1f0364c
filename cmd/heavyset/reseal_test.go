package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"heavyset.tech/platform/internal/config"
	"heavyset.tech/platform/internal/secret"
)

const (
	oldKey = "old:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	newKey = "new:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
)

// TestKeysAreReadAnewOnAHangup: what the settings say counts at once; settings that are wrong change nothing.
func TestKeysAreReadAnewOnAHangup(t *testing.T) {
	mine := make(chan os.Signal, 1) // without it a signal that comes too early would end the test
	signal.Notify(mine, syscall.SIGHUP)
	defer signal.Stop(mine)
	keys, err := secret.ParseKeyring(oldKey)
	if err != nil {
		t.Fatal(err)
	}
	r, w := io.Pipe()
	lines := bufio.NewScanner(r)
	next := make(chan config.Settings, 1)
	e := env{log: slog.New(slog.NewTextHandler(w, nil)), reread: func() (config.Settings, error) {
		select {
		case s := <-next:
			return s, nil
		default:
			return config.Settings{}, errors.New("a further signal")
		}
	}}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- rekey(ctx, e, keys) }()
	for _, c := range []struct {
		keys string
		log  string
		ids  []string
	}{{newKey + "," + oldKey, "read anew", []string{"new", "old"}}, {"nonsense", "HEAVYSET_SECRET_KEYS", []string{"new", "old"}}, {newKey, "read anew", []string{"new"}}} {
		next <- config.Settings{SecretKeys: c.keys}
		told := make(chan struct{})
		go func() { // again until it is heard: nobody says when the process listens
			tick := time.NewTicker(10 * time.Millisecond)
			defer tick.Stop()
			for {
				_ = syscall.Kill(os.Getpid(), syscall.SIGHUP)
				select {
				case <-told:
					return
				case <-tick.C:
				}
			}
		}()
		for lines.Scan() && strings.Contains(lines.Text(), "a further signal") {
		}
		close(told)
		if !strings.Contains(lines.Text(), c.log) || !slices.Equal(keys.IDs(), c.ids) {
			t.Errorf("after %.8s: %v, %s", c.keys, keys.IDs(), lines.Text())
		}
		if strings.Contains(lines.Text(), "AAAA") || strings.Contains(lines.Text(), "AQEB") {
			t.Error("the log shows a key")
		}
	}
	stop()
	go func() { _, _ = io.Copy(io.Discard, r) }()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestResealCommand: what it refuses, and what it says of a database with nothing in it.
func TestResealCommand(t *testing.T) {
	t.Parallel()
	database := "--database-url=sqlite:" + filepath.Join(t.TempDir(), "a.db")
	if code, _, errs := call(t, "reseal", database); code != 2 || !strings.Contains(errs, "HEAVYSET_SECRET_KEYS") {
		t.Errorf("without keys: exit %d, %q", code, errs)
	}
	if code, _, errs := call(t, "migrate", database); code != 0 {
		t.Fatal(errs)
	}
	code, out, errs := call(t, "reseal", database, "--secret-keys", newKey+","+oldKey)
	if code != 0 || !strings.Contains(out, "0 values are under new") || !strings.Contains(out, "done: 0") {
		t.Errorf("exit %d, %q, %q", code, out, errs)
	}
	if code, _, errs := call(t, "reseal", database, "--secret-keys", newKey+","+oldKey, "--lost", "old"); code != 1 || !strings.Contains(errs, "is there") {
		t.Errorf("a key that is not lost: exit %d, %q", code, errs)
	}
	if code, out, errs := call(t, "reseal", database, "--secret-keys", newKey, "--lost", "old"); code != 0 || !strings.Contains(out, "given up: 0") {
		t.Errorf("exit %d, %q, %q", code, out, errs)
	}
}
