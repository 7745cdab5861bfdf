#!/bin/sh
# Unpacks the servers of the lab under target/tools/lab, without installing them: Redis, nginx, Prometheus, its
# exporters and Alertmanager from Debian, the ClickHouse engine from PyPI. PostgreSQL has to be installed, since it
# wants a user of its own. Says what can't be had and goes on: the lab says what it misses.
set -u
cd "$(dirname "$0")/.."
tools=target/tools/lab
mkdir -p "$tools"
packages="prometheus prometheus-alertmanager prometheus-node-exporter prometheus-postgres-exporter
    prometheus-redis-exporter prometheus-nginx-exporter prometheus-blackbox-exporter
    redis-server redis-tools liblzf1 libjemalloc2 nginx nginx-common nginx-core"

ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 &&
        apt-get install -y -qq --no-install-recommends postgresql >/dev/null 2>&1
} || echo "skipped: the lab, since PostgreSQL isn't installed (apt-get install postgresql)"

# Debian's Alertmanager reads its templates under /usr/share; unpacked, it looks where it is started.
test -e "$tools/unpacked" || (
    cd "$tools" && rm -f ./*.deb &&
        # shellcheck disable=SC2086 # a list
        apt-get download -qq $packages >/dev/null 2>&1 &&
        for package in *.deb; do dpkg-deb -x "$package" . || exit 1; done && rm -f ./*.deb &&
        sed -i 's|/usr/share/prometheus/alertmanager|./././././././././././alertmanager|g' usr/bin/prometheus-alertmanager &&
        touch unpacked
) || echo "skipped: the lab, since Debian's packages can't be had"

# The same that the tests of the connector to ClickHouse use.
lock=crates/connectors/tests/clickhouse/python.lock
cmp -s "$lock" target/tools/chdb/installed || {
    rm -rf target/tools/chdb && python3 -m venv target/tools/chdb &&
        target/tools/chdb/bin/pip install --quiet --prefer-binary -r "$lock" &&
        cp "$lock" target/tools/chdb/installed
} || echo "skipped: ClickHouse in the lab, since PyPI can't be reached"
