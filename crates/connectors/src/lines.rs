//! What log lines tell of themselves, whatever system keeps them.

use nightjar_incident::LogSeverity;

/// The severity that a name means, as loggers of most languages write them.
pub(crate) fn severity_named(name: &str) -> Option<LogSeverity> {
    Some(match name.trim().to_ascii_lowercase().as_str() {
        "trace" | "finest" | "finer" => LogSeverity::Trace,
        "debug" | "fine" | "dbg" => LogSeverity::Debug,
        "info" | "information" | "informational" | "notice" | "log" | "config" => LogSeverity::Info,
        "warn" | "warning" | "wrn" => LogSeverity::Warn,
        "error" | "err" | "severe" => LogSeverity::Error,
        "fatal" | "critical" | "crit" | "panic" | "alert" | "emergency" | "emerg" => {
            LogSeverity::Fatal
        }
        _ => return None,
    })
}

/// How much of a line is looked at for its severity, bytes.
const BEGINNING: usize = 240;

/// The severity that stands in a line: as a field (`level=warn`, `"level":"warn"`) or as the first word in
/// capitals that is one.
pub(crate) fn severity_within(line: &str) -> Option<LogSeverity> {
    let beginning = line.get(..line.floor_char_boundary(BEGINNING)).unwrap_or(line);
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let mut words = beginning.split(|letter| !is_letter(letter)).filter(|word| !word.is_empty());
    let mut capitals = None;
    while let Some(word) = words.next() {
        let is_field =
            ["level", "lvl", "severity", "loglevel", "log_level"].contains(&&*word.to_lowercase());
        if is_field {
            if let Some(severity) = words.clone().next().and_then(severity_named) {
                return Some(severity);
            }
        } else if capitals.is_none()
            && word.len() > 2
            && word.chars().all(|c| c.is_ascii_uppercase())
        {
            capitals = severity_named(word);
        }
    }
    capitals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_tell_their_severity() {
        for (line, severity) in [
            ("level=warn msg=\"pool is full\"", Some(LogSeverity::Warn)),
            (r#"{"time":"…","level":"ERROR","msg":"x"}"#, Some(LogSeverity::Error)),
            ("2026-11-23 03:00:01 ERROR o.e.Cart - timed out", Some(LogSeverity::Error)),
            ("[FATAL] no memory", Some(LogSeverity::Fatal)),
            ("2026-11-23 LOG: checkpoint complete", Some(LogSeverity::Info)),
            ("the error level is low", None),
            ("level=7", None),
            ("GET /error 200", None),
            ("", None),
        ] {
            assert_eq!(severity_within(line), severity, "{line}");
        }
        let late = format!("{} ERROR", "é".repeat(200));
        assert_eq!(severity_within(&late), None);
    }
}
