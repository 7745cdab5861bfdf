//! A provider as it describes itself, in the library's terms.

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClaimName, CoreClaimType, CoreClientAuthMethod,
    CoreErrorResponseType, CoreGenderClaim, CoreGrantType, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm,
    CoreResponseMode, CoreResponseType, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreSubjectIdentifierType, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::url::Url;
use openidconnect::{
    AdditionalProviderMetadata, AuthType, ClientId, ClientSecret, DiscoveryError,
    EmptyExtraTokenFields, EndSessionUrl, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdToken,
    IdTokenFields, JsonWebKeySet, ProviderMetadata, RedirectUrl, StandardErrorResponse,
    StandardTokenResponse,
};
use serde::{Deserialize, Serialize};

use crate::address::endpoint;
use crate::claims::Rest;
use crate::http::Asking;
use crate::{Error, NoAnswer, Registration};

pub(crate) type Keys = JsonWebKeySet<CoreJsonWebKey>;

pub(crate) type Metadata = ProviderMetadata<
    Extra,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

pub(crate) type Token =
    IdToken<Rest, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

type Tokens = StandardTokenResponse<
    IdTokenFields<
        Rest,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

pub(crate) type Client = openidconnect::Client<
    Rest,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What a provider may say of itself beside what the library reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Extra {
    /// Where to sign out (RP-Initiated Logout).
    pub(crate) end_session_endpoint: Option<EndSessionUrl>,
    /// Whether it names itself beside each code (RFC 9207).
    #[serde(default)]
    pub(crate) authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for Extra {}

/// Reads what a provider says of itself, and its keys.
pub(crate) async fn discover(
    http: &Asking,
    registration: &Registration,
    is_loopback_allowed: bool,
) -> Result<Metadata, Error> {
    let issuer = registration.issuer.url().clone();
    let metadata = Metadata::discover_async(issuer, http).await.map_err(unreadable)?;
    // Where the browser is sent to and where secrets go is the provider's word: the same rules hold.
    let extra = metadata.additional_metadata();
    let all: [Option<&Url>; 5] = [
        Some(metadata.authorization_endpoint().url()),
        metadata.token_endpoint().map(|url| url.url()),
        metadata.userinfo_endpoint().map(|url| url.url()),
        extra.end_session_endpoint.as_ref().map(|url| url.url()),
        Some(metadata.jwks_uri().url()),
    ];
    for url in all.into_iter().flatten() {
        endpoint(url, is_loopback_allowed)?;
    }
    Ok(metadata)
}

/// Reads a provider's keys once more.
pub(crate) async fn keys(http: &Asking, metadata: &Metadata) -> Result<Keys, Error> {
    Keys::fetch_async(metadata.jwks_uri(), http).await.map_err(unreadable)
}

/// Us, as the provider knows us.
pub(crate) fn client(
    metadata: &Metadata,
    registration: &Registration,
    redirect: &str,
) -> Result<Client, Error> {
    let secret = registration.client_secret.as_ref();
    let secret = secret.map(|secret| ClientSecret::new(secret.reveal().to_owned()));
    let id = ClientId::new(registration.client_id.clone());
    let redirect = RedirectUrl::new(redirect.to_owned()).map_err(|_| Error::Address {
        address: redirect.to_owned(),
        reason: "the service's own address isn't one",
    })?;
    let client = Client::from_provider_metadata(metadata.clone(), id, secret);
    Ok(client.set_redirect_uri(redirect).set_auth_type(auth_type(metadata)))
}

/// Every provider takes a secret in the header unless it says otherwise.
fn auth_type(metadata: &Metadata) -> AuthType {
    let Some(methods) = metadata.token_endpoint_auth_methods_supported() else {
        return AuthType::BasicAuth;
    };
    let takes = |method| methods.contains(&method);
    let is_body_only = takes(CoreClientAuthMethod::ClientSecretPost)
        && !takes(CoreClientAuthMethod::ClientSecretBasic);
    if is_body_only { AuthType::RequestBody } else { AuthType::BasicAuth }
}

/// Bodies stay out of the error: they are somebody else's text of any size.
fn unreadable(error: DiscoveryError<NoAnswer>) -> Error {
    let reason = match error {
        DiscoveryError::Request(error) => return error.into(),
        DiscoveryError::Validation(_) => "it calls itself by another name".to_owned(),
        DiscoveryError::Response(status, ..) => format!("it answers with status {status}"),
        DiscoveryError::Parse(error) => format!("what it says of itself can't be read: {error}"),
        _ => "what it says of itself can't be read".to_owned(),
    };
    Error::Unavailable(reason)
}
