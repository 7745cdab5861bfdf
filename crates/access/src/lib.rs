//! Who may do what: roles, operations and the policies between them.
//!
//! The policies are a text that people review, `policies.cedar`, in the language of Cedar; its
//! words are in `schema.cedarschema`. [`Guard::new`] asks Cedar once about everything that can be
//! asked and keeps the answers, so that a decision is a look into a table (decision record 6).
//!
//! This room doesn't know keys, sessions, routes or which spaces exist. Who someone is was found
//! out before; what a decision means for a response is up to the caller.

mod action;
mod error;
mod guard;
mod identity;
mod policies;
mod roles_page;

pub use action::{Action, Effect, Scope};
pub use error::Error;
pub use guard::{Decision, Guard, Ruling};
pub use identity::{Identity, Role};
pub use roles_page::markdown;
