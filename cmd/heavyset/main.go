// Command heavyset runs the platform: `heavyset demo` to look at it, `heavyset serve` for real.
//
// It parses flags, environment and an optional YAML file, hands them to internal/app or internal/demo, and turns errors
// into exit codes: 2 for a missing or malformed setting, 1 for everything else.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // zones in the binary

	"github.com/alecthomas/kong"

	"heavyset.tech/platform/internal/config"
	"heavyset.tech/platform/internal/store"
)

// cli is every command with its flags.
type cli struct {
	Config kong.ConfigFlag `help:"YAML file with settings by the names of the flags." placeholder:"FILE.yaml"`
	Log    string          `help:"Least level of log lines: debug, info, warn, error." enum:"debug,info,warn,error" default:"info"`

	Demo    demoCmd    `cmd:"" help:"Run the platform, a simulated Zoho and a mail sink in one process, seeded and connected."`
	Serve   serveCmd   `cmd:"" help:"Run the platform."`
	Zohosim zohosimCmd `cmd:"" help:"Run the simulated Zoho alone."`
	Migrate migrateCmd `cmd:"" help:"Bring the database's schema up, or show it."`
	User    userCmd    `cmd:"" help:"Add people and keys."`
	Reseal  resealCmd  `cmd:"" help:"Seal anew, with the first key, what older sealing keys have sealed."`
	Backup  backupCmd  `cmd:"" help:"Copy a SQLite database while it is being served."`
	Doctor  doctorCmd  `cmd:"" help:"Check an installation step by step, each with its fix."`
	Version versionCmd `cmd:"" help:"Show version, commit and schema."`
}

// env is what a command runs with.
type env struct {
	ctx context.Context
	out io.Writer
	log *slog.Logger
	// reread reads the settings of serve again: flags, environment and file.
	reread func() (config.Settings, error)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run carries out one command and gives the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var c cli
	code := -1
	parser, err := newParser(&c, kong.Writers(stdout, stderr), kong.Exit(func(n int) { code = n }), kong.UsageOnError())
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if code >= 0 { // help was shown
		return code
	}
	if err != nil {
		fmt.Fprintln(stderr, "heavyset:", err)
		return 2
	}
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.Log)) // the parser has checked it
	e := env{ctx: ctx, out: stdout, log: slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))}
	e.reread = func() (config.Settings, error) {
		var again cli
		parser, err := newParser(&again)
		if err == nil {
			_, err = parser.Parse(args)
		}
		return again.Serve.Settings, err
	}
	if err := parsed.Run(e); err != nil {
		if why := store.Refused(err); why != "" {
			err = &config.Error{Setting: "HEAVYSET_DATABASE_URL", Why: why}
		}
		var strange store.StrangeKey
		if errors.As(err, &strange) {
			err = &config.Error{Setting: "HEAVYSET_SECRET_KEYS", Why: strange.Error()}
		}
		fmt.Fprintln(stderr, "heavyset:", strings.Join(strings.Fields(err.Error()), " "))
		var setting *config.Error
		if errors.As(err, &setting) {
			return 2
		}
		return 1
	}
	return 0
}

func newParser(c *cli, more ...kong.Option) (*kong.Kong, error) {
	return kong.New(c, append(more, kong.Name("heavyset"), kong.Description("Scheduling for businesses whose books are kept in Zoho CRM."), kong.Configuration(loadYAML))...)
}
