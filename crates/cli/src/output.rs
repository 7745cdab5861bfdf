//! What goes to standard output, and how trouble is told.

use std::fmt;
use std::io::{self, Write as _};

use anyhow::Context as _;
use serde::Serialize;

use crate::terminal::text::harmless;

/// Writes text to standard output; styles survive only where somebody can see them.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = anstream::stdout();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match written {
        // The reader has seen enough (`| head`); the work itself goes on.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("writing to standard output"),
    }
}

/// Writes one JSON document to standard output.
pub(crate) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    let mut text = serde_json::to_string_pretty(value).context("writing JSON")?;
    text.push('\n');
    print(&text)
}

/// Writes a remark for people to standard error.
pub(crate) fn remark(text: &str) {
    // Nobody is left to tell if standard error is gone.
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// What went wrong together with what the person can do about it.
#[derive(Debug)]
pub(crate) struct Advice {
    message: String,
    hint: String,
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Advice {}

/// An error that says what to do.
pub(crate) fn advice(message: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(Advice { message: message.into(), hint: hint.into() })
}

/// Adds to an error what was being done and what the person can do about it.
pub(crate) fn advise(
    error: impl Into<anyhow::Error>,
    message: impl Into<String>,
    hint: impl Into<String>,
) -> anyhow::Error {
    error.into().context(Advice { message: message.into(), hint: hint.into() })
}

/// Tells an error on standard error: the chain of reasons, then the hint.
pub(crate) fn tell(error: &anyhow::Error) {
    let red = anstyle::AnsiColor::Red.on_default().bold();
    let message = harmless(&reasons(error));
    remark(&format!("{red}error:{red:#} {message}"));
    if let Some(hint) = hint(error) {
        let bold = anstyle::Style::new().bold();
        remark(&format!("  {bold}hint:{bold:#} {}", harmless(hint)));
    }
}

/// The chain of reasons, each said once: some libraries repeat their cause in what they say.
fn reasons(error: &anyhow::Error) -> String {
    let mut told = String::new();
    for reason in error.chain().map(ToString::to_string) {
        if told.is_empty() {
            told = reason;
        } else if !told.contains(&reason) {
            told = format!("{told}: {reason}");
        }
    }
    told
}

/// What the person can do about an error, if it says so.
pub(crate) fn hint(error: &anyhow::Error) -> Option<&str> {
    error.downcast_ref::<Advice>().map(|advice| advice.hint.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_said_once() {
        let error =
            anyhow::anyhow!("the disk is full").context("from the database: the disk is full");
        assert_eq!(
            reasons(&error.context("issuing a key")),
            "issuing a key: from the database: the disk is full"
        );
    }
}
