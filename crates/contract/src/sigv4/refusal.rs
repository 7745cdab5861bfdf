//! Why a request isn't taken as signed.

/// Why a request isn't taken as signed, worded as AWS does; holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody claims to have signed it: there is no `Authorization`, or one of another scheme.
    #[error("Missing Authentication Token")]
    Missing,
    /// It is signed in its query. Such addresses end up in logs and histories, so they aren't taken.
    #[error(
        "Query-string authentication is not supported. Sign the request with an Authorization header."
    )]
    Presigned,
    /// The claim lacks something, or isn't written as it should be.
    #[error("{0}")]
    Incomplete(String),
    /// The claim is whole, but can't hold for this service.
    #[error("{0}")]
    OtherScope(String),
    /// It comes with a session token, of which we issue none.
    #[error("The security token included in the request is invalid.")]
    SessionToken,
    /// The access key is nobody's.
    #[error("The security token included in the request is invalid.")]
    UnknownKey,
    /// It was signed too long ago.
    #[error("Signature expired: {signed_at} is now earlier than {limit} ({now} - 5 min.)")]
    Expired {
        /// When it says it was signed.
        signed_at: String,
        /// Since when it could have been.
        limit: String,
        /// Our time.
        now: String,
    },
    /// It was signed in the future.
    #[error("Signature not yet current: {signed_at} is still later than {limit} ({now} + 5 min.)")]
    NotYetCurrent {
        /// When it says it was signed.
        signed_at: String,
        /// Until when it could have been.
        limit: String,
        /// Our time.
        now: String,
    },
    /// It says another hash of its body than the body has.
    #[error("The provided 'x-amz-content-sha256' header does not match what was computed.")]
    OtherPayload,
    /// It was signed with another secret, or is another request than was signed.
    #[error(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
    )]
    OtherSignature,
}

impl Refusal {
    /// The name under which clients of AWS know it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "MissingAuthenticationTokenException",
            Self::Presigned | Self::Incomplete(_) => "IncompleteSignatureException",
            Self::SessionToken | Self::UnknownKey => "UnrecognizedClientException",
            Self::OtherScope(_)
            | Self::Expired { .. }
            | Self::NotYetCurrent { .. }
            | Self::OtherPayload
            | Self::OtherSignature => "InvalidSignatureException",
        }
    }
}
