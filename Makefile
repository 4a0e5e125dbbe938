SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

MODULE := github.com/pulumi-leastprivilege/pulumi-leastprivilege
EXE := $(shell go env GOEXE)
PLUGIN := bin/pulumi-resource-leastprivilege$(EXE)
TOOL := bin/pulumi-tool-leastprivilege$(EXE)

# Empty in development: the plugin then says the version that schema.json has. A release sets it from its tag.
VERSION ?=
# What schema.json says, and what `make dist` and `make archive` build: the version asked for, else that of the commit's tag.
SCHEMA_VERSION = $(shell sed -n 's/^  "version": "\(.*\)",*$$/\1/p' schema.json)
TAG_VERSION = $(patsubst v%,%,$(shell git describe --tags --exact-match --match 'v[0-9]*' 2>/dev/null))
DIST_VERSION = $(or $(VERSION),$(TAG_VERSION),$(SCHEMA_VERSION))

LDFLAGS := $(if $(VERSION),-X $(MODULE)/provider.Version=$(VERSION))

# How long `make fuzz` spends on each target.
FUZZTIME ?= 10s

# Pulumi Cloud's OpenAPI document, for the contract tests: without it they say so and skip.
OPENAPI_URL := https://api.pulumi.com/api/openapi/pulumi-spec.json
OPENAPI := .cache/pulumi-cloud-openapi.json
PULUMI_CLOUD_OPENAPI ?= $(wildcard $(OPENAPI))
export PULUMI_CLOUD_OPENAPI := $(if $(PULUMI_CLOUD_OPENAPI),$(abspath $(PULUMI_CLOUD_OPENAPI)))

# What end-to-end tests and the demo need. Empty settings of the user's own must not reach them.
WITH_PULUMI = tools=$$(go -C tools run ./cmd/tools pulumi); export PATH="$$tools:$$PATH" LEASTPRIVILEGE_PLUGIN_DIR="$(CURDIR)/bin";

.PHONY: help
help: ## say what there is to make
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 20

.PHONY: build
build: ## build the plugin, the terminal tool and the sandbox into bin/
	@mkdir -p bin
	go build -ldflags "$(LDFLAGS)" -o $(PLUGIN) .
	go build -ldflags "-X main.version=$(or $(VERSION),$(SCHEMA_VERSION))" -o $(TOOL) ./tool
	go build -o bin/leastprivilege-sandbox$(EXE) ./sandbox

.PHONY: tools
tools: ## find or build the Pulumi CLI and its YAML language host, and say where they are
	@go -C tools run ./cmd/tools pulumi

.PHONY: generate
generate: build ## write schema.json, sdk/ and docs/schemas/ from the code
	@$(PLUGIN) -schema >bin/schema.json
	@go -C tools run ./cmd/generate <bin/schema.json
	@# What the tool's answers look like in JSON.
	@go test -count=1 ./provider/report -run TestPublishedSchemas -update >/dev/null
	@# The plugin carries schema.json, so that it answers with it.
	@$(MAKE) build

.PHONY: check-generated
check-generated: build ## fail if schema.json or sdk/ is not what generation gives
	@$(PLUGIN) -schema >bin/schema.json
	@go -C tools run ./cmd/generate -check <bin/schema.json

.PHONY: check-schema
check-schema: ## fail if schema.json breaks programs written for the last release
	@go -C tools run ./cmd/schemacheck

.PHONY: demo
demo: build ## the main job, end to end, on a sandbox Pulumi Cloud
	@$(WITH_PULUMI) cd tests && go run ./demo

# In the order in which failures are cheapest to see.
TEST_PARTS := vet check-generated check-schema test-unit test-tools check-sdk-go check-sdk-nodejs check-sdk-python test-e2e

.PHONY: test
test: ## run every test; says how long each part took
	@tools/timed.sh $(TEST_PARTS)

.PHONY: vet
vet: ## go vet of every module
	go vet ./...
	go -C tools vet ./...
	go -C tests vet ./...

