use jiff::Timestamp;
use openidconnect::core::{CoreErrorResponseType as Kind, CoreGenderClaim};
use openidconnect::{
    AccessToken, AuthorizationCode, OAuth2TokenResponse, PkceCodeVerifier, RequestTokenError,
    StandardErrorResponse, SubjectIdentifier, TokenResponse, UserInfoClaims,
    UserInfoError as Missed,
};

use crate::claims::{Rest, groups, name, subject};
use crate::provider::{Client, Token, client};
use crate::providers::Provider;
use crate::verify::{Check, Claims, Rejected};
use crate::{Error, Kept, NoAnswer, Person, Providers, Registration};

/// What a browser brings back from the provider.
#[derive(Clone, Copy)]
pub struct Returned<'a> {
    /// What the provider takes in exchange for tokens, once.
    pub code: &'a str,
    /// Who gave it, where the provider says so (RFC 9207).
    pub issuer: Option<&'a str>,
}

/// Bytes of a code or an access token. Some providers put whole sealed tokens into them.
const LONGEST: usize = 16 << 10;

type Extra = UserInfoClaims<Rest, CoreGenderClaim>;

impl Providers {
    /// Finishes a sign-in: exchanges the code, and finds out who came back.
    pub async fn finish(
        &self,
        registration: &Registration,
        kept: &Kept,
        returned: Returned<'_>,
        now: Timestamp,
    ) -> Result<Person, Error> {
        let provider = self.provider(registration, now).await?;
        is_from(&provider, registration, returned)?;
        let client = client(&provider.metadata, registration, kept.redirect())?;
        let (token, access_token) = self.exchange(&client, kept, returned.code).await?;
        let nonce = kept.nonce();
        let check = Check {
            registration,
            keys: &provider.keys,
            nonce: &nonce,
            access_token: &access_token,
            now,
        };
        let claims = match check.verify(&token) {
            Ok(claims) => claims,
            Err(Rejected::Untrusted(error)) => return Err(error),
            Err(Rejected::UnknownKey) => {
                let newer = self.newer_keys(registration, &provider, now).await?;
                let keys = newer.ok_or_else(unknown_key)?;
                Check { keys: &keys, ..check }.verify(&token).map_err(
                    |rejected| match rejected {
                        Rejected::UnknownKey => unknown_key(),
                        Rejected::Untrusted(error) => error,
                    },
                )?
            }
        };
        let subject = subject(claims.subject().as_str())?;
        let more = match groups(claims.additional_claims(), &registration.groups_claim) {
            Some(_) => None,
            None => self.more(&client, access_token, claims.subject()).await?,
        };
        let end_session = provider.metadata.additional_metadata().end_session_endpoint.as_ref();
        Ok(Person {
            name: name(names(claims).chain(more.iter().flat_map(names_of_more)))
                .unwrap_or_else(|| subject.clone()),
            groups: groups_of(claims, more.as_ref(), &registration.groups_claim),
            id_token: token.to_string(),
            end_session: end_session.map(|url| url.as_str().to_owned()),
            subject,
        })
    }

    async fn exchange(
        &self,
        client: &Client,
        kept: &Kept,
        code: &str,
    ) -> Result<(Token, AccessToken), Error> {
        if !is_plain(code) {
            return Err(Error::Refused("no provider gives such a code".to_owned()));
        }
        let request = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|_| Error::Unavailable("it has no token endpoint".to_owned()))?
            .set_pkce_verifier(PkceCodeVerifier::new(kept.verifier().to_owned()));
        let tokens = request.request_async(self.http()).await.map_err(not_exchanged)?;
        let token = tokens.id_token().cloned();
        let token = token.ok_or_else(|| Error::Untrusted("there is no ID token".to_owned()))?;
        let access_token = tokens.access_token().clone();
        // The library would panic when it makes a header of it.
        if !is_plain(access_token.secret()) {
            return Err(Error::Untrusted("no provider gives such an access token".to_owned()));
        }
        Ok((token, access_token))
    }

    /// What the provider says of the person elsewhere; none where it has no such place.
    async fn more(
        &self,
        client: &Client,
        access_token: AccessToken,
        subject: &SubjectIdentifier,
    ) -> Result<Option<Extra>, Error> {
        let Ok(request) = client.user_info(access_token, Some(subject.clone())) else {
            return Ok(None);
        };
        let found = request.request_async(self.http()).await;
        found.map(Some).map_err(|error| match error {
            Missed::Request(error) => error.into(),
            Missed::ClaimsVerification(_) => {
                Error::Untrusted("its user info is about somebody else".to_owned())
            }
            Missed::Response(status, ..) => {
                Error::Unavailable(format!("its user info answers with status {status}"))
            }
            _ => Error::Unavailable("its user info can't be read".to_owned()),
        })
    }
}

/// A code of one provider must not be brought to another (mix-up, RFC 9207).
fn is_from(
    provider: &Provider,
    registration: &Registration,
    returned: Returned<'_>,
) -> Result<(), Error> {
    let says = provider.metadata.additional_metadata();
    let is_needed = says.authorization_response_iss_parameter_supported;
    match returned.issuer {
        Some(issuer) if issuer == registration.issuer.as_str() => Ok(()),
        None if !is_needed => Ok(()),
        Some(_) | None => Err(Error::Untrusted("the code is from somebody else".to_owned())),
    }
}

fn unknown_key() -> Error {
    Error::Untrusted("it is signed with a key that the provider doesn't publish".to_owned())
}

type NotExchanged = RequestTokenError<NoAnswer, StandardErrorResponse<Kind>>;

fn not_exchanged(error: NotExchanged) -> Error {
    match error {
        RequestTokenError::Request(error) => error.into(),
        RequestTokenError::ServerResponse(said) => match said.error() {
            Kind::InvalidClient | Kind::UnauthorizedClient => {
                Error::NotRegistered(said.error().to_string())
            }
            Kind::InvalidGrant => Error::Refused(said.error().to_string()),
            _ => Error::Unavailable("it refuses to exchange the code".to_owned()),
        },
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            Error::Untrusted("its tokens can't be read".to_owned())
        }
    }
}

fn is_plain(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn names(claims: &Claims) -> impl Iterator<Item = Option<&str>> {
    let name = claims.name().and_then(|name| name.get(None)).map(|name| name.as_str());
    let user = claims.preferred_username().map(|name| name.as_str());
    [name, user, claims.email().map(|email| email.as_str())].into_iter()
}

fn names_of_more(more: &Extra) -> impl Iterator<Item = Option<&str>> {
    let name = more.name().and_then(|name| name.get(None)).map(|name| name.as_str());
    let user = more.preferred_username().map(|name| name.as_str());
    [name, user, more.email().map(|email| email.as_str())].into_iter()
}

fn groups_of(claims: &Claims, more: Option<&Extra>, claim: &str) -> Vec<String> {
    let own = groups(claims.additional_claims(), claim);
    own.or_else(|| groups(more?.additional_claims(), claim)).unwrap_or_default()
}
