#!/bin/sh
# Brings a well-known sample company into a workspace: its customers, products
# and orders, from a SQL dump for PostgreSQL. docs/import-samples.md explains it.
#
#	tools/samples.sh northwind|chinook DUMP.sql DIR
#
# DIR becomes the workspace. psql, createdb and dropdb must reach a server (PGHOST,
# PGPORT, PGUSER …); the dump lives there in a scratch database while this runs.
# AKRAB names the program; if unset, it is what make build left in bin.
set -eu

sample=$1 dump=$2 data=$3
akrab=${AKRAB:-$(dirname "$0")/../bin/akrab}
scratch=akrab_sample_$$
dir=$(mktemp -d)
trap 'dropdb --if-exists "$scratch" >/dev/null 2>&1; rm -rf "$dir"' EXIT

createdb "$scratch"
# The dump may want a database of its own; it has one already.
sed -e '/^DROP DATABASE/d' -e '/^CREATE DATABASE/d' -e '/^\\c /d' "$dump" >"$dir/dump.sql"
psql -q -v ON_ERROR_STOP=1 -d "$scratch" -f "$dir/dump.sql" >/dev/null

# table FILE writes what a query on standard input returns as CSV.
table() {
	{ echo 'COPY ('; cat; echo ") TO STDOUT (FORMAT csv, HEADER)"; } | psql -q -v ON_ERROR_STOP=1 -d "$scratch" -f - >"$dir/$1.csv"
}

case $sample in
northwind)
	table customers <<'SQL'
SELECT customer_id AS external_id, company_name AS name, 'organization' AS kind, address AS street, city, region AS province,
	postal_code, country, phone, fax, contact_name AS "trait:Contact", contact_title AS "trait:Title"
FROM customers ORDER BY customer_id
SQL
	table products <<'SQL'
SELECT product_id AS code, product_name AS name, category_name AS family, quantity_per_unit AS unit, unit_price::numeric(12, 4) AS price,
	CASE discontinued WHEN 1 THEN 'yes' ELSE 'no' END AS archived
FROM products JOIN categories USING (category_id) ORDER BY product_id
SQL
	table orders <<'SQL'
SELECT order_id AS number, order_date AS date, customer_id AS customer, product_id AS code, product_name AS name, quantity,
	d.unit_price::numeric(12, 4) AS price, round((d.discount * 100)::numeric) || '%' AS discount,
	CASE WHEN shipped_date IS NULL THEN 'confirmed' ELSE 'shipped' END AS status
FROM order_details d JOIN orders USING (order_id) JOIN products p USING (product_id) ORDER BY order_id, product_id
SQL
	;;
chinook)
	table customers <<'SQL'
SELECT customer_id AS external_id, first_name AS given_name, last_name AS family_name, email, phone, fax,
	address AS street, city, state AS province, postal_code, country, company AS "trait:Company"
FROM customer ORDER BY customer_id
SQL
	table products <<'SQL'
SELECT track_id AS code, t.name, g.name AS family, m.name AS unit, unit_price AS price,
	album.title AS "fact:Album", artist.name AS "fact:Artist", composer AS "fact:Composer"
FROM track t LEFT JOIN genre g USING (genre_id) JOIN media_type m USING (media_type_id)
LEFT JOIN album USING (album_id) LEFT JOIN artist USING (artist_id) ORDER BY track_id
SQL
	table orders <<'SQL'
SELECT invoice_id AS number, invoice_date AS date, customer_id AS customer, track_id AS code, t.name, quantity, l.unit_price AS price
FROM invoice_line l JOIN invoice USING (invoice_id) JOIN track t USING (track_id) ORDER BY invoice_id, invoice_line_id
SQL
	;;
*)
	echo "there is no sample $sample" >&2
	exit 1
	;;
esac

"$akrab" import customers "$dir/customers.csv" --key external_id --data "$data"
"$akrab" import products "$dir/products.csv" --currency USD --data "$data"
"$akrab" import orders "$dir/orders.csv" --currency USD --returns none --data "$data"
