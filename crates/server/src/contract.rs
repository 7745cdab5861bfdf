//! The public wire contract of AWS DevOps Agent: beside the native API, over the same things.
//!
//! A request goes one way: its path and method name the operation, its signature the caller; the
//! policies are asked; then the input is held whole against the contract's model, handled by one
//! function, and the answer written as the contract has it. Words are translated here by hand: a *task*
//! is an alert or a manual start, a *service* with its *association* is what a space is connected with.

mod arn;
mod associations;
mod error;
mod executions;
mod goals;
mod input;
mod journal;
mod later;
mod operations;
mod operator;
mod recommendations;
mod serve;
mod services;
mod signature;
mod spaces;
mod tags;
mod tasks;
mod triggers;
mod usage;
mod webhooks;
mod wire;

pub(crate) use arn::space as space_arn;
pub(crate) use error::render;
pub(crate) use executions::id as execution_id;
pub(crate) use serve::serve;
