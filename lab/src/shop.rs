//! What every service of the shop has in common: settings, names, telemetry, a server, calls to others.

pub(crate) mod cache;
pub(crate) mod call;
pub(crate) mod carrier;
pub(crate) mod database;
pub(crate) mod metrics;
pub(crate) mod process;
pub(crate) mod serve;
pub(crate) mod settings;
pub(crate) mod telemetry;
