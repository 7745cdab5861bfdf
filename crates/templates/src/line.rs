//! What of a log record is the line.

use std::borrow::Cow;

use serde::Deserialize;

/// The fields in which loggers put the line, by the names in use: slog, zap, logrus and bunyan
/// (`msg`), logback and pino (`message`), docker (`log`), structlog (`event`), Go's `body`.
#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow, default)]
    message: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    msg: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    log: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    event: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    body: Option<Cow<'a, str>>,
}

/// The message field of a JSON record, else the record itself.
pub fn message(record: &str) -> Cow<'_, str> {
    let trimmed = record.trim();
    if !(trimmed.starts_with('{') && trimmed.ends_with('}')) {
        return Cow::Borrowed(record);
    }
    let fields: Option<Fields<'_>> = serde_json::from_str(trimmed).ok();
    let line = fields.and_then(|f| f.message.or(f.msg).or(f.log).or(f.event).or(f.body));
    line.unwrap_or(Cow::Borrowed(record))
}

/// Whether a record holds, or is a line of, a stack trace of one of the usual runtimes: JVM and
/// JavaScript (`at …(…:12)`), Python, Go, Rust, .NET.
pub fn has_stack_trace(record: &str) -> bool {
    const HEADS: [&str; 5] = [
        "Traceback (most recent call last)",
        "Exception in thread \"",
        "goroutine ",
        "panicked at ",
        "Caused by: ",
    ];
    // The head stands at the beginning of a line; a record may hold several.
    record.lines().take(200).any(|line| {
        let start = line.trim_start();
        let is_head = HEADS.iter().any(|head| start.starts_with(head));
        let is_goroutine_talk = start.starts_with("goroutine ") && !start.ends_with("]:");
        let is_panic = start.starts_with("thread '") && start.contains("' panicked at");
        is_panic || (is_head && !is_goroutine_talk) || is_frame(start)
    })
}

/// A frame such as `at org.example.Shop.buy(Shop.java:12)`, or Python's `File "x.py", line 3, in f`.
fn is_frame(line: &str) -> bool {
    if let Some(place) = line.strip_prefix("at ") {
        return place.ends_with(')') && place.contains('(') && place.contains([':', '.']);
    }
    line.starts_with("File \"") && line.contains("\", line ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_field_of_json_is_the_line() {
        assert_eq!(
            message(r#"{"level":"info","msg":"order \"7\" paid","n":{"a":1}}"#),
            "order \"7\" paid"
        );
        assert_eq!(message("plain {line}"), "plain {line}");
        assert_eq!(message(r#"{"level":"info","n":3}"#), r#"{"level":"info","n":3}"#);
        assert_eq!(message(r#"{"message":{"nested":1}}"#), r#"{"message":{"nested":1}}"#);
        assert_eq!(message(r#"{"broken": "#), r#"{"broken": "#);
    }

    #[test]
    fn stack_traces_are_told_from_prose() {
        assert!(has_stack_trace("boom\n\tat org.shop.Cart.add(Cart.java:12)"));
        assert!(has_stack_trace(
            "Traceback (most recent call last):\n  File \"a.py\", line 3, in f"
        ));
        assert!(has_stack_trace("goroutine 7 [running]:"));
        assert!(has_stack_trace("thread 'main' panicked at src/main.rs:2:5:"));
        assert!(!has_stack_trace("arrived at the station (platform 3: left)\nat last"));
        assert!(!has_stack_trace("goroutine count is 17"));
    }
}
