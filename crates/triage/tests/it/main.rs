//! What triage makes of alerts, seen from outside.

mod belonging;
mod keeping;
mod locating;
mod repeating;
mod world;