.PHONY: test-unit
test-unit: ## unit and property tests of the plugin and the sandbox
	@tools/unit.sh ./...

# How many organizations `make test-laws` draws.
ORGANIZATIONS ?= 3000
# How many the two evaluators of package graph are compared on.
GRAPHS ?= 10000
# And how many cases of each property test.
CHECKS ?= 500

.PHONY: test-laws
test-laws: ## the laws that make test samples: getWhoCan and the sandbox on ORGANIZATIONS (3000), every wrong input, CHECKS (500) of each property
	@packages=$$(go list -f '{{.ImportPath}} {{.TestImports}} {{.XTestImports}}' ./... | grep -F 'pgregory.net/rapid' | cut -d' ' -f1 | grep -v '/sandbox/second$$'); \
	set -x; go test -count=1 -timeout 120m $$packages -rapid.checks=$(CHECKS)
	go test -count=1 -timeout 120m -v ./provider/graph -organizations=$(GRAPHS) -act-organizations=1000
	LEASTPRIVILEGE_LAW_ORGANIZATIONS=$(ORGANIZATIONS) go test -count=1 -timeout 60m -v ./sandbox/second
	LEASTPRIVILEGE_LAW_CHAINS=$(ORGANIZATIONS) go test -count=1 -timeout 60m -v ./sandbox/acts/...
	LEASTPRIVILEGE_LAW_LINES=200000 go -C tests test -count=1 -timeout 60m -v ./sql
	LEASTPRIVILEGE_LAW_INPUTS=all go test -count=1 -timeout 60m -v -run 'TestComponentsRefuseWhatTheirChildrenRefuse' ./provider

.PHONY: test-faults
test-faults: ## every fault and every crash at every call of every resource and component, of which make test tries a sample; prints what was tried
	LEASTPRIVILEGE_LAW_FAULTS=all go test -count=1 -timeout 180m -v ./provider/faultmatrix

.PHONY: test-tools
test-tools: ## tests of the generator and the other tools
	go -C tools test ./...

.PHONY: check-sdk-go
check-sdk-go: ## compile the Go SDK
	go -C sdk/go/leastprivilege build ./...

.PHONY: check-sdk-nodejs
check-sdk-nodejs: tools/node/node_modules/.installed ## compile the Node.js SDK in TypeScript's strict mode
	tools/node/node_modules/.bin/tsc --project tools/node

tools/node/node_modules/.installed: tools/node/package-lock.json
	npm ci --prefix tools/node --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: check-sdk-python
check-sdk-python: tools/python/.venv/.installed ## compile the Python SDK and check its types
	tools/python/.venv/bin/python -m compileall -q sdk/python/pulumi_leastprivilege
	cd tools/python && .venv/bin/mypy --config-file mypy.ini

tools/python/.venv/.installed: tools/python/requirements.txt
	python3 -m venv tools/python/.venv
	tools/python/.venv/bin/pip install --quiet --requirement tools/python/requirements.txt
	@touch $@

tests/browser/node_modules/.installed: tests/browser/package-lock.json
	npm ci --prefix tests/browser --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

tests/sql/.venv/.installed: tests/sql/requirements.txt
	python3 -m venv tests/sql/.venv
	tests/sql/.venv/bin/pip install --quiet --requirement tests/sql/requirements.txt
	@touch $@

# Never from the cache: Go does not see the plugin and the sandbox that these tests run.
.PHONY: test-e2e
test-e2e: build tools/node/node_modules/.installed tools/python/.venv/.installed tests/browser/node_modules/.installed tests/sql/.venv/.installed ## end-to-end tests: the real Pulumi CLI, the built plugin, the sandbox
	@$(WITH_PULUMI) cd tests && go test -count=1 -timeout 50m ./...

.PHONY: lint
lint: ## lint every module
	@lint=$$(go -C tools run ./cmd/tools lint); \
	for module in . tools tests; do \
		echo "golangci-lint: $$module"; \
		(cd $$module && "$$lint/golangci-lint" run --config "$(CURDIR)/.golangci.yml" ./...); \
	done
	@# What these switches leave out depends on what a machine has installed.
	@workflows=$$(go -C tools run ./cmd/tools workflows); "$$workflows/actionlint" -shellcheck= -pyflakes=

