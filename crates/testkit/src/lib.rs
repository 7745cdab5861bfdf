//! What tests of several rooms share; for development only.
//!
//! It finds the incidents under `scenarios/` and turns them into recordings. It doesn't run the
//! engine: whoever tests it does.

mod scenario;

pub use scenario::{Error, START_SECONDS, Scenario, scenarios, scenarios_root};
