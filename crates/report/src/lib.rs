//! The report of an investigation, as a self-contained page and as Markdown.
//!
//! Everything shown comes from the investigation: this room decides nothing, fetches nothing and
//! draws no conclusion of its own; the only numbers it computes are those that place a picture.
//! All text of the monitored systems is untrusted: it is escaped where it is written, and control
//! and direction characters are made visible in everything that leaves this room.

mod chart;
mod graph;
mod markdown;
mod text;
mod time;
mod view;

use askama::Template;
use nightjar_incident::{Investigation, MitigationPlan};

use crate::view::Page;

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
    let page = Page::of(investigation, context);
    let page = page.render();
    text::visible(&page.expect("invariant: writing a template into a string doesn't fail"))
}

/// The report as Markdown.
pub fn markdown(investigation: &Investigation) -> String {
    text::visible(&markdown::report(&Page::of(investigation, &Context::default())))
}

/// The summary that goes into the journal: what happened, why, what to do, what is unknown.
pub fn summary_markdown(investigation: &Investigation) -> String {
    text::visible(&markdown::summary(&Page::beginning_of(investigation, &Context::default())))
}

/// One plan as Markdown.
pub fn plan_markdown(plan: &MitigationPlan) -> String {
    text::visible(&markdown::plan(&view::plan(plan, &text::Anchors::default())))
}
