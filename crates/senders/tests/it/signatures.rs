//! Methods that sign. The signatures were made with Python's `hmac`, so that both sides don't share
//! a mistake.

use nightjar_senders::{Denied, Secret};

use crate::request::{NOW, Request, SECRET, assert_malformed, missing, repeated};

const AMAZON: &str = "zAIwKWYffViE++27CY3v89utjuN9yvA5zGejouFG73M=";
const OF_BODY: &str = "3dd5d86544f737be1d5d7a63184b437d004b2fd6b8bd7ab946ada21fcb721bf1";
const OF_NOTHING: &str = "22763c839fe4e3d24ef074915edf30ded39f3a7d2d1857fd3d773d34df4e25f5";
const OF_TIME_AND_BODY: &str = "45e8ed85a5ff69cc831e4aba7b9a9b89b9b1ad31a8a35ffe95783613173d236c";
const STANDARD: &str = "KE7Wx4YpMB4HaEwUvKoELZrqZ0tRBW+sAagQdxzDPVA=";

fn amazon() -> Request {
    Request::new()
        .header("x-amzn-event-timestamp", "2026-03-01T12:00:00.000Z")
        .header("x-amzn-event-signature", AMAZON)
}

#[test]
fn aws_clients_sign_time_and_body() {
    amazon().check_only_with_the_secret("hmac");
    let signature = "x-amzn-event-signature";
    let timestamp = "x-amzn-event-timestamp";
    // Some tools leave the padding out, and some servers write names of headers as they like.
    assert_eq!(amazon().instead(signature, AMAZON.trim_end_matches('=')).check("hmac"), Ok(()));
    let shouted = amazon().without(signature).header("X-AMZN-Event-Signature", AMAZON);
    assert_eq!(shouted.check("hmac"), Ok(()));

    assert_eq!(amazon().body("{}").check("hmac"), Err(Denied::Wrong));
    assert_eq!(amazon().body("").check("hmac"), Err(Denied::Wrong));
    let later = amazon().instead(timestamp, "2026-03-01T12:00:00.001Z");
    assert_eq!(later.check("hmac"), Err(Denied::Wrong));
    // The same moment written otherwise is another text, and the text is signed.
    let rewritten = amazon().instead(timestamp, "2026-03-01T12:00:00Z");
    assert_eq!(rewritten.check("hmac"), Err(Denied::Wrong));

    for name in [signature, timestamp] {
        assert_eq!(amazon().without(name).check("hmac"), missing(name));
        assert_eq!(amazon().instead(name, " ").check("hmac"), missing(name));
        assert_eq!(amazon().header(name, "x").check("hmac"), repeated(name));
        assert_malformed(amazon().instead(name, b"\xff\xfe").check("hmac"), name, "not UTF-8");
        assert_malformed(amazon().instead(name, "yesterday").check("hmac"), name, "a word");
    }
    for wrong in [OF_BODY, "zAIw", &format!("{AMAZON}{AMAZON}"), &AMAZON.replace('+', "-")] {
        assert_malformed(amazon().instead(signature, wrong).check("hmac"), signature, wrong);
    }
}

#[test]
fn a_signature_is_good_for_five_minutes_whatever_the_alert_says() {
    let secrets = [Secret::new(SECRET)];
    let at = |now| amazon().check_with("hmac", &secrets, now);
    assert_eq!(at("2026-03-01T11:55:00Z"), Ok(()));
    assert_eq!(at("2026-03-01T12:05:00Z"), Ok(()));
    let stale = Denied::Stale { age_seconds: 301, limit_seconds: 300 };
    assert_eq!(at("2026-03-01T12:05:01Z"), Err(stale));
    let early = Denied::Early { ahead_seconds: 301, limit_seconds: 300 };
    assert_eq!(at("2026-03-01T11:54:59Z"), Err(early));
}

