//! What a connection to an outside system can do, as traits and plain types.
//!
//! The engine sees these capabilities and nothing behind them: it can't tell a recording from a
//! live system. A connection is a struct of optional capabilities; absent means absent. The tape
//! records what connections answered and plays it back.
//!
//! This room knows no system, opens no socket and reads no file.

mod capability;
mod error;
mod query;
mod tape;

pub use capability::{Alerts, Changes, Connection, Inventory, Logs, Metrics, Traces};
pub use error::{Error, ErrorKind};
pub use query::{Answer, Query, Question};
pub use tape::{Asked, BadLine, Capability, Given, Player, Recorder, Take, Tape};
