#!/usr/bin/env bash
# All tests: static checks, then every package on SQLite and on a PostgreSQL of
# its own, in a real Chromium, and with the race detector where things run at
# once. Installs PostgreSQL and Chromium from Debian if they are missing.
set -euo pipefail
cd "$(dirname "$0")/.."
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
missing=()
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing+=(postgresql)
command -v chromium >/dev/null 2>&1 || missing+=(chromium)
command -v gcc >/dev/null 2>&1 || missing+=(gcc libc6-dev) # for the race detector
if [ ${#missing[@]} -gt 0 ]; then
	echo "installing ${missing[*]} from Debian"
	as_root apt-get update -qq
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null
fi

tools/check.sh

dir=$(mktemp -d)
stop() { tools/postgres.sh stop "$dir/pg"; rm -rf "$dir"; }
trap stop EXIT
AKRAB_TEST_POSTGRES=$(tools/postgres.sh start "$dir/pg")
export AKRAB_TEST_POSTGRES AKRAB_TEST_BROWSER=required

go test -timeout 30m ./...
echo "again with the race detector, where things run at once"
CGO_ENABLED=1 go test -race -timeout 30m $(cat tools/race.txt)
