//! What triage makes of alerts, seen from outside.

mod belonging;
mod keeping;
mod keeping_a_desk;
mod locating;
mod repeating;
mod storm;
mod storm_estate;
mod storm_monitors;
mod storm_play;
mod storming;
mod world;
