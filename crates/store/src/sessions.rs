use jiff::Timestamp;
use nightjar_incident::SpaceId;

use crate::{Holder, Result, Store};

/// A link that signs a person in once.
pub struct SignInLink {
    /// The secret part of the link.
    pub secret: String,
    /// Until when it works.
    pub expires_at: Timestamp,
}

/// A person's session.
#[derive(Clone, Debug)]
pub struct SessionRecord {
    /// Names the session in lists and in the audit trail; not the cookie.
    pub id: String,
    /// Who.
    pub holder: Holder,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when at most.
    pub expires_at: Timestamp,
}

impl Store {
    /// Makes a link for a role in a space (or the installation).
    pub async fn create_sign_in_link(
        &self,
        role: &str,
        space: Option<&SpaceId>,
        name: &str,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<SignInLink> {
        let _ = (role, space, name, expires_at, now);
        todo!()
    }
    /// Uses a link up and begins a session; `None` if the link is unknown, used or expired. Gives the
    /// record, the cookie's secret and the CSRF token; of both only digests are stored.
    pub async fn redeem_link(
        &self,
        secret: &str,
        session_until: Timestamp,
        now: Timestamp,
    ) -> Result<Option<(SessionRecord, String, String)>> {
        let _ = (secret, session_until, now);
        todo!()
    }
    /// Begins a session for the holder of a token.
    pub async fn begin_session(
        &self,
        holder: &Holder,
        session_until: Timestamp,
        now: Timestamp,
    ) -> Result<(SessionRecord, String, String)> {
        let _ = (holder, session_until, now);
        todo!()
    }
    /// The session of a cookie; with `csrf` the token has to fit as well (compared in constant time).
    pub async fn session(&self, cookie: &str, now: Timestamp) -> Result<Option<SessionRecord>> {
        let _ = (cookie, now);
        todo!()
    }
    /// Whether a CSRF token belongs to a session's cookie.
    pub async fn csrf_fits(&self, cookie: &str, csrf: &str) -> Result<bool> {
        let _ = (cookie, csrf);
        todo!()
    }
    /// Sessions that run, of a space or all.
    pub async fn sessions(
        &self,
        space: Option<&SpaceId>,
        now: Timestamp,
    ) -> Result<Vec<SessionRecord>> {
        let _ = (space, now);
        todo!()
    }
    /// Ends a session by its id.
    pub async fn end_session(&self, id: &str, now: Timestamp) -> Result<()> {
        let _ = (id, now);
        todo!()
    }
}
