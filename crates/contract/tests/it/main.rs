//! The contract from outside: every operation, every limit, driven over the whole model.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests: a panic is a failed test"
)]

mod limits;
mod make;
mod reading;
mod request;
mod routing;
mod signing;
mod types;
