//! Methods that send the secret itself.

use nightjar_senders::{Denied, Part, Secret};

use crate::request::{NOW, Request, SECRET, assert_malformed, missing, repeated};

/// `nightjar:it's-a-secret`
const BASIC: &str = "Basic bmlnaHRqYXI6aXQncy1hLXNlY3JldA==";

#[test]
fn an_api_key_is_a_bearer_token_or_in_a_header_of_its_own() {
    let bearer = |value: &str| Request::new().header("Authorization", value);
    let key = |value: &str| Request::new().header("x-api-key", value);
    bearer(&format!("Bearer {SECRET}")).check_only_with_the_secret("apikey");
    bearer(&format!("bearer   {SECRET} ")).check_only_with_the_secret("apikey");
    // AWS's clients send the time along, which nothing signs.
    let timed = bearer(&format!("Bearer {SECRET}")).header("x-amzn-event-timestamp", "1");
    timed.check_only_with_the_secret("apikey");
    key(SECRET).check_only_with_the_secret("apikey");
    key(SECRET).body("").check_only_with_the_secret("apikey");
    // Somebody on the way may use one of the two for something else.
    key(SECRET).header("authorization", "Basic x").check_only_with_the_secret("apikey");
    key("theirs")
        .header("authorization", format!("Bearer {SECRET}"))
        .check_only_with_the_secret("apikey");

    assert_eq!(Request::new().check("apikey"), missing("Authorization"));
    assert_eq!(key("").check("apikey"), missing("Authorization"));
    assert_eq!(key(&SECRET.to_uppercase()).check("apikey"), Err(Denied::Wrong));
    assert_eq!(
        key("wrong").header("authorization", "Bearer wrong").check("apikey"),
        Err(Denied::Wrong)
    );
    assert_eq!(key("wrong").header("authorization", "Basic x").check("apikey"), Err(Denied::Wrong));
    assert_eq!(key(SECRET).header("X-Api-Key", SECRET).check("apikey"), repeated("x-api-key"));
    let twice = bearer("Bearer x").header("authorization", format!("Bearer {SECRET}"));
    assert_eq!(twice.check("apikey"), repeated("Authorization"));
    assert_eq!(Request::new().header("x-api-key", b"\xff").check("apikey"), Err(Denied::Wrong));
    assert_eq!(
        Request::new().header("Authorization", b"Bearer \xff").check("apikey"),
        Err(Denied::Wrong)
    );
    for wrong in [SECRET, "Bearer", "Bearer ", &format!("Bearer{SECRET}"), BASIC, "Bär x"] {
        assert_malformed(bearer(wrong).check("apikey"), "Authorization", wrong);
    }
}

#[test]
fn basic_authentication_needs_name_and_password() {
    let basic = |value: &str| Request::new().header("Authorization", value);
    let method = "basic:nightjar";
    basic(BASIC).check_only_with_the_secret(method);
    basic(&BASIC.replace("Basic", "BASIC")).check_only_with_the_secret(method);
    basic(BASIC.trim_end_matches('=')).check_only_with_the_secret(method);

    let other_user = basic("Basic b3RoZXI6aXQncy1hLXNlY3JldA==");
    assert_eq!(other_user.check(method), Err(Denied::Wrong));
    assert_eq!(other_user.check("basic:other"), Ok(()));
    // A password may have a colon, and this one isn't the secret.
    assert_eq!(basic("Basic bmlnaHRqYXI6YTpi").check(method), Err(Denied::Wrong));
    assert_eq!(Request::new().check(method), missing("Authorization"));
    assert_eq!(
        basic(BASIC).header("authorization", BASIC).check(method),
        repeated("Authorization")
    );
    let colonless = "Basic bm8gY29sb24=";
    for wrong in ["Basic", "Basic ", "Basic ?", colonless, &format!("Bearer {SECRET}")] {
        assert_malformed(basic(wrong).check(method), "Authorization", wrong);
    }
    let bytes = Request::new().header("Authorization", b"Basic \xff");
    assert_malformed(bytes.check(method), "Authorization", "not UTF-8");
}

#[test]
fn gitlab_and_others_send_the_secret_in_a_header() {
    for (method, name) in [("gitlab", "X-Gitlab-Token"), ("header:X-My-Key", "X-My-Key")] {
        let sent = |value: &str| Request::new().header(name, value);
        sent(SECRET).check_only_with_the_secret(method);
        let shouted = Request::new().header(&name.to_uppercase(), SECRET);
        shouted.check_only_with_the_secret(method);
        sent(SECRET).body("").check_only_with_the_secret(method);
        assert_eq!(sent(&format!("{SECRET}x")).check(method), Err(Denied::Wrong));
        assert_eq!(sent(SECRET.trim_start_matches('i')).check(method), Err(Denied::Wrong));
        assert_eq!(Request::new().header(name, b"\xff").check(method), Err(Denied::Wrong));
        assert_eq!(sent("").check(method), missing(name));
        assert_eq!(Request::new().check(method), missing(name));
        assert_eq!(sent(SECRET).header(name, SECRET).check(method), repeated(name));
    }
}

#[test]
fn a_header_can_have_a_scheme_of_the_senders() {
    let secrets = [Secret::new("GenieKey 123")];
    let request = Request::new().header("Authorization", "GenieKey 123");
    assert_eq!(request.check_with("header:Authorization", &secrets, NOW), Ok(()));
}

#[test]
fn a_token_in_the_address_is_decoded() {
    let method = "query:auth_token";
    let sent = |query: &str| Request::new().query(query);
    let part = || Part::Query("auth_token".to_owned());
    sent(&format!("auth_token={SECRET}")).check_only_with_the_secret(method);
    sent("a=1&auth_token=it%27s%2Da%2dsecret&b").check_only_with_the_secret(method);
    sent(&format!("auth%5Ftoken={SECRET}")).check_only_with_the_secret(method);
    assert_eq!(sent("").check(method), Err(Denied::Missing(part())));
    assert_eq!(sent("auth_token").check(method), Err(Denied::Missing(part())));
    assert_eq!(sent(&format!("AUTH_TOKEN={SECRET}")).check(method), Err(Denied::Missing(part())));
    let twice = format!("auth_token=x&auth_token={SECRET}");
    assert_eq!(sent(&twice).check(method), Err(Denied::Repeated(part())));
    assert_eq!(sent("auth_token=%ff%").check(method), Err(Denied::Wrong));
    // Only the address counts, not a header or a field that is called the same.
    let elsewhere =
        Request::new().header("auth_token", SECRET).body(format!("auth_token={SECRET}"));
    assert_eq!(elsewhere.check(method), Err(Denied::Missing(part())));
}
