//! Repairs that several plans share, by platform.

mod go_around;
mod leave_the_host;
mod pause_batch;
mod restart;
mod restart_one;
mod roll_back;
mod scale;
mod shed_load;
mod stop_statements;

pub(crate) use go_around::go_around;
pub(crate) use leave_the_host::leave_the_host;
pub(crate) use pause_batch::{pause_batch, pause_batch_on};
pub(crate) use restart::restart;
pub(crate) use restart_one::restart_one;
pub(crate) use roll_back::{deploy_previous, take_back};
pub(crate) use scale::add_capacity;
pub(crate) use shed_load::shed_load;
pub(crate) use stop_statements::stop_statements;
