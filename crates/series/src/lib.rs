//! Numbers over time: robust statistics, tests and change points.
//!
//! This room knows slices of numbers and nothing else: not which metric they are, not whose, not
//! what an incident is. Everything is pure; a missing value is `NaN` and every function says what
//! it does with one.

mod column;

pub mod burst;
pub mod count;
pub mod excursion;
pub mod gaussian;
pub mod onset;
pub mod robust;
pub mod screen;
pub mod season;
pub mod shift;
pub mod stretch;
pub mod trend;

pub use column::{Column, Repairs};
