#!/bin/sh
# kill -9 at many moments of an investigation: nothing that was acknowledged is lost, and what comes out is
# what comes out without being killed.
#
#   killed.sh NIGHTJAR SCRATCH_FOLDER [DATABASE_URL]
set -eu

NIGHTJAR=${1:?usage: killed.sh NIGHTJAR SCRATCH_FOLDER [DATABASE_URL]}
SCRATCH=${2:?usage: killed.sh NIGHTJAR SCRATCH_FOLDER [DATABASE_URL]}
DATABASE=${3:-}
DATA=$SCRATCH/data
SERVER=
BASE=

fail() {
	printf 'FAILED: %s\n' "$*" >&2
	tail -n 20 "$SCRATCH/serve.err" >&2
	exit 1
}
die() {
	[ -z "$SERVER" ] || kill -9 "$SERVER" 2>/dev/null || true
	[ -z "$SERVER" ] || wait "$SERVER" 2>/dev/null || true
	SERVER=
}
trap die EXIT

start() {
	: >"$SCRATCH/serve.out"
	# A killed worker's lease runs out soon here; over SQLite it is freed at once.
	NIGHTJAR_WORKER__LEASE_SECONDS=2 "$NIGHTJAR" serve --data "$DATA" --listen 127.0.0.1:0 \
		${DATABASE:+--database "$DATABASE"} >"$SCRATCH/serve.out" 2>>"$SCRATCH/serve.err" &
	SERVER=$!
	waited=0
	while ! grep -q 'http://' "$SCRATCH/serve.out"; do
		kill -0 "$SERVER" 2>/dev/null || fail "the service ended instead of getting ready"
		waited=$((waited + 1))
		[ "$waited" -lt 600 ] || fail "the service isn't ready after a minute"
		sleep 0.05
	done
	BASE=$(sed -E 's|.*(http://[0-9.:]+).*|\1|' "$SCRATCH/serve.out")
}
get() { curl -sS -H "Authorization: Bearer $TOKEN" "$BASE$1"; }
post() {
	curl -sS -X POST -H "Authorization: Bearer $TOKEN" -H "Idempotency-Key: $1" \
		-H "Content-Type: $2" --data-binary "$3" "$BASE$4"
}
id() { grep -o '"id":[ ]*"[^"]*"' | head -n 1 | sed -E 's/.*"([^"]*)"$/\1/'; }
# Until an investigation is done.
await() {
	waited=0
	until get "$S/investigations/$1" >"$SCRATCH/state" && grep -q '"state":"done"' "$SCRATCH/state"; do
		grep -q '"state":"failed"' "$SCRATCH/state" && fail "$1: $(cat "$SCRATCH/state")"
		waited=$((waited + 1))
		[ "$waited" -lt 600 ] || fail "no end of $1: $(cat "$SCRATCH/state")"
		sleep 0.1
	done
}
# What an incident came to, with the numbers of its investigation and the times of writing taken out.
came_to() {
	get "$S/incidents/inc-$1-1" | sed -E "s/(inc|alert|inv|play)-$1/\1-N/g"
}
entries() { get "$S/journal?chain=inc-$1-1/&limit=1000" | grep -o '"kind":"[a-z_]*"' | sort | uniq -c; }

mkdir -p "$SCRATCH"
: >"$SCRATCH/serve.err"
"$NIGHTJAR" simulate --fault bad_deployment --seed 5 --out "$SCRATCH/worlds" >/dev/null 2>&1
CAPSULE=$(find "$SCRATCH/worlds" -name capsule.toml -exec dirname {} \; | head -n 1)
tar -C "$(dirname "$CAPSULE")" -czf "$SCRATCH/capsule.tgz" "$(basename "$CAPSULE")"
TOKEN=$("$NIGHTJAR" keys create --data "$DATA" ${DATABASE:+--database "$DATABASE"} --role administrator --json |
	tr -d '\n' | sed -E 's/.*"token":[ ]*"([^"]*)".*/\1/')
start
S=/api/v1/spaces/$(post space application/json '{"name":"killed"}' /api/v1/spaces | id)
CAP=$(post capsule application/gzip "@$SCRATCH/capsule.tgz" "$S/capsules" | id)
CON=$(post connection application/json "{\"kind\":\"capsule\",\"config\":{\"capsule\":\"$CAP\"}}" "$S/connections" | id)
FIRST=$(post undisturbed application/json "{\"connection\":\"$CON\"}" "$S/investigations" | id)
await "$FIRST"
came_to 1 >"$SCRATCH/undisturbed"
entries 1 >"$SCRATCH/undisturbed.entries"
grep -q cause_found "$SCRATCH/undisturbed" || fail "no cause without being killed"

number=1
for moment in 0.005 0.01 0.02 0.03 0.04 0.06 0.08 0.11 0.15 0.2 0.3 0.5; do
	number=$((number + 1))
	# The answer may be lost with the process; the same request again finds or makes the same thing.
	post "round-$number" application/json "{\"connection\":\"$CON\"}" "$S/investigations" \
		>"$SCRATCH/acknowledged" 2>/dev/null &
	ASKED=$!
	sleep "$moment"
	die
	wait "$ASKED" 2>/dev/null || true
	ACKNOWLEDGED=$(id <"$SCRATCH/acknowledged")
	start
	AGAIN=$(post "round-$number" application/json "{\"connection\":\"$CON\"}" "$S/investigations" | id)
	[ -z "$ACKNOWLEDGED" ] || [ "$ACKNOWLEDGED" = "$AGAIN" ] ||
		fail "after $moment s: $ACKNOWLEDGED was acknowledged, $AGAIN is there"
	[ "$AGAIN" = "inv-$number" ] || fail "after $moment s: $AGAIN instead of inv-$number"
	await "$AGAIN"
	came_to "$number" >"$SCRATCH/disturbed"
	entries "$number" >"$SCRATCH/disturbed.entries"
	cmp -s "$SCRATCH/undisturbed" "$SCRATCH/disturbed" || fail "after $moment s: another result"
	cmp -s "$SCRATCH/undisturbed.entries" "$SCRATCH/disturbed.entries" || fail "after $moment s: another journal"
	echo "- killed after $moment s: $AGAIN came to the same"
done
"$NIGHTJAR" journal verify --data "$DATA" ${DATABASE:+--database "$DATABASE"} >"$SCRATCH/verify" ||
	fail "journal verify: $(cat "$SCRATCH/verify")"
echo "all is well"
