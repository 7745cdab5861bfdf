use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Decides who else may come in, what is connected and what is deleted.
    Administrator,
    /// An engineer on call: looks, and works on incidents.
    Operator,
    /// Reads along.
    Viewer,
    /// A monitoring system that hands in alerts and learns nothing.
    Webhook,
}

impl Role {
    /// All roles, the mightiest first.
    pub const ALL: [Self; 4] = [Self::Administrator, Self::Operator, Self::Viewer, Self::Webhook];

    /// The name as in JSON, policies and documents.
    pub fn label(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Operator => "operator",
            Self::Viewer => "viewer",
            Self::Webhook => "webhook",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.label())
    }
}

impl FromStr for Role {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let role = Self::ALL.into_iter().find(|role| role.label() == text);
        role.ok_or_else(|| Error::UnknownRole(text.to_owned()))
    }
}

/// Who asks: the bearer of a key or of a session.
// INVARIANT: the id isn't empty; a space, if any, has a name; a webhook has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    id: String,
    role: Role,
    space: Option<String>,
}

impl Identity {
    /// Somebody with a role in one space or, without a space, in every space of the installation,
    /// which no webhook can be of. What concerns the installation itself is for its administrators.
    pub fn new(id: String, role: Role, space: Option<String>) -> Result<Self, Error> {
        if id.is_empty() {
            return Err(Error::Empty("id"));
        }
        match (&space, role) {
            (Some(space), _) if space.is_empty() => Err(Error::Empty("space")),
            (None, Role::Webhook) => Err(Error::NeedsSpace(role)),
            (Some(_), _) | (None, _) => Ok(Self { id, role, space }),
        }
    }

    /// Which key or session it is, as the audit trail names it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What it is for.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The one space it opens; none if it is of the whole installation.
    pub fn space(&self) -> Option<&str> {
        self.space.as_deref()
    }
}