.PHONY: vulnerabilities
vulnerabilities: ## look for known vulnerabilities in what the code calls (asks vuln.go.dev)
	@supply=$$(go -C tools run ./cmd/tools supply); \
	for module in . tools tests; do echo "govulncheck: $$module"; (cd $$module && "$$supply/govulncheck" ./...); done

.PHONY: licences
licences: build ## write the bills of materials of the plugin and the tool to bin/, and check the licences in them
	@tools/bill.sh "$(DIST_VERSION)" $(PLUGIN) bin/pulumi-resource-leastprivilege.cdx.json
	@tools/bill.sh "$(DIST_VERSION)" $(TOOL) bin/pulumi-tool-leastprivilege.cdx.json

.PHONY: format
format: ## format the Go code
	@lint=$$(go -C tools run ./cmd/tools lint); \
	for module in . tools tests; do (cd $$module && "$$lint/golangci-lint" fmt --config "$(CURDIR)/.golangci.yml" ./...); done

.PHONY: bench
bench: build ## run the benchmarks
	go test -run '^$$' -bench . -benchmem ./...
	@$(WITH_PULUMI) cd tests && go test -run '^$$' -bench . -benchtime 1x ./...

.PHONY: fuzz
fuzz: ## fuzz everything that parses, each target for FUZZTIME (10s)
	@tools/fuzz.sh $(FUZZTIME)

.PHONY: openapi
openapi: ## download Pulumi Cloud's OpenAPI document, which the contract tests read
	@mkdir -p $(dir $(OPENAPI))
	curl --fail --silent --show-error --location --retry 3 --output $(OPENAPI).new $(OPENAPI_URL)
	@python3 -c 'import json, sys; json.load(open(sys.argv[1]))["paths"]' $(OPENAPI).new
	@mv $(OPENAPI).new $(OPENAPI)
	@echo "$(OPENAPI): make uses it from now on; for go test, set PULUMI_CLOUD_OPENAPI=$(abspath $(OPENAPI))"

.PHONY: install
install: build ## install the built plugin and the terminal tool for the Pulumi CLI
	@$(WITH_PULUMI) version=$$(python3 -c 'import json; print(json.load(open("schema.json"))["version"])'); \
	pulumi plugin install resource leastprivilege "v$${VERSION:-$$version}" --file $(PLUGIN) --reinstall; \
	pulumi plugin install tool leastprivilege "v$${VERSION:-$$version}" --file $(TOOL) --reinstall

.PHONY: sdk-nodejs
sdk-nodejs: generate tools/node/node_modules/.installed ## pack the Node.js SDK into dist/nodejs
	rm -rf dist/nodejs
	tools/node/pack.sh dist/nodejs

.PHONY: sdk-python
sdk-python: generate ## build the Python SDK's wheel and source package into dist/python
	rm -rf dist/python && mkdir -p dist/python
	python3 -m venv dist/venv && dist/venv/bin/pip install --quiet build
	dist/venv/bin/python -m build --outdir dist/python sdk/python
	rm -rf dist/venv sdk/python/build sdk/python/*.egg-info

.PHONY: dist
dist: ## build the release archives of every platform into dist/, as a release would
	@release=$$(go -C tools run ./cmd/tools release); VERSION="$(DIST_VERSION)" "$$release/goreleaser" release --snapshot --clean
	@tools/check-dist.sh "$(DIST_VERSION)" dist

.PHONY: archive
archive: ## build the release archives of this machine's platform alone, in seconds, into bin/
	@tools/archive.sh "$(DIST_VERSION)" bin
	@tools/archive.sh "$(DIST_VERSION)" bin tool

.PHONY: clean
clean: ## remove what was built here (the cache of tools stays: it says where it is)
	rm -rf bin dist .cache tools/node/node_modules tools/python/.venv tests/browser/node_modules tests/sql/.venv
