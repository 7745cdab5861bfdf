//! Connectors as the engine meets them: opened by kind and settings, asked, and held to the contract.

mod clickhouse;
mod conformance;
mod fake;
mod loki;
mod opensearch;
mod settings;
