//! What the connectors to databases share.
//!
//! A database tells mostly the present; much of it is dated, though, so that some of the past can be told as
//! well: as lower bounds ([`moment`]), as lines about what began when ([`lines`]), as changes. Every question
//! has a connection of its own ([`session`]), so that none is held between investigations.

pub(crate) mod failure;
pub(crate) mod lines;
pub(crate) mod load;
pub(crate) mod moment;
pub(crate) mod row;
pub(crate) mod series;
pub(crate) mod server;
pub(crate) mod session;
pub(crate) mod statement;
pub(crate) mod told;

pub(crate) use failure::{Refusal, driver};
pub(crate) use lines::{Lines, quoted};
pub(crate) use moment::Moment;
pub(crate) use row::Row;
pub(crate) use series::Levels;
pub(crate) use server::{Server, Tls};
pub(crate) use session::{Ask, Place, Sql, ask, connected};
pub(crate) use told::Told;
