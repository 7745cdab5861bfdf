#!/bin/sh
# Several replicas over one PostgreSQL: one of them is killed with -9 at many moments of running
# investigations; the other goes on, and what comes out is what comes out without being killed.
#
#   replicas.sh NIGHTJAR SCRATCH_FOLDER DATABASE_URL [SEED]
set -eu

NIGHTJAR=${1:?usage: replicas.sh NIGHTJAR SCRATCH_FOLDER DATABASE_URL [SEED]}
SCRATCH=${2:?usage: replicas.sh NIGHTJAR SCRATCH_FOLDER DATABASE_URL [SEED]}
DATABASE=${3:?usage: replicas.sh NIGHTJAR SCRATCH_FOLDER DATABASE_URL [SEED]}
SEED=${4:-1}
DATA=$SCRATCH/data
ROUNDS=4

fail() {
	printf 'FAILED (seed %s): %s\n' "$SEED" "$*" >&2
	tail -n 12 "$SCRATCH"/*.err >&2
	exit 1
}
# A replica: its process is in $SCRATCH/$1.pid, its address in $SCRATCH/$1.base.
start() {
	name=$1
	shift
	: >"$SCRATCH/$name.out"
	# A killed worker's lease runs out soon here; with one job each, both replicas have something to lose.
	NIGHTJAR_WORKER__LEASE_SECONDS=2 NIGHTJAR_WORKER__CONCURRENCY=1 "$NIGHTJAR" serve --data "$DATA" --listen 127.0.0.1:0 \
		--database "$DATABASE" "$@" >"$SCRATCH/$name.out" 2>>"$SCRATCH/$name.err" &
	echo $! >"$SCRATCH/$name.pid"
}
ready() {
	waited=0
	while ! grep -q 'http://' "$SCRATCH/$1.out"; do
		kill -0 "$(cat "$SCRATCH/$1.pid")" 2>/dev/null || fail "replica $1 ended instead of getting ready"
		waited=$((waited + 1))
		[ "$waited" -lt 1200 ] || fail "replica $1 isn't ready after a minute"
		sleep 0.05
	done
	sed -E 's|.*(http://[0-9.:]+).*|\1|' "$SCRATCH/$1.out" >"$SCRATCH/$1.base"
}
die() {
	kill -9 "$(cat "$SCRATCH/$1.pid")" 2>/dev/null || true
	wait "$(cat "$SCRATCH/$1.pid")" 2>/dev/null || true
}
trap 'die one; die two' EXIT

# get REPLICA PATH; post REPLICA KEY TYPE BODY PATH
get() { curl -sS -H "Authorization: Bearer $TOKEN" "$(cat "$SCRATCH/$1.base")$2"; }
post() {
	curl -sS -X POST -H "Authorization: Bearer $TOKEN" -H "Idempotency-Key: $2" \
		-H "Content-Type: $3" --data-binary "$4" "$(cat "$SCRATCH/$1.base")$5"
}
id() { grep -o '"id":[ ]*"[^"]*"' | head -n 1 | sed -E 's/.*"([^"]*)"$/\1/'; }
# Until an investigation is done, as a replica tells.
await() {
	waited=0
	until get "$1" "$S/investigations/$2" >"$SCRATCH/state" && grep -q '"state":"done"' "$SCRATCH/state"; do
		grep -q '"state":"failed"' "$SCRATCH/state" && fail "$2: $(cat "$SCRATCH/state")"
		waited=$((waited + 1))
		[ "$waited" -lt 600 ] || fail "no end of $2: $(cat "$SCRATCH/state")"
		sleep 0.05
	done
}
# What an incident came to, with the numbers of its investigation and the times of writing taken out.
came_to() {
	get "$1" "$S/incidents/inc-$2-1" | sed -E "s/(inc|alert|inv|play)-$2/\1-N/g"
}
entries() { get "$1" "$S/journal?chain=inc-$2-1/&limit=1000" | grep -o '"kind":"[a-z_]*"' | sort | uniq -c; }
milliseconds() { date +%s%3N; }

mkdir -p "$SCRATCH"
# Both at once, where there is nothing yet: key, schema and installation are made by one of them.
start one
start two
ready one
ready two
"$NIGHTJAR" simulate --fault bad_deployment --seed 5 --out "$SCRATCH/worlds" >/dev/null 2>&1
CAPSULE=$(find "$SCRATCH/worlds" -name capsule.toml -exec dirname {} \; | head -n 1)
tar -C "$(dirname "$CAPSULE")" -czf "$SCRATCH/capsule.tgz" "$(basename "$CAPSULE")"
TOKEN=$("$NIGHTJAR" keys create --data "$DATA" --database "$DATABASE" --role administrator --json |
	tr -d '\n' | sed -E 's/.*"token":[ ]*"([^"]*)".*/\1/')
S=/api/v1/spaces/$(post one space application/json '{"name":"replicas"}' /api/v1/spaces | id)
CAP=$(post two capsule application/gzip "@$SCRATCH/capsule.tgz" "$S/capsules" | id)
CON=$(post one connection application/json "{\"kind\":\"capsule\",\"config\":{\"capsule\":\"$CAP\"}}" "$S/connections" | id)
began=$(milliseconds)
FIRST=$(post one undisturbed application/json "{\"connection\":\"$CON\"}" "$S/investigations" | id)
await two "$FIRST"
took=$(($(milliseconds) - began))
came_to two 1 >"$SCRATCH/undisturbed"
entries one 1 >"$SCRATCH/undisturbed.entries"
grep -q cause_found "$SCRATCH/undisturbed" || fail "no cause without being killed"

number=1
round=0
while [ "$round" -lt "$ROUNDS" ]; do
	round=$((round + 1))
	# Two investigations, so that each replica may have one; killed within the time that they take.
	for which in a b; do
		number=$((number + 1))
		post two "round-$round-$which" application/json "{\"connection\":\"$CON\"}" "$S/investigations" \
			>/dev/null || fail "no answer from the replica that lives"
	done
	moment=$(awk -v seed="$SEED$round" -v most="$((took < 3000 ? took : 3000))" \
		'BEGIN { srand(seed); printf "%.3f", rand() * most / 1000 }')
	sleep "$moment"
	die one
	for ended in $((number - 1)) "$number"; do
		await two "inv-$ended"
		came_to two "$ended" >"$SCRATCH/disturbed"
		entries two "$ended" >"$SCRATCH/disturbed.entries"
		cmp -s "$SCRATCH/undisturbed" "$SCRATCH/disturbed" || fail "after $moment s: another result"
		cmp -s "$SCRATCH/undisturbed.entries" "$SCRATCH/disturbed.entries" ||
			fail "after $moment s: another journal"
	done
	echo "- killed after $moment s: both investigations came to the same"
	start one
	ready one
done

# One answers, the other works and says how it is.
die one
die two
start one --role api
start two --role worker
ready one
ready two
[ "$(curl -s -o /dev/null -w '%{http_code}' "$(cat "$SCRATCH/two.base")/readyz")" = 200 ] || fail "the worker isn't ready"
[ "$(curl -s -o /dev/null -w '%{http_code}' "$(cat "$SCRATCH/two.base")/healthz")" = 200 ] || fail "the worker doesn't live"
[ "$(curl -s -o /dev/null -w '%{http_code}' "$(cat "$SCRATCH/two.base")/metrics")" = 401 ] || fail "its numbers are open"
get two /metrics | grep -q '^nightjar_queue_waiting_tasks' || fail "the worker has no numbers"
get two "$S" | grep -q not-found || fail "the worker answers more than it should"
number=$((number + 1))
began=$(milliseconds)
post one apart application/json "{\"connection\":\"$CON\"}" "$S/investigations" >/dev/null
await one "inv-$number"
echo "- an api and a worker apart: done after $(($(milliseconds) - began)) ms (together: $took ms)"
came_to one "$number" >"$SCRATCH/disturbed"
cmp -s "$SCRATCH/undisturbed" "$SCRATCH/disturbed" || fail "apart: another result"
# Told to stop, both end by themselves.
kill "$(cat "$SCRATCH/one.pid")" "$(cat "$SCRATCH/two.pid")"
wait "$(cat "$SCRATCH/one.pid")" || fail "the api didn't end well"
wait "$(cat "$SCRATCH/two.pid")" || fail "the worker didn't end well"
"$NIGHTJAR" journal verify --data "$DATA" --database "$DATABASE" >"$SCRATCH/verify" ||
	fail "journal verify: $(cat "$SCRATCH/verify")"
echo "all is well"
