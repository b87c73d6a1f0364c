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

// cluster is a PostgreSQL: the one of a test process, or one of a test's own.
type cluster struct {
	dir, bin string
	port     int
	attr     *syscall.SysProcAttr
	cmd      *exec.Cmd
	done     chan struct{}
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

// Tool gives the path of one of PostgreSQL's own programs, such as pg_dump.
func Tool(t testing.TB, name string) string {
	t.Helper()
	bin, err := binaries()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(bin, name)
}

// start makes and starts the process's cluster.
func start() (*cluster, error) {
	started.Store(true)
	return boot()
}

// boot makes and starts a cluster that keeps nothing and dies with this process.
func boot() (*cluster, error) {
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
	c := &cluster{dir: dir, bin: bin, port: port, attr: attr}
	return c, c.run()
}

// run starts the server and waits until it answers. It is started from a thread that never ends: Pdeathsig is about the
// thread that forked.
func (c *cluster) run() error {
	c.cmd = exec.Command(filepath.Join(c.bin, "postgres"), "-D", filepath.Join(c.dir, "data"), "-p", strconv.Itoa(c.port), "-k", c.dir,
		"-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=300", "-c", "shared_buffers=64MB", "-c", "log_min_messages=fatal")
	c.cmd.SysProcAttr, c.cmd.Dir = c.attr, c.dir
	cmd, done, result := c.cmd, make(chan struct{}), make(chan error, 1)
	c.done = done
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		result <- err
		if err == nil {
			_ = cmd.Wait()
		}
		close(done)
	}()
	if err := <-result; err != nil {
		return err
	}
	return c.wait()
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
	c.crash()
	_ = os.RemoveAll(c.dir)
}

// crash ends the server at once: what was committed is in its log, nothing else is put in order.
func (c *cluster) crash() {
	_ = c.cmd.Process.Signal(syscall.SIGQUIT)
	<-c.done
}

// Server is a PostgreSQL of a test's own, which may crash without other tests noticing.
type Server struct{ c *cluster }

// NewServer starts a PostgreSQL that is thrown away after the test.
func NewServer(t testing.TB) *Server {
	t.Helper()
	c, err := boot()
	if err != nil {
		t.Fatalf("these tests need PostgreSQL (Debian: apt-get install postgresql, or set PG_BIN): %v", err)
	}
	t.Cleanup(c.stop)
	return &Server{c}
}

// URL is the address of its empty database.
func (s *Server) URL() string { return s.c.url("postgres") }

// Restart crashes it and starts it again at the same address.
func (s *Server) Restart() error {
	s.c.crash()
	return s.c.run()
}
