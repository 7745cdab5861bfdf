//! The store from outside, against SQLite and PostgreSQL. Without a PostgreSQL the second half of each
//! test is skipped and says so.

// `cfg(test)` tells clippy that helpers here are test code as well.
#[cfg(test)]
mod audit;
#[cfg(test)]
mod changes;
#[cfg(test)]
mod connections;
#[cfg(test)]
mod credentials;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod durability;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod incidents;
#[cfg(test)]
mod journal;
#[cfg(test)]
mod locations;
#[cfg(test)]
mod migrations;
#[cfg(test)]
mod outbox;
#[cfg(test)]
mod place;
#[cfg(test)]
mod replicas;
#[cfg(test)]
mod s3;
#[cfg(test)]
mod sealed;
#[cfg(test)]
mod sign_in;
#[cfg(test)]
mod spaces;
#[cfg(test)]
mod tamper;
#[cfg(test)]
mod tasks;
