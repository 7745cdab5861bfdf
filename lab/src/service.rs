//! The services of the shop, one file each.

mod cart;
mod catalog;
mod orders;
mod provider;
mod related;
mod storefront;
mod worker;

use std::sync::Arc;

use anyhow::Context as _;

use crate::shop::settings::{Platform, Settings};
use crate::shop::telemetry::Telemetry;

/// What a service starts with.
pub(crate) struct Start {
    pub(crate) settings: Settings,
    pub(crate) platform: Platform,
    pub(crate) telemetry: Arc<Telemetry>,
}

impl Start {
    /// Whether this version or a later one runs.
    pub(crate) fn is_release(&self, wanted: &str) -> bool {
        version(&self.settings.release) >= version(wanted)
    }
}

/// `2.8.0` as numbers.
fn version(text: &str) -> Vec<u32> {
    text.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

/// Runs a service until it is ended.
pub(crate) fn run(name: &str) -> anyhow::Result<()> {
    // Two threads: what blocks one of them is felt, as in a small container.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    if name == "card-payments" {
        return runtime.block_on(provider::run());
    }
    let platform = Platform::from_environment()?;
    let settings = platform.settings()?;
    let name = ["storefront", "catalog", "cart", "orders", "worker"]
        .into_iter()
        .find(|known| *known == name);
    let name = name.context("no service of the shop has this name")?;
    let telemetry = Arc::new(Telemetry::begin(name, &settings.release, &platform)?);
    telemetry.info(format!("{name} {} starting", settings.release));
    let start = Start { settings, platform, telemetry };
    runtime.block_on(async move {
        match name {
            "storefront" => storefront::run(start).await,
            "catalog" => catalog::run(start).await,
            "cart" => cart::run(start).await,
            "orders" => orders::run(start).await,
            _ => worker::run(start).await,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        assert!(version("2.10.0") > version("2.9.3"));
        assert!(version("2.8.0") >= version("2.8.0"));
    }
}
