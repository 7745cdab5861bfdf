#!/bin/sh
# The first day with the service, as an administrator would live it: only curl, sh and text tools.
#
#   first-day.sh NIGHTJAR SCRATCH_FOLDER [DATABASE_URL]
#
# Two spaces, a capsule, an investigation followed live to its plan, an export that replays the same,
# nothing to be seen from the other space, a viewer refused, and everything there after kill -9.
# Each step says what it found; the first that fails ends the script with what was expected.
set -eu

NIGHTJAR=${1:?usage: first-day.sh NIGHTJAR SCRATCH_FOLDER [DATABASE_URL]}
SCRATCH=${2:?usage: first-day.sh NIGHTJAR SCRATCH_FOLDER [DATABASE_URL]}
DATABASE=${3:-}
DATA=$SCRATCH/data
SERVER=
BASE=

say() { printf '%s\n' "- $*"; }
fail() {
	printf 'FAILED: %s\n' "$*" >&2
	[ -f "$SCRATCH/serve.err" ] && tail -n 20 "$SCRATCH/serve.err" >&2
	exit 1
}
stop() { [ -z "$SERVER" ] || kill -9 "$SERVER" 2>/dev/null || true; }
trap stop EXIT

# Starts the service on a free port and waits for its one line.
start() {
	: >"$SCRATCH/serve.out"
	"$NIGHTJAR" serve --data "$DATA" --listen 127.0.0.1:0 ${DATABASE:+--database "$DATABASE"} \
		>"$SCRATCH/serve.out" 2>>"$SCRATCH/serve.err" &
	SERVER=$!
	waited=0
	while ! grep -q 'http://' "$SCRATCH/serve.out"; do
		kill -0 "$SERVER" 2>/dev/null || fail "the service ended instead of getting ready"
		waited=$((waited + 1))
		[ "$waited" -lt 600 ] || fail "the service isn't ready after a minute"
		sleep 0.1
	done
	[ "$(wc -l <"$SCRATCH/serve.out")" -eq 1 ] || fail "more than one line when ready"
	BASE=$(sed -E 's|.*(http://[0-9.:]+).*|\1|' "$SCRATCH/serve.out")
	[ "$(curl -s -o /dev/null -w '%{http_code}' "$BASE/readyz")" = 200 ] || fail "/readyz isn't 200"
}

# call TOKEN METHOD PATH [curl arguments]: prints the body; the status lies in $SCRATCH/status.
call() {
	token=$1 method=$2 path=$3
	shift 3
	curl -sS -X "$method" -H "Authorization: Bearer $token" -o "$SCRATCH/body" -w '%{http_code}' \
		"$@" "$BASE$path" >"$SCRATCH/status" || fail "$method $path: curl"
	cat "$SCRATCH/body"
}
# want STATUS WHAT
want() {
	[ "$(cat "$SCRATCH/status")" = "$1" ] ||
		fail "$2: $1 expected, $(cat "$SCRATCH/status") came: $(cat "$SCRATCH/body")"
}
# The first text value of a key: enough for ids.
value() { sed -n -E "s/.*\"$1\":[ ]*\"([^\"]*)\".*/\1/p" "$SCRATCH/body" | head -n 1; }
first() { grep -o "\"$1\":[ ]*\"[^\"]*\"" "$SCRATCH/body" | head -n 1 | sed -E 's/.*"([^"]*)"$/\1/'; }
json() { printf 'Content-Type: application/json'; }
key() {
	"$NIGHTJAR" keys create --data "$DATA" ${DATABASE:+--database "$DATABASE"} --json "$@" |
		tr -d '\n' | sed -E 's/.*"token":[ ]*"([^"]*)".*/\1/'
}

mkdir -p "$SCRATCH"
"$NIGHTJAR" simulate --fault bad_deployment --seed 3 --out "$SCRATCH/worlds" >/dev/null 2>&1
CAPSULE=$(find "$SCRATCH/worlds" -name capsule.toml -exec dirname {} \; | head -n 1)
[ -n "$CAPSULE" ] || fail "no capsule was simulated"
tar -C "$(dirname "$CAPSULE")" -czf "$SCRATCH/capsule.tgz" "$(basename "$CAPSULE")"

