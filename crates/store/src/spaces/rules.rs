use jiff::Timestamp;
use serde_json::Value;

use crate::db::{Columns as _, from_driver, id, micros};
use crate::{Error, Result, Space};

/// What a space says about how it is worked on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeptRules {
    /// What was written, as JSON; `None`: nothing.
    pub said: Option<Value>,
    /// How many of its jobs may run at a time.
    pub most_running: u32,
}

impl Space {
    /// What it says. One look at one row: asked for with every message and every look at an incident.
    pub async fn rules(&self) -> Result<KeptRules> {
        let row = sqlx::query(
            "SELECT rules, most_running FROM spaces WHERE id = $1 AND deleted_at IS NULL",
        )
        .bind(id(&self.id))
        .fetch_optional(self.store.db().read())
        .await
        .map_err(from_driver)?;
        let row = row.ok_or(Error::Destroyed)?;
        let said = row.maybe_text("rules")?.map(|text| serde_json::from_str(&text)).transpose();
        Ok(KeptRules {
            said: said.map_err(|error| Error::Damaged {
                what: "a space's rules".to_owned(),
                reason: error.to_string(),
            })?,
            most_running: u32::try_from(row.count("most_running")?).unwrap_or(u32::MAX),
        })
    }

    /// Says something else from now on. What was put off because of what it said before is due at once.
    pub async fn set_rules(&self, rules: &KeptRules, now: Timestamp) -> Result<()> {
        let mut tx = self.store.db().begin().await?;
        let set = sqlx::query(
            "UPDATE spaces SET rules = $2, most_running = $3, updated_at = $4
             WHERE id = $1 AND deleted_at IS NULL",
        )
        .bind(id(&self.id))
        .bind(rules.said.as_ref().map(Value::to_string))
        .bind(i64::from(rules.most_running))
        .bind(micros(now))
        .execute(&mut *tx)
        .await
        .map_err(from_driver)?;
        if set.rows_affected() == 0 {
            return Err(Error::Destroyed);
        }
        self.release_held(&mut tx, now).await?;
        tx.commit().await.map_err(from_driver)?;
        self.store.tell_workers();
        Ok(())
    }
}
