//! Messages of SNS, signed here with keys and certificates made for it.

use std::sync::LazyLock;

use nightjar_senders::Denied;
use nightjar_senders::Part;
use nightjar_senders::sns::{Admission, Authority, Envelope, Kind, read};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, RsaKeySize, SigningKey, date_time_ymd};
use serde_json::{Value, json};

use crate::request::time;

const TOPIC: &str = "arn:aws:sns:eu-central-1:123456789012:alarms";
const NOW: &str = "2026-03-01T12:00:30Z";

/// Making a key takes a while without optimisation.
static KEY: LazyLock<KeyPair> =
    LazyLock::new(|| KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap());

fn certificate_of(key: &KeyPair, names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2027, 1, 1);
    params.self_signed(key).unwrap().pem()
}

fn certificate() -> String {
    certificate_of(&KEY, &["sns.amazonaws.com"])
}

fn notification() -> Value {
    json!({
        "Type": "Notification",
        "MessageId": "0b71e34e-42c3-486a-9e32-b1928ec994b5",
        "TopicArn": TOPIC,
        "Subject": "ALARM: \"checkout\" in EU (Frankfurt)",
        "Message": "{\"AlarmName\":\"größer\",\n\"NewStateValue\":\"ALARM\"}",
        "Timestamp": "2026-03-01T12:00:00.123Z",
        "SignatureVersion": "2",
        "SigningCertURL": "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0a.pem",
        "UnsubscribeURL": "https://sns.eu-central-1.amazonaws.com/?Action=Unsubscribe",
    })
}

fn confirmation(kind: &str) -> Value {
    let mut message = notification();
    let url = format!(
        "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336"
    );
    message["Type"] = json!(kind);
    message["Token"] = json!("2336");
    message["SubscribeURL"] = json!(url);
    message.as_object_mut().unwrap().remove("Subject");
    message
}

