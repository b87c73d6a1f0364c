package storetest

import (
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver by which databases are made
)

// cluster is the PostgreSQL of one test process.
type cluster struct {
	dir  string
	port int
	cmd  *exec.Cmd
	done chan struct{}
}

var (
	running   = sync.OnceValues(start)
	started   atomic.Bool
	databases atomic.Int64
)

// Main runs a package's tests and stops the PostgreSQL that they may have started: call it from TestMain. What comes
// after the tests is given their exit code and gives its own.
func Main(m *testing.M, after ...func(code int) int) {
	code := m.Run()
	for _, f := range after {
		code = f(code)
	}
	if started.Load() {
		if c, err := running(); err == nil {
			c.stop()
		}
	}
	os.Exit(code)
}

// Postgres gives the URL of a fresh, empty database on a real PostgreSQL. A machine without one fails the test: what is
// not there is not tested.
func Postgres(t testing.TB) string {
	t.Helper()
	c, err := running()
	if err != nil {
		t.Fatalf("these tests need PostgreSQL (Debian: apt-get install postgresql, or set PG_BIN): %v", err)
	}
	return c.fresh(t, "template1")
}

// copied gives the URL of a fresh database as the migrations leave it.
func copied(t testing.TB) string {
	t.Helper()
	c, err := migratedCluster()
	if err != nil {
		t.Fatalf("these tests need PostgreSQL (Debian: apt-get install postgresql, or set PG_BIN): %v", err)
	}
	return c.fresh(t, "migrated")
}

// migratedCluster is the process's cluster with a database, migrated once, that the tests' are copies of.
var migratedCluster = sync.OnceValues(func() (*cluster, error) {
	c, err := running()
	if err != nil {
		return nil, err
	}
	if err := c.exec("CREATE DATABASE migrated"); err != nil {
		return nil, err
	}
	return c, migrate(c.url("migrated"))
})

// fresh gives the URL of a new copy of a database, which is dropped after the test.
func (c *cluster) fresh(t testing.TB, from string) string {
	t.Helper()
	name := fmt.Sprintf("test_%d", databases.Add(1))
	if err := c.exec("CREATE DATABASE " + name + " TEMPLATE " + from); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.exec("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)") })
	return c.url(name)
}

func (c *cluster) exec(statement string) error {
	db, err := sql.Open("pgx", c.url("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	_, err = db.Exec(statement)
	return err
}

func (c *cluster) url(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", c.port, database)
}

// binaries finds the newest PostgreSQL of the machine.
func binaries() (string, error) {
	if dir := os.Getenv("PG_BIN"); dir != "" {
		return dir, nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.Sort(found)
	for i := len(found) - 1; i >= 0; i-- {
		if _, err := os.Stat(filepath.Join(found[i], "initdb")); err == nil {
			return found[i], nil
		}
	}
	return "", errors.New("no initdb in $PG_BIN or /usr/lib/postgresql/*/bin")
}

// start makes and starts a cluster that keeps nothing and dies with this process.
func start() (*cluster, error) {
	started.Store(true)
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "heavyset-pg-")
	if err != nil {
		return nil, err
	}
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() == 0 { // PostgreSQL refuses to run as root
		u, err := user.Lookup("postgres")
		if err != nil {
			return nil, err
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		if err := os.Chown(dir, uid, gid); err != nil {
			return nil, err
		}
		attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", filepath.Join(dir, "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = &syscall.SysProcAttr{Credential: attr.Credential}, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	c := &cluster{dir: dir, port: port, done: make(chan struct{})}
	c.cmd = exec.Command(filepath.Join(bin, "postgres"), "-D", filepath.Join(dir, "data"), "-p", strconv.Itoa(port), "-k", dir,
		"-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=300", "-c", "shared_buffers=64MB", "-c", "log_min_messages=fatal")
	c.cmd.SysProcAttr, c.cmd.Dir = attr, dir
	if err := c.run(); err != nil {
		return nil, err
	}
	return c, c.wait()
}

// run starts the server from a thread that never ends: Pdeathsig is about the thread that forked.
func (c *cluster) run() error {
	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		err := c.cmd.Start()
		result <- err
		if err == nil {
			_ = c.cmd.Wait()
		}
		close(c.done)
	}()
	return <-result
}

func (c *cluster) wait() error {
	db, err := sql.Open("pgx", c.url("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	deadline := time.NewTimer(30 * time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if err = db.Ping(); err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-c.done:
			return errors.New("postgres ended at once")
		case <-deadline.C:
			return fmt.Errorf("postgres does not answer: %w", err)
		}
	}
}

func (c *cluster) stop() {
	_ = c.cmd.Process.Signal(syscall.SIGQUIT)
	<-c.done
	_ = os.RemoveAll(c.dir)
}
