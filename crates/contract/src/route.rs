//! From a method and a path to an operation.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::invalid::{Field, Invalid};
use crate::model::{Operation, operations};
use crate::percent::{self, Broken};

/// The labels of a path, decoded.
pub type Labels = Vec<(&'static str, String)>;

/// Where a request goes.
#[derive(Debug)]
pub enum Routed {
    /// To an operation.
    To {
        /// The operation.
        operation: &'static Operation,
        /// What stands in the path for each label.
        labels: Labels,
    },
    /// The path is one of the contract's, but a label in it can't be decoded.
    Malformed(Invalid),
    /// The path is one of the contract's, but not with this method.
    WrongMethod,
    /// To nothing the contract knows.
    Nowhere,
}

/// Finds the operation of a method and of a path as it came, still percent-encoded and without
/// its query.
///
/// Labels are decoded once, so `%2F` stays within its label. A HEAD goes where its GET goes.
///
/// INVARIANT: a path with empty segments or with `.` or `..` leads nowhere. A signature is made
/// over the path without them, so it would hold for two paths, of which only one was meant.
#[must_use]
pub fn route(method: &str, path: &str) -> Routed {
    let Some(path) = path.strip_prefix('/') else { return Routed::Nowhere };
    let segments: Vec<&str> = path.split('/').collect();
    if segments.iter().copied().any(is_void) {
        return Routed::Nowhere;
    }
    let method = if method == "HEAD" { "GET" } else { method };
    let mut found: Option<&'static Operation> = None;
    let mut is_known = false;
    for operation in operations().iter().filter(|operation| operation.template.fits(&segments)) {
        is_known = true;
        // `…/associations/list` is nearer than `…/associations/{associationId}`.
        let is_nearer = |other: &Operation| {
            operation.template.fixed_segments() > other.template.fixed_segments()
        };
        if operation.method == method && found.is_none_or(is_nearer) {
            found = Some(operation);
        }
    }
    match found {
        Some(operation) => match operation.template.read(&segments) {
            Ok(labels) => Routed::To { operation, labels },
            Err((label, broken)) => Routed::Malformed(Invalid::of(vec![Field::new(
                format!("/{label}"),
                &format!("Member {}", broken.as_str()),
            )])),
        },
        None if is_known => Routed::WrongMethod,
        None => Routed::Nowhere,
    }
}

/// Whether a path, as it came, is under one of the contract's first segments. Errors there have
/// the contract's form, also where the rest of the path leads nowhere.
#[must_use]
pub fn is_of_contract(path: &str) -> bool {
    static FIRST: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
        let first = |operation: &Operation| match operation.template.segments.first() {
            Some(Segment::Fixed(text)) => Some(*text),
            _ => None,
        };
        operations().iter().filter_map(first).collect()
    });
    let first = path.strip_prefix('/').and_then(|path| path.split('/').next());
    first.is_some_and(|first| FIRST.contains(first))
}

/// A path within a label: what it must not hold it must not hold encoded either, or it would
/// depend on whoever reads it later what it means.
fn decode_path(text: &str) -> Result<String, Broken> {
    let path = percent::decode(text)?;
    if path.split('/').any(is_void) { Err(Broken::Segments) } else { Ok(path) }
}

fn is_void(segment: &str) -> bool {
    matches!(segment, "" | "." | "..")
}

/// The path of an operation.
pub(crate) struct Template {
    pub(crate) written: &'static str,
    segments: Vec<Segment>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Segment {
    Fixed(&'static str),
    Label(&'static str),
    /// The rest of the path, at least one segment of it.
    Greedy(&'static str),
}

impl Template {
    pub(crate) fn new(written: &'static str) -> Result<Self, String> {
        let path = written.strip_prefix('/').ok_or("a path starts with a slash")?;
        let mut segments = Vec::new();
        for segment in path.split('/') {
            let label = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            segments.push(match label.map(|label| (label, label.strip_suffix('+'))) {
                None => Segment::Fixed(segment),
                Some((label, None)) => Segment::Label(label),
                Some((_, Some(label))) => Segment::Greedy(label),
            });
        }
        let is_greedy = |segment: &Segment| matches!(segment, Segment::Greedy(_));
        if segments.iter().rev().skip(1).any(is_greedy) {
            return Err("only the last label takes the rest".to_owned());
        }
        Ok(Self { written, segments })
    }

    /// The names of the labels, in their order.
    pub(crate) fn labels(&self) -> Vec<&'static str> {
        let name = |segment: &Segment| match segment {
            Segment::Fixed(_) => None,
            Segment::Label(name) | Segment::Greedy(name) => Some(*name),
        };
        self.segments.iter().filter_map(name).collect()
    }

    fn fixed_segments(&self) -> usize {
        self.segments.iter().filter(|segment| matches!(segment, Segment::Fixed(_))).count()
    }

    fn is_greedy(&self) -> bool {
        matches!(self.segments.last(), Some(Segment::Greedy(_)))
    }

    fn fits(&self, path: &[&str]) -> bool {
        let count = self.segments.len();
        let is_long_enough = path.len() == count || (self.is_greedy() && path.len() > count);
        is_long_enough
            && self.segments.iter().zip(path).all(|(segment, text)| match segment {
                Segment::Fixed(fixed) => fixed == text,
                Segment::Label(_) | Segment::Greedy(_) => true,
            })
    }

    /// The labels of a path that fits; an error says which label is broken and how.
    fn read(&self, path: &[&str]) -> Result<Labels, (&'static str, Broken)> {
        let mut labels = Vec::new();
        for (index, segment) in self.segments.iter().enumerate() {
            let rest = path.get(index..).unwrap_or_default();
            let (name, text) = match segment {
                Segment::Fixed(_) => continue,
                Segment::Label(name) => {
                    (*name, rest.first().copied().map(percent::decode).unwrap_or(Ok(String::new())))
                }
                Segment::Greedy(name) => (*name, decode_path(&rest.join("/"))),
            };
            labels.push((name, text.map_err(|broken| (name, broken))?));
        }
        Ok(labels)
    }
}
