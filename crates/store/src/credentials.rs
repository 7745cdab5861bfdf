use jiff::Timestamp;
use nightjar_incident::SpaceId;

use crate::{Created, Once, Page, PageRequest, Result, Store};

/// An access key to be issued.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// `administrator`, `operator`, `viewer` or `webhook`: kept as text, understood by `access`.
    pub role: String,
    /// Its space; `None`: the whole installation.
    pub space: Option<SpaceId>,
    /// What it is for, for people.
    pub name: String,
    /// When it stops to work.
    pub expires_at: Option<Timestamp>,
}

/// An access key as lists show it: without secrets.
#[derive(Clone, Debug)]
pub struct AccessKey {
    /// Its public name: `NJAK` and 16 characters of base 32.
    pub id: String,
    /// Role.
    pub role: String,
    /// Space; `None`: the whole installation.
    pub space: Option<SpaceId>,
    /// What it is for.
    pub name: String,
    /// When it was issued.
    pub created_at: Timestamp,
    /// When it stops to work.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// An access key with its secrets: shown once.
pub struct IssuedKey {
    /// The key.
    pub key: AccessKey,
    /// For SigV4: 40 characters. Sealed in the store, since the server has to sign to verify.
    pub secret_access_key: String,
    /// For `Authorization: Bearer`: `njt_…`; only its digest is stored.
    pub token: String,
}

/// Who a credential or a session belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Access key id, or session id.
    pub id: String,
    /// Role.
    pub role: String,
    /// Space; `None`: the whole installation.
    pub space: Option<SpaceId>,
    /// For people to read in the audit trail.
    pub name: String,
}

impl Store {
    /// Issues a key. An idempotent repeat is [`crate::Error::Conflict`]: the secrets can't be shown again.
    pub async fn issue_key(
        &self,
        new: NewKey,
        once: Option<&Once>,
        now: Timestamp,
    ) -> Result<Created<IssuedKey>> {
        let _ = (new, once, now);
        todo!()
    }
    /// Keys of one space, or all of the installation (`None`), newest first.
    pub async fn access_keys(
        &self,
        space: Option<&SpaceId>,
        page: &PageRequest,
    ) -> Result<Page<AccessKey>> {
        let _ = (space, page);
        todo!()
    }
    /// Revokes a key; of one space only, where given. Sees to it that the next request is refused.
    pub async fn revoke_key(
        &self,
        space: Option<&SpaceId>,
        id: &str,
        now: Timestamp,
    ) -> Result<AccessKey> {
        let _ = (space, id, now);
        todo!()
    }
    /// Whom a bearer token belongs to; `None` if unknown, expired, revoked or of a deleted space.
    pub async fn holder_of_token(&self, token: &str, now: Timestamp) -> Result<Option<Holder>> {
        let _ = (token, now);
        todo!()
    }
    /// Holder and secret of an access key id, for SigV4; `None` as above.
    pub async fn holder_of_key(
        &self,
        id: &str,
        now: Timestamp,
    ) -> Result<Option<(Holder, String)>> {
        let _ = (id, now);
        todo!()
    }
    /// Whether any key that isn't revoked or expired, or any unused sign-in link, exists.
    pub async fn has_credentials(&self, now: Timestamp) -> Result<bool> {
        let _ = now;
        todo!()
    }
}
