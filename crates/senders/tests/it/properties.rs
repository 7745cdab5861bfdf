//! What holds for any bytes.

use nightjar_senders::sns::{Authority, read};
use nightjar_senders::{Delivery, Denied, Method, Secret, verify};
use proptest::prelude::*;

use crate::request::{NOW, time};

const METHODS: [&str; 12] = [
    "hmac",
    "apikey",
    "basic:u",
    "header:x",
    "query:x",
    "pagerduty",
    "gitlab",
    "grafana",
    "grafana:x",
    "sentry",
    "standard",
    "sns",
];

const HEADERS: [&str; 12] = [
    "x-amzn-event-signature",
    "x-amzn-event-timestamp",
    "authorization",
    "x-api-key",
    "x",
    "x-pagerduty-signature",
    "x-gitlab-token",
    "x-grafana-alerting-signature",
    "sentry-hook-signature",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
];

fn value() -> impl Strategy<Value = Vec<u8>> {
    let prefix = prop_oneof![Just(""), Just("v1="), Just("v1,"), Just("Basic "), Just("Bearer ")];
    let text = prop_oneof!["[0-9a-fA-F]{64}", "[A-Za-z0-9+/]{43}=", "177236640[0-9]", ".*"];
    let written = (prefix, text).prop_map(|(prefix, text)| format!("{prefix}{text}").into_bytes());
    prop_oneof![4 => written, 1 => prop::collection::vec(any::<u8>(), 0..80)]
}

proptest! {
    /// Nothing made up passes, and nothing panics.
    #[test]
    fn nobody_guesses_a_secret(
        method in prop::sample::select(METHODS.to_vec()),
        headers in prop::collection::vec((prop::sample::select(HEADERS.to_vec()), value()), 0..12),
        query in ".*",
        body in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (*name, value.as_slice())).collect();
        let delivery = Delivery { headers: &headers, query: &query, body: &body };
        let secrets = [Secret::new("a secret that nobody writes"), Secret::new("another")];
        prop_assert!(verify(&Method::parse(method).unwrap(), &secrets, &delivery, time(NOW)).is_err());
    }

    /// A secret passes whatever it is made of, and with a byte more it doesn't.
    #[test]
    fn any_secret_passes_as_itself_only(secret in "[!-~][ -~]{0,40}[!-~]", more in "[!-~]") {
        let secrets = [Secret::new(&secret)];
        let check = |key: &str| {
            let headers: &[(&str, &[u8])] = &[("x-api-key", key.as_bytes())];
            let delivery = Delivery { headers, query: "", body: b"" };
            verify(&Method::ApiKey, &secrets, &delivery, time(NOW))
        };
        prop_assert_eq!(check(&secret), Ok(()));
        let longer = secret.clone() + &more;
        prop_assert_eq!(check(&longer), Err(Denied::Wrong));
    }

    /// What is a method is written as it was read.
    #[test]
    fn labels_come_back(label in "(hmac|basic|header|query|grafana|sns)(:[ -~]{0,20})?") {
        if let Ok(method) = Method::parse(&label) {
            prop_assert_eq!(method.to_string(), label);
        }
    }

    /// No address but SNS's own is ever taken.
    #[test]
    fn addresses_are_snss_own(host in "(https?://)?(sns[.])?[a-z0-9@:/.#?-]{0,30}([.]amazonaws[.]com)?[a-z@:/.]{0,10}/a[.]pem") {
        let body = serde_json::json!({
            "Type": "Notification", "MessageId": "1", "Message": "", "Signature": "",
            "TopicArn": "arn:aws:sns:eu-west-1:1:t", "Timestamp": "2026-03-01T12:00:00Z",
            "SignatureVersion": "2", "SigningCertURL": host,
        });
        if let Ok(envelope) = read(body.to_string().as_bytes(), &Authority::Aws) {
            let url = envelope.certificate_url();
            let (host, _) = url.strip_prefix("https://").unwrap().split_once('/').unwrap();
            prop_assert!(host.starts_with("sns.") && host.ends_with(".amazonaws.com"), "{}", url);
            prop_assert!(host.matches('.').count() == 3 && !host.contains(['@', ':', '#', '?']), "{}", url);
        }
    }
}
