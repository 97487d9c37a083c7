# What a person types here. Everything else is Go: `go build ./...`, `go test ./...`.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

GO ?= go
PKG ?= ./...
# Flags of `go test`; for example: make test TESTFLAGS='-race -run TestR20'
TESTFLAGS ?= -timeout 15m
# Arguments of `mingchui demo`; for example: make run ARGS='--port 9000'
ARGS ?=

# Tools are pinned here, outside go.mod, and kept per machine: a fresh clone does not build them again.
GOLANGCI_VERSION := v2.15.0
TEMPL_VERSION = $(shell $(GO) list -m -f '{{.Version}}' github.com/a-h/templ)
TOOLS = $(or $(XDG_CACHE_HOME),$(if $(HOME),$(HOME)/.cache,$(CURDIR)/.cache))/mingchui/tools/$(shell $(GO) env GOVERSION)
GOLANGCI = $(TOOLS)/golangci-lint-$(GOLANGCI_VERSION)/golangci-lint
TEMPL = $(TOOLS)/templ-$(TEMPL_VERSION)/templ
# Its document is of the API version that stripe-go speaks (deploy/local/stripe_mock.go names the same version).
STRIPE_MOCK_VERSION := v0.180.0
STRIPE_MOCK = $(TOOLS)/stripe-mock-$(STRIPE_MOCK_VERSION)/spec3.json

.PHONY: help
help: ## this list
	@echo 'Mingchui 明槌, a marketplace for judicial auctions'
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

.PHONY: run
run: install build ## install what is missing, build, and run the demonstration court on this machine (Ctrl-C stops it)
	@exec .bin/mingchui demo --data .data $(ARGS)

.PHONY: test
test: install-test .bin/with-servers ## install what is missing, start private servers, run all tests, stop the servers
	@.bin/with-servers -- $(GO) test $(TESTFLAGS) $(PKG)

.PHONY: bench
bench: install ## measure against the peers of measures.md and print the ratios
	@$(GO) build -o .bin/hammer ./cmd/hammer
	@exec .bin/hammer bench $(ARGS)

.PHONY: chaos
chaos: install ## hurt real servers under load and print the fault table; for example ARGS='--only redis_wiped --runs 20'
	@$(GO) build -o .bin/hammer ./cmd/hammer
	@exec .bin/hammer chaos $(ARGS)

.PHONY: money
money: install-test .bin/with-servers ## a million money events of chance with every fault on, ten times; for example MC_EVENTS=20000 MC_SEEDS=3 MC_SEED=7
	@MC_EVENTS=$${MC_EVENTS:-1000000} MC_SEEDS=$${MC_SEEDS:-10} .bin/with-servers -- $(GO) test ./payments -run TestI4I5_EventsOfChance -count 1 -timeout 0 -v

.PHONY: mutate
mutate: install-test .bin/with-servers ## change each figure and comparison of the rule code and name what no test notices; for example ARGS='-files auction/law/ruleset.go ./auction/law'
	@.bin/with-servers -- $(GO) run ./deploy/local/cmd/mutate $(ARGS)

.PHONY: check
check: tools ## formatting, vet, linters, import lines, generated files, go.mod
	@GO='$(GO)' TEMPL='$(TEMPL)' GOLANGCI='$(GOLANGCI)' deploy/lint/check.sh

.PHONY: lint
lint: tools ## the linters alone, for PKG=./...
	@$(GOLANGCI) run -c deploy/lint/golangci.yml --max-issues-per-linter 0 --max-same-issues 0 $(PKG)

.PHONY: fmt
fmt: tools ## format all Go and templ files
	@$(GOLANGCI) fmt -c deploy/lint/golangci.yml
	@$(TEMPL) fmt -log-level warn .

.PHONY: generate
generate: tools ## make the Go files of the templ files anew
	@$(TEMPL) generate -log-level warn

.PHONY: build
build: ## build .bin/mingchui and .bin/auditor
	@echo 'building (the first time downloads and compiles the modules)'
	@$(GO) build -o .bin/mingchui ./cmd/mingchui
	@$(GO) build -o .bin/auditor ./cmd/auditor

.PHONY: install
install: ## install the servers, fonts and browser that are missing (Debian and Ubuntu; elsewhere it says what is missing)
	@deploy/install.sh

.PHONY: install-test
install-test: $(STRIPE_MOCK) ## the same, and what the tests need besides
	@deploy/install.sh --test

.PHONY: tools
tools: $(GOLANGCI) $(TEMPL) ## build the pinned linter and generator
	@:

$(GOLANGCI):
	@echo 'building golangci-lint $(GOLANGCI_VERSION) (once per machine, a few minutes)'
	@cd / && GOFLAGS= GOBIN='$(@D)' $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)

$(TEMPL):
	@echo 'building templ $(TEMPL_VERSION) (once per machine)'
	@cd / && GOFLAGS= GOBIN='$(@D)' $(GO) install github.com/a-h/templ/cmd/templ@$(TEMPL_VERSION)

# The document comes last: where it is, the program is.
$(STRIPE_MOCK):
	@echo 'building stripe-mock $(STRIPE_MOCK_VERSION) (once per machine)'
	@cd / && GOFLAGS= GOBIN='$(@D)' $(GO) install github.com/stripe/stripe-mock@$(STRIPE_MOCK_VERSION)
	@cd / && GOFLAGS= install -m 0644 "$$(GOFLAGS= $(GO) list -m -f '{{.Dir}}' github.com/stripe/stripe-mock@$(STRIPE_MOCK_VERSION))/embedded/openapi/spec3.json" '$@'

# Go decides what is to be built again.
.PHONY: .bin/with-servers
.bin/with-servers:
	@$(GO) build -o $@ ./deploy/local/cmd/with-servers
