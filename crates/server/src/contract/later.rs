//! What the contract has and this version doesn't.

use serde_json::Value;

use super::input::Asked;
use crate::problem::{Kind, Problem};

pub(super) async fn private_connections(_: Asked) -> Result<Value, Problem> {
    Err(missing("private connections", "Nightjar reaches what its own network reaches"))
}

pub(super) async fn assets(_: Asked) -> Result<Value, Problem> {
    Err(missing("assets", "skills come with a later version"))
}

pub(super) async fn chats(_: Asked) -> Result<Value, Problem> {
    Err(missing("chats", "they come with a later version"))
}

pub(super) async fn approvals(_: Asked) -> Result<Value, Problem> {
    Err(missing("approvals", "Nightjar never changes what it watches, so nothing waits for one"))
}

fn missing(what: &str, why: &str) -> Problem {
    Problem::new(Kind::MalformedRequest, format!("this version has no {what}: {why}"))
}
