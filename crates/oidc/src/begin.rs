use std::fmt;

use jiff::Timestamp;
use openidconnect::core::CoreResponseType;
use openidconnect::{AuthenticationFlow, CsrfToken, Nonce, PkceCodeChallenge, Scope};
use serde::{Deserialize, Serialize};

use crate::provider::client;
use crate::{Error, Providers, Registration};

/// A sign-in that has begun.
#[derive(Debug)]
pub struct Begun {
    /// Where to send the browser.
    pub address: String,
    /// What to keep until it comes back, bound to that browser and used once.
    pub kept: Kept,
}

/// What has to be kept between the two halves of a sign-in.
#[derive(Clone, Serialize, Deserialize)]
pub struct Kept {
    /// What the browser has to bring back: that it's the one that was sent.
    state: String,
    /// What the ID token has to repeat: that it was made for this sign-in.
    nonce: String,
    /// What the provider wants to see before it takes the code (PKCE).
    verifier: String,
    /// Where the browser was told to come back to.
    redirect: String,
}

impl fmt::Debug for Kept {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Kept(***)")
    }
}

impl Kept {
    /// Whether a browser that comes back with a `state` is the one that was sent. What is kept is used
    /// up by asking once, so that the time an answer takes tells nobody anything.
    pub fn fits(&self, state: &str) -> bool {
        self.state == state
    }

    pub(crate) fn nonce(&self) -> Nonce {
        Nonce::new(self.nonce.clone())
    }

    pub(crate) fn verifier(&self) -> &str {
        &self.verifier
    }

    pub(crate) fn redirect(&self) -> &str {
        &self.redirect
    }
}

impl Providers {
    /// Begins a sign-in; the browser comes back to `redirect`, which the provider has to know.
    pub async fn begin(
        &self,
        registration: &Registration,
        redirect: &str,
        now: Timestamp,
    ) -> Result<Begun, Error> {
        let provider = self.provider(registration, now).await?;
        let client = client(&provider.metadata, registration, redirect)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let scopes = registration.scopes.iter().filter(|scope| *scope != "openid");
        let request = client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(scopes.map(|scope| Scope::new(scope.clone())))
            .set_pkce_challenge(challenge);
        let (url, state, nonce) = request.url();
        let kept = Kept {
            state: state.secret().clone(),
            nonce: nonce.secret().clone(),
            verifier: verifier.secret().clone(),
            redirect: redirect.to_owned(),
        };
        Ok(Begun { address: url.into(), kept })
    }
}
