#!/bin/sh
# Speed, printed. What isn't there (data, Python, its package index) is said, and the rest goes on.
BENCH=${1:?usage: run.sh NIGHTJAR_BENCH}
PETSHOP=../shared/data/petshop
VENV=target/bench

echo "recorded incidents (processor time, best of several runs, median over incidents)"
if [ ! -d "$PETSHOP" ]; then
	echo "  skipped: $PETSHOP isn't there"
elif "$VENV/bin/python" -c 'import baro' 2>/dev/null ||
	{ python3 -m venv "$VENV" && "$VENV/bin/pip" install --quiet --prefer-binary fse-baro==0.2.2; }; then
	"$VENV/bin/python" bench/published.py "$BENCH" "$PETSHOP"
else
	echo "  no comparison: fse-baro can't be installed from PyPI here"
	"$BENCH" cases "$PETSHOP" | tail -1
fi
"$BENCH" screening
echo "estates, one investigation of everything"
"$BENCH" estates
echo "chains of calls, one investigation of everything"
"$BENCH" chains
echo "a storm of alerts"
cargo run --locked --release --quiet --package nightjar-triage --example storm
echo "log templates"
cargo run --locked --release --quiet --package nightjar-templates --example throughput