ADMIN=$(key --role administrator)
[ -n "$ADMIN" ] || fail "no key before the first start"
say "an administrator's key is made before the first start"
start
say "the service is ready at $BASE"

code=$(curl -s -o /dev/null -w '%{http_code}' "$BASE/api/v1/spaces")
[ "$code" = 401 ] || fail "without credentials 401 expected, $code came"
say "nothing is open without credentials"

call "$ADMIN" POST /api/v1/spaces -H "$(json)" -d '{"name":"payments"}' >/dev/null
want 201 "making a space"
SPACE=$(first id)
call "$ADMIN" POST /api/v1/spaces -H "$(json)" -d '{"name":"search"}' >/dev/null
want 201 "making another space"
OTHER=$(first id)
[ "$SPACE" != "$OTHER" ] || fail "two spaces with one id"
say "two spaces: $SPACE and $OTHER"

OPERATOR=$(key --role operator --space "$SPACE")
VIEWER=$(key --role viewer --space "$SPACE")
STRANGER=$(key --role operator --space "$OTHER")
say "keys are made while the service runs"

S=/api/v1/spaces/$SPACE
call "$OPERATOR" POST "$S/capsules" -H 'Content-Type: application/gzip' -H 'Idempotency-Key: upload-1' \
	--data-binary "@$SCRATCH/capsule.tgz" >/dev/null
want 201 "uploading a capsule"
CAP=$(first id)
call "$OPERATOR" POST "$S/capsules" -H 'Content-Type: application/gzip' -H 'Idempotency-Key: upload-1' \
	--data-binary "@$SCRATCH/capsule.tgz" >/dev/null
[ "$(first id)" = "$CAP" ] || fail "the same request twice made two capsules"
say "the capsule is $CAP, also when the upload is repeated"

call "$ADMIN" POST "$S/connections" -H "$(json)" \
	-d "{\"kind\":\"capsule\",\"config\":{\"capsule\":\"$CAP\"}}" >/dev/null
want 201 "making a connection"
CON=$(first id)

call "$VIEWER" POST "$S/investigations" -H "$(json)" -d "{\"connection\":\"$CON\"}" >/dev/null
want 403 "a viewer who starts an investigation"
call "$VIEWER" POST "$S/keys" -H "$(json)" -d '{"role":"administrator"}' >/dev/null
want 403 "a viewer who makes keys"
say "a viewer is refused where it must be"

call "$OPERATOR" POST "$S/investigations" -H "$(json)" -d "{\"connection\":\"$CON\"}" >/dev/null
want 202 "starting an investigation"
INV=$(first id)

# The live journal, until the plan: the viewer may watch.
curl -sSN --max-time 60 -H "Authorization: Bearer $VIEWER" -H 'Accept: text/event-stream' \
	"$BASE$S/journal/stream" >"$SCRATCH/stream" 2>/dev/null &
WATCH=$!
waited=0
until call "$OPERATOR" GET "$S/investigations/$INV" >/dev/null && grep -q '"state":"done"' "$SCRATCH/body"; do
	grep -q '"state":"failed"' "$SCRATCH/body" && fail "the investigation failed: $(cat "$SCRATCH/body")"
	waited=$((waited + 1))
	[ "$waited" -lt 300 ] || fail "no end of the investigation: $(cat "$SCRATCH/body")"
	sleep 0.2
done
waited=0
until grep -q '^event: *mitigation_summary_md' "$SCRATCH/stream"; do
	waited=$((waited + 1))
	[ "$waited" -lt 100 ] || fail "the stream never showed a plan: $(tail -n 3 "$SCRATCH/stream")"
	sleep 0.1
done
kill "$WATCH" 2>/dev/null || true
for kind in decision planning fetching_data hypothesis root_cause mitigation_summary_md; do
	[ "$kind" = decision ] || grep -q "^event: *$kind" "$SCRATCH/stream" || fail "no $kind in the stream"
done
grep '^id:' "$SCRATCH/stream" | sed 's/^id: *//' | sort -n -c -u || fail "the stream's ids don't rise"
say "the live journal was followed to the plan: $(grep -c '^event:' "$SCRATCH/stream") entries"

