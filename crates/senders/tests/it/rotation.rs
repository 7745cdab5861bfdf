//! Several secrets at a time.

use nightjar_senders::{Delivery, Denied, Method, Secret, verify};

use crate::request::{NOW, Request, SECRET, time};

#[test]
fn the_old_secret_passes_until_its_end_and_the_new_one_from_the_beginning() {
    let secrets = [Secret::new("new"), Secret::new("old").until(time("2026-03-01T13:00:00Z"))];
    let sent = |key: &str, now| {
        Request::new().header("x-api-key", key).check_with("apikey", &secrets, now)
    };
    for now in [NOW, "2026-03-01T12:59:59.999Z"] {
        assert_eq!(sent("new", now), Ok(()));
        assert_eq!(sent("old", now), Ok(()));
    }
    assert_eq!(sent("new", "2026-03-01T13:00:00Z"), Ok(()));
    assert_eq!(sent("old", "2026-03-01T13:00:00Z"), Err(Denied::Wrong));
    assert_eq!(sent("newold", NOW), Err(Denied::Wrong));
    assert!(sent("", NOW).is_err());
}

#[test]
fn signatures_of_either_secret_pass() {
    let name = "x-amzn-event-signature";
    let signed = Request::new().header("x-amzn-event-timestamp", "2026-03-01T12:00:00.000Z");
    let of_old = signed.clone().header(name, "w8SKOc5SNes5wR5j3AEuriKCqc2zKtsoRap0T/WkY0M=");
    let of_new = signed.header(name, "zAIwKWYffViE++27CY3v89utjuN9yvA5zGejouFG73M=");
    let end = time("2026-03-01T12:01:00Z");
    let secrets = [Secret::new("old").until(end), Secret::new(SECRET)];
    assert_eq!(of_old.check_with("hmac", &secrets, NOW), Ok(()));
    assert_eq!(of_new.check_with("hmac", &secrets, NOW), Ok(()));
    assert_eq!(of_old.check_with("hmac", &secrets, "2026-03-01T12:01:00Z"), Err(Denied::Wrong));
    let only_old = [Secret::new("old").until(end)];
    let over = of_old.check_with("hmac", &only_old, "2026-03-01T12:01:00Z");
    assert_eq!(over, Err(Denied::NoSecret));
}

#[test]
fn an_empty_secret_is_none() {
    for (method, request) in [
        ("apikey", Request::new().header("x-api-key", "")),
        ("query:token", Request::new().query("token=")),
        ("basic:u", Request::new().header("Authorization", "Basic dTo=")),
    ] {
        let denied = request.check_with(method, &[Secret::new("")], NOW);
        assert_eq!(denied, Err(Denied::NoSecret), "{method}");
        assert!(request.check_with(method, &[Secret::new("x")], NOW).is_err(), "{method}");
    }
}

#[test]
fn messages_of_sns_arent_verified_by_a_secret() {
    let delivery = Delivery { headers: &[], query: "", body: b"{}" };
    for secrets in [vec![], vec![Secret::new("x")]] {
        let denied = verify(&Method::Sns { topic: None }, &secrets, &delivery, time(NOW));
        assert_eq!(denied, Err(Denied::NeedsCertificate));
    }
}

#[test]
fn nothing_that_prints_shows_what_was_sent() {
    let headers: &[(&str, &[u8])] = &[("x-api-key", b"hunter2")];
    let delivery = Delivery { headers, query: "token=hunter2", body: b"hunter2" };
    let printed = format!("{delivery:?} {:?}", Secret::new("hunter2"));
    assert_eq!(
        printed,
        r#"Delivery { headers: 1, body_bytes: 7, .. } Secret { value: "***", until: None }"#
    );
}
