//! The public wire contract as data: operations, shapes, limits, and how a request is read by them.
//!
//! The folder `model` lists what the contract says, in a notation of ours (`notation.rs` explains
//! it). Everything else here is general: [`route`] finds the operation, [`read`] checks a request
//! whole and hands it over as one object, [`write()`] brings an answer into the contract's form,
//! [`check_answer`] holds it against the contract, [`sigv4`] says whether a request was signed with
//! a secret.
//!
//! This room doesn't know what stands behind an operation, who may call it, or how an answer
//! leaves: it sees names, bytes and numbers.

mod answer;
mod check;
mod invalid;
mod json;
mod model;
mod notation;
mod percent;
mod read;
mod route;
mod shape;
pub mod sigv4;
mod wire;
mod write;

pub use answer::{check_answer, check_error};
pub use invalid::{Field, Invalid};
pub use model::{Operation, errors, operation, operations};
pub use read::read;
pub use route::{Labels, Routed, is_of_contract, route};
pub use shape::{
    Bounds, Choice, Error, Kind, List, Map, Member, Pattern, Place, Shape, Structure, Text,
};
pub use write::write;
