# `make demo` and `make test` are all a newcomer needs. Every target says what is missing
# before it fails in a stranger way. docs/testing.md tells what each part costs.

SHELL := /bin/sh
CARGO ?= cargo
NIGHTJAR = $(CARGO) run --locked --quiet --package nightjar-cli --bin nightjar --

PYTHON_LOCK = crates/cli/tests/service/python.lock
RUST_SDK = crates/cli/tests/service/rust-sdk/Cargo.toml
OIDC = crates/server/tests/oidc
CHDB_LOCK = crates/connectors/tests/clickhouse/python.lock
# Debian's ClickHouse with the libraries that a usual system lacks.
CLICKHOUSE = clickhouse-server clickhouse-common libboost-filesystem1.74.0 libboost-program-options1.74.0 \
	libcapnp-0.9.2 libcctz2 libcpuinfo0 libdouble-conversion3 libfarmhash0 libjemalloc2 libltdl7 libmariadb3 \
	libmetrohash1 libodbc2 libpcre3 libpococrypto80 libpocodata80 libpocodataodbc80 libpocofoundation80 \
	libpocojson80 libpocomongodb80 libpoconet80 libpoconetssl80 libpocoutil80 libpocoxml80 librdkafka1 libre2-9

.PHONY: lab lab-up help demo test check fmt tidy lint tools sdk unit doctest docs eval bench fuzz toolchain

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: toolchain ## build, then watch one incident from four alerts to a plan
	@echo "building nightjar (the first time takes five to ten minutes)" >&2
	@$(CARGO) build --locked --package nightjar-cli
	@mkdir -p out
	@$(NIGHTJAR) demo --html out/demo.html

test: toolchain fmt tidy lint tools sdk unit doctest docs ## everything a pull request has to pass
	@echo "all checks passed"

check: toolchain fmt tidy ## the quick subset for daily use: fmt, tidy, the tests inside the crates
	@if $(CARGO) nextest --version >/dev/null 2>&1; then \
		$(CARGO) nextest run --locked --workspace --lib --bins --status-level fail; \
	else \
		$(CARGO) test --locked --workspace --lib --bins --quiet; \
	fi

fmt:
	$(CARGO) fmt --all --check

tidy:
	$(CARGO) xtask tidy

lint:
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings

# nextest runs tests of all crates side by side; plain cargo does where it isn't installed.
unit:
	@test -d ../shared/data || echo "skipped: tests on recorded incidents, since ../shared/data isn't there"
	@if $(CARGO) nextest --version >/dev/null 2>&1; then \
		echo "$(CARGO) nextest run --workspace"; \
		$(CARGO) nextest run --locked --workspace --status-level fail; \
	else \
		echo "cargo-nextest isn't installed: using cargo test"; \
		$(CARGO) test --locked --workspace --lib --bins --tests; \
	fi

