use crate::identity::Role;

/// What is wrong with something that was to become a role, an operation or an identity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No role has this name.
    #[error("unknown role `{0}`; there are administrator, operator, viewer and webhook")]
    UnknownRole(String),
    /// No operation has this name.
    #[error("unknown operation `{0}`")]
    UnknownAction(String),
    /// A webhook's key belongs to one space.
    #[error("a key of the role `{0}` belongs to a space; name one")]
    NeedsSpace(Role),
    /// An id or a space without a name.
    #[error("the {0} of an identity is empty")]
    Empty(&'static str),
}
