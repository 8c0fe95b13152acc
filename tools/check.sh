#!/usr/bin/env bash
# Static checks: formatting, vet, staticcheck, and that generated code is what its templates say.
set -euo pipefail
cd "$(dirname "$0")/.."
bad=$(gofmt -l cmd internal tools)
[ -z "$bad" ] || { echo "not formatted with gofmt:"; echo "$bad"; exit 1; }
go vet ./...
go run honnef.co/go/tools/cmd/staticcheck ./...
go run github.com/a-h/templ/cmd/templ generate -path internal >/dev/null
if [ -d .git ] && [ -n "$(git status --porcelain -- '*_templ.go')" ]; then
	echo "generated code differs from its templates; run make generate and commit:"
	git status --porcelain -- '*_templ.go'
	exit 1
fi
