//! What triage makes of alerts, seen from outside.

mod belonging;
mod keeping;
mod keeping_a_desk;
mod locating;
mod repeating;
mod world;
