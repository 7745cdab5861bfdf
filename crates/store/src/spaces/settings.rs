use std::collections::BTreeMap;

use jiff::Timestamp;
use nightjar_incident::SpaceId;
use serde::{Deserialize, Serialize};

use crate::db::{Kind, from_driver, id, micros};
use crate::once::clean;
use crate::sealed::SpaceKeys;
use crate::{Error, Result, Space, SpaceRecord};

/// What a space says about itself. Sealed with the space's key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// What it is for.
    pub description: Option<String>,
    /// The language its people read: `en-US`.
    pub locale: Option<String>,
    /// The key its owner would have it sealed with; kept as told.
    pub kms_key_arn: Option<String>,
    /// What its people switched on and off.
    pub preferences: BTreeMap<String, bool>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// What can be changed about a space.
#[derive(Clone, Debug, PartialEq)]
pub struct SpaceSettings {
    /// What people call it.
    pub name: String,
    /// Its redaction policy as JSON; `None`: the default.
    pub redaction: Option<serde_json::Value>,
    /// What it says about itself.
    pub profile: Profile,
}

impl Profile {
    pub(super) fn seal(&self, keys: &SpaceKeys, space: &SpaceId) -> Result<Vec<u8>> {
        keys.seal(&context(space), self)
    }

    pub(super) fn open(keys: &SpaceKeys, space: &SpaceId, sealed: &[u8]) -> Result<Self> {
        keys.open(&context(space), sealed)
    }
}

fn context(space: &SpaceId) -> String {
    format!("space|{space}|profile")
}

impl Space {
    /// Changes its settings as `change` says, which sees them as they are and may refuse; nobody else
    /// changes them meanwhile.
    pub async fn update(
        &self,
        now: Timestamp,
        change: impl FnOnce(&mut SpaceSettings) -> Result<()>,
    ) -> Result<SpaceRecord> {
        // Not `begin`, which shares the row: two who share it and want it alone would wait for each
        // other.
        let mut tx = self.store.db().begin().await?;
        let statement = match self.store.db().kind() {
            Kind::Sqlite => {
                "SELECT id, name, location, created_at, updated_at, deleted_at, redaction,
                        key_wrapped, profile_sealed
                 FROM spaces WHERE id = $1 AND deleted_at IS NULL"
            }
            Kind::Postgres => {
                "SELECT id, name, location, created_at, updated_at, deleted_at, redaction,
                        key_wrapped, profile_sealed
                 FROM spaces WHERE id = $1 AND deleted_at IS NULL FOR UPDATE"
            }
        };
        let row = sqlx::query(statement)
            .bind(id(&self.id))
            .fetch_optional(&mut *tx)
            .await
            .map_err(from_driver)?;
        let record = self.store.record_of(&row.ok_or(Error::Destroyed)?).await?;
        let mut settings = SpaceSettings {
            name: record.name,
            redaction: record.redaction,
            profile: record.profile,
        };
        change(&mut settings)?;
        clean(&settings.name)?;
        sqlx::query(
            "UPDATE spaces SET name = $2, redaction = $3, profile_sealed = $4, updated_at = $5
             WHERE id = $1",
        )
        .bind(id(&self.id))
        .bind(settings.name)
        .bind(settings.redaction.map(|policy| policy.to_string()))
        .bind(settings.profile.seal(&self.keys, &self.id)?)
        .bind(micros(now))
        .execute(&mut *tx)
        .await
        .map_err(from_driver)?;
        tx.commit().await.map_err(from_driver)?;
        self.record().await
    }
}
