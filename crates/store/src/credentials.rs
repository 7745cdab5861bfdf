use jiff::Timestamp;
use nightjar_incident::SpaceId;
use sqlx::any::AnyRow;

use crate::crypto::{digest_of_secret, random, same};
use crate::db::{Columns as _, from_driver, id, micros, next_number, number, whole};
use crate::once::{claim, clean, settle};
use crate::secret;
use crate::spaces::no_space;
use crate::{Created, Error, Once, Page, PageRequest, Result, Store};

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
        for text in [&new.role, &new.name] {
            clean(text)?;
        }
        let key = AccessKey {
            id: format!("NJAK{}", secret::base32(&random::<10>()?)),
            role: new.role,
            space: new.space,
            name: new.name,
            created_at: whole(now),
            expires_at: new.expires_at.map(whole),
            revoked_at: None,
        };
        let secret_access_key = secret::base64(&random::<30>()?);
        let token = format!("njt_{}", secret::url(&random::<32>()?));
        let context = format!("access-key:{}", key.id);
        let sealed =
            self.inner.installation.credentials.seal(&context, secret_access_key.as_bytes())?;

        let mut tx = self.db().begin().await?;
        if let Some(made) = claim(&mut tx, once, now).await? {
            return Err(Error::Conflict(format!(
                "access key `{made}` was issued by this request before; its secrets can't be \
                 shown again"
            )));
        }
        if let Some(space) = &key.space
            && !self.hold_space(&mut tx, space).await?
        {
            return Err(no_space(space));
        }
        let next = next_number(&mut tx, "", "access key").await?;
        sqlx::query(
            "INSERT INTO access_keys (number, id, role, space, name, created_at, expires_at,
                                      secret_sealed, token_digest)
             VALUES ($9, $1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(key.id.clone())
        .bind(key.role.clone())
        .bind(key.space.as_ref().map(id))
        .bind(key.name.clone())
        .bind(micros(now))
        .bind(key.expires_at.map(micros))
        .bind(sealed)
        .bind(digest_of_secret(&token))
        .bind(number(next)?)
        .execute(&mut *tx)
        .await
        .map_err(from_driver)?;
        settle(&mut tx, once, &key.id).await?;
        tx.commit().await.map_err(from_driver)?;
        Ok(Created::New(IssuedKey { key, secret_access_key, token }))
    }

    /// Keys of one space, or all of the installation (`None`), newest first.
    pub async fn access_keys(
        &self,
        space: Option<&SpaceId>,
        page: &PageRequest,
    ) -> Result<Page<AccessKey>> {
        let [before] = page.keys("access-keys")?.unwrap_or([i64::MAX]);
        let rows = sqlx::query(
            "SELECT number, id, role, space, name, created_at, expires_at, revoked_at
             FROM access_keys WHERE ($1 IS NULL OR space = $1) AND number < $2
             ORDER BY number DESC LIMIT $3",
        )
        .bind(space.map(id))
        .bind(before)
        .bind(page.fetch())
        .fetch_all(self.db().read())
        .await
        .map_err(from_driver)?;
        let found = rows.iter().map(|row| Ok(([row.signed("number")?], key_of(row)?)));
        Ok(page.page("access-keys", found.collect::<Result<_>>()?))
    }

    /// Revokes a key; of one space only, where given. Sees to it that the next request is refused.
    pub async fn revoke_key(
        &self,
        space: Option<&SpaceId>,
        key: &str,
        now: Timestamp,
    ) -> Result<AccessKey> {
        let row = sqlx::query(
            "UPDATE access_keys SET revoked_at = COALESCE(revoked_at, $3)
             WHERE id = $1 AND ($2 IS NULL OR space = $2)
             RETURNING id, role, space, name, created_at, expires_at, revoked_at",
        )
        .bind(key.to_owned())
        .bind(space.map(id))
        .bind(micros(now))
        .fetch_optional(self.db().write())
        .await
        .map_err(from_driver)?;
        key_of(&row.ok_or_else(|| Error::NotFound { what: "access key", id: key.to_owned() })?)
    }

    /// Whom a bearer token belongs to; `None` if unknown, expired, revoked or of a deleted space.
    pub async fn holder_of_token(&self, token: &str, now: Timestamp) -> Result<Option<Holder>> {
        let digest = digest_of_secret(token);
        let row = sqlx::query(
            "SELECT k.id, k.role, k.space, k.name, k.token_digest
             FROM access_keys k LEFT JOIN spaces s ON s.id = k.space
             WHERE k.token_digest = $1 AND k.revoked_at IS NULL
               AND (k.expires_at IS NULL OR k.expires_at > $2)
               AND (k.space IS NULL OR (s.id IS NOT NULL AND s.deleted_at IS NULL))",
        )
        .bind(digest.clone())
        .bind(micros(now))
        .fetch_optional(self.db().read())
        .await
        .map_err(from_driver)?;
        let Some(row) = row else { return Ok(None) };
        if !same(&row.bytes("token_digest")?, &digest) {
            return Ok(None);
        }
        holder_of(&row).map(Some)
    }

    /// Holder and secret of an access key id, for SigV4; `None` as above.
    pub async fn holder_of_key(
        &self,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<(Holder, String)>> {
        let row = sqlx::query(
            "SELECT k.id, k.role, k.space, k.name, k.secret_sealed
             FROM access_keys k LEFT JOIN spaces s ON s.id = k.space
             WHERE k.id = $1 AND k.revoked_at IS NULL
               AND (k.expires_at IS NULL OR k.expires_at > $2)
               AND (k.space IS NULL OR (s.id IS NOT NULL AND s.deleted_at IS NULL))",
        )
        .bind(key.replace('\0', ""))
        .bind(micros(now))
        .fetch_optional(self.db().read())
        .await
        .map_err(from_driver)?;
        let Some(row) = row else { return Ok(None) };
        let holder = holder_of(&row)?;
        let context = format!("access-key:{}", holder.id);
        let sealed = row.bytes("secret_sealed")?;
        let opened = self.inner.installation.credentials.open(&context, &sealed);
        let secret = opened.and_then(|secret| String::from_utf8(secret).ok());
        let secret = secret.ok_or_else(|| Error::Damaged {
            what: format!("access key `{}`", holder.id),
            reason: "its secret was altered".to_owned(),
        })?;
        Ok(Some((holder, secret)))
    }

    /// Whether any key that isn't revoked or expired, or any unused sign-in link, exists.
    pub async fn has_credentials(&self, now: Timestamp) -> Result<bool> {
        let row = sqlx::query(
            "SELECT (SELECT COUNT(*) FROM access_keys
                     WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $1))
                  + (SELECT COUNT(*) FROM sign_in_links WHERE expires_at > $1) AS n",
        )
        .bind(micros(now))
        .fetch_one(self.db().read())
        .await
        .map_err(from_driver)?;
        Ok(row.signed("n")? > 0)
    }
}

fn key_of(row: &AnyRow) -> Result<AccessKey> {
    Ok(AccessKey {
        id: row.text("id")?,
        role: row.text("role")?,
        space: row.maybe_id("space")?,
        name: row.text("name")?,
        created_at: row.time("created_at")?,
        expires_at: row.maybe_time("expires_at")?,
        revoked_at: row.maybe_time("revoked_at")?,
    })
}

fn holder_of(row: &AnyRow) -> Result<Holder> {
    Ok(Holder {
        id: row.text("id")?,
        role: row.text("role")?,
        space: row.maybe_id("space")?,
        name: row.text("name")?,
    })
}
