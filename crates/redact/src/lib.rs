//! Personal data and secrets become stable pseudonyms before anything is stored.
//!
//! Text, JSON or a whole recording goes in; the same comes out with e-mail addresses, telephone
//! numbers, cards, bank accounts, national ids, public addresses, names of users and secrets
//! replaced by keyed pseudonyms such as `‹email:7f3a9c01d2e4›`. Nothing is deleted: the same
//! original has the same pseudonym everywhere in a space, so what belongs together still does.
//! What is found, and what isn't, stands in docs/specs/redaction.md.
//!
//! This room doesn't know where text comes from or where it is stored, it holds no key, and it
//! can't turn a pseudonym back. It reads no language: shapes, checksums and names of fields
//! decide.

mod check;
mod context;
mod field;
mod find;
mod kind;
mod person;
mod policy;
mod pseudonym;
mod recording;
mod redactor;
mod shape;
mod value;

pub use kind::Kind;
pub use policy::Policy;
pub use redactor::Redactor;
