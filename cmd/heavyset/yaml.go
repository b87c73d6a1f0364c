package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"gopkg.in/yaml.v3"
)

// settingsFile is a read --config file: values by the names of flags (database-url, database_url) or of environment
// variables (HEAVYSET_DATABASE_URL). One file serves every command. A flag comes before the environment, and that before
// the file.
type settingsFile map[string]any

// loadYAML reads a --config file.
func loadYAML(r io.Reader) (kong.Resolver, error) {
	f := settingsFile{}
	if err := yaml.NewDecoder(r).Decode(&f); err != nil && !errors.Is(err, io.EOF) {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return nil, fmt.Errorf("--config: %s", first)
	}
	return f, nil
}

// Validate refuses names that no command has: a setting that is misspelt would be ignored otherwise.
func (f settingsFile) Validate(app *kong.Application) error {
	known := map[string]bool{}
	var walk func(*kong.Node)
	walk = func(n *kong.Node) {
		for _, flag := range n.Flags {
			for _, name := range namesOf(flag) {
				known[name] = true
			}
		}
		for _, child := range n.Children {
			walk(child)
		}
	}
	walk(app.Node)
	for name, v := range f {
		if !known[name] {
			return fmt.Errorf("--config: %s: there is no such setting", name)
		}
		switch v.(type) {
		case string, bool, int, float64, nil:
		default:
			return fmt.Errorf("--config: %s: must be one value", name)
		}
	}
	return nil
}

// Resolve gives a flag's value; nil when the file has none or the environment has one.
func (f settingsFile) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, name := range flag.Envs {
		if _, ok := os.LookupEnv(name); ok {
			return nil, nil
		}
	}
	for _, name := range namesOf(flag) {
		if v, ok := f[name]; ok && v != nil {
			return fmt.Sprint(v), nil
		}
	}
	return nil, nil
}

func namesOf(flag *kong.Flag) []string {
	return slices.Concat([]string{flag.Name, strings.ReplaceAll(flag.Name, "-", "_")}, flag.Envs)
}
