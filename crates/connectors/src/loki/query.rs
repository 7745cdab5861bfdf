//! What is asked, in LogQL. Names come from outside, so they are quoted.

use jiff::Timestamp;

/// `{service_name=~"cart|orders"}`, for these values and no others.
pub(super) fn selector(label: &str, values: &[&String]) -> String {
    match values {
        [only] => format!("{{{label}={}}}", quoted(only)),
        many => {
            let any: Vec<String> = many.iter().map(|value| literal(value)).collect();
            format!("{{{label}=~{}}}", quoted(&any.join("|")))
        }
    }
}

/// A regular expression (RE2) that matches this text alone.
fn literal(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii() && !letter.is_ascii_alphanumeric() && letter != '_' {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

/// A string of LogQL, as Go writes them.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            letter if letter.is_control() => {
                quoted.push_str(&format!("\\u{:04x}", u32::from(letter)));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
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
        assert_eq!(selector("app", &[&name]), r#"{app="a\"}|b\\c.d\u000a"}"#);
        let other = "x".to_owned();
        assert_eq!(
            selector("app", &[&name, &other]),
            r#"{app=~"a\\\"\\}\\|b\\\\c\\.d\\\u000a|x"}"#
        );
    }

    #[test]
    fn labels_have_a_form() {
        assert!(is_label("service_name") && is_label("_x1"));
        assert!(!is_label("") && !is_label("1x") && !is_label("a=b") && !is_label("a}"));
    }
}
