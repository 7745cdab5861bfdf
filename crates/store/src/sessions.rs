use jiff::Timestamp;
use nightjar_incident::SpaceId;
use nightjar_incident::journal::Digest;
use sqlx::any::AnyRow;

use crate::crypto::{digest_of_secret, random, same};
use crate::db::{Columns as _, Tx, from_driver, id, micros, whole};
use crate::once::clean;
use crate::secret;
use crate::spaces::no_space;
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
        clean(role)?;
        clean(name)?;
        let secret = secret::url(&random::<32>()?);
        let mut tx = self.db().begin().await?;
        if let Some(space) = space
            && !self.hold_space(&mut tx, space).await?
        {
            return Err(no_space(space));
        }
        sqlx::query(
            "INSERT INTO sign_in_links (digest, role, space, name, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(digest_of_secret(&secret))
        .bind(role.to_owned())
        .bind(space.map(id))
        .bind(name.to_owned())
        .bind(micros(now))
        .bind(micros(expires_at))
        .execute(&mut *tx)
        .await
        .map_err(from_driver)?;
        tx.commit().await.map_err(from_driver)?;
        Ok(SignInLink { secret, expires_at: whole(expires_at) })
    }

    /// Uses a link up and begins a session; `None` if the link is unknown, used or expired. Gives the
    /// record, the cookie's secret and the CSRF token; of both only digests are stored.
    pub async fn redeem_link(
        &self,
        secret: &str,
        session_until: Timestamp,
        now: Timestamp,
    ) -> Result<Option<(SessionRecord, String, String)>> {
        let mut tx = self.db().begin().await?;
        // Of two requests with the same link one deletes the row, the other finds none.
        let row = sqlx::query(
            "DELETE FROM sign_in_links WHERE digest = $1 RETURNING role, space, name, expires_at",
        )
        .bind(digest_of_secret(secret))
        .fetch_optional(&mut *tx)
        .await
        .map_err(from_driver)?;
        let Some(row) = row else { return Ok(None) };
        if row.time("expires_at")? <= now {
            tx.commit().await.map_err(from_driver)?;
            return Ok(None);
        }
        let holder = Holder {
            id: String::new(),
            role: row.text("role")?,
            space: row.maybe_id("space")?,
            name: row.text("name")?,
        };
        let begun = begin(&mut tx, holder, None, session_until, now).await?;
        tx.commit().await.map_err(from_driver)?;
        Ok(Some(begun))
    }

    /// Begins a session for the holder of a token; it ends at the latest when the access key is
    /// revoked or expires.
    pub async fn begin_session(
        &self,
        holder: &Holder,
        session_until: Timestamp,
        now: Timestamp,
    ) -> Result<(SessionRecord, String, String)> {
        let mut tx = self.db().begin().await?;
        if let Some(space) = &holder.space
            && !self.hold_space(&mut tx, space).await?
        {
            return Err(no_space(space));
        }
        let key = Some(holder.id.clone());
        let begun = begin(&mut tx, holder.clone(), key, session_until, now).await?;
        tx.commit().await.map_err(from_driver)?;
        Ok(begun)
    }

    /// The session of a cookie; `None` if there is none, it has ended, its space was deleted, the
    /// access key it was begun with was revoked or has expired, or the space's people don't sign in
    /// with the provider any more that vouched for its holder.
    pub async fn session(&self, cookie: &str, now: Timestamp) -> Result<Option<SessionRecord>> {
        let digest = digest_of_secret(cookie);
        let row = sqlx::query(
            "SELECT e.id, e.role, e.space, e.name, e.created_at, e.expires_at, e.cookie_digest
             FROM sessions e
             LEFT JOIN spaces s ON s.id = e.space
             LEFT JOIN access_keys k ON k.id = e.access_key
             WHERE e.cookie_digest = $1 AND e.expires_at > $2
               AND (e.space IS NULL OR (s.id IS NOT NULL AND s.deleted_at IS NULL))
               AND (k.id IS NULL OR (k.revoked_at IS NULL
                    AND (k.expires_at IS NULL OR k.expires_at > $2)))
               AND (e.sign_in IS NULL OR EXISTS (
                    SELECT 1 FROM documents d WHERE d.scope = e.space
                    AND d.collection = 'sign-in' AND d.number = e.sign_in))",
        )
        .bind(digest.clone())
        .bind(micros(now))
        .fetch_optional(self.db().read())
        .await
        .map_err(from_driver)?;
        let Some(row) = row else { return Ok(None) };
        if !same(&row.bytes("cookie_digest")?, &digest) {
            return Ok(None);
        }
        record_of(&row).map(Some)
    }

    /// Whether a CSRF token belongs to a session's cookie (compared in constant time).
    pub async fn csrf_fits(&self, cookie: &str, csrf: &str) -> Result<bool> {
        let row = sqlx::query("SELECT csrf_digest FROM sessions WHERE cookie_digest = $1")
            .bind(digest_of_secret(cookie))
            .fetch_optional(self.db().read())
            .await
            .map_err(from_driver)?;
        let Some(row) = row else { return Ok(false) };
        Ok(same(&row.bytes("csrf_digest")?, &digest_of_secret(csrf)))
    }

    /// Sessions that run, of a space or all; newest first.
    pub async fn sessions(
        &self,
        space: Option<&SpaceId>,
        now: Timestamp,
    ) -> Result<Vec<SessionRecord>> {
        let rows = sqlx::query(
            "SELECT e.id, e.role, e.space, e.name, e.created_at, e.expires_at
             FROM sessions e LEFT JOIN access_keys k ON k.id = e.access_key
             WHERE e.expires_at > $2 AND ($1 IS NULL OR e.space = $1)
               AND (k.id IS NULL OR (k.revoked_at IS NULL
                    AND (k.expires_at IS NULL OR k.expires_at > $2)))
               AND (e.sign_in IS NULL OR EXISTS (
                    SELECT 1 FROM documents d WHERE d.scope = e.space
                    AND d.collection = 'sign-in' AND d.number = e.sign_in))
             ORDER BY e.created_at DESC, e.id",
        )
        .bind(space.map(id))
        .bind(micros(now))
        .fetch_all(self.db().read())
        .await
        .map_err(from_driver)?;
        rows.iter().map(record_of).collect()
    }

    /// Ends a session by its id; one that has ended already is fine.
    pub async fn end_session(&self, session: &str, _now: Timestamp) -> Result<()> {
        sqlx::query("DELETE FROM sessions WHERE id = $1")
            .bind(session.replace('\0', ""))
            .execute(self.db().write())
            .await
            .map_err(from_driver)?;
        Ok(())
    }
}