# What isn't ours and isn't there: PostgreSQL from the distribution, Python clients from PyPI, an
# OpenID Connect provider from npm. Where one
# can't be had, the tests that need it say so and the rest goes on. Debian's Alertmanager reads its templates
# under /usr/share; unpacked without being installed, it looks where it is started.
tools: ## what tests need beside Rust: PostgreSQL, MariaDB, Redis, clients from PyPI and npm, Prometheus, VictoriaMetrics
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 || { \
		[ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && \
		apt-get install -y -qq --no-install-recommends postgresql >/dev/null 2>&1; } || \
		echo "skipped: tests on PostgreSQL, since it isn't installed (apt-get install postgresql)"
	@cmp -s $(PYTHON_LOCK) target/tools/python.lock || { \
		mkdir -p target/tools && rm -rf target/tools/python && python3 -m venv target/tools/python && \
		target/tools/python/bin/pip install --quiet --prefer-binary -r $(PYTHON_LOCK) && \
		cp $(PYTHON_LOCK) target/tools/python.lock; } || \
		echo "skipped: tests with schemathesis, moto, boto3 and the AWS CLI, since PyPI can't be reached"
	@cmp -s $(OIDC)/package-lock.json target/tools/oidc/installed || { \
		mkdir -p target/tools/oidc && cp $(OIDC)/package.json $(OIDC)/package-lock.json target/tools/oidc && \
		npm ci --prefix target/tools/oidc --ignore-scripts --no-audit --no-fund --silent >/dev/null 2>&1 && \
		cp $(OIDC)/package-lock.json target/tools/oidc/installed; } || \
		echo "skipped: tests of sign-in with a real provider, since node isn't there or npm can't be reached"
	@test -x target/tools/prometheus/usr/bin/prometheus-alertmanager || { \
		mkdir -p target/tools/prometheus && cd target/tools/prometheus && \
		apt-get download -qq prometheus prometheus-alertmanager >/dev/null 2>&1 && \
		for package in *.deb; do dpkg-deb -x "$$package" . || exit 1; done && rm -f *.deb && \
		sed -i 's|/usr/share/prometheus/alertmanager|./././././././././././alertmanager|g' usr/bin/prometheus-alertmanager; } || \
		echo "skipped: tests with a real Prometheus and Alertmanager, since Debian's packages can't be had"
	@test -x target/tools/databases/usr/sbin/mariadbd -a -x target/tools/databases/usr/bin/redis-server || { \
		mkdir -p target/tools/databases && cd target/tools/databases && \
		apt-get download -qq redis-server redis-tools libjemalloc2 liblzf1 libatomic1 mariadb-server-core \
			libaio1 libnuma1 liburing2 libpcre2-8-0 >/dev/null 2>&1 && \
		for package in *.deb; do dpkg-deb -x "$$package" . || exit 1; done && rm -f *.deb; } || \
		echo "skipped: tests with a real MariaDB and Redis, since Debian's packages can't be had"
	@cmp -s $(CHDB_LOCK) target/tools/chdb/installed || { \
		mkdir -p target/tools && rm -rf target/tools/chdb && python3 -m venv target/tools/chdb && \
		target/tools/chdb/bin/pip install --quiet --prefer-binary -r $(CHDB_LOCK) && \
		cp $(CHDB_LOCK) target/tools/chdb/installed; } || \
		echo "skipped: tests with ClickHouse's engine, since PyPI can't be reached"
	@test -x target/tools/clickhouse/usr/sbin/clickhouse-server || { \
		mkdir -p target/tools/clickhouse && cd target/tools/clickhouse && \
		apt-get download -qq $(CLICKHOUSE) >/dev/null 2>&1 && \
		for package in *.deb; do dpkg-deb -x "$$package" . || exit 1; done && rm -f *.deb; } || \
		echo "skipped: tests with an old ClickHouse server, since Debian's packages can't be had"
	@test -x target/tools/victoria-metrics/usr/bin/victoria-metrics || { \
		mkdir -p target/tools/victoria-metrics && cd target/tools/victoria-metrics && \
		apt-get download -qq victoria-metrics >/dev/null 2>&1 && \
		for package in *.deb; do dpkg-deb -x "$$package" . || exit 1; done && rm -f *.deb; } || \
		echo "skipped: tests with a real VictoriaMetrics, since Debian's package can't be had"
	@sh lab/tools.sh

# A workspace of its own with a target folder of its own: minutes to build, and then it stays.
sdk: ## the AWS SDK for Rust as a client that isn't ours, for `unit`; built once, into target/sdk
	$(CARGO) fmt --check --manifest-path $(RUST_SDK)
	$(CARGO) clippy --locked --manifest-path $(RUST_SDK) --target-dir target/sdk -- -D warnings
	$(CARGO) build --locked --manifest-path $(RUST_SDK) --target-dir target/sdk

doctest:
	$(CARGO) test --locked --workspace --doc --quiet

docs:
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps --quiet

eval: toolchain ## every figure of accuracy, written to docs/accuracy.md; DIR=<folder> takes one set
	@$(if $(DIR),$(NIGHTJAR) eval $(DIR),$(NIGHTJAR) accuracy --write docs/accuracy.md)

# Prints and writes nothing; what it installs lies in target/bench.
bench: toolchain ## optimised build, then speed: engine, published methods, the service on both databases, live systems
	$(CARGO) build --locked --release --package nightjar-bench --package nightjar-cli
	@sh bench/run.sh target/release/nightjar-bench
	@sh bench/service.sh target/release/nightjar-bench target/release/nightjar
	@sh bench/live.sh target/release/nightjar

lab: toolchain ## real faults in a real small shop, judged; FAULT=<name> takes one, RUNS=<n> says how often, AT_ONCE=<n> how many beside each other
	@sh lab/tools.sh
	$(CARGO) build --locked --package nightjar-cli --package nightjar-lab
	@target/debug/nightjar-lab run --nightjar target/debug/nightjar $(if $(FAULT),--fault $(FAULT)) \
		--runs $(or $(RUNS),3) --at-once $(or $(AT_ONCE),1) --results lab/results.jsonl --capsules out/lab

lab-up: toolchain ## that shop alone, to look around in; it tells its addresses
	@sh lab/tools.sh
	$(CARGO) build --locked --package nightjar-lab
	@target/debug/nightjar-lab up

fuzz: toolchain ## every fuzz target for ten seconds; SECONDS_EACH=<n> for longer
	NIGHTJAR_FUZZ_SECONDS=$(or $(SECONDS_EACH),10) $(CARGO) test --locked --package nightjar-fuzz

toolchain:
	@command -v $(CARGO) >/dev/null 2>&1 || { \
		echo "error: cargo isn't installed, and Nightjar is written in Rust" >&2; \
		echo "  hint: get it from https://rustup.rs, open a new shell, and run make again" >&2; exit 1; }
	@$(CARGO) --version >/dev/null 2>&1 || { \
		echo "error: the Rust toolchain that rust-toolchain.toml names can't be run:" >&2; \
		$(CARGO) --version >&2; \
		echo "  hint: run: rustup toolchain install $$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)" >&2; exit 1; }
	@rustc --version | awk '{ split($$2, v, "."); exit !(v[1] > 1 || v[2] >= 95) }' || { \
		echo "error: Nightjar needs Rust 1.95 or later; this is $$(rustc --version)" >&2; \
		echo "  hint: run: rustup update stable" >&2; exit 1; }
	@command -v cc >/dev/null 2>&1 || { \
		echo "error: no C compiler (cc): the compression library is built from C" >&2; \
		echo "  hint: on Debian or Ubuntu: apt-get install build-essential; on macOS: xcode-select --install" >&2; exit 1; }
