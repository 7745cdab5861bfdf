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

/// Where in the code a record says it was written, if one of its first words does: `Cart.java:12`,
/// `cart/add.go:12`, `org.shop.Cart#12`. Two statements whose lines read alike are told apart by it.
pub fn code_location(record: &str) -> Option<&str> {
    let words = record.split_whitespace().take(8);
    words
        .map(|word| word.trim_matches(['[', ']', '(', ')', ',', ':']))
        .find(|word| is_location(word))
}

fn is_location(word: &str) -> bool {
    const SOURCES: [&str; 14] = [
        ".java", ".kt", ".scala", ".go", ".py", ".rs", ".js", ".ts", ".cs", ".rb", ".php", ".c",
        ".cc", ".cpp",
    ];
    let is_line = |number: &str| {
        (1..=5).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    let Some((name, number)) = word.rsplit_once([':', '#']) else { return false };
    // `order#12` is an order; a class has a package and a capital.
    let is_class = || {
        let class = name.rsplit_once('.').map_or("", |(_, class)| class);
        word.contains('#') && class.starts_with(|c: char| c.is_ascii_uppercase())
    };
    is_line(number) && (SOURCES.iter().any(|source| name.ends_with(source)) || is_class())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statement_that_wrote_a_line_is_known_by_its_place_in_the_code() {
        let place = |record| code_location(record);
        assert_eq!(place("12:00:01 INFO o.s.Cart#12 added 3"), Some("o.s.Cart#12"));
        assert_eq!(place("I1129 12:00:01 1 shop/cart.go:12] added 3"), Some("shop/cart.go:12"));
        assert_eq!(place("WARN [Cart.java:12] added 3"), Some("Cart.java:12"));
        assert_eq!(place("paid order#12 at 12:00 on host.example:80"), None);
        assert_eq!(place(""), None);
    }

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
