//! Exit codes, for scripts.

use std::process::ExitCode;

/// How a command ended when nothing went wrong with the command itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done,
    /// What was checked isn't as it should be.
    Differs,
    /// The work is done and has no answer.
    NoAnswer,
}

/// The work couldn't be done. Wrong usage is 2, by clap.
pub(crate) const FAILED: u8 = 1;

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Differs => 3,
            Exit::NoAnswer => 4,
        })
    }
}

/// What `nightjar help exit-codes` prints.
pub(crate) const HELP: &str = "\
Exit codes of nightjar:

  0  done; for `investigate`: every incident has a verdict that
     needs nobody to look further (cause found, or no incident)
  1  the work couldn't be done; the message says why and what to do
  2  the command line wasn't understood
  3  what was checked isn't as it should be: `replay` found a difference,
     `capsule verify` or `journal verify` found damage, `doctor` found
     something bad, `eval --baseline` found a case that became worse
  4  the work is done and has no answer: an incident whose cause wasn't
     found, or a capsule without alerts
";
