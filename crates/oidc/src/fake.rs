//! A provider without a socket, for tests: it says whatever a test wants, signed or not.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Request, Response};
use jiff::Timestamp;
use openidconnect::url::Url;
use serde_json::{Value, json};

use crate::{Begun, Error, Http, Issuer, Kept, NoAnswer, Person, Providers};
use crate::{Registration, Returned, Secret};

pub(crate) const ISSUER: &str = "https://login.example.com";
pub(crate) const CLIENT: &str = "nightjar";
pub(crate) const SECRET: &str = "a secret that the provider knows as well";
pub(crate) const REDIRECT: &str = "https://nightjar.example.com/sign-in/oidc/callback";

/// What the provider answers, by address; and what was asked.
#[derive(Default)]
pub(crate) struct Fake {
    pub(crate) answers: Mutex<BTreeMap<String, (u16, String)>>,
    pub(crate) asked: Mutex<Vec<(String, String)>>,
}

#[async_trait]
impl Http for Fake {
    async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, NoAnswer> {
        let address = request.uri().to_string();
        let body = String::from_utf8(request.body().clone()).unwrap();
        self.asked.lock().unwrap().push((address.clone(), body));
        let answers = self.answers.lock().unwrap();
        let Some((status, body)) = answers.get(&address) else {
            return Err(NoAnswer::Unreachable(format!("nobody is at {address}")));
        };
        let response = Response::builder().status(*status);
        let response = response.header("content-type", "application/json");
        Ok(response.body(body.clone().into_bytes()).unwrap())
    }
}

pub(crate) fn now() -> Timestamp {
    "2026-11-28T03:00:00Z".parse().unwrap()
}

/// A key of the provider, with a name.
pub(crate) struct Key {
    pub(crate) id: &'static str,
    pair: Ed25519KeyPair,
}

impl Key {
    pub(crate) fn new(id: &'static str) -> Self {
        Self { id, pair: Ed25519KeyPair::generate().unwrap() }
    }
    fn jwk(&self) -> Value {
        let x = encode(self.pair.public_key().as_ref());
        json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": self.id, "x": x })
    }
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}", encode(header.to_string()), encode(claims.to_string()))
}

pub(crate) fn signed(key: &Key, claims: &Value) -> String {
    let text = unsigned(&json!({ "alg": "EdDSA", "typ": "JWT", "kid": key.id }), claims);
    let signature = encode(key.pair.sign(text.as_bytes()));
    format!("{text}.{signature}")
}

pub(crate) fn not_signed(claims: &Value) -> String {
    format!("{}.", unsigned(&json!({ "alg": "none" }), claims))
}

/// As somebody makes it who knows the client's secret, and perhaps the public keys.
pub(crate) fn signed_with(secret: &[u8], header: &Value, claims: &Value) -> String {
    let text = unsigned(header, claims);
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let signature = encode(hmac::sign(&key, text.as_bytes()));
    format!("{text}.{signature}")
}

/// A provider, us, and a sign-in that has begun.
pub(crate) struct Scene {
    pub(crate) fake: Arc<Fake>,
    pub(crate) providers: Providers,
    pub(crate) registration: Registration,
    pub(crate) kept: Kept,
    pub(crate) nonce: String,
    pub(crate) address: Url,
}

impl Scene {
    pub(crate) async fn new(key: &Key) -> Self {
        let fake = Arc::new(Fake::default());
        fake.answer("/.well-known/openid-configuration", 200, &metadata());
        let keys = json!({ "keys": [key.jwk()] });
        fake.answer("/keys", 200, &keys);
        let http: Arc<dyn Http> = Arc::<Fake>::clone(&fake);
        let providers = Providers::new(http, false);
        let registration = Registration {
            issuer: Issuer::parse(ISSUER, false).unwrap(),
            client_id: CLIENT.to_owned(),
            client_secret: Some(Secret::new(SECRET.to_owned())),
            scopes: vec!["profile".to_owned()],
            groups_claim: "groups".to_owned(),
        };
        let begun = providers.begin(&registration, REDIRECT, now()).await.unwrap();
        let Begun { address, kept } = begun;
        let address: Url = address.parse().unwrap();
        let nonce = address.query_pairs().find(|(name, _)| name == "nonce").unwrap().1.into_owned();
        Self { fake, providers, registration, kept, nonce, address }
    }

    /// Claims that are right.
    pub(crate) fn claims(&self) -> Value {
        let now = now().as_second();
        json!({
            "iss": ISSUER, "aud": CLIENT, "sub": "ada-1", "nonce": self.nonce, "name": "Ada",
            "iat": now, "exp": now + 300, "groups": ["ops"],
        })
    }

    pub(crate) async fn finish(&self, token: &str) -> Result<Person, Error> {
        let tokens = json!({ "access_token": "at", "token_type": "Bearer", "id_token": token });
        self.fake.answer("/token", 200, &tokens);
        self.finish_as(Returned { code: "code", issuer: None }).await
    }

    pub(crate) async fn finish_as(&self, returned: Returned<'_>) -> Result<Person, Error> {
        self.providers.finish(&self.registration, &self.kept, returned, now()).await
    }

    /// The provider signs with another key from now on.
    pub(crate) fn rotate(&self, key: &Key) {
        self.fake.answer("/keys", 200, &json!({ "keys": [key.jwk()] }));
    }
}

impl Fake {
    pub(crate) fn answer(&self, path: &str, status: u16, body: &Value) {
        let address = format!("{ISSUER}{path}");
        self.answers.lock().unwrap().insert(address, (status, body.to_string()));
    }
    pub(crate) fn times_asked(&self, path: &str) -> usize {
        let address = format!("{ISSUER}{path}");
        self.asked.lock().unwrap().iter().filter(|(asked, _)| *asked == address).count()
    }
}

pub(crate) fn metadata() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": format!("{ISSUER}/authorize"),
        "token_endpoint": format!("{ISSUER}/token"),
        "userinfo_endpoint": format!("{ISSUER}/userinfo"),
        "jwks_uri": format!("{ISSUER}/keys"),
        "end_session_endpoint": format!("{ISSUER}/end"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        // It claims to sign with everything.
        "id_token_signing_alg_values_supported": ["RS256", "EdDSA", "HS256", "none"],
    })
}
