//! People who sign in with their organisation's provider: the sign-in between its two halves, and the
//! session that comes of it.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::crypto::{digest_of_secret, random};
use crate::db::{Columns as _, from_driver, id, micros, number};
use crate::once::clean;
use crate::sessions::begin;
use crate::{Holder, Result, SessionRecord, Space, Store, secret};

/// What a session remembers of the provider that it was begun by; sealed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderSession {
    /// The provider.
    pub issuer: String,
    /// How it calls us.
    pub client_id: String,
    /// How it knows the person.
    pub subject: String,
    /// What it said of them: it takes that as a hint at whom to sign out.
    pub id_token: String,
    /// Where it signs people out, if it does.
    pub end_session: Option<String>,
}

impl fmt::Debug for ProviderSession {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ProviderSession").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl Space {
    /// Keeps what a sign-in needs when the browser comes back. Gives the secret of that browser's
    /// cookie, of which only a digest is stored.
    pub async fn keep_sign_in(
        &self,
        kept: &Value,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<String> {
        let cookie = secret::url(&random::<32>()?);
        let digest = digest_of_secret(&cookie);
        let sealed = self.seal("sign-in", &name(&digest), kept)?;
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO sign_in_attempts (digest, space, sealed, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(digest)
        .bind(id(&self.id))
        .bind(sealed)
        .bind(micros(now))
        .bind(micros(expires_at))
        .execute(&mut *tx)
        .await
        .map_err(from_driver)?;
        tx.commit().await.map_err(from_driver)?;
        Ok(cookie)
    }

    /// Begins a session for somebody whom the provider vouched for. It ends with the document (its
    /// number in [`crate::Collection::SignIn`]) that names the provider.
    pub async fn begin_provider_session(
        &self,
        (name, role): (&str, &str),
        document: u64,
        provider: &ProviderSession,
        (until, now): (Timestamp, Timestamp),
    ) -> Result<(SessionRecord, String, String)> {
        clean(name)?;
        clean(role)?;
        let holder = Holder {
            id: String::new(),
            role: role.to_owned(),
            space: Some(self.id.clone()),
            name: name.to_owned(),
        };
        let mut tx = self.begin().await?;
        let begun = begin(&mut tx, holder, None, until, now).await?;
        let session = begun.0.id.as_str();
        sqlx::query("UPDATE sessions SET sign_in = $2, provider_sealed = $3 WHERE id = $1")
            .bind(session.to_owned())
            .bind(number(document)?)
            .bind(self.seal("session", session, provider)?)
            .execute(&mut *tx)
            .await
            .map_err(from_driver)?;
        tx.commit().await.map_err(from_driver)?;
        Ok(begun)
    }

    /// What a session of this space remembers of its provider; none where it was begun otherwise.
    pub async fn provider_session(&self, session: &str) -> Result<Option<ProviderSession>> {
        self.alive().await?;
        let row = sqlx::query(
            "SELECT provider_sealed FROM sessions
             WHERE id = $1 AND space = $2 AND provider_sealed IS NOT NULL",
        )
        .bind(session.to_owned())
        .bind(id(&self.id))
        .fetch_optional(self.store.db().read())
        .await
        .map_err(from_driver)?;
        let Some(row) = row else { return Ok(None) };
        self.open("session", session, &row.bytes("provider_sealed")?).map(Some)
    }
}

impl Store {
    /// Takes what was kept for a browser's cookie, with its space: once. `None` if the cookie is
    /// unknown, was used, or is too old.
    pub async fn take_sign_in(
        &self,
        cookie: &str,
        now: Timestamp,
    ) -> Result<Option<(Space, Value)>> {
        let digest = digest_of_secret(cookie);
        // Of two requests with the same cookie one deletes the row, the other finds none.
        let row = sqlx::query(
            "DELETE FROM sign_in_attempts WHERE digest = $1 RETURNING space, sealed, expires_at",
        )
        .bind(digest.clone())
        .fetch_optional(self.db().write())
        .await
        .map_err(from_driver)?;
        let Some(row) = row else { return Ok(None) };
        if row.time("expires_at")? <= now {
            return Ok(None);
        }
        let space = match self.space(&row.id("space")?).await {
            Ok(space) => space,
            Err(crate::Error::NotFound { .. } | crate::Error::Destroyed) => return Ok(None),
            Err(error) => return Err(error),
        };
        let kept = space.open("sign-in", &name(&digest), &row.bytes("sealed")?)?;
        Ok(Some((space, kept)))
    }
}

/// Binds what is sealed to its row.
fn name(digest: &[u8]) -> String {
    secret::url(digest)
}
