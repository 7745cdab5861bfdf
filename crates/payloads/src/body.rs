use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::time;

/// A message under reading: fields by path, and notes on whatever wasn't as it should be.
///
/// Field names are compared without letter case and separators (`alertTransition`,
/// `ALERT_TRANSITION`), since people edit templates; an exact name wins. `null`, an empty text and
/// an absent field are all "not there".
pub(crate) struct Body<'a> {
    value: &'a Value,
    place: String,
    /// What had to be assumed or set aside.
    pub(crate) notes: Vec<String>,
}

impl<'a> Body<'a> {
    pub(crate) fn new(value: &'a Value) -> Self {
        Self { value, place: String::new(), notes: Vec::new() }
    }

    /// A part of a message; `place` says which in notes: `alerts[2]`.
    pub(crate) fn part(value: &'a Value, place: String) -> Self {
        Self { value, place: format!("{place}."), notes: Vec::new() }
    }

    /// The value at a dotted path, if there is one.
    pub(crate) fn find(&self, path: &str) -> Option<&'a Value> {
        find(self.value, path)
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.find(path).is_some()
    }

    /// A text; numbers and booleans are taken as they are written.
    pub(crate) fn text(&mut self, path: &str) -> Option<String> {
        let value = self.find(path)?;
        let text = scalar(value);
        if text.is_none() {
            self.misfit(path, "a text", value);
        }
        text.filter(|text| !text.is_empty())
    }

    /// The first of several paths that holds a text.
    pub(crate) fn text_of(&mut self, paths: &[&str]) -> Option<String> {
        paths.iter().find_map(|path| self.text(path))
    }

    /// A text without which the message says nothing; the first path is the one asked for.
    pub(crate) fn need(&mut self, paths: &[&str]) -> Result<String, String> {
        self.text_of(paths).ok_or_else(|| {
            let names: Vec<String> =
                paths.iter().map(|path| format!("`{}{path}`", self.place)).collect();
            let found = paths.iter().find_map(|path| self.find(path)).map_or("nothing", kind_of);
            format!("{} should be a text; found {found}", names.join(" or "))
        })
    }

    /// An instant in any of the forms that senders use.
    pub(crate) fn time(&mut self, path: &str) -> Option<Timestamp> {
        let value = self.find(path)?;
        if scalar(value).is_some_and(|text| text.is_empty()) {
            return None;
        }
        match time::instant(value) {
            Ok(read) => {
                if let Some(assumed) = read.assumed {
                    self.notes.push(format!("`{}{path}` {assumed}", self.place));
                }
                Some(read.at)
            }
            Err(expected) => {
                let found = scalar(value)
                    .map_or(kind_of(value).to_owned(), |text| format!("`{}`", shorten(&text)));
                let place = &self.place;
                self.notes.push(format!("`{place}{path}` should be {expected}; found {found}"));
                None
            }
        }
    }

    /// The first of several paths that holds an instant.
    pub(crate) fn time_of(&mut self, paths: &[&str]) -> Option<Timestamp> {
        paths.iter().find_map(|path| self.time(path))
    }

    /// The items of a list; nothing for an absent one.
    pub(crate) fn list(&mut self, path: &str) -> &'a [Value] {
        match self.find(path) {
            None => &[],
            Some(Value::Array(items)) => items,
            Some(other) => {
                self.misfit(path, "a list", other);
                &[]
            }
        }
    }

    /// The fields of an object as texts; what is itself an object or a list stays JSON.
    pub(crate) fn map(&mut self, path: &str) -> BTreeMap<String, String> {
        match self.find(path) {
            None => BTreeMap::new(),
            Some(Value::Object(fields)) => fields
                .iter()
                .filter(|(key, value)| !key.is_empty() && !value.is_null())
                .map(|(key, value)| {
                    (key.clone(), scalar(value).unwrap_or_else(|| value.to_string()))
                })
                .filter(|(_, text)| !text.is_empty())
                .collect(),
            Some(other) => {
                self.misfit(path, "an object", other);
                BTreeMap::new()
            }
        }
    }

    /// `{name, value}` pairs (CloudWatch dimensions), also as `{key, value}` or `[name, value]`
    /// (tags of Sentry); letter case aside.
    pub(crate) fn pairs(&mut self, path: &str) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        for item in self.list(path) {
            let (name, value) = match item.as_array().map(Vec::as_slice) {
                Some([name, value]) => (Some(name), Some(value)),
                Some(_) => (None, None),
                None => (find(item, "name").or(find(item, "key")), find(item, "value")),
            };
            let name = name.and_then(scalar).filter(|name| !name.is_empty());
            let value = value.and_then(scalar);
            match (name, value) {
                (Some(name), Some(value)) => pairs.push((name, value)),
                (None, _) | (_, None) => self.misfit(path, "a list of names and values", item),
            }
        }
        pairs
    }

    /// Tags as a list of texts or one text with commas.
    pub(crate) fn tags(&mut self, path: &str) -> Vec<String> {
        let Some(value) = self.find(path) else { return Vec::new() };
        let mut tags = Vec::new();
        match value {
            Value::Array(items) => {
                for item in items {
                    match scalar(item) {
                        Some(tag) => tags.push(tag),
                        None => self.misfit(path, "a list of texts", item),
                    }
                }
            }
            Value::Object(_) => {
                tags.extend(
                    self.map(path).into_iter().map(|(key, value)| format!("{key}:{value}")),
                );
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                let text = scalar(value).unwrap_or_default();
                tags.extend(text.split(',').map(|tag| tag.trim().to_owned()));
            }
        }
        tags.retain(|tag| !tag.is_empty());
        tags
    }

    /// Names as a list of texts or of objects with a `name`, as the JSON of such a list in a text,
    /// or as one text with commas: what templates make of a list.
    pub(crate) fn names(&mut self, path: &str) -> Vec<String> {
        let Some(value) = self.embedded(path) else { return Vec::new() };
        let Value::Array(items) = value.as_ref() else { return self.tags(path) };
        let mut names = Vec::new();
        for item in items {
            match scalar(item).or_else(|| find(item, "name").and_then(scalar)) {
                Some(name) => names.push(name),
                None => self.misfit(path, "a list of names", item),
            }
        }
        names.retain(|name| !name.is_empty());
        names
    }

    /// The value at a path; a text that holds an object or a list in JSON is that object or list.
    pub(crate) fn embedded(&self, path: &str) -> Option<Cow<'a, Value>> {
        let value = self.find(path)?;
        let inside = value
            .as_str()
            .filter(|text| text.trim_start().starts_with(['{', '[']))
            .and_then(|text| serde_json::from_str(text).ok());
        Some(inside.map_or(Cow::Borrowed(value), Cow::Owned))
    }

    fn misfit(&mut self, path: &str, expected: &str, found: &Value) {
        let place = &self.place;
        let note = format!("`{place}{path}` should be {expected}; found {}", kind_of(found));
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

/// The value at a dotted path within any value; `null` counts as absent.
pub(crate) fn find<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let mut here = value;
    for step in path.split('.') {
        let fields = here.as_object()?;
        here = match fields.get(step) {
            Some(value) => value,
            None => {
                let wanted = fold(step);
                fields.iter().find(|(key, _)| folds_to(key, &wanted)).map(|(_, value)| value)?
            }
        };
    }
    (!here.is_null()).then_some(here)
}

