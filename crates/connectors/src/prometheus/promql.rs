//! PromQL as text. Names come from outside, so they are quoted; only this file writes a matcher.

use nightjar_incident::signal::{Label, Value};

use crate::quoting::{any_of, literal, quoted};

/// A label is one of these values.
pub(super) fn is_one_of<'a>(label: &str, values: impl IntoIterator<Item = &'a str>) -> String {
    let values: Vec<&str> = values.into_iter().collect();
    match values.as_slice() {
        [only] => format!("{label}={}", quoted(only)),
        many => format!("{label}=~{}", quoted(&any_of(many.iter().copied()))),
    }
}

/// A label is none of these values.
pub(super) fn is_none_of<'a>(label: &str, values: impl IntoIterator<Item = &'a str>) -> String {
    let values: Vec<&str> = values.into_iter().collect();
    match values.as_slice() {
        [only] => format!("{label}!={}", quoted(only)),
        many => format!("{label}!~{}", quoted(&any_of(many.iter().copied()))),
    }
}

/// What a row demands of a label.
pub(super) fn demand(label: &Label) -> String {
    match label.value {
        Value::OneOf(values) => is_one_of(label.name, values.iter().copied()),
        Value::NoneOf(values) => is_none_of(label.name, values.iter().copied()),
        Value::Begins(start) => format!("{}=~{}", label.name, quoted(&(literal(start) + ".*"))),
    }
}

/// `name{a="b",c=~"d"}`
pub(super) fn select<'a>(name: &str, matchers: impl IntoIterator<Item = &'a String>) -> String {
    let matchers: Vec<&str> = matchers.into_iter().map(String::as_str).collect();
    match matchers.is_empty() {
        true => name.to_owned(),
        false => format!("{name}{{{}}}", matchers.join(",")),
    }
}

/// Whether a text can be the name of a label.
pub(super) fn is_label(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// What a selector finds now, or found some time ago: what has just died is still somebody.
pub(super) fn lately(selector: &str, ago: [i64; 2]) -> String {
    let before = ago.map(|ago| format!("{selector} offset {}", seconds(ago)));
    format!("{selector} or {}", before.join(" or "))
}

/// Seconds as PromQL writes a duration.
pub(super) fn seconds(duration: i64) -> String {
    format!("{duration}s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_outside_stay_names() {
        let name = "a\"}|b\\c.d\n";
        assert_eq!(is_one_of("app", [name]), r#"app="a\"}|b\\c.d\u000a""#);
        assert_eq!(is_one_of("app", [name, "x"]), r#"app=~"a\\\"\\}\\|b\\\\c\\.d\\\u000a|x""#);
        assert_eq!(is_none_of("job", ["a-b"]), r#"job!="a-b""#);
    }
}
