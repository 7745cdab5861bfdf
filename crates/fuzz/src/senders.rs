//! Deliveries of alerting systems, in the form of `contract::parts`.

use jiff::Timestamp;
use nightjar_senders::sns::{Authority, Kind, read};
use nightjar_senders::{Delivery, Method, Secret, handshake, verify};

use crate::contract::parts;

/// Every method, by the names that the kept inputs use.
const METHODS: [&str; 12] = [
    "hmac",
    "apikey",
    "basic:nightjar",
    "header:X-Secret",
    "query:token",
    "pagerduty",
    "github",
    "gitlab",
    "grafana",
    "grafana:X-Grafana-Alerting-Timestamp",
    "sentry",
    "standard",
];

/// No delivery passes with two secrets on its own, nothing that is told holds the secret, and no
/// message of SNS leads anywhere else.
pub(crate) fn senders(bytes: &[u8]) {
    const SECRET: &str = "it's-a-secret";
    let parts = parts(bytes);
    let headers: Vec<(&str, &[u8])> =
        parts.headers.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let delivery = Delivery { headers: &headers, query: &parts.query, body: parts.body };
    let now: Timestamp = "2026-03-01T12:00:00Z".parse().expect("invariant: a time");
    for label in METHODS {
        let method = Method::parse(label).expect("invariant: a method");
        let right = verify(&method, &[Secret::new(SECRET)], &delivery, now);
        let other = verify(&method, &[Secret::new("nobody's")], &delivery, now);
        // PagerDuty and the standard send a list, with a signature for each secret.
        let is_list = matches!(method, Method::PagerDuty | Method::Standard | Method::ApiKey);
        assert!(is_list || right.is_err() || other.is_err(), "`{label}` passes with any secret");
        if let Err(denied) = right {
            assert!(!denied.to_string().contains(SECRET), "`{label}` tells the secret");
        }
    }
    if let Some(answer) = handshake(&delivery, 600) {
        assert!(answer.iter().all(|(_, value)| !value.contains(char::is_control)));
    }
    let text = String::from_utf8_lossy(bytes);
    if let Ok(method) = Method::parse(&text) {
        assert_eq!(method.to_string(), text, "a label is written otherwise");
    }
    sns(parts.body, now);
}

fn sns(body: &[u8], now: Timestamp) {
    let Ok(envelope) = read(body, &Authority::Aws) else { return };
    assert!(envelope.certificate_url().starts_with("https://sns."));
    assert!(envelope.subscribe_url().is_none_or(|url| url.starts_with("https://sns.")));
    let pem = include_bytes!("../../senders/tests/it/version_one.pem");
    let verified = envelope.verify(pem, now);
    assert!(verified.is_err() || envelope.kind() == Kind::Notification, "nobody signed that");
    assert!(envelope.verify(body, now).is_err(), "a message isn't its own certificate");
}
