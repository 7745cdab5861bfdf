#!/bin/sh
# What live systems cost: screening in a real Prometheus against downloading, memory of connections and of questions at
# the same time, and the time from an alert to a conclusion in the lab.
NIGHTJAR=${1:?usage: live.sh NIGHTJAR}
WORK=target/bench/live
rm -rf "$WORK" && mkdir -p "$WORK"

if [ -x target/tools/prometheus/usr/bin/promtool ]; then
	cargo run --locked --quiet --release --package nightjar-connectors --example screening
else
	echo "screening: skipped, since Prometheus isn't there (make tools)"
fi
cargo run --locked --quiet --release --package nightjar-connectors --example connections

if [ -d target/tools/lab/unpacked ]; then
	cargo build --locked --quiet --package nightjar-lab &&
		target/debug/nightjar-lab run --nightjar "$NIGHTJAR" --fault config-edit --runs 1 --results "$WORK/lab.jsonl"
	echo "from the first alert to the first verdict and to the final one, seconds (a look waits a minute for more to be measured):"
	grep -o '"seconds_to_first":[^}]*' "$WORK/lab.jsonl"
else
	echo "from an alert to a conclusion: skipped, since the lab's servers aren't there (make lab)"
fi
