//! Live systems as connections: one folder per system, and one list of them.
//!
//! Everybody else knows a connector by its kind and its settings. What all of them must do stands in
//! docs/specs/connector.md, and `tests/it/conformance` holds each of them to it. What they share is here
//! too: the door through which HTTP goes out, secrets, and the guard that keeps every question within
//! its budget.
//!
//! Nothing here writes to a system: there is no call for it.

mod beside;
mod clickhouse;
mod database;
mod fewer;
mod files;
mod git;
mod guard;
mod http;
mod jaeger;
mod kind;
mod limits;
mod lines;
mod log_files;
mod loki;
mod mysql;
mod opensearch;
mod otlp_files;
mod postgresql;
mod prometheus;
mod quoting;
mod redis;
mod sample;
mod secret;
mod spans;
mod tempo;

use nightjar_connect::Registry;

use crate::kind::connector;

/// All connectors.
pub fn registry() -> Registry {
    Registry::new([
        connector::<clickhouse::ClickHouse>(),
        connector::<git::Git>(),
        connector::<jaeger::Jaeger>(),
        connector::<log_files::LogFiles>(),
        connector::<loki::Loki>(),
        connector::<mysql::Mysql>(),
        connector::<opensearch::OpenSearch>(),
        connector::<otlp_files::OtlpFiles>(),
        connector::<postgresql::Postgresql>(),
        connector::<prometheus::Prometheus>(),
        connector::<redis::Redis>(),
        connector::<tempo::Tempo>(),
    ])
}
