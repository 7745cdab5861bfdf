use std::fmt;

use crate::Issuer;

/// What the administrators of provider and space agreed on.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The provider.
    pub issuer: Issuer,
    /// How it calls us.
    pub client_id: String,
    /// How we prove that it's us; none where the provider holds PKCE for enough.
    pub client_secret: Option<Secret>,
    /// What to ask for beside `openid`.
    pub scopes: Vec<String>,
    /// The claim that lists a person's groups.
    pub groups_claim: String,
}

/// A text that isn't shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, to be sent to whom it's meant for.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("***")
    }
}
