//! What holds whatever the text: stable, repeatable, nothing else touched, no panic.

use nightjar_redact::{Kind, Policy, Redactor};
use proptest::prelude::*;
use serde_json::json;

use crate::redactor;

/// Pieces that finders look for, to be put together at random.
fn pieces() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "ada@example.com",
        "+49 151 23456789",
        "4111111111111111",
        "4111 1111 1111 1111",
        "DE89370400440532013000",
        "123-45-6789",
        "203.0.113.9",
        "2001:db8::1",
        "password=",
        "user=",
        "\"user\": \"",
        "phone ",
        "card ",
        "id ",
        "ssn ",
        "token: ",
        "Bearer ",
        "Authorization: Basic ",
        "Cookie: sid=",
        "postgres://",
        "hunter2",
        "alice",
        "Ada Lovelace",
        "‹email:7f3a9c01d2e4›",
        "‹secret:",
        "›",
        "‹",
        "\\\"",
        "\"",
        "'",
        " ",
        ", ",
        ";",
        ":",
        "=",
        "@",
        "-",
        ".",
        "/",
        "+",
        "\n",
        "é",
        "電話",
        "arn:aws:iam::1:user/",
        "eyJ",
        "sk-",
        "-----BEGIN ",
        "PRIVATE KEY-----",
        "%40",
        "7",
        "x",
    ]);
    prop::collection::vec(prop_oneof![4 => known.prop_map(str::to_owned), 1 => ".{0,8}"], 0..14)
        .prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn what_was_redacted_is_left_alone(text in pieces()) {
        let once = redactor().text(&text).into_owned();
        let twice = redactor().text(&once).into_owned();
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn no_text_is_too_odd(text in any::<String>(), name in ".{0,20}") {
        let mut redactor = redactor();
        redactor.field(&name, &text);
        redactor.text(&text);
    }

    #[test]
    fn all_but_the_pseudonyms_stays(text in pieces()) {
        let policy = Policy { seal_originals: true, ..Policy::default() };
        let mut redactor = Redactor::new(&[7; 32], &policy, std::iter::empty());
        let mut redacted = redactor.text(&text).into_owned();
        // Of originals that share a pseudonym only one is known: their lengths may differ.
        for _ in 0..redactor.originals().len() {
            for (pseudonym, original) in redactor.originals() {
                redacted = redacted.replace(pseudonym.as_str(), original);
            }
        }
        if redactor.found().values().sum::<u64>() == redactor.originals().len() as u64 {
            prop_assert_eq!(redacted, text);
        }
    }
}

#[test]
fn the_same_has_the_same_pseudonym_everywhere_and_another_under_another_key() {
    let mut one = redactor();
    let in_log = one.text("login of ada@example.com failed").into_owned();
    let mut value = json!({"user": {"email": "Ada@Example.com"}});
    one.value(&mut value);
    let pseudonym = value["user"]["email"].as_str().unwrap().to_owned();
    assert!(in_log.contains(&pseudonym), "{in_log} {pseudonym}");

    let mut other = Redactor::new(&[8; 32], &Policy::default(), std::iter::empty());
    assert_ne!(other.text("login of ada@example.com failed"), in_log);
    assert_eq!(one.found()[&Kind::Email], 2);
}

#[test]
fn known_entities_and_what_the_policy_keeps_stay() {
    let policy = Policy {
        keep: vec!["example.com".to_owned(), "198.51.100.7".to_owned()],
        ..Policy::default()
    };
    let known = ["checkout-x".to_owned(), "203.0.113.9".to_owned()];
    let mut redactor = Redactor::new(&[7; 32], &policy, known.into_iter());
    let text = "user=checkout-x to 203.0.113.9 via 198.51.100.7, ops@eu.example.com";
    assert_eq!(redactor.text(text), text);
    assert!(redactor.found().is_empty());
}

#[test]
fn a_kind_that_the_policy_leaves_out_stays() {
    let policy = Policy { kinds: [Kind::Secret].into(), ..Policy::default() };
    let mut redactor = Redactor::new(&[7; 32], &policy, std::iter::empty());
    let redacted = redactor.text("ada@example.com password=hunter2");
    assert!(redacted.starts_with("ada@example.com password=‹secret:"), "{redacted}");
}

#[test]
fn private_addresses_go_where_the_policy_says_so() {
    let policy = Policy { keep_private_addresses: false, ..Policy::default() };
    let mut redactor = Redactor::new(&[7; 32], &policy, std::iter::empty());
    let redacted = redactor.text("from 192.168.7.31 to 127.0.0.1");
    assert!(redacted.starts_with("from ‹ip:") && redacted.ends_with("to 127.0.0.1"), "{redacted}");
}

#[test]
fn originals_are_handed_out_only_to_be_sealed() {
    let mut open = redactor();
    open.text("password=hunter2");
    assert!(open.originals().is_empty());
    let policy = Policy { seal_originals: true, ..Policy::default() };
    let mut sealing = Redactor::new(&[7; 32], &policy, std::iter::empty());
    sealing.text("password=hunter2");
    assert_eq!(sealing.originals().values().collect::<Vec<_>>(), ["hunter2"]);
    assert!(!format!("{sealing:?}").contains("hunter2"));
}

#[test]
fn a_forged_pseudonym_hides_nothing() {
    let mut redactor = redactor();
    let redacted = redactor.text("‹email:ada@example.com› ‹secret:7f3a9c01d2e4› password=hunter2");
    assert!(!redacted.contains("ada@") && !redacted.contains("hunter2"), "{redacted}");
}

#[test]
fn a_policy_refuses_what_it_does_not_know() {
    assert!(serde_json::from_value::<Policy>(json!({"keep_privat": true})).is_err());
    let policy: Policy = serde_json::from_value(json!({"kinds": ["email"]})).unwrap();
    assert!(policy.keep_private_addresses && policy.kinds.len() == 1);
}

#[test]
fn hostile_text_takes_no_longer_than_its_length_asks_for() {
    for piece in [
        "eyJ",
        "-eyJ.",
        "a=\"",
        "password='",
        "://a:b",
        "4 ",
        "-----BEGIN PRIVATE KEY-----",
        "@a.",
        "a@",
        "::",
        "1.",
        "user ",
        "‹email:",
        "arn:aws",
        "%40",
        "\\\"a\\\":\\\"",
    ] {
        let text = piece.repeat(60_000 / piece.len());
        redactor().text(&text);
    }
}