/// The token against forged requests of a session, computed from its cookie: a page that is loaded
/// later can be given it again, and who doesn't have the cookie can't know it.
pub fn csrf_of(cookie: &str) -> String {
    let digest = Digest::of(format!("csrf {cookie}").as_bytes());
    secret::url(digest.as_bytes())
}

/// Writes a session's row. The holder is known by the session's id from now on.
pub(crate) async fn begin(
    tx: &mut Tx,
    holder: Holder,
    access_key: Option<String>,
    until: Timestamp,
    now: Timestamp,
) -> Result<(SessionRecord, String, String)> {
    let cookie = secret::url(&random::<32>()?);
    let csrf = csrf_of(&cookie);
    let id = format!("ses-{}", secret::base32(&random::<10>()?).to_ascii_lowercase());
    let record = SessionRecord {
        holder: Holder { id: id.clone(), ..holder },
        id,
        created_at: whole(now),
        expires_at: whole(until),
    };
    sqlx::query(
        "INSERT INTO sessions (id, cookie_digest, csrf_digest, role, space, name, access_key,
                               created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(record.id.clone())
    .bind(digest_of_secret(&cookie))
    .bind(digest_of_secret(&csrf))
    .bind(record.holder.role.clone())
    .bind(record.holder.space.as_ref().map(crate::db::id))
    .bind(record.holder.name.clone())
    .bind(access_key)
    .bind(micros(now))
    .bind(micros(until))
    .execute(&mut **tx)
    .await
    .map_err(from_driver)?;
    Ok((record, cookie, csrf))
}

fn record_of(row: &AnyRow) -> Result<SessionRecord> {
    let id = row.text("id")?;
    Ok(SessionRecord {
        holder: Holder {
            id: id.clone(),
            role: row.text("role")?,
            space: row.maybe_id("space")?,
            name: row.text("name")?,
        },
        id,
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
    })
}