/// A text, number or boolean as text without space around it.
pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A name without letter case and separators: `ServiceName`, `service_name` and `service.name`
/// are one.
pub(crate) fn fold(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a name is this one once it is folded. Every field of a message is compared with many
/// names, mostly in vain, so the first letter that differs ends it.
fn folds_to(name: &str, folded: &str) -> bool {
    if !name.is_ascii() {
        return fold(name) == folded;
    }
    let mut wanted = folded.bytes();
    for letter in name.bytes() {
        if letter.is_ascii_alphanumeric() && wanted.next() != Some(letter.to_ascii_lowercase()) {
            return false;
        }
    }
    wanted.next().is_none()
}

/// What a value is, in words.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(text) if text.trim().is_empty() => "an empty text",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The reasons why parts of a message were refused, in one sentence; a long list ends in a count.
pub(crate) fn joined(reasons: &[String]) -> String {
    const MOST: usize = 5;
    let mut told = reasons.get(..MOST).unwrap_or(reasons).join("; ");
    if reasons.len() > MOST {
        told.push_str(&format!("; and {} more", reasons.len() - MOST));
    }
    told
}

/// The beginning of a foreign text, fit to be quoted in a note.
pub(crate) fn shorten(text: &str) -> String {
    const MOST: usize = 60;
    let mut short: String = text.chars().filter(|c| !c.is_control()).take(MOST).collect();
    if text.chars().count() > MOST {
        short.push('…');
    }
    short
}
