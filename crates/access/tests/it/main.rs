//! Who may do what, seen from outside.

mod matrix;
mod names;
mod reach;