#[test]
fn times_in_seconds_and_milliseconds_are_good_too() {
    for (time, signature) in [
        ("1772366400", "1aUUmT+DNwh5khlpT3fUBvdWNi0mrfKHxWXU6HtSgvE="),
        ("1772366400000", "Lv9w0A1TbJDNkrWWzuWJqwsy0mVWELzHeL9YG/81CFQ="),
        ("2026-03-01T13:00:00+01:00", "BHY7mkqgXKOjmUWLpPWc+8goFVFPFk/d36YD9qt+TRU="),
    ] {
        let request = amazon()
            .body("{}")
            .instead("x-amzn-event-timestamp", time)
            .instead("x-amzn-event-signature", signature);
        request.check_only_with_the_secret("hmac");
    }
    // Microseconds are nobody's; as milliseconds they are beyond all calendars.
    let name = "x-amzn-event-timestamp";
    assert_malformed(amazon().instead(name, "1772366400000000").check("hmac"), name, "micros");
}

#[test]
fn pagerduty_signs_once_for_each_secret() {
    let name = "X-PagerDuty-Signature";
    let pagerduty = |value: &str| Request::new().header(name, value);
    let other = "0".repeat(64);
    pagerduty(&format!("v1={OF_BODY}")).check_only_with_the_secret("pagerduty");
    pagerduty(&format!("v1={other},v1={OF_BODY}")).check_only_with_the_secret("pagerduty");
    pagerduty(&format!("v1={OF_BODY}, v1={other}")).check_only_with_the_secret("pagerduty");
    pagerduty(&format!("v2=x,v1={OF_BODY}")).check_only_with_the_secret("pagerduty");
    pagerduty(&format!("v1={}", OF_BODY.to_uppercase())).check_only_with_the_secret("pagerduty");
    let split = pagerduty(&format!("v1={other}")).header(name, format!("v1={OF_BODY}"));
    split.check_only_with_the_secret("pagerduty");
    pagerduty(&format!("v1={OF_NOTHING}")).body("").check_only_with_the_secret("pagerduty");

    assert_eq!(pagerduty(&format!("v1={other}")).check("pagerduty"), Err(Denied::Wrong));
    assert_eq!(
        pagerduty(&format!("v1={OF_BODY}")).body("{}").check("pagerduty"),
        Err(Denied::Wrong)
    );
    assert_eq!(Request::new().check("pagerduty"), missing(name));
    assert_eq!(pagerduty(" , ").check("pagerduty"), missing(name));
    for wrong in [
        OF_BODY,
        "v1=",
        "v1=abc",
        "v2=x",
        "v1",
        &format!("v2={OF_BODY}"),
        &format!("v1={OF_BODY}0"),
        &format!("v1={}", OF_BODY.replace('3', "g")),
    ] {
        assert_malformed(pagerduty(wrong).check("pagerduty"), name, wrong);
    }
    assert_malformed(Request::new().header(name, b"v1=\xff").check("pagerduty"), name, "bytes");
}

#[test]
fn github_signs_the_body() {
    let name = "X-Hub-Signature-256";
    let github = |value: &str| Request::new().header(name, value);
    let right = format!("sha256={OF_BODY}");
    github(&right).header("X-Hub-Signature", "sha1=00").check_only_with_the_secret("github");
    github(&format!("sha256={OF_NOTHING}")).body("").check_only_with_the_secret("github");
    assert_eq!(github(&format!("sha256={OF_NOTHING}")).check("github"), Err(Denied::Wrong));
    assert_eq!(Request::new().check("github"), missing(name));
    assert_eq!(
        github(&right).header("x-hub-signature-256", &right).check("github"),
        repeated(name)
    );
    for wrong in ["abc", OF_BODY, &format!("sha1={OF_BODY}"), &format!("sha256={OF_BODY}00")] {
        assert_malformed(github(wrong).check("github"), name, wrong);
    }
}

