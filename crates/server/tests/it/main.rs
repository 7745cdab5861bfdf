//! The real router on a fresh database, and real sockets.

mod audit;
mod bad_input;
mod described;
mod idempotency;
mod incidents;
mod isolation;
mod limits;
mod postgres;
mod roles;
mod sample;
mod sessions;
mod sign_in_page;
mod socket;
mod stage;
mod streams;
mod tls;
