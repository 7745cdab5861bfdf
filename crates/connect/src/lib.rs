//! What a connection to an outside system can do, as traits and plain types.
//!
//! The engine sees these capabilities and nothing behind them: it can't tell a recording from a
//! live system. A connection is a struct of optional capabilities; absent means absent. The registry
//! knows the kinds of connectors by their names and opens connections from settings. The tape records
//! what connections answered and plays it back.
//!
//! This room knows no system, opens no socket and reads no file.

mod capability;
mod door;
mod error;
mod query;
mod registry;
mod tape;

pub use capability::{
    Alerts, Capability, Changes, Connection, Health, Inventory, Logs, Metrics, Probe, Traces,
};
pub use door::{Answers, all_through};
pub use error::{Error, ErrorKind};
pub use query::{Answer, Query, Question};
pub use registry::{BadConfig, Connector, Registry, Tested};
pub use tape::{Asked, BadLine, Given, Player, Recorder, Take, Tape};
