//! What is asked, in LogQL. Names come from outside, so they are quoted.

use jiff::Timestamp;

use crate::quoting::{any_of, quoted};

/// Streams of one label's values, and what of their lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selector {
    matchers: String,
    filters: String,
}

impl Selector {
    /// `{service_name=~"cart|orders"}`, for these values and no others. Streams that the labels in `but` name
    /// already are left to those.
    pub(super) fn new(label: &str, values: &[&String], but: &[(&str, Vec<&String>)]) -> Self {
        let mut matchers = match values {
            [only] => format!("{label}={}", quoted(only)),
            many => format!("{label}=~{}", quoted(&any(many))),
        };
        for (label, values) in but {
            matchers.push_str(&format!(", {label}!~{}", quoted(&any(values))));
        }
        Self { matchers, filters: String::new() }
    }

    /// Those lines alone that a filter lets through: `|~ "error"`.
    pub(super) fn only(&self, filter: &str) -> Self {
        let filters = format!("{} {filter}", self.filters);
        Self { matchers: self.matchers.clone(), filters }
    }

    /// The selector in LogQL.
    pub(super) fn text(&self) -> String {
        format!("{{{}}}{}", self.matchers, self.filters)
    }

    /// How many lines there are, by level, within so many seconds.
    pub(super) fn count(&self, seconds: i64) -> String {
        format!("sum by (detected_level, level) (count_over_time({}[{seconds}s]))", self.text())
    }
}

/// Lines that loggers write of trouble, by their words.
pub(super) const BAD: &str = "|~ `(?i)\\b(err|error|severe|fatal|crit|critical|panic)\\b`";

/// All other lines.
pub(super) const NOT_BAD: &str = "!~ `(?i)\\b(err|error|severe|fatal|crit|critical|panic)\\b`";

/// Lines that are errors by what Loki or their shipper found out.
pub(super) const BAD_LEVEL: &str = r#"| detected_level=~"(?i)(err|error|severe|fatal|crit|critical|panic|alert|emerg|emergency)" or level=~"(?i)(err|error|severe|fatal|crit|critical|panic|alert|emerg|emergency)""#;

/// All other lines.
pub(super) const OTHER_LEVEL: &str = r#"| detected_level!~"(?i)(err|error|severe|fatal|crit|critical|panic|alert|emerg|emergency)" | level!~"(?i)(err|error|severe|fatal|crit|critical|panic|alert|emerg|emergency)""#;

/// Lines that look like a pattern of Loki's.
pub(super) fn like(pattern: &str) -> String {
    format!("|> {}", quoted(pattern))
}

/// Lines that don't.
pub(super) fn unlike(pattern: &str) -> String {
    format!("!> {}", quoted(pattern))
}

fn any(values: &[&String]) -> String {
    any_of(values.iter().map(|value| value.as_str()))
}

/// Whether a text can be the name of a label.
pub(super) fn is_label(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// Unix nanoseconds, as Loki takes them.
pub(super) fn nanos(at: Timestamp) -> String {
    at.as_nanosecond().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_outside_stay_names() {
        let name = "a\"}|b\\c.d\n".to_owned();
        let selector = |values: &[&String]| Selector::new("app", values, &[]).text();
        assert_eq!(selector(&[&name]), r#"{app="a\"}|b\\c.d\u000a"}"#);
        let other = "x".to_owned();
        assert_eq!(selector(&[&name, &other]), r#"{app=~"a\\\"\\}\\|b\\\\c\\.d\\\u000a|x"}"#);
    }

    #[test]
    fn what_another_label_names_is_left_to_it() {
        let (cart, web) = ("cart".to_owned(), "web".to_owned());
        let selector = Selector::new("app", &[&cart], &[("service_name", vec![&cart, &web])]);
        assert_eq!(
            selector.only(&unlike("<_> \"paid\"")).count(60),
            "sum by (detected_level, level) (count_over_time({app=\"cart\", service_name!~\"cart|web\"} !> \"<_> \\\"paid\\\"\"[60s]))"
        );
    }

    #[test]
    fn labels_have_a_form() {
        assert!(is_label("service_name") && is_label("_x1"));
        assert!(!is_label("") && !is_label("1x") && !is_label("a=b") && !is_label("a}"));
    }
}
