//! The door through which HTTP goes out: credentials, time-outs, retries, rates and budgets in one place.

mod config;
mod door;
mod reply;

pub(crate) use config::Http;
pub(crate) use door::{Ask, Door};
pub(crate) use reply::words;
