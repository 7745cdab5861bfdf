//! Shapes: what a value of the contract may be.

use std::fmt;
use std::sync::{Arc, OnceLock};

use regex::Regex;

/// What a value may be.
#[derive(Clone, Debug)]
pub enum Shape {
    /// Text within a length, of a pattern.
    Text(Arc<Text>),
    /// One word of a list.
    Choice(Arc<Choice>),
    /// A whole number in 32 bits.
    Integer(Bounds),
    /// A whole number in 64 bits.
    Long(Bounds),
    /// Any number.
    Double,
    /// True or false.
    Boolean,
    /// Seconds since 1970, with a fraction; in a query a date and time as text.
    Timestamp,
    /// A date and time as text wherever it travels: `2026-01-02T03:04:05Z`.
    DateTime,
    /// Bytes as base64.
    Blob,
    /// JSON of any shape.
    Document,
    /// Values of one shape in order.
    List(Arc<List>),
    /// Values of one shape by name.
    Map(Arc<Map>),
    /// Members by name.
    Structure(Arc<Structure>),
}

impl Shape {
    /// Whether the value itself must never be shown; what stands inside it may be all the same.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_secret)
    }
}

/// The least and the greatest length or number, both allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// None if there is no least.
    pub least: Option<i64>,
    /// None if there is no greatest.
    pub greatest: Option<i64>,
}

impl Bounds {
    /// Whether a length or number lies within.
    #[must_use]
    pub fn hold(self, number: i64) -> bool {
        self.least.is_none_or(|least| number >= least)
            && self.greatest.is_none_or(|greatest| number <= greatest)
    }
}

/// As AWS words it: "less than or equal to 5".
impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.least, self.greatest) {
            (Some(least), Some(greatest)) => {
                write!(f, "between {least} and {greatest}, inclusive")
            }
            (Some(least), None) => write!(f, "greater than or equal to {least}"),
            (None, Some(greatest)) => write!(f, "less than or equal to {greatest}"),
            (None, None) => f.write_str("of any size"),
        }
    }
}

/// A kind of text.
#[derive(Debug)]
pub struct Text {
    /// Its length in Unicode code points.
    pub length: Bounds,
    /// What the whole of it must look like.
    pub pattern: Option<Pattern>,
    /// Whether it must never be shown or logged.
    pub is_secret: bool,
}

/// What the whole of a text must look like.
///
/// Compiled when first asked for: there are dozens, a program starts without any.
#[derive(Debug)]
pub struct Pattern {
    written: &'static str,
    compiled: OnceLock<Regex>,
}

impl Pattern {
    pub(crate) fn new(written: &'static str) -> Self {
        Self { written, compiled: OnceLock::new() }
    }

    /// As it stands in the model.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        self.written
    }

    /// Whether the whole text looks like this; in time linear in the text.
    #[must_use]
    pub fn fits(&self, text: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| {
            // `\z` and not `$`, which in other dialects lets a line feed at the end pass.
            Regex::new(&format!(r"\A(?:{})\z", self.written))
                .expect("invariant: a test compiles every pattern of the model")
        });
        compiled.is_match(text)
    }
}

/// A list of words, of which a value is one.
#[derive(Debug)]
pub struct Choice {
    /// Its name in the contract.
    pub name: &'static str,
    /// The words, in the order of the contract.
    pub words: Vec<&'static str>,
}

/// Values of one shape in order.
#[derive(Debug)]
pub struct List {
    /// What each of them is.
    pub item: Shape,
    /// How many there may be.
    pub size: Bounds,
}

/// Values of one shape by name.
#[derive(Debug)]
pub struct Map {
    /// What each name is: text or a choice.
    pub key: Shape,
    /// What each value is.
    pub value: Shape,
    /// How many there may be.
    pub size: Bounds,
}

/// Members by name.
#[derive(Debug)]
pub struct Structure {
    /// Its name in the contract.
    pub name: &'static str,
    /// How its members stand to each other.
    pub kind: Kind,
    /// Its members, in the order of the contract.
    pub members: Vec<Member>,
}

impl Structure {
    /// The member of this name.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }
}

/// How members stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// All that are required, and any of the others.
    Structure,
    /// Exactly one.
    Union,
    /// A stream, each message of which is exactly one.
    Events,
}

/// One member of a structure.
#[derive(Debug)]
pub struct Member {
    /// Its name in JSON, in a query and as a label.
    pub name: &'static str,
    /// Whether it must be there; no member of a union is.
    pub is_required: bool,
    /// What it is.
    pub shape: Shape,
    /// Where in a request it travels.
    pub place: Place,
}

/// Where in a request a member travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// As a label of the path.
    Label,
    /// As a parameter of the query.
    Query,
    /// As a header of this name.
    Header(&'static str),
    /// In the JSON of the body.
    Body,
}

/// An error that the contract names.
#[derive(Debug)]
pub struct Error {
    /// The HTTP status it comes with.
    pub status: u16,
    /// Its name and its members.
    pub structure: Arc<Structure>,
}
