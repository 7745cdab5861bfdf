use serde::{Deserialize, Serialize};

/// What sort of thing is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// The number of a payment card.
    Card,
    /// An international bank account number.
    Iban,
    /// A number by which a state knows a person: social security, tax, identity card, passport.
    NationalId,
    /// An internet address; private ones only where the policy says so.
    Ip,
    /// The name of a person or login, where a field says so.
    User,
    /// Passwords, tokens, keys.
    Secret,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Email,
        Self::Phone,
        Self::Card,
        Self::Iban,
        Self::NationalId,
        Self::Ip,
        Self::User,
        Self::Secret,
    ];

    /// The kind as it stands in a pseudonym.
    pub fn label(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Card => "card",
            Self::Iban => "iban",
            Self::NationalId => "national_id",
            Self::Ip => "ip",
            Self::User => "user",
            Self::Secret => "secret",
        }
    }
}
