//! The simulation at its border: what a recipe yields.
//!
//! A run takes a third of a second, and some of these go through all faults at two seeds: that is
//! why they take longer than two seconds.

#[cfg(test)]
mod alerts;
#[cfg(test)]
mod decoys;
#[cfg(test)]
mod estates;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod look;
#[cfg(test)]
mod modes;
#[cfg(test)]
mod recipes;
