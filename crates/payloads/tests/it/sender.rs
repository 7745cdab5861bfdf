//! What every sender must be able to tell, as data: one row of [`Sender`] per form of message. The
//! cases of `every_provider.rs` run over all rows.

use nightjar_incident::{Alert, Severity, Signal};
use serde_json::Value;

use crate::{from, one};

/// Values at JSON pointers; `null` takes the field out.
pub(crate) type Changes = Vec<(&'static str, Value)>;

pub(crate) struct Sender {
    pub(crate) provider: &'static str,
    /// Which of its forms.
    pub(crate) form: &'static str,
    /// The alert fires.
    pub(crate) sample: Value,
    /// Puts a message into what carries it.
    pub(crate) wrap: fn(Value) -> Value,
    /// What differs when the same alert fires again.
    pub(crate) again: Changes,
    /// What differs when someone acknowledges it; none where the sender doesn't tell.
    pub(crate) acknowledged: Option<Changes>,
    /// What differs when it is over, at 03:20; none where the sender doesn't tell.
    pub(crate) resolved: Option<Changes>,
    /// What makes it another alert of the same sender.
    pub(crate) another: Changes,
    /// A state called `Exploded`, taken as firing.
    pub(crate) odd_state: Option<Changes>,
    /// A severity called `purple`.
    pub(crate) odd_severity: Option<Changes>,
    /// Nothing that names an entity.
    pub(crate) no_service: Changes,
    /// No title; the key stands in.
    pub(crate) no_title: Option<Changes>,
    /// Nothing that tells which alert it is, and how that is said.
    pub(crate) no_key: (Changes, &'static str),
    /// Where the time of the start stands.
    pub(crate) start: &'static [&'static str],
    /// Several messages as one body of this sender.
    pub(crate) batch: Option<fn(Vec<Value>) -> Value>,
    pub(crate) expected: Expected,
}

/// What comes out of the sample.
pub(crate) struct Expected {
    pub(crate) key: &'static str,
    pub(crate) title: &'static str,
    pub(crate) description: &'static str,
    pub(crate) severity: Severity,
    pub(crate) signal: Option<Signal>,
    pub(crate) names: &'static [&'static str],
    /// Some of the labels.
    pub(crate) labels: &'static [(&'static str, &'static str)],
    pub(crate) url: Option<&'static str>,
    pub(crate) notes: &'static [&'static str],
}

impl Sender {
    /// The sample with changes, wrapped.
    pub(crate) fn message(&self, changes: &Changes) -> Value {
        (self.wrap)(with(self.sample.clone(), changes))
    }

    /// The alert in the sample with changes.
    pub(crate) fn alert(&self, changes: &Changes) -> Alert {
        let message = self.message(changes);
        let alert = one(message.clone());
        assert_eq!(alert.provider, self.provider, "{}: {message}", self.name());
        alert
    }

    /// The same where the template may have lost what gives its sender away.
    pub(crate) fn hinted(&self, changes: &Changes) -> Alert {
        let alerts = from(Some(self.provider), self.message(changes));
        alerts.unwrap_or_else(|e| unreachable!("{}: {e}", self.name())).remove(0)
    }

    /// The sender and its form, for whoever reads of a failure.
    pub(crate) fn name(&self) -> String {
        format!("{} ({})", self.provider, self.form)
    }
}

/// As it is.
pub(crate) fn bare(message: Value) -> Value {
    message
}

/// A message with the values at these JSON pointers replaced, added, or taken out by a `null`.
pub(crate) fn with(mut message: Value, changes: &[(&str, Value)]) -> Value {
    for (pointer, value) in changes {
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        let parent = message.pointer_mut(parent).unwrap();
        match (parent, value) {
            (Value::Object(fields), Value::Null) => {
                fields.remove(field);
            }
            (Value::Object(fields), value) => {
                fields.insert(field.to_owned(), value.clone());
            }
            (parent, value) => parent[field.parse::<usize>().unwrap()] = value.clone(),
        }
    }
    message
}
