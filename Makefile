# SPDX-License-Identifier: Apache-2.0

# Short names for what CONTRIBUTING.md spells out. CI runs .ci/run, which needs no make.

include .ci/tools

GO ?= go

.PHONY: all test race integration lint fmt generate tidy quickstart ci

all: fmt lint test

test: ## unit tests of the SDK
	$(GO) test ./...

race: ## the same under the race detector
	$(GO) test -race ./...

integration: ## real Prometheus and OTLP receivers; the first build takes minutes
	$(GO) -C internal/integration test -timeout 20m ./...

lint:
	$(GO) vet ./...
	$(GO) run $(golangci_lint) run ./...

fmt:
	gofmt -l -w .

generate: ## names, typed instruments and tables, from semconv/registry
	$(GO) generate ./...

tidy:
	$(GO) mod tidy
	for dir in $$(git ls-files '*/go.mod' | xargs -n1 dirname); do $(GO) -C $$dir mod tidy; done

quickstart:
	$(GO) run ./examples/quickstart

ci: ## everything CI does, in CI's order
	bash .ci/run
