//! The report of an investigation, as a self-contained page and as Markdown.
//!
//! Everything shown comes from the investigation: this room computes no statistics, decides
//! nothing and fetches nothing. All text of the monitored systems is untrusted and escaped.

use nightjar_incident::{Investigation, MitigationPlan};

/// What the report says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// What is reported on, as the reader calls it: the name of a capsule, of a demo.
    pub name: String,
    /// Which program made it: `nightjar 0.1.0`.
    pub made_by: String,
    /// The command that makes it again, if there is one.
    pub command: Option<String>,
}

/// The report as one HTML page that needs nothing else: no network, no script.
pub fn html(investigation: &Investigation, context: &Context) -> String {
    let _ = (investigation, context);
    String::new()
}

/// The report as Markdown.
pub fn markdown(investigation: &Investigation) -> String {
    let _ = investigation;
    String::new()
}

/// The summary that goes into the journal, a page at most.
pub fn summary_markdown(investigation: &Investigation) -> String {
    let _ = investigation;
    String::new()
}

/// One plan as Markdown.
pub fn plan_markdown(plan: &MitigationPlan) -> String {
    let _ = plan;
    String::new()
}
