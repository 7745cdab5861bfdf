//! The contract from outside: every operation, every limit, driven over the whole model.

mod limits;
mod make;
mod reading;
mod request;
mod routing;
mod signing;
mod types;
