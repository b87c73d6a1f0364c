package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed migrations
var migrations embed.FS

// SchemaVersion is the schema that this binary wants.
func SchemaVersion() int64 {
	files, err := fs.Glob(migrations, "migrations/sqlite/*.sql")
	if err != nil {
		return 0
	}
	return int64(len(files)) // numbered from 1 without gaps, which a test holds
}

// Schema is the state of the database's schema.
type Schema struct {
	Have, Want int64
}

// Current reports whether the binary and the database fit.
func (s Schema) Current() bool { return s.Have == s.Want }

// provider makes goose ready for this engine.
func (s *Store) provider() (*goose.Provider, error) {
	dir := s.steps
	if dir == nil {
		var err error
		if dir, err = fs.Sub(migrations, s.engine.migrationsDir()); err != nil {
			return nil, err
		}
	}
	if s.engine.name() == "sqlite" {
		return goose.NewProvider(goose.DialectSQLite3, s.w, dir)
	}
	return goose.NewProvider(goose.DialectPostgres, s.w, dir)
}

// Migrate brings the schema up to this binary's and makes the store ready for use. A schema that is newer than the
// binary is refused and nothing is changed. Of nodes that start together one migrates while the others wait.
func (s *Store) Migrate(ctx context.Context) (err error) {
	release, err := s.engine.turn(ctx, s.w)
	if err != nil {
		return fmt.Errorf("wait for another node that migrates: %w", err)
	}
	defer func() { err = errors.Join(err, release()) }()
	p, err := s.provider()
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	st, err := s.schema(ctx, p)
	if err != nil {
		return err
	}
	if st.Have > st.Want {
		return fmt.Errorf("the database has schema %d, this heavyset knows only %d: use the newer heavyset, or restore a backup", st.Have, st.Want)
	}
	if !st.Current() {
		if _, err := p.Up(ctx); err != nil {
			return fmt.Errorf("migrate the database: %w", err)
		}
	}
	m, err := rivermigrate.New(s.Driver(), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("read the job migrations: %w", err)
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate the jobs: %w", err)
	}
	if err := s.engine.plan(ctx, s.w); err != nil {
		return err
	}
	return s.ready()
}

// Schema tells how far the database is.
func (s *Store) Schema(ctx context.Context) (Schema, error) {
	p, err := s.provider()
	if err != nil {
		return Schema{}, fmt.Errorf("read the migrations: %w", err)
	}
	return s.schema(ctx, p)
}

func (s *Store) schema(ctx context.Context, p *goose.Provider) (Schema, error) {
	have, err := p.GetDBVersion(ctx)
	if err != nil {
		return Schema{}, fmt.Errorf("read the schema's version: %w", err)
	}
	all := p.ListSources()
	return Schema{Have: have, Want: all[len(all)-1].Version}, nil
}
