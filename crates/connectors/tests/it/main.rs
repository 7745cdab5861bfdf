//! Connectors as the engine meets them: opened by kind and settings, asked, and held to the contract.

mod conformance;
mod databases;
mod engine;
mod fake;
mod loki;
mod mysql;
mod postgresql;
mod redis;
mod servers;
mod settings;
