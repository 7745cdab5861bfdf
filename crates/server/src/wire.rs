//! Values as they stand in JSON.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{KnownFormat, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// An instant: RFC 3339, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Time(pub(crate) Timestamp);

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String);
        text.format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))).into()
    }
}

impl ToSchema for Time {
    fn name() -> Cow<'static, str> {
        "Time".into()
    }
}

/// A name that a person gives: a line of text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Name(pub(crate) String);

/// Characters of a name.
const NAME: usize = 200;

impl TryFrom<String> for Name {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let length = text.chars().count();
        if length == 0 || length > NAME || text.chars().any(char::is_control) {
            return Err(format!("a name is a line of 1 to {NAME} characters"));
        }
        Ok(Self(text))
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl PartialSchema for Name {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let text = text.min_length(Some(1)).max_length(Some(NAME));
        text.pattern(Some(r"^[^\u0000-\u001f\u007f-\u009f]+$")).into()
    }
}

impl ToSchema for Name {
    fn name() -> Cow<'static, str> {
        "Name".into()
    }
}

/// A name that we or a program gave: an id, a kind.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Label(pub(crate) String);

/// Characters of a label.
const LABEL: usize = 128;

impl TryFrom<String> for Label {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let is_plain =
            text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        if (1..=LABEL).contains(&text.len()) && is_plain {
            return Ok(Self(text));
        }
        Err(format!("an id has 1 to {LABEL} letters, digits, `-`, `_` or `.`"))
    }
}

impl PartialSchema for Label {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let text = text.min_length(Some(1)).max_length(Some(LABEL));
        text.pattern(Some("^[A-Za-z0-9._-]+$")).into()
    }
}

impl ToSchema for Label {
    fn name() -> Cow<'static, str> {
        "Label".into()
    }
}

/// What a person says in a few sentences.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Text(pub(crate) String);

/// Characters of a text.
const TEXT: usize = 4000;

impl TryFrom<String> for Text {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        if (1..=TEXT).contains(&text.chars().count()) && !text.contains('\0') {
            return Ok(Self(text));
        }
        Err(format!("a text has 1 to {TEXT} characters"))
    }
}

impl PartialSchema for Text {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let text = text.min_length(Some(1)).max_length(Some(TEXT));
        text.pattern(Some(r"^[^\u0000]+$")).into()
    }
}

impl ToSchema for Text {
    fn name() -> Cow<'static, str> {
        "Text".into()
    }
}

/// The word by which a plain enum of the domain is known in JSON, here and in the journal.
pub(crate) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
