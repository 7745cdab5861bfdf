//! Who sent a webhook: the signatures and secrets of alerting systems, verified from bytes.
//!
//! [`Method`] says how a webhook's sender proves who it is, [`verify`] whether a [`Delivery`] does.
//! Amazon SNS signs with a certificate instead of a shared secret, and is verified in two steps, since
//! the certificate has to be fetched in between: [`sns`].
//!
//! What a proof is worth differs. A signature covers the body, so nobody on the way can alter it; a
//! signature with a time can't be sent again once its five minutes are over. *Within* them, and for
//! methods that sign no time, the same message can come twice, which real senders do too: what keeps
//! that harmless is triage, for which a message that it had already changes nothing. The window is
//! held against the time that was signed for this purpose, never against an alert's own time: alerts
//! arrive late, and rightly so.
//!
//! This room doesn't know what a message says, which webhooks there are, or where their secrets lie.
//! It fetches nothing, and nothing that it returns or prints holds a secret.

mod delivery;
mod denied;
mod handshake;
mod method;
mod moment;
mod provider;
mod secret;
mod signature;
pub mod sns;
mod token;

pub use delivery::Delivery;
pub use denied::{Denied, Part};
pub use handshake::handshake;
pub use method::{Method, UnknownMethod};
pub use moment::WINDOW;
pub use secret::Secret;

use jiff::Timestamp;

/// Whether a delivery comes from somebody who has one of the secrets.
///
/// Every secret that is valid at `now` is tried, all of them each time, and compared in a time that
/// doesn't depend on where two differ.
///
/// # Errors
/// When it doesn't, or when that can't be told; for [`Method::Sns`] always, since it has no secret.
pub fn verify(
    method: &Method,
    secrets: &[Secret],
    delivery: &Delivery<'_>,
    now: Timestamp,
) -> Result<(), Denied> {
    if let Method::Sns { .. } = method {
        return Err(Denied::NeedsCertificate);
    }
    let keys = secret::valid(secrets, now)?;
    match method {
        Method::Hmac => signature::amazon(&keys, delivery, now),
        Method::PagerDuty => signature::pagerduty(&keys, delivery),
        Method::Grafana { timestamp_header } => {
            signature::grafana(&keys, delivery, timestamp_header.as_deref(), now)
        }
        Method::GitHub => signature::github(&keys, delivery),
        Method::Sentry => signature::sentry(&keys, delivery),
        Method::Standard => signature::standard(&keys, delivery, now),
        Method::ApiKey => token::api_key(&keys, delivery),
        Method::Basic { user } => token::basic(&keys, delivery, user),
        Method::GitLab => token::header(&keys, delivery, "X-Gitlab-Token"),
        Method::Header { name } => token::header(&keys, delivery, name),
        Method::Query { name } => token::query(&keys, delivery, name),
        Method::Sns { .. } => Err(Denied::NeedsCertificate),
    }
}
