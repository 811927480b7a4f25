# Everything here is a plain command of Go's; ./test runs the suite.

GO      ?= go
TOOL    := $(GO) tool -modfile=tools/go.mod
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
FUZZTIME ?= 30s
FUZZ    ?= .
MINUTES ?= 30
KILLS   ?= 200
RATE    ?= 200
SEEDS   ?= 100000

.PHONY: build test race fuzz soak chaos sbom mutate sim bench check docs vectors rules fmt lint vuln

build: ## the program, in bin/
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/onhook ./cmd/onhook

test: ## the whole suite, with what it needs
	./test

race: ## all Go tests under the race detector
	CGO_ENABLED=1 $(GO) test -race ./...

fuzz: ## each fuzz target whose package or name matches FUZZ (all) for FUZZTIME (30s)
	tools/fuzz $(FUZZTIME) '$(FUZZ)'

soak: ## RATE (200) calls a second for MINUTES (30), with 0.5 % loss: what grows, what stays behind; samples in bench/results
	$(GO) -C bench run ./soak -minutes $(MINUTES) -rate $(RATE)

chaos: ## kill -9 at KILLS (200) random moments under RATE (200) calls a second, records against what tshark reads; also on a full disk
	$(GO) test ./e2e -run 'TestChaos' -v -count 1 -timeout 60m -kills $(KILLS) -rate $(RATE) -chaos-slack 1s -loopback=false

mutate: ## deliberate faults, one at a time: which do the tests not notice?
	$(GO) -C tools run ./mutate

sim: ## SEEDS (100000) simulated worlds of each kind: between phones, by trunks, in a menu, in a queue, in an office that holds, transfers, parks and picks up; with faults of the network
	$(GO) test ./sim -run 'Seeds$$' -count 1 -timeout 0 -seeds $(SEEDS)

bench: ## the benchmarks, beside their peers where those are installed
	$(GO) test -run '^$$' -bench . -benchmem ./...
	[ ! -x bench/run ] || bench/run

check: ## what needs no foreign programs: format, vet, staticcheck, short tests
	test -z "$$($(TOOL) gofumpt -l . | tee /dev/stderr)"
	$(GO) vet ./...
	$(TOOL) staticcheck ./...
	$(GO) test . ./config

docs: ## docs/configuration.md and hooks.schema.json from the types, reasons.md from the table
	$(GO) test ./config -run TestReferenceIsTheDocumentation -update
	$(GO) test ./outcome -run TestReferencePage -update
	$(GO) test ./app -run TestHookSchemaIsTheTypes -update

vectors: ## testdata/vectors anew, with what changed
	$(GO) test ./outcome -run 'TestVectors$$' -update -v

rules: ## the alert rules, read by promtool
	promtool check rules deploy/prometheus/onhook.rules.yaml

fmt: ## the source, formatted
	$(TOOL) gofumpt -l -w .

sbom: ## bin/sbom.cdx.json: what the program in bin/ is made of
	$(GO) version -m bin/onhook | $(GO) -C tools run ./sbom > bin/sbom.cdx.json

lint: ## golangci-lint, which is installed apart
	golangci-lint run ./...

vuln: ## known holes in what is used; needs the vulnerability database
	$(GO) run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./...
