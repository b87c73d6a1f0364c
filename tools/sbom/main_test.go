package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
)

// TestEveryModuleIsThere: of a real program, this test's own, whose list Go itself gives.
func TestEveryModuleIsThere(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, program, 0o600); err != nil {
		t.Fatal(err)
	}
	var first []byte
	for range 2 {
		if err := write(path, "v9"); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path + ".cdx.json")
		if err != nil {
			t.Fatal(err)
		}
		if first != nil && !bytes.Equal(first, b) {
			t.Error("the second document differs from the first")
		}
		first = b
	}
	var doc document
	if err := json.Unmarshal(first, &doc); err != nil {
		t.Fatal(err)
	}
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Components) != len(info.Deps)+1 || doc.Components[0].Name != "std" || doc.Format != "CycloneDX" || doc.Metadata.Component.Version != "v9" || len(doc.Metadata.Component.Hashes[0].Content) != 64 {
		t.Errorf("%+v", doc)
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	const sum = "h1:5Nl1Y9aiWg6XtJrQl1WsGZ2VDIF8UyiAxF0QVwUqg9c="
	info := &debug.BuildInfo{
		GoVersion: "go1.26.8", Main: debug.Module{Path: "heavyset.tech/platform", Version: "v1.2.3+dirty"},
		Deps: []*debug.Module{
			{Path: "a.example/x", Version: "v1.0.0", Sum: sum},
			{Path: "b.example/y", Version: "v2.0.0", Replace: &debug.Module{Path: "c.example/z", Version: "v2.0.1", Sum: sum}},
		},
		Settings: []debug.BuildSetting{{Key: "GOARCH", Value: "arm64"}, {Key: "vcs.time", Value: "2026-11-27T00:00:00Z"}, {Key: "-ldflags", Value: "-X secret"}},
	}
	doc, err := describe("heavyset-v1.2.3-linux-arm64", []byte("program"), info)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"timestamp":"2026-11-27T00:00:00Z"`, `"bom-ref":"pkg:golang/heavyset.tech/platform@v1.2.3%2Bdirty"`, `"purl":"pkg:golang/std@1.26.8"`,
		`"purl":"pkg:golang/c.example/z@v2.0.1"`, `{"alg":"SHA-256","content":"e4d97563d6a25a0e97b49ad09755ac199d950c817c532880c45d1057052a83d7"}`,
		`"dependsOn":["pkg:golang/std@1.26.8","pkg:golang/a.example/x@v1.0.0","pkg:golang/c.example/z@v2.0.1"]`, `{"name":"build:GOARCH","value":"arm64"}`,
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %s in %s", want, b)
		}
	}
	if strings.Contains(string(b), "b.example") || strings.Contains(string(b), "serialNumber") || strings.Contains(string(b), "ldflags") {
		t.Errorf("too much: %s", b)
	}
	info.Deps[0].Sum = "h1:short"
	if _, err := describe("x", nil, info); err == nil {
		t.Error("a hash that is none was taken")
	}
}
