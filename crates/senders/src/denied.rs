//! Why a delivery isn't taken as its sender's.

use std::fmt;

/// A part of a delivery, by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A header.
    Header(String),
    /// A parameter of the query.
    Query(String),
    /// A field of the body.
    Field(&'static str),
    /// The whole body.
    Body,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(f, "the header `{name}`"),
            Self::Query(name) => write!(f, "the query parameter `{name}`"),
            Self::Field(name) => write!(f, "the field `{name}`"),
            Self::Body => write!(f, "the body"),
        }
    }
}

/// Why a delivery isn't taken as its sender's, as a sentence for the person who sets the sender up.
/// It holds no secret and nothing that the request brought, but it tells how the webhook is
/// secured, so a stranger needn't read it: refuse with a bare status, and show this inside.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// What would prove it isn't there.
    #[error("{0} is missing")]
    Missing(Part),
    /// What would prove it is there more than once.
    #[error("{0} comes more than once")]
    Repeated(Part),
    /// What would prove it isn't written as it should be.
    #[error("{part} isn't {expected}")]
    Malformed {
        /// What is meant.
        part: Part,
        /// How it should be.
        expected: &'static str,
    },
    /// It was signed too long ago, or somebody's clock is wrong.
    #[error(
        "it was signed {age_seconds} seconds before it arrived, and {limit_seconds} are allowed; check the sender's clock"
    )]
    Stale {
        /// How long ago.
        age_seconds: i64,
        /// How long ago it may be.
        limit_seconds: i64,
    },
    /// It was signed in the future, so somebody's clock is wrong.
    #[error(
        "it was signed {ahead_seconds} seconds after it arrived, and {limit_seconds} are allowed; check the sender's clock"
    )]
    Early {
        /// How far in the future.
        ahead_seconds: i64,
        /// How far it may be.
        limit_seconds: i64,
    },
    /// Another secret was used, or something else was signed.
    #[error(
        "the secret or signature is wrong; check that the sender has the webhook's current secret, and that nothing on the way alters the body"
    )]
    Wrong,
    /// The webhook has no secret that is still valid.
    #[error("the webhook has no valid secret; make a new one")]
    NoSecret,
    /// The sender signs with a certificate, and whoever asked didn't look at it.
    #[error("messages of SNS are verified by their certificate, not by a secret")]
    NeedsCertificate,
    /// An address in the message isn't one of the service that would have to have sent it.
    #[error("{0} isn't an address of SNS")]
    Address(Part),
    /// The certificate isn't one to verify with.
    #[error("the certificate {0}")]
    Certificate(&'static str),
    /// It comes from another topic than the webhook's.
    #[error("it comes from another topic than the one this webhook belongs to")]
    OtherTopic,
    /// It comes from a topic that never asked to be confirmed, and the webhook has none yet.
    #[error("the webhook has no topic yet; subscribe its address to one")]
    NoTopic,
}
