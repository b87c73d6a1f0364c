// Command sbom writes what a Go program is made of as a CycloneDX document (https://cyclonedx.org/docs/1.6/json/).
//
// `go run ./sbom -version v1.2.3 FILE…` reads the build information that Go put into each program and writes FILE.cdx.json beside it: the
// program with its checksum, Go's own library, and every module with its version, address and hash. The same program gives
// the same bytes anywhere: no serial number by chance, no time but the commit's. That is why it is ours: cyclonedx-gomod
// puts the checksum of its own executable into each document, which differs from machine to machine.
package main

import (
	"cmp"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
)

// document is the part of CycloneDX 1.6 that we write.
type document struct {
	Format       string       `json:"bomFormat"`
	Spec         string       `json:"specVersion"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Timestamp  string     `json:"timestamp,omitempty"` // of the commit
	Component  component  `json:"component"`
	Properties []property `json:"properties,omitempty"`
}

type component struct {
	Ref     string `json:"bom-ref"`
	Type    string `json:"type"`
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	Scope   string `json:"scope,omitempty"`
	Hashes  []hash `json:"hashes,omitempty"`
	Address string `json:"purl"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref string   `json:"ref"`
	On  []string `json:"dependsOn,omitempty"`
}

func main() {
	version := flag.String("version", "", "version of the programs; empty: as Go has put it into them")
	flag.Parse()
	for _, path := range flag.Args() {
		if err := write(path, *version); err != nil {
			fmt.Fprintln(os.Stderr, "sbom:", err)
			os.Exit(1)
		}
	}
}

// write puts the document of a program beside it.
func write(path, version string) error {
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return err
	}
	program, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	info.Main.Version = cmp.Or(version, info.Main.Version)
	doc, err := describe(filepath.Base(path), program, info)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	out, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path+".cdx.json", append(out, '\n'), 0o644)
}

// describe makes the document of a program. Build information lists modules in the order of their paths.
func describe(name string, program []byte, info *debug.BuildInfo) (document, error) {
	sum := sha256.Sum256(program)
	doc := document{Format: "CycloneDX", Spec: "1.6", Version: 1, Metadata: metadata{Component: component{
		Type: "application", Name: name, Hashes: []hash{{"SHA-256", hex.EncodeToString(sum[:])}},
	}}}
	version := info.Main.Version
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.time":
			doc.Metadata.Timestamp = s.Value
		case "GOOS", "GOARCH", "CGO_ENABLED", "-tags", "vcs.revision", "vcs.modified":
			doc.Metadata.Properties = append(doc.Metadata.Properties, property{"build:" + s.Key, s.Value})
		}
	}
	own := &doc.Metadata.Component
	own.Version, own.Address = version, address(info.Main.Path, version)
	own.Ref = own.Address
	standard := strings.TrimPrefix(info.GoVersion, "go")
	doc.Components = []component{{Ref: address("std", standard), Type: "library", Name: "std", Version: standard, Scope: "required", Address: address("std", standard)}}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		c := component{Ref: address(m.Path, m.Version), Type: "library", Name: m.Path, Version: m.Version, Scope: "required", Address: address(m.Path, m.Version)}
		if m.Sum != "" {
			sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(m.Sum, "h1:"))
			if err != nil || len(sum) != sha256.Size {
				return doc, fmt.Errorf("the hash of %s cannot be read", m.Path)
			}
			c.Hashes = []hash{{"SHA-256", hex.EncodeToString(sum)}} // of Go's list of the module's files, as go.sum has it
		}
		doc.Components = append(doc.Components, c)
	}
	on := dependency{Ref: own.Ref}
	for _, c := range doc.Components {
		on.On = append(on.On, c.Ref)
	}
	doc.Dependencies = []dependency{on}
	return doc, nil
}

// address is the package URL of a module (https://github.com/package-url/purl-spec/blob/main/types/golang-definition.json).
func address(path, version string) string {
	if version == "" {
		return "pkg:golang/" + path
	}
	return "pkg:golang/" + path + "@" + strings.ReplaceAll(version, "+", "%2B")
}
