//! The store from outside, against SQLite and PostgreSQL. Without a PostgreSQL the second half of each
//! test is skipped and says so.

mod audit;
mod connections;
mod credentials;
mod durability;
mod failures;
mod fixture;
mod incidents;
mod journal;
mod locations;
mod migrations;
mod place;
mod replicas;
mod s3;
mod spaces;
mod tamper;