/// Signs the fields as Amazon's documentation lists them for the type.
fn signed_with(key: &KeyPair, mut message: Value) -> Value {
    let names: &[&str] = if message["Type"] == "Notification" {
        &["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
    } else {
        &["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    };
    let mut text = String::new();
    for name in names {
        if let Some(value) = message[name].as_str() {
            text += &format!("{name}\n{value}\n");
        }
    }
    message["Signature"] = json!(base64(&key.sign(text.as_bytes()).unwrap()));
    message
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::prelude::BASE64_STANDARD.encode(bytes)
}

fn signed(message: Value) -> Value {
    signed_with(&KEY, message)
}

fn envelope(message: &Value) -> Envelope {
    read(message.to_string().as_bytes(), &Authority::Aws).unwrap()
}

fn check(message: &Value, pem: &str, now: &str) -> Result<(), Denied> {
    envelope(message).verify(pem.as_bytes(), time(now))
}

fn with(message: &Value, name: &str, value: Value) -> Value {
    let mut message = message.clone();
    message[name] = value;
    message
}

#[test]
fn a_notification_is_verified_and_handed_on_without_what_isnt_signed() {
    let message = signed(notification());
    assert_eq!(check(&message, &certificate(), NOW), Ok(()));
    let envelope = envelope(&with(&message, "message", json!("somebody else's")));
    assert_eq!(envelope.kind(), Kind::Notification);
    assert_eq!(envelope.topic(), TOPIC);
    assert_eq!(envelope.subscribe_url(), None);
    assert_eq!(envelope.certificate_url(), message["SigningCertURL"]);
    let handed_on: Value = serde_json::from_slice(&envelope.signed()).unwrap();
    let mut expected = notification();
    for unsigned in ["SignatureVersion", "SigningCertURL", "UnsubscribeURL"] {
        expected.as_object_mut().unwrap().remove(unsigned);
    }
    assert_eq!(handed_on, expected);
}

#[test]
fn a_subject_is_signed_only_where_there_is_one() {
    let mut message = notification();
    message.as_object_mut().unwrap().remove("Subject");
    let message = signed(message);
    assert_eq!(check(&message, &certificate(), NOW), Ok(()));
    assert_eq!(check(&with(&message, "Subject", Value::Null), &certificate(), NOW), Ok(()));
    let added = with(&message, "Subject", json!("added"));
    assert_eq!(check(&added, &certificate(), NOW), Err(Denied::Wrong));
}

#[test]
fn confirmations_are_verified_and_only_a_subscription_can_be_confirmed() {
    for (kind, name) in [
        (Kind::SubscriptionConfirmation, "SubscriptionConfirmation"),
        (Kind::UnsubscribeConfirmation, "UnsubscribeConfirmation"),
    ] {
        let message = signed(confirmation(name));
        assert_eq!(check(&message, &certificate(), NOW), Ok(()), "{name}");
        let envelope = envelope(&message);
        assert_eq!(envelope.kind(), kind);
        let url = message["SubscribeURL"].as_str().filter(|_| name.starts_with("Subs"));
        assert_eq!(envelope.subscribe_url(), url);
        for (altered, value) in
            [("Token", "2337"), ("Message", "another"), ("Timestamp", "2026-03-01T12:00:00Z")]
        {
            let altered = with(&message, altered, json!(value));
            assert_eq!(check(&altered, &certificate(), NOW), Err(Denied::Wrong));
        }
    }
    // The other kind's signature isn't this one's.
    let turned = with(
        &signed(confirmation("UnsubscribeConfirmation")),
        "Type",
        json!("SubscriptionConfirmation"),
    );
    assert_eq!(check(&turned, &certificate(), NOW), Err(Denied::Wrong));
}

#[test]
fn whatever_is_altered_is_noticed() {
    let message = signed(notification());
    for (name, value) in [
        ("Message", "{}"),
        ("MessageId", "another"),
        ("Subject", "another"),
        ("Timestamp", "2026-03-01T12:00:00.124Z"),
        ("TopicArn", "arn:aws:sns:eu-central-1:123456789012:others"),
        ("SignatureVersion", "1"),
        ("Signature", "AAAA"),
        ("Signature", ""),
    ] {
        let altered = with(&message, name, json!(value));
        assert_eq!(check(&altered, &certificate(), NOW), Err(Denied::Wrong), "{name}");
    }
    // A line break can't move a value into the field before it.
    let moved = with(&message, "Message", json!("x\nMessageId\ny"));
    assert_eq!(check(&moved, &certificate(), NOW), Err(Denied::Wrong));
}

#[test]
fn somebody_elses_key_and_other_certificates_verify_nothing() {
    let message = signed(notification());
    let other = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    let of_other = certificate_of(&other, &["sns.amazonaws.com"]);
    assert_eq!(check(&message, &of_other, NOW), Err(Denied::Wrong));
    let by_other = signed_with(&other, notification());
    assert_eq!(check(&by_other, &certificate(), NOW), Err(Denied::Wrong));
    let curve = KeyPair::generate().unwrap();
    let of_curve = certificate_of(&curve, &["sns.amazonaws.com"]);
    assert_eq!(check(&message, &of_curve, NOW), Err(Denied::Wrong));

    let names = |names: &[&str]| check(&message, &certificate_of(&KEY, names), NOW);
    for fine in [
        "sns.eu-central-1.amazonaws.com",
        "sns-signing.eu-central-1.amazonaws.com",
        "sns-eu-central-1.amazonaws.com",
        "SNS.amazonaws.com",
    ] {
        assert_eq!(names(&["else.example", fine]), Ok(()), "{fine}");
    }
    let elses = Err(Denied::Certificate("isn't made out to SNS"));
    for wrong in [
        "evil.example",
        "sns.amazonaws.com.evil.example",
        "xsns.amazonaws.com",
        "sns-signing.eu-west-1.amazonaws.com",
        "sns.amazonaws.com.cn",
        "*.amazonaws.com",
    ] {
        assert_eq!(names(&[wrong]), elses, "{wrong}");
    }
    assert_eq!(names(&[]), elses);

    let unreadable = Err(Denied::Certificate("can't be read"));
    let long = format!("{}{}", certificate(), "\n".repeat(70_000));
    for pem in [
        "",
        "no certificate",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        &long,
    ] {
        assert_eq!(check(&message, pem, NOW), unreadable);
    }
}

#[test]
fn certificates_and_messages_have_their_time() {
    let sent_at = |text: &str| signed(with(&notification(), "Timestamp", json!(text)));
    let expired = Err(Denied::Certificate("has expired"));
    let message = sent_at("2027-01-01T00:00:00Z");
    assert_eq!(check(&message, &certificate(), "2027-01-01T00:00:00Z"), Ok(()));
    assert_eq!(check(&message, &certificate(), "2027-01-01T00:00:01Z"), expired);
    let early = Err(Denied::Certificate("isn't valid yet"));
    let message = sent_at("2026-01-01T00:00:00Z");
    assert_eq!(check(&message, &certificate(), "2025-12-31T23:59:59Z"), early);

    let message = sent_at("2026-03-01T12:00:00.000Z");
    let at = |now| check(&message, &certificate(), now);
    assert_eq!(at("2026-03-01T13:05:00Z"), Ok(()));
    let stale = Denied::Stale { age_seconds: 3901, limit_seconds: 3900 };
    assert_eq!(at("2026-03-01T13:05:01Z"), Err(stale));
    let ahead = Denied::Early { ahead_seconds: 301, limit_seconds: 300 };
    assert_eq!(at("2026-03-01T11:54:59Z"), Err(ahead));
}

#[test]
fn signatures_of_version_one_are_sha1() {
    // Our library signs nothing with SHA-1 any more, so this was signed once, with
    // openssl req -x509 -newkey rsa:2048 -nodes -days 36500 -subj /CN=sns.amazonaws.com \
    //   -addext subjectAltName=DNS:sns.amazonaws.com
    // openssl dgst -sha1 -sign, over the text in canonical form; the key was thrown away.
    let pem = include_str!("version_one.pem");
    let message = json!({
        "Type": "Notification",
        "MessageId": "0b71e34e-42c3-486a-9e32-b1928ec994b5",
        "TopicArn": TOPIC,
        "Subject": "ALARM",
        "Message": "ALARM: \"checkout\"\nin Frankfurt",
        "Timestamp": "2026-11-28T12:00:00.000Z",
        "SignatureVersion": "1",
        "SigningCertURL": "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0b.pem",
        "Signature": "ntvA4VAENTDDmpLUIGt8PVPcR2zpTpYfH0E+b7cCnyQ4neFGhN6P5Lybk0FmuDfA2XIXW1VFTbVoLp4XlWZyyBFuAtDZ9oj/JrSlEIdnhlGc/O7SwN72rJpbcoBqUWEt4KNJaEa4Lgn2PRU9koy9a0PcZDutikMsgAxWnhWDZJunIjLiY/aLSPsnm2UAnAbdUjpo+ERNggQOOQcKjpxEeZoZkqYilKDh5JwgBFqANI9bcuuS18UBYKjh4q7vwa5a5U9BA0dXKrcWdjuuG1/BV1I4oxgJHxwsy+v2BoDQggroUog1UgSW2L0CNpPcbIgEvPEZhQniFa2K8pGhuKD0WQ==",
    });
    let now = "2026-11-28T12:00:10Z";
    assert_eq!(check(&message, pem, now), Ok(()));
    assert_eq!(check(&with(&message, "Subject", json!("OK")), pem, now), Err(Denied::Wrong));
    assert_eq!(
        check(&with(&message, "SignatureVersion", json!("2")), pem, now),
        Err(Denied::Wrong)
    );
}

#[test]
fn a_message_that_leads_elsewhere_isnt_read() {
    let denied =
        |message: Value| read(message.to_string().as_bytes(), &Authority::Aws).unwrap_err();
    for url in [
        "https://sns.eu-central-1.amazonaws.com@evil.example/a.pem",
        "https://evil.example/a.pem",
        "http://sns.eu-central-1.amazonaws.com/a.pem",
        "file:///etc/passwd",
        "",
    ] {
        let message = with(&signed(notification()), "SigningCertURL", json!(url));
        assert_eq!(denied(message), Denied::Address(Part::Field("SigningCertURL")), "{url}");
    }
    let china = "arn:aws-cn:sns:cn-north-1:123456789012:alarms";
    let message = with(&notification(), "TopicArn", json!(china));
    assert_eq!(denied(signed(message)), Denied::Address(Part::Field("SigningCertURL")));
    for kind in ["SubscriptionConfirmation", "UnsubscribeConfirmation"] {
        let message = with(
            &confirmation(kind),
            "SubscribeURL",
            json!("http://169.254.169.254/?Action=ConfirmSubscription"),
        );
        assert_eq!(denied(signed(message)), Denied::Address(Part::Field("SubscribeURL")), "{kind}");
    }
}

#[test]
fn what_lacks_something_isnt_read() {
    let denied = |body: &[u8]| read(body, &Authority::Aws).unwrap_err();
    let message = signed(confirmation("SubscriptionConfirmation"));
    for name in [
        "Type",
        "MessageId",
        "TopicArn",
        "Message",
        "Timestamp",
        "SignatureVersion",
        "Signature",
        "SigningCertURL",
        "Token",
        "SubscribeURL",
    ] {
        let mut message = message.clone();
        message.as_object_mut().unwrap().remove(name);
        assert_eq!(denied(message.to_string().as_bytes()), Denied::Missing(Part::Field(name)));
    }
    for (name, value) in [
        ("Type", "Else"),
        ("TopicArn", "alarms"),
        ("SignatureVersion", "3"),
        ("Signature", "?"),
        ("Timestamp", "noon"),
    ] {
        let message = with(&message, name, json!(value)).to_string();
        match denied(message.as_bytes()) {
            Denied::Malformed { part: Part::Field(found), .. } => assert_eq!(found, name),
            other => panic!("{name}: {other:?}"),
        }
    }
    let twice = message.to_string().replacen('{', r#"{"Message":"first","#, 1);
    let raw = br#"{"AlarmName":"as raw message delivery sends it"}"#;
    for body in [b"".as_slice(), b"null", b"[]", b"\xff", b"{\"Type\":1}", twice.as_bytes()] {
        assert!(matches!(denied(body), Denied::Malformed { part: Part::Body, .. }));
    }
    assert_eq!(denied(raw), Denied::Missing(Part::Field("Type")));
}

#[test]
fn a_webhook_belongs_to_one_topic() {
    let notification = envelope(&signed(notification()));
    let subscription = envelope(&signed(confirmation("SubscriptionConfirmation")));
    let unsubscription = envelope(&signed(confirmation("UnsubscribeConfirmation")));
    for envelope in [&notification, &subscription, &unsubscription] {
        assert_eq!(envelope.admit(Some(TOPIC)), Ok(Admission::Known));
        let other = "arn:aws:sns:eu-central-1:999999999999:alarms";
        assert_eq!(envelope.admit(Some(other)), Err(Denied::OtherTopic));
    }
    assert_eq!(subscription.admit(None), Ok(Admission::First));
    assert_eq!(notification.admit(None), Err(Denied::NoTopic));
    assert_eq!(unsubscription.admit(None), Err(Denied::NoTopic));
}

#[test]
fn a_stand_in_for_sns_signs_with_its_own_name() {
    let own = Authority::Own {
        origin: "http://127.0.0.1:4566".to_owned(),
        certificate_name: "sns.test".to_owned(),
    };
    let local = with(&notification(), "SigningCertURL", json!("http://127.0.0.1:4566/a.pem"));
    let local = read(signed(local).to_string().as_bytes(), &own).unwrap();
    let pem = certificate_of(&KEY, &["sns.test"]);
    assert_eq!(local.verify(pem.as_bytes(), time(NOW)), Ok(()));
    let elses = Err(Denied::Certificate("isn't made out to SNS"));
    assert_eq!(local.verify(certificate().as_bytes(), time(NOW)), elses);
}
