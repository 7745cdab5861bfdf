//! Connectors as the engine meets them: opened by kind and settings, asked, and held to the contract.

mod conformance;
mod fake;
mod jaeger;
mod log_files;
mod loki;
mod otlp_files;
mod settings;
mod tempo;
