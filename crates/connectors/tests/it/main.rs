//! Connectors as the engine meets them: opened by kind and settings, asked, and held to the contract.

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod loki;
#[cfg(test)]
mod prometheus;
#[cfg(test)]
mod settings;
