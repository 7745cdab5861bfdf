//! Whether an ID token is what the provider says of this person, to us, now.

use chrono::{DateTime, TimeDelta, Utc};
use jiff::Timestamp;
use openidconnect::core::{CoreIdTokenVerifier, CoreJwsSigningAlgorithm as Algorithm};
use openidconnect::{
    AccessToken, AccessTokenHash, ClaimsVerificationError as Claim, ClientId, IdTokenClaims, Nonce,
    SignatureVerificationError as Signature,
};

use crate::claims::Rest;
use crate::provider::{Keys, Token};
use crate::{Error, Registration};

pub(crate) type Claims = IdTokenClaims<Rest, openidconnect::core::CoreGenderClaim>;

/// How far the provider's clock and ours may differ, seconds.
const SKEW: i64 = 60;

/// Signatures that only the provider can make. Not among them: `none`, and those made with the client's
/// secret (`HS256` …), which everybody can make who was ever told it.
const SIGNATURES: [Algorithm; 9] = [
    Algorithm::RsaSsaPkcs1V15Sha256,
    Algorithm::RsaSsaPkcs1V15Sha384,
    Algorithm::RsaSsaPkcs1V15Sha512,
    Algorithm::RsaSsaPssSha256,
    Algorithm::RsaSsaPssSha384,
    Algorithm::RsaSsaPssSha512,
    Algorithm::EcdsaP256Sha256,
    Algorithm::EcdsaP384Sha384,
    Algorithm::EdDsa,
];

/// Why a token isn't accepted.
pub(crate) enum Rejected {
    /// It is signed with a key that isn't known: perhaps a new one.
    UnknownKey,
    /// It never will be.
    Untrusted(Error),
}

pub(crate) struct Check<'a> {
    pub(crate) registration: &'a Registration,
    pub(crate) keys: &'a Keys,
    pub(crate) nonce: &'a Nonce,
    pub(crate) access_token: &'a AccessToken,
    pub(crate) now: Timestamp,
}

impl Check<'_> {
    pub(crate) fn verify<'t>(&self, token: &'t Token) -> Result<&'t Claims, Rejected> {
        let untrusted = |reason: &str| Rejected::Untrusted(Error::Untrusted(reason.to_owned()));
        let now = DateTime::<Utc>::from_timestamp(self.now.as_second(), 0)
            .ok_or_else(|| untrusted("the clock is out of range"))?;
        let skew = TimeDelta::seconds(SKEW);
        let id = ClientId::new(self.registration.client_id.clone());
        let issuer = self.registration.issuer.url().clone();
        // The client's secret isn't given to the library: what it doesn't have can't verify anything.
        let verifier = CoreIdTokenVerifier::new_public_client(id, issuer, self.keys.clone())
            .set_allowed_algs(SIGNATURES)
            .set_time_fn(move || now - skew)
            .set_issue_time_verifier_fn(move |issued| match issued <= now + skew {
                true => Ok(()),
                false => Err("it is issued in the future".to_owned()),
            });
        let claims = token.claims(&verifier, self.nonce).map_err(rejected)?;
        self.is_for_us(claims)?;
        let valid_from = claims.additional_claims().all.get("nbf").and_then(|nbf| nbf.as_f64());
        // Exact below 2^53 seconds.
        #[expect(clippy::cast_precision_loss, reason = "seconds of this era fit into 53 bits")]
        let latest = (now + skew).timestamp() as f64;
        if valid_from.is_some_and(|nbf| nbf > latest) {
            return Err(untrusted("it isn't valid yet"));
        }
        self.goes_with_access_token(token, claims, &verifier)?;
        Ok(claims)
    }

    /// The party it was issued to, where one is named; the library leaves this to us.
    fn is_for_us(&self, claims: &Claims) -> Result<(), Rejected> {
        let party = claims.authorized_party().map(|party| party.as_str());
        if party.is_some_and(|party| party != self.registration.client_id) {
            let reason = "it was issued to another party".to_owned();
            return Err(Rejected::Untrusted(Error::Untrusted(reason)));
        }
        Ok(())
    }

    /// Where the ID token names an access token, it has to be the one that came with it.
    fn goes_with_access_token(
        &self,
        token: &Token,
        claims: &Claims,
        verifier: &CoreIdTokenVerifier<'_>,
    ) -> Result<(), Rejected> {
        let Some(expected) = claims.access_token_hash() else { return Ok(()) };
        let untrusted = |reason: &str| Rejected::Untrusted(Error::Untrusted(reason.to_owned()));
        let algorithm = token.signing_alg().map_err(|_| untrusted("it isn't signed"))?;
        let key = token.signing_key(verifier).map_err(|_| untrusted("it isn't signed"))?;
        match AccessTokenHash::from_token(self.access_token, algorithm, key) {
            Ok(hash) if hash == *expected => Ok(()),
            Ok(_) => Err(untrusted("it belongs to another access token")),
            // Not defined for every kind of key (EdDSA); optional in this flow.
            Err(_) => Ok(()),
        }
    }
}

/// The library's words may repeat any claim: only what kind of mistake it is goes into the log.
fn rejected(error: Claim) -> Rejected {
    let reason = match error {
        Claim::SignatureVerification(Signature::NoMatchingKey) => return Rejected::UnknownKey,
        Claim::SignatureVerification(Signature::DisallowedAlg(_)) => {
            "its signature is of a kind that proves nothing"
        }
        Claim::SignatureVerification(Signature::NoSignature) => "it isn't signed",
        Claim::SignatureVerification(Signature::AmbiguousKeyId(_)) => {
            "several keys could have signed it"
        }
        Claim::SignatureVerification(_) => "its signature is wrong",
        Claim::Expired(_) => "it has expired, or is issued in the future",
        Claim::InvalidAudience(_) => "it is meant for somebody else",
        Claim::InvalidIssuer(_) => "it is somebody else's",
        Claim::InvalidNonce(_) => "it belongs to another sign-in",
        _ => "its claims are wrong",
    };
    Rejected::Untrusted(Error::Untrusted(reason.to_owned()))
}
