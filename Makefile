# Akrab. `make` or `make help` says what there is.
SHELL := /bin/bash
GO    ?= go
LISTEN ?= 127.0.0.1:8090
DATA   ?= ./data
export GOFLAGS := -trimpath -buildvcs=false

.PHONY: help run build assets test check quick generate bench fuzz clean

help: ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: build ## build and serve on http://127.0.0.1:8090 with an embedded database in ./data
	bin/akrab serve --data $(DATA) --listen $(LISTEN)

build: assets ## build bin/akrab, one binary without cgo
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags="-s -w" -o bin/akrab ./cmd/akrab

assets: internal/ui/dist/manifest.json ## bundle styles, scripts, fonts and icons into internal/ui/dist

internal/ui/dist/manifest.json: node_modules/.package-lock.json $(wildcard internal/ui/assets/* tools/assets/*.go)
	$(GO) run ./tools/assets

node_modules/.package-lock.json: package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

test: assets ## pass all tests: both engines, a real browser; installs what it needs from Debian
	tools/test.sh

quick: ## the tests on SQLite only, without a browser
	$(GO) vet ./... && $(GO) test ./...

check: ## gofmt, vet, staticcheck, generated code
	tools/check.sh

generate: ## make the templates' Go code anew
	$(GO) run github.com/a-h/templ/cmd/templ generate -path internal

bench: build ## measure a workspace of a million customers (N=… for another size)
	bin/akrab bench --customers $${N:-1000000}

fuzz: ## run every fuzz target for 20 seconds
	tools/fuzz.sh 20s

clean: ## remove what was built; data stays
	rm -rf bin node_modules
	find internal/ui/dist -type f ! -name .keep -delete
