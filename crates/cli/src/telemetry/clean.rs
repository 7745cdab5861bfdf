use std::io::{self, Write};

use nightjar_redact::{Kind, Policy, Redactor};

/// Standard error, where secrets never arrive: whatever is shaped like one is replaced. Logs are
/// written to hold none; this is for what the libraries below may say.
pub(crate) struct CleanStderr;

impl Write for CleanStderr {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // One call is one whole line of the log.
        let text = String::from_utf8_lossy(line);
        io::stderr().write_all(clean(&text).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// A line without what is shaped like a secret.
fn clean(line: &str) -> String {
    // Pseudonyms in a log belong to no space: nothing has to be found again by them.
    let policy = Policy { kinds: [Kind::Secret].into(), ..Policy::default() };
    Redactor::new(&[0; 32], &policy, std::iter::empty()).text(line).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_in_a_line_is_replaced_and_ordinary_lines_stay() {
        let token = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
        assert!(!clean(&format!("refused: token {token}")).contains(token));
        let line = "2026-11-27T22:00:00Z  INFO task: task begun task.id=3 attempt=1\n";
        assert_eq!(clean(line), line);
    }
}
