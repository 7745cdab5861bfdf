//! Gathers what verification sees.

use nightjar_incident::SpaceId;

use super::{Finding, Report};
use crate::{Error, Result};

/// So many findings are told one by one: a person reads a few, and a damaged million must not fill
/// the memory.
const TOLD: usize = 1000;

#[derive(Default)]
pub(super) struct Collector {
    pub(super) seen: Report,
    untold: u64,
}

impl Collector {
    pub(super) fn find(
        &mut self,
        space: Option<&SpaceId>,
        chain: &str,
        seq: Option<u64>,
        problem: impl Into<String>,
    ) {
        if self.seen.findings.len() >= TOLD {
            self.untold += 1;
            return;
        }
        self.seen.findings.push(Finding {
            space: space.cloned(),
            chain: chain.to_owned(),
            seq,
            problem: problem.into(),
        });
    }

    /// Something about a space as a whole.
    pub(super) fn about(&mut self, space: &SpaceId, problem: &str) {
        self.find(Some(space), "", None, problem);
    }

    /// Damage that kept a part from being looked at to its end is a finding as well.
    pub(super) fn or_damage(&mut self, seen: Result<()>, space: Option<&SpaceId>) -> Result<()> {
        match seen {
            Err(Error::Damaged { what, reason }) => {
                self.find(space, "", None, format!("unreadable: {what}: {reason}"));
                Ok(())
            }
            other => other,
        }
    }

    pub(super) fn report(mut self) -> Report {
        if self.untold > 0 {
            self.seen.findings.push(Finding {
                space: None,
                chain: String::new(),
                seq: None,
                problem: format!("{} more findings aren't listed", self.untold),
            });
        }
        self.seen
    }
}
