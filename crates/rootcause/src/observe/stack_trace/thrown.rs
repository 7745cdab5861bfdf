//! What was thrown and where, from the stack traces of the usual runtimes.

/// An exception and the frame that threw it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Thrown {
    /// The type of the innermost cause, or `panic`.
    pub(super) what: String,
    /// The function, without line numbers.
    pub(super) place: Option<String>,
}

/// Lines of a record that are read; the cause stands within the first hundreds of any trace.
const LINES: usize = 300;
/// Characters kept of a name.
const NAME: usize = 120;

/// Whether a record, as it came, may hold frames; nearly all don't.
pub(super) fn may_hold_frames(record: &str) -> bool {
    ["at ", "File \\\"", "File \"", "goroutine "].iter().any(|part| record.contains(part))
}

/// The innermost cause in a record that holds frames; `None` for a record without any.
pub(super) fn thrown(record: &str) -> Option<Thrown> {
    let (mut found, mut head) = (None, None);
    let mut python: Option<&str> = None;
    let mut in_frames = false;
    let mut lines = record.lines().take(LINES);
    while let Some(line) = lines.next() {
        let start = line.trim_start();
        if let Some(place) =
            start.split_once("panicked at ").filter(|_| start.starts_with("thread '"))
        {
            return Some(of("panic", Some(place.1.split(':').next().unwrap_or(place.1))));
        }
        if start.starts_with("goroutine ") && start.ends_with("]:") {
            let frame = lines.next().map(|frame| frame.split('(').next().unwrap_or(frame));
            return Some(of("panic", frame));
        }
        if let Some(frame) = frame(start) {
            // JVM, JavaScript, .NET: the exception stands above its frames, the innermost last.
            if let (false, Some(what)) = (in_frames, head.and_then(exception)) {
                found = Some(of(what, Some(frame)));
            }
            in_frames = true;
        } else if start.starts_with("File \"") {
            // Python: below them, the innermost frame last.
            python = start.rsplit(", in ").next();
        } else if let Some(frame) = python.filter(|_| line == start)
            && let Some(what) = exception(start)
        {
            return Some(of(what, Some(frame)));
        } else if !start.is_empty() && !start.starts_with("... ") {
            (head, in_frames) = (Some(start), false);
        }
    }
    found
}

fn of(what: &str, place: Option<&str>) -> Thrown {
    let short = |name: &str| name.trim().chars().take(NAME).collect::<String>();
    let place = place.map(short).filter(|place| !place.is_empty());
    Thrown { what: short(what), place }
}

/// The function of a frame such as `at org.example.Shop.buy(Shop.java:12)`, `at buy (/app/shop.js:3:7)` or
/// `at Shop.Buy(Int32 id) in Shop.cs:line 3`.
fn frame(line: &str) -> Option<&str> {
    let frame = line.strip_prefix("at ")?;
    let (function, rest) = frame.split_once('(').unwrap_or((frame, ""));
    let is_frame = rest.contains(')') || frame.contains(':');
    is_frame.then_some(function.trim_end())
}

/// The word of a line that names an exception, such as `java.lang.IllegalStateException`.
fn exception(line: &str) -> Option<&str> {
    line.split_whitespace()
        .map(|word| word.trim_matches(|c: char| !(c.is_alphanumeric() || c == '_')))
        .map(|word| word.split(':').next().unwrap_or(word))
        .find(|word| ["Exception", "Error", "Throwable"].iter().any(|end| word.ends_with(end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(record: &str, expected: Option<(&str, &str)>) {
        let found = thrown(record);
        let found = found.as_ref().map(|t| (t.what.as_str(), t.place.as_deref().unwrap_or("")));
        assert_eq!(found, expected, "{record}");
    }

    #[test]
    fn the_innermost_cause_and_its_frame_are_read_from_many_runtimes() {
        check(
            "Order 7 failed\njava.lang.RuntimeException: no order 7\n\tat shop.Api.order(Api.java:31)\n\
             \tat shop.Main.main(Main.java:3)\nCaused by: java.sql.SQLException: gone\n\
             \tat shop.Db.load(Db.java:77)\n\t... 12 more",
            Some(("java.sql.SQLException", "shop.Db.load")),
        );
        check(
            "TypeError: x is undefined\n    at total (/app/cart.js:3:7)\n    at /app/index.js:9:1",
            Some(("TypeError", "total")),
        );
        check(
            "System.NullReferenceException: Object reference not set\n   at Shop.Cart.Total(Int32 n) in Cart.cs:line 3",
            Some(("System.NullReferenceException", "Shop.Cart.Total")),
        );
        check(
            "Traceback (most recent call last):\n  File \"/app/main.py\", line 9, in serve\n    total(x)\n\
             \x20 File \"/app/cart.py\", line 3, in total\n    return x / 0\nZeroDivisionError: division by zero",
            Some(("ZeroDivisionError", "total")),
        );
        check(
            "panic: runtime error: index out of range\n\ngoroutine 7 [running]:\nmain.total(0x1)\n\t/app/cart.go:3 +0x1d",
            Some(("panic", "main.total")),
        );
        check(
            "thread 'main' panicked at src/cart.rs:3:5:\nindex out of bounds",
            Some(("panic", "src/cart.rs")),
        );
    }

    #[test]
    fn lines_without_frames_throw_nothing() {
        check("order 7 failed at checkout: TimeoutError", None);
        check("java.net.UnknownHostException: db.internal", None);
        check("at midnight (UTC) everything was fine", None);
        check("", None);
        check("\tat shop.Db.load(Db.java:77)", None);
    }
}
