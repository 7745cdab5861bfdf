//! The store from outside, against SQLite and PostgreSQL. Without a PostgreSQL the second half of each
//! test is skipped and says so.

mod connections;
mod credentials;
mod place;
mod spaces;
