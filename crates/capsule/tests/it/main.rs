//! Capsules at their border: what a connection answers, and what files become.

// `cfg(test)` tells clippy that helpers here are test code as well.
#[cfg(test)]
mod archive;
#[cfg(test)]
mod connection;
#[cfg(test)]
mod files;
#[cfg(test)]
mod keep;
#[cfg(test)]
mod otlp;
#[cfg(test)]
mod round_trip;
