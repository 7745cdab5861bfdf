//! Messages of every sender, seen from outside: what alert comes out, and what is said about the
//! rest.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that meets something unexpected should stop right there"
)]

mod alertmanager;
mod changes;
mod cloudwatch;
mod datadog;
mod detection;
mod envelopes;
mod every_provider;
mod generic;
mod grafana;
mod hostile;
mod opsgenie;
mod others;
mod pagerduty;
mod samples;
mod sender;
mod senders;
mod sentry;
mod servicenow;

use jiff::Timestamp;
use nightjar_incident::{Alert, AlertId, RawAlert};
use nightjar_payloads::{Rejected, parse};
use serde_json::Value;

fn time(text: &str) -> Timestamp {
    text.parse().expect("invariant: times in tests are RFC 3339")
}

fn from(provider: Option<&str>, payload: Value) -> Result<Vec<Alert>, Rejected> {
    let received_at = time("2026-11-23T03:01:00Z");
    let raw = RawAlert { provider: provider.map(str::to_owned), received_at, payload };
    let mut given = 0;
    parse(&raw, &mut || {
        given += 1;
        AlertId::new(format!("alert-{given}"))
    })
}

/// Reads a message that holds one alert, recognised by its shape.
fn one(payload: Value) -> Alert {
    let alerts = from(None, payload).expect("invariant: a sample is readable");
    let [alert] = <[Alert; 1]>::try_from(alerts).expect("invariant: a sample of one alert");
    alert
}