#[test]
fn sentry_signs_the_body() {
    let name = "Sentry-Hook-Signature";
    let sentry = |value: &str| Request::new().header(name, value);
    // Its time isn't signed, so it is looked at no more than the body's own.
    sentry(OF_BODY).header("Sentry-Hook-Timestamp", "1").check_only_with_the_secret("sentry");
    sentry(&OF_BODY.to_uppercase()).check_only_with_the_secret("sentry");
    sentry(OF_NOTHING).body("").check_only_with_the_secret("sentry");
    assert_eq!(sentry(OF_NOTHING).check("sentry"), Err(Denied::Wrong));
    assert_eq!(Request::new().check("sentry"), missing(name));
    assert_eq!(
        sentry(OF_BODY).header("sentry-hook-signature", OF_BODY).check("sentry"),
        repeated(name)
    );
    for wrong in [
        "abc",
        OF_BODY.trim_start_matches('3'),
        &format!("{OF_BODY}00"),
        &format!("sha256={OF_BODY}"),
    ] {
        assert_malformed(sentry(wrong).check("sentry"), name, wrong);
    }
}

#[test]
fn grafana_signs_the_body_and_the_time_if_its_contact_point_says_so() {
    let name = "X-Grafana-Alerting-Signature";
    let clock = "X-Grafana-Alerting-Timestamp";
    let timed = format!("grafana:{clock}");
    let plain = Request::new().header(name, OF_BODY);
    plain.check_only_with_the_secret("grafana");
    let with_time = Request::new().header(name, OF_TIME_AND_BODY).header(clock, "1772366400");
    with_time.check_only_with_the_secret(&timed);

    // Neither passes for the other, whatever headers come along.
    assert_eq!(plain.check(&timed), missing(clock));
    assert_eq!(plain.clone().header(clock, "1772366400").check(&timed), Err(Denied::Wrong));
    assert_eq!(with_time.check("grafana"), Err(Denied::Wrong));

    let stale = with_time.clone().instead(clock, "1772366099");
    assert_eq!(stale.check(&timed), Err(Denied::Stale { age_seconds: 301, limit_seconds: 300 }));
    assert_malformed(with_time.clone().instead(clock, "noon").check(&timed), clock, "a word");
    assert_eq!(with_time.clone().header(clock, "1").check(&timed), repeated(clock));
    assert_eq!(Request::new().check("grafana"), missing(name));
    assert_malformed(plain.instead(name, "AAAA").check("grafana"), name, "too short");
}

#[test]
fn standard_webhooks_sign_id_time_and_body() {
    let name = "webhook-signature";
    let standard = |value: &str| {
        Request::new()
            .header("webhook-id", "msg_1")
            .header("webhook-timestamp", "1772366400")
            .header(name, value)
    };
    let right = format!("v1,{STANDARD}");
    standard(&right).check_only_with_the_secret("standard");
    standard(&format!("v1a,abc v1,{AMAZON} {right}")).check_only_with_the_secret("standard");
    // A secret as GitLab makes them: the key in base64.
    let made = [Secret::new("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")];
    let signed = standard("v1,HXeQMQO4W5/UNPQ4/35kyd+g+71muI+3Lekh766C46A=");
    assert_eq!(signed.check_with("standard", &made, NOW), Ok(()));

    assert_eq!(
        standard(&right).instead("webhook-id", "msg_2").check("standard"),
        Err(Denied::Wrong)
    );
    assert_eq!(standard(&right).body("").check("standard"), Err(Denied::Wrong));
    for part in ["webhook-id", "webhook-timestamp", name] {
        assert_eq!(standard(&right).without(part).check("standard"), missing(part));
        assert_eq!(standard(&right).header(part, "x").check("standard"), repeated(part));
    }
    let stale = standard(&right).instead("webhook-timestamp", "1772366000").check("standard");
    assert_eq!(stale, Err(Denied::Stale { age_seconds: 400, limit_seconds: 300 }));
    for wrong in [STANDARD, "v1,", "v1,abc", &format!("v2,{STANDARD}")] {
        assert_malformed(standard(wrong).check("standard"), name, wrong);
    }
}
