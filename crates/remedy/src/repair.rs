//! Repairs that several plans share, by platform.

mod restart;
mod roll_back;
mod scale;

pub(crate) use restart::restart;
pub(crate) use roll_back::{deploy_previous, take_back};
pub(crate) use scale::add_capacity;
