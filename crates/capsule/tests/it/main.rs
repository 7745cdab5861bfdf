//! Capsules at their border: what a connection answers, and what files become.

mod connection;
mod files;
mod otlp;
mod round_trip;
