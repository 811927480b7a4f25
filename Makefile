# Everything here is a plain command of Go's; ./test runs the suite.

GO      ?= go
TOOL    := $(GO) tool -modfile=tools/go.mod
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
FUZZ    ?= 30s

.PHONY: build test race fuzz bench check docs vectors fmt lint vuln

build: ## the program, in bin/
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/onhook ./cmd/onhook

test: ## the whole suite, with what it needs
	./test

race: ## all Go tests under the race detector
	CGO_ENABLED=1 $(GO) test -race ./...

fuzz: ## each fuzz target for FUZZ (30s)
	tools/fuzz $(FUZZ)

bench: ## the benchmarks, beside their peers where those are installed
	$(GO) test -run '^$$' -bench . -benchmem ./...
	[ ! -x bench/run ] || bench/run

check: ## what needs no foreign programs: format, vet, staticcheck, short tests
	test -z "$$($(TOOL) gofumpt -l . | tee /dev/stderr)"
	$(GO) vet ./...
	$(TOOL) staticcheck ./...
	$(GO) test . ./config

docs: ## docs/configuration.md from the types, docs/reasons.md from the table
	$(GO) test ./config -run TestReferenceIsTheDocumentation -update
	$(GO) test ./outcome -run TestReferencePage -update

vectors: ## testdata/vectors anew, with what changed
	$(GO) test ./outcome -run 'TestVectors$$' -update -v

fmt: ## the source, formatted
	$(TOOL) gofumpt -l -w .

lint: ## golangci-lint, which is installed apart
	golangci-lint run ./...

vuln: ## known holes in what is used; needs the vulnerability database
	$(GO) run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./...
