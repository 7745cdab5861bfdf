#!/bin/sh
# The service's speed and memory, on SQLite and on PostgreSQL. Folders in target/bench; what isn't there
# is said, and the rest goes on.
BENCH=${1:?usage: service.sh NIGHTJAR_BENCH NIGHTJAR}
NIGHTJAR=${2:?usage: service.sh NIGHTJAR_BENCH NIGHTJAR}
PETSHOP=../shared/data/petshop
WORK=target/bench/service

rm -rf "$WORK" && mkdir -p "$WORK"
if [ -d "$PETSHOP" ]; then
	"$NIGHTJAR" capsule import --limit 1 "$PETSHOP/low_traffic" "$WORK/capsules" >/dev/null 2>&1
	CASE="a PetShop incident"
else
	"$NIGHTJAR" simulate --fault bad_deployment --out "$WORK/capsules" >/dev/null 2>&1
	CASE="a simulated incident, since $PETSHOP isn't there"
fi
CAPSULE=$(find "$WORK/capsules" -name capsule.toml -exec dirname {} \; | head -n 1)
"$NIGHTJAR" capsule pack "$CAPSULE" "$WORK/case.tar.zst" >/dev/null || exit 1

# A database of its own on a server that ends by itself; empty where PostgreSQL isn't installed.
database() { cargo run --locked --quiet --package nightjar-pgtest --example database 2>/dev/null; }

echo "the service over SQLite ($CASE; eight callers on the same cores)"
"$BENCH" service "$NIGHTJAR" "$WORK/case.tar.zst"
URL=$(database)
if [ -n "$URL" ]; then
	echo "the service over PostgreSQL"
	"$BENCH" service "$NIGHTJAR" "$WORK/case.tar.zst" "$URL"
else
	echo "the service over PostgreSQL: skipped, since it isn't installed"
fi
echo "the public contract over SQLite (every request signed)"
"$BENCH" contract "$NIGHTJAR"
URL=$(database)
if [ -n "$URL" ]; then
	echo "the public contract over PostgreSQL"
	"$BENCH" contract "$NIGHTJAR" "$URL"
fi
echo "intake over SQLite (every message signed, redacted and sealed)"
"$BENCH" intake "$NIGHTJAR" --capsule "$WORK/case.tar.zst"
URL=$(database)
if [ -n "$URL" ]; then
	echo "intake over PostgreSQL"
	"$BENCH" intake "$NIGHTJAR" --capsule "$WORK/case.tar.zst" "$URL"
fi
echo "the journal over SQLite"
"$BENCH" records
URL=$(database)
if [ -n "$URL" ]; then
	echo "the journal over PostgreSQL"
	"$BENCH" records "$URL"
fi
