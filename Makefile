# make check   every test and check, with what a bare Debian with Go lacks installed first
# make soak    the large loads in full, and every fuzz target
# make fuzz    every fuzz target alone
# make bench   the ratios that docs/BENCHMARKS.md explains, measured in one run
# make pictures  the pictures in docs/pictures, from the running demo
# make release  the programs of a release in dist/, with their checksums and what is in each
# make generate  what is generated from queries and migrations
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
TOOL := go tool -modfile=tools/go.mod
SOURCES := $(shell git ls-files '*.go' 2>/dev/null | grep -v '^internal/store/db/')

.PHONY: check install format vet generated tidy test soak fuzz bench pictures generate build release

check: install format vet tidy generated test

install:
	@./tools/install.sh

format:
	@out="$$($(TOOL) gofumpt -l $(SOURCES))"; if [ -n "$$out" ]; then echo "not formatted (gofumpt -w):"; echo "$$out"; exit 1; fi

vet:
	go vet ./...
	$(TOOL) staticcheck ./...

tidy:
	go mod tidy -diff

# What sqlc makes of the queries must be what is committed, for PostgreSQL, and must compile against SQLite's schema too.
generated: generate
	@git diff --exit-code --stat -- internal/store/db || { echo "internal/store/db is not what the queries make: commit it"; exit 1; }

generate:
	cd internal/store/queries && $(TOOL:tools/go.mod=../../../tools/go.mod) sqlc generate

# SQLite translated to Go is ten times slower under the race detector and touches none of our memory: it is left out. Only
# these two, not the driver: the linker may take the copy of generic code that a package left out has made for everybody's.
RACE := -race -gcflags='modernc.org/sqlite/lib=-race=false' -gcflags='modernc.org/libc=-race=false'

# Packages whose tests are trips through a database or a browser, or compute without a goroutine, are under the race detector in
# make soak; with it a check takes too long. Most of demo's time is waiting: hence more tests at once than cores.
PLAIN := availability|demo|mapping|mirror|passport|quarantine|waitlist|web/admin

# Zoho's OpenAPI files state no licence and are not in the repository; without them the tests pass, but say less.
test:
	@[ -d "$${HEAVYSET_ZOHO_OAS:-../shared/zoho/oas}" ] || echo "NOT CHECKED against Zoho's OpenAPI files: set HEAVYSET_ZOHO_OAS to their folder"
	r=0; go test $(RACE) -shuffle=on -timeout 20m $$(go list ./... | grep -vE '/internal/($(PLAIN))$$') || r=1; \
	go test -shuffle=on -timeout 20m -parallel 6 $$(go list ./... | grep -E '/internal/($(PLAIN))$$') || r=1; \
	(cd tools && go vet ./... && go test ./...) || r=1; exit $$r

soak:
	HEAVYSET_SOAK=1 go test $(RACE) -shuffle=on -timeout 3h -count=1 ./...
	./tools/fuzz.sh

# Every fuzz target, 10 million executions in all. EXECUTIONS=100000 for a quick one.
fuzz:
	./tools/fuzz.sh $(EXECUTIONS)

bench:
	go test -run '^$$' -bench 'Ratios' -benchtime 1x -timeout 30m -v ./internal/demo

# The documents show a few of the pictures; HEAVYSET_PICTURES=DIR with the same test takes all of them.
PICTURES := book-time console-appointment console-connections console-config console-settings console-mapping console-passport zoho-consent
pictures:
	@dir="$$(mktemp -d)"; HEAVYSET_PICTURES="$$dir" go test -count=1 -run '^TestPictures$$' ./internal/demo; mkdir -p docs/pictures; \
	for p in $(PICTURES); do cp "$$dir/$$p.png" docs/pictures/; done; rm -r "$$dir"

build:
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o heavyset ./cmd/heavyset

# The same commit and Go give the same bytes, wherever and whenever: no paths, no build id, no time but the commit's. VERSION is
# the tag, or says how far behind one it is. In a worktree Go finds no commit to write in: a release is built in a clone. The .cdx.json files say what each program is made of, as CycloneDX documents.
VERSION ?= $(shell git describe --tags --always --abbrev=12 --dirty)
PLATFORMS ?= linux/amd64 linux/arm64
release:
	rm -rf dist; mkdir dist
	@for p in $(PLATFORMS); do f=heavyset-$(VERSION)-$${p/\//-}; echo "$$f"; \
	CGO_ENABLED=0 GOOS=$${p%/*} GOARCH=$${p#*/} go build -trimpath -buildvcs=true -ldflags '-s -w -buildid= -X main.version=$(VERSION)' -o dist/$$f ./cmd/heavyset; \
	(cd tools && go run ./sbom -version $(VERSION) ../dist/$$f); done
	cd dist && sha256sum heavyset-* | tee SHA256SUMS
