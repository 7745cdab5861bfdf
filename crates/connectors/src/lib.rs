//! Live systems as connections: one folder per system, and one list of them.
//!
//! Everybody else knows a connector by its kind and its settings. What all of them must do stands in
//! docs/specs/connector.md, and `tests/it/conformance` holds each of them to it. What they share is here
//! too: the door through which HTTP goes out, secrets, and the guard that keeps every question within
//! its budget.
//!
//! Nothing here writes to a system: there is no call for it.

mod clickhouse;
mod guard;
mod http;
mod kind;
mod limits;
mod lines;
mod loki;
mod opensearch;
mod sample;
mod secret;

use nightjar_connect::Registry;

use crate::kind::connector;

/// All connectors.
pub fn registry() -> Registry {
    Registry::new([
        connector::<clickhouse::ClickHouse>(),
        connector::<loki::Loki>(),
        connector::<opensearch::OpenSearch>(),
    ])
}
