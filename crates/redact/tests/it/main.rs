//! The corpora, and what must hold whatever the text.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "helpers of tests: a panic is a failed test, and figures are printed"
)]

mod corpus;
mod laws;
mod real;
mod recorded;

use nightjar_redact::{Policy, Redactor};

fn redactor() -> Redactor {
    Redactor::new(&[7; 32], &Policy::default(), std::iter::empty())
}
