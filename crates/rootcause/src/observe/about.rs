use nightjar_incident::ObservationKind;

use crate::thresholds::Threshold;

/// Robust shift ([`nightjar_series::shift`]), as docs/observations.md explains it.
pub(super) const SHIFT: &str = "robust shift";
/// Robust shift of a count, whose least spread is the root of what is usual.
pub(super) const COUNT: &str = "robust shift of a count";

/// One row of the table of observations: what an observer looks for, how it decides, and what it
/// means to whoever is on call.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// What it is called in the table.
    pub id: &'static str,
    /// The kind that its observations carry.
    pub kind: ObservationKind,
    /// What is measured, and compared with what.
    pub measured: &'static str,
    /// The unit of what was usual and what was seen (UCUM).
    pub unit: &'static str,
    /// The numbers it decides by.
    pub thresholds: &'static [Threshold],
    /// The statistic, with its published source where there is one.
    pub method: &'static str,
    /// Why it is done that way.
    pub reason: &'static str,
    /// What it means.
    pub means: &'static str,
}

impl About {
    /// The row as Markdown.
    pub(super) fn markdown(&self) -> String {
        let numbers: Vec<String> = self
            .thresholds
            .iter()
            .map(|number| format!("`{}` {} {}", number.name, number.value, number.unit))
            .collect();
        let Self { id, measured, unit, method, reason, means, .. } = self;
        let (kind, numbers) = (self.kind.label(), numbers.join("; "));
        format!(
            "| `{id}` | {kind} | {measured} | `{unit}` | {numbers} | {method} | {reason} | {means} |\n"
        )
    }
}
