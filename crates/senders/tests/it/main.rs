//! Whole deliveries, from outside: what each sender sends, and what somebody else could.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests: a panic is a failed test"
)]

mod properties;
mod request;
mod rotation;
mod signatures;
mod sns;
mod tokens;
