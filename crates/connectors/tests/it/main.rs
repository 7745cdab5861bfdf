//! Connectors as the engine meets them: opened by kind and settings, asked, and held to the contract.

#[cfg(test)]
mod clickhouse;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod databases;
#[cfg(test)]
mod engine;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod git;
#[cfg(test)]
mod jaeger;
#[cfg(test)]
mod log_files;
#[cfg(test)]
mod loki;
#[cfg(test)]
mod mysql;
#[cfg(test)]
mod opensearch;
#[cfg(test)]
mod otlp_files;
#[cfg(test)]
mod postgresql;
#[cfg(test)]
mod prometheus;
#[cfg(test)]
mod redis;
#[cfg(test)]
mod servers;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod tempo;
