//! Providers, and people between us and them, that want to sign somebody in as somebody else.

use serde_json::{Value, json};

use crate::fake::{ISSUER, Key, SECRET, Scene, metadata, not_signed, now, signed, signed_with};
use crate::{Error, Returned};

fn reason(result: Result<crate::Person, Error>) -> String {
    match result {
        Ok(person) => panic!("signed in: {person:?}"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn who_is_proved_is_signed_in() {
    let key = Key::new("k1");
    let scene = Scene::new(&key).await;
    let query: Vec<_> = scene.address.query_pairs().collect();
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "nightjar"),
        ("scope", "openid profile"),
        ("code_challenge_method", "S256"),
    ] {
        assert!(query.contains(&(name.into(), value.into())), "{name}: {}", scene.address);
    }
    let person = scene.finish(&signed(&key, &scene.claims())).await.unwrap();
    assert_eq!((person.subject.as_str(), person.name.as_str()), ("ada-1", "Ada"));
    assert_eq!(person.groups, ["ops"]);
    assert_eq!(person.end_session, Some(format!("{ISSUER}/end")));
    let asked = scene.fake.asked.lock().unwrap();
    let (_, body) = asked.iter().find(|(address, _)| address.ends_with("/token")).unwrap();
    assert!(body.contains("code_verifier=") && !body.contains("client_secret"), "{body}");
}

#[tokio::test]
async fn signatures_that_prove_nothing_sign_nobody_in() {
    let key = Key::new("k1");
    let scene = Scene::new(&key).await;
    let claims = scene.claims();
    let proves_nothing = |text: &str| {
        ["proves nothing", "isn't signed", "can't be read"].iter().any(|part| text.contains(part))
    };
    for token in [
        not_signed(&claims),
        signed_with(SECRET.as_bytes(), &json!({ "alg": "HS256" }), &claims),
        signed_with(SECRET.as_bytes(), &json!({ "alg": "HS256", "kid": "k1" }), &claims),
        signed_with(b"", &json!({ "alg": "HS256", "kid": "k1" }), &claims),
        signed_with(SECRET.as_bytes(), &json!({ "alg": "None" }), &claims),
    ] {
        let reason = reason(scene.finish(&token).await);
        assert!(proves_nothing(&reason), "{reason}");
    }
    let other = Key::new("k1");
    let forged = reason(scene.finish(&signed(&other, &claims)).await);
    assert!(forged.contains("signature is wrong"), "{forged}");
    let token = signed(&key, &claims);
    let (text, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = text.split_once('.').unwrap();
    let mut other = claims.clone();
    other["sub"] = "root".into();
    let swapped = format!("{header}.{}.{signature}", crate::fake::encode(other.to_string()));
    assert!(reason(scene.finish(&swapped).await).contains("signature is wrong"));
    for odd in [json!({ "typ": "at+jwt" }), json!({ "crit": ["exp"] }), json!({ "cty": "JWT" })] {
        let mut header = json!({ "alg": "EdDSA", "kid": "k1" });
        header.as_object_mut().unwrap().extend(odd.as_object().unwrap().clone());
        assert!(scene.finish(&signed_with(b"", &header, &claims)).await.is_err());
    }
}

#[tokio::test]
async fn a_token_for_somebody_else_or_another_time_signs_nobody_in() {
    let key = Key::new("k1");
    let scene = Scene::new(&key).await;
    let at = now().as_second();
    let wrong: [(&str, Value); 19] = [
        ("iss", "https://evil.example".into()),
        ("iss", format!("{ISSUER}/").into()),
        ("iss", Value::Null),
        ("aud", "another".into()),
        ("aud", json!([])),
        ("aud", json!(["nightjar", "another"])),
        ("azp", "another".into()),
        ("nonce", "of another sign-in".into()),
        ("nonce", Value::Null),
        ("exp", (at - 60).into()),
        ("exp", Value::Null),
        ("exp", json!(1e300)),
        ("exp", json!("soon")),
        ("iat", (at + 61).into()),
        ("iat", json!(-1e300)),
        ("nbf", (at + 61).into()),
        ("sub", "".into()),
        ("sub", "a\nb".into()),
        ("sub", "x".repeat(300).into()),
    ];
    for (claim, value) in wrong {
        let mut claims = scene.claims();
        claims[claim] = value.clone();
        let result = scene.finish(&signed(&key, &claims)).await;
        assert!(matches!(result, Err(Error::Untrusted(_))), "{claim} {value}: {result:?}");
    }
}

#[tokio::test]
async fn clocks_may_differ_by_a_minute() {
    let key = Key::new("k1");
    let scene = Scene::new(&key).await;
    let at = now().as_second();
    for (claim, value) in [("exp", at - 59), ("iat", at + 60), ("nbf", at + 60)] {
        let mut claims = scene.claims();
        claims[claim] = value.into();
        assert!(scene.finish(&signed(&key, &claims)).await.is_ok(), "{claim} {value}");
    }
}

#[tokio::test]
async fn a_key_that_isnt_known_is_looked_for_once() {
    let (old, new, never) = (Key::new("k1"), Key::new("k2"), Key::new("k3"));
    let scene = Scene::new(&old).await;
    assert!(scene.finish(&signed(&old, &scene.claims())).await.is_ok());
    assert_eq!(scene.fake.times_asked("/keys"), 1);
    scene.rotate(&new);
    assert!(scene.finish(&signed(&new, &scene.claims())).await.is_ok());
    assert_eq!(scene.fake.times_asked("/keys"), 2);
    for _ in 0..3 {
        let reason = reason(scene.finish(&signed(&never, &scene.claims())).await);
        assert!(reason.contains("doesn't publish"), "{reason}");
    }
    assert_eq!(scene.fake.times_asked("/keys"), 2, "the provider is left alone for a moment");
    assert_eq!(scene.fake.times_asked("/.well-known/openid-configuration"), 1);
}

#[tokio::test]
async fn a_provider_that_is_down_is_left_alone_for_a_moment() {
    let scene = Scene::new(&Key::new("k1")).await;
    scene.fake.answers.lock().unwrap().clear();
    let later = now() + jiff::SignedDuration::from_hours(2);
    for _ in 0..3 {
        let begun = scene.providers.begin(&scene.registration, "https://n.example/", later).await;
        assert!(matches!(begun, Err(Error::Unavailable(_))));
    }
    assert_eq!(scene.fake.times_asked("/.well-known/openid-configuration"), 2);
}

#[tokio::test]
async fn groups_come_from_user_info_where_the_token_has_none() {
    let key = Key::new("k1");
    let scene = Scene::new(&key).await;
    let mut claims = scene.claims();
    claims.as_object_mut().unwrap().remove("groups");
    let token = signed(&key, &claims);
    let info = |sub: &str| json!({ "sub": sub, "groups": ["dev"], "email_verified": "true" });
    scene.fake.answer("/userinfo", 200, &info("ada-1"));
    assert_eq!(scene.finish(&token).await.unwrap().groups, ["dev"]);
    scene.fake.answer("/userinfo", 200, &info("bob-2"));
    assert!(reason(scene.finish(&token).await).contains("about somebody else"));
    scene.fake.answer("/userinfo", 500, &json!({}));
    assert!(matches!(scene.finish(&token).await, Err(Error::Unavailable(_))));
}

#[tokio::test]
async fn tokens_that_would_break_a_header_and_answers_that_are_none_are_refused() {
    let key = Key::new("k1");
    let scene = Scene::new(&key).await;
    let token = signed(&key, &scene.claims());
    for body in [
        json!({ "access_token": "a\nb", "token_type": "Bearer", "id_token": token }),
        json!({ "access_token": "", "token_type": "Bearer", "id_token": token }),
        json!({ "access_token": "at", "token_type": "Bearer" }),
        json!({ "access_token": "at", "token_type": "Bearer", "id_token": "a.b.c" }),
        json!([]),
    ] {
        scene.fake.answer("/token", 200, &body);
        let result = scene.finish_as(Returned { code: "code", issuer: None }).await;
        assert!(matches!(result, Err(Error::Untrusted(_))), "{body}: {result:?}");
    }
    let said = |error: &str| json!({ "error": error, "error_description": "<b>no</b>" });
    scene.fake.answer("/token", 400, &said("invalid_grant"));
    let result = scene.finish_as(Returned { code: "code", issuer: None }).await;
    assert!(matches!(result, Err(Error::Refused(_))), "{result:?}");
    scene.fake.answer("/token", 401, &said("invalid_client"));
    let result = scene.finish_as(Returned { code: "code", issuer: None }).await;
    assert!(matches!(result, Err(Error::NotRegistered(_))), "{result:?}");
    for code in ["", "a b", "a\u{e9}"] {
        let result = scene.finish_as(Returned { code, issuer: None }).await;
        assert!(matches!(result, Err(Error::Refused(_))), "{result:?}");
    }
}

#[tokio::test]
async fn a_code_of_another_provider_isnt_exchanged() {
    let key = Key::new("k1");
    let scene = Scene::new(&key).await;
    let other = Returned { code: "code", issuer: Some("https://evil.example") };
    assert!(reason(scene.finish_as(other).await).contains("from somebody else"));
    assert_eq!(scene.fake.times_asked("/token"), 0);
}

#[tokio::test]
async fn a_provider_that_leads_elsewhere_isnt_followed() {
    let places = ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"];
    let evil = ["http://login.example.com/x", "https://169.254.169.254/x", "https://localhost/x"];
    for place in places.into_iter().chain(["end_session_endpoint"]) {
        for address in evil {
            let scene = Scene::new(&Key::new("k1")).await;
            let mut metadata = metadata();
            metadata[place] = address.into();
            scene.fake.answer("/.well-known/openid-configuration", 200, &metadata);
            if place == "jwks_uri" {
                let keys = (200, json!({ "keys": [] }).to_string());
                scene.fake.answers.lock().unwrap().insert(address.to_owned(), keys);
            }
            let later = now() + jiff::SignedDuration::from_hours(2);
            let registration = &scene.registration;
            let begun = scene.providers.begin(registration, "https://n.example/", later).await;
            assert!(matches!(begun, Err(Error::Address { .. })), "{place} {address}: {begun:?}");
        }
    }
    let scene = Scene::new(&Key::new("k1")).await;
    let mut metadata = metadata();
    metadata["issuer"] = "https://evil.example".into();
    scene.fake.answer("/.well-known/openid-configuration", 200, &metadata);
    let later = now() + jiff::SignedDuration::from_hours(2);
    let begun = scene.providers.begin(&scene.registration, "https://n.example/", later).await;
    assert!(matches!(begun, Err(Error::Unavailable(_))), "{begun:?}");
}

#[test]
fn secrets_arent_printed() {
    assert_eq!(format!("{:?}", crate::Secret::new("s".to_owned())), "***");
}
