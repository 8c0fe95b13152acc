#!/usr/bin/env bash
# A throw-away PostgreSQL for the tests, on a free loopback port.
#   tools/postgres.sh start DIR   starts one in DIR and prints its URL
#   tools/postgres.sh stop DIR    stops it and removes DIR
# initdb refuses to run as root; then it runs as the user postgres.
set -euo pipefail
dir=$2
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || bin=$(dirname "$(command -v initdb)")
as() { if [ "$(id -u)" = 0 ]; then su postgres -s /bin/bash -c "$*"; else bash -c "$*"; fi; }
case $1 in
start)
	mkdir -p "$dir"
	[ "$(id -u)" != 0 ] || { chown postgres "$dir"; chmod 755 "$(dirname "$dir")" 2>/dev/null || true; }
	port=$(node -e 's=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})')
	as "'$bin/initdb' -D '$dir/data' -U akrab -A trust -E UTF8 --locale=C.UTF-8 >'$dir/log' 2>&1"
	# Durability is tested on SQLite, where it is ours; here speed is wanted.
	as "'$bin/pg_ctl' -D '$dir/data' -l '$dir/log' -w -t 60 -o '-p $port -h 127.0.0.1 -k $dir -c fsync=off -c full_page_writes=off -c max_connections=200' start >/dev/null"
	echo "postgres://akrab@127.0.0.1:$port/postgres"
	;;
stop)
	as "'$bin/pg_ctl' -D '$dir/data' -m immediate stop >/dev/null 2>&1" || true
	rm -rf "$dir"
	;;
esac