# Resumes where it was cut.
HALF=$(grep '^id:' "$SCRATCH/stream" | sed -n '3s/^id: *//p')
curl -sN --max-time 2 -H "Authorization: Bearer $VIEWER" -H "Last-Event-ID: $HALF" \
	"$BASE$S/journal/stream" >"$SCRATCH/again" 2>/dev/null || true
NEXT=$(grep '^id:' "$SCRATCH/again" | head -n 1 | sed 's/^id: *//')
[ "$NEXT" = $((HALF + 1)) ] || fail "resumed after $HALF with $NEXT"
say "the stream resumes after entry $HALF with $NEXT"

call "$VIEWER" GET "$S/incidents" >/dev/null
want 200 "listing incidents"
INC=$(grep -o '"id":[ ]*"inc-[^"]*"' "$SCRATCH/body" | tail -n 1 | sed -E 's/.*"([^"]*)"$/\1/')
[ -n "$INC" ] || fail "no incident: $(cat "$SCRATCH/body")"
call "$VIEWER" GET "$S/incidents/$INC" >"$SCRATCH/incident.json"
want 200 "reading the incident"
for word in cause_found hypotheses plan gaps; do
	grep -q "$word" "$SCRATCH/incident.json" || fail "no $word in the incident"
done
say "incident $INC has a cause, hypotheses, a plan and gaps"

curl -sS -H "Authorization: Bearer $OPERATOR" -o "$SCRATCH/export.tar.zst" -w '%{http_code}' \
	"$BASE$S/investigations/$INV/capsule" >"$SCRATCH/status"
cp "$SCRATCH/export.tar.zst" "$SCRATCH/body"
want 200 "exporting the capsule"
mkdir "$SCRATCH/exported"
"$NIGHTJAR" capsule unpack "$SCRATCH/export.tar.zst" "$SCRATCH/exported/capsule" >/dev/null
"$NIGHTJAR" replay "$SCRATCH/exported/capsule" --json >"$SCRATCH/replay.json" ||
	fail "the replay differs: $(head -c 600 "$SCRATCH/replay.json")"
grep -q '"same": *true' "$SCRATCH/replay.json" || fail "the replay differs: $(cat "$SCRATCH/replay.json")"
say "the exported capsule replays with the same result"

# Of all this the other space sees nothing, and can't tell it from what never was.
for path in "$S" "$S/incidents/$INC" "$S/investigations/$INV" "$S/capsules/$CAP" "$S/connections/$CON" "$S/journal"; do
	call "$STRANGER" GET "$path" >/dev/null
	want 404 "a stranger who reads $path"
done
call "$STRANGER" GET "/api/v1/spaces/$OTHER/incidents/$INC" >/dev/null
want 404 "another space's incident in one's own"
call "$STRANGER" GET "/api/v1/spaces/$OTHER/incidents" >/dev/null
want 200 "a stranger's own incidents"
grep -q "$INC" "$SCRATCH/body" && fail "the other space shows the incident"
say "the other space sees nothing of it"

kill -9 "$SERVER"
wait "$SERVER" 2>/dev/null || true
SERVER=
start
say "killed with -9 and started again"
call "$VIEWER" GET "$S/incidents/$INC" >"$SCRATCH/incident-after.json"
want 200 "reading the incident after kill -9"
cmp -s "$SCRATCH/incident.json" "$SCRATCH/incident-after.json" || fail "the incident changed by kill -9"
call "$VIEWER" GET "$S/journal?limit=1000" >/dev/null
want 200 "reading the journal after kill -9"
call "$OPERATOR" GET "$S/capsules/$CAP/archive" >/dev/null
want 200 "reading the capsule after kill -9"
"$NIGHTJAR" journal verify --data "$DATA" ${DATABASE:+--database "$DATABASE"} >"$SCRATCH/verify" ||
	fail "journal verify: $(cat "$SCRATCH/verify")"
say "everything is there, and the journal is sound"
call "$ADMIN" GET "/api/v1/audit?limit=1000" >/dev/null
want 200 "reading the audit trail"
grep -q startInvestigation "$SCRATCH/body" || fail "the audit trail doesn't tell of the investigation"
say "the audit trail tells who did what"
echo "all is well"
