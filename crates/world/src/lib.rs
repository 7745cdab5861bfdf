//! A seeded simulation of cloud applications and of what goes wrong in them.
//!
//! Requests arrive, wait, are worked on and call others; a fault changes a parameter of the
//! application (a pool's size, a table's capacity, a delay) and everything else follows from
//! queueing. The result is a [`nightjar_incident::Recording`] with metrics, logs, traces, changes,
//! alerts and the truth.
//!
//! This room doesn't know how incidents are investigated, reads no clock and touches no file: the
//! same recipe gives the same bytes.

mod alarm;
mod app;
mod background;
mod decoy;
mod demo;
mod dice;
mod estates;
mod event;
mod fault;
mod flow;
mod frame;
mod number;
mod recipe;
mod simulate;
mod system;
mod table;
mod telemetry;

pub use decoy::Decoy;
pub use demo::{demo, demo_recipe};
pub use estates::{Family, estates};
pub use fault::simulated_modes;
pub use recipe::{App, Error, FalseAlarm, FaultSpec, Recipe, Shape};
pub use simulate::{simulate, truth};
