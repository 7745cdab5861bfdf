use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::Kind;

/// What a space has redacted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// What is replaced; all kinds unless set.
    pub kinds: BTreeSet<Kind>,
    /// Whether addresses that mean nothing outside the own network stay as they are. They name
    /// machines, not people, and telemetry is hard to read without them.
    pub keep_private_addresses: bool,
    /// Texts that stay as they are, letter case aside: `alerts@example.com`, `203.0.113.7`. A
    /// domain (`example.com`) stands for every e-mail address in it and below it. Secrets are
    /// replaced all the same.
    pub keep: Vec<String>,
    /// Whether originals are handed out, to be sealed and revealed later to who may see them.
    pub seal_originals: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            kinds: Kind::ALL.into(),
            keep_private_addresses: true,
            keep: Vec::new(),
            seal_originals: false,
        }
    }
}
