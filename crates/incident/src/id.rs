use std::fmt;
use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

/// An id of one kind of thing; ids of different kinds don't mix.
///
/// Ids are given, never drawn here: an investigation numbers what it makes (`obs-7`), so that a
/// replay gives the same ones.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub struct Id<Kind> {
    text: String,
    #[serde(skip)]
    kind: PhantomData<fn() -> Kind>,
}

impl<Kind> Id<Kind> {
    /// Takes a text as an id.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), kind: PhantomData }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

// Written out because derives would ask the same of `Kind`, which is only a label.
impl<Kind> Clone for Id<Kind> {
    fn clone(&self) -> Self {
        Self::new(self.text.clone())
    }
}
impl<Kind> PartialEq for Id<Kind> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}
impl<Kind> Eq for Id<Kind> {}
impl<Kind> PartialOrd for Id<Kind> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<Kind> Ord for Id<Kind> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.text.cmp(&other.text)
    }
}
impl<Kind> fmt::Debug for Id<Kind> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
impl<Kind> fmt::Display for Id<Kind> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Labels for the kinds of ids; never values.
mod label {
    pub enum Alert {}
    pub enum Change {}
    pub enum Evidence {}
    pub enum Execution {}
    pub enum Hypothesis {}
    pub enum Incident {}
    pub enum Observation {}
    pub enum Space {}
}

/// Names an alert.
pub type AlertId = Id<label::Alert>;
/// Names a change.
pub type ChangeId = Id<label::Change>;
/// Names a piece of evidence.
pub type EvidenceId = Id<label::Evidence>;
/// Names one run of an investigation.
pub type ExecutionId = Id<label::Execution>;
/// Names a hypothesis.
pub type HypothesisId = Id<label::Hypothesis>;
/// Names an incident.
pub type IncidentId = Id<label::Incident>;
/// Names an observation.
pub type ObservationId = Id<label::Observation>;
/// Names a space.
pub type SpaceId = Id<label::Space>;
